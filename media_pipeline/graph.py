"""A recipe is a tuple of stages; their annotations are the wiring.

A stage is a plain function. Its first parameter is the context (`media_pipeline.context.Context`), the types of
the others name the artefacts it needs, its return type names the one it makes:

    @stage(weight=4, options=(Option("factor", 1.0, label="Tempo", choices=((0.5, "half"), (1.0, "as heard"))),))
    def beats(ctx: Context, audio: Audio) -> Beats: ...

    GUITAR_TAB = Recipe("guitar-tab", "Guitar tab", given=(Media,), stages=(decode, beats, ...))

Many sources: a stage marked `each` runs once per item. Its item type is either a given type (one item per source
of the job) or the element of a `tuple[X, ...]` which another stage makes (a book's pages); a stage that needs
`tuple[X, ...]` where X is made by an `each` stage waits for all of them, in order. Sources that belong together (the
pictures of one book) are a bundle: a stage marked `bundle` runs once per bundle, and of a `tuple[X, ...]` that an
`each` stage makes from the sources it gets those of its own; what else is given comes once per bundle.

A recipe that does not fit together raises RecipeError when it is made, that is, on import. Nothing here knows Django.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from types import GenericAlias
from typing import Any, get_args, get_origin, get_type_hints


class RecipeError(Exception):
    """The stages of a recipe do not fit together."""


@dataclass(frozen=True)
class Option:
    """Something the user may choose before or after a job. Only stages downstream of it run again."""

    name: str
    default: Any
    label: str
    help: str = ""
    choices: tuple[tuple[Any, str], ...] = ()  # empty: a free value of the default's type
    suggestions: tuple[str, ...] = ()  # for a free text: what is usual
    minimum: float | None = None
    maximum: float | None = None
    when: str = "after"  # "before": asked when the job is started (trim); "after": also offered beside the result

    def clean(self, value: Any) -> Any:
        """The value in the option's type; ValueError, in words for the user, where it is not allowed."""
        if self.choices:
            for allowed, _ in self.choices:
                if value == allowed or str(value) == str(allowed):
                    return allowed
            raise ValueError(f"{self.label}: choose one of {', '.join(label for _, label in self.choices)}.")
        if isinstance(self.default, bool):
            return value if isinstance(value, bool) else str(value).lower() in {"1", "true", "on", "yes"}
        if isinstance(self.default, int | float):
            try:
                number = type(self.default)(value)
            except (TypeError, ValueError):
                raise ValueError(f"{self.label}: {value!r} is not a number.") from None
            if number != number or number in (float("inf"), float("-inf")):
                raise ValueError(f"{self.label}: {value!r} is not a number.")
            if self.minimum is not None and number < self.minimum:
                raise ValueError(f"{self.label}: at least {self.minimum:g}.")
            if self.maximum is not None and number > self.maximum:
                raise ValueError(f"{self.label}: at most {self.maximum:g}.")
            return number
        text = str(value)
        if len(text) > 500:
            raise ValueError(f"{self.label}: at most 500 characters.")
        return text


@dataclass(frozen=True)
class Stage:
    run: Callable[..., Any]
    makes: Any  # a type, or tuple[X, ...]
    needs: dict[str, Any]  # parameter name -> type
    weight: float  # expected seconds per minute of music on two cores; drives the progress bar until speed is measured
    queue: str  # cpu, gpu or export
    version: int  # raise it when the output changes, and every cached copy expires
    each: bool
    options: tuple[Option, ...]
    label: str  # what the user reads: "Listening for the beat"
    bundle: bool = False

    @property
    def many(self) -> bool:
        """Whether it runs more than once in a job."""
        return self.each or self.bundle

    @property
    def name(self) -> str:
        return self.run.__name__

    def option_values(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """This stage's options, cleaned, from a job's `{"stage.option": value}`."""
        return {o.name: o.clean(options.get(f"{self.name}.{o.name}", o.default)) for o in self.options}


def stage(
    *,
    weight: float = 1.0,
    queue: str = "cpu",
    version: int = 1,
    each: bool = False,
    bundle: bool = False,
    options: tuple[Option, ...] = (),
    label: str = "",
) -> Callable[[Callable[..., Any]], Stage]:
    def wrap(run: Callable[..., Any]) -> Stage:
        hints = get_type_hints(run)
        makes = hints.pop("return")
        hints.pop("ctx", None)
        text = label or run.__name__.replace("_", " ").capitalize()
        return Stage(run, makes, hints, weight, queue, version, each, options, text, bundle)

    return wrap


def tuple_of(kind: Any) -> Any:
    """tuple[X, ...] of a type known only when the program runs."""
    return GenericAlias(tuple, (kind, ...))


def many(kind: Any) -> Any:
    """X where `kind` is tuple[X, ...], else None."""
    args = get_args(kind)
    return args[0] if get_origin(kind) is tuple and len(args) == 2 and args[1] is Ellipsis else None


@dataclass(frozen=True)
class Need:
    """How one parameter of a stage is filled.

    how     "one": the whole artefact; "item": the one of the step's own index; "all": every item, in order;
            "bundle": the items of the sources of the step's own bundle, in order; "own": what is given for its bundle
    maker   the stage that makes it; None where it is given with the job
    kind    the type by which maker or job know it: the item's type, also where `how` is "all"
    element True where `maker` makes a tuple and the step takes one element of it
    """

    name: str
    how: str
    kind: Any
    maker: Stage | None
    element: bool = False


@dataclass(frozen=True)
class Recipe:
    """Stages that make one result together. `given`: types that come with the job, one value per source."""

    name: str  # "guitar-tab"
    label: str  # "Guitar tab"
    given: tuple[Any, ...]
    stages: tuple[Stage, ...]
    help: str = ""  # a sentence for the form that starts it
    accepts: tuple[str, ...] = ("audio", "video")  # kinds of source it can be started on
    button: str = ""  # of the form that starts it; "Make a guitar tab" where nothing else is said
    quiet: bool = False  # goes on beside what people do: not listed with what they started, nor told when it ends
    shows: str = "score"  # looked at when it is done: its "score", the "table", the sorted "pages", "files", a "file"

    def __post_init__(self) -> None:
        object.__setattr__(self, "_plan", _plan(self))

    @property
    def many_sources(self) -> bool:
        """Whether a job may have any number of sources; else it has exactly one."""
        return any(need.maker is None and need.how != "one" for s in self.stages for need in self.needs(s))

    @property
    def bundled(self) -> bool:
        """Whether it matters which sources belong together."""
        return any(s.bundle for s in self.stages)

    def stage(self, name: str) -> Stage:
        """The stage of that name; KeyError where there is none."""
        found = self._by_name.get(name)
        if found is None:
            raise KeyError(f"{self.name} has no stage {name}")
        return found

    def in_order(self) -> Iterator[Stage]:
        """Every stage after those it needs."""
        return iter(self._plan.order)

    def needs(self, of: Stage) -> tuple[Need, ...]:
        """How each parameter of a stage is filled, in the order of its parameters."""
        return self._plan.needs[of.name]

    def needs_of(self, of: Stage) -> list[Stage]:
        """The stages whose artefacts this one needs, each once."""
        return list({need.maker.name: need.maker for need in self.needs(of) if need.maker is not None}.values())

    def needed_by(self, of: Stage) -> list[Stage]:
        return [s for s in self.stages if any(need.maker is of for need in self.needs(s))]

    def items_of(self, of: Stage) -> Stage | None:
        """Where the items of an `each` stage come from: the stage that makes the tuple, or None for the sources."""
        return self._plan.items[of.name]

    def count(self, of: Stage, *, sources: int, lengths: Mapping[str, int], bundles: int = 0) -> int | None:
        """How many steps a stage has; None while the tuple whose length decides is not made yet."""
        if of.bundle:
            return bundles
        if not of.each:
            return 1
        maker = self.items_of(of)
        return sources if maker is None else lengths.get(maker.name)

    def options(self, when: str = "") -> list[tuple[str, Option]]:
        """("stage.option", Option) in the order the stages run; `when`: only those asked "before" or "after"."""
        return [(f"{s.name}.{o.name}", o) for s in self.in_order() for o in s.options if not when or o.when == when]

    def clean(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The given options in their types, without those that equal the default.

        ValueError, in words for the user, where a value is not allowed or an option is unknown.
        """
        known = dict(self.options())
        cleaned: dict[str, Any] = {}
        for name, value in options.items():
            if name not in known:
                raise ValueError(f"{self.label} has no option “{name}”.")
            if (value := known[name].clean(value)) != known[name].default:
                cleaned[name] = value
        return cleaned

    def keys(
        self,
        given: Mapping[Any, Sequence[str]],
        options: Mapping[str, Any],
        bundles: Sequence[Sequence[int]] | None = None,
    ) -> Keys:
        """The cache key of every artefact: what made it, from what, with which options.

        given: type -> the key of each source's value, in order. bundles: which of them belong together; None: each is
        one by itself.
        """
        return Keys(self, {many(kind) or kind: tuple(keys) for kind, keys in given.items()}, dict(options), bundles)

    def progress(self, fractions: Mapping[str, float]) -> float:
        """0 to 1 of the whole, each stage by its weight."""
        total = sum(s.weight for s in self.stages)
        return sum(s.weight * fractions.get(s.name, 0.0) for s in self.stages) / total if total else 1.0

    @property
    def _by_name(self) -> dict[str, Stage]:
        return {s.name: s for s in self.stages}

    _plan: _Plan = field(init=False, repr=False, compare=False)


class Keys:
    """Keys of one job's artefacts. Items of a tuple not made yet have keys too: only their number is unknown."""

    def __init__(
        self,
        recipe: Recipe,
        given: Mapping[Any, tuple[str, ...]],
        options: Mapping[str, Any],
        bundles: Sequence[Sequence[int]] | None = None,
    ) -> None:
        self._recipe, self._given = recipe, given
        own = {need.kind for s in recipe.stages for need in recipe.needs(s) if need.how == "own"}
        self._sources = max((len(keys) for kind, keys in given.items() if kind not in own), default=0)
        self._bundles = alone(self._sources) if bundles is None else bundles
        self._options = {s.name: s.option_values(options) for s in recipe.stages}
        self._known: dict[tuple[str, int | None], str] = {}

    def of(self, made_by: Stage, index: int | None = 0) -> str:
        """Key of the artefact of a stage, of one item where it runs for each; index None stands for any item."""
        if not made_by.many:
            index = 0
        if (known := self._known.get((made_by.name, index))) is None:
            parts = [made_by.name, made_by.version, self._options[made_by.name]]
            known = digest([*parts, [self._of_need(need, index) for need in self._recipe.needs(made_by)]])
            self._known[made_by.name, index] = known
        return known

    def _of_need(self, need: Need, index: int | None) -> Any:
        if need.maker is None:
            keys = self._given[need.kind]
            if need.how == "all":
                return list(keys)
            return keys[0] if need.how == "one" else "*" if index is None else keys[index]
        if need.how == "one":
            return self.of(need.maker)
        if need.element:
            return digest([self.of(need.maker), "*" if index is None else index])
        if need.how == "item":
            return self.of(need.maker, index)
        if need.how == "bundle":
            return "*" if index is None else [self.of(need.maker, i) for i in self._bundles[index]]
        if need.maker.bundle:
            return [self.of(need.maker, i) for i in range(len(self._bundles))]
        if self._recipe.items_of(need.maker) is None:  # as many as there are sources
            return [self.of(need.maker, i) for i in range(self._sources)]
        return self.of(need.maker, None)  # as many as the tuple has, which its own key decides


def alone(sources: int) -> list[list[int]]:
    """Bundles where no source belongs to another."""
    return [[index] for index in range(sources)]


def digest(value: Any) -> str:
    """sha256 of a value's JSON, the same in every process."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class _Plan:
    order: tuple[Stage, ...]
    needs: dict[str, tuple[Need, ...]]
    items: dict[str, Stage | None]


def _plan(recipe: Recipe) -> _Plan:
    """Check a recipe and wire it.

    1. every artefact has one maker, and what is given is not made
    2. every need is found: made, given, an item of a tuple, or all items
    3. the stages can be put in order
    4. an `each` stage has items, all of one sort; a `bundle` stage gathers what was made from the sources
    """
    makers: dict[Any, Stage] = {}
    names: set[str] = set()
    for s in recipe.stages:
        makes = tuple_of(s.makes) if s.many else s.makes
        if s.name in names:
            raise RecipeError(f"{recipe.name}: two stages are called {s.name}")
        if makes in makers or s.makes in makers:
            other = makers.get(makes) or makers[s.makes]
            raise RecipeError(f"{recipe.name}: {other.name} and {s.name} make the same artefact, {_name(s.makes)}")
        if s.makes in recipe.given:
            raise RecipeError(f"{recipe.name}: {s.name} makes the {_name(s.makes)} that is given")
        names.add(s.name)
        makers[makes] = s
    needs = {
        s.name: tuple(_need(recipe, makers, s, name, kind) for name, kind in s.needs.items()) for s in recipe.stages
    }
    graph = {s.name: {n.maker.name for n in needs[s.name] if n.maker} for s in recipe.stages}
    by_name = {s.name: s for s in recipe.stages}
    try:
        order = tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise RecipeError(f"{recipe.name}: stages wait for each other: {' -> '.join(error.args[1])}") from error
    items: dict[str, Stage | None] = {}
    for s in order:
        needs[s.name] = _settle(s, needs[s.name])
        items[s.name] = _items(recipe, s, needs[s.name], items) if s.each else None
        if s.bundle:
            _check_bundle(recipe, s, needs[s.name], items)
    return _Plan(order, needs, items)


def _need(recipe: Recipe, makers: Mapping[Any, Stage], s: Stage, name: str, kind: Any) -> Need:
    one = many(kind)
    whole = makers.get(kind)
    if whole is not None and not whole.many:
        return Need(name, "one", kind, whole)
    if whole is not None and one is not None:
        return Need(name, "bundle" if s.bundle else "all", one, whole)
    item = makers.get(tuple_of(kind))
    if item is not None:
        if not s.each or item.bundle:
            raise RecipeError(
                f"{recipe.name}: {s.name} needs one {_name(kind)}, but {item.name} makes many; "
                f"mark {s.name} with each, or let it take tuple[{_name(kind)}, ...]"
            )
        return Need(name, "item", kind, item, element=not item.each)
    if kind in recipe.given and one is None:
        return Need(name, "one", kind, None)
    if one is not None and (kind in recipe.given or one in recipe.given):
        return Need(name, "all", one, None)
    if tuple_of(kind) in recipe.given:
        if not s.each:
            raise RecipeError(f"{recipe.name}: {s.name} needs one {_name(kind)}, but many are given")
        return Need(name, "item", kind, None)
    raise RecipeError(f"{recipe.name}: nothing makes the {_name(kind)} that {s.name} needs")


def _settle(s: Stage, needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """A given value is an `each` stage's item where nothing else is: one step per source; a bundle has its own."""
    if s.bundle:
        return tuple(replace(need, how="own") if need.maker is None and need.how == "one" else need for need in needs)
    if not s.each or any(need.how == "item" for need in needs):
        return needs
    return tuple(replace(need, how="item") if need.maker is None and need.how == "one" else need for need in needs)


def _items(recipe: Recipe, s: Stage, needs: tuple[Need, ...], known: Mapping[str, Stage | None]) -> Stage | None:
    found: dict[str, Stage | None] = {}
    for need in needs:
        if need.how == "item":
            source = need.maker if need.element or need.maker is None else known[need.maker.name]
            found["" if source is None else source.name] = source
    if not found:
        raise RecipeError(f"{recipe.name}: {s.name} is marked with each, but nothing it needs comes in items")
    if len(found) > 1:
        sorts = " and ".join(name or "the sources" for name in sorted(found))
        raise RecipeError(f"{recipe.name}: {s.name} takes items of {sorts}, which need not be as many")
    return next(iter(found.values()))


def _check_bundle(recipe: Recipe, s: Stage, needs: tuple[Need, ...], items: Mapping[str, Stage | None]) -> None:
    gathered = [need.maker for need in needs if need.how == "bundle" and need.maker is not None]
    if s.each or not gathered:
        raise RecipeError(f"{recipe.name}: {s.name} is marked with bundle, but gathers nothing")
    for maker in gathered:
        if maker.bundle or items[maker.name] is not None:
            raise RecipeError(f"{recipe.name}: {s.name} cannot gather what {maker.name} makes: not one for each source")


def _name(kind: Any) -> str:
    one = many(kind)
    return f"tuple[{_name(one)}, ...]" if one is not None else getattr(kind, "__name__", str(kind))
