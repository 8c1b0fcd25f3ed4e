"""Recipes: what fits together, what does not and why, and which keys an option moves."""

from __future__ import annotations

from dataclasses import make_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_pipeline.graph import Option, Recipe, RecipeError, Stage, stage
from tests.graph.stages import (
    Book,
    File,
    Page,
    Read,
    Sound,
    Stems,
    book,
    chart,
    decode,
    pages,
    pulse,
    read,
    read_file,
    separate,
)  # fmt: skip

CHART = Recipe("chart", "Chart", given=(File,), stages=(chart, pulse, separate, decode))
BOOK = Recipe("book", "Book", given=(File,), stages=(book, read, pages))
SET = Recipe("set", "Set", given=(tuple[File, ...],), stages=(read_file, book))


def recipe(*stages: Stage, kinds: tuple[Any, ...] = (File,)) -> Recipe:
    return Recipe("broken", "Broken", given=kinds, stages=stages)


def test_order_follows_needs() -> None:
    names = [s.name for s in CHART.in_order()]
    assert names[0] == "decode"
    assert names[-1] == "chart"


def test_a_missing_maker_is_named() -> None:
    with pytest.raises(RecipeError, match="nothing makes the Stems that chart needs"):
        recipe(chart, pulse, decode)


def test_two_makers_are_named() -> None:
    @stage()
    def other(ctx: Any, file: File) -> Sound:
        raise NotImplementedError

    with pytest.raises(RecipeError, match="decode and other make the same artefact, Sound"):
        recipe(decode, other)


def test_two_stages_of_one_name_are_refused() -> None:
    with pytest.raises(RecipeError, match="two stages are called decode"):
        recipe(decode, decode)


def test_what_is_given_is_not_made() -> None:
    with pytest.raises(RecipeError, match="decode makes the Sound that is given"):
        recipe(decode, kinds=(File, Sound))


def test_a_cycle_is_named() -> None:
    @stage()
    def egg(ctx: Any, sound: Sound) -> Stems:
        raise NotImplementedError

    @stage()
    def hen(ctx: Any, stems: Stems) -> Sound:
        raise NotImplementedError

    with pytest.raises(RecipeError, match="stages wait for each other"):
        recipe(egg, hen)


def test_one_of_many_without_each_is_refused() -> None:
    @stage()
    def single(ctx: Any, read: Read) -> Book:
        raise NotImplementedError

    with pytest.raises(RecipeError, match="single needs one Read, but read makes many"):
        recipe(pages, read, single)


def test_each_without_items_is_refused() -> None:
    @stage(each=True)
    def lonely(ctx: Any, sound: Sound) -> Stems:
        raise NotImplementedError

    with pytest.raises(RecipeError, match="nothing it needs comes in items"):
        recipe(decode, lonely)


def test_items_of_two_sorts_are_refused() -> None:
    @stage()
    def more(ctx: Any, file: File) -> tuple[Sound, ...]:
        raise NotImplementedError

    @stage(each=True)
    def both(ctx: Any, page: Page, sound: Sound) -> Stems:
        raise NotImplementedError

    with pytest.raises(RecipeError, match="takes items of more and pages"):
        recipe(pages, more, both)


def test_items_come_from_a_tuple_or_from_the_sources() -> None:
    assert BOOK.items_of(read) is pages
    assert SET.items_of(read_file) is None
    assert (BOOK.many_sources, SET.many_sources, CHART.many_sources) == (False, True, False)
    assert BOOK.count(read, sources=1, lengths={}) is None
    assert BOOK.count(read, sources=1, lengths={"pages": 7}) == 7
    assert SET.count(read_file, sources=3, lengths={}) == 3


def test_options_move_only_the_keys_downstream() -> None:
    plain, big = CHART.keys({File: ["f"]}, {}), CHART.keys({File: ["f"]}, {"separate.model": "big"})
    moved = {s.name for s in CHART.stages if plain.of(s) != big.of(s)}
    assert moved == {"separate", "chart"}


def test_a_default_said_aloud_moves_nothing() -> None:
    assert CHART.keys({File: ["f"]}, {}).of(chart) == CHART.keys({File: ["f"]}, {"pulse.factor": "1"}).of(chart)


def test_every_item_has_a_key_of_its_own() -> None:
    keys = BOOK.keys({File: ["f"]}, {})
    assert len({keys.of(read, i) for i in range(50)}) == 50


def test_a_source_more_moves_only_what_gathers() -> None:
    two, three = SET.keys({File: ["a", "b"]}, {}), SET.keys({File: ["a", "b", "c"]}, {})
    assert [two.of(read_file, i) for i in range(2)] == [three.of(read_file, i) for i in range(2)]
    assert two.of(book) != three.of(book)


def test_the_order_of_sources_matters() -> None:
    assert SET.keys({File: ["a", "b"]}, {}).of(book) != SET.keys({File: ["b", "a"]}, {}).of(book)


def test_progress_is_weighted() -> None:
    assert CHART.progress({"decode": 1, "separate": 0.5}) == pytest.approx(16 / 40)


def test_unknown_and_impossible_options_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"has no option “separate\.colour”"):
        CHART.clean({"separate.colour": "red"})
    with pytest.raises(ValueError, match="Tempo: at most 2"):
        CHART.clean({"pulse.factor": "9"})
    with pytest.raises(ValueError, match="Model: choose one of s, b"):
        CHART.clean({"separate.model": "huge"})


def test_cleaned_options_leave_out_defaults() -> None:
    assert CHART.clean({"pulse.factor": "1.5", "separate.model": "small"}) == {"pulse.factor": 1.5}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (Option("n", 1, "N"), "nan"),
        (Option("x", 1.0, "X"), "inf"),
        (Option("x", 1.0, "X"), "x"),
        (Option("t", "", "T"), "a" * 501),
    ],
)
def test_nonsense_is_refused(option: Option, value: str) -> None:
    with pytest.raises(ValueError, match=option.label):
        option.clean(value)


# --- any recipe at all ----------------------------------------------------------------------------------------------
@st.composite
def webs(draw: st.DrawFn) -> tuple[Recipe, dict[str, set[str]]]:
    """A recipe of up to nine stages, each needing some of those before it; and who needs whom."""
    number = draw(st.integers(1, 9))
    kinds = [make_dataclass(f"Kind{i}", []) for i in range(number)]
    stages, needs = [], {}
    for i in range(number):
        wanted = sorted(draw(st.sets(st.integers(0, i - 1), max_size=3))) if i else []

        def run(ctx: Any, **_: Any) -> Any:
            raise NotImplementedError

        run.__name__ = f"s{i}"
        run.__annotations__ = {f"k{j}": kinds[j] for j in wanted} | ({} if wanted else {"file": File})
        run.__annotations__["return"] = kinds[i]
        option = Option("o", 0, "O")
        stages.append(stage(weight=draw(st.floats(0.1, 50)), options=(option,))(run))
        needs[f"s{i}"] = {f"s{j}" for j in wanted}
    shuffled = draw(st.permutations(stages))
    return Recipe("web", "Web", given=(File,), stages=tuple(shuffled)), needs


@settings(max_examples=60, deadline=None)
@given(webs())
def test_any_web_comes_in_order(web: tuple[Recipe, dict[str, set[str]]]) -> None:
    made, needs = web
    seen: set[str] = set()
    for s in made.in_order():
        assert needs[s.name] <= seen
        seen.add(s.name)
    assert len(seen) == len(needs)


@settings(max_examples=60, deadline=None)
@given(webs(), st.data())
def test_in_any_web_an_option_moves_exactly_its_stage_and_what_follows(
    web: tuple[Recipe, dict[str, set[str]]], data: st.DataObject
) -> None:
    made, needs = web
    changed = data.draw(st.sampled_from(sorted(needs)))
    follows = {changed}
    for s in made.in_order():
        if needs[s.name] & follows:
            follows.add(s.name)
    before, after = made.keys({File: ["f"]}, {}), made.keys({File: ["f"]}, {f"{changed}.o": 1})
    assert {s.name for s in made.stages if before.of(s) != after.of(s)} == follows


@settings(max_examples=30, deadline=None)
@given(webs())
def test_all_keys_of_any_web_differ(web: tuple[Recipe, dict[str, set[str]]]) -> None:
    made, _ = web
    keys = made.keys({File: ["f"]}, {})
    assert len({keys.of(s) for s in made.stages}) == len(made.stages)


def test_the_real_recipes_fit_together() -> None:
    from media_pipeline.recipes import RECIPES

    for made in RECIPES.values():
        assert list(made.in_order())
        assert [name for name, _ in made.options()] == list(dict(made.options()))
