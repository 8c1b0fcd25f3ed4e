"""Contents of a set and its documents, as `notation.engrave.printset` takes them. Pure: no Django.

A score is joined from its parts only when it is asked for: twenty parts take a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from notation.engrave.cache import key_of
from notation.engrave.printset import Chair, Concert, ConcertSong
from notation.engrave.rebind import Slice
from notation.musicxml import NotationError, edit, tree
from notation.musicxml.join import join
from notation.musicxml.read import read
from notation.printing.choices import Choices
from notation.printing.keys import Key


@dataclass(frozen=True)
class PrintOrder:
    """What a job gets to print.

    contents   as notation/printing/order.py has it      chosen   Choices.as_dict()
    documents  revision -> its MusicXML on this machine
    slices     (song, book) -> the strips of original pages that hold it, where they are printed instead; by their keys
    """

    contents: Mapping[str, Any]
    chosen: Mapping[str, Any]
    documents: Mapping[int, Path]
    slices: Mapping[tuple[Key, Key], tuple[Slice, ...]] = field(default_factory=dict)


def concert_of(order: PrintOrder, chosen: Choices) -> tuple[Concert, list[Chair], list[str]]:
    """The songs and who plays them; sentences about what is left out.

    Books without music in these songs are no reason to stop: they are named and left out.
    """
    contents = order.contents
    songs = tuple(song_of(order, song, chosen) for song in contents["songs"])
    songs = tuple(song for song in songs if song.parts or not song.aside)
    playing = {name for song in songs for name in song.parts}
    chairs, left = [], []
    for chair in contents["chairs"]:
        if chair["name"] in playing:
            chairs.append(Chair(chair["name"], chair["player"], chair["copies"]))
        elif chair["copies"]:
            left.append(chair["name"])
    notices = [f"{name} plays in none of these songs, so there is no book for it." for name in dict.fromkeys(left)]
    silent = [song.title for song in songs if not song.parts]
    notices += [f"No book has music for “{title}”: it stands struck through in the contents." for title in silent]
    return Concert(contents["title"], songs, contents["subtitle"]), chairs, notices


def song_of(order: PrintOrder, song: Mapping[str, Any], chosen: Choices) -> ConcertSong:
    """One song, parts in the order of a score."""
    parts: dict[str, etree._Element | Path | Sequence[Slice]] = {}
    written: dict[str, Path] = {}
    for part in song["parts"]:
        slices = order.slices.get((song["id"], part["book"]), ())
        document = order.documents.get(part["revision"])
        if document is not None:
            written[part["name"]] = document
        if slices:
            parts[part["name"]] = slices
        elif document is not None:
            parts[part["name"]] = document_of(document, song["title"], part["name"])
    shas = [(part["name"], part["sha256"]) for part in song["parts"] if part["name"] in written]
    concert_pitch = chosen.pitch == "concert"
    return ConcertSong(
        song["title"],
        parts,
        song["composer"],
        score=(lambda: score_of(written, song["title"], concert_pitch=concert_pitch)) if written else None,
        score_key=key_of("joined", song["title"], shas, chosen.pitch),
        aside=bool(song.get("aside")),
    )


def files_of(contents: Mapping[str, Any]) -> list[int]:
    """The files, by their ids, whose pages are printed as they were scanned; each once, in the order of the books."""
    return list(dict.fromkeys(page["source"] for book in contents.get("unread", ()) for page in book["pages"]))


def document_of(path: Path, song: str, name: str) -> etree._Element:
    try:
        return read(path.read_bytes())
    except NotationError as error:
        raise NotationError(f"“{song}”, {name}: {error.message}", hint=error.hint) from error


def score_of(documents: Mapping[str, Path], song: str, *, concert_pitch: bool = False) -> etree._Element:
    """All parts of a song in one document, each called as its book is."""
    parts = {name: document_of(path, song, name) for name, path in documents.items()}
    root = join(parts, title=song, concert=concert_pitch).root
    edit.set_title(root, song)
    return tree.copy(root)
