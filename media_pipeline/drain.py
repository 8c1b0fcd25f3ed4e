"""The wish that this worker's steps go back to their queues: set in the command's process, seen in all its children.

One byte of shared memory and no lock, because it is set inside a signal handler.
"""

from __future__ import annotations

import multiprocessing

_asked = multiprocessing.get_context("fork").RawValue("b", 0)


def ask() -> None:
    _asked.value = 1


def asked() -> bool:
    return bool(_asked.value)


def forget() -> None:
    """For tests, and for a command that runs a worker after another."""
    _asked.value = 0
