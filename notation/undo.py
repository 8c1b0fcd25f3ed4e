"""Changes of a project's songs are kept step by step, and taken back from the last one on.

    with changing(project, author=user, text="“March” deleted"):
        …                                    whatever happens to songs and scores in here is one step

Taking back touches only what the step changed, and refuses where somebody changed that very thing since. Where the
pages were only read again since, the bars that were read then go back to the songs that had them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from notation import services, standing
from notation.checks import BAND, READ_AGAIN
from notation.models import Book, Revision, Score, Song, SongChange
from notation.musicxml import NotationError
from projects.models import Project

SONG = ("title", "composer", "tempo", "order", "removed")
SCORE = ("song_id", "book_id", "title", "removed")
TAKEN_BACK = "Taken back:"  # how the reasons of revisions begin that an undo brought back
SONGS = "songs"  # in a revision's options: {"at": its number}, where bars went from one song to another
State = dict[str, dict[str, dict[str, Any]]]


def marked(options: Mapping[str, Any], *, number: int) -> dict[str, Any]:
    """Options of a revision that is one part of a change of songs."""
    return {**options, SONGS: {"at": number}}


class Changed(NotationError):
    """What is to be taken back is not as it was left."""


@contextmanager
def changing(project: Project, *, author: User | None, text: str) -> Iterator[None]:
    """One step that can be taken back; all of it or nothing. Steps of two people come one after the other."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        was = _state(project)
        yield
        before, after = _differing(was, _state(project))
        if any(after.values()) or any(before.values()):
            SongChange.objects.create(project=project, author=author, text=text[:300], before=before, after=after)


@contextmanager
def also(change: SongChange) -> Iterator[None]:
    """What happens in here is one more part of a change that was made before, and is taken back with it."""
    was = _state(change.project)
    yield
    before, after = _differing(was, _state(change.project))
    for kind in was:
        known, left = change.before.setdefault(kind, {}), change.after.setdefault(kind, {})
        for key, fields in before[kind].items():
            known[key] = {**fields, **known.get(key, {})}
        for key, fields in after[kind].items():
            left[key] = {**left.get(key, {}), **fields}
    change.save(update_fields=["before", "after"])


def last_change(project: Project) -> SongChange | None:
    """What would be taken back next."""
    return SongChange.objects.filter(project=project, undone_at=None).select_related("author").first()


@transaction.atomic
def undo(change: SongChange, *, author: User | None) -> SongChange:
    """Take this change back. Changed where it is not the last one, or something of it was changed since."""
    project = Project.objects.select_for_update().get(pk=change.project_id)
    last = last_change(project)
    if last is None or last.pk != change.pk:
        raise Changed(
            f"Meanwhile something else was done: {last.text}." if last else "This was taken back already.",
            hint="Look at the songs again.",
            permanent=False,
        )
    now = _state(project)
    again: list[int] = []
    for kind in ("songs", "scores"):
        for key, left in change.after[kind].items():
            here = now[kind].get(key)
            differing = [
                field for field, value in left.items() if field != "order" and (here or {}).get(field) != value
            ]
            if kind == "scores" and differing == ["revision"] and _only_read(int(key), since=left["revision"]):
                again.append(int(key))
            elif here is None or differing:
                raise _lost((here or {}).get("title") or "Something", change)
    along = _made_along(change)
    was_read = _as_read(change, again)
    _restore_songs(change)
    _restore_scores(change, author)
    _read_back(change, was_read, author=author)
    _restore_books(change, along)
    _renumber(project)
    change.undone_at = timezone.now()
    change.save(update_fields=["undone_at"])
    return change


def _lost(title: str, change: SongChange) -> Changed:
    return Changed(
        f"“{title}” was changed after “{change.text}”: taking that back would lose what was done since.",
        hint="Change it by hand.",
    )


def _only_read(score: int, *, since: int) -> bool:
    """Whether its pages were read again since that revision, and nobody did anything else."""
    reasons = Revision.objects.filter(score=score, number__gt=since).order_by("number").values_list("reason", flat=True)
    read, *others = reasons or [""]
    return read == READ_AGAIN and all(reason == READ_AGAIN or reason.startswith(BAND) for reason in others)


def _as_read(change: SongChange, again: Sequence[int]) -> list[tuple[Score, Revision | None]]:
    """The parts of this change in books that were read again since, as they are before it is taken back."""
    books = Score.objects.filter(pk__in=again).values("book")
    mine = [int(key) for key, left in change.after["scores"].items() if "revision" in left]
    return [(score, score.latest) for score in Score.objects.filter(pk__in=mine, book__in=books).select_related("book")]


def _made_along(change: SongChange) -> list[Score]:
    """Parts that songs of this change got since. Those that were derived go with it; Changed where another would."""
    made = [int(key) for key in change.after["songs"] if key not in change.before["songs"]]
    others = Score.objects.filter(song__in=made).exclude(pk__in=list(map(int, change.after["scores"])))
    found = list(others.select_related("book", "song"))
    for score in found:
        latest = score.latest
        told = latest.options.get("derived") or {} if latest is not None else {}
        if score.book is None or not score.book.derived or latest is None or told.get("document") != latest.sha256:
            raise _lost(score.title, change)
    return found


def _read_back(change: SongChange, was_read: Sequence[tuple[Score, Revision | None]], *, author: User | None) -> None:
    """What was read since goes to the parts that have the bars at its places now. Changed where it would be lost."""
    for book in dict.fromkeys(score.book for score, _ in was_read):
        mine = [(score, latest) for score, latest in was_read if score.book == book and latest is not None]
        here = Score.objects.filter(pk__in=list(map(int, change.after["scores"])), book=book)
        living = standing.cells(list(here.select_related("song", "book")))
        read = [standing.Read(latest.musicxml(), latest.reading) for _, latest in mine]
        stand = standing.regroup(living, read, decided={cell.score.pk for cell in living})
        for at, (score, _) in enumerate(mine):
            if at not in stand.settled and str(score.pk) not in change.before["scores"]:  # nobody would see it again
                raise _lost(score.title, change)
        for part in stand.parts:
            before = part.score.latest
            made = services.add_revision(
                part.score, document=part.document, reason=READ_AGAIN, author=author, summary=part.summary,
                reading=part.reading, options=marked({}, number=(before.number if before else 0) + 1),
            )  # fmt: skip
            if before is not None:
                _known_as(change, str(part.score.pk), before.number, made.number)


def _restore_books(change: SongChange, along: Sequence[Score]) -> None:
    """Books lose the files that they got, and those that were made go if they are empty and nobody plays from them."""
    for key, fields in change.after.get("books", {}).items():
        book = Book.objects.filter(pk=int(key)).first()
        if book is None:
            continue
        had = change.before["books"].get(key)
        if had is not None:
            book.sources.remove(*set(fields["sources"]) - set(had["sources"]))
        elif not book.scores.exists() and not book.chairs.exclude(player="").exists():
            book.delete()
    Score.objects.filter(pk__in=[score.pk for score in along]).update(removed=True)
    for derived in {score.book for score in along if score.book}:
        if not derived.scores.exists():
            derived.delete()


def _restore_songs(change: SongChange) -> None:
    for key in change.after["songs"]:
        was = change.before["songs"].get(key)
        # One that was made is none any more: nothing that is read later is to be taken for it.
        fields = was if was is not None else {"removed": Song.Removed.MERGED, "printed": ""}
        Song.everything.filter(pk=int(key)).update(**fields)


def _restore_scores(change: SongChange, author: User | None) -> None:
    rows = Score.everything.in_bulk([int(key) for key in change.after["scores"]])
    was = change.before["scores"]
    for key in change.after["scores"]:  # those that leave a place first, for a place has one score
        if key not in was:  # nor is its place one that somebody cleared
            Score.everything.filter(pk=int(key)).update(removed=True, song=None, book=None)
        elif was[key].get("removed"):
            Score.everything.filter(pk=int(key)).update(removed=True)
    moving = [int(key) for key, fields in was.items() if {"song_id", "book_id"} & set(fields)]
    Score.everything.filter(pk__in=moving).update(song=None)
    for key, fields in was.items():
        score = rows[int(key)]
        plain = {name: value for name, value in fields.items() if name in SCORE}
        if score.pk in moving:
            plain.setdefault("song_id", score.song_id)
        if plain:
            Score.everything.filter(pk=score.pk).update(**plain)
        if "revision" in fields:
            old = Revision.objects.get(score=score, number=fields["revision"])
            now = Revision.objects.filter(score=score).values_list("number", flat=True).first() or 0
            options = marked(old.options, number=now + 1)
            made = services.restore_revision(old, author=author, reason=f"{TAKEN_BACK} {change.text}", options=options)
            _known_as(change, key, old.number, made.number)


def _known_as(change: SongChange, score: str, number: int, now: int) -> None:
    """The revision that was brought back is what an earlier change left behind."""
    for earlier in SongChange.objects.filter(project=change.project_id, undone_at=None, pk__lt=change.pk):
        left = earlier.after["scores"].get(score, {})
        if left.get("revision") == number:
            left["revision"] = now
            earlier.save(update_fields=["after"])


def _renumber(project: Project) -> None:
    """Songs that were made since have their places, too."""
    for place, song in enumerate(Song.objects.filter(project=project)):
        if song.order != place:
            Song.objects.filter(pk=song.pk).update(order=place)


def _state(project: Project) -> State:
    """All songs, cells and books of a project, removed ones too. `revision`: the number of the newest."""
    newest = Revision.objects.filter(score=OuterRef("pk")).order_by("-number").values("number")[:1]
    songs = Song.everything.filter(project=project).values("pk", *SONG)
    scores = Score.everything.filter(project=project).exclude(song=None).exclude(book=None)
    scores = scores.annotate(revision=Subquery(newest))
    files: dict[str, dict[str, Any]] = {}
    for book, source in Book.objects.filter(project=project).values_list("pk", "sources").order_by("pk", "sources"):
        files.setdefault(str(book), {"sources": []})["sources"] += [source] if source is not None else []
    return {
        "books": files,
        "songs": {str(row.pop("pk")): row for row in songs},
        "scores": {str(row.pop("pk")): row for row in scores.values("pk", *SCORE, "revision")},
    }


def _differing(was: State, now: State) -> tuple[State, State]:
    before: State = {kind: {} for kind in was}
    after: State = {kind: {} for kind in was}
    for kind in was:
        for key, fields in now[kind].items():
            old = was[kind].get(key)
            if old is None:
                after[kind][key] = _known(fields)
                continue
            names = [name for name in fields if fields[name] != old[name]]
            if names:
                before[kind][key] = {name: old[name] for name in names}
                after[kind][key] = {name: fields[name] for name in names}
    return before, after


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was made: it may be put elsewhere in the order, but not be changed otherwise."""
    return {name: value for name, value in fields.items() if name != "order"}
