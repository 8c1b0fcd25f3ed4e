"""Octave signs: one that nothing ends, in its line or the next, was none, or nobody can tell how far it goes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from media_pipeline.omr.repairs import Bar, Draft, Record
from media_pipeline.omr.theory.durations import value
from media_pipeline.omr.tokens import is_position

_ENDS = {"8va(": "8va)", "8vb(": "8vb)"}


def mend(drafts: Sequence[Draft], record: Record) -> None:
    """Leave out octave signs without an end. drafts: one part, in order."""
    for here, following in itertools.zip_longest(drafts, drafts[1:]):
        for bar, index in reversed(_endless(here, following)):
            sign = bar.tokens[index].token
            left = [seen for n, seen in enumerate(bar.tokens) if n != index]
            bar.reasons.append("an octave sign without an end")
            record.change(here, bar, left, kind="ottava", reason=f"nothing ends the {sign[:-1]}")


def _endless(draft: Draft, following: Draft | None) -> list[tuple[Bar, int]]:
    """(bar, index of the token) of each sign that stays open."""
    out: list[tuple[Bar, int]] = []
    opened: tuple[Bar, int] | None = None
    for bar in draft.bars:
        for index, name in enumerate(bar.names):
            if name in _ENDS:
                out += [opened] if opened else []
                opened = (bar, index)
            elif opened and name == _ENDS[opened[0].names[opened[1]]]:
                opened = None
    if opened and following is not None and _opening(following) == opened[0].names[opened[1]]:
        return out  # it is printed again where it goes on
    return [*out, opened] if opened else out


def _opening(draft: Draft) -> str:
    """The octave sign that a line begins with, "" where there is none."""
    for name in draft.bars[0].names if draft.bars else ():
        if name in _ENDS:
            return name
        if is_position(name) or value(name) is not None:
            break
    return ""
