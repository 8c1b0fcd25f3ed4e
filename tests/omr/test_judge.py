"""Judging what was read: books cut to their songs, bars right and wrong, doubts laid over them, the tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from media_pipeline.training import evaluate as command
from media_pipeline.training.omr import cases, documents, judge, ned, tables
from tests.omr import scorer
from tests.omr.scores import REST, note, score

SCORER = Path(scorer.__file__)


def bars(names: str) -> list[scorer.Measure]:
    """Each letter a bar of one whole note; "-" a bar's rest."""
    return [([("R" if name == "-" else name, 48)], []) for name in names]


def printed(*doubts: float, rest: int = 1) -> list[judge.PrintedBar]:
    """Bars on page 3; the second stands for so many measures."""
    made = [judge.PrintedBar(2, n, doubt) for n, doubt in enumerate(doubts)]
    return [made[0], *made[1:2] * rest, *made[2:]]


def judged(read: str, truth: str, of_bars: Sequence[judge.PrintedBar]) -> judge.Score:
    return judge.compare(scorer, bars(read), of_bars, truth=bars(truth), case="x", sort="scan")


def test_a_book_is_cut_where_its_songs_fit_best() -> None:
    songs = [bars("ABCD"), bars("EFGH"), bars("IJKL")]
    assert judge.cut(scorer, bars("ABCDEFGHIJKL"), songs) == [(0, 4), (4, 8), (8, 12)]
    assert judge.cut(scorer, bars("ABxEFGyIJKL"), songs) == [(0, 3), (3, 7), (7, 11)]
    assert judge.cut(scorer, bars("AxCDEFGGHIJKLz"), songs) == [(0, 4), (4, 9), (9, 14)]


def test_bars_read_wrongly_or_twice_or_not_at_all() -> None:
    got = judged("AxCDDF", "ABCDEFG", printed(0.1, 0.9, 0.8, 0.0, 0.2, 0.3))
    assert [(bar.measure, bar.read, bar.truth) for bar in got.judged if not bar.right] == [
        (1, "x:48 |", "B:48 |"), (4, "D:48 |", "E:48 |"),
    ]  # fmt: skip
    assert got.missing == ((6, "G:48 |"),)
    assert got.bars == (6, 7)
    assert got.exact == pytest.approx(4 / 7)
    assert got.ser == pytest.approx(4 / 14)  # two notes, and a note and a bar line that are missing
    assert (got.marking.wrong_marked, got.marking.right_marked) == (0.5, 0.25)


def test_a_rest_of_several_bars_is_one_bar_and_wrong_where_it_is_too_short_or_too_long() -> None:
    of_bars = printed(0, 0.7, 0, rest=3)
    right = judged("A---B", "A---B", of_bars)
    assert len(right.judged) == 3
    assert right.marking.right_marked == pytest.approx(1 / 3)
    for truth in ("A----B", "A--B"):
        short = judged("A---B", truth, of_bars)
        assert [bar.measure for bar in short.judged if not bar.right] == [1]
        assert short.marking.wrong_marked == 1
    other = judged("A---B", "A---CB", of_bars)  # a bar of music that is missing is not the rest's fault
    assert all(bar.right for bar in other.judged)
    assert other.missing == ((4, "C:48 |"),)


def test_a_rest_that_the_truth_hides_makes_no_bar_wrong() -> None:
    truth = [*bars("A"), ([("B", 24), ("R", 24)], [])]
    shown = [*bars("A"), ([("B", 24)], [])]
    got = judge.compare(scorer, shown, printed(0, 0), truth=truth, shown=shown, case="x", sort="scan")
    assert all(bar.right for bar in got.judged)
    assert (got.ser, got.ser_shown) == (1 / 5, 0)


def test_a_side_files_bars_stand_for_the_measures_up_to_the_next() -> None:
    upper, lower = (
        {"page": 0, "system": 2, "bars": [{"measure": m, "doubt": doubt} for m, doubt in bars_]}
        for bars_ in (((0, 0.1), (1, 0.6), (4, 0.0)), ((0, 0.9), (1, 0.2), (4, 0.3)))
    )
    got = judge.by_measure([upper, lower], 5)
    assert [bar.doubt for bar in got] == [0.9, 0.6, 0.6, 0.6, 0.3]
    assert got[1] is got[2] is got[3] is not got[4]
    assert {(bar.page, bar.system) for bar in got} == {(0, 2)}


def part(*measures: str) -> etree._Element:
    return score(*measures).findall("part")[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Part books alone, no pages: two books, the second without a scan; two songs."""
    books = tmp_path / "set" / "partbooks"
    books.mkdir(parents=True)
    told = {"books": ["Flute", "Horn"], "songs": [{"id": "march"}, {"id": "waltz"}]}
    (books / "README.json").write_text(json.dumps(told))
    for name, steps in (("march", "CDEF"), ("waltz", "GAB")):
        root = score(*(note(f"{step}5", "whole") for step in steps))
        root.append(part(*(note(f"{step}3", "whole") for step in steps)))
        entry = root.findall("part-list")[0]
        entry.append(etree.fromstring('<score-part id="P2"><part-name>Horn</part-name></score-part>'))
        root.findall("part")[1].set("id", "P2")
        documents.save(root, books / f"score-{name}.musicxml")
    for name in ("Flute", "Flute-scan", "Horn"):
        (books / f"{name}.pdf").write_bytes(b"%PDF")
    return tmp_path / "set"


def read(file: Path, out: Path) -> judge.BookRead:
    """As if by Copyist: the flute's scan has a wrong bar with a doubt; the march and the waltz are one document."""
    steps = [f"{step}{3 if file.stem == 'Horn' else 5}" for step in "CDEFGAB"]
    if file.stem == "Flute-scan":
        steps[5] = "C4"
    path = out / "read.musicxml"
    documents.save(score(*(note(step, "whole") for step in steps)), path)
    of_bars = printed(*(0.8 if step == "C4" else 0.0 for step in steps))
    return judge.BookRead([judge.Document(path, of_bars)], 2, "own-omr test")


def test_a_folder_of_part_books_alone_is_judged_song_by_song(folder: Path, tmp_path: Path) -> None:
    found = cases.books(folder)
    got = list(judge.evaluate(found, score=judge.scorer(SCORER), read=read, keep=tmp_path / "keep"))
    assert [(s.sort, s.case) for s in got] == [
        ("engraved", "Flute march"), ("engraved", "Flute waltz"), ("scan", "Flute march"), ("scan", "Flute waltz"),
        ("engraved", "Horn march"), ("engraved", "Horn waltz"),
    ]  # fmt: skip
    assert [s.exact for s in got] == [1, 1, 1, pytest.approx(2 / 3), 1, 1]
    assert (tmp_path / "keep" / "Flute-scan" / "waltz-truth.musicxml").exists()
    told = tables.scores(got)
    assert "read by own-omr test" in told
    assert "mean, scan (2)" in told
    assert "NED" not in told
    pooled = next(line.split() for line in tables.doubts(got).splitlines() if line.startswith("scan"))
    assert pooled == ["scan", "1", "1.000", "6", "0.000", "1.000", "1.000", "1.000"]
    wrong = tables.wrong(got)
    assert "scan Flute waltz, measure 2, page 3, system 6, doubt 0.80" in wrong
    assert "read   C4:48 |" in wrong
    assert "truth  A5:48 |" in wrong


def test_ned_of_each_song_or_why_there_is_none(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[list[str]] = []

    def measure(read: Path, truth: Path, *, seconds: float) -> float:
        compared.append(["".join(n.text or "" for n in etree.parse(path).iter("step")) for path in (read, truth)])
        if "march" in truth.name:
            raise ned.Unmeasured(f"longer than {seconds} s")
        return 0.25

    monkeypatch.setattr(ned, "measure", measure)
    found = [book for book in cases.books(folder) if book.name == "Flute" and book.sort == "scan"]
    got = list(judge.evaluate(found, score=scorer, read=read, keep=tmp_path, ned_seconds=9.0))
    assert compared == [["CDEF", "CDEF"], ["GCB", "GAB"]]
    assert [(s.ned, s.unmeasured) for s in got] == [(None, "longer than 9.0 s"), (0.25, "")]
    assert "no NED of scan Flute march: longer than 9.0 s" in tables.scores(got)
    assert tables.scores(got).splitlines()[0].split()[-3] == "NED"


def test_pages_may_have_a_truth_without_bars(tmp_path: Path) -> None:
    page = tmp_path / "pages" / "study"
    page.mkdir(parents=True)
    for name in ("page.pdf", "scan-1.jpg", "truth.mid"):
        (page / name).write_bytes(b"")
    found = list(cases.books(tmp_path))
    assert [(book.sort, book.file.name) for book in found] == [("engraved", "page.pdf"), ("scan", "scan-1.jpg")]
    assert found[0].songs[0].midi
    with pytest.raises(FileNotFoundError, match="partbooks"):
        list(cases.books(tmp_path, only="partbooks"))


class MidiScorer:
    """The test's scorer, and a MIDI file of three notes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(scorer, name)

    def read_midi(self, path: str) -> list[tuple[int, str, float]]:
        del path
        return [(0, "C5", 48.001), (48, "D5", 48), (96, "F5", 48)]


def test_a_midi_truth_gives_note_figures_alone(tmp_path: Path) -> None:
    def three(file: Path, out: Path) -> judge.BookRead:
        documents.save(score(note("C5", "whole"), note("D5", "whole") + REST, note("E5", "whole")), out / "a.musicxml")
        return judge.BookRead([judge.Document(out / "a.musicxml", printed(0, 0, 0))], 1, "")

    book = cases.BookToRead("study", "scan", tmp_path / "x.jpg", (cases.Truth("", tmp_path / "truth.mid"),))
    (got,) = judge.evaluate([book], score=MidiScorer(), read=three, keep=tmp_path, ned_seconds=1)
    assert got.note == got.pitch == pytest.approx(2 / 3)
    assert (got.ser, got.bars, got.judged, got.ned) == (None, None, (), None)


def test_a_missing_scorer_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--scorer"):
        judge.scorer(tmp_path / "score_pages.py")
    assert judge.scorer(SCORER).notes_of(bars("A-B")) == [("A", 48), ("B", 48)]


def test_the_command_asks_for_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["omr"])
    assert "--eval FOLDER or --staves FOLDER" in capsys.readouterr().err
