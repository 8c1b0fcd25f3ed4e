"""What is sung: lines of syllables under a staff, what leads from one to the next, and the notes that they find."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from lxml import etree
from PIL import Image, ImageDraw, ImageFont

from media_pipeline.omr.crop import place
from media_pipeline.omr.grammar import as_line
from media_pipeline.omr.lyrics import Sung, find_verses
from media_pipeline.omr.model import BarRead, Box, Line, Page, Printed, Seen, Staff, System
from media_pipeline.omr.musicxml import PartToWrite, Syllable, write
from media_pipeline.omr.singing import Note, matched, notes_of, sing
from media_pipeline.omr.typeface import baseline, size
from media_pipeline.omr.words import read_words

SPACE = 14.0
STAVES = (Staff(y=300, interline=SPACE, x0=100, x1=1500), Staff(y=700, interline=SPACE, x0=100, x1=1500))
TYPE = 28  # pixels; letters are as wide as half of it


def at(text: str, x: float, ground: float = 390) -> Printed:
    """Letters in the middle of `x`, on a line, with the ink that such letters have."""
    half = 0.25 * TYPE * len(text)
    up = 0.7 if any(c in "bdfhijklt" or c.isupper() for c in text) else 0.47
    down = 0.21 if any(c in "gjpqy," for c in text) else 0.0
    return Printed(text, Box(x - half, ground - up * TYPE, x + half, ground + down * TYPE), 1.0)


def page(*words: Printed, lines: tuple[tuple[float, float, float, float], ...] = ()) -> Page:
    """Two staves, words and drawn lines (from, to)."""
    picture = Image.new("L", (1600, 1000), 255)
    draw = ImageDraw.Draw(picture)
    for staff in STAVES:
        for row in range(-2, 3):
            draw.line((staff.x0, staff.y + row * SPACE, staff.x1, staff.y + row * SPACE), 0, 2)
    for line in lines:
        draw.line(line, 0, 2)
    return Page(
        file=0, sheet=0, half="", image=np.array(picture), dpi=200, kind="music", staves=STAVES,
        systems=(System((0,)), System((1,))), layer=words,
    )  # fmt: skip


def row(*words: tuple[str, float], ground: float = 390) -> list[Printed]:
    return [at(text, x, ground) for text, x in words]


def test_type_is_as_large_with_tails_as_without() -> None:
    sizes = {text: size(text, at(text, 500).box) for text in ("sun", "Hut", "gap", "Mönch", "jung,")}
    assert all(value == pytest.approx(TYPE, rel=0.03) for value in sizes.values())
    assert all(baseline(text, at(text, 500).box) == pytest.approx(390, abs=1) for text in sizes)


def test_hyphens_and_held_syllables_are_seen_on_the_page() -> None:
    words = row(("A", 200), ("ve", 350), ("Ma", 500), ("ri", 700), ("a", 900))
    (verse,), left = find_verses(
        page(*words, lines=((260, 381, 275, 381), (600, 381, 615, 381), (920, 390, 1200, 390))), words
    )
    assert [(s.text, s.after) for s in verse.syllables] == [
        ("A", "hyphen"), ("ve", ""), ("Ma", "hyphen"), ("ri", ""), ("a", "line")
    ]  # fmt: skip
    assert (verse.staff, verse.number, verse.text) == (0, 1, "A-ve Ma-ri a")
    assert left == []


def test_verses_are_counted_from_the_staff_down_or_told_by_their_numbers() -> None:
    first = row(("Still", 250), ("wie", 450), ("die", 650), ("Nacht", 850))
    second = row(("tief", 250), ("wie", 450), ("das", 650), ("Meer", 850), ground=430)
    verses, _ = find_verses(page(*first, *second), [*second, *first])
    assert [(verse.number, verse.syllables[0].text) for verse in verses] == [(1, "Still"), (2, "tief")]
    numbered = [at("2.", 180), *first, at("3.", 180, 430), *second]
    verses, _ = find_verses(page(*numbered), numbered)
    assert [(verse.number, verse.syllables[0].text) for verse in verses] == [(2, "Still"), (3, "tief")]


def test_many_verses_go_far_down_and_what_is_apart_from_them_does_not() -> None:
    rows = [row(("Still", 250), ("wie", 450), ("die", 650), ground=390 + 38 * n) for n in range(6)]
    below = row(("Text", 250), ("von", 600), ("Muster", 900), ground=665)
    every = [word for words in rows for word in words]
    verses, left = find_verses(page(*every, *below), [*every, *below])
    assert [verse.number for verse in verses] == [1, 2, 3, 4, 5, 6]
    assert left == below


def test_words_about_the_music_are_not_sung() -> None:
    words = row(("cresc.", 250), ("dolce", 550), ("dim.", 850), ("rit.", 1050))
    assert find_verses(page(*words), words) == ([], words)
    title = row(("Second", 700), ("Waltz", 795), ground=560)
    assert find_verses(page(*title), title)[0] == []
    chords = row(("G7", 250), ("Am", 550), ("C", 850), ("F", 1050))
    assert find_verses(page(*chords), chords)[0] == []


def test_three_changes_of_tempo_in_a_row_are_not_sung() -> None:
    changes = row(("rit.", 200), ("Tempo I", 600), ("moter rit.", 1100))  # a scanner's slip
    assert find_verses(page(), changes)[0] == []


def test_a_last_word_alone_is_sung_where_other_lines_are() -> None:
    sung, last = row(("Still", 250), ("wie", 450), ("die", 650)), at("Nacht.", 250, 790)
    verses, left = find_verses(page(*sung, last), [*sung, last])
    assert [(verse.staff, verse.text) for verse in verses] == [(0, "Still wie die"), (1, "Nacht.")]
    assert left == []
    assert find_verses(page(last), [last]) == ([], [last])


def test_a_word_of_two_fonts_and_one_with_a_dash_in_it() -> None:
    cœur, rest = at("c", 300), at("œur", 300)
    near = Printed("œur", Box(cœur.box.x1 + 1, rest.box.y0, cœur.box.x1 + 43, rest.box.y1), 1.0)
    words = [at("mon", 200), cœur, near, at("ai-mé", 600), at("dort", 900)]
    (verse,), _ = find_verses(page(*words), words)
    assert [s.text for s in verse.syllables] == ["mon", "cœur", "ai", "mé", "dort"]


def test_a_bow_binds_two_words_to_one_note() -> None:
    words = [at("vo", 250), at("le", 400), at("aux", 456), at("cieux", 700)]
    left, right = int(words[1].box.x1), int(words[2].box.x0)
    bare = page(*words)
    picture = Image.fromarray(bare.image)
    ImageDraw.Draw(picture).arc((left + 2, 386, right - 2, 396), 20, 160, 0, 2)
    (verse,), _ = find_verses(replace(bare, image=np.array(picture)), words)
    assert [s.text for s in verse.syllables] == ["vo", "le‿aux", "cieux"]


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_words_on_a_scan_that_stand_too_close_are_kept_apart() -> None:
    picture = Image.fromarray(page().image)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(30)
    x, places = 200.0, {}
    for text, gap in (("Through", 8), ("the", 60), ("long", 70), ("days", 8), ("and", 8), ("years", 90), ("What", 40)):
        draw.text((x, 360), text, 0, font=font)
        places[text] = x + font.getlength(text) / 2
        x += font.getlength(text) + gap
    (lyrics,) = read_words(replace(page(), image=np.array(picture)), ["eng"])
    assert [syllable.text for syllable in lyrics.syllables] == list(places)
    middles = [(syllable.box.x0 + syllable.box.x1) / 2 for syllable in lyrics.syllables]
    assert middles == pytest.approx(list(places.values()), abs=8)


def test_a_word_alone_on_a_scan_is_no_title() -> None:
    class Letters:
        """What tesseract gives for two verses of which the second has one word on its last line."""

        def __enter__(self) -> Letters:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def lines(self, check: object = None) -> tuple[list[tuple[Printed, bool]], list[Printed]]:
            last = replace(at("Herz", 800, 790), confidence=0.9)
            return [(last, False)], [
                replace(word, confidence=0.9) for word in row(("Still", 250), ("wie", 450), ("die", 650))
            ]

    words = read_words(page(), letters=Letters())  # type: ignore[arg-type]
    assert [(word.text, word.role, word.staff) for word in words] == [
        ("Still wie die", "lyrics", 0),
        ("Herz", "lyrics", 1),
    ]


def test_lyrics_come_with_their_syllables() -> None:
    words = row(("Still", 250), ("wie", 450), ("die", 650))
    (lyrics,) = (word for word in read_words(page(*words)) if word.role == "lyrics")
    assert (lyrics.text, lyrics.staff, lyrics.above, lyrics.number) == ("Still wie die", 0, False, 1)
    assert [s.text for s in lyrics.syllables] == ["Still", "wie", "die"]


def sung(*words: tuple[str, float, str], ground: float = 390) -> list[Sung]:
    return [Sung(text, at(text, x, ground).box, after) for text, x, after in words]  # type: ignore[arg-type]


def test_each_syllable_finds_the_note_over_it() -> None:
    notes = [Note(0, i, x, held=False) for i, x in enumerate((200, 300, 400, 500, 600))]
    assert matched(sung(("a", 205, ""), ("b", 390, ""), ("c", 605, "")), notes, SPACE) == [0, 2, 4]
    assert matched(sung(("a", 205, ""), ("b", 900, "")), notes, SPACE) == [0, None]
    assert matched([], notes, SPACE) == []
    assert matched(sung(("a", 205, "")), [], SPACE) == [None]


def test_a_held_note_is_not_sung_again() -> None:
    notes = [Note(0, 0, 200, held=False), Note(0, 1, 300, held=True), Note(0, 2, 352, held=False)]
    assert matched(sung(("a", 200, ""), ("b", 330, "")), notes, SPACE) == [0, 2]


def line_of(*bars: str) -> Line:
    """Bars whose n-th event stands at frame 20 * n of its line."""
    told, frame = [], 0
    for bar in bars:
        seen = []
        for token in bar.split():
            frame += 20 if token.startswith(("p", "r")) else 0
            seen.append(Seen(token, frame, 1.0))
        told.append(BarRead(tuple(seen), 0.0))
    return Line(0, 0, 0, "clef.G2", "key.0", "", tuple(told))


def test_rests_and_grace_notes_are_not_sung() -> None:
    line = line_of("r4 p4 d4 tie bar.s", "p4 gd8 p4 d4 p5 d4 bar.s")
    assert [(note.bar, note.index, note.held) for note in notes_of(line, STAVES[0])] == [
        (0, 0, False), (1, 0, True), (1, 1, False)
    ]  # fmt: skip


def test_a_word_goes_on_over_the_end_of_a_line() -> None:
    first, second = line_of("p4 d4 p4 d4 bar.s"), line_of("p4 d4 p4 d4 bar.f")
    x = [place(STAVES[0]).across(frame) for frame in (20, 40)]
    verses = [
        (0, 1, sung(("O", x[0], ""), ("Ma", x[1], "hyphen"))),
        (0, 2, sung(("und", x[0], ""), ("du", x[1], ""), ground=430)),
        (1, 1, sung(("ri", x[0], "hyphen"), ("a", x[1], "line"))),
    ]
    found = list(sing(verses, [(first, STAVES[0]), (second, STAVES[0])]))
    assert [(s.line, s.bar, s.note, s.text, s.syllabic, s.verse, s.extend) for s in found] == [
        (0, 0, 0, "O", "single", 1, False), (0, 0, 1, "Ma", "begin", 1, False),
        (0, 0, 0, "und", "single", 2, False), (0, 0, 1, "du", "single", 2, False),
        (1, 0, 0, "ri", "middle", 1, False), (1, 0, 1, "a", "end", 1, True),
    ]  # fmt: skip


def test_syllables_in_the_document() -> None:
    line = as_line(["clef.G2", "time.C", "p4", "d2", "p5", "d2", "bar.f"])
    told = (Syllable(0, 0, 0, "le‿aux", "end", 2, extend=True), Syllable(0, 0, 1, "cieux"))
    root = etree.fromstring(write(PartToWrite(((line,),), syllables=told)))
    first, second = root.iter("lyric")
    assert [child.tag for child in first] == ["syllabic", "text", "elision", "text", "extend"]
    assert [child.text for child in first] == ["end", "le", "‿", "aux", None]
    assert (first.get("number"), second.get("number")) == ("2", "1")
