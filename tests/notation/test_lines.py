"""Lines that are drawn by themselves: what goes on over their ends is drawn as a printed line shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from notation import lines
from notation.overhang import overhang

HEAD = (
    "<attributes><divisions>2</divisions><key><fifths>-2</fifths></key><time><beats>4</beats><beat-type>4</beat-type>"
    "</time><clef><sign>G</sign><line>2</line></clef></attributes>"
)


def note(pitch: str, *, ties: str = "", slurs: str = "", length: int = 8) -> str:
    """ties, slurs: "start", "stop" or both."""
    kind = {8: "whole", 2: "quarter", 1: "eighth"}[length]
    tied = "".join(f'<tied type="{way}"/>' for way in ties.split())
    over = "".join(f'<slur type="{way}" number="1"/>' for way in slurs.split())
    return (
        f"<note><pitch><step>{pitch[0]}</step><octave>{pitch[1]}</octave></pitch><duration>{length}</duration>"
        + "".join(f'<tie type="{way}"/>' for way in ties.split())
        + f"<voice>1</voice><type>{kind}</type><notations>{tied}{over}</notations></note>"
    )


def wedge(kind: str) -> str:
    return f'<direction placement="below"><direction-type><wedge type="{kind}"/></direction-type></direction>'


def part(*bars: str) -> etree._Element:
    said = "".join(f'<measure number="{number}">{bar}</measure>' for number, bar in enumerate(bars, start=1))
    return etree.fromstring(
        '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Flute</part-name></score-part>'
        f'</part-list><part id="P1">{said}</part></score-partwise>'
    )


def drawn(root: etree._Element, first: int, count: int, *, width: int = lines.WIDTHS[-1]) -> dict[str, int]:
    """How many of each sign stand in the drawing of a line."""
    svg = lines.line(root, first, count, width=width).svg
    return {name: len(re.findall(rf'class="{name}[ "]', svg)) for name in ("tie", "slur", "hairpin", "measure", "note")}


@pytest.mark.parametrize(
    ("bars", "name"),
    [
        ((note("C5", ties="start"), note("C5", ties="stop")), "tie"),
        ((note("C5", slurs="start"), note("D5", slurs="stop")), "slur"),
        ((wedge("crescendo") + note("C5"), note("D5") + wedge("stop")), "hairpin"),
    ],
)
def test_a_sign_over_a_lines_end_is_drawn_in_both_lines(bars: tuple[str, str], name: str) -> None:
    root = part(HEAD + bars[0], bars[1], note("G4"))
    before = etree.tostring(root)
    one = dict.fromkeys(("tie", "slur", "hairpin"), 0)
    assert drawn(root, 0, 1) == {**one, name: 1, "measure": 1, "note": 1}
    assert drawn(root, 1, 2) == {**one, name: 1, "measure": 2, "note": 2}
    assert drawn(root, 2, 1) == {**one, "measure": 1, "note": 1}
    assert etree.tostring(root) == before


def test_a_slur_goes_over_a_whole_line() -> None:
    root = part(HEAD + note("C5", slurs="start"), note("D5"), note("E5"), note("F5", slurs="stop"))
    assert [drawn(root, bar, 1)["slur"] for bar in range(4)] == [1, 1, 1, 1]


def test_bars_and_notes_are_named_and_signs_are_not_lost_where_nothing_crosses() -> None:
    root = part(HEAD + note("C5", ties="start"), note("C5", ties="stop") + note("D5", slurs="start stop"))
    svg = lines.line(root, 1, 1).svg
    assert re.findall(r'data-bar="(\d+)"', svg) == ["0"]
    assert sorted(re.findall(r'data-note="(\d+)"', svg)) == ["0", "1"]


def test_a_line_is_drawn_as_it_was_when_that_began() -> None:
    root = part(HEAD + note("C5"), note("D5"))
    before = lines.line(root, 0, 2)
    begun = lines.begin(root, 0, 2)
    other = lines.begin(root, 1, 1)  # at the same time
    for bar in root.findall("part/measure"):
        bar.clear()
    assert begun() == before
    assert other().count == 1


def test_a_line_that_nobody_waits_for_keeps_no_engraver() -> None:
    def engravers() -> set[str]:
        return {pid for threads in Path("/proc/self/task").glob("*/children") for pid in threads.read_text().split()}

    root = part(HEAD + note("C5"), note("D5"))
    before = engravers()
    begun = [lines.begin(root, 0, 2) for _ in range(4)]
    assert len(engravers() - before) >= 2  # two may have waited for work
    begun.clear()
    assert engravers() <= before


@pytest.mark.parametrize(
    "bars",
    [
        (note("C5", ties="start"), note("D5")),  # a tie to nothing
        (note("C5"), note("C5", ties="stop")),  # from nothing
        (note("C5", slurs="start"), note("D5")),
        (note("C5"), note("D5", slurs="stop")),
        (note("C5", slurs="start"), note("D5", slurs="start")),
        (wedge("crescendo") + note("C5"), note("D5")),
    ],
)
def test_half_a_sign_hangs_over_nothing(bars: tuple[str, str]) -> None:
    measures = part(HEAD + bars[0], bars[1]).findall("part/measure")
    assert overhang(measures, 0, 1) == (None, None)
    assert overhang(measures, 1, 1) == (None, None)


def test_each_note_of_a_chord_is_tied() -> None:
    chord = note("C5", ties="start") + note("E5", ties="start").replace("<note>", "<note><chord/>", 1)
    root = part(HEAD + chord, chord.replace('"start"', '"stop"'))
    _, after = overhang(root.findall("part/measure"), 0, 1)
    assert after is not None
    assert [len(one.findall("chord")) for one in after.iterfind("note")] == [0, 1]
    assert drawn(root, 0, 1)["tie"] == 2


def test_a_crowded_line_may_go_on_two_systems_and_keeps_to_itself() -> None:
    crowd = "".join(note("C5", length=1) for _ in range(8))
    root = part(HEAD + note("C5", slurs="start"), *[crowd] * 8, note("D5", slurs="stop"))
    wide, narrow = drawn(root, 1, 8), drawn(root, 1, 8, width=lines.WIDTHS[0])
    assert (wide["note"], wide["slur"]) == (64, 1)
    assert (narrow["note"], narrow["slur"]) == (64, 0)
