"""Songs of any length for benches: practice pieces, one after the other, as the file a person would bring."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

RATE = 44_100  # hz
RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def song(seconds: float, *, first: int = 0) -> NDArray[np.float32]:
    """(n,) mono: practice pieces from number `first` on, again from the start where they end."""
    from media_pipeline.training.pieces import practice

    pieces, parts, length = practice(16), [], 0
    for number in cycle(range(16)):
        part = pieces[(first + number) % 16].render(rate=RATE)
        parts.append(part)
        length += len(part)
        if length >= seconds * RATE:
            return np.concatenate(parts)[: int(seconds * RATE)]
        if number == 15:  # all there is: repeat it
            whole = np.concatenate(parts)
            return np.resize(whole, int(seconds * RATE))
    raise AssertionError


def write_mp3(path: Path, wave: NDArray[np.float32], *, times: int = 1) -> Path:
    """Stereo, 44.1 kHz, 128 kbit/s; the wave so many times."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mp3", rate=RATE, layout="stereo")
        stream.bit_rate = 128_000
        for at in range(0, len(wave) * times, RATE):
            block = wave[at % len(wave) :][:RATE]
            frame = av.AudioFrame.from_ndarray(np.stack([block, block]), format="fltp", layout="stereo")
            frame.rate, frame.pts = RATE, at
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def spread(seconds: Sequence[float]) -> str:
    """The median, and from where to where."""
    return f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
