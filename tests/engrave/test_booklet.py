"""Imposed booklets: fold the printed sheets, and the pages are in order."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation.engrave.booklet import booklet, imposed
from notation.engrave.stamp import Words, word_pages
from notation.musicxml import NotationError


def folded(sides: list[tuple[int | None, int | None]]) -> list[int | None]:
    """The pages as a reader leafs through the folded stack: outermost sheet first."""
    before: list[int | None] = []
    behind: list[int | None] = []
    for front, back in zip(sides[::2], sides[1::2], strict=True):
        before += [front[1], back[0]]
        behind = [back[1], front[0], *behind]
    return before + behind


@given(st.integers(1, 200))
def test_folding_puts_pages_in_order(count: int) -> None:
    sides = imposed(count)
    read = folded(sides)
    assert read[:count] == list(range(count))
    assert all(page is None for page in read[count:])
    assert len(read) < count + 4


def test_eight_pages() -> None:
    assert imposed(8) == [(7, 0), (1, 6), (5, 2), (3, 4)]


def test_pages_stand_on_their_half(tmp_path: Path) -> None:
    a5 = (148.0, 210.0)
    pages = [[Words(f"leaf{number}", 74, 100, 12, "middle")] for number in range(1, 7)]
    word_pages(pages, target=tmp_path / "book.pdf", size_mm=a5)
    assert booklet(tmp_path / "book.pdf", target=tmp_path / "out.pdf") == 2
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as file:
        assert file[0].get_size() == pytest.approx((841.9, 595.3), abs=0.5)
        found = []
        for side in file:
            text = side.get_textpage()
            width = side.get_width()
            halves = (text.get_text_bounded(right=width / 2), text.get_text_bounded(left=width / 2))
            found.append(tuple(half.strip() for half in halves))
    assert found == [("", "leaf1"), ("leaf2", ""), ("leaf6", "leaf3"), ("leaf4", "leaf5")]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_there_is_no_such_paper(tmp_path: Path) -> None:
    with pytest.raises(NotationError):
        booklet(tmp_path / "book.pdf", target=tmp_path / "out.pdf", sheet="B7")
