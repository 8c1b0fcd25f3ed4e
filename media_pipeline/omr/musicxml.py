"""One part of one song as it was read -> a MusicXML 4.0 document.

    write(PartToWrite(systems=…, title=…, instrument=…, texts=…))  ->  bytes

Lines come from the second reader, words from `words`. Whatever the lines say, the document is well formed: what does
not fit together (a slur without an end) is left out here and stays in the reading. Notes have ids "n<line>-<bar>-<index
of the head's token>" and measures "m<line>-<bar>", so that boxes and doubts find them; lines are counted over the
staves of `systems`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Literal

from lxml import etree

from media_pipeline.omr.beams import beams
from media_pipeline.omr.grammar import Event, Sign, beats_of
from media_pipeline.omr.lyrics import ELISION
from media_pipeline.omr.measures import STEPS, Measure, Played, lay_out, play
from media_pipeline.omr.model import Line
from media_pipeline.omr.tokens import CLEFS

TYPES = {
    "0": "breve", "1": "whole", "2": "half", "4": "quarter", "8": "eighth", "16": "16th", "32": "32nd", "64": "64th",
    "128": "128th",
}  # fmt: skip
SIGNS = {"f": "flat", "ff": "flat-flat", "n": "natural", "s": "sharp", "x": "double-sharp"}
ARTICULATIONS = {
    "art.stacc": "staccato", "art.acc": "accent", "art.ten": "tenuto", "art.marc": "strong-accent",
    "art.stiss": "staccatissimo", "breath": "breath-mark",
}  # fmt: skip
ORNAMENTS = {"orn.tr": "trill-mark", "orn.mord": "inverted-mordent", "orn.turn": "turn"}
BAR_STYLES = {"bar.d": "light-light", "bar.f": "light-heavy", "bar.rep": "light-heavy"}
JUMPS = {  # token -> what is printed where the words were not read, and what a player does
    "dc": ("D.C.", "dacapo", "yes"), "ds": ("D.S.", "dalsegno", "segno"), "fine": ("Fine", "fine", "yes"),
    "tocoda": ("To Coda", "tocoda", "coda"),
}  # fmt: skip
PLAIN_DYNAMICS = {"pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sfz", "fp", "sf", "fz", "rfz",
                  "sfp", "rf", "sffz"}  # fmt: skip


@dataclass(frozen=True)
class Text:
    """Words at a bar: `line` counts the lines of PartToWrite.systems, `bar` the bars of that line."""

    line: int
    bar: int
    text: str
    role: Literal["tempo", "expression", "dynamic", "rehearsal", "jump"]
    offset: Fraction = Fraction(0)  # quarters from the bar's beginning
    bpm: float | None = None  # quarters a minute, of a tempo
    jump: str = ""  # what a jump does, a token of JUMPS


@dataclass(frozen=True)
class Syllable:
    """What is sung to a note: the `note`-th that is no grace note of its bar, upper voice."""

    line: int
    bar: int
    note: int
    text: str
    syllabic: Literal["single", "begin", "middle", "end"] = "single"
    verse: int = 1
    extend: bool = False  # a line holds it over the notes that follow


@dataclass(frozen=True)
class PartToWrite:
    """One part of one song. `systems` from the song's beginning, each with a line for each staff of the instrument."""

    systems: tuple[tuple[Line, ...], ...]
    title: str = ""
    composer: str = ""
    lyricist: str = ""
    arranger: str = ""
    instrument: str = ""
    short: str = ""
    transpose: tuple[int, int, int] = (0, 0, 0)  # diatonic steps, semitones, octaves: from written to sounding
    program: int | None = None  # of General MIDI, from 1
    texts: tuple[Text, ...] = ()
    syllables: tuple[Syllable, ...] = ()
    metre: str = ""  # time token to begin with where none is printed


def write(part: PartToWrite) -> bytes:
    """The document, UTF-8. Never raises on what lines say; a part without a bar has one bar's rest."""
    return etree.tostring(
        document(part),
        xml_declaration=True,
        encoding="UTF-8",
        doctype='<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">',
    )


def document(part: PartToWrite) -> etree._Element:
    """The same as a tree."""
    root = etree.Element("score-partwise", version="4.0")
    if part.title:
        _add(_add(root, "work"), "work-title", _clean(part.title))
    makers = [(kind, name) for kind, name in (("composer", part.composer), ("lyricist", part.lyricist),
                                              ("arranger", part.arranger)) if name]  # fmt: skip
    identification = _add(root, "identification")
    for kind, name in makers:
        _add(identification, "creator", _clean(name), type=kind)
    _add(_add(identification, "encoding"), "software", "Copyist")
    entry = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(entry, "part-name", _clean(part.instrument) or "Part")
    if part.short:
        _add(entry, "part-abbreviation", _clean(part.short))
    if part.program is not None:
        _add(_add(entry, "score-instrument", id="P1-I1"), "instrument-name", _clean(part.instrument) or "Part")
        _add(_add(entry, "midi-instrument", id="P1-I1"), "midi-program", str(min(max(part.program, 1), 128)))
    _Writer(part).into(_add(root, "part", id="P1"))
    return root


def in_sequence(marks: Sequence[str]) -> list[str]:
    """Letters or figures in their order, with those missing ("") that the ones around them tell: "", B, "", D."""
    out = list(marks)
    known = [(i, mark) for i, mark in enumerate(marks) if mark]
    if known:
        known.insert(0, (-1, "0" if known[0][1].isdigit() else "@"))  # what comes before 1 and before A
    for (i, before), (j, after) in pairwise(known):
        if ord(after) - ord(before) == j - i:
            out[i + 1 : j] = [chr(ord(before) + step) for step in range(1, j - i)]
    return out


class _Writer:
    """Writes measures one after the other; remembers what MusicXML says only where it changes."""

    def __init__(self, part: PartToWrite) -> None:
        self.part = part
        self.measures = lay_out(part.systems, metre=part.metre)
        self.played = play(self.measures)
        spans = [measure.length for measure in self.measures]
        for staves in self.played:
            for items in staves:
                for item in items:
                    spans += [item.event.onset, item.event.duration] if isinstance(item, Played) else [item.onset]
        spans += [text.offset for text in part.texts]
        self.divisions = lcm(1, *(span.denominator for span in spans))
        self.staves = max((len(lines) for lines in part.systems), default=1) or 1
        self.key: int | None = None
        self.metre = ""
        self.clefs: list[str] = [""] * self.staves
        self.wedges = [False] * self.staves
        self.page: int | None = None
        self.similar = False
        self.rehearsals: set[tuple[int, int]] = set()
        self.marks = self._marks()

    def into(self, parent: etree._Element) -> None:
        if not self.measures:
            only = _add(parent, "measure", number="1")
            _add(_add(only, "attributes"), "divisions", "1")
            note = _add(only, "note")
            _add(note, "rest", measure="yes")
            _add(note, "duration", "4")
            return
        for i, measure in enumerate(self.measures):
            self.measure(_add(parent, "measure", number=measure.number), measure, i)

    def measure(self, element: etree._Element, measure: Measure, i: int) -> None:
        before, after = self.measures[i - 1 : i], self.measures[i + 1 : i + 2]
        fresh, over = (
            all((other.lines, other.bar) != (measure.lines, measure.bar) for other in beside)
            for beside in (before, after)
        )
        if measure.implicit:
            element.set("implicit", "yes")
        if fresh:
            element.set("id", f"m{measure.lines[0]}-{measure.bar}")
        if measure.first and self.page is not None:
            _add(element, "print", **{"new-page" if measure.page != self.page else "new-system": "yes"})
        self.page = measure.page
        if measure.repeat or measure.volta:
            left = _add(element, "barline", location="left")
            if measure.repeat:
                _add(left, "bar-style", "heavy-light")
            if measure.volta:
                _add(left, "ending", number=measure.volta, type="start")
            if measure.repeat:
                _add(left, "repeat", direction="forward")
        self.attributes(element, measure, first=i == 0)
        self.texts(element, measure, begins=fresh, ends=over)
        for staff, items in enumerate(self.played[i]):
            self.staff(element, measure, staff, items, last=i == len(self.measures) - 1)
            if staff + 1 < len(self.played[i]):
                self.move(element, -measure.length)
        style, ends = BAR_STYLES.get(measure.line), measure.volta_ends
        if style or ends:
            right = _add(element, "barline", location="right")
            if style:
                _add(right, "bar-style", style)
            if ends:
                _add(right, "ending", number=measure.volta_number, type=ends)
            if measure.line == "bar.rep":
                _add(right, "repeat", direction="backward")

    def attributes(self, element: etree._Element, measure: Measure, *, first: bool) -> None:
        attributes = etree.Element("attributes")
        if first:
            _add(attributes, "divisions", str(self.divisions))
        if measure.key != self.key:
            _add(_add(attributes, "key"), "fifths", str(measure.key))
        if measure.metre != self.metre:
            beats, kind = beats_of(measure.metre)
            time = _add(attributes, "time")
            if measure.metre in ("time.C", "time.cut"):
                time.set("symbol", "common" if measure.metre == "time.C" else "cut")
            _add(time, "beats", str(beats))
            _add(time, "beat-type", str(kind))
        if first and self.staves > 1:
            _add(attributes, "staves", str(self.staves))
        for staff, clef in enumerate(measure.clefs):
            if clef != self.clefs[staff]:
                self.clef(attributes, clef, staff)
        self.key, self.metre = measure.key, measure.metre
        diatonic, chromatic, octaves = self.part.transpose
        if first and (diatonic or chromatic or octaves):
            transpose = _add(attributes, "transpose")
            _add(transpose, "diatonic", str(diatonic))
            _add(transpose, "chromatic", str(chromatic))
            if octaves:
                _add(transpose, "octave-change", str(octaves))
        if measure.rests:
            _add(_add(attributes, "measure-style"), "multiple-rest", str(measure.rests))
        if measure.similar or self.similar:
            way = "start" if measure.similar else "stop"
            if measure.similar != self.similar:
                repeat = _add(_add(attributes, "measure-style"), "measure-repeat", "1" if measure.similar else "")
                repeat.set("type", way)
            self.similar = measure.similar
        if len(attributes):
            element.append(attributes)

    def clef(self, attributes: etree._Element, token: str, staff: int) -> None:
        clef = _add(attributes, "clef")
        if self.staves > 1:
            clef.set("number", str(staff + 1))
        if token == "clef.perc":
            _add(clef, "sign", "percussion")
        else:
            _add(clef, "sign", token[5])
            _add(clef, "line", token[6])
            if token[7:]:
                _add(clef, "clef-octave-change", "1" if token[7] == "+" else "-1")
        self.clefs[staff] = token

    def texts(self, element: etree._Element, measure: Measure, *, begins: bool, ends: bool) -> None:
        """Words that were read at this bar; jumps and rehearsal letters have their places in the music.

        begins, ends: a multi-measure rest is one bar on paper, and its jump is at the end of it.
        """
        signs = {sign.token for staff in measure.staves for sign in staff.signs}
        for text in self.part.texts:
            if not self._at(text, measure) or not _clean(text.text):
                continue
            if not (ends if text.jump in JUMPS else begins):
                continue
            if text.role == "jump" and signs & {*JUMPS}:
                continue
            if text.role == "rehearsal" and "reh" in signs:
                continue
            if text.role == "dynamic" and any(sign.startswith("dyn.") for sign in signs):
                continue
            direction = self.direction(element, measure.lines.index(text.line), above=text.role != "dynamic")
            kind = _add(direction, "direction-type")
            if text.role == "dynamic":
                self.dynamic(kind, _clean(text.text))
            elif text.role == "rehearsal":
                _add(kind, "rehearsal", _clean(text.text))
            else:
                words = _add(kind, "words", _clean(text.text))
                words.set("font-weight" if text.role in ("tempo", "jump") else "font-style",
                          "bold" if text.role in ("tempo", "jump") else "italic")  # fmt: skip
            if text.offset:
                _add(direction, "offset", self.span(text.offset))
            self.of_staff(direction, measure.lines.index(text.line))
            if text.role == "jump" and text.jump in JUMPS:
                _, sound, value = JUMPS[text.jump]
                _add(direction, "sound", **{sound: value})
            if text.bpm and text.role == "tempo":
                _add(direction, "sound", tempo=f"{text.bpm:g}")

    def staff(
        self, element: etree._Element, measure: Measure, staff: int, items: Sequence[Played | Sign], *, last: bool
    ) -> None:
        """The voices of a staff, the upper first; the position in time ends at the measure's end."""
        voices = sorted({item.event.voice if isinstance(item, Played) else item.voice for item in items} | {0})
        both = len({item.event.voice for item in items if isinstance(item, Played)}) > 1
        source = (measure.lines[staff], measure.bar) if staff < len(measure.lines) else None
        for voice in voices:
            mine = [item for item in items if _voice(item) == voice]
            notes = [item for item in mine if isinstance(item, Played)]
            tuplets = _edges([note.event for note in notes])
            beats, kind = beats_of(measure.metre)
            beamed = beams([note.event for note in notes], beats=beats, kind=kind)
            now, index, sung = Fraction(0), 0, 0
            for item in mine:
                onset = item.event.onset if isinstance(item, Played) else item.onset
                self.move(element, onset - now)
                now = onset
                if isinstance(item, Sign):
                    self.sign(element, measure, item, staff)
                    continue
                stem = ("up", "down")[voice] if both else ""
                first = self.notes(
                    element, item, staff, stem=stem, beams=beamed.get(index, []), edges=tuplets[index],
                    source=source if not measure.similar else None,
                )  # fmt: skip
                if source and not item.event.rest and not item.event.grace and voice == 0:
                    self.sing(first, *source, sung)
                    sung += 1
                if item.octave_stops:
                    self.shift(element, "stop", staff)
                index += 1
                now += item.event.duration
            if last and voice == voices[-1] and self.wedges[staff]:
                self.wedge(element, "stop", staff)
            self.move(element, (Fraction(0) if voice != voices[-1] else measure.length) - now)

    def notes(
        self, element: etree._Element, played: Played, staff: int, *, stem: str, beams: Sequence[str],
        edges: tuple[bool, bool, str], source: tuple[int, int] | None,
    ) -> etree._Element:  # fmt: skip
        """The <note> elements of an event; the first of them."""
        event = played.event
        made: list[etree._Element] = []
        for i in range(max(1, len(event.heads))):
            note = _add(element, "note")
            made.append(note)
            if source is not None and event.heads:
                note.set("id", f"n{source[0]}-{source[1]}-{event.heads[i].at}")
            if event.grace:
                grace = _add(note, "grace")
                if event.slash:
                    grace.set("slash", "yes")
            if i:
                _add(note, "chord")
            self.pitch(note, played, i)
            if not event.grace:
                _add(note, "duration", self.span(event.duration))
            for way, heads in (("stop", played.stops), ("start", played.starts)):
                if i in heads:
                    _add(note, "tie", type=way)
            _add(note, "voice", str(4 * staff + event.voice + 1))
            if event.value != "full":
                _add(note, "type", TYPES[event.value])
                for _ in range(event.dots):
                    _add(note, "dot")
            if event.heads and event.heads[i].accidental in SIGNS:
                _add(note, "accidental", SIGNS[event.heads[i].accidental])
            if event.tuplet != (1, 1) and not event.grace and event.value != "full":
                change = _add(note, "time-modification")
                _add(change, "actual-notes", str(event.tuplet[0]))
                _add(change, "normal-notes", str(event.tuplet[1]))
            if stem and event.heads and event.value not in ("0", "1"):
                _add(note, "stem", stem)
            if event.heads and event.heads[i].cross:
                _add(note, "notehead", "x")
            self.of_staff(note, staff)
            for number, beam in enumerate(beams if not i else (), start=1):
                _add(note, "beam", beam, number=str(number))
            self.notations(note, played, i, edges)
        return made[0]

    def pitch(self, note: etree._Element, played: Played, i: int) -> None:
        if played.event.rest:
            rest = _add(note, "rest")
            if played.event.value == "full":
                rest.set("measure", "yes")
            return
        step, alter = played.pitches[i]
        octave = str(min(max(step // 7, 0), 9))
        if played.percussion:
            place = _add(note, "unpitched")
            _add(place, "display-step", STEPS[step % 7])
            _add(place, "display-octave", octave)
            return
        pitch = _add(note, "pitch")
        _add(pitch, "step", STEPS[step % 7])
        if alter:
            _add(pitch, "alter", str(alter))
        _add(pitch, "octave", octave)

    def notations(self, note: etree._Element, played: Played, i: int, edges: tuple[bool, bool, str]) -> None:
        event = played.event
        notations = etree.Element("notations")
        for way, heads in (("stop", played.stops), ("start", played.starts), ("let-ring", played.rings)):
            if i in heads:
                _add(notations, "tied", type=way)
        if not i:
            for number in played.slur_stops:
                _add(notations, "slur", type="stop", number=str(number))
            for number in played.slur_starts:
                _add(notations, "slur", type="start", number=str(number))
            opens, closes, tremolo = edges
            if opens:
                _add(notations, "tuplet", type="start", number="1")
            if closes:
                _add(notations, "tuplet", type="stop", number="1")
            ornaments = etree.Element("ornaments")
            for mark in event.marks:
                if mark in ORNAMENTS:
                    _add(ornaments, ORNAMENTS[mark])
            if event.strokes:
                _add(ornaments, "tremolo", str(event.strokes), type=tremolo or "single")
            articulations = etree.Element("articulations")
            for mark in event.marks:
                if mark in ARTICULATIONS:
                    _add(articulations, ARTICULATIONS[mark])
            notations.extend([group for group in (ornaments, articulations) if len(group)])
            if event.fermata:
                _add(notations, "fermata", type="upright")
        if "arp" in event.marks and event.heads:
            _add(notations, "arpeggiate")
        if len(notations):
            note.append(notations)

    def sing(self, note: etree._Element, line: int, bar: int, index: int) -> None:
        for syllable in self.part.syllables:
            if (syllable.line, syllable.bar, syllable.note) == (line, bar, index) and _clean(syllable.text):
                lyric = _add(note, "lyric", number=str(syllable.verse))
                _add(lyric, "syllabic", syllable.syllabic)
                for place, word in enumerate(filter(None, _clean(syllable.text).split(ELISION))):
                    if place:
                        _add(lyric, "elision", ELISION)
                    _add(lyric, "text", word)
                if syllable.extend:
                    _add(lyric, "extend")

    def sign(self, element: etree._Element, measure: Measure, sign: Sign, staff: int) -> None:
        token = sign.token
        if token in CLEFS:
            if token != self.clefs[staff]:
                attributes = _add(element, "attributes")
                self.clef(attributes, token, staff)
        elif token in ("cresc(", "dim("):
            if self.wedges[staff]:
                self.wedge(element, "stop", staff)
            self.wedge(element, "crescendo" if token == "cresc(" else "diminuendo", staff)
        elif token == "hair)":
            if self.wedges[staff]:
                self.wedge(element, "stop", staff)
        elif token in ("8va(", "8vb("):
            self.shift(element, "down" if token == "8va(" else "up", staff)
        elif token.startswith("dyn."):
            direction = self.direction(element, staff, above=False)
            self.dynamic(_add(direction, "direction-type"), token[4:])
            self.of_staff(direction, staff)
        elif token in ("segno", "coda"):
            direction = self.direction(element, staff, above=True)
            _add(_add(direction, "direction-type"), token)
            self.of_staff(direction, staff)
            _add(direction, "sound", **{token: token})
        elif token in JUMPS:
            read = (t.jump for t in self.part.texts if t.role == "jump" and self._at(t, measure) and t.jump in JUMPS)
            words, sound, value = JUMPS[next(read, token)]  # words say more surely what they are
            direction = self.direction(element, staff, above=True)
            _add(_add(direction, "direction-type"), "words", self.said(measure, "jump") or words)
            self.of_staff(direction, staff)
            _add(direction, "sound", **{sound: value})
        elif token == "reh" and (measure.lines[0], measure.bar) not in self.rehearsals:
            self.rehearsals.add((measure.lines[0], measure.bar))
            direction = self.direction(element, staff, above=True)
            mark = self.marks.get((measure.lines[0], measure.bar), "")
            _add(_add(direction, "direction-type"), "rehearsal", mark or "?")
            self.of_staff(direction, staff)

    def said(self, measure: Measure, role: str) -> str:
        """The words of this role that were read at a bar."""
        here = (t for t in self.part.texts if t.role == role and self._at(t, measure))
        return next((_clean(text.text) for text in here if _clean(text.text)), "")

    def _marks(self) -> dict[tuple[int, int], str]:
        """Rehearsal marks by line and bar; those seen whose letter was not read have the one that is due, or none."""
        found: dict[tuple[int, int], str] = {}
        for measure in self.measures:
            said = self.said(measure, "rehearsal")
            if said or any(sign.token == "reh" for staff in measure.staves for sign in staff.signs):
                found.setdefault((measure.lines[0], measure.bar), said)
        due = [key for key, mark in found.items() if len(mark) < 2]  # "Trio" stands outside their order
        return found | dict(zip(due, in_sequence([found[key] for key in due]), strict=True))

    def _at(self, text: Text, measure: Measure) -> bool:
        return text.line in measure.lines and text.bar == measure.bar

    def direction(self, element: etree._Element, staff: int, *, above: bool) -> etree._Element:
        return _add(element, "direction", placement="above" if above else "below")

    def dynamic(self, kind: etree._Element, name: str) -> None:
        dynamics = _add(kind, "dynamics")
        _add(dynamics, name) if name in PLAIN_DYNAMICS else _add(dynamics, "other-dynamics", name)

    def wedge(self, element: etree._Element, kind: str, staff: int) -> None:
        direction = self.direction(element, staff, above=False)
        _add(_add(direction, "direction-type"), "wedge", type=kind, number="1")
        self.of_staff(direction, staff)
        self.wedges[staff] = kind != "stop"

    def shift(self, element: etree._Element, kind: str, staff: int) -> None:
        direction = self.direction(element, staff, above=kind != "up")
        _add(_add(direction, "direction-type"), "octave-shift", type=kind, size="8", number="1")
        self.of_staff(direction, staff)

    def of_staff(self, element: etree._Element, staff: int) -> None:
        if self.staves > 1:
            _add(element, "staff", str(staff + 1))

    def move(self, element: etree._Element, by: Fraction) -> None:
        if by:
            _add(_add(element, "forward" if by > 0 else "backup"), "duration", self.span(abs(by)))

    def span(self, length: Fraction) -> str:
        return str(int(length * self.divisions))


def _voice(item: Played | Sign) -> int:
    return item.event.voice if isinstance(item, Played) else item.voice


def _edges(events: Sequence[Event]) -> list[tuple[bool, bool, str]]:
    """For each event of a voice: does its tuplet begin here, end here, and is it half of a two-note tremolo?

    A tuplet that nothing ends goes to the last note that has its ratio.
    """
    out = [(False, False, "") for _ in events]
    for group in _tuplets(events):
        first, last = group[0], group[-1]
        if first == last:
            continue
        if events[first].tuplet == (2, 1):
            # It ties the strokes of two notes: anything else keeps each its own.
            if len(group) != 2 or not all(events[i].strokes for i in group):
                continue
            out[first], out[last] = (False, False, "start"), (False, False, "stop")
        else:
            out[first], out[last] = (True, False, ""), (False, True, "")
    return out


def _tuplets(events: Sequence[Event]) -> Iterator[list[int]]:
    group: list[int] = []
    for i, event in enumerate(events):
        if group and (event.opens or event.tuplet != events[group[0]].tuplet):
            yield group
            group = []
        if event.tuplet != (1, 1) and (group or event.opens):
            group.append(i)
            if event.closes:
                yield group
                group = []
    if group:
        yield group


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, tag, attributes)
    if text:
        child.text = text
    return child


def _clean(text: str) -> str:
    """Text that XML can hold."""
    return "".join(
        c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    ).strip()
