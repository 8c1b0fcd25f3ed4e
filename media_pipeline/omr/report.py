"""The side file of a book: where everything that was read stands on its page, and how sure the reader is of it.

    {"version": 1, "engine": "own-omr …",
     "pages": [{"file": 0, "sheet": 0, "half": "", "kind": "music", "size": [w, h], "dpi": 200, "turned": 0,
                "mirrored": false, "skew": 0.1, "problem": "", "hint": "",
                "systems": [{"brace": false, "box": [x0, y0, x1, y1], "staves": [{"box": […], "interline": 13.2}]}],
                "words": [{"text": "Allegro", "role": "tempo", "box": […], "confidence": 0.93}],
                "unnamed": [{"box": […], "picture": "data:image/png;base64,…"}]}],
     "songs": [{"title": "March", "subtitle": "", "composer": "J. Muster", "arranger": "", "lyricist": "", "page": 0,
                "instrument": "Flute 1", "tacet": false}],
     "parts": [{"song": 0, "title": "March", "instrument": "Flute 1", "document": "01 March - Flute 1.musicxml",
                "lines": [{"page": 0, "system": 0, "staff": 0, "clef": "clef.G2", "key": "key.2", "time": "time.C",
                           "bars": [{"measure": 0, "box": […], "doubt": 0.1, "doubtful": false, "reasons": [],
                                     "tokens": [{"token": "p4", "box": […], "confidence": 0.99}],
                                     "glances": {"3": {"n": 0.012}},
                                     "alternatives": [{"lost": 0.0, "events": ["1 28:0", "1 r"]}]}]}]}],
     "repairs": [{"kind": "rhythm", "part": 0, "line": 0, "bar": 3, "before": […], "after": […], "reason": "…"}]}

Boxes are left, top, right, bottom in pixels of the page set upright. `measure` is the index of the bar's first measure
in the document: a multi-measure rest is one bar here and many measures there. `glances` are the accidentals that were
glimpsed before a head, by the head's place among the bar's tokens (glances.py); `alternatives` what a doubtful bar may
say instead (alternatives.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from media_pipeline.omr.crop import MIDDLE, Place, place
from media_pipeline.omr.model import DOUBTFUL, BarRead, Box, Line, Page, Repair, Seen
from media_pipeline.omr.songs import Song
from media_pipeline.omr.tokens import is_position

VERSION = 1
STEP = 5  # rows of a crop from one staff position to the next
HEAD = 7  # half a note head's width, in columns of a crop
ABOVE = ("volta", "reh", "segno", "coda", "8va", "tup", "fermata")


def of_page(
    page: Page,
    size: tuple[int, int],
    words: Iterable[tuple[str, str, Box, float]],
    unnamed: Iterable[tuple[Box, str]] = (),
) -> dict[str, Any]:
    """size: width and height in pixels; words: (text, role, box, confidence); unnamed: (box, picture)."""
    return {
        "file": page.file, "sheet": page.sheet, "half": page.half, "kind": page.kind, "size": list(size),
        "dpi": page.dpi, "turned": page.turned, "mirrored": page.mirrored, "skew": round(page.skew, 2),
        "problem": page.problem, "hint": page.hint,
        "systems": [
            {
                "brace": system.brace,
                "box": _rounded(_around([page.staves[i].box for i in system.staves])),
                "staves": [
                    {"box": _rounded(page.staves[i].box), "interline": round(page.staves[i].interline, 2)}
                    for i in system.staves
                ],
            }
            for system in page.systems
        ],
        "words": [
            {"text": text, "role": role, "box": _rounded(box), "confidence": round(confidence, 3)}
            for text, role, box, confidence in words
        ],
        "unnamed": [{"box": _rounded(box), "picture": picture} for box, picture in unnamed],
    }  # fmt: skip


def of_song(song: Song) -> dict[str, Any]:
    """A tacet song has no document: only this tells of it."""
    return {
        "title": song.title, "subtitle": song.subtitle, "composer": song.composer, "arranger": song.arranger,
        "lyricist": song.lyricist, "page": song.page, "instrument": song.instrument.name, "tacet": song.tacet,
    }  # fmt: skip


def of_line(
    line: Line,
    page: Page,
    measures: Sequence[int],
    glances: Mapping[tuple[int, int], Mapping[str, float]] | None = None,
    alternatives: Mapping[int, Sequence[Mapping[str, Any]]] | None = None,
) -> dict[str, Any]:
    """measures: of each bar, the index of its first measure in the document.

    glances, alternatives: as glances.py and alternatives.py have them.
    """
    staff = page.staves[line.staff]
    at = place(staff)
    bars = []
    before = staff.x0
    glimpsed: dict[int, dict[str, Any]] = {}
    for (index, token), odds in (glances or {}).items():
        glimpsed.setdefault(index, {})[str(token)] = dict(odds)
    for index, (bar, measure) in enumerate(zip(line.bars, measures, strict=True)):
        box = bar_box(bar, at, left=before, right=staff.x1)
        bars.append(
            {
                "measure": measure, "box": _rounded(box), "doubt": round(bar.doubt, 3),
                "doubtful": bar.doubt >= DOUBTFUL, "reasons": list(bar.reasons),
                "tokens": [
                    {"token": seen.token, "box": _rounded(token_box(seen, at)), "confidence": round(seen.confidence, 3)}
                    for seen in bar.tokens
                ],
                **({"glances": glimpsed[index]} if index in glimpsed else {}),
                **({"alternatives": list(alternatives[index])} if alternatives and index in alternatives else {}),
            }
        )  # fmt: skip
        before = box.x1
    return {
        "page": line.page, "system": line.system, "staff": line.staff, "clef": line.clef, "key": line.key,
        "time": line.time, "bars": bars,
    }  # fmt: skip


def of_repair(repair: Repair, part: int) -> dict[str, Any]:
    return {
        "kind": repair.kind, "part": part, "line": repair.line, "bar": repair.bar, "before": list(repair.before),
        "after": list(repair.after), "reason": repair.reason,
    }  # fmt: skip


def bar_box(bar: BarRead, at: Place, *, left: float, right: float) -> Box:
    """From the bar line before to its own; as high as what it holds."""
    boxes = [token_box(seen, at) for seen in bar.tokens]
    own = next((seen for seen in reversed(bar.tokens) if seen.token.startswith("bar.")), None)
    staff = at.box(0, 0)
    return Box(
        left,
        min([staff.y0, *(box.y0 for box in boxes)]),
        at.across(own.frame) if own is not None else right,
        max([staff.y1, *(box.y1 for box in boxes)]),
    )


def token_box(seen: Seen, at: Place) -> Box:
    """A head stands on its position; what belongs over the staff above it; the rest is as high as the staff."""
    name = seen.token
    if is_position(name):
        row = MIDDLE + 4 * STEP - STEP * int(name[1:])
        half = HEAD * at.scale
        x = at.across(seen.frame)
        return Box(x - half, at.down(row - STEP), x + half, at.down(row + STEP))
    if name.startswith(ABOVE):
        return at.box(seen.frame - 4, seen.frame + 4, MIDDLE - 55, MIDDLE - 25)
    if name.startswith(("dyn.", "cresc", "dim", "hair")):
        return at.box(seen.frame - 6, seen.frame + 6, MIDDLE + 30, MIDDLE + 60)
    return at.box(seen.frame - 2, seen.frame + 2)


def _around(boxes: Sequence[Box]) -> Box:
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


def _rounded(box: Box) -> list[float]:
    return [round(value, 1) for value in (box.x0, box.y0, box.x1, box.y1)]
