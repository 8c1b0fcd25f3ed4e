"""What goes on over a bar line: ties, slurs, hairpins, endings. Nobody can cut these in two; whoever cuts is told."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from lxml import etree

from notation.musicxml.accidentals import head_of
from notation.musicxml.walk import walk_bars

_CROSSING = {  # signs that begin in one bar and end in another, as people call them
    "slur": "a slur", "wedge": "a hairpin", "octave-shift": "an octave line", "bracket": "a bracket",
    "dashes": "a dashed line", "pedal": "a pedal line", "glissando": "a glissando", "slide": "a slide",
    "wavy-line": "a trill line", "tuplet": "a tuplet",
}  # fmt: skip


def signs_over(bars: Sequence[etree._Element], at: int) -> Iterator[str]:
    """What goes on over the bar line before bar `at`, in words: "a slur"."""
    ties: set[tuple[str, ...]] = set()
    going: dict[tuple[str, str], str] = {}
    ending = repeat = False
    for bar in bars[:at]:
        for note in bar.iter("note"):
            ways = {tie.get("type") for tie in note.iterfind("tie")}
            pitch = tuple(note.findtext(f"pitch/{name}") or "0" for name in ("step", "alter", "octave"))
            if "start" in ways:
                ties.add(pitch)
            elif "stop" in ways:
                ties.discard(pitch)
        for element in bar.iter(*_CROSSING):
            key = (str(element.tag), element.get("number", "1"))
            if element.get("type") in ("start", "crescendo", "diminuendo", "up", "down"):
                going[key] = _CROSSING[str(element.tag)]
            elif element.get("type") in ("stop", "discontinue"):
                going.pop(key, None)
        for line in bar.iterfind("barline"):
            for one in line.iterfind("ending"):
                ending = one.get("type") == "start"
            for one in line.iterfind("repeat"):
                repeat = one.get("direction") == "forward"
    if ties and any(tie.get("type") == "stop" for tie in bars[at].iter("tie")):
        yield "a tie"
    yield from dict.fromkeys(going.values())
    if ending:
        yield "an ending (a bracket over bars)"
    if repeat and any(
        one.get("direction") == "backward" for bar in bars[at:] for one in bar.iterfind("barline/repeat")
    ):
        yield "a repeated passage"


_BEGINS = ("start", "crescendo", "diminuendo", "up", "down")
_ENDS = ("stop", "discontinue")


def loose_ends(bars: Sequence[etree._Element]) -> set[etree._Element]:
    """The ends of ties and of signs that go on which have no other end: a <tie> that leads nowhere, a slur's stop that
    nothing began. A tie's ends are a note of one pitch when another one ends."""
    begun: dict[Hashable, etree._Element] = {}
    loose: set[etree._Element] = set()

    def meet(element: etree._Element, begins: Hashable, ends: Hashable) -> None:
        if element.get("type") in _BEGINS:
            if (before := begun.pop(begins, None)) is not None:
                loose.add(before)
            begun[begins] = element
        elif element.get("type") in _ENDS and begun.pop(ends, None) is None:
            loose.add(element)

    for bar in walk_bars(bars):
        ties = [(tie, note) for note in bar.notes if not note.grace
                for tie in (*note.element.iterfind("tie"), *note.element.iterfind("notations/tied"))]  # fmt: skip
        for way in (_BEGINS, _ENDS):  # in a document, voices do not stand in the order of time
            for tie, note in ties:
                if tie.get("type") in way:
                    what = (tie.tag, head_of(note.element), note.staff)
                    meet(tie, (*what, note.onset + note.duration), (*what, note.onset))
        for element in bar.element.iter(*_CROSSING, "ending"):
            sign = (element.tag, element.get("number", "1"))
            meet(element, sign, sign)
    return loose | set(begun.values())
