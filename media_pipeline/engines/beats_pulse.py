"""pulse: a beat tracker of our own that hears every tempo octave, follows each, then weighs the readings.

1. hear: how suddenly the sound grows in every band (spectral flux), in the bass alone, and which pitch classes sound
2. periods that may be a beat: peaks of the flux's autocorrelation, and their halves, doubles, thirds and triples
3. follow each through the recording by dynamic programming over (frame, interval): a beat wants an onset, and an
   interval wants to be like the one before, so a tempo may drift but not jump (after Ellis 2007, with a local tempo
   in place of a global one, as in the bar pointer models of Krebs et al., ISMIR 2015)
4. weigh the readings by what tells a beat from its half or double: how much of the sound it explains, bass, changes
   of harmony, what happens between beats, how usual its tempo is. The weights were fitted by training/fit_beats.py
   on practice pieces and are plain numbers below.
5. in each reading, weigh 2, 3, 4 or 6 beats to the bar and each first beat in the same way
6. move the beats of a reading to the onsets near them, between frames, then smooth out a player's jitter
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media_pipeline.artifacts import Beats, Tempo
from media_pipeline.engines import Tick
from media_pipeline.engines.spectrum import mel_bank, power_frames

Array = NDArray[np.float64]

HOP = 256  # samples; 86 frames a second
SIZE = 1024  # samples of a window
CHROMA_EVERY = 4  # frames of flux to one of harmony
ATTACK = 0.003  # seconds by which the flux lags behind plucked and struck onsets, measured on practice pieces
PERIODS = (0.25, 1.5)  # seconds a beat may last: 40 to 240 a minute
REACH = 1.22  # a reading's tempo may wander this far from its typical one
STEADY = 0.045  # usual change of an interval from one beat to the next, as a ratio
READINGS = 7  # followed at most


@dataclass(frozen=True)
class Hearing:
    """What the tracker knows of a recording, by frames."""

    fps: float
    flux: Array  # (n,) zero mean, unit deviation over a few seconds
    raw: Array  # (n,) flux as measured, for placing onsets between frames
    bass: Array  # (n,) the same as `flux`, below 200 Hz
    chroma: Array  # (12, ceil(n / CHROMA_EVERY) + 1) running sums of pitch classes, louder is less than proportional
    level: Array  # (n,) loudness in dB against the loudest


@dataclass(frozen=True)
class Reading:
    """One pulse through the recording, before bars."""

    frames: Array  # of the beats, not yet moved to onsets
    period: float  # seconds, median
    features: Array  # what the weights weigh


class PulseBeats:
    name = "pulse"
    version = "1"

    def missing(self) -> str | None:
        return None

    def run(self, samples: NDArray[np.float32], *, rate: int, start: float, tick: Tick) -> Beats:
        hearing = hear(samples, rate=rate, tick=lambda done: tick(0.5 * done))
        found = readings(hearing, tick=lambda done: tick(0.5 + 0.4 * done))
        engine = f"{self.name} {self.version}"
        if not found:  # nothing that could be a pulse: even seconds, so that notes can still be written down
            count = max(4, int(len(samples) / rate / 0.5) + 1)
            return Beats(Tempo(tuple(start + 0.5 * i for i in range(count)), 0, 4, 120.0, 0.0), (), engine)
        best: list[Tempo] = []  # of each pulse
        lengths: list[Tempo] = []  # the best pulse in bars of another length
        for reading, score in _pulses(found):
            times = tuple(round(start + float(t), 4) for t in place(hearing, reading))
            bpm = 60 / float(np.median(np.diff(times)))
            offset = _offset(hearing, reading, times[0] - start)
            for rank, (bar, first, share) in enumerate(bars(hearing, reading)):
                tempo = Tempo(times, (first + offset) % bar, bar, bpm, round(score * share, 5))
                if rank == 0:
                    best.append(tempo)
                elif len(best) == 1:
                    lengths.append(tempo)
        tick(1.0)
        return Beats(best[0], tuple(sorted(best[1:] + lengths, key=lambda tempo: -tempo.score)), engine)


def _pulses(found: list[Reading]) -> list[tuple[Reading, float]]:
    """The likeliest phase of each period, best first, with its weight."""
    weighed = sorted(zip(found, weigh(found), strict=True), key=lambda pair: -pair[1])
    kept: list[tuple[Reading, float]] = []
    for reading, score in weighed:
        if all(abs(np.log2(reading.period / other.period)) > 0.08 for other, _ in kept):
            kept.append((reading, score))
    return kept


def _offset(hearing: Hearing, reading: Reading, first: float) -> int:
    """How many beats `place` put before the reading's own first beat (fewer than none: it dropped some)."""
    return round(float((reading.frames[0] / hearing.fps - first) / reading.period))


# ------------------------------------------------------------------------------------------------ hearing


def hear(samples: NDArray[np.float32], *, rate: int, tick: Tick) -> Hearing:
    """Spectral flux after a maximum over neighbouring bands (Böck and Widmer 2013: vibrato is no onset)."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    bank = mel_bank(rate=rate, size=SIZE, bands=64, low=30, high=9_000)
    freqs = np.fft.rfftfreq(SIZE, 1 / rate)
    low = int(np.searchsorted(freqs, 200))
    count = len(samples) // HOP + 1
    raw, bass, level = np.zeros(count), np.zeros(count), np.zeros(count)
    last = np.zeros((2, bank.shape[1]))
    last_bass = np.zeros((2, low))
    for first, spectrum in power_frames(samples, size=SIZE, hop=HOP):
        n = len(spectrum)
        bands = np.concatenate([last, np.log1p(200 * (spectrum @ bank))])
        raw[first : first + n] = np.clip(bands[2:] - maximum_filter1d(bands[:-2], 3, axis=1), 0, None).mean(axis=1)
        deep = np.concatenate([last_bass, np.log1p(200 * spectrum[:, :low])])
        bass[first : first + n] = np.clip(deep[2:] - deep[:-2], 0, None).mean(axis=1)
        level[first : first + n] = (spectrum**2).sum(axis=1)
        last, last_bass = bands[-2:], deep[-2:]
        tick(0.6 * (first + n) / count)
    fps = rate / HOP

    def even(x: Array) -> Array:
        """Zero mean and unit deviation over about six seconds, so that quiet passages count as well."""
        wide = int(6 * fps)
        mean = uniform_filter1d(x, wide, mode="nearest")
        deviation = np.sqrt(np.clip(uniform_filter1d(x * x, wide, mode="nearest") - mean**2, 0, None))
        return np.asarray((x - mean) / (deviation + 0.1 * x.std() + 1e-9))

    smooth = np.convolve(raw, [0.25, 0.5, 0.25], "same")
    chroma = _chroma(samples, rate=rate, tick=lambda done: tick(0.6 + 0.4 * done))
    db = 10 * np.log10(level / (level.max() + 1e-20) + 1e-9)
    return Hearing(fps, even(smooth), smooth, even(np.convolve(bass, [0.25, 0.5, 0.25], "same")), chroma, db)


def _chroma(samples: NDArray[np.float32], *, rate: int, tick: Tick) -> Array:
    size, hop = 4096, HOP * CHROMA_EVERY
    freqs = np.fft.rfftfreq(size, 1 / rate)[1:]
    kept = (freqs > 60) & (freqs < 2_000)
    folded = np.zeros((kept.sum(), 12))
    folded[np.arange(kept.sum()), np.round(12 * np.log2(freqs[kept] / 440)).astype(int) % 12] = 1
    rows: list[Array] = []
    count = len(samples) // hop + 1
    for first, spectrum in power_frames(samples, size=size, hop=hop):
        rows.append(np.log1p(100 * spectrum[:, 1:][:, kept]) @ folded)
        tick(min(1.0, (first + len(spectrum)) / count))
    return np.concatenate([np.zeros((12, 1)), np.cumsum(np.concatenate(rows), axis=0).T], axis=1)


# ------------------------------------------------------------------------------------------------ following


def readings(hearing: Hearing, *, tick: Tick) -> list[Reading]:
    """Every plausible pulse of the recording, followed; most likely periods first, no order of merit."""
    found: list[Reading] = []
    periods = candidate_periods(hearing)
    for number, period in enumerate(periods):
        frames = follow(hearing.flux, period=period * hearing.fps)
        tick((number + 1) / len(periods))
        if len(frames) < 5:
            continue
        median = float(np.median(np.diff(frames))) / hearing.fps
        if any(abs(np.log2(median / other.period)) < 0.08 for other in found):  # it slid into one we have
            continue
        found += [Reading(moved, median, features(hearing, moved)) for moved in _phases(frames)]
    return found


def _phases(frames: Array) -> list[Array]:
    """The chain itself, and moved by a half, a third and two thirds of a beat: accents may be off the beat."""
    spans = np.append(np.diff(frames), frames[-1] - frames[-2])
    return [frames] + [(frames + spans * part)[:-1] for part in (1 / 2, 1 / 3, 2 / 3)]


def candidate_periods(hearing: Hearing) -> list[float]:
    """Seconds: the best peaks of the autocorrelation, then their relatives."""
    flux = np.clip(hearing.flux, 0, 4)
    flux = flux - flux.mean()
    shortest, longest = int(PERIODS[0] * hearing.fps), int(PERIODS[1] * hearing.fps)
    reach = 2 * longest + 2
    if len(flux) < 4 * shortest:
        return []
    size = 1 << int(np.ceil(np.log2(len(flux) + reach)))
    power = np.abs(np.fft.rfft(flux, size)) ** 2
    same = np.fft.irfft(power)[:reach] / (np.fft.irfft(power)[0] + 1e-9)
    same *= len(flux) / np.maximum(len(flux) - np.arange(reach), len(flux) / 4)
    same = np.convolve(same, np.hanning(7) / np.hanning(7).sum(), "same")
    lags = np.arange(shortest, min(longest, len(flux) // 3) + 1)
    if not len(lags):
        return []
    strength = same[lags] + 0.5 * same[np.minimum(2 * lags, reach - 1)]
    usual = np.exp(-0.5 * (np.log2(lags / hearing.fps / 0.6) / 0.9) ** 2)
    strength = strength * usual
    peaks = [i for i in range(1, len(lags) - 1) if strength[i - 1] < strength[i] >= strength[i + 1]]
    peaks.sort(key=lambda i: -strength[i])
    best = [lags[i] / hearing.fps for i in peaks[:4]]
    wishes = best + [p * f for f in (2, 0.5, 3, 1 / 3, 1.5, 2 / 3) for p in best[:2]]
    chosen: list[float] = []
    for wish in wishes:
        if PERIODS[0] <= wish <= PERIODS[1] and all(abs(np.log2(wish / c)) > 0.12 for c in chosen):
            chosen.append(float(wish))
    return chosen[:READINGS]


def follow(flux: Array, *, period: float) -> Array:
    """Frames of the beats that best explain the flux with intervals near `period` frames.

    best[t, i] is the worth of the best chain of beats that ends at t with the interval i.
    """
    intervals = np.arange(max(2, int(period / REACH)), int(np.ceil(period * REACH)) + 1)
    count, kinds = len(flux), len(intervals)
    # what a change of interval costs, in standard deviations of flux
    change = np.log(intervals[:, None] / intervals[None, :])
    cost = 0.5 * (change / STEADY) ** 2 + 0.5 * (np.log(intervals / period) / 0.25)[None, :] ** 2 * 0.1
    worth = np.clip(flux, -1.0, 4.0)
    best = np.full((count, kinds), -np.inf)
    origin = np.zeros((count, kinds), np.int16)
    longest = int(intervals[-1])
    rows = np.arange(kinds)
    for t in range(count):
        if t < longest:
            best[t] = worth[t] - 1e-3 * rows
            origin[t] = -1
        # the interval i leads from t - intervals[i] to t; entry [old interval, i]
        first = int(np.searchsorted(intervals, t, side="right"))
        if not first:
            continue
        before = best[t - intervals[:first], :].T - cost[:, :first]
        old = before.argmax(axis=0)
        value = before[old, rows[:first]] + worth[t]
        better = value > best[t, :first]
        best[t, :first] = np.where(better, value, best[t, :first])
        origin[t, :first] = np.where(better, old, origin[t, :first])
    tail = max(0, count - longest)
    t, i = divmod(int(best[tail:].argmax()), kinds)
    t += tail
    chain = [t]
    while origin[t, i] >= 0:
        t, i = t - int(intervals[i]), int(origin[t, i])
        chain.append(t)
    return np.array(chain[::-1], float)


# ------------------------------------------------------------------------------------------------ weighing


def _near(x: Array, frames: Array, *, reach: int) -> Array:
    """The largest x within `reach` frames of each of `frames`."""
    index = np.clip(np.round(frames).astype(int)[:, None] + np.arange(-reach, reach + 1), 0, len(x) - 1)
    return np.asarray(x[index].max(axis=1))


def harmony_change(hearing: Hearing, edges: Array, *, span: Array) -> Array:
    """(n,) 0..1: how different the pitch classes of `span` frames after each edge are from those before it."""
    last = hearing.chroma.shape[1] - 1

    def mean(begin: Array, end: Array) -> Array:
        a = np.clip(np.round(begin / CHROMA_EVERY).astype(int), 0, last)
        b = np.clip(np.round(end / CHROMA_EVERY).astype(int), 0, last)
        total = hearing.chroma[:, b] - hearing.chroma[:, a]
        return np.asarray(total / (np.linalg.norm(total, axis=0) + 1e-9))

    return np.asarray(1 - (mean(edges - span, edges) * mean(edges + 2, edges + 2 + span)).sum(axis=0))


FEATURES = (
    "onset", "explained", "tempo", "tempo²", "half", "third", "quarter", "bass", "bass half", "harmony", "harmony half",
    "bar", "steady", "busy", "busy²", "bare",
)  # fmt: skip


def features(hearing: Hearing, frames: Array) -> Array:
    """(len(FEATURES),) what tells a beat from its half or double."""
    gaps = np.diff(frames)
    period = float(np.median(gaps))
    reach = max(2, round(0.03 * hearing.fps))
    spans = np.append(gaps, period)
    inside = hearing.level[np.clip(frames.astype(int), 0, len(hearing.level) - 1)] > -45
    if inside.sum() < 4:
        inside[:] = True
    at, span = frames[inside], spans[inside]
    flux, bass = hearing.flux, hearing.bass
    onset = _near(flux, at, reach=reach)
    half = _near(flux, at + span / 2, reach=reach)
    third = np.maximum(_near(flux, at + span / 3, reach=reach), _near(flux, at + 2 * span / 3, reach=reach))
    quarter = np.maximum(_near(flux, at + span / 4, reach=reach), _near(flux, at + 3 * span / 4, reach=reach))
    peaks = onset_frames(hearing)
    strength = np.clip(flux[peaks], 0, 5)
    after = np.searchsorted(frames, peaks).clip(1, len(frames) - 1)
    nearest = np.minimum(np.abs(peaks - frames[after - 1]), np.abs(peaks - frames[after]))
    explained = float(strength[nearest <= reach + 1].sum() / (strength.sum() + 1e-9))
    octave = float(np.log2(period / hearing.fps / 0.55))
    busy = len(peaks) / max(len(frames), 1)
    harmony = harmony_change(hearing, at, span=span)
    harmony_half = harmony_change(hearing, at + span / 2, span=span)
    uneven = float(np.std(np.log(gaps[1:] / gaps[:-1])))
    return np.array([
        onset.mean(), explained, octave, octave**2, half.mean() - onset.mean(), third.mean() - half.mean(),
        quarter.mean() - onset.mean(), _near(bass, at, reach=reach).mean(),
        (_near(bass, at + span / 2, reach=reach) - _near(bass, at, reach=reach)).mean(), 10 * harmony.mean(),
        10 * (harmony_half - harmony).mean(), _bar_contrast(hearing, frames), 10 * uneven,
        np.log2(busy + 0.1), np.log2(busy + 0.1) ** 2, float((onset < 0.3).mean()),
    ])  # fmt: skip


def onset_frames(hearing: Hearing) -> NDArray[np.intp]:
    """Frames of clear onsets."""
    x = hearing.flux
    wide = max(2, round(0.03 * hearing.fps))
    from scipy.ndimage import maximum_filter1d

    return np.flatnonzero((x == maximum_filter1d(x, 2 * wide + 1)) & (x > 0.5))


# Fitted on practice pieces: python -m media_pipeline.training.fit_beats
WEIGHTS = np.array([
    0.814, 2.067, 0.715, -5.268, -0.071, 0.05, -1.024, 0.179, -0.712, -1.042, -0.404, 0.954, -0.038, 0.625, -0.597,
    -3.979,
])  # fmt: skip


def weigh(found: list[Reading]) -> list[float]:
    """0..1 for each reading: how likely it is the one that people would tap."""
    logits = np.array([reading.features @ WEIGHTS for reading in found])
    share = np.exp(logits - logits.max())
    return [float(x) for x in share / share.sum()]


BAR_LENGTHS = (4, 3, 2, 6)
BAR_FEATURES = 15
# Fitted as WEIGHTS are: contrasts of the four accents, the same by how often they were seen, mid-bar, lengths
BAR_WEIGHTS = np.array([
    3.441, 1.048, 0.616, 0.906, 1.062, -0.21, 0.738, 1.5, 0.643, 0.927, 0.464, -0.986, 3.458, 3.11, 3.904,
])  # fmt: skip


def bar_accents(hearing: Hearing, frames: Array) -> Array:
    """(beats, 4) zero mean, unit deviation: onset, bass, change of harmony over one and over two beats."""
    reach = max(2, round(0.04 * hearing.fps))
    spans = np.append(np.diff(frames), np.median(np.diff(frames)))
    columns = np.stack([
        _near(hearing.flux, frames, reach=reach),
        _near(hearing.bass, frames, reach=reach),
        harmony_change(hearing, frames, span=spans),
        harmony_change(hearing, frames, span=2 * spans),
    ], axis=1)  # fmt: skip
    centred = columns - columns.mean(axis=0)
    return np.asarray(centred / (centred.std(axis=0) + 1e-6))


def bar_features(hearing: Hearing, frames: Array) -> tuple[list[tuple[int, int]], Array]:
    """[(beats to the bar, first downbeat)] of every possibility, and (possibilities, BAR_FEATURES)."""
    accents = bar_accents(hearing, frames)
    places: list[tuple[int, int]] = []
    rows: list[Array] = []
    for length in BAR_LENGTHS:
        for first in range(length if len(frames) >= 2 * length else 0):
            phase = (np.arange(len(frames)) - first) % length
            down = accents[phase == 0].mean(axis=0)
            contrast = down - accents[phase != 0].mean(axis=0)
            middle = np.zeros(4)
            if length in (4, 6):
                weak = (phase != 0) & (phase != length // 2)
                middle = accents[phase == length // 2].mean(axis=0) - accents[weak].mean(axis=0)
            seen = np.sqrt((phase == 0).sum()) / 3
            places.append((length, first))
            rows.append(np.concatenate([contrast, contrast * seen, middle, [length == 4, length == 3, length == 2]]))
    return places, np.array(rows).reshape(-1, BAR_FEATURES)


def _bar_contrast(hearing: Hearing, frames: Array) -> float:
    """How much the best choice of bars stands out, in deviations, above what chance gives."""
    places, rows = bar_features(hearing, frames)
    counts = np.array([len(frames) / length for length, _ in places])
    plain = rows[:, :4] @ np.array([0.5, 1.0, 1.0, 0.3]) - 1.5 * np.sqrt(1 / np.maximum(counts, 1))
    return float(plain.max(initial=0.0))


def bars(hearing: Hearing, reading: Reading) -> list[tuple[int, int, float]]:
    """(beats to the bar, index of the first downbeat, share 0..1): the best phase of each length, best first."""
    places, rows = bar_features(hearing, reading.frames)
    if not places:
        return [(4, 0, 1.0)]
    logits = rows @ BAR_WEIGHTS
    if reading.features[FEATURES.index("third")] < 0:  # beats fall in halves: 2/4 is rarer by far than 4/4
        logits = logits - 2.0 * np.array([length == 2 for length, _ in places])
    share = np.exp(logits - logits.max())
    share /= share.sum()
    best: dict[int, tuple[int, float]] = {}
    for (length, first), part in zip(places, share, strict=True):
        if length not in best or part > best[length][1]:
            best[length] = (first, float(part))
    return sorted(((length, first, part) for length, (first, part) in best.items()), key=lambda x: -x[2])


# ------------------------------------------------------------------------------------------------ placing


def place(hearing: Hearing, reading: Reading) -> Array:
    """Seconds from samples[0]: beats on their onsets, smoothed, and continued over all that sounds.

    1. an onset within a tenth of a beat pulls the beat to its peak, found between frames by a parabola
    2. each beat becomes the value of a line through its neighbours (two on each side), onsets counting most
    3. beats are continued at the pace of the first and last bars until they cover the sound
    """
    frames = reading.frames
    raw, fps = hearing.raw, hearing.fps
    period = reading.period * fps
    reach = max(2, int(min(0.12 * period, 0.06 * fps)))
    placed = frames.copy()
    sure = np.full(len(frames), 0.15)
    for i, frame in enumerate(frames.astype(int)):
        low, high = max(1, frame - reach), min(len(raw) - 2, frame + reach)
        if high <= low:
            continue
        peak = low + int(raw[low : high + 1].argmax())
        a, b, c = raw[peak - 1], raw[peak], raw[peak + 1]
        if b < a or b < c or hearing.flux[peak] < 0.5:
            continue
        placed[i] = peak + 0.5 * (a - c) / min(a - 2 * b + c, -1e-9)
        sure[i] = min(1.0, 0.3 + 0.3 * hearing.flux[peak])
    smooth = placed.copy()
    for i in range(len(placed)):
        low, high = max(0, i - 2), min(len(placed), i + 3)
        x = np.arange(low, high) - i
        weight = sure[low:high] * np.exp(-0.5 * (x / 1.5) ** 2)
        if len(x) >= 3:
            slope, level = np.polyfit(x, placed[low:high], 1, w=np.sqrt(weight))
            smooth[i] = 0.5 * level + 0.5 * (placed[i] if sure[i] > 0.3 else level)
            del slope
    times = smooth / fps - ATTACK
    return _continued(times, hearing)


def _continued(times: Array, hearing: Hearing) -> Array:
    """Beats from the one at or just before the first sound to the last that still sounds."""
    loud = np.flatnonzero(hearing.level > -40)
    if not len(loud) or len(times) < 4:
        return times
    first, last = loud[0] / hearing.fps, loud[-1] / hearing.fps
    early, late = float(np.median(np.diff(times[:5]))), float(np.median(np.diff(times[-5:])))
    kept = times[(times > first - 0.5 * early) & (times < last + 0.5 * late)]
    if len(kept) < 4:
        kept = times
    beats = list(kept)
    while beats[0] - early > first - 0.5 * early and beats[0] - early >= 0:
        beats.insert(0, beats[0] - early)
    while beats[-1] + late < last:
        beats.append(beats[-1] + late)
    return np.array(beats)
