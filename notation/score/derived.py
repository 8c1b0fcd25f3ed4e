"""Derived parts as they are kept: where each bar came from, and whether it is still as it was made. No Django.

What a derived revision keeps in `options["derived"]`:

    {"rule": {…}, "source": "Clarinet 2", "reason": "Clarinet 2, because there is no Flute", "octaves": 0,
     "origins": [["derived", "12", [-1]], …], "outside": [3], "from": {"17": "sha256…"},
     "document": "sha256…"}

origins  of every bar: copied, derived or guessed; number of the bar in the source; octaves its phrases were folded by
document digest of what was made: a change by hand keeps the rest and not this
from     the parts it was made of, at the end of every chain: number of the book -> digest of its document
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from notation.musicxml.read import read
from notation.score.beside import prints, steps
from notation.score.derive import Derived, Refused, derive, from_json, needed, plain, present
from notation.score.proof import SongHeld

HOW = {"copied": "copied", "derived": "moved or picked", "guessed": "guessed", "changed": "changed by hand"}


@dataclass(frozen=True)
class BarOrigin:
    """Where a bar of a part came from, as it stands now."""

    bar: int  # from 0
    how: str  # a key of HOW
    source: str = ""
    number: str = ""  # of the bar there
    folded: tuple[int, ...] = ()
    outside: bool = False  # has notes that the instrument does not have

    @property
    def words(self) -> str:
        if self.how == "changed":
            return f"Bar {self.bar + 1}: changed by hand"
        words = f"Bar {self.bar + 1}: {HOW[self.how]}, from {self.source}, bar {self.number}"
        words += "".join(f", {octaves(by)}" for by in self.folded if by)
        return words + (", out of range" if self.outside else "")


def octaves(by: int) -> str:
    count = abs(by)
    return f"{'an octave' if count == 1 else f'{count} octaves'} {'higher' if by > 0 else 'lower'}"


def origins_now(told: Mapping[str, Any], made: etree._Element, now: etree._Element | None = None) -> list[BarOrigin]:
    """Of every bar of `now`. told: as it is kept; made: the document as it was derived; now: None where it is that."""
    kept = list(_origins(told))
    if now is None:
        return kept
    old, new = prints(made, now)
    found = [BarOrigin(bar, "changed") for bar in range(len(new))]
    for a, b in steps(old, new):
        if a is not None and b is not None and old[a] == new[b] and a < len(kept):
            one = kept[a]
            found[b] = BarOrigin(b, one.how, one.source, one.number, one.folded, one.outside)
    return found


def _origins(told: Mapping[str, Any]) -> Iterator[BarOrigin]:
    outside = set(told.get("outside", ()))
    for bar, (how, number, folded) in enumerate(told.get("origins", ())):
        yield BarOrigin(bar, how, str(told.get("source", "")), number, tuple(folded), bar in outside)


def runs(origins: Sequence[BarOrigin]) -> Iterator[tuple[int, int, BarOrigin]]:
    """(first, last, what they share) of bars in a row that came about in one way, counted from 1."""
    start = 0
    for index in range(1, len(origins) + 1):
        one = origins[start]
        if index < len(origins):
            other = origins[index]
            if (other.how, other.folded, other.outside) == (one.how, one.folded, one.outside):
                continue
        yield start + 1, index, one
        start = index


def told_of(held: SongHeld, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a job derives from one song: {"song", "derived": [{"target", "root", "options"}], "refused": [{"target",
    "why"}]}; options are what is kept.

    asked: {"rules": all of them, "wanted": targets, "books": names of the books that were read}. A wanted part that is
    there already because it was derived before is made anew. NotationError where the rules are wrong.
    """
    rules = from_json(json.dumps(asked["rules"]))
    wanted = [target for target in asked["wanted"] if not present(target, asked["books"])]
    mine = [part for part in held.parts if part.name not in wanted]
    parts = {part.name: read(part.document) for part in mine}
    made = derive(parts, needed(rules, wanted, names=list(parts)))
    by_name = {one.name: one for one in made if isinstance(one, Derived)}
    origin = {part.name: (part.id, hashlib.sha256(part.document).hexdigest()) for part in mine}
    derived: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for one in made:
        if one.name not in wanted:
            continue
        if isinstance(one, Refused):
            refused.append({"target": one.name, "why": one.why})
            continue
        source = one.source
        while source in by_name:
            source = by_name[source].source
        derived.append({"target": one.name, "root": one.root, "options": _kept(one, dict([origin[source]]))})
    return {"song": held.song, "derived": derived, "refused": refused}


def _kept(one: Derived, made_of: Mapping[str, str]) -> dict[str, Any]:
    return {
        "rule": plain(one.rule), "source": one.source, "reason": one.reason, "octaves": one.octaves,
        "origins": [[origin.how, origin.number, list(origin.folded)] for origin in one.origins],
        "outside": list(one.outside), "from": dict(made_of),
    }  # fmt: skip
