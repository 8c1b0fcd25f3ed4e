"""A set of part books becomes rows: books, songs, and a score for what each book has of each song.

`keep` is asked whenever books were read, for the first time or again. Nothing that a user changed is lost: what she
calls a song, the order she put them in and her corrections stay; a new reading of the same pages is a new revision.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts.models import User
from notation import services
from notation.models import Book, Revision, Score, Song
from notation.musicxml import NotationError
from notation.score.instruments import score_order
from notation.score.songlist import Told, same_songs
from projects.models import Project, Source

KIND = "part-books"
READ, READ_AGAIN = "Read from its pages", "Read again from its pages"
UNTITLED = "Untitled"


@dataclass(frozen=True)
class SongRead:
    """What a book has of one song. Without a document the book is silent in it: tacet."""

    title: str = ""
    composer: str = ""
    document: bytes | None = None
    bars: int = 0
    metre: str = ""
    summary: Mapping[str, Any] | None = None
    reading: Mapping[str, Any] | None = None  # as notation/reading.py has it

    @property
    def told(self) -> Told:
        return Told(self.title, self.bars, self.metre)


@dataclass(frozen=True)
class BookRead:
    """One player's book as it was read from its files, songs in its order."""

    sources: tuple[Source, ...]
    part: int  # which of several, where its pages are a score
    instrument: str
    songs: tuple[SongRead, ...]
    report: bytes = b""


@transaction.atomic
def keep(project: Project, *, read: Sequence[BookRead], author: User | None) -> list[str]:
    """Rows for what was read; sentences about what is strange in it.

    1. a book that was read before is known by its files; others are new columns
    2. songs are matched with those that are there, and with each other
    3. each cell gets a score, or its score a revision
    4. columns are put into the order of a score
    """
    Project.objects.select_for_update().get(pk=project.pk)  # two jobs that end at once make no song twice
    before = set(Book.objects.filter(project=project).values_list("pk", flat=True))
    notices: list[str] = []
    books: list[Book] = []
    for one in read:
        book, said = _book(project, one, taken_now=books)
        books.append(book)
        notices += said
    rows = _rows(project, read)
    for row in rows:
        for column, place in enumerate(row.places):
            if place is not None and (song := read[column].songs[place]).document is not None:
                _fill(project, row.song, books[column], song, source=read[column].sources[0], author=author)
    notices += _strangers(project, [book for book in books if book.pk not in before])
    _arrange(project)
    return notices


def _book(project: Project, read: BookRead, *, taken_now: Sequence[Book]) -> tuple[Book, list[str]]:
    """The row of a book, and what to say where another has its name."""
    mine = Book.objects.filter(project=project, part=read.part, sources__in=read.sources)
    book = mine.exclude(pk__in=[one.pk for one in taken_now]).distinct().first()
    said: list[str] = []
    if book is None:
        wanted = " ".join(read.instrument.split())[:100] or PurePath(read.sources[0].name).stem[:100]
        taken = set(Book.objects.filter(project=project).values_list("instrument", flat=True))
        name = next(n for n in _numbered(wanted) if n not in taken)
        book = Book(project=project, instrument=name, part=read.part)
        if name != wanted:
            book.note = (
                f"“{read.sources[0].name[:80]}” says that it is {wanted} as well, so it is called {name}. "
                "Is it another desk, or the same book twice?"
            )
            said.append(book.note)
    old = book.report.name
    if read.report:
        digest = hashlib.sha256(read.report).hexdigest()[:16]
        book.report.save(f"{project.pk}/{digest}.json", ContentFile(read.report), save=False)
    book.save()
    if old and old != book.report.name:
        storage = book.report.storage
        transaction.on_commit(lambda: storage.delete(old))
    book.sources.add(*read.sources)
    return book, said


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in range(2, 10_000):
        yield f"{name} ({number})"


@dataclass(frozen=True)
class _Row:
    song: Song
    places: tuple[int | None, ...]  # of the song in each book that was read


def _rows(project: Project, read: Sequence[BookRead]) -> list[_Row]:
    """The songs of these books, those that are new put behind the one they follow in the books."""
    known = list(Song.objects.filter(project=project))
    lengths = _lengths(project)
    there = [Told(song.printed, *lengths.get(song.pk, (0, ""))) for song in known]
    matched = same_songs([there, *([song.told for song in one.songs] for one in read)])
    found: list[_Row] = []
    order = list(known)
    before: Song | None = None
    for old, *places in matched:
        here = [read[column].songs[place] for column, place in enumerate(places) if place is not None]
        if old is None and not any(song.document for song in here):
            continue  # every book is silent in it
        song = known[old] if old is not None else _new_song(project, here)
        if old is None:
            order.insert(order.index(before) + 1 if before is not None else 0, song)
        before = song
        found.append(_Row(song, tuple(places)))
    _number(order)
    return found


def _new_song(project: Project, read: Sequence[SongRead]) -> Song:
    printed = _most([song.title for song in read])
    number = Song.objects.filter(project=project, printed="").count() + 1
    return Song.objects.create(
        project=project,
        title=printed or (UNTITLED if number == 1 else f"{UNTITLED} {number}"),
        printed=printed,
        composer=_most([song.composer for song in read]),
    )


def _most(words: Sequence[str]) -> str:
    """What most say; of those equally frequent the one with most letters, since slips of a scan mostly lose some."""
    said = Counter(" ".join(word.split())[:200] for word in words if word.strip())
    return max(said, key=lambda word: (said[word], sum(map(str.isalnum, word))), default="")


def _lengths(project: Project) -> dict[int, tuple[int, str]]:
    """Song -> (bars, metre) as most of its books have them."""
    told: dict[int, list[tuple[int, str]]] = {}
    for song, summary in _cells(project).values_list("song", "facts"):
        if isinstance(summary, Mapping):
            told.setdefault(song, []).append((int(summary.get("bars", 0)), str(summary.get("metre", ""))))
    return {song: Counter(said).most_common(1)[0][0] for song, said in told.items()}


def _cells(project: Project) -> Any:
    """The scores of the table, each with the summary of its newest revision as `facts`."""
    newest = Revision.objects.filter(score=OuterRef("pk")).order_by("-number")
    cells = Score.objects.filter(project=project, song__isnull=False, book__isnull=False)
    return cells.annotate(facts=Subquery(newest.values("summary")[:1])).order_by("song__order", "book__order", "pk")


def _fill(project: Project, song: Song, book: Book, read: SongRead, *, source: Source, author: User | None) -> None:
    """The score of a cell; where there is one, a revision, unless this very reading is in its history already."""
    assert read.document is not None
    content: dict[str, Any] = {"document": read.document, "summary": read.summary, "reading": read.reading}
    score = Score.objects.filter(song=song, book=book).first()
    if score is None:
        title = cell_title(song, book)
        services.create_score(
            project, title=title, reason=READ, kind=KIND, source=source, author=author, song=song, book=book, **content
        )
        return
    readings = score.revisions.filter(reason__in=(READ, READ_AGAIN)).order_by("-number")
    last = readings.values_list("sha256", flat=True).first()
    if last == hashlib.sha256(read.document).hexdigest():
        return
    latest = score.latest
    notices = []
    if latest is not None and latest.reason not in (READ, READ_AGAIN):
        notices = [f"This part was read again. As you had changed it before, it is revision {latest.number}."]
    services.add_revision(score, reason=READ_AGAIN, author=author, notices=notices, **content)


def cell_title(song: Song, book: Book) -> str:
    return f"{song.title} – {book.instrument}"[:200]


def _strangers(project: Project, new: Sequence[Book]) -> list[str]:
    """New books none of whose songs any other book has, where there are others."""
    if Book.objects.filter(project=project).count() < 2:
        return []
    said = []
    for book in new:
        songs = Score.objects.filter(book=book).values("song")
        if Score.objects.filter(song__in=songs).exclude(book=book).exists():
            continue
        sentence = f"{book.instrument} shares no song with the other books. It is kept: does it belong to this set?"
        book.note = f"{book.note} {sentence}".strip()[:300]
        book.save(update_fields=["note"])
        said.append(sentence)
    return said


def _arrange(project: Project) -> None:
    """Columns in the order of a score; two books of one name in the order in which they came."""
    books = list(Book.objects.filter(project=project).order_by("pk"))
    plain = [re.sub(r" \(\d+\)$", "", book.instrument) for book in books]
    queue: dict[str, list[Book]] = {}
    for name, book in zip(plain, books, strict=True):
        queue.setdefault(name, []).append(book)
    for place, name in enumerate(score_order(plain)):
        book = queue[name].pop(0)
        if book.order != place:
            book.order = place
            book.save(update_fields=["order"])


def _number(songs: Sequence[Song]) -> None:
    for place, song in enumerate(songs):
        if song.order != place:
            song.order = place
            song.save(update_fields=["order"])


@transaction.atomic
def rename_song(song: Song, *, title: str) -> Song:
    """Give a song another title, and its scores along with it where they have the song's."""
    wanted = " ".join(title.split())[:200]
    if not wanted:
        raise NotationError("A song needs a title.", hint="Type one.")
    scores = [(score, cell_title(song, score.book)) for score in song.scores.select_related("book") if score.book]
    song.title = wanted
    song.save(update_fields=["title"])
    for score, had in scores:
        if score.title == had and score.book is not None:
            services.rename_score(score, title=cell_title(song, score.book))
    return song


@transaction.atomic
def move_song(song: Song, *, to: int) -> None:
    """Put a song at this place of the order, from 0; past the end is the end."""
    others = list(Song.objects.select_for_update().filter(project=song.project_id).exclude(pk=song.pk))
    others.insert(min(max(to, 0), len(others)), song)
    _number(others)


# --- the table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """What one book has of one song, as the traffic light shows it."""

    score: Score | None  # None: the book does not play in this song
    bars: int = 0
    doubtful: int = 0
    state: str = ""  # "good", "doubtful", "wrong", "" where there is no score
    why: str = ""  # in words for people


@dataclass(frozen=True)
class Row:
    song: Song
    cells: tuple[Cell, ...]  # one for each book


def table(project: Project) -> tuple[list[Book], list[Row]]:
    """Books across, in score order; songs down."""
    books = list(Book.objects.filter(project=project))
    by_place = {(score.song_id, score.book_id): score for score in _cells(project)}
    rows = []
    for song in Song.objects.filter(project=project):
        scores = [by_place.get((song.pk, book.pk)) for book in books]
        counts = [_count(score, "bars") for score in scores]
        cells = [
            _cell(score, counts[:column] + counts[column + 1 :]) if score else Cell(None)
            for column, score in enumerate(scores)
        ]
        rows.append(Row(song, tuple(cells)))
    return books, rows


def cell_of(score: Score) -> Cell:
    """One cell by itself, with what the other books of its song say of it."""
    cells = {one.pk: one for one in _cells(score.project).filter(song=score.song_id)}
    others = [_count(one, "bars") for pk, one in cells.items() if pk != score.pk]
    return _cell(cells[score.pk], others)


def _cell(score: Score, others: Sequence[int]) -> Cell:
    """Red where the number of bars is not that of most other books, or nothing was read; amber where bars are doubted.

    others: the numbers of bars of the other books of this song; 0 where there is no score.
    """
    bars, doubtful = _count(score, "bars"), _count(score, "doubtful")
    if not bars:
        return Cell(score, 0, 0, "wrong", "Nothing could be read")
    said = Counter(count for count in others if count)
    usual, books = said.most_common(1)[0] if said else (bars, 0)
    if usual != bars and 2 * books > said.total():
        others_have = "the other book has" if said.total() == 1 else "most other books have"
        return Cell(score, bars, doubtful, "wrong", f"{bars} bars, but {others_have} {usual}")
    if doubtful:
        return Cell(score, bars, doubtful, "doubtful", f"{doubtful} doubtful {'bar' if doubtful == 1 else 'bars'}")
    return Cell(score, bars, 0, "good", "No doubts")


def _count(score: Score | None, name: str) -> int:
    facts = getattr(score, "facts", None) if score is not None else None
    value = facts.get(name, 0) if isinstance(facts, Mapping) else 0
    return int(value) if isinstance(value, int | float) else 0
