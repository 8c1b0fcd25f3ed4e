"""A staff cut out as the network wants it: interline 10, 160 rows with the middle line at row 80; and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media_pipeline.nets.staff_reader import STRIDE
from media_pipeline.omr.model import Box, Staff

INTERLINE = 10  # pixels from line to line
ROWS = 160  # six interlines above and below the staff's own four
MIDDLE = 80  # row of the middle line
MARGIN = 1.5  # interlines kept at the left and the right of the lines


@dataclass(frozen=True)
class Place:
    """Where a crop lies on its page. Pixels count from the middle of the first one, on both pictures."""

    x: float  # on the page, of the crop's column 0
    y: float  # of its row 0
    scale: float  # pixels of the page to one of the crop

    def across(self, frame: float) -> float:
        """x on the page of the middle of a frame."""
        return self.x + (frame * STRIDE + (STRIDE - 1) / 2) * self.scale

    def down(self, row: float) -> float:
        """y on the page of a row of the crop."""
        return self.y + row * self.scale

    def box(self, first: float, last: float, top: float = MIDDLE - 20, bottom: float = MIDDLE + 20) -> Box:
        """Box on the page from frame to frame and from row to row; by itself as high as the staff."""
        half = STRIDE / 2 * self.scale
        return Box(self.across(first) - half, self.down(top), self.across(last) + half, self.down(bottom))


def place(staff: Staff) -> Place:
    """A tablature of six lines is centred between its third and fourth; lines are 10 pixels apart all the same."""
    scale = staff.interline / INTERLINE
    return Place(x=staff.x0 - MARGIN * staff.interline, y=staff.y - MIDDLE * scale, scale=scale)


def crop(image: NDArray[np.uint8], staff: Staff) -> NDArray[np.uint8]:
    """(160, W) uint8, 255 is paper, also where the page ends; W = width in tenths of an interline, and 30."""
    at = place(staff)
    width = max(round((staff.x1 - staff.x0) / at.scale + 2 * MARGIN * INTERLINE), STRIDE)
    scale, x, y = at.scale, at.x, at.y
    coarse = int(scale / 1.6)
    if coarse > 1:  # linear interpolation alone would jump over lines
        size = (image.shape[1] // coarse, image.shape[0] // coarse)
        image = np.asarray(
            cv2.resize(image[: size[1] * coarse, : size[0] * coarse], size, interpolation=cv2.INTER_AREA), np.uint8
        )
        scale, x, y = scale / coarse, (x + 0.5) / coarse - 0.5, (y + 0.5) / coarse - 0.5
    there = np.array([[scale, 0, x], [0, scale, y]])
    out = cv2.warpAffine(
        image, there, (width, ROWS), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=(255, 255, 255)
    )
    return np.asarray(out, np.uint8)
