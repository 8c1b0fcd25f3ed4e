"""Which bars of a song's parts belong together, also where a book has bars too few or too many.

Parts of the count that most agree on go by place; the longest one leads where none agree. Every other part is laid
beside them by dynamic programming over bars:
  1. two bars are alike by metre, key, length, rehearsal mark, tempo, bar line and road signs, by the notes they share,
     and by rhythm;
  2. leaving bars out costs for the first of them and a little for each more: a rest miscounted is one mistake,
     and so is a line that was not read. Beside a rest it costs less, for there it happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notation.score.check.bars import Bar

GRID = 48  # places of a bar at which onsets are compared
LACKS, LACKS_MORE, LACKS_AT_REST = 8.0, 0.4, 6.0  # cost of bars that a part lacks
EXTRA, EXTRA_MORE, EXTRA_RESTS = 8.0, 1.5, 5.0  # of bars that only it has; the first of them silent


@dataclass(frozen=True)
class Slip:
    """Where a part loses its place."""

    part: str
    column: int  # bar of the song before which it happens
    bar: int  # bar of the part before which it happens, or the first of those too many
    missing: int = 0  # bars it lacks here
    extra: int = 0  # bars it has too many here


def columns(parts: Mapping[str, Sequence[Bar]]) -> list[dict[str, int]]:
    """Of each bar of the song, part -> index of its bar. A bar that only one part has is a column of its own."""
    count = agreed(parts)
    lead = {part: bars for part, bars in parts.items() if len(bars) == count}
    out: list[dict[str, int]] = [dict.fromkeys(lead, n) for n in range(count)]
    alone: list[tuple[int, int, str]] = []  # before this column, bar, part
    for part, bars in parts.items():
        if part in lead:
            continue
        here = 0
        for bar, column in beside(bars, list(lead.values())):
            if column is None and bar is not None:
                alone.append((here, bar, part))
            elif column is not None:
                here = column + 1
                if bar is not None:
                    out[column][part] = bar
    for before, bar, part in sorted(alone, reverse=True):
        out.insert(before, {part: bar})
    return out


def agreed(parts: Mapping[str, Sequence[Bar]]) -> int:
    """The number of bars most parts have; of numbers equally frequent the larger."""
    counts = Counter(len(bars) for bars in parts.values())
    return max(counts, key=lambda count: (counts[count], count), default=0)


def slips(parts: Mapping[str, Sequence[Bar]]) -> list[Slip]:
    """Where parts of another length than most slip, in the order of parts and bars."""
    count = agreed(parts)
    lead = [bars for bars in parts.values() if len(bars) == count]
    found: list[Slip] = []
    for part, bars in parts.items():
        if len(bars) == count:
            continue
        at = column_at = 0
        lacking = surplus = 0
        for bar, column in [*beside(bars, lead), (len(bars), count)]:
            if bar is None:
                lacking += 1
                continue
            if column is None:
                surplus += 1
                continue
            if lacking or surplus:
                found.append(Slip(part, column_at, at, lacking, surplus))
            lacking = surplus = 0
            at, column_at = bar + 1, column + 1
    return found


def beside(bars: Sequence[Bar], lead: Sequence[Sequence[Bar]]) -> list[tuple[int | None, int | None]]:
    """Pairs of a bar and its column, in order; None where one has no counterpart."""
    cost = unlike(bars, lead)
    here, there = cost.shape
    band = abs(here - there) + 40
    rest = [bar.silent for bar in bars]
    # Three layers: paired, column without bar, bar without column.
    best = np.full((3, here + 1, there + 1), np.inf)
    back = np.zeros((3, here + 1, there + 1), np.int8)
    best[0, 0, 0] = 0.0
    for i in range(here + 1):
        lo, hi = max(0, i - band), min(there, i + band)
        near_rest = (i > 0 and rest[i - 1]) or (i < here and rest[i])
        lacks = LACKS_AT_REST if near_rest else LACKS
        for j in range(lo, hi + 1):
            if i and j:
                come = best[:, i - 1, j - 1]
                k = int(come.argmin())
                best[0, i, j], back[0, i, j] = come[k] + cost[i - 1, j - 1], k
            if j:
                options = (best[0, i, j - 1] + lacks, best[1, i, j - 1] + LACKS_MORE, best[2, i, j - 1] + lacks)
                k = min(range(3), key=options.__getitem__)
                best[1, i, j], back[1, i, j] = options[k], k
            if i:
                extra, more = (EXTRA_RESTS, LACKS_MORE) if rest[i - 1] else (EXTRA, EXTRA_MORE)
                options = (best[0, i - 1, j] + extra, best[1, i - 1, j] + extra, best[2, i - 1, j] + more)
                k = min(range(3), key=options.__getitem__)
                best[2, i, j], back[2, i, j] = options[k], k
    pairs: list[tuple[int | None, int | None]] = []
    i, j = here, there
    layer = int(best[:, i, j].argmin())
    while i or j:
        before = int(back[layer, i, j])
        if layer == 0:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif layer == 1:
            j -= 1
            pairs.append((None, j))
        else:
            i -= 1
            pairs.append((i, None))
        layer = before
    return pairs[::-1]


def unlike(bars: Sequence[Bar], lead: Sequence[Sequence[Bar]]) -> NDArray[np.float64]:
    """(bars, columns): how little a bar is like a column; 0 for any two of them, less for two that belong together."""
    count = len(lead[0])
    out = np.zeros((len(bars), count))
    for feature, differs, same, one in (
        (lambda bar: f"{bar.metre[0]}/{bar.metre[1]}", 3.0, 0.0, 0.0),
        (lambda bar: str(bar.fifths % 12), 1.5, 0.0, 0.0),
        (lambda bar: bar.rehearsal, 2.0, -2.5, 0.7),
        (lambda bar: bar.tempo, 1.5, -1.5, 0.5),
        (lambda bar: " ".join(sorted(bar.signs)), 2.0, -2.5, 1.0),
        (lambda bar: bar.ending, 2.0, -2.0, 1.0),
        (_line, 1.5, -1.5, 1.0),
        (lambda bar: float(bar.length), 1.0, 0.0, 0.0),
    ):
        mine = np.array([feature(bar) for bar in bars], object)
        theirs = np.array([_most(feature(part[n]) for part in lead) for n in range(count)], object)
        equal = mine[:, None] == theirs[None, :]
        has, have = mine.astype(np.bool_)[:, None], theirs.astype(np.bool_)[None, :]
        out += np.where(equal, np.where(has & have, same, 0.0), np.where(has & have, differs, one))
    classes = np.array([_classes(bar) for bar in bars])
    chords = np.array([sum(_classes(part[n]) for part in lead) for n in range(count)])
    onsets = np.array([_onsets(bar) for bar in bars])
    sounding = (classes.sum(axis=1) > 0)[:, None]
    full = (chords.sum(axis=1) > 0)[None, :]
    harmony = 2.5 * (1 - _unit(classes) @ _unit(chords).T)
    rhythm = np.zeros_like(out)
    for part in lead:
        theirs = np.array([_onsets(bar) for bar in part])
        rhythm = np.maximum(rhythm, _unit(onsets) @ _unit(theirs).T)
    silent = np.array([np.mean([part[n].silent for part in lead]) for n in range(count)])[None, :]
    notes = np.where(full, harmony + 2.0 * (1 - rhythm), 0.8)
    out += np.where(sounding, notes, 0.6 * (1 - silent))
    # What any two bars have in common is no reason to pair them, and what parts two of them none to leave them out.
    return np.asarray(out - np.median(out))


def _most(values: object) -> object:
    """The value most have; one that says something goes before none where some say it."""
    counts = Counter(values)  # type: ignore[call-overload]
    return max(counts, key=lambda value: (counts[value], bool(value)))


def _line(bar: Bar) -> str:
    return f"{bar.line if bar.line != 'regular' else ''}{'<' * bar.forward}{'>' * bar.backward}"


def _classes(bar: Bar) -> NDArray[np.float64]:
    out = np.zeros(12)
    for sound in bar.sounds:
        out[sound.midi % 12] += float(sound.duration)
    return out


def _onsets(bar: Bar) -> NDArray[np.float64]:
    out = np.zeros(GRID)
    for sound in bar.sounds:
        if not sound.tied:
            out[int(GRID * sound.onset / bar.nominal) % GRID] = 1
    return out


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))
