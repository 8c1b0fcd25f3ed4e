"""A staff to learn from shows what its tokens tell: signs beyond its crop make a line be left out."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest
from lxml import etree
from numpy.typing import NDArray

from media_pipeline.training.omr import by_verovio
from media_pipeline.training.omr.cut import clean_staves, cut, overreaching
from media_pipeline.training.omr.engrave import as_printed, lay

LINE = 10  # pixels from staff line to staff line


def paper(*middles: int) -> NDArray[np.uint8]:
    page = np.full((900, 700), 255, np.uint8)
    for middle in middles:
        for line in range(-2, 3):
            page[middle + line * LINE, 50:650] = 0
    return page


def marked(page: NDArray[np.uint8], y: int, shade: int = 0) -> NDArray[np.uint8]:
    cv2.circle(page, (300, y), 4, shade, -1)
    return page


@pytest.mark.parametrize(
    ("y", "lost"),
    [
        (270, [False, False]),  # in reach of the first
        (295, [True, False]),  # beyond, and nearer to the first than to the second
        (325, [False, True]),
        (110, [True, False]),
        (60, [False, False]),  # a title
        (505, [False, True]),
    ],
)
def test_ink_beyond_a_crop_is_its_staffs_own(y: int, lost: list[bool]) -> None:
    page = marked(paper(200, 420), y)
    staves = clean_staves(page)
    assert [round(staff.y) for staff in staves] == [200, 420]
    assert overreaching(page, staves) == lost


def test_thin_grey_ink_counts_and_paper_does_not() -> None:
    for shade, lost in ((180, True), (230, False)):
        page = marked(paper(200), 295, shade=shade)
        assert overreaching(page, clean_staves(page)) == [lost]


def test_of_staves_close_together_nothing_is_said() -> None:
    page = marked(paper(200, 340), 270)
    assert overreaching(page, clean_staves(page)) == [False, False]


def test_a_crop_is_the_staff_at_interline_12() -> None:
    page = paper(200)
    found = cut(page, clean_staves(page)[0])
    assert found.shape[0] == 216
    assert found[108].min() < 100  # the middle line, in the middle


def part(step: str, octave: int, *, dynamic: str = "<f/>") -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    note = f"<note>{pitch}<duration>4</duration><type>whole</type></note>"
    loud = (
        f'<direction placement="below"><direction-type><dynamics>{dynamic}</dynamics></direction-type></direction>'
        if dynamic
        else ""
    )
    attributes = (
        "<attributes><divisions>1</divisions><key><fifths>0</fifths></key><time><beats>4</beats>"
        "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
    )
    bars = "".join(f'<measure number="{n}">{attributes if n == 1 else ""}{loud}{note}</measure>' for n in range(1, 5))
    return (
        '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name/></score-part></part-list>'
        f'<part id="P1">{bars}</part></score-partwise>'
    )


@pytest.mark.parametrize(("step", "octave", "shown"), [("B", 4, True), ("D", 3, False)])
def test_verovio_says_where_it_put_what_a_line_tells(step: str, octave: int, shown: bool) -> None:
    laid = lay(etree.fromstring(part(step, octave)), random.Random(1))
    crops = by_verovio.crops(laid.document, laid.lines, random.Random(2))
    told = [crop is not None for crop, tokens in zip(crops, laid.lines, strict=True) if tokens is not None]
    assert told
    assert all(told) if shown else not any(told)


def test_a_slur_that_goes_on_in_the_next_line_costs_neither_line() -> None:
    """Verovio says of it where its second half stands."""
    document = part("B", 4, dynamic="")
    opens, closes = (f'<notations><slur type="{edge}" number="1"/></notations></note>' for edge in ("start", "stop"))
    first, second, rest = document.split("</note>", 2)
    root = etree.fromstring(first + opens + second + closes + rest)
    root.findall("part/measure")[1].insert(0, etree.Element("print", {"new-system": "yes"}))
    lines = [["p4", "bar.s"], ["p4", "bar.s"] * 3]
    crops = by_verovio.crops(etree.tostring(root), lines, random.Random(2))
    assert [crop is not None for crop in crops] == [True, True]


def test_a_short_line_among_long_ones_is_found() -> None:
    root = etree.fromstring(part("B", 4, dynamic=""))
    measures = root.findall("part/measure")
    for _ in range(30):
        measures[0].addnext(etree.fromstring(etree.tostring(measures[1])))
    measures[-1].insert(0, etree.Element("print", {"new-system": "yes"}))
    crops = by_verovio.crops(etree.tostring(root), [["p4", "bar.s"] * 33, ["p4", "bar.s"]], random.Random(5))
    assert [crop is not None for crop in crops] == [True, True]
    assert crops[1] is not None
    assert crops[1][108].min() < 100  # the middle line, in the middle


def test_a_line_that_tells_more_than_is_drawn_is_left_out() -> None:
    laid = lay(etree.fromstring(part("B", 4, dynamic="")), random.Random(1))
    lines = [[*tokens, "dyn.f"] if tokens else None for tokens in laid.lines]
    assert all(crop is None for crop in by_verovio.crops(laid.document, lines, random.Random(2)))


@pytest.mark.parametrize(
    ("line", "musescore"),
    [
        ("clef.G2 p4 d1 clef.F4 bar.s", "clef.G2 p4 d1 bar.s"),
        ("clef.G2 p4 d1 clef.F4 bar.s key.2", "clef.G2 p4 d1 bar.s key.2"),
        ("clef.G2 p4 d2 clef.F4 p4 d2 bar.s", "clef.G2 p4 d2 clef.F4 p4 d2 bar.s"),
        ("clef.G2 p4 d1 clef.F4 bar.s mm n4 bar.s", None),
        ("clef.G2 p4 d1 clef.F4 bar.s key.1 p4 d1 bar.s", None),
    ],
)
def test_clefs_that_an_engraver_leaves_out_are_not_told(line: str, musescore: str | None) -> None:
    assert as_printed(line.split(), "musescore") == (musescore.split() if musescore else None)
    for other in ("lilypond", "verovio"):
        assert as_printed(line.split(), other) == line.split()
