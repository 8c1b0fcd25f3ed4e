"""The event model that recognisers build new music in, and nothing more: a score once written is its MusicXML.

Two shapes. `Placed` notes are flat: a bar, a place, a length, no ties; quantising, spelling and fingering work on
them. `Score` is what stands on paper: bars, voices, legal note values, ties, tuplets, beams; `notate` makes it from
placed notes and `notation.musicxml.write` writes it.

Lengths and places are quarter notes as fractions. Pitches are MIDI numbers, 60 is middle C, as they sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

STEPS = "CDEFGAB"
STEP_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


Tick = Callable[[], None]  # called often in long work; it may raise to end it


def no_tick() -> None:
    """Nobody waits to interrupt."""


class ScoreError(ValueError):
    """Music that cannot be written down as asked, in words a musician understands."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Heard(Protocol):
    """A sounding note (media_pipeline.artifacts.Note is one)."""

    @property
    def onset(self) -> float: ...
    @property
    def offset(self) -> float: ...
    @property
    def pitch(self) -> int: ...
    @property
    def velocity(self) -> int: ...
    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True)
class Spelling:
    """A pitch with its name: step C..B, alter in semitones, octave 4 begins at middle C."""

    step: str
    alter: int
    octave: int

    @property
    def midi(self) -> int:
        return 12 * (self.octave + 1) + STEP_SEMITONES[self.step] + self.alter

    def __str__(self) -> str:
        return f"{self.step}{'#' * self.alter if self.alter > 0 else 'b' * -self.alter}{self.octave}"


@dataclass(frozen=True)
class Placed:
    """A note on the grid: which bar, where in it, how long (it may run on into later bars)."""

    bar: int  # index into the bars of the grid
    onset: Fraction  # quarters since the bar began
    duration: Fraction  # quarters, > 0
    pitch: int
    velocity: int = 80
    voice: int = 1  # 1 the upper, 2 the bass
    seconds: float = 0.0  # when it sounded in the recording
    spelling: Spelling | None = None
    string: int = 0  # 1 is the highest; 0 where no fingering is given
    fret: int = 0


@dataclass(frozen=True)
class Value:
    """A written note value: its length is `kind`, lengthened by dots, times `normal / actual` inside a tuplet."""

    kind: str  # MusicXML's names: whole half quarter eighth 16th 32nd 64th
    dots: int = 0
    actual: int = 1  # 3 in a triplet
    normal: int = 1  # 2 in a triplet


@dataclass(frozen=True)
class Head:
    """One note head of a chord."""

    spelling: Spelling
    velocity: int = 80
    tie_start: bool = False
    tie_stop: bool = False
    accidental: str = ""  # MusicXML's name where one must be shown, else ""
    string: int = 0
    fret: int = 0
    drum: int = 0  # MIDI key of a percussion sound; `spelling` is then only its place on the staff


@dataclass(frozen=True)
class Event:
    """A chord, a note or (no heads) a rest, at its place in the bar."""

    onset: Fraction
    duration: Fraction  # quarters it really lasts
    value: Value | None  # None: a rest of a whole bar
    heads: tuple[Head, ...] = ()
    beams: tuple[str, ...] = ()  # first beam outward: begin, continue, end, forward hook, backward hook
    tuplet: Literal["", "start", "stop"] = ""
    hidden: bool = False  # a rest that only fills the time


@dataclass(frozen=True)
class Voice:
    number: int
    events: tuple[Event, ...]
    stem: Literal["", "up", "down"] = ""


@dataclass(frozen=True)
class Key:
    fifths: int  # -7..7 sharps, flats negative
    mode: Literal["major", "minor"] = "major"


@dataclass(frozen=True)
class Time:
    beats: int
    beat_type: int

    @property
    def quarters(self) -> Fraction:
        return Fraction(4 * self.beats, self.beat_type)

    @property
    def compound(self) -> bool:
        return self.beat_type >= 8 and self.beats % 3 == 0 and self.beats > 3

    @property
    def beat(self) -> Fraction:
        """Length of the beat that a foot taps."""
        return Fraction(12, self.beat_type) if self.compound else Fraction(4, self.beat_type)


@dataclass(frozen=True)
class Tempo:
    """Felt beats a minute from this place on (dotted quarters in compound time)."""

    bpm: float
    onset: Fraction = Fraction(0)


@dataclass(frozen=True)
class Measure:
    number: str
    quarters: Fraction  # its real length; shorter than the time signature in a pick-up
    voices: tuple[Voice, ...]
    time: Time
    key: Key
    pickup: bool = False
    tempos: tuple[Tempo, ...] = ()
    chord_names: tuple[tuple[Fraction, str], ...] = ()


@dataclass(frozen=True)
class Fretboard:
    """A fretted instrument as it is strung: open strings from the one written lowest in the tab upward."""

    strings: tuple[int, ...]  # MIDI numbers of the open strings without capo, 6th string of a guitar first
    capo: int = 0
    frets: int = 19  # highest fret, counted from the nut
    name: str = "Standard"

    def pitch(self, *, string: int, fret: int) -> int:
        """Sounding MIDI number; `string` 1 is the last of `strings`, `fret` counts from the capo."""
        return self.strings[len(self.strings) - string] + self.capo + fret


@dataclass(frozen=True)
class Part:
    name: str
    measures: tuple[Measure, ...]
    abbreviation: str = ""
    program: int = 25  # General MIDI, 1-based: 25 nylon guitar, 26 steel
    channel: int = 1
    clef: str = "G8vb"  # G, G8vb, F, percussion
    fretboard: Fretboard | None = None
    drums: tuple[tuple[int, str], ...] = ()  # (MIDI key, name) of the sounds a percussion part uses


@dataclass(frozen=True)
class Score:
    title: str
    parts: tuple[Part, ...]
    composer: str = ""
    swing: bool = False
