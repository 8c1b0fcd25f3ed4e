"""What there is to be edited in a bar, for a menu, and how bars sound, for somebody who compares them with a page."""

from __future__ import annotations

from typing import Any

from lxml import etree

from notation.musicxml.clefs import name_of
from notation.musicxml.walk import number
from notation.score.edit.fill import fill, said
from notation.score.edit.rests import span_over
from notation.score.edit.standing import standing, walked
from notation.score.edit.words import directions
from notation.score.edit.work import Work


def bar_told(root: etree._Element, index: int) -> dict[str, Any]:
    """Plain values. Raises NotationError where there is no such bar."""
    work = Work.of(root)
    bar = work.measure(index)
    force = standing(work.measures, index + 1)
    time, key, clef = force.find("time"), force.find("key"), force.find("clef")
    right = next((one for one in bar.iterfind("barline") if one.get("location", "right") == "right"), None)
    rest = span_over(work, index)
    odd = fill(work.measures, index, index).get(index)
    return {
        "bar": index,
        "directions": [{"kind": kind, "text": text} for kind, text in directions(bar)],
        "clef": name_of(clef).removeprefix("clef.") if clef is not None else "",
        "fifths": int(number(key.findtext("fifths"))) if key is not None else 0,
        "metre": f"{time.findtext('beats')}/{time.findtext('beat-type')}" if time is not None else "",
        "line": ((right.findtext("bar-style") if right is not None else "") or "regular").strip(),
        "repeats": [one.get("direction") for one in bar.iterfind("barline/repeat")],
        "ending": next((one.get("number") for one in bar.iterfind("barline/ending") if one.get("type") == "start"), ""),
        "rests": rest[1] if rest is not None else 0,
        "odd": said(odd) if odd is not None else "",
    }


def sound_of(root: etree._Element, first: int, count: int) -> dict[str, Any]:
    """Notes as they sound, as (onset in quarters, length, MIDI number or None for a drum); where bars begin; the tempo.

    Written order: repeats are not played. Tied notes are one.
    """
    work = Work.of(root)
    work.measure(first)
    bars = walked(work.measures, first, first + count - 1)
    begin = bars[0].start
    notes: list[list[Any]] = []
    ringing: dict[tuple[int, int | None], list[Any]] = {}
    for bar in bars:
        for note in bar.notes:
            if note.rest or note.grace:
                continue
            key = (note.staff, note.pitch)
            onset = float(note.onset - begin)
            if note.tie_stop and key in ringing and abs(ringing[key][0] + ringing[key][1] - onset) < 1e-6:
                ringing[key][1] += float(note.duration)
                heard = ringing.pop(key)
            else:
                heard = [onset, float(note.duration), note.pitch]
                notes.append(heard)
            if note.tie_start:
                ringing[key] = heard
    tempo = 0.0
    for measure in work.measures[: first + 1]:
        for sound in measure.iter("sound"):
            tempo = float(number(sound.get("tempo"))) or tempo
    return {
        "notes": notes,
        "bars": [[bar.index, float(bar.start - begin)] for bar in bars],
        "length": float(bars[-1].start + bars[-1].length - begin),
        "tempo": tempo if 20 <= tempo <= 400 else 0,
    }
