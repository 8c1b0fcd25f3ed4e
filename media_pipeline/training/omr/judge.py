"""How well books and pages are read: real cases with truth, scored as the public scorer of the folder does.

    python -m media_pipeline.training.evaluate omr --eval FOLDER [--only partbooks] [--keep OUT] [--ned] [--wrong]

FOLDER is told in omr/cases.py; score_pages.py, in it or named by --scorer, aligns and counts. A book is read whole;
what it reads is cut to its songs where the bars of the truth match best, so that each song of each part is a case.
"""

from __future__ import annotations

import importlib.util
import json
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from media_pipeline.training.omr import documents, ned
from media_pipeline.training.omr.cases import BookToRead, Sort, Truth, books
from media_pipeline.training.omr.marking import JudgedBar, Marking, marking

Measures = list[Any]  # of score_pages.read_xml: [(events, head)]


@dataclass(frozen=True)
class PrintedBar:
    """What a book says of a bar that it read. A multi-measure rest is one."""

    page: int  # of the book, from 0
    system: int  # of the page, from 0
    doubt: float  # 0..1


@dataclass(frozen=True)
class Document:
    """A document that was read, and which printed bar each of its measures is of."""

    path: Path
    printed: list[PrintedBar]


@dataclass(frozen=True)
class BookRead:
    documents: list[Document]
    pages: int
    engine: str  # and its weights' version


Reader = Callable[[Path, Path], BookRead]  # a book's file, a folder to work in


@dataclass(frozen=True)
class Score:
    """One case: a song of a book. None: the truth has no bars (MIDI)."""

    case: str
    sort: Sort
    note: float
    pitch: float
    ser: float | None = None
    ser_shown: float | None = None  # where rests that the truth hides are left out
    bars: tuple[int, int] | None = None  # measures read, in truth
    exact: float | None = None  # share of the measures, as shown, that are read exactly
    judged: tuple[JudgedBar, ...] = ()
    missing: tuple[tuple[int, str], ...] = ()  # truth's measures that were not read: before which, what they say
    ned: float | None = None
    unmeasured: str = ""  # why there is no OMR-NED
    book: str = ""
    pages: int = 0  # of the whole book
    seconds: float = 0.0
    engine: str = ""

    @property
    def marking(self) -> Marking:
        return marking(self.judged)


def scorer(path: Path) -> Any:
    """The public scorer, score_pages.py, as a module. Raises FileNotFoundError."""
    spec = importlib.util.spec_from_file_location("score_pages", path)
    if spec is None or spec.loader is None or not path.exists():
        raise FileNotFoundError(f"{path} is not there; the evaluation folder has it, or name it with --scorer")
    module = ModuleType("score_pages")
    module.__file__ = str(path)
    spec.loader.exec_module(module)
    return module


def evaluate(
    found: Iterable[BookToRead], *, score: Any, read: Reader, keep: Path, ned_seconds: float | None = None
) -> Iterator[Score]:
    """Every song of every book. What was read goes to folders of `keep`; with `ned_seconds` OMR-NED is measured too."""
    for book in found:
        out = keep / f"{book.name}-{book.sort}"
        out.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        got = read(book.file, out)
        seconds = time.perf_counter() - began
        measures, printed = _joined(score, got.documents)
        barred = [score.read_xml(str(song.path), song.part) for song in book.songs if not song.midi]
        spans = cut(score, measures, barred) if barred else [(0, len(measures))]  # a MIDI file is a page's only truth
        for song, (first, last) in zip(book.songs, spans, strict=True):
            about: dict[str, Any] = {
                "case": f"{book.name} {song.name}".strip(), "sort": book.sort, "book": book.name,
                "pages": got.pages, "seconds": seconds, "engine": got.engine,
            }  # fmt: skip
            if song.midi:
                note, pitch = _against_midi(score, measures[first:last], song.path)
                yield Score(**about, note=note, pitch=pitch)
                continue
            exact, shown = _truths(song, out)
            if ned_seconds is not None:
                value, why = _ned([d.path for d in got.documents], first, last, exact, seconds=ned_seconds)
                about |= {"ned": value, "unmeasured": why}
            yield compare(
                score, measures[first:last], printed[first:last],
                truth=score.read_xml(str(exact)), shown=score.read_xml(str(shown)), **about,
            )  # fmt: skip


def compare(
    score: Any,
    measures: Measures,
    printed: Sequence[PrintedBar],
    *,
    truth: Measures,
    shown: Measures | None = None,
    **about: Any,
) -> Score:
    """Read against truth; bar by bar against what is shown of it. `about` goes into the Score: at least case and sort.

    Some truths fill their bars with rests that they hide; no reader of pages can see them. The figures of the public
    scorer count them all the same; which bars are wrong is judged, and `ser_shown` measured, without them.
    """
    shown = truth if shown is None else shown
    note, pitch = _f1(score, score.notes_of(measures), score.notes_of(truth))
    read, said = _by_measure(score, measures), _by_measure(score, shown)
    right: set[int] = set()
    instead: dict[int, str] = {}
    missing: list[tuple[int, str]] = []
    for tag, first, last, begin, end in score.ops(read, said):
        if tag == "equal":
            right |= set(range(first, last))
        instead.update(zip(range(first, last), said[begin:end], strict=False))
        missing += [(last, text) for text in said[begin + last - first : end]]
    return Score(
        **about, note=note, pitch=pitch,
        ser=_ser(score, measures, truth),
        ser_shown=_ser(score, measures, shown),
        bars=(len(measures), len(truth)),
        exact=len(right) / max(1, len(truth)),
        judged=tuple(_judged(read, printed, right, instead, missing)),
        missing=tuple(missing),
    )  # fmt: skip


def _judged(
    read: Sequence[str],
    printed: Sequence[PrintedBar],
    right: set[int],
    instead: dict[int, str],
    missing: Sequence[tuple[int, str]],
) -> Iterator[JudgedBar]:
    """Measures -> the bars they are printed as. A rest of several measures is wrong too where one more is missing."""
    for _, group in groupby(range(len(read)), key=lambda i: id(printed[i])):
        bar = list(group)
        short = len(bar) > 1 and any(bar[0] <= at <= bar[-1] + 1 and text == read[bar[0]] for at, text in missing)
        yield JudgedBar(
            measure=bar[0],
            read=" ".join(read[i] for i in bar),
            truth=" ".join(filter(None, [instead.get(i, "") for i in bar] + [read[bar[0]]] * short)),
            doubt=printed[bar[0]].doubt,
            right=right.issuperset(bar) and not short,
            page=printed[bar[0]].page,
            system=printed[bar[0]].system,
        )


def cut(score: Any, measures: Measures, truths: Sequence[Measures]) -> list[tuple[int, int]]:
    """Where in `measures` each truth lies: at the borders of the best alignment of all of them, bar by bar."""
    read = _by_measure(score, measures)
    printed = [text for truth in truths for text in _by_measure(score, truth)]
    borders: list[int] = []
    end = 0
    place: dict[int, int] = {}
    for _, first, last, begin, finish in score.ops(read, printed):
        for k in range(begin, finish + 1):  # a printed border inside a replaced stretch lies as far into what was read
            place.setdefault(k, min(last, first + (k - begin)))
    for truth in truths:
        end += len(truth)
        borders.append(place.get(end, len(measures)))
    borders[-1] = len(measures)
    return list(zip([0, *borders[:-1]], borders, strict=True))


def _joined(score: Any, documents: Sequence[Document]) -> tuple[Measures, list[PrintedBar]]:
    """A book's measures from its documents, and the printed bar of each."""
    measures: Measures = []
    for document in documents:
        found = score.read_xml(str(document.path))
        if len(found) != len(document.printed):
            raise ValueError(f"{document.path.name} has {len(found)} measures, its side file {len(document.printed)}")
        measures += found
    return measures, [bar for document in documents for bar in document.printed]


def _by_measure(score: Any, measures: Measures) -> list[str]:
    return [" ".join(score.tokens_of([measure])) for measure in measures]


def _ser(score: Any, measures: Measures, truth: Measures) -> float:
    """Symbol error rate: edits to symbols in truth."""
    read, said = score.tokens_of(measures), score.tokens_of(truth)
    return float(score.dist(read, said)) / max(1, len(said))


def _f1(score: Any, read: list[Any], truth: list[Any]) -> tuple[float, float]:
    """F1 of notes (pitch and duration) and of pitches alone."""
    both = score.prf(score.matches(read, truth), len(read), len(truth))["f1"]
    pitches = [[pitch for pitch, _ in notes] for notes in (read, truth)]
    return both, score.prf(score.matches(*pitches), len(read), len(truth))["f1"]


def _against_midi(score: Any, measures: Measures, truth: Path) -> tuple[float, float]:
    """The same F1, durations rounded to a 24th of a quarter."""

    def rounded(notes: list[Any]) -> list[Any]:
        return [(pitch, Fraction(round(length * 24), 24)) for pitch, length in notes]

    printed = [(pitch, length) for _, pitch, length in score.read_midi(str(truth))]
    return _f1(score, rounded(score.notes_of(measures)), rounded(printed))


def _truths(song: Truth, out: Path) -> tuple[Path, Path]:
    """The truth of a song cut to its part, and only what is shown of it, as documents in `out`."""
    root = documents.part_of(song.path, song.part)
    exact, shown = (out / f"{song.name or 'page'}-{kind}.musicxml" for kind in ("truth", "shown"))
    documents.save(root, exact)
    documents.as_printed(root)
    documents.save(root, shown)
    return exact, shown


def _ned(read: Sequence[Path], first: int, last: int, truth: Path, *, seconds: float) -> tuple[float | None, str]:
    """OMR-NED of measures of what was read, or why there is none; they are written beside the truth."""
    song = truth.with_name(truth.name.replace("-truth.", "-read."))
    try:
        documents.save(documents.span(read, first, last), song)
        return ned.measure(song, truth, seconds=seconds), ""
    except (ned.Unmeasured, ValueError) as error:
        return None, str(error)


def read_book(file: Path, out: Path) -> BookRead:
    """A book read by Copyist, with its doubts from the side file."""
    from media_pipeline.artifacts import Book, Media
    from media_pipeline.local import run_recipe
    from media_pipeline.recipes import READ_PAGES

    book: Book = run_recipe(READ_PAGES, given={Media: [Media(file, file.name)]}, folder=out)[Book]
    told = json.loads(book.report.read_text())
    documents = [
        Document(part.musicxml, by_measure(of_part["lines"], part.bars))
        for part, of_part in zip(book.parts, told["parts"], strict=True)
    ]
    return BookRead(documents, book.pages, told["engine"])


def by_measure(lines: Sequence[Any], measures: int) -> list[PrintedBar]:
    """The side file's lines -> of each measure of the document its printed bar, the same for all measures of a rest.

    What several staves of a part say of a bar is as doubtful as the most doubtful of them.
    """
    bars: dict[int, PrintedBar] = {}
    for line in lines:
        for bar in line["bars"]:
            one = PrintedBar(line["page"], line["system"], bar["doubt"])
            known = bars.setdefault(bar["measure"], one)
            if one.doubt > known.doubt:
                bars[bar["measure"]] = one
    starts = sorted(bars)
    return [bars[starts[max(bisect_right(starts, measure) - 1, 0)]] for measure in range(measures)]


def main(
    folder: Path,
    *,
    only: Literal["", "pages", "partbooks"] = "",
    keep: Path | None = None,
    scorer_at: Path | None = None,
    ned_seconds: float | None = None,
    wrong: bool = False,
) -> None:
    """Print the tables."""
    from media_pipeline.training.omr import tables

    score = scorer(scorer_at or folder / "score_pages.py")
    scores = []
    with tempfile.TemporaryDirectory(prefix="copyist-judge-") as name:
        out = keep or Path(name)
        for one in evaluate(books(folder, only=only), score=score, read=read_book, keep=out, ned_seconds=ned_seconds):
            scores.append(one)
            print(".", end="", flush=True)
    print()
    print(tables.scores(scores))
    print(tables.doubts(scores))
    if wrong:
        print(tables.wrong(scores))
