"""The score page and what it fetches: the document, the facts around it, the number of the newest revision."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Max, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.request import Request

from accounts.models import Preferences, User
from notation import services
from notation.access import revision_for, score_for
from notation.exports.names import safe_name
from notation.models import Revision, Score
from notation.musicxml import NotationError
from notation.player import VERSION, VIEWS, view_of
from projects.access import project_for
from projects.models import Source

MEDIA_TYPE = "application/vnd.recordare.musicxml+xml"


@login_required
@require_safe
def score(request: HttpRequest, pk: int) -> HttpResponse:
    """The score, drawn and played. `?revision=3` shows an older state, which cannot be changed."""
    return render(request, "notation/score.html", _page(request, pk))


@login_required
@require_safe
def facts(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page around the music: notices, summary, history. Fetched again after a change."""
    return render(request, "notation/_facts.html", _page(request, pk))


@login_required
@require_safe
def latest(request: HttpRequest, pk: int) -> HttpResponse:
    """What the player needs of the newest revision. 204 where `?after=` names it already: so an open page learns."""
    found = score_for(_user(request), pk)
    revision = _newest(found)
    response: HttpResponse
    if request.GET.get("after") == str(revision.number):
        response = HttpResponse(status=204)
    else:
        response = JsonResponse(_player_data(found, revision))
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_safe
def revision_document(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The MusicXML of a revision, as kept or as one view of it (`?view=player|staff|tab|both`). Never changes."""
    return document_response(request, revision_for(_user(request), pk, number))


def document_response(request: HttpRequest | Request, revision: Revision) -> HttpResponse:
    """The document, or 304, or Http404 for a view that there is not. What never changes is kept for a year."""
    view = request.GET.get("view", "")
    if view and view not in VIEWS:
        raise Http404("No such view.")
    etag = f'"{hashlib.sha256(f"{revision.sha256} {view} {VERSION}".encode()).hexdigest()[:32]}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        data = revision.musicxml()
        response = HttpResponse(view_of(data, view=view) if view else data, content_type=MEDIA_TYPE)
        # Whatever a document holds, a browser that is sent to it saves it and runs nothing.
        response["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=f"{safe_name(revision.score.title)}.musicxml"
        )
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@login_required
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    found = score_for(_user(request), pk)
    problem = ""
    try:
        services.rename_score(found, title=request.POST.get("title", ""))
    except NotationError as error:
        problem = f"{error.message} {error.hint}"
    if request.headers.get("HX-Request"):
        return render(request, "notation/_title.html", {"score": found, "problem": problem})
    return redirect("notation:score", pk=pk)


@login_required
@require_POST
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Make an older revision the newest."""
    user = _user(request)
    services.restore_revision(revision_for(user, pk, number), author=user)
    target = reverse("notation:score", args=[pk])
    return HttpResponseClientRedirect(target) if request.headers.get("HX-Request") else redirect(target)


@login_required
@require_safe
def of_project(request: HttpRequest, pk: int) -> HttpResponse:
    """The scores of a project, as a fragment of its page."""
    project = project_for(_user(request), pk)
    newest = Revision.objects.filter(score=OuterRef("pk")).order_by("-number")
    scores = (
        Score.objects.filter(project=project, book=None)  # those of part books have a table of their own
        .select_related("source")
        .annotate(
            revision_count=Max("revisions__number"),
            changed_at=Subquery(newest.values("created_at")[:1]),
            facts=Subquery(newest.values("summary")[:1]),
        )
    )
    books = project.books.count()
    return render(request, "notation/_scores.html", {"project": project, "scores": scores, "books": books})


def _page(request: HttpRequest, pk: int) -> dict[str, Any]:
    user = _user(request)
    found = score_for(user, pk)
    revisions = list(
        Revision.objects.filter(score=found)
        .select_related("author")
        .defer("sync")
        .only("number", "reason", "author", "created_at", "score_id")
    )
    if not revisions:
        raise Http404("This score has no document yet.")
    newest = revisions[0].number
    wanted = request.GET.get("revision", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 9 else newest
    revision = get_object_or_404(Revision.objects.select_related("author"), score=found, number=number)
    preferences = Preferences.objects.filter(user=user).first()
    return {
        "score": found,
        "revision": revision,
        "revisions": revisions,
        "newest": newest,
        "old": number != newest,
        "player": _player_data(found, revision),
        "notation": preferences.notation if preferences else Preferences.Notation.BOTH,
        "recorded": _recorded(found, revision),
        "facts": summary_lines(revision.summary),
    }


def _newest(found: Score) -> Revision:
    revision = found.latest
    if revision is None:
        raise Http404("This score has no document yet.")
    return revision


def _recorded(found: Score, revision: Revision) -> bool:
    return (
        bool(revision.sync)
        and found.source is not None
        and found.source.kind
        in (
            Source.Kind.AUDIO,
            Source.Kind.VIDEO,
        )
    )


def _player_data(found: Score, revision: Revision) -> dict[str, Any]:
    """What static/js/player.js is told: where the document is, and when its beats sound."""
    return {
        "number": revision.number,
        "title": found.title,
        "document": reverse("notation:revision_document", args=[found.pk, revision.number]) + "?view=player",
        "sync": revision.sync if _recorded(found, revision) else [],
    }


_LABELS = (
    ("key", "Key"),
    ("metre", "Metre"),
    ("tempo", "Tempo"),
    ("tuning", "Tuning"),
    ("capo", "Capo"),
    ("level", "Level"),
    ("swing", "Feel"),
    ("bars", "Bars"),
    ("parts", "Parts"),
)


def summary_lines(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """The summary as (label, value) pairs for the page; what a musician looks for first comes first."""
    lines: list[tuple[str, str]] = []
    for name, label in _LABELS:
        value = summary.get(name)
        usual = {"parts": 1, "level": "full", "swing": "no"}.get(name)
        if value in (None, "", 0, usual):
            continue
        if name == "tempo" and isinstance(value, int | float):
            value = f"♩ = {value:.0f}"
        elif name == "capo" and isinstance(value, int | float):
            value = f"fret {value:g}"
        elif name == "swing":
            value = "swing"
        lines.append((label, str(value)))
    return lines


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # every view here asks for a login
    return request.user
