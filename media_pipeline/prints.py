"""Making print sets: a PrintSet row frozen from what the project holds now, and the job that fills it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from media_pipeline import originals, sight, store
from media_pipeline.artifacts import Bundle, Sheets
from media_pipeline.errors import JobError
from media_pipeline.graph import digest
from media_pipeline.models import Job
from media_pipeline.omr.slices import unread_slices
from notation.engrave.rebind import Slice
from notation.models import PrintSet, Revision
from notation.musicxml import NotationError
from notation.printing import order as orders
from notation.printing.choices import Choices, choices_from
from notation.printing.concert import PrintOrder, files_of
from notation.printing.keys import Key
from projects.models import Activity, Project, Source

RECIPE, WITH_SCANS = "print", "print-scans"
KEPT = 3  # finished sets of a project; older ones can be made again


@transaction.atomic
def start_print(user: User, *, project: Project, given: Mapping[str, Any]) -> PrintSet:
    """The set of what is chosen, as the project is now; a job makes it, unless it is made or under way.

    given: as `choices_from` takes it; what is left out is as it was chosen last. JobError where there is nothing to
    print or a choice makes no sense. The choice is kept.
    """
    from media_pipeline.services import SOON, start_job

    try:
        chosen = choices_from(given, base=orders.last_choice(project))
        contents = orders.contents_of(project, chosen)
        orders.check_contents(contents, chosen)
    except NotationError as error:
        raise JobError(error.message, hint=error.hint) from error
    orders.keep_choice(project, chosen)
    name = digest([chosen.as_dict(), contents])
    for same in PrintSet.objects.filter(project=project, digest=name):
        if same.file or Job.objects.filter(print_set=same, state__in=Job.ACTIVE).exists():
            return same
    made = PrintSet.objects.create(
        project=project, author=user, title=contents["title"][:200], chosen=chosen.as_dict(), contents=contents,
        digest=name,
    )  # fmt: skip
    sources = _files(contents)
    recipe = WITH_SCANS if sources else RECIPE
    start_job(
        user, project=project, recipe=recipe, sources=sources, print_set=made, title=contents["title"], priority=SOON
    )
    return PrintSet.objects.get(pk=made.pk)


def _files(contents: Mapping[str, Any]) -> list[Source]:
    """The files whose pages are printed as they were scanned."""
    ids = files_of(contents)
    there = Source.objects.select_related("blob").in_bulk(ids)
    return [there[pk] for pk in ids if pk in there]


def of(job: Job) -> PrintSet:
    if job.print_set is None:
        raise JobError("This print set is not there any more.", hint="Make it again on the page of the files.")
    return job.print_set


def job_of(made: PrintSet) -> Job | None:
    """The newest job that makes it."""
    return Job.objects.filter(print_set=made).select_related("project", "owner", "print_set").order_by("-pk").first()


def order_of(made: PrintSet) -> PrintOrder:
    """What the stage gets. Revisions never change, so it prints what was there when the set was asked for."""
    return order(made.project.owner_id, made.contents, choices_from(made.chosen))


def order(owner_id: int, contents: Mapping[str, Any], chosen: Choices, *, song: Key | None = None) -> PrintOrder:
    """The documents of the contents on this machine; those of one song alone where it is named."""
    parts = [part for one in contents["songs"] if song in (None, one["id"]) for part in one["parts"]]
    revisions = Revision.objects.in_bulk([part["revision"] for part in parts if orders.is_read(part)])
    return PrintOrder(
        contents,
        chosen.as_dict(),
        {pk: store.open_document(revision) for pk, revision in revisions.items()},
        originals.slices(owner_id, contents, revisions, books=chosen.originals),
    )


def scans_of(owner_id: int, contents: Mapping[str, Any], *, book: Key) -> dict[tuple[Key, Key], tuple[Slice, ...]]:
    """Where the songs of a book that was never read stand on its pages. JobError where these were cleared away."""
    mine = {**contents, "unread": [one for one in contents["unread"] if one["book"] == book]}
    sources = _files(mine)
    try:
        sheets = [store.open_artifact(owner_id, key=sight.pages_key(source), kind=Sheets) for source in sources]
    except store.Missing:
        raise JobError(
            "The pictures of these pages were cleared away.",
            hint="They are made again with the files, where you can look at them then.",
        ) from None
    return unread_slices(mine, [store.open_source(source) for source in sources], sheets)[0]


def keep(job: Job, made: PrintSet, bundle: Bundle) -> None:
    """A job has made the set: its ZIP goes where downloads come from, and old sets go."""
    import json

    with bundle.file.open("rb") as content:
        made.file.save(f"{made.project_id}/{made.pk}-{made.name}"[-200:], File(content), save=False)
    made.sha256, made.size = bundle.sha256, bundle.file.stat().st_size
    made.files = json.loads(bundle.files)
    made.notices, made.problem, made.made_at = job.notices, "", timezone.now()
    made.save()
    old = PrintSet.objects.filter(project=made.project_id).exclude(file="").values_list("pk", flat=True)[KEPT:]
    PrintSet.objects.filter(pk__in=list(old)).delete()
    url = reverse("notation:download", args=[job.project_id])
    files = f"{len(made.files)} file{'' if len(made.files) == 1 else 's'}"
    Activity.objects.create(project=job.project, user=job.owner, text=f"Printed “{made.title}”: {files}"[:300], url=url)
    owner = job.owner_id
    transaction.on_commit(lambda: store.bound_pages(owner))
