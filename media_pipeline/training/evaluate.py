"""How right the ears are, on the 20 held-out pieces whose every note is known.

    python -m media_pipeline.training.evaluate notes            the table
    python -m media_pipeline.training.evaluate notes --practice 40   the same on practice pieces, for choosing things
    python -m media_pipeline.training.evaluate notes --engine harmonic

Columns, all by mir_eval where it has the metric:
    notes     F1 of notes by onset (50 ms) and pitch
    peer      the same of Basic Pitch's published note making on the very same activations
    beats     F-measure of beats (70 ms), from the first beat on
    bars      F-measure of downbeats (70 ms)
    grid      of the matched notes, how many stand at the right distance from each other in the score, as written
    in bar    of the matched notes, how many stand at the right place of their bar
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media_pipeline.artifacts import Activations, Audio, Beats, Notes
from media_pipeline.context import StageError
from media_pipeline.graph import Stage
from media_pipeline.training.pieces import RATE, Piece, held_out, practice

ONSET_SECONDS = 0.05


class QuietContext:
    """A context for stages run by hand: options as given, no progress, nobody to cancel."""

    def __init__(self, folder: Path, *, options: Mapping[str, Any], attempt: int = 1) -> None:
        self.folder, self.options, self.attempt = folder, options, attempt
        self.warnings: list[str] = []
        self.lines: list[str] = []
        self.engines: list[str] = []

    def progress(self, fraction: float, note: str = "") -> None:
        """Nobody looks."""

    def check(self) -> None:
        """Nobody cancels."""

    def log(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def engine(self, name: str) -> None:
        self.engines.append(name)

    def partial(self, name: str, value: Any) -> None:
        """Nothing is kept."""

    def partials(self) -> dict[str, Any]:
        return {}


def run(stage: Stage, *needs: Any, folder: Path, options: Mapping[str, Any] | None = None) -> Any:
    """A stage's result, without a worker. Options are `{"option": value}` of that stage."""
    chosen = {f"{stage.name}.{name}": value for name, value in (options or {}).items()}
    return stage.run(QuietContext(folder, options=stage.option_values(chosen)), *needs)


# ------------------------------------------------------------------------------------------------ scores


def hz(pitches: Sequence[int]) -> NDArray[np.float64]:
    return np.asarray(440.0 * 2.0 ** ((np.array(pitches, float) - 69) / 12))


def matched(piece: Piece, seconds: Sequence[float], pitches: Sequence[int]) -> list[tuple[int, int]]:
    """(index of the true note, index of the found one) by mir_eval: onset within 50 ms and pitch."""
    import mir_eval

    if not len(seconds):
        return []
    truth = np.array([(n.onset, n.offset) for n in piece.notes])
    found = np.array([(s, s + 0.1) for s in seconds])
    pairs: list[tuple[int, int]] = mir_eval.transcription.match_notes(
        truth, hz([n.pitch for n in piece.notes]), found, hz(pitches), onset_tolerance=ONSET_SECONDS, offset_ratio=None
    )
    return pairs


def note_f1(piece: Piece, seconds: Sequence[float], pitches: Sequence[int]) -> float:
    """mir_eval's F1 of notes by onset and pitch."""
    import mir_eval

    if not len(seconds):
        return 0.0
    truth = np.array([(n.onset, n.offset) for n in piece.notes])
    found = np.array([(s, s + 0.1) for s in seconds])
    scores = mir_eval.transcription.precision_recall_f1_overlap(
        truth, hz([n.pitch for n in piece.notes]), found, hz(pitches), onset_tolerance=ONSET_SECONDS, offset_ratio=None
    )
    return float(scores[2])


def beat_f(truth: Sequence[float], found: Sequence[float]) -> float:
    """mir_eval's F-measure of beats; nothing is trimmed, so the first beats count too."""
    import mir_eval

    return float(mir_eval.beat.f_measure(np.array(truth), np.array(found))) if len(found) else 0.0


@dataclass(frozen=True)
class Placing:
    """A found note as it is written."""

    seconds: float
    pitch: int
    at: Fraction  # quarters from the start of the score
    in_bar: Fraction  # quarters from the start of its bar


def grid_share(piece: Piece, placed: Sequence[Placing]) -> tuple[float, float]:
    """(right distances, right places in the bar) as shares of the matched notes.

    A score may begin a bar earlier or later than ours; so a distance is right when it differs from the truth by what
    most notes of the piece differ. The place in the bar is strict.
    """
    pairs = matched(piece, [p.seconds for p in placed], [p.pitch for p in placed])
    if not pairs:
        return 0.0, 0.0
    shifts = Counter(placed[j].at - piece.notes[i].at for i, j in pairs)
    in_bar = sum(placed[j].in_bar == piece.notes[i].at % piece.bar_quarters for i, j in pairs)
    return max(shifts.values()) / len(pairs), in_bar / len(pairs)


# ------------------------------------------------------------------------------------------------ the peer


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


# ------------------------------------------------------------------------------------------------ the table


@dataclass(frozen=True)
class Row:
    name: str
    notes: float
    peer: float
    beats: float
    bars: float
    grid: float | None  # None where the stages after the ears could not be run
    in_bar: float | None


def evaluate(piece: Piece, *, engine: str = "") -> Row:
    from media_pipeline.stages.beats import beats as beats_stage
    from media_pipeline.stages.notes import notes as notes_stage
    from media_pipeline.stages.pitch import pitch as pitch_stage

    wave = piece.render()
    audio = Audio(wave, RATE, 0.0, len(wave) / RATE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        beats: Beats = run(beats_stage, audio, folder=folder)
        heard: Activations = run(pitch_stage, audio, folder=folder, options={"engine": engine})
        found: Notes = run(notes_stage, heard, folder=folder)
        placed = written(beats, found, folder=folder)
    grid, in_bar = grid_share(piece, placed) if placed is not None else (None, None)
    peer = published_notes(heard)
    best = beats.best
    return Row(
        name=piece.name,
        notes=note_f1(piece, [n.onset for n in found.notes], [n.pitch for n in found.notes]),
        peer=note_f1(piece, [s for s, _ in peer], [p for _, p in peer]),
        beats=beat_f(piece.beats, best.times),
        bars=beat_f(piece.downbeats, best.times[best.first_downbeat :: best.beats_per_bar]),
        grid=grid,
        in_bar=in_bar,
    )


def written(beats: Beats, found: Notes, *, folder: Path) -> list[Placing] | None:
    """Where the stages after the ears write each note; None where they could not."""
    from media_pipeline.stages.metre import metre
    from media_pipeline.stages.quantise import quantise

    try:
        grid = run(metre, beats, found, folder=folder)
        rhythm = run(quantise, found, grid, folder=folder)
    except StageError:
        return None
    starts = [sum(rhythm.quarters[:i], Fraction(0)) for i in range(len(rhythm.quarters))]
    lead = Fraction(0)
    if len(rhythm.quarters) > 1 and rhythm.quarters[0] < rhythm.quarters[1]:  # a pick-up ends with its bar line
        lead = rhythm.quarters[1] - rhythm.quarters[0]
    return [
        Placing(n.seconds, n.pitch, starts[n.bar] + n.onset, n.onset + (lead if n.bar == 0 else 0))
        for n in rhythm.notes
    ]


def table(rows: Sequence[Row]) -> str:
    heads = ("notes", "peer", "beats", "bars", "grid", "in bar")

    def line(name: str, values: Sequence[float | None]) -> str:
        return f"{name:<42}" + "".join("      —" if v is None else f"{v:>7.2f}" for v in values)

    def values(row: Row) -> list[float | None]:
        return [row.notes, row.peer, row.beats, row.bars, row.grid, row.in_bar]

    columns = list(zip(*(values(row) for row in rows), strict=True))
    means = [float(np.mean([v or 0.0 for v in column])) for column in columns]
    lines = [f"{'':<42}" + "".join(f"{head:>7}" for head in heads)]
    lines += [line(row.name, values(row)) for row in rows]
    goals: list[float | None] = [0.75, None, 0.90, None, 0.85, None]
    return "\n".join([*lines, line("mean", means), line("goal, at least", goals)])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=("notes", "omr"))
    parser.add_argument("--eval", type=Path, help="omr: the folder of pages and part books with truth")
    parser.add_argument("--only", default="", choices=("", "pages", "partbooks"), help="omr: only these cases")
    parser.add_argument("--keep", type=Path, help="omr: a folder for what was read")
    parser.add_argument("--practice", type=int, default=0, help="so many practice pieces in place of the held-out ones")
    parser.add_argument("--engine", default="", help="the pitch engine, normally the best one here")
    options = parser.parse_args()
    if options.what == "omr":
        from media_pipeline.training.omr.judge import main as judge

        if options.eval is None:
            parser.error("omr needs --eval FOLDER")
        judge(options.eval, only=options.only, keep=options.keep)
        return
    pieces = practice(options.practice) if options.practice else held_out()
    rows = []
    for piece in pieces:
        rows.append(evaluate(piece, engine=options.engine))
        print(".", end="", flush=True)
    print()
    print(table(rows))


if __name__ == "__main__":
    main()
