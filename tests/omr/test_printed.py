"""What a page prints of a score: numbers of tuplets, held against the notes they stand over; dynamics; warnings."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
import weasyprint

from media_pipeline.training.omr.printed import as_printed, digits, dynamics, without_absent_warning

ROOT = Path(__file__).resolve().parents[2]
NUMBERED = "tup3 p1 d8 p2 d8 p3 d8 tupend bar.s"
LINE = f"clef.G2 {NUMBERED} tup3 p4 d8 p5 d8 p6 d8 tupend bar.s"
PLACES = {2: 4.0, 4: 6.0, 6: 8.0, 10: 14.0, 12: 16.0, 14: 18.0}


def told(line: str, places: dict[int, float], numbers: list[tuple[str, float]]) -> str:
    return " ".join(as_printed(line.split(), places, numbers))


def test_a_tuplet_stays_where_its_number_stands_among_its_notes() -> None:
    first = f"clef.G2 {NUMBERED} p4 d8 p5 d8 p6 d8 bar.s"
    assert told(LINE, PLACES, [("3", 6.1), ("3", 16.2)]) == LINE
    assert told(LINE, PLACES, [("3", 5.0)]) == first
    assert told(LINE, PLACES, [("3", 5.0), ("5", 16.0), ("3", 11.0)]) == first


def test_a_line_is_given_up_where_no_note_of_a_tuplet_was_found() -> None:
    assert told(LINE, {2: 4.0}, [("3", 5.0), ("3", 16.0)]) == ""


def test_notes_that_share_a_tremolo_need_no_number() -> None:
    line = "clef.F4 tup2 p1 d2 trem2 p2 d2 trem2 tupend bar.s"
    assert told(line, {}, []) == line


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_digits_of_a_page_that_belong_to_no_longer_number(tmp_path: Path, scale: float) -> None:
    words = "".join(
        f'<p style="position:absolute;margin:0;font-size:10pt;left:{x}pt;top:{y}pt">{text}</p>'
        for text, x, y in (("3", 50, 40), ("12", 90, 40), ("5", 120, 80), ("4=96", 150, 40), ("1", 30, 30))
    )
    target = tmp_path / "page.pdf"
    page = f"<style>@page{{size:200pt 100pt;margin:0}}</style>{words}"
    weasyprint.HTML(string=page).write_pdf(target)
    book = pypdfium2.PdfDocument(target)
    found = digits(book[0], scale)
    assert [digit.value for digit in found] == ["3", "5"]
    assert found[0].x == pytest.approx(52.8 * scale, abs=2 * scale)
    assert found[0].y == pytest.approx(46 * scale, abs=5 * scale)
    book.close()


def test_dynamics_of_a_page_are_found_where_they_stand(tmp_path: Path) -> None:
    font = "node_modules/@coderline/alphatab/dist/font/Bravura.otf"
    signs = "".join(
        f'<p style="position:absolute;margin:0;font:20pt/1 Music;left:{x}pt;top:{y}pt">{sign}</p>'
        for sign, x, y in (("\ue520", 40, 40), ("\ue52f", 90, 120), ("\ue4e5", 90, 20), ("\ue050", 10, 60))
    )
    target = tmp_path / "page.pdf"
    style = f"@font-face{{font-family:Music;src:url({font})}}@page{{size:200pt 200pt;margin:0}}"
    weasyprint.HTML(string=f"<style>{style}</style>{signs}", base_url=str(ROOT)).write_pdf(target)
    book = pypdfium2.PdfDocument(target)
    assert dynamics(book[0], 2.0) == [pytest.approx(100, abs=24), pytest.approx(260, abs=24)]
    book.close()


@pytest.mark.parametrize(
    ("line", "room", "left"),
    [
        ("p1 d4 bar.f key.2 time.3/4", 0.2, "p1 d4 bar.f"),  # the staff ends with its bar line
        ("p1 d4 bar.f key.2 time.3/4", 3.4, "p1 d4 bar.f key.2 time.3/4"),
        ("p1 d4 bar.s", 3.4, "p1 d4 bar.s"),
        ("p1 d4 bar.s clef.F4", None, "p1 d4 bar.s clef.F4"),  # no bar line was read: nothing is known
        ("p1 d4", 0.2, "p1 d4"),
    ],
)
def test_a_warning_is_told_where_the_staff_has_room_for_it(line: str, room: float | None, left: str) -> None:
    assert " ".join(without_absent_warning(line.split(), room)) == left
