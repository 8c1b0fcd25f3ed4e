"""shelf: the books of a set, side by side."""

from __future__ import annotations

from media_pipeline.artifacts import Book, Shelf
from media_pipeline.context import StageError
from media_pipeline.graph import stage


@stage(weight=0.1, label="Putting the books side by side")
def shelf(books: tuple[Book, ...]) -> Shelf:
    """A set in which no book holds music is a StageError."""
    if not any(book.parts for book in books):
        raise StageError("There is no printed music in these files.", hint="Bring scans or PDFs of printed notes.")
    return Shelf(books)
