"""Numbers of things, in words for people."""

from __future__ import annotations

from collections.abc import Collection


def counted(number: int, thing: str) -> str:
    """1 song, 2 songs."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def bars_named(bars: Collection[int]) -> str:
    """Bars as they are counted, from 1: "bar 3", "bars 3, 7–9". bars: indices, from 0."""
    runs: list[list[int]] = []
    for bar in sorted(bars):
        if runs and runs[-1][-1] == bar - 1:
            runs[-1][1:] = [bar]
        else:
            runs.append([bar])
    said = ", ".join("–".join(str(end + 1) for end in run) for run in runs)
    return f"bar {said}" if len(bars) == 1 else f"bars {said}"
