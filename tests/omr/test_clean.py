"""Light, margins, skew and bends are undone, each by itself, with a known answer."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.omr import clean
from tests.omr import draw


def ruled(*, height: int = 600, width: int = 900) -> draw.Grey:
    page = np.full((height, width), 255, np.uint8)
    for y in range(100, height - 100, 40):
        page[y : y + 3, 60:-60] = 0
    return page


def test_paper_is_white_and_ink_black_under_a_shadow() -> None:
    page = ruled()
    shaded = np.asarray((70 + 0.6 * page) * np.linspace(1, 0.45, 900)[None, :], np.uint8)
    flat = clean.evened(shaded)
    assert flat[page == 255].min() > 225
    assert flat[page == 0].max() < 60


def test_white_on_black_is_turned_round() -> None:
    flat = clean.evened(np.asarray(255 - ruled(), np.uint8))
    assert np.median(flat) == 255
    assert flat[101, 400] < 20


def test_paper_in_the_dark_is_no_white_on_black() -> None:
    dim = np.asarray(12 + 0.22 * ruled(), np.uint8)
    assert dim.max() < clean.DARK_PAGE
    flat = clean.evened(dim)
    assert np.median(flat) == 255
    assert flat[101, 400] < 60


def test_the_black_around_a_sheet_goes_and_its_lines_stay() -> None:
    flat = clean.evened(draw.framed(ruled(), width=70))
    assert flat[:, 5].min() > 225
    assert flat[70 + 101, 70 + 400] < 60


@pytest.mark.parametrize("degrees", [-5.0, -0.4, 0.0, 1.3, 7.0])
def test_skew_is_measured_and_undone(degrees: float) -> None:
    page = draw.skewed(ruled(), degrees)
    assert clean.skew(page) == pytest.approx(degrees, abs=0.11)
    assert abs(clean.skew(clean.rotated(page, degrees))) < 0.11


def test_a_far_skew_is_measured_where_it_is_asked_for() -> None:
    page = draw.skewed(ruled(), 14.0)
    assert clean.skew(page, most=clean.FAR_SKEW) == pytest.approx(14.0, abs=0.15)
    assert abs(clean.skew(page)) <= clean.SKEW + 0.3


def test_a_large_turn_keeps_the_corners() -> None:
    page = np.full((600, 900), 255, np.uint8)
    page[:30, :30] = page[-30:, -30:] = 0
    assert (clean.rotated(page, 5) < 128).sum() == pytest.approx(1800, rel=0.03)


def test_two_bends_in_one_step_are_one_after_the_other() -> None:
    page, xs = ruled(), np.linspace(0, 900, 10)
    first = clean.bend(page.shape, xs=xs, now=[200 + 0.02 * xs], then=[200.0])
    second = clean.bend(page.shape, xs=xs, now=[200 - 0.02 * xs], then=[200.0])
    once = clean.flattened(page, clean.after(first, second))
    assert np.abs(once[20:-20].astype(int) - page[20:-20]).mean() < 3
    assert np.abs(clean.flattened(page, first).astype(int) - page).mean() > 10


def test_turns_are_clockwise() -> None:
    page = np.zeros((20, 30), np.uint8)
    page[0, 0] = 255
    assert clean.turned(page, 90)[0, 19] == 255
    assert clean.turned(page, 180)[19, 29] == 255
    assert clean.mirrored(page)[0, 29] == 255
