"""The document as alphaTab wants it: one staff for each fretted part, and no note twice."""

from __future__ import annotations

import pytest
from lxml import etree

from notation.musicxml import NotationError
from notation.player import view_of
from tests.notation.documents import BASS, ORDER, UPPER, guitar

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitches(root: etree._Element) -> list[int]:
    return [
        _STEPS[p.findtext("step") or ""] + int(p.findtext("alter") or 0) + 12 * (int(p.findtext("octave") or 0) + 1)
        for p in root.iter("pitch")
    ]


def expected(bars: int) -> list[int]:
    return [m for bar in range(bars) for m in [*(UPPER[bar][k] for k in ORDER), BASS[bar], BASS[bar]]]


@pytest.mark.parametrize("staves", ["both", "staff"])
def test_every_note_is_there_once_with_its_fret(staves: str) -> None:
    root = etree.fromstring(view_of(guitar(bars=4, staves=staves), view="player"))
    assert pitches(root) == expected(4)
    assert len(root.findall(".//technical/fret")) == len(expected(4))
    assert root.find(".//staves") is None


@pytest.mark.parametrize("staves", ["both", "staff"])
def test_the_staff_says_its_strings_and_its_clef(staves: str) -> None:
    root = etree.fromstring(view_of(guitar(staves=staves, capo=3), view="player"))
    (details,) = root.iter("staff-details")
    assert details.findtext("staff-lines") == "6"
    assert [t.findtext("tuning-step") for t in details.iter("staff-tuning")] == list("EADGBE")
    assert details.findtext("capo") == "3"
    assert [c.findtext("sign") for c in root.iter("clef")] == ["G"]
    assert root.findtext(".//clef/clef-octave-change") == "-1"


def test_voices_are_numbered_from_one() -> None:
    root = etree.fromstring(view_of(guitar(), view="player"))
    assert {v.text for v in root.iter("voice")} == {"1", "2"}


def test_the_tab_alone_has_no_staff_of_notation() -> None:
    root = etree.fromstring(view_of(guitar(), view="tab"))
    assert [c.findtext("sign") for c in root.iter("clef")] == ["TAB"]


def test_a_document_without_frets_is_given_as_it_is() -> None:
    plain = b"<score-partwise><part id='P1'><measure number='1'/></part></score-partwise>"
    assert view_of(plain, view="player") == plain


def test_a_ukulele_is_not_read_an_octave_lower() -> None:
    document = guitar(staves="staff").replace(b"<sign>G</sign>", b"<sign>TAB</sign>")
    for low, high in ((b"E", 5), (b"A", 5), (b"D", 5), (b"G", 5), (b"B", 5)):
        for octave in (b"2", b"3", b"4"):
            old = b"<tuning-step>" + low + b"</tuning-step><tuning-octave>" + octave
            document = document.replace(old, b"<tuning-step>" + low + b"</tuning-step><tuning-octave>%d" % high)
    root = etree.fromstring(view_of(document, view="player"))
    assert root.findtext(".//clef/clef-octave-change") == "0"


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(NotationError):
        view_of(guitar(), view="../../etc/passwd")
