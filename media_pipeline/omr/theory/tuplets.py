"""Tuplets that were not seen, or whose beginning or end was misplaced, put where they make the bar last what it should.

Dynamic programming over a bar's events and their onsets: each event stands alone or begins a group of N equal shares.
A group that was seen costs nothing, one that begins on its own beat little, any other more; so do marks that no group
uses. The cheapest grouping that lasts as long as the metre asks wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from media_pipeline.omr.model import Seen
from media_pipeline.omr.theory.durations import TUPLETS, dotted, sums, tuplet, value
from media_pipeline.omr.tokens import is_position

DEAREST = 6.0  # a grouping that costs more is not believed
_ON_BEAT, _OFF_BEAT = 0.6, 2.5  # of a group that no mark begins
_NO_END = 0.2  # of a group whose end was not seen
_UNEVEN = 1.5  # of the same where the shares differ
_SIX = 0.8  # of the same where two groups of three would do
_UNUSED = 1.2  # of a mark that no group uses
_WHOLE = 128 * 315  # parts of a quarter: double dotted 128ths in groups of three, five, seven and nine


@dataclass
class _Event:
    first: int  # its first token (its accidental or head, or the rest)
    end: int  # the token after its articulations
    length: int  # in parts of a quarter
    opens: int = 0  # N of the mark seen before it
    closes: bool = False


@dataclass
class _Way:
    cost: float
    groups: list[tuple[int, int, int]] = field(default_factory=list)  # first event, last event, N


def regrouped(tokens: Sequence[Seen], length: Fraction) -> tuple[list[Seen], float] | None:
    """(the tokens with their tuplets regrouped to last `length`, cost), or None. One voice only."""
    names = [seen.token for seen in tokens]
    if "lo" in names or sums(names).upper_whole:
        return None
    plain, events = _events(tokens)
    if sum(event.length for event in events) * min(TUPLETS.values()) > int(length * _WHOLE):
        return None
    way = _cheapest(events, int(length * _WHOLE))
    if way is None:
        return None
    out = list(plain)
    for first, last, number in reversed(way.groups):
        end, start = events[last].end, events[first].first
        out.insert(end, Seen("tupend", out[end - 1].frame, 0.0))
        out.insert(start, Seen(f"tup{number}", out[start].frame, 0.0))
    return (out, way.cost) if sums([seen.token for seen in out]).fits(length) else None


def _cheapest(events: Sequence[_Event], length: int) -> _Way | None:
    numbers = {3, 6} | {event.opens for event in events if event.opens}
    total = sum(event.length for event in events)
    if total < length and not numbers & {2, 4}:  # the others only shorten
        return None
    ways: list[dict[int, _Way]] = [{} for _ in range(len(events) + 1)]
    ways[0][0] = _Way(0.0)
    for at, event in enumerate(events):
        for onset, way in ways[at].items():
            alone = _UNUSED * (bool(event.opens) + event.closes)
            _offer(ways[at + 1], onset + event.length, way.cost + alone, way.groups, None, length)
            for number in numbers:
                factor = TUPLETS[number].as_integer_ratio()
                group, unused = 0, 0
                for last in range(at, min(len(events), at + number)):
                    member = events[last]
                    group += member.length
                    unused += bool(member.opens) * (last > at)
                    if last > at and group % number == 0 and _shares(events[at : last + 1], group // number):
                        lasts = group * factor[0] // factor[1]
                        cost = way.cost + _UNUSED * unused + _price(events[at : last + 1], number, onset % lasts == 0)
                        _offer(ways[last + 1], onset + lasts, cost, way.groups, (at, last, number), length)
                    unused += member.closes
    found = ways[-1].get(length)
    return found if found is not None and found.cost <= DEAREST else None


def _price(group: Sequence[_Event], number: int, on_beat: bool) -> float:
    """What it costs to take these events for a group of `number`."""
    first, last = group[0], group[-1]
    if first.opens == number:
        return 0.0 if last.closes else _NO_END
    uneven = any(event.length != first.length for event in group)
    price = (_ON_BEAT if on_beat else _OFF_BEAT) + _UNEVEN * uneven + _SIX * (number == 6)
    return price + (_UNUSED if first.opens else 0.0)


def _shares(group: Sequence[_Event], unit: int) -> bool:
    """Whether the group is made of shares: a printed value, and members no odder than its dotted halves."""
    plain = _WHOLE * 8
    while plain > unit:
        plain //= 2
    return plain == unit and all(event.length * 4 % unit == 0 for event in group)


def _offer(
    ways: dict[int, _Way],
    onset: int,
    cost: float,
    groups: list[tuple[int, int, int]],
    group: tuple[int, int, int] | None,
    length: int,
) -> None:
    if onset <= length and cost <= DEAREST and (onset not in ways or cost < ways[onset].cost):
        ways[onset] = _Way(cost, [*groups, group] if group else groups)


def _events(tokens: Sequence[Seen]) -> tuple[list[Seen], list[_Event]]:
    """(the tokens without marks of tuplets, events with the marks that stood at them)."""
    plain: list[Seen] = []
    out: list[_Event] = []
    opens = 0
    start: int | None = None
    index = 0
    while index < len(tokens):
        seen = tokens[index]
        index += 1
        if number := tuplet(seen.token):
            opens = number if number in TUPLETS else 0
            continue
        if seen.token == "tupend":
            if out:
                out[-1].closes = True
            continue
        at = len(plain)
        plain.append(seen)
        if start is None and (seen.token.startswith("acc.") or is_position(seen.token)):
            start = at
        if seen.token.startswith("gd"):
            start = None
        if (quarters := value(seen.token)) is None:
            if start is None and out and out[-1].end == at and _belongs(seen.token):
                out[-1].end = at + 1
            continue
        dots = 0
        while index < len(tokens) and tokens[index].token == "dot":
            plain.append(tokens[index])
            dots, index = dots + 1, index + 1
        first = at if seen.token[0] == "r" or start is None else start
        out.append(_Event(first, len(plain), int(dotted(quarters, dots) * _WHOLE), opens))
        opens, start = 0, None
    return plain, out


def _belongs(token: str) -> bool:
    """Whether a token stands between an event and the end of its tuplet."""
    return token in ("arp", "breath") or token.startswith(("trem", "art.", "orn."))
