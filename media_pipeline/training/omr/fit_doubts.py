"""Fits what makes a bar doubtful, on held-out part books whose exact score is known.

    python -m media_pipeline.training.omr.fit_doubts CORPUS/quartets [--pages 4] [--minutes 10]

1. Read the first pages of every held-out part with the committed network, once clean and once damaged.
2. Give them the second reading; align the bars read with the bars of the score; a bar is wrong when a pitch, a
   duration, a tie or its clef or key is.
3. Fit a logistic regression on the features of `omr.doubts`; the threshold is the one that marks WANTED of the wrong
   bars, or as many as it can while it marks ALLOWED of the right ones; each is judged by coefficients fitted without
   its work. What theory finds fault with is marked in any case and teaches the regression nothing.
4. Write weights/bar_doubts.json. To be run again whenever the network is trained again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media_pipeline.nets.staff_reader import StaffReader
from media_pipeline.omr import doubts
from media_pipeline.omr.lattice import Lattice, compress
from media_pipeline.omr.repairs import Bar, Draft
from media_pipeline.omr.theory import Layout, Where, worked
from media_pipeline.omr.theory.durations import TUPLETS, sums, tuplet, value
from media_pipeline.omr.theory.marks import length
from media_pipeline.training.omr import held_out
from media_pipeline.training.omr.truth import bar_tokens, group_rests, read_part, read_score

WANTED = 0.97  # of the wrong bars are to be marked; a little more than asked, for other books are not these
ALLOWED = 0.10  # of the right bars may be, even if fewer of the wrong ones are then: marks on every bar say nothing.
# Counted on the clean pages, which a flatbed's scans are read like; the damaged ones here are worse than it makes them.
RIDGE = 20.0  # of 1, 10, 20 and 30: the wrong bars come from few works, each with faults of its own
SHARES = (0.05, 0.08, 0.10, 0.15)  # of the right bars marked, at which the report says how many of the wrong ones are
DPI = 200
REST = "mR bar"  # a bar of rest, as `core` tells it


@dataclass(frozen=True)
class Case:
    """Bars of one reading of one part."""

    work: str
    damaged: bool
    rows: NDArray[np.float64]  # (bars, features)
    wrong: NDArray[np.bool_]  # (bars,)


@dataclass(frozen=True)
class TruthBar:
    tokens: tuple[str, ...]
    clef: str
    key: str
    full: bool  # as printed; where tuplets go on without their numbers it is not


def core(tokens: Sequence[str], *, printed: bool = False) -> list[str]:
    """What sounds and when: heads, accidentals, durations (however their tuplet is told), ties, bar lines.

    printed: durations as note values, whatever tuplets make of them.
    """
    out: list[str] = []
    ratio = Fraction(1)
    for token in tokens:
        if (length := value(token)) is not None:
            out.append(f"{token[0]}{length * ratio}")
        elif token == "dot" and out and out[-1][0] in "dr":
            out[-1] += "."
        elif token.startswith("tup") and not printed:
            ratio = TUPLETS.get(tuplet(token), Fraction(1))
        elif token.startswith("bar."):
            out.append("bar")
        elif doubts.counts(token) and not token.startswith("clef."):
            out.append(token)
    return ["mR", *out[1:]] if out[:1] == ["r4"] and out[1:] in ([], ["bar"]) else out


def truth_bars(path: Path, part: int) -> list[TruthBar]:
    bars = read_part(read_score(path), part)
    out = []
    for group in group_rests(bars):
        tokens, first = tuple(bar_tokens(bars, group)), bars[group.start]
        each = [tokens] if len(group) == 1 else [("mR", "bar.s")] * len(group)
        out += [TruthBar(t, first.clef, f"key.{first.key}", sums(t).fits(first.length)) for t in each]
    return out


def are_wrong(drafts: Sequence[Draft], truth: Sequence[TruthBar]) -> list[tuple[Draft, Bar, bool]]:
    """Every bar with its music, and whether it differs from the bar of the score that it stands for.

    Bars are aligned whole, as those who judge the result do, for single tokens would find partners in bars alike;
    several bars of rest one by one, for a book may part them elsewhere. Where the print leaves out the numbers of
    tuplets, note values alone are compared.
    """
    from rapidfuzz.distance import Levenshtein

    read = [(draft, bar, core(bar.names, printed=True)) for draft in drafts for bar in draft.bars]
    read = [item for item in read if item[2]]
    units = [index for index, (_, bar, _) in enumerate(read) for _ in range(length(bar) or 1)]
    place: dict[int, int] = {}
    said = [REST if "mm" in read[index][1].names else " ".join(read[index][2]) for index in units]
    score = [" ".join(core(bar.tokens, printed=True)) for bar in truth]
    # Only the first pages were read: without the rest of the score, rests at the end find no partners far away.
    ends = range(int(0.8 * len(said)), min(int(1.25 * len(said)) + 4, len(score)) + 1)
    score = score[: min(ends, key=lambda end: Levenshtein.distance(said, score[:end]), default=len(score))]
    for step in Levenshtein.opcodes(said, score):
        if step.tag == "equal":
            place.update(zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True))
    found = {units[unit]: number for unit, number in place.items()}
    astray = {index for unit, index in enumerate(units) if unit not in place}
    out: list[tuple[Draft, Bar, bool]] = []
    clef, key, line = "", "", -1
    for index, (draft, bar, tokens) in enumerate(read):
        if draft.index != line:
            clef, key, line = draft.clef, draft.key, draft.index
        first = next((n for n, t in enumerate(bar.names) if not t.startswith(("clef.", "key.", "time."))), 0)
        for token in bar.names[:first]:
            clef, key = (token, key) if token.startswith("clef.") else (clef, token if token[:4] == "key." else key)
        number = found.get(index) if index not in astray else None
        music = any(token[:1] == "p" for token in tokens)
        exact = truth[number] if number is not None else None
        signed = not music or (exact is not None and (exact.clef, exact.key) == (clef, key))
        timed = exact is not None and (not (music and exact.full) or core(bar.names) == core(exact.tokens))
        out.append((draft, bar, not (timed and signed)))
        for token in bar.names[first:]:
            clef = token if token.startswith("clef.") else clef
    return out


def read_part_book(book: Path, reader: StaffReader, *, pages: int, seed: int | None) -> tuple[list[Lattice], Layout]:
    """What the network sees of the first pages; damaged where a seed is given."""
    import pypdfium2

    from media_pipeline.training.omr.align import for_net
    from media_pipeline.training.omr.cut import clean_staves, cut
    from media_pipeline.training.omr.damage import damage

    r = np.random.default_rng(seed)
    vocabulary = tuple(reader.vocabulary)
    lattices: list[Lattice] = []
    where: list[Where] = []
    opened = pypdfium2.PdfDocument(book)
    for number in range(min(pages, len(opened))):
        page = np.asarray(opened[number].render(scale=DPI / 72, grayscale=True).to_numpy().squeeze().copy(), np.uint8)
        for index, staff in enumerate(clean_staves(page)):
            image = cut(page, staff)
            small = for_net(image) if seed is None else damage(image, r)
            lattices.append(compress(reader.read(small), vocabulary))
            where.append(Where(number, index, index))
    opened.close()
    return lattices, Layout(where)


def cases(corpus: Path, *, pages: int, minutes: float) -> Iterator[Case]:
    reader = StaffReader()
    end = time.monotonic() + 60 * minutes
    for path in sorted(corpus.glob("*.mxl")):
        if not held_out(path.stem):
            continue
        names = [name.text or "" for name in read_score(path).iter("part-name")]
        for book in sorted(corpus.glob(f"{path.stem}-Part-*.pdf")):
            name = book.stem.split("-Part-")[1].replace("_", " ")
            if name not in names:
                continue
            truth = truth_bars(path, names.index(name))
            for seed in (None, sum(book.name.encode())):
                if time.monotonic() > end:
                    return
                drafts, _ = worked(*read_part_book(book, reader, pages=pages, seed=seed))
                judged = are_wrong(drafts, truth)
                values = doubts.features(drafts)
                rows = np.array([values[bar] for _, bar, _ in judged])
                wrong = np.array([flag for _, _, flag in judged])
                print(f"{book.stem} {'clean' if seed is None else 'damaged'}: {wrong.sum()} of {len(wrong)} bars wrong")
                yield Case(path.stem, seed is not None, rows, wrong)


def fit(found: Sequence[Case]) -> dict[str, object]:
    """Coefficients with the threshold in their bias, and how well bars of other works are marked by them."""
    rows, wrong = np.concatenate([case.rows for case in found]), np.concatenate([case.wrong for case in found])
    works = np.concatenate([np.full(len(case.wrong), case.work) for case in found])
    clean = ~np.concatenate([np.full(len(case.wrong), case.damaged) for case in found])
    faulty = rows[:, [doubts.FEATURES.index(name) for name in doubts.FAULTS]].any(axis=1)  # marked in any case
    score = np.where(faulty, 1e3, 0.0)
    for work in np.unique(works):
        others = ~faulty & (works != work)
        weights, bias = doubts.fit(rows[others], wrong[others], ridge=RIDGE)
        score[~faulty & (works == work)] = rows[~faulty & (works == work)] @ weights + bias
    threshold = float(max(np.quantile(score[wrong], 1 - WANTED), np.quantile(score[~wrong & clean], 1 - ALLOWED)))
    weights, bias = doubts.fit(rows[~faulty], wrong[~faulty], ridge=RIDGE)
    marked = score >= threshold
    return {
        "weights": {name: round(float(weight), 5) for name, weight in zip(doubts.FEATURES, weights, strict=True)},
        "bias": round(bias - threshold, 5),
        "threshold": round(1 / (1 + float(np.exp(-threshold))), 4),
        "bars": len(rows),
        "wrong": int(wrong.sum()),
        "wrong_marked": round(float(marked[wrong].mean()), 4),
        "right_marked": round(float(marked[~wrong].mean()), 4),
        "right_marked_clean": round(float(marked[~wrong & clean].mean()), 4),
        "wrong_marked_at": {
            f"{share:.2f}": round(float((score[wrong] >= np.quantile(score[~wrong], 1 - share)).mean()), 4)
            for share in SHARES
        },
        "works": sorted({case.work for case in found}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--pages", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--out", type=Path, default=doubts.COEFFICIENTS)
    given = parser.parse_args()
    facts = fit(list(cases(given.corpus, pages=given.pages, minutes=given.minutes)))
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{facts['wrong']} of {facts['bars']} bars are wrong; marked: {facts['wrong_marked']} of them")
    print(f"and {facts['right_marked']} of the right ones, with a chance of {facts['threshold']} as the threshold")
    print(f"share of the right ones marked, and then of the wrong ones: {facts['wrong_marked_at']}")


if __name__ == "__main__":
    main()
