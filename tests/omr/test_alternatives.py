"""Other readings of a doubtful bar: what the network saw less likely, and bars of the part that could stand there."""

from __future__ import annotations

from typing import Any

import pytest

from media_pipeline.omr.alternatives import alternatives_of, alternatives_told, without_signs
from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import BarRead, Line
from media_pipeline.omr.theory import Where, at_first_sight
from tests.omr.lattices import VOCABULARY, Choice, lattice

HEAD: list[Choice] = ["clef.G2", "time.2/4"]


def line(*tokens: Choice, doubt: float = 0.9) -> tuple[Line, Lattice]:
    seen = lattice([*HEAD, *tokens])
    read = at_first_sight(seen, Where(0, 0, 0))
    bars = tuple(BarRead(bar.tokens, doubt) for bar in read.bars)
    return Line(0, 0, 0, read.clef, read.key, read.time, bars), seen


def told(*tokens: Choice, doubt: float = 0.9) -> dict[int, list[dict[str, Any]]]:
    read, seen = line(*tokens, doubt=doubt)
    return alternatives_of([read], [seen])[0]


def test_a_head_that_may_stand_one_place_higher() -> None:
    ways = told("p0", "d4", {"p2": 0.6, "p3": 0.4}, "d4", "bar.s")[0]
    assert [way["events"] for way in ways[:2]] == [["1 30:0", "1 32:0"], ["1 30:0", "1 33:0"]]
    assert ways[0]["lost"] == 0
    assert ways[1]["lost"] == pytest.approx(0.405, abs=0.05)  # the logarithm of 0.6 / 0.4


def test_an_accidental_that_was_glimpsed_counts_to_the_end_of_the_bar() -> None:
    ways = told({"acc.s": 0.3, "": 0.7}, "p1", "d4", "p1", "d4", "bar.s")[0]
    assert [way["events"] for way in ways[:2]] == [["1 31:0", "1 31:0"], ["1 31:1", "1 31:1"]]


def test_what_changes_no_note_makes_no_other_reading() -> None:
    ways = told("p0", "d4", {"sl(": 0.5, "dyn.p": 0.5}, {"p2": 0.6, "p3": 0.4}, "d4", "bar.s")[0]
    events = [tuple(way["events"]) for way in ways]
    assert events[:2] == [("1 30:0", "1 32:0"), ("1 30:0", "1 33:0")]
    assert len(set(events)) == len(events)


def test_a_bar_that_nobody_doubts_has_one_reading() -> None:
    assert told("p0", "d4", {"p2": 0.6, "p3": 0.4}, "d4", "bar.s", doubt=0.1) == {}


def test_rests_and_bars_of_two_voices_are_not_read_anew() -> None:
    assert told("mR", "bar.s") == {}
    assert told("p4", "d2", "lo", {"p0": 0.6, "p1": 0.4}, "d2", "bar.s") == {}


def test_a_bar_of_the_part_may_stand_where_most_of_it_was_not_seen() -> None:
    clear: list[Choice] = ["p0", "d8", "p2", "d8", "p4", "d8", "p6", "d8", "bar.s"]
    covered: list[Choice] = ["p0", "d8", {"p3": 0.7, "p2": 0.2}, "d8", {"p5": 0.7, "p4": 0.2}, "d8",
                             {"p7": 0.7, "p6": 0.2}, "d8", "bar.s"]  # fmt: skip
    ways = told(*clear, *covered)[1]
    assert ways[0]["events"] == ["1/2 30:0", "1/2 33:0", "1/2 35:0", "1/2 37:0"]
    assert ["1/2 30:0", "1/2 32:0", "1/2 34:0", "1/2 36:0"] in [way["events"] for way in ways]


def test_signs_that_change_no_note_are_paper() -> None:
    bare = without_signs(lattice([{"sl(": 0.6, "p4": 0.3, "": 0.1}]))
    row = {VOCABULARY[token]: float(log) for token, log in zip(bare.ids[0], bare.logs[0], strict=True)}
    assert row[VOCABULARY[0]] == pytest.approx(-0.357, abs=0.02)  # the logarithm of 0.7
    assert row["p4"] == pytest.approx(-1.204, abs=0.02)


def test_as_a_revision_has_them() -> None:
    ways = [{"lost": 0.0, "events": ["1 r"]}]
    lines: list[dict[str, Any]] = [{"bars": [{}, {"alternatives": ways}]}, {"bars": [{}]}]
    assert alternatives_told(lines) == {"0-1": ways}
