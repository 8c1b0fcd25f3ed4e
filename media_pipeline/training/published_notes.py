"""The peer of our note making: the one published with Basic Pitch, on the very same activations."""

from __future__ import annotations

import numpy as np

from media_pipeline.artifacts import Activations


def published_notes(heard: Activations, *, onset_level: float = 0.5, level: float = 0.3) -> list[tuple[float, int]]:
    """(seconds, pitch) by the note making described with Basic Pitch (ICASSP 2022, section 2.4), its own thresholds.

    Onsets are peaks of the onset probability or of the growth of the note probability, whichever is larger; a note
    lasts until its probability is below `level` for 11 frames, must last as long, and silences its neighbours; what
    is loud and unclaimed in the end becomes notes too, strongest first, grown in both directions.
    """
    note, onset = heard.note / 255.0, heard.onset / 255.0
    length = len(note)
    growth = np.zeros_like(note)
    growth[2:] = np.clip(np.minimum(note[2:] - note[1:-1], note[2:] - note[:-2]), 0, None)
    marks = np.maximum(onset, growth * onset.max() / max(growth.max(), 1e-9))
    peak = np.zeros_like(marks, bool)
    peak[1:-1] = (marks[1:-1] > marks[:-2]) & (marks[1:-1] > marks[2:]) & (marks[1:-1] >= onset_level)
    left = note.copy()
    tolerance = 11
    result: list[tuple[int, int]] = []

    def claim(first: int, last: int, key: int) -> None:
        left[first:last, max(key - 1, 0) : key + 2] = 0

    def walk(start: int, key: int, step: int) -> int:
        frame, quiet = start + step, 0
        while 0 < frame < length - 1 and quiet < tolerance:
            quiet = quiet + 1 if left[frame, key] < level else 0
            frame += step
        return frame - step * quiet

    frames, keys = np.nonzero(peak)
    for start, key in sorted(zip(frames.tolist(), keys.tolist(), strict=True), reverse=True):
        if start >= length - 1:
            continue
        end = walk(start, key, 1)
        if end - start > tolerance:
            claim(start, end, key)
            result.append((start, key))
    while left.max() > level:
        middle, key = divmod(int(left.argmax()), left.shape[1])
        left[middle, key] = 0
        end, start = walk(middle, key, 1), walk(middle, key, -1)
        claim(start, end + 1, key)
        if end - start > tolerance:
            result.append((start, key))
    return sorted((heard.start + start / heard.frames_per_second, key + 21) for start, key in result)
