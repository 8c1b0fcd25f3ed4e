"""originals: the pages of a set as they came, cut where songs begin and bound anew, in one ZIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media_pipeline.artifacts import ExportFile, Media, PrintPlan, Sheets
from media_pipeline.context import Context, StageError
from media_pipeline.graph import Option, stage
from notation.musicxml import NotationError

if TYPE_CHECKING:
    from pathlib import Path

    from notation.engrave.rebind import Volume

FOLDERS = {"instrument": "books", "song": "songs", "both": "parts"}  # of the ZIP
_BY = Option(
    "by", "all", "Bind", choices=(
        ("all", "both ways, and each part by itself"), ("instrument", "a book for each instrument"),
        ("song", "all parts of a song together"), ("both", "each part of each song by itself"),
    ), when="before",
)  # fmt: skip
_PAPER = Option("paper", "A4", "Paper", choices=(("A4", "A4"), ("Letter", "Letter"), ("A5", "A5")), when="before")


@stage(weight=2, queue="export", label="Binding the original pages", options=(_BY, _PAPER))
def originals(ctx: Context, files: tuple[Media, ...], sheets: tuple[Sheets, ...], plan: PrintPlan) -> ExportFile:
    """books/, songs/ and parts/<song>/ of PDFs. A volume that cannot be bound is left out, and a sentence says why.

    Nothing needs to be recognised: pages without any mark of a song are one piece.
    """
    from typing import Any, cast

    from media_pipeline.omr.slices import pieces_of
    from notation.engrave.rebind import volumes
    from notation.engrave.style import Style
    from notation.exports import safe_name

    pieces = pieces_of(plan, files, sheets)
    if not pieces:
        raise StageError("There are no pages to print.", hint="Take pages in again that were left out.")
    style = Style(paper=cast(Any, ctx.options["paper"]))
    kinds = list(FOLDERS) if ctx.options["by"] == "all" else [str(ctx.options["by"])]
    todo = [volume for by in kinds for volume in volumes(pieces, by=cast(Any, by), title=plan.title)]
    made: list[tuple[Path, str]] = []  # file, its name in the ZIP
    taken: set[str] = set()
    refused: NotationError | None = None
    for number, volume in enumerate(todo):
        ctx.progress(0.95 * number / len(todo), f"{volume.name}: {number + 1} of {len(todo)}")
        try:
            made.append(_bound(ctx, volume, number, style=style, taken=taken))
        except NotationError as error:
            if not error.permanent:
                raise StageError(error.message, hint=error.hint, permanent=False) from error
            ctx.warn(f"{volume.name}: left out. {error.message} {error.hint}".strip())
            refused = error
    if not made:
        assert refused is not None
        raise StageError(refused.message, hint=refused.hint)
    target = ctx.folder / f"{safe_name(plan.title, default='Part books')}.zip"
    try:
        _packed(ctx, made, target)
    except NotationError as error:
        raise StageError(error.message, hint=error.hint, permanent=error.permanent) from error
    return ExportFile(target, target.name, "application/zip")


def _bound(ctx: Context, volume: Volume, number: int, *, style: object, taken: set[str]) -> tuple[Path, str]:
    """Bind a volume; its file, and where it lies in the ZIP. taken: names that others have there, in small letters."""
    from typing import Any, cast

    from notation.engrave.rebind import rebind
    from notation.exports import safe_name

    path = ctx.folder / f"volume-{number:04}.pdf"
    rebind(volume, target=path, style=cast(Any, style), check=ctx.check)
    folder = FOLDERS[volume.by]
    if volume.by == "both":
        folder += f"/{safe_name(volume.pieces[0].song, default='Untitled')}"
    stem = safe_name(volume.name, default="Untitled")
    name, count = f"{folder}/{stem}.pdf", 1
    while name.casefold() in taken:
        count += 1
        name = f"{folder}/{stem} ({count}).pdf"
    taken.add(name.casefold())
    return path, name


def _packed(ctx: Context, made: list[tuple[Path, str]], target: Path) -> None:
    """Whole or not at all. NotationError where the disk is full."""
    import zipfile

    from notation.engrave.files import whole

    with whole(target) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_STORED) as archive:
        for path, name in made:
            ctx.check()
            info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))  # the same pages give the same bytes
            info.external_attr = 0o644 << 16
            info.flag_bits |= 0x800  # names in UTF-8
            archive.writestr(info, path.read_bytes())
            path.unlink()
