"""What the network saw of a staff, frame by frame, kept small: the likeliest tokens of every frame that is not paper.

Connectionist temporal classification (Graves et al. 2006): a token is a run of frames, the blank stands between tokens.
All scores are natural logarithms of probabilities. A frame left out of a lattice is surely blank. 2,000 staves of a
book are some 10 MB.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.model import Seen

KEPT = 8  # tokens kept a frame
SURE = -1e-3  # a frame whose blank is likelier than this is left out
FLOOR = -13.0  # what a token counts that a frame did not keep
_UNLIKELY = -6.5  # tokens below are not tried by the beam search
_HOPELESS = 14.0  # nats behind the likeliest from which a prefix is given up
_NEVER = -math.inf


@dataclass(frozen=True)
class Guess:
    """One reading of a stretch, its probability summed over all ways to align it."""

    log: float
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Lattice:
    """Sparse posteriors of one staff; made by `compress`."""

    vocabulary: tuple[str, ...]  # the blank first; one tuple for a whole book
    frames: int
    at: NDArray[np.uint16]  # (kept,) frame of each row, rising
    ids: NDArray[np.uint8]  # (kept, KEPT) tokens, the likeliest first
    logs: NDArray[np.float16]  # (kept, KEPT)

    @property
    def nbytes(self) -> int:
        return self.at.nbytes + self.ids.nbytes + self.logs.nbytes

    def rows(self, start: int, stop: int) -> tuple[int, int]:
        """First and last (exclusive) row of the frames from start up to stop."""
        return int(np.searchsorted(self.at, start)), int(np.searchsorted(self.at, stop))

    def run_end(self, frame: int) -> int:
        """The frame after the run of the likeliest token that this frame belongs to."""
        row, stop = self.rows(frame, self.frames)
        if row == stop or self.at[row] != frame:
            return frame + 1
        token = self.ids[row, 0]
        while row + 1 < stop and self.at[row + 1] == self.at[row] + 1 and self.ids[row + 1, 0] == token:
            row += 1
        return int(self.at[row]) + 1

    def peak(self, token: str, start: int, stop: int) -> float:
        """Highest probability of the token in any frame from start up to stop, 0..1."""
        return self.summit(token, start, stop)[0]

    def summit(self, token: str, start: int, stop: int) -> tuple[float, int]:
        """(highest probability of the token from start up to stop, its frame); (0.0, start) where it was not seen."""
        a, b = self.rows(start, stop)
        rows, places = np.nonzero(self.ids[a:b] == self.vocabulary.index(token))
        if not len(rows):
            return 0.0, start
        logs = self.logs[a:b][rows, places]
        best = int(logs.argmax())
        return float(np.exp(logs[best].astype(np.float32))), int(self.at[a + rows[best]])

    def peaks(self, start: int, stop: int) -> NDArray[np.float32]:
        """(tokens,) highest probability of each token in any frame from start up to stop, 0..1."""
        a, b = self.rows(start, stop)
        found = np.zeros(len(self.vocabulary), np.float32)
        np.maximum.at(found, self.ids[a:b].ravel(), np.exp(self.logs[a:b].ravel().astype(np.float32)))
        return found

    def entropy(self, start: int, stop: int) -> NDArray[np.float32]:
        """(rows,) nats of uncertainty of each kept frame from start up to stop."""
        a, b = self.rows(start, stop)
        logs = self.logs[a:b].astype(np.float32)
        spread: NDArray[np.float32] = -(np.exp(logs) * logs).sum(axis=1)
        return spread

    def greedy(self) -> list[Seen]:
        """The likeliest token of each frame, repeats and blanks taken out."""
        out: list[Seen] = []
        before, last = 0, -2
        best = self.ids[:, 0].tolist()
        chances = np.exp(self.logs[:, 0].astype(np.float32)).tolist()
        for frame, token, chance in zip(self.at.tolist(), best, chances, strict=True):
            again = token == before and frame == last + 1
            if token and not again:
                out.append(Seen(self.vocabulary[token], frame, chance))
            elif token and chance > out[-1].confidence:
                out[-1] = Seen(out[-1].token, out[-1].frame, chance)
            before, last = token, frame
        return out

    def nbest(self, start: int, stop: int, *, rhythm: Sequence[int], beam: int = 24, keep: int = 24) -> list[Guess]:
        """Readings of the frames from start up to stop, the likeliest first, no two of them with one rhythm.

        rhythm: for each token a symbol, 0 where it changes no duration. Prefix beam search (Graves & Jaitly 2014)
        that holds only the likeliest prefix for each sequence of symbols, so that the beam is not filled with
        variants of a slur.
        """
        tree = _Prefixes(rhythm)
        spoken: dict[int, tuple[float, float]] = {0: (0.0, _NEVER)}  # prefix -> (ended by a blank, by its last token)
        a, b = self.rows(start, stop)
        last = start - 1
        for frame, ids, logs in zip(
            self.at[a:b].tolist(), self.ids[a:b].tolist(), self.logs[a:b].astype(np.float32).tolist(), strict=True
        ):
            if frame > last + 1:
                spoken = {prefix: (_add(*pair), _NEVER) for prefix, pair in spoken.items()}
            last = frame
            tokens = [(token, log) for token, log in zip(ids, logs, strict=True) if log > _UNLIKELY]
            grown = _grown(spoken, tokens, tree)
            ranked = sorted(((_add(*pair), prefix) for prefix, pair in grown.items()), reverse=True)
            least = ranked[0][0] - _HOPELESS if ranked else _NEVER
            rhythms: set[int] = set()
            spoken = {}
            for log, prefix in ranked:
                if log < least:
                    break
                if tree.rhythm[prefix] not in rhythms:
                    rhythms.add(tree.rhythm[prefix])
                    spoken[prefix] = grown[prefix]
                    if len(spoken) >= beam:
                        break
        found = [Guess(_add(*pair), tree.ids(prefix)) for prefix, pair in spoken.items()]
        return sorted((guess for guess in found if guess.log > _NEVER), key=lambda guess: -guess.log)[:keep]

    def score(self, ids: Sequence[int], start: int, stop: int) -> float:
        """Log probability that the frames from start up to stop say exactly these tokens."""
        states = _states(ids)
        here = np.full(len(states), _NEVER)
        here[0] = 0.0
        skip = _may_skip(states)
        with np.errstate(invalid="ignore"):
            for emit in self._emissions(states, start, stop):
                one = np.concatenate(([_NEVER], here[:-1]))
                two = np.where(skip, np.concatenate(([_NEVER, _NEVER], here[:-2]))[: len(here)], _NEVER)
                here = np.logaddexp(np.logaddexp(here, one), two) + emit
        return float(np.logaddexp(here[-1], here[-2])) if len(here) > 1 else float(here[-1])

    def align(self, ids: Sequence[int], start: int, stop: int) -> list[Seen]:
        """Where each of these tokens stands: the likeliest alignment (Viterbi), with the probability at its peak.

        Tokens that find no frame of their own (more tokens than frames) stand on the frame before, with confidence 0.
        """
        if not ids:
            return []
        states = _states(ids)
        emissions = self._emissions(states, start, stop)
        skip = _may_skip(states)
        here = np.full(len(states), _NEVER)
        here[0] = 0.0
        came: list[NDArray[np.int64]] = []
        for emit in emissions:
            one = np.concatenate(([_NEVER], here[:-1]))
            two = np.where(skip, np.concatenate(([_NEVER, _NEVER], here[:-2]))[: len(here)], _NEVER)
            ways = np.stack((here, one, two))
            step = ways.argmax(axis=0)
            here = ways[step, np.arange(len(here))] + emit
            came.append(step)
        state = len(states) - 1 if here[-1] >= here[-2] else len(states) - 2
        frames: dict[int, tuple[int, float]] = {}
        if here[state] > _NEVER:
            at = self._moments(start, stop)
            for row in range(len(came) - 1, -1, -1):
                if state % 2:
                    peak = max(math.exp(emissions[row][state]), frames.get(state // 2, (0, 0.0))[1])
                    frames[state // 2] = (at[row], peak)
                state -= int(came[row][state])
        out: list[Seen] = []
        frame = start
        for index, token in enumerate(ids):
            frame, peak = frames.get(index, (frame, 0.0))
            out.append(Seen(self.vocabulary[token], frame, peak))
        return out

    def _moments(self, start: int, stop: int) -> list[int]:
        """Frames of the rows, with one (its first frame) for every gap of frames left out."""
        a, b = self.rows(start, stop)
        out: list[int] = []
        last = start - 1
        for frame in self.at[a:b].tolist():
            if frame > last + 1:
                out.append(last + 1)
            out.append(frame)
            last = frame
        return out if last + 1 >= stop else [*out, last + 1]

    def _emissions(self, states: NDArray[np.int64], start: int, stop: int) -> list[NDArray[np.float64]]:
        """For every moment the log probability of each state's token."""
        a, b = self.rows(start, stop)
        paper = np.where(states == 0, 0.0, FLOOR)
        kept = iter(range(a, b))
        out: list[NDArray[np.float64]] = []
        present = set(self.at[a:b].tolist())
        for moment in self._moments(start, stop):
            if moment not in present:
                out.append(paper)
                continue
            row = next(kept)
            table = np.full(len(self.vocabulary), FLOOR)
            table[self.ids[row]] = np.maximum(self.logs[row], FLOOR)
            out.append(table[states])
        return out


def compress(posteriors: NDArray[np.float32], vocabulary: tuple[str, ...]) -> Lattice:
    """A lattice of (frames, tokens) log probabilities; at most 256 tokens."""
    frames, tokens = posteriors.shape
    if tokens != len(vocabulary) or tokens > 256:
        raise ValueError(f"{tokens} probabilities a frame for {len(vocabulary)} tokens; a lattice takes up to 256")
    at = np.flatnonzero(posteriors[:, 0] <= SURE)
    rows = posteriors[at]
    few = min(KEPT, tokens)
    top = np.argpartition(-rows, few - 1, axis=1)[:, :few]
    order = np.argsort(-np.take_along_axis(rows, top, axis=1), axis=1, kind="stable")
    ids = np.take_along_axis(top, order, axis=1)
    logs = np.take_along_axis(rows, ids, axis=1).astype(np.float16)
    return Lattice(vocabulary, frames, at.astype(np.uint16), ids.astype(np.uint8), logs)


class _Prefixes:
    """Prefixes of the beam search as a tree: a number for each, and one for the rhythm it has."""

    def __init__(self, symbols: Sequence[int]) -> None:
        self._symbols = symbols
        self.token = [-1]
        self.rhythm = [0]
        self._parent = [-1]
        self._children: dict[int, int] = {}
        self._rhythms: dict[tuple[int, int], int] = {}

    def grow(self, prefix: int, token: int) -> int:
        key = prefix << 8 | token  # a lattice has up to 256 tokens
        known = self._children.get(key)
        if known is not None:
            return known
        rhythm = self.rhythm[prefix]
        if symbol := self._symbols[token]:
            rhythm = self._rhythms.setdefault((rhythm, symbol), len(self._rhythms) + 1)
        self._children[key] = number = len(self.token)
        self.token.append(token)
        self.rhythm.append(rhythm)
        self._parent.append(prefix)
        return number

    def ids(self, prefix: int) -> tuple[int, ...]:
        out: list[int] = []
        while prefix:
            out.append(self.token[prefix])
            prefix = self._parent[prefix]
        return tuple(reversed(out))


def _grown(
    spoken: dict[int, tuple[float, float]], tokens: Sequence[tuple[int, float]], tree: _Prefixes
) -> dict[int, tuple[float, float]]:
    """The prefixes one frame on. tokens: those that the frame may say, and their log probabilities.

    Nearly all of the second reader's time is spent here: additions of nothing are left out.
    """
    grown: dict[int, tuple[float, float]] = {}
    for prefix, (blank, voiced) in spoken.items():
        both = _add(blank, voiced)
        own = tree.token[prefix]
        for token, log in tokens:
            if token == 0:
                old = grown.get(prefix)
                grown[prefix] = (both + log, _NEVER) if old is None else (_add(old[0], both + log), old[1])
                continue
            enter = both + log
            if token == own:
                old = grown.get(prefix)
                stay = voiced + log
                grown[prefix] = (_NEVER, stay) if old is None else (old[0], _add(old[1], stay))
                enter = blank + log
                if enter == _NEVER:
                    continue
            longer = tree.grow(prefix, token)
            old = grown.get(longer)
            grown[longer] = (_NEVER, enter) if old is None else (old[0], _add(old[1], enter))
    return grown


def _add(a: float, b: float) -> float:
    """Logarithm of the sum of two probabilities given by theirs."""
    if a < b:
        a, b = b, a
    return a if b == _NEVER else a + math.log1p(math.exp(b - a))


def _states(ids: Sequence[int]) -> NDArray[np.int64]:
    """Blank, token, blank, token … blank."""
    states = np.zeros(2 * len(ids) + 1, np.int64)
    states[1::2] = ids
    return states


def _may_skip(states: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where the blank before a token may be left out: not between two equal tokens."""
    skip = np.zeros(len(states), np.bool_)
    skip[3::2] = states[3::2] != states[1:-2:2]
    return skip
