"""The ORIGINAL pages cut and rebound by song, by instrument or both, with a cover, an index, numbers and bookmarks.

    for volume in volumes(pieces, by="instrument", title="Summer Concert"):
        rebind(volume, target=folder / f"{safe_name(volume.name)}.pdf", style=Style(), check=ctx.check)

Nothing needs to be recognised: it is enough to know which slices of which pages make up a song. Pages of a PDF stay
what they are, drawn with a clip, and JPEGs stay JPEGs. Files are opened in a process of its own (`rebind_child`) alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from notation.engrave.files import whole
from notation.engrave.sandbox import LOOK_SECONDS, Check, end, never
from notation.engrave.stacking import Begins, Cut, Placed, stack
from notation.engrave.stamp import PT_PER_MM, Words, word_pages
from notation.engrave.style import Style
from notation.engrave.wordpages import Row, front_pages
from notation.musicxml import NotationError

By = Literal["song", "instrument", "both"]

MEMORY_BYTES = 1536 * 2**20
SECONDS = 300
COMPUTING_SECONDS = 180
FILE_BYTES = 2 * 2**30
MM_PER_PT = 1 / PT_PER_MM
_AGAIN = "Scan or export this page again, or take it out."

PROBLEMS = {  # code of the child: what is wrong with {where}, what to do
    "encrypted": ("{where} is locked with a password.", "Save a copy without the password and upload that."),
    "damaged": ("{where} is damaged: no page of it can be opened.", "Export or scan it again."),
    "no picture": (
        "{where} is neither a PDF nor a picture that can be opened.",
        "Bring the pages as PDF, JPEG, PNG or TIFF.",
    ),
    "no such page": ("{where} is not there: the file ends before it.", "Choose one of the file's pages."),
    "damaged page": ("{where} is damaged and cannot be printed.", _AGAIN),
    "too large": ("{where} has more pixels than any scan of a page.", "Save the picture again at 300 dots per inch."),
    "not bound": (
        "These pages could not be bound together.",
        "One of them may be damaged, or the disk is full. Try with fewer files at a time.",
    ),
    "died": ("{where} is too heavy or too broken to be printed.", _AGAIN),
}


@dataclass(frozen=True)
class Slice:
    """A page of a file, or a strip across it."""

    source: Path
    name: str  # what the user calls the file
    page: int = 0  # from 0
    top: float = 0.0  # where the strip begins and ends, in shares of the height of the page as it stands upright
    bottom: float = 1.0
    turn: int = 0  # what sets the page upright: 0, 90, 180 or 270 degrees clockwise
    left: float = 0.0  # the same across: where one scan holds two pages
    right: float = 1.0


@dataclass(frozen=True)
class Piece:
    """One instrument's part of one song, as slices in order."""

    song: str
    instrument: str
    slices: tuple[Slice, ...]
    composer: str = ""


@dataclass(frozen=True)
class Volume:
    """What is bound together. `by` says what its pieces share."""

    title: str  # of the whole set
    name: str  # the song, the instrument, or both
    pieces: tuple[Piece, ...]
    by: By
    songs: tuple[str, ...] = ()  # all of the set, so that an index shows those that are missing

    def entry(self, piece: Piece) -> str:
        """What an index calls a piece."""
        return piece.instrument if self.by == "song" else piece.song


@dataclass(frozen=True)
class Rebound:
    pages: int
    starts: tuple[int, ...]  # page on which each piece begins, from 1


def volumes(pieces: Sequence[Piece], *, by: By, title: str) -> list[Volume]:
    """The pieces as books of an instrument, as songs with all their instruments, or each by itself; in their order."""
    songs = tuple(dict.fromkeys(piece.song for piece in pieces))
    if by == "both":
        return [Volume(title, f"{p.song} - {p.instrument}", (p,), by) for p in pieces if p.slices]
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(piece.song if by == "song" else piece.instrument, []).append(piece)
    # A book has its songs in the order of the set, whatever order its pages came in.
    return [
        Volume(title, name, tuple(sorted(group, key=lambda piece: songs.index(piece.song))), by, songs)
        for name, group in groups.items()
    ]


def rebind(
    volume: Volume, *, target: Path, style: Style | None = None, words: bool = True, check: Check = never
) -> Rebound:
    """Bind a volume to the file `target`, whole or not at all.

    words  page numbers and running heads; without them the pages can go into a book that has its own

    A volume by song or instrument gets cover and index; a single piece is its pages alone. Raises NotationError, which
    names the file and the page that cannot be used, and what `check` raises.
    """
    style = style or Style()
    slices = [one for piece in volume.pieces for one in piece.slices]
    if not slices:
        raise NotationError(f"“{volume.name}” has no pages to bind.", hint="Give it pages of one of the files.")
    for one in slices:
        sensible = 0.0 <= one.top < one.bottom <= 1.0 and 0.0 <= one.left < one.right <= 1.0
        if not sensible or one.turn not in (0, 90, 180, 270):
            raise NotationError(f"The cut through page {one.page + 1} of “{one.name}” makes no sense.")
    sources = list(dict.fromkeys(one.source for one in slices))
    names = {one.source: one.name for one in slices}
    told = _Told([str(path.absolute()) for path in sources], [names[path] for path in sources], check)
    cuts = _cuts(volume, sources, told)
    with tempfile.TemporaryDirectory(prefix="copyist-rebind-", dir=target.parent) as scratch:
        front, stamps = Path(scratch) / "front.pdf", Path(scratch) / "words.pdf"
        before, index_pages, sheets = 0, 1, []
        starts: list[int] = []
        begins: Begins = "anywhere" if volume.by == "both" else "right" if volume.by == "song" else "left"
        while True:
            if volume.by != "both":
                before = 1 + index_pages
            sheets = stack(cuts, paper=style.size_mm, first=before + 1, begins=begins)
            starts = [_start(sheets, number, before) for number in range(len(cuts))]
            if volume.by == "both":
                break
            rows = _rows(volume, starts)
            subtitle, instrument = ("", volume.name) if volume.by == "instrument" else (volume.title, "")
            title = volume.title if volume.by == "instrument" else volume.name
            taken = front_pages(
                target=front, style=style, title=title or volume.name, subtitle=subtitle, instrument=instrument,
                index=rows,
            )  # fmt: skip
            if taken - 1 <= index_pages:
                break
            index_pages = taken - 1
        over: list[list[Words]] = [[] for _ in range(before)] + [
            _words(volume, sheet, number, style) if words else []
            for number, sheet in enumerate(sheets, start=before + 1)
        ]
        word_pages(over, target=stamps, size_mm=style.size_mm, check=check)
        marks: list[tuple[str, int]] = [] if volume.by == "both" else [("Contents", 1)]
        marks += [(volume.entry(piece), start - 1) for piece, start in zip(volume.pieces, starts, strict=True) if start]
        with whole(target) as finished:
            answer = told.run(
                {
                    "target": str(finished.absolute()),
                    "paper": [side * PT_PER_MM for side in style.size_mm],
                    "front": str(front.absolute()) if before else None,
                    "stamps": str(stamps.absolute()),
                    "title": " - ".join(dict.fromkeys(x for x in (volume.title, volume.name) if x)),
                    "marks": marks,
                    "sheets": [[_place(volume, placed, sources) for placed in sheet] for sheet in sheets],
                }
            )
    return Rebound(int(answer["done"]), tuple(starts))


def _cuts(volume: Volume, sources: Sequence[Path], told: _Told) -> list[list[Cut]]:
    """The slices of each piece with the sizes that their pages have."""
    pages = list(dict.fromkeys((sources.index(s.source), s.page) for p in volume.pieces for s in p.slices))
    sizes = dict(zip(pages, told.run({"pages": pages})["sizes"], strict=True))
    cuts: list[list[Cut]] = []
    for piece in volume.pieces:
        cuts.append([])
        for one in piece.slices:
            width, height = sizes[sources.index(one.source), one.page]
            if one.turn in (90, 270):
                width, height = height, width
            cuts[-1].append(
                Cut((one.right - one.left) * width * MM_PER_PT, (one.bottom - one.top) * height * MM_PER_PT)
            )
    return cuts


def _start(sheets: Sequence[Sequence[Placed]], piece: int, before: int) -> int:
    """The page on which a piece begins; 0: it has none."""
    pages = (number for number, sheet in enumerate(sheets, start=before + 1) if any(p.piece == piece for p in sheet))
    return next(pages, 0)


def _rows(volume: Volume, starts: Sequence[int]) -> list[Row]:
    found = [
        Row(volume.entry(piece), piece.composer if volume.by == "instrument" else "", start or None)
        for piece, start in zip(volume.pieces, starts, strict=True)
    ]
    if volume.by == "song":
        return found
    # Songs that this instrument lacks stand where the set has them, struck through.
    named = {row.title for row in found}
    rows = found + [Row(song) for song in volume.songs if song not in named]
    return sorted(rows, key=lambda row: volume.songs.index(row.title) if row.title in volume.songs else 0)


def _words(volume: Volume, sheet: Sequence[Placed], number: int, style: Style) -> list[Words]:
    width, height = style.size_mm
    outer, align = (width - 10, "right") if number % 2 else (10.0, "left")
    words = [Words(str(number), outer, height - 4.5, 3.4, align)]  # type: ignore[arg-type]
    if sheet:
        piece = volume.pieces[sheet[0].piece]
        running = "  ·  ".join(x for x in (piece.song, piece.instrument) if x)
        words.append(Words(running, width / 2, 6.0, 3.0, "middle", italic=True, room=width - 20))
    return words


def _place(volume: Volume, placed: Placed, sources: Sequence[Path]) -> dict[str, Any]:
    one = volume.pieces[placed.piece].slices[placed.cut]
    return {
        "source": sources.index(one.source),
        "page": one.page,
        "turn": one.turn,
        "top": one.top,
        "bottom": one.bottom,
        "left": one.left,
        "right": one.right,
        "x": placed.x * PT_PER_MM,
        "y": placed.y * PT_PER_MM,
        "scale": placed.scale,
    }


@dataclass(frozen=True)
class _Told:
    """Runs the child over the sources and puts what is wrong with one into words."""

    sources: list[str]
    names: list[str]
    check: Check

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        limits = {"memory": MEMORY_BYTES, "seconds": COMPUTING_SECONDS, "file_size": FILE_BYTES}
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(json.dumps({"sources": self.sources} | job | limits).encode())
            given.seek(0)
            # -I: no PYTHONPATH, no user site, no current folder in the child's module search.
            child = subprocess.Popen(
                [sys.executable, "-I", str(Path(__file__).with_name("rebind_child.py"))],
                stdin=given,
                stdout=said,
                stderr=subprocess.DEVNULL,
                close_fds=True,
            )
            try:
                until = time.monotonic() + SECONDS
                while child.poll() is None and time.monotonic() < until:
                    self.check()
                    time.sleep(LOOK_SECONDS / 5)
            finally:
                end(child)
            said.seek(0)
            lines = [json.loads(line) for line in said.read().splitlines() if line.endswith(b"}")]
        last = lines[-1] if lines else {}
        if child.returncode != 0 or "at" in last or not last:
            at = last.get("at", (None, None))
            raise self._error("died", *at)
        if "problem" in last:
            raise self._error(last["problem"], last["source"], last["page"])
        return dict(last)

    def _error(self, code: str, source: int | None, page: int | None) -> NotationError:
        message, hint = PROBLEMS[code]
        where = "One of these files" if source is None else f"“{self.names[source]}”"
        if page is not None:
            where = f"Page {page + 1} of {where}"
        return NotationError(message.format(where=where), hint=hint)
