"""What the music itself says against a bar: a sign that was missed, surely and unseen, leaves traces around it.

The network's confidence cannot tell a tie or an accidental that it never saw. But equal pitches in a row, a tie that
leads nowhere, a step that nobody sings, or a metre that is not printed while triplets would fit the printed one can be
found by reading what was read; and a bar that stands elsewhere in the part just so is rarely wrong.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.repairs import Bar, Draft
from media_pipeline.omr.theory.durations import dotted, metre, value
from media_pipeline.omr.theory.ties import after_event
from media_pipeline.omr.theory.tuplets import regrouped
from media_pipeline.omr.tokens import CLEFS, is_position

NAMES = (
    "untied",  # probability, as a logarithm, of a tie where two equal pitches follow each other without one
    "false ties",  # ties that lead to another pitch
    "odd steps",  # augmented and diminished ones, but for the tritone
    "accidentals",
    "idle",  # accidentals that say what the signature says, with nothing near that they would take back
    "told alike",  # bars of this part with the same steps and values, the same accidentals and ties
    "hidden tuplets",  # in a metre that is not printed, while tuplets would make the bar fit the printed one
)
_LEAST = 0.002  # probabilities below are taken for this
_ALTERS = {"f": -1, "ff": -2, "n": 0, "s": 1, "x": 2}
_OCTAVES = {"8va(": 7, "8vb(": -7, "8va)": -7, "8vb)": 7}  # in steps
_NEAR = 2  # bars back to what an accidental may take back
_TRITONE = 6  # fifths


@dataclass(frozen=True)
class _Head:
    step: int  # from middle C
    alter: int
    printed: str  # accidental
    plain: int  # what the signature alters it by


@dataclass(frozen=True)
class _Note:
    """A note, chord or rest of the upper voice; a rest has no heads."""

    heads: tuple[_Head, ...]
    first: int  # frame of its first token
    quarters: Fraction  # as printed
    after: tuple[str, ...]  # tokens

    @property
    def steps(self) -> frozenset[int]:
        return frozenset(head.step for head in self.heads)


def around(part: Sequence[Draft]) -> dict[Bar, NDArray[np.float64]]:
    """(NAMES,) of every bar. part: all lines of one part, in order."""
    places = [(draft, bar) for draft in part for bar in draft.bars]
    told = [notes for draft in part for notes in _notes(draft)]
    found = np.zeros((len(places), len(NAMES)))
    _hear(found, places, told)
    _weigh_accidentals(found, told)
    _compare(found, told)
    found[:, NAMES.index("hidden tuplets")] = list(_hidden(part))
    return {bar: row for (_, bar), row in zip(places, found, strict=True)}


def _notes(draft: Draft) -> Iterator[list[_Note]]:
    """The upper voice of each bar, without grace notes."""
    clef, key, octave = draft.clef, _fifths_of(draft.key), 0
    for bar in draft.bars:
        names, notes = bar.names, list[_Note]()
        heads, altered = list[_Head](), dict[int, int]()
        accidental, lower, first = "", False, -1
        for index, name in enumerate(names):
            if name.startswith("clef."):
                clef = name
            elif name.startswith("key."):
                key = _fifths_of(name)
            elif name in _OCTAVES:
                octave += _OCTAVES[name]
            elif name == "lo":
                lower = True
            elif name.startswith("acc."):
                accidental = name[4:]
                first = bar.tokens[index].frame if first < 0 else first
            elif is_position(name):
                step = int(name[1:]) - CLEFS.get(clef, CLEFS["clef.G2"]) + octave
                plain = (key - _fifths(step, 0) + 5) // 7
                if accidental:
                    altered[step] = _ALTERS[accidental]
                heads.append(_Head(step, altered.get(step, plain), accidental, plain))
                first = bar.tokens[index].frame if first < 0 else first
                accidental = ""
            elif (length := value(name)) is not None or name.startswith("gd"):
                dots = next((n for n, dot in enumerate(names[index + 1 :]) if dot != "dot"), 0)
                if length is not None and not lower:
                    frame = first if first >= 0 else bar.tokens[index].frame
                    after = after_event(names, index + dots)
                    sounding = tuple(heads) if name[0] == "d" else ()
                    notes.append(_Note(sounding, frame, dotted(length, dots), tuple(after)))
                heads, accidental, lower, first = [], "", False, -1
        yield notes


def _fifths_of(key: str) -> int:
    return int(key[4:]) if key.startswith("key.") else 0


def _fifths(step: int, alter: int) -> int:
    """Place on the line of fifths, C being 0."""
    return (2 * step + 1) % 7 - 1 + 7 * alter


def _hear(found: NDArray[np.float64], places: Sequence[tuple[Draft, Bar]], told: Sequence[Sequence[_Note]]) -> None:
    """Steps and ties from note to note, over bar lines and lines."""
    untied, false, odd = (NAMES.index(name) for name in ("untied", "false ties", "odd steps"))
    found[:, untied] = math.log(_LEAST)
    run = [(index, note) for index, notes in enumerate(told) for note in notes]
    for (here, note), (there, following) in itertools.pairwise(run):
        if not note.heads or not following.heads:
            continue
        common = note.steps & following.steps
        anew = any(head.printed for head in following.heads if head.step in common)
        if "tie" in note.after:
            found[here, false] += anew or not common
        elif common and not anew and (draft := places[here][0]) is places[there][0]:
            seen = draft.lattice.peak("tie", note.first, following.first + 1)
            found[here, untied] = max(found[here, untied], math.log(seen + _LEAST))
        low, high = (max(n.heads, key=lambda head: head.step) for n in (note, following))
        found[there, odd] += abs(_fifths(high.step, high.alter) - _fifths(low.step, low.alter)) > _TRITONE


def _weigh_accidentals(found: NDArray[np.float64], told: Sequence[Sequence[_Note]]) -> None:
    heads = [[head for note in notes for head in note.heads] for notes in told]
    strange = [{head.step % 7 for head in bar if head.alter != head.plain} for bar in heads]
    for index, bar in enumerate(heads):
        before = set().union(*strange[max(0, index - _NEAR) : index + 1])
        idle = [h for h in bar if h.printed and h.alter == h.plain and h.step % 7 not in before]
        found[index, NAMES.index("accidentals")] = math.log1p(sum(bool(head.printed) for head in bar))
        found[index, NAMES.index("idle")] = len(idle)


def _compare(found: NDArray[np.float64], told: Sequence[Sequence[_Note]]) -> None:
    """Music repeats itself: a bar that was read twice alike is rarely wrong twice."""
    said = [
        tuple((note.steps, note.quarters, tuple(h.printed for h in note.heads), "tie" in note.after) for note in notes)
        for notes in told
    ]
    alike = Counter(said)
    for index, notes in enumerate(told):
        if any(note.heads for note in notes):
            found[index, NAMES.index("told alike")] = math.log1p(alike[said[index]] - 1)


def _hidden(part: Sequence[Draft]) -> Iterator[bool]:
    """Of every bar, whether it is in a metre that nothing printed announces and would fit the printed one too."""
    printed: Fraction | None = None
    invented = False
    for draft in part:
        for bar in draft.bars:
            head = bar is draft.bars[0]
            seen = [name for name in ((*draft.head, *bar.first) if head else bar.first) if name.startswith("time.")]
            said = [name for name in ((draft.time, *bar.names) if head else bar.names) if name.startswith("time.")]
            printed = metre(seen[-1]) if seen else printed
            invented = said[-1] not in seen if said else invented
            yield invented and printed is not None and regrouped(bar.tokens, printed) is not None
