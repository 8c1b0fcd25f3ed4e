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
    """Yield (page, number of pages, SVG file) in order. Raises NotationError, and what `check` raises."""
    source = folder / "document.musicxml"
    source.write_bytes(document)
    job = {
        "document": str(source),
        "folder": str(folder),
        "options": dict(options),
        "pages": list(pages) if pages is not None else None,
        "fit": fit,
        "memory": memory_bytes,
        "seconds": min(seconds, COMPUTING_SECONDS),
        "file_size": PAGE_BYTES,
    }
    # -I: no PYTHONPATH, no user site, no current folder in the child's module search.
    child = subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).with_name("draw.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        close_fds=True,
    )
    try:
        assert child.stdin is not None
        child.stdin.write(json.dumps(job).encode())
        child.stdin.close()
        count = 0
        for line in _lines(child, check=check, until=time.monotonic() + seconds):
            word, _, figure = line.partition(" ")
            if word == "pages":
                count = int(figure)
            elif word == "page":
                yield int(figure), count, folder / f"{int(figure):04}.svg"
        _explain(child.wait(timeout=5))
    finally:
        end(child)


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
            stream.close()


def _explain(status: int) -> None:
    if status == 0:
        return
    if status == 3:
        raise NotationError(
            "This score cannot be engraved: its notation contradicts itself.",
            hint="Open it in a notation program, save it as MusicXML again, and upload that.",
        )
    if status in (-24, -9):  # SIGXCPU, SIGKILL
        raise _too_long()
    raise NotationError(
        "The engraver stopped on this score.",
        hint="Something in the file is out of the ordinary; export it again from a notation program.",
    )


def _too_long() -> NotationError:
    return NotationError("Engraving this score takes too long.", hint="Split it into movements, or engrave one part.")
