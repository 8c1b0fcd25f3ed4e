"""The instrumentation list of a project: who plays what, how many copies. It follows the books by itself.

Until somebody changes it every book has one line, one copy. A book that comes later gets its line behind those of
the book before it. A list is written as a whole and only over the state it was made from (`mark`), so that two
people at it lose nothing of each other's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db import transaction

from notation.engrave.cache import key_of
from notation.engrave.printset import MOST_COPIES
from notation.models import Book, Chair
from notation.musicxml import NotationError
from notation.printing.keys import Key
from notation.printing.unread import Unread, books_of
from projects.models import Project

MOST_LINES = 500
HEADER = ("Instrument", "Player", "Copies")


class Stale(NotationError):
    """The list was changed by somebody else meanwhile."""


@dataclass(frozen=True)
class Line:
    book: Book | Unread
    player: str = ""
    copies: int = 1


def lines_of(project: Project) -> list[Line]:
    """The list as it is; at least one line for every book."""
    books = books_of(project)
    # Whoever sat there before a book was read sits there still.
    there: dict[Key, Book | Unread] = {book.sheaf: book for book in reversed(books) if isinstance(book, Book)}
    there |= {book.pk: book for book in books}
    chairs = Chair.objects.filter(project=project)
    found = [(there.get(chair.book_id or chair.sheaf), chair) for chair in chairs]
    lines = [Line(book, chair.player, chair.copies) for book, chair in found if book is not None]
    for before, book in pairwise([None, *books]):
        if book is None or any(line.book == book for line in lines):
            continue
        after = [at for at, line in enumerate(lines) if line.book == before]
        lines.insert(after[-1] + 1 if after else 0, Line(book))
    return lines


def mark_of(lines: Sequence[Line]) -> str:
    """A short name for the state of a list."""
    return key_of([(line.book.pk, line.player, line.copies) for line in lines])[:12]


@transaction.atomic
def write_lines(project: Project, lines: Iterable[tuple[Key, str, Any]], *, mark: str = "") -> list[Line]:
    """Put these lines, as (book, player, copies), in place of the list; the new list.

    A book without a line keeps one for no copies: it stays in the list, to be found again.
    mark: of the state they were made from; Stale where the list is another by now. NotationError names a wrong line.
    """
    Project.objects.select_for_update().get(pk=project.pk)
    if mark and mark != mark_of(lines_of(project)):
        raise Stale(
            "The list was changed meanwhile, in another window or by somebody else.",
            hint="This is how it is now; make your change again.",
            permanent=False,
        )
    books: dict[Key, Book | Unread] = {book.pk: book for book in books_of(project)}
    rows = []
    for book, player, copies in lines:
        if book not in books:
            raise NotationError("The list names a book that is not there any more.", hint="Open the page again.")
        rows.append(Line(books[book], " ".join(str(player).split())[:100], _copies(copies, books[book].instrument)))
    rows += [Line(book, "", 0) for book in books.values() if not any(row.book == book for row in rows)]
    if len(rows) > MOST_LINES:
        raise NotationError(f"A list has {MOST_LINES} lines at most.")
    Chair.objects.filter(project=project).delete()
    Chair.objects.bulk_create(
        Chair(project=project, **_seat(row.book), player=row.player, copies=row.copies, order=at)
        for at, row in enumerate(rows)
    )
    return rows


def _seat(book: Book | Unread) -> dict[str, Any]:
    return {"book": book} if isinstance(book, Book) else {"sheaf": book.pk}


def _copies(value: Any, instrument: str) -> int:
    text = str(value).strip()
    number = int(text) if text.isdecimal() and len(text) < 5 else 1 if not text else -1
    if not 0 <= number <= MOST_COPIES:
        raise NotationError(f"{instrument}: from 0 to {MOST_COPIES} copies.", hint=f"“{text[:20]}” is none of these.")
    return number


def as_text(lines: Sequence[Line]) -> str:
    """The list as CSV, with a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((line.book.instrument, line.player, line.copies) for line in lines)
    return out.getvalue()


def from_text(project: Project, text: str) -> list[tuple[Key, str, Any]]:
    """Lines for `write_lines` out of pasted text: instrument, player, copies, parted by commas, semicolons or tabs.

    Two columns are instrument and copies, or instrument and player. NotationError names the line that cannot be
    understood.
    """
    books: dict[str, Key] = {book.instrument.casefold(): book.pk for book in books_of(project)}
    first = next((line for line in text.splitlines() if line.strip()), "")
    comma = max((";", "\t", ","), key=first.count)
    found: list[tuple[Key, str, Any]] = []
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=comma), start=1):
        cells = [" ".join(cell.split()) for cell in row]
        if not any(cells) or (number == 1 and cells[0].casefold() == HEADER[0].casefold()):
            continue
        book = books.get(cells[0].casefold())
        if book is None:
            raise NotationError(
                f"Line {number}: there is no book “{cells[0][:60]}”.",
                hint="Write the instruments as the list has them.",
            )
        player, copies = [*cells[1:], "", ""][:2]
        if len(cells) == 2 and player.isdecimal():
            player, copies = "", player
        found.append((book, player, copies or 1))
    if not found:
        raise NotationError("There are no lines in this text.", hint="Write: Instrument, Player, Copies.")
    return found
