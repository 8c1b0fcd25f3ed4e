"""Files to take along: names, archives, round trips, ends asked for half-way."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notation.exports import KINDS, export, safe_name
from notation.exports.midi import perform
from notation.musicxml import NotationError, edit, staves, tidy, tree
from notation.musicxml.read import read
from notation.musicxml.validate import validate
from notation.musicxml.walk import walk
from tests.engrave import samples
from tests.score.test_read_musicxml import mutated

Row = tuple[Any, ...]


def notes(data: bytes) -> list[Row]:
    return [
        (n.onset, n.duration, n.pitch, n.voice, n.staff, n.tie_start)
        for part in read(data).findall("part")
        for bar in walk(part)
        for n in bar.notes
    ]


@pytest.mark.parametrize("kind", ["musicxml", "mxl"])
@pytest.mark.parametrize("document", [samples.guitar(6, staves=2), samples.piano(6), samples.ten_parts(6)])
def test_exported_scores_hold_the_same_notes(kind: str, document: bytes, tmp_path: Path) -> None:
    made = export(kind, document, folder=tmp_path, title="Other Title")
    assert notes(made.read_bytes()) == notes(document)
    assert edit.title_of(read(made.read_bytes())) == "Other Title"


def test_music21_opens_the_export_with_the_same_notes(tmp_path: Path) -> None:
    import music21

    document = samples.ten_parts(6)
    made = export("musicxml", document, folder=tmp_path, title="Suite")
    score = music21.converter.parseFile(made, forceSource=True)
    assert isinstance(score, music21.stream.Score)
    for part, wanted in zip(score.parts, read(document).findall("part"), strict=True):
        found = [
            (float(n.getOffsetInHierarchy(part)), float(n.quarterLength), n.pitch.midi) for n in part.recurse().notes
        ]
        expected = [n for bar in walk(wanted) for n in bar.notes if n.pitch is not None]
        assert found == [(float(n.onset), float(n.duration), n.pitch) for n in expected]


def test_music21_opens_the_compressed_export(tmp_path: Path) -> None:
    import music21

    made = export("mxl", samples.piano(4), folder=tmp_path, title="Waltz")
    score = music21.converter.parseFile(made, forceSource=True)
    assert isinstance(score, music21.stream.Score)
    assert len(score.parts) == 2  # one for each staff


def test_the_compressed_export_begins_with_its_media_type(tmp_path: Path) -> None:
    data = export("mxl", samples.piano(2), folder=tmp_path, title="Waltz").read_bytes()
    assert data[30:].startswith(b"mimetypeapplication/vnd.recordare.musicxml")


def test_midi_sounds_like_the_document(tmp_path: Path) -> None:
    import mido

    document = samples.piano(6)
    file = mido.MidiFile(export("midi", document, folder=tmp_path, title="Waltz"))
    struck = sum(m.type == "note_on" for m in file)
    assert struck == sum(len(v.notes) for v in perform(read(document)).voices)
    assert file.length == pytest.approx(10 * 1.5, abs=0.01)  # ten bars of three quarters at 120


def test_one_part_alone(tmp_path: Path) -> None:
    made = export("musicxml", samples.ten_parts(2), folder=tmp_path, title="Suite", options={"parts": ["P2"]})
    assert edit.part_names(read(made.read_bytes())) == {"P2": "Oboe"}


def test_a_zip_of_everything(tmp_path: Path) -> None:
    made = export("zip", samples.guitar(4), folder=tmp_path, title="Morning / Walk 🎸")
    assert made.name == "Morning - Walk 🎸.zip"
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"Morning - Walk 🎸/Morning - Walk 🎸.{e}" for e in ("pdf", "musicxml", "mid")]
    assert [p.name for p in tmp_path.iterdir()] == [made.name]


def test_a_zip_with_part_books(tmp_path: Path) -> None:
    document = samples.score([("Flute", samples.measure(1, samples.note(72, 16), start=samples.attributes()))] * 2)
    options = {"kinds": "midi", "part_books": "1"}
    with zipfile.ZipFile(export("zip", document, folder=tmp_path, title="Duo", options=options)) as archive:
        assert archive.namelist() == ["Duo/Duo.mid", "Duo/Parts/01 Flute.pdf", "Duo/Parts/02 Flute.pdf"]


def test_the_same_score_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (export("zip", samples.guitar(4), folder=tmp_path / d, title="Walk").read_bytes() for d in "ab")
    assert first == second


class Enough(BaseException):
    pass


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_export_that_is_stopped_leaves_nothing(kind: str, tmp_path: Path) -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 1 or kind in ("musicxml", "mxl"):
            raise Enough

    with pytest.raises(Enough):
        export(kind, samples.guitar(4), folder=tmp_path, title="Walk", check=check)
    assert list(tmp_path.iterdir()) == []


def test_unknown_kinds_and_options_are_refused(tmp_path: Path) -> None:
    for kind, options in (("exe", {}), ("zip", {"kinds": "zip"}), ("pdf", {"paper": "A0"}), ("pdf", {"staff_mm": "x"})):
        with pytest.raises(NotationError):
            export(kind, samples.piano(2), folder=tmp_path, title="X", options=options)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Für Elise", "Für Elise"),
        ("夜曲", "夜曲"),
        ("שיר", "שיר"),
        ("AC/DC: Thunder?", "AC-DC- Thunder"),
        ("../../etc/passwd", "etc-passwd"),
        ("con", "con_"),
        ("Aux.1", "Aux.1_"),
        ("COM7", "COM7_"),
        ("  . ", "Score"),
        ("", "Score"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("line\nbreak\0", "line-break"),
        ("👩\u200d🎤", "👩\u200d🎤"),
        ("-rf *", "rf"),
        ("~root", "root"),
    ],
)
def test_safe_names(title: str, name: str) -> None:
    assert safe_name(title) == name


@given(st.text(max_size=400))
def test_every_name_can_be_a_file(text: str) -> None:
    name = safe_name(text)
    assert name
    assert len(f"{name}.musicxml".encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|\0\n\r\t')
    assert name.strip(" .") == name
    assert safe_name(name) == name


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_whatever_was_read_can_be_worked_with(data: bytes) -> None:
    try:
        root = read(data)
        perform(root)
    except NotationError:
        return
    validate(root)
    for view in ("both", "tab", "staff"):
        shown = tree.copy(root)
        tidy.beam(shown)
        staves.show(shown, view=view)
        tidy.leave_keys_off_percussion(shown)
        tidy.gather_rests(shown)
        read(tree.to_bytes(shown))


def test_a_zip_opens_with_names_in_utf_8(tmp_path: Path) -> None:
    made = export("zip", samples.piano(2), folder=tmp_path, title="Nocturne è", options={"kinds": ["midi"]})
    with zipfile.ZipFile(io.BytesIO(made.read_bytes())) as archive:
        assert archive.infolist()[0].flag_bits & 0x800
