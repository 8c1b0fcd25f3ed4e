"""The print set of a band: books, conductor scores and song parts, as one PDF in printing order or as one ZIP.

    made = print_set(concert, chairs, folder=out, cache=kept, check=ctx.check)       books/, scores/, parts/<song>/
    stacked(made, chairs, target=out / "Print everything.pdf")                         Clarinet 2 × 4
    packed(made, target=out / "Summer Concert.zip")

Every file is written whole or not at all, and what was finished before an end stays: the next call takes it from the
cache.
"""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from lxml import etree

from notation.engrave.book import Book, Bound, Sheaf, Song, bind, sheaf, unique
from notation.engrave.booklet import booklet
from notation.engrave.cache import Cache, key_of, opened
from notation.engrave.conductor import Turn, score_pages
from notation.engrave.files import copied, whole
from notation.engrave.naming import PATTERN, namer
from notation.engrave.pdf import Bookmark, finished
from notation.engrave.rebind import Slice
from notation.engrave.sandbox import Check, never
from notation.engrave.style import Style
from notation.engrave.work import each
from notation.exports.dress import dress
from notation.exports.names import safe_name
from notation.musicxml import NotationError, edit, tree

_WHEN = (2000, 1, 1, 0, 0, 0)  # the same files give the same bytes
MOST_COPIES = 200

What = Literal["books", "scores", "parts"]
Kind = Literal["pdf", "musicxml", "midi"]
EVERYTHING: tuple[What, ...] = ("books", "scores", "parts")
_ENDINGS = {"musicxml": ".musicxml", "midi": ".mid"}
Tell = Callable[[int, int, str], object]  # files finished, of how many, which one was the last
Job = Callable[[Check], list[Path]]


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
    """A song with a document of one part for each instrument, a PDF of its pages, or slices of pages to be bound.

    score  all parts in one document, or what makes it where it is not in the cache under `score_key`
    aside  a book that lacks it neither mentions it nor keeps its place; such songs come last
    """

    title: str
    parts: Mapping[str, etree._Element | Path | Sequence[Slice]]
    composer: str = ""
    score: etree._Element | Callable[[], etree._Element] | None = None
    score_key: str = ""
    aside: bool = False


@dataclass(frozen=True)
class Made:
    """Files of a print set under one folder."""

    folder: Path
    files: tuple[Path, ...]
    books: tuple[Bound, ...]


@dataclass(frozen=True)
class _Work:
    """What all files of a set have in common."""

    concert: Concert
    kinds: Collection[Kind]
    cache: Cache
    check: Check
    tell: Callable[[str], object]


def print_set(
    concert: Concert,
    chairs: Sequence[Chair] = (),
    *,
    folder: Path,
    what: Collection[What] = EVERYTHING,
    kinds: Collection[Kind] = ("pdf", "musicxml"),
    style: Style | None = None,
    score_style: Style | None = None,
    turn: Turn = "auto",
    pattern: str = PATTERN,
    together: bool = True,
    cover: bool = True,
    index: bool = True,
    booklets: bool = False,
    cache: Path | None = None,
    check: Check = never,
    tell: Tell = lambda done, count, note: None,
) -> Made:
    """Write books/, scores/ and parts/<song>/ into `folder`.

    chairs    which books, for whom; without any, one book for every part that a song has; none for zero copies
    what      which of the three; books are PDFs, scores and parts are written in each of `kinds`
    turn      how the paper of scores lies
    pattern   names of the files in parts/: {song}, {part}, {number} (of the song), {set}, {composer}
    booklets  of each book also its sheets: two pages side by side, to be folded

    Raises NotationError, which names what it is about, and what `check` raises.
    """
    name = namer(pattern)  # a pattern that makes no sense is told before anything is made
    style = style or Style()
    chairs = _asked(chairs or tuple(Chair(part) for part in _parts(concert)), concert)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = dict.fromkeys((chair.part, chair.player) for chair in chairs)
    seated = [Book(part, tuple(_song(song, part) for song in concert.songs), player) for part, player in wanted]
    done, count = 0, 1

    def told(note: str) -> None:
        nonlocal done
        done += 1
        tell(min(done, count), count, note)

    with opened(cache, beside=folder / "x") as kept:
        work = _Work(concert, kinds, kept, check, told)
        files: list[Path] = []
        books: list[Bound] = []
        scores: list[tuple[str, Job]] = []
        if "scores" in what:
            look = score_style or Style(paper=style.paper)
            scores = _scores(work, folder=_made(folder / "scores"), style=look, turn=turn)
        printed = "books" in what or ("parts" in what and "pdf" in kinds)
        found = sheaf(seated, style=style, cache=kept, check=check) if printed else Sheaf((), {})
        count = len(scores) + len(found.wanted) + len(seated) * ("books" in what) + len(concert.songs)
        # A score keeps a core busy for long: parts are engraved beside it.
        jobs: list[tuple[str, Job]] = [*scores, *((who, _one(make)) for who, make in found.wanted.values())]
        results = each([run for _, run in jobs], check=check, tell=lambda index: told(jobs[index][0]))
        files = [path for paths in results[: len(scores)] for path in paths]
        made = {key: paths[0] for key, paths in zip(found.wanted, results[len(scores) :], strict=True)}
        pieces = found.pieces(made) if printed else [[None] * len(concert.songs) for _ in seated]
        if "books" in what:
            books = bind(
                seated, title=concert.title, subtitle=concert.subtitle, folder=_made(folder / "books"), style=style,
                together=together, cover=cover, index=index, cache=kept.folder, check=check, pieces=pieces,
                names=lambda book: " - ".join(x for x in (concert.title, book.instrument, book.player) if x),
                tell=told,
            )  # fmt: skip
            files = [book.path for book in books] + files
            if booklets:
                files = _booklets(books, folder=_made(folder / "booklets"), work=work) + files
        if "parts" in what:
            files += _song_parts(work, seated, pieces, folder=folder / "parts", name=name)
    return Made(folder, tuple(files), tuple(books))


def _one(make: Callable[[Check], Path]) -> Job:
    return lambda check: [make(check)]


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _parts(concert: Concert) -> list[str]:
    return list(dict.fromkeys(part for song in concert.songs for part in song.parts))


def _asked(chairs: Sequence[Chair], concert: Concert) -> list[Chair]:
    """The chairs that somebody sits on. NotationError where one makes no sense, or nobody sits anywhere."""
    known = set(_parts(concert))
    for chair in chairs:
        if chair.part not in known:
            raise NotationError(f"No song has a part “{chair.part}”.", hint="Choose one of the parts of this set.")
        if not 0 <= chair.copies <= MOST_COPIES:
            raise NotationError(f"{chair.part}: from 0 to {MOST_COPIES} copies.")
    if chairs and not any(chair.copies for chair in chairs):
        raise NotationError(
            "There is nothing to print: the list asks for no copies.", hint="Give an instrument one copy or more."
        )
    return [chair for chair in chairs if chair.copies]


def _song(song: ConcertSong, part: str) -> Song:
    found = song.parts.get(part)
    if isinstance(found, Path):
        return Song(song.title, song.composer, pages=found, aside=song.aside)
    if isinstance(found, etree._Element) or found is None:
        return Song(song.title, song.composer, part=found, aside=song.aside)
    return Song(song.title, song.composer, slices=tuple(found), aside=song.aside)


def _scores(work: _Work, *, folder: Path, style: Style, turn: Turn) -> list[tuple[str, Job]]:
    """A score is made of its parts only where it is not in the cache yet: joining twenty parts takes its time."""
    taken: set[str] = set()

    def written(song: ConcertSong, target: Path, ask: Check) -> list[Path]:
        root: etree._Element | None = None
        joining = threading.Lock()
        key = song.score_key or key_of(tree.to_bytes(_root(song)))

        def document() -> etree._Element:
            nonlocal root
            with joining:
                root = _root(song) if root is None else root
            return root

        def pages(ask: Check) -> Path:
            copied(score_piece(song, document, style=style, turn=turn, cache=work.cache, check=ask), target=target)
            return target

        def notation(kind: str, ask: Check) -> Path:
            path = _ended(target, _ENDINGS[kind])
            made = work.cache.file(
                key_of(kind, key, song.title),
                lambda scratch: _write(document(), kind, song.title, scratch),
                suffix=path.suffix,
            )
            copied(made, target=path)
            return path

        # Pages are mostly waited for, since others draw them: what is only written is written meanwhile.
        jobs = [pages] if "pdf" in work.kinds else []
        return each([*jobs, *(partial(notation, kind) for kind in _ENDINGS if kind in work.kinds)], check=ask)

    return [
        (f"Score of {song.title}", partial(written, song, folder / f"{unique(safe_name(song.title), taken)}.pdf"))
        for song in work.concert.songs
        if song.score is not None
    ]


def score_piece(
    song: ConcertSong,
    document: Callable[[], etree._Element] | None = None,
    *,
    style: Style,
    turn: Turn,
    cache: Cache,
    check: Check = never,
) -> Path:
    """The pages of a song's score in the cache. document: gives it, where somebody has it already."""
    look = replace(style, title=song.title, composer=song.composer or style.composer)
    key = song.score_key or key_of(tree.to_bytes(_root(song)))
    return cache.file(
        key_of("score", version("verovio"), key, look, turn),
        lambda scratch: score_pages((document or (lambda: _root(song)))(), target=scratch, style=look, turn=turn,
                                    kept=cache, check=check),
    )  # fmt: skip


def part_of(song: ConcertSong, part: str) -> Song:
    """A song as the book of one instrument has it."""
    return _song(song, part)


def _root(song: ConcertSong) -> etree._Element:
    assert song.score is not None  # who has none is not asked
    return song.score() if callable(song.score) else song.score


def _booklets(books: Sequence[Bound], *, folder: Path, work: _Work) -> list[Path]:
    """Imposed anew each time: it costs less than to compare."""
    files = []
    for book in books:
        target = folder / book.path.name
        booklet(book.path, target=target, check=work.check)
        files.append(target)
    return files


def _song_parts(
    work: _Work,
    books: Sequence[Book],
    pieces: Sequence[Sequence[Path | None]],
    *,
    folder: Path,
    name: Callable[..., str],
) -> list[Path]:
    """parts/<song>/: the pages that the books are made of, without their numbers."""
    _made(folder)
    files: list[Path] = []
    folders: set[str] = set()
    for number, song in enumerate(work.concert.songs, start=1):
        own = folder / unique(safe_name(song.title), folders)
        taken: set[str] = set()
        done: set[str] = set()
        for book, row in zip(books, pieces, strict=True):
            part = book.instrument
            document = song.parts.get(part)
            if document is None or part in done:
                continue
            done.add(part)
            own.mkdir(exist_ok=True)
            words = {"song": song.title, "part": part, "number": number, "set": work.concert.title}
            target = own / f"{unique(name(**words, composer=song.composer), taken)}.pdf"
            pages = row[number - 1]
            if pages is not None and "pdf" in work.kinds:
                copied(pages, target=target)
                files.append(target)
            for kind, ending in _ENDINGS.items():
                if kind in work.kinds and isinstance(document, etree._Element):
                    with whole(_ended(target, ending)) as scratch:
                        _write(document, kind, song.title, scratch, part=part)
                    files.append(_ended(target, ending))
            work.check()
        work.tell(song.title)
    return files


def _ended(target: Path, ending: str) -> Path:
    """Another ending for a name that may have dots of its own: "No. 5.pdf"."""
    return target.with_name(target.name.removesuffix(".pdf") + ending)


def _write(root: etree._Element, kind: str, title: str, target: Path, *, part: str = "") -> None:
    """part: what the only part is called in this set."""
    root = tree.copy(root)
    edit.set_title(root, title)
    if part and (name := root.find("part-list/score-part/part-name")) is not None:
        name.text = edit.legal(part)
    dress(root)
    if kind == "midi":
        from notation.exports.midi import write_midi

        write_midi(root, target=target, title=title)
    else:
        target.write_bytes(tree.to_bytes(root, pretty=True))


def stacked(made: Made, chairs: Sequence[Chair], *, target: Path, check: Check = never) -> int:
    """All copies in the order of the list in one PDF, each beginning on a sheet of its own; the number of its pages."""
    import pikepdf

    books = {(bound.book.instrument, bound.book.player): bound for bound in made.books}
    marks: list[Bookmark] = []
    with pikepdf.Pdf.new() as pile:
        for chair in chairs:
            if not chair.copies:
                continue
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
    """One ZIP of all files in their folders; whole or not at all. PDFs lie in it as they are."""
    with whole(target) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in made.files:
            check()
            info = zipfile.ZipInfo(path.relative_to(made.folder).as_posix(), _WHEN)
            info.external_attr = 0o644 << 16
            kept = zipfile.ZIP_STORED if path.suffix == ".pdf" else zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes(), kept)


__all__ = ["Chair", "Concert", "ConcertSong", "Made", "packed", "part_of", "print_set", "score_piece", "stacked"]
