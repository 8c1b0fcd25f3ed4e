"""Edits of ties."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.accidentals import head_of
from notation.musicxml.tree import place
from notation.score.edit.model import Edit
from notation.score.edit.spelling import at_edge, degree, neighbour, respell, set_pitch
from notation.score.edit.work import NOTE, Work, drop

Element = etree._Element


def tie(work: Work, edit: Edit) -> str:
    """A tie from this note to the next one on the same line or space, or none any more. told: on

    A note that is tied over a bar line sounds as the one before it.
    """
    note = work.note(edit.bar, edit.note)
    head = head_of(note)
    if head is None:
        raise NotationError("Only a note with a pitch can be tied.")
    tied = any(one.get("type") == "start" for one in (*note.iterfind("tie"), *note.iterfind("notations/tied")))
    wanted = edit.flag("on")
    wanted = not tied if wanted is None else wanted
    work.select = work.measures[edit.bar], note
    if wanted == tied:
        return "tie as before"
    if not wanted:
        there = neighbour(work, edit.bar, note)
        for where, one, way in ((edit.bar, note, "start"), *([(*there, "stop")] if there else [])):
            respell(work, where)
            _untie(one, way)
        return "tie taken away"
    where, other = _next(work, edit.bar, note)
    respell(work, edit.bar)
    respell(work, where)
    now = degree(note)
    assert now is not None
    if head_of(other) != head:
        set_pitch(other, now, head[1])
    _tie(note, "start")
    _tie(other, "stop")
    return "tied to the next note"


def break_tie(note: Element, other: Element) -> None:
    """No tie from a note to the one after it."""
    _untie(note, "start")
    _untie(other, "stop")


def _next(work: Work, bar: int, note: Element) -> tuple[int, Element]:
    """The note that follows at the end of one, on the same place of the staff."""
    here = work.walked(bar)
    me = next(one for one in here.notes if one.element is note)
    rows = [(bar, here, me.onset + me.duration)]
    if bar + 1 < len(work.measures) and at_edge(here, me):
        after = work.walked(bar + 1)
        rows.append((bar + 1, after, after.start))
    for index, walked_bar, when in rows:
        if me.grace:
            break
        for other in walked_bar.notes:
            beside = other.staff == me.staff and not other.grace and other.element is not note
            same = degree(other.element) == degree(note) and head_of(other.element) is not None
            if beside and same and other.onset == when:
                return index, other.element
    raise NotationError(
        "There is no note on the same line or space right after this one.",
        hint="A tie joins two notes of one pitch: mend the pitch of the second one first.",
    )


def _tie(note: Element, way: str) -> None:
    tie_ = etree.Element("tie", type=way)
    if way == "stop" and (first := note.find("tie")) is not None:
        first.addprevious(tie_)
    else:
        place(note, tie_, order=NOTE)
    notations = note.find("notations")
    if notations is None:
        notations = etree.Element("notations")
        place(note, notations, order=NOTE)
    tied = etree.Element("tied", type=way)
    if way == "stop":
        notations.insert(0, tied)
    else:
        before = notations.findall("tied")
        notations.insert(len(before), tied)


def _untie(note: Element, way: str) -> None:
    for one in [*note.findall("tie"), *note.findall("notations/tied")]:
        parent = one.getparent()
        if one.get("type") == way and parent is not None:
            parent.remove(one)
    for notations in note.findall("notations"):
        if not len(notations):
            drop(note, "notations")


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"tie": tie}
