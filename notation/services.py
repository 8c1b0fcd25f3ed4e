"""What can happen to a score: made, changed by a new revision, renamed, opened from a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from notation.models import Book, Revision, Score, Song
from notation.musicxml import NotationError
from projects.models import Project, Source
from projects.services import note

MAX_NOTATION_BYTES = 32 * 2**20  # of a MusicXML file; the reader has limits of its own for what comes out of it
MAX_MIDI_BYTES = 8 * 2**20
MAX_NOTICES = 8
_TRIES = 20


class Overtaken(NotationError):
    """Somebody else was quicker: what a change was made of is not the newest state of a score any more."""

    def __init__(self, newest: Revision) -> None:
        self.newest = newest
        who = str(newest.author or "Somebody")
        when = timezone.localtime(newest.created_at)
        super().__init__(
            f"{who} changed “{newest.score.title}” meanwhile: {newest.reason}. That was at {when:%H:%M}.",
            hint="Nothing was overwritten. Look at it again, then repeat what you did.",
            permanent=False,
        )
        # For programs: what else an answer says.
        self.members = {"revision": newest.number, "by": who, "at": newest.created_at.isoformat()}


Sync = Sequence[Sequence[float]]  # (bar index, quarters since the bar's start, seconds)


def create_score(
    project: Project,
    *,
    title: str,
    document: bytes,
    reason: str,
    kind: str = "notation",
    source: Source | None = None,
    author: User | None = None,
    options: Mapping[str, Any] | None = None,
    sync: Sync = (),
    summary: Mapping[str, Any] | None = None,
    notices: Sequence[str] = (),
    reading: Mapping[str, Any] | None = None,
    song: Song | None = None,
    book: Book | None = None,
) -> Score:
    """A new score with its revision 1. `document` is MusicXML, UTF-8."""
    with transaction.atomic():
        score = Score.objects.create(
            project=project, source=source, title=_title(title) or "Untitled", kind=kind[:40], song=song, book=book
        )
        add_revision(
            score,
            document=document,
            reason=reason,
            author=author,
            options=options,
            sync=sync,
            summary=summary,
            notices=notices,
            reading=reading,
        )
    return score


def add_revision(
    score: Score,
    *,
    document: bytes,
    reason: str,
    author: User | None = None,
    options: Mapping[str, Any] | None = None,
    sync: Sync = (),
    summary: Mapping[str, Any] | None = None,
    notices: Sequence[str] = (),
    reading: Mapping[str, Any] | None = None,
    expected: int | None = None,
) -> Revision:
    """The newest state of a score. Where nothing differs from the last one, that one is returned.

    expected: the number of the revision that this one was made of. Where there is a newer one: Overtaken.

    1. The number is one more than the highest; the database refuses a second row with it.
    2. Whoever loses that race takes the next number.
    3. The file is written under a name that no other revision can have, and removed again if the row is refused.
    """
    digest = hashlib.sha256(document).hexdigest()
    fields: dict[str, Any] = {
        "sha256": digest,
        "options": dict(options or {}),
        "sync": [[int(bar), float(quarters), float(seconds)] for bar, quarters, seconds in sync],
        "summary": dict(summary or {}),
        "notices": [str(notice) for notice in notices],
        "reading": dict(reading or {}),
    }
    for _ in range(_TRIES):
        # What is large is only fetched where the rest is the same.
        last = score.revisions.select_related("author", "score").defer("reading", "sync").order_by("-number").first()
        if expected is not None and last is not None and last.number != expected:
            raise Overtaken(last)
        if last is not None and all(getattr(last, name) == value for name, value in fields.items()):
            return last
        revision = Revision(
            score=score,
            number=(last.number if last is not None else 0) + 1,  # of the very one that was compared with
            reason=reason[:200],
            author=author,
            **fields,
        )
        revision.document.save(
            f"{score.pk}/{revision.number}-{digest[:16]}.musicxml", ContentFile(document), save=False
        )
        try:
            with transaction.atomic():
                revision.save()
                Project.objects.filter(pk=score.project_id).update(updated_at=timezone.now())
        except IntegrityError:
            revision.document.delete(save=False)
            continue
        except BaseException:
            revision.document.delete(save=False)
            raise
        return revision
    raise NotationError("Too many changes to this score at once.", hint="Try again.", permanent=False)


def restore_revision(
    revision: Revision, *, author: User | None, reason: str = "", options: Mapping[str, Any] | None = None
) -> Revision:
    """Make an older state the newest, as a new revision; nothing in between is lost."""
    return add_revision(
        revision.score,
        document=revision.musicxml(),
        reason=reason or f"Back to revision {revision.number}",
        author=author,
        options=revision.options if options is None else options,
        sync=revision.sync,
        summary=revision.summary,
        notices=revision.notices,
        reading=revision.reading,
    )


def rename_score(score: Score, *, title: str) -> Score:
    """Give a score another name. The title inside the document is the transcriber's and stays."""
    wanted = _title(title)
    if not wanted:
        raise NotationError("A score needs a title.", hint="Type one.")
    Score.objects.filter(pk=score.pk).update(title=wanted)
    score.title = wanted
    return score


def open_notation(source: Source) -> Score | None:
    """Open a notation or MIDI file as a score at once. A bad one stays as a source that says what is wrong with it."""
    if source.kind not in (Source.Kind.NOTATION, Source.Kind.MIDI):
        return None
    if (there := Score.objects.filter(source=source, kind="notation").first()) is not None:
        return there
    try:
        document, title, summary, notices = read_source(source)
    except NotationError as error:
        source.problem = " ".join(part for part in (error.message, error.hint) if part)[:300]
        source.save(update_fields=["problem"])
        return None
    score = create_score(
        source.project,
        title=title or _stem(source.name),
        document=document,
        reason=f"Opened from {source.name}",
        source=source,
        author=source.project.owner,
        summary=summary,
        notices=notices,
    )
    note(
        source.project,
        user=score.project.owner,
        text=f"Opened “{source.name}” as a score",
        url=score.get_absolute_url(),
    )
    return score


def read_source(source: Source) -> tuple[bytes, str, dict[str, Any], list[str]]:
    """The document of a notation file, its title, its facts, and what a proof-reader would remark."""
    limit = MAX_MIDI_BYTES if source.kind == Source.Kind.MIDI else MAX_NOTATION_BYTES
    if source.blob.size > limit:
        raise NotationError(
            f"This file is too large to open as a score ({limit // 2**20} MB at most).", hint="Split it and try again."
        )
    with source.blob.file.open("rb") as file:
        data = file.read(limit + 1)
    # Parsers that most pages never need are imported where they are used.
    from notation.facts import facts
    from notation.musicxml import edit, tree
    from notation.musicxml.read import read
    from notation.musicxml.validate import validate

    if source.kind == Source.Kind.MIDI:
        from notation.musicxml.write import write
        from notation.score.from_midi import score_from_midi
        from notation.score.model import ScoreError

        try:
            data = write(score_from_midi(data, title=_stem(source.name)))
        except ScoreError as error:
            raise NotationError(error.message, hint=error.hint) from error
        root = read(data)
    else:
        root = read(data, name=source.name)
        data = tree.to_bytes(root)
    remarks = [remark.message for remark in validate(root)[:MAX_NOTICES]]
    return data, edit.title_of(root), facts(root), remarks


def _title(text: str) -> str:
    return " ".join(text.split())[:200]


def _stem(name: str) -> str:
    stem, dot, _ = name.rpartition(".")
    return (stem if dot else name).replace("_", " ").strip() or "Untitled"
