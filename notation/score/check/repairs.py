"""Repairs: small edits of a part's tree.

    apply(root, repair)         one of them
    apply_all(song, found)      those of a list of disagreements, in an order in which none moves another's bar

What a repair is not about is not touched. A repair whose notes are no longer there changes nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from fractions import Fraction
from math import lcm
from typing import Any

from lxml import etree

from notation.musicxml.tree import duration_text, place, unset
from notation.musicxml.walk import WalkedBar, number, walk
from notation.score.check.bars import LETTERS, Bar, key_alter, read_part
from notation.score.check.findings import Disagreement, Repair
from notation.score.check.road import is_about, rekeyed

ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
MOVING = ("insert", "remove", "merge", "split")  # edits that renumber the bars after them
VALUES = [(name, Fraction(4, 2**n)) for n, name in enumerate(
    ("whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th"))]  # fmt: skip
VALUES.insert(0, ("breve", Fraction(8)))
_NOTE = (
    "grace", "cue", "chord", "pitch", "unpitched", "rest", "duration", "tie", "instrument", "footnote", "level",
    "voice", "type", "dot", "accidental", "time-modification", "stem", "notehead", "notehead-text", "staff", "beam",
    "notations", "lyric", "play", "listen",
)  # fmt: skip
_ATTRIBUTES = ("footnote", "level", "divisions", "key", "time", "staves", "part-symbol", "instruments", "clef",
               "staff-details", "transpose", "for-part", "directive", "measure-style")  # fmt: skip


def apply(root: etree._Element, repair: Repair) -> bool:
    """Carry out a repair in place; whether anything was there to be edited."""
    part = root.find("part")
    measures = part.findall("measure") if part is not None else []
    if part is None or not 0 <= repair.bar < len(measures) + (repair.kind == "insert"):
        return False
    return EDITS[repair.kind](part, repair.bar, repair.told)


def apply_all(song: Mapping[str, etree._Element], found: Iterable[Disagreement], *, sure: float = 0.0) -> int:
    """Carry out the repairs of at least this confidence; how many were made."""
    chosen: dict[str, list[Repair]] = {}
    for one in found:
        if one.repair is not None and one.confidence >= sure:
            chosen.setdefault(one.part, []).append(one.repair)
    made = 0
    for part, repairs in chosen.items():
        ordered = sorted(repairs, key=lambda repair: (repair.kind in MOVING, -repair.bar))
        made += sum(apply(song[part], repair) for repair in ordered)
    return made


def walked(part: etree._Element, index: int) -> WalkedBar | None:
    for bar in walk(part):
        if bar.index == index:
            return bar
    return None


def _accidental(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """Alter the notes of a place from an onset to the next printed accidental, and those tied to them.

    told: staff, step (written, 0 is C0), onset (quarters, as text), alter (written)
    """
    begin, alter = Fraction(told["onset"]), int(told["alter"])
    changed = False
    carried = False  # the last note altered is tied on
    for bar in walk(part):
        if bar.index < index:
            continue
        if bar.index > index and not carried:
            break
        mine = [
            note for note in bar.notes
            if note.staff == told["staff"] and _place(note.element) == told["step"]
        ]  # fmt: skip
        first = True
        for note in sorted(mine, key=lambda note: note.onset):
            if bar.index == index and note.onset - bar.start < begin:
                continue
            if bar.index > index and not (carried and note.tie_stop):
                break
            sign = note.element.find("accidental")
            if sign is not None and not first and bar.index == index:
                carried = False
                break
            if bar.index == index and first and told.get("printed", True):
                if sign is None:
                    sign = etree.Element("accidental")
                    place(note.element, sign, order=_NOTE)
                sign.text = ACCIDENTALS[alter]
            elif bar.index == index and first and sign is not None:
                note.element.remove(sign)
            _alter(note.element, alter)
            changed, first, carried = True, False, note.tie_start
    return changed


def _place(note: etree._Element) -> int | None:
    """The written step of a note."""
    pitch = note.find("pitch")
    if pitch is None:
        return None
    return 7 * int(number(pitch.findtext("octave"), 4)) + LETTERS.find((pitch.findtext("step") or "").strip())


def _alter(note: etree._Element, alter: int) -> None:
    pitch = note.find("pitch")
    if pitch is None:
        return
    old = pitch.find("alter")
    if old is not None and not alter:
        pitch.remove(old)
    elif alter:
        if old is None:
            old = etree.Element("alter")
            place(pitch, old, order=("step", "alter", "octave"))
        old.text = str(alter)


def _metre(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """told: beats, type"""
    bar = part.findall("measure")[index]
    attributes = _attributes(bar)
    for old in attributes.findall("time"):
        attributes.remove(old)
    time = etree.Element("time")
    etree.SubElement(time, "beats").text = str(told["beats"])
    etree.SubElement(time, "beat-type").text = str(told["type"])
    place(attributes, time, order=_ATTRIBUTES)
    return True


def _key(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """Another key for so many bars: notes that no accidental governs sound in it. The key before comes back after.

    told: fifths (written), bars
    """
    fifths, count = int(told["fifths"]), int(told["bars"])
    bars = read_bars(part)
    if index >= len(bars):
        return False
    for bar in bars[index : index + count]:
        for note, alter in rekeyed(bar, bar.written_fifths, fifths):
            _alter(note, alter)
        for key in bar.element.findall("attributes/key"):
            if bar.index > index and key.getparent() is not None:
                key.getparent().remove(key)  # type: ignore[union-attr]
    _set_key(bars[index].element, fifths)
    after = bars[index + count : index + count + 1]
    if after and after[0].element.find("attributes/key") is None:
        _set_key(after[0].element, after[0].written_fifths)
    return True


def _set_key(bar: etree._Element, fifths: int) -> None:
    attributes = _attributes(bar)
    for old in attributes.findall("key"):
        attributes.remove(old)
    key = etree.Element("key")
    etree.SubElement(key, "fifths").text = str(fifths)
    place(attributes, key, order=_ATTRIBUTES)


def _barline(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """told: side, xml ("" takes the bar line away)"""
    bar = part.findall("measure")[index]
    for old in bar.findall("barline"):
        if old.get("location", "right") == told["side"]:
            bar.remove(old)
    if told["xml"]:
        line = etree.fromstring(told["xml"])
        if told["side"] == "left":
            before = bar.find("print")
            bar.insert(0 if before is None else bar.index(before) + 1, line)
        else:
            bar.append(line)
    return True


def _direction(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """told: xml, end (whether it stands at the bar's end)"""
    if not told["xml"]:
        return False
    bar = part.findall("measure")[index]
    direction = etree.fromstring(told["xml"])
    if told["end"]:
        line = next((b for b in bar.iterfind("barline") if b.get("location", "right") == "right"), None)
        bar.append(direction) if line is None else line.addprevious(direction)
        return True
    for child in bar:
        if child.tag not in ("print", "barline", "attributes"):
            child.addprevious(direction)
            return True
    bar.append(direction)
    return True


def _undirection(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """told: sign"""
    bar = part.findall("measure")[index]
    found = [d for d in bar.findall("direction") if is_about(d, told["sign"])]
    for direction in found:
        bar.remove(direction)
    for sound in bar.findall("sound"):
        if sound.get(told["sign"]) is not None:
            bar.remove(sound)
    return bool(found)


def _text(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """told: kind (rehearsal or tempo), text"""
    bar = part.findall("measure")[index]
    for direction in bar.iterfind("direction"):
        if is_about(direction, told["kind"]):
            words = direction.find(
                "direction-type/rehearsal" if told["kind"] == "rehearsal" else "direction-type/words"
            )
            if words is not None:
                words.text = told["text"]
                return True
    return False


def _insert(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """So many bars of rest before a bar. told: count, length (quarters, as text)"""
    measures = part.findall("measure")
    at = next(iter(measures[index : index + 1]), None)
    divisions = _divisions(part, index)
    for _ in range(int(told["count"])):
        bar = etree.Element("measure", number="0")
        note = etree.SubElement(bar, "note")
        etree.SubElement(note, "rest", measure="yes")
        etree.SubElement(note, "duration").text = duration_text(Fraction(told["length"]) * divisions)
        etree.SubElement(note, "voice").text = "1"
        if at is not None:
            at.addprevious(bar)
        else:
            part.append(bar)
    if index == 0 and at is not None:  # what the part begins with stays at its beginning
        first = part.findall("measure")[0]
        for attributes in at.findall("attributes")[:1]:
            first.insert(0, attributes)
    else:
        _close(part, index, int(told["count"]))
    _renumber(part)
    return True


def _close(part: etree._Element, index: int, count: int) -> None:
    """A final or double bar line before bars that were put in at the end goes to the last of them."""
    measures = part.findall("measure")
    if index + count != len(measures) or not index:
        return
    for line in measures[index - 1].findall("barline"):
        if line.get("location", "right") == "right":
            measures[-1].append(line)


def _remove(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """So many silent bars away, from this one on; what is printed in them goes to the bar after. told: count"""
    measures = part.findall("measure")
    gone = measures[index : index + int(told["count"])]
    if any(note.find("rest") is None for bar in gone for note in bar.iterfind("note")):
        return False
    after = next(iter(measures[index + len(gone) :]), None)
    before = measures[index - 1] if index else None
    for bar in gone:
        for child in list(bar):
            if child.tag in ("direction", "harmony", "sound") and (after is not None or before is not None):
                _into(after if after is not None else before, child)
            elif child.tag == "attributes" and after is not None:
                _merge_attributes(child, _attributes(after))
            elif before is not None and _is_right(child) and not any(map(_is_right, before)):
                before.append(child)
        part.remove(bar)
    _renumber(part)
    return True


def _is_right(child: etree._Element) -> bool:
    return child.tag == "barline" and child.get("location", "right") == "right"


def _into(bar: etree._Element | None, child: etree._Element) -> None:
    if bar is None:
        return
    for other in bar:
        if other.tag not in ("print", "barline", "attributes"):
            other.addprevious(child)
            return
    bar.append(child)


def _merge_attributes(old: etree._Element, new: etree._Element) -> None:
    """What was said and is not said anew."""
    for entry in list(old):
        if entry.tag == "measure-style" or any(
            other.tag == entry.tag and other.get("number") == entry.get("number") for other in new
        ):
            continue
        place(new, entry, order=_ATTRIBUTES)


def _merge(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """A bar and the next become one: a bar line too many."""
    measures = part.findall("measure")
    if index + 1 >= len(measures):
        return False
    first, second = measures[index : index + 2]
    for line in first.findall("barline"):
        if line.get("location", "right") == "right":
            first.remove(line)
    for child in list(second):
        if child.tag != "print" and not (child.tag == "barline" and child.get("location") == "left"):
            first.append(child)
    unset(first, "implicit")
    part.remove(second)
    _renumber(part)
    return True


def _split(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """A bar line is put in after so many quarters, where all voices have a note or rest ending. told: after"""
    bar = walked(part, index)
    if bar is None:
        return False
    cut = Fraction(told["after"])
    if any(n.onset - bar.start < cut < n.onset - bar.start + n.duration for n in bar.notes):
        return False
    if any(child.tag in ("backup", "forward") for child in bar.element):
        return False
    late = {n.element for n in bar.notes if n.onset - bar.start >= cut}
    second = etree.Element("measure", number="0")
    going = False
    for child in list(bar.element):
        if child in late:
            going = True
        if going or (child.tag == "barline" and child.get("location", "right") == "right"):
            second.append(child)
    bar.element.addnext(second)
    _renumber(part)
    return True


def _rest(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """A silent bar gets one rest of the bar's length. told: length"""
    bar = part.findall("measure")[index]
    notes = bar.findall("note")
    if not notes or any(note.find("rest") is None for note in notes):
        return False
    for child in [*notes[1:], *bar.findall("backup"), *bar.findall("forward")]:
        bar.remove(child)
    keep = notes[0]
    rest = keep.find("rest")
    if rest is not None:
        rest.set("measure", "yes")
    for tag in ("type", "dot", "time-modification"):
        for old in keep.findall(tag):
            keep.remove(old)
    duration = keep.find("duration")
    if duration is not None:
        duration.text = duration_text(Fraction(told["length"]) * _divisions(part, index))
    return True


def _values(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """Other durations for the events of a bar of one voice, in their order; "0" leaves a rest out.

    told: durations (quarters, as text), one for each event (a chord is one)
    """
    bar = part.findall("measure")[index]
    events = events_of(bar)
    if len(events) != len(told["durations"]):
        return False
    lengths = [Fraction(text) for text in told["durations"]]
    divisions = _divisions(part, index)
    if any((length * divisions).denominator != 1 for length in lengths):
        factor = lcm(*((length * divisions).denominator for length in lengths))
        _refine(part, factor)
        divisions *= factor
    for event, length in zip(events, lengths, strict=True):
        for note in event:
            if not length:
                bar.remove(note)
                continue
            duration = note.find("duration")
            if duration is None or number(duration.text) == length * divisions:
                continue
            duration.text = duration_text(length * divisions)
            _print_value(note, length)
    return True


def _print_value(note: etree._Element, length: Fraction) -> None:
    """Type and dots of a note that lasts so long; tuplets are left."""
    for tag in ("type", "dot", "time-modification", "beam"):
        for old in note.findall(tag):
            note.remove(old)
    for notations in note.findall("notations"):
        for tuplet in notations.findall("tuplet"):
            notations.remove(tuplet)
    for name, value in VALUES:
        for dots in range(3):
            if value * (2 - Fraction(1, 2**dots)) == length:
                kind = etree.Element("type")
                kind.text = name
                place(note, kind, order=_NOTE)
                for _ in range(dots):
                    dot = etree.Element("dot")
                    kind.addnext(dot)
                return


def _unison(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """A chord has no note twice: the second of two alike goes. told: onset, step, staff"""
    bar = walked(part, index)
    if bar is None:
        return False
    alike = [
        n for n in bar.notes
        if n.onset - bar.start == Fraction(told["onset"]) and _place(n.element) == told["step"] and not n.grace
        and n.staff == told["staff"]
    ]  # fmt: skip
    extra = [n for n in alike[1:] if n.chord]
    for note in extra:
        bar.element.remove(note.element)
    return bool(extra)


def _take(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """Other pitches for the notes of a bar, in their order. told: pitches [[step, alter], …]"""
    bar = walked(part, index)
    if bar is None:
        return False
    notes = [n for n in bar.notes if _place(n.element) is not None]
    if len(notes) != len(told["pitches"]):
        return False
    for note, (step, alter) in zip(notes, told["pitches"], strict=True):
        pitch = note.element.find("pitch")
        if pitch is None or (_place(note.element), int(number(pitch.findtext("alter")))) == (step, alter):
            continue
        for child in list(pitch):
            pitch.remove(child)
        etree.SubElement(pitch, "step").text = LETTERS[step % 7]
        etree.SubElement(pitch, "octave").text = str(step // 7)
        _alter(note.element, alter)
        sign = note.element.find("accidental")
        if sign is not None:
            note.element.remove(sign)
    _accidentals_of(read_bars(part)[index])
    return True


def _reading(part: etree._Element, index: int, told: Mapping[str, Any]) -> bool:
    """Other notes and rests for a bar of one voice. told: was, events (as told_events)

    Events that both have keep all that hangs on them; of the others those that stand at one place are changed, the rest
    put in or taken out. Nothing is done where a value would need a tuplet that is not there.
    """
    bar = next((one for one in read_bars(part) if one.index == index), None)
    if bar is None:
        return False
    events = events_of(bar.element)
    was, wanted = list(told["was"]), list(told["events"])
    if not events or told_events(events, bar) != was or not sayable(was, wanted):
        return False
    divisions = _divisions(part, index)
    lengths = [Fraction(text.split()[0]) for text in wanted]
    factor = lcm(*((length * divisions).denominator for length in lengths))
    if factor != 1:
        _refine(part, factor)
        divisions *= factor
    last: etree._Element | None = None
    for tag, first, end, begin, stop in matched(was, wanted):
        olds, news = events[first:end], wanted[begin:stop]
        for n in range(max(len(olds), len(news))):
            if tag == "equal":
                last = olds[n][-1]
            elif n >= len(news):
                for note in olds[n]:
                    bar.element.remove(note)
            else:
                pattern = olds[n] if n < len(olds) else [_another(events[0][0], after=last)]
                last = _rewritten(pattern, news[n], divisions)
    _accidentals_of(next(one for one in read_bars(part) if one.index == index))
    return True


def matched(was: Sequence[str], wanted: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """Which events of a bar stay, as difflib tells it; of as many events each stands for the one in its place."""
    if len(was) == len(wanted):
        pairs = enumerate(zip(was, wanted, strict=True))
        return [("equal" if a == b else "replace", n, n + 1, n, n + 1) for n, (a, b) in pairs]
    return SequenceMatcher(None, was, wanted, autojunk=False).get_opcodes()


def sayable(was: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether every value that is new can be printed without a tuplet, or is that of the event it stands for."""
    plain = {value * (2 - Fraction(1, 2**dots)) for _, value in VALUES for dots in range(3)}
    for tag, first, end, begin, stop in matched(was, wanted):
        for n in range(stop - begin if tag != "equal" else 0):
            length = wanted[begin + n].split()[0]
            same = first + n < end and was[first + n].split()[0] == length
            if not same and Fraction(length) not in plain:
                return False
        if tag != "equal" and any(Fraction(text.split()[0]) not in plain for text in was[first + stop - begin : end]):
            return False
    return True


def _another(pattern: etree._Element, *, after: etree._Element | None) -> etree._Element:
    """A note in the voice of this one that says nothing yet, after another, or else before this one."""
    note = etree.Element("note")
    for tag in ("voice", "staff"):
        if (text := pattern.findtext(tag)) is not None:
            etree.SubElement(note, tag).text = text
    if after is None:
        pattern.addprevious(note)
    else:
        after.addnext(note)
    return note


def _rewritten(old_notes: Sequence[etree._Element], event: str, divisions: Fraction) -> etree._Element:
    """An event says something else; its last note."""
    length, _, heads = event.partition(" ")
    notes = list(old_notes)
    wanted = [] if heads == "r" else [[int(number) for number in head.split(":")] for head in heads.split(",")]
    for note in notes[max(1, len(wanted)) :]:
        note.getparent().remove(note)  # type: ignore[union-attr]
    notes = notes[: max(1, len(wanted))]
    while len(notes) < len(wanted):
        another = etree.Element("note")
        etree.SubElement(another, "chord")
        for tag in ("voice", "type", "dot", "time-modification", "staff"):
            another.extend(copy.deepcopy(child) for child in notes[0].findall(tag))
        notes[-1].addnext(another)
        notes.append(another)
    for n, note in enumerate(notes):
        old = note.find("duration")
        same = old is not None and number(old.text) == Fraction(length) * divisions
        if old is None:
            old = etree.Element("duration")
            place(note, old, order=_NOTE)
        old.text = duration_text(Fraction(length) * divisions)
        if not same:
            _print_value(note, Fraction(length))
        _say(note, wanted[n] if wanted else None)
    return notes[-1]


def _say(note: etree._Element, head: Sequence[int] | None) -> None:
    """A note of this step and alteration, or a rest."""
    pitch = note.find("pitch")
    if head is not None and pitch is not None and (
        (_place(note), int(number(pitch.findtext("alter")))) == (head[0], head[1])
    ):  # fmt: skip
        return
    for tag in ("pitch", "rest", "accidental", "tie", "notehead", *(("stem",) if head is None else ())):
        for old in note.findall(tag):
            note.remove(old)
    for notations in note.findall("notations"):
        for tied in notations.findall("tied"):
            notations.remove(tied)
        if head is None or not len(notations):
            note.remove(notations)
    if head is None:
        rest = etree.Element("rest")
        place(note, rest, order=_NOTE)
        return
    pitch = etree.Element("pitch")
    etree.SubElement(pitch, "step").text = LETTERS[head[0] % 7]
    etree.SubElement(pitch, "octave").text = str(head[0] // 7)
    place(note, pitch, order=_NOTE)
    _alter(note, head[1])


def _accidentals_of(bar: Bar) -> None:
    """Print the accidentals that a bar's notes need, where they are missing."""
    state: dict[tuple[int, int], int] = {}
    for sound in bar.sounds:
        key = (sound.staff, sound.written)
        before = state.get(key, key_alter(bar.written_fifths, sound.written % 7))
        if sound.written_alter != before and not sound.tied and not sound.accidental:
            sign = etree.Element("accidental")
            sign.text = ACCIDENTALS[max(-2, min(2, sound.written_alter))]
            place(sound.element, sign, order=_NOTE)
        state[key] = sound.written_alter


def events_of(bar: etree._Element) -> list[list[etree._Element]]:
    """Notes and rests of a bar of one voice in order, chords together; none where there are several voices."""
    if bar.find("backup") is not None or bar.find("forward") is not None:
        return []
    events: list[list[etree._Element]] = []
    for note in bar.iterfind("note"):
        if note.find("grace") is not None:
            continue
        if note.find("chord") is not None and events:
            events[-1].append(note)
        else:
            events.append([note])
    return events


def told_events(events: Sequence[Sequence[etree._Element]], bar: Bar) -> list[str]:
    """Of each event its quarters and its heads: "1/2 28:0,30:-1" (step counted from C0, alteration), "1 r" rests."""
    lengths = {sound.element: sound.duration for sound in bar.sounds}
    rests = [length for _, length in sorted(bar.rests)]
    out = []
    for event in events:
        if event[0].find("rest") is not None:
            out.append(told_event(rests.pop(0) if rests else Fraction(0), ()))
            continue
        heads = sorted((_place(note) or 0, int(number(note.findtext("pitch/alter")))) for note in event)
        out.append(told_event(lengths.get(event[0], Fraction(0)), heads))
    return out


def told_event(length: Fraction, heads: Sequence[tuple[int, int]]) -> str:
    """One event as `told_events` says it; a rest has no heads."""
    return f"{length} {','.join(f'{step}:{alter}' for step, alter in heads) or 'r'}"


def read_bars(part: etree._Element) -> list[Bar]:
    root = part.getparent()
    return read_part(root) if root is not None else []


def _attributes(bar: etree._Element) -> etree._Element:
    """The attributes at the beginning of a bar, made where there are none."""
    for child in bar:
        if child.tag == "attributes":
            return child
        if child.tag not in ("print", "barline"):
            break
    made = etree.Element("attributes")
    at = next((n for n, child in enumerate(bar) if child.tag not in ("print", "barline") or
               child.get("location", "") == "right"), len(bar))  # fmt: skip
    bar.insert(at, made)
    return made


def _divisions(part: etree._Element, index: int) -> Fraction:
    divisions = Fraction(1)
    for bar in part.findall("measure")[: index + 1]:
        for text in bar.iterfind("attributes/divisions"):
            divisions = number(text.text, 1) or Fraction(1)
    return divisions


def _refine(part: etree._Element, factor: int) -> None:
    """Count a quarter in so many times as many divisions."""
    for path in ("measure/attributes/divisions", "measure/note/duration", "measure/backup/duration",
                 "measure/forward/duration", "measure/direction/offset", "measure/harmony/offset"):  # fmt: skip
        for element in part.iterfind(path):
            element.text = duration_text(number(element.text) * factor)


def _renumber(part: etree._Element) -> None:
    """Numbers as they are printed: from 1, a pick-up is 0, a bar's second half has none of its own."""
    count = 0
    for n, bar in enumerate(part.iterfind("measure")):
        if bar.get("implicit") == "yes":
            bar.set("number", "0" if n == 0 else f"X{n}")
            continue
        count += 1
        bar.set("number", str(count))


Edit = Callable[[etree._Element, int, Mapping[str, Any]], bool]
EDITS: dict[str, Edit] = {
    "accidental": _accidental, "metre": _metre, "key": _key, "barline": _barline, "direction": _direction,
    "undirection": _undirection, "text": _text, "insert": _insert, "remove": _remove, "merge": _merge,
    "split": _split, "rest": _rest, "values": _values, "unison": _unison, "take": _take,
    "reading": _reading,
}  # fmt: skip
