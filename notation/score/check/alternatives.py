"""Bars that a reader doubted, held against its other readings of them: which one would the rest of the song have said?

A reader that cannot see a note for pencil or dirt still knows what it may be. Of each reading of the bar is asked:
  1. how likely the page says it (the reader's own word, in nats);
  2. whether it lasts as long as the others' bar;
  3. how often this part has just these notes elsewhere, and how many others have them here, in any octave;
  4. how often the song has its rhythm, and how well its notes begin where others' notes do;
  5. how usual its accidentals are among what is played around it.
A conditional logit weighs them, with one more outcome: that none of the readings is right. It was fitted on 607 doubted
bars of damaged part books of two string quartets that the reader never saw (training/omr/fit_alternatives.py).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from notation.score.check import accidentals
from notation.score.check.bars import LETTERS, NATURAL, Bar, Sound
from notation.score.check.doubling import line_of
from notation.score.check.findings import Disagreement, Repair
from notation.score.check.lengths import agreed_length
from notation.score.check.repairs import events_of, matched, sayable, told_event, told_events

Columns = Sequence[Mapping[str, Bar]]
Way = Mapping[str, object]  # {"lost": nats, "events": ["1/2 28:0", "1 r"]}
Alternatives = Mapping[str, Sequence[Way]]  # of a part: id of a note without its last number -> readings of its bar
FEATURES = ("lost", "fits", "elsewhere", "here", "rhythm", "together", "usual")
WEIGHTS = np.array([-0.35, 3.28, 2.62, 2.2, 0.79, 0.27, 0.96])
OF_DOUBT, BIAS, NONE = 1.06, -5.8, -5.08  # of a reading that is not the first; of none of them
SHOWN = {-2: "♭♭", -1: "♭", 0: "", 1: "♯", 2: "𝄪"}
TOLD = 0.15  # one less sure is not worth a look
_Events = tuple[tuple[Fraction, tuple[tuple[int, int], ...]], ...]


def check(
    columns: Columns, *, doubts: Mapping[str, Sequence[float]], readings: Mapping[str, Alternatives]
) -> Iterator[Disagreement]:
    around: Around | None = None
    for at, column in enumerate(columns):
        for part, bar in column.items():
            ways = ways_of(bar, readings.get(part, {}))
            if not ways:
                continue
            around = around or Around(columns)
            known = doubts.get(part, ())
            odds = around.odds(part, at, ways, doubt=known[bar.index] if bar.index < len(known) else 0.3)
            best = 1 + int(odds[1:].argmax())
            if odds[best] >= TOLD and sayable(*(told_as(ways[n][1]) for n in (0, best))):
                yield _told(part, at, bar, ways, best, float(odds[best]))


def ways_of(bar: Bar, alternatives: Alternatives) -> list[tuple[float, _Events]]:
    """(nats lost, events) of the readings of a bar that stands as it was read, that one first; else none."""
    key = next((str(s.element.get("id")).rpartition("-")[0] for s in bar.sounds if s.element.get("id")), "")
    ways = [
        (float(str(way["lost"])), _parsed(way["events"])) for way in alternatives.get(key, ())
    ]  # fmt: skip
    events = events_of(bar.element)
    if not ways or not events or ways[0][1] != _parsed(told_events(events, bar)):
        return []
    return ways


def _parsed(events: object) -> _Events:
    out = []
    for text in events if isinstance(events, list | tuple) else ():
        length, _, heads = text.partition(" ")
        notes = [] if heads == "r" else [tuple(map(int, head.split(":"))) for head in heads.split(",")]
        out.append((Fraction(length), tuple(sorted((step, alter) for step, alter in notes))))
    return tuple(out)


class Around:
    """A song, laid out for asking what speaks for a reading."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.notes: Counter[tuple[str, object]] = Counter()
        self.rhythms: Counter[object] = Counter()
        for column in columns:
            for part, bar in column.items():
                self.notes[part, _notes(bar)] += 1
                self.rhythms[bar.rhythm] += 1

    def odds(self, part: str, at: int, ways: Sequence[tuple[float, _Events]], *, doubt: float) -> NDArray[np.float64]:
        """(ways,) how likely each is the right one."""
        rows = self.features(part, at, ways)
        doubt = min(max(doubt, 0.01), 0.99)
        scores = (rows - rows[0]) @ WEIGHTS
        moved = OF_DOUBT * math.log(doubt / (1 - doubt))
        scores[1:] += BIAS + moved
        odds = np.exp(np.append(scores, NONE + moved) - scores.max())
        return np.asarray(odds[:-1] / odds.sum())

    def features(self, part: str, at: int, ways: Sequence[tuple[float, _Events]]) -> NDArray[np.float64]:
        """(ways, FEATURES)"""
        bar = self.columns[at][part]
        others = [other for name, other in self.columns[at].items() if name != part and not other.silent]
        length = agreed_length(self.columns[at])
        own = _notes(bar), bar.rhythm
        rows = []
        for lost, events in ways:
            one = played(bar, events)
            line, onsets = line_of(one), {sound.onset for sound in one.sounds}
            mine = _notes(one), one.rhythm
            again = [a == b for a, b in zip(mine, own, strict=True)]  # it is one of those counted
            rows.append(
                (
                    lost,
                    one.length == length,
                    math.log1p(self.notes[part, mine[0]] - again[0]),
                    math.log1p(sum(line_of(other) == line for other in others)),
                    math.log1p(self.rhythms[mine[1]] - again[1]),
                    max((_shared(onsets, {s.onset for s in other.sounds}) for other in others), default=0.0),
                    self._usual(part, at, one),
                )
            )
        return np.array(rows, np.float64)

    def _usual(self, part: str, at: int, bar: Bar) -> float:
        """How usual the bar's accidentals are among what is played around it."""
        begin = max(0, at - 1)
        near = [dict(column) for column in self.columns[begin : at + 2]]
        near[at - begin][part] = bar
        surroundings = accidentals.Surroundings(near)
        weights = accidentals.weights()
        values = [
            float(surroundings.features(run, [run.alter])[0] @ weights)
            for run in accidentals.runs(part, at - begin, bar)
        ]  # fmt: skip
        return sum(values) / max(1, len(values))


def played(bar: Bar, events: _Events) -> Bar:
    """The bar as it sounds if it says these events."""
    first = bar.sounds[0]
    steps = first.step - first.written
    semitones = first.midi - (12 * (first.written // 7 + 1) + NATURAL[first.written % 7] + first.written_alter)
    printed = {(s.onset, s.written, s.written_alter): s for s in bar.sounds}
    now = Fraction(0)
    sounds: list[Sound] = []
    rests: list[tuple[Fraction, Fraction]] = []
    for length, heads in events:
        if not heads:
            rests.append((now, length))
        for written, alter in heads:
            step = written + steps
            midi = 12 * (written // 7 + 1) + NATURAL[written % 7] + alter + semitones
            same = printed.get((now, written, alter))
            sounds.append(
                replace(
                    first, onset=now, duration=length, step=step, alter=midi - 12 * (step // 7 + 1) - NATURAL[step % 7],
                    written=written, written_alter=alter, accidental=same is not None and same.accidental,
                    tied=same is not None and same.tied, ties=same is not None and same.ties,
                )
            )  # fmt: skip
        now += length
    return replace(bar, sounds=sounds, rests=rests, length=now)


def _notes(bar: Bar) -> object:
    return tuple(sorted((s.onset, s.duration, s.midi) for s in bar.sounds if s.duration))


def _shared(mine: set[Fraction], theirs: set[Fraction]) -> float:
    return len(mine & theirs) / max(1, len(mine | theirs))


def _told(part: str, at: int, bar: Bar, ways: Sequence[tuple[float, _Events]], best: int, odds: float) -> Disagreement:
    was, events = told_as(ways[0][1]), told_as(ways[best][1])
    apart = [step for step in matched(was, events) if step[0] != "equal"]
    mine = _spoken([event for _, first, end, _, _ in apart for event in ways[0][1][first:end]])
    theirs = _spoken([event for _, _, _, begin, stop in apart for event in ways[best][1][begin:stop]])
    return Disagreement(
        "notes", part, (bar.index,), at, odds,
        f"{part} is hard to read in bar {bar.number}: {mine} was read; with what is played around it, it should be "
        f"{theirs}.",
        theirs,
        Repair("reading", bar.index, {"was": was, "events": events}),
    )  # fmt: skip


def told_as(events: _Events) -> list[str]:
    """Events as repairs.told_events has them."""
    return [told_event(length, heads) for length, heads in events]


def _spoken(events: Sequence[tuple[Fraction, tuple[tuple[int, int], ...]]]) -> str:
    """For a musician: "C♯5 (1/2), a rest (1)", the lengths in quarters."""
    said = []
    for length, heads in events:
        names = [f"{LETTERS[step % 7]}{SHOWN[max(-2, min(2, alter))]}{step // 7}" for step, alter in heads]
        said.append(f"{'+'.join(names) or 'a rest'} ({length})")
    return ", ".join(said) or "nothing"
