"""Ink near the staves that nothing read explains: an unknown sign, a word that stayed unread, a pencil's circle.

  1. Staff lines go, where nothing crosses them.
  2. Each token explains what is around it: a head what hangs together with it, a clef or rest its place, an ornament
     or a dynamic the column over and under its note. Words explain their boxes.
  3. What is left, without lines (slurs, hairpins, brackets, dashes) and specks, is put together where it lies close.
What is large enough is kept with its picture: better a sign too few in the music than none told of.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.crop import place
from media_pipeline.omr.model import Box, Line, Page, Staff
from media_pipeline.omr.report import token_box

COARSE = 5.5  # pixels from line to line that are enough to look for it
NEAR = 6.0  # interlines from a staff
LARGE, THIN = 2.2, 0.9  # interlines: the longer and the shorter side of what is kept, at least
MOST = 40  # of a page, the largest; more is not a sign but a stain
SURE = 0.8  # a sign that was named with less confidence explains nothing: it may be one that has no name
MARGIN = 0.6  # interlines around a sign on its picture

Grey = NDArray[np.uint8]
# Interlines to the left and right of a token, over the staff's top and under its bottom, that it explains.
_PLACES: tuple[tuple[tuple[str, ...], tuple[float, float, float, float]], ...] = (
    (("clef.", "key.", "time."), (3.0, 4.5, 3.0, 3.0)),
    (("bar.", "rep.s"), (1.5, 1.5, 1.0, 1.0)),
    (("mm", "mR", "sim"), (6.0, 6.0, 4.0, 4.0)),
    (("r",), (1.8, 1.8, 2.0, 2.0)),
    (("dyn.", "hair)", "cresc(", "dim("), (3.0, 3.5, 7.0, 8.0)),
    (("volta", "segno", "coda", "reh", "8v", "dc", "ds", "fine", "tocoda"), (4.0, 8.0, 9.0, 6.0)),
    (("art.", "orn.", "fermata", "trem", "tup", "arp", "breath", "gd", "slash"), (2.2, 2.2, 7.0, 7.0)),
)


@dataclass(frozen=True)
class Unnamed:
    """Something seen that has no name, and how it looks."""

    box: Box
    picture: str  # a PNG as data: URL


def find_unnamed(page: Page, lines: Sequence[Line], words: Iterable[Box]) -> list[Unnamed]:
    """From the top. `page` with its picture, `lines` those that were read on it, `words` the boxes of its words."""
    if not page.staves or not lines:
        return []
    space = float(np.median([staff.interline for staff in page.staves]))
    ink = np.asarray(cv2.threshold(page.image, 140, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    _without_lines(ink, page.staves)
    scale = max(round(space / COARSE), 1)
    size = (ink.shape[1] // scale, ink.shape[0] // scale)
    ink = np.asarray(cv2.resize(ink[: size[1] * scale, : size[0] * scale], size, interpolation=cv2.INTER_AREA) > 80)
    heads, known = _explained(page, lines, words, ink.shape, scale)
    found = _left(ink.astype(np.uint8), heads, known, [_scaled(staff, scale) for staff in page.staves], space / scale)
    return [
        _pictured(page, Box(box.x0 * scale, box.y0 * scale, box.x1 * scale, box.y1 * scale), space) for box in found
    ]


def _scaled(staff: Staff, scale: int) -> Staff:
    return Staff(staff.y / scale, staff.interline / scale, staff.x0 / scale, staff.x1 / scale, staff.lines)


def _left(ink: Grey, heads: Grey, known: Grey, staves: Sequence[Staff], space: float) -> list[Box]:
    """What hangs together without touching a head, lies mostly in no place that is known, and is near a staff."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    left = np.zeros_like(ink)
    any_left = False
    for i in range(1, count):
        x, y, w, h, area = (int(v) for v in boxes[i])
        if not _is_candidate(x, y, w, h, area, staves, space):
            continue
        own = labels[y : y + h, x : x + w] == i
        if not heads[y : y + h, x : x + w][own].any() and known[y : y + h, x : x + w][own].sum() < 0.3 * area:
            left[y : y + h, x : x + w][own] = 1
            any_left = True
    return _together(left, space) if any_left else []


def _without_lines(ink: Grey, staves: Sequence[Staff]) -> None:
    """Take staff lines out of the ink, but for where something crosses them."""
    for staff in staves:
        half = max(round(0.13 * staff.interline), 1)
        x0, x1 = max(int(staff.x0) - 2, 0), int(staff.x1) + 3
        for step in range(staff.lines):
            middle = round(staff.y + (step - (staff.lines - 1) / 2) * staff.interline)
            for y in (middle - 1, middle + 1, middle):  # a line may lie a pixel off
                a, b = y - half - 1, y + half + 2
                if a < 0 or b > len(ink):
                    continue
                alone = (ink[a, x0:x1] == 0) & (ink[b - 1, x0:x1] == 0)
                ink[a + 1 : b - 1, x0:x1][:, alone] = 0


def _explained(
    page: Page, lines: Sequence[Line], words: Iterable[Box], shape: tuple[int, ...], scale: int
) -> tuple[Grey, Grey]:
    """Two masks: heads, which explain whatever hangs together with them; and places that are accounted for."""
    heads, known = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)

    def paint(mask: Grey, *sides: float) -> None:
        x0, y0, x1, y1 = (max(int(side / scale), 0) for side in sides)
        mask[y0:y1, x0:x1] = 1

    for line in lines:
        staff = page.staves[line.staff]
        at, unit, box = place(staff), staff.interline, staff.box
        first = next((at.across(bar.tokens[0].frame) for bar in line.bars if bar.tokens), box.x0)
        paint(known, box.x0 - 3 * unit, box.y0 - 3 * unit, first - unit, box.y1 + 3 * unit)  # clef, key, metre
        for bar in line.bars:
            for seen in bar.tokens:
                name, x = seen.token, at.across(seen.frame)
                if name[0] == "p" and name[1:].lstrip("-").isdigit():
                    head = token_box(seen, at)
                    paint(heads, head.x0 - 0.4 * unit, head.y0 - 0.3 * unit, head.x1 + 0.4 * unit, head.y1 + 0.3 * unit)
                    paint(known, head.x0 - 3 * unit, head.y0 - 1.7 * unit, head.x1 + 2 * unit, head.y1 + 1.7 * unit)
                    paint(
                        known, x - 0.9 * unit, head.y0 - 4.5 * unit, x + 1.5 * unit, head.y1 + 4.5 * unit
                    )  # stem, flag
                    continue
                for names, (to_left, to_right, over, under) in _PLACES if seen.confidence >= SURE else ():
                    if name.startswith(names) and not (names == ("r",) and name.startswith("re")):
                        paint(
                            known, x - to_left * unit, box.y0 - over * unit, x + to_right * unit, box.y1 + under * unit
                        )
                        break
    for word in words:
        edge = 0.4 * (word.y1 - word.y0)
        paint(known, word.x0 - edge, word.y0 - edge, word.x1 + edge, word.y1 + edge)
    return heads, known


def _is_candidate(x: int, y: int, w: int, h: int, area: int, staves: Sequence[Staff], space: float) -> bool:
    """Near a staff, more than a speck, and no line: slurs, hairpins, brackets, stems, bar lines between staves."""
    if max(w, h) < 0.5 * space or area < 0.08 * space * space:
        return False
    flat = w > 2.2 * h and area < 0.45 * w * max(h, 0.5 * space)
    upright = h > 3 * w and w < 0.8 * space
    if flat or upright or (w > 3 * space and h < 0.8 * space):
        return False
    return any(
        staff.x0 - 0.5 * space < x and x + w < staff.x1 + 1.5 * space
        and staff.box.y0 - NEAR * space < y and y + h < staff.box.y1 + NEAR * space
        for staff in staves
    )  # fmt: skip


def _together(left: Grey, space: float) -> list[Box]:
    """Boxes of what lies close together and is large enough."""
    reach = max(round(0.9 * space), 3)
    joined = cv2.dilate(left, cv2.getStructuringElement(cv2.MORPH_RECT, (reach, max(reach // 2, 3))))
    count, labels = cv2.connectedComponents(joined, connectivity=8, ltype=cv2.CV_32S)
    found: list[tuple[float, Box]] = []
    ys, xs = np.nonzero(left)
    of = labels[ys, xs]
    for i in range(1, count):
        mine = of == i
        x0, x1, y0, y1 = xs[mine].min(), xs[mine].max() + 1, ys[mine].min(), ys[mine].max() + 1
        sides = sorted((float(x1 - x0), float(y1 - y0)))
        if sides[1] >= LARGE * space and sides[0] >= THIN * space and mine.sum() >= 0.5 * space * space:
            found.append((float(mine.sum()), Box(float(x0), float(y0), float(x1), float(y1))))
    largest = sorted(found, key=lambda item: -item[0])[:MOST]
    return sorted((box for _, box in largest), key=lambda box: (box.y0, box.x0))


def _pictured(page: Page, box: Box, space: float) -> Unnamed:
    edge = MARGIN * space
    rows = slice(max(int(box.y0 - edge), 0), int(box.y1 + edge) + 1)
    columns = slice(max(int(box.x0 - edge), 0), int(box.x1 + edge) + 1)
    _, packed = cv2.imencode(".png", np.ascontiguousarray(page.image[rows, columns]))
    return Unnamed(box, f"data:image/png;base64,{base64.b64encode(packed.tobytes()).decode()}")
