"""The key of a piece, and of its parts where it plainly changes.

Pitch classes weighted by length are held against key profiles (Krumhansl, "Cognitive Foundations of Musical Pitch",
1990, with the values revised by Temperley, "What's Key for Key? The Krumhansl-Schmuckler key-finding algorithm
reconsidered", Music Perception 17:1, 1999). The path of keys over bars is the cheapest one where a change costs
(Viterbi); changes that do not hold for some bars are not written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from notation.score.model import Key, Placed

_MAJOR = np.array([5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0])
_MINOR = np.array([5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0])
CHANGE_COST = 7.0
SHORTEST_KEY_BARS = 8
LAST_NOTE, LAST_BASS = 0.08, 0.05  # what ending on the key note adds to a correlation

# fifths of the major key on each pitch class, the name with fewer signs (F sharp over G flat by usage: one sharp key)
_MAJOR_FIFTHS = {0: 0, 7: 1, 2: 2, 9: 3, 4: 4, 11: 5, 6: 6, 1: -5, 8: -4, 3: -3, 10: -2, 5: -1}


def _profiles() -> NDArray[np.float64]:
    rows = [np.roll(_MAJOR, t) for t in range(12)] + [np.roll(_MINOR, t) for t in range(12)]
    table = np.array(rows)
    table = table - table.mean(axis=1, keepdims=True)
    normed: NDArray[np.float64] = table / np.linalg.norm(table, axis=1, keepdims=True)
    return normed


def key_of(index: int) -> Key:
    """0..11 major on that pitch class, 12..23 minor."""
    if index < 12:
        return Key(_MAJOR_FIFTHS[index], "major")
    relative = (index - 12 + 3) % 12
    return Key(-6 if relative == 6 else _MAJOR_FIFTHS[relative], "minor")  # E flat minor, not D sharp minor


def tonic_of(key: Key) -> int:
    """Pitch class of the key note."""
    return (7 * key.fifths + (9 if key.mode == "minor" else 0)) % 12


def name_of(key: Key) -> str:
    """As a musician says it: "E flat major"."""
    line = "FCGDAEB"
    place = key.fifths + (4 if key.mode == "minor" else 1)
    letter, signs = line[place % 7], place // 7
    return f"{letter}{' sharp' * signs if signs > 0 else ' flat' * -signs} {key.mode}"


def weights(notes: Sequence[Placed], *, bars: int) -> NDArray[np.float64]:
    """(bars, 12) how long each pitch class sounds; length counts by its root, so that one pedal note does not rule."""
    table = np.zeros((bars, 12))
    for n in notes:
        if 0 <= n.bar < bars:
            table[n.bar, n.pitch % 12] += min(4.0, float(n.duration)) ** 0.7
    return table


def keys_of_bars(notes: Sequence[Placed], *, bars: int) -> list[Key]:
    """The key of each bar; one key throughout unless a change is clear."""
    table = weights(notes, bars=bars)
    total = table.sum(axis=0)
    if total.sum() == 0:
        return [Key(0)] * bars
    profiles = _profiles()
    whole = _best(total, notes, profiles)
    if bars < 2 * SHORTEST_KEY_BARS:
        return [key_of(whole)] * bars
    kernel = np.array([0.25, 0.6, 1.0, 0.6, 0.25])
    smooth = np.stack([np.convolve(table[:, c], kernel, mode="same") for c in range(12)], axis=1)
    centred = smooth - smooth.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    fit = (centred / np.where(norm > 0, norm, 1)) @ profiles.T  # (bars, 24), -1..1
    gain = 2.5 * fit
    gain[:, whole] += 0.25  # the key of the whole piece needs the least proof
    path = _path(gain)
    path = _drop_short(path, whole)
    # relatives share a signature: the mode then follows the whole stretch, not a bar
    return [key_of(k) for k in path]


def _best(total: NDArray[np.float64], notes: Sequence[Placed], profiles: NDArray[np.float64]) -> int:
    centred = total - total.mean()
    fit = profiles @ centred / (np.linalg.norm(centred) or 1.0)
    if notes:
        # a piece ends, and its bass rests, on the key note more often than on any other
        last = max(n.bar for n in notes)
        final = [n for n in notes if n.bar == last]
        end = max(final, key=lambda n: n.onset)
        for p, worth in ((end.pitch % 12, LAST_NOTE), (min(final, key=lambda n: n.pitch).pitch % 12, LAST_BASS)):
            fit[p] += worth
            fit[12 + p] += worth
    return int(fit.argmax())


def _path(gain: NDArray[np.float64]) -> list[int]:
    total = gain[0].copy()
    back = np.zeros(gain.shape, dtype=int)
    for b in range(1, len(gain)):
        best = int(total.argmax())
        stay = total
        move = total[best] - CHANGE_COST
        back[b] = np.where(stay >= move, np.arange(gain.shape[1]), best)
        total = np.maximum(stay, move) + gain[b]
    state = int(total.argmax())
    path = [0] * len(gain)
    for b in range(len(gain) - 1, -1, -1):
        path[b] = state
        state = int(back[b][state])
    return path


def _drop_short(path: list[int], whole: int) -> list[int]:
    """Stretches too short for a key signature join what is before them."""
    runs: list[list[int]] = []
    for key in path:
        if runs and runs[-1][0] == key:
            runs[-1][1] += 1
        else:
            runs.append([key, 1])
    if len(runs) == 1:
        return path
    joined: list[list[int]] = []
    for key, length in runs:
        if length < SHORTEST_KEY_BARS and joined:
            joined[-1][1] += length
        elif length < SHORTEST_KEY_BARS:
            joined.append([whole, length])
        elif joined and joined[-1][0] == key:
            joined[-1][1] += length
        else:
            joined.append([key, length])
    return [key for key, length in joined for _ in range(length)]
