"""note_judge: a few dozen small decision trees that say how likely a candidate is a note and no ghost.

Gradient boosting (Friedman 2001), grown by media_pipeline/training/fit_notes.py and kept as flat arrays in
weights/note_judge.npz, so that judging needs numpy alone: a candidate walks down every tree, the leaves are summed,
and the logistic function of the sum is the probability.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent.parent / "weights" / "note_judge.npz"


def judge(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n, features) -> (n,) probability of being a note. Features: media_pipeline.stages.notes.FEATURES."""
    trees = _trees()
    feature, threshold, left, right, value, roots = (
        trees[k] for k in ("feature", "threshold", "left", "right", "value", "roots")
    )
    rows = np.arange(len(features))
    total = np.full(len(features), float(trees["baseline"]))
    for root in roots:
        node = np.full(len(features), root)
        while True:
            inner = left[node] >= 0
            if not inner.any():
                break
            low = features[rows, feature[node]] <= threshold[node]
            node = np.where(inner, np.where(low, left[node], right[node]), node)
        total += value[node]
    return np.asarray(1 / (1 + np.exp(-total)))


@cache
def _trees() -> dict[str, NDArray[np.generic]]:
    with np.load(WEIGHTS) as file:
        return {name: file[name] for name in file.files}
