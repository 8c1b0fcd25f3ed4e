"""Words to be sung: lines of syllables under a staff, told from words about the music.

1. Words between a staff and the one below it are put together to lines by what they stand on.
2. A line is sung where it stands in several places along the staff and most of it is of no list of terms; once a page
   has such lines, one at the same distance from its staff is sung too, however short.
3. Between two syllables the page itself is looked at: a short dash in mid-height parts syllables of a word, a line on
   the ground holds the last one, a small bow under it binds two to one note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

import numpy as np

from media_pipeline.omr.model import Box, Page, Printed, Staff
from media_pipeline.omr.terms import read_term
from media_pipeline.omr.typeface import baseline, size

ELISION = "‿"  # between words that are sung to one note
NEAR, FAR = 0.5, 13.0  # interlines from the staff to the line that its first verses stand on
NEXT, DEEPEST = 2.4, 30.0  # sizes of type from verse to verse, interlines to the last of many
APART = 0.08  # of the type's size: closer pieces are one word, of letters from two fonts
BETWEEN = 0.9  # of the type's size: wider gaps part syllables, and words about the music from each other
LARGEST = 3.4  # interlines: the largest type that verses are set in
_DASHES = re.compile(r"^[-–—_‐‑~.·]+$")
_VERSE = re.compile(r"^\(?(\d)[.)]?$")
_DYNAMIC = re.compile(r"^[pmfszr]{1,4}$")


@dataclass(frozen=True)
class Sung:
    """A syllable, or a word of one; `after` tells what leads from it to the next."""

    text: str
    box: Box
    after: Literal["", "hyphen", "line"] = ""


@dataclass(frozen=True)
class Verse:
    """A line of syllables under a staff; `number` as printed before it, else counted from the staff down."""

    staff: int
    number: int
    syllables: tuple[Sung, ...]
    confidence: float

    @property
    def text(self) -> str:
        words = "".join(s.text + ("-" if s.after == "hyphen" else " ") for s in self.syllables)
        return words.strip()

    @property
    def box(self) -> Box:
        boxes = [syllable.box for syllable in self.syllables]
        return Box(
            min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
        )


@dataclass(frozen=True)
class _Row:
    staff: int
    pieces: tuple[Printed, ...]  # from the left
    size: float  # of its type
    ground: float  # y that it stands on

    def groups(self) -> list[str]:
        """Its words, those together that are set as one phrase."""
        out: list[str] = []
        last = -1e9
        for piece in self.pieces:
            near = piece.box.x0 - last < BETWEEN * self.size
            out[-1:] = [f"{out[-1]} {piece.text}"] if near and out else [*out[-1:], piece.text]
            last = piece.box.x1
        return out


def find_verses(page: Page, printed: Sequence[Printed]) -> tuple[list[Verse], list[Printed]]:
    """What is sung, and the words that are left. `printed`: words one by one, with boxes of their own."""
    rows, left = _rows(page, printed)
    sung = [row for row in rows if _is_sung(row)]
    places = [(row.ground - page.staves[row.staff].box.y1) / page.staves[row.staff].interline for row in sung]
    sizes = median([row.size for row in sung]) if sung else 0.0
    for row in rows:
        if row in sung:
            continue
        staff = page.staves[row.staff]
        at = (row.ground - staff.box.y1) / staff.interline
        alike = any(abs(at - place) < 0.8 for place in places) and 0.8 < row.size / sizes < 1.25
        if alike and not all(read_term(group) or _DYNAMIC.match(group) for group in row.groups()):
            sung.append(row)
        else:
            left.extend(row.pieces)
    verses: list[Verse] = []
    for index, staff in enumerate(page.staves):
        mine: list[_Row] = []
        for row in sorted((row for row in sung if row.staff == index), key=lambda row: row.ground):
            after = bool(mine) and row.ground - mine[-1].ground < NEXT * row.size
            if after or row.ground < staff.box.y1 + FAR * staff.interline:
                mine.append(row)
            else:
                left.extend(row.pieces)
        verses.extend(_verse(page, row, number) for number, row in enumerate(mine, start=1))
    return [verse for verse in verses if verse.syllables], left


def _rows(page: Page, printed: Sequence[Printed]) -> tuple[list[_Row], list[Printed]]:
    """Lines of words under each staff, and the words that stand elsewhere."""
    under: list[list[Printed]] = [[] for _ in page.staves]
    left: list[Printed] = []
    for piece in printed:
        staff = _above(page, piece)
        (left if staff is None else under[staff]).append(piece)
    rows: list[_Row] = []
    for index, pieces in enumerate(under):
        lines: list[list[Printed]] = []
        for piece in sorted(pieces, key=lambda piece: baseline(piece.text, piece.box)):
            ground = baseline(piece.text, piece.box)
            last = median([baseline(p.text, p.box) for p in lines[-1]]) if lines else 0.0
            if lines and abs(ground - last) < 0.45 * page.staves[index].interline:
                lines[-1].append(piece)
            else:
                lines.append([piece])
        for line in lines:
            ground = median([baseline(piece.text, piece.box) for piece in line])
            wide = median([size(piece.text, piece.box) for piece in line])
            rows.append(_Row(index, tuple(_whole(line, wide)), wide, ground))
    return rows, left


def _above(page: Page, piece: Printed) -> int | None:
    """The staff that a word stands under."""
    if not any(c.isalpha() for c in piece.text) and not (_DASHES.match(piece.text) or _VERSE.match(piece.text)):
        return None
    middle = (piece.box.x0 + piece.box.x1) / 2
    over = [
        (piece.box.y0 - staff.box.y1, index)
        for index, staff in enumerate(page.staves)
        if staff.x0 < middle < staff.x1 + staff.interline and staff.box.y1 < piece.box.y0 + 0.3 * staff.interline
    ]
    if not over:
        return None
    index = min(over)[1]
    staff = page.staves[index]
    ground = (baseline(piece.text, piece.box) - staff.box.y1) / staff.interline
    return index if NEAR < ground < DEEPEST else None


def _whole(pieces: Sequence[Printed], wide: float) -> list[Printed]:
    """A line's words from the left; those together that only loose letters part, and without dashes."""
    out: list[Printed] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.x0):
        if _DASHES.match(piece.text) and not (out and piece.box.x0 - out[-1].box.x1 < APART * wide):
            continue
        if out and piece.box.x0 - out[-1].box.x1 < APART * wide and not _VERSE.match(out[-1].text):
            last = out[-1]
            box = Box(
                last.box.x0, min(last.box.y0, piece.box.y0), max(last.box.x1, piece.box.x1),
                max(last.box.y1, piece.box.y1),
            )  # fmt: skip
            out[-1] = Printed(last.text + piece.text, box, min(last.confidence, piece.confidence))
        else:
            out.append(piece)
    return [part for piece in out for part in _parted(piece)]


def _parted(piece: Printed) -> list[Printed]:
    """A word with dashes in it as its syllables, each with its share of the box; without those at its ends."""
    parts = [part for part in re.split(r"[-–—_‐‑]+", piece.text) if part]
    if len(parts) < 2 or not all(any(c.isalpha() for c in part) for part in parts):
        text = piece.text.strip("-–—_‐‑")
        return [replace(piece, text=text)] if text else []
    total = sum(map(len, parts)) + len(parts) - 1
    out, at = [], 0
    for part in parts:
        step = (piece.box.x1 - piece.box.x0) / total
        box = Box(piece.box.x0 + at * step, piece.box.y0, piece.box.x0 + (at + len(part)) * step, piece.box.y1)
        out.append(Printed(part, box, piece.confidence))
        at += len(part) + 1
    return out


def _is_sung(row: _Row) -> bool:
    from media_pipeline.omr.kinds import CHORD  # which puts words together as `words` does

    groups = [group for group in row.groups() if any(c.isalpha() for c in group)]
    if len(groups) < 3:
        return False
    about = sum(
        bool(
            any(c.isdigit() for c in group)
            or _DYNAMIC.match(group)
            or CHORD.match(group)
            or (read_term(group) and (len(group) > 4 or group.endswith(".")))
            or any(word.endswith(".") and read_term(word) for word in group.split())  # "moter rit.", a slip
        )
        for group in groups
    )
    return about < 0.4 * len(groups)


def _verse(page: Page, row: _Row, number: int) -> Verse:
    pieces = list(row.pieces)
    if found := _VERSE.match(pieces[0].text):
        number, pieces = int(found[1]), pieces[1:]
    staff = page.staves[row.staff]
    syllables: list[Sung] = []
    bound = False
    for index, piece in enumerate(pieces):
        to = pieces[index + 1].box.x0 if index + 1 < len(pieces) else staff.x1
        after = _after(page, row, staff, piece.box.x1, to)
        if index and bound:
            last = syllables.pop()
            box = Box(last.box.x0, min(last.box.y0, piece.box.y0), piece.box.x1, max(last.box.y1, piece.box.y1))
            piece = replace(piece, text=f"{last.text}{ELISION}{piece.text}", box=box)
        bound = after == "bound"
        syllables.append(Sung(piece.text, piece.box, "" if after == "bound" else after))
    sure = min((piece.confidence for piece in pieces), default=0.0)
    return Verse(row.staff, number, tuple(syllables), sure)


def _after(page: Page, row: _Row, staff: Staff, left: float, right: float) -> Literal["", "hyphen", "line", "bound"]:
    """What is drawn between two syllables: thin level ink, in mid-height, on the ground, or a small bow under it."""
    import cv2

    x0, x1 = int(left + 1), int(right)
    y0, y1 = int(row.ground - 0.75 * row.size), int(row.ground + 0.4 * row.size)
    ink = np.asarray(page.image[max(y0, 0) : y1, x0:x1] < 150, np.uint8)
    if not ink.size:
        return ""
    count, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    thin = max(0.16 * row.size, 0.35 * staff.interline)
    for x, y, w, h, _ in boxes[1:count]:
        middle = (row.ground - (y0 + y + h / 2)) / row.size  # over the ground, in sizes of the type
        cut = y == 0 or y + h == len(ink)  # the tops of the verse below
        if cut or h > thin or w < 1.4 * h or w < 0.1 * row.size:
            continue
        if w < 0.9 * row.size and 0.12 < middle < 0.42:
            return "hyphen"
        flat = h < 0.1 * row.size
        if w > (0.5 if flat else 0.8) * row.size and -0.2 < middle < 0.2 and x < 0.8 * row.size:
            return "line"
        if not flat and right - left < 1.1 * row.size and w > 0.5 * (right - left) and -0.35 < middle < 0.05:
            return "bound"
    return ""
