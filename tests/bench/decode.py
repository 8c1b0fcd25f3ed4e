"""Decoding beside the ffmpeg command, and hearing pitches beside Basic Pitch's own code, turn by turn."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import MagicMock

import numpy as np

from tests.bench.song import RUNS, song, spread, write_mp3

SECONDS = 180.0


def bench_decode() -> list[tuple[str, str, str]]:
    """Rows of a table: what, measured, limit."""
    from media_pipeline.artifacts import Audio, Media
    from media_pipeline.local import LocalContext
    from media_pipeline.stages.decode import decode
    from media_pipeline.stages.pitch import pitch

    rows = []
    with tempfile.TemporaryDirectory(prefix="copyist-bench-") as name:
        folder = Path(name)
        path = write_mp3(folder / "song.mp3", song(SECONDS))
        context = LocalContext(folder / "decode", options={option.name: option.default for option in decode.options})
        media = Media(path, path.name)
        audio: Audio = decode.run(context, media)
        ours, theirs = _in_turns(
            lambda: decode.run(context, media),
            (lambda: _ffmpeg(path, folder / "song.f32")) if shutil.which("ffmpeg") else None,
        )
        rows.append(("three minutes of mp3 decoded to 22 050 Hz", spread(ours), ""))
        rows += _peer("the same by the ffmpeg command", ours, theirs, limit="1.0")

        listening = LocalContext(folder / "pitch", options={option.name: option.default for option in pitch.options})
        samples = np.array(audio.samples)
        ours, theirs = _in_turns(lambda: pitch.run(listening, audio), _package(samples))
        rows.append(("three minutes heard by the pitch stage", spread(ours), ""))
        rows += _peer("Basic Pitch's own Model.predict, all windows", ours, theirs, limit="1.1")
    return rows


def _in_turns(ours: Callable[[], object], theirs: Callable[[], object] | None) -> tuple[list[float], list[float]]:
    """Seconds of each, measured turn by turn, so that whatever else the machine does slows both. Both are warm."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(RUNS + 1):
        for run, kept in zip((ours, theirs), times, strict=True):
            if run is not None:
                began = time.perf_counter()
                run()
                if number:
                    kept.append(time.perf_counter() - began)
    return times


def _peer(what: str, ours: list[float], theirs: list[float], *, limit: str) -> list[tuple[str, str, str]]:
    if not theirs:
        return [(what, "not installed", "")]
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    return [(what, spread(theirs), ""), ("    our time for one of theirs", f"{ratio:.2f}", limit)]


def _ffmpeg(path: Path, target: Path) -> None:
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-i", str(path), "-ac", "1", "-ar", "22050", "-f", "f32le", str(target)],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def _package(samples: Any) -> Callable[[], object] | None:
    """The package's own windows and Model.predict. What it imports for MIDI files is not installed and not needed."""
    for name in ("pretty_midi", "resampy"):
        sys.modules.setdefault(name, MagicMock())
    try:
        from basic_pitch import ICASSP_2022_MODEL_PATH, inference
    except ImportError as error:
        print(f"basic-pitch: {error}", file=sys.stderr)
        return None
    model = inference.Model(Path(ICASSP_2022_MODEL_PATH).with_suffix(".onnx"))
    overlap = 30 * 256
    padded = np.concatenate([np.zeros(overlap // 2, np.float32), samples])
    windows = [window for window, _ in inference.window_audio_file(padded, 43844 - overlap)]

    def predict() -> None:
        for window in windows:
            model.predict(np.expand_dims(window, axis=0))

    return predict
