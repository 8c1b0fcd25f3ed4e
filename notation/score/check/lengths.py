"""Bars that do not fill their metre, rests and notes said twice, and the values that would put them right.

A bar of one voice is tried with one value changed, one rest left out, or one tuplet straightened, so that it is as long
as the others' bar. What fits is judged by how well the notes then begin where others' notes begin, and by how often the
song has a bar of just this rhythm.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from lxml import etree

from notation.musicxml.walk import number
from notation.score.check.bars import Bar
from notation.score.check.findings import Disagreement, Repair
from notation.score.check.repairs import events_of

Columns = Sequence[Mapping[str, Bar]]
LENGTHS = sorted({Fraction(8, 2**n) * (2 - Fraction(1, 2**dots)) for n in range(7) for dots in (0, 1, 2)})
Rhythm = tuple[tuple[Fraction, bool], ...]  # durations in order, and whether it is a rest


def check(columns: Columns) -> Iterator[Disagreement]:
    known = Counter(rhythm for column in columns for bar in column.values() if (rhythm := rhythm_of(bar)))
    for at, column in enumerate(columns):
        agreed = agreed_length(column)
        for part, bar in column.items():
            if doubled := _twice(part, bar, at):
                yield doubled
            if bar.silent:
                yield from _silence(part, bar, at, agreed)
            elif bar.length != agreed:
                others = [other for name, other in column.items() if name != part and other.length == agreed]
                yield _lengthened(part, bar, at, agreed, others, known)


def agreed_length(column: Mapping[str, Bar]) -> Fraction:
    """How long most parts' bar lasts; where they do not agree, as long as most parts' metre asks for."""
    ordered = Counter(bar.length for bar in column.values()).most_common(2)
    agreed, votes = ordered[0]
    if votes < 2 or (len(ordered) > 1 and ordered[1][1] == votes):
        return Counter(bar.nominal for bar in column.values()).most_common(1)[0][0]
    return agreed


def rhythm_of(bar: Bar) -> Rhythm:
    """Durations of a bar of one voice; empty where there are several."""
    divisions = _divisions_of(bar)
    return tuple(
        (number(event[0].findtext("duration")) / divisions, event[0].find("rest") is not None)
        for event in events_of(bar.element)
    )


def _divisions_of(bar: Bar) -> Fraction:
    for note in (*bar.element.iterfind("note"),):
        text = note.findtext("duration")
        length = next((s.duration for s in bar.sounds if s.element is note and s.duration), None)
        if text and length:
            return number(text) / length
    at: etree._Element | None = bar.element
    while at is not None:
        if text := at.findtext("attributes/divisions"):
            return number(text, 1) or Fraction(1)
        at = at.getprevious()
    return Fraction(1)


def _twice(part: str, bar: Bar, at: int) -> Disagreement | None:
    """A chord that has one note twice."""
    seen: set[tuple[int, Fraction, int, str]] = set()
    for sound in bar.sounds:
        if not sound.duration:
            continue
        key = (sound.staff, sound.onset, sound.written, sound.voice)
        if key in seen and sound.element.find("chord") is not None:
            return Disagreement(
                "doubling", part, (bar.index,), at, 0.7, f"{part} has one note twice in a chord of bar {bar.number}.",
                "", Repair("unison", bar.index, {"staff": sound.staff, "onset": str(sound.onset),
                                                 "step": sound.written}),
            )  # fmt: skip
        seen.add(key)
    return None


def _silence(part: str, bar: Bar, at: int, agreed: Fraction) -> Iterator[Disagreement]:
    """A silent bar is one rest as long as the others' bar."""
    whole = [duration for _, duration in bar.rests if duration >= bar.nominal]
    if (len(whole) > 1 or bar.length != agreed) and not bar.element.findall("forward"):
        yield Disagreement(
            "length", part, (bar.index,), at, 0.8 if len(whole) > 1 or bar.length > bar.nominal else 0.6,
            f"{part} rests for {_beats(bar.length, bar)} in bar {bar.number}; the bar has {_beats(agreed, bar)}.",
            _beats(agreed, bar), Repair("rest", bar.index, {"length": str(agreed)}),
        )  # fmt: skip


def _lengthened(
    part: str, bar: Bar, at: int, agreed: Fraction, others: Sequence[Bar], known: Counter[Rhythm]
) -> Disagreement:
    sentence = f"{part} has {_beats(bar.length, bar)} in bar {bar.number}; the bar has {_beats(agreed, bar)}."
    rhythm = rhythm_of(bar)
    ranked = sorted(((_worth(one, others, known), one) for one in set(tried(rhythm, agreed))), reverse=True)
    if not ranked or bar.length == 2 * agreed:
        return Disagreement("length", part, (bar.index,), at, 0.35, sentence, _beats(agreed, bar))
    lead = ranked[0][0] - (ranked[1][0] if len(ranked) > 1 else 0.0)
    odds = 0.95 / (1 + math.exp(-2.0 * lead + 0.5))
    return Disagreement(
        "length", part, (bar.index,), at, odds, sentence, _beats(agreed, bar),
        Repair("values", bar.index, {"durations": [str(length) for length, _ in ranked[0][1]]}),
    )  # fmt: skip


def tried(rhythm: Rhythm, agreed: Fraction) -> Iterator[Rhythm]:
    """Rhythms of this length that differ in one event, or by a tuplet that is none; a rest left out has length 0."""
    total = sum((length for length, _ in rhythm), Fraction(0))
    for n, (length, rest) in enumerate(rhythm):
        other = length + agreed - total
        if other in LENGTHS or (other == 0 and rest):
            yield (*rhythm[:n], (other, rest), *rhythm[n + 1 :])
    for first in range(len(rhythm)):
        for last in range(first + 2, len(rhythm) + 1):
            group = rhythm[first:last]
            if any(length.denominator % 3 for length, _ in group):
                break
            straight = tuple((length * Fraction(3, 2), rest) for length, rest in group)
            if total + sum((length for length, _ in group), Fraction(0)) / 2 == agreed:
                yield (*rhythm[:first], *straight, *rhythm[last:])
    for n, (length, rest) in enumerate(rhythm[:-1]):  # a dot seen at the wrong one of two notes
        after, later = rhythm[n + 1]
        if total == agreed:
            break
        for a, b in ((length * Fraction(3, 2), after / 2), (length / 2, after * Fraction(3, 2))):
            if total - length - after + a + b == agreed and a in LENGTHS and b in LENGTHS:
                yield (*rhythm[:n], (a, rest), (b, later), *rhythm[n + 2 :])


def _worth(rhythm: Rhythm, others: Sequence[Bar], known: Counter[Rhythm]) -> float:
    onsets = set(_onsets(rhythm))
    theirs = [{sound.onset for sound in bar.sounds if not sound.tied} for bar in others if not bar.silent]
    together = [len(onsets & one) / max(1, len(onsets | one)) for one in theirs]
    plain = tuple(event for event in rhythm if event[0])
    return 2 * max(together, default=0.0) + 0.7 * math.log1p(known[plain]) - 0.05 * _oddness(rhythm)


def _onsets(rhythm: Rhythm) -> Iterator[Fraction]:
    now = Fraction(0)
    for length, rest in rhythm:
        if not rest:
            yield now
        now += length


def _oddness(rhythm: Rhythm) -> float:
    """How many notes begin off the grid of their own lengths."""
    now, odd = Fraction(0), 0.0
    for length, _ in rhythm:
        if length:
            odd += (now / min(length, Fraction(1))).denominator > 1
        now += length
    return odd


def _beats(length: Fraction, bar: Bar) -> str:
    beats = length * bar.metre[1] / 4
    return f"{beats} beat{'' if beats == 1 else 's'}"
