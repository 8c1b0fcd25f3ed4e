"""spell: the key, and every note's name in it."""

from __future__ import annotations

from media_pipeline.context import Context
from media_pipeline.graph import stage
from notation.score.keys import keys_of_bars, name_of
from notation.score.rhythm import Rhythm
from notation.score.spell import Spelled
from notation.score.spell import spell as spell_notes


@stage(weight=0.01, label="Finding the key")
def spell(ctx: Context, rhythm: Rhythm) -> Spelled:
    keys = keys_of_bars(rhythm.notes, bars=len(rhythm.quarters))
    notes = spell_notes(rhythm.notes, keys)
    ctx.log(f"Key: {name_of(keys[0])}" + (", changing" if len(set(keys)) > 1 else ""))
    return Spelled(tuple(notes), tuple(keys))
