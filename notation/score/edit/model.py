"""An edit as data, and how one that comes from outside is looked at before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notation.musicxml import NotationError

MOST_TEXT = 200  # characters of words that somebody types


@dataclass(frozen=True)
class Edit:
    """One change.

    do    what, a key of apply.EDITS
    bar   index in the document, from 0
    note  index among the <note> elements of that bar, rests and grace notes included; None where it is about the bar
    told  the rest, as the edit's docstring has it
    """

    do: str
    bar: int
    note: int | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    def whole(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """A whole number that was told. Raises NotationError."""
        value = self.told.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise NotationError(f"“{name}” has to be a whole number from {low} to {high}.", hint="Nothing was changed.")
        return value

    def one_of(self, name: str, known: Any, *, default: str | None = None) -> str:
        """A word that was told, one of `known`. Raises NotationError."""
        value = self.told.get(name, default)
        if not isinstance(value, str) or value not in known:
            words = ", ".join(str(one) or "nothing" for one in known)
            raise NotationError(f"“{name}” has to be one of: {words}.", hint="Nothing was changed.")
        return value

    def flag(self, name: str) -> bool | None:
        """True, False, or None where it was not told: the other of what is."""
        value = self.told.get(name)
        if value is not None and not isinstance(value, bool):
            raise NotationError(f"“{name}” has to be true or false.", hint="Nothing was changed.")
        return value

    def text(self, name: str = "text") -> str:
        """Words that were told, without line breaks."""
        value = self.told.get(name, "")
        if not isinstance(value, str):
            raise NotationError(f"“{name}” has to be text.", hint="Nothing was changed.")
        return " ".join(value.split())[:MOST_TEXT]


def edit_from(given: Any) -> Edit:
    """{"do": "step", "bar": 11, "note": 3, "by": 1} as an Edit. Raises NotationError."""
    if not isinstance(given, Mapping) or not isinstance(given.get("do"), str):
        raise NotationError(
            "An edit says what to do.", hint='For instance {"do": "step", "bar": 0, "note": 2, "by": 1}.'
        )
    told = {str(name): value for name, value in given.items() if name not in ("do", "bar", "note")}
    bare = Edit(given["do"], 0, None, {"bar": given.get("bar"), "note": given.get("note", 0)})
    bar = bare.whole("bar", low=0, high=1_000_000)
    note = bare.whole("note", low=0, high=1_000_000) if given.get("note") is not None else None
    return Edit(given["do"], bar, note, told)
