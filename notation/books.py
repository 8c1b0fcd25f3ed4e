"""A set of part books becomes rows: books, songs, and a score for what each book has of each song.

`keep` is asked whenever books were read, for the first time or again. Nothing that a user changed is lost: what she
calls a song, the order she put them in and her corrections stay, and so does what she decided about songs
(notation/standing.py); a new reading of the same pages is a new revision.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts.models import User
from notation import later, services
from notation import standing as stands
from notation.cells import cell_title
from notation.checks import BAND, READ, READ_AGAIN, open_counts
from notation.facts import tempo_words
from notation.models import Book, Revision, Score, Song, SongChange
from notation.musicxml import NotationError
from notation.musicxml.read import read as read_document
from notation.score.instruments import score_order
from notation.score.songlist import ALIKE, Told, same_songs
from notation.score.titles import alike
from notation.undo import TAKEN_BACK
from projects.models import Project, Source

KIND = "part-books"
OPENED = "Opened from"
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
    opened: Source | None = None  # the notation file it was taken from, where it was not read from pages

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
    book: Book | None = None  # the one that is known to be it; else it is found by its files
    sheaf: str = ""  # its id in the project's arrangement, where its pages were sorted


@transaction.atomic
def keep(project: Project, *, read: Sequence[BookRead], author: User | None, sheaves: Sequence[str] = ()) -> list[str]:
    """Rows for what was read; sentences about what is strange in it.

    1. a book that was read before is known by its place among the sorted pages, else by its files; others are new
    2. bars of songs that somebody decided about go where she wants them, as far as they are found again
    3. the other songs are matched with those that are there, and with each other
    4. each cell gets a score, or its score a revision
    5. what was done to songs is done in books that have them only now, too (notation/later.py)
    6. what the sorted pages no longer have leaves the table, unless somebody worked on it
    7. columns are put into the order of a score

    sheaves: the ids of all books of the arrangement that was read; nothing where books go by their files.
    """
    Project.objects.select_for_update().get(pk=project.pk)  # two jobs that end at once make no song twice
    before = set(Book.objects.filter(project=project).values_list("pk", flat=True))
    notices: list[str] = []
    books: list[Book] = []
    for one in read:
        book, said = _book(project, one, taken_now=books)
        books.append(book)
        notices += said
    known = set(Song.everything.filter(project=project).values_list("pk", flat=True))
    settled = [
        _stand(book, one) if book.pk in before else stands.Stand() for book, one in zip(books, read, strict=True)
    ]
    kept: dict[int, set[int]] = {}
    for book, one, stand in zip(books, read, settled, strict=True):
        for part in stand.parts:
            _refill(book, part, one, author=author)
        for score in [*(part.score for part in stand.parts), *stand.stays]:
            kept.setdefault(score.song_id or 0, set()).add(book.pk)
        notices += stand.said
    free = [
        replace(one, songs=tuple(song for at, song in enumerate(one.songs) if at not in stand.settled))
        for one, stand in zip(read, settled, strict=True)
    ]
    found = later.homes(project)

    def goes(column: int, song: Song, both: bool) -> bool:
        return not settled[column].lost and later.fits(found[song.pk], books[column], both=both)

    taken = [{song for song, where in kept.items() if book.pk in where} for book in books]
    rows = _rows(project, free, taken=taken, homes={song: home.song for song, home in found.items()}, goes=goes)
    made: set[int] = set()
    for row in rows:
        for column, place in enumerate(row.places):
            if place is not None and (song := free[column].songs[place]).document is not None:
                source, sparing = song.opened or read[column].sources[0], bool(read[column].sheaf)
                new = _fill(project, row.song, books[column], song, source=source, author=author, sparing=sparing)
                made |= {new.pk} if new is not None else set()
        kept.setdefault(row.song.pk, set()).update(
            books[at].pk for at, place in enumerate(row.places) if place is not None
        )
    notices += later.carry_out(project, made, author=author)
    for score in Score.objects.filter(pk__in=made):
        kept.setdefault(score.song_id or 0, set()).add(score.book_id or 0)
    notices += _undecided(project, settled, kept, new=[row.song for row in rows if row.song.pk not in known])
    if sheaves:
        notices += _let_go(project, books, kept, sheaves=sheaves)
    notices += _strangers(project, [book for book in books if book.pk not in before])
    arrange(project)
    return notices


def _stand(book: Book, read: BookRead) -> stands.Stand:
    if any(song.opened for song in read.songs):
        return stands.Stand()
    return stands.stand_of(book, [stands.Read(song.document, song.reading or {}) for song in read.songs])


def _refill(book: Book, part: stands.Part, read: BookRead, *, author: User | None) -> None:
    """What a part that somebody decided about has of a new reading, unless nothing new was read."""
    digests = [hashlib.sha256(read.songs[at].document or b"").hexdigest() for at in part.of]
    scores = Score.everything.filter(book=book)
    last = [score.revisions.filter(reason__in=(READ, READ_AGAIN)).order_by("-number").first() for score in scores]
    had = {revision.sha256 for revision in last if revision is not None}
    mine = part.score.revisions.filter(reason__in=(READ, READ_AGAIN)).order_by("-number").first()
    nothing_new = set(digests) <= had or (mine is not None and mine.sha256 == hashlib.sha256(part.document).hexdigest())
    there, latest = part.score.last_read, part.score.latest
    same = there is not None and _places(there.reading) == _places(part.reading)
    if nothing_new and (same or not read.sheaf):
        return
    notices = []
    if latest is not None and latest.reason not in (READ, READ_AGAIN):
        if read.sheaf and same:
            return
        notices = [f"This part was read again. As you had changed it before, it is revision {latest.number}."]
    services.add_revision(
        part.score, document=part.document, reason=READ_AGAIN, author=author, notices=notices, summary=part.summary,
        reading=part.reading,
    )  # fmt: skip


def _undecided(
    project: Project, settled: Sequence[stands.Stand], kept: Mapping[int, set[int]], *, new: Sequence[Song]
) -> Iterator[str]:
    """Of what somebody decided, what could not be kept."""
    for score in (score for stand in settled for score in stand.lost):
        if score.book_id in kept.get(score.song_id or 0, ()):
            yield (
                f"“{score.title}” is as it was read now, for its bars are no longer where you had put them into it or "
                "cut them off. What was there before is in its history."
            )
    merged = Song.everything.filter(project=project, removed=Song.Removed.MERGED).exclude(printed="")
    for song in new:
        if any(alike(song.printed, other.printed) >= ALIKE for other in merged):
            where = [book.instrument for book in Book.objects.filter(pk__in=kept[song.pk])]
            yield (
                f"“{song.title}” is a song of its own in {', '.join(where)}, though you had put a song of this title "
                "into another one. If it belongs there, put the two together on the page of songs."
            )


def _book(project: Project, read: BookRead, *, taken_now: Sequence[Book]) -> tuple[Book, list[str]]:
    """The row of a book, and what to say where another has its name."""
    book = read.book
    if book is None and not any(song.opened for song in read.songs):
        free = Book.objects.filter(project=project, part=read.part).exclude(pk__in=[one.pk for one in taken_now])
        by_files = free.filter(sources__in=read.sources).distinct()
        book = free.filter(sheaf=read.sheaf).first() if read.sheaf else by_files.first()
        if book is None and read.sheaf:
            book = by_files.filter(sheaf="").first()
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
    elif read.sheaf and read.instrument != book.instrument:
        _rename(book, " ".join(read.instrument.split())[:100])
    book.sheaf = read.sheaf or book.sheaf
    old = book.report.name
    if read.report:
        digest = hashlib.sha256(read.report).hexdigest()[:16]
        book.report.save(f"{project.pk}/{digest}.json", ContentFile(read.report), save=False)
    book.save()
    if old and old != book.report.name:
        storage = book.report.storage
        transaction.on_commit(lambda: storage.delete(old))
    if read.sheaf:
        book.sources.set(read.sources)
    else:
        book.sources.add(*read.sources)
    return book, said


def _rename(book: Book, wanted: str) -> None:
    """Another name, and its scores along with it where they have the book's."""
    taken = set(Book.objects.filter(project=book.project_id).exclude(pk=book.pk).values_list("instrument", flat=True))
    scores = list(book.scores.select_related("song"))
    had = {score.pk: cell_title(score.song, book) for score in scores if score.song}
    book.instrument = next(name for name in _numbered(wanted) if name not in taken)
    for score in scores:
        if score.song and score.title == had[score.pk]:
            services.rename_score(score, title=cell_title(score.song, book))


def _worked_on(score: Score) -> bool:
    """Whether a person changed it, or said which song it is; what the band mended by itself it would mend again."""
    said = SongChange.objects.filter(project=score.project_id, undone_at=None)
    if said.filter(after__scores__has_key=str(score.pk)).exists():
        return True
    changed = score.revisions.exclude(reason__in=(READ, READ_AGAIN))
    return changed.exclude(reason__startswith=BAND, author=None).exists()


def _let_go(
    project: Project, read: Sequence[Book], kept: Mapping[int, set[int]], *, sheaves: Sequence[str]
) -> Iterator[str]:
    """Cells whose pages went into other books, or out: those that only a reader made leave the table.

    kept: song -> the books that have it now.
    """
    gone = Book.objects.filter(project=project).exclude(sheaf="").exclude(sheaf__in=sheaves)
    for book in [*read, *gone]:
        for score in list(book.scores.select_related("song")):
            if score.song is None or book.pk in kept.get(score.song.pk, ()):
                continue
            if _worked_on(score):
                yield (
                    f"“{score.song.title}” is no longer among the pages of {book.instrument}. As you had changed its "
                    "notes, they are kept."
                )
            else:
                song = score.song
                score.delete()
                if not Score.everything.filter(song=song).exists():  # one that was thrown away can be brought back
                    song.delete()
    for book in gone:
        if not book.scores.exists():
            book.delete()


def _numbered(name: str) -> Iterator[str]:
    yield name
    for count in range(2, 10_000):
        yield f"{name} ({count})"


@dataclass(frozen=True)
class _Row:
    song: Song
    places: tuple[int | None, ...]  # of the song in each book that was read


def _rows(
    project: Project,
    read: Sequence[BookRead],
    *,
    taken: Sequence[Collection[int]],
    homes: Mapping[int, int],
    goes: Callable[[int, Song, bool], bool],
) -> list[_Row]:
    """The songs of these books, those that are new put behind the one they follow in the books; removed ones as well.

    taken: of each book the songs of which it has its part already; another one of that title is another song.
    homes: merged song -> the one it was put to; goes: whether it goes there in a column, too, that has both or not.
    """
    asked = any(song.opened for one in read for song in one.songs)  # for these very songs
    everything = list(Song.everything.filter(project=project))
    living = [song for song in everything if not song.removed]

    def stands(song: Song) -> bool:
        """Of a merged song, whether it is known where it went, and no other has its title now."""
        return song.removed != Song.Removed.MERGED or (
            song.pk in homes and not any(alike(song.printed, other.printed) >= ALIKE for other in living)
        )

    known = [song for song in everything if not song.removed or (song.printed and not asked and stands(song))]
    lengths = _lengths(project)
    there = [Told(song.printed, *lengths.get(song.pk, (0, ""))) for song in known]
    matched = same_songs([there, *([song.told for song in one.songs] for one in read)])
    found: list[_Row] = []
    order = list(known)
    before: Song | None = None
    for old, places in _homeless(list(_apart(matched, known, taken)), known, homes, goes):
        here = [read[column].songs[place] for column, place in enumerate(places) if place is not None]
        if old is None and not any(song.document for song in here):
            continue  # every book is silent in it
        song = known[old] if old is not None else _new_song(project, here)
        if old is None:
            order.insert(order.index(before) + 1 if before is not None else 0, song)
        before = song if not song.removed else before
        found.append(_Row(song, tuple(places)))
    number([song for song in order if not song.removed])
    return found


def _apart(
    matched: Sequence[Sequence[int | None]], known: Sequence[Song], taken: Sequence[Collection[int]]
) -> Iterator[tuple[int | None, list[int | None]]]:
    for old, *places in matched:
        mine = [old is not None and known[old].pk in songs for songs in taken]
        yield old, [None if there else place for place, there in zip(places, mine, strict=True)]
        if any(there and place is not None for place, there in zip(places, mine, strict=True)):
            yield None, [place if there else None for place, there in zip(places, mine, strict=True)]


def _homeless(
    rows: Sequence[tuple[int | None, list[int | None]]],
    known: Sequence[Song],
    homes: Mapping[int, int],
    goes: Callable[[int, Song, bool], bool],
) -> Iterator[tuple[int | None, list[int | None]]]:
    """Where a merged song cannot go to the other one, it is a song of its own in these books."""
    has = {known[old].pk: places for old, places in rows if old is not None}
    for old, places in rows:
        if old is None or known[old].removed != Song.Removed.MERGED:
            yield old, places
            continue
        there = has.get(homes[known[old].pk], [None] * len(places))
        mine = [place is not None and goes(column, known[old], there[column] is not None)
                for column, place in enumerate(places)]  # fmt: skip
        yield old, [place if fits else None for place, fits in zip(places, mine, strict=True)]
        if any(place is not None and not fits for place, fits in zip(places, mine, strict=True)):
            yield None, [None if fits else place for place, fits in zip(places, mine, strict=True)]


def _new_song(project: Project, read: Sequence[SongRead]) -> Song:
    printed = _most([song.title for song in read])
    number = Song.objects.filter(project=project, printed="").count() + 1
    return Song.objects.create(
        project=project,
        title=printed or (UNTITLED if number == 1 else f"{UNTITLED} {number}"),
        printed=printed,
        composer=_most([song.composer for song in read]),
        tempo=_most([tempo_words(read_document(song.document)) for song in read if song.document is not None])[:100],
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


def _fill(
    project: Project, song: Song, book: Book, read: SongRead, *, source: Source, author: User | None, sparing: bool
) -> Score | None:
    """The score of a cell, if it was made now; where there is one, it gets a revision, unless this very reading is in
    its history already.

    sparing: what was corrected stays where only other pages of its book are new.
    """
    assert read.document is not None
    content: dict[str, Any] = {"document": read.document, "summary": read.summary, "reading": read.reading}
    score = Score.objects.filter(song=song, book=book).first()
    if score is None and read.opened is None and Score.everything.filter(song=song, book=book).exists():
        return None  # somebody threw it away
    opened = f"{OPENED} {read.opened.name}" if read.opened is not None else ""
    if score is None:
        title = cell_title(song, book)
        return services.create_score(
            project,
            title=title,
            reason=opened or READ,
            kind=KIND,
            source=source,
            author=author,
            song=song,
            book=book,
            **content,
        )
    digest, latest = hashlib.sha256(read.document).hexdigest(), score.latest
    if opened:
        back = score.revisions.filter(reason__startswith=TAKEN_BACK).order_by("-number").first()
        since = score.revisions.filter(number__gte=back.number if back is not None else 0)
        if not since.filter(sha256=digest).exists():
            before = f" What was there before is revision {latest.number}." if latest is not None else ""
            notice = f"This part was taken from “{source.name}”.{before}"
            services.add_revision(score, reason=opened, author=author, notices=[notice], **content)
        return None
    readings = score.revisions.filter(reason__in=(READ, READ_AGAIN)).order_by("-number")
    last = readings.first()  # not what people made of it since: they may have moved its bars
    same = last is not None and _places(last.reading) == _places(read.reading or {})
    if last is not None and last.sha256 == digest and (same or not sparing):
        return None
    notices = []
    if latest is not None and latest.reason not in (READ, READ_AGAIN):
        if sparing and same:
            return None
        notices = [f"This part was read again. As you had changed it before, it is revision {latest.number}."]
    services.add_revision(score, reason=READ_AGAIN, author=author, notices=notices, **content)
    return None


def _places(reading: Mapping[str, Any]) -> list[Any]:
    """Where the bars of a reading stand: on which pictures, in which boxes."""
    pages = {page["number"]: (page["key"], page["sheet"]) for page in reading.get("pages", ())}
    return [(pages.get(bar["page"]), tuple(bar["box"])) for bar in reading.get("bars", ())]


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


def arrange(project: Project) -> None:
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


def number(songs: Sequence[Song]) -> None:
    """These songs in this order."""
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
    number(others)


# --- the table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """What one book has of one song, as the traffic light shows it."""

    score: Score | None  # None: the book does not play in this song
    bars: int = 0
    doubtful: int = 0
    against: int = 0  # how often it stands against the other books of its song (notation/checks.py)
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
    against = open_counts(project)
    rows = []
    for song in Song.objects.filter(project=project):
        scores = [by_place.get((song.pk, book.pk)) for book in books]
        # A part that was made from another has no say of its own.
        counts = [0 if book.derived else _count(score, "bars") for book, score in zip(books, scores, strict=True)]
        cells = [
            _cell(score, counts[:column] + counts[column + 1 :], against=against.get((song.pk, books[column].pk), 0))
            if score
            else Cell(None)
            for column, score in enumerate(scores)
        ]
        rows.append(Row(song, tuple(cells)))
    return books, rows


def cell_of(score: Score) -> Cell:
    """One cell by itself, with what the other books of its song say of it."""
    cells = {one.pk: one for one in _cells(score.project).filter(song=score.song_id)}
    others = [_count(one, "bars") for pk, one in cells.items() if pk != score.pk]
    against = open_counts(score.project, song=score.song).get((score.song_id or 0, score.book_id or 0), 0)
    return _cell(cells[score.pk], others, against=against)


def _cell(score: Score, others: Sequence[int], *, against: int) -> Cell:
    """Red where the number of bars is not that of most other books, or nothing was read; amber where bars are doubted
    or stand against the other books.

    others: the numbers of bars of the other books of this song; 0 where there is no score.
    """
    bars, doubtful = _count(score, "bars"), _count(score, "doubtful")
    if not bars:
        return Cell(score, 0, 0, against, "wrong", "Nothing could be read")
    said = Counter(count for count in others if count)
    usual, books = said.most_common(1)[0] if said else (bars, 0)
    if usual != bars and 2 * books > said.total():
        others_have = "the other book has" if said.total() == 1 else "most other books have"
        return Cell(score, bars, doubtful, against, "wrong", f"{bars} bars, but {others_have} {usual}")
    words = []
    if doubtful:
        words.append(f"{doubtful} doubtful {'bar' if doubtful == 1 else 'bars'}")
    if against:
        words.append(f"{against} {'disagreement' if against == 1 else 'disagreements'} with the other books")
    if words:
        return Cell(score, bars, doubtful, against, "doubtful", ", ".join(words))
    return Cell(score, bars, 0, 0, "good", "No doubts")


def _count(score: Score | None, name: str) -> int:
    facts = getattr(score, "facts", None) if score is not None else None
    value = facts.get(name, 0) if isinstance(facts, Mapping) else 0
    return int(value) if isinstance(value, int | float) else 0
