"""From a pulse to bars: the tempo octave, the downbeat, simple or compound time, and a pick-up.

Steps of `lay_bars`:
1. Choose the reading of the pulse: as heard, twice or half as fast (a reading the beat tracker itself offers at
   that tempo is preferred, since its downbeats were heard and not computed).
2. Carry the pulse on to both sides at its local tempo until it covers every note.
3. Simple or compound: quantise both ways and take what costs less, in the manner of Temperley, "Music and
   Probability" (2007), ch. 3. Thirds of which only the last is played are swing, unless slow and strict.
4. Put the bar lines where downbeats are, moved by `shift` beats; what comes before the first is a pick-up bar, and
   a bar before the first note is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from notation.score.model import Heard, ScoreError, Time
from notation.score.quantise import explain

METRES: dict[str, tuple[int, bool]] = {  # name -> (beats a bar, compound)
    "2/4": (2, False),
    "3/4": (3, False),
    "4/4": (4, False),
    "5/4": (5, False),
    "6/4": (6, False),
    "7/4": (7, False),
    "6/8": (2, True),
    "9/8": (3, True),
    "12/8": (4, True),
}


class Pulse(Protocol):
    """One reading of the beats (media_pipeline.artifacts.Tempo is one)."""

    @property
    def times(self) -> tuple[float, ...]: ...
    @property
    def first_downbeat(self) -> int: ...
    @property
    def beats_per_bar(self) -> int: ...
    @property
    def bpm(self) -> float: ...
    @property
    def score(self) -> float: ...


LIKELY_FOUR = 0.15  # of the score of a reading in two


@dataclass(frozen=True)
class BarTimes:
    """A bar: number (0 a pick-up), seconds of its beats, its end, its written length in quarters."""

    number: int
    beats: tuple[float, ...]
    end: float
    quarters: Fraction


@dataclass(frozen=True)
class Laid:
    """Every bar of a piece in time."""

    bars: tuple[BarTimes, ...]
    compound: bool
    beats_per_bar: int
    bpm: float  # beats a minute, median

    @property
    def time(self) -> Time:
        return time_of(self.beats_per_bar, compound=self.compound)


def time_of(beats_per_bar: int, *, compound: bool) -> Time:
    return Time(3 * beats_per_bar, 8) if compound else Time(beats_per_bar, 4)


def lay_bars(
    best: Pulse,
    *,
    others: Sequence[Pulse] = (),
    notes: Sequence[Heard] = (),
    factor: float = 1.0,
    shift: int = 0,
    metre: str = "auto",
) -> Laid:
    """Bars over the whole of `notes`, from the pulse. Raises ScoreError where there is no pulse to speak of."""
    if metre != "auto" and metre not in METRES:
        raise ScoreError(f"{metre} is not a metre Copyist knows.", hint=f"Choose one of {', '.join(METRES)}.")
    times, downbeat, per_bar = _reading(best, others, factor=factor)
    onsets = np.sort(np.array([n.onset for n in notes], dtype=float))
    last = max((n.offset for n in notes), default=float(times[-1]))
    times, downbeat = _cover(times, downbeat, onsets=onsets, last=last)

    compound = False
    if metre == "auto":
        compound = _is_compound(times, onsets)
        if compound:
            times = _long_first(times, onsets)
            if per_bar == 4:
                per_bar = 2  # of the two ways to write it, six-eight is what players expect
        if not compound and per_bar in (6, 12) and 60.0 / float(np.median(np.diff(times))) > 140:
            # six quick beats: what was heard are the eighths of 6/8
            times, downbeat, per_bar, compound = _every(times, 3, first=downbeat % 3), downbeat // 3, per_bar // 3, True
    else:
        per_bar, compound = METRES[metre]
        if compound and not _is_compound(times, onsets) and 60.0 / float(np.median(np.diff(times))) > 132:
            times, downbeat = _every(times, 3, first=downbeat % 3), downbeat // 3
    downbeat = (downbeat + shift) % per_bar
    return _bars(times, downbeat=downbeat, per_bar=per_bar, compound=compound, onsets=onsets, last=last)


def _reading(best: Pulse, others: Sequence[Pulse], *, factor: float) -> tuple[NDArray[np.float64], int, int]:
    """Beat times, index of a downbeat and beats a bar at `factor` times the tempo heard."""
    times = np.asarray(best.times, dtype=float)
    times = times[np.concatenate(([True], np.diff(times) > 1e-3))] if len(times) else times
    if len(times) < 2:
        raise ScoreError(
            "No steady beat was found in this recording.", hint="Check that the right part of it was chosen."
        )
    per_bar = max(1, best.beats_per_bar)
    if factor == 1.0:
        if per_bar == 2:
            # two beats or four is a matter of style more than of sound; four unless the tracker is sure of two
            four = next((o for o in others if o.beats_per_bar == 4 and abs(o.bpm / best.bpm - 1) < 0.02), None)
            if four is not None and four.score > LIKELY_FOUR * best.score and len(four.times) == len(best.times):
                return times, four.first_downbeat, 4
        return times, best.first_downbeat, per_bar
    for other in others:
        if abs(np.log2(max(other.bpm, 1e-6) / (best.bpm * factor))) < 0.08 and len(other.times) > 2:
            return np.asarray(other.times, dtype=float), other.first_downbeat, max(1, other.beats_per_bar)
    if factor == 2.0:
        middles = (times[:-1] + times[1:]) / 2
        doubled = np.empty(2 * len(times) - 1)
        doubled[::2], doubled[1::2] = times, middles
        return doubled, 2 * best.first_downbeat, per_bar
    if factor == 0.5:
        return _every(times, 2, first=best.first_downbeat % 2), best.first_downbeat // 2, per_bar
    raise ScoreError(f"The tempo can be halved or doubled, not taken {factor:g} times.")


def _every(times: NDArray[np.float64], count: int, *, first: int) -> NDArray[np.float64]:
    """Every count-th beat, two at the least."""
    some = times[first::count]
    if len(some) < 2:
        start = float(some[0]) if len(some) else float(times[0])
        some = np.array([start, start + count * float(np.median(np.diff(times)))])
    return some


def _cover(
    times: NDArray[np.float64], downbeat: int, *, onsets: NDArray[np.float64], last: float
) -> tuple[NDArray[np.float64], int]:
    """Carry the pulse on to both sides until it covers all notes."""
    head = float(np.median(np.diff(times[:9])))
    tail = float(np.median(np.diff(times[-9:])))
    first_onset = float(onsets[0]) if len(onsets) else float(times[0])
    # a note a little ahead of the first beat belongs to it
    before = max(0, int(np.ceil((times[0] - first_onset) / head - 0.2)))
    after = max(1, int(np.ceil((last - times[-1]) / tail - 0.2)))
    extended = np.concatenate(
        (times[0] - head * np.arange(before, 0, -1), times, times[-1] + tail * np.arange(1, after + 1))
    )
    return extended, downbeat + before


def _is_compound(times: NDArray[np.float64], onsets: NDArray[np.float64]) -> bool:
    """Whether the inside of the beats is told at less cost in thirds and sixths than in halves, quarters and swing."""
    if len(onsets) < 6:
        return False
    simple = explain(onsets, beat_times=times, compound=False)
    compound = explain(onsets, beat_times=times, compound=True)
    inner = sum(part != 0 for part in compound.parts)
    used = {b for b in compound.beats if b < len(compound.divisions)}
    thirds = sum(compound.divisions[b] in (3, 6) for b in used)
    if inner < 8 or thirds < 0.35 * len(used):
        return False  # a triplet here and there makes no six-eight
    bpm = 60.0 / float(np.median(np.diff(times)))
    if simple.swing != 0.5 and compound.cost < simple.cost + 0.6 * inner:
        # long-short throughout, at the pace of a slow walk and never shorter than two to one, is the quarter and
        # eighth of six-eight all the same; else it is swing
        return bpm < 80 and simple.swing > 0.645
    return compound.cost < simple.cost - (0.25 if bpm < 110 else 0.75) * inner


def _long_first(times: NDArray[np.float64], onsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compound beats moved on by a third where they run short-long throughout: a beat begins with its long note."""
    fit = explain(onsets, beat_times=times, compound=True)
    inner: dict[int, set[Fraction]] = {}
    for beat, part in zip(fit.beats, fit.parts, strict=True):
        inner.setdefault(beat, set()).add(part)
    short_long = sum(parts == {Fraction(0), Fraction(1, 3)} for parts in inner.values())
    long_short = sum(parts == {Fraction(0), Fraction(2, 3)} for parts in inner.values())
    if short_long < 0.3 * len(inner) or short_long < 4 * long_short:
        return times
    return times + np.append(np.diff(times), times[-1] - times[-2]) / 3


def _bars(
    times: NDArray[np.float64],
    *,
    downbeat: int,
    per_bar: int,
    compound: bool,
    onsets: NDArray[np.float64],
    last: float,
) -> Laid:
    unit = time_of(per_bar, compound=compound).beat
    first = float(onsets[0]) if len(onsets) else float(times[0])
    starts = range(downbeat - per_bar, len(times), per_bar)
    bars: list[BarTimes] = []
    number = 1
    head, tail = float(times[1] - times[0]), float(times[-1] - times[-2])
    stop = float(onsets[-1]) if len(onsets) else last  # a last note that rings on needs no bar of its own

    def at(index: int) -> float:
        if index < 0:
            return float(times[0] + head * index)
        return float(times[index]) if index < len(times) else float(times[-1] + tail * (index - len(times) + 1))

    for start in starts:
        inside = list(range(start, start + per_bar))
        end = at(start + per_bar)
        slack = 0.15 * (at(inside[0] + 1) - at(inside[0]))
        if not bars and end - slack <= first:
            continue  # silence before the music
        if bars and at(inside[0]) - slack > stop:
            break
        if not bars:
            # a pick-up begins with its first note's beat
            while len(inside) > 1 and at(inside[1]) - slack <= first:
                inside = inside[1:]
            short = len(inside) < per_bar
            # up to half a bar reads as a pick-up; more reads better as a full bar with a rest, if there was time for it
            if short and len(inside) > per_bar // 2 and at(start) >= -0.02:
                inside, short = list(range(start, start + per_bar)), False
            if short:
                bars.append(BarTimes(0, tuple(at(i) for i in inside), end, unit * len(inside)))
                continue
        bars.append(BarTimes(number, tuple(at(i) for i in range(start, start + per_bar)), end, unit * per_bar))
        number += 1
    if not bars:
        raise ScoreError("Nothing to put into bars.", hint="The recording seems to hold no notes.")
    bpm = 60.0 / float(np.median(np.diff(times)))
    return Laid(tuple(bars), compound, per_bar, bpm)
