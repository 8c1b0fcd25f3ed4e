"""What a finished job does to the rows of notation, and what notation gives to a job.

Document    a new score, or the next revision of the score that the job remakes
ExportFile  the file of the job's export
Bundle      the ZIP of the job's print set
Shelf       books and songs, and a score for what each book has of each song
Parts       derived books and their scores
Proofs      what the parts of each song disagree about, and the repairs that are sure
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import PurePath
from typing import Any, TypeVar

from django.core.files import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from media_pipeline import prints, store
from media_pipeline.artifacts import Bundle, Document, ExportFile, Notation, Parts, Proofs, Shelf, Table
from media_pipeline.books import books_read
from media_pipeline.errors import JobError
from media_pipeline.first_look import take_in
from media_pipeline.graph import Recipe, Stage, digest
from media_pipeline.models import Job, JobSource, Step
from notation import books, checks, generate
from notation import services as notation
from notation.models import Export, PrintSet, Revision, Song
from notation.printing.concert import PrintOrder
from notation.words import counted
from projects.models import Activity

log = logging.getLogger(__name__)
Made = TypeVar("Made")

STOPPED = "Stopped before it was finished."
HEADS = "heads"  # the stage after which a file can be sorted
AT_ONCE = timedelta(seconds=20)


def finish(job: Job) -> None:
    """All steps are done: show for it. Inside the transaction that ends the job."""
    plan = job.plan
    if plan is None:
        return
    if (document := made(job, plan, Document)) is not None:
        _keep_score(job, plan, document)
    if (shelf := made(job, plan, Shelf)) is not None:
        _keep_books(job, plan, shelf)
    if (proofs := made(job, plan, Proofs)) is not None:
        _keep_proofs(job, proofs)
    if (parts := made(job, plan, Parts)) is not None:
        _keep_parts(job, plan, parts)
    if any(stage.name == HEADS for stage in plan.stages):
        take_in(job, ended=True)
    if (file := made(job, plan, ExportFile)) is not None and job.export is not None:
        _keep_export(job, job.export, file)
    if (bundle := made(job, plan, Bundle)) is not None and job.print_set is not None:
        prints.keep(job, job.print_set, bundle)


def along(job: Job, step: Step) -> None:
    """A step is done: show what can be shown before its job ends. Inside the transaction that ends the step."""
    if step.stage == HEADS:
        take_in(job, ended=False)


def failed(job: Job) -> None:
    """The job ended without a result: what waits for it says why, and what it has seen by then is kept."""
    if job.plan is not None and any(stage.name == HEADS for stage in job.plan.stages):
        take_in(job, ended=True)
    if job.export_id is not None:
        Export.objects.filter(pk=job.export_id).update(problem=job.problem or STOPPED)
    if job.print_set_id is not None:
        PrintSet.objects.filter(pk=job.print_set_id).update(problem=job.problem or STOPPED)


def made(job: Job, plan: Recipe, kind: type[Made]) -> Made | None:
    """The artefact of this type that the job made; None where its recipe makes none. store.Missing where it is gone."""
    maker = maker_of(plan, kind)
    step = job.steps.filter(stage=maker.name, state=Step.State.DONE).first() if maker else None
    if step is None:
        return None
    value: Made = store.open_artifact(job.owner_id, key=step.key, kind=kind)
    return value


def maker_of(plan: Recipe, kind: type) -> Stage | None:
    return next((stage for stage in plan.stages if stage.makes is kind and not stage.many), None)


def given_key(job: Job, kind: Any) -> str:
    """The key of what notation gives to a job. What a whole table holds is given once, to this very job."""
    if kind is Table:
        return digest(["table", job.pk])
    if kind is PrintOrder:
        return digest(["print", prints.of(job).digest])
    revision = _revision(job, kind)
    return digest(["revision", revision.sha256, revision.score.title])


def open_given(job: Job, kind: Any) -> Notation | Table | PrintOrder:
    if kind is Table and job.recipe == "derived-parts":
        songs, asked = generate.table_of(job.project)
        return Table(tuple(songs), asked)
    if kind is Table:
        return Table(tuple(checks.table_of(job.project)))
    if kind is PrintOrder:
        return prints.order_of(prints.of(job))
    revision = _revision(job, kind)
    return Notation(path=store.open_document(revision), title=revision.score.title)


def _revision(job: Job, kind: Any) -> Revision:
    if kind is not Notation:
        raise JobError(f"Nothing gives a {getattr(kind, '__name__', kind)} to a job.")
    if job.export is not None:
        return job.export.revision
    revision = job.score.latest if job.score is not None else None
    if revision is None:
        raise JobError("Choose a score first.")
    return revision


def _keep_score(job: Job, plan: Recipe, document: Document) -> None:
    source = JobSource.objects.filter(job=job).select_related("source").first()
    content = {
        "document": document.musicxml.read_bytes(),
        "author": job.owner,
        "options": job.options,
        "sync": document.sync,
        "summary": document.summary,
        "notices": job.notices,
    }
    if job.score is None:
        job.score = notation.create_score(
            job.project,
            title=document.title or PurePath(job.title).stem,
            reason=job.reason or "Transcribed",
            kind=job.recipe,
            source=source.source if source else None,
            **content,
        )
        Job.objects.filter(pk=job.pk).update(score=job.score)
        said = f"{plan.label} of {job.title} is finished"
    else:
        last = job.score.latest
        reason = job.reason or changes(plan, last.options if last else {}, job.options) or "Made again"
        notation.add_revision(job.score, reason=reason, **content)
        said = f"{job.score.title}: {reason}"
        if timezone.now() - job.created_at < AT_ONCE:  # whoever changed an option saw the score follow
            Job.objects.filter(pk=job.pk).update(seen_at=timezone.now())
    Activity.objects.create(project=job.project, user=job.owner, text=said[:300], url=job.score.get_absolute_url())


def _keep_books(job: Job, plan: Recipe, shelf: Shelf) -> None:
    read = books_read(job, shelf)
    strange = books.keep(job.project, read=read, author=job.owner, sheaves=[book["id"] for book in job.books])
    if strange:
        job.notices = list(dict.fromkeys([*job.notices, *strange]))
        Job.objects.filter(pk=job.pk).update(notices=job.notices)
    songs = Song.objects.filter(project=job.project_id).count()
    said = f"{plan.label}: {counted(len(read), 'book')} read; the table has {counted(songs, 'song')}"
    url = reverse("notation:review", args=[job.project_id])
    transaction.on_commit(lambda: _hold_together(job))
    Activity.objects.create(project=job.project, user=job.owner, text=said[:300], url=url)


def _hold_together(job: Job) -> None:
    """What was read proof-reads itself."""
    from media_pipeline import proofs

    try:
        proofs.start(job.owner, job.project, mend=True)
    except JobError as error:  # too much waits already: whoever opens the page of the disagreements starts it
        log.warning("no proof-reading after job %s: %s", job.pk, error)


def _keep_parts(job: Job, plan: Recipe, parts: Parts) -> None:
    told = json.loads(parts.told.read_text())
    refused = generate.keep(job.project, told, author=job.owner)
    if refused:
        job.notices = list(dict.fromkeys([*job.notices, *refused]))
        Job.objects.filter(pk=job.pk).update(notices=job.notices)
    made_now = sorted({part["target"] for song in told for part in song["derived"]})
    if made_now:
        url = reverse("notation:generate", args=[job.project_id])
        said = f"{plan.label}: {', '.join(made_now)}"
        Activity.objects.create(project=job.project, user=job.owner, text=said[:300], url=url)


def _keep_proofs(job: Job, proofs: Proofs) -> None:
    said = checks.keep(job.project, json.loads(proofs.told.read_text()), author=job.owner)
    if said:
        url = reverse("notation:checks", args=[job.project_id])
        words = f"{checks.BAND} mended {counted(len(said), 'part')}"
        Activity.objects.create(project=job.project, user=job.owner, text=words, url=url)
    # Only the last of them is of use to anybody.
    Job.objects.filter(project=job.project_id, recipe=job.recipe, state=Job.State.DONE).exclude(pk=job.pk).delete()


def changes(plan: Recipe, before: dict[str, Any], after: dict[str, Any]) -> str:
    """What differs, in the words of the form: "Tuning: drop D, Capo: 2"."""
    said = []
    for name, option in plan.options():
        old, new = before.get(name, option.default), after.get(name, option.default)
        if old != new:
            words = dict(option.choices).get(new, "on" if new is True else "off" if new is False else new)
            said.append(f"{option.label}: {words}")
    return ", ".join(said)[:200]


def _keep_export(job: Job, export: Export, made: ExportFile) -> None:
    with made.file.open("rb") as content:
        export.file.save(f"{export.pk}/{PurePath(made.name).name}", File(content), save=False)
    export.name, export.media_type, export.size = made.name[:255], made.media_type, made.file.stat().st_size
    export.problem = ""
    export.save()
