"""Second guesses of accidentals: what was glimpsed before a head and not taken for a sign.

With what the other parts play it tells a sharp that was overlooked from none (notation/score/check/accidentals.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import Line
from media_pipeline.omr.tokens import is_position

SIGNS = ("f", "ff", "n", "s", "x")  # of the tokens "acc.f" and so on
LEAST = 1e-5  # a probability below counts as nothing


def glances_of(line: Line, lattice: Lattice) -> dict[tuple[int, int], dict[str, float]]:
    """(bar, token) of a head -> sign -> how likely it stands before it; heads where nothing was glimpsed are left out.

    The highest probability of a sign's token between the head and what is left of it. A sign that was read has its own.
    """
    known = {token: n for n, token in enumerate(lattice.vocabulary)}
    spots = [
        (b, t, seen.token) for b, bar in enumerate(line.bars) for t, seen in enumerate(bar.tokens)
        if seen.token in known
    ]  # fmt: skip
    frames = [seen.frame for seen in lattice.align([known[token] for _, _, token in spots], 0, lattice.frames)]
    found: dict[tuple[int, int], dict[str, float]] = {}
    for k, (bar, place, token) in enumerate(spots):
        if not is_position(token):
            continue
        left, read = k - 1, ""
        while left >= 0 and spots[left][2].startswith("acc."):
            read, left = spots[left][2][4:], left - 1
        begin = frames[left] + 1 if left >= 0 else 0
        odds = {sign: round(lattice.peak(f"acc.{sign}", begin, frames[k] + 1), 5) for sign in SIGNS}
        if kept := {sign: value for sign, value in odds.items() if value > LEAST or sign == read}:
            found[bar, place] = kept
    return found


def glances_told(lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """The side file's glances as `Revision.reading` has them (notation/reading.py)."""
    return {
        f"{n}-{b}-{token}": odds
        for n, line in enumerate(lines)
        for b, bar in enumerate(line["bars"])
        for token, odds in bar.get("glances", {}).items()
    }
