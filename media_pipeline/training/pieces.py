"""Little pieces of music whose every note, beat and bar is known, composed and played by seeded chance.

A piece is composed in a key with a progression and a cadence (`_compose`), performed with tempo drift, swing, strums
and a human's timing (`_perform`), and rendered by one of three sounds (`render`). Two families of seeds never mix:

    held_out()   the 20 pieces of the published table; nothing is ever tuned on them
    practice(n)  any number of others, for choosing thresholds

Conventions: seconds on the rendered sound's clock; `at` and `length` in quarter notes from the first bar's start.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from media_pipeline.training.sounds import SOUNDS, room

RATE = 22_050  # hz

Rng = np.random.Generator
F = Fraction


@dataclass(frozen=True)
class PieceNote:
    onset: float  # seconds, as played
    offset: float
    pitch: int  # MIDI
    velocity: int  # 1..127
    at: Fraction  # quarters from the start, as notated
    length: Fraction  # quarters, as notated
    voice: int  # 1 melody or chords, 2 bass


@dataclass(frozen=True)
class Piece:
    name: str
    sound: str  # a key of SOUNDS
    metre: str  # "4/4", "3/4", "6/8"
    key: str  # "G major"
    bpm: float  # beats a minute, where a beat is a quarter, in 6/8 a dotted quarter
    swing: bool
    drift: bool
    notes: tuple[PieceNote, ...]  # by onset, then pitch
    beats: tuple[float, ...]  # seconds
    downbeats: tuple[float, ...]  # seconds
    beat_quarters: Fraction  # 1, in 6/8 3/2
    bar_quarters: Fraction  # 4 or 3
    seed: int

    def render(self, *, rate: int = RATE) -> NDArray[np.float32]:
        """(n,) mono, peak 0.7: the notes, a small room around them and a little noise; about a second to ring out."""
        rng = np.random.default_rng(self.seed + 77)
        play = SOUNDS[self.sound]
        wave = np.zeros(int((max(n.offset for n in self.notes) + 1.5) * rate), np.float32)
        for note in self.notes:
            tone = play(note.pitch, note.offset - note.onset, note.velocity, rate=rate, rng=rng)
            start = round(note.onset * rate)
            tone = tone[: len(wave) - start]
            wave[start : start + len(tone)] += tone
        wave = room(wave, rate=rate, rng=rng)
        wave += rng.normal(0, 0.003 * float(np.abs(wave).max()), len(wave)).astype(np.float32)
        loudest = float(np.abs(wave).max())
        result: NDArray[np.float32] = (wave * (0.7 / loudest)).astype(np.float32)
        return result


@dataclass(frozen=True)
class Spec:
    """What kind of piece to compose."""

    texture: str  # melody, chords, two voices, fingerpicking
    metre: str
    sound: str
    swing: bool = False
    drift: bool = False

    @property
    def name(self) -> str:
        marks = [self.texture, self.metre, self.sound] + ["swing"] * self.swing + ["drift"] * self.drift
        return ", ".join(marks)


SPECS: tuple[Spec, ...] = (
    Spec("melody", "4/4", "guitar"),
    Spec("melody", "4/4", "flute"),
    Spec("melody", "4/4", "piano", drift=True),
    Spec("melody", "3/4", "guitar"),
    Spec("melody", "6/8", "flute"),
    Spec("melody", "4/4", "piano", swing=True),
    Spec("melody", "4/4", "guitar", swing=True),
    Spec("chords", "4/4", "guitar"),
    Spec("chords", "4/4", "piano"),
    Spec("chords", "4/4", "flute"),
    Spec("chords", "3/4", "guitar", drift=True),
    Spec("chords", "6/8", "piano"),
    Spec("two voices", "4/4", "guitar"),
    Spec("two voices", "4/4", "piano", drift=True),
    Spec("two voices", "3/4", "guitar"),
    Spec("two voices", "6/8", "guitar", drift=True),
    Spec("two voices", "4/4", "guitar", swing=True),
    Spec("fingerpicking", "4/4", "guitar"),
    Spec("fingerpicking", "4/4", "guitar", drift=True),
    Spec("fingerpicking", "3/4", "piano"),
)


def held_out() -> tuple[Piece, ...]:
    """The 20 pieces of the published table. Look at the results, never tune on them."""
    return tuple(make(spec, family="held-out", number=i) for i, spec in enumerate(SPECS))


def practice(count: int = 40) -> tuple[Piece, ...]:
    """Pieces of the same kinds from other seeds, for choosing thresholds."""
    return tuple(make(SPECS[i % len(SPECS)], family="practice", number=i) for i in range(count))


def make(spec: Spec, *, family: str, number: int) -> Piece:
    """The piece of that kind, family and number: always the same one."""
    seed = int.from_bytes(hashlib.sha256(f"{family} {number}".encode()).digest()[:4], "big")
    rng = np.random.default_rng(seed)
    return _perform(spec, _compose(spec, rng=rng), rng=rng, seed=seed)


# ---------------------------------------------------------------------------------------------- composing


@dataclass(frozen=True)
class _Written:
    at: Fraction
    length: Fraction
    pitch: int
    loud: float  # 0..1
    voice: int = 1
    strum: int = 0  # place within a strummed chord, lowest string 0


@dataclass(frozen=True)
class _Composition:
    notes: tuple[_Written, ...]
    bars: int
    key: str


_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
# scale degrees (0 = tonic) a bar; the last two bars are always a cadence
_MAJOR_PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 0, 4), (0, 4, 5, 3), (0, 5, 1, 4), (0, 2, 3, 4), (0, 3, 1, 4))
_MINOR_PROGRESSIONS = ((0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 4), (0, 3, 6, 2), (0, 5, 3, 4))


def _compose(spec: Spec, *, rng: Rng) -> _Composition:
    minor = bool(rng.random() < 0.35)
    tonic = int(rng.choice([0, 2, 4, 5, 7, 9, 10]))
    scale = _MINOR if minor else _MAJOR
    progressions = _MINOR_PROGRESSIONS if minor else _MAJOR_PROGRESSIONS
    first, second = (progressions[int(rng.integers(len(progressions)))] for _ in range(2))
    degrees = [*first, *first[:2], 3, 4, *second, *second[:1], 3, 4, 0] if spec.metre != "4/4" else [
        *first, *second[:2], 3, 4, *first[:1], 4, 0]  # fmt: skip
    bar = F(4) if spec.metre == "4/4" else F(3)
    notes: list[_Written] = []
    harmony = [_chord(tonic, scale, degree, minor=minor) for degree in degrees]
    if spec.texture in ("melody", "two voices"):
        low = 60 if spec.texture == "two voices" else 57
        notes += _melody(spec, harmony, tonic=tonic, scale=scale, bar=bar, low=low, rng=rng)
    if spec.texture == "two voices":
        notes += _bass(spec, harmony, bar=bar, rng=rng)
    if spec.texture == "chords":
        notes += _chords(spec, harmony, bar=bar, rng=rng)
    if spec.texture == "fingerpicking":
        notes += _picking(spec, harmony, bar=bar, rng=rng)
    mode = "minor" if minor else "major"
    return _Composition(tuple(sorted(notes, key=lambda n: (n.at, n.pitch))), len(degrees), f"{_NAMES[tonic]} {mode}")


def _chord(tonic: int, scale: tuple[int, ...], degree: int, *, minor: bool) -> tuple[int, ...]:
    """Pitch classes, root first; the dominant of a minor key is major."""
    steps = [scale[(degree + 2 * i) % 7] for i in range(3)]
    if minor and degree == 4:
        steps[1] += 1
    return tuple((tonic + step) % 12 for step in steps)


# a bar's rhythm in quarters; weights say how usual it is
_RHYTHMS: dict[str, tuple[tuple[tuple[str, ...], float], ...]] = {
    "4/4": (
        (("1", "1", "1", "1"), 3), (("1", "1/2", "1/2", "1", "1"), 4), (("1/2", "1/2", "1/2", "1/2", "1", "1"), 3),
        (("3/2", "1/2", "1", "1"), 3), (("2", "1", "1"), 2), (("1", "1/2", "1/2", "1/2", "1/2", "1"), 3),
        (("1/2",) * 8, 2), (("3/2", "1/2", "2"), 2), (("1/2", "1", "1/2", "1", "1"), 1),
        (("1", "1", "1/2", "1/4", "1/4", "1"), 1),
    ),
    "3/4": (
        (("1", "1", "1"), 4), (("2", "1"), 3), (("1", "1/2", "1/2", "1"), 3), (("3/2", "1/2", "1"), 3),
        (("1/2",) * 6, 2), (("1", "1/2", "1/2", "1/2", "1/2"), 2),
    ),
    "6/8": (
        (("1/2",) * 6, 4), (("1", "1/2", "1", "1/2"), 4), (("1", "1/2", "1/2", "1/2", "1/2"), 3),
        (("3/2", "1/2", "1/2", "1/2"), 3), (("3/2", "1", "1/2"), 2), (("1/2", "1/2", "1/2", "3/2"), 2),
    ),
}  # fmt: skip


def _rhythm(metre: str, *, swing: bool, rng: Rng) -> list[Fraction]:
    cells = [cell for cell in _RHYTHMS[metre] if not (swing and "1/4" in cell[0])]
    weights = np.array([weight for _, weight in cells])
    return [F(x) for x in cells[int(rng.choice(len(cells), p=weights / weights.sum()))][0]]


def _melody(
    spec: Spec,
    harmony: list[tuple[int, ...]],
    *,
    tonic: int,
    scale: tuple[int, ...],
    bar: Fraction,
    low: int,
    rng: Rng,
) -> list[_Written]:
    """Chord tones on the beats, steps between them; the first two bars come back as the fifth and sixth."""
    ladder = [p for p in range(low, low + 20) if (p - tonic) % 12 in scale]
    place = int(rng.integers(len(ladder) // 3, 2 * len(ladder) // 3))
    beat = F(3, 2) if spec.metre == "6/8" else F(1)
    motif: list[list[Fraction]] = []
    notes: list[_Written] = []
    for number, chord in enumerate(harmony):
        if number == len(harmony) - 1:
            rhythm = [bar]
        elif number in (4, 5) and len(motif) > number - 4:
            rhythm = motif[number - 4]
        else:
            rhythm = _rhythm(spec.metre, swing=spec.swing, rng=rng)
        motif.append(rhythm)
        at = number * bar
        for length in rhythm:
            on_beat = (at - number * bar) % beat == 0
            if on_beat or number == len(harmony) - 1:
                wish = {tonic} if number == len(harmony) - 1 else set(chord)
                near = [i for i in range(len(ladder)) if ladder[i] % 12 in wish]
                near.sort(key=lambda i: abs(i - place - rng.normal(0, 1.5)))
                place = near[0]
            else:
                place += int(rng.choice([-2, -1, -1, 1, 1, 2, 0], p=[0.08, 0.28, 0.1, 0.1, 0.28, 0.08, 0.08]))
                place = min(max(place, 0), len(ladder) - 1)
            strong = 1.0 if at % bar == 0 else 0.85 if on_beat else 0.7
            if rng.random() > 0.04 or at % bar == 0:  # now and then a rest
                notes.append(_Written(at, length, ladder[place], strong))
            at += length
    return notes


def _bass(spec: Spec, harmony: list[tuple[int, ...]], *, bar: Fraction, rng: Rng) -> list[_Written]:
    patterns: dict[str, tuple[tuple[tuple[str, int], ...], ...]] = {
        "4/4": ((("2", 0), ("2", 2)), (("1", 0), ("1", 2), ("1", 0), ("1", 2)), (("2", 0), ("1", 2), ("1", 1))),
        "3/4": ((("3", 0),), (("1", 0), ("1", 1), ("1", 2)), (("2", 0), ("1", 2))),
        "6/8": ((("3/2", 0), ("3/2", 2)), (("1", 0), ("1/2", 2), ("1", 0), ("1/2", 2))),
    }
    pattern = patterns[spec.metre][1 if spec.swing else int(rng.integers(len(patterns[spec.metre])))]
    notes: list[_Written] = []
    for number, chord in enumerate(harmony):
        at = number * bar
        for length, tone in [(str(bar), 0)] if number == len(harmony) - 1 else pattern:
            pitch = 40 + (chord[tone] - 40) % 12
            notes.append(_Written(at, F(length), pitch, 0.9 if at % bar == 0 else 0.75, voice=2))
            at += F(length)
    return notes


def _voicing(chord: tuple[int, ...], *, low: int, size: int) -> list[int]:
    """Root at the bottom, then chord tones upwards, open enough to ring."""
    pitches = [low + (chord[0] - low) % 12]
    while len(pitches) < size:
        step = next(p for p in range(pitches[-1] + (5 if len(pitches) == 1 else 3), 100) if p % 12 in chord)
        pitches.append(step)
    return pitches


def _chords(spec: Spec, harmony: list[tuple[int, ...]], *, bar: Fraction, rng: Rng) -> list[_Written]:
    patterns = {
        "4/4": (("1", "1", "1", "1"), ("2", "1", "1"), ("1", "1/2", "1/2", "1", "1"), ("3/2", "1/2", "1", "1")),
        "3/4": (("1", "1", "1"), ("2", "1"), ("1", "1", "1/2", "1/2")),
        "6/8": (("3/2", "3/2"), ("1", "1/2", "1", "1/2"), ("3/2", "1", "1/2")),
    }[spec.metre]
    pattern = patterns[int(rng.integers(len(patterns)))]
    size = int(rng.integers(3, 5))
    notes: list[_Written] = []
    for number, chord in enumerate(harmony):
        pitches = _voicing(chord, low=43 + int(rng.integers(0, 4)), size=size)
        at = number * bar
        for length in (str(bar),) if number == len(harmony) - 1 else pattern:
            strong = 1.0 if at % bar == 0 else 0.8
            notes += [_Written(at, F(length), p, strong, strum=i) for i, p in enumerate(pitches)]
            at += F(length)
    return notes


def _picking(spec: Spec, harmony: list[tuple[int, ...]], *, bar: Fraction, rng: Rng) -> list[_Written]:
    """The thumb on the beats, fingers between; every string rings until it is plucked again or the chord changes."""
    patterns = {
        "4/4": ((0, 2, 3, 2, 1, 2, 3, 2), (0, 2, 1, 3, 0, 2, 1, 3), (0, 3, 2, 3, 1, 3, 2, 3)),
        "3/4": ((0, 2, 3, 4, 3, 2), (0, 2, 3, 2, 3, 2)),
        "6/8": ((0, 2, 3, 4, 3, 2),),
    }[spec.metre]
    pattern = patterns[int(rng.integers(len(patterns)))]
    notes: list[_Written] = []
    for number, chord in enumerate(harmony):
        strings = _voicing(chord, low=40 + int(rng.integers(0, 4)), size=5)
        start = number * bar
        if number == len(harmony) - 1:
            for i, pitch in enumerate(strings[:4]):
                notes.append(_Written(start, bar, pitch, 0.9, voice=2 if i == 0 else 1, strum=i))
            continue
        for i, string in enumerate(pattern):
            again = next((j for j in range(i + 1, len(pattern)) if pattern[j] == string), len(pattern))
            loud = 0.95 if i == 0 else 0.85 if string < 2 else 0.7
            notes.append(
                _Written(start + F(i, 2), F(again - i, 2), strings[string], loud, voice=2 if string < 2 else 1)
            )
    return notes


# ---------------------------------------------------------------------------------------------- playing

_TEMPI = {"4/4": (72, 132), "3/4": (84, 144), "6/8": (50, 76)}  # beats a minute
_JITTER = 0.010  # seconds, standard deviation of a good amateur's onset
_STRUM = 0.012  # seconds from string to string


def _perform(spec: Spec, music: _Composition, *, rng: Rng, seed: int) -> Piece:
    beat_quarters = F(3, 2) if spec.metre == "6/8" else F(1)
    bar_quarters = F(4) if spec.metre == "4/4" else F(3)
    low, high = _TEMPI[spec.metre]
    bpm = float(rng.uniform(low, high if spec.texture != "fingerpicking" else 0.85 * high))
    count = int(music.bars * bar_quarters / beat_quarters)
    phase, turns = rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 2.0)
    depth = 0.05 if spec.drift else 0.008
    pace = 1 + depth * np.sin(phase + turns * 2 * np.pi * np.arange(count + 2) / count)
    clock = float(rng.uniform(0.3, 0.9)) + np.concatenate([[0], np.cumsum(60 / (bpm * pace))])  # seconds of each beat
    ratio = float(rng.uniform(0.6, 0.68)) if spec.swing else 0.5

    def seconds(at: Fraction) -> float:
        beats = at / beat_quarters
        whole = int(beats)
        part = float(beats - whole)
        if spec.swing:  # the off-beat eighth comes late
            part = part / 0.5 * ratio if part <= 0.5 else ratio + (part - 0.5) / 0.5 * (1 - ratio)
        return float(np.interp(whole + part, np.arange(len(clock)), clock))

    notes: list[PieceNote] = []
    hand: dict[Fraction, float] = {}
    for note in music.notes:
        late = hand.setdefault(note.at, float(np.clip(rng.normal(0, _JITTER), -0.025, 0.025)))
        own = float(rng.normal(0, 0.003)) + note.strum * _STRUM * (spec.sound == "guitar")
        onset = max(seconds(note.at) + late + own, 0.05)
        full = seconds(note.at + note.length) - seconds(note.at)
        legato = 1.0 if spec.texture == "fingerpicking" else float(rng.uniform(0.82, 0.97))
        if spec.sound == "piano" and spec.texture != "melody":  # the pedal is changed with the harmony
            bar_end = (note.at // bar_quarters + 1) * bar_quarters
            full, legato = max(full, seconds(bar_end) - seconds(note.at)), 0.98
        velocity = int(np.clip(round(20 + 75 * note.loud + rng.normal(0, 12)), 20, 120))
        notes.append(PieceNote(onset, onset + full * legato, note.pitch, velocity, note.at, note.length, note.voice))
    beats = tuple(float(t) for t in clock[:count])
    step = int(bar_quarters / beat_quarters)
    return Piece(
        name=spec.name,
        sound=spec.sound,
        metre=spec.metre,
        key=music.key,
        bpm=bpm,
        swing=spec.swing,
        drift=spec.drift,
        notes=_without_doubles(notes),
        beats=beats,
        downbeats=beats[::step],
        beat_quarters=beat_quarters,
        bar_quarters=bar_quarters,
        seed=seed,
    )


def _without_doubles(notes: list[PieceNote]) -> tuple[PieceNote, ...]:
    """A pitch sounds once at a time: an earlier note ends where the next of its pitch begins."""
    ordered = sorted(notes, key=lambda n: (n.pitch, n.onset))
    kept: list[PieceNote] = []
    for note in ordered:
        if kept and kept[-1].pitch == note.pitch:
            before = kept[-1]
            if note.at == before.at:
                continue
            if before.offset > note.onset - 0.01:
                kept[-1] = PieceNote(**{**before.__dict__, "offset": max(note.onset - 0.01, before.onset + 0.03)})
        kept.append(note)
    assert all(a.onset < b.onset for a, b in pairwise(kept) if a.pitch == b.pitch)
    return tuple(sorted(kept, key=lambda n: (n.onset, n.pitch)))
