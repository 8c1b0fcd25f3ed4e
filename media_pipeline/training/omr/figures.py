"""How well staves are read, symbol class by symbol class: tokens aligned by edit distance, then counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Levenshtein

_BY_NAME = {
    "sl(": "slur", "sl)": "slur", "cresc(": "hairpin", "dim(": "hairpin", "hair)": "hairpin", "8va(": "ottava",
    "8va)": "ottava", "8vb(": "ottava", "8vb)": "ottava", "mm": "multi-rest", "mR": "bar rest", "lo": "second voice",
    "reh": "rehearsal mark", "rep.s": "repeat", "bar.rep": "repeat", "ch": "chord", "tupend": "tuplet",
    "slash": "grace",
}  # fmt: skip
_BY_START = (
    ("acc.", "accidental"), ("art.", "articulation"), ("orn.", "ornament"), ("bar.", "bar line"), ("clef.", "clef"),
    ("dyn.", "dynamic"), ("key.", "key"), ("time.", "metre"), ("tup", "tuplet"), ("trem", "tremolo"),
    ("volta", "volta"),
    ("gd", "grace"), ("dot", "dot"),
)  # fmt: skip
_BY_NUMBER = {"p": "position", "d": "note value", "r": "rest", "n": "multi-rest"}


def class_of(token: str) -> str:
    """The class a token is counted in."""
    if token in _BY_NAME:
        return _BY_NAME[token]
    for start, name in _BY_START:
        if token.startswith(start):
            return name
    if token[0] in _BY_NUMBER and token[1:].lstrip("-").isdigit():
        return _BY_NUMBER[token[0]]
    return token


@dataclass
class Count:
    """Tokens read, in truth and in both, by class; and the edits between them."""

    read: Counter[str] = field(default_factory=Counter)
    truth: Counter[str] = field(default_factory=Counter)
    both: Counter[str] = field(default_factory=Counter)
    edits: int = 0

    def add(self, read: Sequence[str], truth: Sequence[str]) -> None:
        """One staff more."""
        self.read.update(map(class_of, read))
        self.truth.update(map(class_of, truth))
        for step in Levenshtein.opcodes(read, truth):
            if step.tag == "equal":
                self.both.update(map(class_of, read[step.src_start : step.src_end]))
        self.edits += Levenshtein.distance(read, truth)

    @property
    def error(self) -> float:
        """Edits to tokens in truth (symbol error rate)."""
        return self.edits / max(1, self.truth.total())

    def f1(self, name: str) -> float:
        """Harmonic mean of precision and recall of a class."""
        return 2 * self.both[name] / max(1, self.read[name] + self.truth[name])

    def table(self) -> Iterable[tuple[str, int, float, float, float]]:
        """Class, cases in truth, precision, recall, F1; the commonest first."""
        for name, cases in self.truth.most_common():
            yield name, cases, self.both[name] / max(1, self.read[name]), self.both[name] / cases, self.f1(name)
