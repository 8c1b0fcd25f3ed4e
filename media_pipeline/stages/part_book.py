"""part_book: each book of a set is put together by itself, from its file, its pictures, or the pages sorted into it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from media_pipeline.artifacts import Book, BookPlan, Seen, Sheets
from media_pipeline.context import Context, StageError
from media_pipeline.graph import stage
from media_pipeline.stages.book import put_together


@stage(weight=1, version=2, bundle=True, label="Putting each book together")
def part_book(ctx: Context, sheets: tuple[Sheets, ...], seen: tuple[Seen, ...]) -> Book:
    """As `book` does it; but where nothing can be read the book is empty and says so, and the others are made."""
    return _or_empty(ctx, sheets, seen, None)


@stage(weight=1, version=2, bundle=True, label="Putting each book together")
def sorted_book(ctx: Context, plan: BookPlan, sheets: tuple[Sheets, ...], seen: tuple[Seen, ...]) -> Book:
    """The same of a book whose pages were sorted by hand."""
    return _or_empty(ctx, sheets, seen, plan)


def _or_empty(ctx: Context, sheets: Sequence[Sheets], seen: Sequence[Seen], plan: BookPlan | None) -> Book:
    try:
        return put_together(ctx, sheets, seen, plan=plan)
    except StageError as error:
        names = f"“{plan.name}”" if plan is not None else ", ".join(f"“{file.name}”" for file in sheets)
        ctx.warn(f"{names}: left out. {error.message} {error.hint}".strip())
        path = ctx.folder / "book.json"
        path.write_text(json.dumps({"pages": [], "songs": [], "parts": []}))
        return Book((), path, len(plan.pages) if plan is not None else sum(len(file.sheets) for file in sheets))
