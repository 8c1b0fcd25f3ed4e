"""Parts for tests: random ones with everything that makes accidentals hard, and two ways to read them.

`played` reads a part as a player does: by key signature, printed signs and ties alone, never by <alter>.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st
from lxml import etree

from notation.musicxml.walk import walk

Element = etree._Element
SIGNS = {"flat-flat": -2, "flat": -1, "natural": 0, "sharp": 1, "double-sharp": 2, "triple-sharp": 3, "triple-flat": -3}
NAMES = {alter: name for name, alter in SIGNS.items()}
STEPS = "CDEFGAB"
SHARPS = "FCGDAEB"
LENGTHS = {4: "quarter", 2: "eighth", 8: "half"}


@dataclass(frozen=True)
class Head:
    step: str
    alter: int
    octave: int

    def xml(self) -> str:
        alter = f"<alter>{self.alter}</alter>" if self.alter else ""
        return f"<pitch><step>{self.step}</step>{alter}<octave>{self.octave}</octave></pitch>"

    @property
    def midi(self) -> int:
        return 12 * (self.octave + 1) + (0, 2, 4, 5, 7, 9, 11)[STEPS.index(self.step)] + self.alter


def note(
    heads: list[Head], length: int, *, voice: int = 1, grace: bool = False, ties: str = "", sign: str = "",
    extra: str = "", stem: str = "",
) -> str:  # fmt: skip
    """A chord of `length` sixteenths; no heads: a rest. ties: "start", "stop" or "stop start"."""
    out = ""
    kind = {2: "eighth", 4: "quarter", 8: "half", 16: "whole", 6: "quarter", 12: "half", 1: "16th", 3: "eighth"}[length]
    dot = "<dot/>" if length in (3, 6, 12) else ""
    for place, head in enumerate(heads or [None]):
        tied = "".join(f'<tie type="{tie}"/>' for tie in ties.split())
        marks = "".join(f'<tied type="{tie}"/>' for tie in ties.split()) + (extra if not place else "")
        out += (
            f"<note>{'<grace/>' if grace else ''}{'<chord/>' if place else ''}"
            f"{head.xml() if head else '<rest/>'}{'' if grace else f'<duration>{length}</duration>'}{tied}"
            f"<voice>{voice}</voice><type>{kind}</type>{dot}{f'<accidental>{sign}</accidental>' if sign else ''}"
            f"{f'<stem>{stem}</stem>' if stem else ''}{f'<notations>{marks}</notations>' if marks else ''}</note>"
        )
    return out


def document(bars: list[str], *, name: str = "Flute") -> Element:
    measures = "".join(f'<measure number="{n}">{bar}</measure>' for n, bar in enumerate(bars, start=1))
    return etree.fromstring(
        f'<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>{name}</part-name></score-part>'
        f'</part-list><part id="P1">{measures}</part></score-partwise>'
    )


def opening(
    fifths: int = 0, *, clef: str = "G2", time: str = "4/4", transpose: tuple[int, int, int] | None = None
) -> str:
    beats, kind = time.split("/")
    change = ""
    if transpose:
        diatonic, chromatic, octaves = transpose
        change = (f"<transpose><diatonic>{diatonic}</diatonic><chromatic>{chromatic}</chromatic>"
                  f"<octave-change>{octaves}</octave-change></transpose>")  # fmt: skip
    return (
        f"<attributes><divisions>4</divisions><key><fifths>{fifths}</fifths></key><time><beats>{beats}</beats>"
        f"<beat-type>{kind}</beat-type></time><clef><sign>{clef[0]}</sign><line>{clef[1]}</line></clef>{change}"
        "</attributes>"
    )


def key_change(fifths: int) -> str:
    return f"<attributes><key><fifths>{fifths}</fifths></key></attributes>"


SHIFT = '<direction><direction-type><octave-shift type="{}" size="8"/></direction-type></direction>'
heads = st.builds(
    Head,
    st.sampled_from(STEPS),
    st.sampled_from((0, 0, 0, 0, 1, -1, 1, -1, 2, -2)),
    st.integers(3, 5),
)


@st.composite
def parts(draw: st.DrawFn, *, transposes: bool = False) -> Element:
    """A part of one staff: keys, chords, ties over bar lines and inside bars, graces, two voices, octave signs, signs
    where none is needed."""
    changes = ((-1, -2, 0), (-5, -9, 0), (-4, -7, 0), (-1, -2, -1), (2, 3, 0), (0, 0, -1), (-5, -9, -1))
    change = draw(st.sampled_from(changes)) if transposes else None
    bars = []
    held: list[Head] = []
    for index in range(draw(st.integers(1, 4))):
        bar = opening(draw(st.integers(-6, 6)), transpose=change) if not index else ""
        if index and draw(st.integers(0, 3)) == 0:
            bar += key_change(draw(st.integers(-6, 6)))
        if draw(st.integers(0, 4)) == 0:
            bar += SHIFT.format("down")
        for beat in range(4):
            if draw(st.integers(0, 5)) == 0:
                bar += note([draw(heads)], 2, grace=True)
            if draw(st.integers(0, 6)) == 0 and not held:
                bar += note([], 4)
                continue
            chord = held or draw(st.lists(heads, min_size=1, max_size=2, unique_by=lambda h: h.midi))
            start = draw(st.integers(0, 3)) == 0 and not (index == 3 and beat == 3)
            sign = NAMES[chord[0].alter] if draw(st.integers(0, 7)) == 0 and len(chord) == 1 else ""
            bar += note(chord, 4, ties=" ".join(["stop"] * bool(held) + ["start"] * start), sign=sign)
            held = chord if start else []
        if "octave-shift" in bar:
            bar += SHIFT.format("stop")
        if draw(st.integers(0, 3)) == 0:
            bar += "<backup><duration>16</duration></backup>"
            for _ in range(2):
                bar += note([draw(heads)], 2, voice=2, grace=True) if draw(st.integers(0, 2)) == 0 else ""
                bar += note([draw(heads)], 8, voice=2)
        bars.append(bar)
    return document(bars)


def pitches(root: Element) -> list[int | None]:
    """Sounding MIDI numbers of all notes in document order, None for rests."""
    return [n.pitch for part in root.iterfind("part") for bar in walk(part) for n in bar.notes]


def written(root: Element) -> list[tuple[str, str, str] | None]:
    """(step, alter, octave) of all notes in document order."""
    return [
        (p.findtext("step") or "", p.findtext("alter") or "0", p.findtext("octave") or "") if p is not None else None
        for p in (element.find("pitch") for element in root.iterfind("part/measure/note"))
    ]


def keys(root: Element) -> list[int]:
    return [int(key.text or 0) for key in root.iterfind("part/measure/attributes/key/fifths")]


def played(part: Element) -> list[tuple[Element, int, int]]:
    """(note, alter as read, alter as meant) of every pitched note, in reading order: left to right, graces first."""
    out = []
    fifths, shift = 0, 0
    over: list[tuple[Fraction, str, int, int]] = []  # heads with a tie: when they end, and what they are
    for bar in walk(part):
        said: dict[tuple[str, int], int] = {}
        things: list[tuple[Fraction, float, int, Element]] = []
        for place, (onset, mark) in enumerate(bar.marks):
            things.append((onset, 0, place, mark))
        for place, n in enumerate(bar.notes):
            things.append((n.onset, 1.5 - 0.5 * n.grace, place, n.element))
        for onset, _, _, element in sorted(things, key=lambda thing: thing[:3]):
            if element.find("key/fifths") is not None:
                fifths, said = int(element.findtext("key/fifths") or 0), {}
            for sign in element.iterfind("direction-type/octave-shift"):
                shift = {"down": 1, "up": -1, "stop": 0}[sign.get("type") or ""]
            step = element.findtext("pitch/step")
            if element.tag != "note" or step is None:
                continue
            octave, meant = int(element.findtext("pitch/octave") or 0), int(element.findtext("pitch/alter") or 0)
            length = next(n.duration for n in bar.notes if n.element is element)
            ways = {tie.get("type") for tie in element.iterfind("tie")}
            arrives = [tie for tie in over if tie[0] == onset and tie[1:3] == (step, octave)]
            if "stop" in ways and (same := [tie for tie in arrives if tie[3] == meant]):
                read = same[0][3]  # a curve leads here from a head on this line: it is that note still
                over.remove(same[0])
            else:
                sign_name = element.findtext("accidental")
                if sign_name is not None:
                    said[step, octave - shift] = SIGNS[sign_name]
                in_key = 1 if step in SHARPS[: max(0, fifths)] else -1 if step in SHARPS[7 + min(0, fifths) :] else 0
                read = said.get((step, octave - shift), in_key)
            if "start" in ways:
                over.append((onset + length, step, octave, read))
            out.append((element, read, meant))
    return out
