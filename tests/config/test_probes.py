"""/healthz and /readyz."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from config import probes
from media_pipeline.models import Worker

pytestmark = pytest.mark.django_db


def seen(ago_seconds: float = 0, name: str = "studio:1") -> Worker:
    return Worker.objects.create(name=name, queues="cpu", seen_at=timezone.now() - timedelta(seconds=ago_seconds))


def broken(*args: Any, **kwargs: Any) -> None:
    raise OSError("secret host name")


def test_alive_asks_nothing(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response.headers["Cache-Control"]


def test_ready_with_a_worker(client: Client) -> None:
    seen()
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "checks": dict.fromkeys(("database", "queue", "storage", "worker"), "ok")}


def test_not_ready_without_a_worker(client: Client) -> None:
    seen(ago_seconds=120)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["worker"] == "no worker seen lately"


def test_not_ready_when_files_do_not_come_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen()
    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.save", broken)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["storage"] == "no answer"
    assert "secret" not in response.content.decode()


def test_not_ready_when_the_queue_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen()
    monkeypatch.setattr("django_q.brokers.get_broker", broken)
    assert client.get("/readyz").json()["checks"]["queue"] == "no answer"


def test_not_ready_while_migrations_wait(client: Client) -> None:
    seen()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'media_pipeline'")
    assert client.get("/readyz").json()["checks"]["database"] == "migrations are waiting"


def test_the_probe_leaves_no_file(client: Client) -> None:
    from django.core.files.storage import default_storage

    probes.storage()
    assert default_storage.listdir("probe")[1] == []


def test_a_container_asks_for_its_own_worker() -> None:
    seen(name="other:7")
    probes.worker()
    with pytest.raises(probes.NotReady):
        probes.worker("studio")


def test_probes_only_read(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
