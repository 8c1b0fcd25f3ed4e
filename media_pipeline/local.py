"""Runs a recipe in this process, without database, queue or Django: for the command line, for tests and benches.

made = run_recipe(GUITAR_TAB, given={Media: [Media(path, name)]}, options={"tab.capo": 2}, folder=folder)
made[Document].musicxml
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from media_pipeline.graph import Need, Recipe, Stage, alone, many, tuple_of

Watch = Callable[[str, float, str], None]  # stage, fraction of the whole recipe, note


class LocalContext:
    """The context of a stage that runs here (media_pipeline.context.Context). `should_stop` may raise."""

    def __init__(
        self,
        folder: Path,
        *,
        options: Mapping[str, Any] | None = None,
        attempt: int = 1,
        watch: Callable[[float, str], None] | None = None,
        should_stop: Callable[[], None] | None = None,
    ) -> None:
        self.folder = folder
        self.pages = folder / "pages"
        self.options: Mapping[str, Any] = MappingProxyType(dict(options or {}))
        self.attempt = attempt
        self.lines: list[str] = []
        self.notices: list[str] = []
        self.engine_name = ""
        self.fraction = 0.0
        self._kept: dict[str, Any] = {}
        self._watch, self._should_stop = watch, should_stop
        folder.mkdir(parents=True, exist_ok=True)

    def progress(self, fraction: float, note: str = "") -> None:
        self.check()
        self.fraction = min(max(fraction, 0.0), 1.0)
        if self._watch is not None:
            self._watch(self.fraction, note)

    def check(self) -> None:
        if self._should_stop is not None:
            self._should_stop()

    def log(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        if message not in self.notices:
            self.notices.append(message)

    def engine(self, name: str) -> None:
        self.engine_name = name

    def partial(self, name: str, value: Any) -> None:
        self._kept[name] = value

    def partials(self) -> dict[str, Any]:
        return dict(self._kept)


class Made:
    """What a recipe made: by type, and how long each stage took."""

    def __init__(self) -> None:
        self.by_type: dict[Any, Any] = {}
        self.seconds: dict[str, float] = {}
        self.engines: dict[str, str] = {}
        self.notices: list[str] = []
        self.log: list[tuple[str, str]] = []  # (stage, line)

    def __getitem__(self, kind: Any) -> Any:
        return self.by_type[kind]

    def __contains__(self, kind: Any) -> bool:
        return kind in self.by_type


def run_recipe(
    recipe: Recipe,
    *,
    given: Mapping[Any, Sequence[Any]],
    folder: Path,
    options: Mapping[str, Any] | None = None,
    bundles: Sequence[Sequence[int]] | None = None,
    watch: Watch | None = None,
    should_stop: Callable[[], None] | None = None,
) -> Made:
    """Run every stage, each after those it needs; an `each` stage once per item. Artefacts stay in memory.

    given: type -> its values, one per source; bundles: which of them belong together, by index, None: each is one by
    itself. Scratch folders lie below `folder` and stay there.
    Raises StageError and whatever `should_stop` raises; MemoryError is tried once more as attempt 2.
    """
    chosen = recipe.clean(options or {})
    made = Made()
    values: dict[str, Any] = {}  # stage name -> its value, a list of values where it runs for each
    sources = {many(kind) or kind: list(items) for kind, items in given.items()}
    own = {need.kind for stage in recipe.stages for need in recipe.needs(stage) if need.how == "own"}
    number = max((len(items) for kind, items in sources.items() if kind not in own), default=0)
    if bundles is None:
        bundles = alone(number)
    done = 0.0
    total = sum(stage.weight for stage in recipe.stages) or 1.0
    for stage in recipe.in_order():
        began = time.perf_counter()
        items = len(bundles) if stage.bundle else _items(recipe, stage, number, values)
        results = []
        for index in range(items):
            base, share = done + stage.weight * index / items, stage.weight / items
            tell = partial(_tell, watch, stage.label, base / total, share / total)
            tell(0.0, "")
            needs = {need.name: _value(need, index, sources, values, bundles) for need in recipe.needs(stage)}
            results.append(_run(stage, needs, chosen, folder / f"{stage.name}-{index}", made, tell, should_stop))
        done += stage.weight
        values[stage.name] = results if stage.many else results[0]
        made.by_type[tuple_of(stage.makes) if stage.many else stage.makes] = (
            tuple(results) if stage.many else results[0]
        )
        made.seconds[stage.name] = time.perf_counter() - began
    if watch is not None:
        watch("Done", 1.0, "")
    return made


def _tell(watch: Watch | None, label: str, base: float, share: float, fraction: float, note: str) -> None:
    if watch is not None:
        watch(label, base + share * fraction, note)


def _run(
    stage: Stage,
    needs: Mapping[str, Any],
    options: Mapping[str, Any],
    folder: Path,
    made: Made,
    tell: Callable[[float, str], None],
    should_stop: Callable[[], None] | None,
) -> Any:
    def attempt(number: int) -> Any:
        ctx = LocalContext(
            folder, options=stage.option_values(options), attempt=number, watch=tell, should_stop=should_stop
        )
        ctx.check()
        try:
            with_context = "ctx" in inspect.signature(stage.run).parameters
            return stage.run(ctx, **needs) if with_context else stage.run(**needs)
        finally:
            made.engines[stage.name] = ctx.engine_name
            made.notices += [notice for notice in ctx.notices if notice not in made.notices]
            made.log += [(stage.name, line) for line in ctx.lines]

    try:
        return attempt(1)
    except MemoryError:
        return attempt(2)


def _items(recipe: Recipe, stage: Stage, sources: int, values: Mapping[str, Any]) -> int:
    if not stage.each:
        return 1
    maker = recipe.items_of(stage)
    return sources if maker is None else len(values[maker.name])


def _value(
    need: Need,
    index: int,
    sources: Mapping[Any, list[Any]],
    values: Mapping[str, Any],
    bundles: Sequence[Sequence[int]],
) -> Any:
    if need.maker is None:
        given = sources[need.kind]
        return tuple(given) if need.how == "all" else given[index if need.how in ("item", "own") else 0]
    value = values[need.maker.name]
    if need.how == "all":
        return tuple(value)
    if need.how == "bundle":
        return tuple(value[i] for i in bundles[index])
    return value[index] if need.how == "item" else value
