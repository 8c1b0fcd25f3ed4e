"""What the machine room does when something happens elsewhere: files follow rows, jobs of trashed projects stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.signals import post_delete

from accounts.models import Preferences, User
from accounts.quota import size_text
from accounts.signals import footprint_asked, person_leaving
from media_pipeline import mail, services, store
from media_pipeline.models import Artifact, Job, Step
from media_pipeline.recipes import quiet
from media_pipeline.signals import job_ended
from projects.models import Project, Source
from projects.signals import project_purging, project_trashed, source_removing

LONG = timedelta(minutes=2)


def connect() -> None:
    post_delete.connect(_artifact_gone, sender=Artifact, dispatch_uid="media_pipeline.artifact_gone")
    project_trashed.connect(_project_leaves, dispatch_uid="media_pipeline.project_trashed")
    project_purging.connect(_project_goes, dispatch_uid="media_pipeline.project_purging")
    source_removing.connect(_source_leaves, dispatch_uid="media_pipeline.source_removing")
    person_leaving.connect(_person_leaves, dispatch_uid="media_pipeline.person_leaving")
    job_ended.connect(_tell_by_mail, dispatch_uid="media_pipeline.mail")
    footprint_asked.connect(_footprint, dispatch_uid="media_pipeline.footprint")


def _artifact_gone(sender: Any, instance: Artifact, **_: Any) -> None:
    transaction.on_commit(lambda: store.remove_files(instance))


def _project_leaves(sender: Any, project: Project, **_: Any) -> None:
    for job in Job.objects.filter(project=project, state__in=Job.ACTIVE):
        services.cancel_job(job)


def _project_goes(sender: Any, project: Project, **_: Any) -> None:
    """Its jobs stop, and what they made goes along, but for what another project's jobs made just so."""
    _project_leaves(sender, project)
    elsewhere = Step.objects.filter(owner=project.owner_id).exclude(job__project=project).values("key")
    keys = Step.objects.filter(job__project=project).exclude(key__in=elsewhere).values("key")
    mine = Artifact.objects.filter(Q(key__in=keys) | Q(partial_of__in=keys), owner=project.owner_id)
    mine.delete()
    owner, number = project.owner_id, project.pk
    transaction.on_commit(lambda: store.forget_pages(owner, number))


def _source_leaves(sender: Any, source: Source, **_: Any) -> None:
    for job in Job.objects.filter(sources=source, state__in=Job.ACTIVE).distinct():
        services.cancel_job(job)


def _person_leaves(sender: Any, user: User, **_: Any) -> None:
    for job in Job.objects.filter(owner=user, state__in=Job.ACTIVE):
        services.cancel_job(job)
    number = user.pk
    transaction.on_commit(lambda: store.forget_pages(number))


def _tell_by_mail(sender: Any, job: Job, **_: Any) -> None:
    """Who wants it is told by e-mail when a long job has ended, unless she sees it end."""
    if (
        job.export_id is not None
        or job.recipe in quiet()
        or job.state == Job.State.CANCELLED
        or job.seen_at is not None
    ):
        return
    if job.finished_at is None or (job.finished_at - job.created_at) < LONG:
        return
    if Preferences.objects.filter(user=job.owner_id, email_notices=True).exists():
        mail.job_ended(job)


def _footprint(sender: Any, user: User, **_: Any) -> list[tuple[int, str, str]]:
    kept = Artifact.objects.filter(owner=user).aggregate(total=Sum("size"))["total"] or 0
    size = size_text(kept)
    return [
        (Job.objects.filter(owner=user).count(), f"job with its results ({size})", f"jobs with their results ({size})")
    ]
