"""Verbs about projects: create, change, trash, restore, purge; sources come and go; what happened is noted."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import quota
from accounts.models import User
from projects import signals
from projects.errors import ProjectError
from projects.models import Activity, Blob, Project, Source, Upload
from projects.names import clean_name

log = logging.getLogger(__name__)

TRASH_DAYS = 30


def note(project: Project, *, user: User | None, text: str, url: str = "") -> Activity:
    """One line of what happened; also moves the project to the top."""
    Project.objects.filter(pk=project.pk).update(updated_at=timezone.now())
    return Activity.objects.create(project=project, user=user, text=text[:300], url=url[:300])


@transaction.atomic
def create_project(user: User, *, title: str, description: str = "") -> Project:
    title = " ".join(title.split())[:200]
    if not title:
        raise ProjectError("A project needs a title.")
    project = Project.objects.create(owner=user, title=title, description=description.strip())
    note(project, user=user, text="Project created", url=reverse("projects:detail", args=[project.pk]))
    return project


@transaction.atomic
def edit_project(project: Project, *, user: User, title: str, description: str) -> Project:
    title = " ".join(title.split())[:200]
    if not title:
        raise ProjectError("A project needs a title.")
    renamed = title != project.title
    project.title, project.description = title, description.strip()
    project.save(update_fields=["title", "description", "updated_at"])
    if renamed:
        note(project, user=user, text=f"Renamed to “{title}”", url=reverse("projects:detail", args=[project.pk]))
    return project


def trash_project(project: Project) -> None:
    """Put it out of sight; it can come back for TRASH_DAYS days."""
    with transaction.atomic():
        changed = Project.objects.filter(pk=project.pk, trashed_at__isnull=True).update(trashed_at=timezone.now())
        if changed:
            transaction.on_commit(lambda: _tell(signals.project_trashed, project=project))


def restore_project(project: Project, *, user: User) -> None:
    with transaction.atomic():
        if Project.objects.filter(pk=project.pk, trashed_at__isnull=False).update(trashed_at=None):
            note(project, user=user, text="Restored from the trash", url=reverse("projects:detail", args=[project.pk]))


def purge_project(project: Project) -> None:
    """Remove it for good, with everything in it. Files go unless another project of hers still has them."""
    with transaction.atomic():
        owner = project.owner
        quota.lock(owner)
        signals.project_purging.send(Project, project=project)
        blobs = set(project.sources.values_list("blob", flat=True))
        for upload in project.uploads.filter(state__in=(Upload.State.OPEN, Upload.State.JOINING)):
            transaction.on_commit(lambda upload=upload: _discard(upload), robust=True)  # type: ignore[misc]
        project.delete()
        _drop_unused(blobs)


def purge_trash() -> int:
    """Purge what has been in the trash for TRASH_DAYS days; returns how many projects went."""
    old = timezone.now() - timedelta(days=TRASH_DAYS)
    due = list(Project.objects.filter(trashed_at__lt=old).select_related("owner"))
    for project in due:
        purge_project(project)
    return len(due)


def purge_all() -> dict[str, int]:
    """What the sweeper and the command `purge` do: old trash, forgotten uploads."""
    from projects import uploads

    return {"projects": purge_trash(), "uploads": uploads.forget_old()}


def add_source(
    project: Project, *, user: User, blob: Blob, name: str, kind: Source.Kind, media_type: str, problem: str = ""
) -> Source:
    """Inside a transaction: a file is in the project. The apps above hear of it when that is final."""
    source = Source.objects.create(
        project=project, blob=blob, name=clean_name(name), kind=kind, media_type=media_type, problem=problem[:300]
    )
    note(project, user=user, text=f"Uploaded “{source.name}”", url=reverse("projects:source", args=[source.pk]))
    transaction.on_commit(lambda: _tell(signals.source_added, source=source))
    return source


@transaction.atomic
def rename_source(source: Source, *, user: User, name: str) -> Source:
    source.name = clean_name(name)
    source.save(update_fields=["name"])
    return source


def delete_source(source: Source, *, user: User) -> None:
    with transaction.atomic():
        quota.lock(source.project.owner)
        signals.source_removing.send(Source, source=source)
        note(source.project, user=user, text=f"Deleted “{source.name}”")
        blob = source.blob_id
        source.delete()
        _drop_unused({blob})


def _drop_unused(blobs: set[int]) -> None:
    """Under the owner's lock, so that no upload links to a blob that is just going."""
    for blob in Blob.objects.filter(pk__in=blobs, sources__isnull=True):
        blob.delete()  # its file follows (projects/receivers.py)


def _discard(upload: Upload) -> None:
    from projects.parts import store

    store().discard(upload)


def _tell(signal: object, **news: object) -> None:
    """A listener that fails must not harm what has happened already."""
    for receiver, answer in signal.send_robust(None, **news):  # type: ignore[attr-defined]
        if isinstance(answer, Exception):
            log.error("a listener failed: %s", receiver, exc_info=answer)
