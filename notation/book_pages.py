"""A book's pages with the bars of its songs: choose a bar, and say which song begins there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notation import undo
from notation.access import book_for, cell_for
from notation.cells import Held, held
from notation.models import Book
from notation.musicxml.read import read as opened
from notation.places import bars_in, in_order, reading_of, readings
from notation.score.check.bars import Bar as ReadBar
from notation.score.check.bars import read_part
from notation.songs import cuts
from notation.songs_pages import _number
from projects.access import project_for
from projects.models import Project

TONES = 3  # colours that songs take turns with


@dataclass(frozen=True)
class Bar:
    """A bar on a picture, in its pixels."""

    score: int
    measure: int
    x: float
    y: float
    width: float
    height: float
    tone: int
    begins: str = ""  # the title of the song that begins with it

    @property
    def number(self) -> int:
        return self.measure + 1


@dataclass
class Picture:
    number: int  # on this page of ours, from 1
    score: int  # that knows the picture
    page: int  # its number in that score's reading
    label: str
    size: tuple[int, int]
    bars: list[Bar] = field(default_factory=list)

    @property
    def letters(self) -> float:
        """Height of the letters on it."""
        return self.size[0] / 42


@login_required
@require_safe
def book(request: HttpRequest, pk: int, book: int) -> HttpResponse:
    """?cell=… and bar=… (from 1) choose a bar."""
    project = project_for(request.user, pk)
    found = book_for(request.user, book, project=project)
    songs = in_order(_of_book(project, found))
    context = {
        "project": project,
        "book": found,
        "books": Book.objects.filter(project=project),
        "songs": [{"held": one, "bars": bars_in(one.revision), "tone": n % TONES} for n, one in enumerate(songs)],
        "pictures": pictures(songs),
        "last_change": undo.last_change(project),
    }
    return render(request, "notation/song_book.html", context | _choice(request, project, songs))


@login_required
@require_safe
def choice(request: HttpRequest, pk: int, book: int) -> HttpResponse:
    """What can be done at the bar ?cell=…&bar=…, as a fragment of the page."""
    project = project_for(request.user, pk)
    found = book_for(request.user, book, project=project)
    context = {"project": project, "book": found, **_choice(request, project, in_order(_of_book(project, found)))}
    return render(request, "notation/_bar_choice.html", context)


@login_required
@require_safe
def beside(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """Where a new song would begin in the other books, if it begins at ?bar=… of this one."""
    cell = cell_for(request.user, pk, score)
    at = _number(request.GET.get("bar", "")) - 1
    row = held(cell.project, song=cell.song)
    roots = {one.score.pk: opened(one.document()) for one in row}
    found = cuts(roots, cell.pk, at)
    told = []
    for one in row:
        bars, begins = read_part(roots[one.score.pk]), found.get(one.score.pk)
        sign = _sign(bars, begins) if begins is not None else ""
        told.append({"book": one.book, "bar": None if begins is None else begins + 1, "of": len(bars), "sign": sign})
    return render(request, "notation/_beside.html", {"told": told, "score": cell.pk})


def pictures(songs: Sequence[Held]) -> list[Picture]:
    """The pages of a book in order, each with the bars of all songs that stand on it."""
    found: dict[tuple[Any, Any], Picture] = {}
    read = readings(songs)
    for n, one in enumerate(songs):
        reading = read[one.score.pk]
        keys: dict[int, tuple[Any, Any]] = {}
        for page in reading.get("pages", ()):
            key = keys[page["number"]] = (page["key"], page["sheet"])
            if key not in found:
                size = (int(page["size"][0]), int(page["size"][1]))
                found[key] = Picture(len(found) + 1, one.score.pk, page["number"], page["label"], size)
        begun = False
        for bar in sorted(reading.get("bars", ()), key=lambda bar: int(bar["measure"])):
            if bar["page"] not in keys:
                continue
            x0, y0, x1, y1 = bar["box"]
            found[keys[bar["page"]]].bars.append(
                Bar(
                    one.score.pk, bar["measure"], x0, y0, round(max(x1 - x0, 1), 1), round(max(y1 - y0, 1), 1),
                    n % TONES, "" if begun else one.song.title,
                )
            )  # fmt: skip
            begun = True
    return list(found.values())


def _of_book(project: Project, book: Book) -> list[Held]:
    return [one for one in held(project) if one.book.pk == book.pk]


def _choice(request: HttpRequest, project: Project, songs: Sequence[Held]) -> dict[str, Any]:
    """The chosen bar and its neighbours; empty where none is chosen, `problem` where there is no such bar."""
    wanted = _number(request.GET.get("cell", ""))
    at = next((n for n, one in enumerate(songs) if one.score.pk == wanted), None)
    if at is None:
        return {"problem": "That part is gone. Choose a bar again."} if wanted else {}
    one, bar = songs[at], _number(request.GET.get("bar", "1"), 1)
    bars = bars_in(one.revision)
    if not 1 <= bar <= bars:
        return {"problem": f"“{one.song.title}” has {bars} {'bar' if bars == 1 else 'bars'} in this book."}
    reading = reading_of(one)
    page = next((b["page"] for b in reversed(reading.get("bars", ())) if b["measure"] < bar), None)
    return {
        "chosen": one,
        "at": bar,
        "before": songs[at - 1] if at else None,
        "after": songs[at + 1] if at + 1 < len(songs) else None,
        "leaves": -(bars - bar + 1),  # the song after this one begins that much earlier
        "later": bar - 1,
        "page": page,
        "places": likely(read_part(opened(one.document()))),
    }


def likely(bars: Sequence[ReadBar]) -> list[tuple[int, str]]:
    """Bars (from 1) at which another song may begin, and why: a final bar line before, a new metre, a tempo."""
    found = []
    for before, bar in pairwise(bars):
        why = []
        if before.line in ("light-heavy", "light-light") and not before.backward:
            why.append("after a final bar line" if before.line == "light-heavy" else "after a double bar")
        if bar.metre != before.metre:
            why.append(f"{bar.metre[0]}/{bar.metre[1]}")
        if bar.fifths != before.fifths:
            why.append("new key")
        if bar.tempo:
            why.append(bar.tempo)
        if bar.rehearsal:
            why.append(f"mark {bar.rehearsal}")
        if why:
            found.append((bar.index + 1, ", ".join(why)))
    return found


def _sign(bars: Sequence[ReadBar], begins: int) -> str:
    return next((why for bar, why in likely(bars) if bar == begins + 1), "")
