"""Starting the band's proof-reading, and how it stands."""

from __future__ import annotations

from accounts.models import User
from media_pipeline import services
from media_pipeline.models import Job
from media_pipeline.recipes import PROOF_READING
from notation import checks
from notation.models import Revision
from projects.models import Project


def start(user: User, project: Project, *, mend: bool = False) -> Job:
    """A job that holds the parts of every song together. mend: what is sure is mended in parts as they were read.

    JobError where it is refused.
    """
    options = {"hold_together.mend": True} if mend else {}
    return services.start_job(
        user, project=project, recipe=PROOF_READING.name, options=options, title=project.title, priority=services.NOW
    )


def ensure(user: User, project: Project) -> Job | None:
    """The job under way, or a new one where parts have changed since the last; None where nothing is to be done."""
    return running(project) or (start(user, project) if checks.stale(project) else None)


def overtaken(project: Project) -> bool:
    """Whether a part was changed while the last one read: what it found is then of parts that are no more."""
    last = services.last_job(project, recipe=PROOF_READING.name)
    if last is None or last.state != Job.State.DONE or last.started_at is None or not checks.stale(project):
        return False
    return Revision.objects.filter(score__project=project, created_at__gt=last.started_at).exists()


def running(project: Project) -> Job | None:
    jobs = Job.objects.filter(project=project, recipe=PROOF_READING.name, state__in=Job.ACTIVE)
    return jobs.select_related("project", "owner").order_by("-pk").first()
