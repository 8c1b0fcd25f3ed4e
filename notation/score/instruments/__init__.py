"""Instruments: what a part's name says, how its notes sound, how far they reach, and where it stands in a score.

    find("2nd Bb Clarinet")  ->  Instrument: key "clarinet", number 2, a tone lower than written, MIDI 50 to 94

Clefs are named by sign and line: "clef.G2", "clef.F4", "clef.C3", "clef.C4", "clef.perc".
"""

from __future__ import annotations

from notation.score.instruments.headings import from_file_name, read_instrument
from notation.score.instruments.model import Instrument, Transposition, to_pitch
from notation.score.instruments.places import group_of, score_order

__all__ = (
    "Instrument", "Transposition", "find", "from_file_name", "group_of", "read_instrument", "score_order", "to_pitch",
)  # fmt: skip


def find(name: str) -> Instrument | None:
    """The instrument that a part's name names, or None."""
    return read_instrument(name)
