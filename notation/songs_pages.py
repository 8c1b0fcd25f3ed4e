"""The page of a project's songs: their names and order, what each book has of them, and changes of all that.

Whatever is posted here answers htmx with the list as it stands then, or with a sentence on why not (422); a plain form
with the page it came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.views import me
from notation import songs as verbs
from notation import undo as steps
from notation.access import book_for, cell_for, song_for
from notation.models import Book, Song, SongChange
from notation.musicxml import NotationError
from notation.places import Place, places
from projects.access import project_for
from projects.models import Project


@dataclass(frozen=True)
class Row:
    song: Song
    places: tuple[Place, ...]
    missing: tuple[Book, ...]  # books that do not play in it
    bars: int  # as most books have it
    following: Song | None

    @property
    def uneven(self) -> bool:
        """Whether the books disagree about its length."""
        return len({place.bars for place in self.places}) > 1


@login_required
@require_safe
def songs(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "notation/songs.html", listed(project_for(request.user, pk)))


def listed(project: Project) -> dict[str, Any]:
    """What the list shows."""
    books = list(Book.objects.filter(project=project))
    found: dict[int, list[Place]] = {}
    for place in places(project):
        found.setdefault(place.song.pk, []).append(place)
    every = list(Song.objects.filter(project=project))
    rows = []
    for song, following in zip(every, [*every[1:], None], strict=True) if every else ():
        here = tuple(found.get(song.pk, ()))
        playing = {place.book.pk for place in here}
        counts = Counter(place.bars for place in here)
        rows.append(
            Row(
                song, here, tuple(book for book in books if book.pk not in playing),
                counts.most_common(1)[0][0] if counts else 0, following,
            )
        )  # fmt: skip
    return {"project": project, "rows": rows, "books": books, "last_change": steps.last_change(project)}


# --- what is posted -------------------------------------------------------------------------------------------------


@login_required
@require_POST
def describe(request: HttpRequest, pk: int) -> HttpResponse:
    """POST title, composer, tempo; what is not posted stays."""
    song = song_for(request.user, pk)
    wanted = {name: request.POST[name] for name in ("title", "composer", "tempo") if name in request.POST}
    problem = ""
    try:
        verbs.describe(song, author=me(request), **wanted)
    except NotationError as error:
        problem = f"{error.message} {error.hint}"
    if not request.headers.get("HX-Request"):
        if problem:
            messages.error(request, problem)
        return redirect("notation:songs", song.project_id)
    context = {"song": song, "problem": problem, "last_change": steps.last_change(song.project)}
    return render(request, "notation/_song_said.html", context | {"project": song.project})


@login_required
@require_POST
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """POST to: a place in the order, from 0; or by: -1 one up, 1 one down."""
    song = song_for(request.user, pk)
    by = {"-1": -1, "1": 1}.get(request.POST.get("by", ""), 0)
    to = _number(request.POST.get("to", ""), song.order + by)
    return _do(request, song.project, lambda: verbs.move(song, to=to, author=me(request)))


@login_required
@require_POST
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """POST following: the song whose music comes behind this one's."""
    song = song_for(request.user, pk)
    return _do(
        request, song.project, lambda: verbs.merge(song, following=_song(request, "following"), author=me(request))
    )


@login_required
@require_POST
def same(request: HttpRequest, pk: int) -> HttpResponse:
    """POST other: the song that this one is; of: one book alone."""
    song = song_for(request.user, pk)
    book = book_for(request.user, _number(request.POST["of"])) if request.POST.get("of") else None
    return _do(
        request,
        song.project,
        lambda: verbs.same_as(song, other=_song(request, "other"), book=book, author=me(request)),
    )


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    song = song_for(request.user, pk)
    return _do(request, song.project, lambda: verbs.delete(song, author=me(request)))


@login_required
@require_POST
def split(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """POST bar (from 1), revision, title; everywhere: in all books."""
    cell = cell_for(request.user, pk, score)

    def do() -> Sequence[str]:
        _, said = verbs.split(
            cell,
            at=_number(request.POST.get("bar", "")) - 1,
            revision=_number(request.POST.get("revision", "")),
            title=request.POST.get("title", ""),
            everywhere=bool(request.POST.get("everywhere")),
            author=me(request),
        )
        return said

    return _do(request, cell.project, do)


@login_required
@require_POST
def begins(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """POST by: this many bars later, or earlier where negative; revision of this part, other: of the song before."""
    cell = cell_for(request.user, pk, score)
    return _do(
        request,
        cell.project,
        lambda: verbs.move_boundary(
            cell,
            by=_number(request.POST.get("by", "")),
            revision=_number(request.POST.get("revision", "")),
            other=_number(request.POST.get("other", "")),
            author=me(request),
        ),
    )


@login_required
@require_POST
def delete_cell(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    cell = cell_for(request.user, pk, score)
    return _do(request, cell.project, lambda: verbs.delete_cell(cell, author=me(request)))


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """POST change: what is taken back, if it is the last one."""
    project = project_for(request.user, pk)
    change = SongChange.objects.filter(project=project, pk=_number(request.POST.get("change", ""))).first()

    def do() -> Sequence[str]:
        if change is None:
            raise NotationError("There is nothing to take back.", hint="Look at the songs again.")
        steps.undo(change, author=me(request))
        return [f"Taken back: {change.text}."]

    return _do(request, project, do)


def _do(request: HttpRequest, project: Project, verb: Callable[[], Sequence[str] | None]) -> HttpResponse:
    problem, said = "", list[str]()
    try:
        said = list(verb() or ())
    except NotationError as error:
        problem = f"{error.message} {error.hint}".strip()
    book = _number(request.POST.get("at_book", ""))
    if book:  # the page of a book was looked at
        back = reverse("notation:song_book", args=[project.pk, book]) + _anchor(request.POST.get("page", ""))
        if request.headers.get("HX-Request") and problem:
            return render(request, "notation/_said.html", {"problem": problem}, status=422)
    else:
        back = reverse("notation:songs", args=[project.pk])
        if request.headers.get("HX-Request"):
            context = {**listed(project), "problem": problem, "said": said}
            return render(request, "notation/_songs.html", context, status=422 if problem else 200)
    if problem:
        messages.error(request, problem)
    for sentence in said:
        messages.warning(request, sentence)
    return HttpResponseClientRedirect(back) if request.headers.get("HX-Request") else redirect(back)


def _song(request: HttpRequest, name: str) -> Song:
    """The other song that is posted; Http404 for one that is somebody else's."""
    if not request.POST.get(name):
        raise NotationError("Which song?", hint="Choose one.")
    return song_for(request.user, _number(request.POST[name]))


def _anchor(page: str) -> str:
    return f"#page-{page}" if page.isdecimal() and len(page) < 6 else ""


def _number(text: str, default: int = 0) -> int:
    """A whole number as typed; what is none, or too large for a database, is `default`."""
    digits = text.strip().removeprefix("-")
    return int(text) if digits.isdecimal() and digits.isascii() and len(digits) < 16 else default
