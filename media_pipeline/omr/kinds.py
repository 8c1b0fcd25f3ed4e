"""What kind of page this is, and the sentence for the user where it is not one to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.model import Box, Kind, Page, Printed, Seen, Staff
from media_pipeline.omr.tesseract import Tesseract, installed

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
    r"(\(?(maj|sus|add|no|b|#|♭|♯|\+|-|/)\d{1,2}\)?)*(/[A-H][b#♭♯]?)?|%|[|:/.]+)[|)\]:]*$"
)
EVENT = re.compile(r"p-?\d|r\d|mR|mm|sim")  # tokens of notes, rests and their like
FEW = 30  # tokens say little of a page
DOUBTED = 0.9  # mean confidence of a page's tokens; scans of print have 0.93 to 0.997, pen strokes 0.68 to 0.87
CHORDS = 8  # names of chords that make a chart
SPARSE = 11  # tesseract's mode for words that stand anywhere, as in the boxes of a chart
DENSE = 0.2  # of a page that letters never cover
MANY = 3000  # marks that are not letters of type, if there are more: grain
SURE = 0.7  # of a word, where tesseract reads what may be no words at all
LOW = 6.5  # pixels from line to line below which the signs of a staff run together


def chord_chart(lines: Iterable[str]) -> bool:
    """Whether a third or more of these lines of words, from the text layer or from OCR, are names of chords alone."""
    said = [line.split() for line in lines if line.strip()]
    chords = [words for words in said if all(map(CHORD.match, words)) and any(map(str.isalpha, "".join(words)))]
    return sum(map(len, chords)) >= CHORDS and len(chords) >= len(said) / 3


def judge(
    image: Grey, source: Grey, staves: Sequence[Staff], layer: Sequence[Printed], *, mirrored: bool = False
) -> tuple[Kind, str, str]:
    """Kind, problem and hint of a page. `image` is the page set upright, `source` as it came (for its shades)."""
    kind = _kind(image, source, staves, layer)
    problem, hint = SENTENCES[kind]
    if kind == "music":
        if any(staff.tab for staff in staves):
            problem = "Some staves of this page are tablature; only the others were read."
            hint = "Nothing is lost where both say the same."
        elif np.median([staff.interline for staff in staves]) < LOW:
            problem = "This page is coarse: the lines of its staves are only a few pixels apart."
            hint = "Scan it again at 300 dots per inch."
        elif _cut(image, staves):
            problem = "Staves are cut off at the edge of this page; what is missing cannot be read."
            hint = "Scan the page again with all of its margins."
        elif mirrored:
            problem = "This page came as its mirror image; it was turned round and read."
    return kind, problem, hint


def as_read(page: Page, seen: Sequence[Seen]) -> Page:
    """The page of music with a word on how it read, where nothing else is wrong with it. seen: tokens of its staves."""
    if page.kind != "music" or page.problem or not page.staves:
        return page
    if not any(EVENT.match(token.token) for token in seen):
        return replace(page, problem="The staves of this page are empty.")
    if len(seen) > FEW and sum(token.confidence for token in seen) < DOUBTED * len(seen):
        return replace(
            page,
            problem="Much of this page could hardly be read: it looks written by hand, or it is a poor copy.",
            hint="Compare its bars with the page, or scan it again; only printed music is read well.",
        )
    return page


def _cut(image: Grey, staves: Sequence[Staff]) -> bool:
    """Whether lines run out of the picture, or a staff lies partly above or below it."""
    height, width = image.shape
    sides = sum(staff.x0 < 0.25 * staff.interline or staff.x1 > width - 1 - 0.25 * staff.interline for staff in staves)
    return sides >= 1 or any(staff.box.y0 < 1 or staff.box.y1 > height - 2 for staff in staves)


def _kind(image: Grey, source: Grey, staves: Sequence[Staff], layer: Sequence[Printed]) -> Kind:
    if staves:
        return "tab" if all(staff.tab for staff in staves) else "music"
    if len(layer) >= 12:
        return "chords" if chord_chart(_lines(layer)) else "words"
    if _shaded(source):
        return "picture"
    dark = np.asarray(image < 140, np.uint8)
    count, _, boxes, _ = cv2.connectedComponentsWithStats(dark)
    unit = max(image.shape) / 2339  # pixels of a page at 200 dpi
    marks = boxes[1:count]
    marks = marks[(marks[:, 3] >= 6 * unit) & (marks[:, 2] < 0.9 * image.shape[1]) & (marks[:, 4] >= 12 * unit * unit)]
    if len(marks) < 3:
        return "blank"
    if dark.mean() > DENSE:
        return "picture"
    many = len(marks) > MANY
    said = _read(image) if len(marks) >= CHORDS and not many else []
    if len(said) >= CHORDS:
        return "chords" if chord_chart(_lines(said)) else "words"
    x, y, w, h, area = marks.T
    ways = (marks, np.stack([-y - h, x, h, w, area], 1), np.stack([y, -x - w, h, w, area], 1))  # and on either side
    return "words" if any(map(_printed, ways)) else "handwriting" if _strokes(marks) and not many else "picture"


def _read(image: Grey) -> list[Printed]:
    """The words that OCR is sure of, those of a letter left out but for chords; none without tesseract."""
    if not installed():
        return []
    with Tesseract(image, sorted({"eng"} & installed()) or sorted(installed())[:1], layout=SPARSE) as run:
        said = [Printed(text, Box(x, y, x + w, y + h), sure) for text, x, y, w, h, sure in run.words() if sure > SURE]
    return [word for word in said if len(word.text) > 1 or CHORD.match(word.text)]


def _lines(words: Sequence[Printed]) -> list[str]:
    """Words that follow each other on one height, as lines."""
    lines: list[str] = []
    for before, word in zip([None, *words], words, strict=False):
        if before is not None and abs(before.box.y1 - word.box.y1) < 0.5 * (word.box.y1 - word.box.y0):
            lines[-1] += f" {word.text}"
        else:
            lines.append(word.text)
    return lines


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
