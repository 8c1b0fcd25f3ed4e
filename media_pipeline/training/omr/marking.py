"""How well doubts find the bars that are wrong.

A bar is what is printed as one: a multi-measure rest is one bar here, however many measures it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media_pipeline.omr.model import DOUBTFUL


@dataclass(frozen=True)
class JudgedBar:
    """A bar that was read. `read` and `truth` are the scorer's tokens; no `truth`: there is no such bar."""

    measure: int  # from 0 in its song, as read
    read: str
    truth: str
    doubt: float  # 0..1
    right: bool
    page: int = 0  # where it stands: of the book, from 0
    system: int = 0


@dataclass(frozen=True)
class Marking:
    """Shares of bars; None where there are no such bars."""

    wrong: int
    right: int
    wrong_marked: float | None
    right_marked: float | None


def marking(bars: Iterable[JudgedBar]) -> Marking:
    """Of the wrong bars and of the right ones, the share marked as doubtful."""
    wrong, right = _doubts(bars)
    return Marking(len(wrong), len(right), _share(wrong), _share(right))


def found(bars: Iterable[JudgedBar], *, allowed: float) -> float | None:
    """The share of wrong bars that is marked if the threshold is such that at most `allowed` of the right ones are."""
    wrong, right = _doubts(bars)
    if not wrong:
        return None
    right.sort(reverse=True)
    most = int(allowed * len(right) + 1e-9)
    limit = right[most] if most < len(right) else -1.0
    return sum(doubt > limit for doubt in wrong) / len(wrong)


def _doubts(bars: Iterable[JudgedBar]) -> tuple[list[float], list[float]]:
    """Of the wrong bars, of the right ones."""
    sides: tuple[list[float], list[float]] = ([], [])
    for bar in bars:
        sides[bar.right].append(bar.doubt)
    return sides


def _share(doubts: Sequence[float]) -> float | None:
    return sum(doubt >= DOUBTFUL for doubt in doubts) / len(doubts) if doubts else None
