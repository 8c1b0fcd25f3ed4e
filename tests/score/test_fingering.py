from __future__ import annotations

from fractions import Fraction as F
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notation.score.fingering import LONGEST_REACH_MM, Tabbed, finger, reach_mm
from notation.score.model import Fretboard, Placed, ScoreError
from notation.score.tunings import TUNINGS, fretboard, midi_of
from tests.score.tunes import place

GUITAR = fretboard()


def tab(tune: str, board: Fretboard = GUITAR, *, quarter_seconds: float = 0.5) -> Tabbed:
    notes = place(tune)
    starts = list(accumulate([F(4)] * (notes[-1].bar + 1), initial=F(0)))
    return finger(notes, board=board, starts=starts, quarter_seconds=quarter_seconds)


def shape(found: Tabbed, board: Fretboard = GUITAR) -> str:
    """A chord as players write it, low string first: x32010."""
    frets = {n.string: n.fret for n in found.notes}
    return "".join(str(frets.get(s, "x")) for s in range(len(board.strings), 0, -1))


@pytest.mark.parametrize(
    ("chord", "expected"),
    [
        ("E2+B2+E3+G#3+B3+E4", "022100"),
        ("A2+E3+A3+C#4+E4", "x02220"),
        ("D3+A3+D4+F#4", "xx0232"),
        ("G2+B2+D3+G3+B3+G4", "320003"),
        ("C3+E3+G3+C4+E4", "x32010"),
        ("E2+B2+E3+G3+B3+E4", "022000"),
        ("A2+E3+A3+C4+E4", "x02210"),
        ("D3+A3+D4+F4", "xx0231"),
        ("F2+C3+F3+A3+C4+F4", "133211"),
        ("B2+F#3+B3+D4+F#4", "x24432"),
        ("A2+E3+G3+C#4+E4", "x02020"),
    ],
)
def test_chords_every_player_knows(chord: str, expected: str) -> None:
    assert shape(tab(f"{chord}:4")) == expected


def test_a_scale_stays_in_one_position() -> None:
    found = tab("C3:1/2 D3:1/2 E3:1/2 F3:1/2 G3:1/2 A3:1/2 B3:1/2 C4:1/2")
    assert [(n.string, n.fret) for n in found.notes] == [(5, 3), (4, 0), (4, 2), (4, 3), (3, 0), (3, 2), (2, 0), (2, 1)]


def test_a_high_scale_needs_no_leaps() -> None:
    found = tab("A4:1/2 B4:1/2 C#5:1/2 D5:1/2 E5:1/2 D5:1/2 C#5:1/2 B4:1/2", quarter_seconds=0.4)
    frets = [n.fret for n in found.notes]
    assert max(frets) - min(frets) <= 7
    assert found.highest_position - found.lowest_position <= 4


def test_the_same_note_again_stays_where_it_is() -> None:
    assert len({(n.string, n.fret) for n in tab("E4:1 E4:1 E4:1 E4:1 E4:1").notes}) == 1


def test_a_bass_note_rings_on_under_the_melody() -> None:
    melody = place("D4:1/2 E4:1/2 F#4:1/2 G4:1/2")
    notes = [*place("D3:2", voice=2), *melody]
    found = finger(sorted(notes, key=lambda n: (n.onset, n.pitch)), board=GUITAR, starts=[F(0), F(4)])
    bass = next(n for n in found.notes if n.pitch == 50)
    assert all(n.string != bass.string for n in found.notes if n.pitch != 50)


def test_two_voices_lie_in_open_position() -> None:
    melody = place("E4:3/2 D4:1/2 A3:1 C4:1 B3:1 E4:1 F#4:1/2 G4:1/2 E4:1")
    bass = place("F#2:2 A2:2 E2:2 B2:2", voice=2)
    notes = sorted([*melody, *bass], key=lambda n: (n.bar, n.onset, n.pitch))
    found = finger(notes, board=GUITAR, starts=[F(0), F(4), F(8)], quarter_seconds=0.65)
    upper = [(n.string, n.fret) for n in found.notes if n.voice == 1]
    assert upper == [(1, 0), (2, 3), (3, 2), (2, 1), (2, 0), (1, 0), (1, 2), (1, 3), (1, 0)]


def test_a_capo_moves_the_nut() -> None:
    board = fretboard(capo=2)
    found = tab("F#2+C#3+F#3+A#3+C#4+F#4:4", board)
    assert shape(found, board) == "022100"


def test_drop_d_takes_the_low_d() -> None:
    assert not tab("D2:1 A2:1", fretboard("drop-d")).changes
    change = tab("D2:1 A2:1").changes[0]
    assert (change.pitch, change.new_pitch) == (38, 50)


def test_what_cannot_sound_together_keeps_its_outer_notes() -> None:
    found = tab("E2+F2+G2+A2+B3+C4+D4+E4+F4+G4:4")
    assert found.changes
    pitches = {n.pitch for n in found.notes}
    assert {midi_of("E2"), midi_of("G4")} <= pitches
    assert len(pitches) <= 6


def test_a_bass_too_far_from_the_melody_moves_up_an_octave() -> None:
    found = tab("F2+F5:1")
    assert [n.pitch for n in found.notes] == [53, 77]
    assert [(c.pitch, c.new_pitch) for c in found.changes] == [(41, 53)]


def test_an_octave_move_doubles_no_note_of_the_other_voice() -> None:
    low, same = place("Eb2:1", voice=2), place("Eb3:1")
    found = finger([*low, *same], board=fretboard("standard"), starts=[F(0), F(4)])
    assert [n.pitch for n in found.notes] == [51]
    assert [c.new_pitch for c in found.changes] == [None]


def test_octave_moves_keep_the_spelling_true() -> None:
    from dataclasses import replace

    from notation.score.spell import spelling_at

    notes = [replace(n, spelling=spelling_at(0, midi=n.pitch)) for n in place("C2:1 C7:1")]
    for n in finger(notes, board=GUITAR, starts=[F(0), F(4)]).notes:
        assert n.spelling is not None
        assert n.spelling.midi == n.pitch


def test_free_tunings() -> None:
    assert fretboard("C2 G2 D3 A3 E4").strings == (36, 43, 50, 57, 64)
    assert fretboard("half-step-down").strings[0] == 39
    assert {name: len(fretboard(name).strings) for name in TUNINGS}["seven-string"] == 7
    for wrong in ("E2", "E2 A2 H3", "E9 E9 E9", "", "E2 " * 20):
        with pytest.raises(ScoreError):
            fretboard(wrong)
    with pytest.raises(ScoreError):
        fretboard(capo=13)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(30, 95), min_size=1, max_size=7), st.sampled_from([F(1, 4), F(1, 2), F(1)])),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from(["standard", "dadgad", "bass", "ukulele", "seven-string", "half-step-down"]),
    st.integers(0, 7),
)
def test_whatever_is_asked_can_be_played(strokes: list[tuple[list[int], F]], tuning: str, capo: int) -> None:
    board = fretboard(tuning, capo=capo)
    notes: list[Placed] = []
    at = F(0)
    for pitches, length in strokes:
        notes += [Placed(int(at // 4), at % 4, length, p) for p in sorted(set(pitches))]
        at += length
    starts = list(accumulate([F(4)] * 8, initial=F(0)))
    found = finger(notes, board=board, starts=starts)
    together: dict[tuple[int, F], dict[int, tuple[int, int]]] = {}
    for n in found.notes:
        assert board.pitch(string=n.string, fret=n.fret) == n.pitch
        assert 0 <= n.fret <= board.frets - board.capo
        mine = together.setdefault((n.bar, n.onset), {})
        assert mine.get(n.string, (n.pitch, n.fret)) == (n.pitch, n.fret)
        mine[n.string] = (n.pitch, n.fret)
    for strings in together.values():
        pressed = [fret for _, fret in strings.values() if fret]
        if pressed:
            assert reach_mm(min(pressed) + capo, max(pressed) + capo) <= LONGEST_REACH_MM
    assert len(found.notes) + sum(c.new_pitch is None for c in found.changes) == len(notes)


def test_three_minutes_of_dense_music_take_a_second() -> None:
    import random
    import time

    rng = random.Random(4)
    notes: list[Placed] = []
    bars = 90
    for k in range(bars * 8):
        chord = sorted(
            rng.sample([40, 43, 45, 47, 48, 50, 52, 53, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72], rng.randint(1, 4))
        )
        notes += [Placed(k // 8, F(k % 8, 2), F(1, 2) if p > 52 else F(1), p) for p in chord]
    begun = time.process_time()
    finger(notes, board=GUITAR, starts=list(accumulate([F(4)] * bars, initial=F(0))), quarter_seconds=0.4)
    assert time.process_time() - begun < 3  # 1 s on an idle core
