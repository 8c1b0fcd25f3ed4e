"""What scanners, photographers, players and years do to a staff of print, as random changes to its picture.

`damage` takes a stored crop (interline 12, 216 rows) to what the net sees (interline 10, 160 rows): a page's geometry
first (curl, skew, scale), then its ink and paper, what was added by hand, and last the camera or scanner.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from media_pipeline.nets.staff_reader import HEIGHT

Picture = NDArray[np.uint8]
SCALE = 10 / 12  # of the net's interline to a stored crop's


def damage(crop: Picture, r: Generator) -> Picture:
    """(216, w) -> (160, about w * 10 / 12) grey, 255 is paper; the same for the same generator."""
    image = crop
    for chance, change in BEFORE:
        if r.random() < chance:
            image = change(image, r)
    image = place(image, r)
    for chance, change in AFTER:
        if r.random() < chance:
            image = change(image, r)
    return image


def place(image: Picture, r: Generator) -> Picture:
    """To the net's size, a little too large or small, turned and shifted, as an imperfect page finder leaves it."""
    down = SCALE * r.uniform(0.93, 1.07)
    across = down * (r.uniform(0.87, 1.15) if r.random() < 0.5 else 1.0)
    width = max(32, int(image.shape[1] * across))
    angle = np.deg2rad(r.uniform(-0.35, 0.35)) * min(1.5, 900 / width)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    there = np.array([[cos * across, -sin * down, 0], [sin * across, cos * down, 0]], np.float32)
    middle = there[:, :2] @ np.array([image.shape[1] / 2, image.shape[0] / 2], np.float32)
    there[:, 2] = [width / 2 - middle[0] + r.uniform(-8, 8), HEIGHT / 2 - middle[1] + r.uniform(-4, 4)]
    return _grey(cv2.warpAffine(image, there, (width, HEIGHT), flags=cv2.INTER_LINEAR, borderValue=(255.0,)))


def system_line(image: Picture, r: Generator) -> Picture:
    """The line at the left that joins staves of a system, or a single staff's own."""
    out = image.copy()
    rows = out.shape[0]
    x = int(r.integers(15, 20))
    top, bottom = (0, rows) if r.random() < 0.6 else (rows // 2 - 24, rows // 2 + 24)
    out[top:bottom, x : x + int(r.integers(1, 4))] = 0
    return out


def thick(image: Picture, r: Generator) -> Picture:
    """Ink that ran."""
    return _grey(cv2.erode(image, np.ones((2, 2) if r.random() < 0.6 else (1, 2), np.uint8)))


def thin(image: Picture, r: Generator) -> Picture:
    """Ink that wore off: strokes lose their edge."""
    worn = cv2.dilate(image, np.ones((2, 1) if r.random() < 0.5 else (1, 2), np.uint8))
    return _grey(cv2.addWeighted(worn, 0.8, image, 0.2, 0))


def broken(image: Picture, r: Generator) -> Picture:
    """Patches where the print is faint or missing, as on a worn copy."""
    small = r.random((image.shape[0] // 18 + 2, image.shape[1] // 18 + 2)).astype(np.float32)
    patches = cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    faint = np.clip((patches - r.uniform(0.75, 0.95)) * 6, 0, 1) * r.uniform(0.4, 0.85)
    return _grey(image + (255.0 - image) * faint)


def curl(image: Picture, r: Generator) -> Picture:
    """Lines that are not quite straight: the bound edge of a book after flattening."""
    rows, width = image.shape
    x = np.arange(width, dtype=np.float32)
    bend = r.uniform(0, 3.5) * np.sin(2 * np.pi * x / width * r.uniform(0.3, 2) + r.uniform(0, 6.3))
    if r.random() < 0.3:  # steep towards one edge
        bend += r.uniform(-5, 5) * (x / width if r.random() < 0.5 else 1 - x / width) ** 6
    y = (np.arange(rows, dtype=np.float32)[:, None] + bend[None]).astype(np.float32)
    return _grey(cv2.remap(image, np.repeat(x[None], rows, 0), y, cv2.INTER_LINEAR, borderValue=(255.0,)))


def coarse(image: Picture, r: Generator) -> Picture:
    """Scanned at a low resolution."""
    q = r.uniform(0.45, 0.8)
    small = cv2.resize(image, None, fx=q, fy=q, interpolation=cv2.INTER_AREA)
    return _grey(cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR))


def blur(image: Picture, r: Generator) -> Picture:
    """Out of focus, or moved along one way."""
    if r.random() < 0.2:
        kernel = np.zeros((5, 5), np.float32)
        kernel[2, :] = 1
        if r.random() < 0.5:
            kernel = kernel.T
        return _grey(cv2.filter2D(image, -1, kernel / 5))
    return _grey(cv2.GaussianBlur(image, (0, 0), r.uniform(0.3, 1.2)))


def bleed(image: Picture, r: Generator) -> Picture:
    """The other side of the page, seen through it, mirrored and shifted."""
    other = np.roll(image[:, ::-1], int(r.integers(-60, 60)), axis=0)
    through = cv2.GaussianBlur(other, (0, 0), r.uniform(0.5, 1.5)).astype(np.float32)
    return _grey(np.minimum(image.astype(np.float32), 255 - (255 - through) * r.uniform(0.05, 0.22)))


def shade(image: Picture, r: Generator) -> Picture:
    """Grey paper and light from one side."""
    slope = np.linspace(r.uniform(-30, 50), r.uniform(-30, 50), image.shape[1])[None]
    return _grey(image * r.uniform(0.6, 1.0) + slope)


def shadow(image: Picture, r: Generator) -> Picture:
    """A soft dark band: a fold, a hand, the gutter."""
    x = np.arange(image.shape[1])[None] + np.arange(image.shape[0])[:, None] * r.uniform(-1, 1)
    band = np.exp(-(((x - r.uniform(0, image.shape[1])) / r.uniform(15, 150)) ** 2))
    return _grey(image * (1 - band * r.uniform(0.15, 0.5)))


def grain(image: Picture, r: Generator) -> Picture:
    """Noise of the sensor or of the paper."""
    noise = r.standard_normal(image.shape, dtype=np.float32)
    if r.random() < 0.5:
        return _grey(image + cv2.GaussianBlur(noise, (0, 0), 0.7) * r.uniform(3, 30))
    return _grey(image + noise * r.uniform(2, 18))


def one_bit(image: Picture, r: Generator) -> Picture:
    """Black and white, as a copier or a fax sees it."""
    return np.where(image > r.integers(100, 195), np.uint8(255), np.uint8(0)).astype(np.uint8)


def specks(image: Picture, r: Generator) -> Picture:
    """Dirt on the glass, and holes in the ink."""
    out = image.copy()
    for _ in range(int(r.integers(3, 60))):
        spot = (int(r.integers(0, out.shape[1])), int(r.integers(0, out.shape[0])))
        cv2.circle(out, spot, int(r.integers(1, 3)), int(r.integers(0, 140)) if r.random() < 0.6 else 255, -1)
    return out


def handwriting(image: Picture, r: Generator) -> Picture:
    """A player's pencil: a few strokes, loops and underlinings over and around the print."""
    out = image.copy()
    shade_of_lead = int(r.integers(40, 170))
    for _ in range(int(r.integers(1, 4))):
        x, y = r.uniform(0, out.shape[1]), r.uniform(5, HEIGHT - 5)
        steps = r.normal(0, 6, (int(r.integers(5, 16)), 2)) + np.array([r.uniform(0, 3), 0])
        points = np.cumsum(steps, axis=0) + np.array([x, y])
        smooth = _spline(points)
        cv2.polylines(out, [smooth.astype(np.int32)], False, shade_of_lead, int(r.integers(1, 3)), cv2.LINE_AA)
    return out


def holes(image: Picture, r: Generator) -> Picture:
    """Punched holes, dark or light, at one end of the line."""
    out = image.copy()
    x = int(r.integers(0, 40)) if r.random() < 0.7 else out.shape[1] - int(r.integers(0, 40))
    cv2.circle(
        out, (x, int(r.integers(0, HEIGHT))), int(r.integers(9, 22)), int(r.choice([0, 40, 235])), -1, cv2.LINE_AA
    )
    return out


def jpeg(image: Picture, r: Generator) -> Picture:
    """Blocks and ringing of strong compression."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(r.integers(20, 85))])
    return _grey(np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)))


def _spline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A round line through the middles of the points (quadratic B-spline)."""
    t = np.linspace(0, 1, 6)[:, None]
    middles = (points[:-1] + points[1:]) / 2
    arcs = [
        (1 - t) ** 2 * a + 2 * t * (1 - t) * p + t**2 * b
        for a, p, b in zip(middles, points[1:-1], middles[1:], strict=False)
    ]
    return np.concatenate(arcs)


def _grey(image: NDArray[np.generic] | cv2.typing.MatLike) -> Picture:
    return np.clip(image, 0, 255).astype(np.uint8)


Change = Callable[[Picture, Generator], Picture]
BEFORE: tuple[tuple[float, Change], ...] = ((0.12, system_line), (0.15, thick), (0.10, thin), (0.06, broken))
AFTER: tuple[tuple[float, Change], ...] = (
    (0.5, curl), (0.15, coarse), (0.08, handwriting), (0.03, holes), (0.5, blur), (0.2, bleed), (0.45, shade),
    (0.1, shadow), (0.5, grain), (0.22, one_bit), (0.2, specks), (0.3, jpeg),
)  # fmt: skip
