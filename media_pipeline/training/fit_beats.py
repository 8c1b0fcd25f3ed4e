"""Fits the weights of the beat tracker `pulse` on practice pieces and prints them.

    python -m media_pipeline.training.fit_beats [pieces]

Two small softmax models without hidden units: which of a piece's readings is the pulse (aimed at the readings with
the best F-measure), and which beats begin the bars. Five-fold cross-validation says what to expect; the numbers printed
are pasted into engines/beats_pulse.py. Held-out pieces are never touched here. About a minute for 100 pieces.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from media_pipeline.engines import beats_pulse as pulse
from media_pipeline.training.pieces import RATE, Piece, practice

Array = NDArray[np.float64]
FOLD = 20  # consecutive pieces are of different kinds, so a fold holds every kind


def quiet(done: float) -> None:
    """Progress nobody looks at."""


def f_measures(piece: Piece, hearing: pulse.Hearing, found: list[pulse.Reading]) -> Array:
    import mir_eval

    truth = np.array(piece.beats)
    return np.array([mir_eval.beat.f_measure(truth, pulse.place(hearing, reading)) for reading in found])


def true_bar(piece: Piece, frames: Array, fps: float) -> tuple[int, int]:
    """(beats to the bar, index of the first downbeat) of a reading that follows the true beats."""
    length = int(piece.bar_quarters / piece.beat_quarters)
    phases = [int(np.abs(frames / fps - t).argmin()) % length for t in piece.downbeats]
    return length, max(set(phases), key=phases.count)


def fit(inputs: list[Array], targets: list[Array], *, penalty: float) -> Array:
    """Weights of a softmax over the rows of each input, towards its target distribution."""
    from scipy.optimize import minimize

    rows = np.concatenate(inputs)
    scale = rows.std(axis=0) + 1e-6

    def loss(weights: Array) -> tuple[float, Array]:
        total, slope = penalty * float(weights @ weights), 2 * penalty * weights
        for x, target in zip(inputs, targets, strict=True):
            logits = (x / scale) @ weights
            share = np.exp(logits - logits.max())
            share /= share.sum()
            total -= float(target @ np.log(share + 1e-12)) / len(inputs)
            slope = slope + (x / scale).T @ (share - target) / len(inputs)
        return total, slope

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x / scale)


def cross_validated(
    inputs: list[Array], targets: list[Array], *, penalty: float, worth: Callable[[int, int], float]
) -> float:
    """Mean worth(piece, chosen row) of pieces that the weights have not seen."""
    total = 0.0
    for fold in range(5):
        seen = [i for i in range(len(inputs)) if i // FOLD % 5 != fold]
        weights = fit([inputs[i] for i in seen], [targets[i] for i in seen], penalty=penalty)
        unseen = set(range(len(inputs))) - set(seen)
        total += sum(worth(i, int((inputs[i] @ weights).argmax())) for i in unseen)
    return total / len(inputs)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    pulses: list[Array] = []
    worths: list[Array] = []
    bars: list[Array] = []
    downs: list[Array] = []
    for number, piece in enumerate(practice(count)):
        hearing = pulse.hear(piece.render(), rate=RATE, tick=quiet)
        found = pulse.readings(hearing, tick=quiet)
        worths.append(f_measures(piece, hearing, found))
        pulses.append(np.array([reading.features for reading in found]))
        best = found[int(worths[-1].argmax())]
        places, rows = pulse.bar_features(hearing, best.frames)
        truth = true_bar(piece, best.frames, hearing.fps)
        bars.append(rows)
        downs.append(np.array([float(p == truth) for p in places]))
        if number % 20 == 19:
            print(f"{number + 1} of {count} pieces", file=sys.stderr)
    goals = [np.where(w > 0.85 * w.max(), w, 0) ** 4 for w in worths]
    goals = [goal / goal.sum() for goal in goals]
    print(f"best reading there is: F {np.mean([w.max() for w in worths]):.3f}")
    for penalty in (0.001, 0.003, 0.01):
        right = cross_validated(pulses, goals, penalty=penalty, worth=lambda i, row: float(worths[i][row]))
        down = cross_validated(bars, downs, penalty=penalty, worth=lambda i, row: float(downs[i][row]))
        print(f"penalty {penalty}: beat F {right:.3f}, bars right {down:.3f} (cross-validated)")
    for name, inputs, targets in (("WEIGHTS", pulses, goals), ("BAR_WEIGHTS", bars, downs)):
        print(name, "=", [round(float(w), 3) for w in fit(inputs, targets, penalty=0.003)])


if __name__ == "__main__":
    main()
