"""A part drawn for looking at beside the page it was read from: SVG in which every bar says which one it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from notation.engrave.prepare import prepare
from notation.engrave.style import Style
from notation.engrave.svg import pages, sanitise
from notation.musicxml.read import read

STYLE = Style(paper="A5", staff_mm=6.0, margin_mm=(9.0, 5.0, 5.0, 5.0), head=False, page_numbers=False)
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
