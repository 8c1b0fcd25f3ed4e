"""Several pages at once: as many engravers at work as there are cores, one end for all of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TypeVar

from notation.engrave.sandbox import LOOK_SECONDS, Check, never

T = TypeVar("T")


class Stopped(BaseException):
    """Raised in the workers when another one failed or the caller wants an end."""


def cores() -> int:
    return max(1, len(os.sched_getaffinity(0)))


def each(
    jobs: Sequence[Callable[[Check], T]], *, check: Check = never, tell: Callable[[int], object] = lambda index: None
) -> list[T]:
    """What the jobs give, in order. A job gets a `check` of its own, which ends it when the work is to end.

    tell  called in the caller's thread with the index of each that has ended

    The caller's `check` is asked here alone, in the caller's thread, where it may look into a database. Raises what it
    raises, or what the first job raised that failed; nothing runs on behind.
    """
    over = threading.Event()

    def stopped() -> None:
        if over.is_set():
            raise Stopped

    with ThreadPoolExecutor(max_workers=cores(), thread_name_prefix="engrave") as pool:
        running = [pool.submit(job, stopped) for job in jobs]
        try:
            waiting = set(running)
            while waiting:
                check()
                done, waiting = wait(waiting, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                    tell(running.index(future))
            return [future.result() for future in running]
        finally:
            over.set()
            for future in running:
                future.cancel()
