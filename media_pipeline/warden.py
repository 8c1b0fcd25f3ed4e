"""Looks after the worker processes of one `manage.py worker`: takes back what the dead leave, ends the deaf.

A process that was killed (by the system, for want of memory) cannot put its step back, and the lease would hold it for
another ten seconds. One whose code lets no other thread run (some C libraries) has a heart that cannot beat: it hears
neither cancel nor drain. The command's own process sees both at once: it knows its children.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import suppress

from media_pipeline import children, services
from media_pipeline.heart import CANCEL_GRACE
from media_pipeline.models import Step

log = logging.getLogger(__name__)

GRACE = CANCEL_GRACE + 0.2  # seconds after which the heart itself should have acted

_asked: dict[str, float] = {}  # holder -> when we first saw that it should stop


def look_after(room: str) -> int:
    """Look once at the steps that processes of this room ("host:pid of the command") run; how many were moved."""
    running = Step.objects.filter(state=Step.State.RUNNING, worker__startswith=f"{room}:").select_related("job__owner")
    steps = {step.holder: step for step in running}
    for holder in _asked.keys() - steps.keys():
        del _asked[holder]
    if not steps:
        return 0
    alive = set(children.below(os.getpid()))
    moved = 0
    for holder, step in steps.items():
        pid = int(step.worker.rpartition(":")[2])
        if pid not in alive:
            moved += services.step_put_back(step, why="Its worker process died; another goes on", counts=True)
        elif step.job.cancel_requested and time.monotonic() - _asked.setdefault(holder, time.monotonic()) >= GRACE:
            log.warning("%s is deaf; its process %s is ended", step, pid)
            below = children.below(pid)
            moved += services.step_cancelled(step)
            end(pid, *below)
    return moved


def end_all(room: str) -> None:
    """The room closes: what has not gone back by itself is put back, and its processes are killed."""
    for step in Step.objects.filter(state=Step.State.RUNNING, worker__startswith=f"{room}:").select_related(
        "job__owner"
    ):
        services.step_put_back(step, why="The worker stops; another goes on", counts=False)
        pid = int(step.worker.rpartition(":")[2])
        if pid in children.below(os.getpid()):
            end(pid, *children.below(pid))


def end(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
