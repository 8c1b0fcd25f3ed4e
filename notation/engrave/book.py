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
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from lxml import etree

from notation.engrave.binder import Binder, Book, Bound, Song, count_pages
from notation.engrave.cache import Cache, key_of, opened
from notation.engrave.part import part_pages
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
        lengths = [[count_pages(piece) if piece else 0 for piece in row] for row in pieces]
        binder = Binder(title=title, subtitle=subtitle, style=style, cache=kept)
        layouts = binder.laid_out(books, lengths, together=together)
        targets = _targets(books, folder=folder, names=names or (lambda book: f"{title} - {book.instrument}"))
        jobs = [
            partial(binder.bound, book, row, layout, target)
            for book, row, layout, target in zip(books, pieces, layouts, targets, strict=True)
        ]
        return each(jobs, check=check)


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


__all__ = ["Book", "Bound", "Song", "bind", "unique"]
