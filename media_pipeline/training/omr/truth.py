"""An exact MusicXML part -> the tokens of its printed staff lines, in the order that omr/tokens.py lays down.

    bars = read_part(read_score(path), 0)                the bars of the first part
    printed = group_rests(bars)                          ranges of them: a multi-measure rest is one printed bar
    line_tokens(bars, printed[a:b], then=printed[b])     what the staff line says that holds printed bars a..b-1
    unsayable(bars, printed[a:b], then=printed[b])       "" or why a network must not learn from this line

What is printed counts, not what sounds: an accidental where one stands, a tuplet where its number stands, nothing for
hidden rests. Two notes that share a tremolo are told as `tup2` with `tremN` on both: each sounds half of what it shows.
Bowings, fingerings, pedal and words are no tokens. Reads what MuseScore, Verovio and LilyPond write and read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from lxml import etree

from media_pipeline.omr.tokens import AFTER, CLEFS, DYNAMICS, HIGHEST, LOWEST, METRES, TUPLETS
from notation.musicxml.read import read

STEPS = "CDEFGAB"
TYPES = {
    "breve": "0", "whole": "1", "half": "2", "quarter": "4", "eighth": "8", "16th": "16", "32nd": "32", "64th": "64",
    "128th": "128",
}  # fmt: skip
GRACES = ("4", "8", "16", "32")
SIGNS = {"flat": "f", "flat-flat": "ff", "natural": "n", "sharp": "s", "double-sharp": "x", "sharp-sharp": "x"}
ARTICULATED = {
    "staccato": "art.stacc", "accent": "art.acc", "tenuto": "art.ten", "strong-accent": "art.marc",
    "staccatissimo": "art.stiss",
}  # fmt: skip
ORNAMENTED = {
    "trill-mark": "orn.tr", "mordent": "orn.mord", "inverted-mordent": "orn.mord", "turn": "orn.turn",
    "inverted-turn": "orn.turn",
}  # fmt: skip
BEFORE = ("hair)", "dyn.", "cresc(", "dim(", "8va(", "8vb(")  # the order in which they stand before a note
MARKS = ("segno", "coda", "reh")
JUMPS = ("dc", "ds", "fine", "tocoda")
_LOUDNESS = re.compile(r"(?<![^\W\d_])[pmfszr]+(?![^\W\d_])")


@dataclass
class Event:
    """A note, chord or rest as printed, with all that hangs on it."""

    onset: Fraction  # quarters from the bar's beginning
    lower: bool  # of the lower of two voices
    before: list[str] = field(default_factory=list)
    tuplet: str = ""
    heads: list[tuple[int, list[str]]] = field(default_factory=list)  # position; its tokens
    value: list[str] = field(default_factory=list)  # value, slash, dots, tremolo
    marks: list[str] = field(default_factory=list)  # articulations, ornaments, arpeggio
    after: list[str] = field(default_factory=list)  # from tupend on

    def tokens(self) -> list[str]:
        before = sorted(dict.fromkeys(self.before), key=_rank)
        out = [*before, *(["lo"] if self.lower else []), *([self.tuplet] if self.tuplet else [])]
        for i, (_, head) in enumerate(sorted(self.heads, key=lambda h: h[0])):
            out += [*(["ch"] if i else []), *head]
        return [*out, *self.value, *self.marks, *self.after]


@dataclass
class Bar:
    """A bar of one staff of the score. What changes at its left edge is kept apart from what stands inside it."""

    clef: str = "clef.G2"  # at its beginning
    key: int = 0
    key_change: bool = False  # printed at its beginning
    clef_change: bool = False  # printed before the bar line that begins it
    time: str = ""  # printed at its beginning, or ""
    ottava: str = ""  # "8va(" or "8vb(" where one goes on from the bar before
    repeat: list[str] = field(default_factory=list)  # volta, rep.s
    marks: set[str] = field(default_factory=set)  # of MARKS and JUMPS
    events: list[Event] = field(default_factory=list)
    clefs: list[tuple[Fraction, str]] = field(default_factory=list)  # inside it
    tail: list[str] = field(default_factory=list)  # after its last event
    line: str = "bar.s"
    length: Fraction = Fraction(0)  # quarters
    breaks: bool = False  # no multi-measure rest goes on across its beginning
    similar: bool = False  # "as the bar before"
    why: str = ""  # what cannot be told in tokens

    @property
    def empty(self) -> bool:
        return (
            not (self.tail or self.clefs or self.why or self.similar or self.marks & {*JUMPS})
            and len(self.events) == 1
            and self.events[0].tokens() == ["mR"]
        )


def read_score(path: Path) -> etree._Element:
    """The root of a .musicxml or .mxl file. Raises notation.musicxml.NotationError."""
    return read(path.read_bytes(), name=path.name)


def staves(root: etree._Element, part: int) -> int:
    """How many staves a part has."""
    return max((int(s.text or 1) for s in root.findall("part")[part].iter("staves")), default=1)


def read_part(
    root: etree._Element, part: int, *, staff: int = 1, marks: Literal["every", "own"] = "every"
) -> list[Bar]:
    """The bars of one staff of a part (both counted as in the file: parts from 0, staves from 1).

    marks: signs that a score shows once, at its top (rehearsal letters, D.C., segno, tempo), stand in "every" part of
    a set of part books; on a page of the score a staff has its "own" only.
    """
    parts = root.findall("part")
    reader = _Reader(staff=staff)
    bars = [reader.bar(measure) for measure in parts[part].findall("measure")]
    for other in parts if marks == "every" else [parts[part]]:
        for bar, measure in zip(bars, other.findall("measure"), strict=False):
            # On a score's page they stand above the first staff of a part, never between its staves.
            if marks == "every" or staff == 1:
                found, tempo = _marks(measure)
                bar.marks |= found
                bar.breaks |= tempo or "reh" in found
    for bar in bars:
        bar.breaks |= bool(bar.marks & {*MARKS})
    return bars


def group_rests(bars: Sequence[Bar]) -> list[range]:
    """Printed bars as ranges of bars: runs of empty ones are one multi-measure rest, as in a part book."""
    out: list[range] = []
    first = 0
    while first < len(bars):
        end = first + 1
        if bars[first].empty:
            while end < len(bars) and bars[end].empty and not _edge(bars, end):
                end += 1
        out.append(range(first, end))
        first = end
    return out


def line_tokens(bars: Sequence[Bar], printed: Sequence[range], *, then: range | None = None) -> list[str]:
    """What a staff line says that holds these printed bars; `then`, the next line's first, for courtesy signs."""
    start = bars[printed[0].start]
    out = [start.clef, *([f"key.{start.key}"] if start.key else []), *([start.time] if start.time else [])]
    for i, group in enumerate(printed):
        out += _signature(bars[group.start]) if i else []
        out += bar_tokens(bars, group, start.ottava if not i else "")
    return out + (_signature(bars[then.start]) if then is not None else [])


def bar_tokens(bars: Sequence[Bar], group: range, ottava: str = "") -> list[str]:
    """A printed bar from its volta to its bar line, without key and time at its beginning; `ottava` goes on into it."""
    first, last = bars[group.start], bars[group.stop - 1]
    out = [*first.repeat, *(mark for mark in MARKS if mark in first.marks), *([ottava] if ottava else [])]
    if first.similar:
        out.append("sim")
    elif len(group) > 1:
        out += ["mm", *(f"n{digit}" for digit in str(len(group)))]
    else:
        clefs = list(first.clefs)
        for event in first.events:
            while clefs and clefs[0][0] <= event.onset:
                out.append(clefs.pop(0)[1])
            out += event.tokens()
        out += [*sorted(first.tail, key=_rank), *(clef for _, clef in clefs)]
    out += [jump for jump in JUMPS if jump in last.marks]
    if group.stop < len(bars) and bars[group.stop].clef_change:
        out.append(bars[group.stop].clef)
    return [*out, last.line]


def unsayable(bars: Sequence[Bar], printed: Sequence[range], *, then: range | None = None) -> str:
    """Why the tokens of a line would not tell all that is printed on it; "" when they do. Arguments of line_tokens."""
    if then is not None and bars[then.start].time.removeprefix("time.") not in ("", *METRES):
        return f"metre {bars[then.start].time}"
    return next((bars[i].why for group in printed for i in group if bars[i].why), "")


def _rank(token: str) -> int:
    return next((i for i, start in enumerate(BEFORE) if token.startswith(start)), len(BEFORE))


def _signature(bar: Bar) -> list[str]:
    return [*([f"key.{bar.key}"] if bar.key_change else []), *([bar.time] if bar.time else [])]


def _edge(bars: Sequence[Bar], i: int) -> bool:
    """Is something printed between two empty bars that parts them?"""
    bar, before = bars[i], bars[i - 1]
    return bool(
        bar.breaks or bar.time or bar.key_change or bar.clef_change or bar.repeat or before.line != "bar.s"
        or before.marks & {*JUMPS}
    )  # fmt: skip


def _marks(measure: etree._Element) -> tuple[set[str], bool]:
    """Marks and jumps of a bar, and whether a tempo begins there."""
    found: set[str] = set()
    tempo = False
    for direction in measure.iter("direction"):
        said = {name for sound in direction.findall("sound") for name in sound.attrib}
        words = " ".join(word.text or "" for word in direction.iter("words")).lower()
        tempo |= "tempo" in said or direction.find(".//metronome") is not None
        if direction.find(".//rehearsal") is not None:
            found.add("reh")
        if direction.find(".//segno") is not None:
            found.add("segno")
        if re.search(r"\bto coda\b|\bal(la)? coda\s*$", words) and not re.search(r"d\.? ?[cs]\b|capo|segno", words):
            found.add("tocoda")
        elif direction.find(".//coda") is not None:
            found.add("tocoda" if "tocoda" in said else "coda")
        if re.search(r"\bd\. ?c\.|\bda capo\b", words):
            found.add("dc")
        elif re.search(r"\bd\. ?s\.|\bdal segno\b", words):
            found.add("ds")
        elif words.strip(" .") == "fine":
            found.add("fine")
    return found, tempo


def _position(note: etree._Element, clef: str) -> int:
    """Staff position of a head before any octave sign: steps above the bottom line."""
    pitch = note.find("pitch")
    if pitch is not None:
        step, octave = pitch.findtext("step") or "C", int(pitch.findtext("octave") or 4)
    else:  # MusicXML places percussion as in the treble clef; a note without a place is on the middle line
        step = note.findtext("unpitched/display-step") or "B"
        octave = int(note.findtext("unpitched/display-octave") or 4)
    return STEPS.index(step.strip()) + 7 * (octave - 4) + (-2 if pitch is None else CLEFS[clef])


def _time_token(time: etree._Element) -> str:
    if time.get("print-object") == "no":
        return ""
    symbol = time.get("symbol")
    if symbol in ("common", "cut"):
        return "time.C" if symbol == "common" else "time.cut"
    return f"time.{time.findtext('beats')}/{time.findtext('beat-type')}"


def _clef_token(clef: etree._Element) -> str:
    sign, line = clef.findtext("sign") or "G", clef.findtext("line") or ""
    if sign == "percussion":
        return "clef.perc"
    octave = int(clef.findtext("clef-octave-change") or 0)
    return f"clef.{sign}{line or {'G': 2, 'F': 4, 'C': 3}.get(sign, 2)}" + {0: "", 1: "+8", -1: "-8"}.get(octave, "?")


class _Reader:
    """Goes through the bars of one staff; remembers what lasts from bar to bar."""

    def __init__(self, *, staff: int) -> None:
        self.staff = str(staff)
        self.divisions = Fraction(1)
        self.clef, self.key, self.ottava = "clef.G2", 0, ""
        self.similar = False
        self.last: Event | None = None
        self.first = True

    def bar(self, measure: etree._Element) -> Bar:
        """1. Places in time of all notes, clefs and octave signs. 2. Events of each voice. 3. What hangs on them."""
        bar = self.now = Bar(clef=self.clef, key=self.key)
        self.voices: dict[str, list[Event]] = {}
        self.clefs: list[tuple[Fraction, str]] = []
        self.octaves: list[tuple[Fraction, str]] = []
        pending: list[tuple[Fraction, str]] = []  # directions that wait for the next note of the file
        loose: list[tuple[Fraction, str]] = []
        timed: list[tuple[Fraction, etree._Element]] = []
        now = top = last = Fraction(0)
        for element in measure:
            if element.tag == "attributes":
                self._attributes(element, now)
            elif element.tag in ("backup", "forward"):
                now += self._length(element) * (1 if element.tag == "forward" else -1)
            elif element.tag == "note":
                onset = last if element.find("chord") is not None else now
                timed.append((onset, element))
                if element.find("chord") is None:
                    last, now = now, now + self._length(element)
            elif element.tag == "direction":
                timed.append((now + self._length(element, "offset"), element))
            elif element.tag == "barline":
                self._barline(element)
            top = max(top, now)
        bar.length = top
        for onset, element in timed:
            if element.tag == "direction" and (element.findtext("staff") or "1") == self.staff:
                self._octave(element, onset)
        for onset, element in timed:
            if element.tag == "direction":
                if (element.findtext("staff") or "1") == self.staff:
                    pending += [(onset, token) for token in self._hung(element)]
                continue
            event = self._note(element, onset)
            if event is not None:
                event.before += [token for at, token in pending if at == onset]
                loose += [(at, token) for at, token in pending if at != onset]
                pending = []
        self._join(bar)
        self._hang(bar, loose + pending)
        return self._finish(bar)

    def _why(self, reason: str) -> None:
        self.now.why = self.now.why or reason

    def _length(self, element: etree._Element, tag: str = "duration") -> Fraction:
        return Fraction(element.findtext(tag) or "0") / self.divisions

    def _attributes(self, element: etree._Element, now: Fraction) -> None:
        bar = self.now
        self.divisions = Fraction(element.findtext("divisions") or self.divisions)
        for key in element.findall("key"):
            if key.get("number") not in (None, self.staff):
                continue
            fifths = int(key.findtext("fifths") or 0)
            if fifths != self.key and now:
                self._why("a key inside a bar")
            bar.key_change = fifths != self.key and not self.first
            self.key = bar.key = fifths
        for time in element.findall("time"):
            bar.time = _time_token(time)
            if bar.time and bar.time.removeprefix("time.") not in METRES:
                self._why(f"metre {bar.time}")
        for clef in element.findall("clef"):
            if (clef.get("number") or "1") != self.staff:
                continue
            token = _clef_token(clef)
            if token not in CLEFS:
                self._why(f"clef {token}")
                token = "clef.G2"
            if not now and clef.get("after-barline") != "yes":
                bar.clef_change = token != self.clef and not self.first
                bar.clef = token
            elif token != self.clef:
                self.clefs.append((now, token))
            self.clef = token
        for style in element.iter("measure-repeat", "slash", "beat-repeat"):
            if style.tag != "measure-repeat" or ((style.text or "1").strip() != "1" and style.get("type") == "start"):
                self._why("bars written as slashes")
            self.similar = style.tag == "measure-repeat" and style.get("type") == "start"

    def _barline(self, element: etree._Element) -> None:
        bar, style, repeat, ending = (
            self.now,
            element.findtext("bar-style"),
            element.find("repeat"),
            element.find("ending"),
        )
        way = repeat.get("direction") if repeat is not None else None
        if element.get("location") == "left":
            if ending is not None and ending.get("type") == "start":
                number = re.sub(r"\D.*", "", (ending.get("number") or "1").strip())
                if number not in ("1", "2", "3"):
                    self._why(f"ending {ending.get('number')}")
                bar.repeat.insert(0, f"volta{number}")
            bar.repeat += ["rep.s"] if way == "forward" else []
        elif element.get("location") in (None, "right"):
            known = {None: "bar.s", "regular": "bar.s", "light-light": "bar.d", "light-heavy": "bar.f"}
            bar.line = "bar.rep" if way == "backward" else known.get(style, "bar.s")
            if way != "backward" and style not in known:
                self._why(f"bar line {style}")

    def _octave(self, direction: etree._Element, onset: Fraction) -> None:
        for shift in direction.iter("octave-shift"):
            kind = shift.get("type")
            if kind in ("up", "down"):
                if shift.get("size", "8") != "8":
                    self._why("two octaves up or down")
                # MusicXML says where the print went: "down" is 8va.
                self.octaves.append((onset, "8va(" if kind == "down" else "8vb("))
            elif kind == "stop":
                self.octaves.append((onset, ""))

    def _hung(self, direction: etree._Element) -> Iterator[str]:
        for dynamics in direction.iter("dynamics"):
            said = "".join((d.text or "") if d.tag == "other-dynamics" else str(d.tag) for d in dynamics)
            for word in _LOUDNESS.findall(said):
                if word not in DYNAMICS:
                    self._why(f"dynamic {word}")
                else:
                    yield f"dyn.{word}"
        for wedge in direction.iter("wedge"):
            kind = {"crescendo": "cresc(", "diminuendo": "dim(", "stop": "hair)"}.get(wedge.get("type") or "")
            if kind:
                yield kind
        for shift in direction.iter("octave-shift"):
            if shift.get("type") in ("up", "down"):
                yield "8va(" if shift.get("type") == "down" else "8vb("

    def _at(self, onset: Fraction) -> tuple[str, int]:
        """Clef at a time of this bar, and the steps by which an octave sign lowers heads there."""
        clef, octave = self.now.clef, self.ottava
        for at, token in self.clefs:
            clef = token if at <= onset else clef
        for at, token in self.octaves:
            octave = token if at <= onset else octave
        return clef, {"8va(": 7, "8vb(": -7}.get(octave, 0)

    def _note(self, note: etree._Element, onset: Fraction) -> Event | None:
        """The event that a <note> begins; None where it is on another staff, hidden, or joins a chord."""
        events = self.voices.setdefault(note.findtext("voice") or "1", [])
        if (note.findtext("staff") or "1") != self.staff:
            events.append(Event(onset, lower=False, tuplet="elsewhere"))
            return None
        rest = note.find("rest") is not None
        if note.get("print-object") == "no":
            if not rest:
                self._why("hidden notes")
            return None
        if note.find("cue") is not None:
            self._why("cue notes")
            return None
        if note.find("chord") is not None:
            if events and events[-1].heads:
                events[-1].heads.append(self._head(note, onset))
                self._notations(note, events[-1], chord=True)
            return None
        event = Event(onset, lower=False)
        kind = TYPES.get(note.findtext("type") or "", "")
        if rest and (note.find("rest[@measure='yes']") is not None or note.find("type") is None):
            event.value = ["mR"]
        elif not kind:
            self._why(f"a note of type {note.findtext('type')}")
        elif rest:
            event.value = [f"r{kind}", *("dot" for _ in note.findall("dot"))]
        else:
            event.heads.append(self._head(note, onset))
            event.value = self._value(note, kind)
        self._notations(note, event)
        events.append(event)
        return event

    def _head(self, note: etree._Element, onset: Fraction) -> tuple[int, list[str]]:
        clef, octave = self._at(onset)
        place = _position(note, clef) - octave
        sign = note.findtext("accidental")
        shape = (note.findtext("notehead") or "normal").strip()
        if not LOWEST <= place <= HIGHEST:
            self._why(f"a note at position {place}")
        if sign and sign not in SIGNS:
            self._why(f"accidental {sign}")
        if shape not in ("normal", "x", "cross"):
            self._why(f"note head {shape}")
        accidental = [f"acc.{SIGNS[sign]}"] if sign in SIGNS else []
        return place, [*accidental, f"p{place}", *(["hd.x"] if shape in ("x", "cross") else [])]

    def _value(self, note: etree._Element, kind: str) -> list[str]:
        dots = ["dot" for _ in note.findall("dot")]
        grace = note.find("grace")
        if grace is not None and kind not in GRACES:
            self._why(f"a grace note of type {kind}")
        value = [f"d{kind}"] if grace is None else [f"gd{kind}", *(["slash"] if grace.get("slash") == "yes" else [])]
        value += dots
        for tremolo in note.iter("tremolo"):
            strokes = (tremolo.text or "1").strip()
            if strokes not in ("1", "2", "3") or tremolo.get("type") == "unmeasured":
                self._why("a tremolo without a count of strokes")
            else:
                value.append(f"trem{strokes}")
        return value

    def _notations(self, note: etree._Element, event: Event, *, chord: bool = False) -> None:
        """What hangs on a note goes to its event, once; tuplets and tremolos stand at a chord's first note."""
        tremolo = next((t.get("type") for t in note.iter("tremolo") if t.get("type") in ("start", "stop")), None)
        change = (note.findtext("time-modification/actual-notes"), note.findtext("time-modification/normal-notes"))
        if tremolo and not chord:
            if change != ("2", "1"):
                self._why("a tremolo of two notes in a tuplet")
            event.tuplet = "tup2" if tremolo == "start" else ""
            event.after += ["tupend"] if tremolo == "stop" else []
        marks: list[str] = []
        after: list[str] = []
        for notations in note.findall("notations"):
            if notations.get("print-object") == "no":
                continue
            for tuplet in [] if chord else notations.findall("tuplet"):
                self._tuplet(tuplet, change[0] or "3", event)
            for mark in notations.iterfind("articulations/*"):
                marks += ["art.ten", "art.stacc"] if mark.tag == "detached-legato" else []
                marks += [ARTICULATED[str(mark.tag)]] if mark.tag in ARTICULATED else []
                after += ["breath"] if mark.tag in ("breath-mark", "caesura") else []
            marks += [ORNAMENTED[str(m.tag)] for m in notations.iterfind("ornaments/*") if m.tag in ORNAMENTED]
            marks += ["arp"] if notations.find("arpeggiate") is not None else []
            slurs = {slur.get("type") for slur in notations.findall("slur")}
            after += ["sl("] if "start" in slurs else []
            after += ["sl)"] if "stop" in slurs else []
            after += ["fermata"] if notations.find("fermata") is not None else []
            after += ["tie"] if notations.find("tied[@type='start']") is not None else []
        after += ["tie"] if note.find("tie[@type='start']") is not None else []
        event.marks = list(dict.fromkeys(event.marks + marks))
        event.after += [token for token in dict.fromkeys(after) if token not in event.after]

    def _tuplet(self, tuplet: etree._Element, actual: str, event: Event) -> None:
        # A stop is told only where a start was told: a number that is not printed has neither.
        if tuplet.get("type") == "stop":
            event.after.append("tupend")
            return
        number = (tuplet.findtext("tuplet-actual/tuplet-number") or actual).strip()
        if tuplet.get("show-number") == "none":
            event.before.append("hidden")
        elif not number.isdigit() or int(number) not in TUPLETS:
            self._why(f"a tuplet of {number}")
        elif event.tuplet:
            self._why("tuplets inside each other")
        else:
            event.tuplet = f"tup{number}"

    def _join(self, bar: Bar) -> None:
        """The voices of this staff become one stream of events."""
        for events in self.voices.values():
            elsewhere = [event for event in events if event.tuplet == "elsewhere"]
            if elsewhere and len(elsewhere) < len(events):
                self._why("a voice on two staves")
            events[:] = [event for event in events if event.tuplet != "elsewhere"]
            self._close_tuplets(events)
            if len(events) == 1 and events[0].value == ["r1"]:
                events[0].value = ["mR"]  # a whole rest alone in its bar rests for all of it
        order = sorted((name for name, events in self.voices.items() if events), key=lambda name: (len(name), name))
        if len(order) > 2:
            self._why("three voices on a staff")
        for rank, name in enumerate(order):
            for event in self.voices[name]:
                event.lower = rank > 0
                bar.events.append(event)
        bar.events.sort(key=lambda event: (event.onset, event.lower))

    def _close_tuplets(self, events: list[Event]) -> None:
        """Pairs the ends of tuplets with their beginnings; those of hidden numbers go."""
        open_: list[bool] = []  # printed?
        for event in events:
            ends = event.after.count("tupend")
            event.after = [token for token in event.after if token != "tupend"]
            hidden = "hidden" in event.before
            event.before = [token for token in event.before if token != "hidden"]
            open_ += [True] * bool(event.tuplet) + [False] * hidden
            if len(open_) > 1:
                self._why("tuplets inside each other")
            for _ in range(min(ends, len(open_))):
                if open_.pop():
                    event.after.insert(0, "tupend")
        if any(open_):
            self._why("a tuplet across a bar line")

    def _hang(self, bar: Bar, loose: list[tuple[Fraction, str]]) -> None:
        """Directions whose next note in the file is at another time hang on the first event from their time on."""
        for at, token in loose:
            event = next((event for event in bar.events if event.onset >= at), None)
            (bar.tail if event is None else event.before).append(token)

    def _finish(self, bar: Bar) -> Bar:
        bar.ottava, bar.clefs = self.ottava, sorted(self.clefs)
        for at, token in sorted(self.octaves, key=lambda o: o[0]):
            if not token and self.ottava:
                inside = [event for event in bar.events if event.onset < at]
                end = inside[-1] if inside else self.last
                if end is not None:
                    end.after.append("8va)" if self.ottava == "8va(" else "8vb)")
                if not at:
                    bar.ottava = ""
            self.ottava = token
        self.last = bar.events[-1] if bar.events else self.last
        bar.similar = self.similar
        if not bar.events:
            self._why("an empty staff")
        # What follows a note, from left to right: a breath stands where the next note begins.
        order = AFTER[AFTER.index("tupend") :]
        marks = (*ARTICULATED.values(), "orn.", "arp")
        for event in bar.events:
            event.after.sort(key=order.index)
            event.marks.sort(key=lambda mark: next(i for i, m in enumerate(marks) if mark.startswith(m)))
        if self.last is not None:
            self.last.after.sort(key=order.index)
        self.first = False
        return bar
