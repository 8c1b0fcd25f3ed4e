"""Conductors' scores: every system fits its page, families are bracketed, names are short after the first system."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from lxml import etree

from notation.engrave.cache import Cache
from notation.engrave.conductor import Turn, brief_name, score_pages
from notation.engrave.style import Style
from notation.musicxml.read import read
from tests.engrave import samples

BAND = ("Flute", "Oboe", "B♭ Clarinet 1", "Clarinet in Bb 2", "Alto Saxophone", "Horn in F", "Trumpet 1", "Trumpet 2",
        "Trombone", "Tuba")  # fmt: skip


def band(staves: int, bars: int = 12) -> etree._Element:
    """So many staves of the band's instruments, over and over."""
    content = samples.note(72, 8) + samples.note(74, 8)
    parts = []
    for index in range(staves):
        start = samples.attributes()
        measures = (samples.measure(i + 1, content, start="" if i else start) for i in range(bars))
        parts.append((BAND[index % len(BAND)], "".join(measures)))
    root = read(samples.score(parts))
    for short in list(root.iter("part-abbreviation")):
        short.getparent().remove(short)  # type: ignore[union-attr]
    return root


def drawn(root: etree._Element, folder: Path, style: Style | None = None) -> list[tuple[float, float, float, float]]:
    """Where the ink of each page lies, in shares of its sides."""
    count = score_pages(root, target=folder / "x.pdf", style=style)
    boxes = []
    with pypdfium2.PdfDocument(folder / "x.pdf") as file:
        assert len(file) == count
        for page in file:
            picture = page.render(scale=1.5, grayscale=True).to_pil()
            box = picture.point(lambda v: 255 if v < 200 else 0).getbbox()
            assert box is not None
            boxes.append((box[0] / picture.width, box[1] / picture.height, box[2] / picture.width,
                          box[3] / picture.height))  # fmt: skip
    return boxes


@pytest.mark.parametrize(("staves", "paper"), [(10, "A4"), (24, "A4"), (24, "A5"), (45, "A4"), (60, "A5")])
def test_every_staff_is_on_its_page(staves: int, paper: str, tmp_path: Path) -> None:
    style = Style(paper=paper, page_numbers=False)  # type: ignore[arg-type]
    for left, top, right, bottom in drawn(band(staves), tmp_path, style):
        assert left > 0.01
        assert top > 0.015  # the running head
        assert right < 0.99
        assert bottom < 0.97
    with pypdfium2.PdfDocument(tmp_path / "x.pdf") as file:
        size = [side * 25.4 / 72 for side in file[0].get_size()]
        words = file[0].get_textpage().get_text_range()
    assert size == pytest.approx(style.size_mm, abs=0.2)
    assert words.count("Trombone") == staves // 10 + (staves % 10 > 8)


def test_landscape(tmp_path: Path) -> None:
    score_pages(band(6), target=tmp_path / "x.pdf", style=Style(landscape=True))
    with pypdfium2.PdfDocument(tmp_path / "x.pdf") as file:
        assert file[0].get_width() > file[0].get_height()


def test_names_are_short_after_the_first_system(tmp_path: Path) -> None:
    score_pages(band(10, bars=60), target=tmp_path / "x.pdf")
    with pypdfium2.PdfDocument(tmp_path / "x.pdf") as file:
        first, second = (file[page].get_textpage().get_text_range() for page in (0, 1))
    assert "Clarinet in Bb 2" in first
    assert "Clarinet" not in second
    assert "Cl. 2" in second


@pytest.mark.parametrize(
    ("name", "brief"),
    [("B♭ Clarinet 1", "Cl. 1"), ("Horn 1 & 2", "Hn. 1/2"), ("Flöte", "Fl."), ("Anything else", "")],
)
def test_brief_names(name: str, brief: str) -> None:
    assert brief_name(name) == brief


def test_the_document_stays_as_it_was(tmp_path: Path) -> None:
    root = band(4)
    before = etree.tostring(root)
    score_pages(root, target=tmp_path / "x.pdf")
    assert etree.tostring(root) == before


def test_paper_is_turned_where_a_page_then_holds_more(tmp_path: Path) -> None:
    """One system of ten large staves leaves much of an upright page empty, but fills one that lies."""
    root, target = band(10, 24), tmp_path / "x.pdf"

    def pages(style: Style, turn: Turn | None) -> tuple[int, bool]:
        count = score_pages(root, target=target, style=style, turn=turn)
        with pypdfium2.PdfDocument(target) as file:
            width, height = file[0].get_size()
        return count, width > height

    large = Style(staff_mm=6.5)
    assert pages(large, "auto") == pages(large, "landscape")
    assert pages(large, "auto")[0] < pages(large, "upright")[0]
    assert pages(Style(), "auto") == pages(Style(), None)  # two systems on an upright page


def test_only_pages_that_look_otherwise_are_printed_again(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    root = band(10, bars=60)
    pages = score_pages(root, target=tmp_path / "before.pdf", kept=kept)
    printed = set(tmp_path.glob("?" * 40 + ".pdf"))
    assert 1 < len(printed) <= pages
    next(root.iterfind("part/measure[60]/note/pitch/step")).text = "D"
    assert score_pages(root, target=tmp_path / "after.pdf", kept=kept) == pages
    assert len(set(tmp_path.glob("?" * 40 + ".pdf")) - printed) == 1  # the batch of its page
    assert (tmp_path / "after.pdf").read_bytes() != (tmp_path / "before.pdf").read_bytes()
    score_pages(root, target=tmp_path / "anew.pdf")
    assert (tmp_path / "anew.pdf").read_bytes() == (tmp_path / "after.pdf").read_bytes()
