"""What the page of a project's files fetches: the sets that were made, a preview, downloads."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.views import me
from media_pipeline import print_preview, show
from media_pipeline import prints as printing
from media_pipeline.errors import JobError
from media_pipeline.models import Job
from media_pipeline.views import _fragment
from notation.download import from_form
from notation.models import PrintSet
from notation.musicxml import NotationError
from notation.printing.keys import key_from
from notation.printing.order import changed_since
from projects.access import Person, project_for, projects_of
from projects.files import Span, serve
from projects.models import Project

MOST_DIFFERENCES = 6  # that a page lists


def sets_of(user: Person) -> QuerySet[PrintSet]:
    return PrintSet.objects.filter(project__in=projects_of(user)).select_related("project")


def set_for(user: Person, pk: int) -> PrintSet:
    found = sets_of(user).filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such print set.")
    return found


@login_required
@require_http_methods(["GET", "POST"])
def prints(request: HttpRequest, pk: int) -> HttpResponse:
    """The sets of a project and what is being made. POST: makes one of what is chosen, unless it is there already."""
    project = project_for(request.user, pk)
    error, status = None, 200
    if request.method == "POST":
        try:
            printing.start_print(me(request), project=project, given=from_form(project, request.POST))
        except JobError as refused:
            error, status = refused, 422
        else:
            if not request.headers.get("HX-Request"):
                return redirect("notation:download", project.pk)
    context = {
        "project": project,
        "error": error,
        **made_context(project),
        "fragment": "media_pipeline/_prints.html",
        "heading": "Files",
        "back": reverse("notation:download", args=[project.pk]),
        "back_label": "Print",
    }
    return _fragment(request, context, status=status)


def made_context(project: Project) -> dict[str, Any]:
    sets = list(PrintSet.objects.filter(project=project).select_related("project")[:8])
    busy = Job.objects.filter(print_set__in=sets, state__in=Job.ACTIVE).select_related("project", "print_set")
    present = show.Present()
    made = [one for one in sets if one.file]
    newest = made[0] if made else None
    last = sets[0] if sets else None
    job = printing.job_of(last) if last is not None and not last.file else None
    failed = job if job is not None and job.state in (Job.State.FAILED, Job.State.CANCELLED) else None
    differences = changed_since(newest) if newest is not None else []
    return {
        "running": [show.job_context(one, full=False, present=present) for one in busy],
        "failed": show.job_context(failed, full=False, present=present) if failed else None,
        "newest": newest,
        "groups": [(name, list(files)) for name, files in groupby(newest.printed, key=lambda one: one["group"])]
        if newest
        else [],
        "differences": differences[:MOST_DIFFERENCES],
        "more_differences": max(0, len(differences) - MOST_DIFFERENCES),
        "older": made[1:],
        "revisions": sum(len(song["parts"]) for song in newest.contents["songs"]) if newest else 0,
    }


@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """One page to look at, with what leads to the next: ?of=book-12&song=3&page=1."""
    project = project_for(request.user, pk)
    context: dict[str, Any] = {"project": project, "options": print_preview.choices_of(project)}
    context["of"] = of = request.GET.get("of", "") or (context["options"][0][0] if context["options"] else "")
    if of:
        try:
            context["leaf"] = _leaf(project, of, request.GET)
        except NotationError as error:
            context["problem"] = error
    context |= {
        "fragment": "media_pipeline/_print_preview.html",
        "heading": "Preview",
        "back": reverse("notation:download", args=[project.pk]),
        "back_label": "Print",
    }
    return _fragment(request, context)


@login_required
@require_safe
def preview_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of a page; drawn anew where this machine has not drawn it yet."""
    project = project_for(request.user, pk)
    try:
        of = request.GET.get("of", "") or next((of for of, _ in print_preview.choices_of(project)), "")
        found = _leaf(project, of, request.GET)
    except NotationError as error:
        raise Http404(error.message) from error
    response = HttpResponse(print_preview.picture(found), content_type="image/png")
    # The address names the version of what it shows.
    response["Cache-Control"] = "private, max-age=3600" if request.GET.get("v") == found.version else "no-store"
    return response


def _leaf(project: Project, of: str, asked: QueryDict) -> print_preview.Leaf:
    page = asked.get("page", "")
    try:
        song = key_from(asked.get("song", ""))
    except ValueError:
        song = print_preview.COVER
    page_number = int(page) if page.isdecimal() and len(page) < 18 else 1
    return print_preview.leaf(project, of=of, song=song, page=page_number)


@login_required
@require_safe
def archive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All files of a set in one ZIP; ranges."""
    return send_archive(request, set_for(request.user, pk))


@login_required
@require_safe
def file(request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
    """One file of a set, a PDF in the browser; `?save` to keep it. Ranges."""
    return send_file(request, set_for(request.user, pk), number=number, inline="save" not in request.GET)


def send_archive(request: HttpRequest, made: PrintSet) -> HttpResponseBase:
    if not made.file:
        raise Http404("This set is not made yet.")
    tag = made.sha256[:32]
    return serve(request, made.file, name=made.name, media_type="application/zip", tag=tag)


def send_file(request: HttpRequest, made: PrintSet, *, number: int, inline: bool) -> HttpResponseBase:
    entry = next((one for one in made.printed if one["number"] == number), None) if made.file else None
    if entry is None:
        raise Http404("There is no such file.")
    asked: dict[str, Any] = {
        "name": entry["name"], "media_type": entry["media_type"], "inline": inline, "ours": True,
        "tag": f"{made.sha256[:24]}-{number}",
    }  # fmt: skip
    if entry["packed"]:
        return serve(request, Unpacked(made, entry["path"]), **asked)
    span = Span(entry["at"], entry["at"] + entry["size"] - 1, entry["size"])
    return serve(request, made.file, part=span, **asked)


@dataclass(frozen=True)
class Unpacked:
    """A packed member of a set, small enough to be held in memory, as `serve` takes it. It is its own storage."""

    made: PrintSet
    name: str

    @property
    def storage(self) -> Unpacked:
        return self

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def content(self) -> bytes:
        with self.made.file.storage.open(str(self.made.file.name), "rb") as stream, zipfile.ZipFile(stream) as opened:
            return opened.read(self.name)

    def open(self, name: str, mode: str = "rb") -> io.BytesIO:
        return io.BytesIO(self.content)
