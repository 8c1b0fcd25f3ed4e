"""What the checks hand back: disagreements, and repairs that can be kept, shown and applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "bars",  # a part has too few or too many
    "metre", "key",
    "road",  # repeats, endings, segno, coda, jumps, the final bar line
    "rehearsal", "tempo",
    "harmony",  # an accidental that the others and the line itself speak against
    "doubling",  # a part differs from the one it plays with
    "length",  # a bar does not fill its metre
    "notes",  # a bar that was hard to read, and another reading fits
]  # fmt: skip


@dataclass(frozen=True)
class Repair:
    """An edit of one bar of one part; repairs.apply carries it out. `told` can be kept as JSON."""

    kind: str  # a verb of repairs.EDITS
    bar: int  # index of the bar in the part's document
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Disagreement:
    """One thing that the parts of a song do not agree about."""

    kind: Kind
    part: str
    bars: tuple[int, ...]  # indices in the part's document
    column: int  # bar of the song, from 0
    confidence: float  # 0..1, that the part is wrong and, where there is a repair, that it is right then
    sentence: str
    others: str = ""  # what they say
    repair: Repair | None = None
