"""One part book out of what is there: where each song stands, cover and index, pages that fill, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lxml import etree

from notation.engrave.cache import Cache, key_of
from notation.engrave.files import copied
from notation.engrave.pdf import Bookmark, finished
from notation.engrave.sandbox import Check
from notation.engrave.stamp import PT_PER_MM, Words, lay_over, word_pages
from notation.engrave.style import Style
from notation.engrave.wordpages import Row, front_pages

TACET = "tacet"
_FOOT_MM = 3.4  # size of the words below the music


@dataclass(frozen=True)
class Song:
    """A song as one book has it: `part` is a document of one part.

    `pages` is a PDF whose pages are taken as they are: one that `rebind` made, never a file that somebody brought.
    """

    title: str
    composer: str = ""
    part: etree._Element | None = None
    pages: Path | None = None

    @property
    def missing(self) -> bool:
        return self.part is None and self.pages is None


@dataclass(frozen=True)
class Book:
    """All songs of the set in order, also those that this book does not have."""

    instrument: str
    songs: tuple[Song, ...]
    player: str = ""


@dataclass(frozen=True)
class Bound:
    """A finished book."""

    book: Book
    path: Path
    pages: int
    starts: tuple[int | None, ...]  # page on which each song begins; None: missing
    parts: tuple[Path | None, ...]  # the songs' own pages, without numbers; they lie in the cache


@dataclass(frozen=True)
class Layout:
    """Where everything stands in one book."""

    index: int  # page of the index; 0: it has none
    index_pages: int
    starts: tuple[int, ...]  # 0: the song has no page here
    count: int


def paginate(lengths: Sequence[int], *, first: int) -> list[int]:
    """Page on which each song begins, of songs with so many pages; 0 for one that has none.

    first  page after the index. A song of two pages and more begins on an even page, which is a left-hand one.
    """
    starts, page = [], first
    for length in lengths:
        if length > 1 and page % 2:
            page += 1
        starts.append(page if length else 0)
        page += length
    return starts


def count_pages(pages: Path) -> int:
    import pikepdf

    with pikepdf.Pdf.open(pages) as file:
        return len(file.pages)


@dataclass
class Binder:
    """What the books of a set have in common."""

    title: str
    subtitle: str
    style: Style
    cache: Cache

    def laid_out(self, books: Sequence[Book], lengths: Sequence[Sequence[int]], *, together: bool) -> list[Layout]:
        """The place of everything; as many pages for the index as the longest one takes."""
        pages = 1
        while True:
            layouts = [self._layout(book, lengths, at, pages, together) for at, book in enumerate(books)]
            # The words of an index differ between books by numbers alone, so the first tells how long it is.
            taken = self._front_count(books[0], layouts[0]) - 1 if books else 1
            if taken <= pages:
                return layouts
            pages = taken

    def _layout(
        self, book: Book, lengths: Sequence[Sequence[int]], at: int, index_pages: int, together: bool
    ) -> Layout:
        # The longest book decides for all; a song that one lacks then keeps its place there.
        common = [max(column) for column in zip(*lengths, strict=True)] if together else list(lengths[at])
        # The index moves to a right-hand page where that saves an empty page before the first song.
        opening = next((length for length in common if length), 0)
        index = 3 if opening > 1 and index_pages % 2 else 2
        starts = paginate(common, first=index + index_pages)
        ends = [start + length for start, length in zip(starts, common, strict=True) if start]
        return Layout(index, index_pages, tuple(starts), max([index + index_pages, *ends]) - 1)

    def _rows(self, book: Book, layout: Layout) -> list[Row]:
        return [
            Row(song.title, song.composer, None if song.missing else start)
            for song, start in zip(book.songs, layout.starts, strict=True)
        ]

    def _front(self, book: Book, layout: Layout) -> Path:
        rows = self._rows(book, layout)
        words = (self.title, self.subtitle, book.instrument, book.player)
        key = key_of("front", version("weasyprint"), self.style.size_mm, self.style.margin_mm, *words, rows)

        def make(target: Path) -> None:
            title, subtitle, instrument, player = words
            front_pages(
                target=target, style=self.style, title=title, subtitle=subtitle, instrument=instrument,
                player=player, index=rows,
            )  # fmt: skip

        return self.cache.file(key, make)

    def _front_count(self, book: Book, layout: Layout) -> int:
        return count_pages(self._front(book, layout))

    def bound(self, book: Book, pieces: Sequence[Path | None], layout: Layout, target: Path, check: Check) -> Bound:
        front = self._front(book, layout)
        contents = [key_of(piece.read_bytes()) if piece else "" for piece in pieces]
        key = key_of("book", front.name, contents, layout, self.style, book.instrument, self._rows(book, layout))
        made = self.cache.file(
            key, lambda scratch: self._assembled(book, front, pieces, layout, target=scratch, check=check)
        )
        check()
        copied(made, target=target)
        starts = tuple(row.page for row in self._rows(book, layout))
        return Bound(book, target, layout.count, starts, tuple(pieces))

    def _assembled(
        self, book: Book, front: Path, pieces: Sequence[Path | None], layout: Layout, *, target: Path, check: Check
    ) -> None:
        import pikepdf

        width, height = (mm * PT_PER_MM for mm in self.style.size_mm)
        words: dict[int, list[Words]] = {page: self._foot(book, page) for page in range(layout.index, layout.count + 1)}
        marks = [Bookmark(self.title or book.instrument, 0), Bookmark("Contents", layout.index - 1)]
        with pikepdf.Pdf.new() as whole:

            def fill(until: int) -> None:
                while len(whole.pages) < until - 1:
                    whole.add_blank_page(page_size=(width, height))

            with pikepdf.Pdf.open(front) as pages:
                whole.pages.append(pages.pages[0])
                fill(layout.index)
                whole.pages.extend(pages.pages[1:])
            for song, piece, start in zip(book.songs, pieces, layout.starts, strict=True):
                if not start:
                    continue
                fill(start)
                if piece is None:
                    words[start] += self._tacet(song)
                    continue
                marks.append(Bookmark(song.title, start - 1))
                with pikepdf.Pdf.open(piece) as pages:
                    whole.pages.extend(pages.pages)
                check()
            fill(layout.count + 1)
            over = target.with_name(f"{target.stem}-words.pdf")
            try:
                pages_of_words = [words.get(page, []) for page in range(1, layout.count + 1)]
                word_pages(pages_of_words, target=over, size_mm=self.style.size_mm, check=check)
                with pikepdf.Pdf.open(over) as stamps:
                    lay_over(whole, stamps)
                    title = " - ".join(x for x in (self.title, book.instrument) if x)
                    finished(whole, target=target, title=title, bookmarks=marks, spreads=True)
            finally:
                over.unlink(missing_ok=True)

    def _foot(self, book: Book, page: int) -> list[Words]:
        """The number in the outer corner, the instrument towards the fold."""
        (width, height), (_, right, bottom, left) = self.style.size_mm, self.style.margin_mm
        y = height - bottom / 2
        number, name = str(page), book.instrument
        room = (width - left - right) * 0.8
        if page % 2:
            return [
                Words(number, width - right, y, _FOOT_MM, "right"),
                Words(name, left, y, _FOOT_MM * 0.9, "left", italic=True, room=room),
            ]
        return [
            Words(number, left, y, _FOOT_MM, "left"),
            Words(name, width - right, y, _FOOT_MM * 0.9, "right", italic=True, room=room),
        ]

    def _tacet(self, song: Song) -> list[Words]:
        (width, _), (top, right, _, left) = self.style.size_mm, self.style.margin_mm
        room = width - left - right
        return [
            Words(song.title, width / 2, top + 8, 6.0, "middle", room=room),
            Words(TACET, width / 2, top + 18, 5.0, "middle", italic=True),
        ]
