"""What was seen of a file at first sight: where it is kept, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterable

from media_pipeline import store
from media_pipeline.artifacts import Looks, Media, Sheet, Sheets
from media_pipeline.recipes import LOOK
from projects.models import Source

KINDS = (Source.Kind.PDF, Source.Kind.IMAGE)


def pages_key(source: Source) -> str:
    """Of its Sheets, in every recipe that begins with them."""
    return _key(source, "pages")


def looks_key(source: Source) -> str:
    return _key(source, "heads")


def _key(source: Source, stage: str) -> str:
    return LOOK.keys({Media: [store.source_key(source)]}, {}).of(LOOK.stage(stage), 0)


def looks_of(owner: int, source: Source) -> Looks | None:
    try:
        looks: Looks = store.open_artifact(owner, key=looks_key(source), kind=Looks)
    except store.Missing:
        return None
    return looks


def sheets_of(owner: int, source: Source) -> tuple[Sheet, ...]:
    try:
        sheets: Sheets = store.open_artifact(owner, key=pages_key(source), kind=Sheets)
    except store.Missing:
        return ()
    return sheets.sheets


def seen(owner: int, sources: Iterable[Source]) -> set[int]:
    """Those of the sources that were looked at, and still are known."""
    keys = {looks_key(source): source.pk for source in sources}
    return {keys[key] for key in store.find(owner, keys)}
