"""Words and their roles: from a text layer, and from drawn pages by tesseract (skipped where it is not installed)."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from media_pipeline.omr import letters, phrases, tesseract
from media_pipeline.omr.model import Box, Page, Printed, Staff, System
from media_pipeline.omr.words import Word, joined, missing, read_words

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")

SPACE = 14.0
WIDTH, HEIGHT = 1654, 1400
STAVES = tuple(Staff(y=y, interline=SPACE, x0=120, x1=1540) for y in (500.0, 760.0, 1020.0))
TEXTS = {  # role -> words, left, top, size
    "title": ("Summer Evening March", 560, 120, 60),
    "subtitle": ("for concert band", 700, 215, 30),
    "instrument": ("Clarinet 2 in Bb", 120, 110, 32),
    "composer": ("Johanna Muster", 1300, 280, 28),
    "tempo": ("Allegro moderato", 150, 400, 28),
    "bar number": ("17", 120, 700, 20),
    "expression": ("espressivo", 700, 815, 24),
    "jump": ("D.C. al Fine", 1300, 1080, 28),
    "copyright": ("Copyright 1912 by Muster Verlag", 600, 1340, 20),
}


def page(*layer: Printed, texts: dict[str, tuple[str, int, int, int]] | None = None, framed: bool = False) -> Page:
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(picture)
    for staff in STAVES:
        for line in range(-2, 3):
            draw.line((staff.x0, staff.y + line * SPACE, staff.x1, staff.y + line * SPACE), 0, 2)
        for x in range(240, 1500, 110):  # notes, stems up and down; ledger lines above and below
            y = staff.y + (x // 10 % 11 - 5) * SPACE / 2
            draw.ellipse((x, y - 7, x + 18, y + 7), 0)
            draw.line((x + 17, y, x + 17, y - 48), 0, 2)
        draw.arc((300, staff.y + 40, 500, staff.y + 80), 20, 160, 0, 3)  # a slur
    for text, x, y, size in (texts or {}).values():
        draw.text((x, y), text, 0, font=ImageFont.load_default(size))
    if framed:
        draw.rectangle((600, 645, 640, 688), outline=0, width=3)
        draw.text((610, 648), "B", 0, font=ImageFont.load_default(30))
        draw.ellipse((575, 660, 592, 674), 0)  # a note close by
    return Page(
        file=0, sheet=0, half="", image=np.array(picture), dpi=200, kind="music", staves=STAVES,
        systems=tuple(System((i,)) for i in range(3)), layer=layer,
    )  # fmt: skip


def blurred(clean: Page) -> Page:
    """As a scanner in black and white sees it."""
    picture = Image.fromarray(clean.image).filter(ImageFilter.GaussianBlur(0.8))
    image = np.where(np.asarray(picture) < 128, 0, 255).astype(np.uint8)
    return Page(**{**vars(clean), "image": image})


def by_role(words: list[Word]) -> dict[str, str]:
    return {word.role: word.text for word in words}


def at(text: str, x: float, y: float, size: float = 24) -> Printed:
    return Printed(text, Box(x, y, x + 0.5 * size * len(text), y + size), 1.0)


def test_words_of_a_text_layer_are_joined_to_lines() -> None:
    lines = joined(
        [
            at("March", 300, 100),
            at("Summer", 215, 100),
            at("Muster", 1300, 100),
            at("\ue050", 100, 100),
            at("low", 215, 140),
        ]
    )
    assert sorted(line.text for line in lines) == ["Muster", "Summer March", "low"]
    summer = next(line for line in lines if line.text == "Summer March")
    assert (summer.box.x0, summer.box.x1) == (215, 360)


def test_overlapping_lines_are_joined_one_by_one() -> None:
    title = [Printed("Miller", Box(500, 100, 600, 140), 1.0), Printed("Girl", Box(615, 100, 680, 140), 1.0)]
    under = [Printed("final", Box(540, 103, 594, 130), 1.0), Printed("edition", Box(604, 103, 680, 130), 1.0)]
    assert sorted(line.text for line in joined([*title, *under])) == ["Miller Girl", "final edition"]


def test_roles_by_place_and_lists() -> None:
    words = read_words(page(*(at(text, x, y, size) for text, x, y, size in TEXTS.values())))
    assert by_role(words) == {role: entry[0] for role, entry in TEXTS.items()}
    found = {word.role: word for word in words}
    assert found["bar number"].number == 17
    assert (found["bar number"].staff, found["bar number"].above) == (1, True)
    assert (found["tempo"].staff, found["tempo"].above) == (0, True)
    assert (found["expression"].staff, found["expression"].above) == (1, False)
    assert found["instrument"].instrument is not None
    assert found["instrument"].instrument.name == "Clarinet 2"
    assert found["jump"].term is not None
    assert (found["jump"].term.jump, found["jump"].term.until) == ("dc", "fine")


@pytest.mark.parametrize(
    ("printed", "role", "number"),
    [
        (at("- 3 -", 800, 40), "page number", 3),
        (at("24", 700, 440, 25), "rest count", 24),
        (at("1.", 700, 420, 20), "volta", 1),
        (at("A", 700, 425, 26), "rehearsal", None),
        (at("3", 700, 420, 14), "other", 3),
        (at("arr. P. Muster", 1300, 300), "arranger", None),
        (at("Text: P. Muster", 200, 300), "lyricist", None),
        (at("Johann Muster (1801-1870)", 1100, 300), "composer", None),
        (at("TACET", 700, 640), "tacet", None),
        (at("II. Satz", 750, 640), "movement", None),
        (at("Winter Morning Waltz", 640, 610, 50), "title", None),
        (at("Es war ein König", 400, 570), "lyrics", None),
        (at("© 1999 Muster", 600, 1340), "copyright", None),
        (at("Tr. 1", 30, 490), "instrument", None),
        (at("Piano", 30, 490), "instrument", None),
        (at("op. 12", 1450, 300), "subtitle", None),
        (at("Trio", 300, 700), "tempo", None),
        (at("mf", 400, 570), "dynamic", None),
        (at("V", 700, 440, 16), "other", None),
        (at("Da Capo dal sin’ al Fine", 1150, 690), "jump", None),
    ],
)
def test_a_role(printed: Printed, role: str, number: int | None) -> None:
    words = read_words(page(printed))
    assert [(word.role, word.number) for word in words] == [(role, number)]


def test_what_stands_under_a_title() -> None:
    title = at("The Fairest of the Fair", 560, 100, 44)
    words = read_words(
        page(title, at("March", 780, 170, 36), at("Solo & 1st Bb Clarinet", 700, 230), at("Johanna Muster", 1330, 250),
             at("Anna Dichter", 120, 250), at("4", 820, 290))
    )  # fmt: skip
    assert [(word.text, word.role) for word in words] == [
        ("The Fairest of the Fair", "title"), ("March", "subtitle"), ("Solo & 1st Bb Clarinet", "instrument"),
        ("Anna Dichter", "lyricist"), ("Johanna Muster", "composer"), ("4", "subtitle"),
    ]  # fmt: skip


def mid_page(*layer: Printed) -> Page:
    """The third staff is set far enough below the second for a heading of its own."""
    apart = page(*layer)
    return replace(apart, staves=(*STAVES[:2], replace(STAVES[2], y=1300.0)))


def test_a_heading_in_mid_page_is_as_one_at_its_top() -> None:
    words = read_words(
        mid_page(
            at("Winter Morning Waltz", 580, 880, 50), at("Swing", 790, 950, 28), at("Trumpet in Bb 2", 120, 980),
            at("Johanna Muster", 1360, 985), at("arr. P. Muster", 1360, 1020), at("Lento", 140, 1200),
        )
    )  # fmt: skip
    assert [(word.text, word.role, word.staff) for word in words] == [
        ("Winter Morning Waltz", "title", None), ("Swing", "subtitle", None), ("Trumpet in Bb 2", "instrument", None),
        ("Johanna Muster", "composer", None), ("arr. P. Muster", "arranger", None), ("Lento", "tempo", 2),
    ]  # fmt: skip


def test_a_tempo_at_the_top_of_a_page_is_no_header() -> None:
    (tempo,) = read_words(page(at("Più mosso", 780, 290, 26)))
    assert (tempo.role, tempo.staff) == ("tempo", 0)
    (header,) = read_words(page(at("Menuetto", 780, 60, 26)))
    assert header.role == "header"


def framed(box: Box, page: Page, *, sides: str = "news") -> Page:
    """With lines around a box, or on some of its sides."""
    image = page.image.copy()
    x0, y0, x1, y1 = int(box.x0 - 8), int(box.y0 - 8), int(box.x1 + 8), int(box.y1 + 8)
    for side, where in {
        "n": np.s_[y0 : y0 + 2, x0:x1], "s": np.s_[y1 - 2 : y1, x0:x1], "w": np.s_[y0:y1, x0 : x0 + 2],
        "e": np.s_[y0:y1, x1 - 2 : x1],
    }.items():  # fmt: skip
        if side in sides:
            image[where] = 0
    return replace(page, image=image)


@pytest.mark.parametrize(
    ("printed", "sides", "role", "staff"),
    [
        (at("3", 700, 670, 26), "news", "rehearsal", 1),
        (at("3", 700, 670, 26), "nw", "rest count", 1),
        (at("C", 700, 600, 26), "news", "rehearsal", 1),  # nearer to the staff above, over high notes
        (at("Trio", 700, 600, 26), "news", "rehearsal", 1),
        (at("Trio", 700, 600, 26), "", "tempo", 1),
        (at("Coda", 700, 670, 26), "news", "jump", 1),
        (at("A", 300, 400, 26), "news", "rehearsal", 0),
    ],
)
def test_frames_around_words_of_a_text_layer(printed: Printed, sides: str, role: str, staff: int) -> None:
    (word,) = read_words(framed(printed.box, page(printed), sides=sides))
    assert (word.role, word.staff, word.above) == (role, staff, True)


def test_a_framed_mark_stays_apart_from_the_words_beside_it() -> None:
    mark, tempo = at("C", 700, 670, 26), at("Tempo", 735, 672)
    words = read_words(framed(mark.box, page(mark, tempo, at("I", 805, 672))))
    assert {(word.text, word.role) for word in words} == {("C", "rehearsal"), ("Tempo I", "tempo")}


def test_an_accent_read_as_a_letter_is_no_mark() -> None:
    read = Printed("A", Box(700, 690, 717, 714), 0.9)
    assert read_words(page(read)) == []
    assert [word.role for word in read_words(page(replace(read, box=Box(700, 690, 724, 720))))] == ["rehearsal"]


def test_a_jump_stays_apart_from_the_tempo_beside_it() -> None:
    texts = ("D.S.", 900), ("al", 955), ("Coda", 985), ("Più", 1050), ("mosso", 1095)
    lines = joined([at(text, x, 680) for text, x in texts])
    assert [(line.text, line.box.x0) for line in lines] == [("D.S. al Coda", 900), ("Più mosso", 1050)]


@pytest.mark.parametrize(
    ("read", "parts"),
    [
        ("[D) Grandioso", [("D", True), ("Grandioso", False)]),
        ("D Grandioso", [("D", True), ("Grandioso", False)]),
        ("A tempo", [("A tempo", False)]),
        ("Fine Più mosso", [("Fine", False), ("Più mosso", False)]),
        ("D.S. al Coda Pin nasse", [("D.S. al Coda", False), ("Pin nasse", False)]),
        ("Fine Arts March", [("Fine Arts March", False)]),
        ("D Major Quartet", [("D Major Quartet", False)]),
    ],
)
def test_a_scanned_line_in_its_parts(read: str, parts: list[tuple[str, bool]]) -> None:
    assert [(line.text, mark) for line, mark in phrases.marked(Printed(read, Box(0, 0, 300, 30), 0.9))] == parts


def test_a_metre_is_no_word() -> None:
    assert read_words(page(at("4", 200, 503, 26), at("4", 200, 475, 26))) == []


def test_a_running_header_is_no_title() -> None:
    (word,) = read_words(page(at("Summer Evening March - Clarinet 2", 600, 40, 22)))
    assert word.role == "header"


def test_staves_notes_and_slurs_are_no_letters() -> None:
    found, _ = letters.blocks(page())
    assert len(found) <= 2


@needs_tesseract
@pytest.mark.parametrize("damaged", [False, True])
def test_a_drawn_page_is_read(damaged: bool) -> None:
    clean = page(texts=TEXTS)
    words = by_role(read_words(blurred(clean) if damaged else clean, ["eng"]))
    wanted = {role: entry[0] for role, entry in TEXTS.items()}
    assert {role: words.get(role) for role in wanted} == wanted


@needs_tesseract
def test_a_framed_letter_is_a_rehearsal_mark() -> None:
    words = read_words(page(framed=True), ["eng"])
    assert [(word.text, word.role, word.staff) for word in words if word.role == "rehearsal"] == [("B", "rehearsal", 1)]


@pytest.mark.parametrize(("line", "grey"), [(1, 190), (2, 0), (5, 0)])
def test_frames_thin_and_pale_or_thick(line: int, grey: int) -> None:
    clean = page()
    picture = Image.fromarray(clean.image)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((600, 645, 640, 688), outline=grey, width=line)
    draw.rectangle((600, 645, 640, 650), outline=grey // 2, width=line)  # one side is darker
    draw.text((610, 648), "B", 0, font=ImageFont.load_default(30))
    found, _ = letters.blocks(replace(clean, image=np.array(picture)))
    assert [block.framed for block in found if 600 < block.box.x0 < 640] == [True]


@needs_tesseract
def test_boxes_lie_where_the_words_do() -> None:
    title = next(word for word in read_words(page(texts=TEXTS), ["eng"]) if word.role == "title")
    assert title.box.x0 == pytest.approx(560, abs=12)
    assert 120 < title.box.y0 < title.box.y1 < 200


def test_without_tesseract_a_sentence_says_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    tesseract.installed.cache_clear()
    try:
        assert read_words(page(texts=TEXTS)) == []
        sentence = missing()
        assert sentence is not None
        assert "tesseract" in sentence
    finally:
        tesseract.installed.cache_clear()


@needs_tesseract
def test_languages_that_are_not_installed_are_passed_over() -> None:
    words = by_role(read_words(page(texts=TEXTS), ["tlh", "eng"]))
    assert words["title"] == "Summer Evening March"


def test_blank_pages_and_pictures_are_not_read() -> None:
    empty = page(texts=TEXTS)
    assert read_words(Page(**{**vars(empty), "kind": "picture"})) == []


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ([("BBB", 14.0, 194.0, 0.9)], "B"),
        ([("ce", 14.0, 44.0, 0.6), ("CC", 88.0, 192.0, 0.9)], "C"),
        ([("F", 14.0, 45.0, 0.9), ("F", 89.0, 120.0, 0.9), ("E", 164.0, 195.0, 0.9)], "F"),
        ([("A", 14.0, 45.0, 0.9), ("R", 89.0, 120.0, 0.9), ("H", 164.0, 195.0, 0.9)], ""),
    ],
)
def test_of_three_copies_of_a_mark_two_agree(row: list[tuple[str, float, float, float]], text: str) -> None:
    block = letters.Block(Box(0, 0, 23, 26), tall=26, framed=True, pieces=(1,))
    assert letters._agreed(block, 34 / 26, row)[0] == text
