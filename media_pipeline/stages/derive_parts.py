"""derive_parts: parts that nobody has are made from those that are there, by the rules of a project."""

from __future__ import annotations

import json
from typing import Any

from media_pipeline.artifacts import Parts, Table
from media_pipeline.context import Context, StageError
from media_pipeline.graph import stage
from notation.musicxml import NotationError, tree


@stage(weight=2.0, label="Deriving parts")
def derive_parts(ctx: Context, table: Table) -> Parts:
    """Song by song. Rules that need each other in a circle are a StageError that names the circle."""
    from notation.score.derived import told_of

    asked = json.loads(table.rules)
    if not asked["wanted"]:
        raise StageError("No rule is chosen.", hint="Tick the parts that you want.")
    found: list[dict[str, Any]] = []
    for number, song in enumerate(table.songs):
        ctx.progress(number / len(table.songs), song.title)
        try:
            one = told_of(song, asked)
        except NotationError as error:
            raise StageError(error.message, hint=error.hint, permanent=error.permanent) from error
        for part in one["derived"]:
            part["document"] = tree.to_bytes(part.pop("root")).decode()
        found.append(one)
    path = ctx.folder / "parts.json"
    path.write_text(json.dumps(found, ensure_ascii=False))
    return Parts(path)
