"""Books that have not as many bars as the others: where they slip, and what puts them in step again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from notation.score.check.align import Slip, agreed, slips
from notation.score.check.bars import Bar
from notation.score.check.findings import Disagreement, Repair
from notation.score.check.road import sure


def check(parts: Mapping[str, Sequence[Bar]]) -> Iterator[Disagreement]:
    """A disagreement for each slip, with bars of rest put in or bars taken out as its repair."""
    numbers = Counter(len(bars) for bars in parts.values())
    count = agreed(parts)
    if numbers[count] < 2:
        return
    found = slips(parts)
    for slip in found:
        bars = parts[slip.part]
        odds = sure(numbers[count], numbers[len(bars)])
        mine = [one for one in found if one.part == slip.part]
        if any(one.missing for one in mine) and any(one.extra for one in mine):
            odds *= 0.4  # here too many and there too few: the bars are not alike enough to tell
        lead = next(other for other in parts.values() if len(other) == count)
        yield _told(slip, bars, lead, odds=odds, count=count)


def _told(slip: Slip, bars: Sequence[Bar], lead: Sequence[Bar], *, odds: float, count: int) -> Disagreement:
    at = min(slip.bar, len(bars) - 1)
    number = bars[at].number
    others = f"{count} bars"
    if slip.extra and not slip.missing:
        # A rest is miscounted more easily than a bar invented.
        near = (slip.bar + by for by in sorted(range(-slip.extra, slip.extra + 1), key=abs))
        begin = next((n for n in near if n >= 0 and _silent(bars[n : n + slip.extra], slip.extra)), slip.bar)
        gone = bars[begin : begin + slip.extra]
        few = f"{slip.extra} bar{'s' if slip.extra > 1 else ''} too many"
        sentence = f"{slip.part} has {few} at bar {number} (of {len(bars)}; most parts have {count})."
        repair = None
        if all(bar.silent for bar in gone):
            repair = Repair("remove", begin, {"count": slip.extra})
        elif slip.extra == 1 and (first := _halves(bars, slip.bar)) is not None:
            repair = Repair("merge", first)
        return Disagreement(
            "bars",
            slip.part,
            tuple(range(begin, begin + slip.extra)),
            slip.column,
            odds,
            sentence,
            others,
            repair,
        )
    few = f"{slip.missing} bar{'s' if slip.missing > 1 else ''}"
    sentence = f"{slip.part} lacks {few} before bar {number} (it has {len(bars)}; most parts have {count})."
    if slip.missing == 1 and (double := _double(bars, slip.bar, lead, slip.column)) is not None:
        repair = Repair("split", double, {"after": str(bars[double].nominal)})
    elif slip.extra:
        repair = None
    else:
        length = lead[min(slip.column, len(lead) - 1)].length
        repair = Repair("insert", slip.bar, {"count": slip.missing, "length": str(length)})
    return Disagreement("bars", slip.part, (at,), slip.column, odds, sentence, others, repair)


def _silent(bars: Sequence[Bar], count: int) -> bool:
    return len(bars) == count and all(bar.silent for bar in bars)


def _halves(bars: Sequence[Bar], at: int) -> int | None:
    """The first of two neighbours, one of them `at`, that make one whole bar."""
    for first in (at - 1, at):
        if 0 <= first < len(bars) - 1 and bars[first].length + bars[first + 1].length == bars[first].nominal:
            return first
    return None


def _double(bars: Sequence[Bar], at: int, lead: Sequence[Bar], column: int) -> int | None:
    """A bar beside the slip that holds two bars' worth."""
    for near in (at, at - 1, at + 1, at - 2):
        if 0 <= near < len(bars) and bars[near].length == 2 * bars[near].nominal > Fraction(0):
            beside = lead[max(0, min(column, len(lead) - 1))]
            return near if beside.length <= bars[near].nominal else None
    return None


def move(doubts: dict[str, list[float]], repairs: Iterable[Disagreement]) -> None:
    """Doubts of bars, moved as the repairs will move the bars."""
    for one in sorted(repairs, key=lambda one: -(one.repair.bar if one.repair else 0)):
        values = doubts.get(one.part)
        if values is None or one.repair is None:
            continue
        at, kind = one.repair.bar, one.repair.kind
        if kind == "insert":
            values[at:at] = [0.5] * int(one.repair.told["count"])
        elif kind == "remove":
            del values[at : at + int(one.repair.told["count"])]
        elif kind == "merge":
            values[at : at + 2] = [max(values[at : at + 2], default=0.5)]
        elif kind == "split":
            values[at:at] = values[at : at + 1]
