"""GET /sources/<pk>/file: ranges, and nothing that could run as a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from projects.files import Span, content_disposition, wanted
from projects.models import Project, Source
from tests.cast import MUSICXML, Cast, bring, pdf, png, wav

SONG = wav(0.5)


@pytest.fixture
def source(project: Project) -> Source:
    found: Source = bring(project, name="song.wav", data=SONG)
    return found


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Client:
    client: Client = as_(cast.ada)
    return client


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_it_works(ada: Client, source: Source) -> None:
    answer = ada.get(f"/sources/{source.pk}/file")
    assert answer.status_code == 200
    assert body(answer) == SONG
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Content-Length"] == str(len(SONG))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Disposition"].startswith("inline")


def test_it_validates_ownership(cast: Cast, as_: Any, source: Source, client: Client) -> None:
    assert as_(cast.ben).get(f"/sources/{source.pk}/file").status_code == 404
    assert client.get(f"/sources/{source.pk}/file").status_code == 302


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=-5", len(SONG) - 5, len(SONG) - 1),
        ("bytes=8000-", 8000, len(SONG) - 1),
        ("bytes=8000-99999999", 8000, len(SONG) - 1),
    ],
)
def test_one_range(ada: Client, source: Source, asked: str, first: int, last: int) -> None:
    answer = ada.get(f"/sources/{source.pk}/file", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{len(SONG)}"
    assert answer["Content-Length"] == str(last - first + 1)
    assert body(answer) == SONG[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=-0", "bytes=99999-100000"])
def test_a_range_outside_the_file(ada: Client, source: Source, asked: str) -> None:
    answer = ada.get(f"/sources/{source.pk}/file", headers={"Range": asked})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(SONG)}"


@pytest.mark.parametrize(
    "asked", ["bytes=1-2,5-6", "lines=1-2", "bytes=", "bytes=-", "bytes=5-2", "bytes=" + "9" * 5000]
)
def test_what_is_no_single_range_gets_the_whole(ada: Client, source: Source, asked: str) -> None:
    answer = ada.get(f"/sources/{source.pk}/file", headers={"Range": asked})
    assert answer.status_code == 200
    assert body(answer) == SONG


def test_head_sends_no_body(ada: Client, source: Source) -> None:
    answer = ada.head(f"/sources/{source.pk}/file")
    assert answer["Content-Length"] == str(len(SONG))
    assert answer.content == b""


def test_ranges_are_never_compressed(ada: Client, source: Source) -> None:
    answer = ada.get(f"/sources/{source.pk}/file", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "identity"
    assert body(answer) == SONG


@given(st.text(max_size=30), st.integers(0, 10**6))
def test_no_header_makes_it_stumble(header: str, size: int) -> None:
    for asked in (header, f"bytes={header}"):
        span = wanted(asked, whole_bytes=size)
        assert span is None or (span.whole == size and -1 <= span.last < max(size, 1) and span.size >= 0)


def test_an_empty_file_is_an_empty_span() -> None:
    assert wanted("", whole_bytes=0) == Span(0, -1, 0)


HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "data"), [("a.html", HTML), ("a.mp3", HTML), ("a.svg", SVG), ("a.pdf", pdf()), ("a.xml", MUSICXML)]
)
def test_nothing_runs_as_a_page(ada: Client, project: Project, name: str, data: bytes) -> None:
    answer = ada.get(f"/sources/{bring(project, name=name, data=data).pk}/file")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_even_safe_kinds_are_locked(ada: Client, source: Source) -> None:
    answer = ada.get(f"/sources/{source.pk}/file")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_download_is_saved(ada: Client, source: Source) -> None:
    answer = ada.get(f"/sources/{source.pk}/file?download")
    assert answer["Content-Disposition"].startswith('attachment; filename="song.wav"')


@given(st.text(min_size=1, max_size=60))
def test_no_name_breaks_the_header(name: str) -> None:
    from projects.names import clean_name

    header = content_disposition(clean_name(name), inline=False)
    header.encode("ascii")
    assert header.count('"') == 2
    assert "\n" not in header
    assert "\r" not in header


def test_a_file_that_is_gone_is_not_an_error(ada: Client, source: Source) -> None:
    source.blob.file.storage.delete(str(source.blob.file.name))
    assert ada.get(f"/sources/{source.pk}/file").status_code == 404


@pytest.mark.asyncio
async def test_under_asgi_it_streams(settings: Any, tmp_path: Any) -> None:
    """A plain iterator would be read into memory whole; ours is asynchronous there."""
    from django.core.files.storage import FileSystemStorage
    from django.test import AsyncRequestFactory

    from projects.files import serve

    storage = FileSystemStorage(location=tmp_path)
    (tmp_path / "a").write_bytes(bytes(1_000_000))

    class File:
        name, size = "a", 1_000_000

    File.storage = storage  # type: ignore[attr-defined]
    answer: Any = serve(AsyncRequestFactory().get("/"), File(), name="a", media_type="audio/wav")
    assert answer.is_async
    assert sum([len(chunk) async for chunk in answer.streaming_content]) == 1_000_000


# --- previews -------------------------------------------------------------------------------------------------------
def test_pages_of_a_pdf(ada: Client, project: Project) -> None:
    source = bring(project, name="a.pdf", data=pdf(5))
    page = ada.get(f"/sources/{source.pk}/preview/").content.decode()
    assert page.count("<img") == 3
    assert "and 2 more pages" in page
    picture = ada.get(f"/sources/{source.pk}/preview/3.webp")
    assert picture["Content-Type"] == "image/webp"
    assert picture.content[8:12] == b"WEBP"
    assert ada.get(f"/sources/{source.pk}/preview/4.webp").status_code == 404


def test_a_picture_is_made_anew(ada: Client, project: Project) -> None:
    """No byte of the upload reaches the page: metadata and what hides in it are gone."""
    import io

    from PIL import Image

    out = io.BytesIO()
    photo = Image.new("RGB", (3000, 20))
    exif = photo.getexif()
    exif[0x010E] = "SECRET-PLACE"
    photo.save(out, "JPEG", exif=exif)
    source = bring(project, name="a.jpg", data=out.getvalue() + b"<script>")
    ada.get(f"/sources/{source.pk}/preview/")
    made = ada.get(f"/sources/{source.pk}/preview/1.webp").content
    assert b"SECRET" not in made
    assert b"<script>" not in made
    assert Image.open(io.BytesIO(made)).width == 1000


def test_a_damaged_pdf_says_so(ada: Client, project: Project) -> None:
    source = bring(project, name="a.pdf", data=b"%PDF-1.7\nnothing more")
    assert "could not be shown" in ada.get(f"/sources/{source.pk}/preview/").content.decode()


def test_a_picture_bomb_is_refused(ada: Client, project: Project) -> None:
    """A small file that would be 400 million pixels."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")
    )
    source = bring(project, name="a.png", data=bomb)
    assert "could not be shown" in ada.get(f"/sources/{source.pk}/preview/").content.decode()


def test_pictures_go_with_the_file(ada: Client, project: Project, committed: Any, kept: Any) -> None:
    source = bring(project, name="a.png", data=png())
    ada.get(f"/sources/{source.pk}/preview/")
    assert len(kept()) == 3
    with committed():
        ada.post(f"/sources/{source.pk}/delete/")
    assert kept() == []
