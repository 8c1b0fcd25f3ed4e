"""How much the band's proof-reading puts right: wrong bars of part books before and after its repairs.

    python -m media_pipeline.training.omr.proofread FOLDER --keep OUT [--sort scan] [--scorer score_pages.py]

FOLDER/partbooks is told in cases.py. Books are read once and kept in OUT; each song's parts, cut where the bars of the
truth match best, are proof-read by notation.score.check without sight of the truth. Columns, of all parts of a song:

    bars     measures of the truth
    wrong    of them not read exactly (as judge.py counts them), and measures too many; before and after the repairs
    gone     share of these that the repairs take away
    mended   measures of the truth wrong before and right after;  added: the other way round
    marks    keys, metres, bar lines, endings, jumps and rehearsal marks that are missing, wrong or too many, likewise
    by hand  corrections that are left to be made until every part has the truth's number of bars, likewise: places
             where bars are to be put in or taken out
"""

from __future__ import annotations

import argparse
import copy
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from media_pipeline.training.omr import documents
from media_pipeline.training.omr.cases import BookToRead, Sort, books
from media_pipeline.training.omr.judge import cut, scorer
from notation.reading import glances_of
from notation.score.check import CONFIDENT, mend
from notation.score.check.bars import Bar, read_part

Glances = dict[str, dict[str, float]]  # id of a note -> accidental -> how likely it is printed there
Alternatives = dict[str, list[dict[str, Any]]]  # id of a note, without its token -> readings of its bar


@dataclass(frozen=True)
class PartRead:
    """A part of a song as it was read, and the truth of what is printed in it."""

    root: etree._Element
    doubts: list[float]  # of each measure
    glances: Glances
    alternatives: Alternatives
    truth: etree._Element


def songs_read(folder: Path, *, keep: Path, score: Any, sort: Sort) -> dict[str, dict[str, PartRead]]:
    """song -> book -> what was read."""
    out: dict[str, dict[str, PartRead]] = {}
    for book in books(folder, only="partbooks"):
        if book.sort != sort:
            continue
        told = kept(book, keep)
        paths = [keep / f"{book.name}-{book.sort}" / one["document"] for one in told]
        measures = [m for path in paths for m in score.read_xml(str(path))]
        doubts = [doubt for one in told for doubt in one["doubts"]]
        glances = {note: odds for one in told for note, odds in one["glances"].items()}
        others = {bar: ways for one in told for bar, ways in one["alternatives"].items()}
        barred = [score.read_xml(str(song.path), song.part) for song in book.songs]
        for song, (first, last) in zip(book.songs, cut(score, measures, barred), strict=True):
            truth = documents.part_of(song.path, song.part)
            documents.as_printed(truth)
            root = documents.span(paths, first, last)
            out.setdefault(song.name, {})[book.name] = PartRead(root, doubts[first:last], glances, others, truth)
    return out


def kept(book: BookToRead, keep: Path) -> list[dict[str, Any]]:
    """What a book reads, from `keep` where it was read before: of each document its doubts and glances."""
    out = keep / f"{book.name}-{book.sort}"
    index = out / "read.json"
    if not index.exists():
        out.mkdir(parents=True, exist_ok=True)
        index.write_text(json.dumps(read(book.file, out)))
    told: list[dict[str, Any]] = json.loads(index.read_text())
    return told


def read(file: Path, out: Path) -> list[dict[str, Any]]:
    """A book read by Copyist. Notes of its documents get ids that are the book's own."""
    from media_pipeline.artifacts import Book, Media
    from media_pipeline.local import run_recipe
    from media_pipeline.omr.alternatives import alternatives_told
    from media_pipeline.omr.glances import glances_told
    from media_pipeline.recipes import READ_PAGES
    from media_pipeline.training.omr.judge import by_measure

    made = run_recipe(READ_PAGES, given={Media: [Media(file, file.name)]}, folder=out)
    book: Book = made[Book]
    told = json.loads(book.report.read_text())
    found = []
    for number, (part, of_part) in enumerate(zip(book.parts, told["parts"], strict=True)):
        root = etree.parse(part.musicxml).getroot()
        seen = glances_of(glances_told(of_part["lines"]), root)
        glances: Glances = {f"d{number}-{note}": odds for note, odds in seen.items()}
        others = alternatives_told(of_part["lines"])
        for note in root.iter("note"):
            if note.get("id"):
                note.set("id", f"d{number}-{note.get('id')}")
        documents.save(root, part.musicxml)
        found.append(
            {
                "document": str(part.musicxml.relative_to(out)), "glances": glances,
                "alternatives": {f"d{number}-n{bar}": ways for bar, ways in others.items()},
                "doubts": [bar.doubt for bar in by_measure(of_part["lines"], part.bars)],
            }
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class State:
    """How a part stands against its truth."""

    right: frozenset[int]  # measures of the truth that were read exactly
    surplus: int  # measures too many
    bars: int  # measures of the truth
    read: int
    corrections: int  # places where bars have to be put in or taken out until there are as many as in truth
    faults: tuple[str, ...]  # marks that are wrong, missing (-) or too many (+)

    @property
    def wrong(self) -> int:
        return self.bars - len(self.right) + self.surplus


def state(score: Any, root: etree._Element, truth: etree._Element, folder: Path) -> State:
    texts = []
    for name, tree in (("read", root), ("truth", truth)):
        documents.save(tree, folder / f"{name}.musicxml")
        texts.append([" ".join(score.tokens_of([m])) for m in score.read_xml(str(folder / f"{name}.musicxml"))])
    read, said = texts
    right: set[int] = set()
    pairs: list[tuple[int, int]] = []
    surplus = 0
    lengths: list[int] = []  # by how many measures stretches are too long
    for tag, first, last, begin, end in score.ops(read, said):
        if tag == "equal":
            right |= set(range(begin, end))
        pairs += zip(range(first, last), range(begin, end), strict=False)
        lengths.append((last - first) - (end - begin))
        surplus += max(0, lengths[-1])
    mine, theirs = read_part(root), read_part(truth)
    faults: list[str] = []
    before: set[str] = set()
    for a, b in pairs:
        apart = _marks(mine[a]) ^ _marks(theirs[b])
        now = {f"{'+' if mark in _marks(mine[a]) else '-'}{mark[0]} {mark[1]}" for mark in apart}
        # a metre or a key that stays wrong is wrong once
        faults += [
            f"{one} at {b + 1}" for one in sorted(now) if not (one in before and one[1:].startswith(("metre", "key")))
        ]
        before = now
    corrections = corrections_of(lengths)
    return State(frozenset(right), surplus, len(said), len(read), corrections, tuple(faults))


def corrections_of(lengths: Sequence[int]) -> int:
    """How many stretches must get as long as they should until the whole is; lengths: by how much each is too long."""
    left = abs(sum(lengths))
    sign = 1 if sum(lengths) > 0 else -1
    count = 0
    for length in sorted((sign * length for length in lengths), reverse=True):
        if left <= 0:
            break
        left -= length
        count += 1
    return count


def _marks(bar: Bar) -> set[tuple[str, object]]:
    """What a bar says beside its notes."""
    found: set[tuple[str, object]] = {
        ("metre", bar.metre),
        ("key", bar.written_fifths),
        *(("sign", s) for s in bar.signs),
    }
    if bar.forward:
        found.add(("forward", True))
    if bar.backward:
        found.add(("backward", True))
    if bar.ending:
        found.add(("ending", bar.ending))
    if bar.rehearsal:
        found.add(("rehearsal", bar.rehearsal))
    if bar.line in ("light-light", "light-heavy"):
        found.add(("line", True))
    return found


@dataclass(frozen=True)
class Tally:
    """A row of the table; pairs are before and after the repairs."""

    bars: int = 0
    wrong: tuple[int, int] = (0, 0)
    mended: int = 0
    added: int = 0
    marks: tuple[int, int] = (0, 0)
    corrections: tuple[int, int] = (0, 0)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.bars + other.bars, _sum(self.wrong, other.wrong), self.mended + other.mended, self.added + other.added,
            _sum(self.marks, other.marks), _sum(self.corrections, other.corrections),
        )  # fmt: skip

    def line(self, name: str) -> str:
        gone = 1 - self.wrong[1] / self.wrong[0] if self.wrong[0] else 0.0
        pairs = (f"{was} -> {now}" for was, now in (self.wrong, self.marks, self.corrections))
        wrong, marks, corrections = pairs
        return f"{name:28}{self.bars:7}{wrong:>13}{gone:7.0%}{self.mended:8}{self.added:7}{marks:>13}{corrections:>12}"


HEADING = f"{'song':28}{'bars':>7}{'wrong':>13}{'gone':>7}{'mended':>8}{'added':>7}{'marks':>13}{'by hand':>12}"


def _sum(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


def measure(score: Any, parts: dict[str, PartRead], *, sure: float, told: bool = False) -> Tally:
    """The repairs of one song, all parts together. told: say every repair, and what stays wrong."""
    total = Tally()
    with tempfile.TemporaryDirectory(prefix="copyist-proofread-") as name:
        folder = Path(name)
        song = {part: copy.deepcopy(read.root) for part, read in parts.items()}
        before = {part: state(score, song[part], read.truth, folder) for part, read in parts.items()}
        glances = {part: read.glances for part, read in parts.items()}
        doubts = {part: read.doubts for part, read in parts.items()}
        readings = {part: read.alternatives for part, read in parts.items()}
        made = mend(song, doubts=doubts, glances=glances, readings=readings, sure=sure)
        after = {part: state(score, song[part], read.truth, folder) for part, read in parts.items()}
    if told:
        for one in made:
            print(f"  {one.confidence:.2f} {one.kind}: {one.sentence}")
    for part, was in before.items():
        now = after[part]
        if told and now.faults:
            print(f"  marks of {part} still wrong: {'; '.join(now.faults)}")
        if told and was.right - now.right:
            print(f"  broken in {part}: {sorted(n + 1 for n in was.right - now.right)}")
        total += Tally(
            was.bars, (was.wrong, now.wrong), len(now.right - was.right), len(was.right - now.right),
            (len(was.faults), len(now.faults)), (was.corrections, now.corrections),
        )  # fmt: skip
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", type=Path, required=True, help="a folder for what was read")
    parser.add_argument("--sort", choices=("engraved", "scan"), help="only these books")
    parser.add_argument("--scorer", type=Path, help="score_pages.py, if it is not in that folder")
    parser.add_argument("--sure", type=float, default=CONFIDENT, help="repairs of at least this confidence")
    parser.add_argument("--told", action="store_true", help="say every repair")
    asked = parser.parse_args()
    score = scorer(asked.scorer or asked.folder / "score_pages.py")
    print(HEADING)
    sorts: tuple[Sort, ...] = (asked.sort,) if asked.sort else ("engraved", "scan")
    whole = Tally()
    for sort in sorts:
        for name, parts in songs_read(asked.folder, keep=asked.keep, score=score, sort=sort).items():
            row = measure(score, parts, sure=asked.sure, told=asked.told)
            whole += row
            print(row.line(f"{name} {sort}"), flush=True)
    print(whole.line("all"))


if __name__ == "__main__":
    main()
