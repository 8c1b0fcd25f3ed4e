"""Runs the engraver (`draw.py`) and other programs as children with limits, and ends them when asked.

`draw` is a generator: it yields the path of each page as soon as it is drawn, so that the caller can print the first
pages while the last are still being drawn. Whatever happens to the caller, closing the generator kills the child.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from notation.musicxml import NotationError

MEMORY_BYTES = 3 * 2**30
SECONDS = 240  # of waiting, however busy the machine
COMPUTING_SECONDS = 120  # a string quartet of an hour takes 5
PAGE_BYTES = 256 * 2**20
LOOK_SECONDS = 0.05  # how often the caller's `check` is asked

Check = Callable[[], object]


def never() -> None:
    """A `check` that never asks for an end."""


class Engraver:
    """The engraver's process. It may draw one document after the other, which saves it 70 ms for each.

    with Engraver() as engraver:
        for page, count, path in engraver.draw(document, folder=folder, options=options): …
    """

    def __init__(self) -> None:
        # -I: no PYTHONPATH, no user site, no current folder in the child's module search.
        self.child = subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__).with_name("draw.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            close_fds=True,
        )

    def __enter__(self) -> Engraver:
        return self

    def __exit__(self, *_: object) -> None:
        end(self.child)

    def draw(
        self,
        document: bytes,
        *,
        folder: Path,
        options: Mapping[str, Any],
        pages: Sequence[int] | None = None,
        fit: bool = True,
        check: Check = never,
        seconds: int = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> Generator[tuple[int, int, Path]]:
        """Yield (page, number of pages, SVG file) in order. Raises NotationError, and what `check` raises.

        To be read to its end before the next document is drawn; the next one's files take the place of these.
        """
        self.ask(
            document, folder=folder, options=options, pages=pages, fit=fit, seconds=seconds, memory_bytes=memory_bytes
        )
        yield from self.answer(folder=folder, check=check, seconds=seconds)

    def ask(
        self,
        document: bytes,
        *,
        folder: Path,
        options: Mapping[str, Any],
        pages: Sequence[int] | None = None,
        fit: bool = True,
        seconds: int = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        """The first half of `draw`: it begins to draw, and one may do something else meanwhile."""
        source = folder / "document.musicxml"
        source.write_bytes(document)
        job = {
            "document": str(source.absolute()),
            "folder": str(folder.absolute()),
            "options": dict(options),
            "pages": list(pages) if pages is not None else None,
            "fit": fit,
            "memory": memory_bytes,
            "seconds": min(seconds, COMPUTING_SECONDS),
            "file_size": PAGE_BYTES,
        }
        assert self.child.stdin is not None
        try:
            self.child.stdin.write(json.dumps(job).encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # it is gone already; reading says so

    def answer(self, *, folder: Path, check: Check = never, seconds: int = SECONDS) -> Generator[tuple[int, int, Path]]:
        """The other half: the pages of what was asked for."""
        count = 0
        for line in _lines(self.child, check=check, until=time.monotonic() + seconds):
            word, _, figure = line.partition(" ")
            if word == "pages":
                count = int(figure)
            elif word == "page":
                yield int(figure), count, folder / f"{int(figure):04}.svg"
            elif word == "end":
                return
        raise _explained(self.child.wait(timeout=5))


def draw(
    document: bytes,
    *,
    folder: Path,
    options: Mapping[str, Any],
    pages: Sequence[int] | None = None,
    fit: bool = True,
    check: Check = never,
    seconds: int = SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> Generator[tuple[int, int, Path]]:
    """Draw one document in a process of its own, as `Engraver.draw` does; closing the generator ends the process."""
    with Engraver() as engraver:
        yield from engraver.draw(
            document, folder=folder, options=options, pages=pages, fit=fit, check=check, seconds=seconds,
            memory_bytes=memory_bytes,
        )  # fmt: skip


def _lines(child: subprocess.Popen[bytes], *, check: Check, until: float) -> Iterator[str]:
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    rest = b""
    while True:
        check()
        if time.monotonic() > until:
            raise _too_long()
        if not select.select([descriptor], [], [], LOOK_SECONDS)[0]:
            continue
        chunk = os.read(descriptor, 2**16)
        if not chunk:
            return
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("ascii", errors="replace") for line in whole)


def wait(child: subprocess.Popen[bytes], *, check: Check = never, seconds: float = SECONDS) -> int:
    """Wait for a child and return its status; kill it when `check` raises or the time is over."""
    until = time.monotonic() + seconds
    try:
        while True:
            check()
            try:
                return child.wait(timeout=LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                if time.monotonic() > until:
                    raise _too_long() from None
    finally:
        end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                pass  # what it was to read no more


def _explained(status: int) -> NotationError:
    if status == 3:
        return NotationError(
            "This score cannot be engraved: its notation contradicts itself.",
            hint="Open it in a notation program, save it as MusicXML again, and upload that.",
        )
    if status in (-24, -9):  # SIGXCPU, SIGKILL
        return _too_long()
    return NotationError(
        "The engraver stopped on this score.",
        hint="Something in the file is out of the ordinary; export it again from a notation program.",
    )


def _too_long() -> NotationError:
    return NotationError("Engraving this score takes too long.", hint="Split it into movements, or engrave one part.")
