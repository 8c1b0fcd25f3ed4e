"""A part for its player: where its pages end, and that nothing of it is lost."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from lxml import etree

from notation.engrave.part import part_pages
from notation.engrave.pdf import pdf
from notation.engrave.style import Style
from notation.musicxml.read import read
from tests.engrave import samples

RUN = "".join(samples.note(72 + step % 5, 1) for step in range(16))
REST = '<note><rest measure="yes"/><duration>16</duration></note>'


def part(bars: list[str], *, marks: dict[int, str] | None = None) -> etree._Element:
    """A part of these bars; `marks` puts words over some, so that pages tell which bars they hold."""
    out = []
    for index, content in enumerate(bars):
        word = (marks or {}).get(index, "")
        start = samples.attributes() if index == 0 else ""
        if word:
            start += f"<direction><direction-type><words>{word}</words></direction-type></direction>"
        out.append(samples.measure(index + 1, content, start=start))
    return read(samples.score([("Clarinet", "".join(out))]))


def texts(root: etree._Element, folder: Path, style: Style | None = None) -> list[list[str]]:
    count = part_pages(root, target=folder / "x.pdf", style=style)
    with pypdfium2.PdfDocument(folder / "x.pdf") as file:
        assert len(file) == count
        return [page.get_textpage().get_text_range().split() for page in file]


@pytest.mark.parametrize("rest", [57, 63])
def test_the_page_that_is_turned_ends_with_the_rest(rest: int, tmp_path: Path) -> None:
    """Three pages of semiquavers with one rest towards the end of the second, which is the one to be turned."""
    bars = [RUN] * 102
    bars[rest : rest + 4] = [REST] * 4
    pages = texts(part(bars, marks={rest - 1: "before", rest + 4: "after"}), tmp_path)
    assert len(pages) == 3
    assert "before" in pages[1]
    assert "after" in pages[2]


def test_every_bar_is_there(tmp_path: Path) -> None:
    bars = [RUN] * 41
    marks = {index: f"bar{index}" for index in range(41)}
    pages = texts(part(bars, marks=marks), tmp_path, Style(paper="A5"))
    assert [word for page in pages for word in page if word.startswith("bar")] == list(marks.values())


def test_a_line_too_many_is_squeezed_in(tmp_path: Path) -> None:
    """As many bars as just do not fit on one page as Verovio lays them out."""
    count = next(
        bars
        for bars in range(20, 60, 2)
        if pdf(part([RUN] * bars), target=tmp_path / "v.pdf", style=Style(staff_mm=7.0)) == 2
    )
    assert len(texts(part([RUN] * (count + 1)), tmp_path, Style(staff_mm=7.0))) == 1


def test_a_short_part_and_an_empty_one_have_a_page(tmp_path: Path) -> None:
    assert len(texts(part([RUN]), tmp_path)) == 1
    assert len(texts(part([REST] * 200), tmp_path)) == 1


def test_a_piano_is_a_part_too(tmp_path: Path) -> None:
    pages = texts(read(samples.piano(60)), tmp_path)
    assert 1 <= len(pages) <= 3


def test_a_staff_size_that_was_asked_for_is_about_kept(tmp_path: Path) -> None:
    bars = part([RUN] * 40)
    assert len(texts(bars, tmp_path, Style(staff_mm=9.0))) > len(texts(bars, tmp_path, Style(staff_mm=5.0)))


def test_the_document_stays_as_it_was(tmp_path: Path) -> None:
    root = part([RUN] * 30)
    before = etree.tostring(root)
    part_pages(root, target=tmp_path / "x.pdf")
    assert etree.tostring(root) == before
