"""Uploads, as static/js/upload.js does them: start, parts, finish."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from projects import uploads
from projects.models import Project, Source
from tests.cast import Cast, wav


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 1000)


@pytest.fixture
def project(cast: Cast) -> Project:
    return Project.objects.create(owner=cast.ada, title="Songs")


def start(client: Client, project: Project, *, size: int, name: str = "song.wav", fingerprint: str = "") -> Any:
    asked = {"project": project.pk, "name": name, "size": size, "fingerprint": fingerprint}
    return client.post("/uploads/", asked, content_type="application/json")


def put(client: Client, url: str, number: int, data: bytes) -> Any:
    return client.put(f"{url}parts/{number}/", data, content_type="application/octet-stream")


def send(client: Client, project: Project, data: bytes, *, name: str = "song.wav") -> Any:
    """All of it; returns the answer to finish."""
    begun = start(client, project, size=len(data), name=name).json()
    step = begun["part_size"]
    for number in range(1, begun["parts"] + 1):
        assert put(client, begun["url"], number, data[(number - 1) * step : number * step]).status_code == 200
    return client.post(f"{begun['url']}finish/")


def files_kept() -> list[str]:
    """Everything in storage, as paths."""
    from pathlib import Path

    root = Path(default_storage.path(""))
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_it_works(cast: Cast, as_: Any, project: Project) -> None:
    data = wav(0.5)
    answer = send(as_(cast.ada), project, data)
    assert answer.status_code == 200
    source = Source.objects.get(pk=answer.json()["source"]["id"])
    assert (source.name, source.kind, source.media_type, source.problem) == ("song.wav", "audio", "audio/wav", "")
    assert source.blob.file.read() == data
    assert source.blob.sha256 == hashlib.sha256(data).hexdigest()
    assert files_kept() == [source.blob.file.name]  # no part is left over
    assert project.activity.get().text == "Uploaded “song.wav”"
