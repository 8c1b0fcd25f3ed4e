"""Books of a band put together: songs found, errors mended, parts derived, scores joined; what is given stays."""

from __future__ import annotations

from lxml import etree

from notation.musicxml import edit, tree
from notation.score.assemble import Book, Song, assemble
from notation.score.derive import BUILTIN
from tests.score.parts import Head, document, note, opening

VIOLIN = [rule for rule in BUILTIN if rule.target == "Violin"]


def part(name: str, *, bars: int = 12, title: str = "March", octave: int = 5, wrong: int = -1) -> etree._Element:
    """A melody in quarters; bar `wrong` is short of one."""
    steps = "CDEFGAB"
    music = [
        "".join(note([Head(steps[(n + beat) % 7], 0, octave)], 4) for beat in range(3 if n == wrong else 4))
        for n in range(bars)
    ]
    music[0] = opening() + music[0]
    root = document(music, name=name)
    edit.set_title(root, title)
    return root


def book(name: str, *titles: str, wrong: int = -1) -> Book:
    bars = {"March": 12, "Waltz": 16, "Hymn": 8}
    return Book(name, tuple(Song(t, part(name, bars=bars[t], title=t, wrong=wrong), "A. Smith") for t in titles))


def test_songs_come_together_and_missing_books_are_named() -> None:
    concert = assemble([book("Flute", "March", "Waltz", "Hymn"), book("Oboe", "March", "Hymn")])
    assert [song.title for song in concert.songs] == ["March", "Waltz", "Hymn"]
    assert [tuple(song.parts) for song in concert.songs] == [("Flute", "Oboe"), ("Flute",), ("Flute", "Oboe")]
    assert [song.missing for song in concert.songs] == [(), ("Oboe",), ()]
    assert concert.songs[0].composer == "A. Smith"
    score = concert.songs[0].score.root
    assert list(edit.part_names(score).values()) == ["Flute", "Oboe"]
    assert {len(each.findall("measure")) for each in score.findall("part")} == {12}


def test_parts_stand_in_score_order_and_derived_ones_among_them() -> None:
    concert = assemble([book("Trumpet 1", "March"), book("Flute", "March")], rules=VIOLIN)
    song = concert.songs[0]
    assert list(song.parts) == ["Flute", "Trumpet 1", "Violin"]
    assert [derived.name for derived in song.derived] == ["Violin"]
    assert not song.refused


def test_a_rule_without_its_source_says_so() -> None:
    song = assemble([book("Tuba", "March")], rules=VIOLIN).songs[0]
    assert list(song.parts) == ["Tuba"]
    assert "Violin cannot be made" in song.refused[0].why


def test_a_title_is_what_most_books_say() -> None:
    books = [book(name, "March") for name in ("Flute", "Oboe", "Horn")]
    slipped = Book("Horn", (Song("Marcb", books[2].songs[0].part),))
    assert [song.title for song in assemble([*books[:2], slipped]).songs] == ["March"]


def test_what_is_given_stays_as_it_is() -> None:
    books = [book("Flute", "March"), book("Oboe", "March"), book("Horn", "March", wrong=5)]
    before = [tree.to_bytes(song.part) for each in books for song in each.songs if song.part is not None]
    song = assemble(books, rules=BUILTIN).songs[0]
    after = [tree.to_bytes(song.part) for each in books for song in each.songs if song.part is not None]
    assert before == after
    found = [one for one in (*song.repaired, *song.disagreements) if one.part == "Horn"]
    assert any(6 in [bar + 1 for bar in one.bars] for one in found), "the short bar is told"


def test_nothing_is_mended_that_is_not_asked_for() -> None:
    books = [book("Flute", "March"), book("Oboe", "March"), book("Horn", "March", wrong=5)]
    song = assemble(books, sure=2.0).songs[0]
    assert song.repaired == ()
    assert song.disagreements


def test_two_books_of_one_instrument_and_one_that_shares_nothing() -> None:
    concert = assemble([book("Flute", "March"), book("Flute", "March"), book("Kazoo", "Hymn")])
    assert list(concert.songs[0].parts) == ["Flute", "Flute (2)"]
    assert any("Two books say that they are Flute" in said for said in concert.remarks)
    assert any("Kazoo shares no song" in said for said in concert.remarks)
    assert any("“Kazoo” is no instrument" in said for said in concert.remarks)


def test_a_song_that_all_books_rest_in_is_no_song() -> None:
    tacet = Book("Oboe", (Song("Waltz", None),))
    assert [song.title for song in assemble([book("Flute", "March"), tacet]).songs] == ["March"]


def test_no_books() -> None:
    assert assemble([]).songs == ()
