"""Clefs of a part, and octave signs that are no longer needed."""

from __future__ import annotations

import pytest

from notation.musicxml import NotationError, clefs
from tests.score.parts import SHIFT, Head, document, note, opening, pitches

TENOR = "<attributes><clef><sign>C</sign><line>4</line></clef></attributes>"
BASS = "<attributes><clef><sign>F</sign><line>4</line></clef></attributes>"


def names(bars: list[str], clef: str, *keep: str) -> list[str]:
    root = document(bars)
    before = pitches(root)
    clefs.set_clef(root, clef, keep=keep)
    assert pitches(root) == before
    assert root.find("part/measure/attributes/divisions") is not None
    return [clefs.name_of(element) for element in root.iter("clef")]


def test_one_clef_throughout() -> None:
    low = note([Head("C", 0, 3)], 16)
    bars = [opening(clef="F4") + low, TENOR + low, BASS + low]
    assert names(bars, "clef.F4") == ["clef.F4"]
    assert names(bars, "clef.G2-8") == ["clef.G2-8"]
    assert names(bars, "clef.C3", "clef.C4") == ["clef.C3", "clef.C4"]  # nobody asked for the bass clef again
    assert names(bars, "clef.F4", "clef.C4") == ["clef.F4", "clef.C4", "clef.F4"]


def test_a_clef_that_there_is_not() -> None:
    for name in ("clef.H2", "clef.G", "clef.G2-5", ""):
        with pytest.raises(NotationError):
            clefs.set_clef(document([opening()]), name)


@pytest.mark.parametrize(("octave", "kept"), [(5, 0), (6, 0), (7, 2)])
def test_an_octave_sign_goes_where_its_notes_are_near_enough(octave: int, kept: int) -> None:
    root = document([opening() + SHIFT.format("down") + note([Head("C", 0, octave)], 16) + SHIFT.format("stop")])
    clefs.ease_octaves(root)
    assert len(list(root.iter("octave-shift"))) == kept
    assert len(list(root.iter("direction"))) == kept


def test_low_octave_signs_are_measured_from_the_clef() -> None:
    for clef, kept in (("F4", 0), ("G2", 2)):
        line = SHIFT.format("up") + note([Head("D", 0, 2)], 16) + SHIFT.format("stop")
        root = document([opening(clef=clef) + line])
        clefs.ease_octaves(root)
        assert len(list(root.iter("octave-shift"))) == kept


def test_signs_hold_for_the_lines_that_notes_stand_on_now() -> None:
    high, low = note([Head("F", 1, 5)], 8), note([Head("F", 1, 4)], 8)
    root = document([opening() + SHIFT.format("down") + high + SHIFT.format("stop") + low])
    clefs.ease_octaves(root)
    assert [n.findtext("accidental") for n in root.iter("note")] == ["sharp", "sharp"]
