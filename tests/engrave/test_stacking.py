"""Slices on new paper: in order, within the page, none over another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation.engrave.stacking import BOTTOM_MM, SIDE_MM, TOP_MM, Begins, Cut, stack

A4, A5 = (210.0, 297.0), (148.0, 210.0)
cuts = st.builds(Cut, st.floats(60, 320), st.floats(8, 420))


@given(
    st.lists(st.lists(cuts, max_size=5), max_size=8),
    st.sampled_from([A4, A5]),
    st.sampled_from(["anywhere", "left", "right"]),
)
def test_nothing_is_lost_or_laid_over_another(
    pieces: list[list[Cut]], paper: tuple[float, float], begins: Begins
) -> None:
    sheets = stack(pieces, paper=paper, begins=begins)
    placed = [(p.piece, p.cut) for sheet in sheets for p in sheet]
    assert placed == [(number, index) for number, piece in enumerate(pieces) for index in range(len(piece))]
    for sheet in sheets:
        boxes = [(p, pieces[p.piece][p.cut]) for p in sheet]
        for place, cut in boxes:
            assert place.x >= SIDE_MM - 1e-6
            assert place.x + place.scale * cut.page_width <= paper[0] - SIDE_MM + 1e-6
            assert place.y >= TOP_MM - 1e-6
            assert place.y + place.scale * cut.height <= paper[1] - BOTTOM_MM + 1e-6
        for (upper, cut), (lower, _) in pairwise(boxes):
            assert upper.y + upper.scale * cut.height < lower.y


def test_a_short_song_follows_on_the_same_page() -> None:
    march = [Cut(210, 120)]
    sheets = stack([march, march, march], paper=A4)
    assert [[p.piece for p in sheet] for sheet in sheets] == [[0, 1], [2]]


def test_two_pages_face_each_other() -> None:
    one, two = [Cut(210, 280)], [Cut(210, 280), Cut(210, 280)]
    sheets = stack([one, two], paper=A4, first=2, begins="left")
    assert [[p.piece for p in sheet] for sheet in sheets] == [[0], [], [1], [1]]  # pages 2, 3, 4, 5


def test_what_is_handed_out_has_sheets_of_its_own() -> None:
    sheets = stack([[Cut(210, 60)], [Cut(210, 60)]], paper=A4, first=3, begins="right")
    assert [[p.piece for p in sheet] for sheet in sheets] == [[0], [], [1]]


def test_a_whole_page_of_the_same_paper_is_hardly_smaller() -> None:
    ((place,),) = stack([[Cut(210, 297)]], paper=A4)
    assert place.scale == pytest.approx(0.94, abs=0.02)


def test_a_little_too_much_is_drawn_smaller() -> None:
    (sheet,) = stack([[Cut(210, 150), Cut(210, 155)]], paper=A4)
    assert len(sheet) == 2
    assert 0.85 < sheet[0].scale < 0.95
