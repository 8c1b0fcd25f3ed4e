"""What can do a task, as a dictionary: task -> name -> where its adapter lives, best first.

An engine has `name`, `version`, `missing()` and `run(...)`. The first that misses nothing is used unless the user
wants another; the last of each task is embedded, needs nothing beyond numpy and scipy, and always works.
Adapters import what is heavy inside `run`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from media_pipeline.artifacts import Beats

Tick = Callable[[float], None]  # called with the fraction done; may raise Cancelled or Drained

ENGINES: dict[str, dict[str, str]] = {
    "omr": {
        "own-omr": "media_pipeline.engines.own_omr:OwnOmr",
    },
    "beats": {
        "pulse": "media_pipeline.engines.beats_pulse:PulseBeats",
        "librosa": "media_pipeline.engines.beats_librosa:LibrosaBeats",
    },
    "pitch": {
        "basic-pitch": "media_pipeline.engines.pitch_basic:BasicPitch",
        "harmonic": "media_pipeline.engines.pitch_harmonic:HarmonicPitch",
    },
}


class EngineError(Exception):
    """No engine can do a task, or none has this name."""


class Engine(Protocol):
    name: str
    version: str

    def missing(self) -> str | None:
        """None when it can run now; else what is missing, what that costs and how to get it. Cheap to ask."""


class BeatEngine(Engine, Protocol):
    def run(self, samples: NDArray[np.float32], *, rate: int, start: float, tick: Tick) -> Beats:
        """Beats of mono sound; `start` is where samples[0] lies in the recording."""


@dataclass(frozen=True)
class Posteriors:
    """Probabilities per frame, quantised to 0..255; frame i lies at i / frames_per_second + offset seconds."""

    note: NDArray[np.uint8]  # (frames, 88), A0..C8
    onset: NDArray[np.uint8]  # (frames, 88)
    contour: NDArray[np.uint8]  # (frames, 264), three bins a semitone
    frames_per_second: float
    offset: float


class PitchEngine(Engine, Protocol):
    def run(self, samples: NDArray[np.float32], *, rate: int, small: bool, tick: Tick) -> Posteriors:
        """What sounds in mono sound tuned to A = 440. `small`: as little memory at once as possible."""


def load(task: str, name: str) -> Any:
    """The engine of that name, whether it can run or not. EngineError where there is none."""
    try:
        module, _, attribute = ENGINES[task][name].partition(":")
    except KeyError:
        raise EngineError(f"There is no engine “{name}” for {task}.") from None
    return getattr(import_module(module), attribute)()


def missing(task: str) -> dict[str, str | None]:
    """name -> what that engine misses (None: nothing), best first; for `doctor`."""
    return {name: load(task, name).missing() for name in ENGINES[task]}


def choose(task: str, *, wanted: str = "", besides: tuple[str, ...] = ()) -> Any:
    """The wanted engine if it can run, else the first that can; never one of `besides` (they failed just now).

    Raises EngineError where none can run, which the embedded engines rule out.
    """
    names = [name for name in ENGINES[task] if name not in besides]
    if wanted in names:
        names.sort(key=lambda name: name != wanted)
    for name in names:
        engine = load(task, name)
        if engine.missing() is None:
            return engine
    raise EngineError(f"No engine for {task} can run here.")
