"""Making a file to take along from a revision: an Export row and the job that fills it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from media_pipeline import services
from media_pipeline.errors import JobError
from media_pipeline.models import Job
from media_pipeline.recipes import EXPORT
from notation.exports import KINDS, safe_name
from notation.models import Export, Revision, Score

PLAN = EXPORT


@transaction.atomic
def start_export(user: User, *, revision: Revision, options: Mapping[str, Any]) -> Export:
    """The file of this kind with these options; a job makes it, unless it is made or under way. JobError if refused.

    options: {"export.kind": "pdf", "export.paper": "A4"}
    """
    try:
        chosen = {name: option.clean(options.get(name, option.default)) for name, option in PLAN.options()}
        PLAN.clean(options)
    except ValueError as error:
        raise JobError(str(error)) from error
    kind = KINDS[str(chosen["export.kind"])]
    kept = {name.partition(".")[2]: value for name, value in chosen.items() if name != "export.kind"}
    same = Export.objects.filter(revision=revision, kind=kind.name, options=kept).order_by("-pk")
    for export in same:
        if export.file and export.name.startswith(safe_name(revision.score.title)):
            return export
        if Job.objects.filter(export=export, state__in=Job.ACTIVE).exists():
            return export
    export = Export.objects.create(revision=revision, kind=kind.name, options=kept)
    services.start_job(
        user,
        project=revision.score.project,
        recipe=PLAN.name,
        options=options,
        score=revision.score,
        export=export,
        title=f"{kind.label} of {revision.score.title}",
        priority=services.NOW,
    )
    return Export.objects.get(pk=export.pk)


def last_options(score: Score) -> dict[str, Any]:
    """The page options of the newest file, so that the form starts where it was left."""
    last = Export.objects.filter(revision__score=score).order_by("-pk").values_list("options", flat=True).first()
    return {f"export.{name}": value for name, value in (last or {}).items()}
