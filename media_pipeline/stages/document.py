"""document: the finished score with tab as MusicXML, and where each of its beats sounds in the recording."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePath

from media_pipeline.artifacts import Document, Grid, Media
from media_pipeline.context import Context
from media_pipeline.graph import Option, stage
from notation.musicxml.write import write
from notation.score.fingering import Tabbed
from notation.score.keys import name_of
from notation.score.metre import time_of
from notation.score.model import Fretboard, Part, Score, Time
from notation.score.notate import measures
from notation.score.rhythm import Rhythm
from notation.score.spell import Spelled

# General MIDI, 1-based
SOUNDS = {"nylon": 25, "steel": 26, "jazz": 27, "clean": 28, "overdriven": 30, "bass": 34}


@stage(
    weight=0.1,
    label="Writing the score",
    options=(
        Option("title", "", label="Title", help="Empty for the name of the file."),
        Option("composer", "", label="Composer"),
        Option(
            "sound",
            "nylon",
            label="Sound",
            choices=(
                ("nylon", "nylon strings"),
                ("steel", "steel strings"),
                ("jazz", "electric, jazz"),
                ("clean", "electric, clean"),
                ("overdriven", "electric, overdriven"),
            ),
        ),
    ),
)
def document(ctx: Context, media: Media, grid: Grid, rhythm: Rhythm, spelled: Spelled, tabbed: Tabbed) -> Document:
    title = " ".join(ctx.options["title"].split()) or title_of(media.name)
    per_bar = max(len(b.beats) for b in grid.bars)
    time = time_of(per_bar, compound=grid.compound)
    pickup = grid.bars[0].number == 0
    written = measures(
        tabbed.notes,
        quarters=rhythm.quarters,
        time=time,
        keys=spelled.keys,
        pickup=pickup,
        bpm=round(grid.bpm),
        tick=ctx.check,
    )
    board = tabbed.board
    name, abbreviation = instrument_of(board)
    part = Part(
        name=name,
        abbreviation=abbreviation,
        measures=written,
        program=SOUNDS["bass"] if name == "Bass guitar" else SOUNDS[ctx.options["sound"]],
        clef="F8vb" if name == "Bass guitar" else "G" if name == "Ukulele" else "G8vb",
        fretboard=board,
    )
    score = Score(title, (part,), composer=ctx.options["composer"], swing=rhythm.swing)
    path = ctx.folder / "score.musicxml"
    path.write_bytes(write(score, tick=ctx.check))
    pitches = [n.pitch for n in tabbed.notes]
    summary: dict[str, str | int | float] = {
        "key": name_of(spelled.keys[0]),
        "metre": f"{time.beats}/{time.beat_type}",
        "tempo": round(grid.bpm),
        "bars": len(grid.bars),
        "notes": len(tabbed.notes),
        "lowest_note": _note_name(min(tabbed.notes, key=lambda n: n.pitch)) if pitches else "",
        "highest_note": _note_name(max(tabbed.notes, key=lambda n: n.pitch)) if pitches else "",
        "lowest_position": tabbed.lowest_position,
        "highest_position": tabbed.highest_position,
        "tuning": board.name,
        "capo": board.capo,
        "level": rhythm.level,
        "swing": "yes" if rhythm.swing else "no",
        "moved": sum(c.new_pitch is not None for c in tabbed.changes),
        "left_out": sum(c.new_pitch is None for c in tabbed.changes),
    }
    return Document(musicxml=path, title=title, sync=sync_of(grid, time, seconds=rhythm.beat_seconds), summary=summary)


def sync_of(grid: Grid, time: Time, *, seconds: Sequence[float]) -> tuple[tuple[int, float, float], ...]:
    """(bar index, quarters since the bar began, seconds) of every beat, and of the end of the last bar.

    seconds  of every beat border in order, as the notes themselves place it (`Rhythm.beat_seconds`)
    """
    places = [(k, float(i * time.beat)) for k, bar in enumerate(grid.bars) for i in range(len(bar.beats))]
    places.append((len(grid.bars) - 1, float(Fraction(grid.bars[-1].quarters))))
    return tuple((k, at, round(max(0.0, s), 4)) for (k, at), s in zip(places, seconds, strict=True))


def title_of(name: str) -> str:
    """What a file's name says about the music: "07_-_greensleeves (live).mp3" becomes "Greensleeves (live)"."""
    stem = PurePath(name.replace("\\", "/")).name
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem)
    stem = re.sub(r"[_\s]+", " ", stem)
    stem = re.sub(r"^\d{1,3}\s*[-.)]\s*", "", stem).strip(" -.")
    return (stem[:1].upper() + stem[1:])[:200] or "Untitled"


def instrument_of(board: Fretboard) -> tuple[str, str]:
    """Name and short name of what is strung like this."""
    if len(board.strings) == 4 and max(board.strings) < 55:
        return "Bass guitar", "Bass"
    if len(board.strings) == 4 and min(board.strings) > 54:
        return "Ukulele", "Uke"
    return "Guitar", "Gtr."


def _note_name(note: object) -> str:
    return str(getattr(note, "spelling", "") or "")
