"""Whatever the ears hand over, however odd, becomes a document that holds together."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml.write import write
from notation.score.fingering import best_octave, finger, in_octave
from notation.score.keys import keys_of_bars
from notation.score.metre import METRES, lay_bars
from notation.score.model import Part, Score
from notation.score.notate import measures
from notation.score.rhythm import write_rhythm
from notation.score.spell import spell
from notation.score.tunings import fretboard
from tests.score.tunes import Pulse, Sound


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 1_000_000),
    st.sampled_from(["auto", *METRES]),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.integers(-5, 5),
    st.sampled_from(["easy", "intermediate", "full"]),
    st.sampled_from(["auto", "yes", "no"]),
    st.sampled_from(["standard", "bass", "ukulele", "seven-string"]),
)
def test_anything_at_all(seed: int, metre: str, factor: float, shift: int, level: str, swing: str, tuning: str) -> None:
    rng = np.random.default_rng(seed)
    length = float(rng.uniform(1, 25))
    beat = float(rng.choice([0.25, 0.4, 0.6, 1.3]))
    times = np.cumsum(rng.uniform(0.8, 1.2, max(2, int(length / beat))) * beat)
    pulse = Pulse(tuple(times), int(rng.integers(0, 4)), int(rng.integers(1, 8)), 60 / beat)
    sounds = [
        Sound(float(t), float(t + rng.exponential(0.5) + 0.01), int(rng.integers(21, 109)), int(rng.integers(1, 128)))
        for t in rng.uniform(0, length, int(rng.integers(1, 90)))
    ]
    laid = lay_bars(pulse, notes=sounds, metre=metre, factor=factor, shift=shift)
    rhythm = write_rhythm(sounds, bars=laid.bars, compound=laid.compound, level=level, swing=swing)
    assert len(rhythm.beat_seconds) == sum(len(b.beats) for b in laid.bars) + 1
    assert list(rhythm.beat_seconds) == sorted(rhythm.beat_seconds)
    keys = keys_of_bars(rhythm.notes, bars=len(laid.bars))
    board = fretboard(tuning)
    spelled = spell(rhythm.notes, keys)
    notes = in_octave(spelled, octaves=best_octave(spelled, board=board))
    starts = list(accumulate(rhythm.quarters, initial=Fraction(0)))
    tabbed = finger(notes, board=board, starts=starts)
    pickup = laid.bars[0].number == 0
    bars = measures(
        tabbed.notes, quarters=rhythm.quarters, time=laid.time, keys=keys, pickup=pickup, bpm=round(laid.bpm)
    )
    root = etree.fromstring(write(Score("Anything", (Part("Guitar", bars, fretboard=board),), swing=rhythm.swing)))
    divisions = int(root.findtext(".//divisions") or 0)
    for bar, quarters in zip(root.iterfind("part/measure"), rhythm.quarters, strict=True):
        at = 0
        for child in bar:
            duration = int(child.findtext("duration") or 0)
            if child.tag == "backup":
                assert at == duration == quarters * divisions
                at = 0
            elif child.tag == "forward" or (child.tag == "note" and child.find("chord") is None):
                at += duration
        assert at == quarters * divisions
    struck = [n for n in root.iter("note") if n.findtext("staff") == "2" and n.find("pitch") is not None]
    struck = [n for n in struck if not any(t.get("type") == "stop" for t in n.iterfind("tie"))]
    assert len(struck) == len(tabbed.notes)
