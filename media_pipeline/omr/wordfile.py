"""The words of a file's pages to JSON and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cattrs.preconf.json import make_converter

from media_pipeline.omr.words import Word

Words = tuple[tuple[Word, ...], ...]  # of each page


def save(words: Sequence[Sequence[Word]], path: Path) -> Path:
    path.write_text(make_converter().dumps(tuple(map(tuple, words)), unstructure_as=Words))
    return path


def load(path: Path) -> Words:
    words: Words = make_converter().loads(path.read_text(), Words)
    return words
