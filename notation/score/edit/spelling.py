"""Pitches of notes in the tree, what a key and a bar's signs make of them, and which bars are to be spelled anew."""

from __future__ import annotations

from fractions import Fraction

from lxml import etree

from notation.musicxml import accidentals
from notation.musicxml.accidentals import head_of
from notation.musicxml.tree import place
from notation.musicxml.walk import WalkedBar, WalkedNote, number
from notation.score.edit.standing import opening
from notation.score.edit.work import NOTE, Work, drop
from notation.score.intervals import signature
from notation.score.model import STEPS

Element = etree._Element
LOWEST, HIGHEST = 0, 9 * 7 + 6  # C0 to B9, as steps


def degree(note: Element) -> int | None:
    """Steps above C0 of the line or space that a note stands on, unpitched ones too; None for a rest."""
    if (head := head_of(note)) is not None:
        return STEPS.index(head[0]) + 7 * head[2]
    step = (note.findtext("unpitched/display-step") or "").strip().upper()
    if step and step in STEPS:
        return STEPS.index(step) + 7 * int(number(note.findtext("unpitched/display-octave"), 4))
    return None


def alter_of(note: Element) -> Fraction:
    return number(note.findtext("pitch/alter"))


def set_pitch(note: Element, place_: int, alter: Fraction | int) -> None:
    """Write a pitch into a note that has one, or a place into an unpitched one."""
    octave, step = divmod(place_, 7)
    if (head := note.find("unpitched")) is not None:
        for tag, text in (("display-step", STEPS[step]), ("display-octave", str(octave))):
            child = head.find(tag)
            if child is None:
                child = etree.SubElement(head, tag)
            child.text = text
        return
    pitch = note.find("pitch")
    if pitch is None:
        pitch = etree.Element("pitch")
        place(note, pitch, order=NOTE)
    for child in list(pitch):
        pitch.remove(child)
    etree.SubElement(pitch, "step").text = STEPS[step]
    if alter:
        value = Fraction(alter)
        etree.SubElement(pitch, "alter").text = str(value.numerator) if value.denominator == 1 else str(float(value))
    etree.SubElement(pitch, "octave").text = str(octave)
    drop(note, "stem")  # the engraver knows better from here


def in_force(work: Work, bar: int, note: Element, place_: int) -> Fraction:
    """How a note without a sign of its own would sound at this place of the staff, there where `note` stands."""
    walked_bar = work.walked(bar)
    me = next(one for one in walked_bar.notes if one.element is note)
    value = key_alter(work, bar, place_, staff=me.staff)
    for element, other in accidentals.in_time(walked_bar):
        if other is None:
            continue
        if other.onset > me.onset or element is note:
            break
        if other.staff == me.staff and degree(element) == place_ and not other.tie_stop:
            value = alter_of(element)
    return value


def key_alter(work: Work, bar: int, place_: int, *, staff: int = 1) -> Fraction:
    """What the key signature at the beginning of a bar says of a step."""
    at = opening(work.measures, bar)
    mine: Element | None = None
    for key in (*at.iterfind("attributes/key"), *work.measures[bar].iterfind("attributes/key")):
        if int(number(key.get("number"))) in (0, staff):
            mine = key
    if mine is None:
        return Fraction(0)
    letter = STEPS[place_ % 7]
    if mine.find("fifths") is not None:
        fifths = max(-7, min(7, int(number(mine.findtext("fifths")))))
        return Fraction(signature(fifths).get(letter, 0))
    steps = [(step.text or "").strip().upper() for step in mine.iterfind("key-step")]
    alters = [number(alter.text) for alter in mine.iterfind("key-alter")]
    return dict(zip(steps, alters, strict=False)).get(letter, Fraction(0))


def courtesies(work: Work, index: int) -> set[Element]:
    """Notes of a bar that have a sign which they do not need."""
    first = max(0, index - 1)
    row = [opening(work.measures, first), *work.measures[first : index + 1]]
    return accidentals.courtesies(row) & set(work.measures[index].iterfind("note"))


def respell(work: Work, bar: int) -> None:
    """To be called before the notes of a bar change: signs that are courtesies now stay."""
    if work.measures[bar] not in work.respelled:
        work.courteous |= courtesies(work, bar)
        work.respelled.add(work.touch(bar))


def chain(work: Work, bar: int, note: Element) -> list[tuple[int, Element]]:
    """The notes that are tied to one, itself among them, in the order of the music: (bar, note)."""
    found = [(bar, note)]
    while (step := neighbour(work, *found[-1])) is not None:
        found.append(step)
    while (step := neighbour(work, *found[0], back=True)) is not None:
        found.insert(0, step)
    return found


def neighbour(work: Work, bar: int, note: Element, *, back: bool = False) -> tuple[int, Element] | None:
    """The note of the same pitch that a tie leads to, or comes from; None where there is no tie."""
    here = work.walked(bar)
    me = next(one for one in here.notes if one.element is note)
    if me.grace or not (me.tie_stop if back else me.tie_start):
        return None
    head = head_of(note)
    edge = me.onset if back else me.onset + me.duration
    found = _at(here, head, me, edge, back=back)
    if found is not None:
        return bar, found
    beside = bar - 1 if back else bar + 1
    if not 0 <= beside < len(work.measures) or not at_edge(here, me, back=back):
        return None
    other = work.walked(beside)
    found = _at(other, head, me, other.start + other.length if back else other.start, back=back)
    return None if found is None else (beside, found)


def at_edge(bar: WalkedBar, me: WalkedNote, *, back: bool = False) -> bool:
    """Whether a note is the last of its voice in its bar; with `back`, the first."""
    if back:
        return me.onset == bar.start
    mine = (me.staff, me.voice)
    end = me.onset + me.duration
    return not any((other.staff, other.voice) == mine and other.onset >= end and not other.grace for other in bar.notes)


def _at(bar: WalkedBar, head: object, me: WalkedNote, when: Fraction, *, back: bool) -> Element | None:
    for other in bar.notes:
        edge = other.onset + other.duration if back else other.onset
        tied = other.tie_start if back else other.tie_stop
        mine = tied and not other.grace and other.staff == me.staff and other.element is not me.element
        if mine and edge == when and head_of(other.element) == head:
            return other.element
    return None
