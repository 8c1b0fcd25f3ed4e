"""MusicXML with chosen line breaks -> pictures of its staff lines and their tokens, by Verovio, MuseScore or LilyPond.

Where a line breaks is decided here and written into the document, so that its tokens are known before it is engraved.
A page on which an engraver did otherwise (another number of staves, a sign left out) is dropped whole.
"""

from __future__ import annotations

import copy
import os
import random
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.omr.model import Staff
from media_pipeline.training.omr import shards
from media_pipeline.training.omr.truth import group_rests, line_tokens, read_part, unsayable

PATIENCE = 60  # seconds an engraver may take for a part
VEROVIO_FONTS = ("Leipzig", "Bravura", "Gootville", "Leland", "Petaluma")
MUSESCORE_FONTS = ("Leland", "Leland", "Bravura", "Emmentaler", "Gonville", "Petaluma", "MuseJazz")
ENGRAVERS = ("verovio", "musescore", "lilypond")
_LAYOUT = ("print", "credit", "defaults", "harmony", "figured-bass")


@dataclass(frozen=True)
class Laid:
    """A part with its lines decided: the document, and for each line its tokens, or None where they cannot tell all."""

    document: bytes
    lines: list[list[str] | None]


def lay(root: etree._Element, r: random.Random, *, lines: int = 40, lyrics: bool = False) -> Laid:
    """Break a document of one part and one staff into lines, at most `lines` of them."""
    root = copy.deepcopy(root)
    for tag in (*_LAYOUT, *(() if lyrics else ("lyric",))):
        for element in list(root.iter(tag)):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    for style in list(root.iter("measure-style")):
        if style.find("multiple-rest") is not None:
            style.getparent().remove(style)  # type: ignore[union-attr]
    bars = read_part(root, 0)
    printed = group_rests(bars)
    measures = root.findall("part")[0].findall("measure")
    target = r.uniform(10, 40)
    starts = [0]
    width = 0.0
    for n, group in enumerate(printed):
        if width >= target:
            starts.append(n)
            width, target = 0.0, target * r.uniform(0.85, 1.18)
        width += 4 if len(group) > 1 else 1.5 + sum(0.9 + 0.5 * (e.value[:1] != []) for e in bars[group.start].events)
    starts = starts[: lines + 1]
    end = starts.pop() if len(starts) > lines else len(printed)
    for n in starts[1:]:
        measures[printed[n].start].insert(0, etree.Element("print", {"new-system": "yes"}))
    for group in printed:
        if len(group) > 1:
            _rest(measures[group.start], len(group))
    then = printed[end].start if end < len(printed) else len(measures)
    for measure in measures[then:]:
        measure.getparent().remove(measure)  # type: ignore[union-attr]
    told: list[list[str] | None] = []
    bounds = [*starts, end]
    for a, b in pairwise(bounds):
        after = printed[b] if b < end else None
        held = printed[a:b]
        told.append(None if unsayable(bars, held, then=after) else line_tokens(bars, held, then=after))
    if end < len(printed) and told:
        told[-1] = None  # its bar line and courtesy signs are those of a piece that goes on
    return Laid(etree.tostring(root), told)


def one_staff(root: etree._Element, part: int, staff: int) -> etree._Element:
    """A document of this part alone, and of this staff alone: what the other staves play becomes time that passes."""
    root = copy.deepcopy(root)
    parts, listed = root.findall("part"), root.findall("part-list/score-part")
    for n, other in enumerate(parts):
        if n != part:
            root.remove(other)
    for n, entry in enumerate(listed):
        if n != part:
            entry.getparent().remove(entry)  # type: ignore[union-attr]
    for group in root.findall("part-list/part-group"):
        group.getparent().remove(group)  # type: ignore[union-attr]
    kept = parts[part]
    if kept.find(".//staves") is None:
        return root
    for measure in kept.findall("measure"):
        for element in list(measure):
            place = element.findtext("staff")
            if element.tag in ("note", "direction", "forward") and place is not None:
                if int(place) == staff:
                    element.remove(element.find("staff"))  # type: ignore[arg-type]
                    continue
                length = element.findtext("duration")
                if element.tag == "note" and length and element.find("chord") is None:
                    passing = etree.Element("forward")
                    etree.SubElement(passing, "duration").text = length
                    measure.replace(element, passing)
                elif element.tag != "forward":
                    measure.remove(element)
            if element.tag == "attributes":
                for child in list(element):
                    number = child.get("number")
                    if child.tag == "staves" or (number is not None and int(number) != staff):
                        element.remove(child)
                    elif number is not None:
                        del child.attrib["number"]
    return root


def crosses(root: etree._Element, part: int) -> bool:
    """Does a voice of a piano go from staff to staff? Its beams and slurs cannot be told of one staff alone."""
    homes: dict[str, set[str]] = {}
    for measure in root.findall("part")[part].findall("measure"):
        homes.clear()
        for note in measure.findall("note"):
            homes.setdefault(note.findtext("voice") or "1", set()).add(note.findtext("staff") or "1")
        if any(len(staves) > 1 for staves in homes.values()):
            return True
    return False


def engrave(laid: Laid, engraver: str, r: random.Random, folder: Path, source: str) -> list[shards.Stave]:
    """Crops and tokens of the lines of a part; empty where the engraver did not do as it was told."""
    (folder / "part.musicxml").write_bytes(laid.document)
    if engraver == "verovio":
        found = _verovio(laid, r)
    else:
        for old in folder.glob("part*.pdf"):
            old.unlink()
        (_musescore if engraver == "musescore" else _lilypond)(folder, r)
        pages = _pdf_pages(folder / "part.pdf", r) if (folder / "part.pdf").exists() else []
        found = [cut(page, staff) for page in pages for staff in clean_staves(page)]
    if len(found) != len(laid.lines):
        return []
    return [
        shards.stave(image, tokens, f"{source}:{engraver}")
        for image, tokens in zip(found, laid.lines, strict=True)
        if tokens is not None and image is not None
    ]


def clean_staves(page: NDArray[np.uint8]) -> list[Staff]:
    """Staves of a page as it leaves the engraver: level, whole, black on white; from top to bottom."""
    ink = (page < 150).astype(np.uint8)
    long = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, page.shape[1] // 9), np.uint8))
    lengths = long.sum(axis=1).astype(np.float32)
    # A staff's lines are the longest strokes around: what is much shorter than they are is a beam.
    around = cv2.dilate(lengths[:, None], np.ones((2 * (page.shape[1] // 40) + 1, 1), np.uint8))[:, 0]
    rows = np.flatnonzero((lengths > page.shape[1] // 9) & (lengths > 0.7 * around))
    if not len(rows):
        return []
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    lines = [float(run.mean()) for run in runs if len(run) <= max(4, page.shape[0] // 250)]
    out: list[Staff] = []
    n = 0
    while n + 5 <= len(lines):
        five = np.array(lines[n : n + 5])
        gaps = np.diff(five)
        if gaps.max() - gaps.min() > max(2.2, 0.2 * gaps.mean()) or gaps.mean() > page.shape[1] / 20:
            n += 1
            continue
        interline = float((five[4] - five[0]) / 4)
        strip = [long[max(0, round(y) - 1) : round(y) + 2].max(axis=0) for y in five]
        columns = np.flatnonzero(np.sum(strip, axis=0) >= 4)
        if len(columns):
            out.append(Staff(float(five[2]), interline, float(columns[0]), float(columns[-1])))
        n += 5
    return out


def cut(page: NDArray[np.uint8], staff: Staff) -> NDArray[np.uint8]:
    """(216, width) crop at interline 12, a staff's width and 1.5 interlines on each side."""
    margin = 20 * staff.interline
    pad = int(margin)
    wide = cv2.copyMakeBorder(page, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(255,))
    half = shards.ROWS / shards.INTERLINE / 2 * staff.interline
    top, left = round(staff.y - half) + pad, round(staff.x0 - 1.5 * staff.interline) + pad
    bottom, right = round(staff.y + half) + pad, round(staff.x1 + 1.5 * staff.interline) + pad
    piece = wide[top:bottom, left:right]
    scale = shards.INTERLINE / staff.interline
    size = (max(8, round(piece.shape[1] * scale)), shards.ROWS)
    small = cv2.resize(piece, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(small, np.uint8)


def _rest(measure: etree._Element, count: int) -> None:
    attributes = measure.find("attributes")
    if attributes is None:
        attributes = etree.Element("attributes")
        measure.insert(1 if measure.find("print") is not None else 0, attributes)
    style = etree.SubElement(attributes, "measure-style")
    etree.SubElement(style, "multiple-rest").text = str(count)


def _verovio(laid: Laid, r: random.Random) -> Sequence[NDArray[np.uint8] | None]:
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    kit = verovio.toolkit(False)
    kit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    kit.setOptions({
        "font": r.choice(VEROVIO_FONTS), "breaks": "encoded", "scale": 100, "header": "none", "footer": "none",
        "pageWidth": int(2100 * r.uniform(0.6, 1.15)), "pageHeight": 12000, "adjustPageHeight": True,
        "spacingLinear": r.uniform(0.2, 0.35), "spacingNonLinear": r.uniform(0.5, 0.7),
        "spacingSystem": r.randint(4, 12),
        "staffLineWidth": r.uniform(0.1, 0.25), "stemWidth": r.uniform(0.15, 0.3),
        "barLineWidth": r.uniform(0.25, 0.45),
        "slurMidpointThickness": r.uniform(0.4, 0.8), "mnumInterval": r.choice((0, 0, 5, 10)),
        "multiRestStyle": r.choice(("auto", "default", "block")), "condense": "none",
    })  # fmt: skip
    if not kit.loadData(laid.document.decode()) or kit.getPageCount() != 1:
        return []
    svg = kit.renderToSVG(1)
    zoom = r.uniform(0.55, 0.85)
    shot = subprocess.run(
        ["rsvg-convert", "-z", f"{zoom:.3f}", "-b", "white"], input=svg.encode(), capture_output=True, timeout=PATIENCE
    )
    seen = cv2.imdecode(np.frombuffer(shot.stdout, np.uint8), cv2.IMREAD_GRAYSCALE) if shot.stdout else None
    if seen is None:
        return []
    systems = re.split(r'<g [^>]*class="system[ "]', svg)[1:]
    page = np.asarray(seen, np.uint8)
    staves = clean_staves(page)
    if not len(staves) == len(systems) == len(laid.lines):
        return []
    return [
        cut(page, staff) if tokens is not None and _drawn(system, tokens) else None
        for staff, system, tokens in zip(staves, systems, laid.lines, strict=True)
    ]


def _drawn(system: str, tokens: Sequence[str]) -> bool:
    """Did Verovio draw what the line says, as far as its classes tell? It leaves signs out over multi-measure rests."""

    def drawn(name: str) -> int:
        return len(re.findall(rf'class="{name}[ "]', system))

    def said(*wanted: str) -> int:
        return sum(token in wanted for token in tokens)

    heads = sum(bool(re.fullmatch(r"p-?\d+", token)) for token in tokens)
    return (
        drawn("reh") == said("reh")
        and drawn("fermata") == said("fermata")
        and drawn("hairpin") >= said("cresc(", "dim(")
        and drawn("multiRest") == said("mm")
        and drawn("note") == heads
        and drawn("dynam") >= sum(token.startswith("dyn.") for token in tokens)
        and drawn("octave") >= said("8va(", "8vb(")
        and drawn("measure") >= sum(token.startswith("bar.") for token in tokens)
    )


def _musescore(folder: Path, r: random.Random) -> None:
    settings = {
        "musicalSymbolFont": r.choice(MUSESCORE_FONTS), "createMultiMeasureRests": "1", "maxSystemDistance": "15",
        "minSystemDistance": f"{r.uniform(8, 12):.1f}", "barWidth": f"{r.uniform(0.12, 0.25):.3f}",
        "staffLineWidth": f"{r.uniform(0.06, 0.13):.3f}", "stemWidth": f"{r.uniform(0.08, 0.15):.3f}",
        "lastSystemFillLimit": "0", "showMeasureNumber": r.choice("01"), "keySigNaturals": r.choice("012"),
        "hideInstrumentNameIfOneInstrument": r.choice("01"),
    }  # fmt: skip
    style = "".join(f"<{name}>{value}</{name}>" for name, value in settings.items())
    (folder / "style.mss").write_text(
        f'<?xml version="1.0"?><museScore version="3.01"><Style>{style}</Style></museScore>'
    )
    # The size of page and staff comes from the document: what it says there goes before the style.
    staff = r.uniform(5.6, 8.0)  # mm from the first line to the last
    tenth = staff / 40
    margins = "".join(f"<{side}-margin>{8 / tenth:.1f}</{side}-margin>" for side in ("left", "right", "top", "bottom"))
    defaults = etree.fromstring(
        f"<defaults><scaling><millimeters>{staff:.3f}</millimeters><tenths>40</tenths></scaling><page-layout>"
        f"<page-height>{1000 / tenth:.1f}</page-height><page-width>{r.uniform(150, 230) / tenth:.1f}</page-width>"
        f'<page-margins type="both">{margins}</page-margins></page-layout></defaults>'
    )
    root = etree.fromstring((folder / "part.musicxml").read_bytes())
    listed = root.find("part-list")
    if listed is not None:
        listed.addprevious(defaults)
    (folder / "sized.musicxml").write_bytes(etree.tostring(root))
    command = ["mscore3", "-S", "style.mss", "-o", "part.pdf", "sized.musicxml"]
    _run(command, folder, {**os.environ, "QT_QPA_PLATFORM": "offscreen"})


def _lilypond(folder: Path, r: random.Random) -> None:
    _run(["musicxml2ly", "--output=part.ly", "part.musicxml"], folder)
    written = folder / "part.ly"
    if not written.exists():
        return
    text = written.read_text()
    # The converter adds slurs to grace notes that the document does not have.
    text = text.replace("\\acciaccatura", "\\slashedGrace").replace("\\appoggiatura", "\\grace")
    tuplets = r.choice(("", "\\override TupletBracket.bracket-visibility = ##t"))
    paper = (
        f"\n#(set-global-staff-size {r.choice((16, 18, 20, 20, 22, 24))})\n"
        f"\\paper {{ paper-width = {r.uniform(150, 215):.0f}\\mm "
        "paper-height = 900\\mm left-margin = 8\\mm right-margin = 8\\mm oddFooterMarkup = ##f evenFooterMarkup = ##f "
        "tagline = ##f ragged-bottom = ##t ragged-last = ##f "
        f"system-system-spacing.basic-distance = {r.randint(9, 15)} }}\n"
        "\\layout { \\context { \\Score \\override NonMusicalPaperColumn.line-break-permission = ##f "
        f"\\override MultiMeasureRest.expand-limit = #{r.choice((1, 10))} {tuplets} }} }}\n"
    )
    written.write_text(text + paper)
    _run(["lilypond", "-s", "-dno-point-and-click", "-o", "part", "part.ly"], folder)


def _run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE, env=environment)
    except subprocess.TimeoutExpired:
        return


def _pdf_pages(path: Path, r: random.Random) -> list[NDArray[np.uint8]]:
    import pypdfium2

    dpi = r.choice((170, 200, 240))
    book = pypdfium2.PdfDocument(path)
    pages = [
        np.asarray(page.render(scale=dpi / 72, grayscale=True).to_numpy().squeeze().copy(), np.uint8) for page in book
    ]
    book.close()
    return pages
