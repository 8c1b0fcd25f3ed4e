"""A recipe run in this process: the same results, options, items and second attempts as in a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from media_pipeline.context import Cancelled
from media_pipeline.graph import Recipe, stage
from media_pipeline.local import run_recipe
from tests.graph.stages import Book, Chart, File, Sound, book, chart, decode, pages, pulse, read, read_file, separate

CHART = Recipe("chart", "Chart", given=(File,), stages=(chart, pulse, separate, decode))


def test_it_runs_every_stage(tmp_path: Path) -> None:
    made = run_recipe(CHART, given={File: [File("f")]}, folder=tmp_path, options={"separate.model": "big"})
    assert made[Chart].text == "big stems of f, pulse of f"
    assert set(made.seconds) == {"decode", "separate", "pulse", "chart"}


def test_items_of_a_tuple_come_in_order(tmp_path: Path) -> None:
    made = run_recipe(
        Recipe("book", "Book", given=(File,), stages=(book, read, pages)), given={File: [File("f")]}, folder=tmp_path
    )
    assert made[Book].text == "f:0 f:1 f:2"


def test_items_of_sources_come_in_order(tmp_path: Path) -> None:
    made = run_recipe(
        Recipe("set", "Set", given=(tuple[File, ...],), stages=(read_file, book)),
        given={File: [File("b"), File("a")]},
        folder=tmp_path,
    )
    assert made[Book].text == "b a"


def test_progress_only_grows(tmp_path: Path) -> None:
    seen: list[float] = []
    run_recipe(CHART, given={File: [File("f")]}, folder=tmp_path, watch=lambda _, fraction, __: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_out_of_memory_is_tried_once_more(tmp_path: Path) -> None:
    @stage()
    def hungry(ctx: Any, file: File) -> Sound:
        if ctx.attempt == 1:
            raise MemoryError
        return Sound("fed")

    made = run_recipe(Recipe("r", "R", given=(File,), stages=(hungry,)), given={File: [File("f")]}, folder=tmp_path)
    assert made[Sound] == Sound("fed")


def test_it_stops_when_asked(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run_recipe(CHART, given={File: [File("f")]}, folder=tmp_path, should_stop=stop)
