"""Repeats, endings, jumps and rest counts: what each needs to make sense, mended where the network half saw it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from media_pipeline.omr.model import Seen
from media_pipeline.omr.repairs import Bar, Draft, Record
from media_pipeline.omr.theory.durations import WHOLE, value
from media_pipeline.omr.tokens import is_figure

_HALF_SEEN = 0.02
_LONGEST_REST = 200  # bars; beyond it a count is misread
_PLAIN = 0.95  # figures seen this surely are not overruled, only doubted
_SPLIT = 3  # bars by which bar lines read wrongly in a line may make its numbers differ; more is a misread figure


@dataclass(frozen=True)
class Figure:
    """A number that was read as a word in or over a staff, which may count bars of rest."""

    frame: float  # of the staff's lattice, its middle
    number: int


def part_rests(drafts: Sequence[Draft], record: Record) -> None:
    """A bar line between two counted rests that none was seen between: they lie close, and it is short. A rest without
    a count right after one with it is the same rest, seen twice.
    """
    for draft in drafts:
        for bar in list(draft.bars):
            if bar.names.count("mm") < 2:
                continue
            after: list[Seen] = []
            counted = False
            for n, seen in enumerate(bar.tokens):
                if seen.token == "mm" and counted and not is_figure(bar.names[n + 1]):
                    continue
                if counted and not is_figure(seen.token) and "mm" in bar.names[n:]:
                    after.append(Seen("bar.s", after[-1].frame, 0.0))
                    counted = False
                after.append(seen)
                counted = counted or is_figure(seen.token)
            record.change(draft, bar, after, kind="rest count", reason="every count of rests is a bar by itself")


def part_keys(drafts: Sequence[Draft], record: Record) -> None:
    """A bar line before a signature within a bar: signatures change where a bar begins, often at a double bar line."""
    for draft in drafts:
        for bar in list(draft.bars):
            places = [
                n for n, name in enumerate(bar.names)
                if name.startswith(("key.", "time.")) and any(_sounds(other) for other in bar.names[:n])
                and not bar.names[n - 1].startswith(("key.", "time."))
            ]  # fmt: skip
            if places:
                line = Seen("bar.d", bar.tokens[places[0]].frame, 0.0)
                after = [*bar.tokens[: places[0]], line, *bar.tokens[places[0] :]]
                record.change(draft, bar, after, kind="rhythm", reason="a signature stands after a bar line")


def _sounds(name: str) -> bool:
    return value(name) is not None or name in WHOLE


def mend(
    drafts: Sequence[Draft],
    record: Record,
    *,
    numbers: Mapping[int, int],
    figures: Mapping[int, Sequence[Figure]] = MappingProxyType({}),
) -> None:
    """Mend what can be, give a reason for doubt where it cannot. drafts: one part, in order.

    numbers: line index -> the bar number printed at the beginning of that line. figures: line index -> figures there.
    """
    _endings(drafts, record)
    _jumps(drafts)
    for draft in drafts:
        _figures(draft, figures.get(draft.index, ()), record)
    _rests(drafts, record, numbers)


def length(bar: Bar) -> int | None:
    """How many bars this one counts: 1, or what a multi-measure rest says; None where its count was not read."""
    names = bar.names
    if "mm" not in names:
        return 1
    digits = "".join(name[1:] for name in names if is_figure(name))
    return int(digits) if digits and 0 < int(digits) <= _LONGEST_REST else None


def _endings(drafts: Sequence[Draft], record: Record) -> None:
    """A second ending follows a repeat; so does any ending that is not the first."""
    places = [(draft, bar) for draft in drafts for bar in draft.bars]
    for (before, last), (_, bar) in itertools.pairwise(places):
        later = next((name for name in bar.names if name in ("volta2", "volta3")), "")
        if not later or last.line == "bar.rep":
            continue
        if (
            last.line
            and before.lattice.peak("bar.rep", last.tokens[-1].frame - 2, last.tokens[-1].frame + 4) > _HALF_SEEN
        ):
            sign = Seen("bar.rep", last.tokens[-1].frame, 0.0)
            reason = f"ending {later[-1]} follows it, so it repeats"
            record.change(before, last, [*last.tokens[:-1], sign], kind="repeat", reason=reason)
        else:
            bar.reasons.append(f"ending {later[-1]} without a repeat before it")


def _jumps(drafts: Sequence[Draft]) -> None:
    names = {name for draft in drafts for bar in draft.bars for name in bar.names}
    for draft in drafts:
        for bar in draft.bars:
            if "ds" in bar.names and "segno" not in names:
                bar.reasons.append("D.S. without a sign to go back to")
            if "tocoda" in bar.names and "coda" not in names:
                bar.reasons.append("To Coda without a coda")


def _figures(draft: Draft, figures: Sequence[Figure], record: Record) -> None:
    """Two readers of one number: the network, and the one of words. Where only one is sure, that one is believed."""
    for bar in draft.bars:
        over = [figure for figure in figures if bar.tokens and bar.start <= figure.frame <= bar.tokens[-1].frame]
        if "mm" not in bar.names or len(over) != 1 or not 2 <= over[0].number <= _LONGEST_REST:
            continue
        said, read = length(bar), over[0].number
        if said == read:
            continue
        twice = str(said) == 2 * str(read)  # a figure wide enough to be seen as two
        lost = str(said) in str(read)  # figures so small that the network saw some of them only
        if said is None or twice or lost or _surety(bar) < _PLAIN:
            _count(draft, bar, read, record, reason=f"the figures over it say {read}")
        else:
            bar.reasons.append(f"the bars of rest may be {read}")


def _surety(rest: Bar) -> float:
    """Of the figures that a rest of many bars was read with."""
    return min((seen.confidence for seen in rest.tokens if is_figure(seen.token)), default=0.0)


def _count(draft: Draft, rest: Bar, count: int, record: Record, *, reason: str) -> None:
    at = rest.names.index("mm")
    tokens = [seen for seen in rest.tokens if not is_figure(seen.token)]
    digits = [Seen(f"n{digit}", rest.tokens[at].frame, 0.0) for digit in str(count)]
    record.change(draft, rest, [*tokens[: at + 1], *digits, *tokens[at + 1 :]], kind="rest count", reason=reason)


def _rests(drafts: Sequence[Draft], record: Record, numbers: Mapping[int, int]) -> None:
    """A multi-measure rest counts what is missing between the numbers printed at two lines.

    Small figures are easily misread, so a count that was read is only overruled by numbers that others vouch for: the
    one before by the line before it, the one after by the line that follows it.
    """
    agreed = [_agree(here, following, numbers) for here, following in itertools.pairwise(drafts)]
    for place, (here, following) in enumerate(itertools.pairwise(drafts)):
        start, end = numbers.get(here.index), numbers.get(following.index)
        rests = [bar for bar in here.bars if "mm" in bar.names]
        if start is None or end is None or end <= start or len(rests) != 1:
            continue
        rest = rests[0]
        others = sum(1 for bar in here.bars if bar is not rest and (bar.line or bar is not here.bars[-1]))
        count = end - start - others
        if length(rest) == count or not 2 <= count <= _LONGEST_REST:
            continue
        vouched = (place == 0 or agreed[place - 1]) and place + 1 < len(agreed) and agreed[place + 1]
        read = length(rest)
        if read is not None and not (vouched and (_surety(rest) <= _PLAIN or abs(read - count) > _SPLIT)):
            rest.reasons.append(f"the bar numbers {start} and {end} beside the staves leave {count} bars of rest")
            continue
        _count(here, rest, count, record, reason=f"printed bar numbers {start} and {end} leave {count} bars of rest")
    for draft in drafts:
        for bar in draft.bars:
            if length(bar) is None:
                bar.reasons.append("the number of bars of rest was not read")


def _agree(here: Draft, following: Draft, numbers: Mapping[int, int]) -> bool:
    """Whether the numbers printed at two lines are as far apart as the bars read between them."""
    start, end = numbers.get(here.index), numbers.get(following.index)
    lengths = [length(bar) for bar in here.bars if bar.line or bar is not here.bars[-1]]
    if start is None or end is None or None in lengths:
        return False
    return end - start == sum(one for one in lengths if one is not None)
