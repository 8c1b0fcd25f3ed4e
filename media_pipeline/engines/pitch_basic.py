"""basic-pitch: Spotify's small network for notes of any instrument, its ONNX file run by onnxruntime.

Bittner et al., "A Lightweight Instrument-Agnostic Model for Polyphonic Note Transcription and Multipitch
Estimation", ICASSP 2022. Only the model file of the package is used; the package itself (which wants TensorFlow) is
never imported. Note making is ours (media_pipeline/stages/notes.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media_pipeline.engines import Posteriors, Tick

RATE = 22_050  # hz
HOP = 256  # samples a frame, so 86.13 frames a second
WINDOW = 2 * RATE - HOP  # samples the network takes at once, a little under two seconds
WINDOW_FRAMES = 172
MARGIN = 15  # frames at each end of a window that lack context and are thrown away
STEP = WINDOW_FRAMES - 2 * MARGIN  # frames kept of a window; stepping by exactly these keeps the clock straight
BATCH = 4  # windows at a time; measured fastest on two cores, bigger ones fall out of the cache
THREADS = 2
OFFSET = 0.0  # seconds, measured on plucked and struck notes: see training/README.md
SHA256 = "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec"
GET = "pip install --no-deps basic-pitch==0.4.0"


class BasicPitch:
    name = "basic-pitch"
    version = "0.4.0"

    def missing(self) -> str | None:
        if find_spec("onnxruntime") is None:
            return "needs onnxruntime (pip install onnxruntime); until then notes are heard less well"
        path = model_path()
        if path is None or not path.is_file():
            return f"needs the model of Basic Pitch ({GET}); until then notes are heard less well"
        if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
            return f"the model file of Basic Pitch is damaged or of another version (reinstall: {GET})"
        return None

    def run(self, samples: NDArray[np.float32], *, rate: int, small: bool, tick: Tick) -> Posteriors:
        """Windows are read from `samples` (which may be memory-mapped) batch by batch; tick after each."""
        import onnxruntime

        assert rate == RATE
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
        options.enable_mem_pattern = options.enable_cpu_mem_arena = not small
        session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        frames = -(-len(samples) // HOP)
        parts = [np.zeros((frames, width), np.uint8) for width in (88, 88, 264)]
        at = 0
        for windows in _batches(samples, frames=frames, batch=1 if small else BATCH):
            outputs = session.run(
                ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2", "StatefulPartitionedCall:0"],
                {"serving_default_input_2:0": windows},
            )
            for part, output in zip(parts, outputs, strict=True):
                kept = output[:, MARGIN:-MARGIN].reshape(-1, output.shape[-1])[: frames - at]
                part[at : at + len(kept)] = np.round(np.clip(kept, 0, 1) * 255)
            at += len(windows) * STEP
            tick(min(at / frames, 1.0))
        note, onset, contour = parts
        return Posteriors(note, onset, contour, RATE / HOP, OFFSET)


def model_path() -> Path | None:
    """Where the package keeps its ONNX file, found without importing the package."""
    spec = find_spec("basic_pitch")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "saved_models" / "icassp_2022" / "nmp.onnx"


def _batches(samples: NDArray[np.float32], *, frames: int, batch: int) -> Iterator[NDArray[np.float32]]:
    """(up to batch, WINDOW, 1) each; the first frame kept of the first window is sample 0."""
    starts = [frame * HOP for frame in range(-MARGIN, frames - MARGIN, STEP)]
    for first in range(0, len(starts), batch):
        windows = np.zeros((len(starts[first : first + batch]), WINDOW, 1), np.float32)
        for window, start in zip(windows, starts[first : first + batch], strict=True):
            begin, end = max(start, 0), min(start + WINDOW, len(samples))
            window[begin - start : end - start, 0] = samples[begin:end]
        yield windows
