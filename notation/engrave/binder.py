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
from notation.engrave.rebind import Slice
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
    `slices` are strips of original pages, which are bound first. What stands `aside` is nothing to the books that lack
    it: they neither mention it nor keep its place. Such songs come last.
    """

    title: str
    composer: str = ""
    part: etree._Element | None = None
    pages: Path | None = None
    slices: tuple[Slice, ...] = ()
    aside: bool = False

    @property
    def missing(self) -> bool:
        return self.part is None and self.pages is None and not self.slices


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
    cover: bool = True
    index: bool = True

    def laid_out(self, books: Sequence[Book], lengths: Sequence[Sequence[int]], *, together: bool) -> list[Layout]:
        """The place of everything; as many pages for the index as the longest one takes."""
        pages = 1 if self.index else 0
        while True:
            layouts = [self._layout(book, lengths, at, pages, together) for at, book in enumerate(books)]
            # The words of an index differ between books by numbers alone, but for what stands aside in some: one book
            # of each sort tells how long it is.
            sorts = {tuple(self._listed(book)): at for at, book in reversed(list(enumerate(books)))}
            fronts = [self._front_count(books[at], layouts[at]) - 1 for at in sorts.values()] if self.index else []
            taken = max(fronts, default=pages)
            if taken <= pages:
                return layouts
            pages = taken

    def _layout(
        self, book: Book, lengths: Sequence[Sequence[int]], at: int, index_pages: int, together: bool
    ) -> Layout:
        # The longest book decides for all; a song that one lacks then keeps its place there.
        common = list(lengths[at])
        if together:
            columns = zip(book.songs, common, zip(*lengths, strict=True), strict=True)
            common = [mine if song.aside else max(column) for song, mine, column in columns]
        first = 2 if self.cover else 1
        index = first if index_pages else 0
        # The index moves on by a page where that saves an empty page before the first song.
        opening = next((length for length in common if length), 0)
        if index and opening > 1 and (index + index_pages) % 2:
            index += 1
        first = index + index_pages if index else first
        starts = paginate(common, first=first)
        ends = [start + length for start, length in zip(starts, common, strict=True) if start]
        return Layout(index, index_pages, tuple(starts), max([first, *ends]) - 1)

    def _listed(self, book: Book) -> list[bool]:
        """Which songs its index has."""
        return [not (song.aside and song.missing) for song in book.songs]

    def _starts(self, book: Book, layout: Layout) -> list[int | None]:
        return [None if song.missing else start for song, start in zip(book.songs, layout.starts, strict=True)]

    def _rows(self, book: Book, layout: Layout) -> list[Row]:
        told = zip(book.songs, self._starts(book, layout), self._listed(book), strict=True)
        return [Row(song.title, song.composer, start) for song, start, listed in told if listed]

    def _front(self, book: Book, layout: Layout) -> Path:
        rows = self._rows(book, layout) if layout.index_pages else []
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
        key = key_of(
            "book", front.name, contents, layout, self.style, book.instrument, self._rows(book, layout), self.cover
        )
        made = self.cache.file(
            key, lambda scratch: self._assembled(book, front, pieces, layout, target=scratch, check=check)
        )
        check()
        copied(made, target=target)
        starts = tuple(self._starts(book, layout))
        return Bound(book, target, layout.count, starts, tuple(pieces))

    def _assembled(
        self, book: Book, front: Path, pieces: Sequence[Path | None], layout: Layout, *, target: Path, check: Check
    ) -> None:
        import pikepdf

        width, height = (mm * PT_PER_MM for mm in self.style.size_mm)
        begins = layout.index or (2 if self.cover else 1)  # a cover has neither number nor name at its foot
        words: dict[int, list[Words]] = {page: self._foot(book, page) for page in range(begins, layout.count + 1)}
        if not self.cover and not layout.index and min(filter(None, layout.starts), default=1) > 1:
            words[1] += self._half_title(book)
        marks = [Bookmark(self.title or book.instrument, 0)]
        if layout.index:
            marks.append(Bookmark("Contents", layout.index - 1))
        with pikepdf.Pdf.new() as whole:

            def fill(until: int) -> None:
                while len(whole.pages) < until - 1:
                    whole.add_blank_page(page_size=(width, height))

            with pikepdf.Pdf.open(front) as pages:
                if self.cover:
                    whole.pages.append(pages.pages[0])
                if layout.index:
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

    def _half_title(self, book: Book) -> list[Words]:
        """What stands on a page that would be empty before the first two pages of music."""
        (width, height), (_, right, _, left) = self.style.size_mm, self.style.margin_mm
        room = width - left - right
        said = [(self.title, 7.0), (book.instrument, 6.0), (book.player, 4.5)]
        return [
            Words(text, width / 2, height * 0.3 + 11 * line, size, "middle", italic=size < 5, room=room)
            for line, (text, size) in enumerate(said)
            if text
        ]

    def _tacet(self, song: Song) -> list[Words]:
        (width, _), (top, right, _, left) = self.style.size_mm, self.style.margin_mm
        room = width - left - right
        return [
            Words(song.title, width / 2, top + 8, 6.0, "middle", room=room),
            Words(TACET, width / 2, top + 18, 5.0, "middle", italic=True),
        ]
