"""The band proof-reads itself: what the parts of a song say against each other, and what would mend it.

    found = proofread(song)                  song: part name -> root of its document; disagreements, worst first
    apply_all(song, found, sure=CONFIDENT)   those repairs that need nobody to look
    slips(song)                              where a book that is short or long of bars loses its place

bars         what a part says, bar by bar, as it sounds
align        which bars belong together
road         metre, key, repeats, jumps, marks: the parts vote
accidentals  alterations that the surroundings, and what was glimpsed on the page, speak against
lengths      bars that do not fill their metre
doubling     parts that play together elsewhere and differ in a bar
alternatives bars that were hard to read, held against what else the page may say
repairs      edits of a part's tree
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from lxml import etree

from notation.score.check import accidentals, align, alternatives, counts, doubling, lengths, road
from notation.score.check.accidentals import Glances
from notation.score.check.align import Slip
from notation.score.check.alternatives import Alternatives
from notation.score.check.bars import read_part
from notation.score.check.findings import Disagreement, Repair
from notation.score.check.repairs import apply, apply_all

__all__ = [
    "CONFIDENT", "Alternatives", "Disagreement", "Glances", "Repair", "Slip", "apply", "apply_all", "mend", "moved",
    "proofread", "slips",
]  # fmt: skip

CONFIDENT = 0.4  # from here on a repair mends more than it breaks
WEIGHED = ("harmony", "length", "notes")  # kinds that weigh what a bar plays


def proofread(
    song: Mapping[str, etree._Element],
    *,
    doubts: Mapping[str, Sequence[float]] | None = None,
    glances: Mapping[str, Glances] | None = None,
    readings: Mapping[str, Alternatives] | None = None,
    guesses: bool = True,
) -> list[Disagreement]:
    """Where the parts of a song disagree, the surest first.

    song: part name -> root of its document, written pitch with <transpose>. Where a reader made the documents, what it
    knows of itself helps: doubts, part -> of each bar how likely it is wrong; glances, part -> id of a note ->
    accidental -> how likely it is printed before that note; readings, part -> id of a note without its last number ->
    what its bar may say, the reading that the document has first. guesses: also accidentals that nothing but what
    surrounds them speaks for.
    """
    parts = {name: read_part(root) for name, root in song.items()}
    places = align.columns(parts)
    columns = [{part: parts[part][n] for part, n in column.items()} for column in places]
    found = [
        *counts.check(parts),
        *road.check(columns),
        *lengths.check(columns),
        *doubling.check(columns, doubts=doubts or {}),
        *alternatives.check(columns, doubts=doubts or {}, readings=readings or {}),
        *(accidentals.check(columns, doubts=doubts or {}, glances=glances or {}) if guesses or glances else ()),
    ]
    return sorted(found, key=lambda one: (-one.confidence, one.column, one.part))


def mend(
    song: Mapping[str, etree._Element],
    *,
    doubts: Mapping[str, Sequence[float]] | None = None,
    glances: Mapping[str, Glances] | None = None,
    readings: Mapping[str, Alternatives] | None = None,
    sure: float = CONFIDENT,
    only: Collection[str] | None = None,
) -> list[Disagreement]:
    """Carry out what is sure, in place: first bars put in or taken out, then, the parts in step, all else.

    The disagreements whose repairs were made. Doubts move along with their bars. only: parts that may be changed; the
    others have their say all the same.
    """
    made: list[Disagreement] = []
    told = {part: list(values) for part, values in (doubts or {}).items()}
    parts = {name: read_part(root) for name, root in song.items()}
    moving = [
        one for one in counts.check(parts)
        if one.confidence >= sure and one.repair is not None and (only is None or one.part in only)
    ]  # fmt: skip
    counts.move(told, moving)
    apply_all(song, moving)
    made += moving
    touched: set[tuple[str, str, int]] = set()
    for _ in range(2):  # a bar that has its length again is told from others by its notes
        found = _one_a_bar(
            one for one in proofread(song, doubts=told, glances=glances, readings=readings, guesses=False)
            if one.repair is not None and one.confidence >= sure and one.kind != "bars"
            and (only is None or one.part in only)
            and (one.kind not in WEIGHED or (one.part, one.kind, one.bars[0]) not in touched)
        )  # fmt: skip
        apply_all(song, found)
        touched |= {(one.part, one.kind, one.bars[0]) for one in found}  # what was weighed once is not weighed again
        made += found
    return made


def _one_a_bar(found: Iterable[Disagreement]) -> list[Disagreement]:
    """Without repairs of notes in a bar for which a surer one has all its notes; the surest first."""
    kept: list[Disagreement] = []
    changed: dict[tuple[str, int], bool] = {}  # (part, bar) -> whether all its notes are told anew
    for one in found:
        place = (one.part, one.bars[0])
        if one.kind in (*WEIGHED, "doubling"):
            if changed.get(place, False) or (one.kind == "notes" and place in changed):
                continue
            changed[place] = one.kind == "notes"
        kept.append(one)
    return kept


def moved(doubts: Mapping[str, Sequence[float]], made: Sequence[Disagreement]) -> dict[str, list[float]]:
    """Doubts of each bar after these repairs, which may have put bars in or taken them out."""
    told = {part: list(values) for part, values in doubts.items()}
    counts.move(told, [one for one in made if one.kind == "bars"])
    return told


def slips(song: Mapping[str, etree._Element]) -> list[Slip]:
    """Where parts that have not as many bars as most lose their place."""
    return align.slips({name: read_part(root) for name, root in song.items()})
