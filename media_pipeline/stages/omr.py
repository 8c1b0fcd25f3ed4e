"""omr: the staves of a file's pages are read by the network, and the words around them."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np

from media_pipeline.artifacts import Seen, Sheets, StaffSeen
from media_pipeline.context import Context
from media_pipeline.engines import choose
from media_pipeline.graph import stage

if TYPE_CHECKING:
    from media_pipeline.omr.lattice import Lattice


@stage(weight=8, each=True, label="Reading the notes")
def omr(ctx: Context, sheets: Sheets) -> Seen:
    """1. set tesseract to work on the words outside the staves, in a process beside this one
    2. cut out each staff at the size the network knows
    3. let it see, keep the likeliest tokens of every frame
    4. say what the words are
    Each page is filed as soon as it is read (omr/glimpse.py), so that it can be shown while the rest is being read.
    """
    import cv2

    from media_pipeline.omr.crop import crop
    from media_pipeline.omr.glimpse import glimpse
    from media_pipeline.omr.lattice import compress
    from media_pipeline.omr.pictures import load
    from media_pipeline.omr.wordfile import save
    from media_pipeline.omr.words import letters_of, missing, read_words

    cv2.setNumThreads(1)
    engine = choose("omr")
    label = f"{engine.name} {engine.version}"
    ctx.engine(label)
    vocabulary = tuple(engine.vocabulary)
    staves: list[StaffSeen] = []
    lattices: list[Lattice] = []
    words = []
    rows = 0
    for number, sheet in enumerate(sheets.sheets):
        page = load(sheet)
        notes = [index for index, staff in enumerate(page.staves) if not staff.tab]
        cut = (crop(page.image, page.staves[index]) for index in notes)
        here: dict[int, Lattice] = {}
        with letters_of(page) or nullcontext() as letters:
            for index, posteriors in zip(notes, engine.run(cut), strict=True):
                ctx.check()
                lattice = compress(posteriors, vocabulary)
                staves.append(StaffSeen(number, index, rows, len(lattice.at), lattice.frames))
                here[index] = lattice
                rows += len(lattice.at)
            words.append(tuple(read_words(page, letters=letters, check=ctx.check)))
        lattices += here.values()
        ctx.partial(f"page {number + 1}", glimpse(page, index=number, words=words[-1], seen=here))
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
