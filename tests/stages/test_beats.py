"""beats: the pulse of music whose beats are known, with its other readings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from media_pipeline.artifacts import Beats, Tempo
from media_pipeline.context import Cancelled
from media_pipeline.stages.beats import beats
from media_pipeline.training.note_scores import beat_f
from tests.synth import Piece, Spec, Wave, audio_of, make, run_stage, tone

RATE = 22_050


def heard(piece: Piece, *, folder: Path) -> Beats:
    found, _ = run_stage(beats, audio_of(piece.render()), folder=folder)
    assert isinstance(found, Beats)
    return found


def clicks(times: NDArray[np.floating[Any]], *, strong: int = 0) -> Wave:
    rng = np.random.default_rng(0)
    sound = np.zeros(int((times[-1] + 1) * RATE), np.float32)
    for i, time in enumerate(times):
        level = 0.8 if strong and i % strong == 0 else 0.3
        burst = level * rng.standard_normal(1200).astype(np.float32) * np.exp(-np.arange(1200) / 200)
        sound[round(time * RATE) : round(time * RATE) + 1200] += burst
    return sound


@pytest.mark.parametrize(
    "spec",
    [
        Spec("two voices", "4/4", "guitar"),
        Spec("chords", "3/4", "guitar"),
        Spec("chords", "6/8", "piano"),
        Spec("melody", "4/4", "piano", swing=True),
        Spec("fingerpicking", "4/4", "guitar", drift=True),
    ],
    ids=lambda spec: spec.name,
)
def test_beats_of_known_music(spec: Spec, tmp_path: Path) -> None:
    piece = make(spec, family="test", number=3)
    assert beat_f(piece.beats, heard(piece, folder=tmp_path).best.times) > 0.9


@pytest.mark.parametrize(("metre", "to_the_bar"), [("4/4", 4), ("3/4", 3)])
def test_bars_of_known_music(metre: str, to_the_bar: int, tmp_path: Path) -> None:
    piece = make(Spec("chords", metre, "guitar"), family="test", number=5)
    best = heard(piece, folder=tmp_path).best
    assert best.beats_per_bar == to_the_bar
    assert beat_f(piece.downbeats, best.times[best.first_downbeat :: to_the_bar]) > 0.9


def test_other_tempo_octaves_and_bar_lengths_are_kept(tmp_path: Path) -> None:
    found = heard(make(Spec("two voices", "4/4", "guitar"), family="test", number=3), folder=tmp_path)
    ratios = [other.bpm / found.best.bpm for other in found.others]
    assert any(1.9 < ratio < 2.1 or 0.48 < ratio < 0.52 for ratio in ratios)
    assert {other.beats_per_bar for other in found.others if abs(other.bpm / found.best.bpm - 1) < 0.02} >= {2, 3}
    assert all(a.score >= b.score for a, b in zip(found.others, found.others[1:], strict=False))


def test_a_drifting_tempo_is_followed(tmp_path: Path) -> None:
    gaps = 0.5 * (1 + 0.05 * np.sin(np.linspace(0, 4 * np.pi, 60)))
    times = 0.7 + np.concatenate([[0], np.cumsum(gaps)])
    found, _ = run_stage(beats, audio_of(clicks(times, strong=4)), folder=tmp_path)
    assert beat_f(times.tolist(), found.best.times) > 0.95


def test_beats_lie_on_the_onsets(tmp_path: Path) -> None:
    times = 0.613 + 0.5217 * np.arange(40)
    found, _ = run_stage(beats, audio_of(clicks(times, strong=4)), folder=tmp_path)
    nearest = np.array([min(abs(t - b) for b in found.best.times) for t in times])
    assert np.median(nearest) < 0.008
    assert nearest.max() < 0.02


def test_times_are_the_recordings(tmp_path: Path) -> None:
    times = 0.6 + 0.5 * np.arange(40)
    sound = clicks(times, strong=4)
    here, _ = run_stage(beats, audio_of(sound), folder=tmp_path)
    later, _ = run_stage(beats, audio_of(sound, start=30.0), folder=tmp_path)
    assert np.allclose(np.array(later.best.times), np.array(here.best.times) + 30.0, atol=1e-3)


def test_beats_cover_a_held_ending(tmp_path: Path) -> None:
    times = 0.6 + 0.5 * np.arange(24)
    sound = clicks(times, strong=4)
    sound = np.concatenate([sound, tone(4.0, hz=220, level=0.3)])
    found, _ = run_stage(beats, audio_of(sound), folder=tmp_path)
    assert found.best.times[0] == pytest.approx(0.6, abs=0.03)
    assert found.best.times[-1] > len(sound) / RATE - 0.6


@pytest.mark.parametrize("seconds", [0.01, 0.3, 1.0, 2.5])
def test_very_short_sounds_still_have_a_pulse(seconds: float, tmp_path: Path) -> None:
    found, _ = run_stage(beats, audio_of(tone(seconds)), folder=tmp_path)
    assert isinstance(found.best, Tempo)
    assert len(found.best.times) >= 2
    assert 0 <= found.best.first_downbeat < found.best.beats_per_bar


def test_cancel(tmp_path: Path) -> None:
    sound = clicks(0.6 + 0.5 * np.arange(80))
    with pytest.raises(Cancelled):
        run_stage(beats, audio_of(sound), folder=tmp_path, cancel_after=4)
