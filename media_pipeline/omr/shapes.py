"""Which pieces of ink beside the staves are music after all: note heads on ledger lines, notes, slurs.

Lines of them look like lines of letters. Tesseract guesses at each for as long as at a word, and may see a figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Shape = Literal["head", "small head", "note", "arc", "small", "other"]
Ink = NDArray[np.bool_]


def music(pieces: Iterable[Ink], space: float) -> bool:
    """Whether a line of these pieces is music. space: pixels from staff line to staff line.

    Heads of full size stand in no line of letters, other than beside the figures of a metronome mark, where they have
    stems; a slur or a grace note counts only among its like.
    """
    found = [shape(ink, space) for ink in pieces]
    large = [one for one in found if one != "small"]
    return bool(large) and ("other" not in large or 3 * large.count("head") >= len(large))


def shape(ink: Ink, space: float) -> Shape:
    """What one piece of ink, cut to its box, looks like. Letters are "other", dots and commas "small"."""
    import cv2

    height, width = ink.shape
    if height < 0.45 * space:
        return "small"
    depth = cv2.distanceTransform(np.pad(ink.astype(np.uint8), 1), cv2.DIST_L2, 3)
    radius = float(depth.max())  # of the largest disc in it
    if radius >= 0.33 * space:
        if height < 1.7 * space and radius >= 0.28 * height:
            return "head" if radius >= 0.42 * space else "small head"
        # All thick ink in one place, which is no stroke: a head with its stem.
        down, across = np.ptp(np.argwhere(depth > 0.6 * radius), axis=0) + 1
        if down <= 0.9 * space and across <= 1.5 * space and down < 0.4 * height:
            return "note"
    if width >= 1.7 * height and _is_arc(ink):
        return "arc"
    return "other"


def _is_arc(ink: Ink) -> bool:
    """One thin stroke from left to right: in no column does ink reach over half of the height."""
    top, bottom = ink.argmax(axis=0), len(ink) - ink[::-1].argmax(axis=0)
    return bool((bottom - top <= 0.5 * len(ink)).mean() > 0.95)
