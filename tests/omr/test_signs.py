"""Signs that the likeliest tokens alone would miss: spread over many frames, or one of a pair."""

from __future__ import annotations

import pytest

from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.signs import said
from tests.omr.lattices import Choice, lattice

NOTES = ["p4", "d4", "p5", "d4"]


def half(token: str, chance: float = 0.1) -> Choice:
    return {token: chance, "": 1 - chance}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["cresc(", *NOTES, half("hair)"), "bar.s"], "cresc( p4 d4 p5 d4 hair) bar.s"),
        ([half("dim("), *NOTES, "hair)", "bar.s"], "dim( p4 d4 p5 d4 hair) bar.s"),
        ([half("cresc(", 0.05), half("dim(", 0.2), *NOTES, "hair)"], "dim( p4 d4 p5 d4 hair)"),
        (["cresc(", *NOTES, half("hair)"), *NOTES, "dim(", *NOTES, "hair)"],
         "cresc( p4 d4 p5 d4 hair) p4 d4 p5 d4 dim( p4 d4 p5 d4 hair)"),
        (["cresc(", *NOTES, half("hair)", 0.001), "bar.s"], "cresc( p4 d4 p5 d4 bar.s"),  # it goes on in the next line
        ([*NOTES, half("hair)", 0.4), "bar.s"], "p4 d4 p5 d4 bar.s"),  # neither end was seen
        (["8va(", "p4", "d4", "p5", half("8va)", 0.4), "d4", "dot", "bar.s"], "8va( p4 d4 p5 d4 dot 8va) bar.s"),
        (["8va(", *NOTES, half("8va)", 0.2), "bar.s"], "8va( p4 d4 p5 d4 bar.s"),  # octaves move notes: not by a guess
        (["8va(", *NOTES, half("8vb)"), "bar.s"], "8va( p4 d4 p5 d4 bar.s"),
        (["cresc(", "p4", "d4", "p5", half("hair)"), "d4", "dot", "bar.s"], "cresc( p4 d4 hair) p5 d4 dot bar.s"),
        (["cresc(", "p4", "d4", half("hair)"), "dot", "bar.s"], "cresc( p4 d4 dot hair) bar.s"),
    ],
)  # fmt: skip
def test_partners(line: list[Choice], told: str) -> None:
    assert as_text(lattice(line)) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ([*NOTES, *[half("breath", 0.2)] * 3, *NOTES, "bar.s"], "p4 d4 p5 d4 breath p4 d4 p5 d4 bar.s"),
        ([*NOTES, *[half("breath", 0.2)] * 2, *NOTES, "bar.s"], "p4 d4 p5 d4 p4 d4 p5 d4 bar.s"),  # less than likely
        ([*NOTES, half("breath", 0.4), *NOTES * 2, half("breath", 0.4), "bar.s"], "p4 d4 p5 d4 " * 3 + "bar.s"),
        ([*NOTES, "breath", half("breath", 0.4), half("breath", 0.3), "bar.s"], "p4 d4 p5 d4 breath bar.s"),  # its tail
        ([*NOTES, *[half("p7", 0.3)] * 3, "bar.s"], "p4 d4 p5 d4 bar.s"),  # notes are for the second reading
        (["acc.s", *[half("reh", 0.3)] * 2, "p4", "d4", "bar.s"], "reh acc.s p4 d4 bar.s"),
    ],
)
def test_signs_whose_place_is_not_sure(line: list[Choice], told: str) -> None:
    assert as_text(lattice(line)) == told


def as_text(line: Lattice) -> str:
    return " ".join(sign.token for sign in said(line))
