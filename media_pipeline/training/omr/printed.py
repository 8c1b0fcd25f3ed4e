"""What of a score its engraved part prints: scores tell all.

MuseScore hides a tuplet's number without saying so in MusicXML. Its PDFs hold the numbers as text, so each tuplet of a
line is looked for between the first and the last of its notes. Nor does it say where a new section begins without a
warning at the end of the line before: clef, key and metre stand there only if the staff goes on behind its last bar.
Some scores were worked over after their parts had been printed: where a line's dynamics are not as many as the page has
there, its hairpins and articulations are not to be believed either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

ALONE = 1.2  # of its height on both sides of a digit nothing is printed that belongs to its number
ROOM = 1.0  # interlines of staff behind the last bar line, from which on something stands there
BESIDE = 1.5  # interlines by which a number may stand before the first or after the last of its notes
DYNAMICS = range(0xE520, 0xE53E)  # in SMuFL 1.4; hairpins follow


@dataclass(frozen=True)
class Digit:
    """A digit that stands alone, and where its middle is on the page as it was rendered."""

    value: str
    x: float
    y: float


def digits(page: pypdfium2.PdfPage, scale: float) -> list[Digit]:
    """The lone digits of a page's text; scale: pixels to a point."""
    found = _printed(page, scale)
    out: list[Digit] = []
    for n, (char, left, top, right, bottom) in enumerate(found):
        if char not in "23456789":
            continue
        near = ALONE * (bottom - top)
        beside = [*found[max(0, n - 1) : n], *found[n + 1 : n + 2]]
        if any(t < bottom and top < b and r > left - near and near + right > le for _, le, t, r, b in beside):
            continue
        out.append(Digit(char, (left + right) / 2, (top + bottom) / 2))
    return out


def dynamics(page: pypdfium2.PdfPage, scale: float) -> list[float]:
    """y of each dynamic of a page, of which MuseScore prints each as one sign of its font. scale: pixels to a point."""
    return [(top + bottom) / 2 for char, _, top, _, bottom in _printed(page, scale) if ord(char) in DYNAMICS]


def _printed(page: pypdfium2.PdfPage, scale: float) -> list[tuple[str, float, float, float, float]]:
    """What is printed as text, and where: left, top, right, bottom in pixels."""
    text = page.get_textpage()
    height = page.get_height()
    found = []
    for n in range(text.count_chars()):
        char = chr(pdfium.FPDFText_GetUnicode(text, n) & 0x1FFFFF or 32)
        if not char.isspace():
            left, bottom, right, top = text.get_charbox(n)
            found.append((char, left * scale, (height - top) * scale, right * scale, (height - bottom) * scale))
    text.close()
    return found


def as_printed(tokens: Sequence[str], places: Mapping[int, float], numbers: Sequence[tuple[str, float]]) -> list[str]:
    """A line's tokens without the tuplets whose number the page does not show; [] where that cannot be told.

    places: x of some of the tokens, in interlines; numbers: lone digits beside the staff and their x.
    """
    out: list[str] = []
    hidden = False
    for n, token in enumerate(tokens):
        if token == "tupend" and hidden:
            hidden = False
            continue
        if token.startswith("tup") and token != "tupend":
            end = tokens.index("tupend", n)
            inside = tokens[n:end]
            if not any(t.startswith("trem") for t in inside):  # two notes that share a tremolo have no number
                held = [places[k] for k in range(n, end) if k in places]
                if not held:
                    return []
                hidden = not any(
                    value == token.removeprefix("tup") and held[0] - BESIDE <= x <= held[-1] + BESIDE
                    for value, x in numbers
                )
                if hidden:
                    continue
        out.append(token)
    return out


def without_absent_warning(tokens: Sequence[str], room: float | None) -> list[str]:
    """A line's tokens without the clef, key and metre behind its last bar line, where there is no room for them.

    room: interlines from where the last bar line begins to the end of the staff; None where no bar line was seen.
    """
    last = max((n for n, token in enumerate(tokens) if token.startswith("bar.")), default=len(tokens))
    return list(tokens[: last + 1] if room is not None and room < ROOM else tokens)
