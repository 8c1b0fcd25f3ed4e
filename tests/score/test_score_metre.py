from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise

import numpy as np
import pytest

from notation.score.metre import Laid, lay_bars
from notation.score.model import ScoreError, Time
from tests.score.tunes import AMAZING_GRACE, GREENSLEEVES, ODE, Pulse, Sound, perform


def lay(tune: str, **how: object) -> Laid:
    sounds, pulse = perform(tune, **how)  # type: ignore[arg-type]
    return lay_bars(pulse, notes=sounds)


def test_bars_begin_on_the_downbeats_heard() -> None:
    laid = lay(ODE)
    assert laid.time == Time(4, 4)
    assert len(laid.bars) == 8
    assert laid.bars[0].beats[0] == pytest.approx(1.0, abs=0.05)


def test_a_pick_up_is_a_short_bar_of_its_own() -> None:
    laid = lay(AMAZING_GRACE, per_bar=3, lacking=2, bpm=90)
    assert laid.bars[0].number == 0
    assert laid.bars[0].quarters == 1
    assert laid.bars[1].number == 1
    assert laid.bars[1].quarters == 3


def test_thirds_throughout_are_six_eight() -> None:
    laid = lay(GREENSLEEVES, beat=F(3, 2), per_bar=2, lacking=1, bpm=60)
    assert laid.compound
    assert laid.time == Time(6, 8)


def test_swing_is_not_twelve_eight() -> None:
    eighths = " ".join(f"{n}4:1/2" for n in "CDEFGAGFEDCDEFGA" * 2)
    assert not lay(eighths, swing=0.66, bpm=130).compound


def test_eighth_note_beats_in_sixes_become_six_eight() -> None:
    sounds, _ = perform("C4:1/2 E4:1/2 G4:1/2 " * 8, beat=F(3, 2), per_bar=2, bpm=70)
    eighths = tuple(1.0 + k * 60 / 70 / 3 for k in range(26))
    laid = lay_bars(Pulse(eighths, beats_per_bar=6, bpm=210), notes=sounds)
    assert laid.time == Time(6, 8)
    assert laid.bpm == pytest.approx(70, rel=0.02)


def test_compound_beats_begin_with_their_long_notes() -> None:
    sounds, pulse = perform("C4:1 D4:1/2 E4:1 F4:1/2 " * 8, beat=F(3, 2), per_bar=2, bpm=66)
    beat = 60 / 66
    late = Pulse(tuple(t - beat / 3 for t in pulse.times), beats_per_bar=2, bpm=66)
    laid = lay_bars(late, notes=sounds)
    assert laid.compound
    assert laid.bars[1].beats[0] - 1.0 == pytest.approx(round((laid.bars[1].beats[0] - 1.0) / beat) * beat, abs=0.06)


@pytest.mark.parametrize(("factor", "bars"), [(2.0, 16), (0.5, 4)])
def test_the_tempo_octave_can_be_corrected(factor: float, bars: int) -> None:
    sounds, pulse = perform(ODE, jitter=0)
    laid = lay_bars(pulse, notes=sounds, factor=factor)
    assert len(laid.bars) == bars
    assert laid.bpm == pytest.approx(100 * factor, rel=0.03)


def test_another_reading_of_the_tracker_is_taken_at_its_tempo() -> None:
    sounds, pulse = perform(ODE)
    other = Pulse(tuple(np.arange(1.0, 21.0, 0.3)), first_downbeat=3, beats_per_bar=3, bpm=200)
    laid = lay_bars(pulse, others=(other,), notes=sounds, factor=2.0)
    assert laid.beats_per_bar == 3


def test_bar_lines_can_be_moved() -> None:
    sounds, pulse = perform(ODE)
    moved = lay_bars(pulse, notes=sounds, shift=1)
    assert moved.bars[0].number == 0
    assert len(moved.bars[0].beats) == 1
    assert lay_bars(pulse, notes=sounds, shift=4) == lay_bars(pulse, notes=sounds)


def test_the_metre_can_be_chosen() -> None:
    sounds, pulse = perform(ODE)
    laid = lay_bars(pulse, notes=sounds, metre="3/4")
    assert laid.time == Time(3, 4)
    assert all(len(b.beats) == 3 for b in laid.bars)


def test_every_note_lies_in_a_bar() -> None:
    sounds, pulse = perform(ODE)
    late = [*sounds, Sound(30.0, 31.0, 60)]
    early = [Sound(0.1, 0.5, 60), *late]
    laid = lay_bars(pulse, notes=early)
    assert laid.bars[0].beats[0] <= 0.2
    assert laid.bars[-1].end > 30.0


def test_silence_before_the_music_has_no_bars() -> None:
    sounds, pulse = perform(ODE, start=9.0)
    long = Pulse(tuple(np.arange(0.0, 9.0, 0.6)) + pulse.times, first_downbeat=15 % 4, bpm=100)
    assert lay_bars(long, notes=sounds).bars[0].beats[0] > 6.5


def test_bars_are_of_one_length_and_follow_each_other() -> None:
    laid = lay(ODE, drift=0.05)
    for a, b in pairwise(laid.bars):
        assert a.end == pytest.approx(b.beats[0])
        assert a.quarters == b.quarters == 4


def test_no_pulse_is_said_plainly() -> None:
    with pytest.raises(ScoreError, match="beat"):
        lay_bars(Pulse((1.0,)), notes=[Sound(1.0, 2.0, 60)])
    with pytest.raises(ScoreError, match="metre"):
        lay_bars(Pulse((1.0, 2.0)), notes=[Sound(1.0, 2.0, 60)], metre="13/8")
