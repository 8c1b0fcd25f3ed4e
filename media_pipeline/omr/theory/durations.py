"""How long a bar's tokens last, voice by voice, in quarter notes; and what a printed metre asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from media_pipeline.omr.tokens import is_position

TUPLETS = {
    2: Fraction(3, 2), 3: Fraction(2, 3), 4: Fraction(3, 4), 5: Fraction(4, 5), 6: Fraction(2, 3), 7: Fraction(4, 7),
    9: Fraction(8, 9),
}  # fmt: skip  # what a value is multiplied by; two and four are those of compound metres
WHOLE = ("mR", "mm", "sim")  # tokens that fill their bar, whatever its metre


@dataclass(frozen=True)
class Sums:
    """What a bar's voices add up to, in quarters. A voice is whole when one sign fills it, however long."""

    upper: Fraction
    lower: Fraction
    upper_whole: bool = False
    lower_whole: bool = False
    malformed: str = ""  # what does not belong together: "a tuplet without an end"

    def fits(self, quarters: Fraction) -> bool:
        """A lower voice may rest unprinted."""
        return not self.malformed and (self.upper_whole or self.upper == quarters) and self.lower <= quarters

    @property
    def quarters(self) -> Fraction | None:
        """What the bar says of its metre; None where it says nothing."""
        if self.malformed or (self.upper_whole and not self.lower):
            return None
        return self.lower if self.upper_whole else max(self.upper, self.lower)


@cache
def value(token: str) -> Fraction | None:
    """Quarters of a note or rest token without its dots; None for any other token."""
    if token[:1] not in ("d", "r") or not token[1:].isdigit():
        return None
    return Fraction(8) if token[1:] == "0" else Fraction(4, int(token[1:]))


@cache
def tuplet(token: str) -> int:
    """N of tupN, else 0."""
    return int(token[3:]) if token.startswith("tup") and token[3:].isdigit() else 0


@cache
def metre(token: str) -> Fraction | None:
    """Quarters of a bar under a time token."""
    if not token.startswith("time."):
        return None
    name = {"C": "4/4", "cut": "2/2"}.get(token[5:], token[5:])
    beats, _, unit = name.partition("/")
    return Fraction(4 * int(beats), int(unit))


@cache
def dotted(quarters: Fraction, dots: int) -> Fraction:
    return quarters * (2 - Fraction(1, 2**dots))


def quarters(length: Fraction) -> str:
    """A length in words."""
    names = {Fraction(1): "a quarter", Fraction(1, 2): "an eighth", Fraction(1, 4): "a sixteenth"}
    return names.get(length, f"{length} quarters")


@cache
def symbol(token: str) -> int:
    """What a token means for a bar's rhythm: 0 nothing; all positions are one symbol. Tuplets are regrouped anyway."""
    if is_position(token):
        return 1
    counts = value(token) is not None or token.startswith(("gd", "bar.")) or token in ("dot", "ch", "lo", *WHOLE)
    return 0 if not counts else 2 + _SYMBOLS.setdefault(token, len(_SYMBOLS))


_SYMBOLS: dict[str, int] = {}


@cache
def symbols(vocabulary: tuple[str, ...]) -> list[int]:
    """`symbol` of each token."""
    return [symbol(token) for token in vocabulary]


def sums(tokens: Sequence[str]) -> Sums:
    """Durations of the tokens of one bar. Grace notes last nothing; a lone whole rest fills any bar."""
    return _sums(tuple(tokens))


@lru_cache(maxsize=4096)
def _sums(tokens: tuple[str, ...]) -> Sums:
    total = [Fraction(0), Fraction(0)]
    factor: list[Fraction | None] = [None, None]
    whole = [False, False]
    voice = last = 0  # of the event being told, of the one told before
    heads = False
    malformed = ""
    real: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        if token == "lo":
            voice = 1
        elif number := tuplet(token):
            malformed = malformed or ("a tuplet within a tuplet" if factor[voice] else "")
            factor[voice] = TUPLETS.get(number)
        elif token == "tupend":
            malformed = malformed or ("" if factor[last] else "the end of a tuplet that did not begin")
            factor[last] = None
        elif is_position(token):
            real.append(token)
            after = tokens[index] if index < len(tokens) else ""
            if not (after in ("ch", "hd.x") or after.startswith("gd") or (after[:1] == "d" and value(after))):
                malformed = malformed or "a head without a duration"
            heads = True
        elif token == "ch":
            malformed = malformed or ("" if heads else "a chord without its lowest note")
            after = tokens[index] if index < len(tokens) else ""
            told = is_position(after) or after.startswith("acc.")
            malformed = malformed or ("" if told else "a chord without a note")
        elif token.startswith("gd"):
            heads, last, voice = False, voice, 0
        elif (length := value(token)) is not None:
            real.append(token)
            if token[0] == "d" and not heads:
                malformed = malformed or "a duration without a head"
            dots = 0
            while index < len(tokens) and tokens[index] == "dot":
                dots += 1
                index += 1
            total[voice] += dotted(length, dots) * (factor[voice] or 1)
            heads, last, voice = False, voice, 0
        elif token in WHOLE:
            whole[voice] = True
            last, voice = voice, 0
    if any(factor):
        malformed = malformed or "a tuplet without an end"
    if any(filled and length for filled, length in zip(whole, total, strict=True)):
        malformed = malformed or "a rest for the whole bar beside other notes"
    if real == ["r1"]:
        whole[0], total[0] = True, Fraction(0)
    return Sums(total[0], total[1], whole[0], whole[1], malformed)
