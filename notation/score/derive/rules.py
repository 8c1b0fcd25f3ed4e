"""Rules that say which part a missing one can be made from. Data: people add to them, edit them and share them.

    {"target": "Flute 2", "sources": [{"part": "Flute", "voice": "lower"}, "Clarinet 2", "Cornet 2"], "octaves": null}

Sources are tried in their order; the first that a song has is used. Everything is said at concert pitch.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

from notation.musicxml import NotationError
from notation.score.derive.match import present
from notation.score.instruments import Instrument, find

Voice = Literal["all", "upper", "lower"]
CLEFS = {"": "", "treble": "clef.G2", "bass": "clef.F4", "alto": "clef.C3", "tenor": "clef.C4", "treble 8": "clef.G2-8"}
MOST_OCTAVES, MOST_SEMITONES = 4, 24
LEAST_RANGE = 12  # semitones: every note has a place in an octave
MOST_RULES, MOST_SOURCES, MOST_NAME = 200, 20, 60


@dataclass(frozen=True)
class Source:
    """A part to take from, and which of its notes where it divides (chords, two voices on the staff)."""

    part: str  # as a part is named: "Clarinet 2", "3rd Alto Sax", "Trombone"
    voice: Voice = "all"


@dataclass(frozen=True)
class Rule:
    target: str  # the part it makes, as it is named: "Viola", "Baritone T.C."
    sources: tuple[Source, ...]
    octaves: int | None = 0  # None: the octave in which most notes fit
    semitones: int = 0  # on top of the octaves
    clef: str = ""  # a key of CLEFS; "": the target's usual one
    low: int | None = None  # sounding MIDI numbers; None: the target's own compass
    high: int | None = None
    fold: bool = True  # move what is out of range by octaves; False: leave it, and say so

    @property
    def instrument(self) -> Instrument:
        """What the target is. Raises NotationError where nothing has that name."""
        found = find(self.target)
        if found is None or not found.kind.pitched:
            raise NotationError(f"{self.target!r} is no instrument with pitches that Copyist knows.",
                                hint='Name it as a part is named: "Flute 2", "Baritone T.C.".')  # fmt: skip
        return found

    @property
    def range(self) -> tuple[int, int]:
        instrument = self.instrument
        return (instrument.low if self.low is None else self.low, instrument.high if self.high is None else self.high)


def rule_for(target: str, source: str) -> Rule:
    """Any instrument for any other, in whichever octave suits it."""
    rule = Rule(target, (Source(source),), octaves=None)
    check([rule])
    return rule


def other_clef(part: str) -> Rule | None:
    """For low brass: the same part for readers of the other clef. "Baritone T.C." makes "Baritone B.C."."""
    found = find(part)
    if found is None or not found.kind.low_brass:
        return None
    desk = "".join(f" {number}" for number in found.numbers[:1])
    clef = "B.C." if found.usual_clef == "clef.G2" else "T.C."
    return Rule(f"{found.kind.name}{desk} {clef}", (Source(part),))


def check(rules: Sequence[Rule]) -> None:
    """Raises NotationError, saying which rule is wrong and how, for rules that can make nothing."""
    if len(rules) > MOST_RULES:
        raise NotationError(f"These are {len(rules)} rules; {MOST_RULES} is the most.")
    for rule in rules:
        _check(rule)
    for index, rule in enumerate(rules):
        if any(present(other.target, [rule.target]) for other in rules[:index]):
            raise NotationError(f"Two rules make {rule.target}.", hint="Make one rule of them, with both sources.")
    in_order(rules)


def _check(rule: Rule) -> None:
    name = rule.target
    if not rule.sources:
        raise NotationError(f"The rule for {name} names no source.", hint="Say which parts it may be made from.")
    if len(rule.sources) > MOST_SOURCES:
        raise NotationError(f"The rule for {name} names more than {MOST_SOURCES} sources.")
    for source in rule.sources:
        if not source.part.strip():
            raise NotationError(f"A source of the rule for {name} has no name.")
        if source.voice not in get_args(Voice):
            raise NotationError(f"The rule for {name}: a voice is all, upper or lower, not {source.voice!r}.")
        if source.voice == "all" and present(name, [source.part]):
            raise NotationError(f"The rule for {name} would make it from itself.", hint="Choose another source.")
    if rule.clef not in CLEFS:
        raise NotationError(f"The rule for {name}: there is no clef {rule.clef!r}.",
                            hint=f"Clefs are {', '.join(filter(None, CLEFS))}.")  # fmt: skip
    if rule.octaves is not None and abs(rule.octaves) > MOST_OCTAVES:
        raise NotationError(f"The rule for {name} moves by {rule.octaves} octaves; {MOST_OCTAVES} is the most.")
    if abs(rule.semitones) > MOST_SEMITONES:
        raise NotationError(f"The rule for {name} moves by {rule.semitones} semitones; {MOST_SEMITONES} is the most.")
    low, high = rule.range
    if not 0 <= low <= high <= 127 or high - low < LEAST_RANGE:
        raise NotationError(f"The range of {name}, {low} to {high}, is no octave wide.",
                            hint="Give the lowest and the highest note as MIDI numbers, middle C is 60.")  # fmt: skip


def in_order(rules: Iterable[Rule], *, names: Collection[str] = ()) -> list[Rule]:
    """Rules so that each comes after those that make its sources; parts of `names` are there and need none.

    Raises NotationError naming the circle where rules need each other.
    """
    rules = [rule for rule in rules if not present(rule.target, names)]
    needs = {
        rule.target: [other for source in rule.sources if not present(source.part, names) for other in rules
                      if other is not rule and present(source.part, [other.target])]
        for rule in rules
    }  # fmt: skip
    done: list[Rule] = []
    path: list[str] = []

    def visit(rule: Rule) -> None:
        if rule in done:
            return
        if rule.target in path:
            circle = [*path[path.index(rule.target) :], rule.target]
            told = ", ".join(f"{one} needs {other}" for one, other in pairwise(circle))
            raise NotationError(f"These rules need each other: {told}.", hint="Give one of them another source.")
        path.append(rule.target)
        for other in needs[rule.target]:
            visit(other)
        path.pop()
        done.append(rule)

    for rule in rules:
        visit(rule)
    return done


def to_json(rules: Sequence[Rule]) -> str:
    return json.dumps([plain(rule) for rule in rules], indent=2, ensure_ascii=False)


def plain(rule: Rule) -> dict[str, Any]:
    """Only what differs from what goes without saying."""
    told: dict[str, Any] = {
        "target": rule.target,
        "sources": [
            source.part if source.voice == "all" else {"part": source.part, "voice": source.voice}
            for source in rule.sources
        ],
        "octaves": rule.octaves,
        "semitones": rule.semitones,
        "clef": rule.clef,
        "low": rule.low,
        "high": rule.high,
        "fold": rule.fold,
    }
    usual = {"octaves": 0, "semitones": 0, "clef": "", "low": None, "high": None, "fold": True}
    return {key: value for key, value in told.items() if key not in usual or value != usual[key]}


def from_json(text: str) -> list[Rule]:
    """Rules that somebody wrote or shared. Raises NotationError saying what is wrong and in which rule."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotationError(
            "These rules are not JSON.", hint="Export rules from Copyist to see their shape."
        ) from error
    if not isinstance(given, list):
        raise NotationError("Rules are a list of objects.")
    rules = [_rule(entry, index) for index, entry in enumerate(given, start=1)]
    check(rules)
    return rules


def _rule(given: object, index: int) -> Rule:
    if not isinstance(given, Mapping) or not isinstance(target := given.get("target"), str) or not target.strip():
        raise NotationError(f"Rule {index} does not say which part it makes.", hint='Give it a "target".')
    where = f"The rule for {target[:MOST_NAME]}"
    if extra := set(given) - set(Rule.__dataclass_fields__):
        raise NotationError(f"{where} has {sorted(extra)[0]!r}, which Copyist does not know.")
    sources = given.get("sources")
    if not isinstance(sources, list):
        raise NotationError(f"{where} has no list of sources.")
    numbers = {key: _whole(given.get(key), f"{where}: {key}") for key in ("octaves", "semitones", "low", "high")}
    clef, fold = given.get("clef", ""), given.get("fold", True)
    if not isinstance(clef, str) or not isinstance(fold, bool):
        raise NotationError(f"{where}: a clef is a word, fold is true or false.")
    return Rule(
        target=target.strip()[:MOST_NAME],
        sources=tuple(_source(source, where) for source in sources),
        octaves=numbers["octaves"] if "octaves" in given else 0,
        semitones=numbers["semitones"] or 0,
        clef=clef,
        low=numbers["low"],
        high=numbers["high"],
        fold=fold,
    )


def _source(given: object, where: str) -> Source:
    if isinstance(given, str):
        given = {"part": given}
    if not isinstance(given, Mapping) or not isinstance(part := given.get("part"), str):
        raise NotationError(f"{where}: a source is the name of a part, or a part and a voice.")
    if set(given) - {"part", "voice"}:
        raise NotationError(f"{where}: a source has a part and a voice, and nothing else.")
    voice: Any = given.get("voice", "all")
    return Source(part.strip()[:MOST_NAME], voice)


def _whole(value: object, what: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise NotationError(f"{what} is a whole number, not {str(value)[:20]!r}.")
