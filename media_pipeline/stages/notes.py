"""notes: probabilities per frame become notes with an onset, an end, a pitch and a strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media_pipeline.artifacts import Activations, Note, Notes
from media_pipeline.context import Context
from media_pipeline.graph import Option, stage

LOWEST = 21  # MIDI number of column 0, A0


@stage(weight=0.2, label="Writing down the notes")
def notes(ctx: Context, activations: Activations) -> Notes:
    found = make_notes(activations)
    ctx.log(f"{len(found)} notes")
    draft = ""
    return Notes(tuple(found), activations.tuning_cents, draft)


def make_notes(heard: Activations, *, onset_level: float = 0.5, level: float = 0.3) -> list[Note]:
    note, onset = heard.note / 255.0, heard.onset / 255.0
    result = []
    n = len(note)
    peaks = (onset[1:-1] >= onset_level) & (onset[1:-1] > onset[:-2]) & (onset[1:-1] >= onset[2:])
    for k in range(note.shape[1]):
        starts = np.flatnonzero(peaks[:, k]) + 1
        for i, s in enumerate(starts):
            stop = starts[i + 1] if i + 1 < len(starts) else n
            below = np.flatnonzero(note[s + 1 : stop, k] < level)
            e = s + 1 + (below[0] if len(below) else stop - s - 1)
            if e - s > 8:
                result.append(Note(heard.start + s / heard.frames_per_second, heard.start + e / heard.frames_per_second, k + LOWEST, int(np.clip(note[s:e, k].max() * 127, 1, 127)), float(note[s:e, k].mean())))
    return sorted(result, key=lambda x: (x.onset, x.pitch))
