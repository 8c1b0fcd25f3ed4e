"""The e-mail that says that a long job has ended."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail

from media_pipeline.models import Job


def job_ended(job: Job) -> None:
    """To its owner. With a link where the settings say how the house is called from outside (PUBLIC_URL)."""
    label = job.plan.label if job.plan else job.recipe
    about = f"{label} of {job.title}" if job.title else label
    ready = job.state == Job.State.DONE
    lines = [f"{about} is ready." if ready else f"{about} could not be made: {job.problem} {job.hint}".strip()]
    lines += list(job.notices)
    if base := getattr(settings, "PUBLIC_URL", ""):
        lines.append(f"{base.rstrip('/')}{job.get_absolute_url()}?open")
    lines.append("You get this because your preferences ask for it.")
    subject = f"{about} {'is ready' if ready else 'failed'}".replace("\n", " ")[:200]
    send_mail(subject, "\n\n".join(lines), None, [job.owner.email], fail_silently=True)
