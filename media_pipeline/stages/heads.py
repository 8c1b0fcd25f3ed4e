"""heads: of every page a small picture, and the words where a title or a player's name may stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from media_pipeline.artifacts import Face, Looks, Sheets
from media_pipeline.context import Context
from media_pipeline.graph import stage

if TYPE_CHECKING:
    from pathlib import Path

    from media_pipeline.omr.model import Page
    from media_pipeline.omr.words import Word

WIDE = 260  # pixels of a small picture
ROOM = 7.0  # interlines between two systems from which on a title may stand there
TOP = 0.3  # of a page without staves that may be its head


@stage(weight=1, each=True, label="Looking for titles and names")
def heads(ctx: Context, sheets: Sheets) -> Looks:
    """Only the heads of scanned pages are read, which takes a third of the time that all their words would take."""
    import cv2

    from media_pipeline.omr.pictures import load
    from media_pipeline.omr.wordfile import save
    from media_pipeline.omr.words import missing, read_words

    cv2.setNumThreads(1)
    faces: list[Face] = []
    words: list[list[Word]] = []
    for number, sheet in enumerate(sheets.sheets):
        page = load(sheet)
        readable = page.kind != "unreadable" and min(page.image.shape) > 16
        words.append(read_words(page if page.layer else _head(page), check=ctx.check) if readable else [])
        printed = next((word.number for word in words[-1] if word.role == "page number"), None)
        picture = _small(page, ctx.folder / f"small-{number:04}.jpg")
        height, width = page.image.shape
        problem = f"{page.problem} {page.hint}".strip()
        faces.append(Face(picture, (width, height), printed, page.kind, problem))
        ctx.progress((number + 1) / len(sheets.sheets), f"page {number + 1} of {len(sheets.sheets)}")
    if (without := missing()) and not all(sheet.page.layer for sheet in sheets.sheets):
        ctx.warn(without)
    return Looks(sheets.name, tuple(faces), save(words, ctx.folder / "words.json"))


def _head(page: Page) -> Page:
    """The page with nothing on it but what stands where a song may begin."""
    import numpy as np

    height = page.image.shape[0]
    rooms = [(0.0, TOP * height)]
    if page.systems:
        space = float(np.median([staff.interline for staff in page.staves]))
        edges = [(page.staves[s.staves[0]].box.y0, page.staves[s.staves[-1]].box.y1) for s in page.systems]
        tops = [top for top, _ in edges]
        feet = [0.0, *(foot for _, foot in edges)]
        gaps = zip(feet, tops, strict=False)
        rooms = [(foot, top) for at, (foot, top) in enumerate(gaps) if at == 0 or top - foot > ROOM * space]
    image = np.full_like(page.image, 255)
    for top, foot in rooms:
        rows = slice(max(int(top), 0), max(int(foot), 0))
        image[rows] = page.image[rows]
    return replace(page, image=image)


def _small(page: Page, path: Path) -> Path:
    import cv2

    height, width = page.image.shape
    size = (WIDE, max(1, min(round(height * WIDE / width), 4 * WIDE)))
    small = cv2.resize(page.image, size, interpolation=cv2.INTER_AREA)
    if not cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, 72]):
        raise OSError(f"{path.name} could not be written")
    return path
