"""What goes on over the ends of a line that is drawn by itself: ties, slurs and hairpins.

    before, after = overhang(measures, first, count)

Each is a bar with the other ends of what crosses, or None where nothing does. Drawn on pages of their own beside the
line's page, they make the engraver draw the halves that a printed line shows.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from notation.musicxml.tree import unset

Element = etree._Element
FAR = 40  # bars that a sign may reach over a line's end
_PITCH = ("step", "alter", "octave")


@dataclass(frozen=True)
class _Crossing:
    """A sign over a bar line: the notes (of hairpins: the directions) at its two ends, and the signs there."""

    kind: str  # of tie, slur and wedge
    start: Element
    stop: Element
    said: tuple[Element, Element]


def overhang(measures: Sequence[Element], first: int, count: int) -> tuple[Element | None, Element | None]:
    """Bars to stand before and after the line of bars first .. first + count - 1; they say nothing about its clef."""
    left = [*_over(measures, first)] if first else []
    right = [*_over(measures, first + count)] if first + count < len(measures) else []
    return _bar(left, end=0), _bar(right, end=1)


def _over(measures: Sequence[Element], at: int) -> Iterator[_Crossing]:
    """What goes on over the bar line before bar `at`."""
    yield from _ties(measures[at - 1], measures[at])
    before, after = measures[max(0, at - FAR) : at], measures[at : at + FAR]
    for tag in ("slur", "wedge"):
        begun: dict[str, tuple[Element, Element]] = {}
        for holder, sign in _signs(before, tag):
            if sign.get("type") == "stop":
                begun.pop(sign.get("number", "1"), None)
            elif sign.get("type") != "continue":
                begun[sign.get("number", "1")] = holder, sign
        if begun:
            for holder, sign in _signs(after, tag):
                number = sign.get("number", "1")
                if sign.get("type") != "continue" and number in begun:
                    start, said = begun.pop(number)
                    if sign.get("type") == "stop":
                        yield _Crossing(tag, start, holder, (said, sign))


def _signs(measures: Sequence[Element], tag: str) -> Iterator[tuple[Element, Element]]:
    """(note or direction, sign), in the order of the document."""
    path = "notations/slur" if tag == "slur" else "direction-type/wedge"
    for measure in measures:
        for holder in measure.iterchildren("note" if tag == "slur" else "direction"):
            for sign in holder.iterfind(path):
                yield holder, sign


def _ties(before: Element, after: Element) -> Iterator[_Crossing]:
    begun: dict[tuple[str, ...], tuple[Element, Element]] = {}
    for note in before.iterchildren("note"):
        signs = {sign.get("type"): sign for sign in note.iterfind("tie")}
        begun.pop(_key(note), None)
        if "start" in signs and note.find("pitch") is not None:
            begun[_key(note)] = note, signs["start"]
    for note in after.iterchildren("note"):
        start = begun.pop(_key(note), None)
        stop = next((sign for sign in note.iterfind("tie") if sign.get("type") == "stop"), None)
        if start is not None and stop is not None:
            yield _Crossing("tie", start[0], note, (start[1], stop))


def _key(note: Element) -> tuple[str, ...]:
    return (note.findtext("staff") or "1", *(note.findtext(f"pitch/{name}") or "" for name in _PITCH))


def _bar(crossings: Sequence[_Crossing], *, end: int) -> Element | None:
    """A bar of the starts (end 0) or of the stops (end 1): in every voice a note to each pitch that is needed."""
    if not crossings:
        return None
    bar = etree.Element("measure", number="0")
    chords: dict[tuple[str, str], list[Element]] = {}
    for crossing in crossings:
        holder, said = (crossing.start, crossing.stop)[end], crossing.said[end]
        if crossing.kind == "wedge":
            direction = etree.SubElement(bar, "direction", placement=holder.get("placement") or "below")
            etree.SubElement(direction, "direction-type").append(_plain(said))
            if (staff := holder.findtext("staff")) is not None:
                etree.SubElement(direction, "staff").text = staff
            continue
        voice = holder.findtext("voice") or "1", holder.findtext("staff") or ""
        chord = chords.setdefault(voice, [])
        note = next((one for one in chord if _key(one) == _key(holder)), None)
        if note is None:
            note = _whole(holder, *voice, more=bool(chord))
            chord.append(note)
        notations = note.find("notations")
        assert notations is not None
        if crossing.kind == "tie":
            tie = etree.Element("tie", type=said.get("type") or "start")
            duration = note.find("duration")
            assert duration is not None
            duration.addnext(tie)
            etree.SubElement(notations, "tied", type=said.get("type") or "start")
        else:
            notations.append(_plain(said))
    for index, notes in enumerate(chords.values()):
        if index:
            etree.SubElement(etree.SubElement(bar, "backup"), "duration").text = "4"
        bar.extend(notes)
    if not chords:  # hairpins alone
        rest = etree.SubElement(bar, "note")
        etree.SubElement(rest, "rest", measure="yes")
        etree.SubElement(rest, "duration").text = "4"
    return bar


def _whole(holder: Element, voice: str, staff: str, *, more: bool) -> Element:
    note = etree.Element("note")
    if more:
        etree.SubElement(note, "chord")
    pitch = next((child for tag in ("pitch", "unpitched") if (child := holder.find(tag)) is not None), None)
    note.append(_plain(pitch) if pitch is not None else etree.Element("rest"))
    etree.SubElement(note, "duration").text = "4"
    etree.SubElement(note, "voice").text = voice
    etree.SubElement(note, "type").text = "whole"
    if staff:
        etree.SubElement(note, "staff").text = staff
    etree.SubElement(note, "notations")
    return note


def _plain(element: Element) -> Element:
    made = copy.deepcopy(element)
    made.tail = None
    for one in made.iter():
        unset(one, "id")
    return made
