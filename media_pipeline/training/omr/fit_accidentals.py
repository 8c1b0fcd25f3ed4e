"""Fits what the band's proof-reading knows of accidentals: how likely each alteration is among its surroundings.

    python -m media_pipeline.training.omr.fit_accidentals CORPUS/quartets [--works 40] [--bars 160]

Reads scores of string quartets that are not held out, and writes notation/score/check/accidentals.json. Printed on the
held-out works: how often the likeliest alteration is the true one, of all runs and of those that leave the key.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.training.omr import held_out
from media_pipeline.training.omr.truth import read_score
from notation.score.check import accidentals
from notation.score.check.bars import Bar, key_alter, read_part

Sample = tuple[NDArray[np.float32], bool]  # features of each alteration, the true one first; does it leave the key?


def columns_of(root: etree._Element) -> list[dict[str, Bar]]:
    """A score's bars by part."""
    parts = {}
    for part in root.iterfind("part"):
        alone = etree.Element("score-partwise")
        alone.append(copy.deepcopy(part))
        parts[part.get("id") or ""] = read_part(alone)
    count = min(len(bars) for bars in parts.values())
    return [{name: bars[n] for name, bars in parts.items()} for n in range(count)]


def samples(path: Path, *, bars: int, chance: random.Random) -> Iterator[Sample]:
    """Runs of some stretches of a score."""
    columns = columns_of(read_score(path))
    around = accidentals.Surroundings(columns)
    stretch = 40
    starts = list(range(0, max(1, len(columns) - stretch), stretch))
    for start in chance.sample(starts, min(len(starts), max(1, bars // stretch))):
        for at in range(start, min(start + stretch, len(columns))):
            for part, bar in columns[at].items():
                for run in accidentals.runs(part, at, bar):
                    if run.sounds[0].tied:
                        continue
                    leaves = run.sounds[0].written_alter != key_alter(bar.written_fifths, run.sounds[0].written % 7)
                    if not leaves and chance.random() < 0.5:
                        continue
                    alters = accidentals.alternatives(run, bar.written_fifths)
                    yield around.features(run, alters), leaves


def fit(given: list[Sample], *, decay: float = 3e-4) -> NDArray[np.float64]:
    """Weights of the conditional logit, by L-BFGS."""
    from scipy.optimize import minimize

    most = max(len(rows) for rows, _ in given)
    x = np.zeros((len(given), most, accidentals.SIZE), np.float32)
    there = np.zeros((len(given), most), bool)
    for n, (rows, _) in enumerate(given):
        x[n, : len(rows)], there[n, : len(rows)] = rows, True
    # runs in the key were thinned out by half
    weight = np.array([1.0 if leaves else 2.0 for _, leaves in given])
    weight /= weight.sum()

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = np.where(there, x @ w.astype(np.float32), -1e9)
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        odds /= odds.sum(axis=1, keepdims=True)
        error = odds.astype(np.float32)
        error[:, 0] -= 1
        slope = np.einsum("nk,nkf->f", error * weight[:, None].astype(np.float32), x)
        value = -(weight * np.log(odds[:, 0] + 1e-12)).sum() + decay * (w @ w)
        return float(value), slope.astype(np.float64) + 2 * decay * w

    return np.asarray(minimize(loss, np.zeros(accidentals.SIZE), jac=True, method="L-BFGS-B",
                               options={"maxiter": 150}).x)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--works", type=int, default=40)
    parser.add_argument("--bars", type=int, default=160, help="of each work")
    asked = parser.parse_args()
    chance = random.Random(4)  # noqa: S311
    paths = sorted(asked.corpus.glob("*.mxl"))
    chance.shuffle(paths)
    ours = [path for path in paths if not held_out(path.stem)][: asked.works]
    theirs = [path for path in paths if held_out(path.stem)][:8]
    given = [sample for path in ours for sample in samples(path, bars=asked.bars, chance=chance)]
    print(f"{len(given)} runs of {len(ours)} works")
    w = fit(given)
    told = {
        "fitted on": f"{len(given)} runs of {len(ours)} string quartets",
        "weights": [round(float(v), 4) for v in w],
    }
    Path(accidentals.__file__).with_name("accidentals.json").write_text(json.dumps(told) + "\n")
    held = [sample for path in theirs for sample in samples(path, bars=120, chance=chance)]
    for name, chosen in (("all", held), ("leaving the key", [s for s in held if s[1]])):
        right = [int((rows @ w).argmax()) == 0 for rows, _ in chosen]
        print(f"held out, {name}: {np.mean(right):.4f} of {len(right)}")


if __name__ == "__main__":
    main()
