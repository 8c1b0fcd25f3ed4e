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
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from lxml import etree

from notation.engrave.binder import Binder, Book, Bound, Song, count_pages
from notation.engrave.cache import Cache, key_of, opened
from notation.engrave.part import part_pages
from notation.engrave.rebind import Piece, Volume, rebind
from notation.engrave.sandbox import Check, never
from notation.engrave.style import Style
from notation.engrave.work import each
from notation.exports.names import safe_name
from notation.musicxml import NotationError, tree


def bind(
    books: Sequence[Book],
    *,
    title: str,
    subtitle: str = "",
    folder: Path,
    style: Style | None = None,
    together: bool = True,
    cover: bool = True,
    index: bool = True,
    cache: Path | None = None,
    names: Callable[[Book], str] | None = None,
    pieces: Sequence[Sequence[Path | None]] | None = None,
    check: Check = never,
    tell: Callable[[str], object] = lambda note: None,
) -> list[Bound]:
    """Write a PDF for each book into `folder`.

    together  a song begins on the same page in every book     cache  a folder in which pages are kept for next time
    names     file name of a book without its ending; else "Summer Concert - Clarinet 2"
    pieces    what `engraved` made of these books, where it was asked before
    tell      called whenever a book is finished

    Raises NotationError, which names the book and the song, and what `check` raises. Books are written whole or not
    at all; those that were finished stay.
    """
    style = style or Style()
    _agree(books)
    with opened(cache, beside=folder / "x") as kept:
        pieces = engraved(books, style=style, cache=kept, check=check) if pieces is None else pieces
        lengths = [[count_pages(piece) if piece else 0 for piece in row] for row in pieces]
        binder = Binder(title=title, subtitle=subtitle, style=style, cache=kept, cover=cover, index=index)
        layouts = binder.laid_out(books, lengths, together=together)
        targets = _targets(books, folder=folder, names=names or (lambda book: f"{title} - {book.instrument}"))
        jobs = [
            partial(binder.bound, book, row, layout, target)
            for book, row, layout, target in zip(books, pieces, layouts, targets, strict=True)
        ]
        return each(jobs, check=check, tell=lambda index: tell(f"Book for {books[index].instrument}"))


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


@dataclass(frozen=True)
class Sheaf:
    """What is to be engraved for books, each piece once: two books that hold the same music share it."""

    rows: tuple[tuple[str | Path | None, ...], ...]  # of each book a key of `wanted`, pages that are there, or nothing
    wanted: Mapping[str, tuple[str, Callable[[Check], Path]]]  # key -> instrument, what makes the pages

    def pieces(self, made: Mapping[str, Path]) -> list[list[Path | None]]:
        """The pages of each song of each book."""
        return [[made[key] if isinstance(key, str) else key for key in row] for row in self.rows]


def sheaf(books: Sequence[Book], *, style: Style, cache: Cache, check: Check = never) -> Sheaf:
    wanted: dict[str, tuple[str, Callable[[Check], Path]]] = {}
    rows: list[tuple[str | Path | None, ...]] = []
    for book in books:
        row: list[str | Path | None] = []
        for song in book.songs:
            if song.part is None and not song.slices:
                row.append(song.pages)
                continue
            key, make = piece(song, book.instrument, style=style, cache=cache)
            wanted.setdefault(key, (book.instrument, make))
            row.append(key)
            check()
        rows.append(tuple(row))
    return Sheaf(tuple(rows), wanted)


def engraved(books: Sequence[Book], *, style: Style, cache: Cache, check: Check = never) -> list[list[Path | None]]:
    """The pages of each song of each book."""
    found = sheaf(books, style=style, cache=cache, check=check)
    paths = each([make for _, make in found.wanted.values()], check=check)
    return found.pieces(dict(zip(found.wanted, paths, strict=True)))


def piece(song: Song, instrument: str, *, style: Style, cache: Cache) -> tuple[str, Callable[[Check], Path]]:
    """Key of the pages of one song for one instrument, and what makes them."""
    look = song_style(song, instrument, style)
    if song.part is None:
        key = key_of("slices", song.slices, look)
        return key, partial(_rebound, key, song, instrument, look, cache)
    key = song_key(song.part, look)
    return key, partial(_song, key, song, instrument, look, cache)


def _song(key: str, song: Song, instrument: str, style: Style, cache: Cache, check: Check) -> Path:
    part = song.part
    assert part is not None  # who has none is not engraved
    try:
        return cache.file(key, lambda target: part_pages(part, target=target, style=style, cores=1, check=check))
    except NotationError as error:
        if not error.permanent:
            raise  # a program that is missing, a full disk: not this song's fault
        raise NotationError(f"“{song.title}”, {instrument}: {error.message}", hint=error.hint) from error


def _rebound(key: str, song: Song, instrument: str, style: Style, cache: Cache, check: Check) -> Path:
    """The original pages, cut and put on paper of this size."""
    volume = Volume("", song.title, (Piece(song.title, instrument, song.slices, song.composer),), "both")
    return cache.file(key, lambda target: rebind(volume, target=target, style=style, words=False, check=check))


__all__ = ["Book", "Bound", "Sheaf", "Song", "bind", "engraved", "piece", "sheaf", "unique"]
