"""Systems and pages: nothing is lost, nothing is too wide or too high, pages are turned where there is rest."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from notation.engrave.breaks import ENOUGH, Bar, System, lines, pages

WIDTH, FIRST, ROOM = 180.0, 230.0, 265.0


def bars_of(widths: list[float]) -> list[Bar]:
    return [Bar(width, opening=12.0) for width in widths]


def column(heights: list[float], *, silences: list[float] | None = None) -> list[System]:
    out, y = [], 0.0
    for index, height in enumerate(heights):
        out.append(System(y, y + height * 0.8, silences[index] if silences else 0.0))
        y += height
    return out


@given(st.lists(st.floats(5, 170), min_size=1, max_size=60), st.sets(st.integers(1, 59), max_size=3))
def test_every_system_fits_and_forced_ones_begin(widths: list[float], forced: set[int]) -> None:
    bars = bars_of(widths)
    forced = {bar for bar in forced if bar < len(bars)}
    starts = lines(bars, width=WIDTH, forced=forced)
    assert starts[0] == 0
    assert all(a < b for a, b in pairwise(starts))
    assert forced <= set(starts)
    for start, end in pairwise([*starts, len(bars)]):
        assert end == start + 1 or 12.0 + sum(widths[start:end]) <= WIDTH


@given(st.floats(20, 60), st.integers(2, 60))
def test_no_more_systems_than_the_fullest_ones_take(width: float, count: int) -> None:
    in_one = int((WIDTH - 12.0) // width)
    assert len(lines(bars_of([width] * count), width=WIDTH)) == -(-count // in_one)


def test_bars_are_shared_out() -> None:
    """Nine bars of which eight would fill a system: no single bar is left over."""
    starts = lines(bars_of([20.0] * 9), width=WIDTH)
    assert len(starts) == 2
    assert 3 <= starts[1] <= 6


def test_a_system_ends_with_a_rest_where_it_can() -> None:
    bars = bars_of([29.0] * 18)
    assert lines(bars, width=WIDTH)[1] == 5
    bars[3] = Bar(29.0, 12.0, silence=8.0, section=True)
    assert lines(bars, width=WIDTH)[1] == 4


def test_first_and_second_ending_stay_together() -> None:
    bars = bars_of([29.0] * 18)
    bars[4] = Bar(29.0, 12.0, joined=True)
    assert lines(bars, width=WIDTH)[1] == 4


@given(st.lists(st.floats(15, 60), min_size=1, max_size=60))
def test_every_page_holds_what_stands_on_it(heights: list[float]) -> None:
    systems = column(heights)
    firsts = pages(systems, first=FIRST, room=ROOM)
    assert firsts[0] == 0
    assert all(a < b for a, b in pairwise(firsts))
    for page, (start, end) in enumerate(pairwise([*firsts, len(systems)])):
        assert systems[end - 1].bottom - systems[start].top <= (ROOM if page else FIRST)


@given(st.integers(4, 80), st.floats(20, 40))
def test_no_system_alone_on_a_last_page(count: int, height: float) -> None:
    firsts = pages(column([height] * count), first=FIRST, room=ROOM)
    assert len(firsts) == 1 or count - firsts[-1] >= 2


def test_a_page_is_turned_where_there_is_rest() -> None:
    """Three pages from a left-hand one: the second is turned. It may hold nine systems, and ends with the rest."""
    silences = [0.0] * 20
    silences[13] = ENOUGH
    systems = column([28.0] * 20, silences=silences)
    assert pages(systems, first=FIRST, room=ROOM, opening="left")[2] == 14
    # From a right-hand page the first and the third are turned; the second lies open beside the third.
    silences = [0.0] * 20
    silences[5] = ENOUGH
    assert pages(column([28.0] * 20, silences=silences), first=FIRST, room=ROOM, opening="right")[1] == 6


def test_two_facing_pages_need_no_rest() -> None:
    systems = column([28.0] * 16, silences=[9.0 if index == 2 else 0.0 for index in range(16)])
    assert pages(systems, first=FIRST, room=ROOM, opening="left") in ([0, 7], [0, 8])


def test_a_system_higher_than_a_page_stands_alone() -> None:
    assert pages(column([400.0, 400.0, 400.0]), first=FIRST, room=ROOM) == [0, 1, 2]
