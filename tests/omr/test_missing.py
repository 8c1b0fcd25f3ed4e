"""Bars that are missing between two pages are told by the printed numbers; a number that is read wrong is not."""

from __future__ import annotations

from media_pipeline.omr.missing import Hole, Numbered, holes


def lines(*numbers: int, each: int = 6, a_page: int = 2, first: int = 0) -> list[Numbered]:
    """A number before every line of `each` bars, two lines a page."""
    return [Numbered(first + at // a_page, number, at * each) for at, number in enumerate(numbers)]


def test_a_whole_song_has_no_holes() -> None:
    assert list(holes(lines(1, 7, 13, 19, 25, 31))) == []


def test_a_page_is_missing_in_the_middle() -> None:
    assert list(holes(lines(1, 7, 25, 31))) == [Hole(0, 12)]


def test_one_number_read_wrong_says_nothing() -> None:
    assert list(holes(lines(1, 7, 73, 19, 25, 31))) == []


def test_bars_of_a_volta_counted_once_are_no_hole() -> None:
    assert list(holes(lines(1, 7, 15, 21))) == []


def test_numbers_that_jump_within_a_page_are_no_missing_page() -> None:
    assert list(holes(lines(1, 27, 33, 39))) == []
