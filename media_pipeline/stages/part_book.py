"""part_book: each book of a set is put together by itself, from its one file or its several pictures."""

from __future__ import annotations

import json

from media_pipeline.artifacts import Book, Seen, Sheets
from media_pipeline.context import Context, StageError
from media_pipeline.graph import stage
from media_pipeline.stages.book import book


@stage(weight=1, bundle=True, label="Putting each book together")
def part_book(ctx: Context, sheets: tuple[Sheets, ...], seen: tuple[Seen, ...]) -> Book:
    """As `book` does it; but where nothing can be read the book is empty and says so, and the others are made."""
    try:
        made: Book = book.run(ctx, sheets, seen)
    except StageError as error:
        names = ", ".join(f"“{file.name}”" for file in sheets)
        ctx.warn(f"{names}: left out. {error.message} {error.hint}".strip())
        path = ctx.folder / "book.json"
        path.write_text(json.dumps({"pages": [], "songs": [], "parts": []}))
        return Book((), path, sum(len(file.sheets) for file in sheets))
    return made
