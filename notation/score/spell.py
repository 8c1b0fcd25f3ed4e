"""Names for pitches: F sharp or G flat.

Steps of `spell`:
1. Meredith's ps13 ("The ps13 pitch spelling algorithm", Journal of New Music Research 35:2, 2006), first stage: every
   note is named as each note around it would name it if that were the key note (10 before, 42 after), and the votes
   are counted. Here the key notes themselves are named from the key found, on the line of fifths (Longuet-Higgins,
   "The perception of music", 1976), so the names agree with the key signature.
2. Voice leading, ps13's second stage in short: a note a semitone below the next on the same line that is no note of
   the scale is its leading note (raised), a chromatic step down is lowered, and never does a line use one letter for
   both a note and its neighbour of the scale if it can be helped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from notation.score.keys import tonic_of
from notation.score.model import Key, Placed, Spelling

BEFORE, AFTER = 10, 42

# on the line of fifths, C = 0, G = 1, F = -1: where each chromatic degree lies from its key note
# (flat second, flat third, sharp fourth, flat sixth, flat seventh)
_DEGREE_FIFTHS = {0: 0, 1: -5, 2: 2, 3: -3, 4: 4, 5: -1, 6: 6, 7: 1, 8: -4, 9: 3, 10: -2, 11: 5}
_SCALE = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}


@dataclass(frozen=True)
class Spelled:
    """Notes with their names, and the key of each bar."""

    notes: tuple[Placed, ...]
    keys: tuple[Key, ...]


def spelling_at(fifths: int, *, midi: int) -> Spelling:
    """The name at a place of the line of fifths (C = 0) for a sounding pitch."""
    step = "FCGDAEB"[(fifths + 1) % 7]
    alter = (fifths + 1) // 7
    natural = midi - alter
    return Spelling(step, alter, natural // 12 - 1)


def tonic_fifths(key: Key) -> int:
    return key.fifths + (3 if key.mode == "minor" else 0)


def spell(notes: Sequence[Placed], keys: Sequence[Key]) -> list[Placed]:
    """Give every note its spelling; `keys` by bar. Order is kept."""
    order = sorted(range(len(notes)), key=lambda i: (notes[i].bar, notes[i].onset, notes[i].pitch))
    classes = [notes[i].pitch % 12 for i in order]
    places: list[int] = []
    counts = [0] * 12
    for c in classes[:AFTER]:
        counts[c] += 1
    for j, i in enumerate(order):
        if j + AFTER < len(order):
            counts[classes[j + AFTER]] += 1
        if j - BEFORE - 1 >= 0:
            counts[classes[j - BEFORE - 1]] -= 1
        key = keys[min(notes[i].bar, len(keys) - 1)]
        places.append(_vote(classes[j], counts, key))
    _lead(notes, order, places, keys)
    spelled = list(notes)
    for place, i in zip(places, order, strict=True):
        spelled[i] = replace(notes[i], spelling=spelling_at(place, midi=notes[i].pitch))
    return spelled


def in_key(pitch_class: int, key: Key) -> int:
    """The place on the line of fifths of a pitch class as the key itself names it."""
    tonic = tonic_fifths(key)
    return tonic + _DEGREE_FIFTHS[(pitch_class - tonic_of(key)) % 12]


def _vote(pitch_class: int, counts: Sequence[int], key: Key) -> int:
    if (pitch_class - tonic_of(key)) % 12 in _SCALE[key.mode]:
        return _diatonic(pitch_class, key)
    votes: dict[int, float] = {}
    for root in range(12):
        if counts[root]:
            as_tonic = _diatonic(root, key) if (root - tonic_of(key)) % 12 in _SCALE[key.mode] else in_key(root, key)
            place = as_tonic + _DEGREE_FIFTHS[(pitch_class - root) % 12]
            votes[place] = votes.get(place, 0) + counts[root]
    centre = key.fifths + 2  # the middle of the seven notes of the signature
    return max(votes, key=lambda p: (votes[p] - 0.01 * abs(p - centre), -abs(p - centre)))


def _diatonic(pitch_class: int, key: Key) -> int:
    """Notes of the scale; in minor the raised sixth and seventh count to it."""
    degree = (pitch_class - tonic_of(key)) % 12
    return tonic_fifths(key) + {**_DEGREE_FIFTHS}[degree]


def _lead(notes: Sequence[Placed], order: Sequence[int], places: list[int], keys: Sequence[Key]) -> None:
    """Step 2, in place. Lines are the top and the bottom of each voice."""
    lines: dict[tuple[int, bool], list[int]] = {}
    at: dict[tuple[int, int, object], list[int]] = {}
    for j, i in enumerate(order):
        at.setdefault((notes[i].voice, notes[i].bar, notes[i].onset), []).append(j)
    for (voice, _, _), chord in at.items():
        lines.setdefault((voice, True), []).append(chord[-1])
        if len(chord) > 1:
            lines.setdefault((voice, False), []).append(chord[0])
    for line in lines.values():
        # a note struck again keeps its name: runs of one pitch move as one
        runs = [list(run) for _, run in groupby(line, key=lambda j: notes[order[j]].pitch)]
        for here, after in pairwise(runs):
            a, b = notes[order[here[-1]]], notes[order[after[0]]]
            key = keys[min(a.bar, len(keys) - 1)]
            if (a.pitch - tonic_of(key)) % 12 in _SCALE[key.mode] or abs(a.pitch - b.pitch) != 1:
                continue
            if (b.pitch - tonic_of(key)) % 12 not in _SCALE[key.mode]:
                continue
            # a semitone between two letters is five places up the line of fifths for the lower note
            wanted = places[after[0]] + (5 if b.pitch > a.pitch else -5)
            if abs(wanted - (key.fifths + 2)) <= 8:
                for j in here:
                    if abs(wanted - places[j]) == 12:
                        places[j] = wanted
