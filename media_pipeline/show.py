"""A job as its page shows it: stages, percent, time left, place in the queue. Reads rows, changes none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from media_pipeline.graph import Recipe
from media_pipeline.models import Artifact, Event, Job, Speed, Step, Worker
from projects.access import Person

SEEN_LATELY = timedelta(seconds=20)
DEFAULT_MUSIC = 180.0  # seconds, where nobody knows yet how long the music is
LOG_LINES = 200


@dataclass(frozen=True)
class Line:
    """A stage of a job, all its items together."""

    name: str
    label: str
    state: str
    percent: int
    share: int  # percent of the whole job's expected time
    note: str
    engine: str
    items: str  # "3 of 12", or ""
    seconds: float
    cached: bool


def job_context(job: Job, *, full: bool = True, slots: int | None = None) -> dict[str, Any]:
    """What templates/media_pipeline/_job.html needs. `slots`: of the workers, where somebody has counted them."""
    plan = job.plan
    steps = list(job.steps.all())
    if slots is None:
        slots = slots_seen() if job.active else 0
    left = seconds_left(job, plan, steps, slots=slots) if job.active else None
    return {
        "job": job,
        "plan": plan,
        "label": plan.label if plan else job.recipe,
        "lines": lines(plan, steps, pieces=pieces_of(job, steps)) if plan else [],
        "percent": percent(job, steps),
        "left": words_left(left),
        "place": place_in_queue(job) if job.state == Job.State.WAITING else 0,
        "no_worker": job.active and not slots,
        "events": list(Event.objects.filter(job=job).order_by("-pk")[:LOG_LINES])[::-1] if full else [],
        "can_retry": job.state in (Job.State.FAILED, Job.State.CANCELLED) and not job.permanent,
    }


def pieces_of(job: Job, steps: Sequence[Step]) -> dict[str, int]:
    """How many partial results the running steps have filed, by stage."""
    running = {step.key: step.stage for step in steps if step.state == Step.State.RUNNING}
    if not running:
        return {}
    filed = Artifact.objects.filter(owner=job.owner_id, partial_of__in=running).values_list("partial_of", flat=True)
    return dict(Counter(running[key] for key in filed))


def lines(plan: Recipe, steps: Sequence[Step], *, pieces: Mapping[str, int]) -> list[Line]:
    total = sum(stage.weight for stage in plan.stages) or 1.0
    shown = []
    for stage in plan.in_order():
        mine = [step for step in steps if step.stage == stage.name]
        done = sum(step.state == Step.State.DONE for step in mine)
        running = next((step for step in mine if step.state == Step.State.RUNNING), None)
        share = sum(1.0 if s.state == Step.State.DONE else s.progress for s in mine) / len(mine) if mine else 0.0
        shown.append(
            Line(
                name=stage.name,
                label=stage.label,
                state=_state(mine),
                percent=int(100 * share),
                share=max(1, round(100 * stage.weight / total)),
                note=_note(running, pieces.get(stage.name, 0)),
                engine=next((s.engine for s in mine if s.engine), ""),
                items=f"{done} of {len(mine)}" if stage.each and mine else "",
                seconds=sum(s.seconds for s in mine if not s.cached),
                cached=bool(mine) and all(s.cached for s in mine),
            )
        )
    return shown


def _note(running: Step | None, pieces: int) -> str:
    if running is None:
        return ""
    there = f"{pieces} {'piece' if pieces == 1 else 'pieces'} so far" if pieces else ""
    return " · ".join(part for part in (running.note, there) if part)


def _state(steps: Sequence[Step]) -> str:
    """Of many steps the one that matters most to whoever looks."""
    states = {step.state for step in steps}
    for state in (Step.State.FAILED, Step.State.RUNNING, Step.State.CANCELLED, Step.State.READY):
        if state in states:
            return state.value
    return Step.State.DONE.value if states == {Step.State.DONE} else Step.State.WAITING.value


def percent(job: Job, steps: Sequence[Step]) -> int:
    if job.state == Job.State.DONE:
        return 100
    counted = [step for step in steps if not step.cached] or list(steps)
    total = sum(step.weight for step in counted)
    done = sum(step.weight * (1.0 if step.state == Step.State.DONE else step.progress) for step in counted)
    return min(99, int(100 * done / total)) if total else 0


def seconds_left(job: Job, plan: Recipe | None, steps: Sequence[Step], *, slots: int = 1) -> float | None:
    """From the measured speed of each stage: the longest way through what is left, or all of it shared by `slots`.

    None where no stage of the job has ever been measured, or the length of the music is unknown.
    """
    speeds = {s.stage: s.seconds_per_second for s in Speed.objects.filter(stage__in={step.stage for step in steps})}
    if plan is None or not speeds:
        return None
    music = job.music_seconds or DEFAULT_MUSIC
    weight = {stage.name: stage.weight for stage in plan.stages}
    alone: dict[str, float] = {}  # stage -> seconds still to run
    for step in steps:
        if step.state == Step.State.DONE:
            continue
        share = step.weight / weight[step.stage] if weight.get(step.stage) else 1.0
        expected = speeds.get(step.stage, weight.get(step.stage, 1.0) / 60) * music * share
        if step.state == Step.State.RUNNING and step.progress > 0.05:  # how fast it is this time
            expected = 0.5 * expected + 0.5 * step.seconds / step.progress
        alone[step.stage] = alone.get(step.stage, 0.0) + expected * (1 - step.progress)
    path: dict[str, float] = {}
    for stage in plan.in_order():
        before = max((path[s.name] for s in plan.needs_of(stage)), default=0.0)
        path[stage.name] = before + alone.get(stage.name, 0.0)
    return max(max(path.values(), default=0.0), sum(alone.values()) / max(1, slots))


def words_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 50:
        return f"about {round(seconds / 5) * 5 or 5} seconds left"
    minutes = round(seconds / 60) or 1
    return "about a minute left" if minutes == 1 else f"about {minutes} minutes left"


def place_in_queue(job: Job) -> int:
    """1: next to begin."""
    before = Q(priority__gt=job.priority) | Q(priority=job.priority, created_at__lt=job.created_at)
    return Job.objects.filter(before, state=Job.State.WAITING).count() + 1


def slots_seen() -> int:
    """How many steps the workers seen lately can run at once."""
    seen = Worker.objects.filter(seen_at__gt=timezone.now() - SEEN_LATELY)
    return sum(seen.values_list("slots", flat=True))


def notices_of(user: Person) -> list[Job]:
    """Jobs that ended and that their owner has not seen, newest first. Files to take along are fetched where asked."""
    from media_pipeline.access import jobs_of

    ended = jobs_of(user).filter(owner=user.pk, seen_at=None, finished_at__isnull=False, export=None)
    return list(ended.exclude(state=Job.State.CANCELLED).order_by("-finished_at")[:5])


@dataclass(frozen=True)
class Field:
    """An option as a form shows it."""

    name: str  # "stage.option"
    id: str
    label: str
    help: str
    kind: str  # switch, choice, number or text
    value: Any
    choices: tuple[tuple[Any, str], ...]
    suggestions: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    step: str


def fields(plan: Recipe, values: Mapping[str, Any], *, when: str = "", prefix: str = "o") -> list[Field]:
    """The options of a recipe with the values they have, or their defaults."""
    shown = []
    for name, option in plan.options(when):
        value = values.get(name, option.default)
        kind = (
            "choice"
            if option.choices
            else "switch"
            if isinstance(option.default, bool)
            else "number"
            if isinstance(option.default, int | float)
            else "text"
        )
        step = "1" if isinstance(option.default, int) else "any"
        if isinstance(option.default, float) and value == int(value):
            value = int(value) if kind == "number" else value
        shown.append(
            Field(
                name=name,
                id=f"{prefix}-{name.replace('.', '-')}",
                label=option.label,
                help=option.help,
                kind=kind,
                value=value,
                choices=option.choices,
                suggestions=option.suggestions,
                minimum=_plain(option.minimum),
                maximum=_plain(option.maximum),
                step=step,
            )
        )
    return shown


def _plain(number: float | None) -> float | None:
    return int(number) if number is not None and number == int(number) else number


def shown_in_project(user: Person, project_id: int) -> list[Job]:
    """The jobs that the page of a project shows in full: what is under way, and what failed last and was not seen."""
    from media_pipeline.access import jobs_of

    jobs = jobs_of(user).filter(project=project_id, export=None)
    recent = timezone.now() - timedelta(minutes=10)
    under_way = Q(state__in=Job.ACTIVE) | Q(finished_at__gt=recent, seen_at=None)
    return list(jobs.filter(under_way).order_by("-pk").prefetch_related("steps")[:10])


def shown_on_dashboard(user: Person) -> list[Job]:
    """What is under way anywhere, and what ended and was not seen."""
    from media_pipeline.access import jobs_of

    open_ones = Q(state__in=Job.ACTIVE) | Q(seen_at=None, finished_at__gt=timezone.now() - timedelta(days=7))
    return list(jobs_of(user).filter(open_ones, export=None).order_by("-pk")[:10])
