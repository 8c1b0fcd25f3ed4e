"""Headings of parts: names, desks, pitches and clefs in five languages, slips of a scanner, file names."""

from __future__ import annotations

import pytest

from media_pipeline.omr.instruments import KINDS, PITCHES, from_file_name, read_instrument, to_pitch, unnamed


@pytest.mark.parametrize(
    ("heading", "key", "pitch", "numbers", "semitones"),
    [
        ("Flute", "flute", "C", (), 0),
        ("1st Bb Clarinet", "clarinet", "Bb", (1,), -2),
        ("Ist Bb Trumpet", "trumpet", "Bb", (1,), -2),
        ("Solo & 1st Bb Clarinet", "clarinet", "Bb", (1,), -2),
        ("Alto Saxophone in Eb", "alto-saxophone", "Eb", (), -9),
        ("Eo Alto Sax", "alto-saxophone", "Eb", (), -9),
        ("Corno in F", "horn", "F", (), -7),
        ("Trompette", "trumpet", "Bb", (), -2),
        ("Bo Trumpet", "trumpet", "Bb", (), -2),
        ("Repiano", "cornet", "Bb", (), -2),
        ("Basso", "double-bass", "C", (), -12),
        ("Tuba (B.C.)", "tuba", "Bb", (), 0),
        ("Oboe (opt.)", "oboe", "C", (), 0),
        ("Flöte 2", "flute", "C", (2,), 0),
        ("1re Flûte", "flute", "C", (1,), 0),
        ("Flauto I", "flute", "C", (1,), 0),
        ("Piccolo", "piccolo", "C", (), 12),
        ("Cor anglais", "english-horn", "F", (), -7),
        ("Fagott 1", "bassoon", "C", (1,), 0),
        ("2nd Bb Clarinet", "clarinet", "Bb", (2,), -2),
        ("Klarinette 1 in B", "clarinet", "Bb", (1,), -2),
        ("3. Klarinette in B", "clarinet", "Bb", (3,), -2),
        ("B-Klarinette II", "clarinet", "Bb", (2,), -2),
        ("Cl. in Sib", "clarinet", "Bb", (), -2),
        ("Clarinette en si bémol 2", "clarinet", "Bb", (2,), -2),
        ("Clarinetto in La", "clarinet", "A", (), -3),
        ("E♭ Clarinet", "clarinet", "Eb", (), 3),
        ("Es-Klarinette", "clarinet", "Eb", (), 3),
        ("Bassklarinette in B", "bass-clarinet", "Bb", (), -14),
        ("Alto Sax 1", "alto-saxophone", "Eb", (1,), -9),
        ("Alt-Saxophon 1 in Es", "alto-saxophone", "Eb", (1,), -9),
        ("Saxophone ténor", "tenor-saxophone", "Bb", (), -14),
        ("Baritonsaxophon", "baritone-saxophone", "Eb", (), -21),
        ("Trompete in B 3", "trumpet", "Bb", (3,), -2),
        ("Tromba (Si♭) 1", "trumpet", "Bb", (1,), -2),
        ("Trumpet in C", "trumpet", "C", (), 0),
        ("Horn in F 1 & 2", "horn", "F", (1, 2), -7),
        ("F-Horn 3", "horn", "F", (3,), -7),
        ("Horn in Es", "horn", "Eb", (), -9),
        ("Horn in B basso", "horn", "Bb", (), -14),
        ("Bugle Sib", "flugelhorn", "Bb", (), -2),
        ("Tenor Horn", "alto-horn", "Eb", (), -9),
        ("Tenorhorn", "tenorhorn", "Bb", (), -14),
        ("Baritone T.C.", "baritone", "Bb", (), -14),
        ("Euphonium B.C.", "euphonium", "Bb", (), 0),
        ("Posaune 3 in C", "trombone", "C", (3,), 0),
        ("Trombone", "trombone", "Bb", (), 0),
        ("Tuba in Es", "tuba", "Eb", (), -21),
        ("Bb Bass", "tuba", "Bb", (), -26),
        ("Basse Mib", "tuba", "Eb", (), -21),
        ("Tuba", "tuba", "Bb", (), 0),
        ("Pauken", "timpani", "C", (), 0),
        ("Kleine Trommel", "snare-drum", "C", (), 0),
        ("Snare Drum, Bass Drum", "snare-drum", "C", (), 0),
        ("Glockenspiel", "glockenspiel", "C", (), 24),
        ("Violin 1", "violin", "C", (1,), 0),
        ("Violin I", "violin", "C", (1,), 0),
        ("Violini II", "violin", "C", (2,), 0),
        ("Bratsche", "viola", "C", (), 0),
        ("Violoncelle", "cello", "C", (), 0),
        ("Contrebasse", "double-bass", "C", (), -12),
        ("Bass", "double-bass", "C", (), -12),
        ("Flöte (auch Piccolo)", "flute", "C", (), 0),
        ("Flute / Piccolo", "flute", "C", (), 0),
    ],
)
def test_a_heading(heading: str, key: str, pitch: str, numbers: tuple[int, ...], semitones: int) -> None:
    found = read_instrument(heading)
    assert found is not None
    assert (found.key, found.pitch, found.numbers) == (key, pitch, numbers)
    assert found.transposition().semitones == semitones
    assert found.sure == 1.0


@pytest.mark.parametrize(
    ("heading", "key", "numbers"),
    [
        ("Klarinetle 2", "clarinet", (2,)),
        ("Violonceilo", "cello", ()),
        ("Violin Il", "violin", (2,)),
        ("B> Clarinet 1", "clarinet", (1,)),
        ("Trornpete 1", "trumpet", (1,)),
        ("Flügelhom", "flugelhorn", ()),
    ],
)
def test_slips_of_the_scanner(heading: str, key: str, numbers: tuple[int, ...]) -> None:
    found = read_instrument(heading)
    assert found is not None
    assert (found.key, found.numbers) == (key, numbers)


@pytest.mark.parametrize(
    "words",
    ["Concerto for Violin and Orchestra", "Allegro", "Quartet", "Sonate für Flöte", "March", "in F", "", "12", "Trio",
     "The Trumpet Shall Sound", "Arr. J. Horn", "Menuetto", "D.C. al Fine", "A", "B."],
)  # fmt: skip
def test_no_heading(words: str) -> None:
    assert read_instrument(words) is None


def test_transpositions_are_told_as_musicxml_has_them() -> None:
    def parts(pitch: str, top: int) -> tuple[int, int, int]:
        t = to_pitch(pitch, top)
        return t.diatonic, t.chromatic, t.octaves

    assert parts("Bb", 5) == (-1, -2, 0)
    assert parts("Bb", -13) == (-1, -2, -1)  # tenor saxophone
    assert parts("Eb", -13) == (-5, -9, -1)  # baritone saxophone
    assert parts("Eb", 3) == (2, 3, 0)
    assert parts("F", -1) == (-4, -7, 0)
    assert parts("C", -12) == (0, 0, -1)  # double bass
    assert parts("C", 13) == (0, 0, 1)


def test_the_clef_decides_how_low_brass_sounds() -> None:
    euphonium = read_instrument("Euphonium")
    assert euphonium is not None
    assert euphonium.transposition().semitones == 0
    assert euphonium.transposition("clef.F4").semitones == 0
    assert euphonium.transposition("clef.G2").semitones == -14
    bass_clarinet = read_instrument("Bass Clarinet")
    assert bass_clarinet is not None
    assert bass_clarinet.transposition("clef.F4").semitones == -2
    assert bass_clarinet.transposition("clef.G2").semitones == -14


def test_the_clef_decides_between_namesakes() -> None:
    keys = [found.key for clef in ("", "clef.C3", "clef.G2") if (found := read_instrument("Alto", clef=clef))]
    assert keys == ["viola", "viola", "alto"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("sinfonie_5-Part-Violin_1.pdf", "Violin 1"),
        ("Viola-scan.pdf", "Viola"),
        ("01 Flute 1.pdf", "Flute 1"),
        ("Marsch_Klarinette2_B.pdf", "Clarinet 2"),
        ("clarinet in A 3.PDF", "Clarinet in A 3"),
        ("IMG_2034.jpg", None),
        ("scan0001.pdf", None),
        ("a.pdf", None),
    ],
)
def test_file_names(file: str, name: str | None) -> None:
    found = from_file_name(file)
    assert (found.name if found else None) == name


def test_names_for_people() -> None:
    def name(heading: str) -> str:
        found = read_instrument(heading)
        assert found is not None
        return found.name

    assert name("Clarinetto in La 2") == "Clarinet in A 2"
    assert name("2nd Bb Clarinet") == "Clarinet 2"
    assert name("Baritone T.C.") == "Baritone (treble clef)"
    assert unnamed("clef.G2").name == "Treble clef part"
    assert unnamed("clef.F4").name == "Bass clef part"
    assert unnamed("").transposition().semitones == 0


def test_every_row_of_the_table_finds_itself_by_each_of_its_names() -> None:
    for kind in KINDS:
        assert kind.pitch in PITCHES
        assert 1 <= kind.program <= 128
        assert kind.lowest < kind.highest
        for name in kind.names.split(","):
            found = read_instrument(name.strip(), clef=kind.clefs[0])
            assert found is not None, name
            assert found.key == kind.key, name
