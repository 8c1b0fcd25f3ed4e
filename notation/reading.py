"""What a revision keeps of the reading it came from: `Revision.reading`. Plain values; no Django.

    {"engine": "own-omr 1.0",
     "pages": [{"number": 3, "label": "Clarinet.pdf, page 3", "key": "…", "sheet": 2, "size": [1654, 2339]}],
     "bars": [{"measure": 0, "page": 3, "box": [x0, y0, x1, y1], "doubt": 0.7, "doubtful": true,
               "reasons": ["too long for 3/4"]}]}

number   of the page in its book, from 1; bars name their page by it
key      of the artefact that holds the page's picture, `sheet` its index there; only the machine room opens it
box      left, top, right, bottom in pixels of that picture, which is `size` large
measure  index in the document; a rest of many bars is one bar here and many measures there
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNSAID = "the reader was not sure"


@dataclass(frozen=True)
class Doubt:
    measure: int
    page: int
    doubt: float  # 0..1
    reasons: tuple[str, ...]

    @property
    def bar(self) -> int:
        """As people count."""
        return self.measure + 1

    @property
    def words(self) -> str:
        return "; ".join(self.reasons) or UNSAID


def doubts(reading: Mapping[str, Any]) -> list[Doubt]:
    """The doubtful bars in the order of the music, one for each measure: of a piano's two staves the worse."""
    found: dict[int, Doubt] = {}
    for bar in reading.get("bars", ()):
        if not bar["doubtful"]:
            continue
        one = Doubt(bar["measure"], bar["page"], bar["doubt"], tuple(bar["reasons"]))
        other = found.get(one.measure)
        if other is None or one.doubt > other.doubt:
            found[one.measure] = one
    return [found[measure] for measure in sorted(found)]


def page_of(reading: Mapping[str, Any], number: int) -> Mapping[str, Any] | None:
    """What is kept of a page, by its number in the book."""
    return next((page for page in reading.get("pages", ()) if page["number"] == number), None)
