"""Songs of several books held together: by title, by place, by length."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from notation.score.songlist import Told, likeness, plain, same_songs

TITLES = ("Sousa March", "Blue Hills", "A Winter's Tale", "Old Ländler", "Quick Step", "Hymn of the Valley", "Tango")


def book(*titles: str, bars: int = 64) -> list[Told]:
    return [Told(title, bars + 8 * TITLES.index(title) if title in TITLES else bars, "4/4") for title in titles]


def test_books_with_the_same_songs() -> None:
    assert same_songs([book(*TITLES[:3])] * 3) == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]


def test_a_song_that_a_book_lacks_leaves_a_hole() -> None:
    rows = same_songs([book(*TITLES[:4]), book(TITLES[0], TITLES[3]), book(*TITLES[1:4])])
    assert rows == [[0, 0, None], [1, None, 0], [2, None, 1], [3, 1, 2]]


def test_a_song_that_only_the_shorter_book_has_stands_between_its_neighbours() -> None:
    assert same_songs([book(*TITLES[:3]), book(TITLES[0], "Tango")]) == [[0, 0], [None, 1], [1, None], [2, None]]


def test_another_order_is_matched_by_titles() -> None:
    assert same_songs([book(*TITLES[:3]), book(*reversed(TITLES[:3]))]) == [[0, 2], [1, 1], [2, 0]]


def test_a_scanners_slips_and_missing_titles() -> None:
    worn = [Told("Sousa Marcb", 64, "4/4"), Told("", 72, "4/4"), Told("A WINTERS TALE", 80, "4/4")]
    assert same_songs([book(*TITLES[:3]), worn]) == [[0, 0], [1, 1], [2, 2]]


def test_books_that_share_no_song() -> None:
    assert same_songs([book(*TITLES[:2]), book(*TITLES[3:5])]) == [[0, None], [1, None], [None, 0], [None, 1]]


def test_no_books_and_empty_ones() -> None:
    assert same_songs([]) == []
    assert same_songs([[], book("Tango")]) == [[None, 0]]


def test_titles_are_compared_without_numbering_and_accents() -> None:
    assert plain("3. Old Ländler (arr. Smith)") == "old landler"
    assert plain("1812") == "1812"
    assert likeness(Told("No. 4 Tango", 10), Told("TANGO", 99)) == 1


@given(st.lists(st.lists(st.sampled_from(TITLES), unique=True, max_size=7), max_size=6), st.integers(0, 99))
def test_every_song_stands_in_one_row_and_equal_titles_in_the_same(titles: list[list[str]], seed: int) -> None:
    r = random.Random(seed)
    books = [book(*some, bars=r.randint(30, 90)) for some in titles]
    rows = same_songs(books)
    for column, some in enumerate(titles):
        assert sorted(song for row in rows if (song := row[column]) is not None) == list(range(len(some)))
    for row in rows:
        held = {titles[column][song] for column, song in enumerate(row) if song is not None}
        assert len(held) == 1
    assert len(rows) == len({title for some in titles for title in some})
