"""Part books: the same page for a song in every book, an index that tells the truth, only what changed made anew."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from notation.engrave.binder import paginate
from notation.engrave.book import Book, Song, bind
from notation.engrave.style import Style
from notation.exports.names import safe_name
from notation.musicxml import NotationError
from notation.musicxml.read import read
from tests.engrave import samples

LONG, SHORT = 90, 6  # bars of semiquavers: two pages and one
RUN = "".join(samples.note(72 + step % 5, 1) for step in range(16))


def part(bars: int, *, name: str = "Flute", first: int = 72) -> etree._Element:
    out = [
        samples.measure(i + 1, RUN if i else samples.note(first, 16), start="" if i else samples.attributes())
        for i in range(bars)
    ]
    return read(samples.score([(name, "".join(out))], title="", composer=""))


def songs(*bars: int, first: int = 72) -> tuple[Song, ...]:
    """Songs "Song 1", … with so many bars; 0: missing."""
    return tuple(
        Song(f"Song {n}", "A. Nonymous", part(count, first=first) if count else None)
        for n, count in enumerate(bars, start=1)
    )


def texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as file:
        return [page.get_textpage().get_text_range() for page in file]


@given(st.lists(st.integers(0, 5), max_size=8), st.integers(3, 5))
def test_songs_have_room_and_face_each_other(lengths: list[int], first: int) -> None:
    starts = paginate(lengths, first=first)
    placed = [(start, length) for start, length in zip(starts, lengths, strict=True) if length]
    assert [bool(start) for start in starts] == [bool(length) for length in lengths]
    assert all(start >= first for start, _ in placed)
    assert all(start + length <= follows <= start + length + 1 for (start, length), (follows, _) in pairwise(placed))
    assert all(start % 2 == 0 for start, length in placed if length > 1)


def test_a_song_begins_on_the_same_page_in_every_book(tmp_path: Path) -> None:
    books = [
        Book("Flute", songs(LONG, SHORT, SHORT)),
        Book("Tuba", songs(SHORT, 0, SHORT, first=70), player="Anna Gruber"),
    ]
    flute, tuba = bind(books, title="Summer Concert", folder=tmp_path)
    assert flute.starts == (4, 6, 7)
    assert tuba.starts == (4, None, 7)
    assert flute.pages == tuba.pages == 7
    for bound in (flute, tuba):
        pages = texts(bound.path)
        assert len(pages) == 7
        for number, text in enumerate(pages, start=1):
            assert (str(number) in text.split()) == (number > 2)  # neither the cover nor its back have a number
        for song, start in zip(bound.book.songs, bound.starts, strict=True):
            if start:
                assert song.title in pages[start - 1]
    pages = texts(tuba.path)
    assert "Anna Gruber" in pages[0]
    assert "Summer Concert" in pages[0]
    assert "Song 2" in pages[5]
    assert "tacet" in pages[5]
    index = pages[2]
    assert "Song 2" in index
    assert re.findall(r"Nonymous\s+(\d+|–)", index) == ["4", "–", "7"]


def test_missing_songs_are_struck_through(tmp_path: Path) -> None:
    """A line is drawn across the title, which lies at half the height of its letters."""
    (bound,) = bind([Book("Tuba", songs(SHORT, 0))], title="Set", folder=tmp_path)
    with pypdfium2.PdfDocument(bound.path) as file:
        page = file[1]
        words = page.get_textpage()
        picture = page.render(scale=4, grayscale=True).to_pil()
        dark = {}
        for title in ("Song 1", "Song 2"):
            found = words.search(title).get_next()
            assert found is not None
            boxes = [words.get_charbox(found[0] + i) for i in range(len(title)) if title[i] != " "]
            left, right = boxes[3][2], boxes[4][0]  # between "g" and the figure there is nothing but the line
            bottom, top = boxes[4][1], boxes[4][3]
            gap = picture.crop(
                (round(left * 4) + 2, round((page.get_height() - top) * 4),
                 round(right * 4) - 2, round((page.get_height() - bottom) * 4))
            )  # fmt: skip
            dark[title] = min(gap.tobytes())
    assert dark["Song 1"] > 200
    assert dark["Song 2"] < 170


def test_without_common_pages_a_book_is_as_short_as_its_songs(tmp_path: Path) -> None:
    books = [Book("Flute", songs(LONG, SHORT)), Book("Tuba", songs(0, SHORT))]
    flute, tuba = bind(books, title="Set", folder=tmp_path, together=False)
    assert flute.starts == (4, 6)
    assert tuba.starts == (None, 3)
    assert tuba.pages == 3


def test_bookmarks_lead_to_the_songs(tmp_path: Path) -> None:
    (bound,) = bind([Book("Flute", songs(SHORT, 0, SHORT))], title="Set & Co", folder=tmp_path)
    with pikepdf.open(bound.path) as file:
        assert str(file.docinfo["/Title"]) == "Set & Co - Flute"
        with file.open_outline() as outline:
            assert [item.title for item in outline.root] == ["Set & Co", "Contents", "Song 1", "Song 3"]


def test_only_what_changed_is_made(tmp_path: Path) -> None:
    cache, out = tmp_path / "cache", tmp_path / "out"
    out.mkdir()
    books = [Book("Flute", songs(SHORT, SHORT)), Book("Tuba", songs(SHORT, SHORT, first=60))]
    bind(books, title="Set", folder=out, cache=cache)
    before = {path.name for path in cache.iterdir()}
    bytes_before = {path.name: path.read_bytes() for path in out.iterdir()}
    bind(books, title="Set", folder=out, cache=cache)
    assert {path.name for path in cache.iterdir()} == before
    changed = books[1].songs[1].part
    assert changed is not None
    step = changed.find(".//step")
    assert step is not None
    step.text = "D"
    bind(books, title="Set", folder=out, cache=cache)
    assert len({path.name for path in cache.iterdir()} - before) == 2  # the song's pages and its book
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert [name for name in after if after[name] != bytes_before[name]] == ["Set - Tuba.pdf"]


def test_an_end_leaves_what_was_finished_and_nothing_half_done(tmp_path: Path) -> None:
    class Enough(BaseException):
        pass

    cache, out = tmp_path / "cache", tmp_path / "out"
    out.mkdir()
    books = [Book(name, songs(SHORT, LONG, first=60 + i)) for i, name in enumerate(("Flute", "Oboe", "Tuba"))]

    def check() -> None:
        if list(cache.glob("[!.]*.pdf")):
            raise Enough

    with pytest.raises(Enough):
        bind(books, title="Set", folder=out, cache=cache, check=check)
    for path in [*cache.iterdir(), *out.iterdir()]:
        assert not path.name.startswith(".")
        assert path.suffix != ".pdf" or texts(path)
    assert len(bind(books, title="Set", folder=out, cache=cache)) == 3


def test_pages_that_are_there_are_taken_as_they_are(tmp_path: Path) -> None:
    """A percussion book that nobody read."""
    (flute,) = bind([Book("Flute", songs(LONG))], title="Set", folder=tmp_path, cache=tmp_path / "cache")
    (pages,) = flute.parts
    assert pages is not None
    (drums,) = bind([Book("Drums", (Song("March", pages=pages),))], title="Set", folder=tmp_path)
    assert drums.starts == (4,)
    assert drums.pages == 5


def test_what_cannot_be_engraved_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise NotationError("This score cannot be engraved.", hint="Save it again.")

    monkeypatch.setattr("notation.engrave.book.part_pages", refused)
    with pytest.raises(NotationError, match="“Song 1”, Flute: This score") as error:
        bind([Book("Flute", songs(SHORT))], title="Set", folder=tmp_path)
    assert error.value.hint == "Save it again."


def test_books_must_list_the_same_songs(tmp_path: Path) -> None:
    with pytest.raises(NotationError, match="same songs"):
        bind([Book("Flute", songs(SHORT)), Book("Tuba", songs(SHORT, SHORT))], title="Set", folder=tmp_path)


def test_names_that_no_file_system_takes(tmp_path: Path) -> None:
    title = "AC/DC 🎺 שיר"
    books = [Book("Horn/F", songs(SHORT)), Book("Horn:F", songs(SHORT, first=60))]
    made = bind(books, title=title, folder=tmp_path)
    assert [bound.path.name for bound in made] == [
        f"{safe_name(title)} - Horn-F.pdf",
        f"{safe_name(title)} - Horn-F (2).pdf",
    ]
    assert all(bound.path.exists() for bound in made)


def test_sixty_songs_that_are_all_missing_take_no_time(tmp_path: Path) -> None:
    began = time.process_time()
    (bound,) = bind([Book("Flute", songs(*[0] * 60))], title="Set", folder=tmp_path, style=Style(paper="A5"))
    assert time.process_time() - began < 20
    assert bound.pages == len(texts(bound.path)) >= 4  # the index goes over several pages


def test_books_without_cover_and_contents(tmp_path: Path) -> None:
    book = Book("Tuba", songs(LONG, SHORT, first=70), player="Anna Gruber")
    (bare,) = bind([book], title="Summer Concert", folder=tmp_path, cover=False, index=False)
    assert bare.starts == (2, 4)  # two pages face each other
    first = texts(bare.path)[0]
    assert "Anna Gruber" in first  # not an empty page
    assert "Contents" not in first
    (short,) = bind([Book("Tuba", songs(SHORT, first=70))], title="", folder=tmp_path, cover=False, index=False)
    assert short.starts == (1,)
    (index,) = bind([book], title="Summer Concert", folder=tmp_path, cover=False)
    assert index.starts == (2, 4)
    assert "Contents" in texts(index.path)[0]
    (cover,) = bind([book], title="Summer Concert", folder=tmp_path, index=False)
    assert cover.starts == (2, 4)
    assert "Contents" not in " ".join(texts(cover.path))
