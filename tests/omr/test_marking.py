"""Doubts against what is wrong, on bars made up."""

from __future__ import annotations

import pytest

from media_pipeline.omr.model import DOUBTFUL
from media_pipeline.training.omr.marking import JudgedBar, found, marking

WRONG = (0.95, 0.6, 0.3, 0.05)
RIGHT = tuple(n / 10 for n in range(10))  # 0.0 to 0.9


def bars(doubts: tuple[float, ...], *, right: bool) -> list[JudgedBar]:
    return [JudgedBar(n, "read", "truth", doubt, right) for n, doubt in enumerate(doubts)]


BARS = bars(WRONG, right=False) + bars(RIGHT, right=True)


def test_bars_are_marked_from_the_threshold_on() -> None:
    got = marking(BARS)
    assert (got.wrong, got.right) == (4, 10)
    assert (got.wrong_marked, got.right_marked) == (0.5, 0.5)
    assert marking(bars((DOUBTFUL,), right=True)).right_marked == 1


def test_without_wrong_bars_no_share_of_them_is_marked() -> None:
    got = marking(bars(RIGHT, right=True))
    assert (got.wrong, got.wrong_marked) == (0, None)
    assert found(bars(RIGHT, right=True), allowed=0.1) is None


@pytest.mark.parametrize(
    ("allowed", "share"), [(0, 0.25), (0.1, 0.25), (0.4, 0.5), (0.6, 0.5), (0.7, 0.75), (0.9, 1), (1, 1)]
)
def test_the_curve_lets_no_more_right_bars_be_marked_than_allowed(allowed: float, share: float) -> None:
    # at 0.4: right bars 0.6 to 0.9 may be marked, so the threshold lies above 0.5, and 0.95 and 0.6 are found
    assert found(BARS, allowed=allowed) == share


def test_right_bars_of_one_doubt_are_marked_all_or_none() -> None:
    flat = bars((0.5,), right=False) + bars((0.5,) * 10, right=True)
    assert found(flat, allowed=0.9) == 0
    assert found(flat, allowed=1.0) == 1
