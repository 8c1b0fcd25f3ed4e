"""What a finished job does to the rows of notation, and what notation gives to a job.

Document    a new score, or the next revision of the score that the job remakes
ExportFile  the file of the job's export
Shelf       books and songs, and a score for what each book has of each song
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath
from typing import Any, TypeVar

from django.core.files import File
from django.urls import reverse
from django.utils import timezone

from media_pipeline import store
from media_pipeline.artifacts import Document, ExportFile, Notation, Shelf
from media_pipeline.books import books_read
from media_pipeline.errors import JobError
from media_pipeline.graph import Recipe, Stage, digest
from media_pipeline.models import Job, JobSource, Step
from notation import books
from notation import services as notation
from notation.models import Export, Revision, Song
from projects.models import Activity

Made = TypeVar("Made")

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
    if (file := made(job, plan, ExportFile)) is not None and job.export is not None:
        _keep_export(job, job.export, file)


def failed(job: Job) -> None:
    """The job ended without a result: what waits for it says why."""
    if job.export_id is not None:
        Export.objects.filter(pk=job.export_id).update(problem=job.problem or "Stopped before it was finished.")


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
    """The key of what notation gives to a job."""
    revision = _revision(job, kind)
    return digest(["revision", revision.sha256, revision.score.title])


def open_given(job: Job, kind: Any) -> Notation:
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
    strange = books.keep(job.project, read=read, author=job.owner)
    if strange:
        job.notices = list(dict.fromkeys([*job.notices, *strange]))
        Job.objects.filter(pk=job.pk).update(notices=job.notices)
    songs = Song.objects.filter(project=job.project_id).count()
    said = f"{plan.label}: {_counted(len(read), 'book')} read; the table has {_counted(songs, 'song')}"
    url = reverse("notation:review", args=[job.project_id])
    Activity.objects.create(project=job.project, user=job.owner, text=said[:300], url=url)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


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
