"""Makes one part from another by a rule.

1. One line is picked where the source divides (`pick`).
2. It is moved by the rule's interval at concert pitch and written for the target: key, clef, transposition.
3. Phrases out of range are folded (`fold`).
4. It gets the target's name and sound; marks for the hands of the source's players go.
5. Every bar is told where it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from notation.musicxml import NotationError, accidentals, clefs, staves, transpose, tree
from notation.musicxml.walk import walk
from notation.score.derive.fold import Folds, best_octave, folds, octave_into, suiting_octave
from notation.score.derive.pick import Picked, Ties, division, pick
from notation.score.derive.rules import CLEFS, Rule, Voice
from notation.score.instruments import Instrument, find
from notation.score.intervals import octaves, of_semitones

Element = etree._Element
DIVIDES = 0.1  # of the bars it sounds in: a part that divides less has no second player's line to give
# Marks for hands and mouths, and who else may read them ("": nobody but players of the same instrument).
_HANDS = {
    "fingering": "", "string": "", "fret": "", "hole": "", "thumb-position": "", "pluck": "", "heel": "", "toe": "",
    "open-string": "strings", "up-bow": "strings", "down-bow": "strings", "snap-pizzicato": "strings",
    "stopped": "brass", "open": "brass", "half-muted": "brass",
}  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """Where a bar of a derived part came from."""

    bar: int  # of the derived part, from 0
    how: Literal["copied", "derived", "guessed"]  # sounds as in the source; moved or picked; filled in as seems best
    source: str  # the part's name
    number: str  # of the bar there, as it is printed
    folded: tuple[int, ...] = ()  # octaves that its phrases were moved by, to be in range; () where all stayed


@dataclass(frozen=True)
class Made:
    root: Element
    origins: tuple[Origin, ...]
    octaves: int  # that the whole part was moved by
    outside: tuple[int, ...]  # bars with notes out of range, where the rule leaves them


def refusal(root: Element, *, voice: Voice) -> str:
    """Why a part cannot be a source ("does not divide"), or "". Where none divides, the upper player has all of it."""
    part = _part(root)
    if part.find("measure/note/pitch") is None:
        return "has no pitches" if part.find("measure/note/unpitched") is not None else "has no notes"
    if voice != "lower" or staves.staff_count(part) > 1:
        return ""
    divided, sounding = division(part)
    if not divided:
        return "does not divide"
    if divided < DIVIDES * sounding:
        return f"divides in only {divided} of {sounding} bars"
    return ""


def make(rule: Rule, root: Element, *, source: str, voice: Voice) -> Made:
    """The rule's target from one part, a document of its own. Raises NotationError where it cannot be written."""
    root = tree.copy(root)
    part = _part(root)
    instrument = rule.instrument
    _one_staff(part, voice)
    picked = Picked(frozenset(), frozenset()) if voice == "all" else pick(part, voice)
    low, high = rule.range
    sounds = [note.pitch + rule.semitones for bar in walk(part) for note in bar.notes if note.pitch is not None]
    up = suiting_octave(sounds, low=low, high=high) if rule.octaves is None else rule.octaves
    by = of_semitones(rule.semitones) + octaves(up)
    folded = folds(part, by=by.semitones, low=low, high=high) if rule.fold else Folds()
    clef = CLEFS[rule.clef] or instrument.usual_clef
    same = by.semitones == 0 and not folded.notes
    ties = Ties(part)
    transpose.to_written(root, instrument, clef=clef, by=by, apart=folded.notes)
    _join_unisons(part, folded)
    ties.mend()
    clefs.set_clef(root, clef, keep=instrument.kind.clefs if same and not rule.clef else ())
    clefs.ease_octaves(root)
    _name(root, rule.target, instrument)
    _free_hands(part, instrument, find(source))
    outside = [bar.index for bar in walk(part) for note in bar.notes
               if note.pitch is not None and octave_into(note.pitch, low=low, high=high)]  # fmt: skip
    bars = part.findall("measure")
    origins = tuple(
        _origin(bar, index, source=source, moved=bool(by.semitones), picked=picked, folded=folded)
        for index, bar in enumerate(bars)
    )
    return Made(root, origins, up, tuple(dict.fromkeys(outside)))


def _part(root: Element) -> Element:
    parts = root.findall("part")
    if len(parts) != 1:
        raise NotationError("A part is derived from one part at a time.", hint="Cut the score into its parts first.")
    return parts[0]


def _one_staff(part: Element, voice: Voice) -> None:
    """Of a keyboard's staves: the upper hand, or the lowest staff for the lower voice."""
    count = staves.staff_count(part)
    if count > 1:
        kept = count if voice == "lower" else 1
        staves.drop_staves(part, drop=set(range(1, count + 1)) - {kept})


def _join_unisons(part: Element, folded: Folds) -> None:
    """Heads of a chord that moving apart has laid on one another become one."""
    for index, bar in enumerate(part.iterfind("measure")):
        if index not in folded.alone:
            continue
        heads: list[object] = []
        for note in list(bar.iterfind("note")):
            if note.find("chord") is None:
                heads = []
            head = accidentals.head_of(note)
            if note.find("chord") is not None and head in heads:
                bar.remove(note)
            heads.append(head)


def _name(root: Element, name: str, instrument: Instrument) -> None:
    """The target's name where the source's stood, and its sound."""
    entry = root.find("part-list/score-part")
    if entry is None:
        raise NotationError("This document does not list its parts.")
    old = " ".join((entry.findtext("part-name") or "").split())
    for tag in ("part-name-display", "part-abbreviation", "part-abbreviation-display"):
        for leftover in entry.findall(tag):
            entry.remove(leftover)
    title = entry.find("part-name")
    if title is None:
        title = etree.Element("part-name")
        entry.insert(0, title)
    title.text = name
    short = instrument.kind.short.split(",")[0].strip()
    if short:
        made = etree.Element("part-abbreviation")
        made.text = " ".join([f"{short.capitalize()}.", *map(str, instrument.numbers[:1])])
        title.addnext(made)
    key = f"{entry.get('id') or 'P1'}-I1"
    for sound in entry.findall("score-instrument"):
        key = sound.get("id") or key
        for leftover in sound.findall("instrument-sound"):
            sound.remove(leftover)
        for text in sound.iterfind("instrument-name"):
            text.text = name
    if entry.find("score-instrument") is None:
        sound = etree.SubElement(entry, "score-instrument", id=key)
        etree.SubElement(sound, "instrument-name").text = name
    for midi in entry.findall("midi-instrument"):
        entry.remove(midi)
    etree.SubElement(etree.SubElement(entry, "midi-instrument", id=key), "midi-program").text = str(instrument.program)
    for words in root.iterfind("credit/credit-words"):
        if old and " ".join((words.text or "").split()) == old:
            words.text = name


def _free_hands(part: Element, target: Instrument, source: Instrument | None) -> None:
    """Take away fingerings, bowings and the like that the target's players cannot use."""
    if source is not None and source.key == target.key:
        return
    for note in part.iterfind("measure/note"):
        for notations in note.findall("notations"):
            for technical in notations.findall("technical"):
                for mark in list(technical):
                    if mark.tag in _HANDS and _HANDS[str(mark.tag)] != target.family:
                        technical.remove(mark)
                if not len(technical):
                    notations.remove(technical)
            if not len(notations):
                note.remove(notations)


def _origin(bar: Element, index: int, *, source: str, moved: bool, picked: Picked, folded: Folds) -> Origin:
    how: Literal["copied", "derived", "guessed"] = "copied"
    if any(note.find("pitch") is not None for note in bar.iterfind("note")):
        if index in picked.guessed or index in folded.alone:
            how = "guessed"
        elif moved or index in picked.divided or index in folded.bars:
            how = "derived"
    return Origin(index, how, source, bar.get("number") or str(index + 1), tuple(folded.bars.get(index, ())))


def fits(sounds: Sequence[int], instrument: Instrument) -> float:
    """The share of pitches that an instrument can play, in the octave that suits it best."""
    if not sounds:
        return 0.0
    up = 12 * best_octave(sounds, low=instrument.low, high=instrument.high)
    return sum(instrument.low <= pitch + up <= instrument.high for pitch in sounds) / len(sounds)
