"""The sheet of paper in a photograph: its four edges against the table, and the picture straightened along them.

1. ink goes, by a closing wider than any beam, in a picture of 400 pixels
2. paper grows from the middle and the table from the margin until they meet (watershed, Beucher and Meyer 1993)
3. where they meet, paper must be brighter than table nearly all along; else the picture is a scan, or who knows
4. the meeting line is four straight edges, or the paper is left as it is
5. the four corners become those of an upright page
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIDE = 400  # pixels of the longer side of the picture that edges are looked for in
INK = 9  # pixels of it: thicker than a beam, with the notes on it
SHADES = 45.0  # of the picture's 256 to a natural logarithm of light: in a shadow, edges are as steep as in the sun
DARKER = 7.0  # shades below the paper's middle: margin darker than this may be table
LEAST = 0.2  # of the picture that a sheet takes
STEP = 6.0  # shades from table to paper
STRAIGHT = 0.955  # of sheet and four-sided figure together, what they share


def corners(grey: Grey) -> Floats | None:
    """(4, 2) x and y of the sheet's corners, clockwise from the top left, in pixels; None where no table is seen."""
    scale = SIDE / max(grey.shape)
    # Ink is going to go: what every other row and column says is enough, and read in a tenth of the time.
    step = max(int(0.5 / scale), 1)
    size = (max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(grey[::step, ::step], size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = small.shape
    if min(height, width) < SIDE / 4:
        return None
    light = SHADES * np.log(np.arange(256) + 8.0)
    bare = np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((INK, INK))), np.uint8)
    bare = np.asarray(cv2.medianBlur(np.asarray(cv2.LUT(bare, light.astype(np.uint8)), np.uint8), 5), np.uint8)
    middle = np.zeros((height, width), np.uint8)
    cv2.ellipse(middle, (width // 2, height // 2), (width // 5, height // 5), 0, 0, 360, 1, -1)
    rim = np.ones((height, width), bool)
    rim[2:-2, 2:-2] = False
    paper = rim & ((bare >= float(np.median(bare[middle > 0])) - DARKER) | _runs_out(bare))
    table = rim & ~cv2.dilate(paper.astype(np.uint8), np.ones((13, 13), np.uint8)).astype(bool)
    if table.sum() < 0.25 * rim.sum():
        return None
    labels = middle.astype(np.int32) * 2 + table
    cv2.watershed(np.ascontiguousarray(np.repeat(bare[..., None], 3, 2)), labels)
    sheet = ((labels == 2) | paper).astype(np.uint8)
    sheet = np.asarray(cv2.morphologyEx(sheet, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)), np.uint8)
    outlines, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    outline = np.asarray(max(outlines, key=cv2.contourArea), np.int32)[:, 0]
    if cv2.contourArea(outline) < LEAST * height * width or not _stands_out(bare, sheet, outline):
        return None
    found = _four_sided(outline.astype(np.float64), (height, width))
    if found is None:
        return None
    drawn = np.zeros_like(sheet)
    cv2.fillConvexPoly(drawn, np.round(found).astype(np.int32), 1)
    whole = np.zeros_like(sheet)
    cv2.drawContours(whole, [outline], -1, 1, -1)
    if (drawn & whole).sum() < STRAIGHT * (drawn | whole).sum():
        return None
    found += (found - found.mean(0)) * 3 / SIDE  # the meeting line and half a closing are paper still
    return np.asarray((found + 0.5) / scale - 0.5, np.float64)


def _runs_out(bare: Grey) -> NDArray[np.bool_]:
    """Where the picture's margin is paper, though in a shadow: from a step up, going round, to the next step down."""
    height, width = bare.shape
    out = np.zeros(bare.shape, bool)
    ys = np.r_[np.zeros(width), np.arange(height), np.full(width, height - 1), np.arange(height)[::-1]].astype(int)
    xs = np.r_[np.arange(width), np.full(height, width - 1), np.arange(width)[::-1], np.zeros(height)].astype(int)
    round_ = bare[np.clip(ys, 2, height - 3), np.clip(xs, 2, width - 3)].astype(int)
    step = np.roll(round_, -3) - np.roll(round_, 3)
    edges = np.flatnonzero(np.abs(step) > STEP)
    for one, other in zip(edges, np.roll(edges, -1), strict=True):
        if step[one] > 0 > step[other]:
            inside = np.arange(one, other if other > one else other + len(xs)) % len(xs)
            out[ys[inside], xs[inside]] = True
    return out


def straightened(grey: Grey, found: Floats) -> tuple[Grey, Floats]:
    """The sheet alone, as large as its longer edges, and the (3, 3) matrix that takes the old pixels to the new."""
    top, right, bottom, left = (float(np.hypot(*(found[i] - found[(i + 1) % 4]))) for i in range(4))
    width, height = round(max(top, bottom)), round(max(left, right))
    target = np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)], np.float32)
    matrix = np.asarray(cv2.getPerspectiveTransform(found.astype(np.float32), target), np.float64)
    out = cv2.warpPerspective(grey, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return np.asarray(out, np.uint8), matrix


def _stands_out(bare: Grey, sheet: Grey, outline: NDArray[np.int32]) -> bool:
    """Whether there is a step down to the table nearly all along the sheet's outline, and no mere slope of shade."""
    height, width = bare.shape
    depth = cv2.distanceTransform(sheet, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - sheet, cv2.DIST_L2, 3)
    depth = cv2.GaussianBlur(np.clip(depth, -12, 12), (0, 0), 3)
    x, y = outline.T
    inwards = np.stack([cv2.Sobel(depth, cv2.CV_32F, 1, 0)[y, x], cv2.Sobel(depth, cv2.CV_32F, 0, 1)[y, x]])
    inwards /= np.maximum(np.hypot(*inwards), 1e-3)
    free = (x > 9) & (y > 9) & (x < width - 10) & (y < height - 10)
    if free.sum() < 0.25 * len(x):
        return False

    def shade(pixels: int) -> Floats:
        columns, rows = (np.round(at + pixels * way).astype(int)[free] for at, way in zip((x, y), inwards, strict=True))
        return np.asarray(bare[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)], np.float64)

    outer, out, inside, inner = (shade(pixels) for pixels in (-9, -3, 3, 9))
    return bool(((inside - out) - 0.5 * ((out - outer) + (inner - inside)) > STEP).mean() > 0.8)


def _four_sided(outline: Floats, shape: tuple[int, int]) -> Floats | None:
    """Corners where lines through the four sides meet, clockwise from the top left."""
    height, width = shape
    hull = cv2.convexHull(outline.astype(np.float32))
    around = cv2.arcLength(hull, True)
    coarser = (cv2.approxPolyDP(hull, share * around, True) for share in np.arange(0.01, 0.1, 0.005))
    rough = next((corners for corners in coarser if len(corners) <= 4), None)
    if rough is None or len(rough) != 4:
        return None
    four = np.asarray(rough[:, 0], np.float64)
    four = four[np.argsort(np.arctan2(*(four - four.mean(0)).T[::-1]))]  # clockwise, y counts down
    four = np.roll(four, -int(np.argmin(four.sum(1))), axis=0)
    lines = []
    for begin, end in zip(four, np.roll(four, -1, axis=0), strict=True):
        along = (end - begin) / max(float(np.hypot(*(end - begin))), 1.0)
        normal = np.array([-along[1], along[0]])
        far, off = (outline - begin) @ along, np.abs((outline - begin) @ normal)
        length = float(np.hypot(*(end - begin)))
        near = outline[(off < 5) & (far > 0.1 * length) & (far < 0.9 * length)]
        x, y = near.T
        free = near[(x > 2) & (y > 2) & (x < width - 3) & (y < height - 3)]
        points = free if len(free) > 0.3 * length else near
        if len(points) < 5:
            return None
        vx, vy, px, py = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        lines.append(np.array([vy, -vx, vy * px - vx * py], np.float64))  # a x + b y = c
    out = []
    for one, other in zip([lines[-1], *lines[:-1]], lines, strict=True):
        if abs(np.linalg.det([one[:2], other[:2]])) < 0.5:
            return None
        out.append(np.linalg.solve([one[:2], other[:2]], [one[2], other[2]]))
    return np.array(out)
