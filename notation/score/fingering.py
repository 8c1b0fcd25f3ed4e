"""Where the left hand goes: the cheapest path over playable hand shapes.

After Sayegh, "Fingering for string instruments with the optimum path paradigm" (Computer Music Journal 13:3, 1989)
and Radicioni and Lombardo, "Guitar fingering for music performance" (ICMC 2005), with chords and single notes alike.

Steps of `finger`:
1. Bring notes outside the instrument's range in by octaves; what is struck together and cannot be, loses inner notes
   (or has them moved by an octave). Every such change is recorded.
2. For each stroke list the shapes: a string and fret for every note, one note a string, at most four fingers (a barre
   is one), within a reach measured in millimetres of a 650 mm scale. Notes of before that should ring on are part
   of the shape. A state is a shape and the fret where the first finger stands.
3. A state costs its stretch, barre, height and skipped strings; open strings are cheap. A step costs the way of the
   hand, dearer the less time there is, cheaper from open strings; crossing strings; and cutting a note that rings.
4. The shortest path (Viterbi; one small matrix a stroke).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from notation.score.model import Fretboard, Placed, ScoreError, Tick, no_tick

SCALE_MM = 650.0
EASY_REACH_MM = 100.0  # frets 1 to 4
LONGEST_REACH_MM = 132.0  # frets 1 to 5, with effort
STATES = 40  # kept per stroke

HEIGHT = 0.05  # a fret of position
STRETCH = 0.9  # for the fifth fret under the hand
BARRE = 0.5
OPEN = -0.12
OPEN_HIGH = 0.25  # an open string while the hand is far up
SKIPPED_STRING = 0.25  # in a chord, which may be strummed
SKIPPED_BETWEEN = 0.05  # thumb and finger pluck two strings wherever they are
MOVE = 0.42  # a fret, with time
HURRY = 0.9  # more when there is none
CROSS = 0.06  # a string
CUT = 1.6  # a note that should ring on
MUCH_BETTER = 0.15  # share of the notes that must gain before a whole piece changes its octave
OTHER_PLACE = 0.5  # the same pitch again, elsewhere

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """A note that could not stay as it was: new_pitch None means it was left out."""

    bar: int
    onset: Fraction
    pitch: int
    new_pitch: int | None


@dataclass(frozen=True)
class Tabbed:
    """Notes with string and fret, what had to change for it, and the frets at which the hand stands."""

    board: Fretboard
    notes: tuple[Placed, ...]
    changes: tuple[Change, ...]
    lowest_position: int
    highest_position: int
    cost: float


@dataclass(frozen=True)
class _Shapes:
    """All states for one set of pitches; rows are states, columns pitches (ascending)."""

    pitches: tuple[int, ...]
    strings: Ints  # (states, pitches) index into the fretboard's strings
    frets: Ints  # (states, pitches) from the capo
    hand: Ints  # (states,) fret of the first finger, from the capo
    middle: Floats  # (states,) mean string
    cost: Floats  # (states,)
    free: NDArray[np.bool_]  # (states,) nothing fretted: the hand may go


def finger(
    notes: Sequence[Placed],
    *,
    board: Fretboard,
    starts: Sequence[Fraction],
    quarter_seconds: float = 0.5,
    tick: Tick = no_tick,
) -> Tabbed:
    """String and fret for every note. `starts`: quarters from the beginning to each bar."""
    if not notes:
        return Tabbed(board, (), (), 0, 0, 0.0)
    changes: list[Change] = []
    fitted = _in_range(notes, board, changes)
    strokes: dict[Fraction, list[Placed]] = {}
    for n in fitted:
        strokes.setdefault(starts[n.bar] + n.onset, []).append(n)
    times = sorted(strokes)
    kept: list[list[Placed]] = []
    layers: list[_Shapes] = []
    ringing: list[tuple[Fraction, int]] = []  # (end, pitch)
    held_of: list[frozenset[int]] = []
    for time in times:
        tick()
        chord = _playable(strokes[time], board, changes)
        pitches = {n.pitch for n in chord}
        ringing = [(end, p) for end, p in ringing if end > time and p not in pitches]
        held = sorted({p for _, p in ringing}, reverse=True)
        while held and not _has_shapes(board, tuple(sorted(pitches | set(held)))):
            held.pop()  # lets go of the lowest last added first; a melody matters more than what rings under it
        layers.append(_shapes(board, tuple(sorted(pitches | set(held)))))
        held_of.append(frozenset(held))
        ringing = [(end, p) for end, p in ringing if p in held]
        ringing += [(time + n.duration, n.pitch) for n in chord]
        kept.append(chord)
    path, cost = _shortest(layers, held_of, [float(t) * quarter_seconds for t in times])
    out: list[Placed] = []
    hands: list[int] = []
    for chord, layer, state in zip(kept, layers, path, strict=True):
        column = {p: k for k, p in enumerate(layer.pitches)}
        for n in chord:
            k = column[n.pitch]
            string = len(board.strings) - int(layer.strings[state, k])
            out.append(replace(n, string=string, fret=int(layer.frets[state, k])))
        if not layer.free[state]:
            hands.append(int(layer.hand[state]))
    return Tabbed(board, tuple(out), tuple(changes), min(hands, default=0), max(hands, default=0), cost)


def best_octave(notes: Sequence[Placed], *, board: Fretboard) -> int:
    """-2 to 2: by how many octaves the whole is better moved to lie on the instrument; 0 unless much is gained."""
    low, high = min(board.strings) + board.capo, max(board.strings) + board.frets
    comfortable = max(board.strings) + board.capo + 12

    def misfit(shift: int) -> float:
        pitches = [n.pitch + 12 * shift for n in notes]
        return sum((p < low) + (p > high) + 0.3 * (p > comfortable) for p in pitches) / max(1, len(pitches))

    best = min((-1, 1, -2, 2), key=misfit)
    return best if misfit(0) - misfit(best) > MUCH_BETTER else 0


def in_octave(notes: Sequence[Placed], *, octaves: int) -> list[Placed]:
    """The same notes so many octaves higher."""
    return [_moved(n, n.pitch + 12 * octaves) for n in notes] if octaves else list(notes)


def _in_range(notes: Sequence[Placed], board: Fretboard, changes: list[Change]) -> list[Placed]:
    low = min(board.strings) + board.capo
    high = max(board.strings) + board.frets
    taken = {(n.bar, n.onset, n.pitch) for n in notes}
    out: list[Placed] = []
    for n in notes:
        pitch = n.pitch
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        place = (n.bar, n.onset, pitch)
        if pitch < low or not _spots(board, pitch) or (pitch != n.pitch and place in taken):
            changes.append(Change(n.bar, n.onset, n.pitch, None))
            continue
        if pitch != n.pitch:
            changes.append(Change(n.bar, n.onset, n.pitch, pitch))
            n = _moved(n, pitch)
            taken.add(place)
        out.append(n)
    return out


def _moved(note: Placed, pitch: int) -> Placed:
    spelling = note.spelling
    if spelling is not None:
        spelling = replace(spelling, octave=spelling.octave + (pitch - note.pitch) // 12)
    return replace(note, pitch=pitch, spelling=spelling)


def _playable(chord: Sequence[Placed], board: Fretboard, changes: list[Change]) -> list[Placed]:
    """The notes of a stroke that a hand can play together: outer notes stay, inner ones give way."""
    notes = sorted(chord, key=lambda n: n.pitch)
    while not _has_shapes(board, tuple(sorted({n.pitch for n in notes}))):
        pitches = {n.pitch for n in notes}
        if len(pitches) < 2:
            raise ScoreError("A note that no string can play.")
        lowest, highest = min(pitches), max(pitches)
        inner = [n for n in notes if lowest < n.pitch < highest]
        victim = min(inner, key=lambda n: n.velocity) if inner else notes[0]
        victims = [n for n in notes if n.pitch == victim.pitch]  # the same in another voice goes with it
        rest = [n for n in notes if n.pitch != victim.pitch]
        others = {n.pitch for n in rest}
        new_pitch = None
        for pitch in (victim.pitch + 12, victim.pitch - 12):
            within = pitch < highest and (pitch > lowest or not inner)
            fits = within and pitch not in others and _spots(board, pitch)
            if fits and _has_shapes(board, tuple(sorted(others | {pitch}))):
                new_pitch = pitch
                rest += [_moved(n, pitch) for n in victims]
                break
        changes += [Change(n.bar, n.onset, n.pitch, new_pitch) for n in victims]
        notes = sorted(rest, key=lambda n: n.pitch)
    return notes


@lru_cache(maxsize=4096)
def _spots(board: Fretboard, pitch: int) -> tuple[tuple[int, int], ...]:
    """(string index, fret from the capo) of every place that sounds `pitch`."""
    return tuple(
        (s, pitch - opened - board.capo)
        for s, opened in enumerate(board.strings)
        if 0 <= pitch - opened - board.capo <= board.frets - board.capo
    )


def reach_mm(low: int, high: int) -> float:
    """From the wire of fret `low` to that of `high`, both counted from the nut."""
    return float(SCALE_MM * (2 ** (-low / 12) - 2 ** (-high / 12)))


def _has_shapes(board: Fretboard, pitches: tuple[int, ...]) -> bool:
    return len(pitches) <= len(board.strings) and len(_shapes(board, pitches).cost) > 0


@lru_cache(maxsize=20000)
def _shapes(board: Fretboard, pitches: tuple[int, ...]) -> _Shapes:
    rows: list[tuple[float, tuple[int, ...], tuple[int, ...], int]] = []
    options = [_spots(board, p) for p in pitches]

    def grow(k: int, used: int, strings: tuple[int, ...], frets: tuple[int, ...], low: int, high: int) -> None:
        if k == len(pitches):
            rows.extend(_states(board, strings, frets, low, high))
            return
        for s, f in options[k]:
            if used >> s & 1:
                continue
            lower, higher = (min(low, f), max(high, f)) if f else (low, high)
            if higher > lower and reach_mm(lower + board.capo, higher + board.capo) > LONGEST_REACH_MM:
                continue
            grow(k + 1, used | 1 << s, (*strings, s), (*frets, f), lower, higher)

    grow(0, 0, (), (), 99, 0)
    rows.sort(key=lambda r: r[0])
    if len(rows) > STATES:
        # the cheapest, but every way to put the notes on strings keeps its best hand
        seen: set[tuple[int, ...]] = set()
        first = [r for r in rows if not (r[1] in seen or seen.add(r[1]))]  # type: ignore[func-returns-value]
        chosen = first[:STATES]
        taken = set(map(id, chosen))
        chosen += [r for r in rows if id(r) not in taken][: STATES - len(chosen)]
        rows = chosen
    n = len(pitches)
    strings = np.array([r[1] for r in rows], dtype=np.int64).reshape(len(rows), n)
    frets = np.array([r[2] for r in rows], dtype=np.int64).reshape(len(rows), n)
    hand = np.array([r[3] for r in rows], dtype=np.int64)
    middle = strings.mean(axis=1) if len(rows) else np.zeros(0)
    cost = np.array([r[0] for r in rows], dtype=np.float64)
    free = (frets == 0).all(axis=1) if len(rows) else np.zeros(0, dtype=bool)
    return _Shapes(pitches, strings, frets, hand, middle, cost, free)


def _states(
    board: Fretboard, strings: tuple[int, ...], frets: tuple[int, ...], low: int, high: int
) -> list[tuple[float, tuple[int, ...], tuple[int, ...], int]]:
    """Every place of the first finger from which the shape can be held, with its cost."""
    opened = sum(f == 0 for f in frets)
    gaps = max(strings) - min(strings) + 1 - len(strings)
    base = gaps * (SKIPPED_STRING if len(strings) > 2 else SKIPPED_BETWEEN)
    if high == 0:
        top = board.frets - board.capo
        return [
            (base + opened * (OPEN + (OPEN_HIGH if hand > 5 else 0)) + HEIGHT * 0.3 * hand, strings, frets, hand)
            for hand in (*range(1, min(8, top + 1)), 9, 12)
            if hand <= top
        ]
    pressed = sorted((s, f) for s, f in zip(strings, frets, strict=True) if f)
    on_low = [s for s, f in pressed if f == low]
    fingers = len(pressed)
    barre = 0.0
    if len(on_low) > 1 and (fingers > 4 or len(on_low) > 2):
        covered = range(min(on_low), max(on_low) + 1)
        if any(f == 0 and s in covered for s, f in zip(strings, frets, strict=True)):
            if fingers > 4:
                return []
        else:
            fingers -= len(on_low) - 1
            barre = BARRE
    if fingers > 4:
        return []
    reach = reach_mm(low + board.capo, high + board.capo)
    stretch = max(0.0, reach - EASY_REACH_MM) / 20.0 * STRETCH
    out: list[tuple[float, tuple[int, ...], tuple[int, ...], int]] = []
    for hand in range(max(1, high - 4), low + 1):
        if high - hand == 4 and reach_mm(hand + board.capo, high + board.capo) > LONGEST_REACH_MM:
            continue
        if barre and hand != low:
            continue
        cost = base + barre + stretch + HEIGHT * hand * (1 + 0.35 * (len(pressed) - 1))
        cost += opened * (OPEN + (OPEN_HIGH if hand > 5 else 0))
        if high - hand == 4 and high - low < 4:
            cost += STRETCH
        cost += 0.03 * (low - hand)  # first finger over the lowest fret where nothing else matters
        out.append((cost, strings, frets, hand))
    if not out and high - low > 4:
        out.append((base + barre + stretch + STRETCH + HEIGHT * low * len(pressed), strings, frets, low))
    return out


def _shortest(
    layers: Sequence[_Shapes], held_of: Sequence[frozenset[int]], seconds: Sequence[float]
) -> tuple[list[int], float]:
    total = layers[0].cost.copy()
    back: list[Ints] = []
    for k in range(1, len(layers)):
        before, now = layers[k - 1], layers[k]
        gap = max(0.03, seconds[k] - seconds[k - 1])
        pace = MOVE * (1 + HURRY * min(3.0, 0.2 / gap)) * min(1.0, 1.6 / (0.6 + gap))
        way = np.abs(before.hand[:, None] - now.hand[None, :]).astype(np.float64)
        way *= np.where(before.free, 0.55, 1.0)[:, None]
        step = pace * way + 0.25 * (way > 0)
        step += CROSS * np.abs(before.middle[:, None] - now.middle[None, :])
        for b, pitch in enumerate(now.pitches):
            if pitch in before.pitches:
                a = before.pitches.index(pitch)
                worth = CUT if pitch in held_of[k] else OTHER_PLACE
                step += worth * (before.strings[:, a][:, None] != now.strings[:, b][None, :])
        step += total[:, None]
        best = step.argmin(axis=0)
        back.append(best)
        total = step[best, np.arange(step.shape[1])] + now.cost
    state = int(total.argmin())
    cost = float(total[state])
    path = [state]
    for best in reversed(back):
        state = int(best[state])
        path.append(state)
    return path[::-1], cost
