"""Scores as PDF: pages, words and signs on them, the ends that may come early."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from notation.engrave import pdf as printing
from notation.engrave.pdf import pdf
from notation.engrave.style import Style, style_from
from notation.musicxml import NotationError
from tests.engrave import samples

QUARTER = "\ueca5"  # the note in a tempo mark, in every music font


def printed(document: bytes, folder: Path, style: Style | None = None) -> list[str]:
    """The text of each page."""
    pdf(document, target=folder / "x.pdf", style=style)
    with pypdfium2.PdfDocument(folder / "x.pdf") as file:
        return [page.get_textpage().get_text_range() for page in file]


def ink(folder: Path, page: int = 0) -> tuple[float, float, float, float]:
    """Where the ink of a page lies, in fractions of its width and height: left, top, right, bottom."""
    with pypdfium2.PdfDocument(folder / "x.pdf") as file:
        picture = file[page].render(scale=1, grayscale=True).to_pil()
    box = picture.point(lambda v: 255 if v < 200 else 0).getbbox()
    assert box is not None
    (w, h), (left, top, right, bottom) = picture.size, box
    return left / w, top / h, right / w, bottom / h


def test_a_guitar_page_says_what_a_player_needs(tmp_path: Path) -> None:
    style = Style(credit="Transcribed by Copyist", composer="A. Nonymous")
    (page,) = printed(samples.guitar(16, capo=2), tmp_path, style)
    for words in ("Morning Walk", "Guitar", "Standard tuning", "Capo 2", "A. Nonymous", "Transcribed by Copyist"):
        assert words in page
    assert f"{QUARTER} = 96" in page.replace("\u00a0", " ")
    assert page.split().count("3") > 30  # frets
    assert "5" in page.split()  # the bar number of the second system


def test_notation_alone_has_no_frets(tmp_path: Path) -> None:
    (page,) = printed(samples.guitar(16), tmp_path, Style(view="staff"))
    assert "3" not in page.split()


def test_tab_alone_takes_less_room(tmp_path: Path) -> None:
    document = samples.guitar(40)
    assert len(printed(document, tmp_path, Style(view="tab", rhythm=False))) <= len(printed(document, tmp_path))


def test_words_over_a_tab_are_no_larger_than_over_a_staff(tmp_path: Path) -> None:
    sizes = {}
    for view in ("staff", "tab"):
        pdf(samples.guitar(4), target=tmp_path / "x.pdf", style=style_from({"view": view}))
        with pypdfium2.PdfDocument(tmp_path / "x.pdf") as file:
            text = file[0].get_textpage()
            found = text.search("96").get_next()
            assert found is not None
            _, bottom, _, top = text.get_charbox(found[0])
            sizes[view] = top - bottom
    assert sizes["tab"] == pytest.approx(sizes["staff"], rel=0.1)


def test_a_conductors_score(tmp_path: Path) -> None:
    pages = printed(samples.ten_parts(30), tmp_path, Style(staff_mm=7.2))
    assert 7 <= len(pages) <= 11
    assert all(name in pages[0] for name in samples.TEN)
    assert "Suite for Ten" in pages[3]  # the running head
    assert [page.split().count(str(i)) > 0 for i, page in enumerate(pages, start=1)][1:] == [True] * (len(pages) - 1)


def test_bookmarks_and_title(tmp_path: Path) -> None:
    pdf(samples.ten_parts(40), target=tmp_path / "x.pdf", style=Style(title="Suite & Co"))
    with pikepdf.open(tmp_path / "x.pdf") as file:
        assert str(file.docinfo["/Title"]) == "Suite & Co"
        assert str(file.docinfo["/Author"]) == "A. Nonymous"
        with file.open_outline() as outline:
            (root,) = outline.root
            assert root.title == "Suite & Co"
            assert [child.title for child in root.children] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("options", "points"),
    [
        ({"paper": "A4"}, (595.3, 841.9)),
        ({"paper": "letter"}, (612, 792)),
        ({"paper": "A5"}, (419.5, 595.3)),
        ({"paper": "A4", "landscape": "1"}, (841.9, 595.3)),
    ],
)
def test_paper(options: dict[str, str], points: tuple[float, float], tmp_path: Path) -> None:
    pdf(samples.piano(8), target=tmp_path / "x.pdf", style=style_from(options))
    with pypdfium2.PdfDocument(tmp_path / "x.pdf") as file:
        assert file[0].get_size() == pytest.approx(points, abs=0.5)


@pytest.mark.parametrize("margin", [10, 25])
def test_margins_hold(margin: int, tmp_path: Path) -> None:
    pdf(samples.piano(60), target=tmp_path / "x.pdf", style=style_from({"margin_mm": margin, "page_numbers": "0"}))
    left, top, right, bottom = ink(tmp_path)
    assert left >= (margin - 4) / 210  # the brace hangs out
    assert right == pytest.approx(1 - margin / 210, abs=0.01)
    assert top >= margin / 297
    assert bottom <= 1 - (margin - 1) / 297


def test_the_staff_is_as_large_as_asked(tmp_path: Path) -> None:
    pages = [len(printed(samples.ten_parts(12), tmp_path, Style(staff_mm=mm))) for mm in (4.0, 8.0)]
    assert pages[1] >= 2 * pages[0]


def test_no_last_page_with_a_single_system(tmp_path: Path) -> None:
    for bars in (24, 32, 40, 48):
        count = len(printed(samples.guitar(bars), tmp_path))
        if count > 1:
            _, top, _, bottom = ink(tmp_path, count - 1)
            page_number = 0.05
            assert bottom - top - page_number > 0.25, f"{bars} bars leave an orphan"


def test_page_numbers_may_start_anywhere_or_stay_away(tmp_path: Path) -> None:
    document = samples.guitar(60)
    assert "18" in printed(document, tmp_path, Style(first_page=17, view="staff", staff_mm=9.6))[1].split()
    plain = Style(head=False, page_numbers=False)
    assert "Morning Walk" not in printed(document, tmp_path, plain)[0]


def test_long_titles_are_broken_and_strange_ones_drawn(tmp_path: Path) -> None:
    title = "The Very Long and Winding Title of a Piece That Somebody Could Not Stop Naming, Volume the Second <&>"
    (page,) = printed(samples.piano(8), tmp_path, Style(title=title))
    assert "<&>" in page
    assert ink(tmp_path)[2] < 0.96
    printed(samples.piano(4), tmp_path, Style(title="שיר 夜曲 🎸 \x07\ud800"))


def test_a_missing_converter_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(printing, "RSVG", "rsvg-convert-that-nobody-has")
    with pytest.raises(NotationError) as error:
        pdf(samples.piano(2), target=tmp_path / "x.pdf")
    assert "librsvg2-bin" in error.value.hint
    assert not error.value.permanent


def test_drums_and_empty_bars_are_printed(tmp_path: Path) -> None:
    empty = '<note><rest measure="yes"/><duration>16</duration></note>'
    bars = [samples.note(60, 16), *[empty] * 12, samples.note(62, 16)]
    measures = (samples.measure(i + 1, b, start="" if i else samples.attributes()) for i, b in enumerate(bars))
    (page,) = printed(samples.score([("Flute", "".join(measures))]), tmp_path)
    assert "Flute" in page
    assert ink(tmp_path)[3] < 0.4  # twelve bars of rest are one sign


def test_what_copyist_transcribed_says_so(tmp_path: Path) -> None:
    software = b"<identification><encoding><software>Copyist</software></encoding></identification><part-list>"
    ours = samples.guitar(4).replace(b"<part-list>", software)
    assert "Transcribed by Copyist" in printed(ours, tmp_path)[0]
    assert "Transcribed by Copyist" not in printed(ours, tmp_path, Style(credit=""))[0]
    assert "Transcribed by Copyist" not in printed(samples.guitar(4), tmp_path)[0]


def test_arrangers_are_named(tmp_path: Path) -> None:
    words = b'<identification><creator type="arranger">J. Doe</creator></identification><part-list>'
    assert "arr. J. Doe" in printed(samples.guitar(4).replace(b"<part-list>", words), tmp_path)[0]


def test_styles_of_a_part(tmp_path: Path) -> None:
    style = replace(Style(), part="Flute 2", remarks=("in B♭",), subtitle="for a rainy day")
    (page,) = printed(samples.piano(4), tmp_path, style)
    assert all(words in page for words in ("Flute 2", "in B", "♭", "for a rainy day"))
