"""Which staves sound together, and in which order they are read."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.model import Box, Staff, System

Grey = NDArray[np.uint8]


def arranged(image: Grey, staves: Sequence[Staff]) -> tuple[tuple[Staff, ...], tuple[System, ...]]:
    """Staves in reading order, and their systems: from the top down, and on one height from left to right.

    1. a staff is joined to the next one below it by a line at their left end, or by bar lines that run through
    2. systems that lie on one height, beside each other (a coda after a gap), make a row
    """
    every = sorted(staves, key=lambda staff: (staff.y, staff.x0))
    pairs = {staff: below for staff in every if (below := next((o for o in every if _under(staff, o)), None))}
    joints = {upper: _joint(image, upper, lower) for upper, lower in pairs.items()}
    left = list(every)
    systems: list[tuple[list[Staff], bool]] = []
    while left:
        group, brace = [left.pop(0)], False
        while (below := pairs.get(group[-1])) in left and below is not None:
            twins = [joints[o] for o in pairs if _beside([group[-1], below], [o, pairs[o]])]  # before or after a gap
            joined, curly = max([joints[group[-1]], *twins])
            if not joined:
                break
            group.append(below)
            left.remove(below)
            brace = brace or curly
        systems.append((group, brace))
    rows: list[list[tuple[list[Staff], bool]]] = []
    for system in systems:
        if rows and all(_beside(system[0], other[0]) for other in rows[-1]):
            rows[-1].append(system)
        else:
            rows.append([system])
    ordered = [system for row in rows for system in sorted(row, key=lambda system: system[0][0].x0)]
    found, first = [], 0
    for group, brace in ordered:
        found.append(System(tuple(range(first, first + len(group))), brace))
        first += len(group)
    return tuple(staff for group, _ in ordered for staff in group), tuple(found)


def _under(upper: Staff, lower: Staff) -> bool:
    overlap = min(upper.x1, lower.x1) - max(upper.x0, lower.x0)
    return lower.y > upper.y and overlap >= 0.5 * min(upper.x1 - upper.x0, lower.x1 - lower.x0)


def _beside(one: Sequence[Staff], other: Sequence[Staff]) -> bool:
    """Whether two systems share most of their heights and none of their breadth."""
    a, b = _around(one), _around(other)
    shared = min(a.y1, b.y1) - max(a.y0, b.y0)
    return (a.x0 > b.x1 or b.x0 > a.x1) and shared > 0.6 * min(a.y1 - a.y0, b.y1 - b.y0)


def _around(staves: Sequence[Staff]) -> Box:
    boxes = [staff.box for staff in staves]
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


def _joint(image: Grey, upper: Staff, lower: Staff) -> tuple[bool, bool]:
    """Whether two staves, one under the other, are joined, and whether by a brace."""
    space = (upper.interline + lower.interline) / 2
    top, bottom = round(upper.box.y1 + 0.4 * space), round(lower.box.y0 - 0.4 * space)
    overlap = min(upper.x1, lower.x1) - max(upper.x0, lower.x0)
    if bottom - top < space or overlap < 0.5 * min(upper.x1 - upper.x0, lower.x1 - lower.x0):
        return False, False
    if bottom - top > 30 * space:
        return False, False
    left = int(max(min(upper.x0, lower.x0) - 3 * space, 0))
    right = int(max(upper.x1, lower.x1) + space)
    dark = (image[top:bottom, left:right] < 150).astype(np.uint8)
    # A line may lean by a pixel or two between the staves.
    lean = max(round(0.12 * space), 1)
    thick = cv2.dilate(dark, np.ones((1, 2 * lean + 1), np.uint8))
    through = thick.mean(0) > 0.93
    start = round(max(upper.x0, lower.x0) - left)
    at_left = bool(through[max(start - round(space), 0) : start + round(0.8 * space)].any())
    if not at_left and (np.diff(through.astype(np.int8)) > 0).sum() < 2:
        return False, False
    # The rim of a brace wanders left and right on its way down; a bracket is straight.
    rim = dark[:, : max(start - round(0.45 * space), 1)]
    rows = rim.any(1)
    if rows.mean() < 0.8:
        return True, False
    edge = np.array([np.flatnonzero(row)[0] for row in rim[rows]])
    return True, bool(np.std(edge) > 0.08 * space)
