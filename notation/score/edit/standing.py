"""What is in force at the beginning of a bar, gathered from the bars before it."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from lxml import etree

from notation.musicxml.tree import finder, place
from notation.musicxml.walk import WalkedBar, walk_bars

Element = etree._Element
ATTRIBUTES = ("footnote", "level", "divisions", "key", "time", "staves", "part-symbol", "instruments", "clef",
              "staff-details", "transpose", "for-part", "directive", "measure-style")  # fmt: skip
_ONE = ("divisions", "staves")  # said once for all staves
_EACH = ("key", "time", "clef", "transpose", "staff-details")  # may be said for each staff by its number


def standing(measures: Sequence[Element], index: int) -> Element:
    """<attributes> that say what is in force when bar `index` begins."""
    found = etree.Element("attributes")
    seen: set[tuple[str, str | None]] = set()
    for attributes in reversed(_said_before(measures, min(index, len(measures)))):
        here: set[tuple[str, str | None]] = set()
        for child in attributes:
            tag, number = str(child.tag), child.get("number")
            if tag in _ONE:
                number = None
            elif tag not in _EACH:
                continue
            if (tag, number) in seen or (tag, None) in seen:
                continue
            here.add((tag, number))
            place(found, copy.deepcopy(child), order=ATTRIBUTES)
        seen |= here
    return found


_SHIFTS = finder("measure/direction/direction-type/octave-shift")
_BEFORE = finder("preceding-sibling::measure/attributes")


def _said_before(measures: Sequence[Element], index: int) -> list[Element]:
    """All <attributes> of the bars before one, in order. A long part is asked once, not bar by bar."""
    if index < 1:
        return []
    last = measures[index - 1]
    mine = list(last.iterchildren("attributes"))
    if last.getparent() is None:  # bars that are in no part
        return [child for bar in measures[: index - 1] for child in bar.iterchildren("attributes")] + mine
    return [*_BEFORE(last), *mine]


def opening(measures: Sequence[Element], index: int) -> Element:
    """An empty bar that says what is in force at bar `index`, to walk from. Octave signs that are open go on."""
    bar = etree.Element("measure")
    bar.append(standing(measures, index))
    for staff, sign in open_shifts(measures, index).items():
        direction = etree.SubElement(bar, "direction")
        etree.SubElement(direction, "direction-type").append(copy.deepcopy(sign))
        etree.SubElement(direction, "staff").text = str(staff)
    return bar


def open_shifts(measures: Sequence[Element], index: int) -> dict[int, Element]:
    """Staff -> the octave sign that is open when a bar begins."""
    part = measures[0].getparent() if measures else None
    if part is None or not _SHIFTS(part):
        return {}
    found: dict[int, Element] = {}
    for measure in measures[:index]:
        for direction in measure.iterchildren("direction"):
            for sign in direction.iterfind("direction-type/octave-shift"):
                text = (direction.findtext("staff") or "1").strip()
                staff = int(text) if text.isdecimal() else 1
                if sign.get("type") in ("up", "down"):
                    found[staff] = sign
                elif sign.get("type") == "stop":
                    found.pop(staff, None)
    return found


def walked(measures: Sequence[Element], first: int, last: int) -> list[WalkedBar]:
    """Bars first..last as a walk over the whole part has them, but for where they begin: the first one at some time."""
    first, last = max(0, first), min(last, len(measures) - 1)
    bars = list(walk_bars([opening(measures, first), *measures[first : last + 1]]))[1:]
    for place_, bar in enumerate(bars):
        bar.index = first + place_
    return bars
