"""What an evaluation folder holds: books to read, each with the songs it should be found to say.

    pages/NAME/{page.pdf, scan-N.jpg, truth.musicxml | truth.mid}        a page is a book of one song
    partbooks/{NAME.pdf, NAME-scan.pdf, score-ID.musicxml, README.json}  every song of a book in one order; part = book

README.json: {"books": ["Violin_1", …], "songs": [{"id": "sq1"}, …]}; the scores hold the books' parts in their order.
Either of the two may be missing, and so may a book's scan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Sort = Literal["engraved", "scan"]


@dataclass(frozen=True)
class Truth:
    """What a song says: one part of a MusicXML score, or a MIDI file, which knows no bars."""

    name: str
    path: Path
    part: int | None = None  # None: the whole document

    @property
    def midi(self) -> bool:
        return self.path.suffix in (".mid", ".midi")


@dataclass(frozen=True)
class BookToRead:
    name: str
    sort: Sort
    file: Path
    songs: tuple[Truth, ...]


def books(folder: Path, *, only: Literal["", "pages", "partbooks"] = "") -> Iterator[BookToRead]:
    """Every book of the folder. Raises FileNotFoundError where there is none."""
    found = False
    for kind, of_kind in (("pages", _pages), ("partbooks", _partbooks)):
        if only in ("", kind) and (folder / kind).is_dir():
            found = True
            yield from of_kind(folder / kind)
    if not found:
        raise FileNotFoundError(f"{folder} holds no {only or 'pages/ and no partbooks'}/")


def _pages(folder: Path) -> Iterator[BookToRead]:
    for case in sorted(path for path in folder.iterdir() if path.is_dir()):
        truth = Truth("", next(case.glob("truth.*")))
        for picture in [*case.glob("page.pdf"), *sorted(case.glob("scan-*"))]:
            yield BookToRead(case.name, "engraved" if picture.suffix == ".pdf" else "scan", picture, (truth,))


def _partbooks(folder: Path) -> Iterator[BookToRead]:
    told = json.loads((folder / "README.json").read_text())
    for part, name in enumerate(told["books"]):
        songs = tuple(Truth(song["id"], folder / f"score-{song['id']}.musicxml", part) for song in told["songs"])
        kinds: tuple[tuple[str, Sort], ...] = (("", "engraved"), ("-scan", "scan"))
        for ending, sort in kinds:
            if (file := folder / f"{name}{ending}.pdf").exists():
                yield BookToRead(name, sort, file, songs)
