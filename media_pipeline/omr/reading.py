"""One page read: the network sees its staves while tesseract, in a process beside, reads the words around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.crop import crop
from media_pipeline.omr.lattice import Lattice, compress
from media_pipeline.omr.model import Page
from media_pipeline.omr.words import Word, letters_of, read_words

Run = Callable[[Iterable[NDArray[np.uint8]]], Iterable[NDArray[np.float32]]]  # crops -> log probabilities of each


@dataclass(frozen=True)
class PageRead:
    seen: dict[int, Lattice]  # of each staff of notes, by its index into Page.staves
    words: tuple[Word, ...]


def read_page(page: Page, *, run: Run, vocabulary: tuple[str, ...], check: Callable[[], object]) -> PageRead:
    """page: with its picture. run: the reader of staves. Raises what `check` raises, which is asked at every staff."""
    notes = [index for index, staff in enumerate(page.staves) if not staff.tab]
    seen: dict[int, Lattice] = {}
    with letters_of(page) or nullcontext() as letters:
        for index, posteriors in zip(notes, run(crop(page.image, page.staves[i]) for i in notes), strict=True):
            check()
            seen[index] = compress(posteriors, vocabulary)
        return PageRead(seen, tuple(read_words(page, letters=letters, check=check)))
