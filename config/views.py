"""Pages of the house itself: the landing page and the probes."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)

WORKER_SEEN_SECONDS = 30.0


class NotReady(Exception):
    """What is wrong, in a few words that everybody may read."""


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so that a slow database restarts no web process."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether people can be sent here: 200, or 503 and what is missing."""
    checks = {name: _ask(name, check) for name, check in CHECKS.items()}
    ready = all(state == "ok" for state in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _ask(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as reason:
        return str(reason)
    except Exception as error:  # the reason is for us; the answer says no more than that it failed
        log.warning("readyz: %s: %s", name, error)
        return "no answer"
    return "ok"


def database() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("migrations are waiting: manage.py migrate")


def queue() -> None:
    from django_q.brokers import get_broker

    if not get_broker().ping():
        raise NotReady("no answer")


def storage() -> None:
    name = f"probe/{uuid.uuid4().hex}"
    kept = default_storage.save(name, ContentFile(b"probe"))
    try:
        with default_storage.open(kept) as file:
            if file.read() != b"probe":
                raise NotReady("what is written does not come back")
    finally:
        default_storage.delete(kept)


def worker() -> None:
    from media_pipeline.models import Worker

    since = timezone.now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    if not Worker.objects.filter(seen_at__gte=since).exists():
        raise NotReady("no worker seen lately")


CHECKS: dict[str, Callable[[], None]] = {
    "database": database, "queue": queue, "storage": storage, "worker": worker,
}  # fmt: skip
