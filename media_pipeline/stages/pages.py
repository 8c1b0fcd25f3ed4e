"""pages: a file of a book becomes pages set upright, with their staves found."""

from __future__ import annotations

from media_pipeline.artifacts import Media, Sheet, Sheets
from media_pipeline.context import Context, StageError
from media_pipeline.graph import stage


@stage(weight=2, each=True, label="Looking at the pages")
def pages(ctx: Context, media: Media) -> Sheets:
    """Every page of the file in order; one that holds no music stays, with a sentence that says so.

    A file without a page of music is a StageError: there is nothing to read in it.
    """
    import cv2

    from media_pipeline.omr.pictures import save
    from media_pipeline.omr.raster import count, rasterise
    from media_pipeline.omr.staves import look

    cv2.setNumThreads(1)
    total = count(media.path, name=media.name)
    sheets: list[Sheet] = []
    for drawn in rasterise(media.path, name=media.name, check=ctx.check):
        for page in look(drawn):
            picture = ctx.folder / f"page-{len(sheets):04}.png"
            if page.problem:
                ctx.log(f"Page {drawn.index + 1}: {page.problem}")
            sheets.append(save(page, picture))
        ctx.progress((drawn.index + 1) / max(total, drawn.index + 1), f"page {drawn.index + 1} of {total}")
    if not any(sheet.page.staves for sheet in sheets):
        said = next((sheet.page for sheet in sheets if sheet.page.problem), None)
        raise StageError(
            said.problem if said else f"There is no printed music in “{media.name}”.",
            hint=(said.hint if said else "") or "Bring a scan or PDF of printed notes.",
        )
    return Sheets(media.name, tuple(sheets))
