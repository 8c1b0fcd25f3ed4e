"""Which sources of a job belong together: pictures are pages of one book, everything else is a book by itself."""

from __future__ import annotations

from collections.abc import Sequence

from notation.score.gather import in_order
from projects.models import Source


def bundles_of(sources: Sequence[Source]) -> list[list[int]]:
    """Indices into `sources`, in the order in which the books begin."""
    return together([(source.name, source.kind == Source.Kind.IMAGE) for source in sources])


def together(files: Sequence[tuple[str, bool]]) -> list[list[int]]:
    """The same of files as (name, whether it is a picture). Pictures go by their names, 2 before 10."""
    pictures = [index for index, (_, picture) in enumerate(files) if picture]
    found = [[index] for index in range(len(files)) if index not in pictures]
    if pictures:
        found.append(sorted(pictures, key=lambda index: in_order(files[index][0])))
    return sorted(found, key=min)
