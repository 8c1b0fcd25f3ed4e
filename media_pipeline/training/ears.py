"""How right the ears are, on the 20 held-out pieces whose every note is known.

    python -m media_pipeline.training.evaluate notes                 the table
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

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from media_pipeline.artifacts import Activations, Audio, Beats, Notes
from media_pipeline.context import StageError
from media_pipeline.training.note_scores import Placing, beat_f, grid_share, note_f1
from media_pipeline.training.pieces import RATE, Piece, held_out, practice
from media_pipeline.training.published_notes import published_notes
from media_pipeline.training.quiet import run


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


def main(*, pieces: int = 0, engine: str = "") -> None:
    """Print the table: of the held-out pieces, or of so many practice pieces."""
    rows = []
    for piece in practice(pieces) if pieces else held_out():
        rows.append(evaluate(piece, engine=engine))
        print(".", end="", flush=True)
    print()
    print(table(rows))
