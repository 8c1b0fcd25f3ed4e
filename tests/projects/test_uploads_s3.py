"""The same uploads and downloads on S3, against moto's server: the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage

from projects import parts, uploads
from projects.models import Blob, Project, Source, Upload
from tests.cast import Cast
from tests.projects.conftest import Sender

MIB = 1024**2


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, settings: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """default_storage is an empty bucket."""
    import boto3  # type: ignore[import-untyped]

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    bucket = boto3.resource("s3", endpoint_url=endpoint, **keys).Bucket("copyist-tests")
    bucket.create()
    settings.STORAGE = "s3"
    options = {
        "bucket_name": bucket.name,
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "file_overwrite": True,
        "querystring_expire": 600,
    }
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    }
    yield bucket
    bucket.objects.all().delete()
    for upload in bucket.multipart_uploads.all():
        upload.abort()


@pytest.fixture
def song() -> bytes:
    """Two parts of S3's smallest size and a bit; a WAV by its head."""
    from tests.cast import wav

    return wav(0.01) + bytes(range(256)) * (11 * MIB // 256)


@pytest.fixture(autouse=True)
def _parts_of_five_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 5 * MIB)


def names(bucket: Any) -> list[str]:
    return [found.key for found in bucket.objects.all()]


def open_multiparts(bucket: Any) -> int:
    return len(bucket.meta.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", []))


def test_it_works(bucket: Any, ada: Sender, project: Project, song: bytes) -> None:
    answer = ada.send(project, song)
    assert answer.status_code == 200
    source = Source.objects.get()
    assert source.kind == "audio"
    assert names(bucket) == [source.blob.file.name]
    with default_storage.open(str(source.blob.file.name)) as file:
        assert file.read() == song
    assert open_multiparts(bucket) == 0


def test_it_goes_on_after_a_reload(bucket: Any, ada: Sender, project: Project, song: bytes) -> None:
    begun = ada.start(project, size=len(song), fingerprint="f").json()
    ada.put(begun["url"], 2, song[5 * MIB : 10 * MIB])
    again = ada.start(project, size=len(song), fingerprint="f").json()
    assert (again["id"], again["received"]) == (begun["id"], [2])
    ada.put_all(again, song)
    assert ada.finish(again["url"]).status_code == 200


def test_finish_after_a_process_died_between_joining_and_saying_so(
    bucket: Any, ada: Sender, project: Project, song: bytes
) -> None:
    begun = ada.start(project, size=len(song)).json()
    ada.put_all(begun, song)
    parts.store().join(Upload.objects.get())
    assert ada.finish(begun["url"]).status_code == 200


def test_the_same_file_twice_is_stored_once(
    bucket: Any, ada: Sender, project: Project, song: bytes, committed: Any
) -> None:
    ada.send(project, song)
    with committed():
        told = ada.send(project, song, name="again.wav").json()["told"]
    assert "linked, not stored twice" in told
    assert Blob.objects.count() == len(names(bucket)) == 1


def test_a_part_of_wrong_size(bucket: Any, ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=6 * MIB).json()
    assert ada.put(begun["url"], 1, bytes(MIB)).status_code == 400
    assert Upload.objects.get().received == {}


def test_cancel_leaves_nothing(bucket: Any, ada: Sender, project: Project, song: bytes, committed: Any) -> None:
    begun = ada.start(project, size=len(song)).json()
    ada.put(begun["url"], 1, song[: 5 * MIB])
    assert open_multiparts(bucket) == 1
    with committed():
        ada.client.delete(begun["url"])
    assert (open_multiparts(bucket), names(bucket)) == (0, [])


def test_ranges_are_streamed(bucket: Any, ada: Sender, project: Project, song: bytes) -> None:
    ada.send(project, song)
    url = f"/sources/{Source.objects.get().pk}/file"
    whole: Any = ada.client.get(url)
    assert b"".join(whole.streaming_content) == song
    some: Any = ada.client.get(url, headers={"Range": "bytes=1000-1009"})
    assert some.status_code == 206
    assert b"".join(some.streaming_content) == song[1000:1010]


def test_signed_addresses_where_they_are_wanted(
    bucket: Any, ada: Sender, project: Project, song: bytes, settings: Any
) -> None:
    import urllib.request

    settings.S3_REDIRECT = True
    ada.send(project, song, name="Zwölf.wav")
    answer = ada.client.get(f"/sources/{Source.objects.get().pk}/file?download")
    assert answer.status_code == 302
    with urllib.request.urlopen(answer["Location"]) as fetched:
        assert fetched.read() == song
    assert "response-content-disposition=attachment" in answer["Location"]


def test_deleting_removes_the_object(bucket: Any, ada: Sender, project: Project, song: bytes, committed: Any) -> None:
    source = ada.send(project, song).json()["source"]
    with committed():
        ada.client.post(f"{source['url']}delete/")
    assert names(bucket) == []


def test_previews_work_from_s3(bucket: Any, ada: Sender, cast: Cast, project: Project) -> None:
    from tests.cast import png

    source = ada.send(project, png(), name="scan.png").json()["source"]
    assert b"<img" in ada.client.get(f"{source['url']}preview/").content
    assert ada.client.get(f"{source['url']}preview/1.webp")["Content-Type"] == "image/webp"
