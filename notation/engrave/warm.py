"""Engravers that stay at work between requests: who waits for one line to be drawn waits for no process to start.

    svgs = draw(document, options=options)

    svgs = begin(document, options=options)      it draws while one does something else
    …
    svgs()

Each is a process of its own with the limits of `sandbox`; as many as draw at the same time, and a few wait for more.
One that fails is ended, and so is one that has drawn very much. They end with this process.
"""

from __future__ import annotations

import atexit
import os
import queue
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from notation.engrave.sandbox import Engraver, end
from notation.musicxml import NotationError

KEPT = 2  # that wait for work
MOST_DRAWN = 2000  # documents, after which one is replaced
SECONDS = 20  # for one small document
MEMORY_BYTES = 2**30


class _Warm:
    def __init__(self) -> None:
        self.engraver = Engraver()
        self.folder = tempfile.TemporaryDirectory(prefix="copyist-warm-")
        self.drawn = 0

    @property
    def alive(self) -> bool:
        return self.engraver.child.poll() is None

    def ask(self, document: bytes, options: Mapping[str, Any]) -> None:
        self.drawn += 1
        self.engraver.ask(
            document, folder=self._path, options=options, fit=False, seconds=SECONDS, memory_bytes=MEMORY_BYTES
        )

    def answer(self) -> list[str]:
        found = [
            path.read_text(encoding="utf-8") for _, _, path in self.engraver.answer(folder=self._path, seconds=SECONDS)
        ]
        for path in self._path.iterdir():  # to write over a file would wait for the disk, a new one does not
            path.unlink()
        return found

    @property
    def _path(self) -> Path:
        return Path(self.folder.name)

    def end(self) -> None:
        end(self.engraver.child)
        self.folder.cleanup()


_idle: list[_Warm] = []
_lock = threading.Lock()
_owner = 0  # the process whose children they are


def draw(document: bytes, *, options: Mapping[str, Any]) -> list[str]:
    """The pages of a small document as SVG, as Verovio draws them. Raises NotationError."""
    return begin(document, options=options)()


def begin(document: bytes, *, options: Mapping[str, Any]) -> Callable[[], list[str]]:
    """What gives the pages when they are wanted, once; they are being drawn until then. One forgotten is ended."""
    drawing = _drawing(document, options)
    next(drawing)
    return lambda: next(drawing)


def _drawing(document: bytes, options: Mapping[str, Any]) -> Generator[list[str]]:
    warm = _take()
    try:
        warm.ask(document, options)
        yield []
        pages = warm.answer()
    except BaseException:
        warm.end()
        raise
    _give_back(warm)
    yield pages


def _take() -> _Warm:
    global _owner
    with _lock:
        if _owner != os.getpid():  # what a parent process left is not ours
            _idle.clear()
            _owner = os.getpid()
        while _idle:
            warm = _idle.pop()
            if warm.alive:
                return warm
            warm.end()
    return _in_keeper(_Warm)


def _give_back(warm: _Warm) -> None:
    with _lock:
        if warm.alive and warm.drawn < MOST_DRAWN and len(_idle) < KEPT and _owner == os.getpid():
            _idle.append(warm)
            return
    warm.end()


# An engraver is ended by the system when the THREAD that started it ends (draw.py asks for that, so that it outlives
# no worker). A web server's threads come and go, so one thread that stays starts them all.
_asked: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[Any]]] = queue.SimpleQueue()
_keeper: tuple[int, threading.Thread] | None = None


def _in_keeper(make: Callable[[], _Warm]) -> _Warm:
    global _keeper
    with _lock:
        if _keeper is None or _keeper[0] != os.getpid():
            thread = threading.Thread(target=_keep, name="engravers", daemon=True)
            thread.start()
            _keeper = os.getpid(), thread
    answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
    _asked.put((make, answer))
    made = answer.get()
    if isinstance(made, _Warm):
        return made
    raise NotationError("The engraver could not be started.", hint="Try again.", permanent=False) from made


def _keep() -> None:
    while True:
        make, answer = _asked.get()
        try:
            answer.put(make())
        except BaseException as error:
            answer.put(error)


@atexit.register
def _end_all() -> None:
    if _owner == os.getpid():
        while _idle:
            _idle.pop().end()
