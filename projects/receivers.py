"""What projects does when others ask or tell: counts storage, says what an account holds, removes files after rows."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.signals import post_delete

from accounts.models import User
from accounts.quota import size_text
from accounts.signals import footprint_asked, person_leaving, storage_asked
from projects import parts, previews
from projects.files import files_follow_rows
from projects.models import Blob, Project, Source, Upload

HOLDING = (Upload.State.OPEN, Upload.State.JOINING)


def storage_of(*, user: User, **_: Any) -> int:
    """Files kept, and the room that uploads under way were promised."""
    kept = Blob.objects.filter(owner=user).aggregate(total=Sum("size"))["total"] or 0
    promised = Upload.objects.filter(owner=user, state__in=HOLDING).aggregate(total=Sum("size"))["total"] or 0
    return int(kept + promised)


def footprint_of(*, user: User, **_: Any) -> list[tuple[int, str, str]]:
    bytes_kept = size_text(Blob.objects.filter(owner=user).aggregate(total=Sum("size"))["total"] or 0)
    return [
        (Project.objects.filter(owner=user).count(), "project", "projects"),
        (Source.objects.filter(project__owner=user).count(), f"file ({bytes_kept})", f"files ({bytes_kept})"),
        (Upload.objects.filter(owner=user, state__in=HOLDING).count(), "unfinished upload", "unfinished uploads"),
    ]


def leave(*, user: User, **_: Any) -> None:
    for upload in Upload.objects.filter(owner=user, state__in=HOLDING):
        transaction.on_commit(lambda upload=upload: parts.store().discard(upload))  # type: ignore[misc]
    # With no source left the blobs may go; their files follow their rows.
    Source.objects.filter(project__owner=user).delete()
    Blob.objects.filter(owner=user).delete()


def connect() -> None:
    files_follow_rows(Blob, field="file")
    post_delete.connect(previews.forget, sender=Blob, dispatch_uid="previews of a blob")
    storage_asked.connect(storage_of, dispatch_uid="projects")
    footprint_asked.connect(footprint_of, dispatch_uid="projects")
    person_leaving.connect(leave, dispatch_uid="projects")
