"""Staves are read from the top down and on one height from left to right, each instrument's under each other."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.omr.model import Staff, System
from media_pipeline.omr.raster import Sheet
from media_pipeline.omr.staves import look
from media_pipeline.omr.systems import arranged
from tests.omr import draw

PAPER = np.full((900, 1000), 255, np.uint8)


def staff(y: float, x0: float, x1: float) -> Staff:
    return Staff(y=y, interline=10, x0=x0, x1=x1)


def test_three_systems_beside_each_other_are_read_from_the_left() -> None:
    row = [staff(302, 20, 300), staff(300, 340, 600), staff(298.5, 640, 980)]
    others = [staff(100, 20, 980), staff(500, 20, 980)]
    staves, systems = arranged(PAPER, [others[1], row[2], row[0], others[0], row[1]])
    assert list(staves) == [others[0], *row, others[1]]
    assert [system.staves for system in systems] == [(0,), (1,), (2,), (3,), (4,)]


def test_a_system_after_a_gap_has_the_staves_of_the_one_before_it() -> None:
    """The line that joins two staves runs through at the left only."""
    image = PAPER.copy()
    image[280:421, 20:23] = 0
    pair = [staff(300, 20, 500), staff(400, 20, 500)]
    after = [staff(299, 600, 980), staff(399, 600, 980)]
    assert arranged(image, [*after, *pair]) == ((*pair, *after), (System((0, 1)), System((2, 3))))


def test_staves_under_each_other_that_nothing_joins_are_two_systems() -> None:
    assert arranged(PAPER, [staff(400, 20, 500), staff(300, 20, 500)])[1] == (System((0,)), System((1,)))


@pytest.mark.parametrize("gap", [45, 110, 420], ids=["of three spaces", "of eight", "of thirty"])
@pytest.mark.parametrize("staves", [1, 2])
def test_a_coda_after_a_gap_is_a_line_of_its_own(staves: int, gap: int) -> None:
    page = draw.music(bars=70, staves=staves, seed=3)
    (whole,) = look(Sheet(index=0, image=page, dpi=200))
    cut = [whole.staves[index] for index in whole.systems[2].staves]
    rows = round(cut[0].y) - 65, round(cut[-1].y) + 65
    (found,) = look(Sheet(index=0, image=draw.gapped(page, rows=rows, near=900, gap=gap), dpi=200))
    assert [len(system.staves) for system in found.systems] == [staves] * (len(whole.systems) + 1)
    left, right = ([found.staves[index] for index in found.systems[number].staves] for number in (2, 3))
    for one, other, before in zip(left, right, cut, strict=True):
        assert one.x0 == pytest.approx(before.x0, abs=5)
        assert other.x0 - one.x1 == pytest.approx(gap, abs=15)
        assert one.y == pytest.approx(other.y, abs=1)


def test_a_punched_hole_parts_no_staff() -> None:
    page = draw.music(bars=70).copy()
    (whole,) = look(Sheet(index=0, image=page, dpi=200))
    third = whole.staves[2]
    bars = np.flatnonzero((page[round(third.box.y0) : round(third.box.y1)] < 128).mean(0) > 0.97)
    middle = int(bars[len(bars) // 2]) + 100  # in mid-bar
    page[round(third.y) - 40 : round(third.y) + 40, middle - 25 : middle + 25] = 255
    (found,) = look(Sheet(index=0, image=page, dpi=200))
    assert len(found.staves) == len(whole.staves)
