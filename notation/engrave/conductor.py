"""A conductor's score: all parts of a song, staves as large as the paper allows, brackets by family, short names.

The document is drawn as it is given, transposed or in concert pitch, in its order of parts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lxml import etree

from notation.engrave.cache import Cache
from notation.engrave.extents import ENDLESS, systems
from notation.engrave.pdf import engrave
from notation.engrave.prepare import Prepared, Tidied, tidied, ungrouped
from notation.engrave.sandbox import Check, Engraver, never
from notation.engrave.style import STAFF_MM_LIMITS, Style
from notation.engrave.svg import options
from notation.musicxml import tree
from notation.musicxml.edit import part_names
from notation.score.instruments import find, group_of

if TYPE_CHECKING:
    import pikepdf

Turn = Literal["auto", "upright", "landscape"]

LARGER, SMALLER = 1.15, 0.85  # how far staves are drawn larger to fill a page, or smaller for one more system on it
LEAST_MM = STAFF_MM_LIMITS[0]
_ROOM = 0.97  # of the page: a system that fills it needs some air
_WORTH = 1.15  # as much more music on a page makes up for paper that is turned
# Verovio takes three times as long for one page of many thousand notes than for the same on several.
_IN_PIECES = {"pageHeight": 6000}
_NARROW = 0.7  # of the gap between staves, where a system is too high for its page


def score_pages(
    root: etree._Element,
    *,
    target: Path,
    style: Style | None = None,
    turn: Turn | None = None,
    cores: int = 0,
    kept: Cache | None = None,
    check: Check = never,
) -> int:
    """Engrave a document of several parts to the file `target`; the number of its pages.

    turn   how the paper lies; "auto": landscape where more music then stands on a page; None: as `style` has it
    kept   where printed pages stay for the next time

    A staff size asked for in `style` is kept if a system then fits on the page. More staves than a page holds at the
    least size are drawn on larger paper and the pages made smaller. Raises NotationError as `pdf` does.
    """
    style = style or Style()
    root = tree.copy(root)
    _name_briefly(root)
    _bracket(root)
    wanted = style.staff_mm
    with tempfile.TemporaryDirectory(prefix="copyist-score-", dir=target.parent) as scratch, Engraver() as engraver:
        folder = Path(scratch)
        music = tidied(root, style=style, check=check)
        ready = music.sized(style)
        height = _highest(ready, style=style, narrow=1.0, folder=folder, engraver=engraver, check=check)
        if turn is not None:
            style = replace(style, landscape=turn == "landscape")
            if turn == "auto" and _better_turned(ready, style, height):
                style = replace(style, landscape=True)
        room = _room(ready, style) * _ROOM
        staff, narrow = style.staff_for(ready.staves), 1.0
        if height > room and _fitting(staff, height, room) < LEAST_MM:
            narrow = _NARROW
            height = _highest(ready, style=style, narrow=narrow, folder=folder, engraver=engraver, check=check)
        fitting = _fitting(staff, height, room)
        if fitting < LEAST_MM:
            return _on_larger_paper(music, target=target, style=style, by=LEAST_MM / fitting, kept=kept, check=check)
        if height > room:
            staff = fitting
        elif not wanted:
            staff = _comfortable(staff, height / room)
        style = replace(style, staff_mm=staff)
        ready = music.sized(style)
        drawing = options(style, ready=ready) | _spacing(ready, style, narrow)
        return engrave(
            ready, target=target, style=style, drawing=drawing, cores=cores, draw=engraver.draw, kept=kept, check=check
        )


def _fitting(staff: float, height: float, room: float) -> float:
    """The staff size with which a system that is `height` high at size `staff` fills the room."""
    return staff * room / height if height else staff


def _comfortable(staff: float, share: float) -> float:
    """A staff size for systems that take this share of a page: no page is left half empty."""
    count = max(1, int(1 / share)) if share else 1
    one_more = staff / (share * (count + 1)) if share else staff
    if one_more >= max(SMALLER * staff, LEAST_MM * 1.05):
        return one_more
    return min(staff * LARGER, staff / (share * count), STAFF_MM_LIMITS[1]) if share else staff


def _better_turned(ready: Prepared, style: Style, height: float) -> bool:
    """Whether a page holds more in landscape: one system alone on an upright page leaves much of it empty."""

    def held(look: Style) -> float:
        """Staff spaces of music on a page; 0 where a system does not fit as it is."""
        room, staff = _room(ready, look) * _ROOM, look.staff_for(ready.staves)
        if not height or height > room:
            return 0.0
        size = staff if look.staff_mm else _comfortable(staff, height / room)
        across = look.size_mm[0] - look.margin_mm[1] - look.margin_mm[3]
        return int(room / (height * size / staff) + 0.01) * across / size

    return held(replace(style, landscape=True)) > _WORTH * held(style) > 0.0


def _room(ready: Prepared, style: Style) -> float:
    return style.size_mm[1] - style.margin_mm[0] - style.margin_mm[2] - ready.head_mm


def _spacing(ready: Prepared, style: Style, narrow: float) -> dict[str, float]:
    drawing = options(style, ready=ready)
    gaps = ("spacingStaff", "spacingBraceGroup", "spacingBracketGroup", "spacingSystem")
    return {name: round(drawing[name] * narrow) for name in gaps}


def _highest(ready: Prepared, *, style: Style, narrow: float, folder: Path, engraver: Engraver, check: Check) -> float:
    """Millimetres that the highest system takes as it is drawn for `style`."""
    drawing = options(style, ready=ready) | _spacing(ready, style, narrow) | ENDLESS | _IN_PIECES
    unit_mm = style.staff_for(ready.staves) / 8
    pages = engraver.draw(ready.document, folder=folder, options=drawing, fit=False, check=check)
    found = (s for _, _, path in pages for s in systems(path.read_text(encoding="utf-8"), unit_mm=unit_mm))
    return max((system.bottom - system.top for system in found), default=0.0)


def _on_larger_paper(music: Tidied, *, target: Path, style: Style, by: float, kept: Cache | None, check: Check) -> int:
    """Drawn on paper `by` times as large, with its words, and made smaller to fit."""
    import pikepdf

    large = replace(
        style,
        enlarged=by,
        staff_mm=LEAST_MM,
        margin_mm=tuple(by * mm for mm in style.margin_mm),  # type: ignore[arg-type]
    )
    with tempfile.TemporaryDirectory(prefix="copyist-large-", dir=target.parent) as scratch:
        path = Path(scratch) / "large.pdf"
        ready = music.sized(large)
        drawing = options(large, ready=ready) | _spacing(ready, large, _NARROW)
        count = engrave(ready, target=path, style=large, drawing=drawing, kept=kept, check=check)
        with pikepdf.Pdf.open(path) as drawn:
            _made_smaller(drawn, size_mm=style.size_mm)
            drawn.save(target, deterministic_id=True)
    return count


def _made_smaller(drawn: pikepdf.Pdf, *, size_mm: tuple[float, float]) -> None:
    import pikepdf

    width, height = (mm * 72 / 25.4 for mm in size_mm)
    for page in drawn.pages:
        scale = width / float(page.mediabox[2])
        page.contents_add(f"q {scale:.6f} 0 0 {scale:.6f} 0 0 cm".encode(), prepend=True)
        page.contents_add(b"Q")
        page.mediabox = pikepdf.Array([0, 0, round(width, 3), round(height, 3)])
        for box in ("/CropBox", "/TrimBox", "/BleedBox", "/ArtBox"):
            if box in page.obj:
                del page.obj[box]


def _name_briefly(root: etree._Element) -> None:
    """Short names before the second system and those after it, where the document has none."""
    names = part_names(root)
    for entry in root.iterfind("part-list/score-part"):
        if entry.find("part-abbreviation") is None and (brief := brief_name(names.get(entry.get("id") or "", ""))):
            after = [child for child in entry if child.tag in ("part-name", "part-name-display")]
            short = etree.Element("part-abbreviation")
            short.text = brief
            entry.insert(entry.index(after[-1]) + 1 if after else 0, short)


def brief_name(name: str) -> str:
    """ "B♭ Clarinet 1" -> "Cl. 1"; "" for what names no instrument."""
    instrument = find(name)
    if instrument is None:
        return ""
    short = instrument.kind.short.split(",")[0].strip() or instrument.kind.name
    words = " ".join(f"{word[:1].upper()}{word[1:]}." for word in short.split())
    if short == instrument.kind.name:
        words = short
    return " ".join((words, "/".join(map(str, instrument.numbers)))).strip()


def _bracket(root: etree._Element) -> None:
    """Where the document groups nothing, a bracket for each family, bar lines through it."""
    listing = ungrouped(root)
    if listing is None:
        return
    names = part_names(root)
    if sum(1 for name in names.values() if find(name)) < 2:
        return  # voices, or parts that nobody knows: `prepare` brackets them all
    entries = [(_family(names.get(entry.get("id") or "", "")), entry) for entry in listing.findall("score-part")]
    for number, (family, group) in enumerate(_runs(entries), start=1):
        start = etree.Element("part-group", {"type": "start", "number": str(number)})
        if len(group) > 1 and family:
            etree.SubElement(start, "group-symbol").text = "bracket"
        etree.SubElement(start, "group-barline").text = "yes"
        group[0].addprevious(start)
        group[-1].addnext(etree.Element("part-group", {"type": "stop", "number": str(number)}))


def _family(name: str) -> str:
    instrument = find(name)
    return group_of(instrument) if instrument else ""


def _runs(entries: list[tuple[str, etree._Element]]) -> Iterator[tuple[str, list[etree._Element]]]:
    for family, run in groupby(entries, key=lambda entry: entry[0]):
        yield family, [entry for _, entry in run]
