"""Which note each printed syllable is sung to.

The syllables of a verse and the notes over it both go from left to right: each syllable gets one note, none twice, so
that all of them together stand as near to their notes as can be (dynamic programming). A syllable stands with its
middle under its note's head, or begins with it where the note is followed by others on the same syllable. A note that
another is tied to is not sung again. A syllable too near to the one before for a note of its own is sung with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from media_pipeline.omr.grammar import parse
from media_pipeline.omr.lyrics import ELISION, Sung
from media_pipeline.omr.model import Line, Staff
from media_pipeline.omr.musicxml import Syllable

REACH = 5.0  # interlines between a syllable and its note at most
LOST = 7.0  # what it costs to leave a syllable without a note
TIED = 3.0  # and to sing to a note that only holds the one before
NEXT_TO = 1.5  # interlines: words closer than this may share a note


@dataclass(frozen=True)
class Note:
    """A note that may be sung: the `index`-th of its bar that is neither rest nor grace note, upper voice."""

    bar: int
    index: int
    x: float  # of its head, pixels of the page
    held: bool  # the note before is tied to it


def notes_of(line: Line, staff: Staff) -> list[Note]:
    """The upper voice's notes from the left."""
    from media_pipeline.omr.crop import place

    at = place(staff)
    notes: list[Note] = []
    tied = False
    for number, bar in enumerate(line.bars):
        sung = [
            e for e in parse([seen.token for seen in bar.tokens]).events if not e.rest and not e.grace and e.voice == 0
        ]
        for index, event in enumerate(sung):
            notes.append(Note(number, index, at.across(bar.tokens[event.heads[0].at].frame), tied))
            tied = event.tie
    return notes


def matched(syllables: Sequence[Sung], notes: Sequence[Note], interline: float) -> list[int | None]:
    """For each syllable the index of its note, rising; None where it has none of its own."""
    cost = np.array([[_cost(syllable, note, interline) for note in notes] for syllable in syllables])
    best = np.zeros((len(syllables) + 1, len(notes) + 1))
    best[1:, 0] = LOST * np.arange(1, len(syllables) + 1)
    for i in range(1, len(syllables) + 1):
        for j in range(1, len(notes) + 1):
            best[i, j] = min(best[i, j - 1], best[i - 1, j] + LOST, best[i - 1, j - 1] + cost[i - 1, j - 1])
    out: list[int | None] = [None] * len(syllables)
    i, j = len(syllables), len(notes)
    while i and j:
        if best[i, j] == best[i, j - 1]:
            j -= 1
        elif best[i, j] == best[i - 1, j] + LOST:
            i -= 1
        else:
            i, j = i - 1, j - 1
            out[i] = j
    return out


def _cost(syllable: Sung, note: Note, interline: float) -> float:
    middle = abs((syllable.box.x0 + syllable.box.x1) / 2 - note.x) / interline
    start = abs(syllable.box.x0 - (note.x - 0.6 * interline)) / interline + 0.3
    away = min(middle, start)
    return away + (TIED if note.held else 0.0) if away < REACH else 2 * LOST


def sing(verses: Sequence[tuple[int, int, Sequence[Sung]]], lines: Sequence[tuple[Line, Staff]]) -> Iterator[Syllable]:
    """verses: (index into `lines`, number, syllables), line after line; a word may go on from line to line."""
    parted: dict[int, bool] = {}  # verse -> whether its last syllable was followed by a hyphen
    for index, number, syllables in verses:
        line, staff = lines[index]
        notes = notes_of(line, staff)
        made: list[Syllable] = []
        last = syllables[0]
        for syllable, at in zip(syllables, matched(syllables, notes, staff.interline), strict=True):
            before, after = parted.get(number, False), syllable.after == "hyphen"
            if at is None:
                if made:  # "de‿a": two words on one note; or its note was not read, and the words stay whole
                    near = syllable.box.x0 - last.box.x1 < NEXT_TO * staff.interline
                    joined = f"{made[-1].text}{ELISION if near else ' '}{syllable.text}"
                    kind = made[-1].syllabic in ("middle", "end")
                    made[-1] = replace(
                        made[-1], text=joined, extend=syllable.after == "line",
                        syllabic=("middle" if after else "end") if kind else ("begin" if after else "single"),
                    )  # fmt: skip
                    parted[number], last = after, syllable
                continue
            parted[number], last = after, syllable
            made.append(
                Syllable(
                    index, notes[at].bar, notes[at].index, syllable.text,
                    ("middle" if after else "end") if before else ("begin" if after else "single"), number,
                    extend=syllable.after == "line",
                )
            )  # fmt: skip
        yield from made
