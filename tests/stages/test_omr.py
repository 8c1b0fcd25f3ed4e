"""The stage that reads: each page is there to be shown before the next is begun, and it ends soon when asked to."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from media_pipeline.artifacts import Book, Media, Sheets
from media_pipeline.context import Cancelled
from media_pipeline.local import LocalContext, run_recipe
from media_pipeline.recipes import READ_PAGES
from media_pipeline.stages.book import book
from media_pipeline.stages.omr import omr
from media_pipeline.stages.pages import pages
from tests.media_pipeline.test_read_pages import tune
from tests.patience import takes


class Onlooker(LocalContext):
    """Remembers in which order pages were filed and progress was made."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, **more)
        self.order: list[str] = []

    def progress(self, fraction: float, note: str = "") -> None:
        super().progress(fraction, note)
        self.order.append(f"{fraction:.2f}")

    def partial(self, name: str, value: Any) -> None:
        super().partial(name, json.loads(json.dumps(value)))
        self.order.append(name)


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    """Two pages by Copyist's own engraver: as it drew it, and without its text layer as a scan would be."""
    from notation.exports import export

    folder = tmp_path_factory.mktemp("engraved")
    pdf = export("pdf", tune(16)[0], folder=folder, title="Evening Air")
    made: Sheets = pages.run(LocalContext(folder / "pages"), Media(pdf, "Evening Air.pdf"))
    drawn = made.sheets[0]
    return Sheets(made.name, (drawn, replace(drawn, page=replace(drawn.page, sheet=1, layer=()))))


def test_a_page_is_there_before_the_next_is_read(sheets: Sheets, tmp_path: Path) -> None:
    ctx = Onlooker(tmp_path)
    omr.run(ctx, sheets)
    assert ctx.order == ["page 1", "0.50", "page 2", "1.00"]


def test_a_page_is_told_in_the_form_of_the_side_file(sheets: Sheets, tmp_path: Path) -> None:
    ctx = Onlooker(tmp_path / "omr")
    seen = omr.run(ctx, sheets)
    made: Book = book.run(LocalContext(tmp_path / "book"), (sheets,), (seen,))
    side = json.loads(made.report.read_text())
    lines = [line for part in side["parts"] for line in part["lines"]]
    for number in (0, 1):
        page = ctx.partials()[f"page {number + 1}"]
        assert page["sheet"] == number
        assert page["page"] == side["pages"][number]
        assert sheets.sheets[page["sheet"]].picture.is_file()
        final = [line for line in lines if line["page"] == number]
        assert [line["staff"] for line in page["lines"]] == [line["staff"] for line in final]
        for early, late in zip(page["lines"], final, strict=True):
            assert early.keys() == late.keys()
            assert early["bars"][0]["box"][:2] == late["bars"][0]["box"][:2]
            # Second guesses are for those who hold the parts together, once all is read.
            assert early["bars"][0].keys() == late["bars"][0].keys() - {"glances", "alternatives"}
            assert early["bars"][0]["tokens"][0].keys() == late["bars"][0]["tokens"][0].keys()


def test_whoever_cancels_waits_no_second(sheets: Sheets, tmp_path: Path) -> None:
    def cancelled() -> float:
        """The longest time for which nobody asked whether to stop, in seconds."""
        asked: list[float] = []

        def stop() -> None:
            if len(asked) == 3:  # in the midst of the first page
                raise Cancelled
            asked.append(time.monotonic())

        with pytest.raises(Cancelled):
            omr.run(LocalContext(tmp_path, should_stop=stop), Sheets("long", sheets.sheets * 20))
        return float(np.diff([*asked, time.monotonic()]).max())

    takes(cancelled, at_most=1)


def test_a_book_can_be_cancelled_while_theory_is_at_work(sheets: Sheets, tmp_path: Path) -> None:
    seen = omr.run(LocalContext(tmp_path / "omr"), sheets)
    reached: list[str] = []

    def stop() -> None:
        reached.append("")
        if len(reached) == 6:
            raise Cancelled

    with pytest.raises(Cancelled):
        book.run(LocalContext(tmp_path / "book", should_stop=stop), (sheets,), (seen,))


def test_pages_that_hold_no_music_are_told_as_well(sheets: Sheets, tmp_path: Path) -> None:
    empty = replace(sheets.sheets[1], page=replace(sheets.sheets[1].page, staves=(), systems=(), problem="No music."))
    ctx = Onlooker(tmp_path)
    omr.run(ctx, Sheets("a file", (empty, sheets.sheets[0])))
    assert ctx.partials()["page 1"]["lines"] == []
    assert ctx.partials()["page 1"]["page"]["problem"] == "No music."
    assert ctx.partials()["page 2"]["lines"]


def test_the_first_page_of_a_long_file_is_there_while_the_others_are_looked_at(sheets: Sheets, tmp_path: Path) -> None:
    picture = Image.open(sheets.sheets[0].picture)
    blank = Image.new("L", picture.size, 255)
    book = tmp_path / "book.tiff"
    blank.save(book, save_all=True, append_images=[picture, picture, picture], compression="tiff_lzw")
    ctx = Onlooker(tmp_path / "pages")
    made = pages.run(ctx, Media(book, "book.tiff"))
    assert ctx.order == ["0.25", "page 2", "0.50", "0.75", "1.00"]
    page = ctx.partials()["page 2"]
    assert len(page["lines"]) == len(made.sheets[page["sheet"]].page.staves) > 0


def test_a_short_file_is_not_read_twice(sheets: Sheets, tmp_path: Path) -> None:
    ctx = Onlooker(tmp_path)
    pages.run(ctx, Media(sheets.sheets[0].picture, "page.png"))
    assert ctx.partials() == {}


def test_progress_of_the_recipe_grows_with_every_page(sheets: Sheets, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    given = [Media(sheets.sheets[0].picture, "page.png")]
    run_recipe(
        READ_PAGES, given={Media: given}, folder=tmp_path, watch=lambda stage, _, note: told.append((stage, note))
    )
    assert ("Reading the notes", "page 1 of 1") in told
