"""Edits of a MusicXML tree that exports need. Each works in place on a tree of your own (`copy` gives one).

Nothing that an edit is not about is touched: marks, fingerings, instruments and layout of others' programs survive.
"""

from __future__ import annotations

import copy as copying
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from fractions import Fraction
from typing import Literal

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.walk import WalkedBar, WalkedNote, bar_quarters, number, walk

View = Literal["both", "tab", "staff"]
FLAGS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5, "256th": 6}  # note type -> beams
# Where elements stand in a <note>; what is inserted goes before the first later one.
_AFTER_STEM = ("notehead", "notehead-text", "staff", "beam", "notations", "lyric", "play", "listen")
_AFTER_STAFF = ("beam", "notations", "lyric", "play", "listen")
_AFTER_BEAM = ("notations", "lyric", "play", "listen")


def copy(root: etree._Element) -> etree._Element:
    return copying.deepcopy(root)


def to_bytes(root: etree._Element, *, pretty: bool = False) -> bytes:
    """The document as UTF-8, with MusicXML's document type, as other programs expect it."""
    if pretty:
        root = copy(root)
        etree.indent(root, space="  ")
    version = root.get("version") or "4.0"
    doctype = (
        f'<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML {version} Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n'
        if all(c.isdigit() or c == "." for c in version)
        else ""
    )
    text = etree.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{doctype}{text}\n".encode()


# Words of the document


def title_of(root: etree._Element) -> str:
    for path in ("movement-title", "work/work-title"):
        if text := " ".join((root.findtext(path) or "").split()):
            return text
    for credit in root.iterfind("credit"):
        if (credit.findtext("credit-type") or "").strip() == "title":
            return " ".join((credit.findtext("credit-words") or "").split())
    return ""


def composer_of(root: etree._Element) -> str:
    for creator in root.iterfind("identification/creator"):
        if creator.get("type", "composer") == "composer":
            return " ".join((creator.text or "").split())
    return ""


def made_here(root: etree._Element) -> bool:
    """Whether Copyist wrote the notes down, as the document itself says."""
    return any((e.text or "").startswith("Copyist") for e in root.iterfind("identification/encoding/software"))


def set_title(root: etree._Element, title: str) -> None:
    """Set the title where readers look for it; credits that showed the old one show the new one."""
    old = title_of(root)
    work = root.find("work")
    if work is None:
        work = etree.Element("work")
        root.insert(0, work)
    name = work.find("work-title")
    if name is None:
        name = etree.Element("work-title")
        work.insert(1 if work.find("work-number") is not None else 0, name)
    name.text = legal(title)
    movement = root.find("movement-title")
    if movement is not None:
        movement.text = legal(title)
    for words in root.iterfind("credit/credit-words"):
        if old and " ".join((words.text or "").split()) == old:
            words.text = legal(title)


def set_composer(root: etree._Element, composer: str) -> None:
    identification = root.find("identification")
    if identification is None:
        identification = etree.Element("identification")
        before = [child for child in root if child.tag in ("work", "movement-number", "movement-title")]
        root.insert(root.index(before[-1]) + 1 if before else 0, identification)
    for creator in identification.iterfind("creator"):
        if creator.get("type", "composer") == "composer":
            creator.text = legal(composer)
            return
    creator = etree.Element("creator", {"type": "composer"})
    creator.text = legal(composer)
    identification.insert(0, creator)


_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def legal(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


# Parts and staves


def part_names(root: etree._Element) -> dict[str, str]:
    """Part id -> name, in score order."""
    listed = {entry.get("id") or "": entry for entry in root.iterfind("part-list/score-part")}
    names = {}
    for index, part in enumerate(root.iterfind("part"), start=1):
        entry = listed.get(part.get("id") or "")
        name = " ".join((entry.findtext("part-name") or "").split()) if entry is not None else ""
        names[part.get("id") or ""] = name or f"Part {index}"
    return names


def prune(root: etree._Element, *, keep: Collection[str]) -> None:
    """Leave only the parts with these ids, and the part groups that still hold something."""
    if not any(part.get("id") in keep for part in root.iterfind("part")):
        raise NotationError("This score has no such part.", hint="Choose one of its parts.")
    for part in root.findall("part"):
        if part.get("id") not in keep:
            root.remove(part)
    listing = root.find("part-list")
    if listing is None:
        return
    for entry in listing.findall("score-part"):
        if entry.get("id") not in keep:
            listing.remove(entry)
    open_groups: dict[str, etree._Element] = {}
    for child in list(listing):
        key = child.get("number", "1")
        if child.tag == "part-group" and child.get("type") == "start":
            open_groups[key] = child
        elif child.tag == "part-group" and key in open_groups:
            begin = open_groups.pop(key)
            inside = list(listing)[listing.index(begin) + 1 : listing.index(child)]
            if sum(entry.tag == "score-part" for entry in inside) < 2:
                listing.remove(begin)
                listing.remove(child)


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
    for details in part.iterfind("measure/attributes/staff-details"):
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
                    _insert(child, tag, "1", before=_AFTER_STAFF if tag == "staff" else ("type", "dot", "accidental",
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
            etree.SubElement(back, "duration").text = _text(position)
            addition.append(back)
        for child in timed:
            twin = copying.deepcopy(child)
            twin.tail = None
            _unset(twin, "id")
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
        _place(attributes, first, order=order)
    _place(attributes, staves, order=order)
    for clef in attributes.findall("clef"):
        clef.set("number", "1")
    clef = etree.Element("clef", {"number": "2"})
    etree.SubElement(clef, "sign").text = "TAB"
    etree.SubElement(clef, "line").text = "5"
    _place(attributes, clef, order=order)
    details = attributes.find("staff-details")
    if details is None:
        details = etree.Element("staff-details")
        _place(attributes, details, order=order)
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
                _insert(note, "stem", "none", before=_AFTER_STEM)
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
                                _unset(entry, "number")
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
            last.find("duration").text = _text(abs(length))  # type: ignore[union-attr]
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


# Engraver's work


def leave_keys_off_percussion(root: etree._Element) -> None:
    """A drum staff has no key."""
    for part in root.iterfind("part"):
        signs = {(s.text or "").strip() for s in part.iterfind("measure/attributes/clef/sign")}
        if signs == {"percussion"}:
            for attributes in part.iterfind("measure/attributes"):
                for key in attributes.findall("key"):
                    attributes.remove(key)


def gather_rests(root: etree._Element, *, least: int = 2) -> None:
    """In a document of one part, write runs of at least `least` empty bars as one rest of many bars.

    A run ends where anything is to be read: a new key or time, a repeat or double bar, a rehearsal mark, words, a
    fermata, or the last bar, which keeps its closing barline.
    """
    parts = root.findall("part")
    if len(parts) != 1:
        return
    run: list[etree._Element] = []
    for bar in [*parts[0].findall("measure"), None]:
        if bar is not None and _is_empty(bar) and not (run and _starts_something(bar)):
            run.append(bar)
            if not _ends_something(bar):
                continue
        elif bar is not None and _is_empty(bar):
            _mark_run(run, least=least)
            run = [bar]
            if not _ends_something(bar):
                continue
        _mark_run(run, least=least)
        run = []


def _mark_run(run: list[etree._Element], *, least: int) -> None:
    if len(run) < least:
        return
    attributes = run[0].find("attributes")
    if attributes is None:
        attributes = etree.Element("attributes")
        after = run[0].find("print")
        run[0].insert(0 if after is None else run[0].index(after) + 1, attributes)
    if attributes.find("measure-style/multiple-rest") is None:
        style = etree.SubElement(attributes, "measure-style")
        etree.SubElement(style, "multiple-rest").text = str(len(run))


def _is_empty(bar: etree._Element) -> bool:
    notes = bar.findall("note")
    return all(note.find("rest") is not None and note.find("notations/fermata") is None for note in notes) and (
        bar.find("harmony") is None
    )


def _starts_something(bar: etree._Element) -> bool:
    if any(bar.find(f"attributes/{tag}") is not None for tag in ("key", "time", "clef", "transpose")):
        return True
    left = bar.find("barline[@location='left']")
    return left is not None or bar.find("direction") is not None or bar.find("sound") is not None


def _ends_something(bar: etree._Element) -> bool:
    return any(line.get("location", "right") == "right" for line in bar.iterfind("barline"))


def beam(root: etree._Element) -> None:
    """Write beams by the metre in parts that have none at all (a singer's deliberately unbeamed part has its own).

    Beams join the notes of one beat; eighths alone join over half a bar of 4/4 and a whole bar of 3/4 or 3/8.
    """
    for part in root.iterfind("part"):
        if part.find("measure/note/beam") is not None:
            continue
        for bar in walk(part):
            voices: dict[tuple[int, str], list[WalkedNote]] = defaultdict(list)
            for note in bar.notes:
                if not note.grace and not note.chord:
                    voices[note.staff, note.voice].append(note)
            for notes in voices.values():
                for group in _beam_groups(bar, notes):
                    _write_beams(group)


def _beam_groups(bar: WalkedBar, notes: list[WalkedNote]) -> Iterable[list[WalkedNote]]:
    pulses = _pulses(bar)
    # A pick-up bar is counted back from its end.
    offset = max(Fraction(0), bar.nominal - bar.length) if bar.index == 0 else Fraction(0)
    group: list[WalkedNote] = []
    home = -1
    flags = [_flags(note) for note in notes]
    if not any(flags):
        return
    plain = max(flags) <= 1
    for note in notes:
        place = note.onset - bar.start + offset
        cell = _cell(place, pulses=pulses, plain=plain, bar=bar)
        if not _flags(note) or note.rest or cell != home:
            if len(group) > 1:
                yield group
            group = []
        home = cell
        if _flags(note) and not note.rest:
            group.append(note)
    if len(group) > 1:
        yield group


def _pulses(bar: WalkedBar) -> list[Fraction]:
    """Lengths of the beats in a bar, in quarters."""
    unit = Fraction(4, bar.beat_type)
    beats = [int(number(piece)) for piece in bar.beats.split("+")[:16]]
    if len(beats) > 1:
        return [unit * n for n in beats if n > 0]
    count = beats[0]
    if bar.beat_type >= 8:
        if count % 3 == 0:
            return [unit * 3] * (count // 3)
        if count in (5, 7, 8, 10, 11):
            split = {5: (3, 2), 7: (2, 2, 3), 8: (3, 3, 2), 10: (3, 3, 2, 2), 11: (3, 3, 3, 2)}[count]
            return [unit * n for n in split]
    return [max(unit, Fraction(1))] * max(1, min(64, count))


def _cell(place: Fraction, *, pulses: list[Fraction], plain: bool, bar: WalkedBar) -> int:
    if plain and bar.beat_type == 4 and bar.beats in ("4", "2"):
        return int(place // 2)
    if plain and bar.beat_type == 4 and bar.beats == "3":
        return int(place // 3)
    at = Fraction(0)
    for index, pulse in enumerate(pulses):
        at += pulse
        if place < at:
            return index
    return len(pulses)


def _flags(note: WalkedNote) -> int:
    return FLAGS.get((note.element.findtext("type") or "").strip(), 0)


def _write_beams(group: list[WalkedNote]) -> None:
    flags = [_flags(note) for note in group]
    for index, note in enumerate(group):
        before = flags[index - 1] if index else 0
        after = flags[index + 1] if index + 1 < len(group) else 0
        for level in range(1, flags[index] + 1):
            joined_left, joined_right = before >= level, after >= level
            if joined_left and joined_right:
                word = "continue"
            elif joined_right:
                word = "begin"
            elif joined_left:
                word = "end"
            else:
                word = "backward hook" if index and (index + 1 == len(group) or before > after) else "forward hook"
            _insert(note.element, "beam", word, before=_AFTER_BEAM).set("number", str(level))


def _insert(parent: etree._Element, tag: str, text: str, *, before: Collection[str]) -> etree._Element:
    """Add a child where MusicXML's order wants it: before the first child with one of these tags."""
    child = etree.Element(tag)
    child.text = text
    for sibling in parent:
        if sibling.tag in before:
            sibling.addprevious(child)
            return child
    parent.append(child)
    return child


def _unset(element: etree._Element, name: str) -> None:
    if name in element.attrib:
        del element.attrib[name]


def _place(parent: etree._Element, child: etree._Element, *, order: tuple[str, ...]) -> None:
    rank = order.index(str(child.tag))
    for sibling in parent:
        if sibling.tag in order and order.index(str(sibling.tag)) > rank:
            sibling.addprevious(child)
            return
    parent.append(child)


def _text(value: Fraction) -> str:
    """A duration as MusicXML writes it: a whole number of divisions, else decimals."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6f}"


__all__ = [
    "View",
    "bar_quarters",
    "beam",
    "composer_of",
    "copy",
    "drop_staves",
    "gather_rests",
    "has_frets",
    "leave_keys_off_percussion",
    "legal",
    "part_names",
    "prune",
    "set_composer",
    "set_title",
    "show",
    "staff_count",
    "tab_staves",
    "title_of",
    "to_bytes",
    "tuning_of",
]  # fmt: skip
