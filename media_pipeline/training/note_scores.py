"""How right notes and beats are that were heard, by mir_eval where it has the metric. Times are seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from media_pipeline.training.pieces import Piece

ONSET_SECONDS = 0.05


def hz(pitches: Sequence[int]) -> NDArray[np.float64]:
    return np.asarray(440.0 * 2.0 ** ((np.array(pitches, float) - 69) / 12))


def matched(piece: Piece, seconds: Sequence[float], pitches: Sequence[int]) -> list[tuple[int, int]]:
    """(index of the true note, index of the found one) by mir_eval: onset within 50 ms and pitch."""
    import mir_eval

    if not len(seconds):
        return []
    truth = np.array([(n.onset, n.offset) for n in piece.notes])
    found = np.array([(s, s + 0.1) for s in seconds])
    pairs: list[tuple[int, int]] = mir_eval.transcription.match_notes(
        truth, hz([n.pitch for n in piece.notes]), found, hz(pitches), onset_tolerance=ONSET_SECONDS, offset_ratio=None
    )
    return pairs


def note_f1(piece: Piece, seconds: Sequence[float], pitches: Sequence[int]) -> float:
    """mir_eval's F1 of notes by onset and pitch."""
    import mir_eval

    if not len(seconds):
        return 0.0
    truth = np.array([(n.onset, n.offset) for n in piece.notes])
    found = np.array([(s, s + 0.1) for s in seconds])
    scores = mir_eval.transcription.precision_recall_f1_overlap(
        truth, hz([n.pitch for n in piece.notes]), found, hz(pitches), onset_tolerance=ONSET_SECONDS, offset_ratio=None
    )
    return float(scores[2])


def beat_f(truth: Sequence[float], found: Sequence[float]) -> float:
    """mir_eval's F-measure of beats; nothing is trimmed, so the first beats count too."""
    import mir_eval

    return float(mir_eval.beat.f_measure(np.array(truth), np.array(found))) if len(found) else 0.0


@dataclass(frozen=True)
class Placing:
    """A found note as it is written."""

    seconds: float
    pitch: int
    at: Fraction  # quarters from the start of the score
    in_bar: Fraction  # quarters from the start of its bar


def grid_share(piece: Piece, placed: Sequence[Placing]) -> tuple[float, float]:
    """(right distances, right places in the bar) as shares of the matched notes.

    A score may begin a bar earlier or later than ours; so a distance is right when it differs from the truth by what
    most notes of the piece differ. The place in the bar is strict.
    """
    pairs = matched(piece, [p.seconds for p in placed], [p.pitch for p in placed])
    if not pairs:
        return 0.0, 0.0
    shifts = Counter(placed[j].at - piece.notes[i].at for i, j in pairs)
    in_bar = sum(placed[j].in_bar == piece.notes[i].at % piece.bar_quarters for i, j in pairs)
    return max(shifts.values()) / len(pairs), in_bar / len(pairs)
