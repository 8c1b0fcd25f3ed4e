"""MusicXML to pages of SVG: Verovio draws the music, the words around it are set here.

    for page in pages(document, style=Style(), folder=folder, check=ctx.check): …

The title block stands on the first page, a running head and the page number on the others, set in millimetres on
Verovio's page. Each page is yielded as soon as it is drawn.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lxml import etree

from notation.engrave import sandbox
from notation.engrave.prepare import Head, Prepared, prepare
from notation.engrave.sandbox import Check, never
from notation.engrave.style import Style
from notation.musicxml import NotationError
from notation.musicxml.read import read

FONT = "Liberation Serif, Times, serif"
TITLE_MM, SUBTITLE_MM, WORDS_MM, SMALL_MM = 7.4, 4.4, 3.7, 3.2
_SCALE_DPI = 96 / 25.4  # CSS pixels a millimetre: user units of Verovio's outer <svg>


@dataclass(frozen=True)
class Page:
    number: int  # 1 is the first drawn
    count: int
    svg: str


@dataclass(frozen=True)
class Words:
    """A line of text on the page. x: 0 left, 0.5 middle, 1 right of the text's width; y from the top margin."""

    text: str
    x: float
    y_mm: float
    size_mm: float
    style: str = ""


def pages(
    document: bytes | etree._Element,
    *,
    style: Style | None = None,
    folder: Path,
    only: Sequence[int] | None = None,
    check: Check = never,
) -> Generator[Page]:
    """The pages of a document, in order, dressed. `folder` takes scratch files. Raises NotationError."""
    style = style or Style()
    root = read(document) if isinstance(document, bytes) else document
    ready = prepare(root, style=style, check=check)
    check()
    for number, count, path in sandbox.draw(
        ready.document, folder=folder, options=options(style, ready=ready), pages=only, check=check
    ):
        yield Page(number, count, dress(path.read_text(encoding="utf-8"), number=number, ready=ready, style=style))
        path.unlink()


def options(style: Style, *, ready: Prepared) -> dict[str, Any]:
    """Verovio's options. Its page unit is a tenth of a millimetre, its `unit` half a staff space in those."""
    width, height = style.size_mm
    top, right, bottom, left = (round(10 * mm) for mm in style.margin_mm)
    crowded = ready.staves > 2
    return {
        "pageWidth": round(10 * width),
        "pageHeight": round(10 * height),
        "pageMarginTop": top,
        "pageMarginRight": right,
        "pageMarginBottom": bottom,
        "pageMarginLeft": left,
        "unit": style.staff_for(ready.staves) * 10 / 8,
        "scale": 100,
        "font": style.font,
        "mmOutput": True,
        "breaks": "auto",
        "breaksNoWidow": True,
        "minLastJustification": 0.6,
        "condense": "none",
        "header": "encoded" if ready.spacer_lines else "none",
        "footer": "none",
        "bottomMarginHeader": round(ready.spacer_rest_units, 2),
        "justifyVertically": True,
        "justificationMaxVertical": 0.3,
        "justificationSystem": 1.0,
        "justificationStaff": 0.3 if crowded else 0.1,
        "justificationBraceGroup": 0.0 if ready.staves == 2 else 0.2,
        "justificationBracketGroup": 0.3,
        "spacingStaff": 9,
        "spacingBraceGroup": 9,
        "spacingBracketGroup": 8,
        "spacingSystem": 7 if not crowded else 9,
        "spacingLinear": 0.27,
        "spacingNonLinear": 0.58,
        "systemDivider": "none",
        "multiRestStyle": "block",
        "smuflTextFont": "none",
        "svgFormatRaw": True,
        "xmlIdChecksum": True,
    }


def dress(svg: str, *, number: int, ready: Prepared, style: Style) -> str:
    """Set title block, running head and page number on a page that Verovio drew."""
    # librsvg drops the no-break spaces around the "=" of a tempo mark unless told to keep blanks.
    svg = re.sub(r"<svg\b", '<svg xml:space="preserve"', svg, count=1)
    unit = style.staff_for(ready.staves) / 8
    svg = _TEMPO.sub(lambda found: _tempo(found, unit=unit, large=ready.tab_alone), svg)
    if ready.staves > 2:
        svg = _SMALL.sub(lambda found: _readable(found, enlarged=style.enlarged), svg)
    words = _page_words(number=number, ready=ready, style=style)
    body, close, tail = svg.rpartition("</svg>")
    return body + _drawn(words, style=style) + close + tail


# A mark above the staff in Verovio's drawing: its <text> up to the end.
_TEMPO = re.compile(r'(<g [^>]*class="(tempo|dir|reh|harm)[ "][^>]*>)(.*?)(</text>)', re.S)
_TAB_SCALE = 1.75  # Verovio sizes words by the staff below them, and a tab's lines lie this much farther apart


def _tempo(found: re.Match[str], *, unit: float, large: bool) -> str:
    """Marks lifted clear of the time signature; over a tab, words in the size they have over a staff."""
    opening, kind, text, close = found.groups()
    if large:
        text = re.sub(r'font-size="([\d.]+)px"', lambda m: f'font-size="{float(m[1]) / _TAB_SCALE:.0f}px"', text)
    if kind in ("tempo", "reh"):  # both, so that they keep their distance
        lift = unit * 100 * (0.8 if not large else 0.4)  # hundredths of a millimetre
        opening = f'{opening[:-1]} transform="translate(0,-{lift:.0f})">'
    return opening + text + close


# Verovio sizes words by the staff: in a score of many small staves nobody reads them from where a conductor stands.
_SMALL = re.compile(r'<g [^>]*class="(tempo|mNum)[ "].*?</text>', re.S)
_READABLE_MM = {"tempo": 3.3, "mNum": 2.9}
_FONT_SIZE = re.compile(r'font-size="(\d+)px"')


def _readable(found: re.Match[str], *, enlarged: float) -> str:
    least = round(100 * _READABLE_MM[found[1]] * enlarged)  # hundredths of a millimetre
    return _FONT_SIZE.sub(lambda m: f'font-size="{max(int(m[1]), least) if int(m[1]) else 0}px"', found[0])


def _page_words(*, number: int, ready: Prepared, style: Style) -> list[Words]:
    width, height = style.size_mm
    top, right, bottom, left = style.margin_mm
    printed = number + style.first_page - 1
    words: list[Words] = []
    if style.head and number == 1:
        words += head_lines(ready.head, width_mm=width - left - right)
    elif style.head:
        running = "  ·  ".join(x for x in (ready.head.title, *ready.head.left[:1]) if x)
        words.append(Words(shorten(running, em=70), 0.5, -top / 2, SMALL_MM, "italic"))
    if style.page_numbers and printed > 1:
        words.append(Words(str(printed), 0.5, height - top - bottom / 2, WORDS_MM))
    return words


def head_lines(head: Head, *, width_mm: float) -> list[Words]:
    """The title block: the title, at most two lines, in the middle; part and tuning left, composer right, below it."""
    lines: list[Words] = []
    y = 0.0
    size = TITLE_MM
    while size > 5.0 and em_width(head.title) * size > width_mm:
        size -= 0.3
    for text in _broken(head.title, em=width_mm / size, most=2):
        y += size * 1.1
        lines.append(Words(text, 0.5, y, size))
    if head.subtitle:
        y += SUBTITLE_MM * 1.5
        lines.append(Words(shorten(head.subtitle, em=width_mm / SUBTITLE_MM), 0.5, y, SUBTITLE_MM, "italic"))
    rows = max(len(head.left), len(head.right))
    y += 1.5 if rows and lines else 0.0
    for row in range(rows):
        y += WORDS_MM * 1.25
        for x, column in ((0.0, head.left), (1.0, head.right)):
            if row < len(column):
                first = row == 0
                text = shorten(column[row], em=width_mm / 2 / WORDS_MM)
                lines.append(Words(text, x, y, WORDS_MM if first else SMALL_MM, "" if first else "italic"))
    return lines


def _drawn(words: list[Words], *, style: Style) -> str:
    top, right, _, left = style.margin_mm
    width = style.size_mm[0] - left - right
    anchors = {0.0: "start", 0.5: "middle", 1.0: "end"}
    out = []
    for line in words:
        italic = ' font-style="italic"' if line.style == "italic" else ""
        out.append(
            f'<text x="{(left + line.x * width) * _SCALE_DPI:.2f}" y="{(top + line.y_mm) * _SCALE_DPI:.2f}" '
            f'font-size="{line.size_mm * _SCALE_DPI:.2f}px" font-family="{FONT}"{italic} '
            f'text-anchor="{anchors[line.x]}">{escape(line.text)}</text>'
        )
    return f'<g class="words">{"".join(out)}</g>' if out else ""


def em_width(text: str) -> float:
    """Rough width of text in ems of a book face: enough to choose a size or a line break."""
    total = 0.0
    for c in text:
        if unicodedata.combining(c):
            continue
        wide = unicodedata.east_asian_width(c) in "WF"
        total += 1.0 if wide else 0.68 if c.isupper() else 0.28 if c in "iljtf.,;:'|! " else 0.49
    return total


def shorten(text: str, *, em: float) -> str:
    if em_width(text) <= em:
        return text
    width, kept = 1.0, 0  # the ellipsis
    while kept < len(text) and (width := width + em_width(text[kept])) <= em:
        kept += 1
    return text[:kept].rstrip() + "…"


def _broken(text: str, *, em: float, most: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and em_width(f"{lines[-1]} {word}") <= em:
            lines[-1] += f" {word}"
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    return [shorten(line, em=em) for line in lines]


# Preview in a page

_SAFE_ATTRIBUTE = re.compile(r"^(?!on)[A-Za-z_][\w.:-]*$")
_SAFE_TAGS = {
    "svg", "g", "defs", "path", "use", "text", "tspan", "rect", "line", "polyline", "polygon", "ellipse", "circle",
    "symbol", "style", "title", "desc",
}  # fmt: skip
_SVG = "{http://www.w3.org/2000/svg}"


def preview(
    document: bytes | etree._Element, page: int = 1, *, style: Style | None = None, check: Check = never
) -> tuple[str, int]:
    """(SVG of one page that scales to its container, number of pages). Safe to put into a page of ours."""
    with tempfile.TemporaryDirectory(prefix="copyist-preview-") as folder:
        for drawn in pages(document, style=style, folder=Path(folder), only=[page], check=check):
            return sanitise(drawn.svg), drawn.count
    raise NotationError("This score has no such page.", hint="Go back to its first page.")


# The notes of tempo marks, for which browsers have no music font, in signs that every system's fonts have.
_EVERYDAY = str.maketrans(
    {0xECA2: "𝅝", 0xECA3: "𝅗𝅥", 0xECA4: "𝅗𝅥", 0xECA5: "♩", 0xECA6: "♩", 0xECA7: "♪", 0xECA8: "♪", 0xECB7: "."}
)


def _harmless(name: str, value: str) -> bool:
    if name.rpartition("}")[2] == "href":
        return value.startswith("#")
    value = value.lower()
    if name == "style" or "url(" in value or "script:" in value:
        return False
    return bool(_SAFE_ATTRIBUTE.match(name.rpartition("}")[2]))


def sanitise(svg: str) -> str:
    """The drawing alone: no script, no link out, no handler, no font of its own; a viewBox for width and height."""
    svg = svg.translate(_EVERYDAY)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(svg.encode(), parser)
    if root.tag != f"{_SVG}svg":
        raise NotationError("This is not a drawing.")
    for element in list(root.iter()):
        tag = str(element.tag)
        parent = element.getparent()
        if parent is not None and (not tag.startswith(_SVG) or tag.removeprefix(_SVG) not in _SAFE_TAGS):
            parent.remove(element)
            continue
        if tag == f"{_SVG}style" and parent is not None:
            parent.remove(element)
            continue
        for key, content in list(element.attrib.items()):
            if not _harmless(str(key), str(content)):
                del element.attrib[key]
    width, height = (float(str(root.get(side) or "0").removesuffix("mm")) * _SCALE_DPI for side in ("width", "height"))
    root.set("viewBox", f"0 0 {width:.2f} {height:.2f}")
    for side in ("width", "height"):
        if side in root.attrib:
            del root.attrib[side]
    root.set("role", "img")
    return str(etree.tostring(root, encoding="unicode"))
