"""Whose the bars of a new reading are: a bar belongs to the part that has the bar at its place on the paper. No Django.

    there = {part: spots(reading, measures=20), …}
    owned(spots(again, measures=21), there, measures=21)   -> for each measure (part, its measure there), or None

Two bars are at one place where they lie on the same picture and the one covers half of the other. A rest of many bars
that was cut in two is at one place in both parts: the first has as many of its bars as it had.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

COVERED = 0.5  # of the smaller of two boxes

Owner = tuple[Any, int] | None


@dataclass(frozen=True)
class Spot:
    """Where a bar stands. box: left, top, right, bottom as parts of its picture; bars: how many measures it is."""

    picture: tuple[str, int]
    label: str  # as people know the page; the picture of a page can be made anew
    box: tuple[float, float, float, float]
    measure: int
    bars: int = 1


def spots(reading: Mapping[str, Any], *, measures: int) -> list[Spot]:
    """In the order of the music; of several staves each has its own."""
    pages = {page["number"]: page for page in reading.get("pages", ())}
    bars = [bar for bar in reading.get("bars", ()) if bar["measure"] < measures and bar["page"] in pages]
    starts = sorted({bar["measure"] for bar in bars})
    length = {start: end - start for start, end in pairwise([*starts, measures])}
    found = []
    for bar in sorted(bars, key=lambda bar: bar["measure"]):
        page = pages[bar["page"]]
        wide, high = page.get("size") or (1, 1)
        left, top, right, bottom = bar["box"]
        box = (left / max(wide, 1), top / max(high, 1), right / max(wide, 1), bottom / max(high, 1))
        picture = (str(page.get("key", "")), int(page.get("sheet", 0)))
        found.append(Spot(picture, str(page.get("label", "")), box, bar["measure"], length[bar["measure"]]))
    return found


def owned(mine: Sequence[Spot], there: Mapping[Hashable, Sequence[Spot]], *, measures: int) -> list[Owner]:
    """(part, its measure there) of each measure; None where nothing was at its place. `there` in the order of the book.

    1. of a bar, the part of which it covers most
    2. of a rest of many bars over which two parts meet, as many for the first as it had, the others for the next
    """
    found: list[Owner] = [None] * measures
    by_measure: dict[int, list[Spot]] = {}
    for spot in mine:
        by_measure.setdefault(spot.measure, []).append(spot)
    for measure, here in by_measure.items():
        over: dict[Hashable, tuple[float, Spot]] = {}
        for part, others in there.items():
            near = [(shared, one) for one in others for spot in here if (shared := _covered(spot, one)) >= COVERED]
            if near:
                over[part] = max(near, key=lambda one: one[0])
        if not over:
            continue
        length = here[0].bars
        parts = list(over) if length > 1 else [max(over, key=lambda part: over[part][0])]
        at = 0
        for number, part in enumerate(parts):
            spot = over[part][1]
            share = length - at if number == len(parts) - 1 else min(spot.bars, length - at)
            for step in range(share):
                found[measure + at + step] = (part, spot.measure + min(step, spot.bars - 1))
            at += share
    return found


def _covered(a: Spot, b: Spot) -> float:
    """How much of the smaller box is in both, 0 on different pictures."""
    if a.picture != b.picture and (not a.label or a.label != b.label):
        return 0.0
    wide = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    high = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a.box, b.box))
    return wide * high / least if wide > 0 and high > 0 and least > 0 else 0.0
