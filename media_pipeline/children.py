"""The child processes of this process: programs that a stage started and may have left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path


def below(pid: int) -> list[int]:
    """All processes below this one, children before grandchildren. Empty where the system does not tell (no /proc)."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(after_name[1]), []).append(int(folder.name))
    found, look_at = [], [pid]
    while look_at:
        look_at = [child for parent in look_at for child in parents.get(parent, [])]
        found += look_at
    return found


def kill_all(*, besides: Collection[int] = ()) -> None:
    """End every process below this one, at once, but those that were there before."""
    for pid in set(below(os.getpid())) - set(besides):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def end_with_parent() -> None:
    """Ask the system for a SIGTERM when our parent dies, so that nothing is left running alone (Linux only)."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
