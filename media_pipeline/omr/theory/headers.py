"""Clef and key at the beginning of every line, voted over the lines of a part (Viterbi over their evidence).

1. Evidence of a line: the highest probability of each clef and key before its first note.
2. Prior: the mean of the evidence over the part; a part keeps its clef and, within a movement, its key; the
   instrument, where it is known, has its usual clefs.
3. From line to line the clef and key stay, or become what the line before changed to; a new time signature or the end
   of a movement frees them, and the key also a double bar or a repeat within the line before.
4. Changes within a line that the next line contradicts go; a change of key that shows only at the next line's
   beginning happened at a double bar of the line before. A change of clef is said before it holds, so one that shows
   only there was missed: it is where it was half seen, or all that may be under it is doubtful.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.grammar import parse
from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import Seen
from media_pipeline.omr.repairs import Bar, Draft, Record, split
from media_pipeline.omr.theory.durations import WHOLE, value
from media_pipeline.omr.tokens import CLEFS, is_position

Floats = NDArray[np.float64]

KEYS = tuple(f"key.{fifths}" for fifths in range(-7, 8))
_STAYS = 0.97  # chance that clef and key are on the next line what they were, or were changed to
_STAYS_NEW = 0.5  # the same where a new movement or song begins
_LEAST = 1e-4  # evidence of what was not seen at all
_PRIOR = 0.3  # weight of the part's habit against a line's own evidence
_HALF_SEEN = 0.02  # of a signature within a line that the next line confirms
_PLAIN = 0.9  # a clef within a line read with more confidence than this is there, whatever the next line says
_UNSURE = 0.2  # a clef at the beginning of a line that is more doubtful says nothing about the line before
_UNUSUAL = 2.5  # nats against a clef on every line that the instrument is not written in


def vote(drafts: Sequence[Draft], record: Record, *, usual: Sequence[str] = ()) -> None:
    """Set clef, key and their doubts of every line; mend changes within lines. drafts: one part, in order.

    usual: clefs that the part's instrument is written in, none where it is not known.
    """
    if not drafts:
        return
    clefs = tuple(CLEFS)
    seen = [draft.lattice.peaks(0, max(16, draft.music)) for draft in drafts]
    vocabulary = drafts[0].lattice.vocabulary
    known = [clef for clef in clefs if clef in vocabulary]
    clef_seen = [np.array([peaks[vocabulary.index(clef)] for clef in known], np.float64) for peaks in seen]
    key_seen = []
    for peaks in seen:
        chances = np.array([peaks[vocabulary.index(key)] for key in KEYS], np.float64)
        chances[7] = max(chances[7], 1 - chances.sum() + chances[7])  # nothing printed is no signature
        key_seen.append(chances)
    against = np.array([_UNUSUAL * bool(usual and clef not in usual) for clef in known])
    for kind, states, evidence, odd in (
        ("clef", tuple(known), clef_seen, against),
        ("key", KEYS, key_seen, np.zeros(len(KEYS))),
    ):
        path, doubts = _viterbi(drafts, states, evidence, odd, prefix=f"{kind}.")
        for draft, state, doubt in zip(drafts, path, doubts, strict=True):
            before = [token for token in draft.head if token.startswith(f"{kind}.")]
            if before != [state] and not (kind == "key" and state == "key.0" and not before):
                reason = f"the lines around it say {_said(state)}" if before else f"no {kind} was seen; {_said(state)}"
                record.head(draft, before, state, kind=kind, reason=reason)
            if kind == "clef":
                draft.clef, draft.clef_doubt = state, doubt
            else:
                draft.key, draft.key_doubt = state, doubt
    for here, following in itertools.pairwise(drafts):
        _agree(here, following, record)


def inner(draft: Draft, prefix: str) -> list[tuple[int, int]]:
    """(bar, token) of every clef or key within the line, in order."""
    return [
        (b, t) for b, bar in enumerate(draft.bars) for t, seen in enumerate(bar.tokens) if seen.token.startswith(prefix)
    ]


def _in_force(draft: Draft, prefix: str) -> str:
    """The clef or key that the line ends with, where it changes one; a courtesy signature counts."""
    for seen in reversed(draft.tail):
        if seen.token.startswith(prefix):
            return seen.token
    places = inner(draft, prefix)
    return draft.bars[places[-1][0]].tokens[places[-1][1]].token if places else ""


def _viterbi(
    drafts: Sequence[Draft], states: Sequence[str], evidence: Sequence[Floats], odd: Floats, *, prefix: str
) -> tuple[list[str], list[float]]:
    shares = [row / max(row.sum(), 1e-9) for row in evidence]
    habit = np.log(np.mean(shares, axis=0) + 0.002)
    emit = [np.log(row + _LEAST) + _PRIOR * habit - odd for row in evidence]
    score = emit[0] + (1 - _PRIOR) * habit
    back: list[NDArray[np.int64]] = []
    count = len(states)
    for at in range(1, len(drafts)):
        before = drafts[at - 1]
        new = drafts[at].time != "" or (bool(before.bars) and before.bars[-1].line == "bar.f")
        new = new or (prefix == "key." and bool(_sections(before)))
        stay = _STAYS_NEW if new else _STAYS
        moves = np.full((count, count), np.log((1 - stay) / count))
        changed = _in_force(before, prefix)
        for state in range(count):
            moves[state, states.index(changed) if changed in states else state] = np.log(stay)
        ways = score[:, None] + moves
        back.append(ways.argmax(axis=0))
        score = ways.max(axis=0) + emit[at]
    state = int(score.argmax())
    path = [state]
    for pointers in reversed(back):
        state = int(pointers[state])
        path.append(state)
    path.reverse()
    doubts = [float(1 - shares[at][state]) for at, state in enumerate(path)]
    return [states[state] for state in path], doubts


def _agree(here: Draft, following: Draft, record: Record) -> None:
    """Make the changes within a line lead to what the next line begins with."""
    if here.key != following.key and not _in_force(here, "key."):
        fresh = following.time != "" or here.bars[-1:] == [] or here.bars[-1].line == "bar.f"
        begun = [b for b in _sections(here) if b < len(here.bars)]
        seen_at = [here.lattice.peak(following.key, *_opening(bar)) for bar in here.bars]
        half_seen = max(range(1, len(here.bars)), key=lambda b: seen_at[b], default=0)
        if half_seen and seen_at[half_seen] < _HALF_SEEN:
            half_seen = 0
        at = half_seen or (begun[-1] if begun else 0)
        if at and not fresh:
            bar = here.bars[at]
            key = Seen(following.key, bar.start, following.lattice.peak(following.key, 0, max(16, following.music)))
            place = "a signature was half seen here" if half_seen else "it changed at the double bar"
            reason = f"the next line begins with {_said(following.key)}; {place}"
            record.change(here, bar, [key, *bar.tokens], kind="key", reason=reason)
        elif not fresh:
            for bar in here.bars:
                bar.reasons.append(f"the next line begins with {_said(following.key)}; where it changes was not seen")
    _find_clef(here, following, record)
    for prefix, wanted in (("clef.", following.clef), ("key.", following.key)):
        kind = prefix[:-1]
        places = inner(here, prefix)
        tail = [seen for seen in here.tail if seen.token.startswith(prefix)]
        if tail or not places:
            continue  # a courtesy signature has been weighed with the next line's own
        b, t = places[-1]
        bar = here.bars[b]
        seen = bar.tokens[t]
        if seen.token == wanted or (following.time and kind == "key") or (kind == "clef" and seen.confidence > _PLAIN):
            continue
        reason = f"the next line begins with {_said(wanted)}"
        without = [other for index, other in enumerate(bar.tokens) if index != t]
        if kind == "key" and here.key != wanted:  # a signature was there, and it was misread
            sign = replace(seen, token=wanted)
            if _at_start(bar.tokens[:t]) or b + 1 == len(here.bars):
                record.change(here, bar, [*bar.tokens[:t], sign, *bar.tokens[t + 1 :]], kind=kind, reason=reason)
                continue
            following_bar = here.bars[b + 1]
            record.change(here, following_bar, [sign, *following_bar.tokens], kind=kind, reason=reason)
        record.change(here, bar, without, kind=kind, reason=reason)


def _find_clef(here: Draft, following: Draft, record: Record) -> None:
    """A change of clef that the line before should have said."""
    wanted, now = following.clef, _in_force(here, "clef.") or here.clef
    anew = following.time != "" or not here.bars or here.bars[-1].line == "bar.f"
    if wanted == now or anew or max(here.clef_doubt, following.clef_doubt) > _UNSURE:
        return
    places = inner(here, "clef.")
    first, after = places[-1] if places else (0, -1)
    seen = here.bars[first].tokens[after] if places else None
    begin = seen.frame + 1 if seen else here.music
    chance, frame = here.lattice.summit(wanted, begin, here.lattice.frames)
    reason = f"the next line begins with {_said(wanted)}"
    if chance >= _HALF_SEEN:
        bar = next((bar for bar in reversed(here.bars) if bar.start <= frame), here.bars[first])
        events = [event.first for event in parse(tuple(bar.names)).events]
        at = next((n for n in events if bar.tokens[n].frame >= frame), len(bar.tokens) - bool(bar.line))
        clef = Seen(wanted, frame, chance)
        reason += "; a clef was half seen here"
        record.change(here, bar, [*bar.tokens[:at], clef, *bar.tokens[at:]], kind="clef", reason=reason)
    elif seen is None or seen.confidence > _PLAIN:
        for bar in here.bars[first:]:
            bar.reasons.append(f"{reason}; where it changes was not seen")


def _opening(bar: Bar) -> tuple[int, int]:
    """Frames from just before a bar to its first event."""
    return max(bar.start - 4, 0), first_event(bar.tokens, bar.start + 8)


def _sections(draft: Draft) -> list[int]:
    """Bars that a section of the music begins with, after a double bar or at a repeat; one more than there are where
    the line ends with it.
    """
    ended = {b + 1 for b, bar in enumerate(draft.bars) if bar.line in ("bar.d", "bar.rep", "bar.f")}
    return sorted(ended | {b for b, bar in enumerate(draft.bars) if "rep.s" in bar.names and b})


def _at_start(before: Sequence[Seen]) -> bool:
    return all(seen.token.startswith(("clef.", "key.", "time.")) for seen in before)


def read_head(lattice: Lattice, seen: Sequence[Seen]) -> tuple[list[Seen], list[Seen], int]:
    """(tokens of the line's beginning, the rest, frame where its bars begin)."""
    count = 0
    while count < len(seen) and seen[count].token.startswith(("clef.", "key.", "time.")):
        count += 1
    start = lattice.run_end(seen[count - 1].frame) if count else 0
    return list(seen[:count]), list(seen[count:]), start


def first_event(seen: Sequence[Seen], frames: int) -> int:
    """Frame of the first note or rest."""
    for item in seen:
        if is_position(item.token) or value(item.token) is not None or item.token in WHOLE:
            return item.frame
    return frames


def bars_of(rest: Sequence[Seen]) -> tuple[list[list[Seen]], list[Seen]]:
    """(bars, courtesy signs after the last bar line)."""
    pieces = split(rest)
    if pieces and all(seen.token.startswith(("clef.", "key.", "time.")) for seen in pieces[-1]):
        return pieces[:-1], pieces[-1]
    return pieces, []


def _said(token: str) -> str:
    """A clef or key in words."""
    kind, _, name = token.partition(".")
    if kind == "clef":
        words = {"G2": "treble clef", "F4": "bass clef", "C3": "alto clef", "C4": "tenor clef"}
        return words.get(name, f"the {name} clef")
    fifths = int(name)
    if not fifths:
        return "no sharps or flats"
    return f"{abs(fifths)} {'sharp' if fifths > 0 else 'flat'}{'s' if abs(fifths) > 1 else ''}"
