"""A score as MIDI: what is played, when, how loud."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import mido
import pytest

from notation.exports.midi import TICKS, Signs, perform, playing_order, write_midi
from notation.musicxml import NotationError
from notation.musicxml.read import read
from notation.musicxml.walk import walk
from tests.engrave import samples
from tests.engrave.samples import attributes, measure, note, score


def order(text: str) -> str:
    """Bars as letters: [ ] repeat, 1( ) volta, and signs behind a bar: S segno, Q coda, q to coda, D dal segno, C da
    capo, F fine. The playing order as letters."""
    signs: list[Signs] = []
    names: list[str] = []
    forward, ending = False, frozenset[int]()
    for c in text:
        if c == "[":
            forward = True
        elif c.isdigit():
            ending |= {int(c)}
        elif c == ")":
            ending = frozenset()
        elif c == "]":
            signs[-1].backward = 2
        elif c in "SQqDCF":
            name = {"S": "segno", "Q": "coda", "q": "tocoda", "D": "dalsegno", "C": "dacapo", "F": "fine"}[c]
            setattr(signs[-1], name, True)
        elif c.islower():
            signs.append(Signs(forward=forward, ending=ending))
            names.append(c)
            forward = False
    return "".join(names[i] for i in playing_order(signs))


@pytest.mark.parametrize(
    ("written", "played"),
    [
        ("abc", "abc"),
        ("ab]c", "ababc"),
        ("a[bc]d", "abcbcd"),
        ("[ab][cd]", "ababcdcd"),
        ("ab1(c])2(d)e", "abcabde"),
        ("a[b1(c])2(d)[e1(f])2(g)", "abcbdefeg"),
        ("[a12(b])3(c)d", "ababacd"),
        ("[a1(bc])2(de)f", "abcadef"),
        ("abFcC", "abcab"),
        ("aSbcFdD", "abcdabc"),
        ("abScFdD", "abcdbc"),
        ("abqcCdQe", "abcabde"),
        ("[ab]cFdC", "ababcdabc"),
        ("[a1(b])2(c)dC", "abacdacd"),
        ("", ""),
    ],
)
def test_playing_order(written: str, played: str) -> None:
    assert order(written) == played


def test_a_repeat_of_absurd_length_ends() -> None:
    assert len(playing_order([Signs(forward=True, backward=20, ending=frozenset({20}))] * 5000)) <= 100_000


def one(content: str, **kwargs: Any) -> bytes:
    return score([("A", measure(1, content, start=attributes(**kwargs)))])


def played(document: bytes) -> list[tuple[float, float, int]]:
    return [(float(n.onset), float(n.duration), n.pitch) for n in perform(read(document)).voices[0].notes]


def tempos(root: Any) -> list[tuple[float, float]]:
    return [(float(at), float(a_minute)) for at, a_minute in perform(root).tempos]


def test_ties_are_one_note() -> None:
    bars = [note(60, 16, tie="start"), note(60, 16, tie="stop start"), note(60, 8, tie="stop") + note(60, 8)]
    document = score([("A", "".join(measure(i, b, start=attributes() if i == 0 else "") for i, b in enumerate(bars)))])
    assert played(document) == [(0, 10, 60), (10, 2, 60)]


def test_a_tie_without_an_end_is_only_its_note() -> None:
    assert played(one(note(60, 8, tie="start") + note(62, 8))) == [(0, 2, 60), (2, 2, 62)]


def test_chords_begin_together() -> None:
    assert played(one(note(60, 16) + note(64, 16, chord=True))) == [(0, 4, 60), (0, 4, 64)]


def test_transposing_instruments_sound() -> None:
    shift = "<transpose><chromatic>-2</chromatic></transpose>"
    assert played(one(note(60, 16), rest=shift)) == [(0, 4, 58)]


def test_unison_of_two_voices_is_one_note() -> None:
    both = note(60, 8) + note(62, 8) + "<backup><duration>16</duration></backup>" + note(60, 16, voice=2)
    assert played(one(both)) == [(0, 4, 60), (2, 2, 62)]


def test_graces_come_before_the_beat() -> None:
    grace = note(61, 1).replace("<note>", "<note><grace/>").replace("<duration>1</duration>", "")
    assert played(one(note(60, 8) + grace + note(62, 8))) == [(0, 2, 60), (1.9, 0.1, 61), (2, 2, 62)]


def test_a_tab_staff_is_not_heard_twice() -> None:
    assert played(samples.guitar(8, staves=2)) == played(samples.guitar(8))
    assert len(played(samples.guitar(8))) > 60


def test_a_tab_part_is_not_heard_twice() -> None:
    above = measure(1, note(60, 16), start=attributes())
    tab = measure(1, note(60, 16, string=2, fret=1), start=attributes(clefs=("TAB5",)))
    assert [v.name for v in perform(read(score([("Guitar", above), ("Guitar tab", tab)]))).voices] == ["Guitar"]
    other = measure(1, note(62, 16, string=2, fret=3), start=attributes(clefs=("TAB5",)))
    assert len(perform(read(score([("Guitar", above), ("Second guitar", other)]))).voices) == 2


def test_a_voice_of_its_own_on_the_tab_is_heard() -> None:
    content = note(60, 16, staff=1) + "<backup><duration>16</duration></backup>" + note(64, 16, staff=2, voice=5)
    assert [p for _, _, p in played(one(content, clefs=("G2", "TAB5")))] == [60, 64]


def test_loudness_from_the_note_from_marks_and_by_default() -> None:
    mark = "<direction><direction-type><dynamics><{0}/></dynamics></direction-type></direction>"
    own = note(65, 4).replace("<note>", '<note dynamics="50">')
    content = note(60, 4) + mark.format("pp") + note(62, 4) + own + mark.format("ff") + note(67, 4)
    notes = perform(read(one(content))).voices[0].notes
    assert [(n.pitch, n.velocity) for n in notes] == [(60, 80), (62, 38), (65, 45), (67, 106)]


def test_drums_sound_their_keys_on_channel_ten(tmp_path: Path) -> None:
    hit = (
        "<note><unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched>"
        '<duration>8</duration><instrument id="P1-I{0}"/><voice>1</voice></note>'
    )
    document = one(hit.format(36) + hit.format(42), clefs=("percussion",)).decode()
    kit = "".join(
        f'<midi-instrument id="P1-I{key}"><midi-channel>10</midi-channel><midi-unpitched>{key + 1}</midi-unpitched>'
        "</midi-instrument>"
        for key in (36, 42)
    )
    write_midi(read(document.replace("</score-part>", f"{kit}</score-part>").encode()), target=tmp_path / "x.mid")
    hits = [m for m in mido.MidiFile(tmp_path / "x.mid") if m.type == "note_on"]
    assert [(m.channel, m.note) for m in hits] == [(9, 36), (9, 42)]


def test_tempo_comes_from_the_metronome_mark_where_no_sound_says_it() -> None:
    mark = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
        "<per-minute>80</per-minute></metronome></direction-type></direction>"
    )
    assert tempos(read(one(mark + note(60, 16)))) == [(0, 120)]
    assert tempos(read(one(note(60, 8) + '<sound tempo="90"/>' + note(60, 8)))) == [(0, 120), (2, 90)]


def test_a_repeat_brings_its_tempo_back() -> None:
    again = '<barline location="right"><repeat direction="backward"/></barline>'
    bars = measure(1, note(60, 16), start=attributes() + samples.tempo(60))
    bars += measure(2, note(60, 16), start=samples.tempo(90), end=again)
    assert tempos(read(score([("A", bars)]))) == [(0, 60), (4, 90), (8, 60), (12, 90)]


def test_the_file_holds_what_is_performed(tmp_path: Path) -> None:
    root = read(samples.ten_parts(12))
    write_midi(root, target=tmp_path / "x.mid", title="Suite")
    file = mido.MidiFile(tmp_path / "x.mid")
    wanted = perform(root)
    assert [t.name for t in file.tracks] == ["Suite", *samples.TEN]
    for track, voice in zip(file.tracks[1:], wanted.voices, strict=True):
        assert notes_of(track) == sorted((n.onset, n.duration, n.pitch, n.velocity) for n in voice.notes)
    assert file.length == pytest.approx(12 * 4 * 60 / 104, abs=0.01)


def test_performed_notes_are_the_documents_notes() -> None:
    root = read(samples.ten_parts(20, seed=8))
    for part, voice in zip(root.findall("part"), perform(root).voices, strict=True):
        written = [(n.onset, n.duration, n.pitch) for bar in walk(part) for n in bar.notes if n.pitch is not None]
        assert [(n.onset, n.duration, n.pitch) for n in voice.notes] == written


def test_a_piano_with_two_endings() -> None:
    root = read(samples.piano(4))
    performance = perform(root)
    assert performance.order == (0, 1, 2, 0, 1, 3)
    assert performance.quarters == 18


def test_a_score_that_lasts_for_days_is_refused() -> None:
    content = "<forward><duration>999999999</duration></forward>" * 300
    with pytest.raises(NotationError):
        perform(read(one(content)))


def notes_of(track: Any) -> list[tuple[Fraction, Fraction, int, int]]:
    """(onset, duration, pitch, velocity) in quarters of a track."""
    found, open_notes, now = [], {}, 0
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            open_notes[message.note] = (now, message.velocity)
        elif message.type == "note_off":
            onset, velocity = open_notes.pop(message.note)
            found.append((Fraction(onset, TICKS), Fraction(now - onset, TICKS), message.note, velocity))
    return sorted(found)
