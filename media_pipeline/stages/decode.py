"""decode: any audio or video file becomes mono sound at 22 050 Hz, on disk, in bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from media_pipeline.artifacts import Audio, Media
from media_pipeline.context import Context, StageError
from media_pipeline.engines.sound_file import MAX_SECONDS, clock, open_sound
from media_pipeline.graph import Option, stage

RATE = 22_050  # hz: what the pitch network was trained on; keeps everything up to 11 kHz
SILENCE = 1e-4  # peak, -80 dB: below this there is only the noise of a converter


@stage(
    weight=0.4,
    label="Reading the recording",
    options=(
        Option(
            "trim_start", 0.0, "Start at (seconds)", "Leave out what comes before.", minimum=0, maximum=MAX_SECONDS,
            when="before",
        ),
        Option(
            "trim_end", 0.0, "End at (seconds)", "Leave out what comes after; 0 keeps everything to the end.",
            minimum=0, maximum=MAX_SECONDS, when="before",
        ),
    ),
)  # fmt: skip
def decode(ctx: Context, media: Media) -> Audio:
    """Sound between the trim points, averaged to mono and resampled by soxr.

    1. read packet by packet, average the channels, resample a second at a time, append to samples.npy
    2. what is truncated or partly damaged is kept as far as it goes, with a warning
    3. nothing readable, nothing audible or longer than two hours is a StageError
    """
    import soxr

    start = float(ctx.options.get("trim_start", 0.0))
    end = float(ctx.options.get("trim_end", 0.0)) or float("inf")
    if end <= start:
        raise StageError(
            f"The chosen end ({clock(end)}) lies before the chosen start ({clock(start)}).", hint="Move the trim marks."
        )
    path = ctx.folder / "samples.npy"
    peak, written, heard = 0.0, 0, 0.0
    with open_sound(media.path, name=media.name, check=ctx.check) as sound, path.open("wb") as file:
        _header(file, 0)
        resampler: soxr.ResampleStream | None = None
        source_rate = 0

        def put(block: np.ndarray[tuple[int], np.dtype[np.float32]], *, last: bool) -> None:
            nonlocal peak, written
            assert resampler is not None
            out = resampler.resample_chunk(block, last=last)
            if len(out):
                file.write(np.ascontiguousarray(out, dtype="<f4").tobytes())
                written += len(out)
                peak = max(peak, float(np.abs(out).max()))

        for block, rate in sound.blocks():
            if rate != source_rate:  # a chained stream may change it midway
                if resampler is not None:
                    put(np.zeros(0, np.float32), last=True)
                resampler, source_rate = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ"), rate
            first, last = (min(max(round((edge - heard) * rate), 0), len(block)) for edge in (start, min(end, 1e9)))
            if last > first:
                put(block[first:last], last=False)
            heard += len(block) / rate
            if sound.claimed:
                ctx.progress(min(heard / max(sound.claimed, heard), 0.99))
            else:
                ctx.check()
        if resampler is not None:
            put(np.zeros(0, np.float32), last=True)
        _header(file, written)
        for warning in sound.warnings:
            ctx.warn(warning)
        ctx.log(f"{clock(heard)} of sound, {sound.rate} Hz, {sound.channels} channels")
    if start >= heard:
        raise StageError(
            f"The recording lasts {clock(heard)}, but is to start at {clock(start)}.", hint="Move the trim marks."
        )
    if peak < SILENCE:
        where = f" between {clock(start)} and {clock(min(end, heard))}" if start or end < heard else ""
        raise StageError(f"There is no sound in this recording{where}.", hint="Check it, then upload it again.")
    return Audio(samples=_mapped(path), rate=RATE, start=start, duration=heard)


def _header(file: BinaryIO, length: int) -> None:
    """(Re)write the .npy header; it is padded to 128 bytes whatever the length."""
    file.seek(0)
    npy.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (length,)})


def _mapped(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    samples: np.ndarray[tuple[int], np.dtype[np.float32]] = np.load(path, mmap_mode="r")
    return samples
