from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation.score.model import Time
from notation.score.values import quarters_of, split, value_of

COMMON, WALTZ, JIG = Time(4, 4), Time(3, 4), Time(6, 8)


@pytest.mark.parametrize(
    ("time", "start", "end", "pieces"),
    [
        (COMMON, 0, 4, [4]),
        (COMMON, 0, 3, [3]),
        (COMMON, 1, 3, [1, 1]),  # the middle of the bar is shown
        (COMMON, F(1, 2), F(3, 2), [1]),  # a plain syncopation
        (COMMON, F(1, 2), 2, [F(3, 2)]),
        (COMMON, F(1, 2), F(5, 2), [F(3, 2), F(1, 2)]),
        (COMMON, F(1, 4), F(5, 4), [F(3, 4), F(1, 4)]),
        (COMMON, F(3, 2), F(5, 2), [F(1, 2), F(1, 2)]),
        (COMMON, 0, F(5, 2), [2, F(1, 2)]),
        (COMMON, 0, F(7, 2), [2, F(3, 2)]),
        (WALTZ, 1, 3, [2]),
        (WALTZ, 0, 3, [3]),
        (JIG, 0, 3, [3]),
        (JIG, 1, 2, [F(1, 2), F(1, 2)]),  # the second dotted quarter is shown
        (JIG, F(1, 2), F(3, 2), [1]),
        (JIG, 0, F(5, 2), [F(3, 2), 1]),
    ],
)
def test_long_notes_are_cut_where_readers_look(time: Time, start: F, end: F, pieces: list[F]) -> None:
    assert [b - a for a, b in split(F(start), F(end), time)] == pieces


@pytest.mark.parametrize(
    ("time", "start", "end", "pieces"),
    [
        (COMMON, 1, 3, [1, 1]),
        (COMMON, F(1, 2), F(3, 2), [F(1, 2), F(1, 2)]),
        (COMMON, 2, 4, [2]),
        (WALTZ, 1, 3, [1, 1]),
        (JIG, F(3, 2), 3, [F(3, 2)]),
        (COMMON, F(1, 2), 4, [F(1, 2), 1, 2]),
    ],
)
def test_rests_never_syncopate(time: Time, start: F, end: F, pieces: list[F]) -> None:
    assert [b - a for a, b in split(F(start), F(end), time, True)] == pieces


@given(
    st.sampled_from([COMMON, WALTZ, JIG, Time(2, 4), Time(5, 4), Time(9, 8), Time(12, 8), Time(7, 8), Time(2, 2)]),
    st.integers(0, 47),
    st.integers(1, 48),
    st.booleans(),
)
def test_pieces_fill_the_span_with_legal_values(time: Time, start: int, length: int, rest: bool) -> None:
    a = F(start, 8) % time.quarters
    b = min(a + F(length, 8), time.quarters)
    pieces = split(a, b, time, rest)
    assert pieces[0][0] == a
    assert pieces[-1][1] == b
    for (_, end), (start_of_next, _) in pairwise(pieces):
        assert end == start_of_next
    for x, y in pieces:
        value = value_of(y - x)
        assert value is not None
        assert quarters_of(value) == y - x


def test_values_inside_tuplets() -> None:
    value = value_of(F(1, 3), actual=3, normal=2)
    assert value is not None
    assert (value.kind, value.dots) == ("eighth", 0)
    assert value_of(F(1, 3)) is None
