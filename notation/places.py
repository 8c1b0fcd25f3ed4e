"""Where the songs of a project lie in its books: pages and bars, and which song is the next one in a book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notation.cells import Held, held
from notation.models import Book, Revision, Score, Song
from projects.models import Project

Reading = dict[str, Any]  # notation/reading.py


@dataclass(frozen=True)
class Place:
    """A song in one book. Pages and bars count from 1, bars over the whole book; pages are 0 where none is known."""

    score: Score
    song: Song
    book: Book
    revision: int
    bars: int
    first_bar: int
    first_page: int = 0
    last_page: int = 0

    @property
    def last_bar(self) -> int:
        return self.first_bar + self.bars - 1

    @property
    def pages(self) -> str:
        """ "page 3", "pages 3 to 5", or nothing."""
        if not self.first_page:
            return ""
        if self.first_page == self.last_page:
            return f"page {self.first_page}"
        return f"pages {self.first_page} to {self.last_page}"


def places(project: Project) -> list[Place]:
    """Book by book in score order, in each the songs as they follow each other there."""
    by_book: dict[int, list[Held]] = {}
    every = held(project)
    read = readings(every)
    for one in every:
        by_book.setdefault(one.book.pk, []).append(one)
    books = sorted(by_book.values(), key=lambda songs: (songs[0].book.order, songs[0].book.pk))
    found: list[Place] = []
    for songs in books:
        bar = 1
        for one in in_order(songs, read):
            pages = [page for page, _, _ in _spots(read[one.score.pk])]
            count = bars_in(one.revision)
            found.append(
                Place(
                    one.score, one.song, one.book, one.revision.number, count, bar,
                    min(pages, default=0), max(pages, default=0),
                )
            )  # fmt: skip
            bar += count
    return found


def in_order(songs: Sequence[Held], read: Mapping[int, Reading] | None = None) -> list[Held]:
    """The songs of a book in the order of its pages; where these are not known, in that of the list."""
    known_readings = readings(songs) if read is None else read
    where = [min(_spots(known_readings[one.score.pk]), default=None) for one in songs]
    known = sorted((n for n, spot in enumerate(where) if spot is not None), key=lambda n: where[n] or (0, 0.0, 0.0))
    queue = iter(known)
    return [songs[n] if spot is None else songs[next(queue)] for n, spot in enumerate(where)]


def neighbours(held_song: Held) -> tuple[Held | None, Held | None]:
    """What comes before a song and after it in the same book."""
    songs = in_order([one for one in held(held_song.score.project) if one.book.pk == held_song.book.pk])
    at = next(n for n, one in enumerate(songs) if one.score.pk == held_song.score.pk)
    return (songs[at - 1] if at else None), (songs[at + 1] if at + 1 < len(songs) else None)


def bars_in(revision: Revision) -> int:
    bars = revision.summary.get("bars", 0) if isinstance(revision.summary, dict) else 0
    return int(bars) if isinstance(bars, int | float) else 0


def reading_of(one: Held) -> Reading:
    """The reading that tells where its bars stand: its newest revision's, or the last that has any."""
    return readings([one])[one.score.pk]


def readings(songs: Sequence[Held]) -> dict[int, Reading]:
    """The same of many, by score; one query at most."""
    found: dict[int, Reading] = {one.score.pk: one.revision.reading for one in songs}
    without = [pk for pk, reading in found.items() if not reading]
    older = Revision.objects.filter(score__in=without).exclude(reading={}) if without else ()
    for revision in sorted(older, key=lambda revision: revision.number):
        found[revision.score_id] = revision.reading
    return found


def _spots(reading: Reading) -> list[tuple[int, float, float]]:
    """(page, top, left) of each bar."""
    return [(bar["page"], bar["box"][1], bar["box"][0]) for bar in reading.get("bars", ())]
