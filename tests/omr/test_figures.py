"""Figures of symbol classes: what a token counts as, what is confused with what."""

from __future__ import annotations

import pytest

from media_pipeline.omr.tokens import BLANK, vocabulary
from media_pipeline.training.omr.figures import NOTHING, Count, class_of, classes_of, total

LINE = ["clef.G2", "key.2", "p4", "d4", "bar.s", "clef.F4", "p4", "d4", "bar.d", "key.-1"]


def test_what_the_goals_name_has_a_class_of_its_own() -> None:
    assert {token: class_of(token) for token in ("sl(", "sl)", "tie", "dyn.pp", "art.ten", "bar.rep", "rep.s")} == {
        "sl(": "slur", "sl)": "slur", "tie": "tie", "dyn.pp": "dynamic", "art.ten": "articulation",
        "bar.rep": "repeat", "rep.s": "repeat",
    }  # fmt: skip
    assert [class_of(token) for token in ("volta2", "reh", "mm", "n7", "n0", "mR", "bar.d")] == [
        "volta", "rehearsal mark", "multi-rest", "multi-rest", "multi-rest", "bar rest", "bar line",
    ]  # fmt: skip
    named = {class_of(token) for token in vocabulary() if token != BLANK}
    assert not any(mark in name for name in named for mark in ".()")


def test_clefs_and_keys_after_a_lines_beginning_are_changes() -> None:
    assert classes_of(LINE) == [
        "clef", "key", "position", "note value", "bar line", "clef change", "position", "note value", "bar line",
        "key change",
    ]  # fmt: skip


def test_what_is_right_counts_in_the_truths_class() -> None:
    count = Count()
    count.add(["dyn.p", *LINE], LINE)  # after a dynamic that is not there, the clef would be a change
    assert count.f1("clef") == count.f1("clef change") == count.f1("key") == 1
    assert count.read["dynamic"] == 1
    assert count.confused == {(NOTHING, "dyn.p"): 1}


def test_confusions_name_truth_first_and_count_what_is_missed() -> None:
    count = Count()
    count.add(["p1", "d8", "bar.s"], ["p1", "d4", "tie", "bar.s"])
    count.add(["p1", "d8", "bar.s"], ["p1", "d4", "bar.s"])
    assert count.confused == {("d4", "d8"): 2, ("tie", NOTHING): 1}
    assert (count.edits, count.staves) == (3, 2)
    assert (count.precision("note value"), count.recall("tie"), count.f1("bar line")) == (0, 0, 1)


def test_counts_are_added_up_as_if_all_had_been_read_together() -> None:
    lines = [(LINE[:5], LINE[:6]), (LINE[2:], LINE[1:]), ([], LINE)]
    together, apart = Count(), []
    for read, truth in lines:
        together.add(read, truth)
        apart.append(Count())
        apart[-1].add(read, truth)
    assert total(apart) == together
    assert together.error == pytest.approx(12 / 25)
    assert next(iter(together.table()))[:2] == ("position", 5)
