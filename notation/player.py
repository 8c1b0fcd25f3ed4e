"""Variants of a document for one use: what alphaTab draws and plays, or one view of it. Imports no Django.

alphaTab shows notation and tablature from one and the same staff, whose notes carry strings and frets; a document
with both as staves of their own would sound twice. So for the player each fretted part becomes one staff.
"""

from __future__ import annotations

from lxml import etree

from notation.musicxml import NotationError, edit
from notation.musicxml.read import read

VIEWS = ("player", "staff", "tab", "both")
VERSION = 1  # raise it when the output changes, and every cached copy expires


def view_of(document: bytes, *, view: str) -> bytes:
    """The document as `view` wants it, one of VIEWS. Raises NotationError where it cannot be read."""
    if view not in VIEWS:
        raise NotationError("There is no such view of a score.", hint="Choose player, staff, tab or both.")
    if view in ("player", "staff") and b"<fret" not in document and b"TAB" not in document:
        return document  # nothing to choose between, and an orchestra is not parsed for nothing
    root = read(document)
    if view == "player":
        for part in root.iterfind("part"):
            _one_staff(part)
    elif view == "staff":
        edit.show(root, view="staff")
    elif view == "tab":
        edit.show(root, view="tab")
    else:
        edit.show(root, view="both")
    return edit.to_bytes(root)


def _one_staff(part: etree._Element) -> None:
    """Leave one staff of a fretted part: the notation where its notes have frets, else the tab, in a treble clef."""
    tabs = edit.tab_staves(part)
    notation = set(range(1, edit.staff_count(part) + 1)) - tabs
    tuning, capo = edit.tuning_of(part)
    if not tabs and not edit.has_frets(part):
        return
    if tabs and notation:
        frets_above = any(
            note.find("notations/technical/fret") is not None and int(note.findtext("staff") or 1) in notation
            for note in part.iter("note")
        )
        edit.drop_staves(part, drop=tabs if frets_above else notation)
    for clef in part.iter("clef"):
        if (clef.findtext("sign") or "").strip() == "TAB":
            _write_clef(clef, bass=bool(tuning) and max(tuning) < 50)
    _write_tuning(part, tuning=tuning or [40, 45, 50, 55, 59, 64], capo=capo)


def _write_clef(clef: etree._Element, *, bass: bool) -> None:
    for child in list(clef):
        clef.remove(child)
    for tag, text in (("sign", "F" if bass else "G"), ("line", "4" if bass else "2"), ("clef-octave-change", "-1")):
        etree.SubElement(clef, tag).text = text


_BEFORE = ("transpose", "for-part", "directive", "measure-style")


def _write_tuning(part: etree._Element, *, tuning: list[int], capo: int) -> None:
    """One <staff-details> at the beginning, which says as many lines as there are strings."""
    for attributes in part.iter("attributes"):
        for details in attributes.findall("staff-details"):
            attributes.remove(details)
    attributes = part.find("measure/attributes")
    if attributes is None:
        first = part.find("measure")
        if first is None:
            return
        attributes = etree.Element("attributes")
        first.insert(0, attributes)
    details = etree.Element("staff-details")
    etree.SubElement(details, "staff-lines").text = str(len(tuning))
    for line, midi in enumerate(tuning, start=1):
        step, alter = _STEPS[midi % 12]
        string = etree.SubElement(details, "staff-tuning", {"line": str(line)})
        etree.SubElement(string, "tuning-step").text = step
        if alter:
            etree.SubElement(string, "tuning-alter").text = str(alter)
        etree.SubElement(string, "tuning-octave").text = str(midi // 12 - 1)
    if capo:
        etree.SubElement(details, "capo").text = str(capo)
    place = next((i for i, child in enumerate(attributes) if child.tag in _BEFORE), len(attributes))
    attributes.insert(place, details)


_STEPS = (
    ("C", 0), ("C", 1), ("D", 0), ("E", -1), ("E", 0), ("F", 0), ("F", 1), ("G", 0), ("A", -1), ("A", 0), ("B", -1),
    ("B", 0),
)  # fmt: skip
