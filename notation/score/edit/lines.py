"""Edits of bar lines: their style, repeats, first and second endings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.tree import place
from notation.score.edit.model import Edit
from notation.score.edit.work import Work

Element = etree._Element
ORDER = ("bar-style", "footnote", "level", "wavy-line", "segno", "coda", "fermata", "ending", "repeat")
STYLES = {"regular": "plain bar line", "light-light": "double bar line", "light-heavy": "final bar line",
          "dashed": "dashed bar line", "none": "no bar line"}  # fmt: skip
_NUMBERS = re.compile(r"[1-9](,[1-9]){0,4}")


def barline(work: Work, edit: Edit) -> str:
    """The line at the end of a bar. told: style (a key of STYLES)"""
    style = edit.one_of("style", STYLES)
    bar = work.touch(edit.bar)
    line = _line(bar, "right")
    if line.find("repeat") is not None:
        line.remove(line.find("repeat"))  # type: ignore[arg-type]
    _style(line, "" if style == "regular" else style)
    _tidied(line)
    work.select = bar, None
    return STYLES[style]


def repeat(work: Work, edit: Edit) -> str:
    """A repeat begins with this bar ("left") or ends with it ("right"), or no more. told: side, on"""
    side = edit.one_of("side", ("left", "right"))
    bar = work.touch(edit.bar)
    line = _line(bar, side)
    there = line.find("repeat")
    on = edit.flag("on")
    wanted = there is None if on is None else on
    if there is not None:
        line.remove(there)
    if wanted:
        _style(line, "heavy-light" if side == "left" else "light-heavy")
        place(line, etree.Element("repeat", direction="forward" if side == "left" else "backward"), order=ORDER)
    elif there is not None:
        last = bar is work.measures[-1]
        _style(line, "light-heavy" if last and side == "right" else "")
    _tidied(line)
    work.select = bar, None
    what = "beginning of a repeat" if side == "left" else "end of a repeat"
    return what if wanted else f"{what} taken away"


def ending(work: Work, edit: Edit) -> str:
    """An ending from this bar on, or none where this bar is in one. told: numbers ("1", "2", "1,2", ""), bars (1)"""
    numbers = edit.text("numbers").replace(" ", "").replace(".", "")
    if numbers and not _NUMBERS.fullmatch(numbers):
        raise NotationError("An ending has numbers such as 1 or 1,2.", hint="Type 1, 2, or 1,2.")
    count = edit.whole("bars", low=1, high=64, default=1)
    removed = _remove_over(work, edit.bar)
    work.select = work.touch(edit.bar), None
    if not numbers:
        if not removed:
            raise NotationError("This bar is in no ending.", hint="Type the number of the ending to make one.")
        return "ending taken away"
    last = edit.bar + count - 1
    work.measure(last)
    for index in range(edit.bar, last + 1):
        _remove_over(work, index)
    start = _line(work.touch(edit.bar), "left")
    place(start, etree.Element("ending", number=numbers, type="start"), order=ORDER)
    stop = _line(work.touch(last), "right")
    kind = "stop" if stop.find("repeat") is not None or stop.find("bar-style") is not None else "discontinue"
    place(stop, etree.Element("ending", number=numbers, type=kind), order=ORDER)
    for index in range(edit.bar, last + 1):
        work.touch(index)
    return f"ending {numbers}" + (f" over {count} bars" if count > 1 else "")


def _remove_over(work: Work, index: int) -> bool:
    """Take away the ending that a bar is in."""
    first = index
    while first >= 0:
        start = _ending(work.measures[first], ("start",))
        if start is not None:
            break
        if first < index and _ending(work.measures[first], ("stop", "discontinue")) is not None:
            return False
        first -= 1
    if first < 0:
        return False
    last = first
    while last < len(work.measures) and _ending(work.measures[last], ("stop", "discontinue")) is None:
        last += 1
        if last < len(work.measures) and _ending(work.measures[last], ("start",)) is not None:
            last -= 1
            break
    last = min(last, len(work.measures) - 1)
    if last < index:
        return False
    for at in range(first, last + 1):
        bar = work.touch(at)
        for line in bar.findall("barline"):
            for one in line.findall("ending"):
                line.remove(one)
            _tidied(line)
    return True


def _ending(bar: Element, kinds: tuple[str, ...]) -> Element | None:
    return next((one for one in bar.iterfind("barline/ending") if one.get("type") in kinds), None)


def _line(bar: Element, side: str) -> Element:
    for line in bar.iterfind("barline"):
        if line.get("location", "right") == side:
            return line
    made = etree.Element("barline", location=side)
    if side == "left":
        bar.insert(1 if len(bar) and bar[0].tag == "print" else 0, made)
    else:
        bar.append(made)
    return made


def _style(line: Element, style: str) -> None:
    old = line.find("bar-style")
    if old is not None:
        line.remove(old)
    if style:
        said = etree.Element("bar-style")
        said.text = style
        place(line, said, order=ORDER)


def _tidied(line: Element) -> None:
    """A bar line that says nothing goes."""
    bar = line.getparent()
    if bar is not None and not len(line):
        bar.remove(line)


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"barline": barline, "repeat": repeat, "ending": ending}
