from __future__ import annotations

from fractions import Fraction as F

from lxml import etree

from notation.musicxml.write import write
from notation.player import view_of
from notation.score.model import Key, Part, Score, Time
from notation.score.notate import measures
from tests.score.tunes import place


def document(time: Time) -> bytes:
    bars = measures(place("C4:1 D4:1/2", bar=time.quarters), quarters=[F(3)], time=time, keys=[Key(0)], bpm=60)
    return write(Score("", (Part("Flute", bars, clef="G"),)))


def test_the_player_gets_a_compound_tempo_in_quarters() -> None:
    seen = etree.fromstring(view_of(document(Time(6, 8)), view="player"))
    assert seen.findtext(".//metronome/beat-unit") == "quarter"
    assert seen.find(".//metronome/beat-unit-dot") is None
    assert seen.findtext(".//metronome/per-minute") == "90"


def test_a_tempo_in_quarters_stays_as_it_is() -> None:
    plain = document(Time(3, 4))
    assert view_of(plain, view="player") == plain


def test_the_player_names_every_note_outside_the_key() -> None:
    from notation.score.fingering import finger
    from notation.score.tunings import fretboard

    notes = place("Bb3:1 Bb3:1 C#4:1 F4:1")
    tabbed = finger(notes, board=fretboard(), starts=[F(0), F(4)])
    bars = measures(tabbed.notes, quarters=[F(4)], time=Time(4, 4), keys=[Key(1)])
    seen = etree.fromstring(view_of(write(Score("", (Part("Guitar", bars, fretboard=fretboard()),))), view="player"))
    assert [n.findtext("accidental") for n in seen.iter("note")] == ["flat", "flat", "sharp", "natural"]
