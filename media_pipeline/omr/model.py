"""What the page reader's rooms hand to each other. Pixels are those of `Page.image`, the page set upright."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["music", "blank", "words", "tab", "chords", "handwriting", "picture", "unreadable"]


@dataclass(frozen=True)
class Box:
    """Left, top, right, bottom."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Staff:
    y: float  # of the middle line
    interline: float  # pixels from line to line, fractional
    x0: float  # where its lines begin and end
    x1: float
    lines: int = 5
    tab: bool = False  # strings and frets

    @property
    def box(self) -> Box:
        reach = self.interline * (self.lines - 1) / 2
        return Box(self.x0, self.y - reach, self.x1, self.y + reach)


@dataclass(frozen=True)
class System:
    """Staves that sound together, from the top; one for a part."""

    staves: tuple[int, ...]  # indices into Page.staves
    brace: bool = False  # one instrument on several staves: piano, harp


@dataclass(frozen=True)
class Printed:
    """A word or a line of words, as read or as the file itself says."""

    text: str
    box: Box
    confidence: float  # 0..1; 1 from the text layer of a born-digital page


@dataclass(frozen=True)
class Page:
    """A page, set upright: light evened out, deskewed, flattened; staves are straight and level."""

    file: int  # index of its file in the book
    sheet: int  # page of that file, from 0
    half: Literal["", "left", "right"]  # where one scan held two pages
    image: NDArray[np.uint8]  # (height, width) grey, 255 is paper
    dpi: float
    kind: Kind
    staves: tuple[Staff, ...]
    systems: tuple[System, ...]
    layer: tuple[Printed, ...] = ()  # words of the text layer, where there is one
    turned: int = 0  # degrees clockwise it was turned by: 0, 90, 180, 270
    mirrored: bool = False
    skew: float = 0.0  # degrees
    problem: str = ""  # a sentence for the user where something is wrong with the page
    hint: str = ""
    straightened: bool = False  # cut out of a photograph: heights on it are not those on its file's page


@dataclass(frozen=True)
class Seen:
    """A token and where it was seen."""

    token: str
    frame: int  # of the lattice
    confidence: float  # 0..1


@dataclass(frozen=True)
class Repair:
    """Something the second reader changed, so that it can be shown and undone."""

    kind: str  # "rhythm", "clef", "key", "metre", "tuplet", "tie", "accidental", "repeat", "rest count", "ottava"
    line: int  # index into the book's lines
    bar: int  # index into that line's bars
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str  # "the bar was a quarter too long for 4/4"


@dataclass(frozen=True)
class BarRead:
    """A printed bar of one staff line. A multi-measure rest is one bar."""

    tokens: tuple[Seen, ...]  # the bar line last, if one was seen
    doubt: float  # 0..1, how likely it is wrong; from DOUBTFUL on it is marked
    reasons: tuple[str, ...] = ()  # "too long for 3/4", "two readings are as likely"


@dataclass(frozen=True)
class Line:
    """One staff of one system as read: what is printed before its first note, and its bars."""

    page: int  # index into the book's pages
    system: int
    staff: int  # index into Page.staves
    clef: str  # token
    key: str  # token, "key.0" for none
    time: str  # token printed at its beginning, or ""
    bars: tuple[BarRead, ...]


@dataclass
class Reading:
    """What a book reads after the second reader; `repairs` in the order they were made."""

    lines: list[Line] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)


DOUBTFUL = 0.5
