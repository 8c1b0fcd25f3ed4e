"""hold_together: the parts of each song of a band proof-read each other."""

from __future__ import annotations

import json

from media_pipeline.artifacts import Proofs, Table
from media_pipeline.context import Context
from media_pipeline.graph import Option, stage
from notation.musicxml import NotationError

_MEND = Option("mend", False, "Mend what is sure in parts that nobody has changed since they were read", when="before")


@stage(weight=2.0, options=(_MEND,), label="Holding the parts together")
def hold_together(ctx: Context, table: Table) -> Proofs:
    """Song by song; one whose documents cannot be read is told, and the others are looked through."""
    from notation.score.proof import look_through

    told = []
    for number, song in enumerate(table.songs):
        ctx.progress(number / len(table.songs), song.title)
        try:
            looked = look_through(song.parts, mending=song.fresh if ctx.options["mend"] else (), check=ctx.check)
        except NotationError as error:
            ctx.warn(f"“{song.title}” was not looked through: {error.message}")
            continue
        told.append(
            {
                "song": song.song,
                "digest": song.digest,
                "mended": [
                    {
                        "id": part.id,
                        "document": part.document.decode(),
                        "reading": part.reading,
                        "sentences": part.sentences,
                        "bars": part.bars,
                    }
                    for part in looked.mended
                ],
                "found": looked.found,
            }
        )
    path = ctx.folder / "proofs.json"
    path.write_text(json.dumps(told, ensure_ascii=False))
    return Proofs(path)
