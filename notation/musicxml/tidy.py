"""What an engraver does to a document before drawing it: beams, rests of many bars, no keys for drums.

Each edit works in place on a tree of your own (`tree.copy` gives one); what it is not about is not touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from lxml import etree

from notation.musicxml.tree import insert
from notation.musicxml.walk import WalkedBar, WalkedNote, number, walk

FLAGS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5, "256th": 6}  # note type -> beams
_AFTER_BEAM = ("notations", "lyric", "play", "listen")


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
        if bar is not None and is_empty(bar) and not (run and starts_something(bar)):
            run.append(bar)
            if not ends_something(bar):
                continue
        elif bar is not None and is_empty(bar):
            _mark_run(run, least=least)
            run = [bar]
            if not ends_something(bar):
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


def rests_before_notes(root: etree._Element) -> None:
    """Say of each rest of many bars that it is one right before its note, after the marks and repeats of its bar.

    Verovio leaves out a rehearsal mark or a repeat sign that comes after it.
    """
    for style in list(root.iterfind("part/measure/attributes/measure-style")):
        attributes = style.getparent()
        bar = attributes.getparent() if attributes is not None else None
        if style.find("multiple-rest") is None or attributes is None or bar is None:
            continue
        note = bar.find("note")
        if note is None or bar.index(note) <= bar.index(attributes) + 1:
            continue
        attributes.remove(style)
        if not len(attributes):
            bar.remove(attributes)
        own = etree.Element("attributes")
        own.append(style)
        note.addprevious(own)


def is_empty(bar: etree._Element) -> bool:
    notes = bar.findall("note")
    return all(note.find("rest") is not None and note.find("notations/fermata") is None for note in notes) and (
        bar.find("harmony") is None
    )


def starts_something(bar: etree._Element) -> bool:
    if any(bar.find(f"attributes/{tag}") is not None for tag in ("key", "time", "clef", "transpose")):
        return True
    left = bar.find("barline[@location='left']")
    return left is not None or bar.find("direction") is not None or bar.find("sound") is not None


def ends_something(bar: etree._Element) -> bool:
    return any(line.get("location", "right") == "right" for line in bar.iterfind("barline"))


def beam(root: etree._Element) -> None:
    """Write beams by the metre in parts that have none at all (a singer's deliberately unbeamed part has its own).

    Beams join the notes of one beat; eighths alone join over half a bar of 4/4 and a whole bar of 3/4 or 3/8.
    """
    for part in root.iterfind("part"):
        if part.find("measure/note/beam") is not None:
            continue
        for bar in walk(part):
            beam_bar(bar)


def beam_bar(bar: WalkedBar) -> None:
    """Write the beams of a bar that has none, by the same rule."""
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
            insert(note.element, "beam", word, before=_AFTER_BEAM).set("number", str(level))
