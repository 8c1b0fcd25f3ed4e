"""What can happen to a job: started, cancelled, retried, changed; and how its steps follow each other.

Everything that moves a job happens under a lock on its row, job first and steps after, in one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.quota import limits
from media_pipeline import bell, results, sorted_books, store
from media_pipeline.artifacts import BookPlan, Media, PrintPlan
from media_pipeline.context import StageError
from media_pipeline.errors import JobError
from media_pipeline.graph import Keys, Recipe, Stage, many
from media_pipeline.models import Event, Job, JobSource, Speed, Step
from media_pipeline.models.step import MAX_ATTEMPTS
from media_pipeline.recipes import RECIPES
from media_pipeline.signals import job_ended
from notation.models import Export, PrintSet, Score
from projects.models import Project, Source

log = logging.getLogger(__name__)

State = Step.State
NOW, SOON = 20, 10  # priorities: somebody waits beside the result; a page of a book would be 0


# --- what a person does ---------------------------------------------------------------------------------------------


@transaction.atomic
def start_job(
    user: User,
    *,
    project: Project,
    recipe: str,
    sources: Sequence[Source] = (),
    options: Mapping[str, Any] | None = None,
    score: Score | None = None,
    export: Export | None = None,
    print_set: PrintSet | None = None,
    reason: str = "",
    title: str = "",
    priority: int = 0,
    items: Sequence[JobSource] = (),
    books: Sequence[Mapping[str, Any]] = (),
) -> Job:
    """A job with a step per stage; steps whose artefact exists are born done. JobError where it may not start.

    1. recipe, sources, options and the number of waiting jobs are checked
    2. keys decide which steps need not run
    3. what can run is ready; its queue is rung once this transaction has ended

    items, books: instead of `sources`, where pages were sorted (sorted_books.laid_out).
    """
    sources = sources or list(dict.fromkeys(item.source for item in items))
    plan = _plan(recipe)
    cleaned = _clean(plan, options or {})
    if print_set is None:  # which has its files from the project's own pages
        _check_sources(plan, project, sources)
    if Job.objects.filter(owner=user, state=Job.State.WAITING).count() >= (most := limits(user).jobs_waiting):
        raise JobError(
            f"{most} of your jobs are waiting already.", hint="Start more when some have finished.", permanent=False
        )
    job = Job.objects.create(
        owner=user,
        project=project,
        recipe=recipe,
        title=(title or _about(sources) or str(score or ""))[:255],
        options=cleaned,
        books=list(books),
        score=score,
        export=export,
        print_set=print_set,
        reason=reason[:200],
        priority=priority,
        music_seconds=_known_length(score, sources),
    )
    for item in items:
        item.job = job
    JobSource.objects.bulk_create(items or [JobSource(job=job, source=s, index=i) for i, s in enumerate(sources)])
    _plan_steps(job, plan)
    note(job, f"{plan.label}: started")
    return _settle(job)


@transaction.atomic
def cancel_job(job: Job) -> Job:
    """Stop a job: what waits is cancelled now, what runs within two seconds. Nothing happens to one that has ended."""
    job = _locked(job.pk)
    if not job.active or job.cancel_requested:
        return job
    Job.bump(job.pk, cancel_requested=True)
    _move_all(job, [State.WAITING, State.READY], State.CANCELLED)
    note(job, "Cancelled")
    return _settle(_locked(job.pk))


@transaction.atomic
def retry_job(job: Job, *, options: Mapping[str, Any] | None = None) -> Job:
    """Run again what failed or was cancelled, and what follows from it; everything finished is kept.

    JobError where it is not at its end, and for a permanent failure whose options stay as they are.
    """
    job = _locked(job.pk)
    plan = _plan(job.recipe)
    if job.state not in (Job.State.FAILED, Job.State.CANCELLED):
        raise JobError("Only a job that failed or was cancelled can be tried again.")
    cleaned = _clean(plan, {**job.options, **options}) if options is not None else job.options
    if job.permanent and cleaned == job.options:
        raise JobError(
            f"This would fail again: {job.problem}", hint=job.hint or "Change an option, or bring another file."
        )
    Job.move(
        job.pk,
        [job.state],
        Job.State.WAITING,
        options=cleaned,
        cancel_requested=False,
        problem="",
        hint="",
        permanent=False,
        notices=[],
        started_at=None,
        finished_at=None,
        seen_at=None,
    )
    job = _locked(job.pk)
    job.steps.all().delete()
    _plan_steps(job, plan)
    note(job, "Tried again")
    return _settle(job)


def change_options(job: Job, *, options: Mapping[str, Any], reason: str = "") -> Job:
    """The same music with other options; only what lies downstream of them runs.

    A job still under way is stopped and replaced, a failed one is retried, a finished one is followed by another that
    adds a revision to the same score.
    """
    merged = {**job.options, **options}
    with transaction.atomic():
        job = _locked(job.pk)
        if job.state in (Job.State.FAILED, Job.State.CANCELLED):
            return retry_job(job, options=merged)
        cancel_job(job)
        return start_job(
            job.owner,
            project=job.project,
            recipe=job.recipe,
            items=[
                JobSource(source=row.source, index=row.index, page=row.page, turn=row.turn, half=row.half)
                for row in sorted_books.rows_of(job)
            ],
            books=job.books,
            options=merged,
            score=job.score,
            reason=reason,
            title=job.title,
            priority=NOW if job.state == Job.State.DONE else job.priority,
        )


def made_before(
    project: Project, *, recipe: str, sources: Sequence[Source], options: Mapping[str, Any]
) -> Score | None:
    """The score that this very job has made already, so that asking twice makes no second one. JobError as in start."""
    cleaned = _clean(_plan(recipe), options)
    first = Job.objects.filter(
        project=project, recipe=recipe, state=Job.State.DONE, score__isnull=False, options=cleaned
    )
    for job in first.select_related("score").order_by("-pk")[:20]:
        rows = JobSource.objects.filter(job=job).values_list("source", flat=True)
        if list(rows) == [source.pk for source in sources]:
            return job.score
    return None


def last_job(project: Project, *, recipe: str) -> Job | None:
    """The newest job of this kind."""
    return Job.objects.filter(project=project, recipe=recipe).order_by("-pk").first()


def last_failed(project: Project, *, recipe: str) -> Job | None:
    """The newest job of this kind, where it failed."""
    job = last_job(project, recipe=recipe)
    return job if job is not None and job.state == Job.State.FAILED else None


def mark_seen(user: User, *, jobs: Iterable[int]) -> None:
    """Their owner has seen that they ended."""
    Job.objects.filter(owner=user, pk__in=list(jobs), finished_at__isnull=False, seen_at=None).update(
        seen_at=timezone.now()
    )


# --- what a worker tells --------------------------------------------------------------------------------------------


@transaction.atomic
def step_done(step: Step, *, engine: str = "", items: int | None = None, notices: Sequence[str] = ()) -> bool:
    """A step's artefact is filed: it is done, and what waited for it is ready. False where the lease was lost."""
    job = _locked(step.job_id)
    now = timezone.now()
    fields = {"progress": 1.0, "note": "", "engine": engine, "finished_at": now, "lease_until": None}
    if not Step.move(step.pk, [State.RUNNING], State.DONE, held_by=step.holder, **fields):
        return False
    _merge_notices(job, notices)
    results.along(job, step)
    if items is not None:
        _unfold(job, _plan(job.recipe), stage=step.stage, items=items)
    _settle(job)
    return True


@transaction.atomic
def step_failed(step: Step, error: StageError, *, trace: str = "") -> bool:
    """A step cannot be done: its job fails with the sentence, and what still runs of it is stopped."""
    job = _locked(step.job_id)
    fields = {"error": trace, "finished_at": timezone.now(), "lease_until": None}
    if not Step.move(step.pk, [State.RUNNING], State.FAILED, held_by=step.holder, **fields):
        return False
    log.warning("%s failed: %s", step.stage, error.message)
    if job.active and not job.cancel_requested:
        note(job, error.message, stage=step.stage)
        # The running rest hears it as a wish to cancel; `problem` says that the job has failed.
        Job.bump(
            job.pk,
            cancel_requested=True,
            problem=error.message[:300],
            hint=error.hint[:300],
            permanent=error.permanent,
        )
        _move_all(job, [State.WAITING, State.READY], State.CANCELLED)
    _settle(_locked(job.pk))
    return True


@transaction.atomic
def step_cancelled(step: Step) -> bool:
    job = _locked(step.job_id)
    fields = {"finished_at": timezone.now(), "lease_until": None}
    if not Step.move(step.pk, [State.RUNNING], State.CANCELLED, held_by=step.holder, **fields):
        return False
    _settle(job)
    return True


@transaction.atomic
def step_put_back(step: Step, *, why: str, counts: bool) -> bool:
    """Back in its queue: the worker was told to stop, or died. `counts`: whether this attempt counts as one."""
    job = _locked(step.job_id)
    if job.cancel_requested or not job.active:
        return step_cancelled(step)
    if counts and step.attempts >= MAX_ATTEMPTS:
        return step_failed(step, _gave_up(step))
    fields: dict[str, Any] = {"ready_at": timezone.now(), "lease_until": None, "worker": "", "progress": 0, "note": ""}
    if not counts:
        fields["attempts"] = F("attempts") - 1
    if not Step.move(step.pk, [State.RUNNING], State.READY, held_by=step.holder, **fields):
        return False
    note(job, why, stage=step.stage)
    _changed(job)
    bell.ring_queues([step.queue])
    return True


@transaction.atomic
def step_needs_again(step: Step, *, key: str) -> bool:
    """An artefact that a step needs is gone or damaged: whoever made it makes it again, then the step runs."""
    job = _locked(step.job_id)
    if not _can_make_again(job, key):
        return step_failed(step, _gave_up(step))
    if not Step.move(step.pk, [State.RUNNING], State.WAITING, held_by=step.holder, lease_until=None, progress=0):
        return False
    _make_again(job, key)
    _settle(job)
    return True


def note(job: Job, text: str, *, stage: str = "") -> None:
    """A line of the job's readable log."""
    Event.objects.create(job=job, stage=stage, text=text[:500])


def measured(stage: str, *, seconds: float, music_seconds: float) -> None:
    """Learn how long a stage takes: a mean in which the last ten runs weigh most."""
    if music_seconds <= 0:
        return
    rate = seconds / music_seconds
    speed, _ = Speed.objects.get_or_create(stage=stage)
    share = 1 / min(speed.runs + 1, 10)
    Speed.objects.filter(pk=speed.pk).update(
        seconds_per_second=F("seconds_per_second") * (1 - share) + rate * share, runs=F("runs") + 1
    )


# --- how steps follow each other ------------------------------------------------------------------------------------


def job_keys(job: Job, plan: Recipe) -> Keys:
    rows = sorted_books.rows_of(job)
    given: dict[Any, list[str]] = {}
    for kind in plan.given:
        if (many(kind) or kind) is Media:
            given[kind] = [store.media_key(row) for row in rows]
        elif kind in (BookPlan, PrintPlan):
            given[kind] = sorted_books.given_keys(job, kind)
        else:
            given[kind] = [results.given_key(job, kind)]
    return plan.keys(given, job.options, sorted_books.bundles(job, rows))


def _plan_steps(job: Job, plan: Recipe) -> None:
    """A step per stage and known item. Those whose artefact exists, or that nobody needs any more, are born done."""
    keys = job_keys(job, plan)
    number = JobSource.objects.filter(job=job).count()
    bundles = len(_bundles(job, plan))
    lengths: dict[str, int] = {}
    order = list(plan.in_order())
    tuples = {m.name: m for s in order if (m := plan.items_of(s)) is not None}
    for made in store.find(job.owner_id, [keys.of(m) for m in tuples.values()]).values():
        lengths |= {name: made.items for name, m in tuples.items() if keys.of(m) == made.key and made.items is not None}
    steps = []
    for place, stage in enumerate(order):
        items = plan.count(stage, sources=number, lengths=lengths, bundles=bundles)
        for index in range(items or 0):
            steps.append(_new_step(job, stage, place=place, index=index, items=items or 1, key=keys.of(stage, index)))
    there = store.find(job.owner_id, [step.key for step in steps])
    done: set[str] = set()
    for stage in reversed(order):
        mine = [step for step in steps if step.stage == stage.name]
        users = plan.needed_by(stage)
        unneeded = bool(users) and all(user.name in done for user in users)
        for step in mine:
            if unneeded or step.key in there:
                step.state, step.cached, step.progress = State.DONE, True, 1.0
                step.engine = there[step.key].engine if step.key in there else ""
        known = plan.count(stage, sources=number, lengths=lengths, bundles=bundles) is not None
        if known and all(s.cached for s in mine):
            done.add(stage.name)
    Step.objects.bulk_create(steps)
    store.touch(there.values())
    _merge_notices(job, [n for step in steps if step.key in there for n in there[step.key].notices])


def _new_step(job: Job, stage: Stage, *, place: int, index: int, items: int, key: str) -> Step:
    return Step(
        job=job,
        owner_id=job.owner_id,
        stage=stage.name,
        index=index,
        order=place,
        queue=stage.queue,
        weight=stage.weight / items,
        priority=job.priority,
        key=key,
    )


def _unfold(job: Job, plan: Recipe, *, stage: str, items: int) -> None:
    """A tuple is made: the stages that run for each of its elements get their steps."""
    keys = job_keys(job, plan)
    maker = plan.stage(stage)
    new = [
        _new_step(job, s, place=place, index=index, items=items, key=keys.of(s, index))
        for place, s in enumerate(plan.in_order())
        if s.each and plan.items_of(s) is maker
        for index in range(items)
    ]
    there = store.find(job.owner_id, [step.key for step in new])
    for step in new:
        if step.key in there:
            step.state, step.cached, step.progress = State.DONE, True, 1.0
    Step.objects.bulk_create(new, ignore_conflicts=True)  # a tuple made again, because its artefact was damaged


def _settle(job: Job) -> Job:
    """Bring a job up to date with its steps: make ready what can run, or end it. Under its lock."""
    plan = _plan(job.recipe)
    steps = list(job.steps.only("job_id", "stage", "index", "state", "queue"))
    _changed(job)
    if job.cancel_requested:
        if not any(step.state == State.RUNNING for step in steps):
            _end(job, Job.State.FAILED if job.problem else Job.State.CANCELLED)
        return Job.objects.get(pk=job.pk)
    bundles = _bundles(job, plan)
    ready = [step for step in steps if step.state == State.WAITING and _can_run(step, steps, plan, bundles)]
    if ready:
        Step.move([step.pk for step in ready], [State.WAITING], State.READY, ready_at=timezone.now())
        for queue in {step.queue for step in ready}:
            bell.ring_queues([queue], times=min(8, sum(step.queue == queue for step in ready)))
    elif all(step.state == State.DONE for step in steps):
        try:
            with transaction.atomic():
                results.finish(job)
        except store.Missing as missing:
            return _settle_damaged(job, missing)
        _end(job, Job.State.DONE)
    return Job.objects.get(pk=job.pk)


def _settle_damaged(job: Job, missing: store.Missing) -> Job:
    """The result itself is gone or damaged: it is made again, unless that did not help before."""
    store.forget_key(job.owner_id, missing.key)
    if _can_make_again(job, missing.key):
        _make_again(job, missing.key)
    else:
        error = _gave_up(job.steps.filter(key=missing.key).first())
        Job.bump(job.pk, cancel_requested=True, problem=error.message, hint=error.hint)
    return _settle(_locked(job.pk))


def _can_make_again(job: Job, key: str) -> bool:
    makers = list(job.steps.filter(key=key))
    return bool(makers) and all(maker.attempts < MAX_ATTEMPTS for maker in makers)


def _make_again(job: Job, key: str) -> None:
    makers = list(job.steps.filter(key=key).values_list("pk", flat=True))
    Step.move(makers, [State.DONE], State.WAITING, cached=False, progress=0)
    note(job, "An earlier result was damaged and is made again")


def _changed(job: Job) -> None:
    """Something visible happened: a new version, and a ring for whoever watches."""
    Job.bump(job.pk)
    transaction.on_commit(lambda: bell.ring_job(job.pk, project_id=job.project_id, owner_id=job.owner_id))


def _bundles(job: Job, plan: Recipe) -> list[list[int]]:
    """Which of its sources belong together, by index; nothing where that makes no difference."""
    if not plan.bundled:
        return []
    return sorted_books.bundles(job)


def _can_run(step: Step, steps: Sequence[Step], plan: Recipe, bundles: Sequence[Sequence[int]]) -> bool:
    stage = plan.stage(step.stage)
    for need in plan.needs(stage):
        if need.maker is None:
            continue
        makers = [s for s in steps if s.stage == need.maker.name]
        if need.how == "item" and not need.element:
            makers = [s for s in makers if s.index == step.index]
        if need.how == "bundle":
            makers = [s for s in makers if s.index in bundles[step.index]]
        if need.how == "all" and not makers:  # nothing yet, or a tuple of nothing
            source = plan.items_of(need.maker)
            makers = [s for s in steps if source is not None and s.stage == source.name]
        if not makers or any(s.state != State.DONE for s in makers):
            return False
    return True


def _end(job: Job, state: Job.State) -> None:
    now = timezone.now()
    if not Job.move(job.pk, Job.ACTIVE, state, finished_at=now):
        return
    if state != Job.State.DONE:
        results.failed(job)
    note(job, {"done": "Done", "failed": "Failed", "cancelled": "Stopped"}[state])
    log.info("job %s", state)
    waiting = Step.objects.filter(owner_id=job.owner_id, state=State.READY).exclude(job=job)
    bell.ring_queues(set(waiting.values_list("queue", flat=True)))  # her next job may have waited for this one
    ended = Job.objects.get(pk=job.pk)

    def tell() -> None:
        bell.ring_job(ended.pk, project_id=ended.project_id, owner_id=ended.owner_id)
        for _, answer in job_ended.send_robust(Job, job=ended):
            if isinstance(answer, Exception):
                log.error("after the end of a job: %s", answer, exc_info=answer)

    transaction.on_commit(tell)


def _move_all(job: Job, states: Sequence[State], to: State) -> None:
    Step.move(list(job.steps.filter(state__in=states).values_list("pk", flat=True)), states, to)


def _merge_notices(job: Job, notices: Iterable[str]) -> None:
    notices = list(notices)
    if not notices:
        return
    known = list(Job.objects.values_list("notices", flat=True).get(pk=job.pk))
    if new := [n for n in dict.fromkeys(notices) if n not in known]:
        job.notices = [*known, *new]
        Job.objects.filter(pk=job.pk).update(notices=job.notices)


def _locked(pk: int) -> Job:
    return Job.objects.select_for_update(no_key=True, of=("self",)).select_related("owner", "project").get(pk=pk)


def _plan(recipe: str) -> Recipe:
    try:
        return RECIPES[recipe]
    except KeyError:
        raise JobError(f"There is no job of the kind “{recipe}”.") from None


def _clean(plan: Recipe, options: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return plan.clean(options)
    except ValueError as error:
        raise JobError(str(error)) from error


def _check_sources(plan: Recipe, project: Project, sources: Sequence[Source]) -> None:
    wants = any((many(kind) or kind) is Media for kind in plan.given)
    if not wants:
        return
    if not sources:
        raise JobError("Choose a file first.")
    if len(sources) > 1 and not plan.many_sources:
        raise JobError(f"{plan.label} takes one file at a time.")
    for source in sources:
        if source.project_id != project.pk:
            raise JobError("That file belongs to another project.")
        if source.kind not in plan.accepts:
            raise JobError(
                f"{plan.label} cannot be made from “{source.name}”.",
                hint=f"It takes {' and '.join(plan.accepts)} files.",
            )


def _about(sources: Sequence[Source]) -> str:
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return f"{sources[0].name[:200]}{more}" if sources else ""


def _known_length(score: Score | None, sources: Sequence[Source]) -> float | None:
    """Seconds of music, where an earlier job about the same has found out."""
    jobs = Job.objects.filter(music_seconds__isnull=False)
    jobs = jobs.filter(sources=sources[0]) if sources else jobs.filter(score=score) if score else jobs.none()
    return jobs.order_by("-pk").values_list("music_seconds", flat=True).first()


def _gave_up(step: Step | None) -> StageError:
    where = f" at “{_label(step)}”" if step is not None else ""
    return StageError(
        f"The work was interrupted {MAX_ATTEMPTS} times{where}, most likely for want of memory.",
        hint="Try again when less is running, or with a shorter recording.",
        permanent=False,
    )


def _label(step: Step) -> str:
    plan = RECIPES.get(step.job.recipe)
    return plan.stage(step.stage).label if plan else step.stage


def stale(*, now: Any = None) -> list[Step]:
    """Steps whose worker has been silent for longer than its lease."""
    edge = now or timezone.now()
    return list(Step.objects.filter(state=State.RUNNING, lease_until__lt=edge).select_related("job"))
