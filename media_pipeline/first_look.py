"""Files that were looked at join the arrangement of their project: as books and songs, the way Copyist understood them.

A PDF joins when its own pages are known. Pictures belong together, so they wait for each other.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media_pipeline import sight
from media_pipeline.artifacts import Looks, Sheet
from media_pipeline.bundles import together
from media_pipeline.models import Job, JobSource
from notation import sorting
from notation.score import arrangement as pure
from notation.score.arrangement import Arrangement, Leaf, Sheaf, Start
from notation.score.instruments import score_order
from notation.score.songlist import lost_letters
from projects.models import Project, Source

if TYPE_CHECKING:
    from media_pipeline.omr.grouping import FoundBook


@dataclass(frozen=True)
class _Seen:
    """A file that was looked at."""

    source: Source
    looks: Looks
    sheets: tuple[Sheet, ...]

    @property
    def readable(self) -> bool:
        return any(sheet.page.kind != "unreadable" for sheet in self.sheets)


def take_in(job: Job, *, ended: bool) -> None:
    """What is known by now of the job's files joins. ended: nothing more will come of this job."""
    rows = JobSource.objects.filter(job=job, page=None).select_related("source__blob")
    sources = [row.source for row in rows]
    standing = sorting.standing(job.project)
    new = [source for source in sources if source.pk not in standing.arranged.looked]
    known = sight.seen(job.owner_id, new)
    known_again = [source for source in sources if source.pk in standing.arranged.looked]
    pictures = [source for source in new if source.kind == Source.Kind.IMAGE]
    ready = [source for source in new if source.pk in known and source.kind != Source.Kind.IMAGE]
    if pictures and (ended or all(source.pk in known for source in pictures)):
        ready += [source for source in pictures if source.pk in known]
    seen = [one for source in ready if (one := _seen(job.owner_id, source)) is not None]
    there = [one for pk in known_again if (one := _seen(job.owner_id, pk)) is not None]
    if seen or there:
        sorting.grow(job.project, lambda arranged: _rest(_joined(arranged, job.project, seen), there))


def _seen(owner: int, source: Source) -> _Seen | None:
    looks, sheets = sight.looks_of(owner, source), sight.sheets_of(owner, source)
    return _Seen(source, looks, sheets) if looks is not None and len(looks.faces) == len(sheets) else None


def _joined(arranged: Arrangement, project: Project, seen: Sequence[_Seen]) -> Arrangement:
    seen = [one for one in seen if one.source.pk not in arranged.looked]
    pictures = [one for one in seen if one.source.kind == Source.Kind.IMAGE and one.readable]
    for one in seen:
        twin = _twin(one.source, project, arranged.looked)
        arranged = dataclasses.replace(arranged, looked=(*arranged.looked, one.source.pk))
        if any(leaf.source == one.source.pk for leaf in arranged.leaves()):
            arranged = _in_place(arranged, one)
            pictures = [other for other in pictures if other is not one]
        elif twin is not None:
            why = f"This is the same file as “{twin.name}”, so its pages are left out."
            arranged = _alone(arranged, one, why)
            pictures = [other for other in pictures if other is not one]
        elif not one.readable:
            arranged = _alone(arranged, one, one.sheets[0].page.problem if one.sheets else "It has no pages.")
        elif one.source.kind != Source.Kind.IMAGE:
            arranged = _books(arranged, [one], file_name=one.source.name)
    if pictures:
        order = together([(one.source.name, True) for one in pictures])[0]
        arranged = _books(arranged, [pictures[at] for at in order], file_name="")
    return arranged


def _in_place(arranged: Arrangement, one: _Seen) -> Arrangement:
    """A page that took another's place: where songs begin on it, unless somebody has said so or turned it meanwhile."""
    leaf = next(leaf for leaf in arranged.leaves() if leaf.source == one.source.pk)
    if not leaf.starts and not leaf.turn and one.readable:
        known, (found, *_) = _agreed(arranged, [Leaf(leaf.source, leaf.sheet, starts=_starts(one, leaf.sheet))])
        books = (
            dataclasses.replace(book, leaves=tuple(
                dataclasses.replace(other, starts=found.starts) if other.id == leaf.id else other
                for other in book.leaves
            ))
            for book in known.books
        )  # fmt: skip
        arranged = dataclasses.replace(known, books=tuple(books))
    return _rest(arranged, [one])


def _starts(one: _Seen, sheet: int) -> tuple[Start, ...]:
    for book in _understood([one], file_name=one.source.name):
        if sheet in book.pages:
            return tuple(book.starts[book.pages.index(sheet)])
    return ()


def _rest(arranged: Arrangement, seen: Sequence[_Seen]) -> Arrangement:
    """Further pages of a file whose first one took another's place: behind it, left out."""
    for one in seen:
        there = {leaf.sheet for leaf in arranged.leaves() if leaf.source == one.source.pk}
        missing = [Leaf(one.source.pk, sheet, out=True) for sheet in range(len(one.sheets)) if sheet not in there]
        if there and missing:
            home = arranged.book_of(f"{one.source.pk}-{max(there)}")
            at = max(place for place, leaf in enumerate(home.leaves) if leaf.source == one.source.pk) + 1
            joined = dataclasses.replace(home, leaves=(*home.leaves[:at], *missing, *home.leaves[at:]))
            arranged = dataclasses.replace(
                arranged, books=tuple(joined if book.id == home.id else book for book in arranged.books)
            )
    return arranged


def _twin(source: Source, project: Project, looked: Sequence[int]) -> Source | None:
    """Another file with the same bytes that is sorted already."""
    same = Source.objects.filter(project=project, blob=source.blob_id, pk__in=looked).exclude(pk=source.pk)
    return same.order_by("pk").first()


def _alone(arranged: Arrangement, one: _Seen, why: str) -> Arrangement:
    leaves = [Leaf(one.source.pk, sheet, out=True) for sheet in range(len(one.sheets))]
    return pure.add(arranged, name=one.source.name, leaves=leaves, why=why, place=_place(arranged, one.source.name))


def _understood(seen: Sequence[_Seen], *, file_name: str) -> list[FoundBook]:
    from media_pipeline.omr.grouping import books_in
    from media_pipeline.omr.wordfile import load

    pages = [sheet.page for one in seen for sheet in one.sheets]
    words = [words for one in seen for words in load(one.looks.words)]
    tall = [face.size[1] for one in seen for face in one.looks.faces]
    return books_in(pages, words, tall, file_name=file_name)


def _books(arranged: Arrangement, seen: Sequence[_Seen], *, file_name: str) -> Arrangement:
    places = [(one.source.pk, sheet) for one in seen for sheet in range(len(one.sheets))]
    pages = [sheet.page for one in seen for sheet in one.sheets]
    for found in _understood(seen, file_name=file_name):
        leaves = [
            Leaf(*places[at], out=pages[at].kind == "blank", starts=starts)
            for at, starts in zip(found.pages, found.starts, strict=True)
        ]
        arranged, leaves = _agreed(arranged, leaves)
        mine = {start.title for leaf in leaves for start in leaf.starts if start.title}
        same = next((book for book in arranged.books if _goes_on(book, found.name, mine)), None)
        if same is not None:
            arranged = _behind(arranged, same, leaves)
        else:
            place = _place(arranged, found.name)
            arranged = pure.add(arranged, name=found.name, leaves=leaves, why=found.why, place=place)
    return arranged


def _agreed(arranged: Arrangement, leaves: Sequence[Leaf]) -> tuple[Arrangement, list[Leaf]]:
    """Titles of which a scanner lost letters in one book are as the other has them: "Eve ing Air"."""
    mine = {start.title for leaf in leaves for start in leaf.starts if start.title}
    known = {title for book in arranged.books for title in book.titles}
    for title in mine - known:
        other = next((one for one in sorted(known - mine) if lost_letters(title, one) or lost_letters(one, title)), "")
        if other and lost_letters(title, other):
            leaves = [_titled(leaf, title, other) for leaf in leaves]
        elif other:
            books = tuple(
                dataclasses.replace(book, leaves=tuple(_titled(leaf, other, title) for leaf in book.leaves))
                for book in arranged.books
            )
            arranged = dataclasses.replace(arranged, books=books)
    return arranged, list(leaves)


def _titled(leaf: Leaf, old: str, new: str) -> Leaf:
    starts = (dataclasses.replace(one, title=new) if one.title == old else one for one in leaf.starts)
    return dataclasses.replace(leaf, starts=tuple(starts))


def _goes_on(book: Sheaf, name: str, titles: set[str]) -> bool:
    """Whether pages for the same player with other songs belong into this book: a file for each song is usual."""
    return book.name == name and bool(titles) and bool(book.titles) and not titles & set(book.titles)


def _behind(arranged: Arrangement, book: Sheaf, leaves: Sequence[Leaf]) -> Arrangement:
    """New leaves in a book, in the order in which the files came, whichever was looked at first."""
    at = next((at for at, leaf in enumerate(book.leaves) if leaf.source > leaves[0].source), len(book.leaves))
    joined = dataclasses.replace(book, leaves=(*book.leaves[:at], *leaves, *book.leaves[at:]))
    return dataclasses.replace(arranged, books=tuple(joined if one.id == book.id else one for one in arranged.books))


def _place(arranged: Arrangement, name: str) -> int:
    """Among the books, as a score has them; behind those that are there where the order is no score's any more."""
    plain = [re.sub(r" \(\d+\)$", "", one) for one in (*(book.name for book in arranged.books), name)]
    rank = {one: at for at, one in enumerate(score_order(plain))}  # of the last of each name
    mine = rank[plain[-1]]
    return next((at for at, one in enumerate(plain[:-1]) if rank[one] > mine), len(arranged.books))
