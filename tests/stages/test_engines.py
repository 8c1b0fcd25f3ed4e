"""The dictionary of engines: the best that misses nothing, and what is said when one misses something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_pipeline.engines import ENGINES, EngineError, choose, load, missing, pitch_basic
from media_pipeline.engines.pitch_basic import BasicPitch
from media_pipeline.engines.pitch_harmonic import HarmonicPitch
from media_pipeline.stages.pitch import pitch
from tests.synth import audio_of, run_stage, tone


@pytest.mark.parametrize("task", sorted(ENGINES))
def test_every_engine_has_its_three_members(task: str) -> None:
    for name in ENGINES[task]:
        engine = load(task, name)
        assert engine.name == name
        assert engine.version
        assert engine.missing() is None or isinstance(engine.missing(), str)
        assert callable(engine.run)


@pytest.mark.parametrize("task", sorted(ENGINES))
def test_the_best_that_can_run_is_chosen(task: str) -> None:
    able = [name for name, reason in missing(task).items() if reason is None]
    assert choose(task).name == able[0]


def test_the_users_choice_counts() -> None:
    assert choose("pitch", wanted="harmonic").name == "harmonic"


def test_a_choice_that_cannot_run_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pitch_basic, "model_path", lambda: None)
    assert choose("pitch", wanted="basic-pitch").name == "harmonic"


def test_an_unknown_engine_is_an_error() -> None:
    with pytest.raises(EngineError, match="no engine “nonsense”"):
        load("pitch", "nonsense")


def test_a_missing_model_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pitch_basic, "model_path", lambda: tmp_path / "nmp.onnx")
    assert "pip install --no-deps basic-pitch" in (BasicPitch().missing() or "")


def test_a_damaged_model_is_noticed_and_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = pitch_basic.model_path()
    if real is None:
        pytest.skip("the model of Basic Pitch is not installed")
    damaged = tmp_path / "nmp.onnx"
    data = bytearray(real.read_bytes())
    data[1000] ^= 0xFF
    damaged.write_bytes(bytes(data))
    monkeypatch.setattr(pitch_basic, "model_path", lambda: damaged)
    assert "damaged" in (BasicPitch().missing() or "")
    heard, context = run_stage(pitch, audio_of(tone(2.0)), folder=tmp_path)
    assert heard.engine == f"harmonic {HarmonicPitch.version}"
    assert context.engines == [heard.engine]


def test_an_engine_that_fails_while_running_is_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(BasicPitch, "run", fail)
    monkeypatch.setattr(BasicPitch, "missing", lambda self: None)
    heard, context = run_stage(pitch, audio_of(tone(2.0)), folder=tmp_path)
    assert heard.engine.startswith("harmonic")
    assert "took over" in context.warnings[0]


def test_out_of_memory_is_left_to_the_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise MemoryError

    monkeypatch.setattr(BasicPitch, "run", fail)
    monkeypatch.setattr(BasicPitch, "missing", lambda self: None)
    with pytest.raises(MemoryError):
        run_stage(pitch, audio_of(tone(2.0)), folder=tmp_path)


def test_no_engine_is_imported_with_the_dictionary() -> None:
    import subprocess
    import sys

    code = "import sys; from media_pipeline.stages import beats, decode, listen, notes, pitch;"
    code += "print([m for m in ('onnxruntime', 'librosa', 'av', 'scipy.signal', 'soxr') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_basic_pitch_reads_in_windows_without_a_seam() -> None:
    """The network's windows overlap; a steady tone must look the same wherever it lies in one."""
    if BasicPitch().missing():
        pytest.skip("Basic Pitch is not installed")
    heard = BasicPitch().run(tone(12.0, hz=440), rate=22_050, small=False, tick=lambda done: None)
    a4 = heard.note[100:-100, 69 - 21].astype(float)
    assert a4.min() > 0.75 * np.median(a4)
    assert len(heard.note) == pytest.approx(12 * heard.frames_per_second, abs=2)


def test_small_steps_hear_the_same() -> None:
    if BasicPitch().missing():
        pytest.skip("Basic Pitch is not installed")
    sound = tone(7.0, hz=330)
    big = BasicPitch().run(sound, rate=22_050, small=False, tick=lambda done: None)
    small = BasicPitch().run(sound, rate=22_050, small=True, tick=lambda done: None)
    assert np.abs(big.note.astype(int) - small.note.astype(int)).max() <= 1
