"""At which bar and note a word stands that is printed over or under a staff.

A word begins over the note that it is for; a rehearsal mark has its middle over the bar line that it begins at, or over
the clef of its line; a jump ("D.C. al Fine", "To Coda") ends where its bar does, and may stand over or under its staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from media_pipeline.omr.crop import place
from media_pipeline.omr.grammar import parse
from media_pipeline.omr.measures import AWAY
from media_pipeline.omr.model import Line, Staff
from media_pipeline.omr.words import Word

BEFORE = 1.3  # interlines that a word may begin before the bar it is for
AT_END = 5.0  # interlines between the end of a jump and its bar line
BESIDE = 3.0  # interlines between where a rehearsal mark was seen and its figures
FIGURES = ("other", "rest count", "bar number")
ENDS = ("bar.d", "bar.f", "bar.rep")


def home(word: Word, lines: Sequence[tuple[Line, Staff]]) -> Line | None:
    """The line that a word belongs to: its staff's, but a jump goes to the end of a section where one is next to it."""
    mine = next((line for line, staff in lines if line.staff == word.staff), None)
    if word.term is None or word.term.jump not in ("dc", "ds", "fine") or (mine and _ends_at(word, mine, lines)):
        return mine
    middle = (word.box.y0 + word.box.y1) / 2
    other = min(
        ((abs(staff.y - middle), index) for index, (line, staff) in enumerate(lines) if line is not mine), default=None
    )
    if other is None:
        return mine
    line, staff = lines[other[1]]
    near = other[0] < 12 * staff.interline
    return line if near and _ends_at(word, line, lines) else mine


def spot(word: Word, line: Line, staff: Staff) -> tuple[int, Fraction]:
    """Index of its bar, and quarters from that bar's beginning. The line has bars.

    What stands over a bar that is nothing but signs, as a courtesy at the line's end, is for the bar before it.
    """
    bar, onset = _over(word, line, staff)
    played = [i for i, read in enumerate(line.bars) if parse([seen.token for seen in read.tokens]).music]
    if bar in played or not played:
        return bar, onset
    return max((i for i in played if i < bar), default=played[0]), Fraction(0)


def _over(word: Word, line: Line, staff: Staff) -> tuple[int, Fraction]:
    ends = _ends(line, staff)
    box, space = word.box, staff.interline
    if word.role == "rehearsal" or (word.term is not None and word.term.jump == "coda"):
        middle = (box.x0 + box.x1) / 2 if word.role == "rehearsal" else box.x0
        begins = [staff.x0, *ends[:-1]]
        bar = min(range(len(ends)), key=lambda i: abs(begins[i] - middle))
        if abs(begins[bar] - middle) < 4 * space:
            return bar, Fraction(0)
    if word.term is not None and word.term.jump in AWAY:
        bar = min(range(len(ends)), key=lambda i: abs(ends[i] - box.x1))
        if abs(ends[bar] - box.x1) < AT_END * space:
            return bar, Fraction(0)
    bar = next((i for i, end in enumerate(ends) if box.x0 + BEFORE * space < end), len(ends) - 1)
    at, tokens = place(staff), line.bars[bar].tokens
    events = parse([seen.token for seen in tokens]).events
    nearest = min(
        events, key=lambda event: abs(at.across(tokens[event.first].frame) - space / 2 - box.x0), default=None
    )
    return bar, nearest.onset if nearest else Fraction(0)


def numbered(line: Line, staff: Staff, words: Iterable[Word]) -> Iterator[tuple[int, Word]]:
    """Bars where the network saw a rehearsal mark whose words were taken for a mere number, and those words."""
    at = place(staff)
    near = [word for word in words if word.staff == line.staff and word.above and word.number is not None]
    for bar, read in enumerate(line.bars):
        x = next((at.across(seen.frame) for seen in read.tokens if seen.token == "reh"), None)
        if x is None:
            continue
        away = {abs((word.box.x0 + word.box.x1) / 2 - x): word for word in near if word.role in FIGURES}
        if away and min(away) < BESIDE * staff.interline:
            yield bar, away[min(away)]


def _ends(line: Line, staff: Staff) -> list[float]:
    """x where each bar ends."""
    at = place(staff)
    ends: list[float] = []
    for bar in line.bars:
        ends.append(at.across(bar.tokens[-1].frame) if bar.tokens else (ends[-1] if ends else staff.x0))
    ends[-1] = max(ends[-1], staff.x1) if not line.bars[-1].tokens else ends[-1]
    return ends


def _ends_at(word: Word, line: Line, lines: Sequence[tuple[Line, Staff]]) -> bool:
    """Whether a section ends where a word does."""
    staff = next(staff for other, staff in lines if other is line)
    return any(
        bar.tokens and bar.tokens[-1].token in ENDS and abs(end - word.box.x1) < AT_END * staff.interline
        for bar, end in zip(line.bars, _ends(line, staff), strict=True)
    )
