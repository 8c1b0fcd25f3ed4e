"""A part that is being edited: its bars, which of them were touched, and how they were before."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.tree import duration_text, finder
from notation.musicxml.walk import WalkedBar, WalkedNote, number
from notation.score.edit.standing import walked

Element = etree._Element
NOTE = (
    "grace", "cue", "chord", "pitch", "unpitched", "rest", "duration", "tie", "instrument", "footnote", "level",
    "voice", "type", "dot", "accidental", "time-modification", "stem", "notehead", "notehead-text", "staff", "beam",
    "notations", "lyric", "play", "listen",
)  # fmt: skip
_COUNTED = ("attributes/divisions", "note/duration", "backup/duration", "forward/duration", "direction/offset",
            "harmony/offset")  # fmt: skip

_DIVISIONS_BEFORE = finder("preceding-sibling::measure/attributes/divisions")


@dataclass(frozen=True)
class Move:
    """Bars that came or went: before the bar `at` as bars are counted then, `gone` are taken out, `come` put in."""

    at: int
    gone: int
    come: int


@dataclass
class Work:
    part: Element
    measures: list[Element]
    order: list[Element] = field(default_factory=list)  # children of the part as they were
    were: dict[Element, Element] = field(default_factory=dict)  # bar -> its copy of before
    numbers: dict[Element, str] = field(default_factory=dict)  # bar -> number of before, where it was counted anew
    moves: list[Move] = field(default_factory=list)
    seen: set[Element] = field(default_factory=set)  # bars that look otherwise
    respelled: set[Element] = field(default_factory=set)  # bars whose accidentals are to be looked at
    beat: set[Element] = field(default_factory=set)  # bars whose beams are
    courteous: set[Element] = field(default_factory=set)  # notes that keep a sign that they do not need
    select: tuple[Element, Element | None] | None = None  # bar and note to go on with

    @classmethod
    def of(cls, root: Element) -> Work:
        part = root.find("part")
        if part is None or part.find("measure") is None:
            raise NotationError("There is not a single bar in this score.")
        return cls(part, part.findall("measure"), list(part))

    def measure(self, index: int) -> Element:
        """A bar, to be looked at. Raises NotationError where there is none."""
        if not 0 <= index < len(self.measures):
            raise NotationError(
                f"There is no bar {index + 1}: this part has {len(self.measures)}.", hint="Reload the page."
            )
        return self.measures[index]

    def touch(self, index: int, *, shown: bool = True) -> Element:
        """A bar, to be changed."""
        bar = self.measure(index)
        if bar not in self.were and bar.getparent() is not None:
            self.were[bar] = copy.deepcopy(bar)
        if shown:
            self.seen.add(bar)
        return bar

    def note(self, index: int, place: int | None) -> Element:
        notes = self.measure(index).findall("note")
        if place is None or not 0 <= place < len(notes):
            raise NotationError(
                f"There is no note {1 if place is None else place + 1} in bar {index + 1}.", hint="Choose a note first."
            )
        return notes[place]

    def walked(self, index: int) -> WalkedBar:
        return walked(self.measures, index, index)[0]

    def found(self, index: int, place: int | None) -> tuple[WalkedBar, WalkedNote]:
        """A bar as it is walked, and one of its notes."""
        note = self.note(index, place)
        bar = self.walked(index)
        return bar, next(one for one in bar.notes if one.element is note)

    def divisions(self, index: int) -> Fraction:
        """Divisions of a quarter when a bar begins; what it says at its own beginning counts."""
        last = self.measures[min(index, len(self.measures) - 1)]
        for said in reversed([*_DIVISIONS_BEFORE(last), *last.iterfind("attributes/divisions")]):
            if number(said.text) > 0:
                return number(said.text)
        return Fraction(1)

    def divisible(self, index: int, *lengths: Fraction) -> Fraction:
        """Divisions that these lengths in quarters are whole numbers of; where needed, the part is counted finer."""
        divisions = self.divisions(index)
        factor = lcm(*((length * divisions).denominator for length in lengths))
        if factor == 1:
            return divisions
        for place, bar in enumerate(self.measures):
            self.touch(place, shown=False)
            for path in _COUNTED:
                for element in bar.iterfind(path):
                    element.text = duration_text(number(element.text) * factor)
        if self.part.find("measure/attributes/divisions") is None:  # then a quarter has one
            first = attributes_of(self.touch(0, shown=False))
            said = etree.Element("divisions")
            said.text = str(factor)
            first.insert(0, said)
        return divisions * factor

    def rollback(self) -> None:
        """All bars as they were."""
        for bar, said in self.numbers.items():
            self.were.get(bar, bar).set("number", said)
        self.part[:] = [self.were.get(child, child) for child in self.order]


def attributes_of(bar: Element) -> Element:
    """The attributes at the beginning of a bar, made where there are none."""
    for child in bar:
        if child.tag == "attributes":
            return child
        if child.tag not in ("print", "barline") or child.get("location", "") == "right":
            break
    made = etree.Element("attributes")
    at = next((n for n, child in enumerate(bar) if child.tag not in ("print", "barline")
               or (child.tag == "barline" and child.get("location", "right") == "right")), len(bar))  # fmt: skip
    bar.insert(at, made)
    return made


def chord_of(note: Element) -> list[Element]:
    """The notes of the chord that a note belongs to, the first one first; a note alone is one of itself."""
    first = note
    while first.find("chord") is not None:
        before = _neighbour(first, back=True)
        if before is None:
            break
        first = before
    found = [first]
    after = _neighbour(first)
    while after is not None and after.find("chord") is not None:
        found.append(after)
        after = _neighbour(after)
    return found


def _neighbour(note: Element, *, back: bool = False) -> Element | None:
    return next(iter(note.itersiblings("note", preceding=back)), None)


def events(notes: Iterator[WalkedNote] | list[WalkedNote]) -> list[WalkedNote]:
    """Chords once, without grace notes."""
    return [note for note in notes if not note.chord and not note.grace]


def drop(parent: Element, *tags: str) -> None:
    for tag in tags:
        for child in parent.findall(tag):
            parent.remove(child)
