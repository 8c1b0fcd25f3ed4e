"""What rules would make of a song, told without making it: which source each takes, and why those before it do not.

The same choice as `derive` makes, but that a source may turn out not to be writable for the target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from notation.score.derive.instead import instead
from notation.score.derive.make import refusal
from notation.score.derive.match import present, serving
from notation.score.derive.rules import Rule, Voice, in_order


@dataclass(frozen=True)
class Planned:
    """What a rule takes in a song; without a source it can make nothing there."""

    target: str
    source: str = ""
    voice: Voice = "all"
    derived: bool = False  # the source is made by another rule
    there: bool = False  # a part of this name is there already
    failed: tuple[str, ...] = ()  # why the sources before this one, or all of them, do not serve
    instead: tuple[str, ...] = ()  # where none serves: parts that could

    @property
    def words(self) -> str:
        """ "the lower voice of Flute"; "" where there is none."""
        return f"the {self.voice} voice of {self.source}" if self.source and self.voice != "all" else self.source


@dataclass(frozen=True)
class _Part:
    root: etree._Element
    single: bool = False  # one line was picked from it: it divides no more


def plan(song: Mapping[str, etree._Element], rules: Sequence[Rule]) -> list[Planned]:
    """For each rule, in their order. Raises NotationError where rules need each other in a circle."""
    parts = {name: _Part(root) for name, root in song.items()}
    found: dict[str, Planned] = {}
    heard: dict[str, list[int]] = {}
    for rule in in_order(rules, names=song):
        planned = _planned(rule, parts, own=song, heard=heard)
        found[rule.target] = planned
        if planned.source:
            source = parts[planned.source]
            parts[rule.target] = _Part(source.root, source.single or planned.voice != "all")
    return [found.get(rule.target, Planned(rule.target, there=True)) for rule in rules]


def needed(rules: Sequence[Rule], wanted: Sequence[str], *, names: Sequence[str]) -> list[Rule]:
    """The rules of these targets and those that make their sources, where no part of `names` does."""
    chosen = [rule for rule in rules if rule.target in wanted]
    open_ = list(chosen)
    while open_:
        rule = open_.pop()
        for source in rule.sources:
            if present(source.part, names):
                continue
            for other in rules:
                if other not in chosen and present(source.part, [other.target]):
                    chosen.append(other)
                    open_.append(other)
    return [rule for rule in rules if rule in chosen]


def _planned(
    rule: Rule, parts: Mapping[str, _Part], *, own: Mapping[str, etree._Element], heard: dict[str, list[int]]
) -> Planned:
    failed: list[str] = []
    for source in rule.sources:
        served = serving(source.part, parts)
        if served is None:
            failed.append(f"there is no {source.part}")
            continue
        name, half = served
        voice: Voice = half or source.voice
        asked: Voice = "all" if half else voice
        why = "does not divide" if parts[name].single and asked == "lower" else refusal(parts[name].root, voice=asked)
        if why:
            failed.append(f"{name} {why}")
            continue
        return Planned(rule.target, name, voice, derived=name not in own, failed=tuple(failed))
    return Planned(rule.target, failed=tuple(failed), instead=instead(rule, own, heard=heard))
