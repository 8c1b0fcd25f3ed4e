"""Clefs: set the one a player reads, and drop octave signs that its notes no longer need.

A clef is named by sign and line, "clef.G2", "clef.F4", "clef.C3", "clef.C4"; "clef.G2-8" sounds an octave lower.
"""

from __future__ import annotations

from collections.abc import Collection

from lxml import etree

from notation.musicxml import NotationError, accidentals, tree
from notation.musicxml.accidentals import head_of, in_time
from notation.musicxml.transpose import ATTRIBUTES, first_attributes
from notation.musicxml.walk import WalkedNote, number, walk
from notation.score.model import STEPS

Element = etree._Element
MOST_LEDGERS = 4  # above or under the staff, that are read without an octave sign
_BOTTOM = {"G": 4 * 7 + 4, "F": 3 * 7 + 3, "C": 4 * 7}  # the step that a clef names: G4, F3, C4


def clef_of(part: Element, *, staff: int = 1) -> str:
    """The clef a staff begins with, "" where none is written."""
    for clef in part.iterfind("measure/attributes/clef"):
        if int(number(clef.get("number"), 1)) == staff:
            return name_of(clef)
    return ""


def set_clef(root: Element, clef: str, *, keep: Collection[str] = ()) -> None:
    """Write parts of one staff in this clef. Changes inside go, but for those to and from a clef of `keep`.

    Raises NotationError for a clef that there is not.
    """
    made = clef_named(clef)
    for part in root.iterfind("part"):
        if any(int(number(staves.text, 1)) > 1 for staves in part.iterfind("measure/attributes/staves")):
            continue
        first = first_attributes(part)
        now = clef
        for index, attributes in enumerate(list(part.iterfind("measure/attributes"))):
            for old in attributes.findall("clef"):
                name = name_of(old)
                wanted = index and name != now and (name == clef or name in keep)
                if wanted:
                    now = name
                else:
                    attributes.remove(old)
            if not len(attributes) and attributes is not first:
                bar = attributes.getparent()
                assert bar is not None
                bar.remove(attributes)
        tree.place(first, tree.copy(made), order=ATTRIBUTES)


def ease_octaves(root: Element, *, most: int = MOST_LEDGERS) -> None:
    """Drop octave signs over or under notes that stand within `most` ledger lines without them."""
    for part in root.iterfind("part"):
        if next(part.iter("octave-shift"), None) is None:
            continue
        keep = accidentals.courtesies(part)
        for marks, notes, bottom in _shifted(part):
            places = [place for note in notes if (place := _place(note.element)) is not None]
            if places and -2 * most <= min(places) - bottom and max(places) - bottom - 8 <= 2 * most:
                for mark in marks:
                    _drop(mark)
        accidentals.show(part, keep=keep)


def _shifted(part: Element) -> list[tuple[list[Element], list[WalkedNote], int]]:
    """Octave signs with the notes under them, and the place of the staff's bottom line there."""
    found: list[tuple[list[Element], list[WalkedNote], int]] = []
    open_: dict[int, tuple[list[Element], list[WalkedNote], int]] = {}
    bottoms: dict[int, int] = {}
    for bar in walk(part):
        for element, note in in_time(bar):
            staff = note.staff if note else int(number(element.findtext("staff"), 1))
            if note and staff in open_:
                open_[staff][1].append(note)
            for clef in element.iterfind("clef"):
                bottoms[int(number(clef.get("number"), 1))] = bottom_of(clef)
            for sign in element.iterfind("direction-type/octave-shift"):
                if sign.get("type") in ("up", "down"):
                    open_[staff] = [sign], [], bottoms.get(staff, 30)
                elif staff in open_:
                    open_[staff][0].append(sign)
                    if sign.get("type") == "stop":
                        found.append(open_.pop(staff))
    return found


def _drop(sign: Element) -> None:
    """Take an octave sign out, and the direction that held nothing else."""
    kind = sign.getparent()
    direction = kind.getparent() if kind is not None else None
    if kind is None or direction is None:
        return
    kind.remove(sign)
    if not len(kind):
        direction.remove(kind)
    if direction.find("direction-type") is None:
        bar = direction.getparent()
        if bar is not None:
            bar.remove(direction)


def _place(note: Element) -> int | None:
    """Steps above C0 of a note as it is written."""
    head = head_of(note)
    return None if head is None else STEPS.index(head[0]) + 7 * head[2]


def bottom_of(clef: Element) -> int:
    """The step on the lowest line of a staff."""
    sign = (clef.findtext("sign") or "G").strip()
    line = int(number(clef.findtext("line"), {"F": 4, "C": 3}.get(sign, 2)))
    octave = int(number(clef.findtext("clef-octave-change")))
    return _BOTTOM.get(sign, _BOTTOM["G"]) - 2 * (line - 1) + 7 * octave


def name_of(clef: Element) -> str:
    """The name of a <clef> element."""
    sign = (clef.findtext("sign") or "").strip()
    if sign == "percussion":
        return "clef.perc"
    line = (clef.findtext("line") or {"G": "2", "F": "4", "C": "3"}.get(sign, "")).strip()
    octave = int(number(clef.findtext("clef-octave-change")))
    return f"clef.{sign}{line}{f'{8 * octave:+d}' if octave else ''}"


def clef_named(name: str) -> Element:
    plain = name.removeprefix("clef.")
    clef = etree.Element("clef")
    if plain == "perc":
        etree.SubElement(clef, "sign").text = "percussion"
        return clef
    if plain[:1] not in _BOTTOM or plain[1:2] not in set("12345") or plain[2:] not in ("", "+8", "-8"):
        raise NotationError(f"There is no clef {name!r}.", hint='Clefs are named "clef.G2", "clef.F4", "clef.C3" …')
    etree.SubElement(clef, "sign").text = plain[0]
    etree.SubElement(clef, "line").text = plain[1]
    if plain[2:]:
        etree.SubElement(clef, "clef-octave-change").text = str(int(plain[2:]) // 8)
    return clef
