"""How well staves are read, symbol class by symbol class: tokens aligned by edit distance, then counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rapidfuzz.distance import Levenshtein

from media_pipeline.omr.grammar import split

NOTHING = ""  # in a confusion: no token stands there
_BY_NAME = {
    "sl(": "slur", "sl)": "slur", "cresc(": "hairpin", "dim(": "hairpin", "hair)": "hairpin", "8va(": "ottava",
    "8va)": "ottava", "8vb(": "ottava", "8vb)": "ottava", "mm": "multi-rest", "mR": "bar rest", "lo": "second voice",
    "reh": "rehearsal mark", "rep.s": "repeat", "bar.rep": "repeat", "ch": "chord", "tupend": "tuplet",
    "slash": "grace", "arp": "arpeggio", "sim": "bar repeat", "hd.x": "cross head", "dc": "jump", "ds": "jump",
    "fine": "jump", "tocoda": "jump",
}  # fmt: skip
_BY_START = (
    ("acc.", "accidental"), ("art.", "articulation"), ("orn.", "ornament"), ("bar.", "bar line"), ("clef.", "clef"),
    ("dyn.", "dynamic"), ("key.", "key"), ("time.", "metre"), ("tup", "tuplet"), ("trem", "tremolo"),
    ("volta", "volta"),
    ("gd", "grace"), ("dot", "dot"),
)  # fmt: skip
_BY_NUMBER = {"p": "position", "d": "note value", "r": "rest", "n": "multi-rest"}
_CHANGES = {"clef": "clef change", "key": "key change"}  # a metre is printed only where it changes


def class_of(token: str) -> str:
    """The class a token is counted in, wherever it stands."""
    if token in _BY_NAME:
        return _BY_NAME[token]
    for start, name in _BY_START:
        if token.startswith(start):
            return name
    if token[0] in _BY_NUMBER and token[1:].lstrip("-").isdigit():
        return _BY_NUMBER[token[0]]
    return token


def classes_of(tokens: Sequence[str]) -> list[str]:
    """The class of each token of a line: a clef or key after what stands at the line's beginning is a change."""
    head = len(split(tokens)[0])
    names = [class_of(token) for token in tokens]
    return names[:head] + [_CHANGES.get(name, name) for name in names[head:]]


@dataclass
class Count:
    """Tokens read, in truth and in both, by class; and the edits between them.

    confused: (token in truth, token read) -> how often; NOTHING where a token was missed or is too many.
    """

    read: Counter[str] = field(default_factory=Counter)
    truth: Counter[str] = field(default_factory=Counter)
    both: Counter[str] = field(default_factory=Counter)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    edits: int = 0
    staves: int = 0

    def add(self, read: Sequence[str], truth: Sequence[str]) -> None:
        """One staff more."""
        of_read, of_truth = classes_of(read), classes_of(truth)
        at, begin = 0, 0  # where what is not right begins, in read and in truth
        for block in Levenshtein.opcodes(read, truth).as_matching_blocks():
            self.confused.update(_pairs(read[at : block.a], truth[begin : block.b]))
            at, begin = block.a + block.size, block.b + block.size
            mine, theirs = slice(block.a, at), slice(block.b, begin)
            of_read[mine] = of_truth[theirs]  # what is right is of the truth's class, whatever went before it
            self.both.update(of_truth[theirs])
        self.read.update(of_read)
        self.truth.update(of_truth)
        self.edits += Levenshtein.distance(read, truth)
        self.staves += 1

    @property
    def error(self) -> float:
        """Edits to tokens in truth (symbol error rate)."""
        return self.edits / max(1, self.truth.total())

    def precision(self, name: str) -> float:
        """Of the tokens read of a class, the share that is right."""
        return self.both[name] / max(1, self.read[name])

    def recall(self, name: str) -> float:
        """Of a class's tokens in truth, the share that was read."""
        return self.both[name] / max(1, self.truth[name])

    def f1(self, name: str) -> float:
        """Harmonic mean of precision and recall of a class."""
        return 2 * self.both[name] / max(1, self.read[name] + self.truth[name])

    def table(self) -> Iterable[tuple[str, int, float, float, float]]:
        """Class, cases in truth, precision, recall, F1; the commonest first."""
        for name, cases in self.truth.most_common():
            yield name, cases, self.precision(name), self.recall(name), self.f1(name)


def _pairs(read: Sequence[str], truth: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What was taken for what in a stretch that is all wrong: first a token for one of its class."""
    for step in Levenshtein.opcodes([*map(class_of, read)], [*map(class_of, truth)]):
        mine, theirs = read[step.src_start : step.src_end], truth[step.dest_start : step.dest_end]
        yield from zip_longest(theirs, mine, fillvalue=NOTHING)


def total(counts: Iterable[Count]) -> Count:
    """All of them as one."""
    out = Count()
    for count in counts:
        out.read += count.read
        out.truth += count.truth
        out.both += count.both
        out.confused += count.confused
        out.edits += count.edits
        out.staves += count.staves
    return out
