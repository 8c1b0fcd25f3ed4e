"""Where none of a rule's sources is there: which other parts its instrument could play."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from notation.musicxml.walk import walk
from notation.score.derive.make import fits
from notation.score.derive.rules import Rule
from notation.score.instruments import find

FITTING = 0.9  # of its notes in range: a part that could serve
MOST_NAMED = 3


def instead(
    rule: Rule, song: Mapping[str, etree._Element], *, heard: dict[str, list[int]] | None = None
) -> tuple[str, ...]:
    """Parts that the target could play nearly all of: of its own family first, then the same desk, then the best.

    heard: what the parts sound, kept from one question to the next.
    """
    target = rule.instrument
    heard = {} if heard is None else heard
    ranked = []
    for index, (name, root) in enumerate(song.items()):
        if name not in heard:
            heard[name] = [note.pitch for part in root.iterfind("part") for bar in walk(part) for note in bar.notes
                           if note.pitch is not None]  # fmt: skip
        fit = fits(heard[name], target)
        if fit >= FITTING:
            found = find(name)
            family = found is not None and found.family == target.family
            desk = found is not None and found.number == target.number
            ranked.append((not family, not desk, -fit, index, name))
    return tuple(entry[-1] for entry in sorted(ranked)[:MOST_NAMED])
