"""Edits of a note's pitch. A note that is tied takes along the notes it is tied to: they are one sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from lxml import etree

from notation.musicxml import NotationError, accidentals
from notation.musicxml.tree import place
from notation.score.edit.model import Edit
from notation.score.edit.spelling import (
    HIGHEST,
    LOWEST,
    alter_of,
    chain,
    degree,
    in_force,
    key_alter,
    respell,
    set_pitch,
)  # fmt: skip
from notation.score.edit.work import NOTE, Work, drop
from notation.score.model import STEP_SEMITONES, STEPS

Element = etree._Element
SIGNS = {"": None, "flat-flat": -2, "flat": -1, "natural": 0, "sharp": 1, "double-sharp": 2}
_ODD = {("E", 1), ("B", 1), ("F", -1), ("C", -1)}  # another name is more usual
SAID = {-2: "double flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double sharp"}


def step(work: Work, edit: Edit) -> str:
    """So many lines and spaces up or down; it sounds there as a note without a sign would. told: by"""
    by = edit.whole("by", low=-35, high=35, default=1)
    note, now = _pitched(work, edit)
    _move(work, edit.bar, note, now + by, None)
    return f"note {_way(by)} {'a step' if abs(by) == 1 else f'{abs(by)} steps'}, to {_name(note)}"


def octave(work: Work, edit: Edit) -> str:
    """told: by"""
    by = edit.whole("by", low=-5, high=5, default=1)
    note, now = _pitched(work, edit)
    _move(work, edit.bar, note, now + 7 * by, alter_of(note))
    return f"note {_way(by)} {'an octave' if abs(by) == 1 else f'{abs(by)} octaves'}"


def semitone(work: Work, edit: Edit) -> str:
    """Up or down by semitones, spelled with at most one sign. told: by"""
    by = edit.whole("by", low=-24, high=24, default=1)
    note, now = _pitched(work, edit)
    if note.find("pitch") is None:
        raise NotationError("A drum has no semitones.", hint="Use the arrows alone.")
    alter = alter_of(note) + by
    odd = (STEPS[now % 7], int(alter)) in _ODD and alter != key_alter(work, edit.bar, now)
    if -1 <= alter <= 1 and abs(by) == 1 and not odd:  # the same place with another sign: as if that had been missed
        _sign(work, edit.bar, note, alter)
    else:
        sound = 12 * (now // 7) + STEP_SEMITONES[STEPS[now % 7]] + int(alter)
        to, sign = _spelled(work, edit.bar, sound, up=by > 0)
        _move(work, edit.bar, note, to, Fraction(sign))
    return f"note {_way(by)} {'a semitone' if abs(by) == 1 else f'{abs(by)} semitones'}, to {_name(note)}"


def pitch(work: Work, edit: Edit) -> str:
    """told: step ("C" to "B"), octave (not told: the nearest), alter (not told: as a note without a sign sounds)"""
    letter = edit.one_of("step", STEPS)
    note, now = _pitched(work, edit)
    if "octave" in edit.told:
        to = STEPS.index(letter) + 7 * edit.whole("octave", low=0, high=9)
    else:
        to = now + (STEPS.index(letter) - now + 3) % 7 - 3
    alter = Fraction(edit.whole("alter", low=-2, high=2)) if edit.told.get("alter") is not None else None
    _move(work, edit.bar, note, to, alter)
    return f"note is {_name(note)}"


def accidental(work: Work, edit: Edit) -> str:
    """A sign before a note, or none; the notes after it in the bar that have none of their own follow. told: sign"""
    sign = SIGNS[edit.one_of("sign", SIGNS)]
    note, now = _pitched(work, edit)
    if note.find("pitch") is None:
        raise NotationError("A drum takes no sharps or flats.")
    respell(work, edit.bar)
    if sign is None:
        drop(note, "accidental")
        work.courteous.discard(note)
    alter = in_force(work, edit.bar, note, now) if sign is None else Fraction(sign)
    had = note.find("accidental") is not None
    _sign(work, edit.bar, note, alter)
    if sign is not None and not had and edit.told.get("print", True):
        _print(note, alter)  # what somebody asks for is printed, needed or not
        work.courteous.add(note)
    return (
        f"{SAID.get(int(alter), 'sign')} before {_name(note)}" if sign is not None else f"no sign before {_name(note)}"
    )


def courtesy(work: Work, edit: Edit) -> str:
    """Print a sign that is not needed, or no more. told: on, brackets"""
    note, _ = _pitched(work, edit)
    on, brackets = edit.flag("on"), edit.flag("brackets")
    respell(work, edit.bar)
    printed = note.find("accidental")
    wanted = printed is None if on is None else on
    if not wanted:
        drop(note, "accidental")
        work.courteous.discard(note)
        return "courtesy sign taken away"
    sign = _print(note, alter_of(note))
    work.courteous.add(note)
    if sign is not None and brackets:
        sign.set("parentheses", "yes")
    return "courtesy sign printed"


def _pitched(work: Work, edit: Edit) -> tuple[Element, int]:
    note = work.note(edit.bar, edit.note)
    now = degree(note)
    if now is None:
        raise NotationError("This is a rest: it has no pitch.", hint="Press R to make a note of it.")
    work.select = work.measures[edit.bar], note
    return note, now


def _move(work: Work, bar: int, note: Element, to: int, alter: Fraction | None) -> None:
    """Put a note, and those tied to it, at another place. alter None: as a note without a sign sounds there."""
    if not LOWEST <= to <= HIGHEST:
        raise NotationError("That is lower or higher than any instrument plays.", hint="Nothing was changed.")
    tied = chain(work, bar, note)
    for where, _ in tied:
        respell(work, where)
    if alter is None:
        alter = in_force(work, tied[0][0], tied[0][1], to)
    for _, one in tied:
        work.courteous.discard(one)
        set_pitch(one, to, alter)


def _sign(work: Work, bar: int, note: Element, alter: Fraction) -> None:
    """Alter a note, those tied to it, and those after it in the bar that its sign holds for."""
    now = degree(note)
    assert now is not None
    tied = chain(work, bar, note)
    first_bar, first = tied[0]
    for where, _ in tied:
        respell(work, where)
    here = work.walked(first_bar)
    me = next(one for one in here.notes if one.element is first)
    followers: list[Element] = []
    for element, other in accidentals.in_time(here):
        if other is None or other.onset < me.onset or element is first or other.staff != me.staff:
            continue
        if degree(element) != now or (other.onset == me.onset and not me.grace):
            continue
        if element.find("accidental") is not None:
            break
        followers.append(element)
    for _, one in tied:
        set_pitch(one, now, alter)
    for follower in followers:
        for where, one in chain(work, first_bar, follower):
            respell(work, where)
            set_pitch(one, now, alter)


def _print(note: Element, alter: Fraction) -> Element | None:
    names = accidentals.NAMES.get(alter)
    sign = note.find("accidental")
    if names is None:
        return sign
    if sign is None:
        sign = etree.Element("accidental")
        place(note, sign, order=NOTE)
    sign.text = names[0]
    return sign


def _spelled(work: Work, bar: int, sound: int, *, up: bool) -> tuple[int, int]:
    """Place and alteration of semitones above C0: as the key has it, else a natural, else sharp upwards, flat down."""
    found = []
    for to in range(7 * (sound // 12) - 1, 7 * (sound // 12) + 8):
        alter = sound - 12 * (to // 7) - STEP_SEMITONES[STEPS[to % 7]]
        if -1 <= alter <= 1:
            found.append((alter != key_alter(work, bar, to), alter != 0, (alter < 0) == up, to, alter))
    *_, to, alter = min(found)
    return to, alter


def _name(note: Element) -> str:
    now = degree(note)
    if now is None:
        return "a rest"
    sign = {-2: "♭♭", -1: "♭", 0: "", 1: "♯", 2: "𝄪"}.get(int(alter_of(note)), "")
    return f"{STEPS[now % 7]}{sign}{now // 7}"


def _way(by: int) -> str:
    return "up" if by >= 0 else "down"


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {
    "step": step, "octave": octave, "semitone": semitone, "pitch": pitch, "accidental": accidental,
    "courtesy": courtesy,
}  # fmt: skip
