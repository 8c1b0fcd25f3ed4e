"""Edits that put bars in or take them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.tree import duration_text, place
from notation.musicxml.walk import number
from notation.score.edit import rests
from notation.score.edit.model import Edit
from notation.score.edit.spelling import neighbour, respell
from notation.score.edit.standing import ATTRIBUTES
from notation.score.edit.ties import break_tie
from notation.score.edit.work import Move, Work, attributes_of

Element = etree._Element
MOST = 200  # bars at once
_OPENS = ("divisions", "key", "time", "staves", "part-symbol", "instruments", "clef", "staff-details", "transpose")


def insert_bars(work: Work, edit: Edit) -> str:
    """Empty bars. told: count (1), where ("before", "after")"""
    count = edit.whole("count", low=1, high=MOST, default=1)
    at = edit.bar + (edit.one_of("where", ("before", "after"), default="before") == "after")
    put_in(work, at, count)
    work.select = work.measures[at], None
    return f"{_counted(count)} put in" + (f" after bar {edit.bar + 1}" if at > edit.bar else "")


def delete_bars(work: Work, edit: Edit) -> str:
    """Bars with all that is in them; clefs, keys, metres and line breaks go on to the next. told: count (1)"""
    count = edit.whole("count", low=1, high=MOST, default=1)
    take_out(work, edit.bar, count)
    return f"{_counted(count)} taken out"


def put_in(work: Work, at: int, count: int) -> list[Element]:
    """Empty bars before bar `at`, within a rest of many bars as part of it."""
    covering = rests.span_over(work, at) if at < len(work.measures) else None
    length = work.walked(min(at, len(work.measures) - 1)).nominal if at == 0 else work.walked(at - 1).nominal
    if 0 < at < len(work.measures) and work.measures[at].find("attributes/time") is None:
        length = work.walked(at).nominal
    divisions = work.divisible(min(at, len(work.measures) - 1), length)
    staves = _staves(work, at)
    made = [_empty(length * divisions, staves) for _ in range(count)]
    if at == len(work.measures):
        last = work.touch(at - 1)
        for bar in made:
            work.part.append(bar)
        for line in last.findall("barline"):  # a final bar line stays at the end
            if line.get("location", "right") == "right":
                made[-1].append(line)
    else:
        for bar in made:
            work.measures[at].addprevious(bar)
    if at == 0:
        _open(made[0], work.touch(0))
    work.measures[at:at] = made
    work.moves.append(Move(at, 0, count))
    work.seen |= set(made)
    _number(work, at, count)
    if covering is not None and covering[0] < at:
        rests.mark(work, covering[0], covering[1] + count)
    return made


def take_out(work: Work, at: int, count: int) -> None:
    work.measure(at + count - 1)
    if count >= len(work.measures):
        raise NotationError("A part keeps at least one bar.", hint="Empty the bar instead.")
    covering = rests.span_over(work, at)
    for index in (at - 1, at + count - 1):
        _part_ties(work, index)
    gone = work.measures[at : at + count]
    after = work.touch(at + count) if at + count < len(work.measures) else None
    before = work.touch(at - 1) if at else None
    for place_ in range(count):
        work.touch(at + place_, shown=False)
    for bar in gone:
        _hand_on(bar, before, after)
        work.part.remove(bar)
    del work.measures[at : at + count]
    work.moves.append(Move(at, count, 0))
    _number(work, at, -count)
    if covering is not None:
        first, length = covering
        left = max(0, length - (min(at + count, first + length) - at))
        if left and first < len(work.measures):
            rests.mark(work, min(first, at), left)
    index = min(at, len(work.measures) - 1)
    work.select = work.measures[index], None


def _empty(duration: Fraction, staves: int) -> Element:
    bar = etree.Element("measure", number="0")
    for staff in range(1, staves + 1):
        if staff > 1:
            etree.SubElement(etree.SubElement(bar, "backup"), "duration").text = duration_text(duration)
        note = etree.SubElement(bar, "note")
        etree.SubElement(note, "rest", measure="yes")
        etree.SubElement(note, "duration").text = duration_text(duration)
        etree.SubElement(note, "voice").text = str(4 * (staff - 1) + 1)
        if staves > 1:
            etree.SubElement(note, "staff").text = str(staff)
    return bar


def _staves(work: Work, at: int) -> int:
    for bar in work.measures[at::-1] if at < len(work.measures) else work.measures[::-1]:
        if (said := bar.find("attributes/staves")) is not None:
            return max(1, min(9, int(number(said.text, 1))))
    return 1


def _open(first: Element, second: Element) -> None:
    """What a part begins with stays at its beginning."""
    head = second.find("attributes")
    if head is None:
        return
    mine = attributes_of(first)
    for child in list(head):
        if child.tag in _OPENS:
            place(mine, child, order=ATTRIBUTES)
    if not len(head):
        second.remove(head)
    if (page := second.find("print")) is not None:
        first.insert(0, page)


def _hand_on(bar: Element, before: Element | None, after: Element | None) -> None:
    """What holds on after a bar that goes is said by its neighbours."""
    for child in list(bar):
        if child.tag == "attributes" and after is not None:
            _merge(child, attributes_of(after))
        elif child.tag == "print" and after is not None and after.find("print") is None:
            after.insert(0, child)
        elif child.tag == "barline":
            left = child.get("location", "right") == "left"
            to = after if left else before
            if to is None:
                continue
            if not any((line.get("location", "right") == "left") == left for line in to.iterfind("barline")):
                if not left:
                    to.append(child)
                else:
                    to.insert(1 if to.find("print") is not None else 0, child)
    if after is not None and (mine := after.find("attributes")) is not None and not len(mine):
        after.remove(mine)


def _merge(old: Element, new: Element) -> None:
    for entry in list(old):
        if entry.tag == "measure-style":
            continue
        if not any(other.tag == entry.tag and other.get("number") == entry.get("number") for other in new):
            place(new, entry, order=ATTRIBUTES)


def _part_ties(work: Work, index: int) -> None:
    """No tie leads over the end of this bar any more."""
    if not 0 <= index < len(work.measures) - 1:
        return
    for note in work.walked(index).notes:
        if note.tie_start and (there := neighbour(work, index, note.element)) is not None and there[0] == index + 1:
            respell(work, index)
            respell(work, index + 1)
            break_tie(note.element, there[1])


def _number(work: Work, at: int, by: int) -> None:
    """Numbers of the bars from `at` on, moved; new bars go on counting from the one before."""
    counts = max(0, by)
    for bar in work.measures[at + counts :]:
        said = bar.get("number") or ""
        if said.isdecimal() and len(said) < 8:
            work.numbers.setdefault(bar, said)
            bar.set("number", str(max(0, int(said) + by)))
    last = 0
    for bar in reversed(work.measures[:at]):
        if (said := bar.get("number") or "").isdecimal():
            last = int(said)
            break
    for n, bar in enumerate(work.measures[at : at + counts], start=1):
        bar.set("number", str(last + n))


def _counted(count: int) -> str:
    return "a bar" if count == 1 else f"{count} bars"


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"insert_bars": insert_bars, "delete_bars": delete_bars}
