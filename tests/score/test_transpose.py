"""Transposing: every pitch by its interval, keys that can be read, and no accidental missing or too many."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml import NotationError, accidentals, transpose, tree
from notation.musicxml.read import read
from notation.score.instruments import Transposition, find
from notation.score.intervals import Interval, moved, of_semitones, renamings, signature, simple
from notation.score.model import Spelling
from tests.engrave import samples
from tests.score.parts import Head, document, key_change, keys, note, opening, parts, pitches, played, written

semitones = st.integers(-14, 14)
named = st.sampled_from(
    ["Bb Clarinet", "Alto Sax", "Horn in F", "Tenor Sax", "Eb Clarinet", "Piccolo", "Double Bass", "Clarinet in A",
     "Baritone Sax", "Euphonium T.C.", "Trumpet in D", "Alto Flute", "Flute"]
)  # fmt: skip
PROPERTY = settings(max_examples=100, deadline=None)


def part_of(root: etree._Element) -> etree._Element:
    part = root.find("part")
    assert part is not None
    return part


def read_rightly(root: etree._Element) -> None:
    for element, heard, meant in played(part_of(root)):
        assert heard == meant, etree.tostring(element)


@PROPERTY
@given(parts(), semitones)
def test_every_note_sounds_by_the_interval_and_is_read_so(root: etree._Element, count: int) -> None:
    before = pitches(root)
    transpose.transpose(root, of_semitones(count))
    assert pitches(root) == [None if pitch is None else pitch + count for pitch in before]
    read_rightly(root)


@PROPERTY
@given(parts())
def test_no_sign_is_printed_that_says_nothing_new(root: etree._Element) -> None:
    part = part_of(root)
    accidentals.show(part)
    read_rightly(root)
    for element in list(part.iter("accidental")):
        owner = element.getparent()
        assert owner is not None
        owner.remove(element)
        assert any(heard != meant for _, heard, meant in played(part))
        accidentals.show(part)


@PROPERTY
@given(parts(), st.integers(1, 12))
def test_letters_move_by_the_steps_of_the_interval(root: etree._Element, count: int) -> None:
    before, old_keys = written(root), keys(root)
    by = of_semitones(count)
    transpose.transpose(root, by)
    renamed = {after - before - by.fifths for before, after in zip(old_keys, keys(root), strict=True)}
    for one, other in zip(before, written(root), strict=True):
        if one is None or other is None:
            continue
        exact = moved(Spelling(one[0], int(one[1]), int(one[2])), by)
        after = Spelling(other[0], int(other[1]), int(other[2]))
        assert after.midi == exact.midi
        if renamed == {0} and abs(exact.alter) <= max(1, abs(int(one[1]))):
            assert after == exact


@PROPERTY
@given(parts(transposes=True))
def test_written_to_sounding_and_back(root: etree._Element) -> None:
    before, sounds, old = pitches(root), written(root), keys(root)
    change = transpose.transposition_of(part_of(root))
    transpose.to_concert(root)
    assert transpose.transposition_of(part_of(root)) == Transposition()
    assert pitches(root) == before
    read_rightly(root)
    transpose.to_written(root, change)
    assert pitches(root) == before
    assert transpose.transposition_of(part_of(root)) == change
    read_rightly(root)
    assert all((a - b) % 12 == 0 and abs(a) <= 6 for a, b in zip(keys(root), old, strict=True))
    if keys(root) == old:
        for one, other in zip(sounds, written(root), strict=True):
            # a double sign may have become a simple one on the way, and stays that
            assert one == other or (one and other and abs(int(other[1])) <= 1 and int(one[1]) != int(other[1]))


@PROPERTY
@given(parts(transposes=True), named, semitones)
def test_any_instrument_reads_what_sounds(root: etree._Element, name: str, count: int) -> None:
    instrument = find(name)
    assert instrument is not None
    before, whole = pitches(root), tree.to_bytes(root)
    refused: NotationError | None = None
    try:
        transpose.to_written(root, instrument, by=of_semitones(count))
    except NotationError as error:
        refused = error
    if refused is not None:  # a bass that is to be written still lower
        assert "could not be written" in refused.message
        assert tree.to_bytes(root) == whole
        return
    assert pitches(root) == [None if pitch is None else pitch + count for pitch in before]
    assert transpose.transposition_of(part_of(root)) == instrument.transposition()
    read_rightly(root)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=5))
def test_keys_can_always_be_written(fifths: list[int]) -> None:
    ways = renamings(fifths)
    assert all(way % 12 == 0 for way in ways)
    assert all(abs(key + way) <= 6 for key, way in zip(fifths, ways, strict=True))
    if all(abs(key) <= 5 for key in fifths):
        assert set(ways) == {0}


def test_keys_that_belong_together_are_renamed_together() -> None:
    assert renamings([7, 6]) == [-12, -12]  # C sharp and F sharp: D flat and G flat
    assert renamings([-7]) == [12]
    assert renamings([6]) == renamings([-6]) == [0]
    assert renamings([7, 0]) == [-12, 0]


@given(st.sampled_from("CDEFGAB"), st.integers(-2, 2), st.integers(1, 6), st.integers(-9, 9), st.integers(-14, 14))
def test_intervals_of_pitches_and_keys_agree(step: str, alter: int, octave: int, steps: int, count: int) -> None:
    pitch = Spelling(step, alter, octave)
    by = Interval(steps, count)
    after = moved(pitch, by)
    assert after.midi == pitch.midi + count
    assert moved(after, -by) == pitch
    line = "FCGDAEB"
    place = line.index(step) + 7 * alter
    assert line.index(after.step) + 7 * after.alter == place + by.fifths
    assert simple(after).midi == after.midi
    assert abs(simple(after).alter) <= 1
    assert sum(map(abs, signature(by.fifths).values())) == min(7, abs(by.fifths))


def test_a_double_flat_where_a_simple_note_will_do() -> None:
    root = document([opening(-4) + note([Head("C", -1, 5)], 16, sign="flat")])
    transpose.transpose(root, of_semitones(-2))  # C flat in A flat major: B double flat in G flat
    assert keys(root) == [-6]
    assert written(root) == [("A", "0", "4")]
    assert part_of(root).findtext("measure/note/accidental") == "natural"


def test_a_double_sharp_that_was_asked_for_stays_one() -> None:
    root = document([opening(3) + note([Head("F", 2, 5)], 16, sign="double-sharp")])
    transpose.transpose(root, of_semitones(2))
    assert written(root) == [("G", "2", "5")]


def test_courtesies_stay_and_say_what_the_note_is_now() -> None:
    f, fs = Head("F", 0, 5), Head("F", 1, 5)
    bars = [opening(0) + note([fs], 16, sign="sharp"), note([f], 16, sign="natural"), note([f], 16)]
    root = document(bars)
    transpose.transpose(root, of_semitones(-3))  # D sharp, D, D in three sharps
    assert keys(root) == [3]
    assert [n.findtext("accidental") for n in part_of(root).iter("note")] == ["sharp", "natural", None]


def test_a_tie_over_the_bar_line_needs_no_sign_but_the_note_after_it_does() -> None:
    fs = Head("F", 1, 4)
    first = opening(0) + note([fs], 16, ties="start", sign="sharp")
    root = document([first, note([fs], 8, ties="stop") + note([fs], 8, sign="sharp")])
    transpose.transpose(root, of_semitones(5))
    assert [n.findtext("accidental") for n in part_of(root).iter("note")] == ["natural", None, "natural"]


def test_an_octave_sign_moves_the_line_a_sign_holds_for() -> None:
    shift = '<direction><direction-type><octave-shift type="{}" size="8"/></direction-type></direction>'
    high, low = note([Head("F", 1, 6)], 8), note([Head("F", 1, 5)], 8)
    root = document([opening(0) + shift.format("down") + high + shift.format("stop") + low])
    accidentals.show(part_of(root))  # both stand on the same line
    assert [n.findtext("accidental") for n in part_of(root).iter("note")] == ["sharp", None]


def test_the_sign_over_a_trill_goes_along() -> None:
    trill = "<ornaments><trill-mark/><accidental-mark>flat</accidental-mark></ornaments>"
    root = document([opening(0) + note([Head("A", 0, 4)], 16, extra=trill)])
    transpose.transpose(root, of_semitones(4))  # A to B flat becomes C sharp to D
    assert part_of(root).findtext(".//accidental-mark") == "natural"


def test_chord_symbols_move_and_are_named_simply() -> None:
    chord = ("<harmony><root><root-step>G</root-step><root-alter>-1</root-alter></root><kind>dominant</kind>"
             "<bass><bass-step>D</bass-step><bass-alter>-1</bass-alter></bass></harmony>")  # fmt: skip
    root = document([opening(-6) + chord + note([Head("G", -1, 4)], 16)])
    transpose.transpose(root, of_semitones(2))
    part = part_of(root)
    assert [part.findtext(f".//{tag}") for tag in ("root-step", "root-alter", "bass-step", "bass-alter")] == [
        "A", "-1", "E", "-1",
    ]  # fmt: skip
    transpose.transpose(root, of_semitones(1))
    assert [part.findtext(f".//{tag}") for tag in ("root-step", "root-alter", "bass-step")] == ["A", None, "E"]


def test_drums_stay_where_they_are() -> None:
    hit = ("<note><unpitched><display-step>E</display-step><display-octave>4</display-octave></unpitched>"
           "<duration>16</duration><voice>1</voice><type>whole</type></note>")  # fmt: skip
    clef = "<attributes><divisions>4</divisions><clef><sign>percussion</sign></clef></attributes>"
    root = document([clef + hit])
    before = tree.to_bytes(root)
    transpose.transpose(root, of_semitones(3))
    transpose.to_written(root, find("Alto Sax"))  # type: ignore[arg-type]
    assert tree.to_bytes(root) == before


def test_a_player_who_changes_instruments_is_read_at_both() -> None:
    change = "<transpose><diatonic>-2</diatonic><chromatic>-3</chromatic></transpose>"
    second = f"<attributes><key><fifths>-3</fifths></key>{change}</attributes>" + note([Head("E", -1, 5)], 16)
    first = opening(2, transpose=(-1, -2, 0)) + note([Head("D", 0, 5)], 16)
    root = document([first, second])
    before = pitches(root)
    transpose.to_concert(root)
    assert keys(root) == [0, 0]
    assert written(root) == [("C", "0", "5")] * 2
    assert pitches(root) == before == [72, 72]


def test_a_guitar_keeps_its_fingers_where_only_the_page_changes() -> None:
    root = read(samples.guitar(4))
    part = part_of(root)
    clef = part.find("measure/attributes/clef/clef-octave-change")
    assert clef is not None
    frets = [fret.text for fret in part.iter("fret")]
    transpose.to_concert(root)
    assert [fret.text for fret in part.iter("fret")] == frets
    transpose.transpose(root, of_semitones(2))
    assert [int(fret.text or 0) for fret in part.iter("fret")] == [int(fret or 0) + 2 for fret in frets]


def test_octave_instruments_may_stay_as_they_are_in_a_concert_score() -> None:
    for name, kept in (("Double Bass", True), ("Horn in F", False)):
        instrument = find(name)
        assert instrument is not None
        root = document([opening(0) + note([Head("C", 0, 4)], 16)])
        transpose.to_written(root, instrument)
        before = pitches(root)
        transpose.to_concert(root, keep_octaves=True)
        assert pitches(root) == before
        assert (transpose.transposition_of(part_of(root)) == instrument.transposition()) is kept


def test_stems_go_where_one_voice_has_the_staff() -> None:
    one = note([Head("A", 0, 4)], 16, stem="up")
    two = note([Head("A", 0, 4)], 16, stem="up") + "<backup><duration>16</duration></backup>" + note(
        [Head("C", 0, 4)], 16, voice=2, stem="down")  # fmt: skip
    root = document([opening(0) + one, two])
    transpose.octave(root, 1)
    assert [n.findtext("stem") for n in part_of(root).iter("note")] == [None, "up", "down"]


def test_a_part_without_a_key_gets_one() -> None:
    root = document(["<attributes><divisions>4</divisions></attributes>" + note([Head("C", 0, 4)], 16), key_change(1)])
    transpose.transpose(root, of_semitones(2))
    assert keys(root) == [2, 3]
    read_rightly(root)


def test_what_cannot_be_written_is_refused_before_anything_moves() -> None:
    root = document([opening(0) + note([Head("C", 0, 4)], 8) + note([Head("C", 0, 0)], 8)])
    before = tree.to_bytes(root)
    with pytest.raises(NotationError, match="could not be written"):
        transpose.octave(root, -2)
    assert tree.to_bytes(root) == before
