"""Music theory as a second reader: what the network saw of a book's staves becomes bars that make sense.

1. Read every line by itself (`signs`), part it into its beginning (clef, key, time) and bars.
2. For each part of the book: vote clef and key over its lines; follow the metre; read again the bars that do not add
   up; mend ties, endings and rest counts.
3. Say of every bar how likely it is wrong (`doubts`).

Every change is on record (`Reading.repairs`) and can be taken back (`repairs.undo`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr import doubts
from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import BarRead, Line, Reading
from media_pipeline.omr.repairs import Bar, Draft, Record
from media_pipeline.omr.signs import said
from media_pipeline.omr.theory import bars, headers, marks, metres, ottavas, ties
from media_pipeline.omr.theory.marks import Figure


@dataclass(frozen=True)
class Where:
    """Where a line stands in its book."""

    page: int  # index into the book's pages
    system: int
    staff: int  # index into Page.staves
    part: int = 0  # lines of one part follow each other: for most books 0, in a score the staff's place in its system


@dataclass(frozen=True)
class Layout:
    where: Sequence[Where]  # one for each lattice, in reading order
    numbers: Mapping[int, int] = field(default_factory=dict)  # line index -> bar number printed at its beginning
    figures: Mapping[int, Sequence[Figure]] = field(default_factory=dict)  # line index -> figures in and over it
    clefs: Sequence[str] = ()  # usual ones of the instrument that every line is for; none where that is not known


def never() -> None:
    """A `check` that never asks for an end."""


def second_reading(lines: Sequence[Lattice], layout: Layout, *, check: Callable[[], object] = never) -> Reading:
    """Read a book. A line's last bar without a bar line goes on in the next line of its part; one of signs alone is a
    courtesy to the next line.

    Raises ValueError when layout and lines differ in number, and what `check` raises, which is asked often.
    """
    drafts, record = worked(lines, layout, check=check)
    values: dict[Bar, NDArray[np.float64]] = {}
    for part in _parts(drafts, layout):
        check()
        values.update(doubts.features(part))
    read = [_line(draft, where, values) for draft, where in zip(drafts, layout.where, strict=True)]
    return Reading(read, record.repairs())


def at_first_sight(lattice: Lattice, where: Where) -> Line:
    """A line as the network alone reads it, before the lines around it have been heard."""
    draft = first_reading(lattice, 0)
    return _line(draft, where, doubts.features([draft]))


def _line(draft: Draft, where: Where, values: Mapping[Bar, NDArray[np.float64]]) -> Line:
    bars = (*(doubts.judged(draft, bar, values[bar]) for bar in draft.bars), *_courtesy(draft))
    return Line(where.page, where.system, where.staff, draft.clef, draft.key, draft.time, bars)


def worked(
    lines: Sequence[Lattice], layout: Layout, *, check: Callable[[], object] = never
) -> tuple[list[Draft], Record]:
    """The lines as theory leaves them, before anyone says how doubtful their bars are. Raises as `second_reading`."""
    if len(lines) != len(layout.where):
        raise ValueError(f"{len(lines)} lines in {len(layout.where)} places")
    drafts: list[Draft] = []
    for index, lattice in enumerate(lines):
        check()
        drafts.append(first_reading(lattice, index))
    record = Record()
    for part in _parts([draft for draft in drafts if any(bar.tokens for bar in draft.bars)], layout):
        marks.part_rests(part, record)
        headers.vote(part, record, usual=layout.clefs)
        marks.part_keys(part, record)
        check()
        metres.follow(part, record)
        bars.fit(part, record, check=check)
        ottavas.mend(part, record)
        ties.mend(part, record)
        check()
        marks.mend(part, record, numbers=layout.numbers, figures=layout.figures)
    return drafts, record


def _parts(drafts: Sequence[Draft], layout: Layout) -> list[list[Draft]]:
    """The lines of each part, in order."""
    parts: dict[int, list[Draft]] = {}
    for draft in drafts:
        parts.setdefault(layout.where[draft.index].part, []).append(draft)
    return list(parts.values())


def _courtesy(draft: Draft) -> tuple[BarRead, ...]:
    """Key and time after the last bar line; what they say counts from the next line on, which says it again."""
    return (BarRead(tuple(draft.tail), 0.0),) if draft.tail else ()


def first_reading(lattice: Lattice, index: int) -> Draft:
    """The line as the network alone reads it."""
    head, rest, music = headers.read_head(lattice, said(lattice))
    names = tuple(seen.token for seen in head)
    draft = Draft(
        lattice,
        index,
        clef=next((name for name in names if name.startswith("clef.")), ""),
        key=next((name for name in names if name.startswith("key.")), "key.0"),
        time=next((name for name in reversed(names) if name.startswith("time.")), ""),
        head=names,
        music=music,
    )
    pieces, draft.tail = headers.bars_of(rest)
    start = music
    for piece in pieces:
        draft.bars.append(Bar(piece, tuple(seen.token for seen in piece), start))
        start = lattice.run_end(piece[-1].frame)
    return draft
