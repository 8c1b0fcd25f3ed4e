"""Which strips of which pages go into a print set as the songs of a book that nobody has read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from media_pipeline.artifacts import Media, Sheet, Sheets
from media_pipeline.omr.model import Page
from media_pipeline.omr.slices import unread_slices
from notation.engrave.rebind import Slice

Kind = Literal["music", "words"]


def strips(folder: Path, *pages: tuple[Kind, list[tuple[float, str]]], songs: list[Any]) -> tuple[Any, list[str]]:
    """Of a book whose pages are of this kind, with these marks; songs: what begins at each of them."""
    Image.new("L", (200, 300), 255).save(folder / "page.png")
    sheets = tuple(
        Sheet(folder / "page.png", Page(0, number, "", np.zeros((0, 0), np.uint8), 150.0, kind, (), ()))
        for number, (kind, _) in enumerate(pages)
    )
    told = [
        {"source": 7, "sheet": number, "turn": 0, "starts": [{"y": y, "title": title} for y, title in marks]}
        for number, (_, marks) in enumerate(pages)
    ]
    contents = {
        "songs": [{"id": id, "title": str(id).title()} for id in songs if id],
        "unread": [{"book": "b1", "name": "Drums", "songs": songs, "pages": told}],
    }
    return unread_slices(contents, [Media(folder / "drums.pdf", "drums.pdf")], [Sheets("drums.pdf", sheets)])


def cuts(slices: tuple[Slice, ...]) -> list[tuple[int, float, float]]:
    return [(one.page, one.top, one.bottom) for one in slices]


def test_a_song_is_what_stands_from_its_mark_to_the_next(tmp_path: Path) -> None:
    found, said = strips(
        tmp_path, ("words", []), ("music", [(0.01, "March")]), ("music", [(0.5, "Solo"), (0.7, "Waltz")]),
        ("music", []), songs=["march", None, 3],
    )  # fmt: skip
    assert {key: cuts(slices) for key, slices in found.items()} == {
        ("march", "b1"): [(1, 0.0, 1.0), (2, 0.0, 0.5)],
        (3, "b1"): [(2, 0.7, 1.0), (3, 0.0, 1.0)],
    }
    assert said == []


def test_music_before_the_first_mark_goes_along_with_it(tmp_path: Path) -> None:
    found, said = strips(tmp_path, ("music", []), ("music", [(0.4, "March")]), songs=["march"])
    assert cuts(found["march", "b1"]) == [(0, 0.0, 1.0), (1, 0.0, 1.0)]  # the page with the mark is not cut
    assert said == ["Drums: what stands before its first song is printed with “March”."]


def test_a_book_without_a_mark_is_one_piece(tmp_path: Path) -> None:
    found, said = strips(tmp_path, ("words", []), ("music", []), songs=["all"])
    assert cuts(found["all", "b1"]) == [(0, 0.0, 1.0), (1, 0.0, 1.0)]
    assert said == []


def test_songs_that_were_put_together_are_one_in_the_order_of_the_pages(tmp_path: Path) -> None:
    found, _ = strips(
        tmp_path, ("music", [(0.0, "March"), (0.4, "Trio")]), ("music", [(0.0, "Solo")]), ("music", [(0.3, "Coda")]),
        songs=["march", "march", 3, "march"],
    )  # fmt: skip
    assert {key: cuts(slices) for key, slices in found.items()} == {
        ("march", "b1"): [(0, 0.0, 1.0), (2, 0.3, 1.0)],
        (3, "b1"): [(1, 0.0, 1.0), (2, 0.0, 0.3)],
    }
