"""Pieces of old pages put together on new paper: what goes on which page, where, and how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SIDE_MM, TOP_MM, BOTTOM_MM = 5.0, 9.0, 10.0  # free for the words that we set; old pages bring their own margins
GAP_MM = 3.0  # between two slices
LARGEST = 1.4  # a march card may be that much larger on new paper
SQUEEZE = 0.88  # how much smaller a page's slices may be drawn so that one more fits

Begins = Literal["anywhere", "left", "right"]


@dataclass(frozen=True)
class Cut:
    """A slice as it is on its old page, in millimetres."""

    page_width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """A slice on new paper: its upper left corner from the paper's, millimetres."""

    piece: int
    cut: int  # which slice of the piece
    x: float
    y: float
    scale: float


def stack(
    pieces: Sequence[Sequence[Cut]], *, paper: tuple[float, float], first: int = 1, begins: Begins = "left"
) -> list[list[Placed]]:
    """The new pages, the first of which has the number `first`.

    begins  "anywhere": a piece goes on where the one before ended, if all of it fits there
            "left": the same; and one of two pages and more begins on a left-hand (even) page
            "right": each piece begins on a page of its own, a right-hand one, to be handed out
    """
    width, height = paper[0] - 2 * SIDE_MM, paper[1] - TOP_MM - BOTTOM_MM
    sheets: list[list[tuple[int, int, Cut]]] = []

    def tall(sheet: Sequence[tuple[int, int, Cut]]) -> float:
        return sum(_scale(cut, width) * cut.height for _, _, cut in sheet) + GAP_MM * (len(sheet) - 1)

    for number, cuts in enumerate(pieces):
        own: list[list[tuple[int, int, Cut]]] = []
        for index, cut in enumerate(cuts):
            entry = (number, index, cut)
            if own and tall([*own[-1], entry]) * SQUEEZE <= height:
                own[-1].append(entry)
            else:
                own.append([entry])
        if not own:
            continue
        if begins != "right" and len(own) == 1 and sheets and sheets[-1]:
            both = [*sheets[-1], *own[0]]
            if tall(both) * SQUEEZE <= height:
                sheets[-1] = both
                continue
        page = first + len(sheets)
        if (begins == "right" and page % 2 == 0) or (begins == "left" and len(own) > 1 and page % 2):
            sheets.append([])
        sheets += own
    return [_placed(sheet, tall(sheet), width=width, height=height) for sheet in sheets]


def _scale(cut: Cut, width: float) -> float:
    return min(LARGEST, width / cut.page_width)


def _placed(sheet: Sequence[tuple[int, int, Cut]], tall: float, *, width: float, height: float) -> list[Placed]:
    smaller = min(1.0, height / tall) if sheet else 1.0
    placed, y = [], TOP_MM
    for piece, index, cut in sheet:
        scale = _scale(cut, width) * smaller
        placed.append(Placed(piece, index, SIDE_MM + (width - scale * cut.page_width) / 2, y, scale))
        y += scale * cut.height + GAP_MM * smaller
    return placed
