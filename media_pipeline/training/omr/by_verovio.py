"""Staff lines as Verovio engraves them, as wide as their music asks; what it drew, and where, is read off its SVG."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.omr.model import Staff
from media_pipeline.training.omr.cut import REACH, cut
from media_pipeline.training.omr.truth import JUMPS, MARKS

FONTS = ("Leipzig", "Bravura", "Gootville", "Leland", "Petaluma")
FACES = ("Times, serif", "Times, serif", "sans-serif", "DejaVu Serif", "FreeSans", "Latin Modern Roman")  # of words
PATIENCE = 60  # seconds for a page's picture
SHOWN = 0.85  # of a sign's height that a crop has to show
WIDEST = 100_000  # of a page, as Verovio takes it
_MARGINS = 110  # left and right of the music
_CORNER = 500  # of the music on its page, in the units of the drawing
_UNIT = 10  # of them to one of the page's
_SVG = "{http://www.w3.org/2000/svg}"
_WHOLE = frozenset((  # signs that have to be seen
    "dynam", "hairpin", "reh", "fermata", "octave", "breath", "caesura", "tupletNum", "mordent", "turn", "trill",
    "artic", "note", "ending", "arpeg", "bTrem", "fTrem", "accid",
))  # fmt: skip
_REACHING = frozenset(("slur", "tie", "lv", "tupletBracket"))  # of which an end in the crop is enough
_FIGURE = 0.7  # interlines by which an octave sign's figure stands above or below its line
_SPANNING = frozenset(("slur", "tie", "lv", "hairpin", "octave"))
_JUMPING = frozenset(("dir", "repeatMark"))  # the same, where the line has a jump or one's sign


def crops(
    document: bytes, lines: Sequence[Sequence[str] | None], r: random.Random
) -> Sequence[NDArray[np.uint8] | None]:
    """A crop for each line of a part; None where it does not show what its tokens tell; empty if lines are others."""
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    kit = verovio.toolkit(False)
    kit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    kit.setOptions({
        "font": r.choice(FONTS), "breaks": "encoded", "scale": 100, "header": "none", "footer": "none",
        "pageWidth": WIDEST, "pageHeight": 40_000, "adjustPageHeight": True, "noJustification": True,
        "spacingLinear": r.uniform(0.2, 0.35), "spacingNonLinear": r.uniform(0.5, 0.7),
        "spacingSystem": r.randint(4, 12),
        "staffLineWidth": r.uniform(0.1, 0.25), "stemWidth": r.uniform(0.15, 0.3),
        "barLineWidth": r.uniform(0.25, 0.45),
        "slurMidpointThickness": r.uniform(0.4, 0.8), "mnumInterval": r.choice((0, 0, 5, 10)),
        "multiRestStyle": r.choice(("auto", "default", "block")), "condense": "none", "svgBoundingBoxes": True,
    })  # fmt: skip
    if not kit.loadData(document.decode()) or kit.getPageCount() != 1:
        return []
    natural = [_width(system) for system in _systems(kit.renderToSVG(1))]
    if not natural:
        return []
    # On a page of its own width a line is never pressed together; at times the shorter ones are stretched to it.
    stretched = r.random() < 0.5
    width = max(natural) * (r.uniform(1, 1.1) if stretched else 1) + _MARGINS
    kit.setOptions({"pageWidth": int(width), "noJustification": not stretched})
    kit.redoLayout()
    if kit.getPageCount() != 1:
        return []
    svg = kit.renderToSVG(1).replace('font-family="Times, serif"', f'font-family="{r.choice(FACES)}"')
    zoom = r.uniform(0.55, 0.85)
    shot = subprocess.run(
        ["rsvg-convert", "-z", f"{zoom:.3f}", "-b", "white"], input=svg.encode(), capture_output=True, timeout=PATIENCE
    )
    seen = cv2.imdecode(np.frombuffer(shot.stdout, np.uint8), cv2.IMREAD_GRAYSCALE) if shot.stdout else None
    if seen is None:
        return []
    page, systems = np.asarray(seen, np.uint8), list(_systems(svg))
    if len(systems) != len(lines):
        return []
    return [
        cut(page, _staff(system, zoom / _UNIT))
        if tokens is not None and _drawn(system, tokens) and _shown(system, tokens)
        else None
        for system, tokens in zip(systems, lines, strict=True)
    ]


def _staff(system: etree._Element, scale: float) -> Staff:
    """Where the picture shows a line's staff; scale: pixels to a unit of the drawing."""
    pieces, ys = list(_lines(system)), _heights(system)
    left, right = min(x for x, _, _ in pieces), max(x for _, x, _ in pieces)
    at, interline = (_CORNER + ys[2]) * scale, (ys[4] - ys[0]) / 4 * scale
    return Staff(at, interline, (_CORNER + left) * scale, (_CORNER + right) * scale)


def _systems(svg: str) -> Iterator[etree._Element]:
    return (group for group in etree.fromstring(svg.encode()).iter(f"{_SVG}g") if group.get("class") == "system")


def _lines(system: etree._Element) -> Iterator[tuple[float, float, float]]:
    """x of the left, x of the right, y of each staff line's piece in each bar."""
    for staff in _of(system, ("staff",)):
        for path in staff.findall(f"{_SVG}path"):
            if found := re.fullmatch(r"M(-?\d+) (-?\d+) L(-?\d+) \2", path.get("d", "")):
                yield float(found[1]), float(found[3]), float(found[2])


def _heights(system: etree._Element) -> list[float]:
    """Of the staff lines, from the top."""
    return sorted({y for _, _, y in _lines(system)})


def _width(system: etree._Element) -> float:
    """Of a line, in the units of a page's width."""
    pieces = list(_lines(system))
    return (max(right for _, right, _ in pieces) - min(left for left, _, _ in pieces)) / 10 if pieces else 0.0


def _of(system: etree._Element, names: Any) -> Iterator[etree._Element]:
    for group in system.iter(f"{_SVG}g"):
        said = (group.get("class") or "").split()
        if said and said[0] in names and "bounding-box" not in said:
            yield group


def _span(sign: etree._Element) -> tuple[float, float] | None:
    """Top and bottom of a sign, or None where it has drawn nothing.

    The box of a sign that goes on in the next line is told of its second half: for those the strokes are asked.
    """
    if (sign.get("class") or "").split()[0] in _SPANNING:
        strokes = [path.get("d", "") for path in sign.findall(f"{_SVG}path")]
        strokes += [line.get("points", "") for line in sign.findall(f"{_SVG}polyline")]
        ys = [float(y) for stroke in strokes for y in re.findall(r"-?[\d.]+[ ,](-?[\d.]+)", stroke)]
        return (min(ys), max(ys)) if ys else None
    boxes = [rect for group in sign.iter(f"{_SVG}g") if "bounding-box" in (group.get("class") or "")
             for rect in group.findall(f"{_SVG}rect")]  # fmt: skip
    spans = [(float(box.get("y", 0)), float(box.get("height", 0))) for box in boxes if float(box.get("height", 0)) > 0]
    return (min(y for y, _ in spans), max(y + height for y, height in spans)) if spans else None


def _shown(system: etree._Element, tokens: Sequence[str]) -> bool:
    """Does the crop show what the line's tokens tell?"""
    ys = _heights(system)
    interline = (ys[4] - ys[0]) / 4
    top, bottom = ys[2] - REACH * interline, ys[2] + REACH * interline
    whole = _WHOLE if set(tokens).isdisjoint((*MARKS[:2], *JUMPS)) else _WHOLE | _JUMPING
    for sign in _of(system, whole | _REACHING):
        if (span := _span(sign)) is None:
            continue
        name = (sign.get("class") or "").split()[0]
        beyond = _FIGURE * interline if name == "octave" else 0
        first, last = span[0] - beyond, span[1] + beyond
        inside = min(last, bottom) - max(first, top)
        if inside < (SHOWN * (last - first) if name in whole else 0):
            return False
    return True


def _drawn(system: etree._Element, tokens: Sequence[str]) -> bool:
    """Did Verovio draw what the line says, as far as its classes tell? It leaves signs out over multi-measure rests."""

    def drawn(name: str) -> int:
        return sum(1 for _ in _of(system, (name,)))

    def said(*wanted: str) -> int:
        return sum(token in wanted for token in tokens)

    heads = sum(bool(re.fullmatch(r"p-?\d+", token)) for token in tokens)
    return (
        len(_heights(system)) == 5
        and drawn("reh") == said("reh")
        and drawn("fermata") == said("fermata")
        and drawn("hairpin") >= said("cresc(", "dim(")
        and drawn("multiRest") == said("mm")
        and drawn("note") == heads
        and drawn("dynam") >= sum(token.startswith("dyn.") for token in tokens)
        and drawn("octave") >= said("8va(", "8vb(")
        and drawn("measure") >= sum(token.startswith("bar.") for token in tokens)
    )
