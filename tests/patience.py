"""How long tests wait, on a machine that may be busy with other things, and how they hold a stated limit there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 180_000  # milliseconds until a page on a busy machine has done what it does at once on an idle one


def crowded() -> float:
    """How many times slower than idle this machine may be now; stated limits hold on idle cores.

    By what wants its cores: on average of the last minute, or at this moment, whichever is more.
    """
    wanting = os.getloadavg()[0]
    with contextlib.suppress(OSError):  # only Linux tells of the moment
        wanting = max(wanting, float(Path("/proc/loadavg").read_text().split()[3].split("/")[0]))
    return max(1.0, wanting / (os.cpu_count() or 1))


def until(ask: Callable[[], Any], *, seconds: float, every: float = 0.03) -> Any:
    """Ask until the answer is true, and return it; AssertionError with the last answer after so many seconds.

    This is patience, no claim: a machine may become busy while we wait.
    """
    began, slower = time.monotonic(), 1.0
    while not (answer := ask()):
        slower = max(slower, crowded())
        if time.monotonic() - began > 2 * seconds * slower:
            raise AssertionError(f"not within {2 * seconds * slower:.0f} s: {answer!r}")
        time.sleep(every)
    return answer


def takes(measure: Callable[[], float], *, at_most: float) -> None:
    """What is measured takes so many seconds on idle cores. Others may hold it up twice; three times it is us."""
    took = []
    for _ in range(3):
        took.append(measure())
        if took[-1] < at_most * crowded():
            return
    raise AssertionError(f"took {took} seconds, and may take {at_most}")
