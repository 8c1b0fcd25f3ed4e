"""How wide bars and how high systems are, read from Verovio's drawing of a whole part on one endless page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

MM = 100.0  # of Verovio's units make a millimetre
# Verovio's options for an endless page: nothing is stretched, so what is drawn is as wide and high as it must be.
ENDLESS = {
    "pageHeight": 60000,  # tenths of a millimetre, the most it knows
    "noJustification": True,
    "justifyVertically": False,
    "header": "none",
    "breaksNoWidow": False,
}

_SYSTEM = re.compile(r'<g [^>]*class="system"')
_MEASURE = re.compile(r'<g [^>]*class="measure"')
_LINE = re.compile(r'<path d="M(-?\d+) (-?\d+) L(-?\d+) -?\d+"')  # the first in a measure: a staff's top line
_PATH = re.compile(r'\bd="([^"]*)"')
_POINT = re.compile(r"(-?\d+)[ ,](-?\d+)")
_GLYPH = re.compile(r'transform="translate\(-?\d+, (-?\d+)\)')
_BOX = re.compile(r'<rect [^>]*\by="(-?\d+)"[^>]*\bheight="(\d+)"')
_TEXT = re.compile(r'<text [^>]*\by="(-?\d+)"')


@dataclass(frozen=True)
class Drawn:
    """A system as it lies on the endless page, in millimetres."""

    top: float
    bottom: float
    bars: tuple[float, ...]  # their widths, clef and key of the first included


def systems(svg: str, *, unit_mm: float) -> list[Drawn]:
    """The systems of a drawing made with ENDLESS. `unit_mm`: half a staff space, which signs stick out over a note."""
    return [_system(text, pad=2 * unit_mm * MM) for text in _pieces(svg, _SYSTEM)]


def _system(text: str, *, pad: float) -> Drawn:
    widths = []
    for bar in _pieces(text, _MEASURE):
        line = _LINE.search(bar)
        widths.append((int(line[3]) - int(line[1])) / MM if line else 0.0)
    low = high = None
    for y in _heights(text, pad=pad):
        low = y if low is None else min(low, y)
        high = y if high is None else max(high, y)
    return Drawn((low or 0.0) / MM, (high or 0.0) / MM, tuple(widths))


def _heights(text: str, *, pad: float) -> Iterator[float]:
    for path in _PATH.findall(text):
        yield from (float(y) for _, y in _POINT.findall(path))
    for y in _GLYPH.findall(text):
        yield from (float(y) - pad / 2, float(y) + pad / 2)
    for y, height in _BOX.findall(text):
        yield from (float(y), float(y) + float(height))
    for y in _TEXT.findall(text):
        yield from (float(y) - pad, float(y))


def _pieces(text: str, opening: re.Pattern[str]) -> Iterator[str]:
    starts = [found.start() for found in opening.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        yield text[start:end]
