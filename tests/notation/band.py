"""A small band whose parts agree, and errors to be put into them. Sixteen bars of 4/4, a repeat, a rehearsal mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from tests.cast import bring, pdf
from tests.score.parts import Head, document, note, opening

if TYPE_CHECKING:
    from notation.models import Revision, Score
    from projects.models import Project

BARS = 16
REPEAT = 7  # index of the bar that ends it
MARK = 8
BAND = {"Flute 1": (5, "G2"), "Oboe": (5, "G2"), "Trombone 1": (3, "F4"), "Baritone": (2, "F4")}
TUNE = ("CEGE", "DFAF", "EGCG", "DGBG", "CEGE", "FACA", "GBDB", "CGEC")


def part_document(
    name: str, *, bars: int = BARS, repeat: bool = True, mark: str = "A", rests: Collection[int] = ()
) -> bytes:  # fmt: skip
    """What the band's instrument plays, with one error where it is asked for."""
    from notation.musicxml import tree

    octave, clef = BAND.get(name, (4, "G2"))
    said = []
    for index in range(bars):
        bar = opening(0, clef=clef) if not index else ""
        if index == MARK and mark:
            bar += f"<direction><direction-type><rehearsal>{mark}</rehearsal></direction-type></direction>"
        for step in TUNE[index % len(TUNE)]:
            bar += note([], 4) if index in rests else note([Head(step, 0, octave)], 4)
        if index == REPEAT and repeat:
            bar += (
                '<barline location="right"><bar-style>light-heavy</bar-style><repeat direction="backward"/></barline>'
            )
        if index == bars - 1:
            bar += '<barline location="right"><bar-style>light-heavy</bar-style></barline>'
        said.append(bar)
    return tree.to_bytes(document(said, name=name))


def reading(bars: int, name: str, *, key: str) -> dict[str, Any]:
    told = [
        {"measure": n, "page": 1, "box": [10 + 20 * (n % 4), 10 + 30 * (n // 4), 30 + 20 * (n % 4), 30 + 30 * (n // 4)],
         "doubt": 0.1, "doubtful": False, "reasons": []}
        for n in range(bars)
    ]  # fmt: skip
    page = {"number": 1, "label": f"{name}.pdf, page 1", "key": key, "sheet": 0, "size": [100, 140]}
    return {"engine": "by hand", "pages": [page], "bars": told, "glances": {}}


def set_up(
    project: Project, *, title: str = "March", errors: Mapping[str, Mapping[str, Any]] | None = None, files: int = 0,
    key: str = "0" * 64, more: Collection[str] = (),
) -> None:  # fmt: skip
    """Books as a job would have read them. errors: instrument -> what `part_document` is asked for; files: of which
    set, for the same files are the same books; key: of the artefact that has the pages' pictures; more: instruments
    that are not in BAND."""
    from notation.books import BookRead, SongRead, keep

    read = []
    for number, name in enumerate([*BAND, *more]):
        asked = dict((errors or {}).get(name, {}))
        bars = int(asked.get("bars", BARS))
        source = bring(project, name=f"{name}.pdf", data=pdf(files + number + 1))
        song = SongRead(
            title, "A. Composer", part_document(name, **asked), bars, "4/4",
            {"bars": bars, "doubtful": 0, "metre": "4/4"}, reading(bars, name, key=key),
        )  # fmt: skip
        read.append(BookRead((source,), 0, name, (song,)))
    keep(project, read=read, author=project.owner)


def cell(project: Project, instrument: str) -> Score:
    from notation.models import Score

    return Score.objects.get(project=project, book__instrument=instrument)


def hand_edit(score: Score, bar: int, do: str, note: int | None = None, **told: Any) -> Revision:
    """Her change at the desk."""
    from notation import editing
    from notation.score.edit import Edit

    latest = score.latest
    assert latest is not None
    edits = [Edit(do, bar, note, told)]
    return editing.edit(score, edits=edits, base=latest.number, author=score.project.owner).revision


def derive(project: Project, *targets: str) -> list[str]:
    """What the job does for these rules, here and now; what could not be made."""
    import json
    import tempfile
    from pathlib import Path

    from media_pipeline.artifacts import Table
    from media_pipeline.local import LocalContext
    from media_pipeline.stages.derive_parts import derive_parts
    from notation import generate, rules

    rules.tick(project, targets)
    with tempfile.TemporaryDirectory() as folder:
        songs, asked = generate.table_of(project)
        made = derive_parts.run(LocalContext(Path(folder)), Table(tuple(songs), asked))
        return generate.keep(project, json.loads(made.told.read_text()), author=project.owner)


def hold_together(project: Project, *, mend: bool = False) -> list[str]:
    """What the job does, here and now; what it says about repairs."""
    import json
    import tempfile
    from pathlib import Path

    from media_pipeline.artifacts import Table
    from media_pipeline.local import LocalContext
    from media_pipeline.stages.hold_together import hold_together as stage
    from notation import checks

    with tempfile.TemporaryDirectory() as folder:
        ctx = LocalContext(Path(folder), options={"mend": mend})
        told = stage.run(ctx, Table(tuple(checks.table_of(project)))).told
        return checks.keep(project, json.loads(told.read_text()), author=project.owner)
