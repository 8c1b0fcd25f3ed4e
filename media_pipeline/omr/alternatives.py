"""Other readings of a doubtful bar: what the page may say instead, as likely as the network finds it.

With what the other parts play, and with what a part plays elsewhere, they tell a note that pencil covers from the one
beside it (notation/score/check/alternatives.py).

1. What no pitch or duration hangs on counts as paper, so that readings do not differ by a slur.
2. The bar's frames are read in many ways (`Lattice.nbest`); bars of the part that are nearly the same are tried too.
3. Each is played with the bar before it, so that accidentals and ties are what they are in the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from media_pipeline.omr.doubts import counts
from media_pipeline.omr.lattice import Lattice
from media_pipeline.omr.measures import Played, lay_out, play
from media_pipeline.omr.model import BarRead, Line, Seen
from media_pipeline.omr.theory import tuplets
from media_pipeline.omr.theory.durations import WHOLE, Sums, sums
from media_pipeline.omr.tokens import is_position

DOUBTED = 0.3  # a bar less doubtful is read in one way
MOST = 12  # readings told of a bar
DEAREST = 16.0  # nats that one may be less likely than what was read
BEAM = 16
NATS = 1.5  # what a unit of cost of a tuplet is worth
NEAR = 0.5  # share of its tokens in which a bar elsewhere may differ
_HEADS = ("clef.", "key.", "time.")
_WHOLE = {*WHOLE, "lo"}  # bars of rest, and of two voices, are not read anew


def alternatives_of(lines: Sequence[Line], lattices: Sequence[Lattice]) -> list[dict[int, list[dict[str, Any]]]]:
    """For each line of a part: bar -> its readings, the one that was taken first, then the likeliest.

    A reading is {"lost": nats by which it is less likely than the first, "events": ["1/2 28:0", "1 r", …]}: quarters,
    then step (0 is C0) and alteration of each head as written, or "r" for a rest.
    """
    known = {_sounding(bar) for line in lines for bar in line.bars if _readable(bar)}
    return [dict(_of_line(line, lattice, known)) for line, lattice in zip(lines, lattices, strict=True)]


def alternatives_told(lines: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The side file's alternatives as `Revision.reading` has them (notation/reading.py)."""
    return {
        f"{n}-{b}": bar["alternatives"]
        for n, line in enumerate(lines)
        for b, bar in enumerate(line["bars"])
        if "alternatives" in bar
    }


def _of_line(line: Line, lattice: Lattice, known: set[tuple[str, ...]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    if not any(bar.doubt >= DOUBTED and _readable(bar) for bar in line.bars):
        return
    bare = without_signs(lattice)
    clef, key = line.clef, line.key
    for number, bar in enumerate(line.bars):
        if bar.doubt >= DOUBTED and _readable(bar):
            before = line.bars[number - 1] if number else None
            if before and before.tokens:
                start = lattice.run_end(before.tokens[-1].frame)
            else:
                start = _music(lattice, bar.tokens[0].frame)
            alone = Line(line.page, line.system, line.staff, clef, key, "", ())
            told = _readings(replace(alone, bars=(before, bar) if before else (bar,)), bare, start, known)
            if len(told) > 1:
                yield number, told
        for seen in bar.tokens:
            clef = seen.token if seen.token.startswith("clef.") else clef
            key = seen.token if seen.token.startswith("key.") else key


def _music(lattice: Lattice, first: int) -> int:
    """Where a line's music begins, whose first token is seen at frame `first`: behind its clef, key and metre."""
    head = [seen.frame for seen in lattice.greedy() if seen.frame < first and seen.token.startswith(_HEADS)]
    return lattice.run_end(head[-1]) if head else 0


def _readings(stretch: Line, lattice: Lattice, start: int, known: set[tuple[str, ...]]) -> list[dict[str, Any]]:
    """stretch: the bar, last, behind the one before it."""
    bar = stretch.bars[-1]
    mine = _sounding(bar)
    plain = _bare(mine)
    stop = bar.tokens[-1].frame if bar.tokens[-1].token.startswith("bar.") else lattice.frames
    if stop <= start:
        return []
    place = {token: n for n, token in enumerate(lattice.vocabulary)}
    own = lattice.score([place[token] for token in plain], start, stop)
    length = sums(mine)
    found: dict[tuple[str, ...], float] = {}
    for guess in lattice.nbest(start, stop, rhythm=range(len(place)), beam=BEAM, keep=BEAM):
        tokens = tuple(lattice.vocabulary[token] for token in guess.ids)
        if tokens == plain:
            continue
        grouped, cost = _grouped(tokens, length)
        found[grouped] = own - guess.log + NATS * cost
    for other in known - found.keys():
        if sums(other) == length and other != mine and _apart(other, mine) <= NEAR * len(mine):
            found[other] = own - lattice.score([place[token] for token in _bare(other)], start, stop)
    told = [{"lost": 0.0, "events": _events(stretch, mine)}]
    for tokens, lost in sorted(found.items(), key=lambda item: item[1]):
        if lost > DEAREST or len(told) > MOST:
            break
        if sums(tokens).malformed or any(token in _WHOLE or token.startswith("bar.") for token in tokens):
            continue
        events = _events(stretch, tokens)
        if events and all(events != one["events"] for one in told):
            told.append({"lost": round(lost, 2), "events": events})
    return told if told[0]["events"] else []


def _bare(tokens: Sequence[str]) -> tuple[str, ...]:
    """Without tuplets: often no number is printed, and theory finds them all the same."""
    return tuple(token for token in tokens if not token.startswith("tup"))


def _grouped(tokens: tuple[str, ...], length: Sums) -> tuple[tuple[str, ...], float]:
    """With the tuplets that make them last so long, and what these cost; as they are where none do."""
    if sums(tokens) == length or length.upper_whole:
        return tokens, 0.0
    grouped = tuplets.regrouped([Seen(token, n, 1.0) for n, token in enumerate(tokens)], length.upper)
    return (tokens, 0.0) if grouped is None else (tuple(seen.token for seen in grouped[0]), grouped[1])


def _readable(bar: BarRead) -> bool:
    names = [seen.token for seen in bar.tokens]
    first = next((n for n, name in enumerate(names) if not name.startswith(_HEADS)), 0)
    return (
        not first
        and any(map(is_position, names))
        and not _WHOLE & set(names)
        and not any(name.startswith((*_HEADS, "8va", "8vb", "trem", "gd")) for name in names)
    )


def _sounding(bar: BarRead) -> tuple[str, ...]:
    names = (seen.token for seen in bar.tokens)
    return tuple(name for name in names if (counts(name) or name.startswith("tup")) and not name.startswith("bar."))


def _apart(a: Sequence[str], b: Sequence[str]) -> int:
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(a, b))


def _events(stretch: Line, tokens: Sequence[str]) -> list[str]:
    """What the stretch's last bar plays if it says these tokens; nothing where no measure comes of it."""
    instead = BarRead(tuple(Seen(token, n, 1.0) for n, token in enumerate((*tokens, "bar.s"))), 0.0)
    measures = lay_out([[replace(stretch, bars=(*stretch.bars[:-1], instead))]])
    if not measures or measures[-1].bar != len(stretch.bars) - 1:
        return []
    played = play(measures)[-1][0]
    return [_event(one) for one in played if isinstance(one, Played)]


def _event(played: Played) -> str:
    heads = ",".join(f"{step}:{alter}" for step, alter in played.pitches)
    return f"{Fraction(played.event.duration)} {heads or 'r'}"


def without_signs(lattice: Lattice) -> Lattice:
    """The same, where signs that change neither pitch nor duration are paper."""
    silent = np.array([not counts(token) for token in lattice.vocabulary])  # the blank among them
    logs = lattice.logs.astype(np.float32)
    paper = silent[lattice.ids]
    blank = np.log(np.maximum(np.where(paper, np.exp(logs), 0.0).sum(axis=1), 1e-6))
    other = np.uint8(silent.nonzero()[0][-1])  # a sign that no reading says
    ids = np.concatenate([np.zeros((len(logs), 1), np.uint8), np.where(paper, other, lattice.ids)], axis=1)
    logs = np.concatenate([blank[:, None], np.where(paper, -np.inf, logs)], axis=1)
    order = np.argsort(-logs, axis=1, kind="stable")
    ids, logs = (np.take_along_axis(rows, order, axis=1) for rows in (ids, logs))
    return Lattice(lattice.vocabulary, lattice.frames, lattice.at, ids, np.maximum(logs, -60.0).astype(np.float16))
