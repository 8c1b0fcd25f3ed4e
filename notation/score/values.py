"""Which lengths may stand at which place of a bar, and how longer ones are cut into tied notes.

The rule is Gould's (Behind Bars, 2011, pp. 165 ff.): notation shows the beat. Every place of a bar has a strength;
a value may reach across a place only if it starts on a place as strong, or is the plain syncopation of one level
below (eighth quarter eighth). Nothing crosses the middle of a bar of four beats unless it starts with the bar. Rests
never syncopate.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from notation.score.model import Time, Value

KINDS = (
    ("whole", Fraction(4)),
    ("half", Fraction(2)),
    ("quarter", Fraction(1)),
    ("eighth", Fraction(1, 2)),
    ("16th", Fraction(1, 4)),
    ("32nd", Fraction(1, 8)),
    ("64th", Fraction(1, 16)),
)
KIND_QUARTERS = dict(KINDS)
BAR, MIDDLE, BEAT = 5, 4, 3  # strengths; below the beat 2, 1, 0 ... halve it

# quarters -> value, without tuplets; one dot, and two only for nothing: double dots are hard to read at sight
_PLAIN: dict[Fraction, Value] = {}
for _kind, _quarters in KINDS:
    _PLAIN[_quarters] = Value(_kind)
    if _quarters >= Fraction(1, 8):
        _PLAIN[_quarters * Fraction(3, 2)] = Value(_kind, dots=1)


def value_of(duration: Fraction, *, actual: int = 1, normal: int = 1) -> Value | None:
    """The written value that lasts `duration` quarters inside a tuplet `actual : normal`, or None."""
    plain = _PLAIN.get(duration * actual / normal)
    return Value(plain.kind, plain.dots, actual, normal) if plain else None


def quarters_of(value: Value) -> Fraction:
    length = KIND_QUARTERS[value.kind]
    return length * (2 - Fraction(1, 2**value.dots)) * value.normal / value.actual


def cell_of(time: Time) -> Fraction:
    """The span within which a tuplet is written: the beat, of long beats a quarter."""
    return time.beat if time.compound else min(time.beat, Fraction(1))


def unit_of(time: Time) -> Fraction:
    """The finest length that plain values go down to."""
    return max(cell_of(time) / (12 if time.compound else 16), Fraction(1, 16))


@lru_cache(maxsize=4096)
def strength(place: Fraction, time: Time) -> int:
    """How strong a place of the bar is; 5 the bar line, 4 the middle of four beats, 3 a beat, less within it."""
    beats = place / time.beat
    if beats.denominator == 1:
        count = int(time.quarters / time.beat)
        if beats % count == 0:
            return BAR
        return MIDDLE if count % 2 == 0 and count > 2 and beats % 2 == 0 else BEAT
    within = beats % 1
    if time.compound:  # thirds of the beat first, then halves of those
        thirds = within * 3
        return 2 if thirds.denominator == 1 else {2: 1, 4: 0}.get(thirds.denominator, -1)
    return {2: 2, 4: 1, 8: 0}.get(within.denominator, -1)  # within a beat longer than a quarter too


@lru_cache(maxsize=16384)
def _may_stand(start: Fraction, end: Fraction, time: Time, rest: bool) -> bool:
    value = value_of(end - start)
    if value is None:
        return False
    if rest and value.dots and not time.compound and value.kind != "eighth":
        return False
    if rest and not time.compound and value.kind == "half" and strength(start, time) < MIDDLE:
        return False
    if rest and not time.compound and time.beats == 3 and value.kind == "half":
        return False
    here, there = strength(start, time), strength(end, time)
    unit = unit_of(time)
    inside = [strength(start + unit * k, time) for k in range(1, int((end - start) / unit))]
    strongest = max(inside, default=-2)
    if here >= strongest:
        return True
    if rest or strongest >= MIDDLE:
        return False
    if time.compound and strongest >= BEAT:
        return False  # dotted-quarter beats are always shown
    return here >= strongest - 1 and there >= strongest - 1 and inside.count(strongest) == 1


@lru_cache(maxsize=16384)
def split(start: Fraction, end: Fraction, time: Time, rest: bool = False) -> tuple[tuple[Fraction, Fraction], ...]:
    """Cut [start, end) of one bar into spans that one plain value each may fill, fewest first, long ones early.

    Places must be multiples of `unit_of(time)`. Tuplets are cut at their own borders before they come here.
    """
    if _may_stand(start, end, time, rest):
        return ((start, end),)
    unit = unit_of(time)
    best: tuple[tuple[Fraction, Fraction], ...] | None = None
    # The cut goes to the strongest place inside: that is what a reader's eye looks for.
    places = [start + unit * k for k in range(1, int((end - start) / unit))]
    strongest = max(strength(p, time) for p in places)
    for place in places:
        if strength(place, time) == strongest:
            pieces = split(start, place, time, rest) + split(place, end, time, rest)
            if best is None or len(pieces) < len(best):
                best = pieces
    assert best is not None
    return best
