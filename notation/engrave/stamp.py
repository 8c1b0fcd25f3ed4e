"""Words laid over pages that are there already: page numbers, running heads, the names on a rest of a page.

Words are set by librsvg on empty pages of the same size, as on pages of music, and laid over page by page, so that
pages of music can be kept while their numbers change.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

from notation.engrave import fonts, sandbox
from notation.engrave.pdf import RSVG_SECONDS, converter
from notation.engrave.sandbox import Check, never
from notation.engrave.svg import FONT, shorten
from notation.musicxml import NotationError
from notation.musicxml.edit import legal

if TYPE_CHECKING:
    import pikepdf

PT_PER_MM = 72 / 25.4
_ANCHORS = {"left": "start", "middle": "middle", "right": "end"}


@dataclass(frozen=True)
class Words:
    """A line of text; x and y of its anchor on the ground line, in millimetres from the page's upper left corner."""

    text: str
    x: float
    y: float
    size: float = 3.2
    align: Literal["left", "middle", "right"] = "left"
    italic: bool = False
    room: float = 0.0  # millimetres it may take; longer text is shortened

    def svg(self) -> str:
        text = legal(self.text)
        if self.room:
            text = shorten(text, em=self.room / self.size)
        italic = ' font-style="italic"' if self.italic else ""
        return (
            f'<text x="{self.x:.2f}" y="{self.y:.2f}" font-size="{self.size:.2f}" font-family="{FONT}"{italic} '
            f'text-anchor="{_ANCHORS[self.align]}">{escape(text)}</text>'
        )


def word_pages(
    pages: Sequence[Sequence[Words]], *, target: Path, size_mm: tuple[float, float], check: Check = never
) -> None:
    """A PDF with one page for each list of words. Raises NotationError where librsvg is missing or fails."""
    width, height = size_mm
    with tempfile.TemporaryDirectory(prefix="copyist-words-", dir=target.parent) as scratch:
        drawn = []
        for number, words in enumerate(pages):
            path = Path(scratch) / f"{number:05}.svg"
            path.write_text(
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
                f'viewBox="0 0 {width} {height}">{"".join(line.svg() for line in words)}</svg>',
                encoding="utf-8",
            )
            drawn.append(str(path))
        child = subprocess.Popen(
            [converter(), "-f", "pdf", "-o", str(target), *drawn],
            env=fonts.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if sandbox.wait(child, check=check, seconds=RSVG_SECONDS) != 0:
            raise NotationError("The words of these pages could not be printed.", permanent=False)


def lay_over(whole: pikepdf.Pdf, stamps: pikepdf.Pdf) -> None:
    """Lay the n-th page of `stamps` over the n-th page of `whole`, which is of the same size."""
    for page, stamp in zip(whole.pages, stamps.pages, strict=True):
        page.add_overlay(stamp, None)
