"""Which notes of a voice share a beam: as the metre groups them, for a page that is engraved anew."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from media_pipeline.omr.grammar import Event

LEVELS = {"8": 1, "16": 2, "32": 3, "64": 4, "128": 5}


def beams(events: Sequence[Event], *, beats: int, kind: int) -> dict[int, list[str]]:
    """Index of an event -> its <beam> values from the primary beam on, in a bar of `beats`/`kind`.

    1. Grace notes that follow each other share beams; so do notes without a rest between them inside a group.
    2. Groups: dotted values in compound time, half bars of plain eighths in 4/4 and 2/2, else quarters.
    3. A lone short note has a hook: forward at the beginning of its group, else backward.
    """
    out: dict[int, list[str]] = {}
    run: list[int] = []
    where: object = None
    halves = (beats, kind) in ((4, 4), (2, 2), (4, 2))
    compound = kind >= 8 and beats % 3 == 0
    unit = Fraction(12, kind) if compound else Fraction(2) if halves else Fraction(1)
    for i, event in enumerate(events):
        if event.rest or event.value not in LEVELS:
            here: object = None
        elif event.grace:
            here = ("grace", event.onset, event.voice)
        else:
            beat = event.onset // unit
            # In common time only plain eighths go beyond the quarter.
            short = halves and any(
                e.value != "8" or e.dots or e.tuplet != (1, 1)
                for e in events
                if not e.grace and e.onset // unit == beat and e.value in LEVELS and not e.rest
            )
            here = (beat, event.onset // 1 if short else None)
        if here is None or here != where:
            out.update(_joined(events, run))
            run = []
        where = here
        if here is not None:
            run.append(i)
    out.update(_joined(events, run))
    return out


def _joined(events: Sequence[Event], run: Sequence[int]) -> dict[int, list[str]]:
    if len(run) < 2:
        return {}
    levels = [LEVELS[events[i].value] for i in run]
    out: dict[int, list[str]] = {i: [] for i in run}
    for level in range(1, max(levels) + 1):
        for k, i in enumerate(run):
            if levels[k] < level:
                continue
            left, right = k > 0 and levels[k - 1] >= level, k + 1 < len(run) and levels[k + 1] >= level
            hook = "forward hook" if k == 0 else "backward hook"
            out[i].append("continue" if left and right else "end" if left else "begin" if right else hook)
    return out
