"""A score as a PDF: pages of SVG turned into PDF by librsvg in batches, while later pages are still being drawn.

Two cores are kept busy: Verovio's child draws, and one rsvg-convert prints the pages that are ready; when all are
drawn the rest is shared between as many as there are cores. pikepdf joins the batches and writes what a reader shows
(title, author, bookmarks). Where batches are kept, those whose pages look as before are not printed again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from notation.engrave import fonts, sandbox
from notation.engrave.cache import Cache, key_of
from notation.engrave.files import copied
from notation.engrave.prepare import Prepared, prepare
from notation.engrave.sandbox import Check, never
from notation.engrave.style import Style
from notation.engrave.svg import dress, options
from notation.musicxml import NotationError
from notation.musicxml.read import read

if TYPE_CHECKING:
    import pikepdf

RSVG = "rsvg-convert"
RSVG_SECONDS = 120
_BATCHES = 5  # of a long score: a batch costs 60 ms to start, and is printed anew when one of its pages has changed
_REHEARSAL = re.compile(r'<g[^>]*class="reh\b[^>]*>(.*?)</g>', re.S)
_TAGS = re.compile(r"<[^>]*>")
# Verovio names what it draws by a number made of the whole document; only of signs, which are drawn where they are
# named, does the name mean something.
_NAMES = re.compile(r' id="(?:([0-9A-F]{4,5}-)[^"]*)?[^"]*"')
_NAMED = re.compile(r'href="(#[0-9A-F]{4,5}-)[^"]*"')


@dataclass(frozen=True)
class Bookmark:
    text: str
    page: int  # from 0
    level: int = 0


def pdf(document: bytes | etree._Element, *, target: Path, style: Style | None = None, check: Check = never) -> int:
    """Engrave a document to the file `target`; the number of its pages.

    Raises NotationError: where rsvg-convert is missing (not permanent), or the document cannot be engraved.
    """
    style = style or Style()
    root = read(document) if isinstance(document, bytes) else document
    ready = prepare(root, style=style, check=check)
    return engrave(ready, target=target, style=style, drawing=options(style, ready=ready), check=check)


def engrave(
    ready: Prepared,
    *,
    target: Path,
    style: Style,
    drawing: Mapping[str, Any],
    fit: bool = True,
    cores: int = 0,
    draw: Callable[..., Generator[tuple[int, int, Path]]] = sandbox.draw,
    kept: Cache | None = None,
    check: Check = never,
) -> int:
    """Draw and print what has been prepared; the number of its pages.

    drawing  Verovio's options (svg.options, and what the caller knows better)
    fit      see to a last page with a single system on it
    cores    how many printing programs may run at once; 0: as many as there are cores
    draw     `draw` of an engraver that is at work already
    kept     where printed pages stay for the next time
    """
    program = converter()
    with tempfile.TemporaryDirectory(prefix="copyist-engrave-", dir=target.parent) as scratch:
        folder = Path(scratch)
        printer = _Printer(program, folder=folder, cores=cores, kept=kept, check=check)
        marks = [Bookmark(ready.head.title or "Score", 0)]
        try:
            for number, count, path in draw(ready.document, folder=folder, options=drawing, fit=fit, check=check):
                drawn = path.read_text(encoding="utf-8")
                path.write_text(_unnamed(dress(drawn, number=number, ready=ready, style=style)), encoding="utf-8")
                marks += (Bookmark(text, number - 1, 1) for text in _rehearsal_marks(drawn))
                printer.add(path, count=count)
            pieces = printer.finish()
        finally:
            printer.stop()
        author = ready.head.right[0] if ready.head.right else ""
        return join(pieces, target=target, title=ready.head.title, author=author, bookmarks=marks)


def converter() -> str:
    """Path of rsvg-convert. Raises NotationError naming its package."""
    found = shutil.which(RSVG)
    if found is None:
        raise NotationError(
            "PDF needs the program rsvg-convert, which is not installed.",
            hint="Install the package librsvg2-bin (apt install librsvg2-bin).",
            permanent=False,
        )
    return found


class _Printer:
    """Turns SVG files into PDF files, in order, a batch a process.

    Which pages are a batch depends on their number alone, so that the same pages give the same files.
    """

    def __init__(self, program: str, *, folder: Path, cores: int, kept: Cache | None, check: Check) -> None:
        self.program, self.folder, self.kept, self.check = program, folder, kept, check
        self.gathered: list[Path] = []  # pages of a batch that is not whole yet
        self.waiting: list[tuple[list[Path], Path]] = []  # batches to be printed: their pages, where to
        self.running: list[subprocess.Popen[bytes]] = []
        self.batches: list[Path] = []
        self.made: dict[str, Path] = {}  # what the next time may need
        self.cores = cores or max(1, len(os.sched_getaffinity(0)))

    def add(self, page: Path, *, count: int) -> None:
        self.gathered.append(page)
        # One core prints when all is drawn: in one go.
        if len(self.gathered) >= (max(2, -(-count // _BATCHES)) if self.cores > 1 else count):
            self._gather()
        self._start(self.cores - 1)

    def finish(self) -> list[Path]:
        self._gather()
        while self.waiting:
            self._start(self.cores)
            if self.waiting:
                self._wait()
        while self.running:
            self._wait()
        if self.kept is not None:
            for key, batch in self.made.items():
                copied(batch, target=self.kept.folder / f"{key}.pdf")
        return self.batches

    def stop(self) -> None:
        for child in self.running:
            sandbox.end(child)

    def _gather(self) -> None:
        pages, self.gathered = self.gathered, []
        if not pages:
            return
        target = self.folder / f"batch{len(self.batches):04}.pdf"
        if self.kept is not None:
            key = key_of("printed", RSVG, *(page.read_bytes() for page in pages))
            if (found := self.kept.found(key)) is not None:
                self.batches.append(found)
                return
            self.made[key] = target
        self.batches.append(target)
        self.waiting.append((pages, target))

    def _start(self, most: int) -> None:
        """Begin to print what waits, with so many programs at once."""
        busy = sum(child.poll() is None for child in self.running)
        for pages, target in self.waiting[: max(0, most - busy)]:
            self.running.append(
                subprocess.Popen(
                    [self.program, "-f", "pdf", "-o", str(target), *map(str, pages)],
                    env=fonts.environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        del self.waiting[: max(0, most - busy)]

    def _wait(self) -> None:
        """For the program that was started first."""
        if sandbox.wait(self.running[0], check=self.check, seconds=RSVG_SECONDS) != 0:
            raise NotationError("The pages of this score could not be printed.", permanent=False)
        del self.running[0]


def _unnamed(svg: str) -> str:
    """A page that is the same wherever it looks the same."""
    svg = _NAMES.sub(lambda found: f' id="{found[1]}"' if found[1] else "", svg)
    return _NAMED.sub(r'href="\1"', svg)


def join(
    pieces: Iterable[Path], *, target: Path, title: str = "", author: str = "", bookmarks: Iterable[Bookmark] = ()
) -> int:
    """Join PDFs to one file with title, author and bookmarks; the number of its pages."""
    import pikepdf

    with pikepdf.Pdf.new() as whole:
        for piece in pieces:
            with pikepdf.Pdf.open(piece) as part:
                whole.pages.extend(part.pages)
        return finished(whole, target=target, title=title, author=author, bookmarks=bookmarks)


def finished(
    whole: pikepdf.Pdf,
    *,
    target: Path,
    title: str = "",
    author: str = "",
    bookmarks: Iterable[Bookmark] = (),
    spreads: bool = False,
) -> int:
    """Save a PDF with what a reader shows of it; the number of its pages. `spreads`: open as a book of facing pages."""
    import pikepdf

    whole.docinfo["/Title"] = title
    whole.docinfo["/Author"] = author
    whole.docinfo["/Creator"] = "Copyist"
    whole.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    if spreads:
        whole.Root.PageLayout = pikepdf.Name.TwoPageRight
    count = len(whole.pages)
    with whole.open_outline() as outline:
        parent = None
        for mark in bookmarks:
            item = pikepdf.OutlineItem(mark.text, min(mark.page, count - 1))
            if mark.level and parent is not None:
                parent.children.append(item)
            else:
                outline.root.append(item)
                parent = item
    whole.save(target, deterministic_id=True)
    return count


def _rehearsal_marks(svg: str) -> list[str]:
    texts = (unescape(_TAGS.sub("", inside)) for inside in _REHEARSAL.findall(svg))
    return [" ".join(text.split())[:100] for text in texts if text.strip()]
