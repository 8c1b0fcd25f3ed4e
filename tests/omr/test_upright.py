"""Which way up: by clefs and stems where there are many staves, by how they read where there are few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from media_pipeline.engines import choose
from media_pipeline.omr.model import Box, Printed
from media_pipeline.omr.raster import Sheet
from media_pipeline.omr.staves import find, look
from media_pipeline.omr.upright import wrong_way
from tests.omr import draw

WAYS: dict[str, tuple[Callable[[draw.Grey], draw.Grey], int, bool]] = {
    "as it is": (lambda p: p, 0, False),
    "upside down": (lambda p: np.rot90(p, 2), 180, False),
    "on its side": (lambda p: np.rot90(p, 1), 90, False),
    "on its other side": (lambda p: np.rot90(p, 3), 270, False),
    "mirrored": (lambda p: p[:, ::-1], 0, True),
    "mirrored upside down": (lambda p: p[::-1], 180, True),
}


FRAMES = 40


class Reader:
    """Sure of what has its ink in the upper left quarter, as sure as it is told to be."""

    def __init__(self, sure: float) -> None:
        self.sure, self.asked = sure, 0

    def __call__(self, staves: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        for staff in staves:
            self.asked += 1
            rows, columns = np.nonzero(staff < 128)
            likes = rows.mean() < 80 and columns.mean() < staff.shape[1] / 2
            yield self.told(0.0 if likes else -self.sure / FRAMES)

    def told(self, sure: float) -> NDArray[np.float32]:
        """Another token in every frame."""
        seen = np.full((FRAMES, 3), -50, np.float32)
        seen[np.arange(FRAMES), np.arange(FRAMES) % 3] = sure
        return seen


class Blank(Reader):
    """The same, but what it is sure of is that there is nothing."""

    def told(self, sure: float) -> NDArray[np.float32]:
        return np.array([[sure, -50, -50]] * FRAMES, np.float32)


def corner_heavy() -> draw.Grey:
    """Two staves with a black square over the left half of each."""
    page = draw.music(bars=6)[:500].copy()
    for staff in find(page)[0]:
        page[round(staff.y) - 70 : round(staff.y) - 45, 150:350] = 0
    return page


@pytest.mark.parametrize(("flip", "mirror"), [(False, False), (True, False), (False, True), (True, True)])
def test_two_staves_are_turned_the_way_that_reads_best(flip: bool, mirror: bool) -> None:
    page = corner_heavy()
    page = np.ascontiguousarray(page[:, ::-1] if mirror else page)
    page = np.ascontiguousarray(np.rot90(page, 2) if flip else page)
    staves, _ = find(page)
    assert len(staves) == 2
    assert wrong_way(page, staves, Reader(20)) == (flip, mirror)


def test_staves_on_which_nothing_is_read_stay_as_they_came() -> None:
    page = np.ascontiguousarray(corner_heavy()[:, ::-1])
    staves, _ = find(page)
    assert wrong_way(page, staves, Reader(20)) == (False, True)
    assert wrong_way(page, staves, Blank(20)) == (False, False)


def test_what_is_hardly_likelier_changes_nothing() -> None:
    page = np.ascontiguousarray(np.rot90(corner_heavy(), 2))
    assert wrong_way(page, find(page)[0], Reader(0.5)) == (False, False)


def test_words_of_the_file_say_which_way_up_before_anyone_reads() -> None:
    page = np.ascontiguousarray(np.rot90(corner_heavy(), 2))
    staves, reader = find(page)[0], Reader(20)
    verse = [Printed(text, Box(100.0 + 60 * n, 300, 150.0 + 60 * n, 320), 1.0) for n, text in enumerate("abcdef")]
    assert wrong_way(page, staves, reader, layer=verse) == (False, False)
    assert reader.asked == 0
    assert wrong_way(page, staves, reader, layer=verse[::-1]) == (True, False), "the words stand on their heads too"
    assert wrong_way(page, staves, reader, layer=verse[:3]) == (True, False), "three words prove nothing"


def test_a_page_of_many_staves_costs_no_reading() -> None:
    reader = Reader(20)
    page = draw.music(bars=70)
    assert wrong_way(page, find(page)[0], reader) == (False, False)
    turned = np.ascontiguousarray(np.rot90(page, 2))
    assert wrong_way(turned, find(turned)[0], reader) == (True, False)
    assert reader.asked == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_page_of_two_staves_is_set_upright(way: str) -> None:
    wrong, turned, mirrored = WAYS[way]
    page = np.ascontiguousarray(wrong(draw.music(bars=6)))
    (found,) = look(Sheet(index=0, image=page, dpi=200), read=choose("omr").run)
    assert (found.turned, found.mirrored) == (turned, mirrored)
    assert len(found.staves) == 2
    assert ("mirror" in found.problem) == mirrored
