"""Ann's part books for the browser: three books of two songs as if they had been read, with doubts that are known."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from projects.models import Project

SIZE = (1240, 1754)  # of a page, in pixels
ACROSS = 4  # bars on a line
KEY = "b" * 64  # of the artefact that has the pages' pictures
DOUBTS = {2: ("too long for 4/4",), 9: ("two readings are as likely", "a head is hardly seen"), 17: ()}
BOOKS = {"Flute 1": (20, 16), "Clarinet": (20, 15), "Tuba": (20, None)}  # bars of each song


def set_band(project: Project) -> dict[str, Any]:
    """Books, songs and scores in the project, by the service that a job uses; ids for the tests."""
    from notation.books import BookRead, keep
    from notation.models import Score
    from tests.cast import bring, pdf

    _file_pages(project.owner_id)
    read = []
    for number, (name, lengths) in enumerate(BOOKS.items()):
        source = bring(project, name=f"{name}.pdf", data=pdf(number + 1))
        songs = tuple(
            _song(title, bars, name, page)
            for page, (title, bars) in enumerate(zip(("Evening Air", "March"), lengths, strict=True), start=1)
        )
        read.append(BookRead((source,), 0, name, songs))
    keep(project, read=read, author=project.owner)
    cell = Score.objects.get(project=project, song__title="Evening Air", book__instrument="Clarinet")
    return {"project": project.pk, "cell": cell.pk, "book": cell.book_id}


def _song(title: str, bars: int | None, name: str, page: int) -> Any:
    from notation.books import SongRead
    from tests.browser.scene import song

    if bars is None:
        return SongRead(title)
    doubts = DOUBTS if (title, name) == ("Evening Air", "Clarinet") else {}
    summary = {"bars": bars, "doubtful": len(doubts), "metre": "4/4"}
    return SongRead(title, "A. Composer", song(bars), bars, "4/4", summary, _reading(bars, doubts, name, page))


def _reading(bars: int, doubts: dict[int, tuple[str, ...]], name: str, number: int) -> dict[str, Any]:
    wide, high = (SIZE[0] - 200) / ACROSS, 110
    told = []
    for bar in range(bars):
        x, y = 100 + bar % ACROSS * wide, 200 + bar // ACROSS * 2 * high
        box = [round(side, 1) for side in (x, y, x + wide, y + high)]
        doubt = {
            "doubt": 0.8 if bar in doubts else 0.1,
            "doubtful": bar in doubts,
            "reasons": list(doubts.get(bar, ())),
        }
        told.append({"measure": bar, "page": number, "box": box, **doubt})
    page = {
        "number": number, "label": f"{name}.pdf, page {number}", "key": KEY, "sheet": number - 1, "size": list(SIZE),
    }  # fmt: skip
    return {"engine": "by hand", "pages": [page], "bars": told}


def _file_pages(owner_id: int) -> None:
    """Two pages with staves where the bars are said to be."""
    from media_pipeline import store
    from media_pipeline.artifacts import Sheet, Sheets
    from media_pipeline.omr.model import Page

    paper = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    for line in range(6):
        for stroke in range(5):
            y = 225 + line * 220 + stroke * 14
            paper[y : y + 2, 100 : SIZE[0] - 100] = 40
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for number in range(2):
            picture = Path(folder) / f"page-{number:04}.png"
            Image.fromarray(paper).save(picture)
            made.append(Sheet(picture, Page(0, number, "", np.zeros((0, 0), np.uint8), 150.0, "music", (), ())))
        sheets = Sheets("band.pdf", tuple(made))
        store.file(owner_id, key=KEY, value=sheets, kind=Sheets, scratch=Path(folder), engine="", notices=[])
