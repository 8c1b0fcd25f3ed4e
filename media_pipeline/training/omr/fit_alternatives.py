"""Fits what the band's proof-reading makes of a reader's other readings of a bar: score/check/alternatives.py.

    python -m media_pipeline.training.omr.fit_alternatives CORPUS/quartets --scorer score_pages.py
                                                           [--works 2] [--seeds 1 2] [--pages 99]

1. Read the parts of held-out works staff by staff, damaged; a seed is a reading.
2. Of every doubted bar that has other readings: their features among the other parts, and which of them is the truth's,
   if any is.
3. Fit a conditional logit over the readings and "none of them", with a small ridge; print the weights that go into
   alternatives.py, and how many bars would be mended and broken by weights fitted without the part they are in.
"""

from __future__ import annotations

import argparse
import itertools
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.nets.staff_reader import StaffReader
from media_pipeline.omr.alternatives import alternatives_of
from media_pipeline.omr.measures import lay_out, places
from media_pipeline.omr.musicxml import PartToWrite, document
from media_pipeline.omr.theory import second_reading
from media_pipeline.training.omr import documents, held_out
from media_pipeline.training.omr.fit_doubts import read_part_book
from media_pipeline.training.omr.judge import scorer
from media_pipeline.training.omr.truth import read_score
from notation.reading import doubts_by_measure
from notation.score.check import align
from notation.score.check import alternatives as ours
from notation.score.check.bars import Bar, read_part

RIDGE = 0.15  # on the features' weights
LOOSE = 0.01  # on those of the doubt, of a reading that is not the first, and of none
SURE = (0.7, 0.5, 0.3)  # of a repair, at which the report counts


@dataclass(frozen=True)
class Read:
    """A part as it was read."""

    root: etree._Element
    doubts: Sequence[float]  # of each measure
    alternatives: ours.Alternatives
    truth: etree._Element


@dataclass(frozen=True)
class Case:
    """A doubted bar."""

    part: str  # its reading, work and name: what is kept apart in cross-validation
    rows: NDArray[np.float64]  # (readings, features), of each less the first's
    doubt: float
    right: int  # which reading is; the number of readings where none is


def book_of(work: Path, name: str) -> Path:
    return work.with_name(f"{work.stem}-Part-{name.replace(' ', '_')}.pdf")


def whole(corpus: Path) -> Iterator[tuple[Path, list[str]]]:
    """Held-out works of which there is a book of every part, and the parts' names."""
    for work in sorted(corpus.glob("*.mxl")):
        if held_out(work.stem):
            names = [name.text or "" for name in read_score(work).iter("part-name")]
            if all(book_of(work, name).exists() for name in names):
                yield work, names


def reading(work: Path, part: int, name: str, *, reader: StaffReader, seed: int, pages: int) -> Read:
    """One part of a work, read from its damaged pages."""
    lattices, layout = read_part_book(book_of(work, name), reader, pages=pages, seed=1000 * seed + part)
    lines = second_reading(lattices, layout).lines
    columns = tuple((line,) for line in lines)
    first = places(lay_out(columns))
    told = [
        {"measure": first.get((n, b), 0), "doubt": bar.doubt}
        for n, line in enumerate(lines)
        for b, bar in enumerate(line.bars)
    ]
    ways = {
        f"n{n}-{bar}": readings
        for n, of_line in enumerate(alternatives_of(lines, lattices))
        for bar, readings in of_line.items()
    }
    root = etree.fromstring(etree.tostring(document(PartToWrite(columns, instrument=name))))
    truth = documents.part_of(work, part)
    documents.as_printed(truth)
    return Read(root, doubts_by_measure(told, len(root.findall("part/measure"))), ways, truth)


def cases(name: str, parts: Mapping[str, Read], score: Any) -> Iterator[Case]:
    """The doubted bars of one reading of a work."""
    bars = {part: read_part(read.root) for part, read in parts.items()}
    columns = [{part: bars[part][n] for part, n in column.items()} for column in align.columns(bars)]
    around = ours.Around(columns)
    with tempfile.TemporaryDirectory(prefix="copyist-fit-") as folder:
        truth = {part: _true_bars(read, score, Path(folder)) for part, read in parts.items()}
    for at, column in enumerate(columns):
        for part, bar in column.items():
            ways = ours.ways_of(bar, parts[part].alternatives)
            if not ways or bar.index not in truth[part]:
                continue
            rows = around.features(part, at, ways)
            right = (
                n for n, (_, events) in enumerate(ways) if _said(ours.played(bar, events)) == truth[part][bar.index]
            )
            yield Case(f"{name} {part}", rows - rows[0], parts[part].doubts[bar.index], next(right, len(ways)))


def _true_bars(read: Read, score: Any, folder: Path) -> dict[int, frozenset[object]]:
    """What the truth plays in each bar that was read."""
    said = []
    for root in (read.root, read.truth):
        documents.save(root, folder / "part.musicxml")
        said.append([" ".join(score.tokens_of([bar])) for bar in score.read_xml(str(folder / "part.musicxml"))])
    exact = read_part(read.truth)
    return {
        first + n: _said(exact[begin + n])
        for _, first, last, begin, end in score.ops(*said)
        for n in range(min(last - first, end - begin))
    }


def _said(bar: Bar) -> frozenset[object]:
    notes = {(sound.onset, sound.midi, sound.duration) for sound in bar.sounds if sound.duration}
    return frozenset(notes | {(onset, None, length) for onset, length in bar.rests})


def fit(given: Sequence[Case]) -> NDArray[np.float64]:
    """(features + 3,): the weights, then those of the doubt's logit, of not being the first, and of none of them."""
    from scipy.optimize import minimize

    tables = [table(case) for case in given]
    most, size = max(map(len, tables)), tables[0].shape[1]
    x, there = np.zeros((len(given), most, size)), np.zeros((len(given), most), bool)
    for n, rows in enumerate(tables):
        x[n, : len(rows)], there[n, : len(rows)] = rows, True
    right, each = np.array([case.right for case in given]), np.arange(len(given))
    ridge = np.array([RIDGE] * (size - 3) + [LOOSE] * 3)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = np.where(there, x @ w, -1e9)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        slope = np.einsum("nk,nkf->f", odds, x) - x[each, right].sum(axis=0)
        return float(-np.log(odds[each, right] + 1e-12).sum() + ridge @ (w * w)), slope + 2 * ridge * w

    return np.asarray(minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B").x)


def table(case: Case) -> NDArray[np.float64]:
    """(readings + 1, features + 3): one row more, for none of them."""
    count, size = case.rows.shape
    doubt = min(max(case.doubt, 0.01), 0.99)
    rows = np.zeros((count + 1, size + 3))
    rows[:count, :size] = case.rows
    rows[1:, size] = math.log(doubt / (1 - doubt))
    rows[1:count, size + 1] = 1
    rows[count, size + 2] = 1
    return rows


def odds(case: Case, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    scores = table(case) @ weights
    shares = np.exp(scores - scores.max())
    return np.asarray(shares / shares.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--scorer", type=Path, required=True, help="score_pages.py, which compares bars")
    parser.add_argument("--works", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pages", type=int, default=99)
    asked = parser.parse_args()
    score, reader = scorer(asked.scorer), StaffReader()
    given: list[Case] = []
    for work, names in itertools.islice(whole(asked.corpus), asked.works):
        for seed in asked.seeds:
            parts = {
                name: reading(work, n, name, reader=reader, seed=seed, pages=asked.pages)
                for n, name in enumerate(names)
            }
            given += cases(f"{work.stem} {seed}", parts, score)
            print(f"{work.stem}, reading {seed}: {len(given)} doubted bars so far", flush=True)
    weights = fit(given)
    told = zip([*ours.FEATURES, "of doubt", "bias", "none"], weights, strict=True)
    print(", ".join(f"{name} {weight:.2f}" for name, weight in told))
    wrong = sum(case.right != 0 for case in given)
    print(f"{len(given)} doubted bars, {wrong} wrong; none of the readings is right in "
          f"{sum(case.right == len(case.rows) for case in given)}")  # fmt: skip
    chosen = []
    for part in sorted({case.part for case in given}):
        apart = fit([case for case in given if case.part != part])
        for case in given:
            if case.part == part:
                share = odds(case, apart)[1:-1]
                best = 1 + int(share.argmax())
                chosen.append((float(share[best - 1]), best == case.right, case.right == 0))
    for sure in SURE:
        taken = [one for one in chosen if one[0] >= sure]
        print(f"at {sure}: {sum(one[1] for one in taken)} mended, {sum(one[2] for one in taken)} broken")


if __name__ == "__main__":
    main()
