"""Forced alignment: which bars of an exact score each staff line of its engraved part holds.

The lines are read by the weights we have; what they say of positions, values, rests and bars (no clefs, keys or
decorations: those may be wrong) is aligned with the whole part by edit distance. A line is kept where its last bar line
falls on a bar's end in the truth, the two are alike enough, and both its ends are matched. Tuplets are told where their
number is printed, and what comes next where the line ends with it; a line with other dynamics than its page is left out
(printed.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.nets.staff_reader import STRIDE, StaffReader
from media_pipeline.omr.crop import MARGIN
from media_pipeline.omr.tokens import BLANK
from media_pipeline.training.omr import shards
from media_pipeline.training.omr.cut import clean_staves, cut
from media_pipeline.training.omr.printed import as_printed, digits, dynamics, without_absent_warning
from media_pipeline.training.omr.truth import bar_tokens, group_rests, line_tokens, read_part, unsayable

ALIKE = 0.12  # distance up to which a line is taken
ALIKE_BARS = 0.35  # or up to which it is taken where the number of bars agrees
END = 10  # tokens at each end of a line, half of which must be matched
_CORE = re.compile(r"p-?\d+|d\d+|gd\d+|r\d+|mR|mm|n\d")


def core(tokens: Sequence[str]) -> list[str]:
    """What alignment looks at; every bar line is "bar"."""
    return ["bar" if t.startswith("bar.") else t for t in tokens if _counts(t)]


def read_crop(image: NDArray[np.uint8]) -> list[str]:
    """The likeliest token of each frame, repeats and blanks left out."""
    return [token for token, _ in read_places(image)]


def read_places(image: NDArray[np.uint8]) -> list[tuple[str, float]]:
    """The same, each with the x at which it begins, in interlines from the crop's left edge."""
    reader = _reader()
    out: list[tuple[str, float]] = []
    before = 0
    for frame, token in enumerate(reader.read(for_net(image)).argmax(axis=1).tolist()):
        if token != before and reader.vocabulary[token] != BLANK:
            out.append((reader.vocabulary[token], frame * STRIDE / 10))
        before = token
    return out


def for_net(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A stored crop (interline 12, 216 rows) as the net sees it (interline 10, 160 rows), undamaged."""
    import cv2

    width = max(8, round(image.shape[1] * 10 / shards.INTERLINE))
    small = cv2.resize(image, (width, round(shards.ROWS * 10 / shards.INTERLINE)), interpolation=cv2.INTER_AREA)
    edge = (small.shape[0] - 160) // 2
    return np.ascontiguousarray(small[edge : edge + 160], np.uint8)


def agreement(stave: shards.Stave) -> float:
    """How differently the weights we have read this crop: edit distance of its core, of 1."""
    from rapidfuzz.distance import Levenshtein

    said = core(stave.tokens)
    return Levenshtein.distance(core(read_crop(stave.image)), said) / max(1, len(said))


def align_part(root: etree._Element, part: int, book: Path, *, dpi: int, source: str) -> list[shards.Stave]:
    """Crops and exact tokens of the lines of a part's PDF."""
    import pypdfium2
    from rapidfuzz.distance import Levenshtein

    crops: list[NDArray[np.uint8]] = []
    numbers: list[list[tuple[str, float]]] = []  # of each crop, x in interlines from its left edge
    loud: list[int] = []  # dynamics that are printed with each crop's staff
    opened = pypdfium2.PdfDocument(book)
    for sheet in opened:
        page = np.asarray(sheet.render(scale=dpi / 72, grayscale=True).to_numpy().squeeze().copy(), np.uint8)
        loose = digits(sheet, dpi / 72)
        found = clean_staves(page)
        nearest = Counter(
            min(range(len(found)), key=lambda n: abs(found[n].y - y)) for y in dynamics(sheet, dpi / 72) if found
        )
        for index, staff in enumerate(found):
            loud.append(nearest[index])
            crops.append(cut(page, staff))
            numbers.append(
                [
                    (digit.value, (digit.x - staff.x0) / staff.interline + 1.5)
                    for digit in loose
                    if abs(digit.y - staff.y) < 8 * staff.interline
                ]
            )
    opened.close()
    places = [read_places(image) for image in crops]
    read = [core([token for token, _ in line]) for line in places]
    bars = read_part(root, part)
    printed = group_rests(bars)
    truth: list[str] = []
    ends: dict[int, int] = {}  # tokens up to a printed bar's end -> that bar
    for n, group in enumerate(printed):
        truth += core(bar_tokens(bars, group))
        ends[len(truth)] = n
    flat = [token for line in read for token in line]
    place: dict[int, int] = {}
    for step in Levenshtein.opcodes(flat, truth):
        if step.tag == "equal":
            for k in range(step.src_end - step.src_start):
                place[step.src_start + k] = step.dest_start + k
    bounds = [0, *(sorted(ends))]
    out: list[shards.Stave] = []
    at, begin = 0, 0  # the token a line begins with; the printed bar, or -1 where unknown
    for image, line, seen, loose_digits, dynamic in zip(crops, read, places, numbers, loud, strict=True):
        start, at = at, at + len(line)
        first = begin
        last = place.get(at - 1, -2) + 1
        begin = ends[last] + 1 if line and line[-1] == "bar" and last in ends else -1
        if first < 0 or begin <= first:
            continue
        said = truth[bounds[first] : bounds[begin]]
        apart = Levenshtein.distance(line, said) / max(1, len(said))
        if apart >= ALIKE and not (apart < ALIKE_BARS and line.count("bar") == said.count("bar")):
            continue
        end = min(END, len(line) // 2)
        edges = (range(start, start + end), range(at - end, at))
        if any(sum(n in place for n in edge) < end / 2 for edge in edges):
            continue
        then = printed[begin] if begin < len(printed) else None
        held = printed[first:begin]
        if not unsayable(bars, held, then=then):
            tokens = line_tokens(bars, held, then=then)
            if sum(token.startswith("dyn.") for token in tokens) != dynamic:
                continue
            tokens = as_printed(tokens, _matched(tokens, seen), loose_digits)
            tokens = without_absent_warning(tokens, _room(image, seen))
            out += [shards.stave(image, tokens, source)] if tokens else []
    return out


def _room(image: NDArray[np.uint8], seen: Sequence[tuple[str, float]]) -> float | None:
    """Interlines from the beginning of the last bar line that was read to the end of the staff."""
    bars = [x for token, x in seen if token.startswith("bar.")]
    return image.shape[1] / shards.INTERLINE - MARGIN - bars[-1] if bars else None


def _matched(tokens: Sequence[str], seen: Sequence[tuple[str, float]]) -> dict[int, float]:
    """Where tokens of a line stand that were read as they are, of those that alignment looks at."""
    from rapidfuzz.distance import Levenshtein

    told = [n for n, token in enumerate(tokens) if _counts(token)]
    xs = [x for token, x in seen if _counts(token)]
    out: dict[int, float] = {}
    for block in Levenshtein.opcodes(core([t for t, _ in seen]), core(tokens)).as_matching_blocks():
        for k in range(block.size):
            out[told[block.b + k]] = xs[block.a + k]
    return out


def _counts(token: str) -> bool:
    return token.startswith("bar.") or bool(_CORE.fullmatch(token))


def _reader() -> StaffReader:
    global _opened
    if _opened is None:
        _opened = StaffReader()
    return _opened


_opened: StaffReader | None = None
