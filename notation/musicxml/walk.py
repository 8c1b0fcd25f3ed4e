"""Walks the notes of a MusicXML part: where each bar and note begins, how long it lasts and how it sounds.

Times are quarter notes, exact fractions, counted in document order (repeats are not played out here). The walker
trusts nothing: numbers that are missing or absurd are replaced by sane ones, so it always ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from lxml import etree

_NUMBER = re.compile(r"\s*([+-]?)(\d{1,9})(?:\.(\d{1,6})\d*)?\s*")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NOTHING = Fraction(0)
LONGEST = Fraction(1024)  # quarters: no single duration in music is longer


@dataclass(frozen=True)
class WalkedNote:
    onset: Fraction  # quarters since the beginning of the part
    duration: Fraction  # quarters; 0 for a grace note
    pitch: int | None  # sounding MIDI number; None: a rest or an unpitched hit
    voice: str
    staff: int
    rest: bool
    grace: bool
    chord: bool
    tie_start: bool
    tie_stop: bool
    element: etree._Element


@dataclass
class WalkedBar:
    index: int  # in document order, from 0
    element: etree._Element
    start: Fraction  # quarters
    beats: str  # "4", "3+2"
    beat_type: int
    fifths: int
    nominal: Fraction  # quarters that the time signature asks for
    length: Fraction = Fraction(0)  # quarters from its start to the next bar's start
    filled: Fraction = Fraction(0)  # quarters that its fullest voice takes
    notes: list[WalkedNote] = field(default_factory=list)
    # (onset, element) of directions, sounds, harmonies, barlines
    marks: list[tuple[Fraction, etree._Element]] = field(default_factory=list)
    overrun: bool = False  # a <backup> went before the bar's start


@lru_cache(maxsize=4096)  # a score says the same few numbers over and over
def number(text: str | None, default: Fraction | int = 0) -> Fraction:
    """The number in `text`, or `default`. Knows no exponents, so no text makes a number too large to work with."""
    match = _NUMBER.fullmatch(text or "")
    if not match:
        return Fraction(default)
    sign, whole, part = match.groups()
    value = Fraction(int(whole)) + (Fraction(int(part), 10 ** len(part)) if part else 0)
    return -value if sign == "-" else value


def midi_pitch(note: etree._Element) -> int | None:
    """The written pitch of a <note> as a MIDI number, None where it has none."""
    pitch = note.find("pitch")
    return None if pitch is None else _midi(pitch)


def _midi(pitch: etree._Element) -> int | None:
    said = {child.tag: child.text for child in reversed(pitch)}  # of several the first
    return _sounding(said.get("step"), said.get("octave"), said.get("alter"))


@lru_cache(maxsize=4096)
def _sounding(step: str | None, octave: str | None, alter: str | None) -> int | None:
    step = (step or "").strip().upper()
    if step not in _STEPS:
        return None
    value = 12 * (int(number(octave, 4)) + 1) + _STEPS[step] + max(-4, min(4, round(number(alter))))
    return max(0, min(127, value))


def walk(part: etree._Element) -> Iterator[WalkedBar]:
    """The bars of a part, in document order, as `walk_bars` has them."""
    return walk_bars(part.iterfind("measure"))


def walk_bars(measures: Iterable[etree._Element]) -> Iterator[WalkedBar]:
    """These <measure> elements as if they were a part. What stands before them says nothing, so begin with a bar that
    says what is in force (notation/score/edit/standing.py makes one), where it matters.

    A bar without an implicit mark lasts as long as its fullest voice; an empty one as long as its time signature.
    """
    divisions = Fraction(1)
    beats, beat_type, fifths = "4", 4, 0
    transpose: dict[int, int] = {}  # staff -> semitones; 0 for all staves
    start = Fraction(0)
    for index, element in enumerate(measures):
        bar = WalkedBar(index, element, start, beats, beat_type, fifths, Fraction(4))
        at = end = start
        last_onset = start
        for child in element:
            tag = child.tag
            if tag == "attributes":
                divisions = _positive(child.findtext("divisions"), divisions)
                time = child.find("time")
                if time is not None and time.find("senza-misura") is None:
                    beats = (time.findtext("beats") or beats).strip()[:20]
                    beat_type = int(_positive(time.findtext("beat-type"), beat_type, limit=128))
                key = child.findtext("key/fifths")
                fifths = max(-7, min(7, int(number(key, fifths))))
                for change in child.iterfind("transpose"):
                    semitones = number(change.findtext("chromatic")) + 12 * number(change.findtext("octave-change"))
                    transpose[int(number(change.get("number")))] = max(-60, min(60, int(semitones)))
                if at == start:
                    bar.beats, bar.beat_type, bar.fifths = beats, beat_type, fifths
                bar.marks.append((at, child))
            elif tag == "backup":
                at -= _length(child.findtext("duration"), divisions)
                if at < start:
                    bar.overrun, at = True, start
            elif tag == "forward":
                at += _length(child.findtext("duration"), divisions)
                end = max(end, at)
            elif tag == "note":
                # What a note says is looked at once: asking for each child by its name took most of a walk.
                said: dict[object, etree._Element] = {}
                ties = []
                for entry in child:
                    said.setdefault(entry.tag, entry)
                    if entry.tag == "tie":
                        ties.append(entry.get("type"))
                grace, chord = "grace" in said, "chord" in said
                duration = _NOTHING if grace else _length(_text(said, "duration"), divisions)
                onset = last_onset if chord else at
                staff = int(number(_text(said, "staff"), 1))
                written = _midi(said["pitch"]) if "pitch" in said else None
                shift = transpose.get(staff, transpose.get(0, 0))
                bar.notes.append(
                    WalkedNote(
                        onset=onset,
                        duration=duration,
                        pitch=None if written is None else max(0, min(127, written + shift)),
                        voice=(_text(said, "voice") or "1").strip(),
                        staff=staff,
                        rest="rest" in said,
                        grace=grace,
                        chord=chord,
                        tie_start="start" in ties,
                        tie_stop="stop" in ties,
                        element=child,
                    )
                )
                until = onset + duration if duration else onset
                if not chord:
                    last_onset, at = at, until
                if until > end:
                    end = until
            elif isinstance(tag, str):
                away = child.findtext("offset")
                offset = number(away) / divisions if away else _NOTHING
                bar.marks.append((max(start, at + max(-LONGEST, min(LONGEST, offset))) if offset else at, child))
        bar.nominal = bar_quarters(bar.beats, bar.beat_type)
        bar.filled = end - start
        bar.length = bar.filled or bar.nominal
        start += bar.length
        yield bar


@lru_cache(maxsize=256)
def bar_quarters(beats: str, beat_type: int) -> Fraction:
    """Quarters in a bar: ("6", 8) -> 3, ("3+2", 8) -> 5/2."""
    total = sum((number(piece) for piece in beats.split("+")[:16]), Fraction(0))
    return total * 4 / beat_type if 0 < total <= 128 else Fraction(4)


def _positive(text: str | None, default: Fraction | int, *, limit: int = 1_000_000) -> Fraction:
    value = number(text, default)
    return value if 0 < value <= limit else Fraction(default)


@lru_cache(maxsize=64)
def _staff(text: str | None) -> int:
    return int(number(text, 1))


def _text(said: dict[object, etree._Element], tag: str) -> str | None:
    """As Element.findtext has it."""
    entry = said.get(tag)
    return None if entry is None else entry.text or ""


@lru_cache(maxsize=4096)
def _length(text: str | None, divisions: Fraction) -> Fraction:
    return min(LONGEST, max(_NOTHING, number(text) / divisions))
