"""What kind of page this is, and the sentence for the user where it is not one to be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.model import Kind, Printed, Staff

Grey = NDArray[np.uint8]

SENTENCES: dict[Kind, tuple[str, str]] = {
    "music": ("", ""),
    "blank": ("There is nothing on this page.", "If it should have music on it, scan it again with more contrast."),
    "words": ("This page has words but no staves.", ""),
    "tab": (
        "This page is tablature: strings and frets, not notes on a staff. It was not read.",
        "Upload an edition in standard notation.",
    ),
    "chords": (
        "This page is a chord chart: chord names without notes. It was not read.",
        "Upload an edition with the notes written out.",
    ),
    "handwriting": (
        "This page looks handwritten. Only printed music is read.",
        "Upload a printed or engraved edition.",
    ),
    "picture": (
        "This page is a picture without staves.",
        "If it shows music, photograph the page from straight above, in good light, so that it fills the picture.",
    ),
    "unreadable": ("This page cannot be read.", "Scan it again."),
}
CHORD = re.compile(
    r"^[|(\[]*(N\.?C\.?|[A-H][b#♭♯]?(maj|min|mi|ma|m|M|dim|aug|sus|add|ø|°|o|Δ|\+|-)?\d{0,2}"
    r"((maj|sus|add|no|b|#|♭|♯|\+|-)\d{1,2})*(/[A-H][b#♭♯]?)?|%|[|:/.]+)[|)\]:]*$"
)
LOW = 6.5  # pixels from line to line below which the signs of a staff run together


def chord_chart(words: Sequence[str]) -> bool:
    """Whether these words, from the text layer or from OCR, are chord names for a third or more."""
    said = [word for word in words if word.strip()]
    names = [word for word in said if CHORD.match(word) and any(letter.isalpha() for letter in word)]
    return len(names) >= 8 and len(names) >= len(said) / 3


def judge(image: Grey, source: Grey, staves: Sequence[Staff], layer: Sequence[Printed]) -> tuple[Kind, str, str]:
    """Kind, problem and hint of a page. `image` is the page set upright, `source` as it came (for its shades)."""
    kind = _kind(image, source, staves, layer)
    problem, hint = SENTENCES[kind]
    if kind == "music":
        if any(staff.lines in (4, 6) for staff in staves):
            problem = "Some staves of this page are tablature; only the others were read."
        elif np.median([staff.interline for staff in staves]) < LOW:
            problem = "This page is coarse: the lines of its staves are only a few pixels apart."
            hint = "Scan it again at 300 dots per inch."
        elif _cut(image, staves):
            problem = "Staves are cut off at the edge of this page; what is missing cannot be read."
            hint = "Scan the page again with all of its margins."
    return kind, problem, hint


def _cut(image: Grey, staves: Sequence[Staff]) -> bool:
    """Whether lines run out of the picture, or a staff lies partly above or below it."""
    height, width = image.shape
    sides = sum(staff.x0 < 0.25 * staff.interline or staff.x1 > width - 1 - 0.25 * staff.interline for staff in staves)
    return sides >= 1 or any(staff.box.y0 < 1 or staff.box.y1 > height - 2 for staff in staves)


def _kind(image: Grey, source: Grey, staves: Sequence[Staff], layer: Sequence[Printed]) -> Kind:
    if staves:
        return "music" if any(staff.lines in (1, 5) for staff in staves) else "tab"
    if len(layer) >= 12:
        return "chords" if chord_chart([word.text for word in layer]) else "words"
    if _shaded(source):
        return "picture"
    dark = np.asarray(image < 140, np.uint8)
    count, _, boxes, _ = cv2.connectedComponentsWithStats(dark)
    unit = max(image.shape) / 2339  # pixels of a page at 200 dpi
    marks = boxes[1:count]
    marks = marks[(marks[:, 3] >= 6 * unit) & (marks[:, 2] < 0.9 * image.shape[1]) & (marks[:, 4] >= 12 * unit * unit)]
    if len(marks) < 3:
        return "blank"
    return "words" if _printed(marks) else "handwriting" if _strokes(marks) else "picture"


def _shaded(source: Grey) -> bool:
    """Whether much of the picture is neither paper nor ink: a photograph."""
    small = cv2.resize(source, (160, 160), interpolation=cv2.INTER_AREA)
    shares = np.bincount(small.ravel() // 8, minlength=32) / small.size
    # Paper, however lit, fills a few neighbouring shades.
    widest = np.convolve(shares, np.ones(8), "same").max()
    return bool(widest < 0.72)


def _printed(marks: NDArray[np.int32]) -> bool:
    """Letters of type stand on common lines and are of a few heights."""
    if len(marks) < 8:
        return False
    heights, feet = marks[:, 3].astype(float), (marks[:, 1] + marks[:, 3]).astype(float)
    lefts = marks[:, 0].astype(float)
    size = float(np.median(heights))
    level = 0
    for foot, left in zip(feet, lefts, strict=True):
        near = (np.abs(lefts - left) < 14 * size) & (np.abs(feet - foot) < 1.2 * size)
        level += (np.abs(feet[near] - foot) <= max(0.07 * size, 1.0)).sum() >= max(0.45 * near.sum(), 3)
    alike = ((heights > 0.6 * size) & (heights < 1.75 * size)).mean()
    return bool(level / len(marks) > 0.55 and alike > 0.6)


def _strokes(marks: NDArray[np.int32]) -> bool:
    """Thin strokes that fill little of their boxes."""
    area = marks[:, 2].astype(float) * marks[:, 3]
    return bool(np.median(marks[:, 4] / area) < 0.5)
