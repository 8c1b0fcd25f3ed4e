"""A job's books as their pages were sorted when it was started: which files it needs, and what each book is made of.

    Job.books   [{"id": "b1", "name": "Flute 1", "named": true,
                  "leaves": [{"item": 0, "sheet": 2, "turn": 0, "starts": [{"y", "title", "composer", "tacet"}]}]}]

`item` is the index of the job's source (JobSource.index). A page that was turned by hand and is to be read is an item
of its own, so that the rest of its file need not be read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from media_pipeline import store
from media_pipeline.artifacts import BookPlan, PlannedPage, PrintedPage, PrintPlan, Sheets, SongHere
from media_pipeline.bundles import bundles_of
from media_pipeline.graph import digest
from media_pipeline.models import Job, JobSource
from media_pipeline.sight import pages_key
from notation.score.arrangement import Arrangement, Leaf
from projects.models import Source


def rows_of(job: Job) -> list[JobSource]:
    return list(JobSource.objects.filter(job=job).select_related("source__blob"))


def bundles(job: Job, rows: Sequence[JobSource] | None = None) -> list[list[int]]:
    """Which of a job's items each of its books is made from: as its pages were sorted, else by their files."""
    if job.books:
        return [_items(book) for book in job.books]
    return bundles_of([row.source for row in (rows_of(job) if rows is None else rows)])


def _items(book: dict[str, Any]) -> list[int]:
    return list(dict.fromkeys(leaf["item"] for leaf in book["leaves"]))


def laid_out(
    arranged: Arrangement, sources: dict[int, Source], *, owner: int, turning: bool
) -> tuple[list[JobSource], list[dict[str, Any]]]:
    """(items, books) for a new job; books without a page are left out.

    turning: pages turned by hand become items of their own, to be read so. store.Missing where one was never looked at.
    """
    items: dict[Any, JobSource] = {}

    def item(leaf: Leaf) -> tuple[int, int]:
        source, key, fields = sources[leaf.source], (leaf.source,), {}
        if turning and leaf.turn:
            page = _sheet(owner, source, leaf.sheet).page
            fields = {"page": page.sheet, "turn": (page.turned + leaf.turn) % 360, "half": page.half}
            key = (leaf.source, *fields.values())
        if key not in items:
            items[key] = JobSource(source=source, index=len(items), **fields)
        return items[key].index, 0 if fields else leaf.sheet

    books = []
    for book in arranged.books:
        leaves = []
        for leaf in book.kept:
            if leaf.source in sources:
                index, sheet = item(leaf)
                starts = [asdict(start) for start in leaf.starts]
                leaves.append({"item": index, "sheet": sheet, "turn": leaf.turn, "starts": starts})
        if leaves:
            books.append({"id": book.id, "name": book.name, "named": book.named, "leaves": leaves})
    return list(items.values()), books


def _sheet(owner: int, source: Source, number: int) -> Any:
    sheets: Sheets = store.open_artifact(owner, key=pages_key(source), kind=Sheets)
    return sheets.sheets[number]


def given_keys(job: Job, kind: Any) -> list[str]:
    if kind is PrintPlan:
        return [digest(["print plan", job.project.title, [_plain(book) for book in job.books]])]
    return [digest(["book plan", asdict(book_plan(job, index))]) for index in range(len(job.books))]


def _plain(book: dict[str, Any]) -> list[Any]:
    return [book["name"], book["leaves"]]


def book_plan(job: Job, index: int) -> BookPlan:
    book = job.books[index]
    items = _items(book)
    pages = tuple(PlannedPage(items.index(leaf["item"]), leaf["sheet"], _songs(leaf)) for leaf in book["leaves"])
    return BookPlan(book["name"], bool(book["named"]), pages)


def print_plan(job: Job) -> PrintPlan:
    books = tuple(
        (
            book["name"],
            tuple(PrintedPage(leaf["item"], leaf["sheet"], leaf["turn"], _songs(leaf)) for leaf in book["leaves"]),
        )
        for book in job.books
    )
    return PrintPlan(job.project.title, books)


def _songs(leaf: dict[str, Any]) -> tuple[SongHere, ...]:
    return tuple(SongHere(**start) for start in leaf["starts"])
