"""Files that open as scores at once, and files that do not."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import mido
import pytest

from notation import services
from notation.models import Score
from projects.models import Project, Source
from tests.cast import bring
from tests.notation.documents import guitar


@pytest.fixture
def opened(project: Project, django_capture_on_commit_callbacks: Any) -> Any:
    """opened(name, bytes) is the source as it is after the upload is final."""

    def upload(name: str, data: bytes) -> Source:
        with django_capture_on_commit_callbacks(execute=True):
            source: Source = bring(project, name=name, data=data)
        source.refresh_from_db()
        return source

    return upload


def midi() -> bytes:
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4, time=0))
    for pitch in (60, 64, 67, 72, 67, 64):
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        track.append(mido.Message("note_off", note=pitch, velocity=0, time=480))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def mxl(document: bytes, *, name: str = "score.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "META-INF/container.xml",
            f'<container><rootfiles><rootfile full-path="{name}"/></rootfiles></container>',
        )
        archive.writestr(name, document)
    return out.getvalue()


def test_musicxml_opens_under_its_own_title(opened: Any) -> None:
    source = opened("some file.musicxml", guitar(title="Morning walk"))
    score = Score.objects.get(source=source)
    assert (score.title, score.kind, source.problem) == ("Morning walk", "notation", "")
    revision = score.latest
    assert revision is not None
    assert revision.reason == "Opened from some file.musicxml"
    assert revision.summary["key"] == "C major"
    assert revision.summary["metre"] == "4/4"
    assert revision.summary["tempo"] == 96
    assert revision.summary["tuning"] == "E2 A2 D3 G3 B3 E4"
    assert revision.sync == []


def test_a_score_without_a_title_is_called_as_its_file(opened: Any) -> None:
    source = opened("Evening_song.musicxml", guitar(title=""))
    assert Score.objects.get(source=source).title == "Evening song"


def test_a_compressed_score_opens(opened: Any) -> None:
    source = opened("walk.mxl", mxl(guitar(title="Packed")))
    assert Score.objects.get(source=source).title == "Packed"


def test_midi_opens_with_its_metre(opened: Any) -> None:
    source = opened("waltz.mid", midi())
    revision = Score.objects.get(source=source).latest
    assert revision is not None
    assert revision.summary["metre"] == "3/4"
    assert revision.document.read().count(b"<step>") == 6


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><score-partwise>&b;</score-partwise>'
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("entities.musicxml", ENTITIES),
        ("cut off.musicxml", guitar()[:3000]),
        ("no bars.musicxml", b'<?xml version="1.0"?><score-partwise version="4.0"></score-partwise>'),
        ("outside.mxl", mxl(guitar(), name="../../score.xml")),
        ("cut off.mid", midi()[:30]),
    ],
)
def test_a_bad_file_is_kept_and_says_what_is_wrong(opened: Any, name: str, data: bytes) -> None:
    source = opened(name, data)
    assert not Score.objects.filter(source=source).exists()
    assert len(source.problem) > 20
    assert source.problem.rstrip().endswith(".")
    with source.blob.file.open("rb") as kept:
        assert kept.read() == data


def test_a_file_that_is_too_large_is_not_even_read(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_NOTATION_BYTES", 1000)
    source = opened("large.musicxml", guitar(bars=20))
    assert "too large" in source.problem


def test_a_reader_that_breaks_leaves_the_source_with_a_sentence(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(source: Source) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(services, "read_source", broken)
    assert "could not be opened" in opened("fine.musicxml", guitar()).problem


def test_opening_twice_gives_the_same_score(opened: Any) -> None:
    source = opened("walk.musicxml", guitar())
    assert services.open_notation(source) == Score.objects.get(source=source)
    assert Score.objects.filter(source=source).count() == 1


def test_a_recording_does_not_open(opened: Any) -> None:
    from tests.cast import wav

    assert services.open_notation(opened("take 1.wav", wav())) is None
    assert not Score.objects.exists()
