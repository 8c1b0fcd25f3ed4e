"""Ties join equal pitches: one between different pitches is a slur, and one the network half saw may be missing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from media_pipeline.omr.model import Seen
from media_pipeline.omr.repairs import Bar, Draft, Record
from media_pipeline.omr.theory.durations import value
from media_pipeline.omr.tokens import AFTER, is_position

_HALF_SEEN = 0.06  # probability from which a tie between equal pitches is believed
_SURE = 0.9  # from here on a tie is a tie, and rather one of its notes is wrong


@dataclass
class _Event:
    """A note or rest: where it stands and what it sounds."""

    draft: Draft
    bar: Bar
    heads: dict[int, str]  # staff position -> accidental printed before it; empty for a rest
    first: int  # frame of its first token
    last: int  # index of its value or last dot
    lower: bool
    grace: bool
    clef: str
    octave: int


def mend(drafts: Sequence[Draft], record: Record) -> None:
    """Turn impossible ties into slurs, put in the likely ones. drafts: one part, in order."""
    events: dict[bool, list[_Event]] = {False: [], True: []}
    for draft in drafts:
        for bar in draft.bars:
            for event in _events(draft, bar):
                events[event.lower].append(event)
    plans: dict[Bar, list[tuple[Draft, str, _Event]]] = {}
    for voice in events.values():
        sounding = [event for event in voice if not event.grace]
        for here, following in itertools.pairwise(sounding):
            verdict = _verdict(here, following)
            if verdict == "doubt":
                here.bar.reasons.append("a tie between different pitches")
            elif verdict:
                plans.setdefault(here.bar, []).append((here.draft, verdict, here))
                if verdict == "slur":
                    plans.setdefault(following.bar, []).append((following.draft, "slur end", following))
    for bar, plan in plans.items():
        after = list(bar.tokens)
        for _, verdict, event in sorted(plan, key=lambda item: -item[2].last):
            _apply(after, event.last, verdict)
        draft = plan[0][0]
        slurs = any(verdict != "tie" for _, verdict, _ in plan)
        reason = "a tie between different pitches is a slur" if slurs else "equal pitches, and a tie was half seen"
        record.change(draft, bar, after, kind="tie", reason=reason)


def after_event(names: Sequence[str], last: int) -> list[str]:
    """What follows an event up to the next one."""
    out: list[str] = []
    for name in names[last + 1 :]:
        if not name.startswith(("trem", *AFTER)):
            break
        out.append(name)
    return out


def _events(draft: Draft, bar: Bar) -> list[_Event]:
    out: list[_Event] = []
    names = bar.names
    heads: dict[int, str] = {}
    accidental, clef, octave, lower, first = "", draft.clef, 0, False, -1
    for index, name in enumerate(names):
        if name == "lo":
            lower = True
        elif name in ("8va(", "8vb(", "8va)", "8vb)"):
            octave += {"8va(": 1, "8vb(": -1, "8va)": -1, "8vb)": 1}[name]
        elif name.startswith("clef."):
            clef = name
        elif name.startswith("acc."):
            accidental = name[4:]
            first = bar.tokens[index].frame if first < 0 else first
        elif is_position(name):
            heads[int(name[1:])], accidental = accidental, ""
            first = bar.tokens[index].frame if first < 0 else first
        elif value(name) is not None or name.startswith("gd"):
            last = index
            while last + 1 < len(names) and names[last + 1] == "dot":
                last += 1
            frame = bar.tokens[index].frame if first < 0 else first
            sounds = {} if name.startswith("r") else heads
            out.append(_Event(draft, bar, sounds, frame, last, lower, name.startswith("gd"), clef, octave))
            heads, accidental, lower, first = {}, "", False, -1
        elif name in ("mR", "mm", "sim"):
            out.append(_Event(draft, bar, {}, bar.tokens[index].frame, index, lower, False, clef, octave))
            lower = False
    return out


def _verdict(here: _Event, following: _Event) -> str:
    """ "slur": the tie must be one; "tie": one is missing; "doubt": a tie surely seen between other notes; else ""."""
    if not here.heads:
        return ""
    names = here.bar.names
    after = after_event(names, here.last)
    moved = here.clef != following.clef or here.octave != following.octave
    if "tie" in after:
        apart = not moved and here.heads.keys().isdisjoint(following.heads)
        if here.draft is not following.draft or not apart:
            return ""
        seen = here.bar.tokens[here.last + 1 + after.index("tie")]
        return "slur" if seen.confidence < _SURE else "doubt"
    if moved or len(here.heads) != 1 or following.heads.keys() != here.heads.keys() or any(following.heads.values()):
        return ""
    if here.draft is not following.draft or following.first <= here.first:
        return ""
    parted = any(name in ("bar.rep", "bar.f", "rep.s") for name in (here.bar.line, *following.bar.names))
    if parted and here.bar is not following.bar:
        return ""
    peak = here.draft.lattice.peak("tie", here.first, following.first + 1)
    return "tie" if peak > _HALF_SEEN else ""


def _apply(tokens: list[Seen], last: int, verdict: str) -> None:
    """Change the tokens after the event whose value (or last dot) is at `last`."""
    names = [seen.token for seen in tokens]
    end = last + 1 + len(after_event(names, last))
    tail = tokens[last + 1 : end]
    frame = tokens[last].frame
    if verdict == "tie":
        tail.append(Seen("tie", frame, 0.0))
    elif verdict == "slur":
        chance = next((seen.confidence for seen in tail if seen.token == "tie"), 0.0)
        tail = [seen for seen in tail if seen.token != "tie"]
        if not any(seen.token == "sl(" for seen in tail):
            tail.append(Seen("sl(", frame, chance))
    elif not any(seen.token == "sl)" for seen in tail):
        tail.append(Seen("sl)", frame, 0.0))
    tokens[last + 1 : end] = sorted(tail, key=_rank)


def _rank(seen: Seen) -> int:
    return next((rank for rank, start in enumerate(AFTER, 1) if seen.token.startswith(start)), 0)
