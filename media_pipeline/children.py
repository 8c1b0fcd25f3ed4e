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
    found: list[int] = []
    look_at = [pid]
    while look_at:
        look_at = [child for parent in look_at for child in _children(parent)]
        found += look_at
    return found


def _children(pid: int) -> list[int]:
    """The system keeps a list for each thread; where it was built without them, every process names its parent."""
    tasks = Path(f"/proc/{pid}/task")
    listed: list[int] = []
    with suppress(OSError):
        for task in tasks.iterdir():
            listed += map(int, (task / "children").read_text().split())
        return listed
    return [] if not tasks.exists() else _by_parent(pid)


def _by_parent(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
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


def hear_no_more() -> None:
    """Asked once more to stop while we end: heard already. (Python gives its signals back before it is quite gone, and
    a second one would end us then as if we had failed.)"""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
