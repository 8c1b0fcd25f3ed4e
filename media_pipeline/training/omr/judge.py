"""How well books and pages are read: real cases with truth, scored as the public scorer of the folder does.

    python -m media_pipeline.training.evaluate omr --eval FOLDER [--only partbooks] [--keep FOLDER]

FOLDER holds pages/NAME/{page.pdf, scan-N.jpg, truth.musicxml | truth.mid}, partbooks/{NAME.pdf, NAME-scan.pdf,
score-ID.musicxml, README.json} and score_pages.py, whose functions align and count. A book is read whole; what it
reads is cut to its songs where the bars of the truth match best, so that each song of each part is a case.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

BarsRead = list[Any]  # of score_pages.read_xml: [(events, head)]
DOUBTFUL = 0.5


@dataclass(frozen=True)
class ReadBars:
    """What was read of a book: its bars in order, and how doubtful each is (0..1)."""

    bars: BarsRead
    doubts: list[float]
    files: list[Path]
    seconds: float
    pages: int


Reader = Callable[[list[Path], Path], "tuple[list[Path], list[list[float]], int]"]


@dataclass
class Score:
    """One case. None: the truth has no bars (MIDI)."""

    case: str
    sort: str  # "engraved" or "scan"
    note: float
    pitch: float
    ser: float | None = None
    bars: tuple[int, int] | None = None  # read, printed
    exact: float | None = None  # share of the printed bars that are read exactly
    wrong_marked: float | None = None
    right_marked: float | None = None
    wrong: list[int] = field(default_factory=list)  # indices of bars read wrongly


def scorer(folder: Path) -> Any:
    """The folder's own score_pages.py."""
    path = folder / "score_pages.py"
    spec = importlib.util.spec_from_file_location("score_pages", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{path} is not there; it comes with the evaluation folder")
    module = ModuleType("score_pages")
    module.__file__ = str(path)
    spec.loader.exec_module(module)
    return module


def evaluate(folder: Path, *, read: Reader, only: str = "", keep: Path | None = None) -> Iterator[Score]:
    """Every case of the folder, engraved and scanned. `read` reads the files of a book: see `ReadBars`."""
    score = scorer(folder)
    with tempfile.TemporaryDirectory(prefix="copyist-judge-") as name:
        out = keep or Path(name)
        if only in ("", "pages"):
            for case in sorted(path for path in (folder / "pages").iterdir() if path.is_dir()):
                truth = next(case.glob("truth.*"))
                for picture in [*case.glob("page.pdf"), *sorted(case.glob("scan-*"))]:
                    sort = "engraved" if picture.suffix == ".pdf" else "scan"
                    got = _read(score, read, [picture], out / f"{case.name}-{sort}")
                    yield _page(score, f"{case.name}", sort, got, truth)
        if only in ("", "partbooks"):
            books = folder / "partbooks"
            told = json.loads((books / "README.json").read_text())
            for part, book in enumerate(told["books"]):
                truths = [score.read_xml(str(books / f"score-{song['id']}.musicxml"), part) for song in told["songs"]]
                for ending, sort in (("", "engraved"), ("-scan", "scan")):
                    got = _read(score, read, [books / f"{book}{ending}.pdf"], out / f"{book}{ending}")
                    spans = cut(score, got.bars, truths)
                    for song, truth, (first, last) in zip(told["songs"], truths, spans, strict=True):
                        bars, doubts = got.bars[first:last], got.doubts[first:last]
                        yield compare(score, f"{book} {song['id']}", sort, bars, doubts, truth)


def _read(score: Any, read: Reader, files: list[Path], out: Path) -> ReadBars:
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    documents, doubts, pages = read(files, out)
    seconds = time.perf_counter() - began
    bars: BarsRead = []
    doubtful: list[float] = []
    for document, of_bars in zip(documents, doubts, strict=True):
        found = score.read_xml(str(document))
        bars += found
        doubtful += (of_bars + [1.0] * len(found))[: len(found)]
    return ReadBars(bars, doubtful, documents, seconds, pages)


def _page(score: Any, case: str, sort: str, got: ReadBars, truth: Path) -> Score:
    if truth.suffix == ".musicxml":
        return compare(score, case, sort, got.bars, got.doubts, score.read_xml(str(truth)))
    from fractions import Fraction

    def quantised(notes: list[Any]) -> list[Any]:
        return [(pitch, Fraction(round(length * 24), 24)) for pitch, length in notes]

    printed = quantised([(pitch, length) for _, pitch, length in score.read_midi(str(truth))])
    return Score(case, sort, *_notes(score, quantised(score.notes_of(got.bars)), printed))


def _notes(score: Any, read: list[Any], printed: list[Any]) -> tuple[float, float]:
    """F1 of notes (pitch and duration) and of pitches alone."""
    both = score.prf(score.matches(read, printed), len(read), len(printed))["f1"]
    pitches = [[pitch for pitch, _ in notes] for notes in (read, printed)]
    return both, score.prf(score.matches(*pitches), len(read), len(printed))["f1"]


def compare(score: Any, case: str, sort: str, bars: BarsRead, doubts: Sequence[float], truth: BarsRead) -> Score:
    note, pitch = _notes(score, score.notes_of(bars), score.notes_of(truth))
    read, printed = score.tokens_of(bars), score.tokens_of(truth)
    ser = score.dist(read, printed) / max(1, len(printed))
    lines = [[" ".join(score.tokens_of([bar])) for bar in side] for side in (bars, truth)]
    right: set[int] = set()
    for tag, first, last, _, _ in score.ops(*lines):
        if tag == "equal":
            right |= set(range(first, last))
    wrong = [i for i in range(len(bars)) if i not in right]
    marked = {i for i, doubt in enumerate(doubts) if doubt >= DOUBTFUL}
    return Score(
        case, sort, note, pitch, ser, (len(bars), len(truth)), len(right) / max(1, len(truth)),
        len(marked & set(wrong)) / len(wrong) if wrong else None,
        len(marked & right) / len(right) if right else None,
        wrong=wrong,
    )  # fmt: skip


def cut(score: Any, bars: BarsRead, truths: Sequence[BarsRead]) -> list[tuple[int, int]]:
    """Where in `bars` each truth lies: at the borders of the best alignment of all of them, bar by bar."""
    read = [" ".join(score.tokens_of([bar])) for bar in bars]
    printed = [" ".join(score.tokens_of([bar])) for truth in truths for bar in truth]
    borders: list[int] = []
    end = 0
    place: dict[int, int] = {}
    for _, first, last, begin, finish in score.ops(read, printed):
        for k in range(begin, finish + 1):  # a printed border inside a replaced stretch lies as far into what was read
            place.setdefault(k, min(last, first + (k - begin)))
    for truth in truths:
        end += len(truth)
        borders.append(place.get(end, len(bars)))
    borders[-1] = len(bars)
    return list(zip([0, *borders[:-1]], borders, strict=True))


def table(scores: Sequence[Score]) -> str:
    lines = [f"{'':<46}{'note':>7}{'pitch':>7}{'SER':>7}{'exact':>7}{'bars':>12}{'marked':>8}{'falsely':>8}"]

    def number(value: float | None, width: int = 7) -> str:
        return f"{'—':>{width}}" if value is None else f"{value:>{width}.3f}"

    for s in scores:
        bars = "—" if s.bars is None else f"{s.bars[0]} of {s.bars[1]}"
        lines.append(
            f"{s.sort + ' ' + s.case:<46}{number(s.note)}{number(s.pitch)}{number(s.ser)}{number(s.exact)}{bars:>12}"
            f"{number(s.wrong_marked, 8)}{number(s.right_marked, 8)}"
        )
    for sort in ("engraved", "scan"):
        mine = [s for s in scores if s.sort == sort]
        if mine:
            lines.append(_mean(f"mean, {sort} ({len(mine)})", mine))
    lines.append("goal on scans: note 0.975, pitch 0.99, SER 0.02, bars exact in 9 of 10, 0.9 marked, 0.1 falsely")
    return "\n".join(lines)


def _mean(name: str, scores: Sequence[Score]) -> str:
    def mean(values: list[float | None], width: int = 7) -> str:
        known = [v for v in values if v is not None]
        return f"{statistics.fmean(known):>{width}.3f}" if known else f"{'—':>{width}}"

    counted = [s.bars for s in scores if s.bars is not None]
    exact = f"{sum(a == b for a, b in counted)} of {len(counted)}" if counted else "—"
    return (
        f"{name:<46}{mean([s.note for s in scores])}{mean([s.pitch for s in scores])}{mean([s.ser for s in scores])}"
        f"{mean([s.exact for s in scores])}{exact:>12}{mean([s.wrong_marked for s in scores], 8)}"
        f"{mean([s.right_marked for s in scores], 8)}"
    )


def read_book(files: list[Path], out: Path) -> tuple[list[Path], list[list[float]], int]:
    """Documents of a book in order, for each of their measures how doubtful it is, and the number of pages."""
    from media_pipeline.artifacts import Book, Media
    from media_pipeline.local import run_recipe
    from media_pipeline.recipes import READ_PAGES

    given = [Media(path, path.name) for path in files]
    book: Book = run_recipe(READ_PAGES, given={Media: given}, folder=out)[Book]
    report = json.loads(book.report.read_text())
    doubts = []
    for part, told in zip(book.parts, report["parts"], strict=True):
        of_measures = [0.0] * part.bars
        for line in told["lines"]:
            for bar in line["bars"]:
                of_measures[bar["measure"]] = max(of_measures[bar["measure"]], bar["doubt"])
        doubts.append(of_measures)
    return [part.musicxml for part in book.parts], doubts, book.pages


def main(folder: Path, *, only: str = "", keep: Path | None = None) -> None:
    scores = []
    for score in evaluate(folder, read=read_book, only=only, keep=keep):
        scores.append(score)
        print(".", end="", flush=True)
    print()
    print(table(scores))
