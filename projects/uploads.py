"""Uploads: begun, sent in parts, finished; the same on disk and on S3 (projects/parts.py), by page and by API.

1. `start` checks name, size and quota under a lock on the owner, and keeps the room; the same file chosen again
   after a reload finds its unfinished upload by fingerprint and learns which parts are there already.
2. `put_part` takes parts in any order, any number of times. What is not received whole does not count.
3. `finish` joins them, hashes, looks at the bytes, and makes a Source; content that its owner has already is linked.
   It can be asked again after any failure, and answers a second time what it answered the first.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from pathlib import PurePath
from typing import IO

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import quota
from accounts.models import User
from projects import services, sniff
from projects.errors import ProjectError
from projects.models import Blob, Project, Source, Upload
from projects.names import clean_name
from projects.parts import Readable, store, target

log = logging.getLogger(__name__)

PART_BYTES = 8 * 1024 * 1024  # S3 wants 5 MiB at least, and 10 000 parts at most
MOST_OPEN = 500  # uploads under way, of one person
FORGOTTEN_AFTER = timedelta(days=7)
STALE_JOIN_AFTER = timedelta(minutes=15)  # the process that joined it is surely gone


def part_bytes(size_bytes: int) -> int:
    """Bigger files get bigger parts, so that there are never more than S3's 10 000."""
    size = PART_BYTES
    while size_bytes > size * 9000:
        size *= 2
    return size


def start(project: Project, *, user: User, name: str, size_bytes: int, fingerprint: str = "") -> Upload:
    """Begin an upload, or find the unfinished one of the same file. Raises ProjectError with the reason."""
    name = clean_name(name)
    if size_bytes <= 0:
        raise ProjectError(f"“{name}” is empty.", hint="There is nothing in it to read.")
    # Compared, never shown; what no database takes must not stop an upload.
    fingerprint = fingerprint.encode("utf-8", "replace").decode().replace("\0", "")[:200]
    with transaction.atomic():
        quota.lock(user)
        mine = Upload.objects.filter(owner=user, state=Upload.State.OPEN)
        if fingerprint:
            again = mine.filter(project=project, fingerprint=fingerprint, size=size_bytes).first()
            if again is not None:
                return again
        if mine.count() >= MOST_OPEN:
            raise ProjectError(
                f"You have {MOST_OPEN} unfinished uploads.", hint="Finish or discard some of them.", status=429
            )
        if reason := quota.refusal(user, size_bytes=size_bytes):
            raise ProjectError(reason, status=413)
        upload = Upload(
            owner=user,
            project=project,
            name=name,
            size=size_bytes,
            part_size=part_bytes(size_bytes),
            fingerprint=fingerprint,
        )
        upload.remote_id = store().begin(upload)
        upload.save(force_insert=True)
    return upload


def put_part(upload: Upload, *, number: int, body: Readable, size_bytes: int | None = None) -> Upload:
    """Receive one part. size_bytes: what the sender says it has, so that a wrong one is refused before it is read."""
    _must_be_open(upload)
    if not 1 <= number <= upload.parts:
        raise ProjectError(f"This upload has parts 1 to {upload.parts}; there is no part {number}.")
    want = upload.size_of_part(number)
    if size_bytes is not None and size_bytes != want:
        raise ProjectError(f"Part {number} must have {want} bytes, not {size_bytes}.", hint="Send it again.")
    tag = store().put(upload, number=number, body=body)
    with transaction.atomic():
        # Read again under a lock: other parts may have come meanwhile, or a cancel.
        now = Upload.objects.select_for_update().get(pk=upload.pk)
        _must_be_open(now)
        now.received[str(number)] = tag
        now.save(update_fields=["received", "updated_at"])
    return now


def finish(upload: Upload) -> Upload:
    """Make it a Source. Raises ProjectError; a permanent one ends the upload, others leave it to be asked again."""
    if upload.state == Upload.State.DONE:
        return upload
    if missing := missing_parts(upload):
        _must_be_open(upload)
        raise ProjectError(
            f"{len(missing)} of {upload.parts} parts are still missing.", hint="Send them.", permanent=False, status=409
        )
    if not _claim(upload):
        upload.refresh_from_db()
        if upload.state == Upload.State.DONE:
            return upload
        _must_be_open(upload)
    try:
        return _finish(upload)
    except ProjectError as error:
        if error.permanent:
            _fail(upload, problem=error.sentence)
        else:
            _set(upload, state=Upload.State.OPEN)
        raise
    except BaseException:
        _set(upload, state=Upload.State.OPEN)
        raise


def missing_parts(upload: Upload) -> list[int]:
    return [number for number in range(1, upload.parts + 1) if str(number) not in upload.received]


def cancel(upload: Upload) -> None:
    """Forget it, at once. One that is done or being joined stays as it is."""
    with transaction.atomic():
        changed = Upload.objects.filter(pk=upload.pk, state=Upload.State.OPEN).update(
            state=Upload.State.CANCELLED, updated_at=timezone.now()
        )
        if changed:
            transaction.on_commit(lambda: store().discard(upload))
    if not changed:
        _must_be_open(Upload.objects.get(pk=upload.pk))


def unfinished(project: Project) -> list[Upload]:
    """What the project page offers to go on with."""
    return list(project.uploads.filter(state=Upload.State.OPEN).order_by("created_at"))


def forget_old() -> int:
    """Cancel what nobody went on with for a week, and drop rows of ended uploads. For `purge`. Returns how many."""
    old = timezone.now() - FORGOTTEN_AFTER
    forgotten = 0
    stuck = Q(state__in=(Upload.State.OPEN, Upload.State.JOINING), updated_at__lt=old)
    for upload in Upload.objects.filter(stuck):
        store().discard(upload)
        upload.delete()
        forgotten += 1
    Upload.objects.exclude(state__in=(Upload.State.OPEN, Upload.State.JOINING)).filter(updated_at__lt=old).delete()
    return forgotten


# --- one step each --------------------------------------------------------------------------------------------------
def _must_be_open(upload: Upload) -> None:
    if upload.state == Upload.State.OPEN:
        return
    sentences = {
        Upload.State.JOINING: "This upload is being put together.",
        Upload.State.DONE: "This upload is finished.",
        Upload.State.CANCELLED: "This upload was cancelled.",
        Upload.State.FAILED: upload.problem or "This upload failed.",
    }
    joining = upload.state == Upload.State.JOINING
    raise ProjectError(
        sentences[Upload.State(upload.state)],
        hint="Ask again in a moment." if joining else "",
        permanent=not joining,
        status=409,
    )


def _claim(upload: Upload) -> bool:
    """Only one process joins it: whoever changes the row."""
    now = timezone.now()
    stale = Q(state=Upload.State.JOINING, updated_at__lt=now - STALE_JOIN_AFTER)
    return bool(
        Upload.objects.filter(Q(state=Upload.State.OPEN) | stale, pk=upload.pk).update(
            state=Upload.State.JOINING, updated_at=now
        )
    )


def _set(upload: Upload, *, state: Upload.State) -> None:
    Upload.objects.filter(pk=upload.pk, state=Upload.State.JOINING).update(state=state, updated_at=timezone.now())


def _fail(upload: Upload, *, problem: str) -> None:
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.FAILED, problem=problem[:300], updated_at=timezone.now()
    )
    store().discard(upload)


def _finish(upload: Upload) -> Upload:
    parts = store()
    size = parts.join(upload)
    if size != upload.size:
        raise ProjectError(
            f"“{upload.name}” should have {upload.size} bytes, but {size} arrived.", hint="Upload it again."
        )
    digest = hashlib.sha256()
    for data in parts.chunks(upload):
        digest.update(data)
    head, tail = parts.ends(upload)
    found = sniff.sniff(head, tail=tail)
    sha256 = digest.hexdigest()
    with transaction.atomic():
        quota.lock(User.objects.get(pk=upload.owner_id))
        project = Project.objects.filter(pk=upload.project_id, trashed_at__isnull=True).first()
        if project is None:
            raise ProjectError("The project was put in the trash meanwhile.", status=409)
        blob, stored = _blob(upload, sha256=sha256)
        source, told = _source(upload, project=project, blob=blob, found=found, stored=stored)
        Upload.objects.filter(pk=upload.pk).update(
            state=Upload.State.DONE, source=source, told=told[:300], updated_at=timezone.now()
        )
        if not stored:
            transaction.on_commit(lambda: parts.discard(upload))
    upload.refresh_from_db()
    return upload


def _blob(upload: Upload, *, sha256: str) -> tuple[Blob, bool]:
    """The content, and whether it was stored now rather than found."""
    blob = Blob.objects.filter(owner_id=upload.owner_id, sha256=sha256).first()
    if blob is not None:
        # A second finish of the same upload finds its own file: that one must stay.
        return blob, blob.file.name == target(upload)
    name = store().keep(upload)
    try:
        with transaction.atomic():
            return Blob.objects.create(owner_id=upload.owner_id, sha256=sha256, size=upload.size, file=name), True
    except IntegrityError:
        return Blob.objects.get(owner_id=upload.owner_id, sha256=sha256), False


def _source(upload: Upload, *, project: Project, blob: Blob, found: sniff.Sniffed, stored: bool) -> tuple[Source, str]:
    """The source, and a sentence about it where there is something to say."""
    others = Source.objects.filter(blob=blob).select_related("project")
    here = others.filter(project=project, name=upload.name).first()
    if here is not None:
        return here, f"“{upload.name}” is in this project already; nothing was stored twice."
    told = ""
    if not stored and (known := others.filter(project__trashed_at__isnull=True).first()) is not None:
        place = "this project" if known.project_id == project.pk else f"“{known.project.title}”"
        told = f"You have this file already, as “{known.name}” in {place}; it is linked, not stored twice."
    elif not stored:
        told = "You have this file already; it is linked, not stored twice."
    source = services.add_source(
        project,
        user=upload.owner,
        blob=blob,
        name=upload.name,
        kind=Source.Kind(found.kind),
        media_type=found.media_type,
        problem=problem_of(upload.name, found),
    )
    return source, told


_MUSIC_ENDINGS = {
    ".mp3", ".wav", ".flac", ".m4a", ".ogg", ".opus", ".aac", ".wma", ".aiff", ".mp4", ".mov", ".mkv", ".webm", ".avi",
    ".musicxml", ".mxl", ".mid", ".midi", ".pdf", ".png", ".jpg", ".jpeg",
}  # fmt: skip


def problem_of(name: str, found: sniff.Sniffed) -> str:
    """Why nothing can be made of it, in a sentence; says so where the name promised something else."""
    if not found.problem:
        return ""
    ending = PurePath(name).suffix.lower()
    if ending in _MUSIC_ENDINGS:
        return f"It is called {ending}, but it is {found.label}. {found.problem}"
    return found.problem


def add_file(project: Project, *, user: User, name: str, file: IO[bytes], size_bytes: int) -> Upload:
    """A whole file at once, by the same way: for forms without JavaScript and for commands."""
    upload = start(project, user=user, name=name, size_bytes=size_bytes)
    try:
        for number in range(1, upload.parts + 1):
            upload = put_part(upload, number=number, body=Window(file, left=upload.size_of_part(number)))
        return finish(upload)
    except BaseException:
        if Upload.objects.filter(pk=upload.pk, state=Upload.State.OPEN).exists():
            cancel(upload)  # nobody could go on with it
        raise


class Window:
    """Reads no further than `left` bytes, so that one file can be given part by part."""

    def __init__(self, file: IO[bytes], *, left: int) -> None:
        self.file, self.left = file, left

    def read(self, size: int = -1, /) -> bytes:
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data
