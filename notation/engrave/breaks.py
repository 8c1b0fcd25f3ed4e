"""Where the systems and pages of a part end: a player turns a page with a hand that is needed elsewhere.

    starts = lines(bars, width=180.0)                 first bar of each system
    firsts = pages(systems, first=230.0, room=265.0)  first system of each page

Both look for the cheapest division as a whole (dynamic programming, as TeX breaks paragraphs: Knuth and Plass 1981),
not for the fullest system one after the other. Lengths are millimetres, silences seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Literal

ENOUGH = 3.0  # seconds of rest in which a page is turned without haste
_LINE = 0.15  # cost of one system more
_PAGE = 10.0
_ALONE = 20.0  # of a system alone on a last page
_TURN = 4.0  # of turning without any rest
_SHORT = 0.6  # of its width, from where on a last system looks whole
_LOOSE = 3.0  # cost of a last system that is shorter, against its square
_APART = 0.1  # cost of parting what is read together
_SECTION = 0.05  # gained where a system ends with a section
_REST = 0.03  # gained where a system ends with a rest
_CROWDED = 3  # a page with fewer systems than this is a conductor's
_EMPTY = 0.35  # no page before the last is emptier, where another system would fit

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Bar:
    """A bar as it is drawn; a rest of many bars is one."""

    width: float  # where it is inside a system
    opening: float  # what clef and key add where a system begins with it
    silence: float = 0.0  # around its end, in seconds
    section: bool = False  # a rehearsal mark, a double bar or a new key follows
    joined: bool = False  # the bar after it is read together with it: a second ending


@dataclass(frozen=True)
class System:
    """A system in a column of all of them, one under the other."""

    top: float  # of all that belongs to it
    bottom: float
    silence: float = 0.0  # around its end, in seconds
    section: bool = False


def lines(bars: Sequence[Bar], *, width: float, forced: Collection[int] = ()) -> list[int]:
    """Index of the first bar of each system; a system begins at each bar of `forced`."""
    count = len(bars)
    best = [0.0] + [inf] * count  # cost of the bars before this one
    came = [0] * (count + 1)
    for start in range(count):
        used = bars[start].opening
        for end in range(start + 1, count + 1):
            used += bars[end - 1].width
            if used > width and end > start + 1:
                break
            cost = best[start] + _line_cost(bars[end - 1], used / width, last=end == count)
            if cost < best[end]:
                best[end], came[end] = cost, start
            if end in forced:
                break
    starts = []
    at = count
    while at > 0:
        at = came[at]
        starts.append(at)
    return starts[::-1]


def _line_cost(ends: Bar, fill: float, *, last: bool) -> float:
    if last:
        return _LINE + _LOOSE * max(0.0, _SHORT - fill) ** 2
    gained = _REST * min(1.0, ends.silence / ENOUGH) + _SECTION * ends.section - _APART * ends.joined
    return _LINE + (1.0 - fill) ** 2 - gained


def pages(systems: Sequence[System], *, first: float, room: float, opening: Side = "left") -> list[int]:
    """Index of the first system of each page.

    first    height left on the first page under its title     room   on the others
    opening  the side on which the first page lies: right-hand pages are turned

    As few pages as will do; then right-hand pages end where there is rest, no system stands alone on a last page, and
    pages are about equally full.
    """
    count = len(systems)
    turned = 0 if opening == "right" else 1

    @cache
    def rest(start: int, page: int) -> tuple[float, int]:
        """(cost of the systems from `start`, which stands first on `page`, first system of the page after)."""
        found = (inf, count)
        height = room if page else first
        for end in range(start + 1, count + 1):
            fill = (systems[end - 1].bottom - systems[start].top) / height
            if fill > 1.0 and end > start + 1:
                break
            cost = _PAGE + (1.0 - min(1.0, fill)) ** 2
            if end < count:
                if fill < _EMPTY and (systems[end].bottom - systems[start].top) <= height:
                    continue
                if page % 2 == turned:
                    cost += turn_cost(systems[end - 1].silence)
                cost += rest(end, page + 1)[0] - _SECTION * systems[end - 1].section
            elif end - start == 1 and start >= _CROWDED:
                cost += _ALONE
            found = min(found, (cost, end))
        return found

    firsts, at = [0], rest(0, 0)[1]
    while at < count:
        firsts.append(at)
        at = rest(at, len(firsts) - 1)[1]
    return firsts


def turn_cost(silence: float) -> float:
    return _TURN * max(0.0, 1.0 - silence / ENOUGH)
