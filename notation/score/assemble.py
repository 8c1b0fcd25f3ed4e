"""The books of a band put together: which songs they share, what the parts say against each other, who is missing.

    concert = assemble([Book("Flute", (Song("March", root), …)), …], rules=BUILTIN)

1. Which song of one book is which of another (`songlist`).
2. The parts of a song proof-read each other; repairs that are sure are carried out, all else is told (`check`).
3. Parts that nobody has are derived by the rules that are asked for (`derive`).
4. All parts of a song are joined to a score (`join`).

The documents that are given stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from notation.musicxml import tree
from notation.musicxml.join import Joined, join
from notation.score.check import CONFIDENT, Alternatives, Disagreement, Glances, mend, moved, proofread
from notation.score.derive import Derived, Refused, Rule, derive
from notation.score.instruments import find, score_order
from notation.score.songlist import Told, same_songs

UNTITLED = "Untitled"


@dataclass(frozen=True)
class Song:
    """A song as one book has it; `part` is a document of one part, None where the book says tacet."""

    title: str
    part: etree._Element | None
    composer: str = ""
    doubts: Sequence[float] = ()  # 0..1 of each bar, where a reader gave them
    glances: Glances | None = None  # accidentals that it glimpsed, by the ids of notes
    readings: Alternatives | None = None  # what its bars may say instead


@dataclass(frozen=True)
class Book:
    """One instrument's book."""

    name: str
    songs: tuple[Song, ...]


@dataclass(frozen=True)
class Assembled:
    """A song of the set."""

    title: str
    composer: str
    parts: Mapping[str, etree._Element]  # in score order; repaired, and with those that were derived
    score: Joined
    repaired: tuple[Disagreement, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()  # that are left
    derived: tuple[Derived, ...] = ()
    refused: tuple[Refused, ...] = ()
    missing: tuple[str, ...] = ()  # books that do not have it


@dataclass(frozen=True)
class Concert:
    songs: tuple[Assembled, ...]
    remarks: tuple[str, ...] = field(default=())  # sentences about the set as a whole


def assemble(
    books: Sequence[Book],
    *,
    rules: Sequence[Rule] = (),
    sure: float = CONFIDENT,
    concert_pitch: bool = False,
    tick: Callable[[float], None] = lambda _: None,
) -> Concert:
    """The set of songs in the order of most books. tick: called with the share that is done; may raise.

    sure: least confidence of a repair that is carried out, above 1 for none. concert_pitch: of the scores alone.
    Raises NotationError where the rules are wrong.
    """
    names = _distinct([book.name for book in books])
    told = [[_told(song) for song in book.songs] for book in books]
    rows = same_songs(told)
    remarks = _remarks(books, names, rows)
    songs: list[Assembled] = []
    for number, row in enumerate(rows):
        tick(number / len(rows))
        here = {
            name: book.songs[index] for name, book, index in zip(names, books, row, strict=True) if index is not None
        }
        played = {name: song for name, song in here.items() if song.part is not None}
        if played:
            missing = tuple(name for name in names if name not in played)
            songs.append(_song(played, missing, rules=rules, sure=sure, concert_pitch=concert_pitch))
    tick(1.0)
    return Concert(tuple(songs), tuple(remarks))


def _song(
    played: Mapping[str, Song], missing: tuple[str, ...], *, rules: Sequence[Rule], sure: float, concert_pitch: bool
) -> Assembled:
    parts = {name: tree.copy(song.part) for name, song in played.items() if song.part is not None}
    doubts = {name: song.doubts for name, song in played.items() if song.doubts}
    glances = {name: song.glances for name, song in played.items() if song.glances is not None}
    readings = {name: song.readings for name, song in played.items() if song.readings is not None}
    repaired = mend(parts, doubts=doubts, glances=glances, readings=readings, sure=sure)
    found = proofread(parts, doubts=moved(doubts, repaired))
    made = derive(parts, rules) if rules else []
    derived = tuple(one for one in made if isinstance(one, Derived))
    parts |= {one.name: one.root for one in derived}
    ordered = {name: parts[name] for name in score_order(list(parts))}
    title = _said([song.title for song in played.values()]) or UNTITLED
    return Assembled(
        title,
        _said([song.composer for song in played.values()]),
        ordered,
        join(ordered, title=title, concert=concert_pitch),
        tuple(repaired),
        tuple(found),
        derived,
        tuple(one for one in made if isinstance(one, Refused)),
        missing,
    )


def _told(song: Song) -> Told:
    if song.part is None:
        return Told(song.title)
    metre = song.part.find(".//attributes/time")
    beats = (metre.findtext("beats"), metre.findtext("beat-type")) if metre is not None else ("", "")
    return Told(song.title, len(song.part.findall("part/measure")), "/".join(filter(None, beats)))


def _said(texts: Sequence[str]) -> str:
    """What most books say; of those that are said as often, the longest: a scanner loses letters."""
    said = Counter(text for text in texts if text)
    return max(said, key=lambda text: (said[text], len(text)), default="")


def _distinct(names: Sequence[str]) -> list[str]:
    """Two books of one instrument keep their name and get a number."""
    taken: set[str] = set()
    out: list[str] = []
    for name in names:
        found, number = name, 2
        while found in taken:
            found, number = f"{name} ({number})", number + 1
        taken.add(found)
        out.append(found)
    return out


def _remarks(books: Sequence[Book], names: Sequence[str], rows: Sequence[Sequence[int | None]]) -> list[str]:
    out: list[str] = []
    for book, name in zip(books, names, strict=True):
        if name != book.name:
            out.append(f"Two books say that they are {book.name}; one is called {name} here.")
        if find(book.name) is None:
            out.append(f"“{book.name}” is no instrument that Copyist knows: it stands last in the scores.")
    if len(books) > 1:
        for column, name in enumerate(names):
            mine = [row for row in rows if row[column] is not None]
            if mine and all(sum(index is not None for index in row) == 1 for row in mine):
                out.append(f"{name} shares no song with the other books.")
    return out
