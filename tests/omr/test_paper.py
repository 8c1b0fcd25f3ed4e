"""The sheet in a photograph is found by its edges; a scan, which has none, is left as it is."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.omr import paper
from tests.omr import draw


def sheet() -> draw.Grey:
    """A page with a black mark in each corner, each of its own size."""
    page = draw.text(["The quick brown fox jumps over the lazy dog"] * 20)
    for number, (y, x) in enumerate(((60, 60), (60, -140), (-140, -140), (-140, 60))):
        page[y : y + 40 + 10 * number, x : x + 40 + 10 * number] = 0
    return page


@pytest.mark.parametrize(("degrees", "lean"), [(0, 0.0), (4, 0.05), (-13, 0.03), (2, 0.14)])
def test_a_sheet_on_a_table_is_cut_out_straight(degrees: float, lean: float) -> None:
    page = sheet()
    photo = draw.on_table(page, lean=lean, degrees=degrees, share=0.7)
    found = paper.corners(photo)
    assert found is not None
    out, matrix = paper.straightened(photo, found)
    assert out.shape[0] / out.shape[1] == pytest.approx(page.shape[0] / page.shape[1], rel=2 * lean + 0.02)
    height, width = out.shape
    for number, (y, x) in enumerate(((60, 60), (60, -140), (-140, -140), (-140, 60))):
        row, column = (y % page.shape[0] + 20) / page.shape[0], (x % page.shape[1] + 20) / page.shape[1]
        around = out[round(row * height) - 6 : round(row * height) + 7, round(column * width) - 6 :][:, :13]
        assert np.median(around) < 60, number
    moved = np.array([(*corner, 1) for corner in found]) @ matrix.T
    assert moved[2, :2] / moved[2, 2] == pytest.approx([width - 1, height - 1], abs=0.5)


def test_a_sheet_that_runs_out_of_the_picture_is_found() -> None:
    photo = draw.on_table(sheet(), degrees=0, lean=0.0)[:, 300:]
    found = paper.corners(photo)
    assert found is not None
    assert np.abs(found[[0, 3], 0]).max() < 12
    assert found[1, 0] == pytest.approx(1000 + 800 - 300, abs=12)


@pytest.mark.parametrize(
    "scan",
    [
        sheet,
        lambda: draw.skewed(sheet(), 6),
        lambda: draw.faded(sheet()),
        lambda: draw.curled(sheet(), 35),
        lambda: draw.spread(sheet(), sheet()),
        lambda: np.asarray(255 - sheet(), np.uint8),
        draw.animal,
        draw.blank,
    ],
    ids=["plain", "skewed", "faded", "in the shadow of a spine", "spread", "inverted", "cat", "blank"],
)
def test_where_there_is_no_table_nothing_is_cut(scan: object) -> None:
    assert paper.corners(scan()) is None  # type: ignore[operator]


def test_the_lid_of_a_scanner_is_cut_away() -> None:
    found = paper.corners(draw.framed(sheet(), width=140))
    assert found is not None
    height, width = draw.HEIGHT, draw.WIDTH
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)]) + 140
    assert np.abs(found - whole).max() < 12
