"""print_set: the books, scores and parts of a project, in one ZIP; what was engraved before is taken as it is.

print_scans: the same where some of the books were never read, and go along as they were scanned.
"""

from __future__ import annotations

import hashlib
import json

from media_pipeline.artifacts import Bundle, Media, Sheets
from media_pipeline.context import Context, StageError
from media_pipeline.graph import stage
from notation.musicxml import NotationError
from notation.printing.concert import PrintOrder

PRINTING = 0.9  # share of the bar; the rest is putting all in one file
PILE = "Print everything.pdf"


@stage(weight=20.0, queue="export", label="Printing")
def print_set(ctx: Context, order: PrintOrder) -> Bundle:
    """1. the documents of the revisions that the order names become a concert
    2. books, scores and parts are written; finished pages stay in `ctx.pages` whatever happens
    3. all copies in one PDF where that is asked for, everything in one ZIP, whole or not at all
    """
    return _printed(ctx, order)


@stage(weight=20.0, queue="export", label="Printing")
def print_scans(ctx: Context, order: PrintOrder, files: tuple[Media, ...], sheets: tuple[Sheets, ...]) -> Bundle:
    """files, sheets: of the pages of the books that were never read."""
    from dataclasses import replace

    from media_pipeline.omr.slices import unread_slices
    from notation.printing.concert import files_of

    if len(files) != len(files_of(order.contents)):
        raise StageError("A file of these books is not there any more.", hint="Make the files again.")
    found, notices = unread_slices(order.contents, files, sheets)
    for notice in notices:
        ctx.warn(notice)
    return _printed(ctx, replace(order, slices={**order.slices, **found}))


def _printed(ctx: Context, order: PrintOrder) -> Bundle:
    from notation.engrave.printset import Made, packed, print_set, stacked
    from notation.printing.choices import choices_from
    from notation.printing.concert import concert_of
    from notation.printing.listing import listed

    ctx.progress(0.0, "Opening the parts")
    chosen = choices_from(order.chosen)
    archive = ctx.folder / "set.zip"
    try:
        concert, chairs, notices = concert_of(order, chosen)
        for notice in notices:
            ctx.warn(notice)
        made = print_set(
            concert, chairs, folder=ctx.folder / "set", what=chosen.printed_what, kinds=chosen.printed_kinds,
            style=chosen.style, score_style=chosen.score_style, turn=chosen.printed_turn, pattern=chosen.pattern,
            together=chosen.together, cover=chosen.cover, index=chosen.index, booklets=chosen.booklets,
            cache=ctx.pages, check=ctx.check,
            tell=lambda done, count, note: ctx.progress(PRINTING * done / max(1, count), note),
        )  # fmt: skip
        files = made.files
        if "pile" in chosen.what:
            ctx.progress(PRINTING, "All copies in one file")
            stacked(made, chairs, target=made.folder / PILE, check=ctx.check)
            files = (made.folder / PILE, *files)
        if "books" not in chosen.what:  # they were made for the pile alone
            books = {book.path for book in made.books}
            files = tuple(path for path in files if path not in books and path.parent.name != "booklets")
        ctx.progress((1 + PRINTING) / 2, "Packing")
        packed(Made(made.folder, files, made.books), target=archive, check=ctx.check)
        with archive.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        return Bundle(archive, sha256, json.dumps(listed(archive)))
    except NotationError as error:
        raise StageError(error.message, hint=error.hint, permanent=error.permanent) from error
