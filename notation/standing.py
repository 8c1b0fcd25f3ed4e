"""What people decided about the songs of a book stands when its pages are read again.

    stand = stand_of(book, [Read(document, reading), …])     the songs of a new reading in the order of the book

    stand.parts    what each of the book's parts gets of it: bars put together, cut and moved as they are now
    stand.settled  which songs of the reading these are; the others go by their titles
    stand.stays    parts that keep what they have, with `said` why
    stand.lost     parts whose bars were not found: they are as they were read

A bar goes to the song that has the bar at its place on the paper now (notation/whereabouts.py), so nobody has to do
again what was done once: split, put together, said to be another song, a boundary moved, thrown away, renamed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from lxml import etree

from notation import reading_cut
from notation.facts import facts
from notation.models import Book, Revision, Score, SongChange
from notation.musicxml import NotationError, tree
from notation.musicxml.cut import bars_of, chain, cut
from notation.musicxml.read import read as read_document
from notation.whereabouts import Owner, Spot, owned, spots

FOUND = 0.5  # of a part's bars have to be found again

_DECIDING = {"song_id", "removed", "revision"}  # what of a score tells that its bars or its song were decided about


@dataclass(frozen=True)
class Read:
    """What was read of one song. Without a document the book is silent in it."""

    document: bytes | None
    reading: Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """What a part of the book has of a new reading. of: indices of the songs it was read in."""

    score: Score
    document: bytes
    reading: dict[str, Any]
    summary: dict[str, Any]
    of: tuple[int, ...]


@dataclass(frozen=True)
class Stand:
    parts: tuple[Part, ...] = ()
    settled: frozenset[int] = frozenset()
    stays: tuple[Score, ...] = ()
    lost: tuple[Score, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A part of a book as it stands, with the newest revision that knows the places of its bars."""

    score: Score
    spots: tuple[Spot, ...]
    measures: int
    revision: Revision


@dataclass(frozen=True)
class _Piece:
    """Bars of a song that was read, from `start` up to `end`; at: which bar of its part it begins with."""

    read: int
    start: int
    end: int
    at: int


def stand_of(book: Book, read: Sequence[Read]) -> Stand:
    """How what was read of a book is put to its parts. Parts that nobody decided about are left to their titles."""
    moved, renamed = _decided(book)
    decided = moved | renamed
    if not decided:
        return Stand()
    scores = list(Score.everything.filter(book=book).exclude(song=None).select_related("song", "book"))
    living = cells([score for score in scores if not score.removed])
    gone = cells([score for score in scores if score.removed and score.pk in decided])
    stand = regroup(living, read, decided=decided, gone=gone)
    return replace(stand, lost=tuple(score for score in stand.lost if score.pk in moved))  # names go by titles as well


def cells(scores: Sequence[Score]) -> list[Cell]:
    """Those whose places are known, in the order of the pages."""
    found = []
    for score in scores:
        revision = score.last_read
        if revision is not None:
            measures = len(read_document(revision.musicxml()).findall("part[1]/measure"))
            found.append(Cell(score, tuple(spots(revision.reading, measures=measures)), measures, revision))
    first = {cell.score.pk: min(((s.picture, s.box[1], s.box[0]) for s in cell.spots), default=None) for cell in found}
    return sorted((cell for cell in found if first[cell.score.pk]), key=lambda cell: first[cell.score.pk] or ())


def regroup(
    living: Sequence[Cell], read: Sequence[Read], *, decided: Collection[int], gone: Sequence[Cell] = ()
) -> Stand:
    """1. whose each bar is; what is nobody's goes with the bars before it in its song, or behind it
    2. parts of which too little was found are left out, and their bars go by titles
    3. songs that have bars of a part that was decided about are settled, and so are those that share a part with them
    4. the bars of each part, in the order in which it had them, as one document
    """
    roots = {at: read_document(one.document) for at, one in enumerate(read) if one.document is not None}
    roots = {at: root for at, root in roots.items() if len(root.findall("part")) == 1 and root.find("part/measure")
             is not None}  # fmt: skip
    by_key = {cell.score.pk: cell for cell in [*living, *gone]}
    whose = {at: _whose(read[at], roots[at], living, gone) for at in roots}
    lost = [cell.score for cell in living if cell.score.pk in decided and _share(cell, whose) < FOUND]
    if lost:
        left = [cell for cell in living if cell.score not in lost]
        whose = {at: _whose(read[at], roots[at], left, gone) for at in roots}
    touched = {at: {owner[0] for owner in owners if owner is not None} for at, owners in whose.items()}
    involved = set(decided)
    while more := {key for keys in touched.values() if keys & involved for key in keys} - involved:
        involved |= more
    settled = {at for at, keys in touched.items() if keys & involved}
    pieces: dict[int, list[_Piece]] = {}
    for at in sorted(settled):
        for key, piece in _pieces(at, _filled(whose[at])):
            pieces.setdefault(key, []).append(piece)
    parts: list[Part] = []
    stays: list[Score] = []
    said: list[str] = []
    for key, mine in pieces.items():
        cell = by_key[key]
        if cell in gone:
            continue
        if homeless := _homeless(cell):
            stays.append(cell.score)
            bars = "1 bar" if homeless == 1 else f"{homeless} bars"
            said.append(f"“{cell.score.title}” has {bars} that do not stand on its pages, so it stays as it is: "
                        "what was read now is left out.")  # fmt: skip
            continue
        try:
            parts.append(_part(cell, sorted(mine, key=lambda piece: piece.at), read, roots))
        except NotationError as error:
            stays.append(cell.score)
            said.append(f"“{cell.score.title}” stays as it is: what was read now could not be put in. {error.message}")
    return Stand(tuple(parts), frozenset(settled), tuple(stays), tuple(lost), tuple(said))


def _decided(book: Book) -> tuple[set[int], set[int]]:
    """The parts of a book about whose bars or song a person decided, and those whose song she gave another title.

    What was taken back is none.
    """
    scores = Score.everything.filter(book=book).exclude(song=None)
    mine = {str(key): printed != title and printed != ""
            for key, printed, title in scores.values_list("pk", "song__printed", "song__title")}  # fmt: skip
    found: set[int] = set()
    changes = SongChange.objects.filter(project=book.project_id, undone_at=None).values_list("before", "after")
    for before, after in changes:
        for key, fields in after["scores"].items():
            if key in mine and (key not in before["scores"] or _DECIDING & set(fields)):
                found.add(int(key))
    return found, {int(key) for key, renamed in mine.items() if renamed}


def _whose(read: Read, root: etree._Element, living: Sequence[Cell], gone: Sequence[Cell]) -> list[Owner]:
    """The living first: bars of a part that is thrown away may be another's now."""
    measures = len(bars_of(root))
    mine = spots(read.reading, measures=measures)
    now = owned(mine, {cell.score.pk: cell.spots for cell in living}, measures=measures)
    before = owned(mine, {cell.score.pk: cell.spots for cell in gone}, measures=measures)
    return [one or other for one, other in zip(now, before, strict=True)]


def _share(cell: Cell, whose: Mapping[int, Sequence[Owner]]) -> float:
    """How much of a part was found again."""
    found = {owner[1] for owners in whose.values() for owner in owners if owner and owner[0] == cell.score.pk}
    return len(found) / max(cell.measures - _homeless(cell), 1)


def _filled(owners: Sequence[Owner]) -> list[Owner]:
    found = list(owners)
    for order in (range(len(found)), reversed(range(len(found)))):
        last: Owner = None
        for n in order:
            found[n] = last = found[n] or last
    return found


def _pieces(at: int, owners: Sequence[Owner]) -> list[tuple[Any, _Piece]]:
    found = []
    for key, run in groupby(enumerate(owners), key=lambda one: one[1][0] if one[1] else None):
        bars = list(run)
        if bars[0][1] is not None:
            found.append((key, _Piece(at, bars[0][0], bars[-1][0] + 1, bars[0][1][1])))
    return found


def _homeless(cell: Cell) -> int:
    """How many of its bars have notes and stand nowhere on its pages: those of a notation file, or put in by hand."""
    at_home = {spot.measure for spot in cell.spots}
    bars = read_document(cell.revision.musicxml()).findall("part[1]/measure")
    return sum(n not in at_home and bar.find("note/pitch") is not None for n, bar in enumerate(bars))


def _part(cell: Cell, pieces: Sequence[_Piece], read: Sequence[Read], roots: Mapping[int, etree._Element]) -> Part:
    root, reading = _taken(pieces[0], read, roots, title=str(cell.score.song))
    for piece in pieces[1:]:
        more, its = _taken(piece, read, roots, title="")
        whole = chain(root, more)
        reading = reading_cut.chained(reading, its, seam=whole.seam, renamed=whole.renamed)
        root = whole.root
    of = tuple(dict.fromkeys(piece.read for piece in pieces))
    first, document = pieces[0], read[pieces[0].read].document
    alone = len(pieces) == 1 and first.end - first.start == len(bars_of(roots[first.read]))
    summary = {**facts(root), "doubtful": reading_cut.doubtful(reading)}
    return Part(cell.score, document if alone and document else tree.to_bytes(root), reading, summary, of)


def _taken(
    piece: _Piece, read: Sequence[Read], roots: Mapping[int, etree._Element], *, title: str
) -> tuple[etree._Element, dict[str, Any]]:
    """The bars of a piece as a document, and what was read of them. title: of one that was cut off another."""
    root = roots[piece.read]
    measures = len(bars_of(root))
    reading = reading_cut.fitting(read[piece.read].reading, measures=measures)
    if piece.end < measures:
        root, reading = cut(root, at=piece.end).before, reading_cut.halves(reading, at=piece.end)[0]
    if piece.start:
        root, reading = cut(root, at=piece.start, title=title).after, reading_cut.halves(reading, at=piece.start)[1]
    return root, reading
