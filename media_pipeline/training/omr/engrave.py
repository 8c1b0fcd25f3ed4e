"""MusicXML with chosen line breaks -> pictures of its staff lines and their tokens, by Verovio, MuseScore or LilyPond.

Where a line breaks is decided here and written into the document, so that its tokens are known before it is engraved.
A page on which an engraver did otherwise (another number of staves, a sign left out) is dropped whole.
"""

from __future__ import annotations

import copy
import os
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.training.omr import by_verovio, shards
from media_pipeline.training.omr.cut import clean_staves, cut, overreaching
from media_pipeline.training.omr.truth import group_rests, line_tokens, read_part, unsayable

PATIENCE = 60  # seconds an engraver may take for a part
MUSESCORE_FONTS = ("Leland", "Leland", "Bravura", "Emmentaler", "Gonville", "Petaluma", "MuseJazz")
ENGRAVERS = ("verovio", "musescore", "lilypond")
_LAYOUT = ("print", "credit", "defaults", "harmony", "figured-bass")


@dataclass(frozen=True)
class Laid:
    """A part with its lines decided: the document, and for each line its tokens, or None where they cannot tell all."""

    document: bytes
    lines: list[list[str] | None]


def lay(root: etree._Element, r: random.Random, *, lines: int = 40, full: float = 40, lyrics: bool = False) -> Laid:
    """Break a document of one part and one staff into lines, at most `lines` of them.

    full: what the fullest line holds at first, where a bar counts 1.5 and a note about one.
    """
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
    target = r.uniform(10, full)
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


def hides_tuplets(root: etree._Element) -> bool:
    """Are there bars with tuplets of which the document says nothing that is printed? MuseScore numbers them all."""
    for measure in root.iter("measure"):
        shortened = [note for note in measure.findall("note") if note.find("time-modification") is not None]
        if any(note.find(".//tremolo") is None for note in shortened) and measure.find(".//tuplet") is None:
            return True
    return False


def jumps_in_their_bars(root: etree._Element) -> None:
    """Let the words of a jump at the end of a bar begin over the bar's last note.

    Verovio and musicxml2ly would print them over the next bar; MuseScore needs nothing of this.
    """
    for measure in root.iter("measure"):
        alone = [n for n in measure.findall("note") if n.find("chord") is None and n.find("grace") is None]
        for direction in measure.findall("direction"):
            sound = direction.find("sound")
            if sound is not None and alone:
                direction.remove(sound)  # else Verovio takes it for a sign of its own, centred on the bar line
                alone[-1].addprevious(direction)


def engrave(laid: Laid, engraver: str, r: random.Random, folder: Path, source: str) -> list[shards.Stave]:
    """Crops and tokens of the lines of a part; empty where the engraver did not do as it was told."""
    (folder / "part.musicxml").write_bytes(laid.document)
    if engraver == "verovio":
        found = by_verovio.crops(laid.document, laid.lines, r)
    else:
        for old in folder.glob("part*.pdf"):
            old.unlink()
        (_musescore if engraver == "musescore" else _lilypond)(folder, r)
        pages = _pdf_pages(folder / "part.pdf", r) if (folder / "part.pdf").exists() else []
        found = [crop for page in pages for crop in _crops(page)]
    if len(found) != len(laid.lines):
        return []
    return [
        shards.stave(image, printed, f"{source}:{engraver}")
        for image, tokens in zip(found, laid.lines, strict=True)
        if tokens is not None and image is not None and (printed := as_printed(tokens, engraver)) is not None
    ]


def as_printed(tokens: Sequence[str], engraver: str) -> list[str] | None:
    """A line's tokens without the clefs that this engraver leaves out; None where it prints another order.

    MuseScore does not warn of the next line's clef in what it imports; it prints a clef behind a new key, and none
    before a multi-measure rest.
    """
    out = list(tokens)
    if engraver != "musescore":
        return out
    last = max((n for n, token in enumerate(out) if token.startswith("bar.")), default=0)
    if last and out[last - 1].startswith("clef."):
        del out[last - 1]
    for clef, bar, then in zip(out, out[1:], out[2:], strict=False):
        if clef.startswith("clef.") and bar.startswith("bar.") and (then == "mm" or then.startswith("key.")):
            return None
    return out


def _crops(page: NDArray[np.uint8]) -> list[NDArray[np.uint8] | None]:
    """The staves of a page; None for one that prints signs where a crop does not reach: its tokens tell of them."""
    staves = clean_staves(page)
    lost = overreaching(page, staves)
    return [None if over else cut(page, staff) for staff, over in zip(staves, lost, strict=True)]


def _rest(measure: etree._Element, count: int) -> None:
    attributes = measure.find("attributes")
    if attributes is None:
        attributes = etree.Element("attributes")
        measure.insert(1 if measure.find("print") is not None else 0, attributes)
    style = etree.SubElement(attributes, "measure-style")
    etree.SubElement(style, "multiple-rest").text = str(count)


def _musescore(folder: Path, r: random.Random) -> None:
    settings = {
        "musicalSymbolFont": r.choice(MUSESCORE_FONTS), "createMultiMeasureRests": "1", "maxSystemDistance": "40",
        "barWidth": f"{r.uniform(0.12, 0.25):.3f}",
        "staffLineWidth": f"{r.uniform(0.06, 0.13):.3f}", "stemWidth": f"{r.uniform(0.08, 0.15):.3f}",
        "lastSystemFillLimit": "0", "showMeasureNumber": r.choice("01"), "keySigNaturals": r.choice("012"),
        "hideInstrumentNameIfOneInstrument": r.choice("01"),
    }  # fmt: skip
    style = "".join(f"<{name}>{value}</{name}>" for name, value in settings.items())
    (folder / "style.mss").write_text(
        f'<?xml version="1.0"?><museScore version="3.01"><Style>{style}</Style></museScore>'
    )
    # Sizes and distances come from the document: what it says of them, or leaves unsaid, goes before the style.
    staff = r.uniform(5.6, 8.0)  # mm from the first line to the last
    tenth = staff / 40
    margins = "".join(f"<{side}-margin>{8 / tenth:.1f}</{side}-margin>" for side in ("left", "right", "top", "bottom"))
    defaults = etree.fromstring(
        f"<defaults><scaling><millimeters>{staff:.3f}</millimeters><tenths>40</tenths></scaling><page-layout>"
        f"<page-height>{1000 / tenth:.1f}</page-height><page-width>{r.uniform(175, 240) / tenth:.1f}</page-width>"
        f'<page-margins type="both">{margins}</page-margins></page-layout><system-layout>'
        f"<system-distance>{r.uniform(170, 200):.0f}</system-distance></system-layout></defaults>"
    )
    root = etree.fromstring((folder / "part.musicxml").read_bytes())
    listed = root.find("part-list")
    if listed is not None:
        listed.addprevious(defaults)
    # Where elements stand without anything between them, MuseScore 3 loses its place behind a mordent.
    (folder / "sized.musicxml").write_bytes(etree.tostring(root).replace(b"><", b">\n<"))
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
        f"system-system-spacing.basic-distance = {r.randint(21, 24)} }}\n"
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
