"""What the network saw, kept small: reading it greedily, in several ways, and along given tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from media_pipeline.omr.lattice import compress
from tests.omr.lattices import VOCABULARY, ids, lattice

RHYTHM = [ord(token[0]) if token[:1] in ("d", "r") and token[1:].isdigit() else 0 for token in VOCABULARY]


def said(seen: object) -> list[str]:
    return [item.token for item in seen]  # type: ignore[attr-defined]


def test_greedy_reads_tokens_with_their_frames_and_confidence() -> None:
    seen = lattice("clef.G2 p4 d4 p4 d4 bar.s", sure=0.9).greedy()
    assert said(seen) == ["clef.G2", "p4", "d4", "p4", "d4", "bar.s"]
    assert [item.frame for item in seen] == [1, 3, 5, 7, 9, 11]
    assert seen[1].confidence == pytest.approx(0.9, abs=0.01)


def test_a_run_is_one_token_and_a_left_out_frame_parts_two() -> None:
    rows = np.full((6, len(VOCABULARY)), -20.0, np.float32)
    token = VOCABULARY.index("p4")
    rows[[0, 1, 3], token] = math.log(0.8)
    rows[1, token] = math.log(0.95)
    rows[[2, 4, 5], 0] = -1e-6
    small = compress(rows, VOCABULARY)
    assert len(small.at) == 3
    assert said(small.greedy()) == ["p4", "p4"]
    assert small.greedy()[0].confidence == pytest.approx(0.95, abs=0.01)


def test_two_thousand_staves_stay_below_60_mb() -> None:
    rows = np.log(np.random.default_rng(0).dirichlet(np.ones(len(VOCABULARY)), 300)).astype(np.float32)
    assert 2000 * compress(rows, VOCABULARY).nbytes < 60e6


def test_nbest_gives_the_likeliest_reading_of_every_rhythm() -> None:
    hesitant = lattice([{"p4": 0.6, "p5": 0.4}, {"d4": 0.55, "r8": 0.4, "d8": 0.04}, "bar.s"])
    found = hesitant.nbest(0, hesitant.frames, rhythm=RHYTHM)
    texts = [" ".join(VOCABULARY[token] for token in guess.ids) for guess in found]
    assert texts[0] == "p4 d4 bar.s"
    assert "p4 r8 bar.s" in texts
    assert "p5 d4 bar.s" not in texts  # the same rhythm as the first
    assert found[0].log > found[1].log


def test_nbest_score_is_the_score_of_its_tokens() -> None:
    hesitant = lattice([{"p4": 0.6, "p5": 0.4}, {"d4": 0.55, "r8": 0.45}, "bar.s"])
    best = hesitant.nbest(0, hesitant.frames, rhythm=RHYTHM)[0]
    assert best.log == pytest.approx(hesitant.score(best.ids, 0, hesitant.frames), abs=1e-3)
    assert best.log == pytest.approx(math.log(0.6 * 0.55 * 0.98), abs=0.01)


def test_a_repeated_token_needs_a_blank_between() -> None:
    twice = lattice("p4 p4")
    assert twice.score(ids("p4 p4"), 0, twice.frames) > twice.score(ids("p4"), 0, twice.frames) + 3


def test_align_places_tokens_that_greedy_did_not_choose() -> None:
    hesitant = lattice([{"p4": 0.6, "p5": 0.4}, "d4", {"": 0.9, "tie": 0.1}, "bar.s"])
    seen = hesitant.align(ids("p5 d4 tie bar.s"), 0, hesitant.frames)
    assert [item.frame for item in seen] == [1, 3, 5, 7]
    assert [round(item.confidence, 1) for item in seen] == [0.4, 1.0, 0.1, 1.0]


def test_align_survives_more_tokens_than_frames() -> None:
    short = lattice("p4")
    seen = short.align(ids("p4 d4 p4 d4 p4 d4"), 0, short.frames)
    assert len(seen) == 6


def test_compress_says_when_the_vocabulary_does_not_fit() -> None:
    with pytest.raises(ValueError, match="3 probabilities"):
        compress(np.zeros((5, 3), np.float32), VOCABULARY)
