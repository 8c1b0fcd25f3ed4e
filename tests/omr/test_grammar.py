"""A bar's tokens say notes, rests and signs in time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_pipeline.omr.grammar import Bar, as_line, duration, metre_length, parse, split
from media_pipeline.omr.tokens import vocabulary

ANYTHING = st.lists(st.sampled_from(vocabulary()), max_size=40)


def bar_of(told: str, *, length: Fraction | None = None) -> Bar:
    return parse(told.split(), length=length)


def onsets(told: str) -> list[tuple[int, float]]:
    return [(event.voice, float(event.onset)) for event in bar_of(told).events]


def filled(told: str, *, length: Fraction | None = None) -> list[float]:
    return [float(end) for end in bar_of(told, length=length).filled]


def test_a_chord_with_all_that_hangs_on_it() -> None:
    words = "dyn.f acc.s p-1 ch p3 hd.x d8 dot trem2 art.stacc orn.tr arp tie sl( sl) fermata bar.d"
    bar, told = bar_of(words), words.split()
    (event,) = bar.events
    assert [(h.position, h.accidental, h.cross, told[h.at]) for h in event.heads] == [
        (-1, "s", False, "p-1"),
        (3, "", True, "p3"),
    ]
    assert (event.value, event.dots, event.duration, event.strokes) == ("8", 1, Fraction(3, 4), 2)
    assert event.marks == ("art.stacc", "orn.tr", "arp")
    assert (event.tie, event.slur_opens, event.slur_closes, event.fermata) == (True, True, True, True)
    assert told[event.first : event.end] == told[1:-1]
    assert [(sign.token, sign.at) for sign in bar.signs] == [("dyn.f", 0)]
    assert (bar.line, bar.faults) == ("bar.d", ())


def test_voices_are_placed_by_the_order_of_their_onsets() -> None:
    told = "p5 d2 lo p0 d4 lo p1 d4 p6 d2 lo p2 d4 lo p1 d4 bar.s"
    assert onsets(told) == [(0, 0), (1, 0), (1, 1), (0, 2), (1, 2), (1, 3)]
    assert filled(told) == [4, 4]


def test_a_lower_voice_that_enters_late_begins_with_the_note_before_it() -> None:
    assert onsets("p5 d2 p6 d2 lo p0 d2 bar.s") == [(0, 0), (0, 2), (1, 2)]


def test_an_upper_voice_that_enters_late_begins_with_the_lower_ones_next_note() -> None:
    assert onsets("lo p0 d4 lo p0 d4 p5 d2 lo p0 d2 bar.s") == [(1, 0), (1, 1), (0, 2), (1, 2)]


def test_grace_notes_take_no_time() -> None:
    bar = bar_of("p6 gd8 slash p5 d1 bar.s")
    assert [(e.grace, e.slash, float(e.onset), float(e.duration)) for e in bar.events] == [
        (True, True, 0.0, 0.0),
        (False, False, 0.0, 4.0),
    ]


def test_a_sign_after_the_last_note_stands_at_the_end() -> None:
    assert [(s.token, float(s.onset)) for s in bar_of("cresc( p5 d2 p5 d2 hair) bar.s").signs] == [
        ("cresc(", 0.0),
        ("hair)", 4.0),
    ]


def test_a_rest_of_the_bar_lasts_as_long_as_the_metre() -> None:
    assert filled("mR bar.s", length=Fraction(3)) == [3]
    assert filled("mR bar.s") == []


def test_the_count_of_a_multi_measure_rest() -> None:
    bar = bar_of("mm n1 n2 bar.s", length=Fraction(4))
    assert (bar.count, bar.music) == (12, True)


def test_a_courtesy_signature_is_no_music() -> None:
    assert not parse(["key.2", "time.3/4"]).music


@pytest.mark.parametrize(
    ("told", "length"),
    [
        ("tup3 p5 d8 p5 d8 p5 d8 tupend r2 dot", 4),
        ("tup2 p5 d8 p5 d8 tupend", Fraction(3, 2)),
        ("tup2 p5 d1 trem2 p7 d1 trem2 tupend", 4),
        ("tup5 p5 d16 p5 d16 p5 d16 p5 d16 p5 d16 tupend r4", 2),
        ("d4", None),
        ("p5", None),
        ("p5 d0 dot", 12),
        ("p5 d2 lo p1 d4", 2),
        ("mR", "full"),
        ("mm n3", "full"),
        ("dyn.p key.1", None),
        ("p5 gd8 p5 d4 dot dot", Fraction(7, 4)),
    ],
)
def test_how_long_tokens_last(told: str, length: object) -> None:
    assert duration(told.split()) == length


def test_the_ratio_of_a_tuplet_that_fills_the_bar_is_taken() -> None:
    four = "tup4 p5 d8 p5 d8 p5 d8 p5 d8 tupend"
    assert filled(four, length=Fraction(3)) == [3]
    assert filled(four, length=Fraction(3, 2)) == [1.5]


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ("d4 bar.s", "d4 belongs to no note"),
        ("p5 bar.s", "a note without a value"),
        ("p5 ch d4 bar.s", "a chord lacks a note"),
        ("acc.s r4 bar.s", "an accidental without a note"),
        ("p5 d4 tupend bar.s", "a tuplet ends that did not begin"),
        ("tup3 p5 d4 bar.s", "a tuplet does not end"),
        ("mm bar.s", "rests without a count that can be"),
        ("p5 d4 dot dot dot dot bar.s", "too many dots"),
    ],
)
def test_faults_are_told(told: str, fault: str) -> None:
    assert [f.message for f in parse(told.split()).faults] == [fault]


def test_a_note_without_a_value_is_kept() -> None:
    assert [event.value for event in bar_of("p5 d8 p6 bar.s").events] == ["8", "8"]


def test_a_line_is_split_at_its_bar_lines() -> None:
    told = ["clef.G2", "key.1", "time.3/4", "p5", "d2", "dot", "bar.s", "key.0", "mR", "bar.d", "time.C"]
    assert split(told) == (range(3), [range(3, 7), range(7, 10), range(10, 11)])
    line = as_line(told)
    assert (line.clef, line.key, line.time, len(line.bars)) == ("clef.G2", "key.1", "time.3/4", 3)


def test_metres_have_lengths() -> None:
    assert [metre_length(f"time.{m}") for m in ("C", "cut", "6/8", "3/2")] == [4, 4, 3, 6]


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_whatever_is_told_is_either_kept_or_said_to_be_dropped(told: list[str]) -> None:
    bar = parse(told, length=Fraction(4))
    assert all(event.onset >= 0 and event.duration >= 0 for event in bar.events)
    heads = {head.at for event in bar.events for head in event.heads}
    assert heads == {i for i, token in enumerate(told) if token[0] == "p" and token[-1].isdigit()}
    values = {token for token in told if token[0] == "d" and token[1:].isdigit()}
    kept = {told[i] for event in bar.events for i in range(event.first, event.end)}
    assert values <= kept | {told[fault.at] for fault in bar.faults}


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_the_quick_duration_is_that_of_the_parsed_bar(told: list[str]) -> None:
    bar = parse(told)
    if not bar.faults and bar.events and not any(event.value == "full" for event in bar.events):
        assert duration(told) in (max(bar.filled), None)
