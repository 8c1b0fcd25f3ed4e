"""What makes a bar doubtful: features that say what they are named for, coefficients that learn from them."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.omr import doubts
from media_pipeline.omr.model import DOUBTFUL
from media_pipeline.omr.theory import Layout, Where, second_reading, worked
from tests.omr.lattices import Choice, lattice

HEAD = ["clef.G2", "time.4/4"]
BAR = ["p4", "d4", "p5", "d4", "p6", "d4", "p7", "d4", "bar.s"]


def features(*bars: list[Choice]) -> list[dict[str, float]]:
    tokens: list[Choice] = [*HEAD, *(token for bar in bars for token in bar)]
    drafts, _ = worked([lattice(tokens)], Layout([Where(0, 0, 0)]))
    return [dict(zip(doubts.FEATURES, row.tolist(), strict=True)) for row in doubts.features(drafts).values()]


def test_a_hesitant_token_weakens_its_bar() -> None:
    hesitant: list[Choice] = [{"p4": 0.6, "p5": 0.4}, *BAR[1:]]
    sure, unsure = features([*BAR], hesitant)
    assert unsure["weakest"] > sure["weakest"] + 1
    assert unsure["unread"] > sure["unread"] + 1


def test_an_articulation_in_doubt_is_no_doubt_about_the_bar() -> None:
    dotted: list[Choice] = [*BAR[:2], {"art.stacc": 0.6, "": 0.4}, *BAR[2:]]
    sure, same = features([*BAR], dotted)
    assert same["weakest"] == pytest.approx(sure["weakest"])


def test_a_bar_that_does_not_add_up_is_wrong_and_one_read_again_is_not() -> None:
    again: list[Choice] = ["p4", "d4", "p5", {"d2": 0.6, "d4": 0.4}, *BAR[4:]]
    whole, short, mended = features([*BAR], ["p4", "d4", "p5", "d4", "bar.s"], again)[:3]
    assert (whole["wrong"], short["wrong"], mended["wrong"]) == (0, 1, 0)
    assert (short["reread"], mended["reread"]) == (0, 1)
    assert mended["lost"] == pytest.approx(np.log(0.6 / 0.4), abs=0.05)


def test_tuplets_are_mixed_where_their_values_stand_outside_them_too() -> None:
    triplet = ["tup3", "p4", "d8", "r8", "p5", "d8", "tupend"]
    assert doubts.mixed([*triplet, "p4", "d8", "p5", "d8", "bar.s"])
    assert doubts.mixed(["r8", *triplet])
    assert not doubts.mixed([*triplet, *triplet, "p4", "d4", "bar.s"])
    assert not doubts.mixed(BAR)


def test_fit_finds_what_parts_right_from_wrong() -> None:
    r = np.random.default_rng(1)
    rows = r.normal(size=(2000, 3))
    chance = 1 / (1 + np.exp(-(2 * rows[:, 0] - rows[:, 1] - 1)))
    weights, bias = doubts.fit(rows, r.random(2000) < chance)
    assert weights == pytest.approx([2, -1, 0], abs=0.3)
    assert bias == pytest.approx(-1, abs=0.3)


def test_fit_stays_finite_where_one_feature_decides_alone() -> None:
    rows = np.array([[0.0, 1.0]] * 20 + [[1.0, 1.0]] * 20)
    weights, bias = doubts.fit(rows, [False] * 20 + [True] * 20)
    assert np.isfinite(weights).all()
    assert np.isfinite(bias)
    assert rows[0] @ weights + bias < 0 < rows[-1] @ weights + bias


def test_the_committed_coefficients_are_those_of_the_features() -> None:
    weights, _ = doubts.coefficients()
    assert len(weights) == len(doubts.FEATURES)


def test_a_marked_bar_says_why() -> None:
    reading = second_reading(
        [lattice([*HEAD, *BAR * 3, *["p4", "d4", "p5", "d4", "bar.s"], *BAR])], Layout([Where(0, 0, 0)])
    )
    marked = [bar for bar in reading.lines[0].bars if bar.doubt >= DOUBTFUL]
    assert marked
    assert all(bar.reasons for bar in marked)


def test_a_bar_beside_an_unsure_one_hears_of_it() -> None:
    hesitant: list[Choice] = [{"p4": 0.6, "p5": 0.4}, *BAR[1:]]
    first, beside, far = features([*BAR], [*BAR], hesitant)
    assert beside["neighbours"] == pytest.approx(far["unsure"])
    assert beside["neighbours"] > first["neighbours"] + 1
    assert first["line"] == beside["line"] == far["line"]


def test_the_bars_of_an_invented_metre_are_marked_where_tuplets_would_fit_the_printed_one() -> None:
    four = ["p4", "d8"] * 4 + ["bar.s"]
    six = ["p4", "d8", "p6", "d8", "p5", "d8"] * 2 + ["bar.s"]
    line = ["clef.G2", "time.2/4", *four * 6, *six * 90, *four]
    reading = second_reading([lattice(line)], Layout([Where(0, 0, 0)]))
    bars = reading.lines[0].bars
    assert "time.3/4" in [seen.token for seen in bars[6].tokens], "else this test has no invented metre"
    assert all("with tuplets it would fit the printed metre" in bar.reasons for bar in bars[6:96])
    assert all(bar.doubt >= DOUBTFUL for bar in bars[6:96])
    assert not any(bar.reasons for bar in bars[:6])
