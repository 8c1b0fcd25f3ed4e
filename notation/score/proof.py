"""A song's parts looked through: what is sure is mended, what else they disagree about is told so that it can be kept.

    looked = look_through(parts, mending={"7"})     ->  Looked: parts that were mended, findings as JSON

A finding:

    {"key": "…", "print": "…", "part": "7", "kind": "harmony", "bars": [11], "column": 11, "confidence": 0.53,
     "sentence": "…", "others": "F♮", "repair": {"kind": "accidental", "bar": 11, "told": {…}} or null}

part     id of the part, as it was given
key      the same for the same disagreement about the same bar, wherever the bar stands: what was dismissed stays so
print    of the bars as they were: a repair is for these and for no others
bars     indices in the part's document; column: bar of the song
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from lxml import etree

from notation import reading
from notation.musicxml import tree
from notation.musicxml.read import read
from notation.score.check import CONFIDENT, Alternatives, Disagreement, Repair, mend, proofread

VERSION = 1  # of what is looked at: raised where findings of before are not to be believed any more
MOST = 200  # findings kept of a song; what is less sure than these is not told
LEAST = 0.12  # a finding less sure is not worth a look
_OWN = ("id", "number", "width", "default-x", "default-y")


@dataclass(frozen=True)
class PartHeld:
    """What a book has of a song."""

    id: str
    name: str
    document: bytes
    as_read: bytes | None = None  # as its reader left it; None where it was not read from pages
    reading: Mapping[str, Any] | None = None  # notation/reading.py, in step with `document`


@dataclass(frozen=True)
class SongHeld:
    """A song with everything that its books have of it."""

    song: int
    title: str
    digest: str
    parts: tuple[PartHeld, ...]  # ids are the numbers of their books
    fresh: tuple[str, ...]  # ids of the parts that nobody changed since they were read


@dataclass(frozen=True)
class Mended:
    """A part that was changed."""

    id: str
    document: bytes
    reading: Mapping[str, Any]  # in step with the new document
    sentences: tuple[str, ...]  # what was wrong, and is not any more
    bars: tuple[int, ...]  # of the new document, from 0


class _Known(TypedDict):
    """What readers know of themselves, as `mend` and `proofread` take it."""

    doubts: dict[str, list[float]]
    glances: dict[str, dict[str, dict[str, float]]]
    readings: dict[str, Alternatives]


@dataclass(frozen=True)
class Looked:
    mended: tuple[Mended, ...]
    found: tuple[dict[str, Any], ...]  # the surest first


def look_through(
    parts: Sequence[PartHeld],
    *,
    mending: Collection[str] = (),
    sure: float = CONFIDENT,
    check: Callable[[], None] = lambda: None,
) -> Looked:
    """mending: ids of the parts in which what is sure may be changed. check: called now and then; may raise.

    Raises NotationError where a document cannot be read.
    """
    names = _names(parts)
    ids = {name: part.id for name, part in names.items()}
    song = {name: read(part.document) for name, part in names.items()}
    before = {name: read(part.as_read) if part.as_read is not None else None for name, part in names.items()}
    check()
    known = _told(names, song, before)
    may = {name for name, part in names.items() if part.id in mending}
    mended: list[Mended] = []
    told: dict[str, Mapping[str, Any]] = {name: part.reading or {} for name, part in names.items()}
    if may:
        places = {name: song[name].findall("part/measure") for name in may}
        made = mend(song, **known, sure=sure, only=may)
        check()
        for name in names:
            mine = [one for one in made if one.part == name]
            if not mine:
                continue
            now = {bar: index for index, bar in enumerate(song[name].findall("part/measure"))}
            moved = {index: now.get(bar) for index, bar in enumerate(places[name])}
            told[name] = reading.moved(told[name], moved)
            mended.append(
                Mended(
                    names[name].id, tree.to_bytes(song[name]), told[name],
                    tuple(dict.fromkeys(one.sentence for one in mine)), _touched(mine, moved),
                )
            )  # fmt: skip
        names = {
            name: PartHeld(part.id, part.name, part.document, part.as_read, told[name]) for name, part in names.items()
        }
        known = _told(names, song, before)
    found = [one for one in proofread(song, **known) if one.confidence >= LEAST]
    return Looked(tuple(mended), tuple(_kept(found[:MOST], song, ids)))


def _touched(made: Sequence[Disagreement], moved: Mapping[int, int | None]) -> tuple[int, ...]:
    """Bars of the new document that repairs were about. Bars put in or taken out were, as far as they stand."""
    bars = {bar for one in made if one.kind != "bars" for bar in one.bars}
    bars |= {now for one in made if one.kind == "bars" for bar in one.bars if (now := moved.get(bar)) is not None}
    return tuple(sorted(bars))


def _names(parts: Sequence[PartHeld]) -> dict[str, PartHeld]:
    """By name; two parts of one name are told apart."""
    found: dict[str, PartHeld] = {}
    for part in parts:
        name, number = part.name, 2
        while name in found:
            name, number = f"{part.name} ({number})", number + 1
        found[name] = part
    return found


def _told(
    names: Mapping[str, PartHeld], song: Mapping[str, etree._Element], before: Mapping[str, etree._Element | None]
) -> _Known:
    """What is known of the parts that were read. What somebody changed since is not doubted."""
    doubts: dict[str, list[float]] = {}
    glances: dict[str, dict[str, dict[str, float]]] = {}
    readings: dict[str, Alternatives] = {}
    for name, part in names.items():
        as_read, known = before[name], part.reading
        if not known or as_read is None:
            continue
        bars = song[name].findall("part/measure")
        same = Counter(fingerprint([bar]) for bar in as_read.iterfind("part/measure"))
        doubted = reading.doubts_by_measure(known.get("bars", ()), len(bars))
        doubts[name] = [
            doubt if same[fingerprint([bar])] else min(doubt, reading.DECIDED)
            for doubt, bar in zip(doubted, bars, strict=True)
        ]
        if "glances" in known:
            glances[name] = reading.glances_of(known["glances"], song[name], as_read=as_read)
        readings[name] = reading.alternatives_of(known.get("alternatives"))
    return {"doubts": doubts, "glances": glances, "readings": readings}


def _kept(
    found: Sequence[Disagreement], song: Mapping[str, etree._Element], ids: Mapping[str, str]
) -> list[dict[str, Any]]:
    bars = {name: root.findall("part/measure") for name, root in song.items()}
    rows: list[dict[str, Any]] = []
    for one in found:
        repair = None
        if one.repair is not None:
            repair = {"kind": one.repair.kind, "bar": one.repair.bar, "told": dict(one.repair.told)}
        rows.append(
            {
                "part": ids[one.part], "kind": one.kind, "bars": list(one.bars), "column": one.column,
                "confidence": round(one.confidence, 3), "sentence": one.sentence, "others": one.others,
                "repair": repair, "print": print_of(bars[one.part], one.bars, repair),
            }
        )  # fmt: skip
    counted: Counter[str] = Counter()
    for row in sorted(rows, key=lambda row: (row["part"], row["column"], row["bars"])):
        about = json.dumps([row["repair"]["kind"], row["repair"]["told"]], sort_keys=True) if row["repair"] else ""
        about = about or re.sub(r"\d+", "#", row["sentence"])
        plain = _hash(f"{row['part']}\n{row['kind']}\n{row['print']}\n{about}")
        row["key"] = _hash(f"{plain} {counted[plain]}")  # the second of two that are alike is another
        counted[plain] += 1
    return rows


def repair_of(finding: Mapping[str, Any]) -> Repair | None:
    told = finding.get("repair")
    return Repair(told["kind"], told["bar"], told["told"]) if told else None


def still_so(root: etree._Element, finding: Mapping[str, Any]) -> bool:
    """Whether the bars that a finding is about are as they were when it was found."""
    bars = root.findall("part/measure")
    return bool(print_of(bars, finding["bars"], finding.get("repair")) == finding["print"])


def print_of(bars: Sequence[etree._Element], about: Sequence[int], repair: Mapping[str, Any] | None) -> str:
    places = sorted({*list(about)[:4], *([repair["bar"]] if repair else [])})
    return fingerprint([bars[place] for place in places if 0 <= place < len(bars)])


def fingerprint(bars: Sequence[etree._Element]) -> str:
    """Of what bars say, whatever their numbers and the ids in them are."""
    said = []
    for bar in bars:
        alone = tree.copy(bar)
        alone.tail = None
        for element in alone.iter():
            for name in _OWN:
                if name in element.attrib:
                    del element.attrib[name]
            if element.text is not None and not element.text.strip():
                element.text = None
            element.tail = None
        said.append(etree.tostring(alone, method="c14n").decode())
    return _hash("\n".join(said))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
