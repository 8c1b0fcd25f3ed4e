"""A MIDI file played by fluidsynth with a sound font: other sounds than our own."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def played(midi: Path, *, font: str, rate: int) -> NDArray[np.float32]:
    """(n,) mono sound at `rate` hz. Raises CalledProcessError where fluidsynth cannot play it."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        command = ["fluidsynth", "-ni", "-q", "-g", "0.6", "-r", str(rate), "-F", str(sound), font, str(midi)]
        subprocess.run(command, check=True, capture_output=True)
        wave, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    return np.ascontiguousarray(wave.mean(axis=1), dtype=np.float32)
