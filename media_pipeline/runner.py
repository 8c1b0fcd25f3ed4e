"""One step, run in a worker: open what it needs, call the stage, file what it made, say so.

A step's process may die at any line of this; what it did so far is either filed or of no consequence.
"""

from __future__ import annotations

import inspect
import logging
import os
import shutil
import socket
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.db import OperationalError
from django.db.models import Max

from media_pipeline import bell, children, results, services, sorted_books, store
from media_pipeline.artifacts import BookPlan, Media, PrintPlan
from media_pipeline.context import Cancelled, Drained, StageError
from media_pipeline.graph import Need, Recipe, Stage
from media_pipeline.heart import Heart, Lost
from media_pipeline.models import Job, Step
from media_pipeline.models.step import MAX_ATTEMPTS
from media_pipeline.recipes import RECIPES
from notation.musicxml import NotationError

log = logging.getLogger(__name__)

WRITE_EVERY = 0.2  # seconds between two writes of progress
DEFAULT_MUSIC = 60.0  # seconds, where nobody knows how long the music is


ROOM = "COPYIST_ROOM"  # environment: the name of the `worker` command that this process belongs to


def room_name() -> str:
    """host:pid of a `worker` command, as its own process calls it."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def worker_name() -> str:
    """host:pid of the command:pid of this process."""
    return f"{os.environ.get(ROOM) or room_name()}:{os.getpid()}"


def run_step(step: Step) -> None:
    """Run a claimed step to one of its ends.

    1. what it makes may be there by now, made by another job: then it is done
    2. needs are opened; one that is damaged is made again first
    3. the stage runs with a heart beating beside it
    4. its artefact is filed under its key, the row moves, what follows is ready
    """
    began = time.monotonic()
    before = set(children.below(os.getpid()))
    log.info("%s started (attempt %s)", step.stage, step.attempts)
    try:
        with (
            store.scratch_space() as folder,
            Heart(step, on_deaf=lambda wish: _leave_deaf(step, wish, folder)) as heart,
        ):
            made = _run(step, heart=heart, folder=folder)
        services.step_done(step, **made)
        log.info("%s done in %.2f s", step.stage, time.monotonic() - began)
    except (Cancelled, Drained) as wish:
        _leave(step, type(wish))
    except Lost:
        log.warning("%s lost its lease", step.stage)
    except store.Missing as missing:
        services.step_needs_again(step, key=missing.key)
    except StageError as error:
        services.step_failed(step, error, trace=_traceback(error))
    except MemoryError as error:
        _out_of_memory(step, error)
    except OperationalError:
        raise  # the database is away: the lease runs out and the step is taken back
    except Exception as error:
        if store.is_full(error):
            services.step_failed(step, store.disk_full(), trace=_traceback(error))
        elif isinstance(error, NotationError):
            said = StageError(error.message, hint=error.hint, permanent=error.permanent)
            services.step_failed(step, said, trace=_traceback(error))
        else:
            log.exception("%s failed", step.stage)
            services.step_failed(step, _unexpected(step), trace=_traceback(error))
    finally:
        children.kill_all(besides=before)


def _run(step: Step, *, heart: Heart, folder: Path) -> dict[str, Any]:
    job, plan = step.job, RECIPES.get(step.job.recipe)
    if plan is None:
        raise StageError(f"There is no job of the kind “{job.recipe}” any more.")
    stage = plan.stage(step.stage)
    if (there := store.find(step.owner_id, [step.key]).get(step.key)) is not None:
        with suppress(store.Missing):
            store.open_artifact(step.owner_id, key=step.key, kind=stage.makes)
            return {"engine": there.engine, "items": there.items, "notices": there.notices}
    ctx = WorkerContext(step, stage, heart=heart, folder=folder)
    needs = {need.name: _open(step, plan, need) for need in plan.needs(stage)}
    heart.check()
    ctx.begin()
    value = call(stage, ctx, needs)
    heart.check()
    seconds = ctx.seconds()
    artifact = store.file(
        step.owner_id,
        key=step.key,
        value=value,
        kind=stage.makes,
        scratch=folder,
        engine=ctx.engine_name,
        notices=ctx.notices,
    )
    music = _length(step, value)
    services.measured(stage.name, seconds=seconds, music_seconds=music * step.weight / (stage.weight or 1.0))
    return {"engine": ctx.engine_name, "items": artifact.items, "notices": ctx.notices}


def call(stage: Stage, ctx: Any, needs: Mapping[str, Any]) -> Any:
    """The stage's function, with the context first if it takes one."""
    takes_context = "ctx" in inspect.signature(stage.run).parameters
    return stage.run(ctx, **needs) if takes_context else stage.run(**needs)


def _open(step: Step, plan: Recipe, need: Need) -> Any:
    owner = step.owner_id
    if need.maker is None:
        return _open_given(step, need)
    keys = services.job_keys(step.job, plan)
    if need.how == "one":
        return store.open_artifact(owner, key=keys.of(need.maker), kind=need.maker.makes)
    if need.element:
        return store.open_artifact(owner, key=keys.of(need.maker), kind=need.maker.makes)[step.index]
    if need.how == "item":
        return store.open_artifact(owner, key=keys.of(need.maker, step.index), kind=need.maker.makes)
    rows = sorted_books.rows_of(step.job)
    indices: Sequence[int]
    if need.how == "bundle":
        indices = sorted_books.bundles(step.job, rows)[step.index]
    elif need.maker.bundle:
        indices = range(len(sorted_books.bundles(step.job, rows)))
    elif (source := plan.items_of(need.maker)) is None:
        indices = range(len(rows))
    else:
        indices = range(len(store.open_artifact(owner, key=keys.of(source), kind=source.makes)))
    return tuple(store.open_artifact(owner, key=keys.of(need.maker, i), kind=need.maker.makes) for i in indices)


def _open_given(step: Step, need: Need) -> Any:
    if need.kind is BookPlan:
        return sorted_books.book_plan(step.job, step.index)
    if need.kind is PrintPlan:
        return sorted_books.print_plan(step.job)
    if need.kind is not Media:
        return results.open_given(step.job, need.kind)
    rows = sorted_books.rows_of(step.job)
    if need.how == "all":
        return tuple(store.open_media(row) for row in rows)
    return store.open_media(rows[step.index if need.how == "item" else 0])


def _length(step: Step, value: Any) -> float:
    """Seconds of music of this job; learnt from the first artefact that has a `duration`."""
    known = step.job.music_seconds
    found = getattr(value, "duration", None)
    if isinstance(found, int | float) and found > 0:
        if known != found:
            Job.objects.filter(pk=step.job_id).update(music_seconds=float(found))
        return float(found)
    return known or Job.objects.filter(pk=step.job_id).aggregate(s=Max("music_seconds"))["s"] or DEFAULT_MUSIC


def _leave(step: Step, wish: type[BaseException]) -> None:
    if wish is Cancelled:
        services.step_cancelled(step)
    elif wish is Drained:
        services.step_put_back(step, why="The worker stops; another goes on", counts=False)


def _leave_deaf(step: Step, wish: type[BaseException], folder: Path) -> None:
    _leave(step, wish)
    shutil.rmtree(folder, ignore_errors=True)


def _out_of_memory(step: Step, error: MemoryError) -> None:
    sentence = StageError(
        "This recording needs more memory than there is, also in small pieces.",
        hint="Try again when less is running, or with a shorter recording.",
        permanent=False,
    )
    log.warning("%s: out of memory (attempt %s)", step.stage, step.attempts)
    if step.attempts >= MAX_ATTEMPTS:
        services.step_failed(step, sentence, trace=_traceback(error))
    else:
        services.step_put_back(step, why="Out of memory; trying again in smaller pieces", counts=True)


def _unexpected(step: Step) -> StageError:
    plan = RECIPES.get(step.job.recipe)
    label = plan.stage(step.stage).label if plan else step.stage
    return StageError(
        f"Something went wrong at “{label}”, and it is not your fault.",
        hint="It has been written to the log. Try again; if it fails again, tell us.",
        permanent=False,
    )


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-8000:]


class WorkerContext:
    """What a stage may ask of a worker (media_pipeline.context.Context)."""

    def __init__(self, step: Step, stage: Stage, *, heart: Heart, folder: Path) -> None:
        self._step, self._heart = step, heart
        self.options: Mapping[str, Any] = MappingProxyType(stage.option_values(step.job.options))
        self.folder = folder
        self.pages = store.pages_folder(step.owner_id, step.job.project_id)
        self.attempt = step.attempts
        self.engine_name = ""
        self.notices: list[str] = []
        self._written_at = 0.0
        self._began = time.monotonic()

    def begin(self) -> None:
        """The clock of this stage starts: its needs are open."""
        self._began = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def progress(self, fraction: float, note: str = "") -> None:
        self._heart.check()
        now = time.monotonic()
        if now - self._written_at < WRITE_EVERY:
            return
        self._written_at = now
        self._write(progress=min(max(float(fraction), 0.0), 1.0), note=note[:200])

    def check(self) -> None:
        self._heart.check()

    def log(self, message: str) -> None:
        log.info("%s: %s", self._step.stage, message)
        services.note(self._step.job, message, stage=self._step.stage)
        self._ring()

    def warn(self, message: str) -> None:
        if message not in self.notices:
            self.notices.append(message)
        self.log(message)

    def engine(self, name: str) -> None:
        self.engine_name = name[:100]
        self._write(engine=self.engine_name)

    def partial(self, name: str, value: Any) -> None:
        self._heart.check()
        store.file_partial(self._step.owner_id, of=self._step.key, name=name, value=value)
        self._ring()

    def partials(self) -> dict[str, Any]:
        return store.open_partials(self._step.owner_id, of=self._step.key)

    def _write(self, **fields: Any) -> None:
        """Two statements, not one transaction: the step's row is the truth, the job's number only a doorbell."""
        Step.objects.filter(pk=self._step.pk, holder=self._step.holder).update(**fields)
        self._ring()

    def _ring(self) -> None:
        job = self._step.job
        Job.bump(job.pk)
        bell.ring_job(job.pk, project_id=job.project_id, owner_id=job.owner_id)
