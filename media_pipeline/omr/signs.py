"""What a line says: its likeliest tokens, and the signs that the likeliest way alone would miss.

1. A sign whose place is not sure is seen a little in many frames, and nothing is the likeliest in each of them. Where
   it was seen more often than not all in all, it stands where it was seen best. Notes and bar lines have their places;
   them the second reading weighs by what a bar holds.
2. Signs that come in pairs: a hairpin has two ends, an octave line begins and ends. Where one was seen and the other
   was not, the other half seen counts. What goes on from line to line keeps its one end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import Seen
from media_pipeline.omr.tokens import is_position

_BEFORE = ("dyn.", "cresc(", "dim(", "hair)", "clef.", "key.", "reh", "segno", "coda")
_BEHIND = ("trem", "breath", "fermata", "tupend", "dc", "ds", "fine", "tocoda")
_WIDE = 10  # frames that one sign is spread over
_NEAR = 12  # frames around a sign that was read, in which the same is no second one: a clef is so wide
_LIKELY = 0.5  # of a sign, summed over its frames
_FAINT = -6.0  # nats below which a frame adds nothing

_PAIRS = ((("cresc(", "dim("), "hair)"), (("8va(",), "8va)"), (("8vb(",), "8vb)"))
_HALF_SEEN = {"hair)": 0.02, "8va)": 0.3, "8vb)": 0.3}  # of a sign whose partner was seen; octaves move the notes
_OCTAVES_END = ("8va)", "8vb)")
_APART = 2  # frames between the two at least

_DOT = "dot"
_WITHIN = ("ch", "lo", "hd.x")  # with heads and accidentals: what an event goes on after


def said(lattice: Lattice) -> list[Seen]:
    """The tokens of a line, from left to right."""
    out = lattice.greedy()
    for sign in _spread(lattice, out):
        _put(out, sign)
    for begins, end in _PAIRS:
        for alone, start, stop in _alone(out, begins, end, lattice.frames):
            wanted = (end,) if alone.token in begins else begins
            chance, frame, token = max((*lattice.summit(token, start, stop), token) for token in wanted)
            if chance >= _HALF_SEEN[end]:
                _put(out, Seen(token, frame, chance))
    return out


def _spread(lattice: Lattice, read: Sequence[Seen]) -> Iterator[Seen]:
    """Signs that are likely only in many frames together. read: the likeliest tokens."""
    rows, places = np.nonzero(_loose(lattice.vocabulary)[lattice.ids] & (lattice.logs > _FAINT))
    ids, frames = lattice.ids[rows, places], lattice.at[rows].astype(np.int64)
    chances = np.exp(lattice.logs[rows, places].astype(np.float32))
    for sign in np.unique(ids):
        token = lattice.vocabulary[int(sign)]
        here = ids == sign
        at, seen = frames[here], chances[here]
        for other in read:
            if other.token == token:
                far = np.abs(at - other.frame) > _NEAR
                at, seen = at[far], seen[far]
        while len(at) and seen.sum() >= _LIKELY:
            whole = np.cumsum(np.append(seen, 0.0))
            ends = np.searchsorted(at, at + _WIDE)
            sums = whole[ends - 1] - whole[np.arange(len(at))] + seen
            first = int(sums.argmax())
            if sums[first] < _LIKELY:
                break
            best = first + int(seen[first : ends[first]].argmax())
            yield Seen(token, int(at[best]), min(1.0, float(sums[first])))
            far = np.abs(at - at[best]) > _NEAR
            at, seen = at[far], seen[far]


@cache
def _loose(vocabulary: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([token.startswith((*_BEFORE, *_BEHIND)) for token in vocabulary])


def _alone(seen: Sequence[Seen], begins: Sequence[str], end: str, frames: int) -> list[tuple[Seen, int, int]]:
    """(sign without a partner, first frame that the partner may stand at, frame it stands before)."""
    out: list[tuple[Seen, int, int]] = []
    opened: Seen | None = None
    since = 0
    for sign in seen:
        if sign.token in begins:
            if opened:
                out.append((opened, opened.frame + _APART, sign.frame))
            opened = sign
        elif sign.token == end:
            if not opened:
                out.append((sign, since, sign.frame - _APART))
            opened, since = None, sign.frame + 1
    return [*out, (opened, opened.frame + _APART, frames)] if opened else out


def _put(seen: list[Seen], sign: Seen) -> None:
    """Before or behind the event that is told where it was seen, never within."""
    at = next((n for n, other in enumerate(seen) if other.frame >= sign.frame), len(seen))
    if sign.token.startswith((*_BEHIND, *_OCTAVES_END)):
        while 0 < at < len(seen) and _goes_on(seen[at - 1].token):
            at += 1
    else:
        while at and _goes_on(seen[at - 1].token):
            at -= 1
    while at < len(seen) and seen[at].token == _DOT:
        at += 1
    seen.insert(at, sign)


def _goes_on(token: str) -> bool:
    return is_position(token) or token in _WITHIN or token.startswith("acc.")
