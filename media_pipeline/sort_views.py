"""The page on which pages are sorted: /projects/<id>/sort/. Every step is kept at once; two windows do no harm."""

from __future__ import annotations

import io
import json
from collections.abc import Collection
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from accounts.views import me
from media_pipeline import forms, results, show, sight, sorting, store
from media_pipeline.access import job_for, jobs_of
from media_pipeline.artifacts import ExportFile
from media_pipeline.errors import JobError
from media_pipeline.models import Job
from media_pipeline.recipes import LOOK, ORIGINALS
from media_pipeline.replacing import replace_page
from media_pipeline.score_views import Stored
from notation import sorting as steps
from notation.musicxml import NotationError
from notation.sorting import Stale, Standing
from projects.access import project_for, source_for
from projects.errors import ProjectError
from projects.files import LOCKED, serve
from projects.models import Project, Source

MOST_BYTES = 200_000  # of a step


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    standing = steps.standing(project)
    present = show.Present()
    unseen = sorting.to_look_at(project)
    jobs = show.shown_while_sorting(request.user, project.pk)
    newest = jobs_of(request.user).filter(project=project, recipe=ORIGINALS.name, state=Job.State.DONE)
    context = {
        "project": project,
        "standing": standing,
        "books": sorting.shown(project, standing.arranged),
        "titles": titles(standing),
        "unseen": unseen,
        "fresh": sorting.fresh(project, unseen),
        "looking": any(job.recipe == LOOK.name and job.active for job in jobs),
        "jobs": [show.job_context(job, present=present, full=False) for job in jobs],
        "bound": newest.order_by("-pk").first(),
        "fields": show.fields(ORIGINALS, {}, when="before", prefix="originals"),
        "state": told(project, standing, books=()),
    }
    return render(request, "media_pipeline/sort.html", context)


@login_required
@require_safe
def books(request: HttpRequest, pk: int) -> HttpResponse:
    """All books anew; 204 where the page is up to date: ?version=3&grown=1."""
    project = project_for(request.user, pk)
    standing = steps.standing(project)
    if (request.GET.get("version"), request.GET.get("grown")) == (str(standing.version), str(standing.grown)):
        return HttpResponse(status=204)
    return JsonResponse(told(project, standing))


@login_required
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """POST {"version": 3, "verb": "move", "given": {…}} as JSON; the books that it changed, 409 where it is stale."""
    project = project_for(request.user, pk)
    try:
        asked = json.loads(request.body) if len(request.body) <= MOST_BYTES else {}
        version, verb, given = int(asked["version"]), str(asked["verb"]), dict(asked.get("given", {}))
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"problem": "This was no step."}, status=400)
    before = steps.standing(project)
    try:
        after, said = steps.change(project, user=me(request), version=version, verb=verb, given=given)
    except Stale as error:
        return JsonResponse({**told(project, steps.standing(project)), "problem": _sentence(error)}, status=409)
    except NotationError as error:
        return JsonResponse({"problem": _sentence(error)}, status=422)
    old = {book.id: book for book in before.arranged.books}
    changed = [book.id for book in after.arranged.books if old.get(book.id) != book]
    return JsonResponse({**told(project, after, books=changed), "said": said})


@login_required
@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """A first look at files whose pages are not sorted yet; on to the page where they appear.

    ?unasked: a page asks, not a person, who is told nothing but that it began. ?unasked=uploaded: files have just come.
    """
    project = project_for(request.user, pk)
    if "unasked" in request.GET:
        return _look_unasked(request, project)
    try:
        sorting.start_look(me(request), project=project)
    except JobError as error:
        return _refused(request, project, error)
    return redirect("jobs:sort", project.pk)


def _look_unasked(request: HttpRequest, project: Project) -> HttpResponse:
    try:
        uploaded = request.GET["unasked"] == "uploaded"
        job = sorting.look_unasked(me(request), project=project, uploaded=uploaded)
    except JobError:  # she is told when she asks
        job = None
    answer = HttpResponse(status=204)
    return trigger_client_event(answer, "look-started") if job is not None else answer


@login_required
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    try:
        job = sorting.start_reading(me(request), project=project)
    except JobError as error:
        return _refused(request, project, error)
    return redirect(job.get_absolute_url())


@login_required
@require_POST
def bind(request: HttpRequest, pk: int) -> HttpResponse:
    """POST by, paper: the original pages bound anew."""
    project = project_for(request.user, pk)
    try:
        options = forms.chosen(ORIGINALS, request.POST)
        job = sorting.start_originals(me(request), project=project, options=options)
    except JobError as error:
        return _refused(request, project, error)
    return redirect(job.get_absolute_url())


@login_required
@require_POST
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """POST leaf, version and a file: its first page takes the place of the leaf."""
    project = project_for(request.user, pk)
    try:
        version = int(request.POST.get("version", ""))
        file = request.FILES["file"]
    except (ValueError, KeyError):
        return _refused(request, project, JobError("Choose a picture or a PDF of the page."))
    try:
        replace_page(me(request), project=project, leaf=request.POST.get("leaf", ""), version=version, file=file)
    except (JobError, NotationError, ProjectError) as error:
        return _refused(request, project, JobError(error.message, hint=error.hint))
    return redirect("jobs:sort", project.pk)


@login_required
@require_safe
def small(request: HttpRequest, pk: int, source: int, sheet: int) -> HttpResponseBase:
    """A page as a thumbnail; ?turn=90 for one turned by hand."""
    found = _source(request, pk, source)
    looks = sight.looks_of(found.project.owner_id, found)
    if looks is None or sheet >= len(looks.faces):
        raise Http404("There is no such page.")
    return picture(request, looks.faces[sheet].picture, media_type="image/jpeg")


@login_required
@require_safe
def large(request: HttpRequest, pk: int, source: int, sheet: int) -> HttpResponseBase:
    """The page as it was set upright."""
    found = _source(request, pk, source)
    sheets = sight.sheets_of(found.project.owner_id, found)
    if sheet >= len(sheets):
        raise Http404("There is no such page.")
    return picture(request, sheets[sheet].picture, media_type="image/png")


@login_required
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What a job made to take along, as long as it is kept."""
    job = job_for(request.user, pk)
    plan = job.plan
    try:
        made = results.made(job, plan, ExportFile) if plan is not None and plan.shows == "file" else None
    except store.Missing:
        made = None
    if made is None:
        raise Http404("There is no such file, or it was cleared away. Make it again.")
    step = job.steps.get(stage=ORIGINALS.stages[-1].name)
    stored = Stored(f"{store.place_of(job.owner_id, step.key)}/{made.file.name}")
    return serve(request, stored, name=made.name, media_type=made.media_type)


def told(project: Project, standing: Standing, *, books: Collection[str] | None = None) -> dict[str, Any]:
    """A standing as the page takes it; the HTML of these books, None: of all."""
    found = sorting.shown(project, standing.arranged, only=books)
    return {
        "version": standing.version,
        "grown": standing.grown,
        "undo": standing.undo,
        "redo": standing.redo,
        "order": [book.id for book in standing.arranged.books],
        "names": {book.id: book.name for book in standing.arranged.books},
        "titles": titles(standing),
        "books": {
            one.book.id: render_to_string("media_pipeline/_sort_book.html", {"shown": one, "project": project})
            for one in found
        },
    }


def titles(standing: Standing) -> list[str]:
    return list(dict.fromkeys(title for book in standing.arranged.books for title in book.titles))


def _source(request: HttpRequest, pk: int, source: int) -> Source:
    found = source_for(request.user, source)
    if found.project_id != pk or found.kind not in sight.KINDS:
        raise Http404("There is no such page.")
    return found


def picture(request: HttpRequest, path: Any, *, media_type: str) -> HttpResponse:
    turn = {"90": 90, "180": 180, "270": 270}.get(request.GET.get("turn", ""), 0)
    data = path.read_bytes()
    if turn:
        from PIL import Image

        out = io.BytesIO()
        with Image.open(io.BytesIO(data)) as image:
            image.rotate(-turn, expand=True).save(out, image.format)
        data = out.getvalue()
    response = HttpResponse(data, content_type=media_type)
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = LOCKED
    return response


def _sentence(error: NotationError) -> str:
    return f"{error.message} {error.hint}".strip()


def _refused(request: HttpRequest, project: Project, error: JobError) -> HttpResponse:
    context = {"error": error, "fragment": "media_pipeline/_said.html", "heading": "That did not start"}
    context |= {"back": reverse("jobs:sort", args=[project.pk]), "back_label": "Sorted pages"}
    return render(request, "media_pipeline/fragment.html", context, status=422)
