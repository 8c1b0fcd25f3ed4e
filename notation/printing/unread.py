"""Books of sorted pages that nobody has read: they go into a set as the pages they are.

books_of(project)           every book that can be printed: those that were read, then those that were not
songs_of(project, unread)   every song, also those that only unread books have
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from notation import later
from notation.books import UNTITLED
from notation.engrave.cache import key_of
from notation.models import Book, Song
from notation.printing.keys import Key
from notation.score.arrangement import Leaf, Start
from notation.score.songlist import Told, plain, same_songs
from notation.sorting import standing
from projects.models import Project

ALL = "all"  # the key of what a book holds in which no song is marked
ALL_PAGES = "All pages"


@dataclass(frozen=True)
class Unread:
    """A book of sorted pages, where lists and choices have a Book."""

    pk: str
    instrument: str
    leaves: tuple[Leaf, ...] = ()
    scanned: ClassVar[bool] = True  # for templates

    @property
    def starts(self) -> list[tuple[int, Start]]:
        """Songs in its order, each with the index of the leaf on which it begins."""
        return [
            (at, start)
            for at, leaf in enumerate(self.leaves)
            for start in sorted(leaf.starts, key=lambda start: start.y)
            if not start.tacet
        ]

    def pages(self) -> list[dict[str, Any]]:
        """As contents have them: which pages, how they lie, where songs begin."""
        return [
            {
                "source": leaf.source,
                "sheet": leaf.sheet,
                "turn": leaf.turn,
                "starts": [{"y": s.y, "title": s.title, "composer": s.composer} for s in leaf.starts if not s.tacet],
            }
            for leaf in self.leaves
        ]

    def digest(self, places: Sequence[int]) -> str:
        """Of the pages of its songs at these places; where no song is marked, of all."""
        found = [self._digest(place) for place in places]
        return found[0] if len(found) == 1 else key_of(*found)

    def _digest(self, place: int) -> str:
        marks = self.starts
        first = marks[place][0] if place else 0
        end = len(self.leaves)
        if place + 1 < len(marks):
            at, following = marks[place + 1]
            end = max(first, at if following.y == 0 else at + 1)  # it may end over the mark of the one that follows
        return key_of(place, self.pages()[first:end])


@dataclass(eq=False)
class Line:
    """A song as a set has it."""

    id: Key
    title: str
    composer: str = ""
    told: str = ""  # by which its marks are known
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)  # unread book -> which of its songs this one is
    removed: bool = False

    @property
    def scanned(self) -> bool:
        return isinstance(self.id, str)


def unread_books(project: Project) -> list[Unread]:
    """In the order in which they are sorted. A book is read once any row came of it, or of one of its files alone."""
    sheaves = standing(project).arranged.books
    if not sheaves:
        return []
    books = Book.objects.filter(project=project)
    read = set(books.exclude(sheaf="").values_list("sheaf", flat=True))
    files = set(books.filter(sheaf="").values_list("sources", flat=True))
    taken = {name.casefold() for name in books.values_list("instrument", flat=True)}
    found = []
    for sheaf in sheaves:
        if sheaf.id in read or not sheaf.kept or files & {leaf.source for leaf in sheaf.leaves}:
            continue
        name, number = sheaf.name, 2
        while name.casefold() in taken:
            name, number = f"{sheaf.name} ({number})", number + 1
        taken.add(name.casefold())
        found.append(Unread(sheaf.id, name, sheaf.kept))
    return found


def books_of(project: Project) -> list[Book | Unread]:
    return [*Book.objects.filter(project=project), *unread_books(project)]


def songs_of(project: Project, unread: Sequence[Unread]) -> list[Line]:
    """Songs in their order; those of unread books alone stand behind the one that they follow there, and last, where
    a book has no song marked, all its pages as one. A song that was put to another one is that one here, too."""
    if not unread:
        songs = Song.objects.filter(project=project)
        return [Line(song.pk, song.title, song.composer) for song in songs]
    merged = {key: home.song for key, home in later.homes(project).items()}
    there = [
        song for song in Song.everything.filter(project=project)
        if song.removed != Song.Removed.MERGED or song.pk in merged
    ]  # fmt: skip
    lines = [Line(song.pk, song.title, song.composer, _told(song), removed=bool(song.removed)) for song in there]
    for book in unread:
        _weave(lines, book)
    _gather(lines, merged)
    if bare := [book.pk for book in unread if not book.starts]:
        lines.append(Line(ALL, ALL_PAGES, places=dict.fromkeys(bare, (0,))))
    return [line for line in lines if not line.removed]


def _gather(lines: Sequence[Line], merged: Mapping[int, int]) -> None:
    """What unread books have of songs that were put to others goes there. merged: song -> where it was put."""
    by_id = {line.id: line for line in lines}
    for line in lines:
        home, seen = line.id, {line.id}
        while isinstance(home, int) and (further := merged.get(home)) is not None and further not in seen:
            home = further
            seen.add(home)
        if home != line.id and home in by_id:
            for book, places in line.places.items():
                by_id[home].places[book] = (*by_id[home].places.get(book, ()), *places)


def _told(song: Song) -> str:
    return song.printed or ("" if song.title.startswith(UNTITLED) else song.title)


def _weave(lines: list[Line], book: Unread) -> None:
    """Find each of its songs among the lines, or put it between them."""
    known = list(lines)
    called = {line.title.casefold(): line.told for line in known if line.title != line.told}
    starts = [start for _, start in book.starts]
    titles = tuple(called.get(start.title.casefold(), start.title) for start in starts)
    before: Line | None = None
    for old, place in _matched(tuple(line.told for line in known), titles):
        if old is None:
            assert place is not None  # every row is somebody's
            line = _new(lines, starts[place])
            lines.insert(lines.index(before) + 1 if before is not None else 0, line)
        else:
            line = known[old]
        if place is not None:
            line.places[book.pk] = (place,)
        before = line


@lru_cache(maxsize=1000)  # a page asks more than once, and sixty books take a second
def _matched(known: tuple[str, ...], titles: tuple[str, ...]) -> tuple[tuple[int | None, ...], ...]:
    return tuple(map(tuple, same_songs([list(map(Told, known)), list(map(Told, titles))])))


def _new(lines: Sequence[Line], start: Start) -> Line:
    title, taken = start.title or UNTITLED, {line.id for line in lines}
    return Line(next(key for key in _keys(title) if key not in taken), title, start.composer, title)


def _keys(title: str) -> Iterator[str]:
    for count in range(1, 10_000):
        yield "s" + hashlib.sha256(f"{plain(title)} {count}".encode()).hexdigest()[:12]
