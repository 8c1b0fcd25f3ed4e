"""A project's rules for derived parts: the built-in ones until somebody changes them. A change checks all of them.

Every change raises NotationError, saying which rule is wrong and how, and then nothing is changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction

from notation.models import Book, RuleSet
from notation.musicxml import NotationError
from notation.score.derive import BUILTIN, Rule, Source, check, from_json, other_clef, plain, rule_for, to_json
from projects.models import Project

MOST_BYTES = 256 * 1024  # of a file of rules
_NOTE = re.compile(r"\s*([A-Ga-g])\s*([#♯b♭]?)\s*(-?\d)\s*")
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_VOICE = re.compile(r"(.*?)[\s,]*\(?\b(lower|upper)\b(?:\s+voice)?\)?\s*", re.I)


def rules_of(project: Project) -> list[Rule]:
    kept = RuleSet.objects.filter(project=project).first()
    return list(BUILTIN) if kept is None else from_json(json.dumps(kept.rules))


def ticked_of(project: Project) -> list[str]:
    kept = RuleSet.objects.filter(project=project).first()
    return [str(target) for target in kept.ticked] if kept is not None else []


def own(project: Project) -> bool:
    """Whether its rules are others than the built-in ones."""
    return rules_of(project) != list(BUILTIN)


@transaction.atomic
def change(project: Project, act: Callable[[list[Rule]], list[Rule]], *, tick: Sequence[str] = ()) -> list[Rule]:
    """Put the rules that `act` makes of those that are there in their place."""
    Project.objects.select_for_update().get(pk=project.pk)
    rules = act(rules_of(project))
    check(rules)
    kept = RuleSet.objects.filter(project=project).first() or RuleSet(project=project)
    there = {rule.target for rule in rules}
    kept.rules = [plain(rule) for rule in rules]
    kept.ticked = [target for target in dict.fromkeys([*kept.ticked, *tick]) if target in there]
    kept.save()
    return rules


def put(project: Project, rule: Rule, *, instead_of: str = "") -> list[Rule]:
    """A new rule at the end, or in the place of the one with this target."""

    def act(rules: list[Rule]) -> list[Rule]:
        if not instead_of:
            return [*rules, rule]
        _find(rules, instead_of)
        return [rule if old.target == instead_of else old for old in rules]

    return change(project, act, tick=[rule.target])


def delete(project: Project, target: str) -> list[Rule]:
    return change(project, lambda rules: [rule for rule in rules if rule is not _find(rules, target)])


def move(project: Project, target: str, *, to: int) -> list[Rule]:
    """Put a rule at this place, from 0; past the end is the end. The order is that of the list alone."""

    def act(rules: list[Rule]) -> list[Rule]:
        rule = _find(rules, target)
        others = [other for other in rules if other is not rule]
        others.insert(min(max(to, 0), len(others)), rule)
        return others

    return change(project, act)


def tick(project: Project, targets: Sequence[str]) -> None:
    """Remember what was chosen last."""
    change(project, lambda rules: rules)
    there = {rule.target for rule in rules_of(project)}
    RuleSet.objects.filter(project=project).update(ticked=[target for target in targets if target in there])


def reset(project: Project) -> None:
    """Back to the built-in rules."""
    change(project, lambda _: list(BUILTIN))


def take(project: Project, text: str) -> list[Rule]:
    """Rules that somebody shared come in the place of all that are there."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise NotationError("This file is too large for rules.", hint=f"{MOST_BYTES // 1024} kB is the most.")
    given = from_json(text)
    return change(project, lambda _: given)


def shared(project: Project) -> str:
    """The rules as JSON, to be taken by another project."""
    return to_json(rules_of(project))


def quick(project: Project, *, target: str, source: str) -> Rule:
    """Any instrument for any other, as a rule of the project."""
    rule = rule_for(" ".join(target.split()), " ".join(source.split()))
    return _added(project, rule)


def in_other_clef(project: Project, book: Book) -> Rule:
    """A low brass part for readers of the other clef, as a rule of the project."""
    rule = other_clef(book.instrument)
    if rule is None:
        raise NotationError(
            f"{book.instrument} is written in one clef alone.", hint="Trombones, baritones and tubas are read in two."
        )
    return _added(project, rule)


def _added(project: Project, rule: Rule) -> Rule:
    there = any(old.target.casefold() == rule.target.casefold() for old in rules_of(project))
    put(project, rule, instead_of=_find(rules_of(project), rule.target).target if there else "")
    return rule


def _find(rules: Sequence[Rule], target: str) -> Rule:
    found = next((rule for rule in rules if rule.target.casefold() == target.casefold()), None)
    if found is None:
        raise NotationError(f"There is no rule for {target[:60] or 'that'}.", hint="Look at the list again.")
    return found


# --- forms ----------------------------------------------------------------------------------------------------------


def from_form(given: Mapping[str, str]) -> Rule:
    """target, sources (one a line, "Flute (lower)"), octaves ("" the best), semitones, clef, low, high, fold."""
    target = " ".join(given.get("target", "").split())
    if not target:
        raise NotationError("A rule needs a part that it makes.", hint="Type an instrument, as Flute 2.")
    rule: dict[str, Any] = {
        "target": target,
        "sources": [_source(line) for line in given.get("sources", "").splitlines() if line.strip()],
        "octaves": _whole(given.get("octaves", "0"), "Octaves"),
        "semitones": _whole(given.get("semitones", ""), "Semitones") or 0,
        "clef": given.get("clef", ""),
        "low": _pitch(given.get("low", "")),
        "high": _pitch(given.get("high", "")),
        "fold": bool(given.get("fold")),
    }
    (made,) = from_json(json.dumps([rule]))
    return made


def lines_of(rule: Rule) -> str:
    """Its sources as the form has them."""
    return "\n".join(
        source.part if source.voice == "all" else f"{source.part} ({source.voice})" for source in rule.sources
    )


def source_words(source: Source) -> str:
    return source.part if source.voice == "all" else f"the {source.voice} voice of {source.part}"


def pitch_name(midi: int) -> str:
    """ "B♭2"; 60 is C4."""
    return f"{_NAMES[midi % 12]}{midi // 12 - 1}"


def _source(line: str) -> Any:
    found = _VOICE.fullmatch(line.strip())
    if found is None or not found[1].strip():
        return " ".join(line.split())
    return {"part": " ".join(found[1].split()), "voice": found[2].lower()}


def _whole(text: str, what: str) -> int | None:
    text = text.strip().replace("−", "-").replace("+", "")
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,4}", text):
        raise NotationError(f"{what}: “{text[:20]}” is not a whole number.")
    return int(text)


def _pitch(text: str) -> int | None:
    if not text.strip():
        return None
    if (found := _NOTE.fullmatch(text)) is not None:
        sign = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[found[2]]
        return 12 * (int(found[3]) + 1) + _SEMITONES[found[1].lower()] + sign
    if re.fullmatch(r"\s*\d{1,3}\s*", text):
        return int(text)
    raise NotationError(
        f"“{text[:20]}” is no note.", hint="Write a note as B♭2 or Bb2, middle C is C4, or a MIDI number."
    )
