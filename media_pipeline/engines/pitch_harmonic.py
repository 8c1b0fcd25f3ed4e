"""harmonic: the embedded ear. It explains every instant as a sum of harmonic tones, with numpy alone.

1. a spectrum with three bins a semitone, A0 to C9, from three window lengths: long ones tell low tones apart, short
   ones place high tones in time
2. each of the 88 keys has two templates, a dark and a bright tone, made by sending such tones through step 1
3. how much of each template an instant holds: non-negative matrix factorisation with fixed templates, Kullback-Leibler
   divergence (Lee and Seung 2001; Smaragdis and Brown 2003), spectra compressed to their square roots
4. an onset is where a key grows while the whole sound grows

It hears less well than a trained network, but needs nothing, and cannot be damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from media_pipeline.engines import Posteriors, Tick
from media_pipeline.engines.spectrum import mel_bank, power_frames

Array = NDArray[np.float32]

HOP = 256  # samples, 86 frames a second at 22 050 Hz
COARSE = 2 * HOP  # samples from one factorised instant to the next; those between are interpolated
STRETCH = 256  # frames worked on at a time
LOWEST = 27.5  # hz of A0
KEYS, BINS = 88, 3 * 100  # log-frequency bins, 8 octaves and a third
BANDS = ((8192, 0.0, 260.0), (4096, 260.0, 1_000.0), (2048, 1_000.0, 20_000.0))  # window, from hz, to hz
ROUNDS = 30  # of the factorisation
TONES = (0.55, 0.82)  # each partial's strength against the one below: dark, bright
LAG = 5  # frames over which a key's growth is measured


class HarmonicPitch:
    name = "harmonic"
    version = "1"

    def missing(self) -> str | None:
        return None

    def run(self, samples: NDArray[np.float32], *, rate: int, small: bool, tick: Tick) -> Posteriors:
        count = len(samples) // COARSE + 1
        coarse = np.zeros((count, KEYS), np.float32)
        shades = np.zeros((count, 3 * KEYS), np.uint8)
        templates = _templates(rate)
        stretch = STRETCH // 4 if small else STRETCH
        reference = _loudness(samples, rate=rate)
        for first, spectrum in _log_spectra(samples, rate=rate, stretch=stretch):
            compressed = np.sqrt(spectrum / reference)
            held = _explain(compressed, templates)
            coarse[first : first + len(held)] = held
            shade = compressed[:, : 3 * KEYS].reshape(len(held), KEYS, 3)
            shade = shade / (shade.max(axis=2, keepdims=True) + 1e-6) * _probability(held)[:, :, None]
            shades[first : first + len(held)] = np.round(shade.reshape(len(held), -1) * 255)
            tick(min(1.0, 0.9 * (first + len(held)) / count))
        frames = len(samples) // HOP + 1
        keys, fine = _between(coarse)[:frames], np.repeat(shades, 2, axis=0)[:frames]
        onset = _onsets(samples, keys, rate=rate)
        note = np.round(_probability(keys) * 255).astype(np.uint8)
        tick(1.0)
        return Posteriors(note, np.round(onset * 255).astype(np.uint8), fine, rate / HOP, 0.0)


def _between(coarse: Array) -> Array:
    """Twice as many frames: each, and the mean of it and the next."""
    following = np.concatenate([coarse[1:], coarse[-1:]])
    return np.asarray(np.stack([coarse, (coarse + following) / 2], axis=1).reshape(-1, coarse.shape[1]), np.float32)


def _probability(held: Array) -> Array:
    """0..1 from how much of a tone there is; 0.5 where it is a tenth of the loudest tones."""
    return np.asarray(held / (held + 0.3), np.float32)


def _loudness(samples: NDArray[np.float32], *, rate: int) -> float:
    """The magnitude that loud tones of this recording reach, so that quiet recordings are heard alike."""
    peaks = [spectrum.max(axis=1) for _, spectrum in power_frames(samples, size=4096, hop=16 * HOP, stretch=64)]
    return float(np.quantile(np.concatenate(peaks), 0.9)) + 1e-6


@lru_cache(maxsize=2)
def _kernels(rate: int) -> tuple[tuple[int, NDArray[np.float32]], ...]:
    """(window, (window // 2 + 1, BINS)) triangles a bin of log frequency wide, or as wide as the window can tell."""
    centres = LOWEST * 2 ** ((np.arange(BINS) - 1) / 36)  # bin 3 k + 1 is the middle of key k
    result = []
    for size, low, high in BANDS:
        freqs = np.fft.rfftfreq(size, 1 / rate)
        width = np.maximum(centres * (2 ** (1 / 36) - 1), 1.0 * rate / size)
        kernel = np.clip(1 - np.abs(freqs[:, None] - centres) / width, 0, None)
        kernel[:, (centres < low) | (centres >= high) | (centres > 0.47 * rate)] = 0
        result.append((size, kernel.astype(np.float32)))
    return tuple(result)


def _log_spectra(samples: NDArray[np.float32], *, rate: int, stretch: int) -> Iterator[tuple[int, Array]]:
    """(first frame, (frames, BINS)) stretch by stretch."""
    streams = [
        (power_frames(samples, size=size, hop=COARSE, stretch=stretch), kernel) for size, kernel in _kernels(rate)
    ]
    while True:
        total: Array | None = None
        first = 0
        for stream, kernel in streams:
            piece = next(stream, None)
            if piece is None:
                return
            first, spectrum = piece
            part = spectrum @ kernel
            total = part if total is None else total + part
        assert total is not None
        yield first, total


@lru_cache(maxsize=2)
def _templates(rate: int) -> Array:
    """(2 * KEYS, BINS) unit sums: what the dark and bright tones of every key look like to `_log_spectra`."""
    length = 8192
    t = np.arange(-length // 2, length // 2) / rate
    rows = []
    for slope in TONES:
        for key in range(KEYS):
            tone = np.zeros(length)
            for k in range(1, 21):
                freq = LOWEST * 2 ** (key / 12) * k * np.sqrt(1 + 0.0001 * k * k)
                if freq < 0.47 * rate:
                    tone += slope ** (k - 1) * np.cos(2 * np.pi * freq * t + k * k)
            row = np.zeros(BINS)
            for size, kernel in _kernels(rate):
                window = np.hanning(size + 1)[:-1] * 2 / size
                middle = tone[length // 2 - size // 2 : length // 2 + size // 2] * window
                row += np.abs(np.fft.rfft(middle)) @ kernel
            rows.append(np.sqrt(row))
    table = np.array(rows)
    return np.asarray(table / table.sum(axis=1, keepdims=True), np.float32)


def _explain(spectra: Array, templates: Array) -> Array:
    """(frames, KEYS) how strong each key is, its two tones added."""
    worth = np.full((len(spectra), len(templates)), spectra.mean() + 1e-6, np.float32)
    target = spectra + 1e-7
    for _ in range(ROUNDS):
        model = worth @ templates + 1e-7
        worth *= (target / model) @ templates.T
        worth = np.maximum(worth - 2e-4, 1e-9)  # a little sparseness: ghosts starve
    return np.asarray((worth[:, :KEYS] + worth[:, KEYS:]) / 8, np.float32)


def _onsets(samples: NDArray[np.float32], keys: Array, *, rate: int) -> Array:
    """(frames, KEYS) 0..1: growth of a key, sharpened by the growth of the whole sound at that instant."""
    from scipy.ndimage import maximum_filter1d

    bank = mel_bank(rate=rate, size=1024, bands=48, low=40, high=9_000)
    flux = np.zeros(len(keys))
    last = np.zeros((2, 48))
    for first, spectrum in power_frames(samples, size=1024, hop=HOP):
        bands = np.concatenate([last, np.log1p(100 * (spectrum @ bank))])
        flux[first : first + len(spectrum)] = np.clip(bands[2:] - bands[:-2], 0, None).mean(axis=1)
        last = bands[-2:]
    flux = np.convolve(flux, [0.25, 0.5, 0.25], "same")
    around = maximum_filter1d(flux, 2 * 4 + 1)
    sharp = np.where(around > 0, flux / (around + 1e-9), 0) ** 2  # 1 at a peak of the flux, less beside it
    clear = np.clip(around / (np.quantile(flux, 0.97) + 1e-9), 0, 1)
    padded = np.pad(keys, ((LAG, LAG), (0, 0)), mode="edge")
    growth = np.clip(padded[2 * LAG :] - padded[: -2 * LAG], 0, None)
    relative = growth / (growth + 0.5 * keys + 0.12)
    return np.asarray(relative * (0.35 + 0.65 * sharp * clear)[:, None], np.float32)
