"""A file -> grey pictures of its pages, drawn one by one in a process of its own that may die without harm.

`rasterise` is a generator: a page is drawn while the one before is looked at, and never more than two are held. A page
that ends the child is handed on as unreadable and a new child goes on behind it. Closing the generator ends the child.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media_pipeline.context import StageError
from media_pipeline.omr.model import Box, Printed

DPI = 200  # a staff of a part book then has lines 11 to 15 pixels apart; the network wants 10
MOST_PAGES = 200  # of a file
MEMORY_BYTES = 1536 * 2**20
COMPUTING_SECONDS = 20  # of a page; an engraved one takes 0.05, a 600 dpi scan 0.5
SECONDS = 120  # of waiting for a page, however busy the machine
MOST_DEATHS = 5  # of children over one file; what is left of it is then given up
LOOK_SECONDS = 0.05  # how often the caller's `check` is asked
OCR_CONFIDENCE = 0.5  # of words that another program read off a scan and put behind it

PROBLEMS = {  # code of the child: what is wrong, what to do
    "encrypted": ("“{name}” is locked with a password.", "Save a copy without the password and upload that."),
    "damaged pdf": (
        "“{name}” is damaged or was cut short: no page of it can be opened.",
        "Export or scan it again, or upload the file once more.",
    ),
    "too many pages": (
        "“{name}” has {pages:,} pages; a book may have {most}.",
        "Split it into smaller files, a part or a song each.",
    ),
    "no picture": (
        "“{name}” is neither a PDF nor a picture that can be opened.",
        "Upload a PDF, JPEG, PNG or TIFF of the pages.",
    ),
    "other format": (
        "“{name}” is {what}, which cannot be opened here.",
        "Save the pages as PDF, JPEG or PNG and upload those.",
    ),
    "empty": ("“{name}” is empty.", "The upload or the export stopped early; please upload it again."),
    "damaged page": ("This page is damaged and cannot be opened.", "Scan or export this page again."),
    "too large": (
        "This page claims to be {size} pixels large, more than any scan of a page is.",
        "Save the picture again at 300 dots per inch.",
    ),
    "cut short": (
        "The picture of this page is cut short: its lower part is missing.",
        "Upload the file again if you have the whole of it.",
    ),
    "blurred": (
        "The picture of this page is cut short: it is there, but less sharp than it was.",
        "Upload the file again if you have the whole of it.",
    ),
    "file ends": (
        "The file ends here before its end: it was cut short, and pages after this one may be missing.",
        "Upload the file again if you have the whole of it.",
    ),
    "moving": (
        "This picture moves; only the first of its frames was read.",
        "Upload several pages as a PDF, a TIFF or one picture each.",
    ),
    "died": ("This page is too heavy or too broken to be opened.", "Print this page to a new PDF, or scan it again."),
    "given up": (
        "The pages before this one were so broken that the rest of the file was not opened.",
        "Print the file to a new PDF and upload that.",
    ),
}


@dataclass(frozen=True)
class Sheet:
    """A page of a file as it lies there: not set upright, no light evened out."""

    index: int  # from 0
    image: NDArray[np.uint8]  # (height, width) grey, 255 is white; (1, 1) where the page cannot be read
    dpi: float
    layer: tuple[Printed, ...] = ()  # words of the text layer, boxes in pixels of `image`
    problem: str = ""  # a sentence for the user
    hint: str = ""
    of: int = 1  # pages of its file, as far as is known

    @property
    def readable(self) -> bool:
        return self.image.size > 1


def unopened(error: StageError) -> Sheet:
    """A file none of whose pages can be read, as a page that says so."""
    return Sheet(index=0, image=np.full((1, 1), 255, np.uint8), dpi=DPI, problem=error.message, hint=error.hint)


def turned(sheet: Sheet, by: int) -> Sheet:
    """The sheet turned by 0, 90, 180 or 270 degrees clockwise, with the words of its text layer."""
    height, width = sheet.image.shape
    moved: dict[int, Callable[[Box], Box]] = {
        0: lambda box: box,
        90: lambda box: Box(height - box.y1, box.x0, height - box.y0, box.x1),
        180: lambda box: Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0),
        270: lambda box: Box(box.y0, width - box.x1, box.y1, width - box.x0),
    }
    layer = tuple(replace(word, box=moved[by](word.box)) for word in sheet.layer)
    return replace(sheet, image=np.ascontiguousarray(np.rot90(sheet.image, -by // 90)), layer=layer)


def never() -> None:
    """A `check` that never asks for an end."""


def rasterise(
    path: Path, *, name: str, dpi: float = DPI, first: int = 0, check: Callable[[], object] = never
) -> Generator[Sheet, None, None]:
    """Yield the pages of a PDF, JPEG, PNG, TIFF (all of its pages), WebP, BMP or GIF in order, from page `first` on.

    `name` is what the user called the file; what it is, its bytes say. PDF pages are drawn at `dpi`, small ones at up
    to twice that, none with more than 25 million pixels; pictures come as they are up to that size, turned as their
    EXIF says. Raises StageError where no page can be read, and what `check` raises.
    """
    pages, deaths = first + 1, 0
    while first < pages:
        child = _Child(path, dpi=dpi, first=first, check=check)
        try:
            pages = _opened(child, path, name=name)
            while first < pages:
                sheet = child.sheet(name=name)
                if sheet is None:
                    break
                yield replace(sheet, of=pages)
                first = sheet.index + 1
        finally:
            child.end()
        if first < pages:  # the child died over this page
            yield replace(_unreadable(first, "died"), of=pages)
            first, deaths = first + 1, deaths + 1
        if deaths == MOST_DEATHS:
            for index in range(first, pages):
                yield replace(_unreadable(index, "given up"), of=pages)
            return


def _opened(child: _Child, path: Path, *, name: str) -> int:
    if not path.stat().st_size:
        raise _error("empty", name=name)
    said = child.line()
    if said is None:
        raise _error("damaged pdf", name=name)
    if "failed" in said:
        raise _error(said.pop("failed"), name=name, **said)
    return int(said["pages"])


def _sentence(code: str, **words: Any) -> tuple[str, str]:
    message, hint = PROBLEMS[code]
    return message.format(most=MOST_PAGES, **words), hint


def _error(code: str, **words: Any) -> StageError:
    message, hint = _sentence(code, **words)
    return StageError(message, hint=hint)


def _unreadable(index: int, code: str, **words: Any) -> Sheet:
    problem, hint = _sentence(code, **words)
    return Sheet(index=index, image=np.full((1, 1), 255, np.uint8), dpi=DPI, problem=problem, hint=hint)


class _Child:
    """One run of raster_child.py. Reading from it waits, asks `check`, and gives None when the child is gone."""

    def __init__(self, path: Path, *, dpi: float, first: int, check: Callable[[], object]) -> None:
        self.check = check
        self.rest = b""
        # -I: no PYTHONPATH, no user site, no current folder in the child's module search.
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__).with_name("raster_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            close_fds=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # each thread claims memory
        )
        assert self.process.stdin is not None
        job = {"path": str(path.absolute()), "dpi": dpi, "first": first, "most": MOST_PAGES}
        limits = {"memory": MEMORY_BYTES, "seconds": COMPUTING_SECONDS}
        try:
            self.process.stdin.write(json.dumps(job | limits).encode())
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it is gone already; reading says so

    def line(self) -> dict[str, Any] | None:
        until = time.monotonic() + SECONDS
        while b"\n" not in self.rest:
            chunk = self._read(2**16, until)
            if not chunk:
                return None
            self.rest += chunk
        line, self.rest = self.rest.split(b"\n", 1)
        said: dict[str, Any] = json.loads(line)
        return said

    def sheet(self, *, name: str) -> Sheet | None:
        said = self.line()
        if said is None:
            return None
        code = said.get("problem", "")
        if "shape" not in said:
            size = " × ".join(f"{side:,}" for side in said.get("size", ()))
            return _unreadable(said["page"], code, name=name, size=size)
        height, width = said["shape"]
        pixels = self._bytes(height * width)
        if pixels is None:
            return None
        problem, hint = _sentence(code) if code else ("", "")
        sure = OCR_CONFIDENCE if said["scan"] else 1.0
        return Sheet(
            index=said["page"],
            image=pixels.reshape(height, width),
            dpi=said["dpi"],
            layer=tuple(Printed(text, Box(*box), sure) for text, *box in said["words"]),
            problem=problem,
            hint=hint,
        )

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None and not stream.closed:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass

    def _bytes(self, size: int) -> NDArray[np.uint8] | None:
        pixels = np.empty(size, np.uint8)
        have = min(len(self.rest), size)
        pixels[:have] = np.frombuffer(self.rest[:have], np.uint8)
        self.rest = self.rest[have:]
        until = time.monotonic() + SECONDS
        while have < size:
            chunk = self._read(min(size - have, 2**20), until)
            if not chunk:
                return None
            pixels[have : have + len(chunk)] = np.frombuffer(chunk, np.uint8)
            have += len(chunk)
        return pixels

    def _read(self, size: int, until: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while True:
            self.check()
            if time.monotonic() > until:
                return b""
            if select.select([descriptor], [], [], LOOK_SECONDS)[0]:
                return os.read(descriptor, size)
