"""Bars against their metre: a bar that does not add up is read again, this time so that it does.

1. Bars that may be short are let be: a pick-up and the bar that completes it, a bar parted by a repeat or a line's end.
2. The bar's frames are read in many ways, one for each rhythm (`Lattice.nbest`); the likeliest that fits the metre
   wins, unless it is too much less likely than the likeliest of all.
3. In each reading tuplets may be regrouped (`tuplets`), at a price. Where nothing fits, two bars that add up to one are
   joined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.model import Seen
from media_pipeline.omr.repairs import Bar, Draft, Record
from media_pipeline.omr.theory import tuplets
from media_pipeline.omr.theory.durations import Sums, quarters, sums, symbol, symbols

_DEAREST = 9.0  # nats that a reading which fits may be less likely than the likeliest
_DEAREST_AT_EDGE = 3.0  # the same where a bar may well be short
_NATS = 1.5  # what a unit of cost of a regrouping is worth
_GROUPS = 4.0  # cost of regrouping that may come on top of the dearest reading
_BEAM = 16
_WIDE = 32  # a second, wider search where the first finds nothing that fits
_ENDS = ("bar.d", "bar.f", "bar.rep")


@dataclass
class _Place:
    draft: Draft
    bar: Bar
    edge: bool = False  # beside a double bar, a repeat or a change of metre


def fit(drafts: Sequence[Draft], record: Record, *, check: Callable[[], object]) -> None:
    """Read again every bar that does not last what `expected` says. drafts: one part, in order. `check` may raise."""
    places = _places(drafts)
    settled = _settled(places)
    for index, place in enumerate(places):
        check()
        bar = place.bar
        length = bar.expected
        if length is None or bar not in place.draft.bars:
            continue
        total = sums(bar.names)
        if total.fits(length) or bar in settled:
            continue
        if not _read_again(place, length, record) and not _joined(places, index, length, record):
            bar.wrong = _misfit(total, length)


def _places(drafts: Sequence[Draft]) -> list[_Place]:
    out: list[_Place] = []
    before: Bar | None = None
    for draft in drafts:
        for bar in draft.bars:
            place = _Place(draft, bar)
            new = before is None or before.expected != bar.expected or (bar is draft.bars[0] and draft.time != "")
            inside = any(seen.token == "rep.s" for seen in bar.tokens) or bar.line in _ENDS
            place.edge = new or inside or (before is not None and before.line in _ENDS)
            out.append(place)
            before = bar
    return out


def _settled(places: Sequence[_Place]) -> set[Bar]:
    """Bars that are short for a reason."""
    out: set[Bar] = set()
    lengths = [sums(place.bar.names) for place in places]
    first = 0  # of the section
    for index, place in enumerate(places):
        bar, length = place.bar, place.bar.expected
        following = places[index + 1].bar if index + 1 < len(places) else None
        if length is None:
            continue
        if following is not None and following.expected == length:
            parted = bar.line in ("", *_ENDS) or _begins(following)
            if parted and _together(lengths[index], lengths[index + 1], length):
                out |= {bar, following}
        if bar.line in _ENDS or following is None:
            opening = places[first].bar
            if first < index and opening.expected == length and _together(lengths[first], lengths[index], length):
                out |= {opening, bar}
            first = index + 1
    return out


def _begins(bar: Bar) -> bool:
    return any(seen.token == "rep.s" for seen in bar.tokens)


def _together(a: Sums, b: Sums, length: Fraction) -> bool:
    whole = a.upper_whole or b.upper_whole or a.malformed or b.malformed
    return not whole and 0 < a.upper < length and a.upper + b.upper == length


def stretch(draft: Draft, bar: Bar) -> tuple[int, int, int]:
    """(tokens of its beginning that are no music, first frame, frame after) of a bar."""
    head = 0
    while head < len(bar.tokens) and bar.tokens[head].token.startswith(("clef.", "key.", "time.")):
        head += 1
    start = draft.lattice.run_end(bar.tokens[head - 1].frame) if head else bar.start
    stop = bar.tokens[-1].frame if bar.line else draft.lattice.frames
    if not bar.line and draft.tail:
        stop = draft.tail[0].frame
    return head, start, max(start, stop)


def _read_again(place: _Place, length: Fraction, record: Record) -> bool:
    draft, bar = place.draft, place.bar
    head, start, stop = stretch(draft, bar)
    limit = _DEAREST_AT_EDGE if place.edge else _DEAREST
    reason = _misfit(sums(bar.names), length)
    # a change of clef within the bar has been decided with the other lines
    decided = any(seen.token.startswith(("clef.", "key.", "time.")) for seen in bar.tokens[head:])
    if stop > start and not decided:
        line = bar.tokens[-1:] if bar.line else []
        for beam in (_BEAM, _WIDE):
            found = _fitting(draft.lattice, start, stop, length, limit=limit, beam=beam)
            if found is not None:
                bar.lost, seen = found
                kind = "tuplet" if _only_tuplets(bar.names[head:], seen) else "rhythm"
                record.change(draft, bar, [*bar.tokens[:head], *seen, *line], kind=kind, reason=reason)
                return True
        return False
    changed = tuplets.regrouped(bar.tokens, length)
    if changed:
        bar.lost = changed[1] * _NATS
        record.change(draft, bar, changed[0], kind="tuplet", reason=reason)
    return changed is not None


def _fitting(
    lattice: Lattice, start: int, stop: int, length: Fraction, *, limit: float, beam: int
) -> tuple[float, list[Seen]] | None:
    """(nats lost, tokens) of the best reading that lasts `length`, or several bars of it; tuplets put right."""
    guesses = lattice.nbest(start, stop, rhythm=symbols(lattice.vocabulary), beam=beam, keep=beam)
    best: tuple[float, list[Seen]] | None = None
    for guess in guesses:
        lost = guesses[0].log - guess.log
        if lost > limit or (best is not None and lost >= best[0]):
            break
        names = [lattice.vocabulary[token] for token in guess.ids]
        if _lasts(names, length):
            return (lost, lattice.align(guess.ids, start, stop)) if best is None or lost < best[0] else best
        if any(name.startswith("bar.") for name in names):
            continue
        put_right = tuplets.regrouped([Seen(name, start, 0.0) for name in names], length)
        if put_right is None:
            continue
        lost += put_right[1] * _NATS
        if lost <= limit + _NATS * _GROUPS and (best is None or lost < best[0]):
            placed = tuplets.regrouped(lattice.align(guess.ids, start, stop), length)
            best = (lost, placed[0]) if placed else best
    return best


def _only_tuplets(before: Sequence[str], after: Sequence[Seen]) -> bool:
    """Whether two readings of a bar have the same values."""
    old = [name for name in before if symbol(name) and not name.startswith("bar.")]
    return old == [seen.token for seen in after if symbol(seen.token)]


def _lasts(names: Sequence[str], length: Fraction) -> bool:
    """Whether every bar of these tokens lasts this long."""
    bars: list[list[str]] = [[]]
    for name in names:
        if name.startswith("bar."):
            bars.append([])
        else:
            bars[-1].append(name)
    return all(sums(bar).fits(length) and (len(bars) > 1 or not sums(bar).upper_whole) for bar in bars)


def _joined(places: Sequence[_Place], index: int, length: Fraction, record: Record) -> bool:
    """Whether this bar and the next were one, parted by a bar line that is not there."""
    place = places[index]
    bar = place.bar
    if index + 1 >= len(places) or bar.line != "bar.s" or places[index + 1].draft is not place.draft:
        return False
    following = places[index + 1].bar
    if following not in place.draft.bars or following.expected != length:
        return False
    tokens = [*bar.tokens[:-1], *following.tokens]
    if not sums([seen.token for seen in tokens]).fits(length) or sums(following.names).fits(length):
        return False
    if bar.tokens[-1].confidence > 0.9:
        return False
    record.join(place.draft, bar, tokens, kind="rhythm", reason="the bar line would part a bar that is whole")
    return True


def _misfit(total: Sums, length: Fraction) -> str:
    """What is wrong with a bar, as a sentence."""
    if total.malformed:
        return f"the bar has {total.malformed}"
    got = total.upper if total.upper != length else total.lower
    off = abs(got - length)
    return f"the bar is {quarters(off)} too {'long' if got > length else 'short'} for {quarters(length)}"
