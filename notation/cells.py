"""What the books of a project hold at this moment: for each song and book the newest revision."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from notation.models import Book, Revision, Score, Song
from projects.models import Project


def cell_title(song: Song, book: Book) -> str:
    """As a part is called that nobody called otherwise."""
    return f"{song.title} – {book.instrument}"[:200]


@dataclass(frozen=True)
class Held:
    """What one book has of one song. `score.song` and `score.book` are there without asking again."""

    score: Score
    song: Song
    book: Book
    revision: Revision

    def document(self) -> bytes:
        """Its MusicXML."""
        return self.revision.musicxml()


def held(project: Project, *, song: Song | None = None) -> list[Held]:
    """Song by song in their order, in each the books in that of a score; two queries, however many there are."""
    newest = Revision.objects.filter(score=OuterRef("pk")).order_by("-number")
    scores = Score.objects.filter(project=project, song__isnull=False, book__isnull=False)
    if song is not None:
        scores = scores.filter(song=song)
    scores = scores.annotate(newest=Subquery(newest.values("pk")[:1])).select_related("song", "book")
    rows = list(scores.order_by("song__order", "song__pk", "book__order", "book__pk"))
    revisions = Revision.objects.in_bulk([row.newest for row in rows if row.newest is not None])
    return [
        Held(row, row.song, row.book, revisions[row.newest])
        for row in rows
        if row.newest in revisions and row.song is not None and row.book is not None
    ]
