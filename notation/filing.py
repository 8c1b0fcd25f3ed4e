"""Bars of a part that a change of songs moved, as the part's next revision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from accounts.models import User
from notation import reading_cut, services
from notation.cells import Held
from notation.facts import facts
from notation.models import Revision, Score
from notation.musicxml import tree
from notation.musicxml.cut import bars_of, chain
from notation.musicxml.read import read
from notation.places import reading_of
from notation.undo import marked


def file(one: Held, root: etree._Element, reading: Mapping[str, Any], *, reason: str, author: User | None) -> Revision:
    return services.add_revision(
        one.score,
        document=tree.to_bytes(root),
        reason=reason,
        author=author,
        options=marked(one.revision.options, number=one.revision.number + 1),
        summary=summary(root, reading),
        reading=reading,
        expected=one.revision.number,
    )


def put_behind(before: Held, one: Held, *, reason: str, author: User | None) -> None:
    """The music of a part after that of another of the same book; it is no part any more."""
    first, second = read(before.document()), read(one.document())
    whole = chain(first, second)
    readings = read_of(before, whole.seam), read_of(one, len(bars_of(second)))
    reading = reading_cut.chained(*readings, seam=whole.seam, renamed=whole.renamed)
    file(before, whole.root, reading, reason=reason, author=author)
    Score.objects.filter(pk=one.score.pk).update(removed=True)


def summary(root: etree._Element, reading: Mapping[str, Any]) -> dict[str, Any]:
    return {**facts(root), "doubtful": reading_cut.doubtful(reading)}


def read_of(one: Held, measures: int) -> dict[str, Any]:
    """What was read of a part, for as many measures as it has."""
    return reading_cut.fitting(reading_of(one), measures=measures)
