"""What the page of one part asks for while somebody corrects it: lines to look at, changes, undo, the history.

All but the history is JSON. What a change answers with (`_told`) is all that its page needs to show the new state:
the number of the revision, the lines there are now, those that look otherwise, drawn, and what is still doubted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe
from lxml import etree

from accounts.models import User
from notation import books, checks, editing, elsewhere, lines, trees
from notation.access import cell_for, revision_for
from notation.again import BOTH
from notation.models import Revision, Score
from notation.musicxml import NotationError
from notation.reading import doubts
from notation.score.edit import Applied, edit_from
from notation.score.edit.look import bar_told, sound_of
from notation.services import Overtaken

MOST_HEARD = 64  # bars in one go
MOST_BYTES = 256 * 2**10  # of a request
MOST_LINES = 12  # drawn for one request
MOST_REDRAWN = 4  # with the answer to a change; the page asks for the others when they are looked at


@login_required
@require_safe
def cell_lines(request: HttpRequest, pk: int, score: int, number: int) -> HttpResponse:
    """Lines of a revision: which there are, and those of `?at=3,4` (places in that list) drawn. They never change."""
    revision = revision_for(request.user, cell_for(request.user, pk, score).pk, number)
    wanted = [
        int(text) for text in request.GET.get("at", "").split(",")[:MOST_LINES] if text.isdecimal() and len(text) < 7
    ]
    try:
        root = trees.take(revision)
        spans = lines.split(root)
        drawn = [_line(root, spans[at], _width(request))() for at in wanted if at < len(spans)]
    except NotationError as error:
        return _problem(error, 422)
    trees.give(revision.sha256, root)
    response = JsonResponse({"revision": number, "spans": spans, "lines": drawn})
    response["Cache-Control"] = "private, max-age=86400"
    return response


@login_required
@require_safe
def cell_bar(request: HttpRequest, pk: int, score: int, number: int, bar: int) -> HttpResponse:
    """What the menu of a bar shows of it: its words, clef, key, metre and lines."""
    revision = revision_for(request.user, cell_for(request.user, pk, score).pk, number)
    return _looked(revision, lambda root: bar_told(root, bar))


@login_required
@require_POST
def cell_edit(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """{"base": 3, "edits": [{"do": "step", "bar": 11, "note": 3, "by": 1}]}"""

    def work(found: Score, asked: dict[str, Any]) -> editing.Made:
        given = asked.get("edits")
        edits = [edit_from(one) for one in given] if isinstance(given, list) else []

        # Drawn while it is kept: the engraver is a process of its own.
        def look(root: etree._Element, done: Applied) -> _Look:
            return _Look.at(root, done.bars, done.select, _width(request))

        return editing.edit(found, edits=edits, base=_base(asked), author=_user(request), look=look)

    return _change(request, pk, score, work)


@login_required
@require_POST
def cell_accept(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """{"base": 3, "bars": [11]}, or "bars": null for all that are doubted.

    What the other books say against a bar that somebody accepts is left as it stands, too.
    """

    def work(found: Score, asked: dict[str, Any]) -> editing.Made:
        given = asked.get("bars")
        bars = None if given is None else [bar for bar in given if isinstance(bar, int)]
        made = editing.accept(found, bars=bars, base=_base(asked), author=_user(request))
        for one in checks.of_part(found):
            if found.song is not None and (bars is None or one.measure in bars):
                checks.dismiss(found.song, key=one.key, author=_user(request))
        return made

    return _change(request, pk, score, work)


@login_required
@require_POST
def cell_derived(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """{"base": 3, "bar": 11}: the notes of this bar as the rule of a derived part makes them now."""

    def work(found: Score, asked: dict[str, Any]) -> editing.Made:
        bar = asked.get("bar")
        if isinstance(bar, bool) or not isinstance(bar, int):
            raise NotationError("Choose a bar first.")
        return editing.derived(found, bar=bar, base=_base(asked), author=_user(request))

    return _change(request, pk, score, work)


@login_required
@require_POST
def cell_undo(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """{"base": 3}"""
    return _change(
        request, pk, score, lambda found, asked: editing.undo(found, base=_base(asked), author=_user(request))
    )


@login_required
@require_POST
def cell_redo(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """{"base": 3}"""
    return _change(
        request, pk, score, lambda found, asked: editing.redo(found, base=_base(asked), author=_user(request))
    )


@login_required
@require_safe
def cell_sound(request: HttpRequest, pk: int, score: int, number: int, bar: int) -> HttpResponse:
    """Notes to be heard from a bar on (`?bars=1` for it alone), and where each bar begins, in quarters."""
    revision = revision_for(request.user, cell_for(request.user, pk, score).pk, number)
    count = request.GET.get("bars", "")
    most = int(count) if count.isdecimal() and len(count) < 4 else MOST_HEARD
    return _looked(revision, lambda root: sound_of(root, bar, most))


@login_required
@require_POST
def cell_elsewhere(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """{"base": 3, "edit": {…}}: what an edit of this part would do in the other books; with "apply": true, do it."""
    found = cell_for(request.user, pk, score)
    asked = _asked(request)
    try:
        edit, base = edit_from(asked.get("edit")), _base(asked)
        if asked.get("apply") is True:
            given = asked.get("books")
            books_ = [one for one in given if isinstance(one, int)] if isinstance(given, list) else None
            rows = elsewhere.carry(found, edit=edit, before=base, books=books_, author=_user(request))
        else:
            rows = elsewhere.plan(found, edit=edit, before=base)
    except NotationError as error:
        return _problem(error, 422)
    return JsonResponse({"books": elsewhere.told(rows)})


@login_required
@require_safe
def cell_history(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """Who changed what and when, the changes of one go in one line."""
    found = cell_for(request.user, pk, score)
    revisions = Revision.objects.filter(score=found).select_related("author").defer("sync", "reading", "summary")
    return render(
        request, "notation/_cell_history.html", {"score": found, "lines": editing.history(list(revisions[:1000]))}
    )


def desk(score: Score, revision: Revision, against: Sequence[checks.Finding]) -> dict[str, Any]:
    """What the page knows from the beginning: the lines, the first of them drawn, and what undo would take back.

    against: what the other books say against this part
    """
    root = trees.take(revision)
    spans = lines.split(root)
    drawings = [_line(root, span, lines.WIDTHS[-1]) for span in spans[:1]]
    trees.give(revision.sha256, root)
    told = {"revision": revision.number, "spans": spans, "doubts": _doubts(revision, against), **_ways(score)}
    return {**told, "lines": [drawing() for drawing in drawings]}


def _change(
    request: HttpRequest, pk: int, score: int, work: Callable[[Score, dict[str, Any]], editing.Made]
) -> HttpResponse:
    found = cell_for(request.user, pk, score)
    asked = _asked(request)
    try:
        made = work(found, asked)
        return JsonResponse(_told(found, made, _width(request)))
    except Overtaken as error:
        return _problem(error, 409, **error.members)
    except NotationError as error:
        return _problem(error, 422)


def _told(score: Score, made: editing.Made, width: int) -> dict[str, Any]:
    revision = made.revision
    root = trees.take(revision)
    look = made.looked or _Look.at(root, made.bars, made.select, width)
    spans, touched = look.spans, look.touched
    told: dict[str, Any] = {
        "revision": revision.number,
        "said": made.said,
        "spans": spans,
        "changed": [spans[at][0] for at in (*touched, *_beside(spans, touched, made.bars))],
        "lines": [*look.nearest(), *(_line(root, spans[at], width)() for at in touched[1:MOST_REDRAWN])],
        "moves": [(move.at, move.gone, move.come) for move in made.moves],
        "select": made.select,
        "doubts": _doubts(revision, checks.of_part(score)),
        **_light(score),
        **_ways(score),
    }
    if made.shared is not None and made.revision.number != made.base:
        others = Score.objects.filter(song=score.song_id, book__isnull=False).exclude(pk=score.pk).count()
        told["shared"] = {"edit": made.shared, "base": made.base, "books": others} if others else None
    trees.give(revision.sha256, root)
    if made.boxes:
        told["boxes"] = [
            [bar["measure"], bar["page"], *bar["box"], bar["doubtful"]] for bar in revision.reading.get("bars", ())
        ]
    return told


def _beside(spans: Sequence[tuple[int, int]], touched: Collection[int], bars: Collection[int]) -> list[int]:
    """Lines that go on where a changed bar ends a line, or before one that begins it: what hangs over may be new."""
    first = {spans[at][0]: at - 1 for at in touched if at}
    last = {spans[at][0] + spans[at][1] - 1: at + 1 for at in touched if at + 1 < len(spans)}
    return sorted({ends[bar] for ends in (first, last) for bar in bars if bar in ends} - {*touched})


@dataclass(frozen=True)
class _Look:
    """What the page sees of a change."""

    spans: list[tuple[int, int]]
    touched: list[int]  # lines that look otherwise, the nearest first
    drawings: list[Callable[[], dict[str, Any]]]  # of the nearest, which is begun

    @classmethod
    def at(cls, root: etree._Element, bars: Sequence[int], select: tuple[int, int | None] | None, width: int) -> _Look:
        spans = lines.split(root)
        touched = [at for at, (first, count) in enumerate(spans) if any(first <= bar < first + count for bar in bars)]
        near = select[0] if select is not None else (bars[0] if bars else 0)
        touched.sort(key=lambda at: abs(spans[at][0] + spans[at][1] / 2 - near))
        return cls(spans, touched, [_line(root, spans[at], width) for at in touched[:1]])

    def nearest(self) -> list[dict[str, Any]]:
        return [drawing() for drawing in self.drawings]


def _line(root: etree._Element, span: tuple[int, int], width: int) -> Callable[[], dict[str, Any]]:
    """What gives a line when it is drawn; one that cannot be drawn says so, and does not keep the others from being
    looked at."""
    first, count = span

    def problem(error: NotationError) -> dict[str, Any]:
        return {"first": first, "count": count, "problem": f"{error.message} {error.hint}".strip()}

    def finish() -> dict[str, Any]:
        try:
            drawn = begun()
        except NotationError as error:
            return problem(error)
        return {"first": drawn.first, "count": drawn.count, "svg": drawn.svg, "odd": drawn.odd}

    try:
        begun = lines.begin(root, first, count, width=width)
    except NotationError as error:
        told = problem(error)
        return lambda: told
    return finish


def _doubts(revision: Revision, against: Sequence[checks.Finding]) -> list[dict[str, Any]]:
    """What the reader doubts, and what the other books of the song say against bars."""
    found = doubts(revision.reading, said=[(one.measure, one.sentence) for one in against])
    return [
        {"measure": doubt.measure, "page": doubt.page, "words": doubt.words, "both": BOTH in doubt.reasons}
        for doubt in found
    ]


def _light(score: Score) -> dict[str, Any]:
    cell = books.cell_of(score)
    return {"bars": cell.bars, "light": cell.state, "why": cell.why}


def _ways(score: Score) -> dict[str, Any]:
    back, forward = editing.stacks(score)
    return {"undo": back[-1].reason if back else None, "redo": forward[-1].reason if forward else None}


def _asked(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > MOST_BYTES:
        raise Http404("That is no change.")
    try:
        asked = json.loads(request.body)
    except ValueError:
        asked = None
    return asked if isinstance(asked, dict) else {}


def _base(asked: dict[str, Any]) -> int:
    base = asked.get("base")
    if isinstance(base, bool) or not isinstance(base, int):
        raise NotationError("A change names the revision that it was made from.", hint="Reload the page.")
    return base


def _width(request: HttpRequest) -> int:
    return lines.WIDTHS[0] if request.GET.get("wide") == "no" else lines.WIDTHS[-1]


def _looked(revision: Revision, look: Callable[[etree._Element], dict[str, Any]]) -> JsonResponse:
    """What is seen in a revision's tree, or 404 and why."""
    root = trees.take(revision)
    try:
        return JsonResponse(look(root))
    except NotationError as error:
        return _problem(error, 404)
    finally:
        trees.give(revision.sha256, root)


def _problem(error: NotationError, status: int, **more: Any) -> JsonResponse:
    return JsonResponse({"message": error.message, "hint": error.hint, **more}, status=status)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
