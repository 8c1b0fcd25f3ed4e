"""Bass and melody: which notes get stems down and which stems up.

A beam search over strokes, in the spirit of Cambouropoulos, "Voice and stream: perceptual and computational modeling
of voice separation" (Music Perception 26:1, 2008), cut down to what guitar music writes: an upper voice (melody and
inner notes) and a bass. At each stroke the lowest none, one or all notes go to the bass; a line pays for leaps,
the bass for being high, the melody for being low, both for crossing. Afterwards a bar whose bass never rings under
moving upper notes is one voice of chords, and so is a piece of which that is true nearly everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BEAM = 24
LEAP = 0.10  # a semitone
BASS_HIGH = 0.22  # a semitone above where basses live
MELODY_LOW = 0.14
CROSSING = 2.5
RINGING = 0.4  # quarters that a note must sound on under the next to count as held; less is reverberation
NARROW = 0.8  # bass and upper note of one stroke less than a fourth apart


def bass_sizes(strokes: Sequence[Sequence[int]]) -> list[int]:
    """For each stroke (ascending pitches) how many of its lowest notes belong to the bass."""
    if not strokes:
        return []
    every = np.array([p for s in strokes for p in s])
    low, high = np.percentile(every, (8, 92))
    if high - low < 13:
        return [0] * len(strokes)
    basses = min(54.0, low + 0.42 * (high - low))
    sopranos = basses + 4
    # state: (cost, last bass, last melody, link to the path)
    beam: list[tuple[float, float, float, tuple[int, object] | None]] = [(0.0, float(low) + 3, float(high) - 4, None)]
    for stroke in strokes:
        n = len(stroke)
        grown: dict[tuple[float, float], tuple[float, float, float, tuple[int, object] | None]] = {}
        for cost, bass, melody, link in beam:
            for size in {0, 1, n}:
                step = 0.0
                new_bass, new_melody = bass, melody
                if size:
                    new_bass = float(stroke[0])
                    step += LEAP * min(12.0, abs(new_bass - bass)) * 0.7
                    step += sum(BASS_HIGH * max(0.0, p - basses) for p in stroke[:size])
                    if size > 1:
                        step += 0.6 * (size - 1)
                if size < n:
                    new_melody = float(stroke[-1])
                    step += LEAP * min(12.0, abs(new_melody - melody))
                    step += MELODY_LOW * max(0.0, sopranos - stroke[size])
                    if size and n == 2 and stroke[1] - stroke[0] < 5:
                        step += NARROW
                if new_bass >= new_melody:
                    step += CROSSING
                key = (new_bass, new_melody)
                if key not in grown or grown[key][0] > cost + step:
                    grown[key] = (cost + step, new_bass, new_melody, (size, link))
        beam = sorted(grown.values(), key=lambda s: s[0])[:BEAM]
    sizes: list[int] = []
    link = beam[0][3]
    while link is not None:
        sizes.append(link[0])
        link = link[1]  # type: ignore[assignment]
    return sizes[::-1]


def ringing_bars(
    strokes: Sequence[Sequence[int]],
    sizes: Sequence[int],
    *,
    bars: Sequence[int],
    places: Sequence[float],
    ends: Sequence[float],
) -> set[int]:
    """Bars in which a bass note is meant to sound on under a later upper note, or an upper note over a later bass.

    places, ends: of each stroke in quarters; `ends` is where its bass (or its upper notes, if it has no bass) stops.
    """
    found: set[int] = set()
    for i, size in enumerate(sizes):
        is_bass = size > 0
        for j in range(i + 1, min(i + 8, len(strokes))):
            if places[j] >= ends[i] - RINGING:
                break
            if (is_bass and sizes[j] > 0) or (not is_bass and sizes[j] < len(strokes[j])):
                break
            found.add(bars[i])
            break
    return found
