"""Files that are no recordings, or broken ones: a sentence a musician understands, and nothing read but the file."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from media_pipeline.artifacts import Media
from media_pipeline.context import StageError
from media_pipeline.engines import sound_file
from media_pipeline.stages.decode import decode
from media_pipeline.stages.listen import listen
from media_pipeline.stages.notes import notes
from media_pipeline.stages.pitch import pitch
from tests.synth import html, run_stage, tone, write_media, write_wav


def complaint(path: Path, *, folder: Path, name: str = "song.mp3") -> StageError:
    with pytest.raises(StageError) as caught:
        run_stage(decode, Media(path, name), folder=folder)
    assert caught.value.permanent
    assert caught.value.hint
    return caught.value


def written(folder: Path, data: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(data)
    return path


def test_empty(tmp_path: Path) -> None:
    assert "is empty" in complaint(written(tmp_path, b""), folder=tmp_path).message


def test_silent(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros(22_050 * 3, np.float32))
    assert complaint(path, folder=tmp_path).message == "There is no sound in this recording."


def test_silent_between_the_marks(tmp_path: Path) -> None:
    sound = np.concatenate([tone(1.0), np.zeros(22_050 * 3, np.float32)])
    path = write_wav(tmp_path / "a.wav", sound)
    with pytest.raises(StageError, match="no sound in this recording between 0:02 and 0:04"):
        run_stage(decode, Media(path, "a.wav"), folder=tmp_path, options={"trim_start": 2.0})


def test_video_without_sound(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", None, picture=True)
    assert "video without sound" in complaint(path, folder=tmp_path).message


def test_zip_called_mp3(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "la la la " * 500)
    assert "seems to be a ZIP archive" in complaint(path, folder=tmp_path).message


def test_zip_with_a_recording_inside_is_still_a_zip(tmp_path: Path) -> None:
    inside = write_media(tmp_path / "a.mp3", tone(2.0, rate=44_100), codec="libmp3lame", container="mp3")
    path = tmp_path / "song.mp3"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.write(inside, "a.mp3")
    assert "seems to be a ZIP archive" in complaint(path, folder=tmp_path).message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (html(), "a web page"),
        (b"Dear band, the rehearsal is on Friday.\n" * 100, "a text file"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "a PDF"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0" + bytes(500), "a MIDI file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a picture"),
        (b'<?xml version="1.0"?>\n<score-partwise version="4.0"></score-partwise>', "a MusicXML score"),
    ],
    ids=["page", "text", "pdf", "midi", "picture", "score"],
)
def test_says_what_it_seems_to_be(tmp_path: Path, data: bytes, kind: str) -> None:
    assert f"seems to be {kind}" in complaint(written(tmp_path, data), folder=tmp_path).message


def test_noise_is_no_recording(tmp_path: Path) -> None:
    data = np.random.default_rng(5).bytes(50_000)
    message = complaint(written(tmp_path, data), folder=tmp_path).message
    assert "cannot be read" in message or "damaged" in message


def test_wrong_extension_is_read_all_the_same(tmp_path: Path) -> None:
    path = write_media(tmp_path / "song.wav", tone(2.0, rate=44_100), codec="libmp3lame", container="mp3")
    audio, context = run_stage(decode, Media(path, "song.wav"), folder=tmp_path)
    assert audio.duration == pytest.approx(2.0, abs=0.1)
    assert context.warnings == []


def test_truncated_wav_is_kept_with_a_warning(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(20.0))
    path.write_bytes(path.read_bytes()[: 44 + 2 * 22_050 * 5])
    audio, context = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert audio.duration == pytest.approx(5.0, abs=0.1)
    assert "stops early: it should last 0:20, but only 0:05" in context.warnings[0]


def test_truncated_flac_is_kept_with_a_warning(tmp_path: Path) -> None:
    sound = 0.3 * np.random.default_rng(1).standard_normal(20 * 44_100).astype(np.float32)
    path = write_media(tmp_path / "a.flac", np.clip(sound, -1, 1), codec="flac", container="flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio, context = run_stage(decode, Media(path, "a.flac"), folder=tmp_path)
    assert audio.duration == pytest.approx(10.0, abs=0.5)
    assert "stops early: it should last 0:20" in context.warnings[0]


def test_truncated_mp4_without_its_index_says_so(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.m4a", tone(20.0, rate=44_100))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "incomplete" in complaint(path, folder=tmp_path).message


def test_damaged_in_the_middle_is_kept(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp3", tone(20.0, rate=44_100), codec="libmp3lame", container="mp3")
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + len(data) // 6] = np.random.default_rng(2).bytes(len(data) // 6)
    path.write_bytes(bytes(data))
    audio, context = run_stage(decode, Media(path, "a.mp3"), folder=tmp_path)
    assert audio.duration > 13
    assert context.warnings


def test_too_long_names_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_file, "MAX_SECONDS", 3600)
    path = write_wav(tmp_path / "a.wav", np.tile(tone(61.0, rate=8_000), 60), rate=8_000)
    message = complaint(path, folder=tmp_path).message
    assert "lasts 1:01:00; the limit is 1 hour" in message


def test_too_long_is_found_while_reading_when_the_header_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_file, "MAX_SECONDS", 2)
    monkeypatch.setattr(sound_file, "_claimed", lambda container, stream: 1.0)
    monkeypatch.setattr(sound_file, "_promised_by_wav", lambda path: None)
    path = write_wav(tmp_path / "a.wav", tone(5.0))
    assert "lasts longer than" in complaint(path, folder=tmp_path).message


def test_a_header_that_promises_days_is_not_believed(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0, rate=8_000), rate=8_000)
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", 0xFFFFFF00)  # 37 hours
    path.write_bytes(bytes(data))
    audio, _ = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert audio.duration == pytest.approx(2.0, abs=0.1)


def test_an_impossible_rate_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0))
    data = bytearray(path.read_bytes())
    data[24:28] = struct.pack("<I", 2_000_000_000)
    path.write_bytes(bytes(data))
    complaint(path, folder=tmp_path)


def test_floats_that_are_no_numbers_become_silence(tmp_path: Path) -> None:
    sound = tone(2.0, rate=44_100)
    sound[1000:2000] = np.nan
    sound[3000:4000] = np.inf
    path = write_media(tmp_path / "a.wav", sound, codec="pcm_f32le", container="wav")
    audio, _ = run_stage(decode, Media(path, "a.wav"), folder=tmp_path)
    assert np.isfinite(audio.samples).all()


# a playlist must not make us read another file


def secret(folder: Path) -> Path:
    return write_wav(folder / "secret.wav", tone(5.0))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{path}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://{path}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:1/song.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
    ],
    ids=["hls", "hls-url", "hls-http", "concat"],
)
@pytest.mark.parametrize("stage", [decode, listen], ids=["decode", "listen"])
def test_playlists_are_not_followed(tmp_path: Path, text: str, stage: object) -> None:
    path = written(tmp_path, text.format(path=secret(tmp_path)).encode())
    with pytest.raises(StageError, match="seems to be a playlist"):
        run_stage(stage, Media(path, "song.mp3"), folder=tmp_path)  # type: ignore[arg-type]


def test_libav_itself_would_follow_that_playlist(tmp_path: Path) -> None:
    """The test above means something: without our limits the other file is opened."""
    import av

    path = tmp_path / "list.txt"
    path.write_text(f"ffconcat version 1.0\nfile '{secret(tmp_path)}'\n")
    with av.open(str(path), format="concat", options={"safe": "0"}) as opened:
        assert opened.streams.audio


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="speech is made by espeak-ng, which is not installed")
@pytest.mark.parametrize("voice", ["en", "de", "fr+f3"])
def test_speech_is_called_what_it_is(voice: str, tmp_path: Path) -> None:
    text = "The minutes of the last meeting were sent to everybody by post. Are there any corrections? " * 3
    path = tmp_path / "speech.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), text], check=True, timeout=60)
    audio, _ = run_stage(decode, Media(path, "song.mp3"), folder=tmp_path)
    heard, _ = run_stage(pitch, audio, folder=tmp_path)
    found, context = run_stage(notes, heard, folder=tmp_path)
    assert "it sounds like speech" in found.draft
    assert context.warnings == [found.draft]
