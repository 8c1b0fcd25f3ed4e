"""Which way up a page of music lies, and whether it is a mirror image.

    1. clefs and stems say so by where they are (clean.clef_side, clean.stem_side), where there are enough of them
    2. else the file's own words do: their letters follow each other from left to right
    3. else the reader is asked: it reads a few staves every way, and is surest of notes that stand the right way up

The reader costs more than all the rest of setting a page upright, so it is asked only about pages of one or two staves
and those whose clefs and stems disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr import clean
from media_pipeline.omr.crop import INTERLINE, crop
from media_pipeline.omr.model import Printed, Staff

Grey = NDArray[np.uint8]
Read = Callable[[Iterable[Grey]], Iterable[NDArray[np.float32]]]  # crops -> (frames, tokens) log probabilities of each

ENOUGH = 3  # staves whose clefs can be compared
WORDS = 4  # pairs of words beside each other from which on their order says something
ASKED = 3  # staves that the reader is shown
CLEAR = 2.0  # nats by which another way must be likelier than the one the page came in
SAYS = 8  # frames of a staff in which something must be read: empty paper, turned any way, has a clef at most (four)


def wrong_way(
    image: Grey, staves: Sequence[Staff], read: Read | None = None, *, layer: Sequence[Printed] = ()
) -> tuple[bool, bool]:
    """(turned by 180°, mirrored): what to undo, in this order. (False, False) when in doubt.

    layer: the words that the file itself holds, in its order, where they lie on the image.
    """
    full = [staff for staff in staves if staff.lines == 5 and not staff.tab]
    if not full:
        return False, False
    if len(full) >= ENOUGH:
        crops = [crop(image, staff) for staff in full[:: max(len(full) // 8, 1)][:8]]
        side = clean.clef_side(crops)
        stems = clean.stem_side(np.hstack(crops[::2]), interline=INTERLINE)
        if side > 0.2 and stems > -0.4:
            return False, False
        if side < -0.2 and stems > 0.4:
            return True, False
        if stems < -0.4 and abs(side) > 0.2:
            return side > 0, True
    return (False, False) if read is None or _reads_on(layer) else _likeliest(image, full, read)


def _reads_on(layer: Sequence[Printed]) -> bool:
    """Whether words that follow each other on a line stand from left to right."""
    steps = [
        after.box.x0 > word.box.x0
        for word, after in pairwise(layer)
        if min(word.box.y1, after.box.y1) - max(word.box.y0, after.box.y0) > 0.5 * (word.box.y1 - word.box.y0)
    ]
    return len(steps) >= WORDS and sum(steps) > 0.8 * len(steps)


def _likeliest(image: Grey, staves: Sequence[Staff], read: Read) -> tuple[bool, bool]:
    longest = sorted(staves, key=lambda staff: staff.x0 - staff.x1)[:ASKED]
    crops = [crop(image, staff) for staff in longest]
    ways = {(False, False): (1, 1), (True, False): (-1, -1), (False, True): (1, -1), (True, True): (-1, 1)}
    seen = {way: list(read(np.ascontiguousarray(cut[::y, ::x]) for cut in crops)) for way, (y, x) in ways.items()}
    # of the likeliest path through all frames (Graves et al. 2006)
    sure = {way: sum(float(one.max(axis=1).sum()) for one in staves_read) for way, staves_read in seen.items()}
    best = max(sure, key=lambda way: sure[way])
    clear = sure[best] > sure[False, False] + CLEAR and sum(map(_said, seen[best])) >= SAYS * len(crops)
    return best if clear else (False, False)


def _said(seen: NDArray[np.float32]) -> int:
    """In how many frames something is read; in most is nothing."""
    likeliest = seen.argmax(axis=1)
    return len(likeliest) - int(np.bincount(likeliest).max())
