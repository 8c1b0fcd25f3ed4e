"""What is out of the ordinary in a score that was opened: warnings for the user, never a refusal.

`read` refuses what cannot be worked with; here a score is read as a musician would proof-read it: do the parts have
the same bars, do the bars add up, do ties end, can the frets be those notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lxml import etree

from notation.musicxml.edit import part_names
from notation.musicxml.staves import has_frets, tuning_of
from notation.musicxml.walk import WalkedBar, number, walk

MOST_NAMED = 6  # bars named in one warning


@dataclass(frozen=True)
class Warning:
    """One thing that is unusual, in a sentence; `kind` groups them for tests and pages."""

    kind: str
    message: str


def validate(root: etree._Element) -> list[Warning]:
    """Warnings about a partwise document, part by part; empty for a clean score."""
    found: list[Warning] = []
    names = part_names(root)
    parts = root.findall("part")
    lengths = {name: len(part.findall("measure")) for part, name in zip(parts, names.values(), strict=True)}
    if len(set(lengths.values())) > 1:
        longest = max(lengths.values())
        short = [f"{name} has {count}" for name, count in lengths.items() if count < longest]
        found.append(Warning("parts", f"The parts differ in length: of {longest} bars {_listed(short)}."))
    if not any(part.find("measure/note/pitch") is not None or part.find("measure/note/unpitched") is not None
               for part in parts):  # fmt: skip
        found.append(Warning("empty", "There are no notes in this score."))
    for part, name in zip(parts, names.values(), strict=True):
        found += _part(part, name=name, only=len(parts) == 1)
    return found


def _part(part: etree._Element, *, name: str, only: bool) -> Iterable[Warning]:
    where = "" if only else f"{name}: "
    bars = list(walk(part))
    if part.find("measure/note") is not None and part.find("measure/attributes/divisions") is None:
        yield Warning("divisions", f"{where}The file does not say how long its notes are; quarters were assumed.")
    short, long, back, silly = [], [], [], []
    for bar in bars:
        label = (bar.element.get("number") or str(bar.index + 1))[:8]
        if bar.notes and not may_differ(bar, bars):
            if bar.filled > bar.nominal:
                long.append(label)
            elif bar.filled < bar.nominal:
                short.append(label)
        if bar.overrun:
            back.append(label)
        if any(number(note.element.findtext("duration"), 0) < 0 for note in bar.notes):
            silly.append(label)
    if short:
        yield Warning("short", f"{where}{_bars(short)} shorter than the time signature asks for.")
    if long:
        yield Warning("long", f"{where}{_bars(long)} longer than the time signature allows.")
    if back:
        yield Warning("order", f"{where}{_bars(back)} written in an impossible order; notes may be misplaced.")
    if silly:
        yield Warning("duration", f"{where}{_bars(silly)} written with notes of negative length.")
    if hanging := _hanging_ties(bars):
        yield Warning("ties", f"{where}{hanging} {'tie does' if hanging == 1 else 'ties do'} not lead to another note.")
    if has_frets(part) and (wrong := _wrong_frets(part, bars)):
        count = f"{wrong} {'note' if wrong == 1 else 'notes'}"
        yield Warning("frets", f"{where}{count} cannot be played at the fret given, in this tuning.")


def may_differ(bar: WalkedBar, bars: Sequence[WalkedBar]) -> bool:
    """Pick-ups, marked exceptions, and bars that a repeat or a double bar cuts in two may have any length."""
    if bar.element.get("implicit") == "yes" or (bar.index == 0 and bar.filled < bar.nominal):
        return True
    neighbours = [b for b in bars[max(0, bar.index - 1) : bar.index + 2] if b is not bar]
    for other in neighbours:
        first, second = (other, bar) if other.index < bar.index else (bar, other)
        if first.filled + second.filled == bar.nominal and bar.filled < bar.nominal:
            return True
    pickup = bars[0].filled
    return bar.index == len(bars) - 1 and bar.filled + pickup == bar.nominal


def _hanging_ties(bars: list[WalkedBar]) -> int:
    """Ties that begin at a note after which no note of the same pitch continues at its end."""
    ends: Counter[tuple[int, Fraction]] = Counter()
    begins: Counter[tuple[int, Fraction]] = Counter()
    for bar in bars:
        for note in bar.notes:
            if note.pitch is None or note.grace:
                continue
            if note.tie_start:
                ends[note.pitch, note.onset + note.duration] += 1
            if note.tie_stop:
                begins[note.pitch, note.onset] += 1
    return sum((ends - begins).values())


def _wrong_frets(part: etree._Element, bars: list[WalkedBar]) -> int:
    strings, capo = tuning_of(part)
    if not strings:
        return 0
    wrong = 0
    for bar in bars:
        for note in bar.notes:
            technical = note.element.find("notations/technical")
            if technical is None or note.pitch is None or technical.find("fret") is None:
                continue
            string = int(number(technical.findtext("string"), 0))
            fret = int(number(technical.findtext("fret"), -1))
            if not 1 <= string <= len(strings) or not 0 <= fret <= 36:
                wrong += 1
                continue
            sounds = strings[len(strings) - string] + fret
            # Programs count frets from the nut or from the capo, and write guitars as they sound or an octave up.
            wrong += note.pitch - sounds not in {0, capo, 12, 12 + capo, -12, capo - 12}
    return wrong


def _bars(labels: list[str]) -> str:
    if len(labels) == 1:
        return f"Bar {labels[0]} is"
    return f"Bars {_listed(labels)} are"


def _listed(items: list[str]) -> str:
    if len(items) > MOST_NAMED:
        return f"{', '.join(items[:MOST_NAMED])} and {len(items) - MOST_NAMED} more"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
