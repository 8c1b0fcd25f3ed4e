"""What a file is, by its bytes."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.sniff import ENDS_BYTES, sniff
from tests.cast import MUSICXML, pdf, png, wav


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


def film(container: str, codec: str) -> bytes:
    """A real file of this format, made by PyAV: a tone, and a picture that gets lighter."""
    import av
    import numpy as np

    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        sound = file.add_stream(codec, rate=48000, bit_rate=96000)
        picture = file.add_stream("libvpx" if container == "webm" else "mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        for n in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 20 * n, np.uint8), format="rgb24")
            file.mux(picture.encode(frame))
        _sing(file, sound)
        file.mux(picture.encode(None))
    return out.getvalue()


def _sing(file: Any, stream: Any) -> None:
    """One second of a tone."""
    import av
    import numpy as np

    tone = (8000 * np.sin(np.arange(48000) * 0.06)).astype(np.int16)
    for at in range(0, len(tone) - 1023, 1024):
        frame = av.AudioFrame.from_ndarray(tone[None, at : at + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, at
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def sung(container: str, codec: str) -> bytes:
    """Sound alone."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        _sing(file, file.add_stream(codec, rate=48000, layout="mono", bit_rate=96000))
    return out.getvalue()


def look(data: bytes) -> tuple[str, str]:
    found = sniff(data[:ENDS_BYTES], tail=data[-ENDS_BYTES:])
    return found.kind, found.media_type


@pytest.mark.parametrize(
    ("container", "codec", "media_type"),
    [
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("wav", "pcm_s16le", "audio/wav"),
        ("flac", "flac", "audio/flac"),
        ("ogg", "flac", "audio/ogg"),
        ("ogg", "libopus", "audio/ogg"),
        ("adts", "aac", "audio/aac"),
        ("ipod", "aac", "audio/mp4"),
        ("mp4", "aac", "audio/mp4"),
        ("webm", "libopus", "audio/webm"),
        ("matroska", "flac", "audio/x-matroska"),
        ("aiff", "pcm_s16be", "audio/aiff"),
        ("asf", "wmav1", "audio/x-ms-wma"),
        ("caf", "pcm_s16le", "audio/x-caf"),
        ("au", "pcm_s16be", "audio/basic"),
    ],
)
def test_sound(container: str, codec: str, media_type: str) -> None:
    assert look(sung(container, codec)) == ("audio", media_type)


@pytest.mark.parametrize(
    ("container", "codec", "media_type"),
    [
        ("mp4", "aac", "video/mp4"),
        ("mov", "aac", "video/quicktime"),
        ("matroska", "flac", "video/x-matroska"),
        ("webm", "libopus", "video/webm"),
        ("avi", "libmp3lame", "video/x-msvideo"),
    ],
)
def test_films(container: str, codec: str, media_type: str) -> None:
    assert look(film(container, codec)) == ("video", media_type)


def test_mp3_without_its_beginning() -> None:
    """Cut out of a stream: the file begins in mid-frame."""
    assert look(sung("mp3", "libmp3lame")[3001:]) == ("audio", "audio/mpeg")


def test_mp3_with_a_big_picture_in_its_tag() -> None:
    size = 300_000
    tag = b"ID3\4\0\0" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0)) + bytes(size)
    assert look(tag + sung("mp3", "libmp3lame")) == ("audio", "audio/mpeg")


CONTAINER = b'<container><rootfiles><rootfile full-path="a.musicxml"/></rootfiles></container>'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (MUSICXML, "notation"),
        (b"\xef\xbb\xbf" + MUSICXML, "notation"),
        (MUSICXML.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "notation"),
        (b"<score-timewise>", "notation"),
        (b'<?xml version="1.0"?><!-- <html> --><!DOCTYPE x [<!ENTITY a "b">]><score-partwise/>', "notation"),
        (packed(META_INF__container_dot_xml=CONTAINER).replace(b"META_INF", b"META-INF"), "notation"),
        (packed(mimetype=b"application/vnd.recordare.musicxml", x=b""), "notation"),
        (b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk", "midi"),
        (b"RIFF\0\0\0\0RMIDdata", "midi"),
        (pdf(), "pdf"),
        (b"junk before\n%PDF-1.4\n", "pdf"),
        (png(), "image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image"),
        (b"GIF89a\1\0\1\0", "image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image"),
        (b"II*\0\x08\0\0\0", "image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image"),
        (packed(a=b"b"), "other"),
        (b"<!DOCTYPE html><html></html>", "other"),
        (b"<HTML><body>", "other"),
        (b"<html><script>", "other"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "other"),
        (b'<?xml version="1.0"?><rss/>', "other"),
        (b"Just words, in a text.\n", "other"),
        (b"\x18FICHIER GUITAR PRO v5.00", "other"),
        (packed(Content__score_dot_gpif=b""), "other"),
        (b"MZ\x90\0", "other"),
        (b"\x7fELF", "other"),
        (b"Rar!\x1a\7\1\0", "other"),
        (b"\xff\xfb\x90\x64", "other"),  # one lonely MP3 head is no recording
        (b"\xff" * 5000, "other"),
        (b"", "other"),
    ],
)
def test_kinds(data: bytes, kind: str) -> None:
    assert look(data)[0] == kind


def test_the_sentence_for_a_web_page_says_what_to_do() -> None:
    found = sniff(b"<!doctype html><title>Login</title>")
    assert found.media_type == "text/html"
    assert "download the recording itself" in found.problem


def test_whatever_has_no_use_has_a_sentence() -> None:
    assert sniff(b"").problem
    assert not sniff(wav()).problem


HEADS = [b"", b"ID3", b"\xff\xfb", b"\xff\xf1", b"PK\3\4", b"PK\5\6", b"<", b"<?xml", b"<!DOCTYPE", b"\0\0\0\x18ftyp"]
HEADS += [b"OggS", b"\x1aE\xdf\xa3", b"RIFF", b"FORM", b"%PDF-", b"\xff\xfe<\0", b"G" * 188, b"\0\0\0\0moov"]


@given(st.sampled_from(HEADS), st.binary(max_size=600), st.binary(max_size=200))
def test_nothing_makes_it_stumble(head: bytes, rest: bytes, tail: bytes) -> None:
    found = sniff(head + rest, tail=tail)
    assert bool(found.problem) == (found.kind == "other")
    assert found.media_type
    assert found.label.startswith(("a", "an"))


@given(st.binary(max_size=3000))
def test_noise_is_not_taken_for_a_page(data: bytes) -> None:
    """HTML is recognised only where a browser would, at the beginning."""
    if sniff(data).media_type == "text/html":
        assert data.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"<", b"\xff", b"\xfe", b"\0")


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 8, 12, 20, 44, 100, 500])
def test_truncated_files_do_not_stumble(cut: int) -> None:
    for data in (wav(), MUSICXML, png(), pdf(), packed(a=b"b")):
        sniff(data[:cut], tail=data[:cut])


def test_it_is_fast_on_markup_made_to_be_slow() -> None:
    import time

    began = time.process_time()
    for data in (b"<!--" * 16000, b"<?" * 32000, b"<!DOCTYPE" + b"[" * 60000, b"\xff" * 65536, b"PK\3\4" * 16000):
        sniff(data[:ENDS_BYTES], tail=data[-ENDS_BYTES:])
    assert time.process_time() - began < 1.0
