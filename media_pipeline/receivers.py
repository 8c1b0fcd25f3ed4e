"""What the machine room does when something happens elsewhere: files follow rows, jobs of trashed projects stop."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.signals import post_delete

from accounts.models import User
from accounts.quota import size_text
from accounts.signals import footprint_asked, person_leaving
from media_pipeline import services, store
from media_pipeline.models import Artifact, Job
from projects.models import Project, Source
from projects.signals import project_purging, project_trashed, source_removing


def connect() -> None:
    post_delete.connect(_artifact_gone, sender=Artifact, dispatch_uid="media_pipeline.artifact_gone")
    project_trashed.connect(_project_leaves, dispatch_uid="media_pipeline.project_trashed")
    project_purging.connect(_project_leaves, dispatch_uid="media_pipeline.project_purging")
    source_removing.connect(_source_leaves, dispatch_uid="media_pipeline.source_removing")
    person_leaving.connect(_person_leaves, dispatch_uid="media_pipeline.person_leaving")
    footprint_asked.connect(_footprint, dispatch_uid="media_pipeline.footprint")


def _artifact_gone(sender: Any, instance: Artifact, **_: Any) -> None:
    transaction.on_commit(lambda: store.remove_files(instance))


def _project_leaves(sender: Any, project: Project, **_: Any) -> None:
    for job in Job.objects.filter(project=project, state__in=Job.ACTIVE):
        services.cancel_job(job)


def _source_leaves(sender: Any, source: Source, **_: Any) -> None:
    for job in Job.objects.filter(sources=source, state__in=Job.ACTIVE).distinct():
        services.cancel_job(job)


def _person_leaves(sender: Any, user: User, **_: Any) -> None:
    for job in Job.objects.filter(owner=user, state__in=Job.ACTIVE):
        services.cancel_job(job)


def _footprint(sender: Any, user: User, **_: Any) -> list[tuple[int, str, str]]:
    kept = Artifact.objects.filter(owner=user).aggregate(total=Sum("size"))["total"] or 0
    size = size_text(kept)
    return [
        (Job.objects.filter(owner=user).count(), f"job with its results ({size})", f"jobs with their results ({size})")
    ]
