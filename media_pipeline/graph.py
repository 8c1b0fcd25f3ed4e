"""A recipe is a tuple of stages; their annotations are the wiring.

A stage is a plain function. Its first parameter is the context (`media_pipeline.context.Context`), the types of
the others name the artefacts it needs, its return type names the one it makes:

    @stage(weight=4, options=(Option("factor", 1.0, label="Tempo", choices=((0.5, "half"), (1.0, "as heard"))),))
    def beats(ctx: Context, audio: Audio) -> Beats: ...

    GUITAR_TAB = Recipe("guitar-tab", "Guitar tab", given=(Media,), stages=(decode, beats, ...))

Many sources: a stage marked `each` runs once per item. Its item type is either a given type (one item per source
of the job) or the element of a `tuple[X, ...]` which another stage makes (a book's pages); a stage that needs
`tuple[X, ...]` where X is made by an `each` stage waits for all of them, in order.

A recipe that does not fit together raises RecipeError when it is made, that is, on import. Nothing here knows Django.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
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
    options: tuple[Option, ...] = (),
    label: str = "",
) -> Callable[[Callable[..., Any]], Stage]:
    def wrap(run: Callable[..., Any]) -> Stage:
        hints = get_type_hints(run)
        makes = hints.pop("return")
        hints.pop("ctx", None)
        text = label or run.__name__.replace("_", " ").capitalize()
        return Stage(run, makes, hints, weight, queue, version, each, options, text)

    return wrap


def many(kind: Any) -> Any:
    """X where `kind` is tuple[X, ...], else None."""
    args = get_args(kind)
    return args[0] if get_origin(kind) is tuple and len(args) == 2 and args[1] is Ellipsis else None
