"""A staff cut out has its lines where the network expects them, and every column knows its place on the page."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from media_pipeline.nets.staff_reader import STRIDE
from media_pipeline.omr.crop import MARGIN, MIDDLE, ROWS, crop, place
from media_pipeline.omr.model import Staff


def page_with_lines(staff: Staff, *, height: int = 900, width: int = 1500) -> NDArray[np.uint8]:
    rows = np.arange(height)[:, None]
    reach = [staff.y + k * staff.interline for k in (-2, -1, 0, 1, 2)]
    ink = sum(np.exp(-((rows - y) ** 2) / (2 * (0.07 * staff.interline) ** 2 + 0.4)) for y in reach)
    page = 255 - 255 * np.clip(np.broadcast_to(ink, (height, width)), 0, 1)
    page[:, : int(staff.x0)] = page[:, int(staff.x1) + 1 :] = 255
    return np.asarray(page, np.uint8)


@pytest.mark.parametrize("interline", [7.3, 10.0, 13.62, 20.0, 41.7])
def test_lines_lie_ten_rows_apart_around_row_eighty(interline: float) -> None:
    staff = Staff(y=431.4, interline=interline, x0=200, x1=1300)
    cut = crop(page_with_lines(staff), staff)
    assert cut.shape == (ROWS, round(1100 / interline * 10 + 20 * MARGIN))
    dark = 255.0 - cut[:, 40:-40].mean(1)
    for line in (60, 70, 80, 90, 100):
        near = np.arange(line - 3, line + 4)
        assert np.average(near, weights=dark[near]) == pytest.approx(line, abs=0.2)
    assert dark[65] < 0.3 * dark[80]


def test_the_margin_is_an_interline_and_a_half() -> None:
    staff = Staff(y=400, interline=12, x0=240, x1=1200)
    cut = crop(page_with_lines(staff), staff)
    first = np.flatnonzero(cut[MIDDLE] < 128)[0]
    assert abs(first - 15) <= 1


def test_a_staff_at_the_edge_is_filled_up_with_paper() -> None:
    staff = Staff(y=30, interline=12, x0=0, x1=600)
    cut = crop(page_with_lines(staff, height=60, width=600), staff)
    assert (cut[:40] == 255).all()
    assert (cut[MIDDLE, :10] == 255).all()


def test_frames_and_rows_lead_back_to_the_page() -> None:
    staff = Staff(y=431.4, interline=14, x0=200, x1=1300)
    page = page_with_lines(staff)
    page[400:460, 700:704] = 0  # a bar line
    cut, at = crop(page, staff), place(staff)
    column = float(np.flatnonzero((cut[66:98] < 100).all(0)).mean())
    assert at.across((column - (STRIDE - 1) / 2) / STRIDE) == pytest.approx(701.5, abs=1)
    assert at.down(80) == pytest.approx(431.4)
    box = at.box(10, 20)
    assert (box.y0, box.y1) == pytest.approx((staff.box.y0, staff.box.y1))
    assert box.x1 - box.x0 == pytest.approx(11 * STRIDE * 1.4)
