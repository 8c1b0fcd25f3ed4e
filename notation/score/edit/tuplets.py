"""Edits of tuplets: three in the time of two, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.tree import duration_text, place
from notation.musicxml.walk import WalkedNote, number
from notation.score.edit.model import Edit
from notation.score.edit.rhythm import TYPES, ratio_of, rhythm_changed, row_of, shift_backups
from notation.score.edit.spelling import respell
from notation.score.edit.work import NOTE, Work, chord_of, drop, events

Element = etree._Element
USUAL = {2: 3, 3: 2, 4: 3, 5: 4, 6: 4, 7: 4, 9: 8, 10: 8}  # actual -> normal
SAID = {2: "duplet", 3: "triplet", 4: "quadruplet", 5: "quintuplet", 6: "sextuplet", 7: "septuplet", 9: "nonuplet"}


def tuplet(work: Work, edit: Edit) -> str:
    """The notes from this one on, as many as it takes, in less time. told: actual (3), normal (the usual)

    The unit is the selected note's value, or where that does not come out even, the smallest one's that does.
    """
    actual = edit.whole("actual", low=2, high=13, default=3)
    normal = edit.whole("normal", low=1, high=16, default=USUAL.get(actual, 2))
    note = work.note(edit.bar, edit.note)
    if ratio_of(note) != 1:
        return untuplet(work, edit)
    if note.find("grace") is not None:
        raise NotationError("A grace note is in no tuplet.")
    row = row_of(work, edit.bar, note)
    group = _group(row, actual=actual)
    respell(work, edit.bar)
    before = sum((one.duration for one in group), Fraction(0))
    after = before * normal / actual
    for one in group:
        length = one.duration * normal / actual
        divisions = work.divisible(edit.bar, length)
        for member in chord_of(one.element):
            _modify(member, actual, normal, duration_text(length * divisions))
    for one, way in ((group[0], "start"), (group[-1], "stop")):
        notations = one.element.find("notations")
        if notations is None:
            notations = etree.Element("notations")
            place(one.element, notations, order=NOTE)
        etree.SubElement(notations, "tuplet", {"type": way, "number": "1"})
    shift_backups(work, edit.bar, chord_of(group[-1].element)[-1], after - before)
    rhythm_changed(work, edit.bar)
    work.select = work.measures[edit.bar], note
    return SAID.get(actual, f"{actual} in the time of {normal}")


def untuplet(work: Work, edit: Edit) -> str:
    """The tuplet that a note is in is none any more: its notes last as long as they look."""
    note = work.note(edit.bar, edit.note)
    if ratio_of(note) == 1:
        raise NotationError("This note is in no tuplet.")
    group = _tuplet_of(work, edit.bar, note)
    respell(work, edit.bar)
    longer = Fraction(0)
    for first in group:
        ratio = ratio_of(first)
        length = number(first.findtext("duration")) / work.divisions(edit.bar)
        longer += length / ratio - length
        for member in chord_of(first):
            divisions = work.divisible(edit.bar, length / ratio)
            drop(member, "time-modification")
            for said in member.iterfind("duration"):
                said.text = duration_text(length / ratio * divisions)
            for notations in member.findall("notations"):
                drop(notations, "tuplet")
                if not len(notations):
                    member.remove(notations)
    shift_backups(work, edit.bar, chord_of(group[-1])[-1], longer)
    rhythm_changed(work, edit.bar)
    work.select = work.measures[edit.bar], note
    return "no tuplet"


def _group(row: list[WalkedNote], *, actual: int) -> list[WalkedNote]:
    """The events from the first on that make up so many of its value, or of the smallest value among them."""
    for unit in (row[0].duration, min(one.duration for one in row[:actual]), row[0].duration / 2):
        total, group = Fraction(0), list[WalkedNote]()
        for one in row:
            if ratio_of(one.element) != 1:
                break
            total += one.duration
            group.append(one)
            if total >= unit * actual:
                break
        if total == unit * actual and len(group) > 1:
            return group
    raise NotationError(
        f"From this note on there are not {actual} of one value together in this bar.",
        hint="Give the notes the values that are printed first, then make the tuplet.",
    )


def _modify(note: Element, actual: int, normal: int, duration: str) -> None:
    change = etree.Element("time-modification")
    etree.SubElement(change, "actual-notes").text = str(actual)
    etree.SubElement(change, "normal-notes").text = str(normal)
    place(note, change, order=NOTE)
    for said in note.iterfind("duration"):
        said.text = duration
    if (note.findtext("type") or "").strip() not in TYPES:
        raise NotationError("A note of the tuplet has no value of its own.", hint="Give it one first: keys 1 to 7.")


def _tuplet_of(work: Work, bar: int, note: Element) -> list[Element]:
    """The first notes of the chords of a tuplet: from its start to its stop, else all in a row that are alike."""
    here = work.walked(bar)
    first = chord_of(note)[0]
    me = next(one for one in here.notes if one.element is first)
    row = [one.element for one in events(here.notes) if (one.staff, one.voice) == (me.staff, me.voice)]
    at, ratio = row.index(first), ratio_of(first)
    begin = end = at
    while begin and not _edge(row[begin], "start") and _goes_on(row[begin - 1], row[begin], ratio):
        begin -= 1
    while end + 1 < len(row) and not _edge(row[end], "stop") and _goes_on(row[end], row[end + 1], ratio):
        end += 1
    return row[begin : end + 1]


def _goes_on(first: Element, second: Element, ratio: Fraction) -> bool:
    alike = ratio_of(first) == ratio == ratio_of(second)
    return alike and not _edge(first, "stop") and not _edge(second, "start")


def _edge(note: Element, way: str) -> bool:
    return any(one.get("type") == way for one in note.iterfind("notations/tuplet"))


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"tuplet": tuplet, "untuplet": untuplet}
