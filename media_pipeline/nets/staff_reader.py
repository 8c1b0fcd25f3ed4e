"""The staff reader: a convolutional network with CTC that reads a staff from left to right (training/omr).

Five convolutions bring a staff of 160 rows to a column of features for every four pixels; one-dimensional ConvNeXt
blocks with growing dilation let each column see its surroundings; each is then opened into two frames, and a linear
head gives the probability of each token in each of them.
Weights and vocabulary are one ONNX file, run by onnxruntime on one thread.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "staff_reader.onnx"
HEIGHT = 160  # rows of a staff's picture, the middle line on row 80, ten from line to line
STRIDE = 2  # pixels to a frame
_MULTIPLE = 32  # widths are filled up to a multiple of this


class DamagedWeights(Exception):
    """The weights are not what they should be."""


class StaffReader:
    def __init__(self, path: Path = WEIGHTS) -> None:
        self._session = _session(path)
        facts = self._session.get_modelmeta().custom_metadata_map
        try:
            self.vocabulary: list[str] = json.loads(facts["vocabulary"])
            self.version: str = facts["version"]
        except (KeyError, ValueError) as error:
            raise DamagedWeights(f"{path.name} names no vocabulary") from error

    def read(self, staff: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(frames, tokens) natural logarithms of probabilities. staff: (HEIGHT, width) grey, 255 is paper."""
        height, width = staff.shape
        if height != HEIGHT or width < STRIDE:
            raise ValueError(f"a staff is {HEIGHT} rows high, not {height} by {width}")
        frames = -(-width // STRIDE)
        ink = np.zeros((1, 1, HEIGHT, -(-width // _MULTIPLE) * _MULTIPLE), np.float32)
        ink[0, 0, :, :width] = (255 - staff.astype(np.float32)) / 255
        logits = self._session.run(None, {"staff": ink})[0][0, :frames]
        peak = logits.max(axis=1, keepdims=True)
        normal: NDArray[np.float32] = logits - peak - np.log(np.exp(logits - peak).sum(axis=1, keepdims=True))
        return normal


@cache
def _session(path: Path) -> InferenceSession:
    import onnxruntime

    wish = onnxruntime.SessionOptions()
    wish.intra_op_num_threads = wish.inter_op_num_threads = 1  # workers stand side by side
    wish.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), wish, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise DamagedWeights(f"{path.name} cannot be read: {error}") from error
