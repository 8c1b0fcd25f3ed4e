"""A job as its page shows it: stages, percent, time left, place in the queue. Reads rows, changes none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.functional import cached_property

from media_pipeline.graph import Recipe
from media_pipeline.models import Artifact, Event, Job, Speed, Step, Worker
from media_pipeline.recipes import LOOK, ORIGINALS, SORTED_BOOKS, quiet
from projects.access import Person

SEEN_LATELY = timedelta(seconds=20)
DEFAULT_MUSIC = 180.0  # seconds, where nobody knows yet how long the music is
LOG_LINES = 200
SORTING = (LOOK.name, SORTED_BOOKS.name, ORIGINALS.name)  # what is shown where pages are sorted
QUEUE_SHOWN = 1000  # who is further back need not know how far


@dataclass(frozen=True)
class Line:
    """A stage of a job, all its items together, ready for the page: a project shows many jobs of many stages."""

    name: str
    label: str
    state: str
    percent: int
    text: str  # "40 % · 3 of 12 · Basic Pitch 1.0"


class Present:
    """What all jobs of one answer share, each fact asked for once, and only where a job needs it."""

    @cached_property
    def slots(self) -> int:
        """How many steps the workers seen lately can run at once."""
        seen = Worker.objects.filter(seen_at__gt=timezone.now() - SEEN_LATELY)
        return sum(seen.values_list("slots", flat=True))

    @cached_property
    def speeds(self) -> dict[str, float]:
        """Stage -> seconds that it takes for a second of music; nothing where it was never measured."""
        return dict(Speed.objects.values_list("stage", "seconds_per_second"))

    @cached_property
    def _queue(self) -> dict[int, int]:
        waiting = Job.objects.filter(state=Job.State.WAITING).order_by("-priority", "created_at", "pk")
        return {pk: place for place, pk in enumerate(waiting.values_list("pk", flat=True)[:QUEUE_SHOWN], 1)}

    def place(self, job: Job) -> int:
        """In the queue, 1: next to begin. 0: it does not wait."""
        return self._queue.get(job.pk, QUEUE_SHOWN) if job.state == Job.State.WAITING else 0


def job_context(job: Job, *, full: bool = True, present: Present | None = None) -> dict[str, Any]:
    """What templates/media_pipeline/_job.html needs. `present`: where several jobs are shown."""
    present = present or Present()
    plan = job.plan
    steps = list(job.steps.all())
    left = seconds_left(job, plan, steps, present) if job.active else None
    return {
        "job": job,
        "plan": plan,
        "label": plan.label if plan else job.recipe,
        "lines": lines(plan, steps, pieces=pieces_of(job, steps)) if plan else [],
        "percent": percent(job, steps),
        "left": words_left(left),
        "place": present.place(job),
        "no_worker": job.active and not present.slots,
        "events": log_of(job) if full else [],
        "can_retry": job.state in (Job.State.FAILED, Job.State.CANCELLED) and not job.permanent,
    }


def log_of(job: Job) -> list[Event]:
    """The last lines of its log, oldest first; already read where shown_in_project() fetched the job."""
    newest = getattr(job, "newest_events", None)
    return (list(job.events.order_by("-pk")[:LOG_LINES]) if newest is None else newest)[::-1]


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
        state, percent = _state(mine), 0
        if mine:
            percent = int(100 * sum(1.0 if s.state == Step.State.DONE else s.progress for s in mine) / len(mine))
        engine = next((s.engine for s in mine if s.engine), "")
        running = next((step for step in mine if step.state == Step.State.RUNNING), None)
        parts = [_standing(state, mine, percent=percent, share=max(1, round(100 * stage.weight / total)))]
        if stage.many and mine:
            parts.append(f"{sum(step.state == Step.State.DONE for step in mine)} of {len(mine)}")
        parts += [engine, _note(running, pieces.get(stage.name, 0))]
        shown.append(Line(stage.name, stage.label, state, percent, " · ".join(part for part in parts if part)))
    return shown


def _standing(state: str, steps: Sequence[Step], *, percent: int, share: int) -> str:
    if state == Step.State.DONE:
        return "kept" if all(s.cached for s in steps) else f"{sum(s.seconds for s in steps if not s.cached):.1f} s"
    if state == Step.State.RUNNING:
        return f"{percent} %"
    return {Step.State.FAILED: "failed", Step.State.CANCELLED: "not run"}.get(
        Step.State(state), f"{share} % of the work"
    )


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


def seconds_left(job: Job, plan: Recipe | None, steps: Sequence[Step], present: Present) -> float | None:
    """From the measured speed of each stage: the longest way through what is left, or all of it shared by the slots.

    None where no stage of the job has ever been measured, or the length of the music is unknown.
    """
    speeds = present.speeds
    if plan is None or not any(step.stage in speeds for step in steps):
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
    return max(max(path.values(), default=0.0), sum(alone.values()) / max(1, present.slots))


def words_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 50:
        return f"about {round(seconds / 5) * 5 or 5} seconds left"
    minutes = round(seconds / 60) or 1
    return "about a minute left" if minutes == 1 else f"about {minutes} minutes left"


def notices_of(user: Person) -> list[Job]:
    """Jobs that ended and that their owner has not seen, newest first. Files to take along are fetched where asked."""
    from media_pipeline.access import jobs_of

    ended = jobs_of(user).filter(owner=user.pk, seen_at=None, finished_at__isnull=False, export=None)
    ended = ended.exclude(recipe__in=quiet())
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

    jobs = jobs_of(user).filter(project=project_id, export=None).exclude(recipe__in=quiet())
    recent = timezone.now() - timedelta(minutes=10)
    under_way = Q(state__in=Job.ACTIVE) | Q(finished_at__gt=recent, seen_at=None)
    log = Prefetch("events", Event.objects.order_by("-pk")[:LOG_LINES], to_attr="newest_events")
    return list(jobs.filter(under_way).order_by("-pk").prefetch_related("steps", log)[:10])


def shown_while_sorting(user: Person, project_id: int) -> list[Job]:
    """Of these what is under way, and why one failed; what was made is on the page itself."""
    states = (*Job.ACTIVE, Job.State.FAILED)
    return [job for job in shown_in_project(user, project_id) if job.recipe in SORTING and job.state in states]


def shown_on_dashboard(user: Person) -> list[Job]:
    """What is under way anywhere, and what ended and was not seen."""
    from media_pipeline.access import jobs_of

    open_ones = Q(state__in=Job.ACTIVE) | Q(seen_at=None, finished_at__gt=timezone.now() - timedelta(days=7))
    listed = jobs_of(user).filter(open_ones, export=None).exclude(recipe__in=quiet())
    return list(listed.order_by("-pk").prefetch_related("steps")[:10])
