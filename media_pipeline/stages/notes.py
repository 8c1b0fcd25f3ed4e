"""notes: probabilities per frame become notes with an onset, an end, a pitch and a strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from media_pipeline.artifacts import Activations, Note, Notes
from media_pipeline.context import Context
from media_pipeline.graph import Option, stage
from media_pipeline.nets.note_judge import judge
from media_pipeline.stages.pitch import CLEAR

Array = NDArray[np.float32]
Ints = NDArray[np.intp]

LOWEST = 21  # MIDI number of column 0, A0
FAINT = 0.2  # an onset less likely than this is never looked at
LATE = 0.005  # seconds by which the network marks onsets early, measured on practice pieces
PIECE, AROUND = 40_000, 2_000  # frames looked at together, about eight minutes: an hour stays in bounded memory
TIGHT = 3  # frames on either side within which there is one onset of a pitch
PARTIALS = (12, 19, 24, 28, 31, 34, 36)  # semitones from a tone up to its partials 2 to 8
# No practice piece, all without either, reaches 0.1 and 0.48; drums as loud as the music measure 0.47 to 0.60
# (training/fit_draft.py). How well either tells real songs apart is not measured.
DRAFT_VOCAL, DRAFT_PERCUSSIVE = 0.5, 0.5
HARDLY_HELD = 0.1  # practice pieces hold tones 0.9 of the time, synthetic speech in five languages 0.04 at most
HELD_SECONDS, HELD_BINS = 0.15, 2  # a tone is held when it stays within two thirds of a semitone for so long


@stage(
    weight=0.3,
    label="Writing down the notes",
    options=(
        Option(
            "sensitivity", 0.65, "How many notes", "Higher also writes down faint notes; lower keeps only clear ones.",
            minimum=0.05, maximum=0.95,
        ),
    ),
)  # fmt: skip
def notes(ctx: Context, activations: Activations) -> Notes:
    """1. candidates: peaks of the onset probability, and rises of the note probability without one (soft starts)
    2. each is judged by what surrounds it (`nets/note_judge`): is it a note, the octave ghost of a lower one, or an
       old note that another's attack only seems to strike again
    3. a note lasts until its probability has fallen away or its pitch starts anew
    """
    sensitivity = float(ctx.options.get("sensitivity", 0.65))
    found = make_notes(activations, sureness=1 - sensitivity)
    ctx.log(f"{len(found)} notes")
    draft = draft_because(
        vocal=activations.vocal,
        percussive=activations.percussive,
        held=held(activations.contour, frames_per_second=activations.frames_per_second),
    )
    if draft:
        ctx.warn(draft)
    return Notes(tuple(found), activations.tuning_cents, draft)


def draft_because(*, vocal: float, percussive: float, held: float) -> str:
    """The sentence the page shows where voice or drums are strong, or where this may be no music at all; or ""."""
    if held < HARDLY_HELD:
        return (
            "Hardly a tone of this recording is held: it sounds like speech, or like drums alone. "
            "What is written here is a guess."
        )
    strong = {"voice": vocal >= DRAFT_VOCAL, "drums": percussive >= DRAFT_PERCUSSIVE}
    loud = [word for word, is_strong in strong.items() if is_strong]
    if not loud:
        return ""
    which = " and ".join(loud)
    verb = "are" if loud != ["voice"] else "is"
    return f"{which.capitalize()} {verb} strong in this recording, so this is a draft of everything pitched."


def held(contour: NDArray[np.uint8], *, frames_per_second: float) -> float:
    """0..1: the share of the recording in which the strongest pitch is clear and stays where it is.

    Speech glides through nearly every syllable and is silent or noise between them. contour: (frames, bins).
    """
    width = max(2, round(HELD_SECONDS * frames_per_second))
    if len(contour) < width:
        return 0.0
    strongest = contour.argmax(axis=1)
    clear = contour.max(axis=1) > CLEAR
    windows = sliding_window_view(strongest, width)
    steady = (windows.max(axis=1) - windows.min(axis=1) <= HELD_BINS) & sliding_window_view(clear, width).all(axis=1)
    changes = np.zeros(len(contour) + 1, np.int32)  # each steady window covers its frames
    changes[:-width][steady] += 1
    changes[width:][steady] -= 1
    return float(np.mean(np.cumsum(changes[:-1]) > 0))


@dataclass(frozen=True)
class Candidates:
    """Possible notes, one per row."""

    frame: NDArray[np.intp]  # of the onset
    key: NDArray[np.intp]  # column, 0 = A0
    features: Array  # (n, len(FEATURES))


def make_notes(heard: Activations, *, sureness: float = 0.5) -> list[Note]:
    """Notes by onset, then pitch. `sureness` is the probability of being a note from which on one is kept."""
    pieces = [_sure(heard, first=first, sureness=sureness) for first in range(0, len(heard.note), PIECE)]
    if not pieces:
        return []
    frames, keys, sure = (np.concatenate(column) for column in zip(*pieces, strict=True))
    result: list[Note] = []
    for key in np.unique(keys):
        note, onset = _likely(heard.note[:, key]), _likely(heard.onset[:, key])
        mine = np.flatnonzero(keys == key)
        mine = mine[np.argsort(frames[mine])]
        for place, i in enumerate(mine):
            start = int(frames[i])
            limit = int(frames[mine[place + 1]]) if place + 1 < len(mine) else len(note)
            end = _end(note, start, limit)
            seconds = heard.start + (start + _between(onset, start)) / heard.frames_per_second + LATE
            strength = float(note[start : start + 12].max())
            result.append(
                Note(
                    onset=round(max(seconds, 0.0), 4),
                    offset=round(max(heard.start + end / heard.frames_per_second, seconds + 0.03), 4),
                    pitch=int(key) + LOWEST,
                    velocity=int(np.clip(round(10 + 110 * (0.6 * strength + 0.4 * float(onset[start]))), 1, 127)),
                    confidence=round(float(sure[i]), 3),
                )
            )
    return sorted(result, key=lambda n: (n.onset, n.pitch))


def _sure(heard: Activations, *, first: int, sureness: float) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Frame, key and probability of the notes that begin in one piece of the recording, heard with its surroundings."""
    begin, end = max(0, first - AROUND), first + PIECE + AROUND
    found = candidates(_likely(heard.note[begin:end]), _likely(heard.onset[begin:end]))
    frames = found.frame + begin
    here = (frames >= first) & (frames < first + PIECE)
    if not here.any():
        return frames[:0], found.key[:0], np.zeros(0)
    sure = judge(found.features[here], engine=heard.engine)
    keep = sure >= sureness
    return frames[here][keep], found.key[here][keep], sure[keep]


def _likely(quantised: NDArray[np.uint8]) -> Array:
    """Probabilities from 0..255."""
    return np.asarray(quantised / np.float32(255), np.float32)


def _between(column: Array, frame: int) -> float:
    """-0.5..0.5: where between frames the onset probability peaks, by a parabola."""
    if not 0 < frame < len(column) - 1:
        return 0.0
    a, b, c = column[frame - 1 : frame + 2].astype(float)
    bend = a - 2 * b + c
    return float(np.clip(0.5 * (a - c) / bend, -0.5, 0.5)) if bend < -1e-6 else 0.0


def _end(column: Array, start: int, limit: int) -> int:
    """First frame from which the note stays away for 60 ms: below a third of its strength, or nearly nothing."""
    strength = float(column[start : start + 12].max())
    gone = column[start + 2 : limit] < max(0.12, 0.35 * strength)
    if not gone.any():
        return limit
    run = 5  # frames
    stays = np.convolve(gone, np.ones(run), "valid") == run
    first = np.flatnonzero(stays)
    if len(first):
        return start + 2 + int(first[0])
    return limit if not gone[-1] else limit - int(np.argmin(gone[::-1]))


FEATURES = (
    "onset", "strength", "held", "rise", "before", "dip", "length", "onset share", "strength share", "others",
    "lower onset", "lower strength", "upper onset", "upper strength", "neighbour", "since", "height", "height²",
    "onset here", "later onset", "lower before", "soft",
)  # fmt: skip


def candidates(note: Array, onset: Array) -> Candidates:
    """Everything that might be a note, with what tells notes from ghosts. note, onset: (frames, 88) of 0..1."""
    from scipy.ndimage import maximum_filter1d

    frames = len(note)
    if frames < 8:
        empty = np.zeros(0, np.intp)
        return Candidates(empty, empty, np.zeros((0, len(FEATURES)), np.float32))
    top = maximum_filter1d(onset, 2 * TIGHT + 1, axis=0)
    hard = (onset == top) & (onset >= FAINT)
    hard &= maximum_filter1d(note, 13, axis=0) >= FAINT
    # soft starts: the note itself appears without any mark of an onset nearby
    span = 6
    padded = np.pad(note, ((span, span), (0, 0)), mode="edge")
    sums = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
    means = (sums[span:] - sums[:-span]) / span  # means[i]: of the `span` frames before frame i
    after, climb = means[span : span + frames], means[span : span + frames] - means[:frames]
    soft = (climb == maximum_filter1d(climb, 13, axis=0)) & (climb > 0.25) & (after > 0.35)
    soft &= maximum_filter1d(onset, 17, axis=0) < FAINT
    frame, key = np.nonzero(hard | soft)
    # a flat top gives several frames; keep the first
    order = np.lexsort((frame, key))
    frame, key = frame[order], key[order]
    again = np.zeros(len(frame), bool)
    again[1:] = (key[1:] == key[:-1]) & (frame[1:] - frame[:-1] <= TIGHT)
    frame, key = frame[~again], key[~again]
    return Candidates(frame, key, _features(note, onset, frame, key, is_soft=soft[frame, key]))


def _features(
    note: Array, onset: Array, frame: NDArray[np.intp], key: NDArray[np.intp], *, is_soft: NDArray[np.bool_]
) -> Array:
    from scipy.ndimage import maximum_filter1d

    frames = len(note)
    if not len(frame):
        return np.zeros((0, len(FEATURES)), np.float32)

    def look(x: Array, first: int, last: int) -> Array:
        """(n, last - first) of column `key` around each candidate."""
        index = np.clip(frame[:, None] + np.arange(first, last), 0, frames - 1)
        return np.asarray(x[index, key[:, None]])

    near = maximum_filter1d(onset, 9, axis=0)  # strongest onset within 46 ms
    held = _running_mean(note, frame, key, 2, 14)
    before = look(note, -9, -2).mean(axis=1)
    wide = np.pad(near, ((0, 0), (36, 36)))
    sound = np.pad(note, ((0, 0), (36, 36)))
    at = np.clip(frame + 6, 0, frames - 1)
    past = np.clip(frame - 5, 0, frames - 1)

    def partner(x: Array, when: NDArray[np.intp], sign: int) -> Array:
        return np.asarray(np.max([x[when, key + 36 + sign * step] for step in PARTIALS], axis=0))

    strong = np.sort(near[frame], axis=1)
    level = 0.3 * np.maximum(0.3, look(note, 0, 12).max(axis=1))
    gone = look(note, 3, 90) < level[:, None]
    length = 3 + np.where(gone.any(axis=1), gone.argmax(axis=1), gone.shape[1])
    since = np.full(len(frame), 200.0, np.float32)
    same = (key[1:] == key[:-1]) & (onset[frame[:-1], key[:-1]] > 0.3)
    since[1:][same] = (frame[1:] - frame[:-1])[same]
    loudest = np.sort(note[at], axis=1)[:, -1]
    here = onset[frame, key]
    height = (key - 40) / 24
    columns = [
        here,
        look(note, 0, 12).max(axis=1),
        held,
        held - before,
        before,
        look(note, -4, 4).min(axis=1) - before,
        np.log2(1 + length) / 6,
        here / (strong[:, -1] + 0.05),
        held / (loudest + 0.05),
        np.log1p((near[frame] > 0.4).sum(axis=1)),
        partner(wide, frame, -1),
        partner(sound, at, -1),
        partner(wide, frame, 1),
        partner(sound, at, 1),
        np.maximum(sound[at, key + 35], sound[at, key + 37]),
        np.log2(1 + since) / 7,
        height,
        height**2,
        np.partition(near[frame], -2, axis=1)[:, -2] - here,
        look(onset, 4, 20).max(axis=1) - here,
        partner(sound, past, -1),
        is_soft,
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _running_mean(
    x: Array, frame: NDArray[np.intp], key: NDArray[np.intp], first: int, last: int
) -> NDArray[np.float32]:
    index = np.clip(frame[:, None] + np.arange(first, last), 0, len(x) - 1)
    return np.asarray(x[index, key[:, None]].mean(axis=1))
