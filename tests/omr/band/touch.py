"""Styles of playing: the rhythms of every role, and how its notes are touched: slurs, dots, accents, grace notes."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import pairwise

from tests.omr.band.lines import Harmony
from tests.omr.band.model import Bar, Note


@dataclass(frozen=True)
class Style:
    """Cells of each role; a bar's are drawn from the list."""

    metre: tuple[int, int]
    sign: str
    tune: tuple[str, ...]
    close: tuple[str, ...]  # last bars of a tune's phrases
    counter: tuple[str, ...]
    after: tuple[str, ...]
    stab: tuple[str, ...]
    pad: tuple[str, ...]
    bass: tuple[str, ...]
    final: str  # everybody's last bar
    answer: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    legato: float = 0.3  # chance that a slur begins where it may
    short: float = 0.4  # that a beat or less has a dot over it
    accent: float = 0.1
    grace: float = 0.0
    walk: bool = False


def touched(line: list[Bar], style: Style, key: int, r: random.Random, *, slurs: bool = True) -> list[Bar]:
    """The line with slurs, dots, accents and grace notes as often as the style has them."""
    notes = [note for bar in line for note in bar]
    until = -1  # the note that the last slur ends at
    for n, note in enumerate(notes):
        if not note.pitches or (n > 0 and notes[n - 1].tie):
            continue
        if n > until and slurs and r.random() < style.legato:
            end = _slur_end(notes, n, r.choice((1, 1, 2, 3, 3)))
            if any(between.pitches != note.pitches for between in notes[n : end + 1]):
                notes[n] = replace(notes[n], slur=notes[n].slur + "(")
                notes[end] = replace(notes[end], slur=")")
                until = end
        if n > until and not note.tie:
            if note.quarters <= 1 and not note.triplet and r.random() < style.short:
                notes[n] = replace(notes[n], articulations=("staccato",))
            elif r.random() < style.accent:
                kind = "strong-accent" if note.quarters <= 1 else r.choice(("accent", "accent", "tenuto"))
                notes[n] = replace(notes[n], articulations=(kind,))
        if note.quarters >= 1 and not note.triplet and r.random() < style.grace and n:
            notes[n] = replace(notes[n], grace=Harmony(key, "I").pitch(note.pitches[0].step + 1))
    left = iter(notes)
    return [tuple(next(left) for _ in bar) for bar in line]


def _slur_end(notes: list[Note], first: int, reach: int) -> int:
    """Up to `reach` notes on, before a rest, and never on a note that is tied to the next."""
    end = first
    while end < min(first + reach, len(notes) - 1) and notes[end + 1].pitches:
        end += 1
    while end > first and notes[end].tie:
        end -= 1
    return end


def held(line: list[Bar], r: random.Random) -> list[Bar]:
    """Ties over the bar line where a long note stays."""
    out = list(line)
    for n, (bar, after) in enumerate(pairwise(line)):
        if bar and after and bar[-1].pitches and bar[-1].pitches == after[0].pitches and r.random() < 0.6:
            out[n] = (*out[n][:-1], replace(out[n][-1], tie=True))
    return out
