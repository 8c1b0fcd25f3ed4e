"""listen: a copy of the recording that every browser plays and seeks in exactly, and the peaks of its waveform."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from media_pipeline.artifacts import Listening, Media
from media_pipeline.context import Context
from media_pipeline.engines.sound_file import open_sound
from media_pipeline.graph import stage

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

PEAKS_PER_SECOND = 50  # two pixels a slice when a bar fills a phone's width
RATE = 44_100  # hz, of the copy
BITS = {1: 80_000, 2: 128_000}  # a second, by channels


@stage(weight=0.7, label="Making a copy to listen to")
def listen(ctx: Context, media: Media) -> Listening:
    """AAC in .m4a with its index in front, so that it starts at once and jumps exactly (no table of an MP3 to guess).

    The encoder's delay is written into the edit list, so sample 0 of the copy is sample 0 of the source.
    """
    import av

    path = ctx.folder / "listen.m4a"
    peaks = _Peaks()
    with (
        open_sound(media.path, name=media.name, check=ctx.check) as sound,
        av.open(str(path), "w", format="ipod", options={"movflags": "+faststart"}) as out,
    ):
        layout = "mono" if sound.channels == 1 else "stereo"
        stream = out.add_stream("aac", rate=RATE, layout=layout)
        stream.bit_rate = BITS[1 if layout == "mono" else 2]
        stream.options = {"aac_coder": "fast"}  # 2 times as fast, and transparent enough at this rate
        resampler, shape = None, None
        position = 0
        for frame in sound.frames():
            if shape != (now := (frame.format.name, frame.layout.name, frame.sample_rate)):
                resampler, shape = av.AudioResampler(format="fltp", layout=layout, rate=RATE), now
            assert resampler is not None
            frame.pts = None
            for piece in resampler.resample(frame):
                position = _encode(out, stream, piece, position=position, peaks=peaks)
            if sound.claimed:
                ctx.progress(min(sound.heard / max(sound.claimed, sound.heard), 0.99))
            else:
                ctx.check()
        if resampler is not None:
            for piece in resampler.resample(None):
                position = _encode(out, stream, piece, position=position, peaks=peaks)
        for packet in stream.encode(None):
            out.mux(packet)
        heard = sound.heard
    return Listening(path, "audio/mp4", peaks.array(), float(PEAKS_PER_SECOND), heard)


def _encode(out: OutputContainer, stream: AudioStream, piece: AudioFrame, *, position: int, peaks: _Peaks) -> int:
    piece.pts, piece.time_base = position, Fraction(1, RATE)
    peaks.add(np.asarray(piece.to_ndarray(), np.float32))
    for packet in stream.encode(piece):
        out.mux(packet)
    return position + piece.samples


class _Peaks:
    """Lowest and highest sample of every fiftieth of a second, gathered while the sound streams by."""

    def __init__(self) -> None:
        self._slice = RATE // PEAKS_PER_SECOND
        self._held: list[NDArray[np.float32]] = []
        self._length = 0
        self._done: list[NDArray[np.int8]] = []

    def add(self, wave: NDArray[np.float32]) -> None:
        """wave: (channels, samples)"""
        self._held.append(wave)
        self._length += wave.shape[1]
        if self._length >= 64 * self._slice:
            self._flush(whole=False)

    def array(self) -> NDArray[np.int8]:
        self._flush(whole=True)
        return np.concatenate(self._done) if self._done else np.zeros((0, 2), np.int8)

    def _flush(self, *, whole: bool) -> None:
        if not self._length:
            return
        wave = np.concatenate(self._held, axis=1)
        count = -(-wave.shape[1] // self._slice) if whole else wave.shape[1] // self._slice
        rest = wave[:, count * self._slice :]
        used = wave[:, : count * self._slice]
        used = np.pad(used, ((0, 0), (0, count * self._slice - used.shape[1])))
        slices = used.reshape(len(used), count, self._slice)
        ends = np.stack([slices.min(axis=(0, 2)), slices.max(axis=(0, 2))], axis=1)
        self._done.append(np.clip(np.round(ends * 127), -127, 127).astype(np.int8))
        self._held, self._length = ([rest], rest.shape[1]) if rest.shape[1] else ([], 0)
