"""Makes the landing page's example: Copyist plays its demo, transcribes it, and draws what went in above what came out.

    python -m tests.browser.pictures        writes static/img/demo-wide.svg, demo-narrow.svg and demo.m4a

Run it by hand when the pipeline has learnt something. Nothing is retouched: the waveform is bent so that every moment
stands above its note, with the sync points that the player uses, too.
"""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.artifacts import Document, Listening, Media
from media_pipeline.demo import TITLE, make_demo
from media_pipeline.local import run_recipe
from media_pipeline.recipes import GUITAR_TAB
from notation.engrave.prepare import prepare
from notation.engrave.style import Style
from notation.engrave.svg import options as engraving
from notation.musicxml.read import read

IMAGES = Path(__file__).resolve().parents[2] / "static" / "img"
SVG = "{http://www.w3.org/2000/svg}"
INK, WAVE, PENCIL = "#16181c", "#8f969e", "#1c51a4"
UNIT_MM = 7.0 / 8  # half a staff space of a staff 7 mm high
HEAD_UNITS = 2.36  # width of a notehead
WAVE_UNITS, GAP_UNITS = 15.0, 10.0  # height of the waveform, and its distance from the staff, in half spaces


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = make_demo(folder / f"{TITLE}.wav")
        made = run_recipe(GUITAR_TAB, given={Media: [Media(recording, recording.name)]}, folder=folder / "work")
        IMAGES.mkdir(parents=True, exist_ok=True)
        for size, bars, systems in (("wide", 4, 2), ("narrow", 2, 2)):
            picture = draw(made[Document], made[Listening], bars=bars, systems=systems)
            (IMAGES / f"demo-{size}.svg").write_bytes(picture)
        heard: Path = made[Listening].file
        shutil.copyfile(heard, IMAGES / f"demo{heard.suffix}")


def draw(document: Document, listening: Listening, *, bars: int, systems: int) -> bytes:
    """The first bars of the document, `bars` to the system, with the recording above each system."""
    root = read(document.musicxml.read_bytes())
    for part in root.findall("part"):
        for measure in part.findall("measure")[bars * systems :]:
            part.remove(measure)
    ready = prepare(root, style=Style(head=False, staff_mm=7.0))
    toolkit, svg = _engrave(ready.document, engraving(Style(head=False, staff_mm=7.0), ready=ready), bars=bars)
    xs = _places(toolkit, svg)
    sheet = svg.find(f".//{SVG}svg[@class='definition-scale']")
    assert sheet is not None
    seconds = _clock(document)
    margin = sheet.find(f"{SVG}g[@class='page-margin']")
    assert margin is not None
    for mark in list(margin.iter(f"{SVG}g")):
        if mark.get("class", "").split()[:1] == ["tempo"]:
            _remove(mark)  # a browser has not the face that its note is set in
    tops = [
        _recording_above(system, xs=xs, seconds=seconds, listening=listening)
        for system in margin.iter(f"{SVG}g")
        if system.get("class", "").split()[:1] == ["system"]
    ]
    moved = float(margin.get("transform", "translate(0, 0)").rstrip(")").split(",")[1])
    _crop(svg, sheet, top=min(tops) + moved)
    return bytes(etree.tostring(svg))


def _engrave(document: bytes, options: dict[str, Any], *, bars: int) -> tuple[Any, etree._Element]:
    import verovio

    root = etree.fromstring(document)
    for number, measure in enumerate(root.findall("part[1]/measure")):
        if number and number % bars == 0:
            measure.insert(0, etree.Element("print", {"new-system": "yes"}))
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        options
        | {
            "breaks": "encoded",
            "header": "none",
            "adjustPageHeight": True,
            "pageWidth": 520 * bars + 140,
            "pageMarginTop": round((WAVE_UNITS + GAP_UNITS) * UNIT_MM * 10),
            "pageMarginLeft": 50,
            "pageMarginRight": 10,
            "pageMarginBottom": 20,
            "spacingSystem": WAVE_UNITS + GAP_UNITS + 2,
            "justifyVertically": False,
            "minLastJustification": 0,
            "svgRemoveXlink": True,
        }
    )
    assert toolkit.loadData(etree.tostring(root).decode())
    return toolkit, etree.fromstring(toolkit.renderToSVG(1).encode())


def _places(toolkit: Any, svg: etree._Element) -> dict[str, list[tuple[float, float]]]:
    """System id -> (quarters since the start, x) of everything that begins there, and of the system's end."""
    timemap = toolkit.renderToTimemap({"includeMeasures": True})
    if isinstance(timemap, str):
        timemap = json.loads(timemap)
    begins = {note: entry["qstamp"] for entry in timemap for note in entry.get("on", [])}
    places: dict[str, list[tuple[float, float]]] = {}
    ends: dict[str, float] = {}
    for system in svg.iter(f"{SVG}g"):
        if system.get("class", "").split()[:1] != ["system"]:
            continue
        found: dict[float, float] = {}
        for note in system.iter(f"{SVG}g"):
            quarters = begins.get(note.get("id", ""))
            head = note.find(f".//{SVG}g[@class='notehead']/{SVG}use")
            if quarters is None or head is None:
                continue
            x = float(head.get("transform", "").partition("(")[2].partition(",")[0] or head.get("x", "0"))
            x += HEAD_UNITS / 2 * UNIT_MM * 100
            found[quarters] = min(x, found.get(quarters, x))
        places[system.get("id", "")] = sorted(found.items())
        ends[system.get("id", "")] = max(_staff_lines(system), key=lambda line: line[1])[1]
    ids = list(places)
    for here, after in zip(ids, [*ids[1:], None], strict=True):
        last = places[after][0][0] if after else _total(toolkit, timemap)
        places[here].append((last, ends[here]))
    return places


def _total(toolkit: Any, timemap: list[dict[str, Any]]) -> float:
    return float(max(entry["qstamp"] for entry in timemap))


def _staff_lines(system: etree._Element) -> list[tuple[float, float, float]]:
    """(left, right, y) of every staff line, top one first."""
    lines = []
    for staff in system.iter(f"{SVG}g"):
        if staff.get("class", "").split()[:1] == ["staff"]:
            for path in staff.findall(f"{SVG}path"):
                words = path.get("d", "").replace("M", "").replace("L", " ").split()
                if len(words) == 4:
                    x1, y, x2, _ = map(float, words)
                    lines.append((x1, x2, y))
    return sorted(lines, key=lambda line: line[2])


def _clock(document: Document) -> tuple[list[float], list[float]]:
    """Quarters since the start, and the second of the recording that each is heard at (four quarters to the bar)."""
    points = sorted({4.0 * bar + quarters: at for bar, quarters, at in document.sync}.items())
    return [q for q, _ in points], [at for _, at in points]


def _recording_above(
    system: etree._Element,
    *,
    xs: dict[str, list[tuple[float, float]]],
    seconds: tuple[list[float], list[float]],
    listening: Listening,
) -> float:
    """Draws it, and returns the y of its upper edge."""
    places = xs[system.get("id", "")]
    lines = _staff_lines(system)
    left, top = min(line[0] for line in lines), lines[0][2]
    unit = UNIT_MM * 100  # Verovio draws in hundredths of a millimetre
    middle = top - (GAP_UNITS + WAVE_UNITS / 2) * unit
    at = [float(np.interp(q, *seconds)) for q, _ in places]
    x_of = [x for _, x in places]
    lead = (x_of[0] - left) * (at[1] - at[0]) / (x_of[1] - x_of[0])  # what was heard above clef and key
    grid = np.arange(left, x_of[-1], unit * 0.36)
    when = np.interp(grid, [left, *x_of], [max(0.0, at[0] - lead), *at])
    heights = _heights(listening, when)
    bars = "".join(
        f"M{x:.0f} {middle - high * WAVE_UNITS / 2 * unit:.0f}V{middle - low * WAVE_UNITS / 2 * unit:.0f}"
        for x, (low, high) in zip(grid, heights, strict=True)
    )
    group = etree.Element(f"{SVG}g", {"class": "recording", "fill": "none"})
    _line(group, bars, colour=WAVE, width=unit * 0.22)
    for number, (q, x) in enumerate(places):
        if number == len(places) - 1 or not float(q).is_integer():
            continue
        strong = q % 4 == 0
        reach = (WAVE_UNITS / 2 + 1) * unit
        _line(group, f"M{x:.0f} {middle - reach:.0f}V{middle + reach:.0f}" if strong else
              f"M{x:.0f} {middle + reach - unit * 1.6:.0f}V{middle + reach:.0f}",
              colour=PENCIL, width=unit * (0.24 if strong else 0.16))  # fmt: skip
    system.insert(0, group)
    return middle - (WAVE_UNITS / 2 + 1.5) * unit


def _line(group: etree._Element, path: str, *, colour: str, width: float) -> None:
    etree.SubElement(
        group, f"{SVG}path", {"d": path, "stroke": colour, "stroke-width": f"{width:.0f}", "stroke-linecap": "round"}
    )


def _heights(listening: Listening, when: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) lowest and highest sample from each moment to the next, -1..1, the loudest of all being 1."""
    peaks = np.asarray(listening.peaks, np.float64)
    peaks = peaks / np.abs(peaks).max()
    edges = [round(float(t) * listening.peaks_per_second) for t in when]
    edges.append(edges[-1] + max(1, edges[-1] - edges[-2]))
    found = []
    for first, last in itertools.pairwise(edges):
        piece = peaks[first : max(last, first + 1)]
        found.append((piece[:, 0].min(), piece[:, 1].max()) if len(piece) else (-0.01, 0.01))
    return np.array(found)


def _crop(svg: etree._Element, sheet: etree._Element, *, top: float) -> None:
    """Scales to its container; ink as on the page; without what only a program would read."""
    _, _, width, height = sheet.get("viewBox", "").split()
    for attribute in {"width", "height", "viewBox"} & {str(key) for key in svg.attrib}:
        del svg.attrib[attribute]
    svg.set("viewBox", f"0 {top:.0f} {width} {float(height) - top:.0f}")
    svg.set("color", INK)
    sheet.set("width", width)
    sheet.set("height", height)
    kept = {definition.get("id") for definition in svg.iterfind(f"{SVG}defs/*")}
    for element in svg.iter(f"{SVG}*"):
        for attribute in {"id", "class"} & {str(key) for key in element.attrib}:
            if element.get(attribute) not in kept:
                del element.attrib[attribute]


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


if __name__ == "__main__":
    main()
