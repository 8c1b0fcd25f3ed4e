"""What a revision keeps of the reading it came from: `Revision.reading`. Plain values; no Django.

    {"engine": "own-omr 1.0",
     "pages": [{"number": 3, "label": "Clarinet.pdf, page 3", "key": "…", "sheet": 2, "size": [1654, 2339]}],
     "bars": [{"measure": 0, "page": 3, "box": [x0, y0, x1, y1], "doubt": 0.7, "doubtful": true,
               "reasons": ["too long for 3/4"]}],
     "glances": {"0-3-12": {"n": 0.012}},
     "alternatives": {"0-3": [{"lost": 0.0, "events": ["1 28:0", "1 r"]}]}}

number   of the page in its book, from 1; bars name their page by it; 0: on none, as the part was derived
key      of the artefact that holds the page's picture, `sheet` its index there; only the machine room opens it
box      left, top, right, bottom in pixels of that picture, which is `size` large
measure  index in the document; a rest of many bars is one bar here and many measures there
glances  id of a note in the document, without its "n" -> accidental (f ff n s x) that the reader glimpsed before it
         and did not take for a sign -> how likely it stands there; missing in readings that did not look
alternatives  id of a bar's notes without their last number -> what it may say, the reading in the document first: by
         how many nats it is less likely, and its events (quarters; step counted from C0 and alteration of each head)
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

UNSAID = "the reader was not sure"
DECIDED = 0.02  # how likely a bar is wrong that somebody changed after it was read
SIGNS = {"f": "flat", "ff": "flat-flat", "n": "natural", "s": "sharp", "x": "double-sharp"}
_HEAD = re.compile(r"n(\d+-\d+-\d+)")


@dataclass(frozen=True)
class Doubt:
    measure: int
    page: int
    doubt: float  # 0..1
    reasons: tuple[str, ...]

    @property
    def bar(self) -> int:
        """As people count."""
        return self.measure + 1

    @property
    def words(self) -> str:
        return "; ".join(self.reasons) or UNSAID


def doubts(reading: Mapping[str, Any], *, said: Iterable[tuple[int, str]] = ()) -> list[Doubt]:
    """The doubtful bars in the order of the music, one for each measure: of a piano's two staves the worse.

    said: (measure, sentence) of what else speaks against bars.
    """
    found: dict[int, Doubt] = {}
    for bar in reading.get("bars", ()):
        if not bar["doubtful"]:
            continue
        one = Doubt(bar["measure"], bar["page"], bar["doubt"], tuple(bar["reasons"]))
        other = found.get(one.measure)
        if other is None or one.doubt > other.doubt:
            found[one.measure] = one
    for measure, sentence in said:
        known = found.get(measure)
        page = known.page if known else (frame_of(reading, measure) or (1,))[0]
        found[measure] = Doubt(
            measure, page, known.doubt if known else 0.5, (*(known.reasons if known else ()), sentence)
        )
    return [found[measure] for measure in sorted(found)]


def of_no_page(said: Mapping[int, str]) -> dict[str, Any]:
    """What is kept of a part that was read from no page. said: measure -> why somebody should look at it."""
    bars = [
        {"measure": measure, "page": 0, "box": [0, 0, 0, 0], "doubt": 0.5, "doubtful": True, "reasons": [said[measure]]}
        for measure in sorted(said)
    ]
    return {"pages": [], "bars": bars}


def page_of(reading: Mapping[str, Any], number: int) -> Mapping[str, Any] | None:
    """What is kept of a page, by its number in the book."""
    return next((page for page in reading.get("pages", ()) if page["number"] == number), None)


def frame_of(reading: Mapping[str, Any], measure: int) -> tuple[int, tuple[float, float, float, float]] | None:
    """Page and box of a bar with half a bar on either side, as far as they stand on its line; None where nobody knows.

    A bar within a rest of many is where the rest is.
    """
    bars = [bar for bar in reading.get("bars", ()) if bar["measure"] <= measure]
    if not bars:
        return None
    latest = max(bar["measure"] for bar in bars)
    mine = [bar for bar in bars if bar["measure"] == latest]
    page = mine[0]["page"]
    left, top = min(bar["box"][0] for bar in mine), min(bar["box"][1] for bar in mine)
    right, bottom = max(bar["box"][2] for bar in mine), max(bar["box"][3] for bar in mine)
    beside, high = max(60.0, (right - left) / 2), bottom - top
    return page, (left - beside, top - 0.8 * high, right + beside, bottom + 0.5 * high)


def doubts_by_measure(bars: Sequence[Mapping[str, Any]], measures: int) -> list[float]:
    """Of each measure how likely it is wrong, 0..1; all measures of a rest have its doubt. bars: those of a reading.

    What several staves say of a bar is as doubtful as the most doubtful of them.
    """
    said: dict[int, float] = {}
    for bar in bars:
        said[bar["measure"]] = max(said.get(bar["measure"], 0.0), bar["doubt"])
    starts = sorted(said)
    if not starts:
        return [0.0] * measures
    return [said[starts[max(bisect_right(starts, measure) - 1, 0)]] for measure in range(measures)]


def glances_of(
    told: Mapping[str, Mapping[str, float]] | None, root: etree._Element, *, as_read: etree._Element | None = None
) -> dict[str, dict[str, float]]:
    """Id of a note -> MusicXML's name of an accidental -> how likely it stands before that note.

    told: the `glances` of a reading, None where it did not look. A head of the document where nothing was glimpsed is
    there too, and empty. as_read: the document as the reader made it; notes that are not as they were in it are left
    out, for somebody has decided about them.
    """
    if told is None:
        return {}
    before = dict(_heads(as_read)) if as_read is not None else None
    return {
        f"n{key}": {SIGNS[sign]: odds for sign, odds in told.get(key, {}).items() if sign in SIGNS}
        for key, head in _heads(root)
        if before is None or before.get(key) == head
    }


def alternatives_of(told: Mapping[str, Sequence[Mapping[str, Any]]] | None) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The same by the ids of notes, without their last number. told: the `alternatives` of a reading."""
    return {f"n{key}": ways for key, ways in (told or {}).items()}


def moved(reading: Mapping[str, Any], place: Mapping[int, int | None]) -> dict[str, Any]:
    """The reading of a document whose bars moved. place: index before -> index now, None where the bar is gone."""
    bars = [
        {**bar, "measure": now} for bar in reading.get("bars", ()) if (now := place.get(bar["measure"])) is not None
    ]
    return {**reading, "bars": bars}


def _heads(root: etree._Element) -> Iterable[tuple[str, tuple[str | None, ...]]]:
    """Of each note that the reader made: its key, and what is written there."""
    for note in root.iter("note"):
        if (found := _HEAD.fullmatch(note.get("id") or "")) is not None:
            paths = ("pitch/step", "pitch/alter", "pitch/octave", "accidental")
            yield found[1], tuple(note.findtext(path) for path in paths)


def cleared(reading: Mapping[str, Any], measures: Collection[int] | None = None) -> dict[str, Any]:
    """The reading with these bars doubted no more, because somebody looked at them; None: all of them."""
    bars = [
        {**bar, "doubt": 0.0, "doubtful": False, "reasons": []}
        if bar["doubtful"] and (measures is None or bar["measure"] in measures)
        else bar
        for bar in reading.get("bars", ())
    ]
    return {**reading, "bars": bars} if reading else {}
