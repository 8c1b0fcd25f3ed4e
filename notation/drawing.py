"""A part drawn for looking at, whole or some bars of it: SVG in which every bar says which one it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from notation.engrave.extents import systems
from notation.engrave.prepare import prepare
from notation.engrave.style import Style
from notation.engrave.svg import pages, sanitise
from notation.musicxml.cut import bars_of, cut
from notation.musicxml.read import read

STYLE = Style(paper="A5", staff_mm=6.0, margin_mm=(9.0, 5.0, 5.0, 5.0), head=False, page_numbers=False)
LINE = Style(paper="A4", staff_mm=6.0, margin_mm=(12.0, 4.0, 4.0, 4.0), head=False, page_numbers=False)
_PIXELS = 96 / 25.4  # of the drawing in a millimetre
_AIR = 2.0  # millimetres around what is drawn
_SVG = "{http://www.w3.org/2000/svg}svg"
_GROUP = "{http://www.w3.org/2000/svg}g"


def drawn(document: bytes) -> list[str]:
    """The pages, safe to put into a page of ours. NotationError where the document cannot be drawn.

    Each bar is a group of the class "measure" with data-measure: its index in the document. A rest of many bars is
    drawn as one and has the index of its first.
    """
    root = read(document)
    shown = iter(_shown(etree.fromstring(prepare(root, style=STYLE).document)))
    with tempfile.TemporaryDirectory(prefix="copyist-review-") as folder:
        return [_named(sanitise(page.svg), shown) for page in pages(root, style=STYLE, folder=Path(folder))]


def drawn_bars(document: bytes | etree._Element, first: int, count: int) -> str:
    """Some bars of a part, counted from 0, on as much paper as they need; "" where there are none of them.

    Safe to put into a page of ours. NotationError where the document cannot be drawn.
    """
    root = read(document) if isinstance(document, bytes) else document
    bars = len(bars_of(root))
    if not 0 <= first < bars or count < 1:
        return ""
    if first + count < bars:
        root = cut(root, at=first + count).before
    if first:
        root = cut(root, at=first).after
    shown = (first + index for index in _shown(etree.fromstring(prepare(root, style=LINE).document)))
    with tempfile.TemporaryDirectory(prefix="copyist-bars-") as folder:
        svg = next(page.svg for page in pages(root, style=LINE, folder=Path(folder), only=[1]))
    lines = systems(svg, unit_mm=LINE.staff_for(1) / 8)
    top, _, _, left = LINE.margin_mm
    low, high = min(line.top for line in lines), max(line.bottom for line in lines)
    wide = max(sum(line.bars) for line in lines)
    box = (0.0, top + low - _AIR, left + wide + 2 * _AIR, high - low + 2 * _AIR)
    drawing = etree.fromstring(_named(sanitise(svg), shown))
    whole = (drawing.get("viewBox") or "0 0 0 0").split()
    for inner in drawing.iterfind(_SVG):  # as large as the page, whatever of it is seen
        inner.set("width", whole[2])
        inner.set("height", whole[3])
    drawing.set("viewBox", " ".join(f"{_PIXELS * side:.1f}" for side in box))
    drawing.set("width", f"{_PIXELS * box[2]:.0f}")
    drawing.set("height", f"{_PIXELS * box[3]:.0f}")
    return str(etree.tostring(drawing, encoding="unicode"))


def _shown(root: etree._Element) -> list[int]:
    """Indices of the bars that are seen: of a rest of many bars the first."""
    found, hidden = [], 0
    for index, measure in enumerate(root.iterfind("part[1]/measure")):
        if hidden:
            hidden -= 1
            continue
        rest = measure.findtext("attributes/measure-style/multiple-rest")
        hidden = int(rest) - 1 if rest and rest.strip().isdecimal() else 0
        found.append(index)
    return found


def _named(svg: str, shown: Iterator[int]) -> str:
    root = etree.fromstring(svg)
    for group in root.iter(_GROUP):
        if "measure" in (group.get("class") or "").split() and (index := next(shown, None)) is not None:
            group.set("data-measure", str(index))
    return str(etree.tostring(root, encoding="unicode"))
