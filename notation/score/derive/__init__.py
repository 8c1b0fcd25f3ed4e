"""Parts that nobody has, made from those that are there, by rules.

    derive({"Flute 1": root, "Clarinet 2": root}, BUILTIN)  ->  a Derived or a Refused for each rule

A rule may use what another rule makes; `derive` finds the order. Nothing that it is given is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from notation.musicxml import NotationError
from notation.score.derive.builtin import BUILTIN
from notation.score.derive.instead import instead
from notation.score.derive.make import Made, Origin, make, refusal
from notation.score.derive.match import present, serving
from notation.score.derive.plan import Planned, needed, plan
from notation.score.derive.rules import (
    CLEFS,
    Rule,
    Source,
    Voice,
    check,
    from_json,
    in_order,
    other_clef,
    plain,
    rule_for,
    to_json,
)  # fmt: skip

__all__ = (
    "BUILTIN", "CLEFS", "Derived", "Origin", "Planned", "Refused", "Rule", "Source", "check", "derive", "from_json",
    "in_order", "needed", "other_clef", "plain", "plan", "present", "rule_for", "to_json",
)  # fmt: skip


@dataclass(frozen=True)
class Derived:
    """A part that a rule made: a document of its own, written for its player."""

    rule: Rule
    root: etree._Element
    source: str  # the part it was made from
    reason: str  # "Clarinet 2, because there is no Flute"
    origins: tuple[Origin, ...]  # of every bar
    octaves: int  # that the whole part was moved by
    outside: tuple[int, ...] = ()  # bars from 0 that have notes out of range, where the rule does not fold

    @property
    def name(self) -> str:
        return self.rule.target

    @property
    def folded(self) -> list[Origin]:
        """Bars that were moved by octaves on top of the rule."""
        return [origin for origin in self.origins if origin.folded or origin.how == "guessed"]


@dataclass(frozen=True)
class Refused:
    """A part that cannot be made, or need not be."""

    rule: Rule
    why: str  # a sentence for people
    instead: tuple[str, ...] = ()  # parts that could serve as its source

    @property
    def name(self) -> str:
        return self.rule.target


def derive(song: Mapping[str, etree._Element], rules: Sequence[Rule]) -> list[Derived | Refused]:
    """What each rule makes of a song's parts (name -> document of one part), in the order of the rules.

    Raises NotationError where the rules themselves are wrong (`check`) or need each other in a circle.
    """
    for rule in rules:
        check([rule])
    made: dict[str, Derived | Refused] = {}
    for rule in in_order(rules, names=song):
        parts = dict(song) | {name: found.root for name, found in made.items() if isinstance(found, Derived)}
        made[rule.target] = _apply(rule, parts, own=song)
    there = {rule.target: Refused(rule, f"{rule.target} is there already.") for rule in rules}
    return [made.get(rule.target, there[rule.target]) for rule in rules]


def _apply(rule: Rule, parts: Mapping[str, etree._Element], *, own: Mapping[str, etree._Element]) -> Derived | Refused:
    failed: list[str] = []
    tried: set[str] = set()
    for source in rule.sources:
        found = serving(source.part, parts)
        if found is None:
            failed.append(f"there is no {source.part}")
            continue
        name, half = found
        tried.add(name)
        voice: Voice = half or source.voice
        if why := refusal(parts[name], voice="all" if half else voice):
            failed.append(f"{name} {why}")
            continue
        try:
            result = make(rule, parts[name], source=name, voice=voice)
        except NotationError as error:
            failed.append(f"{name} cannot be moved there ({error.message.rstrip('.').lower()})")
            continue
        return Derived(
            rule, result.root, name, _reason(rule, result, name, voice, failed, derived=name not in own),
            result.origins, result.octaves, result.outside,
        )  # fmt: skip
    others = instead(rule, {name: root for name, root in own.items() if name not in tried})
    hint = f" {' or '.join(others)} could serve." if others else " No other part of this song could serve."
    return Refused(rule, f"{rule.target} cannot be made: {_listed(failed)}.{hint}", others)


def _reason(rule: Rule, result: Made, name: str, voice: Voice, failed: Sequence[str], *, derived: bool) -> str:
    """ "The lower voice of Flute, an octave lower"; "Clarinet 2, because Flute does not divide"."""
    words = f"the {voice} voice of {name}" if voice != "all" else name
    words += " (itself derived)" if derived else ""
    if rule.semitones:
        words += f", {abs(rule.semitones)} semitone{'s' * (abs(rule.semitones) > 1)} {_way(rule.semitones)}"
    if result.octaves:
        count = abs(result.octaves)
        words += f", {'an octave' if count == 1 else f'{count} octaves'} {_way(result.octaves)}"
    words += f", because {_listed(failed)}" if failed else ""
    return words[0].upper() + words[1:]


def _way(up: int) -> str:
    return "higher" if up > 0 else "lower"


def _listed(reasons: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(reasons[:-1]), *reasons[-1:])))
