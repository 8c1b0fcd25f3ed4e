"""What the page of a score fetches: its recording and waveform, the options that remake it, files to take along."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.storage import Storage, default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from accounts.views import me
from media_pipeline import exports as take_along
from media_pipeline import forms, results, services, show, store
from media_pipeline.artifacts import Listening
from media_pipeline.books import cut_out, picture_of
from media_pipeline.errors import JobError
from media_pipeline.models import Job, Step
from media_pipeline.views import _fragment
from notation.access import score_for
from notation.exports import KINDS
from notation.models import Export, Revision, Score
from notation.reading import frame_of, page_of
from projects.access import projects_of
from projects.files import serve


@dataclass(frozen=True)
class Stored:
    """A file of the store, as `serve` takes it."""

    name: str
    storage: Storage = default_storage

    @property
    def size(self) -> int:
        return self.storage.size(self.name)


@login_required
@require_safe
def recording(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The copy of the recording that every browser plays; ranges."""
    score = score_for(request.user, pk)
    job, step = _listening(score)
    heard = _open(job, step)
    name = f"{store.place_of(job.owner_id, step.key)}/{heard.file.name}"
    title = f"{score.title}{heard.file.suffix}"
    return serve(request, Stored(name), name=title, media_type=heard.media_type, inline=True)


@login_required
@require_safe
def waveform(request: HttpRequest, pk: int) -> HttpResponse:
    """{duration, peaks_per_second, peaks, start, end}: peaks are base64 of int8 pairs; start and end are the trim."""
    job, step = _listening(score_for(request.user, pk))
    heard = _open(job, step)
    start = float(job.options.get("decode.trim_start", 0.0))
    end = float(job.options.get("decode.trim_end", 0.0)) or heard.duration
    response = JsonResponse(
        {
            "duration": heard.duration,
            "peaks_per_second": heard.peaks_per_second,
            "peaks": base64.b64encode(heard.peaks.tobytes()).decode(),
            "start": min(start, heard.duration),
            "end": min(end, heard.duration),
        }
    )
    response["Cache-Control"] = "private, max-age=300"
    return response


@login_required
@require_safe
def page(request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
    """The picture of a page that this score was read from, set upright; `number` counts the pages of its book."""
    score = score_for(request.user, pk)
    read = score.last_read
    entry = page_of(read.reading, number) if read is not None else None
    if entry is None:
        raise Http404("There is no such page.")
    try:
        name = picture_of(score.project.owner_id, entry)
    except store.Missing as missing:
        raise Http404("The picture of this page is not kept any more. Read the book again.") from missing
    return serve(request, Stored(name), name=f"{entry['label']}.png", media_type="image/png", inline=True)


@login_required
@require_safe
def bar_picture(request: HttpRequest, pk: int, measure: int) -> HttpResponseBase:
    """What is printed of a bar, with some of what stands beside it; `measure` is its index in the document."""
    score = score_for(request.user, pk)
    read = score.last_read
    cut = read is not None and frame_of(read.reading, measure)
    entry = page_of(read.reading, cut[0]) if read is not None and cut else None
    if entry is None or not cut:
        raise Http404("There is no such bar.")
    try:
        picture = cut_out(picture_of(score.project.owner_id, entry), cut[1])
    except (store.Missing, OSError) as missing:
        raise Http404("The picture of this page is not kept any more. Read the book again.") from missing
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = "private, max-age=3600"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def options(request: HttpRequest, pk: int) -> HttpResponse:
    """The options that can be changed after the job. POST starts the remake, which adds a revision."""
    score = score_for(request.user, pk)
    job = made_by(score)
    plan = job.plan if job is not None else None
    error, status = "", 200
    if request.method == "POST" and job is not None and plan is not None:
        try:
            services.change_options(job, options=forms.chosen(plan, request.POST, when="after"))
        except JobError as refused:
            error, status = refused.sentence, 422
        else:
            if not request.headers.get("HX-Request"):
                return redirect("notation:score", score.pk)
            job = made_by(score)
    shown = show.fields(plan, job.options, when="after", prefix="remake") if job is not None and plan else []
    seldom = {"engine", "title", "composer"}
    context = {
        "score": score,
        "job": job,
        "running": show.job_context(job) if job is not None and job.state != Job.State.DONE else None,
        "fields": [field for field in shown if field.name.partition(".")[2] not in seldom],
        "more": [field for field in shown if field.name.partition(".")[2] in seldom],
        "error": error,
        **_page_of("Adjust the transcription", score, "media_pipeline/_options.html"),
    }
    return _fragment(request, context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def exports(request: HttpRequest, pk: int) -> HttpResponse:
    """Files to take along. POST `export.kind` and page options: makes one, unless it is there already."""
    score = score_for(request.user, pk)
    given = request.POST if request.method == "POST" else request.GET
    revision = _revision(score, given.get("revision", ""))
    error, status, ready = None, 200, ""
    if request.method == "POST":
        try:
            chosen = forms.chosen(take_along.PLAN, request.POST)
            export = take_along.start_export(me(request), revision=revision, options=chosen)
        except JobError as refused:
            error, status = refused, 422
        else:
            if not request.headers.get("HX-Request"):
                if export.file:
                    return redirect("jobs:export_file", export.pk)
                return redirect(f"{reverse('jobs:exports', args=[score.pk])}?revision={revision.number}")
            ready = reverse("jobs:export_file", args=[export.pk]) if export.file else ""
    rows = list(Export.objects.filter(revision__score=score).select_related("revision")[:12])
    busy = Job.objects.filter(export__in=rows, state__in=Job.ACTIVE).select_related("export", "project", "score")
    under_way = {job.export_id: job for job in busy}
    present = show.Present()
    context = {
        "score": score,
        "revision": revision,
        "kinds": KINDS.values(),
        "fields": show.fields(take_along.PLAN, take_along.last_options(score), prefix="export")[1:],
        "running": [show.job_context(job, full=False, present=present) for job in under_way.values()],
        "made": [row for row in rows if row.pk not in under_way and (row.file or row.problem)],
        "error": error,
        **_page_of("Take it along", score, "media_pipeline/_exports.html"),
    }
    response = _fragment(request, context, status=status)
    return trigger_client_event(response, "export-ready", {"address": ready}) if ready else response


@login_required
@require_GET
def export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    export = Export.objects.filter(pk=pk, revision__score__project__in=projects_of(request.user)).first()
    if export is None or not export.file:
        raise Http404("There is no such file.")
    return serve(request, export.file, name=export.name, media_type=export.media_type)


def made_by(score: Score) -> Job | None:
    """The newest job that makes this score: the one under way, or the last that ended well; else the last of all."""
    jobs = Job.objects.filter(score=score, export=None).select_related("project", "score", "owner").order_by("-pk")
    good = jobs.filter(state__in=[*Job.ACTIVE, Job.State.DONE]).first()
    return good or jobs.first()


def _revision(score: Score, number: str) -> Revision:
    revisions = Revision.objects.filter(score=score).order_by("-number")
    found = (
        revisions.filter(number=int(number)).first() if number.isdecimal() and len(number) < 9 else revisions.first()
    )
    if found is None:
        raise Http404("There is no such revision.")
    return found


def _listening(score: Score) -> tuple[Job, Step]:
    """The newest finished job of the score, and its step that made the copy to listen to."""
    job = Job.objects.filter(score=score, export=None, state=Job.State.DONE).order_by("-pk").first()
    plan = job.plan if job is not None else None
    maker = results.maker_of(plan, Listening) if plan is not None else None
    step = job.steps.filter(stage=maker.name).first() if job is not None and maker is not None else None
    if job is None or step is None:
        raise Http404("This score has no recording.")
    return job, step


def _open(job: Job, step: Step) -> Listening:
    try:
        heard: Listening = store.open_artifact(job.owner_id, key=step.key, kind=Listening)
    except store.Missing as missing:
        raise Http404("The recording of this score is not kept any more.") from missing
    return heard


def _page_of(heading: str, score: Score, fragment: str) -> dict[str, Any]:
    back = reverse("notation:score", args=[score.pk])
    return {"heading": heading, "back": back, "back_label": score.title, "fragment": fragment}
