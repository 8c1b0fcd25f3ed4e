"""Tunes for tests, written down by us from public-domain melodies, and a player who is not a machine.

A tune is "C4:1 D4:1/2 r:1/2 …": note names with octaves, lengths in quarters; chords as "C3+E3+G3:2".
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from notation.score.model import Placed, Spelling
from notation.score.tunings import midi_of


@dataclass(frozen=True)
class Sound:
    onset: float
    offset: float
    pitch: int
    velocity: int = 80
    confidence: float = 0.9


@dataclass(frozen=True)
class Pulse:
    times: tuple[float, ...]
    first_downbeat: int = 0
    beats_per_bar: int = 4
    bpm: float = 120.0
    score: float = 1.0


ODE = (
    "E4:1 E4:1 F4:1 G4:1 G4:1 F4:1 E4:1 D4:1 C4:1 C4:1 D4:1 E4:1 E4:3/2 D4:1/2 D4:2 "
    "E4:1 E4:1 F4:1 G4:1 G4:1 F4:1 E4:1 D4:1 C4:1 C4:1 D4:1 E4:1 D4:3/2 C4:1/2 C4:2"
)
# six-eight, eighths are 1/2; the pick-up is the last eighth of a beat
GREENSLEEVES = (
    "r:1 A3:1/2 C4:1 D4:1/2 E4:3/4 F#4:1/4 E4:1/2 D4:1 B3:1/2 G3:3/4 A3:1/4 B3:1/2 C4:1 A3:1/2 A3:3/4 G#3:1/4 A3:1/2 "
    "B3:1 G#3:1/2 E3:1 A3:1/2 C4:1 D4:1/2 E4:3/4 F#4:1/4 E4:1/2 D4:1 B3:1/2 G3:3/4 A3:1/4 B3:1/2 C4:3/4 B3:1/4 A3:1/2 "
    "G#3:3/4 F#3:1/4 G#3:1/2 A3:3/2 A3:1"
)
# three-four with a pick-up quarter
AMAZING_GRACE = (
    "D4:1 G4:2 B4:1/2 G4:1/2 B4:2 A4:1 G4:2 E4:1 D4:2 D4:1 G4:2 B4:1/2 G4:1/2 B4:2 A4:1 D5:3 D5:2 B4:1 D5:2 B4:1/2 "
    "G4:1/2 B4:2 A4:1 G4:2 E4:1 D4:2 D4:1 G4:2 B4:1/2 G4:1/2 B4:2 A4:1 G4:3"
)


def read(tune: str) -> list[tuple[Fraction, Fraction, int]]:
    """(place, length, pitch) in quarters, from the tune's beginning."""
    at = Fraction(0)
    found = []
    for word in tune.split():
        names, _, length = word.partition(":")
        for name in names.split("+"):
            if name != "r":
                found.append((at, Fraction(length), midi_of(name)))
        at += Fraction(length)
    return found


def names_of(tune: str) -> list[Spelling]:
    """The names as written, in the order of `read`."""
    names = [n for word in tune.split() for n in word.partition(":")[0].split("+") if n != "r"]
    return [Spelling(n[0], n.count("#") - n[1:].count("b"), int(n[-1])) for n in names]


def place(tune: str, *, bar: Fraction | int = 4, first: Fraction | int = 0, voice: int = 1) -> list[Placed]:
    """The tune exactly as written. `first`: quarters that the pick-up lacks of a whole bar."""
    out = []
    for (at, length, pitch), name in zip(read(tune), names_of(tune), strict=True):
        spot = at + first
        onset = Fraction(spot % bar) - (first if spot < bar else 0)
        out.append(Placed(int(spot // bar), onset, length, pitch, voice=voice, spelling=name))
    return out


def perform(
    tune: str,
    *,
    bpm: float = 100.0,
    jitter: float = 0.012,
    beat_jitter: float = 0.012,
    drift: float = 0.0,
    swing: float = 0.5,
    beat: Fraction | int = 1,
    per_bar: int = 4,
    lacking: int = 0,
    start: float = 1.0,
    seed: int = 1,
) -> tuple[list[Sound], Pulse]:
    """Play a tune as people do, and hear its beats as trackers do. `lacking`: beats that the pick-up bar lacks."""
    rng = np.random.default_rng(seed)
    notes = read(tune)
    count = int(max(a + n for a, n, _ in notes) / beat) + 2
    pace = 60 / bpm * (1 + drift * np.sin(np.linspace(0, 3 * np.pi, count)))
    clock = start + np.concatenate(([0.0], np.cumsum(pace)))

    def seconds(at: Fraction) -> float:
        beats = at / beat
        part = float(beats % 1)
        part = part * 2 * swing if part <= 0.5 else swing + (part - 0.5) * 2 * (1 - swing)
        return float(np.interp(int(beats) + part, np.arange(len(clock)), clock))

    sounds = []
    for at, length, pitch in notes:
        onset = seconds(at) + float(rng.normal(0, jitter))
        sounds.append(Sound(onset, onset + 0.9 * (seconds(at + length) - seconds(at)), pitch))
    times = tuple(float(t) for t in clock[:count] + rng.normal(0, beat_jitter, count))
    return sounds, Pulse(times, first_downbeat=(per_bar - lacking) % per_bar, beats_per_bar=per_bar, bpm=bpm)
