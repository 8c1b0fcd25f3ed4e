"""What the music around a bar says against it: small parts in which one sign was missed or one is too many."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from media_pipeline.omr import surroundings
from media_pipeline.omr.theory import Layout, Where, first_reading, worked
from tests.omr.lattices import Choice, lattice

HEAD = ["clef.G2", "key.-1", "time.4/4"]
BAR = ["p4", "d4", "p5", "d4", "p6", "d4", "p7", "d4", "bar.s"]


def heard(*lines: Sequence[Choice]) -> list[dict[str, float]]:
    """Of each bar, with the network's own reading of it, before theory mends anything."""
    part = [first_reading(lattice([*HEAD, *line]), index) for index, line in enumerate(lines)]
    found = surroundings.around(part).values()
    return [dict(zip(surroundings.NAMES, row.tolist(), strict=True)) for row in found]


def test_a_quiet_bar_has_nothing_against_it() -> None:
    (bar,) = heard(BAR)
    assert {name: value for name, value in bar.items() if value} == {"untied": pytest.approx(math.log(0.002))}


def test_equal_pitches_in_a_row_ask_whether_a_tie_was_half_seen() -> None:
    half: Choice = {"tie": 0.04, "": 0.96}
    asked, silent = heard([*BAR[:-3], "p7", "d4", half, "bar.s", "p7", "d1", "bar.s"])
    assert asked["untied"] == pytest.approx(math.log(0.042), abs=0.05)
    assert silent["untied"] == pytest.approx(math.log(0.002))


def test_a_pitch_altered_anew_was_never_tied() -> None:
    half: Choice = {"tie": 0.04, "": 0.96}
    first, _ = heard([*BAR[:-3], "p7", "d4", half, "bar.s", "acc.s", "p7", "d1", "bar.s"])
    assert first["untied"] == pytest.approx(math.log(0.002))


@pytest.mark.parametrize(("following", "false"), [(["p7"], 0), (["p6"], 1), (["acc.s", "p7"], 1)])
def test_a_tie_leads_to_its_own_pitch_even_in_the_next_line(following: list[str], false: int) -> None:
    first, second = heard([*BAR[:-1], "tie", "bar.s"], [*following, "d1", "bar.s"])
    assert (first["false ties"], second["false ties"]) == (false, 0)


def test_an_augmented_second_is_odd_and_a_tritone_is_not() -> None:
    second, tritone = heard(["p4", "d2", "acc.s", "p5", "d2", "bar.s"], ["p3", "d2", "p6", "d2", "bar.s"])
    assert second["odd steps"] == 1, "B flat to C sharp"
    assert tritone["odd steps"] == 0, "A to D"
    (fifth,) = heard(["p4", "d2", "p7", "d2", "bar.s"])
    assert fifth["odd steps"] == 0, "B flat to E"


def test_an_accidental_counts_to_the_end_of_its_bar() -> None:
    same, _ = heard(["acc.n", "p4", "d2", "p4", "d4", "p5", "d4", "bar.s", "p5", "d1", "bar.s"])
    assert same["accidentals"] == pytest.approx(math.log(2))
    assert same["odd steps"] == 0


def test_an_accidental_is_idle_where_there_is_nothing_to_take_back() -> None:
    (idle,) = heard(["acc.f", "p4", "d1", "bar.s"])
    assert idle["idle"] == 1
    _, taken_back = heard(["acc.n", "p4", "d1", "bar.s", "acc.f", "p4", "d1", "bar.s"])
    assert taken_back["idle"] == 0


def test_a_bar_is_told_alike_by_its_pitches_whatever_the_clef() -> None:
    bass = ["clef.F4", "p16", "d4", "p17", "d4", "p18", "d4", "p19", "d4", "bar.s"]
    altered = ["acc.n", *BAR]
    bars = heard(BAR * 2, [*altered, *bass])
    assert [bar["told alike"] for bar in bars] == pytest.approx([math.log(3), math.log(3), 0, math.log(3)])


def test_an_unannounced_metre_is_asked_whether_tuplets_would_do() -> None:
    six = ["p4", "d8", "p6", "d8", "p5", "d8"] * 2 + ["bar.s"]
    long = ["p4", "d4"] * 4 + ["bar.s"]
    four = ["p4", "d8"] * 4 + ["bar.s"]

    def hidden(metre: list[str], bars: list[str]) -> list[float]:
        line = ["clef.G2", "time.2/4", *four * 6, *metre, *bars * 60, "bar.f"]
        part, _ = worked([lattice(line)], Layout([Where(0, 0, 0)]))
        at = surroundings.NAMES.index("hidden tuplets")
        return [float(row[at]) for row in surroundings.around(part).values()][6:66]

    assert hidden([], six) == [1.0] * 60
    assert hidden(["time.3/4"], six) == [0.0] * 60, "it is printed"
    assert hidden([], long) == [0.0] * 60, "no tuplets make a half of four quarters"
