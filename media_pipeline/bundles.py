"""Which sources of a job belong together: pictures are pages of one book, everything else is a book by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from projects.models import Source


def bundles_of(sources: Sequence[Source]) -> list[list[int]]:
    """Indices into `sources`, in the order in which the books begin; pictures by their names, 2 before 10."""
    pictures = [index for index, source in enumerate(sources) if source.kind == Source.Kind.IMAGE]
    found = [[index] for index in range(len(sources)) if index not in pictures]
    if pictures:
        found.append(sorted(pictures, key=lambda index: _by_name(sources[index].name)))
    return sorted(found, key=min)


def _by_name(name: str) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", name.casefold())
    return [(int(piece[:18]), "") if piece.isdecimal() else (-1, piece) for piece in pieces]
