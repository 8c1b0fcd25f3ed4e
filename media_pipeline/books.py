"""What a shelf of books that were read tells notation: for each book its songs, their documents, bars and doubts."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.files.storage import default_storage

from media_pipeline import sorted_books, store
from media_pipeline.artifacts import Book, BookPlan, Sheets, Shelf
from media_pipeline.models import Job, Step
from media_pipeline.omr.alternatives import alternatives_told
from media_pipeline.omr.glances import glances_told
from notation.books import BookRead, SongRead
from notation.facts import facts
from notation.musicxml.read import read
from projects.models import Source

MOST_WIDE = 900  # pixels of a picture of a bar


def books_read(job: Job, shelf: Shelf) -> list[BookRead]:
    """A book for each player; a file whose pages are a score holds several. Those without music are left out."""
    rows = sorted_books.rows_of(job)
    sources = [row.source for row in rows]
    # A picture's pages are those of the step that looked at it, which has the picture's index.
    keys = dict(job.steps.filter(stage="pages", state=Step.State.DONE).values_list("index", "key"))
    found: list[BookRead] = []
    for number, (bundle, book) in enumerate(zip(sorted_books.bundles(job, rows), shelf.books, strict=True)):
        if book.parts:
            plan = sorted_books.book_plan(job, number) if job.books else None
            id = job.books[number]["id"] if job.books else ""
            found += _players([sources[i] for i in bundle], book, keys=[keys[i] for i in bundle], plan=plan, sheaf=id)
    return found


def _players(
    sources: Sequence[Source], book: Book, *, keys: Sequence[str], plan: BookPlan | None = None, sheaf: str = ""
) -> Iterator[BookRead]:
    """One for each staff, or pair of a piano's, that the systems of the book have."""
    report = book.report.read_bytes()
    side = json.loads(report)
    pages = [
        _page(page, sources, keys, plan.pages[number].sheet if plan else _before(side["pages"], number), number)
        for number, page in enumerate(side["pages"])
    ]
    songs: dict[int, list[int]] = {}  # song -> indices of its parts, from the top of the system
    for index, part in enumerate(book.parts):
        songs.setdefault(part.song, []).append(index)
    players = max(map(len, songs.values()))
    for place in range(players):
        mine = {song: parts[place] for song, parts in songs.items() if place < len(parts)}
        yield BookRead(
            sources=tuple(dict.fromkeys(sources)),
            part=place,
            instrument=plan.name
            if plan is not None and players == 1
            else _usual([book.parts[index].instrument for index in mine.values()]),
            sheaf=sheaf,
            songs=tuple(
                _song(told, book, side, mine.get(number), pages=pages) for number, told in enumerate(side["songs"])
            ),
            report=report,
        )


def _before(pages: Sequence[Mapping[str, Any]], number: int) -> int:
    """How many pages of the same file come before: which of its pictures this one is."""
    return sum(other["file"] == pages[number]["file"] for other in pages[:number])


def _usual(names: Sequence[str]) -> str:
    return max(names, key=names.count)


def _song(
    told: Mapping[str, Any], book: Book, side: Mapping[str, Any], index: int | None, *, pages: Sequence[dict[str, Any]]
) -> SongRead:
    if index is None:
        return SongRead(told["title"], told["composer"])
    document = book.parts[index].musicxml.read_bytes()
    found = facts(read(document))
    lines = side["parts"][index]["lines"]
    bars = [
        {"page": line["page"] + 1, **{name: bar[name] for name in ("measure", "box", "doubt", "doubtful", "reasons")}}
        for line in lines
        for bar in line["bars"]
    ]
    shown = {bar["page"] for bar in bars}
    return SongRead(
        told["title"],
        told["composer"],
        document,
        bars=int(found["bars"]),
        metre=str(found.get("metre", "")),
        summary={**found, "doubtful": len({bar["measure"] for bar in bars if bar["doubtful"]})},
        reading={
            "engine": side["engine"],
            "pages": [page for page in pages if page["number"] in shown],
            "bars": bars,
            "glances": glances_told(lines),
            "alternatives": alternatives_told(lines),
        },
    )


def _page(
    page: Mapping[str, Any],
    sources: Sequence[Source],
    keys: Sequence[str],
    sheet: int,
    number: int,
) -> dict[str, Any]:
    """sheet: which of its file's pictures this is."""
    file = page["file"]
    name = sources[file].name
    return {
        "number": number + 1,
        "label": f"{name}, page {page['sheet'] + 1}" if sources[file].kind == Source.Kind.PDF else name,
        "key": keys[file],
        "sheet": sheet,
        "size": page["size"],
    }


def picture_of(owner_id: int, page: Mapping[str, Any]) -> str:
    """Where the picture of a page lies in default_storage. store.Missing where it is gone."""
    sheets: Sheets = store.open_artifact(owner_id, key=page["key"], kind=Sheets)
    return f"{store.place_of(owner_id, page['key'])}/{sheets.sheets[page['sheet']].picture.name}"


def cut_out(name: str, box: tuple[float, float, float, float]) -> bytes:
    """A PNG of what lies in the box (left, top, right, bottom) of a picture of default_storage. OSError."""
    from PIL import Image

    out = io.BytesIO()
    with default_storage.open(name, "rb") as file, Image.open(file) as image:
        left, top, right, bottom = box
        inside = (max(0, int(left)), max(0, int(top)), min(image.width, int(right)), min(image.height, int(bottom)))
        part = image.crop(inside).convert("L")
        part.thumbnail((MOST_WIDE, MOST_WIDE))
        part.save(out, "PNG")
    return out.getvalue()
