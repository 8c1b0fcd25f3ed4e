"""Sources that belong together: a stage that runs once per bundle, here, in keys, and with what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from media_pipeline.graph import Recipe, RecipeError, stage, tuple_of
from media_pipeline.local import run_recipe
from tests.graph.stages import Book, File, Page, Read, read, read_file


@stage(bundle=True)
def bind(ctx: Any, reads: tuple[Read, ...]) -> Book:
    return Book("+".join(one.text for one in reads))


@stage()
def count(ctx: Any, books: tuple[Book, ...]) -> Page:
    return Page(len(books))


BOUND = Recipe("bound", "Bound", given=(File,), stages=(count, bind, read_file))
FILES = [File(name) for name in "abcd"]


def test_each_bundle_gets_what_was_made_of_its_sources_in_its_order(tmp_path: Path) -> None:
    made = run_recipe(BOUND, given={File: FILES}, bundles=[[1], [3, 0], [2]], folder=tmp_path)
    assert [book.text for book in made[tuple_of(Book)]] == ["b", "d+a", "c"]
    assert made[Page].number == 3


def test_without_bundles_each_source_is_one(tmp_path: Path) -> None:
    made = run_recipe(BOUND, given={File: FILES}, folder=tmp_path)
    assert [book.text for book in made[tuple_of(Book)]] == ["a", "b", "c", "d"]


def test_the_key_of_a_bundle_depends_on_its_own_sources_alone() -> None:
    two = BOUND.keys({File: ["a", "b"]}, {}, [[0], [1]])
    more = BOUND.keys({File: ["c", "a", "b", "d"]}, {}, [[1], [2], [0, 3]])
    assert two.of(bind, 0) == more.of(bind, 0)
    assert two.of(bind, 1) == more.of(bind, 1)
    turned = BOUND.keys({File: ["c", "a", "b", "d"]}, {}, [[1], [2], [3, 0]])
    assert turned.of(bind, 2) != more.of(bind, 2)
    assert two.of(count) != more.of(count) != turned.of(count)


def test_there_are_as_many_steps_as_bundles() -> None:
    assert BOUND.bundled
    assert BOUND.count(bind, sources=4, lengths={}, bundles=2) == 2
    assert BOUND.count(read_file, sources=4, lengths={}, bundles=2) == 4


def test_a_bundle_of_nothing_is_refused() -> None:
    @stage(bundle=True)
    def alone(ctx: Any, file: File) -> Book:
        raise NotImplementedError

    with pytest.raises(RecipeError, match="alone is marked with bundle, but gathers nothing"):
        Recipe("bad", "Bad", given=(File,), stages=(alone,))


def test_what_is_not_made_of_sources_cannot_be_bundled() -> None:
    @stage()
    def pages_of(ctx: Any, file: File) -> tuple[Page, ...]:
        raise NotImplementedError

    with pytest.raises(RecipeError, match="bind cannot gather what read makes"):
        Recipe("bad", "Bad", given=(File,), stages=(pages_of, read, bind))
