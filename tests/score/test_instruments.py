"""Instruments as notation knows them: found by name, placed in a score, within their compass."""

from __future__ import annotations

import pytest

from notation.score.instruments import find, group_of, score_order
from notation.score.instruments.places import PLACES
from notation.score.instruments.table import KINDS, PITCHES, Kind

BAND = [
    "Tuba", "Percussion", "Trumpet in Bb 2", "Clarinet in Bb 2", "Flute", "Horn in F", "E♭ Alto Saxophone", "Oboe",
    "Baritone T.C.", "1st B♭ Trumpet", "B♭ Clarinet 1", "Es-Klarinette", "Tenor Saxophone", "Trombone",
]  # fmt: skip


def test_a_concert_band_stands_from_flute_to_drums() -> None:
    assert score_order(BAND) == [
        "Flute", "Oboe", "Es-Klarinette", "B♭ Clarinet 1", "Clarinet in Bb 2", "E♭ Alto Saxophone", "Tenor Saxophone",
        "1st B♭ Trumpet", "Trumpet in Bb 2", "Horn in F", "Trombone", "Baritone T.C.", "Tuba", "Percussion",
    ]  # fmt: skip


def test_a_brass_band_has_its_own_order() -> None:
    names = ["Bb Bass", "1st Trombone", "Euphonium", "Solo Cornet", "2nd Cornet", "Eb Bass", "Soprano Cornet",
             "Bass Trombone", "1st Baritone", "Flugelhorn", "Tenor Horn", "Timpani"]  # fmt: skip
    assert score_order(names) == [
        "Soprano Cornet", "Solo Cornet", "2nd Cornet", "Flugelhorn", "Tenor Horn", "1st Baritone", "Euphonium",
        "1st Trombone", "Bass Trombone", "Eb Bass", "Bb Bass", "Timpani",
    ]  # fmt: skip


def test_an_orchestra_ends_with_its_strings_and_what_nobody_knows() -> None:
    names = [
        "Wobbleboard",
        "Contrabbasso",
        "Viola",
        "Violin II",
        "Violin I",
        "Cor 2",
        "Cor 1",
        "Fagott",
        "Oboe",
        "Pauken",
    ]
    assert score_order(names) == [
        "Oboe", "Fagott", "Cor 1", "Cor 2", "Pauken", "Violin I", "Violin II", "Viola", "Contrabbasso", "Wobbleboard",
    ]  # fmt: skip


def test_every_row_has_its_place_in_every_order() -> None:
    rows = {kind.key: kind.family for kind in KINDS if kind.key != "score"}
    for custom, places in PLACES.items():
        assert set(places) == {key for key, family in rows.items() if custom != "brass" or family != "woodwind"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_the_name_for_people_finds_the_same_instrument(kind: Kind) -> None:
    for clef in ("", " 2", " B.C.", " T.C.", " in Eb", " 3 in F"):
        first = find(f"{kind.name}{clef}")
        if first is None:
            continue  # no tambourine is built in E flat
        again = find(first.name)
        assert again is not None, first.name
        assert (again.key, again.pitch, again.numbers) == (first.key, first.pitch, first.numbers), first.name
        assert again.transposition(first.usual_clef) == first.transposition(), first.name


@pytest.mark.parametrize(
    ("name", "low", "clef", "semitones", "group"),
    [
        ("Clarinet in Eb", 55, "clef.G2", 3, "woodwind"),
        ("Clarinet 2", 50, "clef.G2", -2, "woodwind"),
        ("Soprano Cornet", 57, "clef.G2", 3, "brass"),
        ("Trumpet in C", 54, "clef.G2", 0, "brass"),
        ("Baritone T.C.", 40, "clef.G2", -14, "brass"),
        ("Baritone B.C.", 40, "clef.F4", 0, "brass"),
        ("Eb Bass", 24, "clef.G2", -21, "brass"),
        ("Horn in Es", 34, "clef.G2", -9, "brass"),
        ("Bratsche", 48, "clef.C3", 0, "strings"),
        ("Alto Sax 3", 49, "clef.G2", -9, "saxophones"),
        ("Klavier", 21, "clef.G2", 0, ""),
    ],
)
def test_what_a_part_is_written_for(name: str, low: int, clef: str, semitones: int, group: str) -> None:
    found = find(name)
    assert found is not None
    assert (found.low, found.usual_clef, found.transposition().semitones) == (low, clef, semitones)
    assert group_of(found) == group


def test_every_compass_holds_an_octave_at_least() -> None:
    for kind in KINDS:
        for pitch in PITCHES:
            found = find(f"{kind.name} in {pitch}")
            if found is not None:
                assert found.high - found.low >= 12, found.name
