"""A document as other programs like it best: parts name their instruments and sounds, bar lines their style."""

from __future__ import annotations

from lxml import etree

from notation.musicxml.edit import part_names
from notation.musicxml.tree import place
from notation.score.instruments import find

_ENTRY = (
    "identification", "part-link", "part-name", "part-name-display", "part-abbreviation", "part-abbreviation-display",
    "group", "score-instrument", "player", "midi-device", "midi-instrument",
)  # fmt: skip
_BARLINE = ("bar-style", "footnote", "level", "wavy-line", "segno", "coda", "fermata", "ending", "repeat")
DRUMS = 10  # the channel of General MIDI


def dress(root: etree._Element) -> None:
    """In place. What a document says already stays as it is."""
    names = part_names(root)
    channels = [channel for channel in range(1, 17) if channel != DRUMS]
    for number, entry in enumerate(root.iterfind("part-list/score-part")):
        if entry.find("score-instrument") is None:
            _name(entry, names.get(entry.get("id") or "", ""), channel=channels[number % len(channels)])
    for line in root.iterfind("part/measure/barline"):
        if line.find("bar-style") is None:
            style = etree.Element("bar-style")
            style.text = "regular"
            place(line, style, order=_BARLINE)


def _name(entry: etree._Element, name: str, *, channel: int) -> None:
    """The instrument that the part's name tells, and its sound in General MIDI; nothing where it tells none."""
    instrument = find(name)
    if instrument is None:
        return
    key = f"{entry.get('id')}-I1"
    sound = etree.Element("score-instrument", id=key)
    etree.SubElement(sound, "instrument-name").text = instrument.kind.name
    place(entry, sound, order=_ENTRY)
    midi = etree.Element("midi-instrument", id=key)
    etree.SubElement(midi, "midi-channel").text = str(channel if instrument.kind.pitched else DRUMS)
    etree.SubElement(midi, "midi-program").text = str(instrument.kind.program)
    place(entry, midi, order=_ENTRY)
