"""Derived parts in the browser: rules to tick, look at, change and share, and what they made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from notation import generate, rules
from notation.access import books_of, song_for
from notation.models import Book, RuleSet, Song
from notation.musicxml import NotationError
from notation.score.derive import CLEFS, other_clef
from projects.access import project_for, projects_of
from projects.models import Project

OCTAVES = (("", "the one that suits"), ("-2", "2 lower"), ("-1", "1 lower"), ("0", "as it is"), ("1", "1 higher"),
           ("2", "2 higher"))  # fmt: skip


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    template = "notation/_generate.html" if request.headers.get("HX-Request") else "notation/generate.html"
    return render(request, template, _context(request, project))


@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The first bars of what the rule ?target makes, of ?song or of the first of which it makes something."""
    project = project_for(request.user, pk)
    target, number = request.GET.get("target", ""), request.GET.get("song", "")
    song = song_for(request.user, _number(number)) if _number(number) else None
    context: dict[str, Any] = {}
    try:
        rule = next((rule for rule in rules.rules_of(project) if rule.target == target), None)
        if rule is None:
            raise NotationError("There is no such rule any more.", hint="Look at the list again.")
        context["preview"] = generate.preview(project, rule, song=song if song and song.project_id == pk else None)
    except NotationError as error:
        context |= {"problem": error.message, "hint": error.hint}
    return render(request, "notation/_rule_preview.html", context)


@login_required
@require_POST
def put(request: HttpRequest, pk: int) -> HttpResponse:
    """POST a rule's fields; was: the target of the rule that it replaces."""
    was = request.POST.get("was", "")

    def act(project: Project) -> str:
        rule = rules.from_form(request.POST.dict())
        rules.put(project, rule, instead_of=was)
        return f"The rule for {rule.target} is {'changed' if was else 'added'}."

    return _done(request, pk, act)


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    target = request.POST.get("target", "")

    def act(project: Project) -> str:
        rules.delete(project, target)
        return f"The rule for {target} is gone."

    return _done(request, pk, act)


@login_required
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """POST target, by: -1 is one place up, 1 one place down."""

    def act(project: Project) -> str:
        target, by = request.POST.get("target", ""), {"-1": -1, "1": 1}.get(request.POST.get("by", ""), 0)
        place = next((n for n, rule in enumerate(rules.rules_of(project)) if rule.target == target), 0)
        rules.move(project, target, to=max(0, place + by))
        return ""

    return _done(request, pk, act)


@login_required
@require_POST
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    def act(project: Project) -> str:
        rules.reset(project)
        return "The rules are Copyist’s own again."

    return _done(request, pk, act)


@login_required
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """POST file: rules as JSON; or project: another one of hers, whose rules are taken."""

    def act(project: Project) -> str:
        if (file := request.FILES.get("file")) is not None:
            if (file.size or 0) > rules.MOST_BYTES:
                raise NotationError("This file is too large for rules.")
            text = file.read().decode("utf-8", "replace")
        else:
            number = request.POST.get("project", "")
            if not _number(number):
                raise NotationError("Choose a file of rules or a project.")
            text = rules.shared(project_for(request.user, _number(number)))
        return f"{len(rules.take(project, text))} rules taken."

    return _done(request, pk, act)


@login_required
@require_POST
def quick(request: HttpRequest, pk: int) -> HttpResponse:
    """POST target and source: any instrument for any other; or book: a low brass book in the other clef."""

    def act(project: Project) -> str:
        if number := request.POST.get("book", ""):
            found = books_of(request.user).filter(project=project, pk=_number(number)).first()
            if found is None:
                raise NotationError("There is no such book.", hint="Look at the list again.")
            rule = rules.in_other_clef(project, found)
        else:
            target, source = request.POST.get("target", ""), request.POST.get("source", "")
            if not target.strip() or not source.strip():
                raise NotationError("Say which part is made, and from which.", hint="Fill in both fields.")
            rule = rules.quick(project, target=target, source=source)
        return f"There is a rule for {rule.target} now, and it is ticked."

    return _done(request, pk, act)


@login_required
@require_safe
def shared(request: HttpRequest, pk: int) -> HttpResponse:
    """The rules as a file."""
    project = project_for(request.user, pk)
    response = HttpResponse(rules.shared(project), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{slugify(project.title)[:60] or "project"}-rules.json"'
    return response


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """POST book: this derived book goes from the table."""

    def act(project: Project) -> str:
        number = request.POST.get("book", "")
        book = books_of(request.user).filter(project=project, pk=_number(number)).first()
        if book is None:
            raise NotationError("There is no such book.", hint="Look at the list again.")
        generate.remove(book)
        return f"{book.instrument} is out of the table."

    return _done(request, pk, act)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _done(request: HttpRequest, pk: int, act: Callable[[Project], str]) -> HttpResponse:
    project = project_for(request.user, pk)
    said, problem = "", ""
    try:
        said = act(project)
    except NotationError as error:
        problem = f"{error.message} {error.hint}".strip()
    htmx = bool(request.headers.get("HX-Request"))
    if not htmx and not problem:
        return redirect("notation:generate", project.pk)
    context = {**_context(request, project), "said": said, "problem": problem}
    return render(request, "notation/_generate.html" if htmx else "notation/generate.html", context)


def _context(request: HttpRequest, project: Project) -> dict[str, Any]:
    books = list(Book.objects.filter(project=project))
    context: dict[str, Any] = {
        "project": project,
        "books": books,
        "songs": Song.objects.filter(project=project),
        "low_brass": [book for book in books if not book.derived and other_clef(book.instrument) is not None],
        "others": projects_of(request.user).filter(pk__in=RuleSet.objects.values("project")).exclude(pk=project.pk),
        "own": rules.own(project),
        "octaves": OCTAVES,
        "clefs": [clef for clef in CLEFS if clef],
    }
    try:
        context["cards"] = generate.cards(project) if books else []
    except NotationError as error:
        context |= {"cards": [], "circle": f"{error.message} {error.hint}"}
    context["stale"] = [card for card in context["cards"] if card.made and card.made.stale]
    return context
