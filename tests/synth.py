"""Known music and known files for tests: pieces whose every note is known, and recordings of every sorry kind."""

from __future__ import annotations

import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media_pipeline.artifacts import Audio
from media_pipeline.context import Cancelled
from media_pipeline.graph import Stage
from media_pipeline.training.pieces import SPECS, Piece, PieceNote, Spec, held_out, make, practice
from media_pipeline.training.quiet import QuietContext

__all__ = [
    "SPECS", "Context", "Piece", "PieceNote", "Spec", "audio_of", "click", "held_out", "html", "make", "practice",
    "run_stage", "tone", "write_media", "write_wav",
]  # fmt: skip

Wave = NDArray[np.float32]


class Context(QuietContext):
    """Remembers progress, and cancels at the n-th sign of life where a test asks for it."""

    def __init__(
        self, folder: Path, *, options: Mapping[str, Any], attempt: int = 1, cancel_after: int | None = None
    ) -> None:
        super().__init__(folder, options=options, attempt=attempt)
        self.fractions: list[float] = []
        self._left = cancel_after

    def progress(self, fraction: float, note: str = "") -> None:
        self.fractions.append(fraction)
        self.check()

    def check(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Cancelled


def run_stage(
    stage: Stage,
    *needs: Any,
    folder: Path,
    options: Mapping[str, Any] | None = None,
    attempt: int = 1,
    cancel_after: int | None = None,
) -> tuple[Any, Context]:
    """(the artefact, the context it was made in). Options are `{"option": value}` of that stage."""
    chosen = stage.option_values({f"{stage.name}.{name}": value for name, value in (options or {}).items()})
    context = Context(folder, options=chosen, attempt=attempt, cancel_after=cancel_after)
    return stage.run(context, *needs), context


def audio_of(samples: Wave, *, start: float = 0.0, rate: int = 22_050) -> Audio:
    return Audio(samples, rate, start, start + len(samples) / rate)


def tone(seconds: float, *, hz: float = 440.0, rate: int = 22_050, level: float = 0.5) -> Wave:
    return np.asarray(level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate), np.float32)


def click(seconds: float, *, at: float, rate: int) -> Wave:
    """Silence with a short burst of 3 kHz that begins at `at` seconds."""
    sound = np.zeros(int(seconds * rate), np.float32)
    burst = 0.9 * np.sin(2 * np.pi * 3000 * np.arange(int(0.01 * rate)) / rate)
    sound[round(at * rate) : round(at * rate) + len(burst)] = burst
    return sound


def write_wav(path: Path, samples: Wave, *, rate: int = 22_050) -> Path:
    """(n,) or (channels, n), 16 bit."""
    frames = np.atleast_2d(samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(frames))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(frames.T * 32767).astype("<i2").tobytes())
    return path


def write_media(
    path: Path,
    samples: Wave | None,
    *,
    codec: str = "aac",
    container: str = "mp4",
    rate: int = 44_100,
    layout: str = "mono",
    picture: bool = False,
) -> Path:
    """Sound and, with `picture`, a moving grey square, in any container libav writes. `samples` (channels, n)."""
    import av

    with av.open(str(path), "w", format=container) as out:
        video = None
        if picture:
            video = out.add_stream("mpeg4", rate=25)
            video.width = video.height = 64
            video.pix_fmt = "yuv420p"
        audio: Any = None
        if samples is not None:
            audio = out.add_stream(codec, rate=rate, layout=layout)
        if video is not None:
            for number in range(25):
                shade = np.full((64, 64, 3), 10 * number % 255, np.uint8)
                for packet in video.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")):
                    out.mux(packet)
            for packet in video.encode(None):
                out.mux(packet)
        if audio is not None and samples is not None:
            resampler = _into(audio, rate=rate, layout=layout)
            frames = np.ascontiguousarray(np.atleast_2d(samples).astype(np.float32))
            for start in range(0, frames.shape[1], 1024):
                piece = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(frames[:, start : start + 1024]), format="fltp", layout=layout
                )
                piece.sample_rate, piece.pts = rate, start
                for ready in resampler(piece):
                    for packet in audio.encode(ready):
                        out.mux(packet)
            for ready in resampler(None):
                for packet in audio.encode(ready):
                    out.mux(packet)
            for packet in audio.encode(None):
                out.mux(packet)
    return path


def _into(stream: Any, *, rate: int, layout: str) -> Callable[[Any], list[Any]]:
    import av

    context = stream.codec_context
    resampler = av.AudioResampler(
        format=context.format.name, layout=layout, rate=rate, frame_size=context.frame_size or 1024
    )
    return lambda frame: list(resampler.resample(frame))


def html() -> bytes:
    return b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in</body></html>\n" * 20
