"""export: a score's MusicXML becomes a file to take along: PDF, MusicXML, MIDI or all in a ZIP."""

from __future__ import annotations

from media_pipeline.artifacts import ExportFile, Notation
from media_pipeline.context import Context, StageError
from media_pipeline.graph import Option, stage
from notation.exports import KINDS, PAGE_CHOICES
from notation.musicxml import NotationError

_KIND = Option("kind", "pdf", "File", choices=tuple((kind.name, kind.label) for kind in KINDS.values()), when="before")
_PAGE = tuple(Option(c.name, c.default, c.label, choices=c.choices, when="before") for c in PAGE_CHOICES)
_PARTS = Option("parts", "", "Parts", "Which parts, by their ids with commas between; empty for all.", when="before")


@stage(weight=2.0, queue="export", label="Writing the file", options=(_KIND, *_PAGE, _PARTS))
def export(ctx: Context, score: Notation) -> ExportFile:
    """One file of the chosen kind. What the engraver says about a document reaches the user in its own words."""
    from notation.exports import export as write

    kind = KINDS[str(ctx.options["kind"])]
    ctx.progress(0.0, kind.label)
    try:
        path = write(
            kind.name,
            score.path.read_bytes(),
            folder=ctx.folder,
            title=score.title,
            options={name: value for name, value in ctx.options.items() if name != "kind"},
            check=ctx.check,
        )
    except NotationError as error:
        raise StageError(error.message, hint=error.hint, permanent=error.permanent) from error
    return ExportFile(path, path.name, kind.media_type)
