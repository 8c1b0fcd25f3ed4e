"""A picture of a page set upright: light evened out, margins of the scanner gone, skew, curl and wrong way up undone.

Every function takes and gives grey pictures, (height, width) uint8, 255 is paper; none keeps anything.

Which way up a page of music lies is told by two things that hold on any page, with no pattern of any font:
    where the clefs are   the same drawing at the same end of all staves: that end is the left one
    the side of stems     up-stems stand at the right of their heads, down-stems at the left, also after half a turn;
                          only in a mirror do they change sides
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]
Field = NDArray[np.float32]

LARGEST = 4200  # pixels of the longer side before anything is measured; A4 at 360 dpi
BACKGROUND = 31  # pixels of a picture a quarter as large: wider than any beam or heading, narrower than a shadow
DARK_PAGE = 100  # a page whose middle grey is darker is white on black
SKEW = 8.0  # degrees looked at either way
FAR_SKEW = 20.0  # the same where nothing was found; a photograph with no edge of the paper in it


def bounded(grey: Grey) -> tuple[Grey, float]:
    """The picture with no side longer than LARGEST, and the factor it was scaled by."""
    longer = max(grey.shape)
    if longer <= LARGEST:
        return grey, 1.0
    # Halfway down: what follows measures the staves and scales again.
    return scaled(grey, 0.75 * LARGEST / longer), 0.75 * LARGEST / longer


def scaled(grey: Grey, factor: float) -> Grey:
    height, width = (max(round(side * factor), 1) for side in grey.shape)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (width, height), interpolation=how), np.uint8)


def evened(grey: Grey) -> Grey:
    """Paper is 255 everywhere and the darkest ink near 0, whatever the light; white on black is turned round.

    1. paper is the median of the surroundings of each place, in a picture a quarter as large
    2. the picture is divided by its paper
    3. solid black that touches the edge (the lid of the scanner, the table) becomes paper
    4. the scale is stretched so that ink is dark on faded copies too
    """
    height, width = grey.shape
    small = _halved(_halved(grey))
    edge = small.shape[0] // 5
    if np.median(small[edge : len(small) - edge]) < DARK_PAGE and _lighter_ink(small):
        grey, small = np.asarray(255 - grey, np.uint8), np.asarray(255 - small, np.uint8)
    paper = cv2.medianBlur(small, BACKGROUND)
    # Under something large and black there is no paper to be seen: it is what is around.
    paper = np.maximum(paper, np.uint8(max(int(np.median(paper)) // 2, 1)))
    whole = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    flat = np.asarray(cv2.divide(grey, whole, scale=255.0), np.uint8)
    _blank_margins(flat)
    ink = flat[::5, ::5]
    ink = ink[ink < 200]
    if ink.size > 200:
        black = float(np.percentile(ink, 5))
        if black > 30:
            stretched = np.clip((np.arange(256) - black) * 255.0 / (255.0 - black), 0, 255).astype(np.uint8)
            flat = np.asarray(cv2.LUT(flat, stretched), np.uint8)
    return flat


def _lighter_ink(small: Grey) -> bool:
    """Whether what stands out of a dark picture is lighter than what is around it: else it is paper in the dark."""
    around = cv2.medianBlur(small, BACKGROUND)
    return bool((small > around + (255.0 - around) / 4).sum() > (small < 0.75 * around).sum())


def _halved(grey: Grey) -> Grey:
    """Half as high and wide, an odd last row or column left out: by whole pixels cv2 is twenty times as fast."""
    height, width = (max(side // 2 * 2, 1) for side in grey.shape)
    size = (max(width // 2, 1), max(height // 2, 1))
    return np.asarray(cv2.resize(grey[:height, :width], size, interpolation=cv2.INTER_AREA), np.uint8)


def _blank_margins(flat: NDArray[np.uint8]) -> None:
    """Paint over, in place, solid dark regions that touch the edge; letters and staff lines there are too thin."""
    height, width = flat.shape
    step = 8
    small = cv2.resize(flat, (max(width // step, 1), max(height // step, 1)), interpolation=cv2.INTER_AREA)
    dark = cv2.morphologyEx((small < 110).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if not dark.any():
        return
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    for index in range(1, count):
        x, y, w, h, area = boxes[index]
        edge = x <= 1 or y <= 1 or x + w >= small.shape[1] - 1 or y + h >= small.shape[0] - 1
        if edge and area >= 12:
            mask = cv2.dilate((labels == index).astype(np.uint8), np.ones((3, 3), np.uint8))
            flat[cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST) > 0] = 255


def turned(grey: Grey, degrees: int) -> Grey:
    """Turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(grey, -degrees // 90 % 4))


def mirrored(grey: Grey) -> Grey:
    """Left and right exchanged."""
    return np.ascontiguousarray(grey[:, ::-1])


def sideways(grey: Grey) -> float:
    """How much more uneven the page is from column to column than from row to row: above 1 it lies on its side.

    Within narrow strips, so that a page a few degrees askew is judged alike.
    """
    small = _halved(grey)
    return _unevenness(small.T) / _unevenness(small)


def _unevenness(grey: Grey) -> float:
    """Of the rows, in strips a fiftieth of the page wide."""
    columns = cv2.resize(np.ascontiguousarray(grey), (50, grey.shape[0]), interpolation=cv2.INTER_AREA).astype(
        np.float32
    )
    return float((np.diff(columns, axis=0) ** 2).mean()) + 1.0


def skew(grey: Grey, *, most: float = SKEW) -> float:
    """Degrees, counted clockwise, that level lines of the page lean by; found within `most` either way.

    The picture is cut into upright strips, each strip summed to a column of darkness; the columns are shifted against
    each other as an angle asks, and the angle that makes their sum most uneven is the one (Postl 1986, by strips).
    """
    height, width = grey.shape
    strips = 64
    half = cv2.resize(grey, (max(width // 2, 1), height), interpolation=cv2.INTER_LINEAR)
    columns = 255.0 - cv2.resize(half, (strips, height), interpolation=cv2.INTER_AREA).T.astype(np.float32)
    columns -= cv2.blur(columns, (31, 1))
    middles = (np.arange(strips) + 0.5) * width / strips - width / 2
    coarse = columns[:, : height // 2 * 2].reshape(strips, -1, 2).mean(2)

    def unevenness(degrees: float, columns: NDArray[np.float32], step: float) -> float:
        shifts = np.round(np.tan(np.radians(degrees)) * middles / step).astype(int)
        reach = int(np.abs(shifts).max())
        total = np.zeros(columns.shape[1] - 2 * reach, np.float32)
        for column, shift in zip(columns, shifts, strict=True):
            total += column[reach + shift : reach + shift + len(total)]
        return float((np.diff(total) ** 2).mean())

    angles = np.arange(-most, most + 0.01, 0.25)
    if 2 * np.tan(np.radians(most)) * width / 2 > height * 0.9:
        return 0.0  # too flat a picture to tell
    best = max(angles, key=lambda degrees: unevenness(degrees, coarse, 2.0))
    return float(max(best + np.arange(-0.3, 0.31, 0.05), key=lambda degrees: unevenness(degrees, columns, 1.0)))


def rotation(shape: tuple[int, ...], degrees: float) -> tuple[Floats, int, int]:
    """How `rotated` moves pixels: a matrix of (2, 3), then height and width of its picture, enough for all corners."""
    height, width = shape[:2]
    matrix = np.asarray(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0), np.float64)
    if abs(degrees) < 1:  # what would be lost is a sliver of margin
        return matrix, height, width
    corners = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)]) @ matrix.T
    low, high = np.floor(corners.min(0)), np.ceil(corners.max(0))
    matrix[:, 2] -= low
    return matrix, int(high[1] - low[1]), int(high[0] - low[0])


def rotated(grey: Grey, degrees: float) -> Grey:
    """Turned back by `degrees` as `skew` gives them, paper in the corners."""
    matrix, height, width = rotation(grey.shape, degrees)
    out = cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return np.asarray(out, np.uint8)


def bend(shape: tuple[int, ...], *, xs: Floats, now: Sequence[Floats], then: Sequence[float]) -> Field:
    """How far down each place of a flat page lies on the bent one, every 8 pixels each way; for `flattened`.

    `now` holds curves from the top down, each the heights of one line at `xs`; `then` the height each is to have.
    Between two curves the move is in proportion, above the first and below the last it is theirs.
    """
    height, width = shape[:2]
    rows, places = np.arange(0, height + 7, 8), np.arange(0, width + 7, 8)
    moves = np.array([curve - level for curve, level in zip(now, then, strict=True)])  # (curves, xs)
    field = np.array([np.interp(rows, then, move) for move in moves.T]).T  # (rows, xs)
    return np.array([np.interp(places, xs, row) for row in field], np.float32)


def after(first: Field, second: Field) -> Field:
    """The field that does in one step what flattening by `first` and then by `second` does: pixels are mixed once."""
    rows, places = (np.asarray(index, np.float32) for index in np.indices(first.shape))
    from_rows = np.asarray(rows + second / 8, np.float32)
    there = cv2.remap(first, places, from_rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(second + there, np.float32)


def flattened(grey: Grey, field: Field) -> Grey:
    """Moved up and down, place by place, so that bent lines become level."""
    height, width = grey.shape
    # Nodes of the field lie at 0, 8, 16 …; a resize would count from the middle of its pixels, hence the affine.
    grow = np.array([[1 / 8, 0, 0], [0, 1 / 8, 0]], np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = np.asarray(
        cv2.warpAffine(field, grow, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
    moved += np.arange(height, dtype=np.float32)[:, None]
    across = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    out = cv2.remap(grey, np.ascontiguousarray(across), moved, cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return np.asarray(out, np.uint8)


def gutter(lines: Grey, *, interline: float) -> float | None:
    """x of the gap between two pages or columns of music in one picture, in pixels of `lines`; None for a single one.

    `lines` has level lines only (see `staves.level`). A gap counts where no line at all crosses it and lines lie at
    both of its sides; whether they are staves is for the caller to see.
    """
    height, width = lines.shape
    cover = (lines > 60).sum(0) / 1.0  # rows with a line, by column
    typical = float(np.percentile(cover, 75))
    if typical < 10:
        return None
    bare = cover < 0.04 * typical
    low, high = round(width * 0.3), round(width * 0.7)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bare[low:high].astype(np.int8), [0]))))
    gaps = [(end - start, (start + end) / 2 + low) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    if not gaps:
        return None
    wide, middle = max(gaps)
    need = 2.0 if width > 1.15 * height else 4.0
    left, right = cover[: int(middle)], cover[int(middle) :]
    enough = min(np.percentile(left, 70), np.percentile(right, 70)) > 0.06 * typical
    return float(middle) if wide >= need * interline and enough else None


def clef_side(staves: Sequence[Grey]) -> float:
    """-1..1: above 0 the clefs are at the left. `staves` are crops at one scale, heads and tails in place.

    Clef and key are the same drawing at the beginning of every line; what ends the lines differs from line to line.
    """
    high, wide = 100, 45  # rows around the middle line and columns from the end, at interline 10
    ends: tuple[list[Floats], list[Floats]] = ([], [])
    for staff in staves:
        middle = staff.shape[0] // 2
        band = 255.0 - staff[middle - high // 2 : middle + high // 2].astype(np.float64)
        if band.shape[1] < 6 * wide:
            continue
        # 15 columns of margin and the bar line that may end either side say nothing.
        ends[0].append(band[:, 19 : 19 + wide])
        ends[1].append(band[:, ::-1][:, 19 : 19 + wide])
    if len(ends[0]) < 2:
        return 0.0
    left, right = (_alike(side) for side in ends)
    return float(np.clip(left - right, -1, 1))


def _alike(ends: Sequence[Floats]) -> float:
    """Mean correlation of pictures with their mean, what all rows have in common (the staff lines) taken away."""
    blurred = [cv2.GaussianBlur(end, (0, 0), 1.5) for end in ends]
    values = np.array([(end - end.mean(1, keepdims=True)).ravel() for end in blurred])
    values /= np.linalg.norm(values, axis=1, keepdims=True) + 1e-6
    total = values.sum(0)
    return float(((values @ total) - 1).mean() / (len(values) - 1))


def stem_side(grey: Grey, *, interline: float) -> float:
    """-1..1: above 0 up-stems stand at the right of their heads, as printed; below 0 the page is mirrored."""
    dark = np.asarray(grey < 140, np.uint8)
    thick = max(round(0.62 * interline), 3)
    heads = cv2.morphologyEx(dark, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick + 2, thick)))
    # Stems are thin, grey on scans, and may lean by a pixel.
    thin = cv2.dilate((grey < 190).astype(np.uint8), np.ones((1, 3), np.uint8))
    stems = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((round(2.3 * interline), 1), np.uint8))
    count, _, boxes, centres = cv2.connectedComponentsWithStats(heads)
    right = wrong = 0.0
    reach = round(1.6 * interline)
    for (x, y, w, h, _), (_, cy) in zip(boxes[1:count], centres[1:count], strict=True):
        if not (0.7 * interline < w < 1.8 * interline and 0.5 * interline < h < 1.5 * interline):
            continue
        middle, side = round(cy), max(round(0.3 * interline), 2)
        above, below = slice(max(middle - reach, 0), max(y - 2, 0)), slice(y + h + 2, middle + reach)
        here, there = slice(max(x - side, 0), x + side), slice(max(x + w - side, 0), x + w + side)

        def there_is(rows: slice, columns: slice) -> bool:
            part = stems[rows, columns]
            return bool(part.size and part.any(1).mean() > 0.8)

        up_left, up_right = there_is(above, here), there_is(above, there)
        down_left, down_right = there_is(below, here), there_is(below, there)
        right += (up_right and not up_left) + (down_left and not down_right)
        wrong += (up_left and not up_right) + (down_right and not down_left)
    return (right - wrong) / (right + wrong) if right + wrong >= 6 else 0.0
