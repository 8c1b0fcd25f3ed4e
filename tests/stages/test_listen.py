"""listen: a copy on the same clock as the source, and a waveform that shows where it is loud."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_pipeline.artifacts import Listening, Media
from media_pipeline.context import Cancelled
from media_pipeline.stages.decode import decode
from media_pipeline.stages.listen import listen
from tests.synth import click, run_stage, tone, write_media, write_wav


def heard_click(path: Path, folder: Path) -> float:
    audio, _ = run_stage(decode, Media(path, path.name), folder=folder)
    return float(np.argmax(np.abs(audio.samples) > 0.2) / audio.rate)


@pytest.mark.parametrize(("rate", "layout"), [(22_050, "mono"), (44_100, "mono"), (48_000, "stereo"), (192_000, "5.1")])
def test_same_clock_as_a_wav(tmp_path: Path, rate: int, layout: str) -> None:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    sound = np.stack([click(3.0, at=1.5, rate=rate)] * channels)
    path = write_media(tmp_path / "a.wav", sound, codec="pcm_s16le", container="wav", rate=rate, layout=layout)
    copy, _ = run_stage(listen, Media(path, "a.wav"), folder=tmp_path)
    assert heard_click(copy.file, tmp_path) == pytest.approx(1.5, abs=0.003)


def test_same_clock_as_an_mp3(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp3", click(3.0, at=1.5, rate=44_100), codec="libmp3lame", container="mp3")
    copy, _ = run_stage(listen, Media(path, "a.mp3"), folder=tmp_path)
    assert heard_click(copy.file, tmp_path) == pytest.approx(heard_click(path, tmp_path), abs=0.003)


def test_the_index_comes_first_so_that_playing_starts_at_once(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(3.0))
    copy, _ = run_stage(listen, Media(path, "a.wav"), folder=tmp_path)
    data = copy.file.read_bytes()
    assert (copy.media_type, data[4:8]) == ("audio/mp4", b"ftyp")
    assert data.index(b"moov") < data.index(b"mdat")


def test_peaks_show_where_it_is_loud(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(22_050, np.float32), tone(1.0, level=0.9), tone(1.0, level=0.3)])
    path = write_wav(tmp_path / "a.wav", sound)
    copy, _ = run_stage(listen, Media(path, "a.wav"), folder=tmp_path)
    peaks = copy.peaks.astype(int)
    per = int(copy.peaks_per_second)
    assert peaks.shape == (3 * per, 2) or peaks.shape == (3 * per + 1, 2)
    assert np.abs(peaks[5 : per - 5]).max() <= 1
    assert peaks[per + 5 : 2 * per - 5, 1].mean() == pytest.approx(0.9 * 127, abs=3)
    assert peaks[2 * per + 5 : 3 * per - 5, 0].mean() == pytest.approx(-0.3 * 127, abs=3)


def test_trimming_does_not_touch_the_copy(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(4.0))
    copy: Listening
    copy, _ = run_stage(listen, Media(path, "a.wav"), folder=tmp_path)
    assert copy.duration == pytest.approx(4.0, abs=0.01)


def test_cancel(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.tile(tone(30.0), 4))
    with pytest.raises(Cancelled):
        run_stage(listen, Media(path, "a.wav"), folder=tmp_path, cancel_after=30)
