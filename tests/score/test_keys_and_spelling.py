from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation.score.keys import key_of, keys_of_bars, name_of, tonic_of
from notation.score.model import Key, Placed
from notation.score.spell import spell
from tests.score.tunes import AMAZING_GRACE, GREENSLEEVES, ODE, place, read


def transposed(notes: list[Placed], *, by: int) -> list[Placed]:
    return [replace(n, pitch=n.pitch + by) for n in notes]


def names(tune: str, key: Key, **how: object) -> str:
    notes = place(tune, **how)  # type: ignore[arg-type]
    return " ".join(str(n.spelling) for n in spell(notes, [key] * (notes[-1].bar + 1)))


def as_written(tune: str) -> str:
    return " ".join(name for word in tune.split() for name in word.partition(":")[0].split("+") if name != "r")


@pytest.mark.parametrize(
    ("tune", "bar", "key"),
    [(ODE, 4, "C major"), (GREENSLEEVES, 3, "A minor"), (AMAZING_GRACE, 3, "G major")],
)
@pytest.mark.parametrize("by", [0, 1, 2, 5, -3])
def test_the_key_of_a_tune_in_any_key(tune: str, bar: int, key: str, by: int) -> None:
    notes = transposed(place(tune, bar=bar), by=by)
    found = keys_of_bars(notes, bars=notes[-1].bar + 1)
    original = next(k for k in map(key_of, range(24)) if name_of(k) == key)
    assert {tonic_of(k) for k in found} == {(tonic_of(original) + by) % 12}
    assert {k.mode for k in found} == {original.mode}


def test_every_key_has_a_name_and_its_tonic() -> None:
    assert [name_of(key_of(k)) for k in (0, 1, 6, 10, 12, 15, 21)] == [
        "C major",
        "D flat major",
        "F sharp major",
        "B flat major",
        "C minor",
        "E flat minor",
        "A minor",
    ]
    for k in range(24):
        assert tonic_of(key_of(k)) == k % 12
        assert -7 <= key_of(k).fifths <= 7


def test_a_clear_change_of_key_is_found_near_its_bar() -> None:
    first = place(ODE + " " + ODE)
    second = [replace(n, bar=n.bar + 16, pitch=n.pitch + 4) for n in first]
    keys = keys_of_bars(first + second, bars=32)
    assert name_of(keys[0]) == "C major"
    assert name_of(keys[31]) == "E major"
    change = next(b for b in range(32) if keys[b] != keys[0])
    assert 14 <= change <= 18


def test_a_few_foreign_bars_change_no_signature() -> None:
    tune = place(ODE + " " + ODE + " " + ODE)
    foreign = [replace(n, pitch=n.pitch + 4) if 10 <= n.bar < 13 else n for n in tune]
    assert {name_of(k) for k in keys_of_bars(foreign, bars=24)} == {"C major"}


def test_nothing_at_all_is_in_c() -> None:
    assert keys_of_bars([], bars=3) == [Key(0)] * 3


@pytest.mark.parametrize(
    ("tune", "key"),
    [
        ("A3:1 B3:1 C4:1 D4:1 E4:1 F#4:1 G#4:1 A4:1 G4:1 F4:1 E4:1 D4:1 C4:1 B3:1 A3:2", Key(0, "minor")),
        ("C4:1 C#4:1 D4:1 D#4:1 E4:1 F4:1 F#4:1 G4:2", Key(0)),  # raised on the way up
        ("G4:1 E4:1 C4:1 A4:1 Ab4:1 G4:1 F4:1 E4:2", Key(0)),  # lowered on the way down
        ("F4:1 E4:1 F4:1 G4:1 A4:1 Bb4:1 C5:1 F4:1", Key(-1)),
        ("D4:1 E4:1 F#4:1 G4:1 A4:1 B4:1 C#5:1 D5:1", Key(2)),
        ("Eb4:1 F4:1 G4:1 Ab4:1 Bb4:1 C5:1 D5:1 Eb5:1 D5:1 Eb5:1", Key(-3)),
        ("C4:1 Eb4:1 G4:1 B3:1 C4:1 D4:1 Eb4:1 F4:1 Ab4:1 G4:2", Key(-3, "minor")),
        ("E4:1 D#4:1 E4:1 D#4:1 E4:1 B3:1 D4:1 C4:1 A3:2", Key(0, "minor")),
        ("D4:1 F#4:1 A4:1 C5:1 B4:1 G4:1 D4:1 G4:1", Key(1)),
        ("E4+G#4+B4:1 A4+C#5+E5:1 B4+D#5+F#5:1 E4+G#4+B4:1", Key(4)),
    ],
)
def test_known_spellings(tune: str, key: Key) -> None:
    assert names(tune, key) == as_written(tune)


def test_greensleeves_is_spelled_as_printed() -> None:
    assert names(GREENSLEEVES, Key(0, "minor"), bar=3) == as_written(GREENSLEEVES)


def test_a_dominant_of_the_dominant_is_sharp() -> None:
    tune = "C4+E4+G4:2 D4+F#4+A4:2 D4+F#4+A4+C5:2 G3+B3+G4:2 C4+E4+G4:2"
    assert names(tune, Key(0)) == as_written(tune)


@given(st.lists(st.integers(28, 96), min_size=1, max_size=80), st.integers(0, 23))
def test_a_spelling_sounds_its_pitch(pitches: list[int], key: int) -> None:
    notes = [Placed(0, read("C4:1")[0][0] + k, read("C4:1")[0][1], p) for k, p in enumerate(pitches)]
    for n in spell(notes, [key_of(key)]):
        assert n.spelling is not None
        assert n.spelling.midi == n.pitch
        assert abs(n.spelling.alter) <= 2


def test_scale_notes_carry_no_accidental_in_any_key() -> None:
    for k in range(12):
        key = key_of(k)
        scale = [
            Placed(0, read("C4:1")[0][0] + i, read("C4:1")[0][1], 60 + k + s)
            for i, s in enumerate((0, 2, 4, 5, 7, 9, 11))
        ]
        signature = dict.fromkeys("CDEFGAB", 0)
        for i in range(abs(key.fifths)):
            signature["FCGDAEB"[i] if key.fifths > 0 else "BEADGCF"[i]] = 1 if key.fifths > 0 else -1
        for n in spell(scale, [key]):
            assert n.spelling is not None
            assert n.spelling.alter == signature[n.spelling.step]
