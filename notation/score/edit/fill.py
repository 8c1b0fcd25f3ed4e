"""How full the bars of a part are: which are longer or shorter than their metre, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from lxml import etree

from notation.musicxml.walk import WalkedBar
from notation.score.edit.standing import walked

UNITS = ((Fraction(1), "quarter"), (Fraction(1, 2), "eighth"), (Fraction(1, 4), "sixteenth"),
         (Fraction(1, 8), "thirty-second"))  # fmt: skip


def fill(measures: Sequence[etree._Element], first: int, last: int) -> dict[int, Fraction]:
    """Of bars first..last those that do not fill their metre: quarters too many, or too few as less than 0.

    Pick-ups, and bars that a repeat or double bar cuts in two, may have any length.
    """
    bars = walked(measures, first - 1, last + 1)
    found = {}
    for place, bar in enumerate(bars):
        excess = bar.filled - bar.nominal
        if not first <= bar.index <= last or not excess or not bar.notes or bar.element.get("implicit") == "yes":
            continue
        if excess < 0 and (bar.index == 0 or _halved(bar, bars[place - 1 : place] + bars[place + 1 : place + 2])):
            continue
        if excess < 0 and bar.index == len(measures) - 1 and _pickup(measures) + bar.filled == bar.nominal:
            continue
        found[bar.index] = excess
    return found


def said(excess: Fraction) -> str:
    """ "a quarter too long", "3 eighths too short"."""
    size = abs(excess)
    words = f"{float(size):g} quarters"
    for unit, name in UNITS:
        if (size / unit).denominator == 1:
            count = int(size / unit)
            words = f"{'an' if name == 'eighth' else 'a'} {name}" if count == 1 else f"{count} {name}s"
            break
    return f"{words} too {'long' if excess > 0 else 'short'}"


def _halved(bar: WalkedBar, beside: Sequence[WalkedBar]) -> bool:
    return any(bar.filled + other.filled == bar.nominal for other in beside)


def _pickup(measures: Sequence[etree._Element]) -> Fraction:
    return walked(measures, 0, 0)[0].filled
