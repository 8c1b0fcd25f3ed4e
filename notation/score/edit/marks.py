"""Edits of what stands at a note: articulations, fermatas, trills."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.tree import place
from notation.score.edit.model import Edit
from notation.score.edit.work import NOTE, Work, chord_of

MARKS = {  # name -> (element that holds it, "" for <notations> itself)
    "accent": "articulations", "strong-accent": "articulations", "staccato": "articulations",
    "tenuto": "articulations", "staccatissimo": "articulations", "breath-mark": "articulations",
    "trill-mark": "ornaments", "turn": "ornaments", "mordent": "ornaments", "fermata": "",
    "up-bow": "technical", "down-bow": "technical",
}  # fmt: skip
AT_RESTS = ("fermata", "breath-mark")


def articulation(work: Work, edit: Edit) -> str:
    """told: name (a key of MARKS), on"""
    name = edit.one_of("name", MARKS)
    note = chord_of(work.note(edit.bar, edit.note))[0]
    if note.find("rest") is not None and name not in AT_RESTS:
        raise NotationError("A rest takes no articulation.", hint="A fermata it may have.")
    holder = MARKS[name]
    path = f"notations/{holder}/{name}" if holder else f"notations/{name}"
    there = note.findall(path)
    on = edit.flag("on")
    wanted = not there if on is None else on
    work.touch(edit.bar)
    work.select = work.measures[edit.bar], note
    said = name.replace("-", " ")
    if not wanted:
        for mark in there:
            _take(note, mark)
        return f"{said} taken away"
    if not there:
        notations = _child(note, "notations", order=True)
        parent = _child(notations, holder) if holder else notations
        etree.SubElement(parent, name)
    return said


def _child(parent: etree._Element, tag: str, *, order: bool = False) -> etree._Element:
    found = parent.find(tag)
    if found is None:
        found = etree.Element(tag)
        if order:
            place(parent, found, order=NOTE)
        else:
            parent.append(found)
    return found


def _take(note: etree._Element, mark: etree._Element) -> None:
    """A mark goes, and what held nothing else."""
    at: etree._Element | None = mark
    while at is not None and at is not note and not len(at):
        parent = at.getparent()
        if parent is not None:
            parent.remove(at)
        at = parent


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"articulation": articulation}
