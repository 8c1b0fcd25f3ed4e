"""Short-time spectra of sound that may be longer than memory: read, windowed and transformed a stretch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

STRETCH = 512  # frames at a time: 2 MB of spectrum at 2048 points


def power_frames(
    samples: NDArray[np.float32], *, size: int, hop: int, stretch: int = STRETCH
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(index of the first frame, magnitudes (frames, size // 2 + 1)) of Hann windows centred on multiples of `hop`.

    The sound is taken as silent before its start and after its end.
    """
    from scipy import fft

    window = np.hanning(size + 1)[:-1].astype(np.float32) * (2.0 / size)
    count = len(samples) // hop + 1
    for first in range(0, count, stretch):
        n = min(stretch, count - first)
        begin = first * hop - size // 2
        end = begin + (n - 1) * hop + size
        piece = np.zeros(end - begin, np.float32)
        low, high = max(begin, 0), min(end, len(samples))
        piece[low - begin : high - begin] = samples[low:high]
        frames = np.lib.stride_tricks.sliding_window_view(piece, size)[::hop] * window
        yield first, np.abs(fft.rfft(frames, axis=1))


def mel_bank(*, rate: int, size: int, bands: int, low: float, high: float) -> NDArray[np.float32]:
    """(size // 2 + 1, bands) triangles of equal height, evenly spaced in mel (2595 log10(1 + f / 700))."""
    first, last = (2595 * float(np.log10(1 + edge / 700)) for edge in (low, high))
    edges = 700 * (10 ** (np.linspace(first, last, bands + 2) / 2595) - 1)
    freqs = np.fft.rfftfreq(size, 1 / rate)
    rise = (freqs[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - freqs[:, None]) / (edges[2:] - edges[1:-1])
    bank = np.clip(np.minimum(rise, fall), 0, None)
    empty = bank.sum(axis=0) == 0  # a band narrower than a bin takes its nearest bin
    for band in np.flatnonzero(empty):
        bank[np.argmin(np.abs(freqs - edges[band + 1])), band] = 1.0
    return np.asarray(bank, np.float32)
