"""Original pages in print: where a song stands on the pictures of the pages it was read from, as strips to be bound.

For books that were not read well enough, above all percussion: they go into the set as the pages they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from media_pipeline import store
from media_pipeline.artifacts import Sheets
from notation.engrave.rebind import Slice
from notation.models import Revision, Score
from notation.printing.keys import Key

BELOW = 0.35  # of the gap to the song that follows belongs to the one above: words and dynamics under its last staff
ABOVE_PX = 30  # above the first staff, where nobody knows what stands over it


def slices(
    owner_id: int, contents: Mapping[str, Any], revisions: Mapping[int, Revision], *, books: Collection[Key]
) -> dict[tuple[Key, Key], tuple[Slice, ...]]:
    """(song, book) -> strips, for these books and for parts of which nothing could be read.

    What has no picture any more is left out: it is printed as notation.
    """
    wanted = {
        (song["id"], part["book"]): part["score"]
        for song in contents["songs"]
        for part in song["parts"]
        if part["score"] and (part["book"] in books or _unread(revisions.get(part["revision"])))
    }
    if not wanted:
        return {}
    readings = _readings({book for _, book in wanted})
    found = {}
    for (song, book), score in wanted.items():
        strips = _strips(owner_id, readings.get(book, {}), score)
        if strips:
            found[song, book] = strips
    return found


def _unread(revision: Revision | None) -> bool:
    summary = revision.summary if revision is not None else None
    return isinstance(summary, Mapping) and summary.get("bars") == 0


def _readings(books: Collection[int]) -> dict[int, dict[int, Mapping[str, Any]]]:
    """Book -> score -> its last reading."""
    found: dict[int, dict[int, Mapping[str, Any]]] = {}
    for score in Score.objects.filter(book__in=books):
        read = score.last_read
        if read is not None and score.book_id is not None:
            found.setdefault(score.book_id, {})[score.pk] = read.reading
    return found


def _strips(owner_id: int, readings: Mapping[int, Mapping[str, Any]], score: int) -> tuple[Slice, ...]:
    reading = readings.get(score, {})
    others = [other for pk, other in readings.items() if pk != score]
    found: list[Slice] = []
    for page in reading.get("pages", ()):
        span = _span(reading, page["number"])
        if span is None:
            continue
        path = _picture(owner_id, page)
        if path is None:
            return ()
        top, bottom = cut(span, [s for o in others if (s := _span(o, page["number"]))], height=page["size"][1])
        found.append(Slice(path, page["label"], top=top, bottom=bottom))
    return tuple(found)


def _span(reading: Mapping[str, Any], page: int) -> tuple[float, float] | None:
    """From the top of its first staff on a page to the bottom of its last, in pixels."""
    boxes = [bar["box"] for bar in reading.get("bars", ()) if bar["page"] == page]
    return (min(box[1] for box in boxes), max(box[3] for box in boxes)) if boxes else None


def cut(span: tuple[float, float], others: Sequence[tuple[float, float]], *, height: float) -> tuple[float, float]:
    """Shares of the page's height that a song takes, whose staves lie in `span`, beside songs in `others`.

    It begins under the song above it, so that its title comes along, and ends over the title of the one below.
    """
    above = [bottom for _, bottom in others if bottom <= span[0] + 1]
    below = [top for top, _ in others if top >= span[1] - 1]
    top = max(above) + BELOW * (span[0] - max(above)) if above else 0.0
    bottom = span[1] + BELOW * (min(below) - span[1]) if below else height
    if any(other[0] < span[1] and other[1] > span[0] for other in others):  # side by side, or read wrongly
        top, bottom = max(0.0, span[0] - ABOVE_PX), min(height, span[1] + ABOVE_PX)
    return round(top / height, 4), round(max(bottom, top + 1) / height, 4)


def _picture(owner_id: int, page: Mapping[str, Any]) -> Path | None:
    try:
        sheets: Sheets = store.open_artifact(owner_id, key=page["key"], kind=Sheets)
    except store.Missing:
        return None
    picture: Path = sheets.sheets[page["sheet"]].picture
    return picture


__all__ = ["cut", "slices"]
