"""How loud a part is: dynamics where a section begins and after rests, hairpins, remarks; and their loose ends."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.omr.band.model import Bar

LEVELS = ("pp", "p", "mp", "mf", "f", "ff")
BEHIND = ("after", "pad", "pads", "bass", "stab")  # roles that are a step softer than the tune
SWELLS = ((), ((2, 3, "<"),), ((0, 1, "<"), (2, 3, ">")), ((2, 3, ">"),))  # of four bars: first, last, sign


def shade(
    bars: Sequence[Bar],
    roles: Sequence[str],
    *,
    dynamic: str,
    remarks: Mapping[str, str],
    loud: str,
    silent: bool,
    seed: str,
) -> tuple[list[Bar], str]:
    """A section of one part with its dynamics, hairpins and remarks, and how loud it ends.

    `roles`: of each bar. `loud`: the dynamic that stands before; `silent`: after rests, so that it is said anew. Parts
    with the same `seed` swell in the same bars.
    """
    bars = list(bars)
    level = LEVELS.index(dynamic)
    remarked = False
    rested = 2 if silent else 0
    for n, bar in enumerate(bars):
        sounding = next((i for i, note in enumerate(bar) if note.pitches), None)
        if sounding is None:
            rested += 1
            continue
        role = roles[n].rstrip("0123456789")
        said = LEVELS[level - (role in BEHIND and 0 < level < 4)]
        note = bar[sounding]
        if rested >= 2 or said != loud:
            note, loud = replace(note, dynamic=said), said
        if not remarked and role in remarks:
            note, remarked = replace(note, words=remarks[role]), True
        bars[n] = (*bar[:sounding], note, *bar[sounding + 1 :])
        rested = 0
    r = random.Random(f"{seed} swell")
    for begin in range(0, len(bars) - 3, 4):
        for first, last, sign in r.choice(SWELLS):
            _hairpin(bars, begin + first, begin + last, sign)
    return bars, loud


def _hairpin(bars: list[Bar], first: int, last: int, sign: str) -> None:
    """From the first note of a bar to the last of another, where there is music in between."""
    places = [(n, i) for n in range(first, last + 1) for i, note in enumerate(bars[n]) if note.pitches]
    while len(places) > 1 and places[-1][1] == 0:
        places.pop()  # at the first note of a bar it would end at the bar line before
    if len(places) < 2 or not all(bars[first : last + 1]):
        return
    for (n, i), mark in ((places[0], sign), (places[-1], "!")):
        note = bars[n][i]
        bars[n] = (*bars[n][:i], replace(note, hairpin=note.hairpin + mark), *bars[n][i + 1 :])


def settle(bars: list[Bar]) -> None:
    """Slurs and hairpins that lost their end with the last bar are taken away."""
    for kind, begin, end in (("slur", "(", ")"), ("hairpin", "<>", "!")):
        start: tuple[int, int] | None = None
        for n, bar in enumerate(bars):
            for i, note in enumerate(bar):
                marks = getattr(note, kind)
                if end in marks:
                    start = None
                if any(mark in begin for mark in marks):
                    start = (n, i)
        if start is not None:
            n, i = start
            note = bars[n][i]
            left = "".join(mark for mark in getattr(note, kind) if mark not in begin)
            kept = replace(note, slur=left) if kind == "slur" else replace(note, hairpin=left)
            bars[n] = (*bars[n][:i], kept, *bars[n][i + 1 :])
