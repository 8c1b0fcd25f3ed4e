"""A page that is no music to be read is called what it is, and what is wrong with one that is, is said."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from media_pipeline.omr.kinds import SENTENCES, as_read, chord_chart, judge
from media_pipeline.omr.model import Kind, Page, Seen, Staff
from media_pipeline.omr.raster import Sheet
from media_pipeline.omr.staves import look
from media_pipeline.omr.tesseract import installed
from tests.omr import draw

CHANGES = ["Am7 D9 Gmaj7 C/E", "F#m7b5 B7 Em Em7/D", "Dm7(b5) G7sus4 C6/9 N.C."]
reads_scans = pytest.mark.skipif(not installed(), reason="tesseract is not installed")


def kind_of(image: draw.Grey) -> tuple[str, str, str]:
    (page,) = look(Sheet(index=0, image=np.ascontiguousarray(image), dpi=200))
    return page.kind, page.problem, page.hint


@pytest.mark.parametrize(
    ("lines", "chart"),
    [
        (CHANGES, True),
        (["| Am7 | D9 | % | C/E |", "|: F#m7b5 | B7 | Em :|", "| Am | Dm7 |"], True),
        (["Am7", "Softly falls the light", "D9 G", "on the sea", "C", "and on me", "Em F Am C"], True),
        (["Am Abend", "A day in May", "Be gone", "Edge of the sea"] * 4, False),
        (["Flute 1", "Clarinet in Bb", "Allegro", "A", "B", "C"], False),
        (["Am7 D9"], False),
        ([], False),
    ],
)
def test_a_chart_has_lines_of_chords_alone(lines: list[str], chart: bool) -> None:
    assert chord_chart(lines) is chart


@reads_scans
@pytest.mark.parametrize(
    "page",
    [
        lambda: draw.typed(["Blue Evening", *(f"| {line.replace(' ', ' | ')} |" for line in CHANGES * 3)]),
        lambda: draw.boxed(" ".join(CHANGES).split()),
        lambda: draw.typed(["Am7            D9          Gmaj7", "Softly falls the evening light on me"] * 3),
    ],
    ids=["lines", "boxes", "over words"],
)
def test_a_scanned_chord_chart_is_called_so(page: object) -> None:
    kind, problem, hint = kind_of(page())  # type: ignore[operator]
    assert kind == "chords"
    assert "chord chart" in problem
    assert "notes written out" in hint


@pytest.mark.parametrize(
    "page",
    [
        lambda: draw.typed(["Softly falls the evening light on me", "And the rivers run to meet the sea"] * 4),
        lambda: np.rot90(draw.typed(["Softly falls the evening light on me", "And the rivers run"] * 5)),
    ],
    ids=["upright", "on its side"],
)
def test_words_of_a_song_are_words(page: object) -> None:
    kind, problem, _ = kind_of(page())  # type: ignore[operator]
    assert kind == "words"
    assert "no staves" in problem


@pytest.mark.parametrize("seed", range(1, 4))
def test_no_photo_and_no_letter_has_staves(seed: int) -> None:
    for image in (draw.animal(seed=seed), draw.handwriting(seed=seed)):
        kind, problem, hint = kind_of(image)
        assert kind in ("picture", "handwriting")
        assert problem
        assert hint


def test_the_grain_of_a_table_is_no_staff() -> None:
    table = draw.on_table(np.full((900, 600), 255, np.uint8), share=0.2)[:900, :900]
    assert kind_of(table)[0] != "music"
    (page,) = look(Sheet(index=0, image=draw.on_table(draw.music(bars=70))[:, 200:1700], dpi=200))
    assert {staff.lines for staff in page.staves} == {5}


@pytest.mark.parametrize("squared", [False, True])
def test_ruled_and_squared_paper_has_no_staves(squared: bool) -> None:
    paper = np.full((draw.HEIGHT, draw.WIDTH), 255, np.uint8)
    for y in range(200, 2200, 30 if squared else 60):
        paper[y : y + 2] = 90
    if squared:
        paper[:, 100:1600:30] = 90
    (page,) = look(Sheet(index=0, image=paper, dpi=200))
    assert page.staves == ()


def test_tablature_beside_notes_is_left_out_and_said_to_be() -> None:
    """Every other staff of a page becomes one of strings."""
    page = draw.music(bars=70).copy()
    (whole,) = look(Sheet(index=0, image=page, dpi=200))
    for staff in whole.staves[1::2]:
        top = round(staff.y) - 50
        page[top - 40 : top + 140] = 255
        for line in range(6):
            page[top + 20 * line : top + 20 * line + 2, 82:1580] = 0
        for x in range(120, 1500, 90):
            page[top + 20 * (x // 90 % 6) - 8 : top + 20 * (x // 90 % 6) + 10, x : x + 12] = 60
    (found,) = look(Sheet(index=0, image=page, dpi=200))
    assert [staff.tab for staff in found.staves] == [index % 2 == 1 for index in range(12)]
    assert found.kind == "music"
    assert "tablature" in found.problem
    assert found.hint


def test_a_page_on_its_side_that_reads_both_ways_is_no_music() -> None:
    """Words between bar lines: as uneven from column to column as from row to row."""
    kind, _, _ = kind_of(np.rot90(draw.typed(["| Am7 | D9 | Gmaj7 | C/E |"] * 9)))
    assert kind != "music"


@pytest.mark.parametrize("share", [0.45, 0.35])
def test_a_coarse_picture_of_music_is_said_to_be_coarse(share: float) -> None:
    import cv2

    page = draw.music(bars=30)
    small = np.asarray(cv2.resize(page, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
    kind, problem, hint = kind_of(small)
    assert kind == "music"
    assert "coarse" in problem
    assert "300 dots per inch" in hint


@pytest.mark.parametrize("side", ["left", "right", "top"])
def test_a_staff_cut_off_at_any_margin_is_said_to_be(side: str) -> None:
    page = draw.music(bars=30)
    (whole,) = look(Sheet(index=0, image=page, dpi=200))
    first = round(whole.staves[0].y)
    cut = {"left": page[:, 300:], "right": page[:, :1200], "top": page[first - 22 :]}[side]
    assert "cut off" in kind_of(cut)[1]
    assert "cut off" not in kind_of(page)[1]


@pytest.mark.parametrize(
    "shape", [(1, 2), (2, 1), (1, 3000), (3, 3), (17, 400), (400, 17), (60, 2000), (2000, 60), (300, 900)]
)
def test_pictures_of_any_shape_are_looked_at(shape: tuple[int, int]) -> None:
    dice = np.random.default_rng(1)
    rows, columns = np.indices(shape)
    for image in (
        np.full(shape, 255, np.uint8),
        np.zeros(shape, np.uint8),
        dice.integers(0, 256, shape, np.uint8),
        (rows // 3 % 2 * 255).astype(np.uint8),
        (columns // 3 % 2 * 255).astype(np.uint8),
    ):
        kind, problem, _ = kind_of(image)
        assert kind != "music"
        assert problem


def page_of(image: draw.Grey) -> Page:
    (page,) = look(Sheet(index=0, image=image, dpi=200))
    return page


def tokens(names: str, confidence: float) -> list[Seen]:
    return [Seen(name, frame, confidence) for frame, name in enumerate(names.split())]


def test_a_page_says_how_it_read() -> None:
    page = page_of(draw.music(bars=6))
    notes = "clef.G2 p4 d4 p5 d4 bar.s " * 8
    assert as_read(page, tokens(notes, 0.99)) is page
    assert "written by hand" in as_read(page, tokens(notes, 0.8)).problem
    assert as_read(page, tokens("p4 d4 bar.s", 0.8)) is page
    assert "empty" in as_read(page, tokens("clef.G2 key.2 bar.s rep.s reh segno", 0.99)).problem
    assert as_read(page, tokens("clef.G2 mm nD1 nD6 bar.s", 0.99)) is page
    worse = replace(page, problem="This page is coarse.")
    assert as_read(worse, tokens(notes, 0.8)) is worse
    words = page_of(draw.text(["The quick brown fox jumps over the lazy dog"] * 12))
    assert as_read(words, []) is words


def test_every_kind_has_its_sentence() -> None:
    assert set(SENTENCES) == set(get_args(Kind))
    for kind, (problem, hint) in SENTENCES.items():
        assert problem.endswith(".") or kind == "music"
        assert not hint or hint.endswith(".")


def test_what_is_wrong_with_a_page_of_music_is_said_by_weight() -> None:
    """Tablature before coarseness, that before a cut, that before the mirror."""
    image = np.full((800, 800), 255, np.uint8)
    staff = Staff(y=400, interline=14, x0=100, x1=700)
    said = [
        judge(image, image, staves, (), mirrored=True)[1]
        for staves in (
            [replace(staff, lines=6, tab=True), replace(staff, interline=5)],
            [replace(staff, interline=5, x1=800)],
            [replace(staff, x1=800)],
            [staff],
        )
    ]
    assert [word for word, sentence in zip(("tablature", "coarse", "cut off", "mirror"), said, strict=True)
            if word in sentence] == ["tablature", "coarse", "cut off", "mirror"]  # fmt: skip
