"""How a page looks: paper, staff size, margins, what stands in the head and the foot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from notation.musicxml import NotationError
from notation.musicxml.staves import View

PAPERS: dict[str, tuple[float, float]] = {  # millimetres, upright
    "A4": (210.0, 297.0),
    "Letter": (215.9, 279.4),
    "A5": (148.0, 210.0),
    "A3": (297.0, 420.0),  # for conductors
}
# Staff heights in millimetres by the number of staves, after the rastral sizes that publishers use.
_STAFF_MM: tuple[tuple[int, float], ...] = ((2, 7.0), (3, 6.5), (5, 6.0), (8, 5.2), (12, 4.6), (999, 3.8))
STAFF_MM_LIMITS = (3.6, 9.6)  # what Verovio can draw
FONTS = ("Leipzig", "Bravura", "Leland", "Gootville", "Petaluma")  # of music, as Verovio brings them


@dataclass(frozen=True)
class Style:
    paper: Literal["A4", "Letter", "A5", "A3"] = "A4"
    landscape: bool = False
    staff_mm: float = 0.0  # height of a five-line staff; 0: by the number of staves
    margin_mm: tuple[float, float, float, float] = (15.0, 15.0, 17.0, 15.0)  # top, right, bottom, left
    font: str = "Leipzig"  # of notes and signs; one of FONTS
    view: View = "both"  # of fretted instruments
    rhythm: bool = True  # stems on a tab that stands alone
    title: str | None = None  # None: the document's own
    subtitle: str = ""
    composer: str | None = None  # None: the document's own
    credit: str | None = None  # small, under the composer; None: says so where Copyist transcribed the music
    part: str | None = None  # left of the head; None: the part's name where the document has one part
    remarks: tuple[str, ...] | None = None  # under the part's name; None: tuning and capo
    head: bool = True  # title block on the first page, running head on the others
    page_numbers: bool = True
    first_page: int = 1
    enlarged: float = 1.0  # how much larger than the paper the page is that is drawn, to be made smaller afterwards

    @property
    def size_mm(self) -> tuple[float, float]:
        width, height = (self.enlarged * mm for mm in PAPERS[self.paper])
        return (height, width) if self.landscape else (width, height)

    def staff_for(self, staves: int) -> float:
        """Staff height in millimetres for a document of so many staves."""
        low, high = STAFF_MM_LIMITS
        if self.staff_mm:
            return min(high, max(low, self.staff_mm))
        size = next(mm for most, mm in _STAFF_MM if staves <= most)
        return max(low, size * 0.85 if self.paper == "A5" else size)


def style_from(options: Mapping[str, Any], *, base: Style | None = None) -> Style:
    """A style from a user's options (text or numbers, unknown names ignored). NotationError where one makes no sense.

    paper, landscape, staff_mm, margin_mm (one number for all four), font, view, rhythm, title, subtitle, composer,
    credit, part, page_numbers.
    """
    style = base or Style()
    changes: dict[str, Any] = {}
    if paper := options.get("paper"):
        found = next((name for name in PAPERS if name.lower() == str(paper).lower()), None)
        if found is None:
            raise NotationError("There is no such paper.", hint=f"Choose one of {', '.join(PAPERS)}.")
        changes["paper"] = found
    if font := options.get("font"):
        if font not in FONTS:
            raise NotationError("There is no such music font.", hint=f"Choose one of {', '.join(FONTS)}.")
        changes["font"] = str(font)
    if view := options.get("view"):
        if view not in ("both", "tab", "staff"):
            raise NotationError("There is no such view.", hint="Choose staff, tab or both.")
        changes["view"] = cast("View", view)
    for name, low, high in (("staff_mm", *STAFF_MM_LIMITS), ("margin_mm", 5.0, 40.0)):
        if options.get(name) in (None, "", 0, "0"):
            continue
        try:
            value = float(options[name])
        except (TypeError, ValueError):
            value = float("nan")
        if not low <= value <= high:
            raise NotationError(f"{name.split('_')[0].capitalize()} size: from {low:g} to {high:g} mm.")
        changes[name] = value if name == "staff_mm" else (value, value, value, value)
    for name in ("landscape", "rhythm", "page_numbers", "head"):
        if name in options:
            changes[name] = str(options[name]).lower() in ("1", "true", "on", "yes")
    for name in ("title", "subtitle", "composer", "credit", "part"):
        if options.get(name) is not None:
            changes[name] = " ".join(str(options[name]).split())[:300]
    return replace(style, **changes)
