"""Who may see a job: whoever may see its project. Built on projects.access, the only door."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from media_pipeline.models import Job
from projects.access import Person, projects_of


def jobs_of(user: Person) -> QuerySet[Job]:
    """Every job of the projects this person may see; none of trashed projects."""
    return Job.objects.filter(project__in=projects_of(user)).select_related("project", "score", "owner", "export")


def job_for(user: Person, pk: int) -> Job:
    job = jobs_of(user).filter(pk=pk).first()
    if job is None:
        raise Http404("There is no such job.")
    return job
