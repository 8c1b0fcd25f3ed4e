"""Which accidentals a part must print, by the rule that every player reads by.

A sign holds for its line or space, in its octave as printed, to the end of the bar; at the bar line the key signature
holds again. A note tied over from before needs no sign and gives none to the notes after it. Signs that are printed
beyond this rule are courtesies: editors put them there on purpose, so they stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from lxml import etree

from notation.musicxml.tree import insert
from notation.musicxml.walk import WalkedBar, WalkedNote, number, walk_bars
from notation.score.intervals import signature
from notation.score.model import STEP_SEMITONES

Element = etree._Element
AFTER = ("time-modification", "stem", "notehead", "notehead-text", "staff", "beam", "notations", "lyric", "play",
         "listen")  # fmt: skip
# The first name is what we print; the others say the same.
NAMES: dict[Fraction, tuple[str, ...]] = {
    Fraction(0): ("natural",),
    Fraction(1): ("sharp", "natural-sharp"),
    Fraction(-1): ("flat", "natural-flat"),
    Fraction(2): ("double-sharp", "sharp-sharp"),
    Fraction(-2): ("flat-flat", "double-flat"),
    Fraction(3): ("triple-sharp",),
    Fraction(-3): ("triple-flat",),
    Fraction(1, 2): ("quarter-sharp",),
    Fraction(-1, 2): ("quarter-flat",),
    Fraction(3, 2): ("three-quarters-sharp",),
    Fraction(-3, 2): ("three-quarters-flat",),
}


@dataclass(frozen=True)
class Sign:
    """What the rule says of a note's head."""

    note: Element
    alter: Fraction  # semitones
    needed: bool


def courtesies(part: Iterable[Element]) -> set[Element]:
    """The notes whose accidental is printed though the rule does not ask for it. `part`: one, or its bars."""
    return {sign.note for sign in signs(part) if not sign.needed and sign.note.find("accidental") is not None}


def show(part: Iterable[Element], *, keep: Collection[Element] = ()) -> None:
    """Print the accidentals that are needed, and on the notes of `keep` what they are; take the others away."""
    for sign in signs(part):
        print_sign(sign, keep=keep)


def print_sign(sign: Sign, *, keep: Collection[Element] = ()) -> None:
    """Print the accidental of a note, or take it away, as the rule and `keep` have it."""
    accidental = sign.note.find("accidental")
    wanted = NAMES.get(sign.alter, ())
    if not wanted:
        return  # a sign of a tuning that we do not know stays as it is
    if not sign.needed and sign.note not in keep:
        if accidental is not None:
            sign.note.remove(accidental)
    elif accidental is None:
        insert(sign.note, "accidental", wanted[0], before=AFTER)
    elif (accidental.text or "").strip() not in wanted:
        accidental.text = wanted[0]


def signs(part: Iterable[Element]) -> Iterator[Sign]:
    """Every pitched note that is printed, in the order of its bar's time. `part`: one, or some bars in a row."""
    keys: dict[int, dict[str, Fraction]] = {}
    shifts: dict[int, int] = {}  # staff -> octaves that print is below sound
    held: dict[tuple[int, str, Fraction, int], Fraction] = {}  # a tied head -> when its tie arrives
    for bar in walk_bars(bar for bar in part if bar.tag == "measure"):
        standing: dict[tuple[int, str, int], Fraction] = {}
        for element, note in in_time(bar):
            if note is None:
                if element.tag == "attributes" and element.find("key") is not None:
                    _change_key(keys, element)
                    standing.clear()
                elif element.tag == "direction":
                    _shift(shifts, element)
                continue
            if (head := head_of(element)) is None or element.get("print-object") == "no":
                continue
            step, alter, octave = head
            tied = _tied(element, "stop") and held.pop((note.staff, *head), None) == note.onset
            if _tied(element, "start"):
                held[note.staff, *head] = note.onset + note.duration
            if tied:
                yield Sign(element, alter, needed=False)
                continue
            place = note.staff, step, octave - shifts.get(note.staff, 0)
            key = keys.get(note.staff, keys.get(0, {}))
            needed = standing.get(place, key.get(step, Fraction(0))) != alter
            standing[place] = alter
            yield Sign(element, alter, needed)


def in_time(bar: WalkedBar) -> list[tuple[Element, WalkedNote | None]]:
    """Notes and other elements of a bar as they sound; signs before the notes they stand at, graces before theirs."""
    events: list[tuple[Fraction, int, int, Element, WalkedNote | None]] = []
    for index, (onset, mark) in enumerate(bar.marks):
        events.append((onset, 0, index, mark, None))
    for index, note in enumerate(bar.notes):
        events.append((note.onset, 1 if note.grace else 2, index, note.element, note))
    return [(element, note) for *_, element, note in sorted(events, key=lambda event: event[:3])]


def head_of(note: Element) -> tuple[str, Fraction, int] | None:
    """Step, alteration in semitones and octave of a <note>; None where it has no pitch."""
    step = (note.findtext("pitch/step") or "").strip().upper()
    if step not in STEP_SEMITONES:
        return None
    return step, number(note.findtext("pitch/alter")), int(number(note.findtext("pitch/octave"), 4))


def _tied(note: Element, way: str) -> bool:
    return any(tie.get("type") == way for tie in (*note.iterfind("tie"), *note.iterfind("notations/tied")))


def _change_key(keys: dict[int, dict[str, Fraction]], attributes: Element) -> None:
    for key in attributes.iterfind("key"):
        staff = int(number(key.get("number")))
        if key.find("fifths") is not None:
            fifths = max(-7, min(7, int(number(key.findtext("fifths")))))
            keys[staff] = {step: Fraction(alter) for step, alter in signature(fifths).items()}
        else:
            steps = [(step.text or "").strip().upper() for step in key.iterfind("key-step")]
            keys[staff] = dict(zip(steps, (number(alter.text) for alter in key.iterfind("key-alter")), strict=False))
        if not staff:
            for other in [known for known in keys if known]:
                del keys[other]


def _shift(shifts: dict[int, int], direction: Element) -> None:
    for sign in direction.iterfind("direction-type/octave-shift"):
        staff = int(number(direction.findtext("staff"), 1))
        octaves = int(number(sign.get("size"), 8)) // 7
        if sign.get("type") in ("up", "down"):
            shifts[staff] = octaves if sign.get("type") == "down" else -octaves
        elif sign.get("type") == "stop":
            shifts.pop(staff, None)
