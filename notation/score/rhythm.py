"""From notes heard and bars laid to placed notes: places, lengths, voices, and how much of it to write.

Levels: `full` writes everything; `intermediate` melody and bass, nothing finer than eighths and triplets; `easy` the
melody alone in eighths. Guitar notes ring on long after their place in the music is over, so written lengths
follow the rhythm first: a note lasts to the next one of its voice unless it plainly stopped a beat or more before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from notation.score.metre import BarTimes
from notation.score.model import Heard, Placed, ScoreError, Tick, no_tick
from notation.score.quantise import Fit, place_onsets, strokes_of
from notation.score.voices import bass_sizes, ringing_bars

FALL_SEMITONES = 9  # a melody seldom leaps so far down to leap up again at once
FALL_SECONDS = 2.0
LEVELS = ("easy", "intermediate", "full")


@dataclass(frozen=True)
class Rhythm:
    """Notes in their bars, by place and pitch; what was decided on the way."""

    notes: tuple[Placed, ...]
    quarters: tuple[Fraction, ...]  # length of each bar
    swing: bool
    level: str
    spread_seconds: float  # how far strokes lie from their places, typically
    beat_seconds: tuple[float, ...]  # every beat border as the notes themselves place it
    omitted: int  # notes left out by the level, or doubled


def write_rhythm(
    notes: Sequence[Heard],
    *,
    bars: Sequence[BarTimes],
    compound: bool,
    level: str = "full",
    swing: str = "auto",
    tick: Tick = no_tick,
) -> Rhythm:
    """Place `notes` (any order, seconds) in `bars`. Raises ScoreError for a level there is not."""
    if level not in LEVELS:
        raise ScoreError(f"{level} is not a level.", hint=f"Choose one of {', '.join(LEVELS)}.")
    clock = _Clock(bars, compound)
    strokes = strokes_of(notes)
    fit = place_onsets([s.seconds for s in strokes], beat_times=clock.times, compound=compound, swing=swing, tick=tick)
    sizes_all = bass_sizes([sorted(notes[i].pitch for i in s.members) for s in strokes])
    kept = _choose(notes, [s.members for s in strokes], sizes_all, level=level)
    if level != "full":
        alive = [j for j, members in enumerate(kept) if members]
        coarse = place_onsets(
            [strokes[j].seconds for j in alive],
            beat_times=fit.times,
            compound=compound,
            finest=(3 if compound or level == "intermediate" else 2),
            swing="yes" if fit.swing != 0.5 else "no",
        )
        places = {j: (coarse.beats[k], coarse.parts[k]) for k, j in enumerate(alive)}
    else:
        places = {j: (fit.beats[j], fit.parts[j]) for j in range(len(strokes))}

    # what falls on one place is one stroke from here on
    gathered: dict[Fraction, list[int]] = {}
    for j, members in enumerate(kept):
        if members:
            beat, part = places[j]
            gathered.setdefault(clock.place(beat, part), []).extend(members)
    spots = sorted(gathered)
    chords: list[list[int]] = []
    for spot in spots:
        by_pitch: dict[int, int] = {}
        for i in gathered[spot]:
            pitch = notes[i].pitch
            if pitch not in by_pitch or notes[i].confidence > notes[by_pitch[pitch]].confidence:
                by_pitch[pitch] = i
        chord = [by_pitch[p] for p in sorted(by_pitch)]
        if level == "easy":  # neighbours of the melody that a coarse grid brought together: the weightier stays
            chord = [max(chord, key=lambda i: notes[i].velocity * (notes[i].offset - notes[i].onset))]
        elif level == "intermediate":
            chord = [chord[0], *chord[-1:]] if len(chord) > 1 else chord
        chords.append(chord)
    sizes = bass_sizes([[notes[i].pitch for i in chord] for chord in chords]) if level != "easy" else [0] * len(spots)
    placed = _lengths(notes, chords, spots, sizes, clock=clock, fit=fit)
    return Rhythm(
        notes=tuple(sorted(placed, key=lambda n: (n.bar, n.onset, n.pitch))),
        quarters=tuple(b.quarters for b in bars),
        swing=fit.swing != 0.5,
        level=level,
        spread_seconds=fit.spread_seconds,
        beat_seconds=fit.times,
        omitted=len(notes) - len(placed),
    )


class _Clock:
    """Beats of all bars in a row, and quarters since the piece began."""

    def __init__(self, bars: Sequence[BarTimes], compound: bool) -> None:
        self.unit = Fraction(3, 2) if compound else Fraction(1)
        self.times = [t for b in bars for t in b.beats] + [bars[-1].end]
        self.starts: list[Fraction] = [Fraction(0)]
        for bar in bars:
            self.starts.append(self.starts[-1] + bar.quarters)
        self.end = self.starts[-1]

    def place(self, beat: int, part: Fraction) -> Fraction:
        """Quarters since the beginning; nothing starts on the final bar line."""
        return min((beat + part) * self.unit, self.end - self.unit / 4)

    def quarters_at(self, seconds: Sequence[float], times: Sequence[float]) -> list[float]:
        """Quarters since the beginning, by the beat borders `times`."""
        found: list[float] = (np.interp(seconds, times, np.arange(len(times))) * float(self.unit)).tolist()
        return found

    def bar_of(self, place: Fraction) -> int:
        return min(bisect_right(self.starts, place) - 1, len(self.starts) - 2)


def _choose(
    notes: Sequence[Heard], strokes: Sequence[tuple[int, ...]], sizes: Sequence[int], *, level: str
) -> list[list[int]]:
    """Which notes of each stroke a level keeps."""
    if level == "full":
        return [list(s) for s in strokes]
    two_voices = any(sizes)
    kept: list[list[int]] = []
    for members, size in zip(strokes, sizes, strict=True):
        ordered = sorted(members, key=lambda i: notes[i].pitch)
        bass, upper = ordered[:size], ordered[size:]
        if level == "easy":
            kept.append(upper[-1:] if upper else ([] if two_voices else bass[-1:]))
        else:
            kept.append([*(bass[:1] or upper[:-1][:1]), *upper[-1:]])
    return _without_falls(notes, kept) if level == "easy" else kept


def _without_falls(notes: Sequence[Heard], kept: Sequence[Sequence[int]]) -> list[list[int]]:
    """The melody without notes that fall far below it and come back: those are accompaniment."""
    out = [list(k) for k in kept]
    for _ in range(2):
        line = [(j, k[0]) for j, k in enumerate(out) if k]
        for (_, before), (j, here), (_, after) in zip(line, line[1:], line[2:], strict=False):
            near = notes[after].onset - notes[before].onset < FALL_SECONDS
            deep = min(notes[before].pitch, notes[after].pitch) - notes[here].pitch
            if near and deep > FALL_SEMITONES:
                out[j] = []
    return out


def _lengths(
    notes: Sequence[Heard],
    chords: Sequence[Sequence[int]],
    spots: Sequence[Fraction],
    sizes: Sequence[int],
    *,
    clock: _Clock,
    fit: Fit,
) -> list[Placed]:
    """Give voices and lengths."""
    bar_of = [clock.bar_of(s) for s in spots]
    ends = clock.quarters_at([n.offset for n in notes], fit.times)
    bass_end = [max(ends[i] for i in (c[:k] or c)) for c, k in zip(chords, sizes, strict=True)]
    ringing = ringing_bars(
        [[notes[i].pitch for i in c] for c in chords],
        sizes,
        bars=bar_of,
        places=[float(s) for s in spots],
        ends=bass_end,
    )
    by_bar: dict[int, list[tuple[int, int]]] = {}
    for chord, size, bar in zip(chords, sizes, bar_of, strict=True):
        by_bar.setdefault(bar, []).append((size, len(chord)))
    if len(ringing) < 0.15 * len(by_bar):
        ringing = set()
    elif len(ringing) > 0.4 * len(by_bar):
        # a piece in two voices stays so, except where they move as one
        for bar, strokes in by_bar.items():
            both = any(k > 0 for k, _ in strokes) and any(k < n for k, n in strokes)
            if both and not all(0 < k < n for k, n in strokes):
                ringing.add(bar)
    placed: list[Placed] = []
    lines: dict[int, list[tuple[Fraction, list[int], float]]] = {1: [], 2: []}
    for chord, spot, size, bar in zip(chords, spots, sizes, bar_of, strict=True):
        low, high = (list(chord[:size]), list(chord[size:])) if bar in ringing else ([], list(chord))
        for voice, members in ((1, high), (2, low)):
            if members:
                lines[voice].append((spot, members, max(ends[i] for i in members)))
    for voice, line in lines.items():
        for k, (spot, members, end) in enumerate(line):
            following = line[k + 1][0] if k + 1 < len(line) else clock.end
            if voice == 1 and clock.bar_of(spot) not in ringing:
                # in a bar of one voice everything that follows, of any line, ends the note
                later = bisect_right(spots, spot)
                following = min(following, spots[later]) if later < len(spots) else following
            last = k + 1 == len(line)
            stop = _stop(spot, end=end, following=following, clock=clock, last=last)
            bar = clock.bar_of(spot)
            for i in members:
                n = notes[i]
                placed.append(
                    Placed(
                        bar=bar,
                        onset=spot - clock.starts[bar],
                        duration=stop - spot,
                        pitch=n.pitch,
                        velocity=n.velocity,
                        voice=voice,
                        seconds=n.onset,
                    )
                )
    return placed


def _stop(spot: Fraction, *, end: float, following: Fraction, clock: _Clock, last: bool) -> Fraction:
    """Where a note that sounds until `end` stops on paper, the next of its voice coming at `following`."""
    unit = clock.unit
    space = following - spot
    gap = float(following) - end
    heard = end - float(spot)
    bar = clock.bar_of(spot)
    barline = clock.starts[bar + 1]
    if space <= unit and not last:
        return following  # no rests shorter than what separates two neighbours of a beat
    if not last and (gap < 0.75 * float(unit) or heard > 0.7 * float(space)):
        stop = following
    else:
        # up to the end of the beat in which the sound ends, a little ringing over not counted
        beats = max(1, round((end - float(clock.starts[bar])) / float(unit)))
        stop = clock.starts[bar] + beats * unit
        while stop <= spot:
            stop += unit
        stop = min(stop, following)
    if stop > barline and (end < float(barline) + 0.6 * float(unit) or (last and stop - barline < unit)):
        stop = barline  # ringing over the bar line is not worth a tie
    return stop
