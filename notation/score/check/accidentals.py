"""Accidentals that the other parts and the line itself speak against: a natural that was not read, a sharp too many.

An accidental stands for all notes of its place to the end of the bar: they are one run. For a run, every alteration is
weighed by what surrounds it:
  1. the same letter in the other parts and in its own, at the same time, in the same bar and in the bars beside it;
  2. the intervals it makes with what sounds at that time, and with the lowest note;
  3. the intervals from the note before and to the note after;
  4. its degree in the key;
  5. bars of the same part with the same notes in the same rhythm.
A conditional logit, fitted on the truth of string quartets (media_pipeline/training/omr/fit_accidentals.py), makes of
this how likely each alteration is. It is wrong in one place of ten, and readers in one of five hundred: alone it only
points at places. Together with what the reader glimpsed on the page, a sign that it did not take for one, it is sure.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notation.score.check.bars import LETTERS, NATURAL, Bar, Sound, key_alter
from notation.score.check.findings import Disagreement, Repair

Glances = Mapping[str, Mapping[str, float]]  # of a part: id of a note -> accidental -> how likely it stands before it
NAMES = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
SPOKEN = {-2: "♭♭", -1: "♭", 0: "♮", 1: "♯", 2: "𝄪"}
# How sure a change is: a logit fitted on books of works that the logit above never saw, read by Copyist's own reader.
BIAS, OF_GAP, OF_DOUBT, OF_LATER, OF_SIGN, OF_GLANCE, OF_OWN = 0.84, 0.57, 0.39, -2.35, -0.83, 0.6, 0.71
UNSEEN = 0.003  # taken for a glance where nothing is known of the page
GLIMPSED = 1e-5
MERELY = 0.35  # surroundings alone make nothing surer than this
TOLD = 0.1  # a change less sure is not worth a look

Column = Mapping[str, Bar]  # part -> its bar; parts that lack the bar are not in it
SCOPES = ("with", "bar", "beside", "own", "own beside")
DEGREES = 35
INTERVALS = 42
SIZE = 4 * len(SCOPES) + 24 + 2 * INTERVALS + DEGREES + 2
MOST_STARTS = 6  # notes of a run at which an accidental may have been missed


@dataclass(frozen=True)
class Run:
    """Notes of one place in one bar that one accidental, or none, governs."""

    part: str
    column: int
    sounds: tuple[Sound, ...]

    @property
    def alter(self) -> int:
        return self.sounds[0].alter


@dataclass
class _Around:
    """What surrounds a run, whatever its alteration is."""

    letters: list[dict[int, float]]  # of each scope: alteration -> weight
    chord: NDArray[np.float64]  # pitch class -> share of the run's time
    bass: NDArray[np.float64]
    before: tuple[int, int] | None  # step and MIDI number of the note before the first
    after: tuple[int, int] | None
    alike: dict[int, float] = field(default_factory=dict)  # alteration of the run in bars like this one -> how often


def runs(part: str, column: int, bar: Bar) -> Iterator[Run]:
    """The runs of a bar, in the order of their first notes."""
    places: dict[tuple[int, int], list[list[Sound]]] = defaultdict(list)
    for sound in bar.sounds:
        known = places[sound.staff, sound.written]
        if not known or sound.accidental or known[-1][-1].alter != sound.alter:
            known.append([])
        known[-1].append(sound)
    for groups in places.values():
        for group in groups:
            yield Run(part, column, tuple(group))


class Surroundings:
    """A song, laid out for asking what surrounds a run."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._lines: dict[tuple[str, int], dict[str, list[Sound]]] = {}
        self._letters: dict[tuple[str, int], dict[tuple[int, int], float]] = {}
        self._alike: dict[tuple[str, object], list[int]] = defaultdict(list)
        for at, column in enumerate(columns):
            for part, bar in column.items():
                self._alike[part, _signature(bar)].append(at)
                weights: dict[tuple[int, int], float] = defaultdict(float)
                for sound in bar.sounds:
                    weights[sound.letter, sound.alter] += 0.25 + min(float(sound.duration), 2.0)
                self._letters[part, at] = weights

    def features(self, run: Run, alters: Sequence[int]) -> NDArray[np.float32]:
        """(alterations as sounding, SIZE)."""
        around = self._around(run)
        bar = self.columns[run.column][run.part]
        return np.stack([_features(run, alter, around, bar) for alter in alters])

    def _around(self, run: Run) -> _Around:
        mine, at, letter = run.part, run.column, run.sounds[0].letter
        scopes: list[dict[int, float]] = [defaultdict(float) for _ in SCOPES]
        chord, bass = np.zeros(12), np.zeros(12)
        spans = [(float(s.onset), float(s.onset) + max(float(s.duration), 0.125)) for s in run.sounds]
        total = sum(end - begin for begin, end in spans)
        chosen = {id(sound) for sound in run.sounds}
        lowest: list[tuple[float, int]] = [(999.0, 0)] * len(spans)  # (MIDI number, overlap) is refined below
        for part, bar in self.columns[at].items():
            for sound in bar.sounds:
                if id(sound) in chosen:
                    continue
                begin = float(sound.onset)
                end = begin + max(float(sound.duration), 0.125)
                together = 0.0
                for n, (first, last) in enumerate(spans):
                    shared = min(end, last) - max(begin, first)
                    if shared > 0:
                        together += shared
                        if sound.midi < lowest[n][0]:
                            lowest[n] = (sound.midi, 1)
                weight = 0.25 + min(end - begin, 2.0)
                if together > 0:
                    chord[sound.midi % 12] += together / total
                if sound.letter == letter:
                    if part == mine:
                        scopes[3][sound.alter] += weight
                    else:
                        scopes[0 if together > 0 else 1][sound.alter] += weight
        for n, (first, last) in enumerate(spans):
            midi, known = lowest[n]
            if known and midi < run.sounds[n].midi:
                bass[int(midi) % 12] += (last - first) / total
        for beside in (at - 1, at + 1):
            if not 0 <= beside < len(self.columns):
                continue
            for part in self.columns[beside]:
                for (other, alter), weight in self._letters[part, beside].items():
                    if other == letter:
                        scopes[4 if part == mine else 2][alter] += weight
        before, after = self._neighbours(run)
        return _Around(scopes, np.minimum(chord, 2), bass, before, after, self._parallel(run))

    def _line(self, part: str, at: int) -> dict[str, list[Sound]]:
        """Voices of a bar, each without the lower notes of its chords."""
        key = (part, at)
        if key not in self._lines:
            voices: dict[str, list[Sound]] = defaultdict(list)
            bar = self.columns[at].get(part) if 0 <= at < len(self.columns) else None
            for sound in bar.sounds if bar is not None else ():
                line = voices[sound.voice]
                if line and line[-1].onset == sound.onset and line[-1].duration == sound.duration != 0:
                    if line[-1].midi < sound.midi:
                        line[-1] = sound
                else:
                    line.append(sound)
            self._lines[key] = voices
        return self._lines[key]

    def _neighbours(self, run: Run) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        first, last = run.sounds[0], run.sounds[-1]
        line = self._line(run.part, run.column).get(first.voice, [])
        earlier = [s for s in line if s.onset < first.onset]
        later = [s for s in line if s.onset > last.onset]
        if not earlier:
            earlier = self._line(run.part, run.column - 1).get(first.voice, [])
        if not later:
            later = self._line(run.part, run.column + 1).get(last.voice, [])
        return (
            (earlier[-1].step, earlier[-1].midi) if earlier else None,
            (later[0].step, later[0].midi) if later else None,
        )

    def _parallel(self, run: Run) -> dict[int, float]:
        bar = self.columns[run.column][run.part]
        if len(bar.sounds) < 3:
            return {}
        place = bar.sounds.index(run.sounds[0])
        alike: dict[int, float] = defaultdict(float)
        for other in self._alike[run.part, _signature(bar)]:
            if other == run.column:
                continue
            sounds = self.columns[other][run.part].sounds
            if self.columns[other][run.part].fifths == bar.fifths and place < len(sounds):
                alike[sounds[place].alter] += 1
        return alike


def check(
    columns: Sequence[Column], *, doubts: Mapping[str, Sequence[float]], glances: Mapping[str, Glances]
) -> Iterator[Disagreement]:
    """Alterations that are likelier than what was read, at most one for a run.

    doubts: part -> of each bar of its document how likely it is wrong, 0..1, where that is known
    """
    around = Surroundings(columns)
    for at, column in enumerate(columns):
        for part, bar in column.items():
            known = doubts.get(part, ())
            doubt = known[bar.index] if bar.index < len(known) else 0.05
            for run in runs(part, at, bar):
                best = _best(run, bar, around, doubt=doubt, glances=glances.get(part, {}))
                if best is not None and best[0] >= TOLD:
                    yield _told(bar, *best)


def _best(run: Run, bar: Bar, around: Surroundings, *, doubt: float, glances: Glances) -> tuple[float, Run, int] | None:
    """(how sure, from which note on, sounding alteration) of the likeliest change."""
    best: tuple[float, Run, int] | None = None
    alters = alternatives(run, bar.written_fifths)
    moved = run.alter - run.sounds[0].written_alter
    for k in range(min(len(run.sounds), MOST_STARTS)):
        later = Run(run.part, run.column, run.sounds[k:])
        first = later.sounds[0]
        if first.tied:
            continue
        seen = glances.get(first.element.get("id") or "")
        if seen is None:
            tried = alters[1:] if k == 0 else []  # reckoning takes time
        else:
            tried = [a for a in alters[1:] if seen.get(NAMES[a - moved], 0.0) > GLIMPSED]
        if not tried:
            continue
        scores = around.features(later, [run.alter, *tried]) @ weights()
        for alter, score in zip(tried, scores[1:], strict=True):
            sure = _sure(float(score - scores[0]), later, alter - moved, seen, k=k, doubt=doubt)
            if best is None or sure > best[0]:
                best = sure, later, alter
    return best


def _sure(gap: float, run: Run, alter: int, seen: Mapping[str, float] | None, *, k: int, doubt: float) -> float:
    """How sure it is that the run has the written alteration `alter`. gap: how much likelier its surroundings say."""
    first = run.sounds[0]
    glimpsed = UNSEEN if seen is None else seen.get(NAMES[alter], 0.0)
    own = (seen or {}).get(NAMES.get(first.written_alter, ""), 1.0) if first.accidental else 0.0
    doubt = min(max(doubt, 0.003), 0.997)
    value = (
        BIAS + OF_GAP * gap + OF_DOUBT * math.log(doubt / (1 - doubt)) + OF_LATER * (k > 0) + OF_SIGN * first.accidental
        + OF_GLANCE * math.log(max(glimpsed, 1e-6))
        + (OF_OWN * math.log(1.001 - own) if first.accidental else 0.0)
    )  # fmt: skip
    sure = 1 / (1 + math.exp(-value))
    return sure if seen is not None else min(sure, MERELY)


def _told(bar: Bar, sure: float, run: Run, alter: int) -> Disagreement:
    first = run.sounds[0]
    written = alter - first.alter + first.written_alter
    name = LETTERS[first.written % 7]
    place = first.onset * bar.metre[1] / 4 + 1
    beat = str(place) if place.denominator == 1 else f"{float(place):.2f}".rstrip("0")
    earlier = any(s.written == first.written and s.staff == first.staff and s.onset < first.onset for s in bar.sounds)
    usual = key_alter(bar.written_fifths, first.written % 7)
    return Disagreement(
        "harmony", run.part, (bar.index,), run.column, sure,
        f"{run.part} has {name}{SPOKEN[_within(first.written_alter)]} at beat {beat} of bar {bar.number}; with the "
        f"others it should be {name}{SPOKEN[written]}.",
        f"{name}{SPOKEN[written]}",
        Repair(
            "accidental", bar.index,
            {"staff": first.staff, "step": first.written, "onset": str(first.onset), "alter": written,
             "printed": earlier or written != usual},
        ),
    )  # fmt: skip


def _within(alter: int) -> int:
    return max(-2, min(2, alter))


def alternatives(run: Run, fifths: int) -> list[int]:
    """Alterations, as sounding, that could be printed: the one that was read first."""
    written = run.sounds[0].written_alter
    moved = run.alter - written
    usual = key_alter(fifths, run.sounds[0].written % 7)
    could = {-1, 0, 1, usual - 1, usual, usual + 1} - {written}
    return [run.alter, *(alter + moved for alter in sorted(could) if abs(alter) <= 2)]


@cache
def weights() -> NDArray[np.float64]:
    told = json.loads(Path(__file__).with_name("accidentals.json").read_text())
    return np.array(told["weights"], np.float64)


def _signature(bar: Bar) -> object:
    return tuple((sound.onset, sound.duration, sound.written) for sound in bar.sounds)


def _features(run: Run, alter: int, around: _Around, bar: Bar) -> NDArray[np.float32]:
    out = np.zeros(SIZE, np.float32)
    first, last = run.sounds[0], run.sounds[-1]
    usual = key_alter(bar.fifths, first.letter)
    chromatic = alter != usual
    at = 0
    for scope in around.letters:
        same = scope.get(alter, 0.0)
        other = sum(scope.values()) - same
        out[at + 2 * chromatic] = np.log1p(2 * same)
        out[at + 2 * chromatic + 1] = np.log1p(2 * other)
        at += 4
    midi = NATURAL[first.letter] + alter
    out[at : at + 12] = np.roll(around.chord[::-1], midi + 1)
    at += 12
    out[at : at + 12] = np.roll(around.bass[::-1], midi + 1)
    at += 12
    for neighbour, sound in ((around.before, first), (around.after, last)):
        if neighbour is not None:
            out[at + _interval(sound.step, sound.midi - sound.alter + alter, *neighbour)] = 1
        at += INTERVALS
    tonic = (4 * bar.fifths) % 7  # each fifth is four letters up
    degree = (first.letter - tonic) % 7
    out[at + 5 * degree + min(2, max(-2, alter - usual)) + 2] = 1
    at += DEGREES
    same = around.alike.get(alter, 0.0)
    out[at] = np.log1p(same)
    out[at + 1] = np.log1p(sum(around.alike.values()) - same)
    return out


def _interval(step: int, midi: int, other_step: int, other_midi: int) -> int:
    """A class of melodic intervals: steps within the octave, and how much it is wider than major or perfect."""
    steps, semitones = other_step - step, other_midi - midi
    sign = -1 if steps < 0 or (steps == 0 and semitones < 0) else 1
    steps, semitones = sign * steps, sign * semitones
    wider = semitones - 12 * (steps // 7) - NATURAL[steps % 7]
    return 6 * (steps % 7) + min(2, max(-3, wider)) + 3
