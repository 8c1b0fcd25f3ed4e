"""Pages to files and back: a lossless picture beside what is known of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from media_pipeline.artifacts import Sheet
from media_pipeline.omr.model import Page


def save(page: Page, path: Path) -> Sheet:
    """Write the page's picture (PNG). OSError where there is no room."""
    # Runs are found in half the time that all repetitions take, and what they make of a page is no larger.
    if not cv2.imwrite(str(path), page.image, [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]):
        raise OSError(f"{path.name} could not be written")
    return Sheet(path, replace(page, image=np.zeros((0, 0), np.uint8)))


def load(sheet: Sheet) -> Page:
    """The page with its picture. OSError where the picture is gone."""
    image = cv2.imread(str(sheet.picture), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise OSError(f"{sheet.picture.name} cannot be read")
    return replace(sheet.page, image=np.asarray(image, np.uint8))
