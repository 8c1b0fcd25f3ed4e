"""Three instruments of numpy: a plucked string on a wooden body, a struck one, and a pipe.

Strings are sums of damped, slightly stretched partials: sum over p of a_p exp((-d_p + i w_p) t). All partials of a
note are made by one complex matrix product (block starts times steps within a block), so a note costs a millisecond.
Model: Fletcher and Rossing, The Physics of Musical Instruments, chapters 2, 9 and 12.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]
Rng = np.random.Generator
_BLOCK = 256  # samples


def hz(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def guitar(pitch: int, seconds: float, velocity: int, *, rate: int, rng: Rng) -> Wave:
    """Plucked near the sound hole, ringing through a body with air and top resonances near 100 and 200 Hz."""
    base = hz(pitch)
    count = max(2, min(24, int(0.45 * rate / base)))
    k = np.arange(1, count + 1)
    stretch = 0.00006 * (1 + ((pitch - 40) / 24) ** 2 * 0.5)
    freqs = base * k * np.sqrt(1 + stretch * k**2)
    pluck = rng.uniform(0.13, 0.22)  # of the string's length; its comb is what a picking hand sounds like
    loud = velocity / 127
    amps = np.abs(np.sin(np.pi * pluck * k)) / k ** (1.7 - 0.5 * loud) * _body(freqs)
    decays = 0.55 + 0.25 * (base / 110) + 0.00035 * freqs + 0.22 * k * (base / 220)
    tone = _partials(freqs, amps, decays, seconds + 0.35, rate=rate, rng=rng)
    finger = rng.normal(0, 1, int(0.012 * rate)).astype(np.float32)
    finger *= np.exp(-np.arange(len(finger)) / (0.003 * rate)).astype(np.float32) * 0.05 * loud
    tone[: len(finger)] += finger[: len(tone)]
    tone *= _damper(len(tone), seconds, rate=rate, attack=0.002, release=0.045)
    return np.asarray(tone * loud**1.3, np.float32)


def piano(pitch: int, seconds: float, velocity: int, *, rate: int, rng: Rng) -> Wave:
    """Struck strings, two a note and a hair apart, with a quick and a slow decay."""
    base = hz(pitch)
    count = max(2, min(28, int(0.45 * rate / base)))
    k = np.arange(1, count + 1)
    stretch = 0.0003 * 2 ** ((pitch - 60) / 14)
    freqs = base * k * np.sqrt(1 + stretch * k**2)
    loud = velocity / 127
    amps = np.exp(-k / (3.0 + 7.0 * loud)) * np.abs(np.sin(np.pi * k / 8)) ** 0.3 / k**0.35
    quick = 1.2 + 0.6 * (base / 220) + 0.0012 * freqs
    slow = 0.25 + 0.2 * (base / 220) + 0.0003 * freqs
    detune = 1 + rng.uniform(0.0001, 0.0005)
    tone = _partials(
        np.concatenate([freqs, freqs * detune]),
        np.concatenate([amps, 0.35 * amps]),
        np.concatenate([quick, slow]),
        seconds + 0.3,
        rate=rate,
        rng=rng,
    )
    knock = rng.normal(0, 1, int(0.02 * rate)).astype(np.float32)
    knock = np.convolve(knock, np.ones(12) / 12, "same").astype(np.float32)
    knock *= np.exp(-np.arange(len(knock)) / (0.005 * rate)).astype(np.float32) * 0.08 * loud
    tone[: len(knock)] += knock[: len(tone)]
    tone *= _damper(len(tone), seconds, rate=rate, attack=0.0025, release=0.07)
    return np.asarray(0.6 * tone * loud**1.5, np.float32)


def flute(pitch: int, seconds: float, velocity: int, *, rate: int, rng: Rng) -> Wave:
    """A pipe: few partials, a soft start, a little breath and vibrato; it sustains."""
    base = hz(pitch)
    length = int((seconds + 0.12) * rate)
    t = np.arange(length) / rate
    loud = velocity / 127
    depth = 0.0025 * np.clip(t / 0.4, 0, 1)
    rate_hz, phase = rng.uniform(4.6, 5.6), rng.uniform(0, 2 * np.pi)
    turns = base * (t - depth * np.cos(2 * np.pi * rate_hz * t + phase) / (2 * np.pi * rate_hz))
    tone = np.zeros(length)
    for k, level in enumerate((1.0, 0.42, 0.2, 0.08, 0.05, 0.02), start=1):
        if base * k < 0.45 * rate:
            tone += level * (0.7 + 0.3 * loud) ** k * np.sin(2 * np.pi * k * turns + rng.uniform(0, 2 * np.pi))
    breath = np.convolve(rng.normal(0, 1, length), np.ones(6) / 6, "same") * 0.012
    tone += breath
    tone *= _damper(length, seconds, rate=rate, attack=rng.uniform(0.02, 0.035), release=0.06)
    return np.asarray(0.45 * tone * loud, np.float32)


Player = Callable[..., Wave]  # (pitch, seconds, velocity, *, rate, rng) -> (n,)
SOUNDS: dict[str, Player] = {"guitar": guitar, "piano": piano, "flute": flute}


def room(wave: Wave, *, rate: int, rng: Rng) -> Wave:
    """The sound in a bare room, not close to the player: 0.8 s of decay, 9 dB below the direct sound."""
    from scipy.signal import fftconvolve

    t = np.arange(int(0.8 * rate)) / rate
    tail = rng.normal(0, 1, len(t)) * np.exp(-6.9 * t / 0.8)
    tail[: int(0.008 * rate)] = 0
    tail = np.convolve(tail, [0.25, 0.5, 0.25], "same")  # walls take the highs
    tail *= 0.35 / np.sqrt((tail**2).sum())
    return np.asarray(wave + fftconvolve(wave, tail)[: len(wave)], np.float32)


def _partials(
    freqs: NDArray[np.float64],
    amps: NDArray[np.float64],
    decays: NDArray[np.float64],
    seconds: float,
    *,
    rate: int,
    rng: Rng,
) -> Wave:
    """(n,) sum of damped partials with chance phases."""
    blocks = -(-int(seconds * rate) // _BLOCK)
    pole = (-decays + 2j * np.pi * freqs) / rate
    phases = np.exp(1j * rng.uniform(0, 2 * np.pi, len(freqs)))
    starts = (amps * phases)[:, None] * np.exp(pole[:, None] * (_BLOCK * np.arange(blocks)))
    steps = np.exp(pole[:, None] * np.arange(_BLOCK))
    wave = (starts.T.astype(np.complex64) @ steps.astype(np.complex64)).real
    return np.ascontiguousarray(wave.reshape(-1)[: int(seconds * rate)], dtype=np.float32)


def _body(freqs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of a guitar's body: the air at 102 Hz, the top at 204 and 390 Hz, and a slope above."""
    gain = 0.35 + 0.25 / (1 + (freqs / 1800) ** 2)
    for centre, width, height in ((102.0, 18.0, 0.8), (204.0, 28.0, 0.9), (390.0, 60.0, 0.5), (780.0, 150.0, 0.3)):
        gain = gain + height / (1 + ((freqs - centre) / width) ** 2)
    return np.asarray(gain)


def _damper(length: int, seconds: float, *, rate: int, attack: float, release: float) -> Wave:
    """1 while the note is held; rises within `attack`, falls to nothing within about three times `release`."""
    t = np.arange(length) / rate
    rise = np.clip(t / attack, 0, 1)
    fall = np.exp(-np.clip(t - seconds, 0, None) / release)
    end = np.clip((length / rate - t) / 0.01, 0, 1)
    return np.asarray(rise * fall * end, np.float32)
