"""Composed music: notation that makes sense, with signs where people put them."""

from __future__ import annotations

import re
from itertools import pairwise

from lxml import etree

from media_pipeline.training.omr import music
from media_pipeline.training.omr.engrave import hides_tuplets, jumps_in_their_bars
from media_pipeline.training.omr.truth import read_part
from tests.omr.scores import note, score


def test_composed_music_is_the_same_for_a_seed_and_its_bars_are_full() -> None:
    assert music.compose(5) == music.compose(5) != music.compose(6)
    seen: set[str] = set()
    for seed in range(25):
        root = etree.fromstring(music.compose(seed).encode())
        bars = read_part(root, 0)
        assert not any(bar.why for bar in bars)
        lengths = {}
        metre = None
        for bar, measure in zip(bars, root.iter("measure"), strict=True):
            time = measure.find("attributes/time")
            if time is not None:
                metre = 4 * int(time.findtext("beats") or 0) / int(time.findtext("beat-type") or 1)
            lengths[measure.get("number")] = (float(bar.length), metre)
            for event in bar.events:
                seen.update(event.tokens())
        assert all(length == metre for length, metre in lengths.values())
    for token in ("cresc(", "hair)", "lo", "8va(", "tup3", "slash", "trem3", "arp", "sl(", "tie", "art.marc"):
        assert token in seen


def test_composed_dynamics_stand_apart_and_over_no_hairpin() -> None:
    for seed in range(25):
        for bar in read_part(etree.fromstring(music.compose(seed).encode()), 0):
            loud = [event.onset for event in bar.events if any(token.startswith("dyn.") for token in event.before)]
            assert all(then - now >= 2 for now, then in pairwise(loud))
    document = music.compose(3)
    opened = False
    for sign in re.findall(r"<dynamics>|<wedge type=.(\w+)", document):
        opened = sign in ("crescendo", "diminuendo") if sign else opened
        assert sign or not opened


def test_the_words_of_a_jump_begin_over_the_last_note_of_their_bar() -> None:
    jump = '<direction><direction-type><words>D.S.</words></direction-type><sound dalsegno="segno"/></direction>'
    root = score(note("C4", "half") + note("E4", "half") + note("G4", "half", chord=True) + jump, note("C4", "whole"))
    jumps_in_their_bars(root)
    first, last = root.findall("part/measure")
    assert [child.tag for child in first] == ["attributes", "note", "direction", "note", "note"]
    assert first.find("direction/sound") is None
    assert [child.tag for child in last] == ["note"]


def test_tuplets_without_a_number_are_noticed() -> None:
    ratio = "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification>"
    three = [note(pitch, "eighth", inside=ratio) for pitch in ("C4", "D4", "E4")]
    numbered = note("C4", "eighth", inside=ratio, notations='<tuplet type="start"/>')
    pair = note("C4", "half", inside=ratio, notations='<ornaments><tremolo type="start">3</tremolo></ornaments>')
    assert hides_tuplets(score("".join(three)))
    assert not hides_tuplets(score(numbered + "".join(three[1:])))
    assert not hides_tuplets(score(pair))
