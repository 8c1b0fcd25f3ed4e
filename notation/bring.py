"""Notation files at the door of the part books: every part of every file goes to its book and its song.

    taken = take_in(project, sources=[…], author=user)

Nothing is read from pages, so it is done at once, and taken back at once (notation/undo.py). The same file a second
time changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from lxml import etree

from accounts.models import User
from notation import services
from notation.books import BookRead, SongRead, keep
from notation.facts import facts
from notation.models import Book
from notation.musicxml import NotationError, tree
from notation.musicxml.read import read
from notation.score.gather import File, gather, identity
from notation.undo import changing
from notation.words import counted
from projects.models import Project, Source
from projects.services import note

KINDS = (Source.Kind.NOTATION, Source.Kind.MIDI)
MOST_FILES = 100


@dataclass(frozen=True)
class Taken:
    files: int
    books: int
    notices: tuple[str, ...]  # sentences about what is strange, and which file could not be opened


def take_in(project: Project, *, sources: Sequence[Source], author: User | None) -> Taken:
    """Books, songs and parts of these files, matched with those that are there: one step that can be taken back.

    NotationError where none could be opened.
    """
    if len(sources) > MOST_FILES:
        raise NotationError(f"{len(sources)} files are too many at once.", hint=f"Take {MOST_FILES} at a time.")
    opened: list[Source] = []
    files: list[File] = []
    notices: list[str] = []
    for source in sources:
        try:
            files.append(File(source.name, _open(source), sounding=source.kind == Source.Kind.MIDI))
            opened.append(source)
        except NotationError as error:
            notices.append(f"“{source.name}” is left out: {error.message} {error.hint}".strip())
    gathered = gather(files)
    if not gathered.books:
        said = " ".join(notices) or "There are no notes in these files."
        raise NotationError(said, hint="Bring MusicXML or MIDI files with at least one part.")
    what = f"“{opened[0].name}”" if len(opened) == 1 else counted(len(opened), "notation file")
    with changing(project, author=author, text=f"{what} taken into the table"):
        there = _columns(project)
        found: list[BookRead] = []
        for book in gathered.books:
            songs = tuple(_song(piece.title, piece.composer, piece.root, opened[piece.file]) for piece in book.pieces)
            mine = tuple(dict.fromkeys(opened[piece.file] for piece in book.pieces))
            found.append(BookRead(mine, 0, _bare(book.name), songs, book=there.get(_column(book.name))))
        strange = keep(project, read=found, author=author)
        note(
            project,
            user=author,
            text=f"{counted(len(opened), 'notation file')} taken into the table",
            url=reverse("notation:review", args=[project.pk]),
        )
    return Taken(len(opened), len(found), (*notices, *gathered.remarks, *strange))


def _open(source: Source) -> etree._Element:
    document, _, _, _ = services.read_source(source)
    return read(document)


def _song(title: str, composer: str, root: etree._Element, source: Source) -> SongRead:
    found = facts(root)
    return SongRead(
        title,
        composer,
        tree.to_bytes(root),
        bars=int(found["bars"]),
        metre=str(found.get("metre", "")),
        summary={**found, "doubtful": 0},
        opened=source,
    )


def _columns(project: Project) -> dict[tuple[object, int], Book]:
    """The books that are there, by whose they are; those made from others are none of a file's."""
    books = Book.objects.filter(project=project).order_by("pk")
    return {_column(book.instrument): book for book in reversed(books) if not book.derived}


def _column(name: str) -> tuple[object, int]:
    """ "Horn (2)" is the second book of horns."""
    number = re.search(r" \((\d{1,4})\)$", name)
    return identity(_bare(name)), int(number[1]) if number else 1


def _bare(name: str) -> str:
    return re.sub(r" \(\d{1,4}\)$", "", name)
