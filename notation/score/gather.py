"""Notation files -> a band's books: which part of which file is whose, and of which song.

    gathered = gather([File("March.mxl", root), File("Waltz - Flute.musicxml", other), …])
    gathered.books[0].name, .pieces        "Flute", what it has in each song
    gathered.remarks                       sentences about what was strange

A file of one part is a song of one book, a score gives each of its parts to its book. Whose a part is, its name tells,
else the name of its file; what song, its title, else the name of its file without the instrument. Pitches become what
the player reads: parts of a score at concert pitch, and all of MIDI, are written for their instruments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from lxml import etree

from notation.musicxml import tree
from notation.musicxml.edit import composer_of, part_names, title_of
from notation.musicxml.join import apart
from notation.musicxml.transpose import set_transposition, to_written, transposition_of
from notation.musicxml.walk import number
from notation.score.instruments import Instrument, Transposition, find, from_file_name
from notation.score.songlist import plain
from notation.score.titles import alike

_NOBODY = re.compile(
    r"(part|staff|track|music|instrument|voice|solo|melody|channel|musicxml part|untitled)?\W*\d*", re.I
)
_NO_TITLE = re.compile(r"(title|untitled( score)?|score|partitur|full score|unbenannt|new score)?\W*\d*", re.I)
_EDGE = " -–—_.,:;()[]"


@dataclass(frozen=True)
class File:
    name: str
    root: etree._Element
    sounding: bool = False  # its pitches are sounding ones for certain, as MIDI's are


@dataclass(frozen=True)
class Piece:
    """What a book has of one song."""

    title: str
    composer: str
    root: etree._Element  # of one part
    file: int  # index of its file


@dataclass(frozen=True)
class Book:
    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Gathered:
    books: tuple[Book, ...]
    remarks: tuple[str, ...] = ()


def gather(files: Sequence[File]) -> Gathered:
    """The books in the order in which their instruments come; the trees that are given stay as they are.

    Of two parts of one name in a score the second is a second book of that name ("Horn", "Horn (2)"), and those of
    every score go to the same two.
    """
    books: dict[tuple[object, int], list[Piece]] = {}
    names: dict[tuple[object, int], str] = {}
    remarks: list[str] = []
    for index in sorted(range(len(files)), key=lambda n: in_order(files[n].name)):
        file = files[index]
        title = _title(file)
        parts = list(_parts(file))
        remarks += _as_written(file, parts)
        for name, instrument, root in parts:
            who = identity(name, instrument)
            desk = 0
            while any(_one_title(one.title, title) for one in books.get((who, desk), ())):
                desk += 1
            books.setdefault((who, desk), []).append(Piece(title, composer_of(file.root), root, index))
            names.setdefault((who, desk), name)
    taken: Counter[str] = Counter()
    found = []
    for key, pieces in books.items():
        taken[names[key]] += 1
        count = taken[names[key]]
        found.append(Book(names[key] if count == 1 else f"{names[key]} ({count})", tuple(pieces)))
    return Gathered(tuple(found), tuple(remarks))


def identity(name: str, instrument: Instrument | None = None) -> object:
    """What two names of one book have in common: "Clarinet 2" and "2nd Bb Clarinet"."""
    instrument = instrument or find(name)
    if instrument is None:
        return " ".join(re.findall(r"\w+", name.casefold()))
    clef = instrument.usual_clef if instrument.kind.low_brass else ""
    return (instrument.key, instrument.pitch, instrument.numbers, clef)


def in_order(name: str) -> list[tuple[int, str]]:
    """Files by their names, 2 before 10."""
    pieces = re.split(r"(\d+)", name.casefold())
    return [(int(piece[:18]), "") if piece.isdecimal() else (-1, piece) for piece in pieces]


def _parts(file: File) -> Iterator[tuple[str, Instrument | None, etree._Element]]:
    """(name, instrument, document) of each part that has music."""
    listed = part_names(file.root)
    for key, name in listed.items():
        root = apart(file.root, part=key) if len(listed) > 1 else tree.copy(file.root)
        if root.find("part/measure/note") is None:
            continue
        instrument = find(name)
        told = from_file_name(file.name) if len(listed) == 1 else None
        if told is not None and (instrument is None or (instrument.key == told.key and not instrument.numbers)):
            instrument, name = told, told.name
        elif instrument is None:
            sound = " ".join((root.findtext("part-list/score-part/score-instrument/instrument-name") or "").split())
            if _NOBODY.fullmatch(name) and (by_sound := find(sound)) is not None:
                instrument, name = by_sound, by_sound.name
            elif _NOBODY.fullmatch(name) and len(listed) == 1:
                name = PurePath(file.name).stem
        else:
            name = instrument.name
        yield " ".join(name.split())[:100], instrument, root


def _title(file: File) -> str:
    """As the document has it, else as its file is called, without the instrument's name."""
    title = title_of(file.root)
    # A MIDI file's title is its name, and some programs call a part's document by the part.
    if title and not file.sounding and not _NO_TITLE.fullmatch(title) and find(title) is None:
        return title[:200]
    words = re.sub(r"[_\s]+", " ", PurePath(file.name).stem).strip()
    pieces = [piece for piece in re.split(r"\s+[-–—]\s+|[_,]|(?<=\w)-(?=[A-Z])", words) if piece.strip()]
    if len(pieces) > 1:
        rest = [piece for piece in pieces if find(piece.strip(_EDGE)) is None]
        if rest:
            return " – ".join(piece.strip(_EDGE) for piece in rest)[:200]
    parts = words.split()
    for length in range(min(len(parts) - 1, 5), 0, -1):
        for kept, run in ((parts[:-length], parts[-length:]), (parts[length:], parts[:length])):
            if find(" ".join(run)) is not None:
                return " ".join(kept).strip(_EDGE)[:200] or words
    return words or "Untitled"


def _one_title(a: str, b: str) -> bool:
    """Said alike to the letter, and not two pieces of one name: "March (No. 1)", "March (No. 2)"."""
    return plain(a) == plain(b) and (a == b or alike(a, b) == 1)


def _as_written(file: File, parts: Sequence[tuple[str, Instrument | None, etree._Element]]) -> list[str]:
    """Write sounding pitches for their players, in place; sentences on what had to be guessed."""
    changes = {name: _change(instrument, root) for name, instrument, root in parts}
    moving = [(name, root) for name, _, root in parts if changes[name].chromatic % 12]
    said = [_part(root) for _, _, root in parts]
    if file.sounding:
        for name, _, root in parts:
            if changes[name] != Transposition():
                to_written(root, changes[name])
        return []
    if not moving or any(transposition_of(part) != Transposition() for part in said):
        return []
    plain_keys = {_fifths(_part(root)) for name, _, root in parts if not changes[name].chromatic % 12}
    concert = any(_fifths(_part(root)) in plain_keys for _, root in moving)
    for name, root in moving:
        if concert:
            to_written(root, changes[name])
        else:
            set_transposition(_part(root), changes[name])
    names = ", ".join(name for name, _ in moving)
    if concert:
        return [f"“{file.name}” is a score at concert pitch: {names} written as the players read it."]
    return [f"“{file.name}” does not say how {names} transposes: taken as it is written for the player."]


def _change(instrument: Instrument | None, root: etree._Element) -> Transposition:
    if instrument is None:
        return Transposition()
    clef = root.find("part/measure/attributes/clef")
    token = (
        "" if clef is None else f"clef.{(clef.findtext('sign') or '').strip()}{(clef.findtext('line') or '').strip()}"
    )
    return instrument.transposition(token)


def _part(root: etree._Element) -> etree._Element:
    return root.findall("part")[0]


def _fifths(part: etree._Element) -> int:
    return int(number(part.findtext("measure/attributes/key/fifths")))
