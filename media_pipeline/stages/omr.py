"""omr: the staves of a file's pages are read by the network, and the words around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from media_pipeline.artifacts import Seen, Sheets, StaffSeen
from media_pipeline.context import Context
from media_pipeline.engines import choose
from media_pipeline.graph import stage

if TYPE_CHECKING:
    from media_pipeline.omr.lattice import Lattice
    from media_pipeline.omr.words import Word


@stage(weight=8, each=True, label="Reading the notes")
def omr(ctx: Context, sheets: Sheets) -> Seen:
    """1. cut out each staff at the size the network knows
    2. let it see, keep the likeliest tokens of every frame
    3. meanwhile, in a process beside this one, read the words outside the staves
    Each page is filed as soon as it is read (omr/glimpse.py), so that it can be shown while the rest is being read.
    """
    import cv2

    from media_pipeline.omr.glimpse import glimpse
    from media_pipeline.omr.pictures import load
    from media_pipeline.omr.reading import read_page
    from media_pipeline.omr.wordfile import save
    from media_pipeline.omr.words import missing

    cv2.setNumThreads(1)
    engine = choose("omr")
    label = f"{engine.name} {engine.version}"
    ctx.engine(label)
    vocabulary = tuple(engine.vocabulary)
    staves: list[StaffSeen] = []
    lattices: list[Lattice] = []
    words: list[tuple[Word, ...]] = []
    rows = 0
    for number, sheet in enumerate(sheets.sheets):
        page = load(sheet)
        read = read_page(page, run=engine.run, vocabulary=vocabulary, check=ctx.check)
        for index, lattice in read.seen.items():
            staves.append(StaffSeen(number, index, rows, len(lattice.at), lattice.frames))
            rows += len(lattice.at)
        lattices += read.seen.values()
        words.append(read.words)
        ctx.partial(f"page {number + 1}", glimpse(page, read, index=number))
        ctx.progress((number + 1) / len(sheets.sheets), f"page {number + 1} of {len(sheets.sheets)}")
    if (without := missing()) and not all(sheet.page.layer for sheet in sheets.sheets):
        ctx.warn(without)
    width = max((lattice.ids.shape[1] for lattice in lattices), default=1)
    return Seen(
        vocabulary,
        tuple(staves),
        np.concatenate([lattice.at for lattice in lattices] or [np.zeros(0, np.uint16)]),
        np.concatenate([lattice.ids for lattice in lattices] or [np.zeros((0, width), np.uint8)]),
        np.concatenate([lattice.logs for lattice in lattices] or [np.zeros((0, width), np.float16)]),
        save(words, ctx.folder / "words.json"),
        label,
    )
