"""Seconds to places in the bar: each beat gets the division that explains its notes at the least cost.

Steps of `place_onsets`:
1. Notes struck together (within 45 ms) become one stroke.
2. Strokes are given as parts of a beat by the beat times. The tracker's beats are themselves shaky, so they are
   refitted afterwards (step 5) and the whole is done again.
3. Every beat chooses a division: none, 2, 3, 4, 6 (8 in slow music). The cost of a stroke on a place is its
   deviation in seconds against the spread of this piece, and how rarely this piece uses the place; a division pays
   for being fine, two strokes on one place pay, and neighbouring beats pay for changing between halves and thirds.
   The cheapest path over all beats is found exactly (Viterbi).
4. What this piece uses is counted, and step 3 done again with it: a piece in plain quavers takes a late quaver for
   a quaver. This is the shape of Cemgil, Desain and Kappen, "Rhythm quantization for transcription" (Computer Music
   Journal 24:2, 2000) and of the metrical HMM of Raphael (2002), with divisions as states.
5. Beat times are refitted to the placed strokes by least squares: close to the tracker, close to the strokes, and
   of even tempo.

Swing: pairs of which the second comes at about two thirds are written as plain eighths under the word "Swing",
if that is how the piece mostly goes and beats of three are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from notation.score.model import Heard, Tick, no_tick

TOGETHER_SECONDS = 0.045
SHORTEST_SECONDS = 0.085
TIGHTEST_SECONDS = 0.012  # no player and no recogniser is steadier
HEAD_START = 4.0
HALF = Fraction(1, 2)

Floats = NDArray[np.float64]

# parts a beat may be cut in -> what that costs before the piece has told what it likes (nats)
DIVISION_COSTS = {1: 0.0, 2: 0.5, 3: 1.7, 4: 1.1, 6: 4.0, 8: 5.0}
COMPOUND_COSTS = {1: 0.0, 3: 0.4, 2: 3.0, 6: 1.3, 12: 5.0}
COLLISION_COST = 9.0  # two strokes on one place
RAREST_COST = 3.5  # what a place that the piece never used yet can cost at most
CHANGE_COST = 0.7  # from halves to thirds and back between neighbouring beats
OUTLIER_COST = 8.0  # no stroke costs more than this, however badly it fits
BEAT_SPREAD_SECONDS = 0.022  # of a tracker's beats around the true ones
EVEN_TEMPO_SECONDS = 0.012  # how much one beat may differ from its neighbours' mean


@dataclass(frozen=True)
class Stroke:
    """Notes struck together: seconds, and their indices in the list given."""

    seconds: float
    members: tuple[int, ...]


@dataclass(frozen=True)
class Fit:
    """The outcome: for each stroke its beat and its part of it; beat times as refitted."""

    beats: tuple[int, ...]
    parts: tuple[Fraction, ...]  # 0 <= part < 1 of the beat
    divisions: tuple[int, ...]  # per beat
    times: tuple[float, ...]  # seconds of every beat border, one more than beats
    spread_seconds: float
    cost: float  # of the path, in nats
    swing: float  # where the second of a swung pair falls, 0.5 straight, about 0.67 in swing


def strokes_of(notes: Sequence[Heard], *, together: float = TOGETHER_SECONDS) -> list[Stroke]:
    """Group notes by onset; the stroke's time is the velocity-weighted mean, which evens out detection."""
    order = sorted(range(len(notes)), key=lambda i: notes[i].onset)
    strokes: list[Stroke] = []
    current: list[int] = []
    for i in [*order, -1]:
        if current and (i < 0 or notes[i].onset - notes[current[0]].onset > together):
            weights = [max(1, notes[j].velocity) for j in current]
            seconds = sum(w * notes[j].onset for w, j in zip(weights, current, strict=True)) / sum(weights)
            strokes.append(Stroke(seconds, tuple(current)))
            current = []
        if i >= 0:
            current.append(i)
    return strokes


def place_onsets(
    seconds: Sequence[float],
    *,
    beat_times: Sequence[float],
    compound: bool = False,
    finest: int = 0,
    swing: str = "auto",
    rounds: int = 4,
    tick: Tick = no_tick,
) -> Fit:
    """Places for strokes at `seconds` (ascending) among `beat_times` (borders, one more than beats).

    finest   finest division allowed to a beat; 0 leaves it to the music
    swing    auto, yes, no
    rounds   how often steps 3 to 5 are done
    """
    times = np.asarray(beat_times, dtype=float)
    strokes = np.asarray(seconds, dtype=float)
    if not len(strokes):
        return Fit((), (), tuple(1 for _ in times[:-1]), tuple(times), 0.0, 0.0, 0.5)
    costs = dict(COMPOUND_COSTS if compound else DIVISION_COSTS)
    if finest:
        costs = {d: c for d, c in costs.items() if d <= finest} or {1: 0.0}
    times = times + _bias(strokes, times)
    swung = 0.5
    if swing != "no" and not compound and 2 in costs:
        swung = _swing_of(strokes, times, sure=swing == "yes")
    fit = _fit(strokes, times, costs=costs, first={}, swung=swung, rounds=rounds, tick=tick)
    fine = sum(d > 2 for d in fit.divisions)
    if not compound and {3, 4} <= costs.keys() and fine > 0.05 * len(fit.divisions):
        # thirds and fourths can each explain the other's strokes badly but steadily; so both get a head start once
        for first in ({4: HEAD_START, 8: HEAD_START}, {3: HEAD_START, 6: HEAD_START}):
            other = _fit(strokes, times, costs=costs, first=first, swung=swung, rounds=rounds, tick=tick)
            fit = min(fit, other, key=lambda f: f.cost)
    return fit


def _fit(
    strokes: Floats,
    given: Floats,
    *,
    costs: dict[int, float],
    first: dict[int, float],
    swung: float,
    rounds: int,
    tick: Tick,
) -> Fit:
    """Steps 3 to 5, `rounds` times; `first` is added to the costs of divisions in the first round."""
    times = given
    spread = 0.025
    usage: dict[tuple[int, int], float] | None = None
    beats = np.zeros(len(strokes), dtype=int)
    parts: list[Fraction] = []
    divisions: list[int] = []
    cost = 0.0
    last = len(times) - 2
    for k in range(rounds):
        tick()
        now = costs if k else {d: c + first.get(d, 0.0) for d, c in costs.items()}
        beats, parts, divisions, deviations, cost = _best_divisions(
            strokes, times, costs=now, spread=spread, usage=usage, swung=swung
        )
        cost += len(strokes) * float(np.log(spread / TIGHTEST_SECONDS))  # a loose fit explains anything
        usage = _usage(parts, divisions, beats)
        inliers = deviations[np.abs(deviations) < 0.08]
        if len(inliers) > 8:
            spread = float(np.clip(1.2 * 1.4826 * np.median(np.abs(inliers)), TIGHTEST_SECONDS, 0.035))
        sounding = [
            swung if p == HALF and divisions[min(int(b), last)] == 2 else float(p)
            for b, p in zip(beats, parts, strict=True)
        ]
        places = beats + np.array(sounding)
        times = _refit(given, strokes, places, spread=spread)
    return Fit(
        beats=tuple(int(b) for b in beats),
        parts=tuple(parts),
        divisions=tuple(divisions),
        times=tuple(float(t) for t in times),
        spread_seconds=spread,
        cost=cost,
        swing=swung,
    )


def explain(seconds: Floats, *, beat_times: Floats, compound: bool) -> Fit:
    """How onsets (of notes, any order) are told in simple or in compound beats, and at what cost."""
    strokes = [float(t) for t in _merged(seconds)]
    return place_onsets(strokes, beat_times=[float(t) for t in beat_times], compound=compound, rounds=2)


def _merged(seconds: Floats) -> Floats:
    """Onsets of chords as one."""
    ordered = np.sort(seconds)
    return ordered[np.concatenate(([True], np.diff(ordered) > TOGETHER_SECONDS))]


def _sounding(k: int, d: int, swung: float) -> float:
    """Where the k-th of d parts of a beat sounds: of a swung pair, and of nothing else, the second moves."""
    return swung if (k, d) == (1, 2) else k / d


def _bias(strokes: Floats, times: Floats) -> float:
    """How late the whole pulse is: the median distance of the strokes that are clearly on a beat."""
    nearest = np.clip(np.searchsorted(times, strokes), 1, len(times) - 1)
    nearest -= (strokes - times[nearest - 1]) < (times[nearest] - strokes)
    away = strokes - times[nearest]
    close = away[np.abs(away) < np.minimum(0.07, 0.14 * float(np.median(np.diff(times))))]
    return float(np.median(close)) if len(close) >= 5 else 0.0


def _swing_of(strokes: Floats, times: Floats, *, sure: bool) -> float:
    """The place of off-beat strokes in beats that hold just one inside; 0.5 unless the piece plainly swings."""
    place = np.interp(strokes, times, np.arange(len(times)))
    beat = np.floor(place + 0.12).astype(int)
    inside = place - beat
    off = (inside > 0.2) & (inside < 0.86)
    count = np.bincount(np.clip(beat[off], 0, len(times)), minlength=len(times) + 1)
    pairs = inside[off & (count[np.clip(beat, 0, len(times))] == 1)]
    full = int((count >= 2).sum())
    if len(pairs) < 6 or (full > 0.5 * len(pairs) and not sure):
        return 2 / 3 if sure else 0.5
    long = pairs[(pairs > 0.56) & (pairs < 0.74)]
    middle = float(np.median(pairs))
    swings = len(long) > 0.6 * len(pairs) and 0.57 <= middle <= 0.72
    if not swings:
        return 2 / 3 if sure else 0.5
    return middle


def _best_divisions(
    strokes: Floats,
    times: Floats,
    *,
    costs: dict[int, float],
    spread: float,
    usage: dict[tuple[int, int], float] | None,
    swung: float,
) -> tuple[NDArray[np.int64], list[Fraction], list[int], Floats, float]:
    """One pass of step 3: beat and part of each stroke, division of each beat, deviations in seconds, the cost."""
    n_beats = len(times) - 1
    names = list(costs)
    lengths = np.diff(times)
    place = np.interp(strokes, times, np.arange(n_beats + 1))
    beat = np.clip(np.floor(place).astype(int), 0, n_beats - 1)
    inside = (strokes - times[beat]) / lengths[beat]
    inside = np.clip(inside, 0.0, 1.0)

    grids = {d: np.array([_sounding(k, d, swung) for k in range(d + 1)]) for d in names}
    table = np.empty((n_beats, len(names)))
    spots_of: list[NDArray[np.int64]] = []
    same_beat = np.concatenate(([False], beat[1:] == beat[:-1]))
    for column, d in enumerate(names):
        away = np.abs(inside[:, None] - grids[d][None, :]) * (lengths[beat] / spread)[:, None]
        cost = np.minimum(away**2 / 2, OUTLIER_COST)
        if usage is not None:
            cost = cost + np.array([usage[d, k % d] for k in range(d + 1)])[None, :]
        spots = cost.argmin(axis=1)
        mine = cost[np.arange(len(spots)), spots]
        # strokes ascend, so those that share a place are neighbours
        mine = mine + COLLISION_COST * (same_beat & (spots == np.concatenate(([-1], spots[:-1]))))
        table[:, column] = costs[d] + np.bincount(beat, weights=mine, minlength=n_beats)
        if d > 4:
            # two strokes closer than this are a rolled chord, not a rhythm
            table[lengths / d < SHORTEST_SECONDS, column] = np.inf
        spots_of.append(spots)

    # Viterbi over beats; the state is the division and, where nothing tells, the family of the beat before
    family = {1: 0, 2: 1, 4: 1, 8: 1, 3: 2, 6: 2, 12: 2}
    states = [(i, f) for i, d in enumerate(names) for f in ((1, 2) if d == 1 else (family[d],))]
    change = np.array([[CHANGE_COST if f != g else 0.0 for _, g in states] for _, f in states])
    table = table[:, [i for i, _ in states]]
    total = table[0].copy()
    back = np.zeros((n_beats, len(states)), dtype=int)
    for b in range(1, n_beats):
        step = total[:, None] + change
        back[b] = step.argmin(axis=0)
        total = step[back[b], np.arange(len(states))] + table[b]
    state = int(total.argmin())
    cost_of_path = float(total[state])
    path = [0] * n_beats
    for b in range(n_beats - 1, -1, -1):
        path[b] = states[state][0]
        state = int(back[b][state])

    divisions = [names[p] for p in path]
    chosen = np.array(path)[beat]
    spots = np.stack(spots_of)[chosen, np.arange(len(strokes))]
    parts: list[Fraction] = []
    beats = beat.copy()
    deviations = np.zeros(len(strokes))
    for i, (k, column) in enumerate(zip(spots.tolist(), chosen.tolist(), strict=True)):
        d = names[column]
        deviations[i] = (inside[i] - grids[d][k]) * lengths[beat[i]]
        beats[i] += k // d
        parts.append(Fraction(k % d, d))
    return beats, parts, divisions, deviations, cost_of_path


def _usage(
    parts: Sequence[Fraction], divisions: Sequence[int], beats: NDArray[np.int64]
) -> dict[tuple[int, int], float]:
    """-log of how often the piece uses each place, eased by counts that every piece starts with."""
    seen: dict[Fraction, float] = {}
    for part in parts:
        seen[part] = seen.get(part, 0.0) + 1.0
    base = {1: 4.0, 2: 2.5, 4: 0.8, 3: 0.6, 6: 0.2, 8: 0.1, 12: 0.1}
    weight = 0.04 * len(parts) + 1.0
    usage: dict[tuple[int, int], float] = {}
    total = sum(seen.values())
    for d in (1, 2, 3, 4, 6, 8, 12):
        for k in range(d):
            part = Fraction(k, d)
            prior = base[part.denominator if part.denominator in base else 12] * weight / 4
            rarity = -float(np.log((seen.get(part, 0.0) + prior) / (total + 4 * weight)))
            usage[d, k] = min(rarity, RAREST_COST)
    return usage


def _refit(given: Floats, strokes: Floats, places: Floats, *, spread: float) -> Floats:
    """Least squares for beat times x: x near `given`, interpolated x near strokes, x of even tempo. Banded solve."""
    from scipy.linalg import solveh_banded

    n = len(given)
    diagonal = np.full(n, 1 / BEAT_SPREAD_SECONDS**2)
    first, second = np.zeros(n), np.zeros(n)
    right = given / BEAT_SPREAD_SECONDS**2
    floor = np.clip(np.floor(places).astype(int), 0, n - 2)
    part = places - floor
    predicted = given[floor] * (1 - part) + given[floor + 1] * part
    # a stroke far from its place says nothing about the beat
    weight = np.where(np.abs(strokes - predicted) < 0.08, 1.0, 0.0) / spread**2
    np.add.at(diagonal, floor, weight * (1 - part) ** 2)
    np.add.at(diagonal, floor + 1, weight * part**2)
    np.add.at(first, floor, weight * part * (1 - part))
    np.add.at(right, floor, weight * (1 - part) * strokes)
    np.add.at(right, floor + 1, weight * part * strokes)
    even = 1 / EVEN_TEMPO_SECONDS**2
    if n > 2:
        diagonal[:-2] += even
        diagonal[1:-1] += 4 * even
        diagonal[2:] += even
        first[:-2] -= 2 * even
        first[1:-1] -= 2 * even
        second[:-2] += even
    banded = np.zeros((3, n))
    banded[2] = diagonal
    banded[1, 1:] = first[:-1]
    banded[0, 2:] = second[:-2]
    fitted: Floats = solveh_banded(banded, right)
    rising: Floats = np.maximum.accumulate(fitted) + np.arange(n) * 1e-9
    return rising
