"""pages: a file of a book becomes pages set upright, with their staves found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from media_pipeline.artifacts import Media, Sheet, Sheets
from media_pipeline.context import Context, StageError
from media_pipeline.engines import choose
from media_pipeline.graph import stage

if TYPE_CHECKING:
    from media_pipeline.omr.raster import Sheet as Drawn

SOON = 4  # pages from which the first with music is read at once, to be shown: the others come to it much later
USUAL = ("blank", "words")  # what any book has: logged, not warned of


@stage(weight=2, each=True, label="Looking at the pages")
def pages(ctx: Context, media: Media) -> Sheets:
    """Every page of the file in order; one that cannot be read, or holds no music, stays and says so in a sentence.

    A file that cannot be opened is one such page: the other files of its book are read all the same. The first page of
    a long file is read and filed at once (omr/glimpse.py), so that it can be shown while the others are looked at.
    """
    import cv2

    from media_pipeline.omr.glimpse import glimpse
    from media_pipeline.omr.pictures import save
    from media_pipeline.omr.raster import rasterise, unopened
    from media_pipeline.omr.reading import read_page
    from media_pipeline.omr.staves import look

    cv2.setNumThreads(1)
    engine = choose("omr")
    sheets: list[Sheet] = []
    if media.page is not None:
        return _turned(ctx, media, media.page)

    def keep(drawn: Drawn) -> None:
        for page in look(drawn, read=engine.run):
            sheets.append(save(page, ctx.folder / f"page-{len(sheets):04}.png"))
            if drawn.of >= SOON and page.kind == "music" and not any(one.page.kind == "music" for one in sheets[:-1]):
                read = read_page(page, run=engine.run, vocabulary=tuple(engine.vocabulary), check=ctx.check)
                ctx.partial(f"page {len(sheets)}", glimpse(page, read, index=len(sheets) - 1))

    try:
        for drawn in rasterise(media.path, name=media.name, check=ctx.check):
            keep(drawn)
            done, total = drawn.index + 1, max(drawn.of, drawn.index + 1)
            ctx.progress(done / total, f"page {done} of {total}")
    except StageError as error:
        keep(unopened(error))
    for kind, sentence in _problems(media.name, sheets):
        (ctx.log if kind in USUAL else ctx.warn)(sentence)
    return Sheets(media.name, tuple(sheets))


def _turned(ctx: Context, media: Media, number: int) -> Sheets:
    """One page, turned as its owner says."""
    from media_pipeline.omr.pictures import save
    from media_pipeline.omr.raster import rasterise, turned
    from media_pipeline.omr.staves import look

    with closing(rasterise(media.path, name=media.name, first=number, check=ctx.check)) as pages:
        drawn = next(pages)
    found = look(turned(drawn, media.turn), upright=True)
    page = next((page for page in found if page.half == media.half), found[0])
    sheets = (save(page, ctx.folder / "page-0000.png"),)
    for kind, sentence in _problems(media.name, sheets):
        (ctx.log if kind in USUAL else ctx.warn)(sentence)
    return Sheets(media.name, sheets)


def _problems(name: str, sheets: Sequence[Sheet]) -> Iterator[tuple[str, str]]:
    """Kind of page and a sentence for each thing that is wrong, with the pages that it is wrong with."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for sheet in sheets:
        page = sheet.page
        if page.problem:
            numbers = found.setdefault((page.kind, page.problem, page.hint), [])
            numbers += [page.sheet + 1] if page.sheet + 1 not in numbers else []
    for (kind, problem, hint), numbers in found.items():
        where = f"page {numbers[0]}" if len(numbers) == 1 else f"pages {_listed(numbers)}"
        of = "" if name in problem else f"“{name}”: " if len(sheets) == 1 else f"“{name}”, {where}: "
        yield kind, f"{of}{problem} {hint}".strip()


def _listed(numbers: Sequence[int]) -> str:
    """As in: 1-3, 7 and 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
