"""quantise: notes in seconds become notes in bars, as much of them as the level asks for."""

from __future__ import annotations

from fractions import Fraction

from media_pipeline.artifacts import Grid, Notes
from media_pipeline.context import Context, StageError
from media_pipeline.graph import Option, stage
from notation.score.metre import BarTimes
from notation.score.model import ScoreError
from notation.score.rhythm import Rhythm, write_rhythm


@stage(
    weight=0.08,
    label="Writing the rhythm",
    options=(
        Option(
            "level",
            "full",
            label="Level",
            choices=(("easy", "easy: the melody"), ("intermediate", "intermediate: melody and bass"), ("full", "full")),
        ),
        Option(
            "swing",
            "auto",
            label="Swing",
            choices=(("auto", "as heard"), ("yes", "swung eighths"), ("no", "as played")),
        ),
    ),
)
def quantise(ctx: Context, notes: Notes, grid: Grid) -> Rhythm:
    try:
        rhythm = write_rhythm(
            notes.notes,
            bars=bars_of(grid),
            compound=grid.compound,
            level=ctx.options["level"],
            swing=ctx.options["swing"],
            tick=ctx.check,
        )
    except ScoreError as error:
        raise StageError(error.message, hint=error.hint) from error
    if not rhythm.notes:
        raise StageError("No notes were heard in this recording.", hint="Choose a louder or clearer stretch of it.")
    ctx.log(f"{len(rhythm.notes)} notes placed, {1000 * rhythm.spread_seconds:.0f} ms from the beat as a rule")
    return rhythm


def bars_of(grid: Grid) -> list[BarTimes]:
    return [BarTimes(b.number, b.beats, b.end, Fraction(b.quarters)) for b in grid.bars]
