"""What the tests of projects share: one project of Ada's, and small parts so that small files have many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # this file is read before Django is set up
    from django.test import Client

    from projects.models import Project
    from tests.cast import Cast

PART = 1000


@pytest.fixture
def project(cast: Cast) -> Project:
    from projects.models import Project

    return Project.objects.create(owner=cast.ada, title="Songs")


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from projects import uploads

    monkeypatch.setattr(uploads, "PART_BYTES", PART)


class Sender:
    """Does what static/js/upload.js does."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def start(self, project: Project, *, size: int, name: str = "song.wav", fingerprint: str = "") -> Any:
        asked = {"project": project.pk, "name": name, "size": size, "fingerprint": fingerprint}
        return self.client.post("/uploads/", asked, content_type="application/json")

    def put(self, url: str, number: int, data: bytes) -> Any:
        return self.client.put(f"{url}parts/{number}/", data, content_type="application/octet-stream")

    def finish(self, url: str) -> Any:
        return self.client.post(f"{url}finish/")

    def send(self, project: Project, data: bytes, *, name: str = "song.wav") -> Any:
        """All of it; returns the answer to finish."""
        begun = self.start(project, size=len(data), name=name).json()
        self.put_all(begun, data)
        return self.finish(begun["url"])

    def put_all(self, begun: Any, data: bytes) -> None:
        step = begun["part_size"]
        for number in range(1, begun["parts"] + 1):
            if number not in begun["received"]:
                answer = self.put(begun["url"], number, data[(number - 1) * step : number * step])
                assert answer.status_code == 200, answer.content


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Sender:
    return Sender(as_(cast.ada))


@pytest.fixture
def kept() -> Callable[[], list[str]]:
    """kept() lists everything in storage, as paths."""

    from django.core.files.storage import default_storage

    def listing() -> list[str]:
        root = Path(default_storage.path(""))
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    return listing
