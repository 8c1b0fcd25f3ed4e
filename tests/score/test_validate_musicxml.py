"""Proof-reading a score that was opened."""

from __future__ import annotations

import pytest

from notation.musicxml.read import read
from notation.musicxml.validate import validate
from tests.engrave import samples
from tests.engrave.samples import attributes, measure, note, score


def kinds(*parts: str) -> list[str]:
    return [w.kind for w in validate(read(score([(f"Part {c}", m) for c, m in zip("ABC", parts, strict=False)])))]


def bars(*contents: str, time: str = "4/4") -> str:
    return "".join(
        measure(i, content, start=attributes(time=time) if i == 1 else "")
        for i, content in enumerate(contents, start=1)
    )


FULL = note(60, 16)


@pytest.mark.parametrize(
    "document", [samples.guitar(), samples.guitar(staves=2), samples.piano(), samples.ten_parts(8)]
)
def test_clean_scores_have_no_warnings(document: bytes) -> None:
    assert validate(read(document)) == []


def test_parts_of_different_length() -> None:
    assert kinds(bars(FULL, FULL), bars(FULL)) == ["parts"]


def test_bars_that_do_not_add_up() -> None:
    found = validate(read(score([("A", bars(FULL, note(60, 8), FULL, FULL + FULL, FULL))])))
    assert [(w.kind, w.message) for w in found] == [
        ("short", "Bar 2 is shorter than the time signature asks for."),
        ("long", "Bar 4 is longer than the time signature allows."),
    ]


def test_a_pickup_and_its_last_bar_may_be_short() -> None:
    assert kinds(bars(note(60, 4), FULL, FULL, note(60, 8) + note(60, 4))) == []


def test_a_bar_cut_in_two_by_a_repeat() -> None:
    assert kinds(bars(FULL, note(60, 8), note(60, 8), FULL)) == []


def test_no_notes() -> None:
    assert "empty" in kinds(bars(note(None, 16)))


def test_no_divisions() -> None:
    assert "divisions" in kinds(measure(1, note(60, 4)))


def test_backing_up_too_far() -> None:
    assert "order" in kinds(bars(FULL + "<backup><duration>32</duration></backup>" + FULL))


def test_ties_that_lead_nowhere() -> None:
    assert kinds(bars(note(60, 16, tie="start"), note(62, 16))) == ["ties"]
    assert kinds(bars(note(60, 16, tie="start"), note(60, 16, tie="stop"))) == []


def test_frets_that_are_other_notes() -> None:
    document = samples.guitar(2).replace(b"<fret>3</fret>", b"<fret>4</fret>")
    assert [w.kind for w in validate(read(document))] == ["frets"]


def test_the_part_is_named_where_there_are_several() -> None:
    found = validate(read(score([("Oboe", bars(FULL, FULL)), ("Horn", bars(FULL, FULL + FULL))])))
    assert [w.message for w in found] == ["Horn: Bar 2 is longer than the time signature allows."]


def test_many_bars_are_counted_not_listed() -> None:
    found = validate(read(score([("A", bars(FULL, *[FULL + FULL] * 20))])))
    assert "and 14 more" in found[0].message
