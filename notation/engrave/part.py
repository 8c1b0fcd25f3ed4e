"""A part as its player wants it: systems and pages end where there is rest, in two pages rather than three.

1. The part is drawn on an endless page (`extents`), which tells how wide each bar is; `breaks.lines` chooses systems.
2. Drawn again with these, it tells how high each system is; `breaks.pages` chooses pages.
3. Where a page less would nearly do, or a page is turned without rest, a smaller staff and closer systems are tried.
4. The document with these breaks written in is engraved as it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from lxml import etree

from notation.engrave import breaks
from notation.engrave.breaks import Bar, Side, System
from notation.engrave.extents import ENDLESS, Drawn, systems
from notation.engrave.pdf import engrave
from notation.engrave.prepare import Prepared, prepare
from notation.engrave.sandbox import Check, Engraver, never
from notation.engrave.style import Style
from notation.engrave.svg import options
from notation.musicxml import tree
from notation.musicxml.walk import WalkedBar, number, walk

# Staff size and gap between systems against what was asked, to save a page that has little on it.
TIGHTER = ((0.96, 0.8), (0.92, 0.5))
HURRY = 1.0  # cost of turning (breaks.turn_cost) that is worth another try
GAP_SHARE = 0.27  # of a system's height, about, is the gap to the next
PER_MINUTE = 100  # quarters, where no tempo is told
MOST_SYSTEMS = 200
_SPARE_MM = 1.0  # what the drawing may be higher than its outlines say


@dataclass(frozen=True)
class _Plan:
    ready: Prepared
    style: Style
    drawing: Mapping[str, Any]
    starts: tuple[int, ...]  # first bar of each system
    firsts: tuple[int, ...]  # first system of each page
    over: float  # its height against that of one page less
    hurry: float  # cost of its page turns


@dataclass(frozen=True)
class _Desk:
    """Where a part is drawn to be measured."""

    engraver: Engraver
    folder: Path
    opening: Side
    check: Check

    def drawn(self, document: bytes, *, drawing: Mapping[str, Any], unit_mm: float) -> list[Drawn]:
        """The document's systems on an endless page."""
        endless = {**drawing, **ENDLESS}
        pages = self.engraver.draw(document, folder=self.folder, options=endless, fit=False, check=self.check)
        return [s for _, _, path in pages for s in systems(path.read_text(encoding="utf-8"), unit_mm=unit_mm)]


def part_pages(
    root: etree._Element,
    *,
    target: Path,
    style: Style | None = None,
    opening: Side = "left",
    cores: int = 0,
    check: Check = never,
) -> int:
    """Engrave a document of one part for its player to the file `target`; the number of its pages.

    opening  the side on which the first page lies in the book     cores  for printing; 0: all there are

    Raises NotationError as `pdf` does. A document whose bars are not drawn one by one is broken as Verovio breaks it.
    """
    style = style or Style()
    with (
        tempfile.TemporaryDirectory(prefix="copyist-breaks-", dir=target.parent) as scratch,
        Engraver() as engraver,
    ):
        desk = _Desk(engraver, Path(scratch), opening, check)
        plan = _planned(root, style=style, desk=desk)
        if plan is not None:
            for size, gap in TIGHTER:
                saved = len(plan.firsts) > 1 and plan.over < 1.02 / (size * size * (1 - GAP_SHARE * (1 - gap)))
                if not saved and plan.hurry < HURRY:
                    continue
                smaller = replace(style, staff_mm=style.staff_for(plan.ready.staves) * size)
                other = _planned(root, style=smaller, gap=gap, desk=desk)
                if other is not None and (len(other.firsts), other.hurry + HURRY) <= (len(plan.firsts), plan.hurry):
                    plan = other
                    break
        if plan is None:
            ready = prepare(root, style=style, check=check)
            drawing = options(style, ready=ready)
            return engrave(ready, target=target, style=style, drawing=drawing, cores=cores, check=check)
        pages = {plan.starts[first] for first in plan.firsts[1:]}
        ready = replace(plan.ready, document=_broken(plan.ready.document, lines=plan.starts[1:], pages=pages))
        drawing = {**plan.drawing, "breaks": "encoded"}
        return engrave(
            ready, target=target, style=plan.style, drawing=drawing, fit=False, cores=cores, draw=engraver.draw,
            check=check,
        )  # fmt: skip


def _planned(root: etree._Element, *, style: Style, gap: float = 1.0, desk: _Desk) -> _Plan | None:
    """Systems and pages for a staff size; None where the drawing cannot be matched with the document's bars."""
    ready = prepare(root, style=style, check=desk.check)
    drawing = options(style, ready=ready)
    drawing["spacingSystem"] = round(drawing["spacingSystem"] * gap)
    unit_mm = style.staff_for(ready.staves) / 8
    natural = desk.drawn(ready.document, drawing=drawing, unit_mm=unit_mm)
    document = etree.fromstring(ready.document)
    facts = list(_facts(document.find("part"), unit_mm=unit_mm))
    if sum(len(system.bars) for system in natural) != len(facts) or not facts or len(natural) > MOST_SYSTEMS:
        return None
    bars: list[Bar] = []
    for system in natural:
        for place, width in enumerate(system.bars):
            fact = facts[len(bars)]
            bars.append(replace(fact, width=max(0.0, width - (0.0 if place else fact.opening))))
    across, down = (round(mm, 3) for mm in _text_size(style))
    room, first = down - _SPARE_MM, down - ready.head_mm - _SPARE_MM
    starts, firsts, column = [], [0], []
    forced: set[int] = set()
    while True:
        starts = breaks.lines(bars, width=across, forced=forced)
        with_lines = _broken(ready.document, lines=starts[1:])
        placed = desk.drawn(with_lines, drawing={**drawing, "breaks": "encoded"}, unit_mm=unit_mm)
        if len(placed) != len(starts):
            return None
        ends = [bars[start - 1] for start in starts[1:]] + [bars[-1]]
        column = [System(s.top, s.bottom, bar.silence, bar.section) for s, bar in zip(placed, ends, strict=True)]
        firsts = breaks.pages(column, first=first, room=room, opening=desk.opening)
        wanted = _turn(bars, starts=starts, firsts=firsts, opening=desk.opening)
        if forced or wanted is None:
            break
        forced = {wanted}
    fewer = first + room * (len(firsts) - 2)
    over = (column[-1].bottom - column[0].top) / fewer if len(firsts) > 1 else 0.0
    turned = firsts[2 if desk.opening == "left" else 1 :: 2]
    hurry = sum(breaks.turn_cost(column[first - 1].silence) for first in turned)
    return _Plan(ready, style, drawing, tuple(starts), tuple(firsts), over, hurry)


def _turn(bars: Sequence[Bar], *, starts: Sequence[int], firsts: Sequence[int], opening: Side) -> int | None:
    """The bar with which a system should begin, so that the first hurried page turn becomes a quiet one."""
    for page in range(0 if opening == "right" else 1, len(firsts) - 1, 2):
        turn = starts[firsts[page + 1]]
        if bars[turn - 1].silence >= breaks.ENOUGH / 2:
            continue
        # Within the lower half of the page: an earlier end would leave too much of it empty.
        middle = starts[(firsts[page] + firsts[page + 1] + 1) // 2]
        found = max(range(middle, turn), key=lambda bar: (min(bars[bar - 1].silence, breaks.ENOUGH), bar), default=0)
        if found and breaks.turn_cost(bars[found - 1].silence) < breaks.turn_cost(bars[turn - 1].silence) - HURRY:
            return found
    return None


def _text_size(style: Style) -> tuple[float, float]:
    (width, height), (top, right, bottom, left) = style.size_mm, style.margin_mm
    return width - left - right, height - top - bottom


def _broken(document: bytes, *, lines: Sequence[int], pages: Collection[int] = ()) -> bytes:
    """The document with a system beginning at each drawn bar of `lines`, and a page at each of `pages`."""
    root = etree.fromstring(document)
    part = root.find("part")
    assert part is not None  # it was prepared
    drawn = list(_drawn_bars(part))
    for bar in lines:
        # No attribute but these: `prepare` took all other page layout out.
        mark = etree.Element("print", {"new-page": "yes"} if bar in pages else {"new-system": "yes"})
        drawn[bar].insert(0, mark)
    return tree.to_bytes(root)


def _drawn_bars(part: etree._Element) -> Iterator[etree._Element]:
    """The bars that are seen: of a rest of many bars the first."""
    hidden = 0
    for measure in part.iterfind("measure"):
        if hidden:
            hidden -= 1
            continue
        rest = measure.findtext("attributes/measure-style/multiple-rest")
        hidden = max(0, int(number(rest)) - 1)
        yield measure


def _facts(part: etree._Element | None, *, unit_mm: float) -> Iterator[Bar]:
    """What the document tells of each drawn bar; widths are not known yet."""
    if part is None:
        return
    walked = list(walk(part))
    seen = {id(measure) for measure in _drawn_bars(part)}
    shown = [index for index, bar in enumerate(walked) if id(bar.element) in seen]
    silences = list(_silences(walked))
    for place, index in enumerate(shown):
        end = shown[place + 1] - 1 if place + 1 < len(shown) else len(walked) - 1
        follows = walked[end + 1] if end + 1 < len(walked) else None
        yield Bar(
            width=0.0,
            # A clef, the gap after it, and the signs of the key, in staff spaces of two units.
            opening=(4.6 + 1.1 * abs(walked[index].fifths)) * 2 * unit_mm,
            silence=silences[end],
            section=follows is not None and _section(walked[end], follows),
            joined=follows is not None and _later_ending(follows),
        )


def _section(bar: WalkedBar, follows: WalkedBar) -> bool:
    if _later_ending(follows):
        return False
    style = (bar.element.findtext("barline[@location='right']/bar-style") or "").strip()
    return (
        style in ("light-light", "light-heavy")
        or follows.element.find("direction/direction-type/rehearsal") is not None
        or follows.fifths != bar.fifths
    )


def _later_ending(bar: WalkedBar) -> bool:
    """Whether a second or later ending begins with this bar."""
    ending = bar.element.find("barline/ending[@type='start']")
    return ending is not None and (ending.get("number") or "1").strip()[:1] != "1"


def _silences(bars: Sequence[WalkedBar]) -> Iterator[float]:
    """Seconds of rest around the end of each bar; what follows it counts half, since it is on the other page."""
    sounding = sorted((n.onset, n.onset + n.duration, n.tie_start) for bar in bars for n in bar.notes if not n.rest)
    per_minute = next(
        (
            float(tempo)
            for bar in bars
            for _, mark in bar.marks
            for sound in mark.iter("sound")
            if 20 <= (tempo := number(sound.get("tempo"))) <= 400
        ),
        PER_MINUTE,
    )
    at, until, tied = 0, Fraction(0), False
    for bar in bars:
        end = bar.start + bar.length
        while at < len(sounding) and sounding[at][0] < end:
            until, tied = max(until, sounding[at][1]), sounding[at][2]
            at += 1
        follows = sounding[at][0] if at < len(sounding) else end + 1000
        held = until > end or (tied and until == end)
        yield 0.0 if held else float(end - until + (follows - end) / 2) * 60 / per_minute
