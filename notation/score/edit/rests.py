"""Rests of many bars: how many, and where one has to be cut because something stands in it now.

A document has every bar of such a rest; the first one says how many are printed as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from notation.musicxml import NotationError, tidy
from notation.musicxml.tree import place
from notation.musicxml.walk import number
from notation.score.edit.model import Edit
from notation.score.edit.standing import ATTRIBUTES
from notation.score.edit.work import Work, attributes_of

Element = etree._Element
MOST = 999


def multirest(work: Work, edit: Edit) -> str:
    """The bars of rest from this one on are so many. told: count"""
    from notation.score.edit.bars import put_in, take_out

    count = edit.whole("count", low=1, high=MOST)
    covering = span_over(work, edit.bar)
    first, now = covering if covering is not None else (edit.bar, _run(work, edit.bar, MOST))
    if not now:
        raise NotationError("This bar is not empty.", hint="Count bars of rest where there are some.")
    if count > now:
        put_in(work, first + now, count - now)
    elif count < now:
        take_out(work, first + count, now - count)
    mark(work, first, count)
    work.select = work.measures[first], None
    return f"{count} bars of rest" if count > 1 else "one bar of rest"


def span_over(work: Work, index: int) -> tuple[int, int] | None:
    """(first bar, number of bars) of the rest that a bar is printed in; None where it is in none."""
    for at in range(min(index, len(work.measures) - 1), -1, -1):
        count = printed_rest(work.measures[at])
        if count and at + count > index:
            return at, min(count, len(work.measures) - at)
        if at < index and (count or not tidy.is_empty(work.measures[at])):
            return None
    return None


def refit(work: Work, index: int) -> None:
    """Cut the rest that a bar is printed in where something is to be read in it now."""
    found = span_over(work, index)
    if found is None:
        return
    first, count = found
    if _run(work, first, count) != count:
        mark(work, first, count)


def mark(work: Work, first: int, count: int) -> None:
    """Print these bars as rests of many bars, as long as nothing is to be read in between."""
    end = min(first + count, len(work.measures))
    for at in range(first, end):
        if printed_rest(work.measures[at]):
            _unsay(work.touch(at))
    at = first
    while at < end:
        run = _run(work, at, end - at)
        if run > 1:
            style = etree.Element("measure-style")
            etree.SubElement(style, "multiple-rest").text = str(run)
            place(attributes_of(work.touch(at)), style, order=ATTRIBUTES)
            work.seen |= set(work.measures[at : at + run])
        at += max(1, run)


def _run(work: Work, first: int, most: int) -> int:
    """How many bars from this one on can be printed as one rest; 0 where it is not empty."""
    count = 0
    for bar in work.measures[first : first + most]:
        if not tidy.is_empty(bar) or (count and tidy.starts_something(bar)):
            break
        count += 1
        if tidy.ends_something(bar):
            break
    return count


def printed_rest(bar: Element) -> int:
    """How many bars are printed as one rest from this one on; 0 where it begins none."""
    return int(number(bar.findtext("attributes/measure-style/multiple-rest")))


def _unsay(bar: Element) -> None:
    for style in list(bar.iterfind("attributes/measure-style")):
        attributes = style.getparent()
        if style.find("multiple-rest") is None or attributes is None:
            continue
        attributes.remove(style)
        if not len(attributes):
            bar.remove(attributes)


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"multirest": multirest}
