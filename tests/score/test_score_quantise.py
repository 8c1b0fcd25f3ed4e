from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notation.score.metre import lay_bars
from notation.score.quantise import place_onsets, strokes_of
from notation.score.rhythm import Rhythm, write_rhythm
from tests.score.tunes import AMAZING_GRACE, GREENSLEEVES, ODE, Sound, perform, read


def hear(tune: str, *, level: str = "full", **how: object) -> Rhythm:
    sounds, pulse = perform(tune, **how)  # type: ignore[arg-type]
    laid = lay_bars(pulse, notes=sounds)
    return write_rhythm(sounds, bars=laid.bars, compound=laid.compound, level=level)


def written(rhythm: Rhythm) -> list[tuple[F, int]]:
    starts = [sum(rhythm.quarters[:k], F(0)) for k in range(len(rhythm.quarters))]
    return [(starts[n.bar] + n.onset, n.pitch) for n in rhythm.notes]


def truth(tune: str) -> list[tuple[F, int]]:
    return [(at, pitch) for at, _, pitch in read(tune)]


@pytest.mark.parametrize("drift", [0.0, 0.05])
def test_a_plain_tune_comes_back(drift: float) -> None:
    rhythm = hear(ODE, drift=drift)
    assert written(rhythm) == truth(ODE)
    assert [n.duration for n in rhythm.notes] == [length for _, length, _ in read(ODE)]


def test_six_eight_with_dotted_figures_comes_back() -> None:
    rhythm = hear(GREENSLEEVES, beat=F(3, 2), per_bar=2, lacking=1, bpm=58)
    assert rhythm.quarters[0] == F(3, 2)
    assert written(rhythm) == truth(GREENSLEEVES)


def test_a_pick_up_comes_back() -> None:
    rhythm = hear(AMAZING_GRACE, per_bar=3, lacking=2, bpm=88)
    assert rhythm.quarters[0] == 1
    assert written(rhythm) == truth(AMAZING_GRACE)


def test_triplets_among_eighths_and_sixteenths() -> None:
    tune = "C4:1 D4:1/3 E4:1/3 F4:1/3 G4:1/2 F4:1/2 E4:1/4 D4:1/4 C4:1/4 D4:1/4 " * 4 + "C4:4"
    assert written(hear(tune, bpm=80)) == truth(tune)


def test_sextuplets() -> None:
    tune = "C4:1 D4:1/6 E4:1/6 F4:1/6 G4:1/6 F4:1/6 E4:1/6 D4:1 C4:1 " * 3 + "C4:4"
    assert written(hear(tune, bpm=60, jitter=0.008, beat_jitter=0.008)) == truth(tune)


def test_swung_eighths_are_written_straight() -> None:
    tune = " ".join(f"{n}4:1/2" for n in "CDEFGAGFEDCDEFGA" * 2) + " C4:4"
    rhythm = hear(tune, swing=0.65, bpm=140)
    assert rhythm.swing
    assert written(rhythm) == truth(tune)


def test_straight_eighths_do_not_swing() -> None:
    tune = " ".join(f"{n}4:1/2" for n in "CDEFGAGFEDCDEFGA" * 2) + " C4:4"
    assert not hear(tune, bpm=140).swing


def test_triplets_in_a_swung_piece_stay_triplets() -> None:
    tune = ("C4:1/2 D4:1/2 " * 7 + "E4:1/3 F4:1/3 G4:1/3 ") * 3 + "C4:4"
    sounds, pulse = perform(tune, swing=0.5, jitter=0.006, beat_jitter=0.006, bpm=110)
    beat = 60 / 110
    swung = []
    for (at, _, _), s in zip(read(tune), sounds, strict=True):
        late = beat / 6 if at % 1 == F(1, 2) else 0.0
        swung.append(Sound(s.onset + late, s.offset + late, s.pitch))
    laid = lay_bars(pulse, notes=swung)
    rhythm = write_rhythm(swung, bars=laid.bars, compound=laid.compound)
    assert rhythm.swing
    assert written(rhythm) == truth(tune)


def test_a_late_pulse_is_moved_to_the_notes() -> None:
    seconds = [1.0 + 0.25 * k for k in range(40)]
    fit = place_onsets(seconds, beat_times=[1.04 + 0.5 * k for k in range(21)])
    assert list(fit.parts) == [F(k % 2, 2) for k in range(40)]
    assert fit.times[0] == pytest.approx(1.0, abs=0.01)


def test_strummed_notes_are_one_stroke() -> None:
    strum = [Sound(1.0 + 0.012 * k, 2.0, 40 + 5 * k) for k in range(4)]
    assert [len(s.members) for s in strokes_of([*strum, Sound(1.2, 2.0, 64)])] == [4, 1]


def test_notes_last_to_the_next_when_the_gap_is_small() -> None:
    sounds = [Sound(1.0 + 0.5 * k, 1.0 + 0.5 * k + 0.3, 60 + k) for k in range(8)]
    _, pulse = perform("C4:8", bpm=120, beat_jitter=0.0)
    laid = lay_bars(pulse, notes=sounds)
    rhythm = write_rhythm(sounds, bars=laid.bars, compound=False)
    assert {n.duration for n in rhythm.notes[:-1]} == {F(1)}


def test_a_real_silence_is_a_rest() -> None:
    tune = "C4:1 r:3 D4:1 r:3 E4:4"
    rhythm = hear(tune)
    assert [n.duration for n in rhythm.notes] == [1, 1, 4]


TWO_VOICES = "E2+E4:1 G4:1 B2+A4:1 B4:1 E2+G4:1 F#4:1 B2+E4:1 D4:1 " * 4 + "E2+E4:4"


def two_voices() -> list[Sound]:
    sounds, _ = perform(TWO_VOICES, jitter=0.006)
    # the thumb's notes ring for two beats
    return [Sound(s.onset, s.onset + 1.15, s.pitch) if s.pitch < 50 else s for s in sounds]


def levels(level: str) -> Rhythm:
    sounds = two_voices()
    _, pulse = perform(TWO_VOICES)
    laid = lay_bars(pulse, notes=sounds)
    return write_rhythm(sounds, bars=laid.bars, compound=False, level=level)


def test_bass_and_melody_are_two_voices() -> None:
    rhythm = levels("full")
    assert {n.voice for n in rhythm.notes if n.pitch < 50 and n.bar < 8} == {2}
    assert {n.voice for n in rhythm.notes if n.pitch > 60 and n.bar < 8} == {1}
    assert {n.duration for n in rhythm.notes if n.voice == 2 and n.bar < 7} == {2}


def test_one_line_is_one_voice() -> None:
    assert {n.voice for n in hear(ODE).notes} == {1}


def test_strummed_chords_are_one_voice() -> None:
    tune = "C3+E3+G3+C4:1 " * 8 + "F3+A3+C4+F4:1 " * 8
    assert {n.voice for n in hear(tune).notes} == {1}


def test_easy_is_the_melody_alone() -> None:
    rhythm = levels("easy")
    assert min(n.pitch for n in rhythm.notes) >= 60
    assert all((n.onset * 2).denominator == 1 for n in rhythm.notes)


def test_easy_has_one_note_at_a_time_and_no_accompaniment() -> None:
    tune = "E5:1/2 D5:1/4 C5:1/4 E3:1/2 C5:1/2 D5:1/2 F3:1/2 E5:1/2 F5:1/2 " * 4 + "E5:4"
    rhythm = hear(tune, level="easy", bpm=90)
    assert len({(n.bar, n.onset) for n in rhythm.notes}) == len(rhythm.notes)
    assert min(n.pitch for n in rhythm.notes) >= 72


def test_intermediate_is_melody_and_bass() -> None:
    tune = "C3+E3+G3+E4:1 C3+E3+G3+F4:1 C3+E3+G3+G4:1 C3+E3+G3+E4:1 " * 4
    rhythm = hear(tune, level="intermediate")
    assert {n.pitch for n in rhythm.notes} == {48, 64, 65, 67}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.35, 0.5, 0.9]), st.sampled_from(["easy", "intermediate", "full"]))
def test_whatever_is_played_lies_in_its_bar(seed: int, beat: float, level: str) -> None:
    rng = np.random.default_rng(seed)
    onsets = np.sort(rng.uniform(0.2, 12.0, rng.integers(1, 60)))
    sounds = [Sound(float(t), float(t + rng.uniform(0.02, 3)), int(rng.integers(36, 88))) for t in onsets]
    from tests.score.tunes import Pulse

    pulse = Pulse(
        tuple(np.arange(0.5, 11.0, beat) + rng.normal(0, 0.01, len(np.arange(0.5, 11.0, beat)))), bpm=60 / beat
    )
    laid = lay_bars(pulse, notes=sounds)
    rhythm = write_rhythm(sounds, bars=laid.bars, compound=laid.compound, level=level)
    end = sum(rhythm.quarters, F(0))
    starts = [sum(rhythm.quarters[:k], F(0)) for k in range(len(rhythm.quarters))]
    assert len(rhythm.notes) + rhythm.omitted == len(sounds)
    for n in rhythm.notes:
        assert 0 <= n.onset < rhythm.quarters[n.bar]
        assert n.duration > 0
        assert starts[n.bar] + n.onset + n.duration <= end
    assert len({(n.bar, n.onset, n.pitch) for n in rhythm.notes}) == len(rhythm.notes)
