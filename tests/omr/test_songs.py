"""Songs of a book: titles, headers that are none, songs in mid-page, tacet, whose part it is, books side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from media_pipeline.omr.grouping import books_in
from media_pipeline.omr.model import BarRead, Box, Line, Page, Printed, Seen, Staff, System
from media_pipeline.omr.songs import Song, Spot, find_songs, grouped, staff_names, whose
from media_pipeline.omr.words import Word, read_words

SPACE = 14.0
TOPS = (500.0, 760.0, 1020.0, 1280.0)


def page(*texts: tuple[str, float, float, float], staves: int = 4) -> Page:
    """A page with words (text, left, top, size) and staves."""
    on_page = tuple(Staff(y=y, interline=SPACE, x0=120, x1=1540) for y in TOPS[:staves])
    return Page(
        file=0, sheet=0, half="", image=np.full((2339, 1654), 255, np.uint8), dpi=200,
        kind="music" if staves else "words", staves=on_page, systems=tuple(System((i,)) for i in range(staves)),
        layer=tuple(Printed(t, Box(x, y, x + 0.5 * s * len(t), y + s * _with_tails(t)), 1.0) for t, x, y, s in texts),
    )  # fmt: skip


def _with_tails(text: str) -> float:
    return 1.3 if set(text) & set("gjpqy,()") else 1.0


def title(text: str, y: float = 150.0) -> tuple[str, float, float, float]:
    return text, 827 - 14 * len(text), y, 56


def songs(*pages: Page, lines: tuple[Line, ...] = (), files: tuple[str, ...] = ()) -> list[Song]:
    return find_songs(pages, words_of(*pages), lines, file_names=files)


def words_of(*pages: Page) -> list[list[Word]]:
    return [read_words(each) for each in pages]


def line(page: int, system: int, *, end: str = "bar.s", time: str = "", clef: str = "clef.G2") -> Line:
    bar = BarRead(tokens=(Seen("p4", 0, 1.0), Seen("d1", 1, 1.0), Seen(end, 2, 1.0)), doubt=0.0)
    return Line(page=page, system=system, staff=system, clef=clef, key="key.0", time=time, bars=(bar,))


def test_one_song_over_two_pages() -> None:
    (song,) = songs(
        page(
            title("Summer Evening"), ("Flöte 1", 120, 100, 30), ("J. Muster", 1350, 260, 26), ("Allegro", 140, 410, 26),
            ("arr. P. Beispiel", 1300, 310, 24),
        ),
        page(("2", 820, 60, 20), ("Summer Evening - Flöte 1", 600, 90, 22), staves=3),
    )  # fmt: skip
    assert (song.title, song.composer, song.arranger) == ("Summer Evening", "J. Muster", "arr. P. Beispiel")
    assert (song.first, song.last) == (Spot(0, 0), Spot(1, 2))
    assert song.instrument.name == "Flute 1"
    assert song.holds(Spot(1, 0))


def test_two_songs_on_a_page_the_second_in_mid_page() -> None:
    first, second = songs(page(title("First March"), title("Second Waltz", 850), ("Horn in F", 120, 100, 30)))
    assert (first.title, first.first, first.last) == ("First March", Spot(0, 0), Spot(0, 1))
    assert (second.title, second.first, second.last) == ("Second Waltz", Spot(0, 2), Spot(0, 3))
    assert second.instrument.key == "horn"


def test_what_is_smaller_than_titles_and_hardly_read_is_none() -> None:
    pages = page(title("First March"), title("Second Waltz", 850))
    (words,) = words_of(pages)
    second = next(word for word in words if word.text == "Second Waltz")
    box = replace(second.box, y1=second.box.y0 + 30)
    for small, sure, begun in ((False, 0.5, 2), (True, 1.0, 2), (True, 0.5, 1)):
        one = replace(second, confidence=sure, box=box if small else second.box)
        assert len(find_songs([pages], [[one if word is second else word for word in words]])) == begun


def test_a_title_in_mid_page_needs_an_end_before_it() -> None:
    pages = page(title("First March"), title("Second Waltz", 850))
    going_on = (line(0, 0, time="time.C"), line(0, 1), line(0, 2), line(0, 3, end="bar.f"))
    ended = (line(0, 0, time="time.C"), line(0, 1, end="bar.f"), line(0, 2, time="time.3/4"), line(0, 3, end="bar.f"))
    assert [song.title for song in songs(pages, lines=going_on)] == ["First March"]
    assert [song.title for song in songs(pages, lines=ended)] == ["First March", "Second Waltz"]


def test_a_title_at_the_foot_belongs_to_the_next_page() -> None:
    first, second = songs(page(title("First March")), page(title("Second Waltz"), staves=2))
    assert first.last == Spot(0, 3)
    assert (second.first, second.last) == (Spot(1, 0), Spot(1, 1))


@pytest.mark.parametrize("header", ["First March", "First Match", "Concert Album"])
def test_a_repeated_title_is_no_new_song(header: str) -> None:
    last = "bar.s" if header == "Concert Album" else "bar.f"
    lines = tuple(line(0, i, end=last if i == 3 else "bar.s") for i in range(4)) + tuple(line(1, i) for i in range(4))
    assert [song.title for song in songs(page(title("First March")), page(title(header)), lines=lines)] == [
        "First March"
    ]


def test_a_title_of_two_lines() -> None:
    (song,) = songs(
        page(title("The Stars and", 120), title("Stripes Forever", 200), ("for concert band", 700, 290, 28))
    )
    assert song.title == "The Stars and Stripes Forever"
    assert song.subtitle == "for concert band"


def test_tacet_pages_and_songs() -> None:
    found = songs(
        page(title("First March"), staves=2),
        page(title("Prayer"), ("TACET", 780, 300, 30), title("Romance", 700), ("tacet", 780, 850, 30), staves=0),
        page(title("Last Dance")),
    )
    assert [(song.title, song.tacet) for song in found] == [
        ("First March", False), ("Prayer", True), ("Romance", True), ("Last Dance", False)
    ]  # fmt: skip
    assert found[1].first is None
    assert found[3].first == Spot(2, 0)


def test_a_tacet_with_nothing_but_a_number() -> None:
    found = songs(page(title("First March"), ("Nr. 3  TACET", 700, 1500, 40), staves=2))
    assert [(song.title, song.tacet) for song in found] == [("First March", False), ("Nr. 3", True)]


def test_a_title_at_the_left_of_a_later_staff() -> None:
    lines = (line(0, 0, time="time.C"), line(0, 1, end="bar.f"), line(0, 2, time="time.3/4"), line(0, 3, end="bar.f"))
    apart = page(title("Suite"), ("Zweiter Tanz", 120, 910, 28))
    moved = replace(apart, staves=tuple(replace(s, y=s.y + (80 if s.y > 800 else 0)) for s in apart.staves))
    assert [song.title for song in songs(moved, lines=lines)] == ["Suite", "Zweiter Tanz"]
    trio = replace(moved, layer=(*moved.layer[:1], replace(moved.layer[1], text="Trio")))
    assert [song.title for song in songs(trio, lines=lines)] == ["Suite"]


def test_a_book_without_its_first_page_is_called_by_its_header() -> None:
    (song,) = songs(page(("F. Muster – Quartet in A - Viola", 560, 60, 22)))
    assert (song.title, song.instrument.key) == ("F. Muster – Quartet in A", "viola")


def test_covers_and_contents_are_no_songs() -> None:
    found = songs(page(title("Concert Album"), title("Prayer", 500), staves=0), page(title("First March")))
    assert [song.title for song in found] == ["First March"]


def test_movements_stay_in_their_song() -> None:
    (song,) = songs(page(title("Quartet in A"), ("I.", 800, 400, 30), ("II. Adagio", 740, 920, 30)))
    assert song.movements == ((Spot(0, 0), "I."), (Spot(0, 2), "II. Adagio"))


def test_no_title_is_a_song_all_the_same_and_no_music_is_none() -> None:
    (song,) = songs(page())
    assert (song.title, song.first, song.last) == ("", Spot(0, 0), Spot(0, 3))
    assert songs(page(staves=0)) == []
    assert songs() == []


def test_every_system_is_in_one_song() -> None:
    pages = [page(title("A Song"), title("B Song", 850)), page(staves=3), page(title("C Song"), title("D Song", 590))]
    found = songs(*pages)
    for number, each in enumerate(pages):
        for system in range(len(each.systems)):
            assert sum(song.holds(Spot(number, system)) for song in found) == 1


def test_whose_part_headings_then_file_then_clef() -> None:
    heading = page(("2nd Bb Clarinet", 120, 100, 30), title("March"))
    header = page(("March - Clarinet 2 in Bb", 620, 90, 22))
    nothing = page(title("March"))
    bass = (line(0, 0, clef="clef.F4"), line(0, 1, clef="clef.F4"), line(0, 2))

    def name(one: Page, files: tuple[str, ...] = (), lines: tuple[Line, ...] = ()) -> str:
        return whose([one], words_of(one), lines, file_names=files).name

    assert name(heading, files=("Horn.pdf",)) == "Clarinet 2"
    assert name(header) == "Clarinet 2"
    assert name(nothing, files=("scan001.pdf", "Tuba.pdf")) == "Tuba"
    assert name(nothing, files=("scan001.pdf",), lines=bass) == "Bass clef part"


def test_the_clef_tells_the_viola_from_the_alto() -> None:
    heading = page(("Alto", 120, 100, 30), title("March"))
    treble, alto = (line(0, 0, clef="clef.G2"),), (line(0, 0, clef="clef.C3"),)
    assert whose([heading], words_of(heading), treble).key == "alto"
    assert whose([heading], words_of(heading), alto).key == "viola"


def test_names_before_the_staves_of_a_system() -> None:
    score = page(("Fl.", 60, 490, 24), ("Cl. 1", 40, 1010, 24))
    names = staff_names(read_words(score), (0, 1, 2))
    assert [name and name.key for name in names] == ["flute", None, "clarinet"]


def test_books_side_by_side() -> None:
    flute = songs(page(title("1. First March")), page(title("Prayer")), page(title("Last Dance")))
    horn = songs(page(title("First Match")), page(title("Last Dance")))
    assert grouped([horn, flute]) == [[(0, 0), (1, 0)], [(1, 1)], [(0, 1), (1, 2)]]
    untitled = songs(page())
    assert grouped([untitled, untitled]) == [[(0, 0), (1, 0)]]
    assert grouped([untitled, flute]) == [[(1, 0)], [(1, 1)], [(1, 2)], [(0, 0)]]


@pytest.mark.parametrize(
    ("heads", "books"),
    [
        (("Clarinet 1", "Clarinet 1"), ["Clarinet 1"]),
        (("Clarinet 1", "Clarinet"), ["Clarinet 1"]),  # a running head leaves out the number
        (("Clarinet 1", "Clarinet 2"), ["Clarinet 1", "Clarinet 2"]),
        (("Clarinet", "Clarinet 1"), ["Clarinet", "Clarinet 1"]),
        (("Clarinet 1", "Oboe"), ["Clarinet 1", "Oboe"]),
    ],
)
def test_books_begin_where_a_head_names_another_player(heads: tuple[str, ...], books: list[str]) -> None:
    pages = [page(title("First March"), (head, 120, 100, 30)) for head in heads]
    assert [book.name for book in books_in(pages, words_of(*pages), [2339] * len(pages))] == books
