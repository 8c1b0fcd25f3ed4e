"""The demo recording: always the same, half a minute, and what the ears hear of it is what was composed."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from media_pipeline.artifacts import Media
from media_pipeline.demo import BPM, NOTES, make_demo
from media_pipeline.stages.beats import beats
from media_pipeline.stages.decode import decode
from media_pipeline.stages.notes import notes
from media_pipeline.stages.pitch import pitch
from tests.synth import run_stage


def test_it_is_always_the_same_and_half_a_minute_long(tmp_path: Path) -> None:
    first, second = make_demo(tmp_path / "a.wav"), make_demo(tmp_path / "b" / "b.wav")
    assert first.read_bytes() == second.read_bytes()
    with wave.open(str(first)) as file:
        assert 28 < file.getnframes() / file.getframerate() < 38


def test_the_ears_hear_what_was_composed(tmp_path: Path) -> None:
    path = make_demo(tmp_path / "demo.wav")
    audio, _ = run_stage(decode, Media(path, "demo.wav"), folder=tmp_path)
    heard, _ = run_stage(pitch, audio, folder=tmp_path)
    found, _ = run_stage(notes, heard, folder=tmp_path)
    pulse, _ = run_stage(beats, audio, folder=tmp_path)
    wanted, got = sorted(n.pitch for n in NOTES), sorted(n.pitch for n in found.notes)
    shared = sum(min(wanted.count(p), got.count(p)) for p in set(wanted))
    assert shared > 0.95 * len(wanted)
    assert len(got) < 1.05 * len(wanted)
    assert found.draft == ""
    assert abs(pulse.best.bpm / BPM - 1) < 0.04
    assert pulse.best.beats_per_bar == 4
    first = pulse.best.times[pulse.best.first_downbeat]
    assert np.isclose(first, 0.45, atol=0.08)
