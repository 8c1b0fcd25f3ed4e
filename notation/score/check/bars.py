"""What a part says, bar by bar, as it sounds: so that parts of different transpositions can be compared.

Onsets are quarters from the bar's beginning. A sounding note keeps its spelling: the written one moved by the part's
<transpose>, which moves all notes alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lxml import etree

from notation.musicxml.walk import number, walk

LETTERS = "CDEFGAB"
NATURAL = (0, 2, 4, 5, 7, 9, 11)  # semitones of the letters above C
SHARPS = (3, 0, 4, 1, 5, 2, 6)  # letters in the order in which keys sharpen them

JUMPS = (  # what is printed at a jump, where the document does not say what it does
    ("dacapo", re.compile(r"\bd\.?\s*c\.?(?!\w)|\bda capo\b", re.IGNORECASE)),
    ("dalsegno", re.compile(r"\bd\.?\s*s\.?(?!\w)|\bdal segno\b", re.IGNORECASE)),
    ("tocoda", re.compile(r"\bto coda\b|\bal coda\b\s*$", re.IGNORECASE)),
    ("fine", re.compile(r"^\W*fine\W*$", re.IGNORECASE)),
)
SIGNS = ("segno", "coda", "dacapo", "dalsegno", "tocoda", "fine")


@dataclass(frozen=True)
class Sound:
    """A note as it sounds."""

    onset: Fraction
    duration: Fraction  # quarters; 0 for a grace note
    step: int  # diatonic, of the sounding note; 0 is C0
    alter: int  # of the sounding note
    written: int  # written step
    written_alter: int
    voice: str
    staff: int
    accidental: bool  # one is printed
    tied: bool  # it goes on from a note before
    ties: bool  # and into one after
    element: etree._Element

    @property
    def letter(self) -> int:
        return self.step % 7

    @property
    def midi(self) -> int:
        return 12 * (self.step // 7 + 1) + NATURAL[self.letter] + self.alter

    @property
    def end(self) -> Fraction:
        return self.onset + self.duration


@dataclass
class Bar:
    """One bar of a part."""

    index: int  # in document order, from 0
    element: etree._Element
    metre: tuple[str, int]
    fifths: int  # as it sounds; -6 rather than 6 and so on is not evened out
    written_fifths: int
    nominal: Fraction  # quarters that the metre asks for
    length: Fraction  # quarters that it lasts
    sounds: list[Sound] = field(default_factory=list)  # by onset; rests are not among them
    rests: list[tuple[Fraction, Fraction]] = field(default_factory=list)  # onset, duration
    implicit: bool = False
    forward: bool = False  # a repeat begins
    backward: bool = False
    ending: str = ""  # number of an ending that begins here
    ending_stops: bool = False
    line: str = "regular"  # style of its right bar line
    signs: set[str] = field(default_factory=set)  # of SIGNS
    rehearsal: str = ""
    tempo: str = ""  # words of a tempo, as printed
    voices: int = 1

    @property
    def number(self) -> str:
        return (self.element.get("number") or str(self.index + 1))[:8]

    @property
    def silent(self) -> bool:
        return not self.sounds

    @property
    def rhythm(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """Onsets and durations of what is struck, chords once."""
        return tuple(sorted({(s.onset, s.duration) for s in self.sounds if s.duration}))


def read_part(root: etree._Element) -> list[Bar]:
    """The bars of a document's first part."""
    part = root.find("part")
    if part is None:
        return []
    bars: list[Bar] = []
    diatonic = chromatic = 0
    for walked in walk(part):
        for change in walked.element.iterfind("attributes/transpose"):
            diatonic, chromatic = _transposition(change)
        bar = Bar(
            walked.index, walked.element, (walked.beats, walked.beat_type), walked.fifths + 7 * chromatic
            - 12 * diatonic, walked.fifths, walked.nominal, walked.length,
            implicit=walked.element.get("implicit") == "yes",
        )  # fmt: skip
        for note in walked.notes:
            onset = note.onset - walked.start
            if note.rest:
                bar.rests.append((onset, note.duration))
                continue
            pitch = note.element.find("pitch")
            if pitch is None or note.element.find("cue") is not None:
                continue
            step = 7 * int(number(pitch.findtext("octave"), 4)) + _letter(pitch.findtext("step"))
            alter = int(number(pitch.findtext("alter")))
            plain = 12 * (step // 7 + 1) + NATURAL[step % 7]
            to = step + diatonic
            sounding = plain + alter + chromatic - (12 * (to // 7 + 1) + NATURAL[to % 7])
            bar.sounds.append(
                Sound(
                    onset, note.duration, to, sounding, step, alter, note.voice, note.staff,
                    note.element.find("accidental") is not None, note.tie_stop, note.tie_start, note.element,
                )
            )  # fmt: skip
        bar.voices = len({sound.voice for sound in bar.sounds}) or 1
        bar.sounds.sort(key=lambda sound: sound.onset)
        for _, mark in walked.marks:
            _take_mark(bar, mark)
        bars.append(bar)
    return bars


def key_alter(fifths: int, letter: int) -> int:
    """How a key alters a letter (0 is C); keys beyond seven sharps alter some twice."""
    place = SHARPS.index(letter)
    return (fifths + 6 - place) // 7


def silent_from(bars: Sequence[Bar], index: int) -> int:
    """How many bars in a row are silent from this one on."""
    count = 0
    while index + count < len(bars) and bars[index + count].silent:
        count += 1
    return count


def _transposition(change: etree._Element) -> tuple[int, int]:
    """Steps and semitones from written to sounding, octaves included."""
    octaves = int(number(change.findtext("octave-change")))
    chromatic = int(number(change.findtext("chromatic")))
    given = change.findtext("diatonic")
    diatonic = int(number(given)) if given is not None else round(chromatic * 7 / 12)
    return diatonic + 7 * octaves, chromatic + 12 * octaves


def _letter(text: str | None) -> int:
    return max(0, LETTERS.find((text or "").strip().upper() or "C"))


def _take_mark(bar: Bar, mark: etree._Element) -> None:
    if mark.tag == "barline":
        left = mark.get("location", "right") == "left"
        repeat = mark.find("repeat")
        if repeat is not None:
            bar.forward |= repeat.get("direction") == "forward"
            bar.backward |= repeat.get("direction") == "backward"
        ending = mark.find("ending")
        if ending is not None:
            if ending.get("type") == "start":
                bar.ending = (ending.get("number") or "1").replace(" ", "")
            else:
                bar.ending_stops = True
        if not left:
            bar.line = (mark.findtext("bar-style") or "regular").strip()
        return
    sounds = [mark] if mark.tag == "sound" else mark.findall("sound")
    bar.signs |= {name for sound in sounds for name in SIGNS if sound.get(name) not in (None, "no")}
    if mark.tag != "direction":
        return
    for name in ("segno", "coda"):
        if mark.find(f"direction-type/{name}") is not None:
            bar.signs.add(name)
    words = " ".join(" ".join((w.text or "").split()) for w in mark.iterfind("direction-type/words")).strip()
    told = bar.signs & set(SIGNS) if sounds else set()
    if words and not told:
        bar.signs |= {name for name, known in JUMPS if known.search(words)}
    if (rehearsal := mark.find("direction-type/rehearsal")) is not None:
        bar.rehearsal = " ".join((rehearsal.text or "").split())
    if words and any(sound.get("tempo") for sound in sounds):
        bar.tempo = words
