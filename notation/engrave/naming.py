"""Names of the files of a print set, by a pattern of the user's: "{number} {song} - {part}"."""

from __future__ import annotations

import re
from collections.abc import Callable

from notation.exports.names import safe_name
from notation.musicxml import NotationError

PATTERN = "{song} - {part}"
FIELDS = ("song", "part", "number", "set", "composer")
_FIELD = re.compile(r"\{([^{}]*)\}")


def namer(pattern: str) -> Callable[..., str]:
    """A function that makes safe file names of its keywords. NotationError where the pattern asks for what is not."""
    asked = _FIELD.findall(pattern)
    unknown = [field for field in asked if field not in FIELDS]
    rest = _FIELD.sub("", pattern)
    if unknown or "{" in rest or "}" in rest or not asked:
        raise NotationError(
            "This pattern for file names cannot be used.",
            hint=f"Write it with {', '.join(f'{{{field}}}' for field in FIELDS)}.",
        )
    plain = pattern.removesuffix(".pdf")

    def name(**words: object) -> str:
        # Each word by itself: a title must not bring a folder along.
        return safe_name(_FIELD.sub(lambda found: _word(words[found[1]]), plain))

    return name


def _word(value: object) -> str:
    return str(value) if isinstance(value, int) else safe_name(str(value), default="") if value else ""
