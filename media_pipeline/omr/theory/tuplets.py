"""Tuplets not seen, or whose beginning or end was misplaced: each function gives mended tokens or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from media_pipeline.omr.model import Seen
from media_pipeline.omr.theory.durations import dotted, is_position, sums, tuplet, value


def mended(tokens: Sequence[Seen], length: Fraction) -> tuple[list[Seen], str] | None:
    """The tokens with tuplets left out, closed again or put in so that they last `length`, and what was done."""
    some = any(tuplet(seen.token) or seen.token == "tupend" for seen in tokens)
    ways = [(stripped, "the tuplet was none"), (reclosed, "the tuplet ends elsewhere")] if some else []
    for way, reason in ways:
        found = way(tokens)
        if sums([seen.token for seen in found]).fits(length):
            return found, reason
    put_in = hidden(tokens, length)
    return (put_in, "the figure without a number is a tuplet") if put_in else None


def stripped(tokens: Sequence[Seen]) -> list[Seen]:
    return [seen for seen in tokens if not (tuplet(seen.token) or seen.token == "tupend")]


def reclosed(tokens: Sequence[Seen]) -> list[Seen]:
    """Every tuplet ends after N times its first value, wherever the end was seen."""
    out: list[Seen] = []
    number = 0
    sum_, unit = Fraction(0), Fraction(0)
    index = 0
    while index < len(tokens):
        token = tokens[index].token
        index += 1
        if token == "tupend":
            continue
        if tuplet(token):
            number, sum_, unit = tuplet(token), Fraction(0), Fraction(0)
        out.append(tokens[index - 1])
        quarters = value(token)
        if quarters is None:
            continue
        dots = 0
        while index < len(tokens) and tokens[index].token == "dot":
            out.append(tokens[index])
            dots, index = dots + 1, index + 1
        if number:
            quarters = dotted(quarters, dots)
            unit = unit or quarters
            sum_ += quarters
            if sum_ >= number * unit:
                while index < len(tokens) and tokens[index].token.startswith(("trem", "art.", "orn.", "arp", "breath")):
                    out.append(tokens[index])
                    index += 1
                out.append(Seen("tupend", out[-1].frame, 0.0))
                number = 0
    return out


def hidden(tokens: Sequence[Seen], length: Fraction) -> list[Seen] | None:
    """Triplets and sextuplets without a number: a bar too long by n values d, of which 3n stand in runs."""
    names = [seen.token for seen in tokens]
    if "lo" in names:
        return None
    total = sums(names)
    if total.malformed or total.upper_whole or total.upper <= length:
        return None
    events = _events(names)
    for unit in ("16", "8", "4", "32"):
        n = (total.upper - length) / Fraction(4, int(unit))
        if n.denominator != 1:
            continue
        runs = _runs(events, unit)
        thirds = [run for run in runs if (run[1] - run[0]) % 3 == 0]
        exact = [run for run in runs if run[1] - run[0] == 3 * n]
        pick = thirds if sum(b - a for a, b in thirds) == 3 * n else exact[:1] if len(exact) == 1 else []
        if not pick:
            continue
        out = list(tokens)
        for a, b in reversed(pick):
            for last in range(b - 1, a, -3):
                first, end = events[last - 2][0], events[last][1]
                out.insert(end, Seen("tupend", out[end - 1].frame, 0.0))
                out.insert(first, Seen("tup3", out[first].frame, 0.0))
        if sums([seen.token for seen in out]).fits(length):
            return out
    return None


Event = tuple[int, int, str]  # first token, the token after its articulations, value without dots and outside tuplets


def _events(names: Sequence[str]) -> list[Event]:
    out: list[Event] = []
    start: int | None = None
    within = False
    index = 0
    while index < len(names):
        name = names[index]
        if tuplet(name):
            within = True
        if name == "tupend":
            within = False
        if start is None and (name.startswith("acc.") or is_position(name)):
            start = index
        if name.startswith("gd"):
            start = None
        if value(name) is not None:
            end = index + 1
            while end < len(names) and (
                names[end] in ("dot", "arp", "breath") or names[end].startswith(("art.", "orn.", "trem"))
            ):
                end += 1
            plain = not within and "dot" not in names[index:end]
            first = index if name[0] == "r" or start is None else start
            out.append((first, end, name[1:] if plain else ""))
            start, index = None, end
            continue
        index += 1
    return out


def _runs(events: Sequence[Event], unit: str) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    at = 0
    while at < len(events):
        end = at
        while end < len(events) and events[end][2] == unit:
            end += 1
        if end > at:
            out.append((at, end))
        at = max(end, at + 1)
    return out
