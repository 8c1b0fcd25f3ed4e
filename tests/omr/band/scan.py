"""Engraved pages as a scanner at 200 dpi sees them after some years on music stands: whole pages, not staves.

In this order: ink that ran or wore off, the other side of the leaf, pencil, the curl at the binding with keystone and
skew, light and paper, dust and noise, and last the file: JPEG, or black and white.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Shades = NDArray[np.float32]
DPI = 200
ONE_BIT = 0.2  # of the pages


def scan(book: Path, out: Path) -> None:
    """Write the scan twin of an engraved PDF; the same for the same file name and pages."""
    import pikepdf
    from PIL import Image

    pages = drawn(book)
    leaves = pikepdf.new()
    for n, page in enumerate(pages):
        r = np.random.default_rng([zlib.crc32(book.stem.encode()), n])
        behind = pages[n + 1 if n % 2 == 0 else n - 1] if n + 1 < len(pages) or n % 2 else None
        seen = scanned(page, behind, r, left=n % 2 == 0)
        if r.random() < ONE_BIT:
            level = float(np.median(seen)) - r.uniform(28, 50)
            picture, packing = Image.fromarray(cv2.GaussianBlur(seen, (0, 0), 0.6) > level), {}
        else:
            picture, packing = Image.fromarray(_jpeg(seen, int(r.integers(45, 85)))), {"quality": 88}
        leaf = io.BytesIO()
        picture.save(leaf, "PDF", resolution=DPI, **packing)
        leaves.pages.extend(pikepdf.open(leaf).pages)
    leaves.save(out)


def drawn(book: Path) -> list[Picture]:
    """The pages of a PDF in grey at 200 dpi."""
    import pypdfium2

    document = pypdfium2.PdfDocument(book)
    pages = [page.render(scale=DPI / 72, grayscale=True).to_numpy().squeeze().copy() for page in document]
    document.close()
    return [np.asarray(page, np.uint8) for page in pages]


def scanned(page: Picture, behind: Picture | None, r: Generator, *, left: bool) -> Picture:
    """One page, (height, width) grey and the same size after; `left`: it is bound at its left edge."""
    sheet = _ink(page.astype(np.float32), r)
    if behind is not None and r.random() < 0.6:
        through = np.asarray(cv2.GaussianBlur(behind[:, ::-1], (0, 0), r.uniform(1.2, 2.2)), np.float32)
        through = np.roll(through, (int(r.integers(-12, 12)), int(r.integers(-12, 12))), axis=(0, 1))
        sheet = np.asarray(sheet - (255 - through) * r.uniform(0.04, 0.13), np.float32)
    if r.random() < 0.35:
        sheet = _pencil(sheet, r)
    sheet = _bent(sheet, r, left=left)
    sheet = _lit(sheet, r, left=left)
    seen = cv2.GaussianBlur(sheet, (0, 0), r.uniform(0.45, 0.95))
    grain = cv2.GaussianBlur(r.standard_normal(sheet.shape, dtype=np.float32), (0, 0), r.uniform(0.4, 0.9))
    sheet = _dust(np.asarray(seen + grain * r.uniform(3, 14), np.float32), r, left=left)
    return np.clip(sheet, 0, 255).astype(np.uint8)


def _ink(sheet: Shades, r: Generator) -> Shades:
    """Between ink that ran (edges grow dark) and ink that wore off (edges grow pale), unevenly over the page."""
    soft = cv2.GaussianBlur(sheet, (0, 0), 0.7)
    field = cv2.resize(r.random((5, 4), dtype=np.float32), sheet.shape[::-1], interpolation=cv2.INTER_CUBIC)
    middle = 140 + r.uniform(-25, 40) + (field - 0.5) * 30
    spread = 255 / (1 + np.exp(-(soft - middle) / 26))
    return np.asarray(spread * (1 - 0.1 * field) + 0.1 * field * 255, np.float32)


def _pencil(sheet: Shades, r: Generator) -> Shades:
    """Rings, hooks and strokes that a player drew."""
    height, width = sheet.shape
    layer = np.full_like(sheet, 255)
    for _ in range(int(r.integers(2, 7))):
        x, y = r.uniform(0.1, 0.9) * width, r.uniform(0.1, 0.9) * height
        if r.random() < 0.5:
            size = (int(r.uniform(14, 40)), int(r.uniform(12, 26)))
            tilt, begin = r.uniform(-30, 30), r.uniform(0, 360)
            cv2.ellipse(layer, (int(x), int(y)), size, tilt, begin, begin + 345, 90, 2, cv2.LINE_AA)
        else:
            steps = np.array([x, y]) + np.cumsum(r.normal(0, 7, (9, 2)) + np.array([4, 0]), axis=0)
            cv2.polylines(layer, [steps.astype(np.int32)], False, 100, 2, cv2.LINE_AA)
    return np.minimum(sheet, np.asarray(cv2.GaussianBlur(layer, (0, 0), 0.8), np.float32))


def _bent(sheet: Shades, r: Generator, *, left: bool) -> Shades:
    """Skew, keystone and the curl of a page that does not lie flat at its binding."""
    height, width = sheet.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = x / width if left else 1 - x / width  # 0 at the binding
    rise = np.float32(r.uniform(-14, 14)) * np.exp(-across / np.float32(r.uniform(0.08, 0.2)))
    wave = np.float32(r.uniform(0, 2.5)) * np.sin(across * np.float32(r.uniform(2, 7)))
    pull = np.float32(r.uniform(0, 10)) * np.exp(-across / np.float32(0.1)) * (1 if left else -1)
    key = np.float32(r.uniform(-0.006, 0.006))
    angle = np.deg2rad(r.uniform(-0.9, 0.9))
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    dx, dy = x - width / 2, y - height / 2
    dx = dx * (1 + key * dy / height * 2)
    there_x = cos * dx - sin * dy + width / 2 + pull
    there_y = sin * dx + cos * dy + height / 2 + (rise + wave) * (0.6 + 0.4 * y / height)
    bent = cv2.remap(
        sheet, there_x.astype(np.float32), there_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(bent, np.float32)


def _lit(sheet: Shades, r: Generator, *, left: bool) -> Shades:
    """Paper that is not white, light that is not even, the shadow at the binding."""
    height, width = sheet.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = x / width if left else 1 - x / width
    light = 1 + r.uniform(-0.06, 0.06) * (x / width - 0.5) + r.uniform(-0.08, 0.08) * (y / height - 0.5)
    light -= np.float32(r.uniform(0, 0.3)) * np.exp(-across / np.float32(r.uniform(0.015, 0.05)))
    paper, black = r.uniform(222, 253), r.uniform(5, 60)
    return np.asarray((black + sheet / 255 * (paper - black)) * light, np.float32)


def _dust(sheet: Shades, r: Generator, *, left: bool) -> Shades:
    for _ in range(int(r.integers(0, 60))):
        spot = (int(r.integers(0, sheet.shape[1])), int(r.integers(0, sheet.shape[0])))
        cv2.circle(sheet, spot, int(r.integers(0, 3)), float(r.choice([60, 110, 245])), -1, cv2.LINE_AA)
    if r.random() < 0.2:  # punched
        side = int((r.uniform(0.02, 0.03) if left else r.uniform(0.97, 0.98)) * sheet.shape[1])
        for place in (0.36, 0.64):
            cv2.circle(sheet, (side, int(place * sheet.shape[0])), 22, float(r.uniform(20, 70)), -1, cv2.LINE_AA)
    return sheet


def _jpeg(page: Picture, quality: int) -> Picture:
    _, packed = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
