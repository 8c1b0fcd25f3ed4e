"""librosa's beat tracker (Ellis, "Beat Tracking by Dynamic Programming", 2007), tried at both tempo octaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from media_pipeline.artifacts import Beats, Tempo
from media_pipeline.engines import Tick

HOP = 256  # samples


class LibrosaBeats:
    name = "librosa"
    version = "0.11"

    def missing(self) -> str | None:
        from importlib.util import find_spec

        return None if find_spec("librosa") else "needs librosa (pip install librosa)"

    def run(self, samples: NDArray[np.float32], *, rate: int, start: float, tick: Tick) -> Beats:
        import librosa

        envelope = librosa.onset.onset_strength(y=np.asarray(samples), sr=rate, hop_length=HOP, aggregate=np.median)
        tick(0.4)
        bpm, _ = librosa.beat.beat_track(onset_envelope=envelope, sr=rate, hop_length=HOP)
        first = float(np.atleast_1d(bpm)[0]) or 120.0
        readings: list[Tempo] = []
        for number, factor in enumerate((1.0, 2.0, 0.5)):
            tick(0.5 + 0.15 * number)
            guess = first * factor
            if not 35 <= guess <= 260:
                continue
            _, frames = librosa.beat.beat_track(onset_envelope=envelope, sr=rate, hop_length=HOP, bpm=guess, trim=False)
            times = start + librosa.frames_to_time(frames, sr=rate, hop_length=HOP)
            if len(times) < 4:
                continue
            weight = float(np.exp(-0.5 * (np.log2(guess / 110) / 0.7) ** 2))
            score = float(envelope[frames].mean() / (envelope.mean() + 1e-9)) * weight
            at_beats = envelope[frames]
            downbeat = int(np.argmax([at_beats[i::4].mean() for i in range(4)]))
            pace = 60 / float(np.median(np.diff(times)))
            readings.append(Tempo(tuple(float(t) for t in times), downbeat, 4, pace, score))
        readings.sort(key=lambda t: -t.score)
        if not readings:
            times = tuple(start + 0.5 * i for i in range(max(4, int(2 * len(samples) / rate) + 1)))
            readings = [Tempo(times, 0, 4, 120.0, 0.0)]
        return Beats(readings[0], tuple(readings[1:]), f"{self.name} {self.version}")
