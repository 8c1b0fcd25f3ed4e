"""Staves found on a page as it leaves an engraver, and cut out of it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.crop import INTERLINE, MIDDLE
from media_pipeline.omr.model import Staff
from media_pipeline.training.omr import shards

REACH = MIDDLE / INTERLINE  # interlines that the net sees above and below the middle line
INK = 200  # darker than this is printed; thin dashes of an octave line are no darker
EDGE = 0.2  # interlines within the crop in which ink is taken for a sign cut in two
AROUND = 12  # interlines around the first and the last staff of a page in which ink is theirs


def clean_staves(page: NDArray[np.uint8]) -> list[Staff]:
    """Staves of a page as it leaves the engraver: level, whole, black on white; from top to bottom."""
    ink = (page < 150).astype(np.uint8)
    long = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, page.shape[1] // 9), np.uint8))
    lengths = long.sum(axis=1).astype(np.float32)
    # A staff's lines are the longest strokes around: what is much shorter than they are is a beam.
    around = cv2.dilate(lengths[:, None], np.ones((2 * (page.shape[1] // 40) + 1, 1), np.uint8))[:, 0]
    rows = np.flatnonzero((lengths > page.shape[1] // 9) & (lengths > 0.7 * around))
    if not len(rows):
        return []
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    lines = [float(run.mean()) for run in runs if len(run) <= max(4, page.shape[0] // 250)]
    out: list[Staff] = []
    n = 0
    while n + 5 <= len(lines):
        five = np.array(lines[n : n + 5])
        gaps = np.diff(five)
        if gaps.max() - gaps.min() > max(2.2, 0.2 * gaps.mean()) or gaps.mean() > page.shape[1] / 20:
            n += 1
            continue
        interline = float((five[4] - five[0]) / 4)
        strip = [long[max(0, round(y) - 1) : round(y) + 2].max(axis=0) for y in five]
        columns = np.flatnonzero(np.sum(strip, axis=0) >= 4)
        if len(columns):
            out.append(Staff(float(five[2]), interline, float(columns[0]), float(columns[-1])))
        n += 5
    return out


def cut(page: NDArray[np.uint8], staff: Staff) -> NDArray[np.uint8]:
    """(216, width) crop at interline 12, a staff's width and 1.5 interlines on each side."""
    margin = 20 * staff.interline
    pad = int(margin)
    wide = cv2.copyMakeBorder(page, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(255,))
    half = shards.ROWS / shards.INTERLINE / 2 * staff.interline
    top, left = round(staff.y - half) + pad, round(staff.x0 - 1.5 * staff.interline) + pad
    bottom, right = round(staff.y + half) + pad, round(staff.x1 + 1.5 * staff.interline) + pad
    piece = wide[top:bottom, left:right]
    scale = shards.INTERLINE / staff.interline
    size = (max(8, round(piece.shape[1] * scale)), shards.ROWS)
    small = cv2.resize(piece, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(small, np.uint8)


def overreaching(page: NDArray[np.uint8], staves: Sequence[Staff]) -> list[bool]:
    """Of which staves is there ink that a crop does not show? What lies between two staves is the nearer one's.

    Only where staves stand wider apart than two crops are high can it be told; else nothing is said against them.
    """
    out = []
    for index, staff in enumerate(staves):
        end = AROUND * staff.interline
        above = min(end, (staff.y - staves[index - 1].y) / 2) if index else end
        below = min(end, (staves[index + 1].y - staff.y) / 2) if index + 1 < len(staves) else end
        reach = (REACH - EDGE) * staff.interline
        columns = slice(max(0, round(staff.x0)), round(staff.x1))
        beyond = (
            page[max(0, round(staff.y - above)) : max(0, round(staff.y - reach)), columns],
            page[round(staff.y + reach) : round(staff.y + below), columns],
        )
        out.append(any(bool((rows < INK).any()) for rows in beyond))
    return out
