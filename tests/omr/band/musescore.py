"""A player's book by MuseScore 3: every song's part converted from MusicXML, then all of them in one document.

Songs follow each other without a page of their own: the next title stands under the last line of the song before.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from tests.omr.band import musicxml
from tests.omr.band.model import Player, Song

PROGRAMS = ("mscore3", "musescore3")
PATIENCE = 120  # seconds
MARGIN = 0.45  # inches
LOWEST_TITLE = 0.86  # of the page's height: a title below it is left without a line of music under it


@dataclass(frozen=True)
class Look:
    """How a book is set: MuseScore's own names of its settings."""

    spatium: float = 1.75  # mm between staff lines
    font: str = "Emmentaler"
    header: bool = False  # the player's name over every page but the first
    settings: dict[str, str] = field(default_factory=dict)

    def xml(self, player: Player) -> str:
        said = {
            "pageWidth": "8.27", "pageHeight": "11.69", "pagePrintableWidth": f"{8.27 - 2 * MARGIN:.2f}",
            "pageEvenLeftMargin": str(MARGIN), "pageOddLeftMargin": str(MARGIN), "pageEvenTopMargin": str(MARGIN),
            "pageEvenBottomMargin": "0.5", "pageOddTopMargin": str(MARGIN), "pageOddBottomMargin": "0.5",
            "pageTwosided": "0", "createMultiMeasureRests": "1", "minEmptyMeasures": "2",
            "musicalSymbolFont": self.font, "showMeasureNumber": "1", "lastSystemFillLimit": "0.3",
            "Spatium": str(self.spatium), **self.settings,
        }  # fmt: skip
        if self.header:
            said |= {
                "showHeader": "1", "headerFirstPage": "0", "evenHeaderL": player.name, "oddHeaderL": player.name,
                "evenHeaderC": "", "oddHeaderC": "", "pageEvenTopMargin": "0.7", "pageOddTopMargin": "0.7",
            }  # fmt: skip
        return "".join(f"<{name}>{value}</{name}>" for name, value in said.items())


def program() -> str | None:
    """MuseScore 3's command, where it is installed."""
    import shutil

    return next((name for name in PROGRAMS if shutil.which(name)), None)


def engrave(songs: Sequence[Song], player: Player, look: Look, folder: Path) -> Path:
    """Write the book's PDF; `folder` also keeps book.mscx. Raises RuntimeError where MuseScore writes nothing."""
    documents = []
    for song in songs:
        (folder / f"{song.id}.musicxml").write_text(musicxml.score(song, [player]))
        documents.append(etree.parse(convert(folder / f"{song.id}.musicxml", ".mscx")).getroot())
    broken: set[int] = set()  # songs that begin a page, as their title would stand at the foot of one
    while True:
        (folder / "book.mscx").write_bytes(etree.tostring(_joined(songs, documents, player, look, broken)))
        book = convert(folder / "book.mscx", ".pdf")
        low = {n for n, song in enumerate(songs) if n and _title_place(book, song.title) > LOWEST_TITLE} - broken
        if not low:
            return book
        broken.add(min(low))


def convert(path: Path, ending: str) -> Path:
    """A document in another of MuseScore's formats, beside it."""
    name = program()
    if name is None:
        raise RuntimeError("MuseScore 3 is not installed")
    out = path.with_suffix(ending)
    out.unlink(missing_ok=True)
    done = subprocess.run(
        [name, "-o", out.name, path.name], cwd=path.parent, capture_output=True, text=True, timeout=PATIENCE,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    if not out.exists():
        raise RuntimeError(f"MuseScore made no {ending} of {path.name}: {done.stderr[-500:]}")
    return out


def _joined(
    songs: Sequence[Song], documents: Sequence[etree._Element], player: Player, look: Look, broken: set[int]
) -> etree._Element:
    """One document: the first song's, with all songs' bars in it, titles before them and section breaks after."""
    import copy

    book = copy.deepcopy(documents[0])
    score = _child(book, "Score")
    score.replace(_child(score, "Style"), etree.fromstring(f"<Style>{look.xml(player)}</Style>"))
    staff = _child(score, "Staff")
    for element in list(staff):
        staff.remove(element)
    for n, (song, document) in enumerate(zip(songs, documents, strict=True)):
        staff.append(_title(song, player, named=n == 0))
        bars = copy.deepcopy(_child(_child(document, "Score"), "Staff")).findall("Measure")
        if n:
            voice = _child(bars[0], "voice")
            for clef in voice.findall("Clef"):
                voice.remove(clef)  # the book's is still there
            if voice.find("KeySig") is None:
                key = song.frames[0].key + player.fifths
                voice.insert(0, etree.fromstring(f"<KeySig><accidental>{key}</accidental></KeySig>"))
        bars[-1].insert(0, etree.fromstring("<LayoutBreak><subtype>section</subtype></LayoutBreak>"))
        if n + 1 in broken:
            bars[-1].insert(0, etree.fromstring("<LayoutBreak><subtype>page</subtype></LayoutBreak>"))
        staff.extend(bars)
    return book


def _child(element: etree._Element, tag: str) -> etree._Element:
    found = element.find(tag)
    if found is None:
        raise RuntimeError(f"MuseScore's document has no <{tag}>")
    return found


def _title(song: Song, player: Player, *, named: bool) -> etree._Element:
    words = {
        "Title": song.title,
        "Subtitle": song.subtitle,
        "Composer": "\n".join(filter(None, (song.composer, song.arranger))),
        "Instrument Name (Part)": player.name if named else "",
    }
    box = etree.Element("VBox")
    etree.SubElement(box, "height").text = "11" if named else "10"
    for style, text in words.items():
        if text:
            inner = etree.SubElement(box, "Text")
            etree.SubElement(inner, "style").text = style
            etree.SubElement(inner, "text").text = text
    return box


def _title_place(book: Path, title: str) -> float:
    """How far down its page a title stands: 0 at the top, 1 at the foot."""
    import pypdfium2

    document = pypdfium2.PdfDocument(book)
    try:
        for page in document:
            text = page.get_textpage()
            found = text.search(title).get_next()
            if found is not None:
                _, bottom, _, _ = text.get_charbox(found[0])
                return 1 - float(bottom) / float(page.get_height())
    finally:
        document.close()
    raise RuntimeError(f"{book} has no title “{title}”")
