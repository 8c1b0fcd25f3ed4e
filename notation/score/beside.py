"""Two states of one part laid beside each other, bar by bar: which bars are the same, changed, put in and taken out.

Music repeats itself, so the longest stretch that two states share may well be the same tune at another place. Hence the
fewest changes are looked for (Levenshtein), and a bar that was changed stays beside what it was.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from lxml import etree

from notation.musicxml import tree
from notation.musicxml.divisions import unite
from notation.musicxml.rests import drop_empty
from notation.score.proof import fingerprint

MOST = 4_000_000  # pairs of bars that are looked at; where it were more, bars go by their places

Step = tuple[int | None, int | None]  # index before, index now; None: put in, or taken out


def prints(*roots: etree._Element) -> list[list[str]]:
    """Of each document what its bars say, however finely it counts its quarters. The documents stay as they are."""
    found = [root.find("part") for root in roots]
    parts = [etree.Element("part") if part is None else part for part in found]
    said = [one.text for part in parts for one in part.iterfind("measure/attributes/divisions")]
    if len(said) > len(parts) or len(set(said)) > 1:
        parts = [tree.copy(part) for part in parts]
        unite(parts)
        for part in parts:
            drop_empty(part.iterfind("measure/attributes"))
    return [[fingerprint([bar]) for bar in part.iterfind("measure")] for part in parts]


def steps(before: Sequence[Hashable], now: Sequence[Hashable]) -> list[Step]:
    """From the first bar to the last, in order."""
    start = 0
    while start < min(len(before), len(now)) and before[start] == now[start]:
        start += 1
    tail = 0
    while tail < min(len(before), len(now)) - start and before[-1 - tail] == now[-1 - tail]:
        tail += 1
    old, new = before[start : len(before) - tail], now[start : len(now) - tail]
    found: list[Step] = [(n, n) for n in range(start)]
    found += [(None if a is None else a + start, None if b is None else b + start) for a, b in _middle(old, new)]
    found += [(len(before) - n, len(now) - n) for n in range(tail, 0, -1)]
    return found


def _middle(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Step]:
    if not old or not new or len(old) * len(new) > MOST:
        both = min(len(old), len(new))
        return [
            *((n, n) for n in range(both)),
            *((n, None) for n in range(both, len(old))),
            *((None, n) for n in range(both, len(new))),
        ]
    least = [list(range(len(new) + 1))]  # changes from the first a bars to the first b
    for a, bar in enumerate(old, start=1):
        above, row = least[-1], [a]
        for b, other in enumerate(new, start=1):
            row.append(min(above[b - 1] + (bar != other), above[b] + 1, row[-1] + 1))
        least.append(row)
    found: list[Step] = []
    a, b = len(old), len(new)
    while a or b:
        if a and b and least[a][b] == least[a - 1][b - 1] + (old[a - 1] != new[b - 1]):
            a, b = a - 1, b - 1
            found.append((a, b))
        elif a and least[a][b] == least[a - 1][b] + 1:
            a -= 1
            found.append((a, None))
        else:
            b -= 1
            found.append((None, b))
    return found[::-1]
