"""Staves of a part: which are tablature, how they are tuned, and how to show notation, tab or both.

Each edit works in place on a tree of your own (`tree.copy` gives one); what it is not about is not touched.
"""

from __future__ import annotations

import copy as copying
from collections import defaultdict
from fractions import Fraction
from typing import Literal

from lxml import etree

from notation.musicxml.tree import duration_text, finder, insert, place, unset
from notation.musicxml.walk import number

View = Literal["both", "tab", "staff"]
# Where elements stand in a <note>; what is inserted goes before the first later one.
_AFTER_STEM = ("notehead", "notehead-text", "staff", "beam", "notations", "lyric", "play", "listen")
_AFTER_STAFF = ("beam", "notations", "lyric", "play", "listen")
_DETAILS = finder("measure/attributes/staff-details")


def tab_staves(part: etree._Element) -> set[int]:
    """Numbers of the staves that are tablature from beginning to end."""
    signs: dict[int, set[str]] = defaultdict(set)
    for clef in part.iterfind("measure/attributes/clef"):
        signs[int(number(clef.get("number"), 1))].add((clef.findtext("sign") or "").strip().upper())
    return {staff for staff, found in signs.items() if found == {"TAB"}}


def staff_count(part: etree._Element) -> int:
    counts = [int(number(e.text, 1)) for e in part.iterfind("measure/attributes/staves")]
    return max(1, min(16, max(counts, default=1)))


def has_frets(part: etree._Element) -> bool:
    return part.find("measure/note/notations/technical/fret") is not None


def tuning_of(part: etree._Element) -> tuple[list[int], int]:
    """MIDI numbers of the open strings, lowest line first, and the capo's fret (0: none)."""
    strings: dict[int, int] = {}
    capo = 0
    for details in _DETAILS(part):
        for tuning in details.iterfind("staff-tuning"):
            step = (tuning.findtext("tuning-step") or "").strip().upper()
            if step in "CDEFGAB" and step:
                semitone = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[step]
                octave, alter = number(tuning.findtext("tuning-octave"), 3), number(tuning.findtext("tuning-alter"))
                strings[int(number(tuning.get("line"), 1))] = int(12 * (octave + 1) + semitone + alter)
        capo = int(number(details.findtext("capo"), capo))
        if strings:
            break
    return [strings[line] for line in sorted(strings)], max(0, min(24, capo))


def show(root: etree._Element, *, view: View, rhythm: bool = True) -> None:
    """Show fretted parts as notation, as tablature, or as both; other parts stay as they are.

    A part of one staff whose notes carry strings and frets gains the staff that is missing; of a part that has both
    staves, one goes. rhythm: stems on the tab where it stands alone; beside the notation it never has any.
    """
    for part in root.iterfind("part"):
        tabs = tab_staves(part)
        count = staff_count(part)
        if not tabs and not has_frets(part):
            continue
        if not tabs and count == 1 and view != "staff":
            _add_tab_staff(part)
            tabs, count = {2}, 2
        notation = set(range(1, count + 1)) - tabs
        if view == "tab" and notation and tabs:
            drop_staves(part, drop=notation)
            tabs, notation = {1}, set()
        elif view == "staff" and notation and tabs:
            drop_staves(part, drop=tabs)
            tabs = set()
        if tabs:
            _dress_tab(part, staves=tabs, alone=not notation, rhythm=rhythm)
        elif view == "staff":
            _leave_strings_out(part)


def _leave_strings_out(part: etree._Element) -> None:
    """Take tuning and frets off a staff of notation: engravers take a staff of tuned strings for a tab."""
    for attributes in part.iterfind("measure/attributes"):
        for details in attributes.findall("staff-details"):
            if details.find("staff-tuning") is not None or details.find("capo") is not None:
                attributes.remove(details)
    for technical in part.iterfind("measure/note/notations/technical"):
        for tag in ("string", "fret"):
            for old in technical.findall(tag):
                technical.remove(old)


def _add_tab_staff(part: etree._Element) -> None:
    """Copy staff 1 to a TAB staff 2. The staff's tuning moves along, six strings of a guitar where none is given."""
    voices = [int(number(v.text, 1)) for v in part.iterfind("measure/note/voice")]
    shift = max(4, max(voices, default=1))
    strings = max((int(number(s.text, 1)) for s in part.iterfind("measure/note/notations/technical/string")), default=6)
    for index, bar in enumerate(part.iterfind("measure")):
        attributes = bar.find("attributes")
        if index == 0:
            if attributes is None:
                attributes = etree.Element("attributes")
                bar.insert(0, attributes)
            _tab_attributes(attributes, strings=max(4, min(12, strings)))
        for change in bar.iterfind("attributes"):
            for clef in change.findall("clef"):
                clef.set("number", clef.get("number", "1"))
        timed = [child for child in bar if child.tag in ("note", "backup", "forward")]
        position = Fraction(0)
        for child in timed:
            for tag in ("voice", "staff"):
                if child.tag == "note" and child.find(tag) is None:
                    insert(child, tag, "1", before=_AFTER_STAFF if tag == "staff" else ("type", "dot", "accidental",
                            "time-modification", "stem", *_AFTER_STEM))  # fmt: skip
            if child.find("chord") is None and child.find("grace") is None:
                length = number(child.findtext("duration"))
                position = max(Fraction(0), position - length if child.tag == "backup" else position + length)
        if not timed:
            continue
        after = timed[-1]
        addition: list[etree._Element] = []
        if position:
            back = etree.Element("backup")
            etree.SubElement(back, "duration").text = duration_text(position)
            addition.append(back)
        for child in timed:
            twin = copying.deepcopy(child)
            twin.tail = None
            unset(twin, "id")
            for voice in twin.iterfind("voice"):
                voice.text = str(int(number(voice.text, 1)) + shift)
            for staff in twin.iterfind("staff"):
                staff.text = "2"
            for lyric in twin.findall("lyric"):
                twin.remove(lyric)
            addition.append(twin)
        for element in addition:
            after.addnext(element)
            after = element


def _tab_attributes(attributes: etree._Element, *, strings: int) -> None:
    order = ("divisions", "key", "time", "staves", "part-symbol", "instruments", "clef", "staff-details", "transpose",
             "for-part", "directive", "measure-style")  # fmt: skip
    for old in attributes.findall("staves"):
        attributes.remove(old)
    staves = etree.Element("staves")
    staves.text = "2"
    if attributes.find("clef") is None:
        first = etree.Element("clef")
        etree.SubElement(first, "sign").text = "G"
        etree.SubElement(first, "line").text = "2"
        place(attributes, first, order=order)
    place(attributes, staves, order=order)
    for clef in attributes.findall("clef"):
        clef.set("number", "1")
    clef = etree.Element("clef", {"number": "2"})
    etree.SubElement(clef, "sign").text = "TAB"
    etree.SubElement(clef, "line").text = "5"
    place(attributes, clef, order=order)
    details = attributes.find("staff-details")
    if details is None:
        details = etree.Element("staff-details")
        place(attributes, details, order=order)
    details.set("number", "2")
    tuned = len(details.findall("staff-tuning"))
    lines = details.find("staff-lines")
    if lines is None:
        lines = etree.Element("staff-lines")
        details.insert(1 if details.find("staff-type") is not None else 0, lines)
    lines.text = str(tuned or strings)
    if not tuned and strings == 6:
        at = details.index(lines) + 1
        for line, (step, octave) in enumerate([("E", 2), ("A", 2), ("D", 3), ("G", 3), ("B", 3), ("E", 4)], start=1):
            tuning = etree.Element("staff-tuning", {"line": str(line)})
            etree.SubElement(tuning, "tuning-step").text = step
            etree.SubElement(tuning, "tuning-octave").text = str(octave)
            details.insert(at, tuning)
            at += 1


def _dress_tab(part: etree._Element, *, staves: set[int], alone: bool, rhythm: bool) -> None:
    """What a tab shows of time: stems and rests where it stands alone, else neither. A tied-on note shows no fret."""
    for bar in part.iterfind("measure"):
        for note in bar.findall("note"):
            if int(number(note.findtext("staff"), 1)) not in staves:
                continue
            if alone and rhythm:
                continue
            rest = note.find("rest") is not None
            tied = any(tie.get("type") == "stop" for tie in note.iterfind("tie"))
            if (rest and not alone) or (tied and note.find("notations/technical/fret") is not None):
                _to_silence(bar, note)
            elif not rest:
                for tag in ("stem", "beam"):
                    for old in note.findall(tag):
                        note.remove(old)
                insert(note, "stem", "none", before=_AFTER_STEM)
                for notations in note.findall("notations"):
                    for old in [n for n in notations if n.tag not in ("technical", "glissando", "slide")]:
                        notations.remove(old)


def _to_silence(bar: etree._Element, note: etree._Element) -> None:
    """Take a note away and keep the time it took. Inside a chord the next note takes its place."""
    follower = note.getnext()
    if note.find("chord") is None and follower is not None and follower.find("chord") is not None:
        follower.remove(follower.find("chord"))  # type: ignore[arg-type]
    elif note.find("chord") is None and note.find("grace") is None:
        forward = etree.Element("forward")
        etree.SubElement(forward, "duration").text = note.findtext("duration") or "0"
        for tag in ("voice", "staff"):
            if (value := note.findtext(tag)) is not None:
                etree.SubElement(forward, tag).text = value
        note.addprevious(forward)
    bar.remove(note)


def drop_staves(part: etree._Element, *, drop: set[int]) -> None:
    """Take staves out of a part and number the rest from 1. Time stays whole: notes become pauses of equal length."""
    left = [staff for staff in range(1, staff_count(part) + 1) if staff not in drop]
    renumber = {old: new for new, old in enumerate(left, start=1)}
    one = len(left) == 1
    for bar in part.iterfind("measure"):
        for child in list(bar):
            if child.tag == "attributes":
                for entry in list(child):
                    if entry.tag == "staves":
                        entry.text = str(len(left))
                        if one:
                            child.remove(entry)
                    elif entry.tag in ("clef", "staff-details", "key", "time", "transpose", "measure-style"):
                        given = entry.get("number")
                        staff = int(number(given, 1))
                        if (given is not None or entry.tag in ("clef", "staff-details")) and staff in drop:
                            child.remove(entry)
                        elif given is not None and staff in renumber:
                            entry.set("number", str(renumber[staff]))
                            if one:
                                unset(entry, "number")
                continue
            staff = int(number(child.findtext("staff"), 1))
            if child.tag == "note" and staff in drop:
                if child.find("chord") is None and child.find("grace") is None:
                    forward = etree.Element("forward")
                    etree.SubElement(forward, "duration").text = child.findtext("duration") or "0"
                    child.addprevious(forward)
                bar.remove(child)
            elif child.tag in ("direction", "harmony", "forward") and child.find("staff") is not None and staff in drop:
                if child.tag == "direction" and child.find("sound") is None and child.find(".//metronome") is None:
                    bar.remove(child)  # dynamics of the other staff; tempo stays
                else:
                    child.find("staff").text = "1"  # type: ignore[union-attr]
            elif (number_of := child.find("staff")) is not None and staff in renumber:
                number_of.text = str(renumber[staff])
                if one:
                    child.remove(number_of)
        _tidy_pauses(bar)


def _tidy_pauses(bar: etree._Element) -> None:
    """Join neighbouring <forward>s and <backup>s that nothing sounds between, and drop a <backup> that ends the bar."""
    last: etree._Element | None = None  # the move just seen
    for child in list(bar):
        if child.tag not in ("forward", "backup"):
            last = None
            continue
        if last is None:
            last = child
            continue
        length = _signed(last) + _signed(child)
        bar.remove(child)
        if length:
            last.tag = "forward" if length > 0 else "backup"
            last.find("duration").text = duration_text(abs(length))  # type: ignore[union-attr]
        else:
            bar.remove(last)
            last = None
    if last is not None and last.tag == "backup":
        bar.remove(last)


def _signed(move: etree._Element) -> Fraction:
    length = number(move.findtext("duration"))
    if move.find("duration") is None:
        etree.SubElement(move, "duration").text = "0"
    return length if move.tag == "forward" else -length
