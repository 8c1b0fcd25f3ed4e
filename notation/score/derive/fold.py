"""Keeps a line within a player's compass by moving whole phrases an octave, so that no line breaks in the middle.

1. A phrase ends where nothing sounds for half a bar; at a double bar line, a repeat or a rehearsal mark; and, where
   music goes on and on, at the first bar line after eight bars. Neither tie nor slur crosses its end.
2. A phrase with notes out of range moves by the octaves that leave the fewest outside, the fewer octaves the better.
3. Notes that are still outside (a phrase wider than the compass) move alone. These are told apart: they are a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lxml import etree

from notation.musicxml.walk import WalkedBar, WalkedNote, walk

Element = etree._Element
SILENCE = Fraction(1, 2)  # of a bar
LONGEST = 8  # bars
WORTH = 0.05  # share of its notes that must be out of range before a whole part moves by an octave
_WAYS = sorted(range(-8, 9), key=abs)


@dataclass
class Folds:
    """Octaves by which notes move; bars counted from 0."""

    notes: dict[Element, int] = field(default_factory=dict)
    bars: dict[int, list[int]] = field(default_factory=dict)  # bars in which phrases moved: how far each of them
    alone: set[int] = field(default_factory=set)  # bars in which notes moved apart from their phrase


def suiting_octave(pitches: Sequence[int], *, low: int, high: int) -> int:
    """The octaves by which a whole part moves to suit a range. A few notes outside are left for folding."""

    def cost(octaves: int) -> float:
        return _outside(pitches, octaves, low=low, high=high) + WORTH * len(pitches) * abs(octaves)

    return min(_WAYS, key=cost)


def best_octave(pitches: Sequence[int], *, low: int, high: int) -> int:
    """The octaves by which pitches move so that the fewest are out of range; the fewer octaves the better."""
    return min(_WAYS, key=lambda octaves: (_outside(pitches, octaves, low=low, high=high), abs(octaves)))


def _outside(pitches: Sequence[int], octaves: int, *, low: int, high: int) -> int:
    return sum(not low <= pitch + 12 * octaves <= high for pitch in pitches)


def folds(part: Element, *, by: int, low: int, high: int) -> Folds:
    """How to bring a part into a range of sounding MIDI numbers (an octave at least), once all of it moved by `by`."""
    found = Folds()
    for phrase in phrases(list(walk(part))):
        pitches = [(note.pitch or 0) + by for _, note in phrase]
        octaves = best_octave(pitches, low=low, high=high)
        for (bar, note), pitch in zip(phrase, pitches, strict=True):
            alone = octave_into(pitch + 12 * octaves, low=low, high=high)
            if octaves + alone:
                found.notes[note.element] = octaves + alone
            if octaves not in (moves := found.bars.setdefault(bar, [])):
                moves.append(octaves)
            if alone:
                found.alone.add(bar)
    found.bars = {bar: moves for bar, moves in found.bars.items() if any(moves)}
    return found


def octave_into(pitch: int, *, low: int, high: int) -> int:
    """Octaves that a pitch must move to be in range."""
    if pitch < low:
        return -((pitch - low) // 12)
    return -((pitch - high + 11) // 12) if pitch > high else 0


def phrases(bars: Sequence[WalkedBar]) -> list[list[tuple[int, WalkedNote]]]:
    """Notes with a pitch, each with its bar's index from 0, parted into phrases."""
    found: list[list[tuple[int, WalkedNote]]] = [[]]
    end = held = Fraction(0)  # where what sounds, and what is tied, has arrived
    slurs: set[str] = set()
    point = False  # music has come to one
    for bar in bars:
        if found[-1]:
            point = point or _begins(bar.element) or bar.index - found[-1][0][0] >= LONGEST
            if point and held < bar.start and not slurs:
                found.append([])
        for note in sorted((n for n in bar.notes if n.pitch is not None), key=lambda n: (n.onset, not n.grace)):
            if found[-1] and note.onset - end >= bar.nominal * SILENCE:
                found.append([])
            found[-1].append((bar.index, note))
            end = max(end, note.onset + note.duration)
            held = max(held, note.onset + note.duration) if note.tie_start else held
            for slur in note.element.iterfind("notations/slur"):
                (slurs.add if slur.get("type") == "start" else slurs.discard)(slur.get("number", "1"))
        point = _ends(bar.element)
    return [phrase for phrase in found if phrase]


def _begins(bar: Element) -> bool:
    """Whether something new begins with the bar."""
    if bar.find("direction/direction-type/rehearsal") is not None:
        return True
    return bar.find("barline[@location='left']/repeat") is not None


def _ends(bar: Element) -> bool:
    """Whether music comes to a point at the bar's end."""
    return any(
        line.get("location", "right") == "right"
        and (line.find("repeat") is not None or (line.findtext("bar-style") or "") in ("light-light", "light-heavy"))
        for line in bar.iterfind("barline")
    )
