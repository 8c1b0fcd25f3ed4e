"""Which part of a song a name means: "Flute 1" is the Flute where there is only one, "Horn 2" is half of "Horn 1/2"."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from notation.score.instruments import Instrument, find

NEAR = 2  # semitones: a trumpet in C may stand for one in B flat, a clarinet in E flat may not


def present(name: str, names: Iterable[str]) -> bool:
    """Whether a part of this name is among `names`, in the clef that the name asks for."""
    wanted = find(name)
    for other in names:
        if other.casefold() == name.casefold():
            return True
        found = find(other)
        if wanted is None or found is None or not _alike(wanted, found):
            continue
        clef = not wanted.clef or wanted.usual_clef == found.usual_clef
        if clef and (wanted.number or 1) in (found.numbers or (1,)):
            return True
    return False


def serving(name: str, names: Collection[str]) -> tuple[str, Literal["", "upper", "lower"]] | None:
    """The part of `names` that is meant, and which half of it where two desks share it. None where there is none."""
    for other in names:
        if other.casefold() == name.casefold():
            return other, ""
    wanted = find(name)
    if wanted is None:
        return None
    ranked = []
    for index, other in enumerate(names):
        found = find(other)
        if found is None or not _alike(wanted, found) or (wanted.number or 1) not in (found.numbers or (1,)):
            continue
        same_clef = not wanted.clef or wanted.usual_clef == found.usual_clef
        shared = len(found.numbers) > 1 and bool(wanted.numbers)
        half: Literal["", "upper", "lower"] = ""
        if shared:
            half = "upper" if wanted.number == min(found.numbers) else "lower"
        ranked.append(((not same_clef, shared, found.numbers != wanted.numbers, index), other, half))
    if not ranked:
        return None
    _, other, half = min(ranked, key=lambda entry: entry[0])
    return other, half


def _alike(wanted: Instrument, found: Instrument) -> bool:
    if wanted.key != found.key:
        return False
    return wanted.pitch == found.pitch if wanted.pitch_named else abs(wanted.low - found.low) <= NEAR
