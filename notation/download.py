"""Print and download: who plays what, what is printed and how. Making it is a job; its fragment comes by hx-get."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from notation.engrave.naming import FIELDS, namer
from notation.engrave.style import FONTS
from notation.models import Book
from notation.musicxml import NotationError
from notation.printing import chairs, choices, order
from notation.printing.chairs import Line, Stale
from notation.printing.choices import Choices, choices_from
from notation.printing.keys import Key, key_from
from notation.printing.unread import ALL, Unread, books_of, songs_of, unread_books
from projects.access import project_for
from projects.models import Project

SWITCHES = ("cover", "index", "together")
OPTIONS = ("WHAT", "KINDS", "PAPERS", "SCORE_PAPERS", "TURNS", "STAVES", "PITCHES")


@login_required
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    chosen = order.last_choice(project)
    songs, books = songs_of(project, unread_books(project)), books_of(project)
    context = {
        "project": project,
        "songs": [{"song": song, "chosen": song.id not in chosen.without_songs} for song in songs],
        "song_count": sum(song.id != ALL for song in songs),
        "books": [
            {
                "book": book,
                "chosen": book.pk not in chosen.without_books,
                "original": book.pk in chosen.originals,
                "pages": isinstance(book, Book) and book.sources.exists(),
            }
            for book in books
        ],
        "chosen": chosen,
        "fields": {name: getattr(choices, name) for name in OPTIONS} | {"FONTS": FONTS},
        "names": [f"{{{field}}}" for field in FIELDS],
        **_list(project, chairs.lines_of(project)),
        **_summary(project, chosen),
    }
    return render(request, "notation/download.html", context)


@login_required
@require_POST
def print_choices(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is chosen; answer with what it would make."""
    project = project_for(request.user, pk)
    chosen, problem = order.last_choice(project), None
    try:
        chosen = choices_from(from_form(project, request.POST), base=chosen)
        order.keep_choice(project, chosen)
    except NotationError as error:
        problem = error
    if not request.headers.get("HX-Request"):
        return redirect("notation:download", project.pk)
    context = {**_summary(project, chosen), "problem": problem}
    response = render(request, "notation/_print_summary.html", context, status=422 if problem else 200)
    return response if problem else trigger_client_event(response, "print-changed")


@login_required
@require_POST
def print_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the instrumentation list: the whole of it, as it is in the form.

    do: up-3, down-3, add-3, drop-3 (line 3, from 0), text: what is pasted, undo: the list as it was before.
    """
    project = project_for(request.user, pk)
    before = chairs.lines_of(project)
    asked = request.POST.get("do", "")
    problem, status = None, 200
    try:
        wanted = _wanted(project, request.POST, asked)
        lines = chairs.write_lines(project, wanted, mark="" if asked == "undo" else request.POST.get("mark", ""))
    except NotationError as error:
        problem, status = error, 422
        # What was typed stays to be put right, but not over what somebody else has written.
        lines = chairs.lines_of(project) if isinstance(error, Stale) else _typed(project, request.POST) or before
    if not request.headers.get("HX-Request"):
        return redirect("notation:download", project.pk)
    context = {
        "project": project,
        **_list(project, lines),
        **_summary(project, order.last_choice(project)),
        "list_problem": problem,
        # What was typed just before is no part of what is taken back.
        "undo": chairs.as_text(_sound(project, request.POST) or before)
        if asked and asked != "undo" and problem is None
        else "",
        "saved": problem is None,
        "text": request.POST.get("text", "") if problem and asked == "text" else chairs.as_text(lines),
        "text_open": asked == "text" and problem is not None,
    }
    if problem is not None:
        context["mark"] = chairs.mark_of(chairs.lines_of(project))
    # Where only words or figures were typed, the fields stay: somebody may be typing in the next one already.
    template = "notation/_print_list.html" if asked or problem else "notation/_print_list_saved.html"
    response = render(request, template, context, status=status)
    if asked or problem:
        response["HX-Retarget"], response["HX-Reswap"] = "#print-list", "outerHTML"
    return response if problem else trigger_client_event(response, "print-changed")


def from_form(project: Project, posted: QueryDict) -> dict[str, Any]:
    """What a form says, as `choices_from` takes it. Boxes that are not ticked are not sent: what is shown is named."""
    found: dict[str, Any] = {name: posted[name] for name in posted if name not in ("songs", "books", "originals")}
    for name in ("what", "kinds"):
        if f"has_{name}" in posted:
            found[name] = posted.getlist(name)
    for name in SWITCHES:
        if "has_switches" in posted:
            found[name] = name in posted
    for name in ("songs", "books"):
        if f"has_{name}" in posted:
            ticked = set(posted.getlist(name))
            found[f"without_{name}"] = [key for key in all_keys(project, name) if str(key) not in ticked]
    if "has_originals" in posted:
        found["originals"] = [value for value in posted.getlist("originals") if value.isdecimal()]
    return found


def all_keys(project: Project, name: str) -> list[Key]:
    """Of all "songs" or "books" that could be printed."""
    if name == "books":
        return [book.pk for book in books_of(project)]
    return [song.id for song in songs_of(project, unread_books(project))]


def _list(project: Project, lines: list[Line]) -> dict[str, Any]:
    seen: dict[Key, int] = {}
    rows: list[dict[str, Any]] = []
    for line in lines:
        seen[line.book.pk] = seen.get(line.book.pk, 0) + 1
        rows.append({"line": line, "again": seen[line.book.pk] > 1})
    for row in rows:
        row["several"] = seen[row["line"].book.pk] > 1
    return {
        "rows": rows,
        "mark": chairs.mark_of(lines),
        "text": chairs.as_text(lines),
        "copies": sum(int(line.copies) for line in lines if str(line.copies).isdecimal()),
    }


def _wanted(project: Project, posted: QueryDict, asked: str) -> list[tuple[Key, str, Any]]:
    if asked in ("text", "undo"):
        return chairs.from_text(project, posted.get(asked, ""))
    books, players, copies = (posted.getlist(name) for name in ("book", "player", "copies"))
    try:
        lines: list[tuple[Key, str, Any]] = list(zip(map(key_from, books), players, copies, strict=True))
    except ValueError:
        raise NotationError("The list did not arrive as a whole.", hint="Open the page again.") from None
    verb, _, place = asked.partition("-")
    if not place.isdecimal() or int(place) >= len(lines):
        return lines
    at = int(place)
    if verb == "add":
        lines.insert(at + 1, (lines[at][0], "", 1))
    elif verb == "drop":
        del lines[at]
    elif verb in ("up", "down"):
        lines.insert(max(0, at + (1 if verb == "down" else -1)), lines.pop(at))
    return lines


def _typed(project: Project, posted: QueryDict) -> list[Line]:
    books: dict[str, Book | Unread] = {str(book.pk): book for book in books_of(project)}
    fields = zip(*(posted.getlist(name) for name in ("book", "player", "copies")), strict=False)
    return [Line(books[book], player, copies) for book, player, copies in fields if book in books]


def _sound(project: Project, posted: QueryDict) -> list[Line]:
    """The lines of the form before anything was done to them; none where one of them makes no sense."""
    typed = _typed(project, posted)
    if not all(str(line.copies).isdecimal() for line in typed):
        return []
    return [Line(line.book, line.player, int(line.copies)) for line in typed]


def _summary(project: Project, chosen: Choices) -> dict[str, Any]:
    contents = order.contents_of(project, chosen)
    problem = None
    try:
        order.check_contents(contents, chosen)
    except NotationError as error:
        problem = error
    song = next((song for song in contents["songs"] if song["parts"]), None)
    example = ""
    if song is not None:
        words = {"song": song["title"], "part": song["parts"][0]["name"], "number": 1, "composer": song["composer"]}
        example = f"{namer(chosen.pattern)(**words, set=contents['title'])}.pdf"
    return {"summary": order.summary_of(contents, chosen), "example": example, "nothing": problem, "chosen": chosen}
