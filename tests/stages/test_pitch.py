"""pitch: which pitches sound when, on the recording's clock, with its tuning measured and set right."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media_pipeline.artifacts import Activations
from media_pipeline.context import Cancelled
from media_pipeline.stages.pitch import drummed, pitch, sung, tuning
from media_pipeline.training.sounds import guitar
from tests.synth import Wave, audio_of, run_stage, tone

RATE = 22_050
ENGINES = ("basic-pitch", "harmonic")


def plucked(pitches: list[float], *, every: float = 0.5, lead: float = 0.5) -> Wave:
    """Notes one after the other; pitches may lie between the semitones."""
    rng = np.random.default_rng(3)
    sound = np.zeros(int((lead + every * len(pitches) + 1) * RATE), np.float32)
    for i, number in enumerate(pitches):
        note = guitar(number, every * 0.95, 90, rate=RATE, rng=rng)  # type: ignore[arg-type]
        start = round((lead + every * i) * RATE)
        sound[start : start + len(note)] += note[: len(sound) - start]
    return sound / np.abs(sound).max() * 0.7  # type: ignore[no-any-return]


def column(heard: Activations, pitch_number: int, *, at: float) -> float:
    frame = round((at - heard.start) * heard.frames_per_second)
    return float(heard.note[frame : frame + 8, pitch_number - 21].mean()) / 255


@pytest.mark.parametrize("engine", ENGINES)
def test_the_right_pitch_at_the_right_time(tmp_path: Path, engine: str) -> None:
    sound = plucked([52, 57, 64, 67])
    heard, context = run_stage(pitch, audio_of(sound), folder=tmp_path, options={"engine": engine})
    assert heard.engine == context.engines[-1]
    for i, number in enumerate([52, 57, 64, 67]):
        assert column(heard, number, at=0.6 + 0.5 * i) > 0.5
        assert column(heard, number + 1, at=0.6 + 0.5 * i) < 0.4


@pytest.mark.parametrize("engine", ENGINES)
def test_times_are_the_recordings_when_its_start_was_trimmed(tmp_path: Path, engine: str) -> None:
    sound = plucked([64], lead=1.0)
    heard, _ = run_stage(pitch, audio_of(sound, start=10.0), folder=tmp_path, options={"engine": engine})
    onset = heard.start + float(np.argmax(heard.onset[:, 64 - 21])) / heard.frames_per_second
    assert onset == pytest.approx(11.0, abs=0.04)


@pytest.mark.parametrize("cents", [-40, -20, 0, 15, 45])
def test_tuning_is_measured(cents: int) -> None:
    sound = plucked([52 + cents / 100, 59 + cents / 100, 64 + cents / 100, 67 + cents / 100])
    assert tuning(sound, rate=RATE) == pytest.approx(cents, abs=4)


def test_tuning_is_set_right_and_the_clock_kept(tmp_path: Path) -> None:
    pitches = [52, 57, 60, 64, 67, 64, 60, 57]
    sound = plucked([p + 0.40 for p in pitches])
    heard, context = run_stage(pitch, audio_of(sound), folder=tmp_path)
    assert heard.tuning_cents == pytest.approx(40, abs=4)
    assert "40 cents sharp" in context.lines[0] or "39 cents" in context.lines[0] or "41 cents" in context.lines[0]
    for i, number in enumerate(pitches):
        assert column(heard, number, at=0.6 + 0.5 * i) > 0.5
        assert column(heard, number + 1, at=0.6 + 0.5 * i) < 0.3
    onset = heard.start + float(np.argmax(heard.onset[200:, 57 - 21]) + 200) / heard.frames_per_second
    assert onset == pytest.approx(4.0, abs=0.04)


def test_tuning_of_noise_is_not_guessed() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE * 4).astype(np.float32)
    assert abs(tuning(noise, rate=RATE)) < 10


def test_drums_are_told_from_tones() -> None:
    rng = np.random.default_rng(1)
    drums = np.zeros(RATE * 8, np.float32)
    for start in range(0, len(drums) - 3000, RATE // 4):
        drums[start : start + 3000] += rng.standard_normal(3000).astype(np.float32) * np.exp(-np.arange(3000) / 500)
    tones = plucked([52, 57, 60, 64, 67, 64, 60, 57] * 2)
    assert drummed(drums * 0.3, rate=RATE) > drummed(tones, rate=RATE) + 0.25


def test_a_gliding_voice_is_told_from_a_string(tmp_path: Path) -> None:
    t = np.arange(8 * RATE) / RATE
    line = np.repeat([60.0, 62, 64, 60, 65, 62, 60, 57], RATE)
    smooth = np.convolve(np.pad(line, 3000, "edge"), np.hanning(5000) / np.hanning(5000).sum(), "same")[3000:-3000]
    hz = 440 * 2 ** ((smooth + 0.5 * np.sin(2 * np.pi * 5.5 * t) - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 9))
    sound = np.asarray(0.2 * voice, np.float32)
    heard, _ = run_stage(pitch, audio_of(sound), folder=tmp_path)
    plain, _ = run_stage(pitch, audio_of(plucked([60, 62, 64, 60, 65, 62, 60, 57])), folder=tmp_path)
    assert heard.vocal > plain.vocal + 0.3
    assert plain.vocal < 0.2
    assert sung(heard.contour, frames_per_second=heard.frames_per_second) == heard.vocal


def test_progress_grows_and_cancel_is_heard(tmp_path: Path) -> None:
    sound = np.tile(tone(10.0), 6)
    _, context = run_stage(pitch, audio_of(sound), folder=tmp_path)
    assert len(context.fractions) > 5
    assert all(a <= b for a, b in pairwise(context.fractions))
    with pytest.raises(Cancelled):
        run_stage(pitch, audio_of(sound), folder=tmp_path, cancel_after=5)


@pytest.mark.parametrize("length", [200, 2_000, 30_000])
@pytest.mark.parametrize("engine", ENGINES)
def test_very_short_sounds(tmp_path: Path, length: int, engine: str) -> None:
    sound = tone(2.0)[:length]
    heard, _ = run_stage(pitch, audio_of(sound), folder=tmp_path, options={"engine": engine})
    assert heard.note.shape[1] == 88
    assert heard.contour.shape == (len(heard.note), 264)
