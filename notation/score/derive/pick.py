"""One player's line out of a part that divides: the upper or the lower of its chords and of two voices on the staff.

Where a bar has one voice without chords both players play it. Where a voice pauses without a rest (a gap in the
writing), the player plays what the other voice has there, and the bar counts as guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lxml import etree

from notation.musicxml import accidentals, tree
from notation.musicxml.tree import duration_text
from notation.musicxml.walk import WalkedBar, WalkedNote, midi_pitch, number, walk

Element = etree._Element
_AFTER_VOICE = ("type", "dot", "accidental", "time-modification", "stem", "notehead", "notehead-text", "staff", "beam",
                "notations", "lyric", "play", "listen")  # fmt: skip
# Of a head, not of the whole chord; where they stand in a <note>
_HEAD = {
    "pitch": ("duration", "tie", "voice", *_AFTER_VOICE),
    "tie": ("voice", *_AFTER_VOICE),
    "accidental": ("time-modification", "stem", "notehead", "notehead-text", "staff", "beam", "notations", "lyric",
                   "play", "listen"),
    "notehead": ("notehead-text", "staff", "beam", "notations", "lyric", "play", "listen"),
}  # fmt: skip
_FOR_TWO = re.compile(r"\s*(div\.?|divisi|unis\.?|unisono|a\s?2\.?|à\s?2|zu\s?2)\s*", re.I)


@dataclass(frozen=True)
class Picked:
    divided: frozenset[int]  # bars in which the two lines differ, from 0
    guessed: frozenset[int]  # bars in which the line has gaps that were filled


def division(part: Element) -> tuple[int, int]:
    """In how many bars the part divides, of how many in which it sounds."""
    divided = sounding = 0
    for bar in walk(part):
        sounding += any(not note.rest for note in bar.notes)
        divided += _divides(bar)
    return divided, sounding


def pick(part: Element, which: Literal["upper", "lower"]) -> Picked:
    """Leave one line of a part of one staff."""
    keep = accidentals.courtesies(part)
    bars = list(walk(part))
    divided = frozenset(bar.index for bar in bars if _divides(bar))
    guessed = set()
    ties = Ties(part)
    divisions = Fraction(1)
    for bar in bars:
        for attributes in bar.element.iterfind("attributes"):
            divisions = number(attributes.findtext("divisions"), divisions) or divisions
        if len({note.voice for note in bar.notes}) > 1 and _one_voice(bar, which, divisions):
            guessed.add(bar.index)
        for chord in _chords(bar.element):
            if len(chord) > 1:
                chosen = _reduce(chord, which)
                keep |= {chord[0]} if chosen in keep else set()
    ties.mend()
    _mend_slurs(part)
    if divided:
        _drop_words_for_two(part)
    accidentals.show(part, keep=keep)
    return Picked(divided, frozenset(guessed))


class Ties:
    """The ties of a part, to be asked again after an edit which of them still hold."""

    def __init__(self, part: Element) -> None:
        self.part = part
        self.pairs: list[tuple[Element, Element]] = []  # the <tie> that starts, the <tie> that stops
        waiting: dict[tuple[int, Fraction, object], Element] = {}
        for bar in walk(part):
            for element, note in accidentals.in_time(bar):
                head = accidentals.head_of(element) if note else None
                if note is None or head is None:
                    continue
                for tie in element.iterfind("tie"):
                    start = waiting.pop((note.staff, note.onset, head), None) if tie.get("type") == "stop" else None
                    if start is not None:
                        self.pairs.append((start, tie))
                for tie in element.iterfind("tie"):
                    if tie.get("type") == "start":
                        waiting[note.staff, note.onset + note.duration, head] = tie

    def mend(self) -> None:
        """Take away both ends of ties that no longer join the same pitch."""
        root = self.part
        for start, stop in self.pairs:
            first, second = (self._note(tie, root) for tie in (start, stop))
            heads = [note if note is None else accidentals.head_of(note) for note in (first, second)]
            if heads[0] is not None and heads[0] == heads[1]:
                continue
            for tie, note in ((start, first), (stop, second)):
                if note is not None:
                    note.remove(tie)
                    _remove_notation(note, "tied", str(tie.get("type")))

    @staticmethod
    def _note(tie: Element, part: Element) -> Element | None:
        note = tie.getparent()
        if note is None or part not in note.iterancestors("part"):
            return None
        return note


def _divides(bar: WalkedBar) -> bool:
    if any(note.chord for note in bar.notes):
        return True
    voices: dict[str, set[tuple[Fraction, int | None]]] = defaultdict(set)
    for note in bar.notes:
        voices[note.voice].add((note.onset, note.pitch))
    return len(voices) > 1 and len({frozenset(line) for line in voices.values()}) > 1


def _one_voice(bar: WalkedBar, which: str, divisions: Fraction) -> bool:
    """Write the bar with one of its voices only; whether gaps in it were filled."""
    lines: dict[str, list[WalkedNote]] = defaultdict(list)
    for note in bar.notes:
        lines[note.voice].append(note)

    def height(voice: str) -> tuple[float, Fraction]:
        sounding = [note.pitch for note in lines[voice] if note.pitch is not None]
        return -sum(sounding) / len(sounding) if sounding else 0.0, number(voice, 1)

    both = sum(any(note.pitch is not None for note in line) for line in lines.values()) > 1
    order = sorted(lines, key=height if both else lambda voice: number(voice, 1))
    mine = order[0] if which == "upper" else order[-1]
    chosen = list(lines[mine])
    gaps = _gaps(bar, chosen)
    for start, end in gaps:
        for other in order:
            inside = [note for note in lines[other] if start <= note.onset and note.onset + note.duration <= end
                      and note.duration] if other != mine else []  # fmt: skip
            if inside:
                chosen += inside
                break
    _write(bar, sorted(chosen, key=lambda note: note.onset), divisions)  # stable: graces and chords keep their order
    return bool(gaps)


def _gaps(bar: WalkedBar, line: list[WalkedNote]) -> list[tuple[Fraction, Fraction]]:
    gaps, at = [], bar.start
    for note in sorted(line, key=lambda note: note.onset):
        if note.onset > at:
            gaps.append((at, note.onset))
        at = max(at, note.onset + note.duration)
    if at < bar.start + bar.length:
        gaps.append((at, bar.start + bar.length))
    return gaps


def _write(bar: WalkedBar, notes: list[WalkedNote], divisions: Fraction) -> None:
    """Fill the bar with one voice; signs stand before the note that sounds with or before them."""
    marks = []
    said = set()
    for onset, mark in bar.marks:
        text = etree.tostring(mark)
        if (onset, text) not in said:  # both voices have the same dynamic
            said.add((onset, text))
            marks.append((onset, mark))
    others = [child for child in bar.element if child.tag not in ("note", "backup", "forward")]
    timed = {id(mark) for _, mark in bar.marks}
    for child in list(bar.element):
        bar.element.remove(child)
    bar.element.extend([child for child in others if id(child) not in timed])
    at = bar.start
    ends = [mark for _, mark in marks if mark.tag == "barline" and mark.get("location", "right") == "right"]
    waiting = [(onset, mark) for onset, mark in sorted(marks, key=lambda entry: entry[0]) if mark not in ends]
    for note in notes:
        while waiting and (waiting[0][0] <= note.onset or waiting[0][0] < note.onset + note.duration):
            onset, mark = waiting.pop(0)
            _stand(mark, onset - note.onset, divisions)
            bar.element.append(mark)
        if note.onset > at:
            _pause(bar.element, note.onset - at, divisions)
        voice = note.element.find("voice")
        if voice is None:
            tree.insert(note.element, "voice", "1", before=_AFTER_VOICE)
        else:
            voice.text = "1"
        bar.element.append(note.element)
        at = max(at, note.onset + note.duration)
    if at < bar.start + bar.length:
        _pause(bar.element, bar.start + bar.length - at, divisions)
        at = bar.start + bar.length
    for onset, mark in waiting:
        _stand(mark, onset - at, divisions)
        bar.element.append(mark)
    bar.element.extend(ends)


def _stand(mark: Element, after: Fraction, divisions: Fraction) -> None:
    """Say where a sign stands, counted from the note it is written before."""
    for old in mark.findall("offset"):
        mark.remove(old)
    if after and mark.tag in ("direction", "harmony"):
        before = ("footnote", "level", "voice", "staff", "sound", "listening")
        tree.insert(mark, "offset", duration_text(after * divisions), before=before)


def _pause(bar: Element, quarters: Fraction, divisions: Fraction) -> None:
    etree.SubElement(etree.SubElement(bar, "forward"), "duration").text = duration_text(quarters * divisions)


def _chords(bar: Element) -> list[list[Element]]:
    chords: list[list[Element]] = []
    for note in bar.iterfind("note"):
        if note.find("chord") is not None and chords:
            chords[-1].append(note)
        else:
            chords.append([note])
    return chords


def _reduce(chord: list[Element], which: str) -> Element:
    """Leave one head of a chord; the chord's first note carries what belongs to all. The note whose head it is."""
    by_height = sorted(chord, key=lambda note: midi_pitch(note) or 0)
    chosen = by_height[-1 if which == "upper" else 0]
    take_head(chord[0], chosen)
    for note in chord[1:]:
        parent = note.getparent()
        assert parent is not None
        parent.remove(note)
    return chosen


def take_head(first: Element, chosen: Element) -> None:
    """Give a chord's first note the head of another: its pitch, its sign, its ties."""
    if first is chosen:
        return
    for tag, before in _HEAD.items():
        for old in first.findall(tag):
            first.remove(old)
        for new in chosen.findall(tag):
            target = next((child for child in first if child.tag in before), None)
            if target is None:
                first.append(new)
            else:
                target.addprevious(new)
    for way in ("start", "stop", "let-ring"):
        _remove_notation(first, "tied", way)
    for tied in list(chosen.iterfind("notations/tied")):
        notations = first.find("notations")
        if notations is None:
            notations = tree.insert(first, "notations", "", before=("lyric", "play", "listen"))
            notations.text = None
        notations.insert(0, tied)
    if chosen.get("id"):
        first.set("id", str(chosen.get("id")))


def _remove_notation(note: Element, tag: str, kind: str) -> None:
    for notations in note.findall("notations"):
        for mark in notations.findall(tag):
            if mark.get("type") == kind:
                notations.remove(mark)
        if not len(notations):
            note.remove(notations)


def _mend_slurs(part: Element) -> None:
    """Take away slurs of which only one end is left."""
    open_: dict[str, tuple[Element, Element]] = {}
    lost: list[tuple[Element, Element]] = []
    for note in part.iterfind("measure/note"):
        for slur in sorted(note.iterfind("notations/slur"), key=lambda slur: slur.get("type") != "stop"):
            name = slur.get("number", "1")
            if slur.get("type") == "start":
                lost += [open_.pop(name)] if name in open_ else []
                open_[name] = note, slur
            elif slur.get("type") == "stop" and open_.pop(name, None) is None:
                lost.append((note, slur))
    for note, slur in [*lost, *open_.values()]:
        notations = slur.getparent()
        if notations is not None:
            notations.remove(slur)
            if not len(notations):
                note.remove(notations)


def _drop_words_for_two(part: Element) -> None:
    """ "div." and "a2" say nothing to one player."""
    for bar in part.iterfind("measure"):
        for direction in bar.findall("direction"):
            words = [(e.text or "") for e in direction.iterfind("direction-type/words")]
            if (
                words
                and all(map(_FOR_TWO.fullmatch, words))
                and len(direction.findall("direction-type/*")) == len(words)
            ):
                bar.remove(direction)
