"""Parts counted in the same divisions of a quarter, so that their durations can be compared and stand in one part."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from lxml import etree

from notation.musicxml.tree import duration_text
from notation.musicxml.walk import number

_TIMES = ("note/duration", "backup/duration", "forward/duration", "direction/offset", "harmony/offset",
          "figured-bass/duration", "direction/sound/offset", "sound/offset")  # fmt: skip


def unite(parts: Sequence[etree._Element]) -> int:
    """Count all parts in the same divisions of a quarter; how many. No bar says them any more: whoever writes a part
    says them at its beginning."""
    found = [number(e.text, 1) for part in parts for e in part.iterfind("measure/attributes/divisions")]
    whole = [int(value) for value in found if value.denominator == 1 and value > 0]
    divisions = lcm(1, *whole)
    for part in parts:
        factor = Fraction(divisions)
        for bar in part.iterfind("measure"):
            for child in bar:
                if child.tag == "attributes" and (said := child.find("divisions")) is not None:
                    factor = Fraction(divisions) / (number(said.text, 1) or 1)
                    child.remove(said)
                for path in _TIMES:
                    tag, _, rest = path.partition("/")
                    if child.tag == tag:
                        for length in child.iterfind(rest):
                            length.text = duration_text(number(length.text) * factor)
    return divisions
