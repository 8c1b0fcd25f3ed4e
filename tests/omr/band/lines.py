"""Harmony and the lines in it: chords by degree, tunes of phrases, seconds, counter lines, basses and after-beats.

A phrase's rhythm is drawn from cells ("4. 8 r4 t8 t8 t8 2~": values, dots, rests, triplets, ties); what falls on a
beat or lasts takes a tone of the chord near to the note before it and to an arch over the phrase, the rest moves by
step. Everything is at concert pitch and in a middle register; who plays it moves it by octaves.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.omr.band.model import Bar, Note, Pitch, key_alter

# Degrees from the tonic of a major key and how they are altered; the root comes first.
CHORDS: dict[str, tuple[tuple[int, int], ...]] = {
    "I": ((0, 0), (2, 0), (4, 0)), "I6": ((0, 0), (2, 0), (4, 0), (5, 0)), "ii": ((1, 0), (3, 0), (5, 0)),
    "ii7": ((1, 0), (3, 0), (5, 0), (0, 0)), "iii": ((2, 0), (4, 0), (6, 0)), "IV": ((3, 0), (5, 0), (0, 0)),
    "iv": ((3, 0), (5, -1), (0, 0)), "V": ((4, 0), (6, 0), (1, 0)), "V7": ((4, 0), (6, 0), (1, 0), (3, 0)),
    "vi": ((5, 0), (0, 0), (2, 0)), "V/V": ((1, 0), (3, 1), (5, 0), (0, 0)), "V/ii": ((5, 0), (0, 1), (2, 0), (4, 0)),
    "V/vi": ((2, 0), (4, 1), (6, 0), (1, 0)), "V/IV": ((0, 0), (2, 0), (4, 0), (6, -1)),
    "bVII": ((6, -1), (1, 0), (3, 0)),
}  # fmt: skip
TONICS = {-4: 5, -3: 2, -2: 6, -1: 3, 0: 0, 1: 4, 2: 1}  # letter of the tonic by fifths


@dataclass(frozen=True)
class Harmony:
    """The chord of a bar in a key."""

    key: int
    chord: str

    def alter(self, step: int) -> int:
        degree = (step - TONICS[self.key]) % 7
        return key_alter(self.key, step % 7) + dict(CHORDS[self.chord]).get(degree, 0)

    def pitch(self, step: int) -> Pitch:
        return Pitch(step, self.alter(step))

    def holds(self, step: int) -> bool:
        return (step - TONICS[self.key]) % 7 in dict(CHORDS[self.chord])

    def near(self, step: int, *, tone: int | None = None) -> int:
        """The nearest step of the chord, or of its `tone` (0 is the root), to a step."""
        degrees = CHORDS[self.chord]
        wanted = {d for d, _ in (degrees if tone is None else degrees[tone % len(degrees) :][:1])}
        offsets = sorted(range(-6, 7), key=abs)
        return next(step + o for o in offsets if (step + o - TONICS[self.key]) % 7 in wanted)


def rhythm(cell: str) -> Bar:
    """A cell's notes; what sounds has a pitch that is not its own yet."""
    out: list[Note] = []
    triplets = 0
    for word in cell.split():
        digits = "".join(c for c in word if c.isdigit())
        triplet = ""
        if "t" in word:
            triplet = ("start", "in", "stop")[triplets % 3]
            triplets += 1
        pitches = () if "r" in word else (Pitch(0),)
        out.append(Note(int(digits), word.count("."), pitches, triplet, word.endswith("~")))
    return tuple(out)


def tune(
    harmonies: Sequence[Harmony], cells: Sequence[str], r: random.Random, *, centre: int, span: int = 5, end: int = -1
) -> list[Bar]:
    """A line through the chords in the rhythm of the cells, a bar each, arched up to `span` steps over `centre`.

    `end`: the tone of the last chord that it ends on (0 is the root), -1 for whichever is near.
    """
    bars = [rhythm(cell) for cell in cells]
    sounding = sum(bool(note.pitches) for bar in bars for note in bar)
    now, n, held = centre, 0, False
    out: list[Bar] = []
    for harmony, bar in zip(harmonies, bars, strict=True):
        at = Fraction(0)
        placed: list[Note] = []
        for note in bar:
            if note.pitches:
                n += 1
                target = centre + span * math.sin(math.pi * n / sounding)
                if not held:
                    now = _next(harmony, note, at, now, target, r)
                    if n == sounding and end >= 0:
                        now = harmony.near(now, tone=end)
                pitch = _last(out, placed) if held else harmony.pitch(now)
                note = replace(note, pitches=(pitch,))
            held = note.tie
            placed.append(note)
            at += note.quarters
        out.append(tuple(placed))
    return out


def _last(bars: Sequence[Bar], bar: Sequence[Note]) -> Pitch:
    """The pitch of the last note so far: what a tied one takes."""
    return (list(bar) or list(bars[-1]))[-1].pitches[0]


def _next(harmony: Harmony, note: Note, at: Fraction, now: int, target: float, r: random.Random) -> int:
    drift = 1 if target > now + 1 else -1 if target < now - 1 else r.choice((-1, 1))
    if at.denominator == 1 or note.quarters >= Fraction(3, 2):
        goal = now + drift * r.choice((1, 1, 2, 2, 3, 4 if at == 0 else 1))
        return harmony.near(goal) if r.random() < 0.85 else now + drift
    return now + (drift if r.random() < 0.75 else -drift)


def second(line: Sequence[Bar], harmonies: Sequence[Harmony], *, below: int = 2) -> list[Bar]:
    """The same rhythm lower: thirds on the way, the nearest tone of the chord where the tune stands on one."""
    out: list[Bar] = []
    held: tuple[Pitch, ...] = ()
    for harmony, bar in zip(harmonies, line, strict=True):
        placed: list[Note] = []
        for note in bar:
            if note.pitches:
                upper = note.pitches[0].step
                step = upper - below
                if harmony.holds(upper) and not harmony.holds(step):
                    step = harmony.near(step - 1)
                pitches = held or (harmony.pitch(step),)
                held = pitches if note.tie else ()
                note = replace(note, pitches=pitches, grace=None)
            placed.append(note)
        out.append(tuple(placed))
    return out


def chord_line(harmonies: Sequence[Harmony], cells: Sequence[str], *, tone: int, near: int) -> list[Bar]:
    """A chord's tone in each bar, `tone` of it or, from bar to bar, the nearest; ties where it stays."""
    out: list[Bar] = []
    step = near
    for n, (harmony, cell) in enumerate(zip(harmonies, cells, strict=True)):
        step = harmony.near(step, tone=tone if n == 0 else None)
        if abs(step - near) > 5:
            step = harmony.near(near)
        out.append(
            tuple(replace(note, pitches=(harmony.pitch(step),) if note.pitches else ()) for note in rhythm(cell))
        )
    return out


def bass(harmonies: Sequence[Harmony], cells: Sequence[str], r: random.Random, *, walk: bool, near: int) -> list[Bar]:
    """Root and fifth in turn; walking: up or down the chord, and by step into the next one."""
    out: list[Bar] = []
    for n, (harmony, cell) in enumerate(zip(harmonies, cells, strict=True)):
        root = harmony.near(near, tone=0)
        bar = rhythm(cell)
        count = sum(bool(note.pitches) for note in bar)
        way = r.choice((1, -1)) if root - near in range(-2, 3) else -1 if root > near else 1
        if walk and count == 4:
            then = harmonies[min(n + 1, len(harmonies) - 1)]
            goal = then.near(near, tone=0)
            steps = [root, harmony.near(root + 2 * way), harmony.near(root + 4 * way), goal + r.choice((1, -1))]
        else:
            fifth = harmony.near(root - 3 if root > near else root + 4, tone=2)
            steps = [root if i % 2 == 0 else fifth for i in range(count)]
        left = iter(steps)
        out.append(tuple(replace(m, pitches=(harmony.pitch(next(left)),) if m.pitches else ()) for m in bar))
    return out
