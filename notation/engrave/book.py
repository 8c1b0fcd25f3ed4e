"""Part books: cover, index, songs on the same page in every book, numbers, bookmarks.

    made = bind(books, title="Summer Concert", folder=out, style=Style(), cache=kept, check=ctx.check)

1. Every song of every book is engraved for its player (`part`), or taken as the pages that are there.
2. `paginate` says where each song begins. Songs of two pages and more begin on a left-hand page, so that two pages
   face each other; with `together` a song begins on the same page in every book.
3. Each book is put together: cover and index (`wordpages`), songs, pages that fill, numbers (`stamp`).

Pages are counted from the cover, so the number on a page is the one that a reader of the PDF shows; even pages are
left-hand pages. What was made before is taken from the cache: a song's pages know nothing of their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from lxml import etree

from notation.engrave.cache import Cache, key_of, opened
from notation.engrave.files import copied
from notation.engrave.part import part_pages
from notation.engrave.pdf import Bookmark, finished
from notation.engrave.sandbox import Check, never
from notation.engrave.stamp import PT_PER_MM, Words, lay_over, word_pages
from notation.engrave.style import Style
from notation.engrave.wordpages import Row, front_pages
from notation.engrave.work import each
from notation.exports.names import safe_name
from notation.musicxml import NotationError, tree

TACET = "tacet"
_FOOT_MM = 3.4  # size of the words below the music


@dataclass(frozen=True)
class Song:
    """A song as one book has it: `part` is a document of one part, `pages` a PDF of pages to be taken as they are."""

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
class _Layout:
    """Where everything stands in one book."""

    index: int  # page of the index; 0: it has none
    index_pages: int
    starts: tuple[int, ...]  # 0: the song has no page here
    count: int


def bind(
    books: Sequence[Book],
    *,
    title: str,
    subtitle: str = "",
    folder: Path,
    style: Style | None = None,
    together: bool = True,
    cache: Path | None = None,
    names: Callable[[Book], str] | None = None,
    check: Check = never,
) -> list[Bound]:
    """Write a PDF for each book into `folder`.

    together  a song begins on the same page in every book     cache  a folder in which pages are kept for next time
    names     file name of a book without its ending; else "Summer Concert - Clarinet 2"

    Raises NotationError, which names the book and the song, and what `check` raises. Books are written whole or not
    at all; those that were finished stay.
    """
    style = style or Style()
    _agree(books)
    with opened(cache, beside=folder / "x") as kept:
        pieces = _engraved(books, style=style, cache=kept, check=check)
        lengths = [[_count(piece) if piece else 0 for piece in row] for row in pieces]
        binder = _Binder(title=title, subtitle=subtitle, style=style, cache=kept)
        layouts = binder.laid_out(books, lengths, together=together)
        targets = _targets(books, folder=folder, names=names or (lambda book: f"{title} - {book.instrument}"))
        jobs = [
            partial(binder.bound, book, row, layout, target)
            for book, row, layout, target in zip(books, pieces, layouts, targets, strict=True)
        ]
        return each(jobs, check=check)


def paginate(lengths: Sequence[Sequence[int]], *, first: int, together: bool) -> list[list[int]]:
    """Page on which each song begins: lengths[book][song] in pages, 0 where the book lacks it.

    first  page after the index. A song of two pages and more begins on an even page. With `together` the longest
    book decides for all; a missing song then keeps its place, and without it takes none (0).
    """
    if together:
        common = [max(column) for column in zip(*lengths, strict=True)]
        return [_starts(common, first=first) for _ in lengths]
    return [_starts(row, first=first) for row in lengths]


def _starts(lengths: Sequence[int], *, first: int) -> list[int]:
    starts, page = [], first
    for length in lengths:
        if length > 1 and page % 2:
            page += 1
        starts.append(page if length else 0)
        page += length
    return starts


def _agree(books: Sequence[Book]) -> None:
    if len({tuple(song.title for song in book.songs) for book in books}) > 1:
        raise NotationError("These books do not list the same songs.", hint="Give every book all songs of the set.")


def _targets(books: Sequence[Book], *, folder: Path, names: Callable[[Book], str]) -> list[Path]:
    taken: set[str] = set()
    return [folder / f"{unique(safe_name(names(book), default='Book'), taken)}.pdf" for book in books]


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number where one that differs at most in capitals is taken."""
    found, number = name, 2
    while found.casefold() in taken:
        found, number = f"{name} ({number})", number + 1
    taken.add(found.casefold())
    return found


def song_key(part: etree._Element, style: Style) -> str:
    return key_of("part", version("verovio"), tree.to_bytes(part), style)


def song_style(song: Song, instrument: str, style: Style) -> Style:
    return replace(
        style, page_numbers=False, title=song.title, composer=song.composer or style.composer, part=instrument
    )


def _engraved(books: Sequence[Book], *, style: Style, cache: Cache, check: Check) -> list[list[Path | None]]:
    """The pages of each song of each book; two books that hold the same music share them."""
    wanted: dict[str, Callable[[Check], Path]] = {}
    keys: list[list[str | Path | None]] = []
    for book in books:
        row: list[str | Path | None] = []
        for song in book.songs:
            if song.part is None:
                row.append(song.pages)
                continue
            look = song_style(song, book.instrument, style)
            key = song_key(song.part, look)
            wanted.setdefault(key, partial(_song, key, song, book.instrument, look, cache))
            row.append(key)
            check()
        keys.append(row)
    made: Mapping[str, Path] = dict(zip(wanted, each(list(wanted.values()), check=check), strict=True))
    return [[made[key] if isinstance(key, str) else key for key in row] for row in keys]


def _song(key: str, song: Song, instrument: str, style: Style, cache: Cache, check: Check) -> Path:
    part = song.part
    assert part is not None  # who has none is not engraved
    try:
        return cache.file(key, lambda target: part_pages(part, target=target, style=style, cores=1, check=check))
    except NotationError as error:
        if not error.permanent:
            raise  # a program that is missing, a full disk: not this song's fault
        raise NotationError(f"“{song.title}”, {instrument}: {error.message}", hint=error.hint) from error


def _count(pages: Path) -> int:
    import pikepdf

    with pikepdf.Pdf.open(pages) as file:
        return len(file.pages)


@dataclass
class _Binder:
    """What the books of a set have in common."""

    title: str
    subtitle: str
    style: Style
    cache: Cache
    fronts: dict[tuple[object, ...], int] = field(default_factory=dict)

    def laid_out(self, books: Sequence[Book], lengths: Sequence[Sequence[int]], *, together: bool) -> list[_Layout]:
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
    ) -> _Layout:
        common = [max(column) for column in zip(*lengths, strict=True)] if together else list(lengths[at])
        # The index moves to a right-hand page where that saves an empty page before the first song.
        opening = next((length for length in common if length), 0)
        index = 3 if opening > 1 and index_pages % 2 else 2
        starts = paginate([common], first=index + index_pages, together=False)[0]
        ends = [start + length for start, length in zip(starts, common, strict=True) if start]
        return _Layout(index, index_pages, tuple(starts), max([index + index_pages, *ends]) - 1)

    def _rows(self, book: Book, layout: _Layout) -> list[Row]:
        return [
            Row(song.title, song.composer, None if song.missing else start)
            for song, start in zip(book.songs, layout.starts, strict=True)
        ]

    def _front(self, book: Book, layout: _Layout) -> Path:
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

    def _front_count(self, book: Book, layout: _Layout) -> int:
        return _count(self._front(book, layout))

    def bound(self, book: Book, pieces: Sequence[Path | None], layout: _Layout, target: Path, check: Check) -> Bound:
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
        self, book: Book, front: Path, pieces: Sequence[Path | None], layout: _Layout, *, target: Path, check: Check
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
