"""pitch: which pitches sound when, as probabilities, after setting the recording's tuning right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from media_pipeline.artifacts import Activations, Audio
from media_pipeline.context import Context
from media_pipeline.engines import Posteriors, choose
from media_pipeline.engines.spectrum import mel_bank, power_frames
from media_pipeline.graph import Option, stage

CLEAR = 0.35 * 255  # of a contour's bin: from here on somebody sounds this pitch
WORTH_CORRECTING = 6.0  # cents; less is within what instruments do among themselves


@stage(
    weight=1.2,
    label="Listening for the notes",
    options=(
        Option(
            "engine", "", "Ear", "Which engine hears the notes; normally the best one here.",
            choices=(("", "best available"), ("basic-pitch", "Basic Pitch"), ("harmonic", "built in")),
        ),
    ),
)  # fmt: skip
def pitch(ctx: Context, audio: Audio) -> Activations:
    """1. measure how far the recording is off A = 440 and, if it matters, play it back that much slower or faster
    2. let the engine hear it; should it fail, the next one does
    3. say how much of it seems to be sung and drummed
    """
    cents = tuning(audio.samples, rate=audio.rate)
    ctx.check()
    samples, stretch = audio.samples, 1.0
    if abs(cents) >= WORTH_CORRECTING:
        stretch = 2 ** (cents / 1200)  # a sharp recording is made longer, so lower
        samples = _stretched(ctx, audio, factor=stretch)
        ctx.log(f"The recording is {abs(cents):.0f} cents {'sharp' if cents > 0 else 'flat'} of A = 440; corrected.")
    heard, engine = _hear(ctx, samples, rate=audio.rate)
    speed = heard.frames_per_second * stretch
    return Activations(
        note=heard.note,
        onset=heard.onset,
        contour=heard.contour,
        frames_per_second=speed,
        start=audio.start + heard.offset / stretch,
        tuning_cents=round(cents, 1),
        vocal=sung(heard.contour, frames_per_second=speed),
        percussive=drummed(audio.samples, rate=audio.rate),
        engine=engine,
    )


def _hear(ctx: Context, samples: NDArray[np.float32], *, rate: int) -> tuple[Posteriors, str]:
    failed: tuple[str, ...] = ()
    while True:
        engine = choose("pitch", wanted=str(ctx.options.get("engine", "")), besides=failed)
        label = f"{engine.name} {engine.version}"
        ctx.engine(label)
        try:
            heard = engine.run(
                samples, rate=rate, small=ctx.attempt > 1, tick=lambda done: ctx.progress(0.1 + 0.85 * done)
            )
            return heard, label
        except MemoryError:
            raise
        except Exception as error:
            if engine.name == "harmonic":  # the last resort: nothing to fall back to
                raise
            failed += (engine.name,)
            ctx.warn(f"The engine {engine.name} failed; the built-in one took over, which hears less well.")
            ctx.log(f"{label}: {error}")


def tuning(samples: NDArray[np.float32], *, rate: int) -> float:
    """Cents by which the recording is off A = 440, in -50..50; 0 where it cannot be told.

    1. spectral peaks between 80 and 1400 Hz, at most 90 seconds spread over the recording
    2. each peak's frequency by a parabola through the log magnitudes, its distance to the nearest semitone
    3. the direction of the sum of unit vectors of these distances, weighted by magnitude; none if they disagree
    """
    size, hop = 8192, 4096
    lowest, highest = int(80 * size / rate), int(1400 * size / rate)
    count = len(samples) // hop + 1
    every = max(1, count * hop // (90 * rate))
    total, weight = 0.0 + 0.0j, 0.0
    for first, spectrum in power_frames(samples, size=size, hop=hop * every, stretch=64):
        del first
        band = np.log(spectrum[:, lowest - 1 : highest + 1] + 1e-9)
        left, mid, right = band[:, :-2], band[:, 1:-1], band[:, 2:]
        floor = mid.max(axis=1, keepdims=True) - np.log(30)  # the stronger peaks only, 30 dB down at most
        frame, place = np.nonzero((mid > left) & (mid >= right) & (mid > floor) & (mid > np.log(1e-5)))
        if not len(frame):
            continue
        a, b, c = left[frame, place], mid[frame, place], right[frame, place]
        shift = 0.5 * (a - c) / (a - 2 * b + c)
        hz = (place + lowest + shift) * rate / size
        semitones = 12 * np.log2(hz / 440)
        power = np.sqrt(np.exp(b))
        total += complex((power * np.exp(2j * np.pi * semitones)).sum())
        weight += float(power.sum())
    if weight == 0 or abs(total) < 0.15 * weight:
        return 0.0
    return float(np.angle(total) / (2 * np.pi) * 100)


def sung(contour: NDArray[np.uint8], *, frames_per_second: float) -> float:
    """0..1: how much of the sounding time the strongest line glides between the semitones, as voices do.

    Fixed strings and pipes stay within a few cents of their pitch; a voice keeps moving. Bends and fretless
    instruments move too, so this is a hint and no more.
    """
    strongest = contour.argmax(axis=1)
    level = contour[np.arange(len(contour)), strongest] if len(contour) else np.zeros(0)
    inner = np.clip(strongest, 1, contour.shape[1] - 2) if len(contour) else strongest
    rows = np.arange(len(contour))
    a, b, c = (contour[rows, inner + d].astype(np.float32) for d in (-1, 0, 1))
    place = inner + 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1.0)
    clear = level > CLEAR
    lag = max(1, round(0.06 * frames_per_second))
    move = np.abs(place[lag:] - place[:-lag]) * 100 / 3  # cents
    both = clear[lag:] & clear[:-lag] & (move < 120)
    if both.sum() < 2 * frames_per_second:
        return 0.0
    moving = float(np.mean(move[both] > 8))  # fixed strings and pipes of the practice pieces: 0.03 at most
    return float(np.clip((moving - 0.05) / 0.2, 0, 1))


def drummed(samples: NDArray[np.float32], *, rate: int) -> float:
    """0..1: the share of the sound that comes in short bursts over many frequencies at once.

    Median filtering of a coarse spectrum along time and along frequency, after Fitzgerald, DAFx 2010.
    """
    from scipy.ndimage import median_filter

    size, hop = 1024, 512
    bank = mel_bank(rate=rate, size=size, bands=48, low=60, high=10_000)
    burst, held = 0.0, 0.0
    for first, spectrum in power_frames(samples, size=size, hop=hop, stretch=1024):
        if first // 1024 % 3:  # a third of the recording tells as much as all of it
            continue
        coarse = spectrum @ bank
        steady = median_filter(coarse, size=(17, 1))
        broad = median_filter(coarse, size=(1, 13))
        mask = broad**2 / (broad**2 + steady**2 + 1e-12)
        burst += float((mask * coarse).sum())
        held += float(((1 - mask) * coarse).sum())
    return burst / (burst + held) if burst + held else 0.0


def _stretched(ctx: Context, audio: Audio, *, factor: float) -> NDArray[np.float32]:
    """The sound `factor` times as long, on disk, so that an hour costs no memory."""
    import soxr

    path: Path = ctx.folder / "tuned.npy"
    stream = soxr.ResampleStream(audio.rate, audio.rate * factor, 1, dtype="float32", quality="MQ")
    written = 0
    with path.open("wb") as file:
        for final in (False, True):
            file.seek(0)
            npy.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (written,)})
            if final:
                break
            block = 10 * audio.rate
            for start in range(0, len(audio.samples), block):
                last = start + block >= len(audio.samples)
                out = stream.resample_chunk(np.ascontiguousarray(audio.samples[start : start + block]), last=last)
                file.write(np.ascontiguousarray(out, dtype="<f4").tobytes())
                written += len(out)
                ctx.check()
    samples: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return samples
