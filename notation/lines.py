"""A part drawn line by line, so that a change needs one line drawn anew: SVG whose bars and notes say which they are.

    lines = split(root)              [(first bar, number of bars), …]
    line(root, first, count)         one of them, drawn
    drawn = begin(root, first, count)    the same; the engraver is at work until drawn() is asked for

Lines are those of the page that was read, where the document says so, else so many bars. In a drawing each bar is a
group of the class "measure" with data-bar, counted from the line's first, and each note or rest has data-note: its
index among the <note> elements of its bar. A rest of many bars is drawn as one and is its first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from notation.engrave import warm
from notation.engrave.prepare import prepare
from notation.engrave.style import Style
from notation.engrave.svg import dress, options, sanitise
from notation.musicxml import NotationError, tree
from notation.musicxml.tree import finder, unset
from notation.overhang import overhang
from notation.score.edit.fill import fill, said
from notation.score.edit.rests import printed_rest
from notation.score.edit.standing import ATTRIBUTES, open_shifts, standing
from notation.score.edit.work import attributes_of

Element = etree._Element
BARS = 8  # of a line, where the document names no lines
MOST = 14  # bars that are printed on a line
WIDTHS = (1100, 1800)  # of a line, in tenths of a millimetre
ROOM = 28  # of those, that a note or an accidental takes where all are short
STYLE = Style(staff_mm=6.0, margin_mm=(2.5, 2.0, 2.5, 2.0), head=False, page_numbers=False)
_GROUP = "{http://www.w3.org/2000/svg}g"
_OPENING = finder("measure[print[@new-system='yes' or @new-page='yes']]")
_RESTING = finder("measure[attributes/measure-style/multiple-rest]")
_NOTES = ("note", "rest", "mRest", "multiRest")


@dataclass(frozen=True)
class Line:
    first: int  # index of its first bar
    count: int
    svg: str
    odd: dict[int, str]  # bar -> how it does not fill its metre


def split(root: Element) -> list[tuple[int, int]]:
    """(first bar, number of bars) of every line."""
    part = root.find("part")
    if part is None:
        return []
    # Few bars say anything about it: those that do are asked for, not all whether they do.
    place = {measure: index for index, measure in enumerate(part.iterchildren("measure"))}
    starts = [place[bar] for bar in _OPENING(part) if place[bar]]
    rests = {place[bar]: printed_rest(bar) for bar in _RESTING(part)}
    named = bool(starts)
    found: list[tuple[int, int]] = []
    for first, last in zip([0, *starts], [*starts, len(place)], strict=True):
        found += _parted(rests, first, last, most=MOST if named else BARS)
    return found


def _parted(rests: Mapping[int, int], first: int, last: int, *, most: int) -> list[tuple[int, int]]:
    """A line in pieces of so many printed bars; a rest of many bars is one of them. rests: bar -> how many it is."""
    found, begin, printed, at = [], first, 0, first
    while at < last:
        if printed == most:
            found.append((begin, at - begin))
            begin, printed = at, 0
        printed += 1
        at = min(last, at + max(1, rests.get(at, 1)))
    if at > begin:
        found.append((begin, at - begin))
    return found


def line(root: Element, first: int, count: int, *, width: int = WIDTHS[-1]) -> Line:
    """Draw bars first, first + 1, … Raises NotationError where they cannot be drawn."""
    return begin(root, first, count, width=width)()


def begin(root: Element, first: int, count: int, *, width: int = WIDTHS[-1]) -> Callable[[], Line]:
    """What gives the line as it is now, whatever becomes of the tree. Both raise NotationError."""
    part = root.find("part")
    measures = part.findall("measure") if part is not None else []
    if not 0 <= first < len(measures) or count < 1:
        raise NotationError("There are no such bars.", hint="Reload the page.")
    count = min(count, len(measures) - first)
    before, after = overhang(measures, first, count) if _has_room(measures, first, count, width) else (None, None)
    ready = prepare(excerpt(root, measures, first, count, before=before, after=after), style=STYLE)
    drawing = _options(options(STYLE, ready=ready), width)
    page, pages = int(before is not None), 1 + (before is not None) + (after is not None)
    if pages > 1:
        ready = replace(ready, document=_on_pages(ready.document, before=page, count=count))
        drawing["breaks"] = "encoded"
    begun = warm.begin(ready.document, options=drawing)
    odd = {bar: said(excess) for bar, excess in fill(measures, first, first + count - 1).items()}

    def finish() -> Line:
        drawn = begun()
        if len(drawn) != pages:
            raise NotationError("These bars cannot be drawn.", hint="Undo the last change.")
        return Line(first, count, _named(sanitise(dress(drawn[page], number=1, ready=ready, style=STYLE))), odd)

    return finish


def _options(given: dict[str, Any], width: int) -> dict[str, Any]:
    return given | {
        "pageWidth": width, "pageHeight": 50_000, "adjustPageHeight": True, "justifyVertically": False,
        "mnumInterval": 0, "minLastJustification": 0.4, "breaksNoWidow": False,
    }  # fmt: skip


def _has_room(measures: Sequence[Element], first: int, count: int, width: int) -> bool:
    """Whether the bars surely fit on one system: those that may go on a second are drawn without what hangs over."""
    bars = measures[first : first + count]
    signs = sum(note.find("chord") is None for bar in bars for note in bar.iterchildren("note"))
    return signs + sum(1 for bar in bars for _ in bar.iter("accidental")) <= width // ROOM


def _on_pages(document: bytes, *, before: int, count: int) -> bytes:
    """What hangs over a line's ends, and the line, each on a page of its own."""
    root = etree.fromstring(document)
    measures = root.findall("part/measure")
    for start in (before, before + count):
        if 0 < start < len(measures):
            measures[start].insert(0, etree.Element("print", {"new-page": "yes"}))
    return tree.to_bytes(root)


def excerpt(
    root: Element, measures: Sequence[Element], first: int, count: int, *, before: Element | None = None,
    after: Element | None = None,
) -> Element:  # fmt: skip
    """A document of some bars, with what is in force at the first of them; its notes are named by their places.

    before, after: bars to stand at its ends (overhang.py).
    """
    made = etree.Element("score-partwise", version="4.0")
    listing = etree.SubElement(made, "part-list")
    names = [copy.deepcopy(entry) for entry in root.iterfind("part-list/score-part")][:1]
    listing.extend(names or [etree.Element("score-part", id="P1")])
    part = etree.SubElement(made, "part", id=listing[0].get("id") or "P1")
    for offset, measure in enumerate(measures[first : first + count]):
        bar = copy.deepcopy(measure)
        bar.tail = None
        bar.set("id", f"bar-{offset}")
        for page in bar.findall("print"):
            bar.remove(page)
        for place, note in enumerate(bar.iterfind("note")):
            note.set("id", f"note-{offset}-{place}")
        part.append(bar)
    part.extend([after] if after is not None else [])
    if before is not None:
        part.insert(0, before)
    _begin(part[0], measures, first)
    return made


def _begin(bar: Element, measures: Sequence[Element], first: int) -> None:
    """Say in a first bar what is in force; a metre that is not new stays unseen, as on every later line."""
    if not first:
        return
    mine = attributes_of(bar)
    for child in standing(measures, first):
        if any(other.tag == child.tag and other.get("number") == child.get("number") for other in mine):
            continue
        if child.tag == "time":
            child.set("print-object", "no")
        tree.place(mine, child, order=ATTRIBUTES)
    for staff, sign in open_shifts(measures, first).items():
        direction = etree.Element("direction")
        again = copy.deepcopy(sign)
        unset(again, "id")
        etree.SubElement(direction, "direction-type").append(again)
        etree.SubElement(direction, "staff").text = str(staff)
        mine.addnext(direction)


def _named(svg: str) -> str:
    root = etree.fromstring(svg)
    for group in root.iter(_GROUP):
        name = group.get("id") or ""
        kinds = (group.get("class") or "").split()
        if not kinds:
            continue  # a glyph that notes refer to by its id
        if "measure" in kinds and name.startswith("bar-"):
            group.set("data-bar", name.removeprefix("bar-"))
        elif name.startswith("note-") and any(kind in _NOTES for kind in kinds):
            group.set("data-note", name.rpartition("-")[2])
        unset(group, "id")
    return str(etree.tostring(root, encoding="unicode"))
