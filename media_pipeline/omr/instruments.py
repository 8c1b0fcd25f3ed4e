"""Whose music a page is: what notation knows of instruments, and names for music that nobody is named for."""

from __future__ import annotations

from notation.score.instruments import Instrument, Transposition, from_file_name, read_instrument, to_pitch
from notation.score.instruments.table import BY_KEY, DRUMS, KINDS, PITCHES, TREBLE, Kind

__all__ = (
    "KINDS", "PITCHES", "Instrument", "Kind", "Transposition", "from_file_name", "of_kind", "read_instrument",
    "to_pitch", "unnamed",
)  # fmt: skip


def of_kind(key: str) -> Instrument:
    """An instrument that no heading names, by its row of the table. KeyError where there is none."""
    return Instrument(BY_KEY[key], BY_KEY[key].pitch, sure=0.5)


def unnamed(clef: str) -> Instrument:
    """For a book that does not say whose it is: "Treble clef part"."""
    clef = clef or TREBLE
    names = {"G": "Treble", "F": "Bass", "C": "C", "p": "Percussion"}
    name = f"{names[clef.removeprefix('clef.')[0]]} clef part"
    pitched = clef != DRUMS
    return Instrument(Kind("part", name, "none", 1, 21, 108, (clef,), "", pitched=pitched), "C", sure=0.0)
