"""Letters of a scan: what is printed beside the staves, line by line, as tesseract reads it.

  1. What touches a staff is music and goes; so do long lines, slurs, hairpins and the frames of rehearsal marks.
  2. The pieces left, of a letter's size, are joined to lines by their own height.
  3. All lines are set below one another in one picture, their letters equally high; one run of tesseract reads it.
Starting tesseract costs 0.1 s, each line about 0.01 s; so there is one run a page, without the lines that are music.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr import shapes
from media_pipeline.omr.model import Box, Page, Printed
from media_pipeline.omr.tesseract import Tesseract, installed, never

PALE = 215  # frames are drawn in lines so thin that some are hardly darker than paper
INK = 175  # darker is ink: the hair strokes of small figures at 200 dpi are half paper
LETTER_PX = 34  # height a line's tall letters are brought to; tesseract's nets like 30 to 40
ROW_PX, MOST_WIDE = 72, 2600
MOST_LINES = 90  # of a page; the most letter-like are read
MOST_HEADS = 24  # pieces of a line that is looked at for music; a longer one is letters
SURE = 0.3  # below, tesseract guesses

Grey = NDArray[np.uint8]
Row = tuple[str, float, float, float]  # a word, its left and right, confidence
Spread = list[tuple[int, int]]  # columns of a line before which so many were added


@dataclass(frozen=True)
class Block:
    """A line of letters."""

    box: Box
    tall: float  # height of its tall letters, pixels of the page
    framed: bool  # it stands in a frame, as rehearsal marks do
    pieces: tuple[int, ...]  # labels of its components
    apart: bool = False  # its words stand apart along a staff, as syllables do

    @property
    def copies(self) -> int:
        """How often it is set beside itself: tesseract passes over many a lone letter, but not over three."""
        return 3 if self.framed else 1


def missing() -> str | None:
    """What is lost without tesseract, or None where it is there."""
    if shutil.which("tesseract"):
        return None
    return (
        "The words on scanned pages stay unread (titles, instrument names, tempo and style words), because the program "
        "tesseract is not installed. The notes are read all the same."
    )


class Letters:
    """The letters of a page, read by tesseract while the caller does something else. Leaving the `with` block ends it.

    `languages`: tesseract's names ("eng", "deu"); those that are not installed are passed over.
    """

    def __init__(self, page: Page, languages: Collection[str]) -> None:
        use = [name for name in dict.fromkeys(languages) if name in installed()] or sorted({"eng"} & installed())
        self._blocks: list[Block] = []
        self._scales: list[float] = []
        self._spread: list[Spread] = []
        self._run: Tesseract | None = None
        if not use:
            return
        self._blocks, labels = blocks(page)
        if self._blocks:
            picture, self._scales, self._spread = _composed(page.image, self._blocks, labels)
            self._run = Tesseract(picture, use)

    def __enter__(self) -> Letters:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._run is not None:
            self._run.end()

    def lines(self, check: Callable[[], object] = never) -> tuple[list[tuple[Printed, bool]], list[Printed]]:
        """Lines of letters from the top, and whether each is framed; and one by one the words of those set apart.

        Waits for them; raises what `check` raises. Empty without tesseract.
        """
        rows: list[list[Row]] = [[] for _ in self._blocks]
        apart: list[Printed] = []
        for text, left, top, width, height, sure in self._run.words(check) if self._run is not None else ():
            number = min(int((top + height / 2) // ROW_PX), len(rows) - 1)
            block, scale = self._blocks[number], self._scales[number]
            if not block.apart:
                rows[number].append((text, left, left + width, sure))
            elif sure >= SURE:
                y = block.box.y0 + (top - number * ROW_PX - _EDGE) / scale
                x0, x1 = (_home((x - _EDGE) / scale, self._spread[number]) for x in (left, left + width))
                box = Box(block.box.x0 + x0, y, block.box.x0 + x1, y + height / scale)
                apart.append(Printed(text.replace("ı", "i"), box, round(sure, 3)))
        lines = []
        for block, scale, row in zip(self._blocks, self._scales, rows, strict=True):
            text, sure = _agreed(block, scale, row)
            if any(c.isalnum() for c in text):
                lines.append((Printed(text, block.box, round(sure, 3)), block.framed))
        return lines, apart


def blocks(page: Page) -> tuple[list[Block], NDArray[np.int32]]:
    """Lines of letters on a page, and the picture of component labels that they refer to."""
    import cv2

    space = float(np.median([staff.interline for staff in page.staves])) if page.staves else page.dpi / 14
    ink = (page.image < INK).astype(np.uint8)
    count, named, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    labels: NDArray[np.int32] = named.astype(np.int32, copy=False)
    x, y, w, h, area = (stats[:, i].astype(np.float64) for i in range(5))
    music = np.zeros(count, bool)
    music[0] = True
    for staff in page.staves:
        near, box = 0.35 * staff.interline, staff.box
        music |= (x < box.x1) & (x + w > box.x0) & (y < box.y1 + near) & (y + h > box.y0 - near)
    frames, rims = _frames(page, space, (labels, np.asarray(stats, np.int32)))
    flat = (w > 5 * h) & (w > 1.5 * space)  # lines, hairpins, ties
    thin = (h > 6 * w) & (h > 2.5 * space)
    letter = (
        ~music
        & (h >= 0.45 * space)
        & (h <= 5 * space)
        & (w <= 9 * space)
        & (w < 3.5 * h)
        & ~flat
        & ~thin
        & (area > 0.08 * w * h)
    )
    letter[rims] = False
    mask = np.zeros(ink.shape, np.uint8)
    for i in np.flatnonzero(letter):
        reach, trim = 0.55 * max(h[i], 0.9 * space), 0.12 * h[i]
        cv2.rectangle(
            mask,
            (int(x[i] - reach), int(y[i] + trim)),
            (int(x[i] + w[i] + reach), int(y[i] + h[i] - trim)),
            1,
            -1,
        )
    dashes = np.flatnonzero(
        ~music & (w >= 2 * h) & (w > 0.4 * space) & (w < 1.4 * space) & (h < 0.45 * space) & (h > 0.04 * space)
    )
    for i in dashes:  # "♩ = 69", "Mozart - K. 157": a dash holds a line together, a ledger line by the staff does not
        twin = (np.abs(x[dashes] - x[i]) < 0.2 * space) & (np.abs(np.abs(y[dashes] - y[i]) - 0.5 * space) < 0.4 * space)
        far = all(not -3 * space < y[i] - staff.y < 3 * space for staff in page.staves)
        if far and (twin.sum() == 1 or all(abs(y[i] - staff.y) > 6 * space for staff in page.staves)):
            top, left, reach = int(y[i] - 0.3 * space), int(x[i] - 0.7 * space), int(w[i] + 1.4 * space)
            cv2.rectangle(mask, (left, top), (left + reach, int(top + 0.6 * space)), 1, -1)
    for left, top, wide, high in frames:  # what is in a frame stays by itself
        cv2.rectangle(mask, (left, top), (left + wide - 1, top + high - 1), 0, 3)
    lines, line_of = cv2.connectedComponents(mask, connectivity=4, ltype=cv2.CV_32S)
    members: list[list[int]] = [[] for _ in range(lines)]
    middle_x, middle_y = (x + w / 2).astype(int), (y + h / 2).astype(int)
    for i in np.flatnonzero(letter):
        members[line_of[middle_y[i], middle_x[i]]].append(int(i))
    small = np.flatnonzero(
        ~music & ~thin & (h < 1.2 * space) & (w < 1.5 * space) & (area >= 2)
    )  # dots, accents, commas
    found: list[Block] = []
    few: list[Block] = []
    for pieces in members[1:]:
        if not pieces:
            continue
        tall = float(np.percentile(h[pieces], 80))
        box = Box(
            float(x[pieces].min()), float(y[pieces].min()), float((x + w)[pieces].max()), float((y + h)[pieces].max())
        )
        if tall < 0.6 * space:
            continue
        likely = _plausible(page, box, tall, len(pieces), space)
        close = small[
            (middle_x[small] > box.x0 - 0.2 * tall) & (middle_x[small] < box.x1 + 0.7 * tall)
            & (middle_y[small] > box.y0 - 0.35 * tall) & (middle_y[small] < box.y1 + 0.25 * tall)
            & (h[small] < 0.5 * tall)
        ]  # fmt: skip
        every = sorted({*pieces, *map(int, close)})
        box = Box(
            float(x[every].min()), float(y[every].min()), float((x + w)[every].max()), float((y + h)[every].max())
        )
        framed = any(fx < box.x0 and fx + fw > box.x1 and fy < box.y0 and fy + fh > box.y1 for fx, fy, fw, fh in frames)
        (found if likely else few).append(Block(box, tall, framed, tuple(every)))
    found = [block for block in _merged(found) if not _is_music(block, labels, np.asarray(stats, np.int32), space)]
    found = _set_apart(page, found, few)
    found.sort(key=lambda block: (-len(block.pieces) - 3 * block.framed, block.box.y0))
    return sorted(found[:MOST_LINES], key=lambda block: (block.box.y0, block.box.x0)), labels


def _merged(found: Sequence[Block]) -> list[Block]:
    """Lines put together where only a wide space parts them: "cresc.   poco a poco"."""
    out: list[Block] = []
    for block in sorted(found, key=lambda block: block.box.x0):
        for index, left in enumerate(out):
            gap, tall = block.box.x0 - left.box.x1, max(left.tall, block.tall)
            shared = min(left.box.y1, block.box.y1) - max(left.box.y0, block.box.y0)
            words = min(len(left.pieces), len(block.pieces)) >= 3 and not left.framed and not block.framed
            if words and -0.5 * tall < gap < 1.2 * tall and shared > 0.6 * min(left.tall, block.tall):
                a, b = left.box, block.box
                box = Box(min(a.x0, b.x0), min(a.y0, b.y0), max(a.x1, b.x1), max(a.y1, b.y1))
                out[index] = Block(box, tall, False, tuple(sorted({*left.pieces, *block.pieces})))
                break
        else:
            out.append(block)
    return out


def _set_apart(page: Page, found: Sequence[Block], few: Sequence[Block]) -> list[Block]:
    """Three lines or more at one height under a staff as one: syllables. They vouch for `few`, with a letter or two."""
    known = set(map(id, found))
    rows: list[tuple[int, list[Block]]] = []
    out: list[Block] = []
    for block in sorted([*found, *few], key=lambda block: (id(block) not in known, block.box.y1)):
        over = [(block.box.y0 - s.box.y1, i) for i, s in enumerate(page.staves) if s.box.y1 < block.box.y0]
        gap, staff = min(over, default=(0.0, -1))
        if block.framed or staff < 0 or gap > 13 * page.staves[staff].interline:
            out += [block] if id(block) in known else []
            continue
        for at, row in rows:
            top, bottom = (float(np.median([getattr(b.box, side) for b in row])) for side in ("y0", "y1"))
            shared = min(bottom, block.box.y1) - max(top, block.box.y0)
            alike = 0.6 < block.tall / float(np.median([b.tall for b in row])) < 1.6
            if at == staff and alike and shared > 0.6 * min(bottom - top, block.box.y1 - block.box.y0):
                row.append(block)
                break
        else:
            rows.append((staff, [block]))
    for _, row in rows:
        sure = [block for block in row if id(block) in known]
        if len(row) < 3 or len(sure) < 2:
            out += sure
            continue
        box = Box(
            min(b.box.x0 for b in row), min(b.box.y0 for b in row), max(b.box.x1 for b in row),
            max(b.box.y1 for b in row),
        )  # fmt: skip
        pieces = tuple(sorted({piece for block in row for piece in block.pieces}))
        out.append(Block(box, float(np.median([block.tall for block in sure])), False, pieces, apart=True))
    return out


def _is_music(block: Block, labels: NDArray[np.int32], stats: NDArray[np.int32], space: float) -> bool:
    if block.framed or len(block.pieces) > MOST_HEADS:
        return False
    boxes = ((i, *(int(side) for side in stats[i, :4])) for i in block.pieces)
    return shapes.music((labels[y : y + h, x : x + w] == i for i, x, y, w, h in boxes), space)


def _frames(
    page: Page, space: float, inked: tuple[NDArray[np.int32], NDArray[np.int32]]
) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """Left, top, width and height of frames beside the staves, and the pieces of ink that they are made of.

    inked: labels and statistics of the components of ink. A thin frame is in pieces there, and is whole in paler ink.
    """
    import cv2

    pale = cv2.connectedComponentsWithStats((page.image < PALE).astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)[1:3]
    found: list[tuple[int, int, int, int]] = []
    rims: set[int] = set()
    for labels, stats in (inked, (np.asarray(pale[0], np.int32), np.asarray(pale[1], np.int32))):
        x, y, w, h, area = (stats[:, i].astype(np.float64) for i in range(5))
        likely = (h > 1.5 * space) & (h < 6 * space) & (w > 1.3 * space) & (w < 12 * space) & (area < 0.5 * w * h)
        for staff in page.staves:
            near, box = 0.35 * staff.interline, staff.box
            likely &= (x > box.x1) | (x + w < box.x0) | (y > box.y1 + near) | (y + h < box.y0 - near)
        likely[0] = False
        for i in map(int, np.flatnonzero(likely)):
            if not _is_frame(labels, stats[i], i):
                continue
            left, top, wide, high = (int(side) for side in stats[i, :4])
            here = inked[0][top : top + high, left : left + wide]
            rim = np.ones(here.shape, bool)
            rim[4:-4, 4:-4] = False
            rims.update(map(int, np.unique(here[rim & (labels[top : top + high, left : left + wide] == i)])))
            found.append((left, top, wide, high))
    return found, sorted(rims - {0})


def _is_frame(labels: NDArray[np.int32], stats: NDArray[np.int32], label: int) -> bool:
    """A component with straight ink on all four sides."""
    x, y, w, h, _ = (int(v) for v in stats)
    own = labels[y : y + h, x : x + w] == label
    rim = max(2, min(w, h) // 6)
    return bool(
        min(
            own[:rim].any(axis=0).mean(),
            own[-rim:].any(axis=0).mean(),
            own[:, :rim].any(axis=1).mean(),
            own[:, -rim:].any(axis=1).mean(),
        )
        > 0.85
    )


def _plausible(page: Page, box: Box, tall: float, pieces: int, space: float) -> bool:
    """Whether a line may be letters. One or two pieces near a staff are music, but for figures above it."""
    if pieces >= 3 or not page.staves:
        return True
    middle = (box.y0 + box.y1) / 2
    beside = [staff for staff in page.staves if staff.x0 - space < box.x1 and box.x0 < staff.x1 + space]
    if not beside:
        return tall >= 0.8 * space
    staff = min(beside, key=lambda staff: max(staff.box.y0 - middle, 0.7 * (middle - staff.box.y1)))
    over, under = staff.box.y0 - middle, middle - staff.box.y1
    if under > 0:
        return under > 6 * space
    return over > 0 and tall >= 0.8 * space


_EDGE, _BETWEEN = 14, 44  # of white around each line, and between copies of it


def _composed(image: Grey, found: Sequence[Block], labels: NDArray[np.int32]) -> tuple[Grey, list[float], list[Spread]]:
    """The lines below one another, a row each, and nothing else of the page; their scales, and where room was added.

    Several short lines in a row cost no less time, and tesseract takes them for a sentence.
    """
    import cv2

    rows, scales, spread = [], [], []
    for block in found:
        x0, y0, x1, y1 = int(block.box.x0), int(block.box.y0), int(block.box.x1), int(block.box.y1)
        here = labels[y0:y1, x0:x1]
        own = np.isin(here, block.pieces).astype(np.uint8)
        others = cv2.dilate(((here > 0) & (own == 0)).astype(np.uint8), np.ones((3, 3), np.uint8))
        # What belongs to nothing stays: thin strokes of small letters are too pale to be ink.
        letters = np.where((others == 0) | (own > 0), image[y0:y1, x0:x1], 255).astype(np.uint8)
        added = _between(own, block.tall) if block.apart else []
        for at, wide in reversed(added):
            letters = np.insert(letters, [at] * wide, 255, axis=1)
        width, height = letters.shape[1], letters.shape[0]
        scale = min(LETTER_PX / block.tall, (ROW_PX - 2 * _EDGE) / height, MOST_WIDE / width, 4.0)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        drawn = cv2.resize(letters, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        row = np.full((ROW_PX, block.copies * (size[0] + _BETWEEN) + _EDGE), 255, np.uint8)
        for copy in range(block.copies):
            start = _EDGE + copy * (size[0] + _BETWEEN)
            row[_EDGE : _EDGE + size[1], start : start + size[0]] = drawn
        rows.append(row)
        scales.append(scale)
        spread.append(added)
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1])), constant_values=255) for row in rows]
    return np.vstack(padded), scales, spread


def _between(own: NDArray[np.uint8], tall: float) -> Spread:
    """Where syllables that stand too close get room: gaps twice as wide as those between letters. (column, width)"""
    inked = np.flatnonzero(own.any(axis=0))
    steps = np.diff(inked) - 1
    starts, gaps = inked[:-1][steps > 0] + 1, steps[steps > 0]
    letters = gaps[gaps < 0.3 * tall]
    if not len(letters):
        return []
    least = max(0.17 * tall, 2.2 * float(np.median(letters)))
    return [(int(x), round(0.5 * tall)) for x, gap in zip(starts, gaps, strict=True) if least <= gap < 0.8 * tall]


def _home(x: float, added: Spread) -> float:
    """A column of a line that was spread, as it was before."""
    for at, wide in added:
        if x <= at:
            break
        x = max(x - wide, at)
    return x


def _agreed(block: Block, scale: float, row: Sequence[Row]) -> tuple[str, float]:
    """What a row reads, and how sure. Where its block was set three times, two copies must agree."""
    if block.copies > 1:
        whole = "".join(text for text, *_ in row)  # "A AA" or "BBB": it may take copies for one word
        third = len(whole) // block.copies
        if whole and whole == whole[:third] * block.copies:  # all of them agree, however unsure it is of each
            return whole[:third], max(word[3] for word in row)
    kept = [word for word in row if word[3] >= SURE]
    if not kept:
        return "", 0.0
    sure = sum(len(text) * s for text, _, _, s in kept) / sum(len(text) for text, *_ in kept)
    if block.copies == 1:
        return " ".join(text for text, *_ in kept), sure
    pitch = round((block.box.x1 - block.box.x0) * scale) + _BETWEEN
    texts = [""] * block.copies
    for text, left, right, _ in kept:
        first = min(int(max(left - _EDGE + _BETWEEN / 2, 0) // pitch), block.copies - 1)
        many = max(round((right - left + _BETWEEN) / pitch), 1)  # copies it took for one word
        share = len(text) // many
        for copy in range(first, min(first + many, block.copies)):
            texts[copy] += text[(copy - first) * share : (copy - first + 1) * share] if many > 1 else text
    text = max(texts, key=texts.count)
    return (text, sure) if texts.count(text) >= 2 else ("", 0.0)
