"""The band's proof-reading in the browser: disagreements, the worst first, to be repaired, left or undone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.views import me
from notation import checks
from notation.access import cell_for, revision_for, song_for
from notation.musicxml import NotationError
from notation.review import drawing_of
from projects.access import project_for
from projects.models import Project

AROUND = 1  # bars shown on either side of those that are meant
MOST_DRAWN = 6


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    template = "notation/_checks.html" if request.headers.get("HX-Request") else "notation/checks.html"
    return render(request, template, _standing(project))


@login_required
@require_safe
def bars(request: HttpRequest, pk: int, score: int, number: int, first: int) -> HttpResponse:
    """Bars of a revision, drawn: from `first`, counted from 0, as many as ?count says. They never change."""
    revision = revision_for(request.user, cell_for(request.user, pk, score).pk, number)
    from notation.drawing import drawn_bars

    asked = request.GET.get("count", "3")
    count = min(max(int(asked), 1), MOST_DRAWN) if asked.isdecimal() and len(asked) < 4 else 3
    return drawing_of(request, lambda: [drawn_bars(revision.musicxml(), first, count)])


@login_required
@require_POST
def repair(request: HttpRequest, pk: int) -> HttpResponse:
    """POST key: this finding of the song. Without: all of its findings that are sure."""
    song = song_for(request.user, pk)
    key = request.POST.get("key", "")
    keys = [key] if key else [one.key for row in checks.standing(song.project, song=song) for one in row.sure]
    return _done(request, song.project, lambda: _repaired(checks.repair(song, keys=keys, author=me(request))))


@login_required
@require_POST
def repair_all(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is sure, in every song."""
    project = project_for(request.user, pk)

    def act() -> str:
        made = 0
        for song, keys in checks.sure_ones(project):
            made += checks.repair(song, keys=keys, author=me(request))
        return _repaired(made)

    return _done(request, project, act)


@login_required
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """POST key: this finding of the song is right as it stands; with again=1 it may be wrong after all."""
    song, key = song_for(request.user, pk), request.POST.get("key", "")

    def act() -> str:
        if request.POST.get("again"):
            checks.look_again(song, key=key)
            return "It is listed again."
        checks.dismiss(song, key=key, author=me(request))
        return "Left as it stands."

    return _done(request, song.project, act)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Back to what a part was before this revision, which repaired it."""
    revision = revision_for(request.user, pk, number)

    def act() -> str:
        checks.undo(revision, author=me(request))
        return f"{revision.score.title} is as it was before."

    return _done(request, revision.score.project, act)


def _repaired(count: int) -> str:
    return f"{count} repair{'' if count == 1 else 's'} made."


def _done(request: HttpRequest, project: Project, act: Any) -> HttpResponse:
    """Do it and show what is left. POST cell: back to that part's page, where it was asked for."""
    said, problem = "", ""
    try:
        said = act()
    except NotationError as error:
        problem = f"{error.message} {error.hint}".strip()
    if not request.headers.get("HX-Request") and not problem:
        cell = request.POST.get("cell", "")
        if cell.isdecimal() and len(cell) < 19:
            return redirect("notation:cell", project.pk, cell_for(request.user, project.pk, int(cell)).pk)
        return redirect("notation:checks", project.pk)
    template = "notation/_checks.html" if request.headers.get("HX-Request") else "notation/checks.html"
    return render(request, template, {**_standing(project), "said": said, "problem": problem})


def _standing(project: Project) -> dict[str, Any]:
    rows = checks.standing(project)
    return {
        "project": project,
        "rows": rows,
        "stale": any(not row.fresh for row in rows),
        "unknown": [row for row in rows if not row.checked],
        "sure": sum(len(row.sure) for row in rows),
        "open": sum(len(row.telling) for row in rows),
        "repairs": checks.repairs_made(project),
        "around": AROUND,
    }
