"""Which titles are one: a table of reading errors, and one of pieces that are called nearly the same."""

from __future__ import annotations

import pytest

from notation.score.songlist import Told, same_songs
from notation.score.titles import PERHAPS, SURE, alike

ONE = (
    ("Evening Air", "EVENING AIR."),
    ("Evening Air", "Evcning Air"),  # a letter wrong
    ("Evening Air", "Evcnimg Air"),  # two
    ("Evening Air", "Evemlng Air"),  # two that look alike
    ("Evening Air", "Eve ing Air"),  # one lost, and a word torn
    ("Sousa March", "Sousa Marcb"),
    ("Wedding March", "Weddlng Marcn"),
    ("Quick Step", "Quickstep"),
    ("In the Mood", "In tne Mo0d"),
    ("Over the Hills", "Over Hills"),
    ("A Winter's Tale", "WINTERS TALE"),
    ("A Winter’s Tale", "Tale, A Winter's"),
    ("The Entertainer", "Entertainer, The"),
    ("Café Noir", "CAFE NOIR"),
    ("Über den Wolken", "Uber den Wolken"),
    ("Свадебный марш", "Свадебньй марш"),
    ("3. Old Ländler (arr. Smith)", "Old Landler"),
    ("No. 4 Tango", "TANGO"),
    ("Old Comrades – March", "Old Comrades"),
    ("Blue Hills: A Fantasy", "BLUE HILLS"),
    ("Blue Hills: A Fantasy", "Blue Hills, a fantasy"),
    ("March No. 1", "MARCH N0. 1"),
    ("March No. 1", "March 1"),
    ("March No. 1", "No. 1 March"),
    ("Symphony No. V", "Symphony No. 5"),
    ("Second Waltz", "2nd Waltz"),
    ("1812", "1812"),
)
TWO = (
    ("March No. 1", "March No. 2"),
    ("March No. 1", "March No. 11"),
    ("No. 1 March", "No. 2 March"),
    ("No. 1 March", "March No. 2"),
    ("March (No. 1)", "March (No. 2)"),
    ("Hungarian Dance 5", "Hungarian Dance 15"),
    ("March op. 3 no. 1", "March op. 3 no. 2"),
    ("Suite I", "Suite II"),
    ("Suite: I. Prelude", "Suite: II. Gigue"),
    ("Suite: Prelude", "Suite: Gigue"),
    ("First Waltz", "Second Waltz"),
    ("1st Waltz", "3rd Waltz"),
    ("Part One", "Part Two"),
    ("Evening Air", "Morning Air"),
    ("Spring Song", "Autumn Song"),
    ("Sunrise", "Sunset"),
    ("Northern Lights", "Southern Lights"),
    ("North Wind", "South Wind"),
    ("East Wind", "West Wind"),
    ("Old Friends", "New Friends"),
    ("Little March", "Grand March"),
    ("Day Song", "Night Song"),
    ("Waltz in A major", "Waltz in A minor"),
    ("Waltz in A", "Waltz in B"),
    ("Father’s Song", "Mother’s Song"),
    ("Happy Days", "Unhappy Days"),
    ("Ascending", "Descending"),
    ("Male Choir", "Female Choir"),
    ("He Loves Me", "She Loves Me"),
    ("Over the Rainbow", "Over the Waves"),
    ("Tango", "Tango Nocturne"),
    ("A", "B"),
)
MAYBE = (
    ("Blue Danube", "Blue Danube Waltz"),
    ("March", "March No. 2"),
    ("Suite", "Suite: Gigue"),
    ("Land of Hope", "Band of Hope"),
    ("Evening Air", "Evening Aix"),
)


@pytest.mark.parametrize(("one", "other"), ONE)
def test_a_scanners_slips_are_one_title(one: str, other: str) -> None:
    assert SURE <= alike(one, other) <= 1
    assert alike(other, one) == alike(one, other)


@pytest.mark.parametrize(("one", "other"), TWO)
def test_numbered_and_contrary_pieces_are_two(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one) == 0
    rows = same_songs([[Told(one, 32, "4/4")], [Told(other, 32, "4/4")]])  # equally long, at the same place
    assert rows == [[0, None], [None, 0]]


@pytest.mark.parametrize(("one", "other"), MAYBE)
def test_what_is_perhaps_one_is_decided_by_its_length(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one) == PERHAPS
    assert same_songs([[Told(one, 32)], [Told(other, 32)]]) == [[0, 0]]
    assert same_songs([[Told(one, 32)], [Told(other, 48)]]) == [[0, None], [None, 0]]


def test_a_number_before_the_title_tells_two_of_one_name_apart() -> None:
    book = [Told("1. March", 32), Told("2. March", 32)]
    assert same_songs([book, book[::-1]]) == [[0, 1], [1, 0]]
    assert same_songs([[Told("3. Tango", 32)], [Told("4. Tango", 32)]]) == [[0, 0]]


def test_no_title_between_joins_two_pieces() -> None:
    books = [[Told("March No. 1", 32)], [Told("", 32)], [Told("March No. 2", 32)]]
    assert same_songs(books) == [[0, 0, None], [None, None, 0]]
    books = [[Told("March No. 1", 32)], [Told("March", 32)], [Told("March No. 2", 32)]]
    assert same_songs(books) == [[0, 0, None], [None, None, 0]]
