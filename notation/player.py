"""Variants of a document for one use: what alphaTab draws and plays, or one view of it. Imports no Django.

alphaTab shows notation and tablature from one and the same staff, whose notes carry strings and frets; a document
with both as staves of their own would sound twice. So for the player each fretted part becomes one staff.
"""

from __future__ import annotations

from lxml import etree

from notation.musicxml import NotationError, staves, tree
from notation.musicxml.read import read

VIEWS = ("player", "staff", "tab", "both")
VERSION = 3  # raise it when the output changes, and every cached copy expires


def view_of(document: bytes, *, view: str) -> bytes:
    """The document as `view` wants it, one of VIEWS. Raises NotationError where it cannot be read."""
    if view not in VIEWS:
        raise NotationError("There is no such view of a score.", hint="Choose player, staff, tab or both.")
    plain = b"<fret" not in document and b"TAB" not in document
    if plain and (view == "staff" or (view == "player" and b"<beat-unit" not in document)):
        return document  # nothing to choose between, and an orchestra is not parsed for nothing
    root = read(document)
    if view == "player":
        if not _tempo_in_quarters(root) and plain:
            return document
        for part in root.iterfind("part"):
            _one_staff(part)
    elif view == "staff":
        staves.show(root, view="staff")
    elif view == "tab":
        staves.show(root, view="tab")
    else:
        staves.show(root, view="both")
    return tree.to_bytes(root)


def _tempo_in_quarters(root: etree._Element) -> bool:
    """Write metronome marks in quarters, since alphaTab 1.8 reads a dotted quarter's number as that of a quarter."""
    changed = False
    for direction in root.iter("direction"):
        sound, mark = direction.find("sound"), direction.find("direction-type/metronome")
        tempo = sound.get("tempo") if sound is not None else None
        if mark is None or not tempo:
            continue
        if (mark.findtext("beat-unit") or "").strip() == "quarter" and mark.find("beat-unit-dot") is None:
            continue
        for child in list(mark):
            mark.remove(child)
        etree.SubElement(mark, "beat-unit").text = "quarter"
        etree.SubElement(mark, "per-minute").text = tempo
        changed = True
    return changed


def _one_staff(part: etree._Element) -> None:
    """Leave one staff of a fretted part: the notation where its notes have frets, else the tab, in a treble clef."""
    tabs = staves.tab_staves(part)
    notation = set(range(1, staves.staff_count(part) + 1)) - tabs
    tuning, capo = staves.tuning_of(part)
    if not tabs and not staves.has_frets(part):
        return
    written = _clef_of(part, staves=notation) or _usual_clef(tuning)
    if tabs and notation:
        fretted = {(note.findtext("staff") or "1").strip() for note in part.iter("note") if _has_fret(note)}
        frets_above = bool(fretted & {str(staff) for staff in notation})
        staves.drop_staves(part, drop=tabs if frets_above else notation)
    _number_voices(part)
    _name_notes(part)
    for clef in part.iter("clef"):
        if _sign(clef) == "TAB":
            _write_clef(clef, written)
    _write_tuning(part, tuning=tuning or [40, 45, 50, 55, 59, 64], capo=capo)


_ACCIDENTALS = {"-2": "flat-flat", "-1": "flat", "0": "natural", "1": "sharp", "2": "double-sharp"}
_AFTER_ACCIDENTAL = frozenset(
    {"time-modification", "stem", "notehead", "notehead-text", "staff", "beam", "notations", "lyric", "play", "listen"}
)


def _name_notes(part: etree._Element) -> None:
    """Give every note outside the key its <accidental>.

    alphaTab names notes by the key unless that element says otherwise, a tab staff has none, and alphaTab itself works
    out which of them to show.
    """
    key: dict[str, str] = {}
    for bar in part.iterfind("measure"):
        for element in bar:
            fifths = (element.findtext("key/fifths") or "").strip() if element.tag == "attributes" else ""
            if fifths.lstrip("-").isdecimal():
                count = int(fifths)
                line = "FCGDAEB" if count > 0 else "BEADGCF"
                key = dict.fromkeys(line[: abs(count)], "1" if count > 0 else "-1")
            pitch = element.find("pitch") if element.tag == "note" else None
            if pitch is None or element.find("accidental") is not None:
                continue
            alter = (pitch.findtext("alter") or "0").strip()
            if alter == key.get((pitch.findtext("step") or "").strip(), "0") or alter not in _ACCIDENTALS:
                continue
            accidental = etree.Element("accidental")
            accidental.text = _ACCIDENTALS[alter]
            place = next((i for i, child in enumerate(element) if child.tag in _AFTER_ACCIDENTAL), len(element))
            element.insert(place, accidental)


def _has_fret(note: etree._Element) -> bool:
    return note.find("notations/technical/fret") is not None


def _sign(clef: etree._Element) -> str:
    return (clef.findtext("sign") or "").strip()


Clef = tuple[str, str, str]  # sign, line, octaves it is read higher or lower


def _clef_of(part: etree._Element, *, staves: set[int]) -> Clef | None:
    """The first clef of the notation, which the tab staff takes over."""
    for clef in part.iterfind("measure/attributes/clef"):
        if _sign(clef) != "TAB" and (clef.get("number") or "1").strip() in {str(staff) for staff in staves}:
            return _sign(clef), clef.findtext("line") or "2", clef.findtext("clef-octave-change") or "0"
    return None


def _usual_clef(tuning: list[int]) -> Clef:
    """Guitars and basses sound an octave lower than they are written; a ukulele does not."""
    if tuning and max(tuning) < 50:
        return "F", "4", "-1"
    return "G", "2", "0" if tuning and min(tuning) >= 55 else "-1"


def _write_clef(clef: etree._Element, written: Clef) -> None:
    for child in list(clef):
        clef.remove(child)
    for tag, text in zip(("sign", "line", "clef-octave-change"), written, strict=True):
        etree.SubElement(clef, tag).text = text


def _number_voices(part: etree._Element) -> None:
    """From 1: alphaTab takes a voice 5 that is alone on its staff for the fifth of five."""
    voices = list(part.iter("voice"))
    names = sorted({voice.text or "" for voice in voices}, key=lambda name: (len(name), name))
    numbers = {name: str(k) for k, name in enumerate(names, start=1)}
    for voice in voices:
        voice.text = numbers[voice.text or ""]


_BEFORE = ("transpose", "for-part", "directive", "measure-style")


def _write_tuning(part: etree._Element, *, tuning: list[int], capo: int) -> None:
    """One <staff-details> at the beginning, which says as many lines as there are strings."""
    for old in list(part.iter("staff-details")):
        if (holder := old.getparent()) is not None:
            holder.remove(old)
    first = part.find("measure")
    if first is None:
        return
    attributes = first.find("attributes")
    if attributes is None:
        attributes = etree.Element("attributes")
        first.insert(0, attributes)
    details = etree.Element("staff-details")
    etree.SubElement(details, "staff-lines").text = str(len(tuning))
    for line, midi in enumerate(tuning, start=1):
        step, alter = _STEPS[midi % 12]
        string = etree.SubElement(details, "staff-tuning", {"line": str(line)})
        etree.SubElement(string, "tuning-step").text = step
        if alter:
            etree.SubElement(string, "tuning-alter").text = str(alter)
        etree.SubElement(string, "tuning-octave").text = str(midi // 12 - 1)
    if capo:
        etree.SubElement(details, "capo").text = str(capo)
    place = next((i for i, child in enumerate(attributes) if child.tag in _BEFORE), len(attributes))
    attributes.insert(place, details)


_STEPS = (
    ("C", 0), ("C", 1), ("D", 0), ("E", -1), ("E", 0), ("F", 0), ("F", 1), ("G", 0), ("A", -1), ("A", 0), ("B", -1),
    ("B", 0),
)  # fmt: skip
