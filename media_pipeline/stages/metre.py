"""metre: beats become bars, with the tempo octave, the downbeat and the metre that the user may correct."""

from __future__ import annotations

from media_pipeline.artifacts import Bar, Beats, Grid, Notes
from media_pipeline.context import Context, StageError
from media_pipeline.graph import Option, stage
from notation.score.metre import METRES, lay_bars, time_of
from notation.score.model import ScoreError


@stage(
    weight=0.08,
    label="Laying out the bars",
    options=(
        Option(
            "factor",
            1.0,
            label="Tempo",
            help="Where the beat was heard twice too fast or too slow.",
            choices=((0.5, "half as fast"), (1.0, "as heard"), (2.0, "twice as fast")),
        ),
        Option(
            "shift", 0, label="Move the bar lines", help="By this many beats to the right.", minimum=-11, maximum=11
        ),
        Option(
            "metre",
            "auto",
            label="Metre",
            choices=(("auto", "as heard"), *((name, name) for name in METRES)),
        ),
    ),
)
def metre(ctx: Context, beats: Beats, notes: Notes) -> Grid:
    if not notes.notes:
        raise StageError("No notes were heard in this recording.", hint="Choose a louder or clearer stretch of it.")
    try:
        laid = lay_bars(
            beats.best,
            others=beats.others,
            notes=notes.notes,
            factor=ctx.options["factor"],
            shift=ctx.options["shift"],
            metre=ctx.options["metre"],
        )
    except ScoreError as error:
        raise StageError(error.message, hint=error.hint) from error
    time = time_of(laid.beats_per_bar, compound=laid.compound)
    ctx.log(f"{len(laid.bars)} bars of {time.beats}/{time.beat_type} at {laid.bpm:.0f} beats a minute")
    return Grid(
        bars=tuple(Bar(b.number, b.beats, b.end, str(b.quarters)) for b in laid.bars),
        beat_type=time.beat_type,
        compound=laid.compound,
        bpm=laid.bpm,
    )
