"""The print set of a band: books, conductor scores and song parts, as one PDF in printing order or as one ZIP.

    made = print_set(concert, chairs, folder=out, cache=kept, check=ctx.check)       books/, scores/, parts/<song>/
    stacked(made, chairs, target=out / "Print everything.pdf")                         Clarinet 2 × 4
    packed(made, target=out / "Summer Concert.zip")

Every file is written whole or not at all, and what was finished before an end stays: the next call takes it from the
cache.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from lxml import etree

from notation.engrave.book import Book, Bound, Song, bind, unique
from notation.engrave.cache import Cache, key_of, opened
from notation.engrave.conductor import score_pages
from notation.engrave.files import copied, whole
from notation.engrave.pdf import Bookmark, finished
from notation.engrave.sandbox import Check, never
from notation.engrave.style import Style
from notation.engrave.work import each
from notation.exports.names import safe_name
from notation.musicxml import NotationError, edit, tree

PATTERN = "{song} - {part}"
_FIELD = re.compile(r"\{([^{}]*)\}")
_FIELDS = ("song", "part", "number", "set", "composer")
_WHEN = (2000, 1, 1, 0, 0, 0)  # the same files give the same bytes
MOST_COPIES = 200


@dataclass(frozen=True)
class Chair:
    """A line of the instrumentation list: who plays which book, and how many copies are printed of it."""

    part: str
    player: str = ""
    copies: int = 1


@dataclass(frozen=True)
class Concert:
    """The songs of a set: every part of every song, and their scores."""

    title: str
    songs: tuple[ConcertSong, ...]
    subtitle: str = ""


@dataclass(frozen=True)
class ConcertSong:
    title: str
    parts: Mapping[str, etree._Element | Path]  # part name -> a document of one part, or a PDF of its pages
    composer: str = ""
    score: etree._Element | None = None  # all parts in one document


@dataclass(frozen=True)
class Made:
    """Files of a print set under one folder."""

    folder: Path
    files: tuple[Path, ...]
    books: tuple[Bound, ...]


def print_set(
    concert: Concert,
    chairs: Sequence[Chair] = (),
    *,
    folder: Path,
    style: Style | None = None,
    score_style: Style | None = None,
    pattern: str = PATTERN,
    together: bool = True,
    musicxml: bool = True,
    cache: Path | None = None,
    check: Check = never,
) -> Made:
    """Write books/, scores/ and parts/<song>/ with PDF and MusicXML of each into `folder`.

    chairs   which books, for whom; without any, one book for every part that a song has
    pattern  names of the files in parts/: {song}, {part}, {number} (of the song), {set}, {composer}

    Raises NotationError, which names what it is about, and what `check` raises.
    """
    name = namer(pattern)  # a pattern that makes no sense is told before anything is made
    style = style or Style()
    chairs = tuple(chairs) or tuple(Chair(part) for part in _parts(concert))
    known = set(_parts(concert))
    for chair in chairs:
        if chair.part not in known:
            raise NotationError(f"No song has a part “{chair.part}”.", hint="Choose one of the parts of this set.")
        if not 0 <= chair.copies <= MOST_COPIES:
            raise NotationError(f"{chair.part}: from 0 to {MOST_COPIES} copies.")
    folder.mkdir(parents=True, exist_ok=True)
    with opened(cache, beside=folder / "x") as kept:
        scores = _scores(concert, folder=folder / "scores", style=score_style or Style(paper=style.paper), cache=kept,
                         musicxml=musicxml, check=check)  # fmt: skip
        books = _books(
            concert, chairs, folder=folder / "books", style=style, together=together, cache=kept, check=check
        )
        parts = _song_parts(concert, books, folder=folder / "parts", name=name, musicxml=musicxml, check=check)
    return Made(folder, (*(book.path for book in books), *scores, *parts), tuple(books))


def namer(pattern: str) -> Callable[..., str]:
    """A function that makes safe file names of its keywords. NotationError where the pattern asks for what is not."""
    asked = _FIELD.findall(pattern)
    unknown = [field for field in asked if field not in _FIELDS]
    rest = _FIELD.sub("", pattern)
    if unknown or "{" in rest or "}" in rest or not asked:
        raise NotationError(
            "This pattern for file names cannot be used.",
            hint=f"Write it with {', '.join(f'{{{field}}}' for field in _FIELDS)}.",
        )
    plain = pattern.removesuffix(".pdf")

    def name(**words: object) -> str:
        # Each word by itself: a title must not bring a folder along.
        return safe_name(_FIELD.sub(lambda found: _word(words[found[1]]), plain))

    return name


def _word(value: object) -> str:
    return str(value) if isinstance(value, int) else safe_name(str(value), default="") if value else ""


def _parts(concert: Concert) -> list[str]:
    return list(dict.fromkeys(part for song in concert.songs for part in song.parts))


def _books(
    concert: Concert, chairs: Sequence[Chair], *, folder: Path, style: Style, together: bool, cache: Cache, check: Check
) -> list[Bound]:
    folder.mkdir(exist_ok=True)
    wanted = dict.fromkeys((chair.part, chair.player) for chair in chairs)
    books = [Book(part, tuple(_song(song, part) for song in concert.songs), player) for part, player in wanted]
    return bind(
        books, title=concert.title, subtitle=concert.subtitle, folder=folder, style=style, together=together,
        cache=cache.folder, check=check,
        names=lambda book: " - ".join(x for x in (concert.title, book.instrument, book.player) if x),
    )  # fmt: skip


def _song(song: ConcertSong, part: str) -> Song:
    found = song.parts.get(part)
    if isinstance(found, Path):
        return Song(song.title, song.composer, pages=found)
    return Song(song.title, song.composer, part=found)


def _scores(concert: Concert, *, folder: Path, style: Style, cache: Cache, musicxml: bool, check: Check) -> list[Path]:
    folder.mkdir(exist_ok=True)
    taken: set[str] = set()
    files: list[Path] = []

    def printed(song: ConcertSong, root: etree._Element, target: Path, ask: Check) -> list[Path]:
        look = replace(style, title=song.title, composer=song.composer or style.composer)
        key = key_of("score", version("verovio"), tree.to_bytes(root), look)
        made = cache.file(key, lambda scratch: score_pages(root, target=scratch, style=look, check=ask))
        copied(made, target=target)
        return [target, *([_written(root, song.title, target.with_suffix(".musicxml"))] if musicxml else [])]

    jobs = [
        partial(printed, song, song.score, folder / f"{unique(safe_name(song.title), taken)}.pdf")
        for song in concert.songs
        if song.score is not None
    ]
    for made in each(jobs, check=check):
        files += made
    return files


def _song_parts(
    concert: Concert,
    books: Sequence[Bound],
    *,
    folder: Path,
    name: Callable[..., str],
    musicxml: bool,
    check: Check,
) -> list[Path]:
    """parts/<song>/: the pages that the books are made of, without their numbers."""
    folder.mkdir(exist_ok=True)
    files: list[Path] = []
    folders: set[str] = set()
    for number, song in enumerate(concert.songs, start=1):
        own = folder / unique(safe_name(song.title), folders)
        own.mkdir(exist_ok=True)
        taken: set[str] = set()
        done: set[str] = set()
        for book in books:
            pages = book.parts[number - 1]
            part = book.book.instrument
            if pages is None or part in done:
                continue
            done.add(part)
            words = {"song": song.title, "part": part, "number": number, "set": concert.title}
            target = own / f"{unique(name(**words, composer=song.composer), taken)}.pdf"
            copied(pages, target=target)
            files.append(target)
            document = song.parts[part]
            if musicxml and not isinstance(document, Path):
                files.append(_written(document, song.title, target.with_suffix(".musicxml")))
            check()
    return files


def _written(root: etree._Element, title: str, target: Path) -> Path:
    root = tree.copy(root)
    edit.set_title(root, title)
    with whole(target) as scratch:
        scratch.write_bytes(tree.to_bytes(root, pretty=True))
    return target


def stacked(made: Made, chairs: Sequence[Chair], *, target: Path, check: Check = never) -> int:
    """All copies in the order of the list in one PDF, each beginning on a sheet of its own; the number of its pages."""
    import pikepdf

    books = {(bound.book.instrument, bound.book.player): bound for bound in made.books}
    marks: list[Bookmark] = []
    with pikepdf.Pdf.new() as pile:
        for chair in chairs:
            bound = books.get((chair.part, chair.player))
            if bound is None:
                raise NotationError(f"There is no book for {chair.part}.", hint="Make the books of this list first.")
            with pikepdf.Pdf.open(bound.path) as book:
                first = None
                for copy in range(1, chair.copies + 1):
                    check()
                    label = " - ".join(x for x in (chair.part, chair.player) if x)
                    marks.append(Bookmark(f"{label} ({copy})" if chair.copies > 1 else label, len(pile.pages)))
                    if first is None:
                        first = len(pile.pages)
                        pile.pages.extend(book.pages)
                    else:
                        # Copies share what they draw: ten clarinets make no file ten times as large.
                        pile.pages.extend(pile.pages[first : first + bound.pages])
                    if len(pile.pages) % 2:
                        box = pile.pages[-1].mediabox
                        pile.add_blank_page(page_size=(float(box[2]), float(box[3])))
        if not pile.pages:
            raise NotationError("There is nothing to print: the list asks for no copies.")
        with whole(target) as scratch:
            return finished(pile, target=scratch, title=made.folder.name, bookmarks=marks)


def packed(made: Made, *, target: Path, check: Check = never) -> None:
    """One ZIP of all files in their folders; whole or not at all."""
    with whole(target) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in made.files:
            check()
            info = zipfile.ZipInfo(path.relative_to(made.folder).as_posix(), _WHEN)
            info.external_attr = 0o644 << 16
            kept = zipfile.ZIP_STORED if path.suffix == ".pdf" else zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes(), kept)


__all__ = ["Chair", "Concert", "ConcertSong", "Made", "namer", "packed", "print_set", "stacked"]
