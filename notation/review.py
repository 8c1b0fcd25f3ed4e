"""Looking through what was read: the table of songs and books, and one cell of it beside the page it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from accounts.views import me
from notation import books, checks, songs
from notation.access import cell_for, revision_for, song_for
from notation.edit_views import desk
from notation.generate import origins_told
from notation.models import Score
from notation.musicxml import NotationError
from notation.reading import UNSAID, doubts
from notation.steps import steps as steps_of
from projects.access import project_for

VALUES = (("whole", 7, "Whole note"), ("half", 6, "Half note"), ("quarter", 5, "Quarter"), ("eighth", 4, "Eighth"),
          ("16th", 3, "Sixteenth"), ("32nd", 2, "Thirty-second"), ("64th", 1, "Sixty-fourth"))  # fmt: skip
FIRST = (0, 1, 2)  # lines that are wanted at once: the page comes with the first, and asks for the others itself
SCRIPTS = [f"js/review/{name}.js" for name in ("cell", "bar", "desk", "elsewhere", "keys", "overlay", "pages", "sheet",
                                               "sound")]  # fmt: skip
KEYS = [(0, "no sharps or flats")] + [
    (way * count, f"{count} {name}{'s' if count > 1 else ''}")
    for way, name in ((1, "sharp"), (-1, "flat"))
    for count in range(1, 8)
]


@login_required
@require_safe
def steps(request: HttpRequest, pk: int) -> HttpResponse:
    """The way through the job, as a fragment of the project's page."""
    return render(request, "notation/_steps.html", {"steps": steps_of(project_for(request.user, pk), here="files")})


@login_required
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """The traffic-light table: songs down, instruments across."""
    return render(request, "notation/review.html", _table(request, pk))


@login_required
@require_safe
def cell(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """What one book has of one song: the original pages, the notation, and the bars that are doubted."""
    found = cell_for(request.user, pk, score)
    latest = found.latest
    if latest is None:
        raise Http404("This part has no document yet.")
    read = latest if latest.reading else found.last_read
    reading: dict[str, Any] = read.reading if read is not None else {}
    against = checks.of_part(found)
    try:
        told, problem = desk(found, latest, against), None
    except NotationError as error:
        nothing: dict[str, Any] = {"spans": [], "lines": [], "doubts": [], "undo": None, "redo": None}
        told, problem = {"revision": latest.number, **nothing}, error
    # The first line is markup, seen before there are scripts; these learn the rest of it.
    drawings = [SafeString(line.pop("svg")) for line in told["lines"] if "svg" in line]
    context = {
        "project": found.project,
        "score": found,
        "cell": books.cell_of(found),
        "revision": latest,
        # Edits carry boxes and doubts along; what changed a document elsewhere may not.
        "changed": read is not None and not latest.reading and latest.sha256 != read.sha256,
        "desk": told,
        "values": VALUES,
        "keys": KEYS,
        "problem": problem,
        "doubts": doubts(reading, said=[(one.measure, one.sentence) for one in against]),
        "against": against,
        **origins_told(found),
        "pages": _pages(reading),
        "first": FIRST,
        "drawings": drawings,
        "scripts": SCRIPTS,
        **_neighbours(found),
    }
    return render(request, "notation/cell.html", context)


def drawing_of(request: HttpRequest, draw: Callable[[], list[str]]) -> HttpResponse:
    """What is drawn of a revision, or why it cannot be. A revision never changes, so it is asked for once."""
    try:
        drawings = draw()
    except NotationError as error:
        return render(request, "notation/_music.html", {"problem": error.message, "hint": error.hint})
    response = render(request, "notation/_music.html", {"drawings": drawings})
    response["Cache-Control"] = "private, max-age=86400"
    return response


@login_required
@require_safe
def music(request: HttpRequest, pk: int, score: int, number: int) -> HttpResponse:
    """A revision of a cell, drawn. It never changes, so it is asked for once."""
    revision = revision_for(request.user, cell_for(request.user, pk, score).pk, number)
    from notation.drawing import drawn

    return drawing_of(request, lambda: drawn(revision.musicxml()))


@login_required
@require_POST
def rename_song(request: HttpRequest, pk: int) -> HttpResponse:
    song = song_for(request.user, pk)
    problem = ""
    try:
        songs.describe(song, title=request.POST.get("title", ""), author=me(request))
    except NotationError as error:
        problem = f"{error.message} {error.hint}"
    if request.headers.get("HX-Request"):
        return render(request, "notation/_song_title.html", {"song": song, "problem": problem})
    return redirect("notation:review", song.project_id)


@login_required
@require_POST
def move_song(request: HttpRequest, pk: int) -> HttpResponse:
    """POST by: -1 is one place up, 1 one place down."""
    song = song_for(request.user, pk)
    by = {"-1": -1, "1": 1}.get(request.POST.get("by", ""), 0)
    songs.move(song, to=song.order + by, author=me(request))
    if request.headers.get("HX-Request"):
        return render(request, "notation/_review_table.html", _table(request, song.project_id))
    return redirect("notation:review", song.project_id)


def _table(request: HttpRequest, pk: int) -> dict[str, Any]:
    project = project_for(request.user, pk)
    columns, rows = books.table(project)
    return {
        "project": project,
        "books": columns,
        "rows": rows,
        "doubtful": sum(cell.doubtful for row in rows for cell in row.cells),
        "wrong": sum(cell.state == "wrong" for row in rows for cell in row.cells),
        "against": sum(cell.against for row in rows for cell in row.cells),
    }


def _pages(reading: dict[str, Any]) -> list[dict[str, Any]]:
    """The pages with a box for each of their bars, as SVG: a template takes ten times as long."""
    boxes: dict[int, list[str]] = {}
    for bar in reading.get("bars", ()):
        x0, y0, x1, y1 = bar["box"]
        sides = x0, y0, round(max(x1 - x0, 1), 1), round(max(y1 - y0, 1), 1)
        measure, number = bar["measure"], bar["measure"] + 1
        kind, words = "", ""
        if bar["doubtful"]:
            kind, words = ' class="doubtful"', f": {escape('; '.join(bar['reasons']) or UNSAID)}"
        boxes.setdefault(bar["page"], []).append(_BOX % (measure, kind, *sides, number, words))
    # Nothing but numbers, and words that are escaped.
    return [{**page, "boxes": SafeString("".join(boxes.get(page["number"], ())))} for page in reading.get("pages", ())]


_BOX = '<rect data-measure="%d"%s x="%.6g" y="%.6g" width="%.6g" height="%.6g"><title>Bar %d%s</title></rect>'


def _neighbours(score: Score) -> dict[str, Score | None]:
    """The same song in the book before and in the next one."""
    of_song = Score.objects.filter(song=score.song_id, book__isnull=False).select_related("book")
    row = list(of_song.order_by("book__order", "pk"))
    at = row.index(score)
    return {"before": row[at - 1] if at else None, "after": row[at + 1] if at + 1 < len(row) else None}
