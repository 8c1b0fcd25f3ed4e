"""Moves a document to other pitches: by an interval, to concert pitch, to what an instrument reads.

    transpose(root, of_semitones(-3))   everything sounds lower
    to_concert(root)                    every part is written as it sounds
    to_written(root, find("Horn in F")) and as a horn player reads it, sounding the same

Steps for each part:
1. Every note, key signature and chord symbol gets its interval; in parts that change their transposition ("muta in A")
   the one that holds where it stands. Percussion and what has no pitch keeps its place.
2. Keys with more than six signs are avoided by naming the piece, or the stretch in that key, otherwise: C flat is B.
3. Double sharps and flats that were not in the source are written as the simple note.
4. Accidentals are printed where the rule of `accidentals` asks for them in the new key; courtesies stay.
5. What only suited the old places goes: stems (two voices on a staff keep theirs), positions of slurs and ties.

Each edit works in place on a tree of your own (`tree.copy` gives one).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from lxml import etree

from notation.musicxml import NotationError, accidentals, tree
from notation.musicxml.staves import tab_staves
from notation.musicxml.walk import WalkedBar, number, walk
from notation.score.instruments import Instrument, Transposition
from notation.score.intervals import UNISON, Interval, moved, octaves, of_semitones, renamings, simple
from notation.score.model import STEPS, Spelling

Element = etree._Element
ATTRIBUTES = ("footnote", "level", "divisions", "key", "time", "staves", "part-symbol", "instruments", "clef",
               "staff-details", "transpose", "for-part", "directive", "measure-style")  # fmt: skip
_PLACED = ("default-x", "default-y", "relative-x", "relative-y", "bezier-x", "bezier-y", "bezier-x2", "bezier-y2",
           "bezier-offset", "bezier-offset2")  # fmt: skip


def transpose(root: Element, by: Interval) -> None:
    """Everything sounds and is written higher by `by`."""
    _move(root, by, concert=False, sounding=by.semitones)


def octave(root: Element, count: int) -> None:
    """Everything sounds and is written `count` octaves higher."""
    transpose(root, octaves(count))


def to_concert(root: Element, *, keep_octaves: bool = False) -> None:
    """Write every part as it sounds.

    keep_octaves: instruments that sound whole octaves away (piccolo, guitar, double bass) stay as they are written, as
    conductors' scores have it.
    """
    _move(root, UNISON, concert=True, keep_octaves=keep_octaves)


def to_written(
    root: Element,
    instrument: Instrument | Transposition,
    *,
    clef: str = "",
    by: Interval = UNISON,
    apart: Mapping[Element, int] = MappingProxyType({}),
) -> None:
    """Write every part as this instrument reads it, whatever it was written for; it sounds as before.

    clef     decides how low brass is written ("clef.G2": transposed), where the instrument's name does not
    by       makes it sound higher by this interval on the way, so that keys and spelling are chosen only once
    apart    notes that move by so many octaves more than the others
    """
    change = instrument.transposition(clef) if isinstance(instrument, Instrument) else instrument
    _move(root, by + -interval_of(change), concert=True, sounding=by.semitones, apart=apart)
    for part in _pitched(root):
        set_transposition(part, change)


def interval_of(change: Transposition) -> Interval:
    """From written to sounding pitch."""
    return Interval(change.diatonic + 7 * change.octaves, change.semitones)


def transposition_of(part: Element) -> Transposition:
    """The first one that a part names; none is concert pitch."""
    found = part.find("measure/attributes/transpose")
    return Transposition() if found is None else _read(found)


def _pitched(root: Element) -> list[Element]:
    """The parts that have pitches, or might have."""
    found = []
    for part in root.iterfind("part"):
        clefs = {(sign.text or "").strip() for sign in part.iterfind("measure/attributes/clef/sign")}
        if clefs != {"percussion"} and (
            part.find("measure/note/pitch") is not None or part.find("measure/note/unpitched") is None
        ):
            found.append(part)
    return found


@dataclass
class _Stretch:
    """Music between two changes of key: what is in it, each with its interval."""

    fifths: int  # of the new key, before it is renamed
    keys: list[tuple[Element, Interval]] = field(default_factory=list)
    notes: list[tuple[Element, Interval]] = field(default_factory=list)
    chords: list[tuple[Element, Interval]] = field(default_factory=list)


def _move(
    root: Element,
    by: Interval,
    *,
    concert: bool,
    sounding: int = 0,
    keep_octaves: bool = False,
    apart: Mapping[Element, int] = MappingProxyType({}),
) -> None:
    """concert: add to `by` what each part transposes. sounding: semitones by which it will sound higher than before."""
    work = []
    for part in _pitched(root):
        bars = list(walk(part))
        stretches = list(_stretches(part, bars, by, concert=concert, keep_octaves=keep_octaves))
        for stretch in stretches:
            stretch.notes = [(note, interval + octaves(apart.get(note, 0))) for note, interval in stretch.notes]
        ways = renamings([stretch.fifths for stretch in stretches])
        _check(stretches)
        work.append((part, bars, stretches, ways))
    for part, bars, stretches, ways in work:
        keep = accidentals.courtesies(part)
        if concert:
            _drop_transpositions(part, keep_octaves=keep_octaves)
        for stretch, way in zip(stretches, ways, strict=True):
            for key, interval in stretch.keys:
                _move_key(key, interval, way)
            for note, interval in stretch.notes:
                _move_note(note, interval.renamed(way))
            for chord, interval in stretch.chords:
                _move_chord(chord, interval.renamed(way), sounding=sounding)
        if stretches and not stretches[0].keys and stretches[0].fifths + ways[0]:
            _set_key(part, stretches[0].fifths + ways[0])
        if sounding:
            _move_frets(part, sounding)
        _loosen(bars)
        accidentals.show(part, keep=keep)


def _stretches(
    part: Element, bars: list[WalkedBar], by: Interval, *, concert: bool, keep_octaves: bool
) -> Iterator[_Stretch]:
    drums: set[int] = set()
    changes: dict[int, Interval] = {}  # staff (0: all) -> from written to sounding
    tabs = tab_staves(part)

    def interval(staff: int) -> Interval:
        return by + changes.get(staff, changes.get(0, UNISON)) if concert else by

    stretch: _Stretch | None = None
    for bar in bars:
        for element, note in accidentals.in_time(bar):
            if element.tag == "attributes":
                for change in element.iterfind("transpose"):
                    found = _read(change)
                    if not (keep_octaves and found.chromatic % 12 == 0):
                        changes[int(number(change.get("number")))] = interval_of(found)
                for clef in element.iterfind("clef"):
                    staff = int(number(clef.get("number"), 1))
                    (drums.add if clef.findtext("sign") == "percussion" else drums.discard)(staff)
                keys = [key for key in element.iterfind("key") if int(number(key.get("number"), 1)) not in drums]
                if keys:
                    if stretch is not None:
                        yield stretch
                    moves = [(key, interval(int(number(key.get("number"), 1)))) for key in keys]
                    stretch = _Stretch(_fifths(keys[0]) + moves[0][1].fifths, moves)
                continue
            if stretch is None:
                stretch = _Stretch(interval(1).fifths)
            staff = note.staff if note else int(number(element.findtext("staff"), 1))
            if staff in drums:
                continue
            if note and element.find("pitch") is not None:
                stretch.notes.append((element, interval(staff)))
            elif element.tag == "harmony" and staff not in tabs:
                stretch.chords.append((element, interval(staff)))
    if stretch is not None:
        yield stretch


def _check(stretches: list[_Stretch]) -> None:
    """Raises NotationError where a pitch would leave what can be written, before anything was moved."""
    for stretch in stretches:
        for note, interval in stretch.notes:
            head = accidentals.head_of(note)
            if head and not 0 <= (STEPS.index(head[0]) + 7 * head[2] + interval.steps) // 7 <= 9:
                raise NotationError("Moved so far, some notes could not be written any more.",
                                    hint="Choose a smaller interval.")  # fmt: skip


def _move_key(key: Element, interval: Interval, way: int) -> None:
    fifths = key.find("fifths")
    if fifths is not None:
        fifths.text = str(_fifths(key) + interval.fifths + way)
        for tag in ("cancel", "key-octave"):  # what stood there is printed anew
            for old in key.findall(tag):
                key.remove(old)
        return
    for step, alter in zip(key.iterfind("key-step"), key.iterfind("key-alter"), strict=False):
        if (step.text or "").strip().upper() in STEPS:
            place = moved(Spelling((step.text or "").strip().upper(), round(number(alter.text)), 4),
                          interval.renamed(way))  # fmt: skip
            step.text, alter.text = place.step, str(place.alter)
    for name in key.findall("key-accidental"):
        key.remove(name)


def _move_note(note: Element, interval: Interval) -> None:
    head = accidentals.head_of(note)
    if head is None:
        return
    step, alter, place = head
    whole = round(alter)
    old = Spelling(step, whole, place)
    new = moved(old, interval)
    if abs(new.alter) > max(1, abs(old.alter)):
        new = simple(new)
    for mark in note.iterfind("notations//accidental-mark"):
        _move_neighbour(mark, old, new, interval)
    _write_pitch(note, new, alter - whole)


def _write_pitch(note: Element, new: Spelling, bend: Fraction = Fraction(0)) -> None:
    """bend: what is left of a semitone, in music between the keys."""
    pitch = note.find("pitch")
    assert pitch is not None
    for child in list(pitch):
        pitch.remove(child)
    etree.SubElement(pitch, "step").text = new.step
    if new.alter or bend:
        etree.SubElement(pitch, "alter").text = f"{float(new.alter + bend):g}"
    etree.SubElement(pitch, "octave").text = str(new.octave)


_BY_NAME = {name: alter for alter, names in accidentals.NAMES.items() for name in names}


def _move_neighbour(mark: Element, old: Spelling, new: Spelling, interval: Interval) -> None:
    """A sign over a trill or turn is for the neighbour a letter above the note; under it, for the one below."""
    alter = _BY_NAME.get((mark.text or "").strip())
    if alter is None or alter.denominator != 1:
        return
    side = -1 if mark.get("placement") == "below" else 1
    before = moved(Spelling(old.step, 0, old.octave), Interval(side, 0))
    sound = Spelling(before.step, int(alter), before.octave).midi + interval.semitones
    after = moved(Spelling(new.step, 0, new.octave), Interval(side, 0))
    names = accidentals.NAMES.get(Fraction(sound - Spelling(after.step, 0, after.octave).midi))
    if names:
        mark.text = names[0]


def _move_chord(harmony: Element, interval: Interval, *, sounding: int) -> None:
    for kind in ("root", "bass"):
        for name in harmony.iterfind(kind):
            step = name.find(f"{kind}-step")
            if step is None or (step.text or "").strip().upper() not in STEPS:
                continue
            alter = name.find(f"{kind}-alter")
            old = Spelling((step.text or "").strip().upper(), round(number(alter.text if alter is not None else "")), 4)
            new = simple(moved(old, interval))
            step.text = new.step
            tree.unset(step, "text")
            if alter is not None:
                name.remove(alter)
            if new.alter:
                etree.SubElement(name, f"{kind}-alter").text = str(new.alter)
                step.addnext(name[-1])
    if sounding % 12:
        for diagram in harmony.findall("frame"):  # it shows the fingers of the old chord
            harmony.remove(diagram)


def _move_frets(part: Element, semitones: int) -> None:
    """Strings stay, frets move; where a fret would be before the nut the fingering goes."""
    for technical in part.iterfind("measure/note/notations/technical"):
        fret = technical.find("fret")
        if fret is None:
            continue
        place = int(number(fret.text)) + semitones
        if place >= 0:
            fret.text = str(place)
        else:
            for tag in ("string", "fret"):
                for old in technical.findall(tag):
                    technical.remove(old)
            if not len(technical):
                notations = technical.getparent()
                assert notations is not None
                notations.remove(technical)


def _loosen(bars: list[WalkedBar]) -> None:
    """Step 5: let engravers choose stems, and the sides of slurs and ties, where a staff has one voice."""
    for bar in bars:
        voices: dict[int, set[str]] = {}
        for note in bar.notes:
            voices.setdefault(note.staff, set()).add(note.voice)
        for note in bar.notes:
            for place in ("display-step", "display-octave"):
                for old in note.element.findall(f"rest/{place}"):
                    old.getparent().remove(old)  # type: ignore[union-attr]
            if note.rest or note.element.find("unpitched") is not None:
                continue
            for element in note.element.iter("note", "stem", "beam", "slur", "tied", "accidental"):
                for name in _PLACED:
                    tree.unset(element, name)
            if len(voices[note.staff]) > 1:
                continue
            for stem in note.element.findall("stem"):
                if (stem.text or "").strip() in ("up", "down"):
                    note.element.remove(stem)
            for curve in note.element.iter("slur", "tied"):
                for name in ("placement", "orientation"):
                    tree.unset(curve, name)


def _read(change: Element) -> Transposition:
    """A <transpose>; one that names no letters has the usual ones for its semitones."""
    chromatic = max(-48, min(48, round(number(change.findtext("chromatic")))))
    diatonic = change.findtext("diatonic")
    steps = of_semitones(chromatic).steps if diatonic is None else round(number(diatonic))
    return Transposition(steps, chromatic, max(-4, min(4, round(number(change.findtext("octave-change"))))))


def _drop_transpositions(part: Element, *, keep_octaves: bool) -> None:
    for attributes in part.iterfind("measure/attributes"):
        for change in attributes.findall("transpose"):
            if not (keep_octaves and _read(change).chromatic % 12 == 0):
                attributes.remove(change)


def set_transposition(part: Element, change: Transposition) -> None:
    """Say how a part that says nothing of it transposes; its notes stay."""
    if change == Transposition():
        return
    element = etree.Element("transpose")
    etree.SubElement(element, "diatonic").text = str(change.diatonic)
    etree.SubElement(element, "chromatic").text = str(change.chromatic)
    if change.octaves:
        etree.SubElement(element, "octave-change").text = str(change.octaves)
    tree.place(first_attributes(part), element, order=ATTRIBUTES)


def _set_key(part: Element, fifths: int) -> None:
    key = etree.Element("key")
    etree.SubElement(key, "fifths").text = str(fifths)
    tree.place(first_attributes(part), key, order=ATTRIBUTES)


def first_attributes(part: Element) -> Element:
    """The <attributes> that a part begins with; made where there are none before its first note."""
    bar = part.find("measure")
    if bar is None:
        raise NotationError("This part has no bars.")
    for child in bar:
        if child.tag == "attributes":
            return child
        if child.tag in ("note", "backup", "forward"):
            break
    made = etree.Element("attributes")
    before = [child for child in bar if child.tag in ("print", "barline")]
    first = bar.index(before[0]) + 1 if before and bar.index(before[0]) == 0 else 0
    bar.insert(first, made)
    return made


def _fifths(key: Element) -> int:
    return max(-7, min(7, int(number(key.findtext("fifths")))))
