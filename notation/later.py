"""What was done to songs is done in books that are read later, too: put together, said to be one, deleted.

    found = homes(project)                          merged song -> where its music went
    fits(found[song.pk], song, book, made=…)        whether it can go there in this book
    carry_out(project, made, author=…)              does it for parts that were made just now, and says what it did

It becomes one more part of the change that was made then: taking that back brings these parts, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from accounts.models import User
from notation.cells import Held, cell_title, held
from notation.filing import put_behind
from notation.models import Book, Score, Song, SongChange
from notation.undo import also
from projects.models import Project


@dataclass(frozen=True)
class Home:
    """Where a song went that is none any more. song: the other one's id, as it was then."""

    change: SongChange
    song: int
    behind: bool  # put behind the other one; else it is the same piece, or no book had both


def homes(project: Project) -> dict[int, Home]:
    """Of all merged songs of which it is known, by the changes that stand."""
    changes = _changes(project)
    found = {}
    for at, change in enumerate(changes):
        for key in _removed(change, Song.Removed.MERGED):
            before, after = change.before["scores"], change.after["scores"]
            moved = [fields["song_id"] for score, fields in after.items()
                     if "song_id" in fields and before.get(score, {}).get("song_id") == key]  # fmt: skip
            filed = [score for score, fields in after.items() if "revision" in fields and score in before]
            told = Counter([*moved, *_songs_then(filed, changes[at + 1 :])])
            if told:
                found[key] = Home(change, told.most_common(1)[0][0], bool(filed))
    return found


def fits(home: Home, book: Book, *, both: bool) -> bool:
    """Whether music of this book can go there. both: the book has the other song as well, or gets it now.

    Not where the two would have to be one piece, nor where somebody changed the other song of this book since: that
    could not be taken back any more.
    """
    score = Score.objects.filter(song=home.song, book=book).first()
    if both or score is not None:
        later = SongChange.objects.filter(project=book.project_id, undone_at=None, pk__gt=home.change.pk)
        return home.behind and (score is None or not later.filter(after__scores__has_key=str(score.pk)).exists())
    return True


def carry_out(project: Project, made: Collection[int], *, author: User | None) -> list[str]:
    """For scores with these ids, in the order in which it was done then. What is left of a removed song is hidden."""
    said: list[str] = []
    if not Score.objects.filter(pk__in=made).exclude(song__removed="").exists():
        return said
    there = homes(project)
    for change in _changes(project):
        for why in (Song.Removed.MERGED, Song.Removed.DELETED):
            for song in Song.everything.filter(pk__in=_removed(change, why)):
                rows = [one for one in held(project, song=song) if one.score.pk in made]
                if rows and why == Song.Removed.DELETED:
                    with also(change):
                        Score.objects.filter(pk__in=[one.score.pk for one in rows]).update(removed=True)
                    said.append(_hidden(song, rows))
                elif rows and song.pk in there:
                    with also(change):
                        said += _put(rows, there[song.pk], author=author)
    Score.objects.filter(pk__in=made).exclude(song__removed="").update(removed=True)
    return said


def _put(rows: Sequence[Held], home: Home, *, author: User | None) -> Iterator[str]:
    other = Song.everything.get(pk=home.song)
    there = {one.book.pk: one for one in held(other.project, song=other)}
    for one in rows:
        if (before := there.get(one.book.pk)) is not None:
            put_behind(before, one, reason=home.change.text, author=author)
        else:
            Score.objects.filter(pk=one.score.pk).update(song=other, title=cell_title(other, one.book))
    where = ", ".join(one.book.instrument for one in rows)
    yield f"“{rows[0].song.title}” of {where} was put where you had put this song: {home.change.text}."


def _hidden(song: Song, rows: Sequence[Held]) -> str:
    where = ", ".join(one.book.instrument for one in rows)
    return (
        f"“{song.title}” was read in {where} as well and is not shown, as you had deleted it. Taking that back on the "
        "page of songs shows it."
    )


def _changes(project: Project) -> list[SongChange]:
    return list(SongChange.objects.filter(project=project, undone_at=None).order_by("pk"))


def _removed(change: SongChange, why: str) -> list[int]:
    return [int(key) for key, fields in change.after["songs"].items() if fields.get("removed") == why]


def _songs_then(scores: Sequence[str], later: Sequence[SongChange]) -> list[int]:
    """The songs that these scores were part of before the later changes."""
    now = {str(pk): song for pk, song in Score.everything.filter(pk__in=scores).values_list("pk", "song") if song}

    def then(score: str) -> int | None:
        moves: Iterator[Mapping[str, int]] = (change.before["scores"].get(score, {}) for change in later)
        return next((fields["song_id"] for fields in moves if "song_id" in fields), now.get(score))

    return [song for score in scores if (song := then(score)) is not None]
