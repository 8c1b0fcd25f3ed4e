"""What a shelf of books that were read tells notation: for each book its songs, their documents, bars and doubts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from media_pipeline import store
from media_pipeline.artifacts import Book, Sheets, Shelf
from media_pipeline.bundles import bundles_of
from media_pipeline.models import Job, JobSource, Step
from notation.books import BookRead, SongRead
from notation.facts import facts
from notation.musicxml.read import read
from projects.models import Source


def books_read(job: Job, shelf: Shelf) -> list[BookRead]:
    """A book for each player; a file whose pages are a score holds several. Those without music are left out."""
    sources = [row.source for row in JobSource.objects.filter(job=job).select_related("source")]
    # A picture's pages are those of the step that looked at it, which has the picture's index.
    keys = dict(job.steps.filter(stage="pages", state=Step.State.DONE).values_list("index", "key"))
    found: list[BookRead] = []
    for bundle, book in zip(bundles_of(sources), shelf.books, strict=True):
        if book.parts:
            found += _players([sources[i] for i in bundle], book, keys=[keys[i] for i in bundle])
    return found


def _players(sources: Sequence[Source], book: Book, *, keys: Sequence[str]) -> Iterator[BookRead]:
    """One for each staff, or pair of a piano's, that the systems of the book have."""
    report = book.report.read_bytes()
    side = json.loads(report)
    pages = [_page(page, sources, keys, side["pages"][:number], number) for number, page in enumerate(side["pages"])]
    songs: dict[int, list[int]] = {}  # song -> indices of its parts, from the top of the system
    for index, part in enumerate(book.parts):
        songs.setdefault(part.song, []).append(index)
    for place in range(max(map(len, songs.values()))):
        mine = {song: parts[place] for song, parts in songs.items() if place < len(parts)}
        yield BookRead(
            sources=tuple(sources),
            part=place,
            instrument=_usual([book.parts[index].instrument for index in mine.values()]),
            songs=tuple(
                _song(told, book, side, mine.get(number), pages=pages) for number, told in enumerate(side["songs"])
            ),
            report=report,
        )


def _usual(names: Sequence[str]) -> str:
    return max(names, key=names.count)


def _song(
    told: Mapping[str, Any], book: Book, side: Mapping[str, Any], index: int | None, *, pages: Sequence[dict[str, Any]]
) -> SongRead:
    if index is None:
        return SongRead(told["title"], told["composer"])
    document = book.parts[index].musicxml.read_bytes()
    found = facts(read(document))
    bars = [
        {"page": line["page"] + 1, **{name: bar[name] for name in ("measure", "box", "doubt", "doubtful", "reasons")}}
        for line in side["parts"][index]["lines"]
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
        },
    )


def _page(
    page: Mapping[str, Any],
    sources: Sequence[Source],
    keys: Sequence[str],
    before: Sequence[Mapping[str, Any]],
    number: int,
) -> dict[str, Any]:
    """before: the pages of the book before this one; those of the same file say which of its pictures this is."""
    file = page["file"]
    name = sources[file].name
    return {
        "number": number + 1,
        "label": f"{name}, page {page['sheet'] + 1}" if sources[file].kind == Source.Kind.PDF else name,
        "key": keys[file],
        "sheet": sum(other["file"] == file for other in before),
        "size": page["size"],
    }


def picture_of(owner_id: int, page: Mapping[str, Any]) -> str:
    """Where the picture of a page lies in default_storage. store.Missing where it is gone."""
    sheets: Sheets = store.open_artifact(owner_id, key=page["key"], kind=Sheets)
    return f"{store.place_of(owner_id, page['key'])}/{sheets.sheets[page['sheet']].picture.name}"
