"""Notation files become a band's books: whose a part is, which song it is of, and at which pitch it is written."""

from __future__ import annotations

import pytest
from lxml import etree

from notation.musicxml import edit
from notation.musicxml.join import join
from notation.musicxml.read import read
from notation.musicxml.transpose import transposition_of
from notation.musicxml.tree import copy
from notation.score.gather import File, gather
from tests.omr.band import musicxml
from tests.omr.band.model import PLAYERS
from tests.omr.band.songs import songs
from tests.score.parts import document, opening, pitches
from tests.score.test_cut import music

NOTE = "<note><pitch><step>C</step><octave>5</octave></pitch><duration>16</duration><type>whole</type></note>"


def single(
    name: str, *, title: str = "", fifths: int = 0, transpose: tuple[int, int, int] | None = None
) -> etree._Element:
    root = document([opening(fifths, transpose=transpose) + NOTE], name=name)
    if title:
        edit.set_title(root, title)
    return root


def told(*files: File) -> dict[str, list[str]]:
    return {book.name: [piece.title for piece in book.pieces] for book in gather(files).books}


def test_twelve_parts_of_a_song_are_twelve_books() -> None:
    song = songs()[0]
    files = [File(f"{n}.musicxml", read(musicxml.score(song, [p]).encode())) for n, p in enumerate(PLAYERS)]
    gathered = gather(files)
    assert len(gathered.books) == len(PLAYERS)
    assert {piece.title for book in gathered.books for piece in book.pieces} == {song.title}
    assert gathered.remarks == ()


def test_scores_give_each_part_to_its_book_and_nothing_is_lost() -> None:
    parts = {song.id: {p.name: read(musicxml.score(song, [p]).encode()) for p in PLAYERS[:5]} for song in songs()[:3]}
    files = [File(f"{n}.mxl", join(one, title=name).root) for n, (name, one) in enumerate(parts.items())]
    books = gather(files).books
    assert len(books) == 5
    for book in books:
        assert [piece.title for piece in book.pieces] == list(parts)
    flute = next(book for book in books if book.name.startswith("Flute"))
    player = next(p.name for p in PLAYERS[:5] if p.name.startswith("Flute"))
    for piece, one in zip(flute.pieces, parts.values(), strict=True):
        assert [bar[4] for bar in music(piece.root)] == [bar[4] for bar in music(one[player])]
        assert transposition_of(piece.root.findall("part")[0]) == transposition_of(one[player].findall("part")[0])


def test_two_of_one_name_are_two_books_in_every_score() -> None:
    def score(title: str) -> etree._Element:
        root = single("Horn in F", title=title, transpose=(-4, -7, 0))
        second = copy(root)
        root.find("part-list").append(second.find("part-list/score-part"))  # type: ignore[union-attr,arg-type]
        root.append(second.findall("part")[0])
        for n, (entry, part) in enumerate(
            zip(root.iterfind("part-list/score-part"), root.iterfind("part"), strict=True)
        ):
            entry.set("id", f"P{n}")
            part.set("id", f"P{n}")
        return root

    assert told(File("2.xml", score("Waltz")), File("1.xml", score("March"))) == {
        "Horn": ["March", "Waltz"], "Horn (2)": ["March", "Waltz"],
    }  # fmt: skip


@pytest.mark.parametrize(("name", "root", "book", "title"), [
    ("M - Clarinet 2.musicxml", single("Clarinet in Bb", title="March", transpose=(-1, -2, 0)), "Clarinet 2", "March"),
    ("Morning March - Flute 1.mxl", single("Part 1"), "Flute 1", "Morning March"),
    ("Morning_March_Flute_1.mxl", single("Flute"), "Flute 1", "Morning March"),
    ("Tuba Morning March.xml", single("Tuba", title="Untitled score"), "Tuba", "Morning March"),
    ("x.xml", single("2nd Bb Clarinet", title="Flute", transpose=(-1, -2, 0)), "Clarinet 2", "x"),
    ("Old tune.xml", single("Hurdy-gurdy", title="Branle"), "Hurdy-gurdy", "Branle"),
    ("Old tune.xml", single("Music"), "Old tune", "Old tune"),
])  # fmt: skip
def test_whose_part_it_is_and_of_which_song(name: str, root: etree._Element, book: str, title: str) -> None:
    assert told(File(name, root)) == {book: [title]}


def test_a_score_at_concert_pitch_is_written_for_its_players() -> None:
    parts = {p.name: read(musicxml.score(songs()[0], [p]).encode()) for p in PLAYERS}
    gathered = gather([File("March.musicxml", join(parts, concert=True).root)])
    assert len(gathered.remarks) == 1
    assert "concert pitch" in gathered.remarks[0]
    sounds = sorted(str(pitches(root)) for root in parts.values())
    assert sorted(str(pitches(book.pieces[0].root)) for book in gathered.books) == sounds
    keys = sorted(root.findtext(".//key/fifths") or "" for root in parts.values())
    assert sorted(book.pieces[0].root.findtext(".//key/fifths") or "" for book in gathered.books) == keys


def test_midi_sounds_and_a_player_reads() -> None:
    gathered = gather([File("March.mid", single("Clarinet"), sounding=True)])
    root = gathered.books[0].pieces[0].root
    assert root.findtext(".//pitch/step") == "D"
    assert root.findtext(".//transpose/chromatic") == "-2"
    assert music(root)[0][4][0][2] == 72
    assert gathered.books[0].pieces[0].title == "March"


def test_a_part_that_does_not_say_how_it_transposes_is_taken_as_written() -> None:
    gathered = gather([File("March - Clarinet.xml", single("Clarinet", fifths=2))])
    root = gathered.books[0].pieces[0].root
    assert (root.findtext(".//pitch/step"), root.findtext(".//transpose/chromatic")) == ("C", "-2")
    assert "taken as it is written" in gathered.remarks[0]


def test_a_silent_part_is_no_book() -> None:
    root = single("Flute")
    for bar in root.iterfind("part/measure"):
        for one in bar.findall("note"):
            bar.remove(one)
    assert gather([File("x.xml", root)]).books == ()
