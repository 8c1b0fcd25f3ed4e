"""A Score as a MusicXML 4.0 document.

A part with a fretboard is written as guitar music is printed: two staves, notation above (treble clef, sounding an
octave lower) and tablature below, with its tuning and capo. `notation.musicxml.views` makes other layouts of it.
Beams are written out, since Verovio makes none of its own.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import lcm

from lxml import etree

from notation.score.model import STEPS, Event, Head, Key, Measure, Part, Score, Spelling, Tick, Time, Voice, no_tick
from notation.score.spell import spelling_at

Element = etree._Element

_DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # not in any XML 1.0 document
_CLEFS = {
    "G": ("G", 2, 0),
    "G8vb": ("G", 2, -1),
    "F": ("F", 4, 0),
    "F8vb": ("F", 4, -1),
    "percussion": ("percussion", 0, 0),
}


def write(score: Score, *, tick: Tick = no_tick) -> bytes:
    """The document, UTF-8. Voices of a tab staff are numbered from 5, as is usual in MusicXML."""
    root = etree.Element("score-partwise", version="4.0")
    if score.title:
        _sub(_sub(root, "work"), "work-title", score.title)
    identification = _sub(root, "identification")
    if score.composer:
        _sub(identification, "creator", score.composer, type="composer")
    encoding = _sub(identification, "encoding")
    _sub(encoding, "software", "Copyist")
    _sub(encoding, "supports", element="accidental", type="yes")
    _sub(encoding, "supports", element="beam", type="yes")
    for kind, text in [("title", score.title), ("composer", score.composer)]:
        if text:
            credit = _sub(root, "credit", page="1")
            _sub(credit, "credit-type", kind)
            justify = "center" if kind == "title" else "right"
            _sub(
                credit,
                "credit-words",
                text,
                justify=justify,
                valign="top",
                **({"font-size": "22"} if kind == "title" else {}),
            )
    part_list = _sub(root, "part-list")
    for k, part in enumerate(score.parts, start=1):
        _part_entry(part_list, part, f"P{k}")
    for k, part in enumerate(score.parts, start=1):
        _part(root, part, f"P{k}", score, first=k == 1, tick=tick)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", doctype=_DOCTYPE, pretty_print=True)


def _sub(parent: Element, tag: str, text: object = None, /, **attributes: str) -> Element:
    child = etree.SubElement(parent, tag, {k.replace("_", "-"): v for k, v in attributes.items()})
    if text is not None:
        child.text = _ILLEGAL.sub("", str(text))
    return child


def _part_entry(part_list: Element, part: Part, name: str) -> None:
    entry = _sub(part_list, "score-part", id=name)
    _sub(entry, "part-name", part.name)
    if part.abbreviation:
        _sub(entry, "part-abbreviation", part.abbreviation)
    sounds = part.drums or ((0, part.name),)
    for key, label in sounds:
        instrument = _sub(entry, "score-instrument", id=_instrument(name, key))
        _sub(instrument, "instrument-name", label)
    for key, _ in sounds:
        midi = _sub(entry, "midi-instrument", id=_instrument(name, key))
        _sub(midi, "midi-channel", part.channel)
        _sub(midi, "midi-program", 1 if part.drums else part.program)
        if key:
            _sub(midi, "midi-unpitched", key + 1)
        _sub(midi, "volume", 80)
        _sub(midi, "pan", 0)


def _instrument(part: str, key: int) -> str:
    return f"{part}-I{key or 1}"


def _part(root: Element, part: Part, name: str, score: Score, *, first: bool, tick: Tick) -> None:
    element = _sub(root, "part", id=name)
    divisions = _divisions(part)
    key: Key | None = None
    time: Time | None = None
    for k, measure in enumerate(part.measures):
        tick()
        attributes = {"number": measure.number}
        if measure.pickup:
            attributes["implicit"] = "yes"
        bar = etree.SubElement(element, "measure", attributes)
        if k == 0 or measure.key != key or measure.time != time:
            _attributes(
                bar,
                part,
                divisions=divisions if k == 0 else 0,
                key=measure.key if measure.key != key else None,
                time=measure.time if measure.time != time else None,
            )
            key, time = measure.key, measure.time
        if first:
            _directions(bar, measure, score, divisions=divisions, opening=k == 0)
        _music(bar, part, measure, name=name, divisions=divisions)
        if k == len(part.measures) - 1:
            _sub(_sub(bar, "barline", location="right"), "bar-style", "light-heavy")


def _divisions(part: Part) -> int:
    """The fewest divisions of a quarter that every length of the part is a whole number of; even, for players."""
    parts = {2}
    for measure in part.measures:
        parts.add(measure.quarters.denominator)
        for voice in measure.voices:
            for event in voice.events:
                parts |= {event.onset.denominator, event.duration.denominator}
        parts |= {onset.denominator for onset, _ in measure.chord_names}
        parts |= {t.onset.denominator for t in measure.tempos}
    return lcm(*parts)


def _attributes(bar: Element, part: Part, *, divisions: int, key: Key | None, time: Time | None) -> None:
    attributes = _sub(bar, "attributes")
    if divisions:
        _sub(attributes, "divisions", divisions)
    if key is not None and not part.drums:
        element = _sub(attributes, "key")
        _sub(element, "fifths", key.fifths)
        _sub(element, "mode", key.mode)
    if time is not None:
        element = _sub(attributes, "time")
        _sub(element, "beats", time.beats)
        _sub(element, "beat-type", time.beat_type)
    if not divisions:
        return
    board = part.fretboard
    if board:
        _sub(attributes, "staves", 2)
    sign, line, change = _CLEFS[part.clef]
    clef = _sub(attributes, "clef", **({"number": "1"} if board else {}))
    _sub(clef, "sign", sign)
    if line:
        _sub(clef, "line", line)
    if change:
        _sub(clef, "clef-octave-change", change)
    if board:
        clef = _sub(attributes, "clef", number="2")
        _sub(clef, "sign", "TAB")
        _sub(clef, "line", 5)
        details = _sub(attributes, "staff-details", number="2")
        _sub(details, "staff-lines", len(board.strings))
        for k, pitch in enumerate(board.strings, start=1):
            name = _open_string(pitch)
            tuning = _sub(details, "staff-tuning", line=str(k))
            _sub(tuning, "tuning-step", name.step)
            if name.alter:
                _sub(tuning, "tuning-alter", name.alter)
            _sub(tuning, "tuning-octave", name.octave)
        if board.capo:
            _sub(details, "capo", board.capo)


def _open_string(pitch: int) -> Spelling:
    """Strings are named flat but for F sharp: E flat, A flat, F sharp."""
    fifths = {0: 0, 1: -5, 2: 2, 3: -3, 4: 4, 5: -1, 6: 6, 7: 1, 8: -4, 9: 3, 10: -2, 11: 5}[pitch % 12]
    return spelling_at(fifths, midi=pitch)


def _directions(bar: Element, measure: Measure, score: Score, *, divisions: int, opening: bool) -> None:
    for tempo in measure.tempos:
        direction = _sub(bar, "direction", placement="above")
        if opening and tempo.onset == 0 and score.swing:
            _sub(_sub(direction, "direction-type"), "words", "Swing", font_weight="bold")
        metronome = _sub(_sub(direction, "direction-type"), "metronome")
        _sub(metronome, "beat-unit", _BEAT_KINDS[measure.time.beat / (Fraction(3, 2) if measure.time.compound else 1)])
        if measure.time.compound:
            _sub(metronome, "beat-unit-dot")
        _sub(metronome, "per-minute", f"{tempo.bpm:.0f}")
        if tempo.onset:
            _sub(direction, "offset", int(tempo.onset * divisions))
        _sub(direction, "staff", 1)
        _sub(direction, "sound", tempo=f"{tempo.bpm * float(measure.time.beat):.2f}".rstrip("0").rstrip("."))
    if opening and score.swing:
        # as a child of the measure: players look for it there
        swing = _sub(_sub(bar, "sound"), "swing")
        _sub(swing, "first", 2)
        _sub(swing, "second", 1)
        _sub(swing, "swing-type", "eighth")


_BEAT_KINDS = {
    Fraction(4): "whole",
    Fraction(2): "half",
    Fraction(1): "quarter",
    Fraction(1, 2): "eighth",
    Fraction(1, 4): "16th",
}


def _music(bar: Element, part: Part, measure: Measure, *, name: str, divisions: int) -> None:
    staves: list[tuple[int, int]] = [(1, 0), (2, 4)] if part.fretboard else [(0, 0)]
    written = False
    length = int(measure.quarters * divisions)
    for staff, shift in staves:
        for voice in measure.voices:
            if written:
                _sub(_sub(bar, "backup"), "duration", length)
            chords = measure.chord_names if not written else ()
            _voice(
                bar, part, voice, name=name, staff=staff, shift=shift, divisions=divisions, length=length, chords=chords
            )
            written = True


def _voice(
    bar: Element,
    part: Part,
    voice: Voice,
    *,
    name: str,
    staff: int,
    shift: int,
    divisions: int,
    length: int,
    chords: tuple[tuple[Fraction, str], ...],
) -> None:
    tab = staff == 2
    pending = list(chords)
    for event in voice.events:
        while pending and pending[0][0] <= event.onset:
            _harmony(bar, pending.pop(0)[1])
        duration = int(event.duration * divisions)
        if event.hidden:
            forward = _sub(bar, "forward")
            _sub(forward, "duration", duration)
            _sub(forward, "voice", voice.number + shift)
            if staff:
                _sub(forward, "staff", staff)
            continue
        for k, head in enumerate(event.heads or (None,)):
            _note(
                bar,
                part,
                voice,
                event,
                head,
                name=name,
                chord=k > 0,
                staff=staff,
                shift=shift,
                duration=duration,
                tab=tab,
            )


def _note(
    bar: Element,
    part: Part,
    voice: Voice,
    event: Event,
    head: Head | None,
    *,
    name: str,
    chord: bool,
    staff: int,
    shift: int,
    duration: int,
    tab: bool,
) -> None:
    attributes = {}
    if head is not None and head.velocity:
        # percent of a forte of 90, as MusicXML counts it
        attributes["dynamics"] = f"{head.velocity / 0.9:.2f}".rstrip("0").rstrip(".")
    note = etree.SubElement(bar, "note", attributes)
    if chord:
        _sub(note, "chord")
    if head is None:
        rest = _sub(note, "rest")
        if event.value is None:
            rest.set("measure", "yes")
    else:
        place = _sub(note, "unpitched" if head.drum else "pitch")
        prefix = "display-" if head.drum else ""
        _sub(place, f"{prefix}step", head.spelling.step)
        if head.spelling.alter and not head.drum:
            _sub(place, "alter", head.spelling.alter)
        _sub(place, f"{prefix}octave", head.spelling.octave)
    _sub(note, "duration", duration)
    if head is not None and head.tie_stop:
        _sub(note, "tie", type="stop")
    if head is not None and head.tie_start:
        _sub(note, "tie", type="start")
    if head is not None and head.drum:
        _sub(note, "instrument", id=_instrument(name, head.drum))
    _sub(note, "voice", voice.number + shift)
    value = event.value
    if value is not None:
        _sub(note, "type", value.kind)
        for _ in range(value.dots):
            _sub(note, "dot")
    if head is not None and head.accidental and not tab and not head.drum:
        _sub(note, "accidental", head.accidental)
    if value is not None and value.actual > 1:
        modification = _sub(note, "time-modification")
        _sub(modification, "actual-notes", value.actual)
        _sub(modification, "normal-notes", value.normal)
    if head is not None and value is not None and value.kind != "whole" and (voice.stem or tab):
        _sub(note, "stem", voice.stem or "down" if not tab else voice.stem or "up")
    if head is not None and head.drum in _CROSSES:
        _sub(note, "notehead", "x")
    if staff:
        _sub(note, "staff", staff)
    if head is not None and not chord:
        for k, beam in enumerate(event.beams, start=1):
            _sub(note, "beam", beam, number=str(k))
    _notations(note, event, head, chord=chord, tab=tab and part.fretboard is not None)


_CROSSES = frozenset({37, 42, 44, 46, 49, 51, 52, 53, 55, 57, 59})  # cymbals, hi-hats, side stick


def _notations(note: Element, event: Event, head: Head | None, *, chord: bool, tab: bool) -> None:
    tied = head is not None and (head.tie_stop or head.tie_start)
    marked = bool(event.tuplet) and not chord
    placed = tab and head is not None and head.string > 0
    if not (tied or marked or placed):
        return
    notations = _sub(note, "notations")
    if head is not None and head.tie_stop:
        _sub(notations, "tied", type="stop")
    if head is not None and head.tie_start:
        _sub(notations, "tied", type="start")
    if marked:
        tuplet = _sub(notations, "tuplet", type=event.tuplet, number="1")
        if event.tuplet == "start":
            tuplet.set("bracket", "no" if event.beams else "yes")
            tuplet.set("show-number", "actual")
    if placed:
        assert head is not None
        technical = _sub(notations, "technical")
        _sub(technical, "string", head.string)
        _sub(technical, "fret", head.fret)


def _harmony(bar: Element, name: str) -> None:
    """A chord name as "F#m7": root, accidental, and the rest as its text."""
    harmony = _sub(bar, "harmony")
    root = _sub(harmony, "root")
    step = name[:1].upper()
    _sub(root, "root-step", step if step in STEPS else "C")
    rest = name[1:]
    if rest[:1] in ("#", "b"):
        _sub(root, "root-alter", 1 if rest[0] == "#" else -1)
        rest = rest[1:]
    suffix, _, bass = rest.partition("/")
    kinds = {"": "major", "m": "minor", "7": "dominant", "maj7": "major-seventh", "m7": "minor-seventh"}
    kinds |= {"dim": "diminished", "aug": "augmented", "sus4": "suspended-fourth", "sus2": "suspended-second"}
    _sub(harmony, "kind", kinds.get(suffix, "other"), **({"text": suffix} if suffix else {}))
    if bass:
        element = _sub(harmony, "bass")
        _sub(element, "bass-step", bass[0])
        if bass[1:] in ("#", "b"):
            _sub(element, "bass-alter", 1 if bass[1] == "#" else -1)
