"""note_judge: a few dozen small decision trees that say how likely a candidate is a note and no ghost.

Gradient boosting (Friedman 2001), grown by media_pipeline/training/fit_notes.py and kept as flat arrays in
weights/note_judge.npz, so that judging needs numpy alone: a candidate walks down every tree, the leaves are summed,
and the logistic function of the sum is the probability.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent.parent / "weights"


def weights_for(engine: str) -> Path:
    """Trees grown on what this pitch engine hears; `engine` begins with its name."""
    return WEIGHTS / ("note_judge_harmonic.npz" if engine.startswith("harmonic") else "note_judge.npz")


def judge(features: NDArray[np.float32], *, engine: str) -> NDArray[np.float64]:
    """(n, features) -> (n,) probability of being a note. Features: media_pipeline.stages.notes.FEATURES."""
    trees = _trees(weights_for(engine))
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
def _trees(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}
