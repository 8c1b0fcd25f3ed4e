from __future__ import annotations

from fractions import Fraction as F
from io import BytesIO

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml.write import write
from notation.score import from_midi
from notation.score.from_midi import score_from_midi
from notation.score.model import Part, ScoreError
from tests.score.tunes import ODE, read

TICKS = 480


def track(
    notes: list[tuple[F, F, int]], *, name: str = "", channel: int = 0, program: int = 0, extra: tuple[object, ...] = ()
) -> mido.MidiTrack:
    events: list[tuple[int, int, object]] = [(0, 0, m) for m in extra]
    if name:
        events.append((0, 0, mido.MetaMessage("track_name", name=name)))
    events.append((0, 0, mido.Message("program_change", channel=channel, program=program)))
    for at, length, pitch in notes:
        start, stop = int(at * TICKS), int((at + length) * TICKS)
        events.append((start, 2, mido.Message("note_on", channel=channel, note=pitch, velocity=80)))
        events.append((stop, 1, mido.Message("note_off", channel=channel, note=pitch)))
    out = mido.MidiTrack()
    now = 0
    for tick, _, message in sorted(events, key=lambda e: e[:2]):
        out.append(message.copy(time=tick - now))  # type: ignore[attr-defined]
        now = tick
    return out


def file(*tracks: mido.MidiTrack) -> bytes:
    midi = mido.MidiFile(ticks_per_beat=TICKS)
    midi.tracks.extend(tracks)
    target = BytesIO()
    midi.save(file=target)
    return target.getvalue()


def notes_of(part: Part) -> list[tuple[F, int]]:
    found = []
    at = F(0)
    for bar in part.measures:
        for voice in bar.voices:
            for e in voice.events:
                found += [(at + e.onset, h.drum or h.spelling.midi) for h in e.heads if not h.tie_stop]
        at += bar.quarters
    return sorted(found)


def test_a_tune_comes_back_note_by_note() -> None:
    score = score_from_midi(file(track(read(ODE), name="Flute", program=73)))
    assert [p.name for p in score.parts] == ["Flute"]
    assert notes_of(score.parts[0]) == sorted((at, pitch) for at, _, pitch in read(ODE))
    assert len(score.parts[0].measures) == 8


def test_played_timing_is_straightened() -> None:
    import random

    rng = random.Random(3)
    played = [(at + F(rng.randint(-18, 18), 480) * (at > 0), length * F(9, 10), p) for at, length, p in read(ODE)]
    score = score_from_midi(file(track(played)))
    assert notes_of(score.parts[0]) == sorted((at, pitch) for at, _, pitch in read(ODE))


def test_metre_key_tempo_and_title_are_taken_over() -> None:
    head = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name="A waltz"),
            mido.MetaMessage("time_signature", numerator=3, denominator=4),
            mido.MetaMessage("key_signature", key="Bb"),
            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(150)),
            mido.MetaMessage("time_signature", numerator=4, denominator=4, time=6 * TICKS),
        ]
    )
    score = score_from_midi(file(head, track([(F(k), F(1), 70) for k in range(14)])))
    bars = score.parts[0].measures
    assert score.title == "A waltz"
    assert [b.time.beats for b in bars] == [3, 3, 4, 4]
    assert bars[0].key.fifths == -2
    assert bars[0].tempos[0].bpm == 150


def test_tracks_become_parts_and_names_are_numbered() -> None:
    violin = track([(F(0), F(4), 76)], program=40, channel=0)
    score = score_from_midi(file(violin, track([(F(0), F(4), 69)], program=40, channel=1)))
    assert [p.name for p in score.parts] == ["Violin 1", "Violin 2"]


def test_drums_stand_on_a_percussion_staff() -> None:
    beat = [(F(k, 2), F(1, 8), 42) for k in range(8)] + [(F(0), F(1, 8), 36), (F(1), F(1, 8), 38)]
    score = score_from_midi(file(track(beat, channel=9)))
    part = score.parts[0]
    assert part.clef == "percussion"
    assert notes_of(part) == sorted((at, p) for at, _, p in beat)
    assert {v.number: v.stem for v in part.measures[0].voices} == {1: "up", 2: "down"}
    root = etree.fromstring(write(score))
    assert root.find(".//unpitched") is not None
    assert {i.get("id") for i in root.iter("score-instrument")} >= {i.get("id") for i in root.iter("instrument")}
    assert root.find(".//key") is None


def test_a_guitar_gets_a_tab() -> None:
    score = score_from_midi(file(track([(F(k), F(1), 45 + k) for k in range(8)], program=25)))
    board = score.parts[0].fretboard
    assert board is not None
    for bar in score.parts[0].measures:
        for e in bar.voices[0].events:
            for h in e.heads:
                assert board.pitch(string=h.string, fret=h.fret) == h.spelling.midi


def test_a_piano_in_one_track_gets_two_hands() -> None:
    notes = [(F(k), F(1), p) for k in range(8) for p in (36 + k, 76 - k)]
    score = score_from_midi(file(track(notes)))
    assert [p.name for p in score.parts] == ["Piano right hand", "Piano left hand"]
    assert [p.clef for p in score.parts] == ["G", "F"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MThd",
        b"RIFF" + bytes(100),
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x00MTrk\x00\x00\x00\x00",
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\xe7\x28MTrk\x00\x00\x00\x04\x00\xff\x2f\x00",
        b"MThd\x00\x00\x00\x06\x00\x01\xff\xff\x01\xe0",
        file(track([])),
    ],
)
def test_what_is_no_music_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ScoreError) as caught:
        score_from_midi(data)
    assert caught.value.message.endswith(".")


def test_a_note_at_the_end_of_time_is_refused() -> None:
    far = track([(F(0), F(1), 60), (F(400_000), F(1), 60)])
    with pytest.raises(ScoreError, match="too long"):
        score_from_midi(file(far))


def test_too_many_notes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_midi, "MAX_NOTES", 10)
    with pytest.raises(ScoreError, match="too many notes"):
        score_from_midi(file(track(read(ODE))))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 200))
def test_torn_files_never_do_worse_than_a_sentence(junk: bytes, cut: int) -> None:
    whole = file(track(read(ODE)))
    for data in (whole[:cut], whole[:cut] + junk, b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x01\xe0MTrk" + junk):
        try:
            write(score_from_midi(data))
        except ScoreError:
            pass


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 2000), st.integers(0, 127)), min_size=1, max_size=40),
    st.integers(0, 127),
    st.integers(0, 15),
    st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (2, 2), (5, 16), (1, 1), (12, 8), (3, 2)]),
)
def test_any_notes_make_bars_that_add_up(
    notes: list[tuple[int, int, int]], program: int, channel: int, metre: tuple[int, int]
) -> None:
    head = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1])])
    music = [(F(a, TICKS), F(n, TICKS), p) for a, n, p in notes]
    score = score_from_midi(file(head, track(music, program=program, channel=channel)))
    for part in score.parts:
        for bar in part.measures:
            for voice in bar.voices:
                assert sum((e.duration for e in voice.events), F(0)) == bar.quarters
    etree.fromstring(write(score))
