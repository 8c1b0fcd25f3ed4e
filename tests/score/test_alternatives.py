"""A bar that was hard to read is held against its other readings: what the song says elsewhere, or beside it, wins."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from lxml import etree

from notation.reading_cut import chained
from notation.score.check import Repair, apply, mend, proofread
from notation.score.check.bars import Bar, read_part
from notation.score.check.repairs import events_of, sayable, told_events
from tests.score.test_proofread import measures, music, parts_of

PART, KEY = "Flute", "n0-5"
Song = dict[str, etree._Element]


def events(bar: Bar) -> list[str]:
    return told_events(events_of(bar.element), bar)


@cache
def recurring(name: str) -> int:
    """A bar of quarters and eighths that the part has once more, note for note, and between other bars."""
    told = [events(bar) if bar.sounds and not any(s.tied or s.ties for s in bar.sounds) else [] for bar in
            read_part(parts_of(name)[PART])]  # fmt: skip
    return next(
        n for n, one in enumerate(told)
        if n and len(one) > 3 and told.count(one) > 1 and sayable([], one) and not any("r" in text for text in one)
    )  # fmt: skip


def misread(song: Song, at: int, wrong: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The bar says something else now; both readings of it."""
    bar = read_part(song[PART])[at]
    true = events(bar)
    assert apply(song[PART], Repair("reading", at, {"was": true, "events": wrong}))
    for n, note in enumerate(measures(song[PART])[at].iterfind("note")):
        note.set("id", f"{KEY}-{n}")
    return {KEY: [{"lost": 0.0, "events": wrong}, {"lost": 1.5, "events": true}]}


def mend_doubted(song: Song, at: int, readings: dict[str, list[dict[str, Any]]], *, doubt: float = 0.95) -> list[str]:
    doubts = {PART: [0.02] * at + [doubt] + [0.02] * 400}
    return [one.kind for one in mend(song, doubts=doubts, readings={PART: readings})]


@pytest.mark.parametrize("name", ["march", "waltz"])
def test_a_note_read_beside_its_place_is_mended(name: str) -> None:
    song, at = parts_of(name), recurring(name)
    truth = music(song[PART])
    length, _, head = events(read_part(song[PART])[at])[1].partition(" ")
    step, alter = head.split(":")
    wrong = events(read_part(song[PART])[at])
    wrong[1] = f"{length} {int(step) + 1}:{alter}"
    readings = misread(song, at, wrong)
    assert music(song[PART]) != truth
    assert mend_doubted(song, at, readings) == ["notes"]
    assert music(song[PART]) == truth


def test_a_note_too_few_is_put_in_and_one_too_many_taken_out() -> None:
    for change in (lambda told: told[1:], lambda told: [*told[:1], "1/2 35:0", *told[1:]]):
        song, at = parts_of("march"), recurring("march")
        truth = music(song[PART])
        readings = misread(song, at, change(events(read_part(song[PART])[at])))
        assert music(song[PART]) != truth
        assert "notes" in mend_doubted(song, at, readings)
        assert music(song[PART]) == truth


def test_a_right_bar_stays_though_the_page_may_say_something_else() -> None:
    song, at = parts_of("march"), recurring("march")
    before = etree.tostring(song[PART])
    true = events(read_part(song[PART])[at])
    wrong = [true[0].split()[0] + " 35:0", *true[1:]]
    for n, note in enumerate(measures(song[PART])[at].iterfind("note")):
        note.set("id", f"{KEY}-{n}")
    readings = {KEY: [{"lost": 0.0, "events": true}, {"lost": 0.5, "events": wrong}]}
    marked = etree.tostring(song[PART])
    assert mend_doubted(song, at, readings) == []
    assert etree.tostring(song[PART]) == marked != before


def test_what_somebody_wrote_since_is_not_weighed_again() -> None:
    song, at = parts_of("march"), recurring("march")
    true = events(read_part(song[PART])[at])
    wrong = [true[0].split()[0] + " 35:0", *true[1:]]
    readings = misread(song, at, wrong)
    other = [true[0].split()[0] + " 37:0", *true[1:]]
    assert apply(song[PART], Repair("reading", at, {"was": wrong, "events": other}))
    doubts = {PART: [0.02] * at + [0.95] + [0.02] * 400}
    assert all(one.kind != "notes" for one in proofread(song, doubts=doubts, readings={PART: readings}))


def test_the_sentence_says_what_was_read_and_what_it_should_be() -> None:
    song, at = parts_of("march"), recurring("march")
    true = events(read_part(song[PART])[at])
    readings = misread(song, at, [true[0].split()[0] + " 35:0", *true[1:]])
    doubts = {PART: [0.02] * at + [0.95] + [0.02] * 400}
    found = [one for one in proofread(song, doubts=doubts, readings={PART: readings}) if one.kind == "notes"]
    assert [one.bars for one in found] == [(at,)]
    assert "C5" in found[0].sentence
    assert found[0].others
    assert found[0].others in found[0].sentence


def test_a_reading_is_only_written_into_the_bar_it_is_of() -> None:
    song, at = parts_of("march"), recurring("march")
    before = etree.tostring(song[PART])
    assert not apply(song[PART], Repair("reading", at, {"was": ["1 28:0"], "events": ["1 r"]}))
    assert etree.tostring(song[PART]) == before


def test_values_that_want_a_tuplet_are_not_written() -> None:
    third = Fraction(1, 3)
    assert sayable(["1 28:0", "1 30:0"], ["1/2 28:0", "1/2 28:0", "1 30:0"])
    assert not sayable(["1 28:0"], [f"{third} 28:0", f"{third} 28:0", f"{third} 28:0"])
    assert sayable([f"{third} 28:0"] * 3, [f"{third} 28:0", f"{third} 29:0", f"{third} 28:0"])


def test_a_chord_and_a_rest_change_into_each_other() -> None:
    song, at = parts_of("march"), recurring("march")
    true = events(read_part(song[PART])[at])
    length = true[0].split()[0]
    for told in ([f"{length} 28:0,30:1", *true[1:]], [f"{length} r", *true[1:]], true):
        assert apply(song[PART], Repair("reading", at, {"was": events(read_part(song[PART])[at]), "events": told}))
        assert events(read_part(song[PART])[at]) == told


def test_two_readings_put_together_keep_what_their_bars_may_say() -> None:
    first = {"bars": [], "alternatives": {"0-1": [{"lost": 0.0, "events": ["1 r"]}]}}
    second = {"bars": [], "alternatives": {"0-1": [{"lost": 0.0, "events": ["2 r"]}]}}
    whole = chained(first, second, seam=2, renamed={"n0-1-0": "n7-1-0"})
    assert {key: ways[0]["events"] for key, ways in whole["alternatives"].items()} == {"0-1": ["1 r"], "7-1": ["2 r"]}
