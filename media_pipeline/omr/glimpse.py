"""A page as soon as it is read, in the side file's form (report.py): to be shown while the rest of the book is read.

What the network alone says of it. Music theory weighs a line against the whole book, so clefs, keys and bars may still
change, and so may doubts.
"""

from __future__ import annotations

from typing import Any

from media_pipeline.omr import report
from media_pipeline.omr.model import Page
from media_pipeline.omr.reading import PageRead
from media_pipeline.omr.theory import Where, at_first_sight


def glimpse(page: Page, read: PageRead, *, index: int) -> dict[str, Any]:
    """{"sheet": index, "page": as one of the side file's pages, "lines": as those of its parts}.

    index: of the page in its file's `Sheets`, which has its picture. A bar's `measure` is counted from the beginning of
    its line.
    """
    height, width = page.image.shape
    lines = []
    for number, system in enumerate(page.systems):
        for staff in system.staves:
            if staff in read.seen:
                line = at_first_sight(read.seen[staff], Where(index, number, staff))
                lines.append(report.of_line(line, page, range(len(line.bars))))
    told = [(word.text, word.role, word.box, word.confidence) for word in read.words]
    return {"sheet": index, "page": report.of_page(page, (width, height), told), "lines": lines}
