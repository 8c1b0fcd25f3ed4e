"""A book as a saddle-stitched booklet: two pages side by side on each side of a sheet, in the order that folding wants.

booklet(book, target=out, sheet="A4")      A5 pages on A4; print on both sides, turned over the short edge, and fold
"""

from __future__ import annotations

from pathlib import Path

from notation.engrave.files import whole
from notation.engrave.sandbox import Check, never
from notation.engrave.style import PAPERS
from notation.musicxml import NotationError

_PT = 72 / 25.4


def imposed(pages: int) -> list[tuple[int | None, int | None]]:
    """(left, right) page of each side of the sheets, front and back in turn, counted from 0; None: empty.

    Eight pages: (7, 0) and (1, 6) on the first sheet, (5, 2) and (3, 4) on the second.
    """
    padded = -(-pages // 4) * 4
    sides: list[tuple[int | None, int | None]] = []
    for side in range(padded // 2):
        outer, inner = padded - 1 - side, side
        left, right = (outer, inner) if side % 2 == 0 else (inner, outer)
        sides.append((left if left < pages else None, right if right < pages else None))
    return sides


def booklet(source: Path, *, target: Path, sheet: str = "A4", check: Check = never) -> int:
    """Impose a PDF of ours to the file `target`; the number of sheets of paper. Whole or not at all."""
    import pikepdf

    if sheet not in PAPERS:
        raise NotationError("There is no such paper.", hint=f"Choose one of {', '.join(PAPERS)}.")
    height, width = (mm * _PT for mm in PAPERS[sheet])  # landscape
    with whole(target) as scratch, pikepdf.Pdf.open(source) as book, pikepdf.Pdf.new() as sheets:
        sides = imposed(len(book.pages))
        for left, right in sides:
            check()
            sheets.add_blank_page(page_size=(width, height))
            side = sheets.pages[-1]
            for page, x in ((left, 0.0), (right, width / 2)):
                if page is not None:
                    side.add_overlay(book.pages[page], pikepdf.Rectangle(x, 0, x + width / 2, height))
        sheets.docinfo["/Title"] = str(book.docinfo.get("/Title", ""))
        sheets.docinfo["/Creator"] = "Copyist"
        sheets.Root.ViewerPreferences = pikepdf.Dictionary(Duplex=pikepdf.Name.DuplexFlipShortEdge)
        sheets.save(scratch, deterministic_id=True)
    return len(sides) // 2
