"""Lines while they are being worked on, every change on record, and taking a change back.

A change is recorded with the whole bar before and after. A bar that was found to be two is one change whose `after`
holds a bar line in its middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from fractions import Fraction

from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import BarRead, Line, Reading, Repair, Seen

HEADER = ("clef", "key", "metre")  # kinds of repairs that may speak of a line's beginning: their tokens are its own
BROUGHT_BACK = 1.0  # confidence of a token that someone put back


@dataclass(eq=False)
class Bar:
    """A bar in work."""

    tokens: list[Seen]
    first: tuple[str, ...]  # what was read at first
    start: int  # frame from which its tokens were read
    margin: float = 9.0  # how much likelier this reading is than the next of another rhythm; nats
    lost: float = 0.0  # how much less likely this reading is than the likeliest; nats
    expected: Fraction | None = None  # quarters its metre asks for
    wrong: str = ""  # what is wrong with its duration in the end, as a sentence
    reasons: list[str] = field(default_factory=list)
    repaired: set[str] = field(default_factory=set)  # kinds

    @property
    def names(self) -> list[str]:
        return [seen.token for seen in self.tokens]

    @property
    def line(self) -> str:
        """The bar line's token, or "" where none was seen."""
        last = self.tokens[-1].token if self.tokens else ""
        return last if last.startswith("bar.") else ""


@dataclass(eq=False)
class Draft:
    """A line in work."""

    lattice: Lattice
    index: int
    clef: str = ""
    key: str = ""
    time: str = ""
    head: tuple[str, ...] = ()  # what was read of clef, key and time
    music: int = 0  # frame where the bars begin
    bars: list[Bar] = field(default_factory=list)
    tail: list[Seen] = field(default_factory=list)  # courtesy key and time after the last bar line
    clef_doubt: float = 0.0  # 0..1
    key_doubt: float = 0.0


@dataclass
class Change:
    kind: str
    draft: Draft
    bar: Bar | None  # None: the line's beginning
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str


class Record:
    """Makes changes and remembers them."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def change(self, draft: Draft, bar: Bar, after: Sequence[Seen], *, kind: str, reason: str) -> list[Bar]:
        """Give the bar other tokens; several bars where they hold bar lines within. Returns the bars."""
        before = tuple(bar.names)
        names = tuple(seen.token for seen in after)
        if before == names:
            return [bar]
        self.changes.append(Change(kind, draft, bar, before, names, reason))
        pieces = split(after)
        bar.tokens = pieces[0] if pieces else []
        bar.repaired.add(kind)
        bars = [bar]
        for piece in pieces[1:]:
            bars.append(Bar(piece, bar.first, piece[0].frame, bar.margin, bar.lost, bar.expected, repaired={kind}))
        at = draft.bars.index(bar)
        draft.bars[at : at + 1] = bars
        return bars

    def join(self, draft: Draft, bar: Bar, after: Sequence[Seen], *, kind: str, reason: str) -> Bar:
        """Make one bar of this and the next."""
        at = draft.bars.index(bar)
        following = draft.bars[at + 1]
        before = (*bar.names, *following.names)
        self.changes.append(Change(kind, draft, bar, before, tuple(seen.token for seen in after), reason))
        for change in self.changes:
            if change.bar is following:
                change.bar = bar
        bar.tokens = list(after)
        bar.first = (*bar.first, *following.first)
        bar.repaired |= following.repaired | {kind}
        del draft.bars[at + 1]
        return bar

    def head(self, draft: Draft, before: Sequence[str], after: str, *, kind: str, reason: str) -> None:
        """Remember that the line begins with another clef, key or time than was read."""
        if tuple(before) != (after,):
            self.changes.append(Change(kind, draft, None, tuple(before), (after,) if after else (), reason))

    def repairs(self) -> list[Repair]:
        out: list[Repair] = []
        for change in self.changes:
            at = change.draft.bars.index(change.bar) if change.bar is not None else 0
            out.append(Repair(change.kind, change.draft.index, at, change.before, change.after, change.reason))
        return out


def split(tokens: Sequence[Seen]) -> list[list[Seen]]:
    """Bars, each with its bar line last; the last may lack one."""
    out: list[list[Seen]] = [[]]
    for seen in tokens:
        out[-1].append(seen)
        if seen.token.startswith("bar."):
            out.append([])
    return [bar for bar in out if bar]


def undo(reading: Reading, repair: Repair) -> Reading:
    """The reading without this repair and without those made to the same bar after it, which build on it.

    Tokens that come back stand where their neighbour stands. Raises ValueError when the reading has no such repair.
    """
    if repair not in reading.repairs:
        raise ValueError("this reading has no such repair; it may have been undone before")
    lines, repairs = list(reading.lines), list(reading.repairs)
    first = repairs.index(repair)
    doomed = [
        index
        for index, other in enumerate(repairs)
        if index >= first and (index == first or (_same_place(other, repair) and not of_head(other)))
    ]
    for index in reversed(doomed):
        other = repairs.pop(index)
        lines[other.line], moved = _without(lines[other.line], other)
        for at, later in enumerate(repairs):
            if moved and later.line == other.line and later.bar > other.bar and not of_head(later):
                repairs[at] = replace(later, bar=max(other.bar, later.bar + moved))
    return Reading(lines, repairs)


def of_head(repair: Repair) -> bool:
    """Whether it is the line's own clef, key or time that was repaired, not a bar."""
    return repair.kind in HEADER and len(repair.after) <= 1 and not any(t.startswith("bar.") for t in repair.before)


def _same_place(other: Repair, repair: Repair) -> bool:
    """Whether the other speaks of a bar that this one made or changed."""
    if other.line != repair.line or of_head(repair):
        return False
    made = max(1, sum(token.startswith("bar.") for token in repair.after))
    return repair.bar <= other.bar < repair.bar + made


def _without(line: Line, repair: Repair) -> tuple[Line, int]:
    """The line with one repair taken back, and how many bars it has more."""
    if of_head(repair):
        field_name = {"clef": "clef", "key": "key", "metre": "time"}[repair.kind]
        none = "key.0" if repair.kind == "key" else ""
        old = next((token for token in repair.before if token.startswith(_PREFIX[repair.kind])), none)
        if repair.kind == "clef":
            return replace(line, clef=old or line.clef), 0
        return (replace(line, key=old) if field_name == "key" else replace(line, time=old)), 0
    count = max(1, sum(token.startswith("bar.") for token in repair.after))
    touched = line.bars[repair.bar : repair.bar + count]
    tokens = _brought_back([seen for bar in touched for seen in bar.tokens], repair.before)
    doubt = max((bar.doubt for bar in touched), default=0.0)
    reasons = tuple(dict.fromkeys(reason for bar in touched for reason in bar.reasons))
    bars = [BarRead(tuple(piece), doubt, reasons) for piece in split(tokens)] or [BarRead((), doubt, reasons)]
    whole = (*line.bars[: repair.bar], *bars, *line.bars[repair.bar + count :])
    return replace(line, bars=whole), len(whole) - len(line.bars)


_PREFIX = {"clef": "clef.", "key": "key.", "metre": "time."}


def _brought_back(now: Sequence[Seen], before: Sequence[str]) -> list[Seen]:
    """The tokens of before, each where it is now if it is still there, else where the one before it is."""
    out: list[Seen] = []
    frame = now[0].frame if now else 0
    matcher = SequenceMatcher(None, [seen.token for seen in now], list(before), autojunk=False)
    for kind, i0, i1, j0, j1 in matcher.get_opcodes():
        if kind == "equal":
            out.extend(now[i0:i1])
        else:
            frame = now[i0].frame if i0 < len(now) else frame
            out.extend(Seen(token, frame, BROUGHT_BACK) for token in before[j0:j1])
        if out:
            frame = out[-1].frame
    return out
