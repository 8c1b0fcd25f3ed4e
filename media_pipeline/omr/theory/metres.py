"""Which metre each bar of a part is in: what is printed against what the bars add up to (Viterbi over bar lengths).

A state is the length of a bar in quarters. A bar that adds up to another length costs; so does a metre that nothing
printed announces, or that is announced and not kept. So one misread time signature does not outvote the bars after it,
and one misread bar does not outvote its metre.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from media_pipeline.omr.model import Seen
from media_pipeline.omr.repairs import Bar, Draft, Record
from media_pipeline.omr.theory.durations import metre, quarters, sums, tuplet
from media_pipeline.omr.theory.tuplets import regrouped
from media_pipeline.omr.tokens import METRES

_MISFIT = 1.0  # a bar that adds up to something else
_HIDDEN = 0.35  # the same, but unmarked tuplets would make it fit
_ONWARD = 0.05  # and the bar before has tuplets too: their number is often printed once for all that follow
_EDGE = 0.4  # the same where bars may be short: at the start, at repeats and double bars
_UNSEEN = 3.0  # a change of metre that nothing announces
_UNSEEN_DOUBLE = 1.5  # the same after a double bar
_UNSEEN_END = 0.5  # and after a final one: another movement or song
_IGNORED = 3.0  # a printed metre that is not kept
_USUAL = {Fraction(4): "4/4", Fraction(3): "3/4", Fraction(2): "2/4", Fraction(6): "6/4", Fraction(3, 2): "3/8"}


def follow(drafts: Sequence[Draft], record: Record) -> None:
    """Set `expected` of every bar; write and mend time tokens where the bars contradict them."""
    places = [(draft, bar) for draft in drafts for bar in draft.bars]
    if not places:
        return
    signs = [_sign(draft, bar) for draft, bar in places]
    totals = [sums(bar.names).quarters for _, bar in places]
    lengths = Counter(total for total in totals if total)
    states = sorted(
        {q for sign in signs if (q := metre(sign)) is not None} | {q for q, count in lengths.items() if count >= 4}
    ) or [Fraction(4)]
    path = _viterbi(places, signs, totals, states)
    before: Fraction | None = None
    for (draft, bar), sign, length in zip(places, signs, path, strict=True):
        bar.expected = length
        said = metre(sign)
        if said is not None and said != length:
            _write(draft, bar, length, record, f"the bars are {quarters(length)} long, not {quarters(said)}")
        elif said is None and length != before and (before is not None or not _begins_before(drafts, draft, bar)):
            _write(draft, bar, length, record, f"the bars are {quarters(length)} long and no metre was seen")
        before = length


def _begins_before(drafts: Sequence[Draft], draft: Draft, bar: Bar) -> bool:
    return not (draft is drafts[0] and bar is draft.bars[0])


def _sign(draft: Draft, bar: Bar) -> str:
    """The time token printed before this bar."""
    if draft.bars[0] is bar and draft.time:
        return draft.time
    return next((seen.token for seen in reversed(bar.tokens) if seen.token.startswith("time.")), "")


def _viterbi(
    places: Sequence[tuple[Draft, Bar]],
    signs: Sequence[str],
    totals: Sequence[Fraction | None],
    states: Sequence[Fraction],
) -> list[Fraction]:
    cost = [0.0] * len(states)
    announced = {metre(sign) for sign in signs}
    back: list[list[int]] = []
    tuplets: set[Fraction] = set()  # lengths that the bar before has by tuplets, seen or not
    for index, ((_, bar), sign, total) in enumerate(zip(places, signs, totals, strict=True)):
        said = metre(sign)
        double = index > 0 and places[index - 1][1].line in ("bar.d", "bar.f", "bar.rep")
        edge = index == 0 or double or said is not None or bar.line in ("bar.d", "bar.f", "bar.rep")
        ended = index > 0 and places[index - 1][1].line == "bar.f"
        change = _UNSEEN_END if ended else _UNSEEN_DOUBLE if double else _UNSEEN
        cheapest = min(range(len(states)), key=lambda state: cost[state])
        fresh: list[float] = []
        pointers: list[int] = []
        grouped = {total} if total is not None and any(tuplet(seen.token) for seen in bar.tokens) else set()
        for state, length in enumerate(states):
            if index == 0 or cost[state] <= cost[cheapest] + (0.0 if said == length else change):
                came, so_far = state, cost[state]
            else:
                came, so_far = cheapest, cost[cheapest] + (0.0 if said == length else change)
            if said is not None and said != length:
                so_far += _IGNORED
            if total is not None and total != length:
                if edge and total < length:
                    so_far += _EDGE
                elif length in announced and total > length and regrouped(bar.tokens, length):
                    so_far += _ONWARD if length in tuplets else _HIDDEN
                    grouped.add(length)
                else:
                    so_far += _MISFIT
            pointers.append(came)
            fresh.append(so_far)
        back.append(pointers)
        cost, tuplets = fresh, grouped
    state = min(range(len(states)), key=lambda state: cost[state])
    path = [state]
    for pointers in reversed(back[1:]):
        state = pointers[state]
        path.append(state)
    return [states[state] for state in reversed(path)]


def _write(draft: Draft, bar: Bar, length: Fraction, record: Record, reason: str) -> None:
    """Give the bar the time token of this length that the network finds likeliest."""
    header = draft.bars[0] is bar and not any(seen.token.startswith("time.") for seen in bar.tokens)
    a, b = (0, max(16, draft.music)) if header else (max(0, bar.start - 8), bar.tokens[-1].frame if bar.tokens else 0)
    peaks = draft.lattice.peaks(a, b)
    vocabulary = draft.lattice.vocabulary
    named = [f"time.{name}" for name in METRES if metre(f"time.{name}") == length and f"time.{name}" in vocabulary]
    if not named:
        bar.reasons.append(f"no metre is {quarters(length)} long")
        return
    usual = f"time.{_USUAL.get(length, '')}"
    best = max(
        named, key=lambda token: (float(peaks[vocabulary.index(token)]) > 0.01) * float(peaks[vocabulary.index(token)])
    )
    if float(peaks[vocabulary.index(best)]) <= 0.01 and usual in named:
        best = usual
    if header:
        before = [token for token in draft.head if token.startswith("time.")]
        record.head(draft, before, best, kind="metre", reason=reason)
        draft.time = best
        return
    kept = [seen for seen in bar.tokens if not seen.token.startswith("time.")]
    place = next((i for i, seen in enumerate(kept) if not seen.token.startswith(("clef.", "key."))), len(kept))
    sign = Seen(best, bar.start, float(peaks[vocabulary.index(best)]))
    record.change(draft, bar, [*kept[:place], sign, *kept[place:]], kind="metre", reason=reason)
