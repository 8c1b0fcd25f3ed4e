"""The vocabulary: what the weights' card counts on."""

from __future__ import annotations

import pytest

from media_pipeline.omr.tokens import BLANK, CLEFS, METRES, vocabulary

STEPS = "CDEFGAB"
LINES = {"G": ("G", 4), "F": ("F", 3), "C": ("C", 4)}


def test_tokens_are_told_apart() -> None:
    tokens = vocabulary()
    assert len(tokens) == len(set(tokens))
    assert tokens[0] == BLANK


def test_they_fit_a_byte() -> None:
    assert len(vocabulary()) <= 256


@pytest.mark.parametrize("clef", [clef for clef in CLEFS if clef != "clef.perc"])
def test_a_clef_names_the_line_it_stands_on(clef: str) -> None:
    step, octave = LINES[clef[5]]
    octave += {"": 0, "-8": -1, "+8": 1}[clef[7:]]
    assert CLEFS[clef] + STEPS.index(step) + 7 * (octave - 4) == 2 * (int(clef[6]) - 1)


def test_metres_are_numbers() -> None:
    assert all(m in ("C", "cut") or all(n.isdigit() for n in m.split("/")) for m in METRES)
