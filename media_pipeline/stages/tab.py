"""tab: a string and a fret for every note, in the tuning the player uses."""

from __future__ import annotations

from itertools import accumulate

from media_pipeline.artifacts import Grid
from media_pipeline.context import Context, StageError
from media_pipeline.graph import Option, stage
from notation.score.fingering import Tabbed, best_octave, finger, in_octave
from notation.score.model import ScoreError
from notation.score.rhythm import Rhythm
from notation.score.spell import Spelled
from notation.score.tunings import TUNINGS, fretboard


@stage(
    weight=0.05,
    label="Finding the fingering",
    options=(
        Option(
            "tuning",
            "standard",
            label="Tuning",
            help="A name, or the open strings from low to high: E2 A2 D3 G3 B3 E4.",
            suggestions=tuple(name.replace("-", " ") for name in TUNINGS),
        ),
        Option("capo", 0, label="Capo", help="The fret it sits on; 0 for none.", minimum=0, maximum=12),
        Option(
            "octave",
            "auto",
            label="Octave",
            help="Where the music lies too high or too low for the instrument.",
            choices=(
                ("auto", "where it fits"),
                ("0", "as heard"),
                ("-1", "an octave lower"),
                ("1", "an octave higher"),
                ("-2", "two octaves lower"),
            ),
        ),
        Option("frets", 0, label="Highest fret", help="0 for what is usual.", minimum=0, maximum=30),
    ),
)
def tab(ctx: Context, spelled: Spelled, rhythm: Rhythm, grid: Grid) -> Tabbed:
    starts = list(accumulate(rhythm.quarters, initial=0 * rhythm.quarters[0]))
    seconds = 60.0 / grid.bpm / (1.5 if grid.compound else 1.0)
    try:
        board = fretboard(ctx.options["tuning"], capo=ctx.options["capo"], frets=ctx.options["frets"])
        wish = ctx.options["octave"]
        octaves = best_octave(spelled.notes, board=board) if wish == "auto" else int(wish)
        notes = in_octave(spelled.notes, octaves=octaves)
        tabbed = finger(notes, board=board, starts=starts, quarter_seconds=seconds, tick=ctx.check)
    except ScoreError as error:
        raise StageError(error.message, hint=error.hint) from error
    if octaves:
        where = "lower" if octaves < 0 else "higher"
        ctx.warn(f"Written {'an octave' if abs(octaves) == 1 else 'two octaves'} {where} than it sounds.")
    lost = sum(c.new_pitch is None for c in tabbed.changes)
    moved = len(tabbed.changes) - lost
    if moved:
        ctx.warn(f"{_count(moved, 'note')} moved by an octave to fit the instrument.")
    if lost:
        ctx.warn(f"{_count(lost, 'note')} left out: one hand cannot hold them all at once.")
    return tabbed


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'s were' if n != 1 else ' was'}"
