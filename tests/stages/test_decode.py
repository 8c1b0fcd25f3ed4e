"""decode: what comes out is the sound that went in, at 22 050 Hz, whatever the file."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from media_pipeline.artifacts import Audio, Media
from media_pipeline.context import Cancelled, StageError
from media_pipeline.stages.decode import decode
from tests.synth import click, run_stage, tone, write_media, write_wav


def loudest_hz(audio: Audio) -> float:
    spectrum = np.abs(np.fft.rfft(np.asarray(audio.samples) * np.hanning(len(audio.samples))))
    return float(np.argmax(spectrum) * audio.rate / len(audio.samples))


def test_samples_rate_and_duration(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(3.0, hz=440, rate=44_100), rate=44_100)
    audio, context = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert (audio.rate, audio.start) == (22_050, 0.0)
    assert audio.duration == pytest.approx(3.0, abs=1e-3)
    assert len(audio.samples) == pytest.approx(3 * 22_050, abs=2)
    assert loudest_hz(audio) == pytest.approx(440, abs=0.5)
    assert np.abs(audio.samples).max() == pytest.approx(0.5, abs=0.02)
    assert 0.9 < max(context.fractions) < 1.0


def test_samples_are_mapped_from_disk(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0))
    audio, _ = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert isinstance(audio.samples, np.memmap)
    assert Path(str(audio.samples.filename)) == tmp_path / "samples.npy"


def test_a_click_stays_at_its_time(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", click(3.0, at=1.25, rate=48_000), rate=48_000)
    audio, _ = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert np.argmax(np.abs(audio.samples) > 0.3) / audio.rate == pytest.approx(1.25, abs=0.001)


@pytest.mark.parametrize(
    ("container", "codec", "name"),
    [
        ("mp3", "libmp3lame", "a.mp3"),
        ("mp4", "aac", "a.m4a"),
        ("matroska", "libopus", "a.mkv"),
        ("ogg", "flac", "a.ogg"),
    ],
)
def test_compressed_kinds(tmp_path: Path, container: str, codec: str, name: str) -> None:
    rate = 48_000
    path = write_media(tmp_path / name, click(3.0, at=1.0, rate=rate), codec=codec, container=container, rate=rate)
    audio, _ = run_stage(decode, Media(path, name), folder=tmp_path)
    assert np.argmax(np.abs(audio.samples) > 0.25) / audio.rate == pytest.approx(1.0, abs=0.004)


def test_sound_of_a_video(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", tone(2.0, hz=330, rate=44_100), picture=True)
    audio, _ = run_stage(decode, Media(path, "a.mp4"), folder=tmp_path)
    assert loudest_hz(audio) == pytest.approx(330, abs=1)


def test_telephone_sound(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0, hz=440, rate=8_000), rate=8_000)
    audio, _ = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert len(audio.samples) == pytest.approx(2 * 22_050, abs=10)
    assert loudest_hz(audio) == pytest.approx(440, abs=0.6)


def test_studio_sound_of_six_channels(tmp_path: Path) -> None:
    rate = 192_000
    voices = np.stack([tone(1.5, hz=440, rate=rate)] * 6)
    voices[3] = 0.9 * np.sign(tone(1.5, hz=50, rate=rate))  # the bass effects channel is no music
    path = write_media(tmp_path / "a.wav", voices, codec="pcm_s24le", container="wav", rate=rate, layout="5.1")
    audio, context = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert "192000 Hz, 6 channels" in context.lines[0]
    assert loudest_hz(audio) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
def test_every_number_format_has_the_same_level(tmp_path: Path, codec: str) -> None:
    path = write_media(tmp_path / "a.wav", tone(1.0, rate=44_100), codec=codec, container="wav")
    audio, _ = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert np.abs(audio.samples[2000:-2000]).max() == pytest.approx(0.5, abs=0.02)


def test_trim_keeps_the_recordings_clock(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", click(5.0, at=2.0, rate=22_050))
    audio, _ = run_stage(decode, Media(path, "a.wav"), folder=tmp_path, options={"trim_start": 1.5, "trim_end": 3.0})
    assert audio.start == 1.5
    assert audio.duration == pytest.approx(5.0, abs=0.01)
    assert len(audio.samples) == pytest.approx(1.5 * 22_050, abs=2)
    assert audio.start + np.argmax(np.abs(audio.samples) > 0.3) / audio.rate == pytest.approx(2.0, abs=0.001)


def test_trim_beyond_the_end_is_said(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0))
    with pytest.raises(StageError, match=r"lasts 0:02, but is to start at 0:10"):
        run_stage(decode, Media(path, "a.wav"), folder=tmp_path, options={"trim_start": 10.0})


def test_trim_end_before_start_is_said(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0))
    with pytest.raises(StageError, match="lies before"):
        run_stage(decode, Media(path, "a.wav"), folder=tmp_path, options={"trim_start": 1.5, "trim_end": 1.0})


def test_an_hour_needs_little_memory(tmp_path: Path) -> None:
    hour = write_wav(tmp_path / "a.wav", np.tile(tone(60.0, rate=8_000), 60), rate=8_000)
    tracemalloc.start()
    audio, _ = run_stage(decode, Media(hour, "a.wav"), folder=tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert audio.duration == pytest.approx(3600, abs=0.1)
    assert peak < 30_000_000  # the samples alone are 318 MB


def test_cancel_is_heard_while_decoding(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.tile(tone(60.0, rate=8_000), 30), rate=8_000)
    begun = time.process_time()
    with pytest.raises(Cancelled):
        run_stage(decode, Media(path, "a.wav"), folder=tmp_path, cancel_after=40)
    assert time.process_time() - begun < 2
