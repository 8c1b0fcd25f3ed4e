"""Intervals with their names, and keys moved by them.

On the line of fifths (C = 0, G = 1, F = -1) an interval is a shift: a major second up is 2 places, a minor second -5.
Naming the same sound otherwise (F sharp as G flat) is a shift by 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notation.score.model import STEP_SEMITONES, STEPS, Spelling

MOST_SIGNS = 6  # of a key signature that players like to see
_STEPS_OF = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)  # the usual name of each chromatic interval, as letters passed


@dataclass(frozen=True)
class Interval:
    """Upwards: so many letters and semitones. (1, 2) is a major second, (7, 12) an octave, (-2, -3) a third down."""

    steps: int = 0
    semitones: int = 0

    @property
    def fifths(self) -> int:
        """What it adds to a key signature."""
        return 7 * self.semitones - 12 * self.steps

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.steps + other.steps, self.semitones + other.semitones)

    def __neg__(self) -> Interval:
        return Interval(-self.steps, -self.semitones)

    def renamed(self, fifths: int) -> Interval:
        """The same semitones under another name; `fifths` is a multiple of 12."""
        return Interval(self.steps - fifths // 12, self.semitones)


UNISON = Interval()


def octaves(count: int) -> Interval:
    return Interval(7 * count, 12 * count)


def of_semitones(count: int) -> Interval:
    """The interval of so many semitones by its usual name (6: an augmented fourth)."""
    up, rest = divmod(count, 12)
    return octaves(up) + Interval(_STEPS_OF[rest], rest)


def moved(pitch: Spelling, by: Interval) -> Spelling:
    """A pitch moved by exactly this interval; its sign may be any number of sharps or flats."""
    octave, step = divmod(STEPS.index(pitch.step) + by.steps, 7)
    plain = Spelling(STEPS[step], 0, pitch.octave + octave)
    return Spelling(plain.step, pitch.midi + by.semitones - plain.midi, plain.octave)


def simple(pitch: Spelling, *, most: int = 1) -> Spelling:
    """The same sound with at most `most` signs, on the nearest letter: B double flat becomes A."""
    while abs(pitch.alter) > most:
        away = 1 if pitch.alter > 0 else -1
        octave, step = divmod(STEPS.index(pitch.step) + away, 7)
        plain = Spelling(STEPS[step], 0, pitch.octave + octave)
        pitch = Spelling(plain.step, pitch.midi - plain.midi, plain.octave)
    return pitch


def signature(fifths: int) -> dict[str, int]:
    """How a key alters each letter."""
    line = "FCGDAEB"
    sharpened, flattened = line[: max(0, fifths)], line[max(0, 7 + min(0, fifths)) :]
    return {letter: (letter in sharpened) - (letter in flattened) for letter in STEP_SEMITONES}


def renamings(keys: Sequence[int]) -> list[int]:
    """What to add to each key of a piece, in fifths (0, 12 or -12), so that all can be written and read.

    One renaming for the whole piece where every key then has at most six signs, so that keys that belong together stay
    together; else the one with the fewest signs for each. Between six sharps and six flats nothing is changed.
    """
    ways = sorted(range(-36, 37, 12), key=abs)

    def worst(way: int) -> int:
        return max((abs(key + way) for key in keys), default=0)

    together = min(ways, key=worst)
    if worst(together) <= MOST_SIGNS:
        return [together] * len(keys)
    return [min(ways, key=lambda way: abs(key + way)) for key in keys]
