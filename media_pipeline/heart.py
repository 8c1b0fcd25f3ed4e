"""What beats while a step runs: it keeps the lease, hears a cancel or a drain, and ends a stage that is deaf to both.

    every 0.25 s   look for cancel (the job's row) and drain (shared memory)
    every 2 s      renew the lease; whoever finds it taken has lost the step and ends
    after a grace  a stage that has not come back, because it is inside a model or another program's code, has its
                   process ended: first the row is moved, then child processes are killed, then os._exit
The queue notices a dead worker and forks another.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from django.db import OperationalError, connection
from django.utils import timezone

from media_pipeline import children, drain
from media_pipeline.context import Cancelled, Drained
from media_pipeline.models import Job, Step
from media_pipeline.models.step import LEASE

log = logging.getLogger(__name__)

BEAT = 0.25  # seconds
RENEW = 2.0  # seconds
CANCEL_GRACE = 1.2  # seconds; a cancel takes two at most
DRAIN_GRACE = 0.4  # seconds; a drained step is back within one
EXIT_CODE = 75  # EX_TEMPFAIL


_only_here = False  # the wish to drain, for this process alone


def drain_this_process() -> None:
    """Called in a signal handler: whatever runs here goes back to its queue."""
    global _only_here
    _only_here = True


class Lost(BaseException):
    """The lease went to somebody else: whatever this attempt makes is not wanted."""


class Heart:
    """`with Heart(step, on_deaf=...) as heart:`; `heart.check()` raises what was heard.

    on_deaf(wish) moves the row of a stage that does not come back; after it the process ends.
    """

    def __init__(self, step: Step, *, on_deaf: Callable[[type[BaseException]], None]) -> None:
        self._step, self._on_deaf = step, on_deaf
        self._stop = threading.Event()
        self._heard: type[BaseException] | None = None
        self._heard_at = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"heart of step {step.pk}")

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def check(self) -> None:
        """Raise Cancelled, Drained or Lost if that was heard."""
        if self._heard is not None:
            raise self._heard

    def _run(self) -> None:
        renewed = time.monotonic()
        try:
            while not self._stop.wait(BEAT):
                now = time.monotonic()
                try:
                    if self._heard is None:
                        self._listen()
                    if now - renewed >= RENEW:
                        self._renew()
                        renewed = now
                except OperationalError:  # a database that is away for a moment; the lease outlives it
                    log.warning("heart beat failed", exc_info=True)
                    connection.close()
                if self._heard is not None and now - self._heard_at > self._grace:
                    self._end_process()
        finally:
            connection.close()

    @property
    def _grace(self) -> float:
        return DRAIN_GRACE if self._heard is Drained else CANCEL_GRACE

    def _listen(self) -> None:
        if Job.objects.filter(pk=self._step.job_id, cancel_requested=True).exists():
            self._hear(Cancelled)
        elif drain.asked() or _only_here:
            self._hear(Drained)

    def _renew(self) -> None:
        mine = Step.objects.filter(pk=self._step.pk, state=Step.State.RUNNING, holder=self._step.holder)
        if not mine.update(lease_until=timezone.now() + LEASE) and self._heard is None:
            self._hear(Lost)

    def _hear(self, wish: type[BaseException]) -> None:
        self._heard, self._heard_at = wish, time.monotonic()

    def _end_process(self) -> None:
        assert self._heard is not None
        if self._stop.is_set():
            return
        log.warning("%s is deaf to %s; its process ends", self._step.stage, self._heard.__name__)
        try:
            self._on_deaf(self._heard)
        except Exception:  # the lease runs out instead
            log.exception("could not move the row of a deaf stage")
        logging.shutdown()
        children.kill_all()
        os._exit(EXIT_CODE)
