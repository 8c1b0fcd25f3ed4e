"""Ends worker processes that are deaf even to their own heart: code that lets no other thread run (some C libraries).

Their heart cannot beat, so it can hear neither cancel nor drain. The command's process looks for steps of this machine
that were to stop some time ago, moves the row, and kills the process with all its children.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from contextlib import suppress

from media_pipeline import children, services
from media_pipeline.heart import CANCEL_GRACE
from media_pipeline.models import Step

log = logging.getLogger(__name__)

GRACE = CANCEL_GRACE + 0.3  # seconds after which the heart itself should have acted

_asked: dict[str, float] = {}  # holder -> when we first saw that it should stop


def end_the_deaf() -> int:
    """Look once; how many processes were ended."""
    mine = set(children.below(os.getpid()))
    running = Step.objects.filter(
        state=Step.State.RUNNING, job__cancel_requested=True, worker__startswith=f"{socket.gethostname()}:"
    ).select_related("job", "job__owner")
    steps = {step.holder: step for step in running}
    for holder in _asked.keys() - steps.keys():
        del _asked[holder]
    ended = 0
    for holder, step in steps.items():
        pid = int(step.worker.rpartition(":")[2])
        if pid not in mine or time.monotonic() - _asked.setdefault(holder, time.monotonic()) < GRACE:
            continue
        log.warning("%s is deaf; its process %s is ended", step, pid)
        below = children.below(pid)
        services.step_cancelled(step)
        for victim in (pid, *below):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        ended += 1
    return ended
