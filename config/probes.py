"""Questions that tell whether the house works: for /readyz, `manage.py doctor` and a container's own probe."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

log = logging.getLogger(__name__)

WORKER_SEEN_SECONDS = 30.0


class NotReady(Exception):
    """What is wrong, in a few words that everybody may read."""


def database() -> None:
    """It answers, and no migration waits."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("migrations are waiting")


def queue() -> None:
    """The broker answers."""
    from django_q.brokers import get_broker

    if not get_broker().ping():
        raise NotReady("no answer")


def storage() -> None:
    """What is written comes back."""
    kept = default_storage.save(f"probe/{uuid.uuid4().hex}", ContentFile(b"probe"))
    try:
        with default_storage.open(kept) as file:
            if file.read() != b"probe":
                raise NotReady("what is written does not come back")
    finally:
        default_storage.delete(kept)


def worker(host: str = "") -> None:
    """A worker (of this host, where one is named) was seen lately."""
    from media_pipeline.models import Worker

    since = timezone.now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    seen = Worker.objects.filter(seen_at__gte=since)
    if not (seen.filter(name__startswith=f"{host}:") if host else seen).exists():
        raise NotReady("no worker seen lately")


READY: dict[str, Callable[[], None]] = {"database": database, "queue": queue, "storage": storage, "worker": worker}


def ask(name: str, probe: Callable[[], None]) -> str:
    """ "ok", or what is wrong. The reason of a failure is for the log, the answer says no more than that it failed."""
    try:
        probe()
    except NotReady as reason:
        return str(reason)
    except Exception as error:
        log.warning("%s: %s: %s", name, type(error).__name__, error)
        return "no answer"
    return "ok"
