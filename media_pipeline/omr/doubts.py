"""How likely a bar is wrong: a logistic regression over what the network saw, what theory had to change, and what the
music around the bar says against it (`surroundings`).

The coefficients are fitted by `training/omr/fit_doubts.py` on held-out pages and lie beside the weights of the network
they were fitted for. `doubt` is moved so that 0.5, from where a bar is marked, is as low as it can be while a tenth
of the right bars of clean pages are marked; the probability that a bar so marked is wrong is `threshold` in that file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr import surroundings
from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import DOUBTFUL, BarRead
from media_pipeline.omr.repairs import Bar, Draft
from media_pipeline.omr.theory.durations import WHOLE, sums, tuplet, value
from media_pipeline.omr.tokens import is_figure, is_position

COEFFICIENTS = Path(__file__).resolve().parents[1] / "weights" / "bar_doubts.json"
_LEAST = 0.002  # probabilities below are taken for this
FAULTS = ("wrong", "malformed", "hidden tuplets")  # features of bars that theory finds fault with
_OWN = (
    "weakest", "second", "unsure", "unread", "entropy", "wrong", "malformed", "reread", "lost", "regrouped", "groups",
    "tie mended", "short", "no bar line", "bar line", "dense", "chords", "two voices", "grace", "tuplets", "mixed",
    "empty", "clef", "key", "length",
)  # fmt: skip
_LINE = ("neighbours", "line")  # how unsure the bars beside it are, and those of its whole line
FEATURES = (*_OWN, *surroundings.NAMES, *_LINE)


def judged(draft: Draft, bar: Bar, values: NDArray[np.float64]) -> BarRead:
    """The bar as handed on, with its doubt and the reasons for it. What theory finds fault with is always marked."""
    doubt = probability(values)
    reasons = [*([bar.wrong] if bar.wrong else []), *bar.reasons]
    if values[FEATURES.index("hidden tuplets")]:
        reasons.append("with tuplets it would fit the printed metre")
    if reasons:
        doubt = max(doubt, DOUBTFUL)
    elif doubt >= DOUBTFUL:
        reasons.append(_excuse(draft, bar))
    return BarRead(tuple(bar.tokens), doubt, tuple(reasons))


def probability(values: NDArray[np.float64]) -> float:
    """0..1 of one bar's features."""
    weights, bias = coefficients()
    return float(1 / (1 + math.exp(-max(-30.0, min(30.0, float(values @ weights) + bias)))))


@cache
def coefficients() -> tuple[NDArray[np.float64], float]:
    """(weights in the order of FEATURES, bias)."""
    facts = json.loads(COEFFICIENTS.read_text())
    return np.array([facts["weights"][name] for name in FEATURES]), float(facts["bias"])


def features(part: Sequence[Draft]) -> dict[Bar, NDArray[np.float64]]:
    """(FEATURES,) of every bar. part: all lines of one part, in order."""
    out: dict[Bar, NDArray[np.float64]] = {}
    around = surroundings.around(part)
    for draft in part:
        own = [_own(draft, bar) for bar in draft.bars]
        unsure = [float(values[_OWN.index("unsure")]) for values in own]
        for index, (bar, values) in enumerate(zip(draft.bars, own, strict=True)):
            beside = [*unsure[max(0, index - 1) : index], *unsure[index + 1 : index + 2]] or unsure
            line = [max(beside), sum(unsure) / len(unsure)]
            out[bar] = np.concatenate([values, around[bar], line])
    return out


def _own(draft: Draft, bar: Bar) -> NDArray[np.float64]:
    """(_OWN,) of a bar by itself. Confidences as logarithms of what is missing to 1, so that 0.99 and 0.9 lie apart."""
    names = bar.names
    gaps = sorted((1 - seen.confidence for seen in bar.tokens if counts(seen.token)), reverse=True) or [1.0]
    stop = bar.tokens[-1].frame + 1 if bar.tokens else bar.start + 1
    total = sums(names)
    length = bar.expected
    line_gap = 1 - bar.tokens[-1].confidence if bar.line else 1.0
    return np.array(
        [
            math.log(gaps[0] + _LEAST),
            math.log((gaps[1] if len(gaps) > 1 else 0.0) + _LEAST),
            math.log(sum(gaps) + _LEAST),
            math.log(unread(draft.lattice, bar.start, stop) + _LEAST),
            _entropy(draft.lattice, bar.start, stop),
            bool(bar.wrong),
            bool(total.malformed) or bool(bar.reasons),
            "rhythm" in bar.repaired,
            bar.lost if "rhythm" in bar.repaired else 0.0,
            "tuplet" in bar.repaired,
            bar.lost if "tuplet" in bar.repaired else 0.0,
            "tie" in bar.repaired,
            length is not None and not total.fits(length) and not bar.wrong,
            not bar.line,
            math.log(line_gap + _LEAST),
            any(name in ("d32", "d64", "d128", "r32", "r64") for name in names),
            math.log1p(names.count("ch")),
            "lo" in names,
            any(name.startswith("gd") for name in names),
            any(tuplet(name) for name in names),
            mixed(names),
            not any(is_position(name) for name in names),
            math.log(draft.clef_doubt + _LEAST),
            math.log(draft.key_doubt + _LEAST),
            math.log(sum(counts(name) for name in names) + 1),
        ],
        np.float64,
    )


def mixed(names: Sequence[str]) -> bool:
    """Whether one note value stands in tuplets and outside them: the brackets may have been put in the wrong place."""
    values: tuple[set[str], set[str]] = (set(), set())
    within = False
    for name in names:
        within = bool(tuplet(name)) or (within and name != "tupend")
        if value(name) is not None:
            values[within].add(name[1:])
    return not values[0].isdisjoint(values[1])


@cache
def counts(token: str) -> bool:
    """Whether a token is of those that pitches and durations hang on. Tuplets are judged by what regrouped them."""
    bare = is_position(token) or value(token) is not None
    return (
        bare
        or is_figure(token)
        or token.startswith(("acc.", "bar.", "clef."))
        or token in ("dot", "ch", "tie", "lo", *WHOLE)
    )


def unread(lattice: Lattice, start: int, stop: int) -> float:
    """Probability of the likeliest note, value or bar line in a frame that was read as something else."""
    a, b = lattice.rows(start, stop)
    if a == b:
        return 0.0
    ids, logs = lattice.ids[a:b], lattice.logs[a:b].astype(np.float32)
    matters = _matters(lattice.vocabulary)[ids]
    matters[:, 0] = False
    # the tail of a token's own run is no second token
    for row in range(len(ids)):
        for near in (row - 1, row + 1):
            if 0 <= near < len(ids):
                matters[row] &= ids[row] != ids[near, 0]
    return float(np.exp(logs[matters].max())) if matters.any() else 0.0


@cache
def _matters(vocabulary: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([counts(token) for token in vocabulary])


def _entropy(lattice: Lattice, start: int, stop: int) -> float:
    spread = lattice.entropy(start, stop)
    return math.log(float(np.sort(spread)[-3:].mean()) + 0.02) if len(spread) else 0.0


def _excuse(draft: Draft, bar: Bar) -> str:
    """Why a bar is doubtful where theory found nothing wrong with it."""
    if "rhythm" in bar.repaired or "tuplet" in bar.repaired:
        return "read again to fit its metre"
    if draft.key_doubt > 0.5 or draft.clef_doubt > 0.5:
        return "the key of this line is not sure" if draft.key_doubt > draft.clef_doubt else "the clef is not sure"
    weakest = min((seen for seen in bar.tokens if counts(seen.token)), key=lambda seen: seen.confidence, default=None)
    return "two readings are nearly as likely" if weakest and weakest.confidence < 0.8 else "hard to read here"


def fit(
    rows: NDArray[np.float64], wrong: Sequence[bool] | NDArray[np.bool_], *, ridge: float = 1.0
) -> tuple[NDArray[np.float64], float]:
    """(weights, bias) of a logistic regression (Newton's method), on features as they are. rows: (bars, FEATURES)."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    x = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    y = np.asarray(wrong, np.float64)
    penalty = np.full(x.shape[1], ridge)
    penalty[-1] = 1e-6
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (chance - y) + penalty * beta
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    weights = beta[:-1] / spread
    return weights, float(beta[-1] - weights @ mean)
