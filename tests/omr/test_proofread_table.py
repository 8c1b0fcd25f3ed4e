"""The proof-reading's table: what is left to be done by hand, and rows that add up."""

from __future__ import annotations

import pytest

from media_pipeline.training.omr.proofread import HEADING, Tally, corrections_of


@pytest.mark.parametrize(
    ("lengths", "corrections"),
    [([], 0), ([0, 0], 0), ([3], 1), ([-1, 0, -2], 2), ([36, -1, 1], 1), ([2, -2], 0), ([5, 1, -1], 1)],
)
def test_as_few_stretches_as_bring_the_whole_to_its_length(lengths: list[int], corrections: int) -> None:
    assert corrections_of(lengths) == corrections


def test_rows_add_up() -> None:
    whole = Tally(100, (10, 4), 6, 0, (2, 1), (1, 0)) + Tally(50, (2, 2), 1, 1, (0, 0), (2, 2))
    assert whole == Tally(150, (12, 6), 7, 1, (2, 1), (3, 2))
    assert "12 -> 6    50%" in whole.line("all")
    assert len(whole.line("all")) == len(HEADING)
