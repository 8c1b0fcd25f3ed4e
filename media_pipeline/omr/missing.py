"""Pages that are missing in the middle of a song: its printed bar numbers go on where its bars do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LEAST, MOST = 4, 400  # bars that may be missing; fewer are voltas and upbeats counted otherwise


@dataclass(frozen=True)
class Numbered:
    """A line that a bar number stands before."""

    page: int  # of the book, from 0
    number: int  # as printed
    measure: int  # of its first bar in the song as read, from 0


@dataclass(frozen=True)
class Hole:
    page: int  # of the book, from 0: the one after which bars are missing
    bars: int


def holes(lines: Sequence[Numbered]) -> Iterator[Hole]:
    """lines: of one part of one song, in order. A number that is read wrong makes no hole: two must say the same."""
    ahead = [line.number - line.measure for line in lines]
    for at in range(1, len(lines)):
        before, jump = lines[at - 1], ahead[at] - ahead[at - 1]
        sure = (at < 2 or ahead[at - 2] == ahead[at - 1]) and at + 1 < len(lines) and ahead[at + 1] == ahead[at]
        if sure and LEAST <= jump <= MOST and lines[at].page > before.page:
            yield Hole(before.page, jump)
