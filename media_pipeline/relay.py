"""Turns changed rows into rings of the channel layer, once per web process and only while somebody watches.

Every RELAY_SECONDS one query reads (id, version) of the watched jobs. What it misses is no loss: whoever is rung reads
the row again, and so does everybody who connects. With a channel layer that reaches other processes (Redis) the
workers ring themselves, and the relay is a slow safety net.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from media_pipeline.models import Job

log = logging.getLogger(__name__)

LATE = timedelta(seconds=60)  # how long an ended job is still looked at
GROUPS = ("job", "project", "person")

Row = tuple[int, int, int, int]  # job, project, owner, version

_watched: Counter[tuple[str, int]] = Counter()
_versions: dict[int, int] = {}
_task: asyncio.Task[None] | None = None


def group(kind: str, pk: int) -> str:
    return f"{kind}.{pk}"


def watch(kind: str, pk: int) -> None:
    """Somebody looks at a job, at the jobs of a project, or at all the jobs of a person. Call it on the event loop."""
    global _task
    _watched[kind, pk] += 1
    if _task is None or _task.done() or _task.get_loop() is not asyncio.get_running_loop():
        _versions.clear()
        _task = asyncio.create_task(_relay())


def unwatch(kind: str, pk: int) -> None:
    _watched[kind, pk] -= 1
    if _watched[kind, pk] <= 0:
        del _watched[kind, pk]


async def _relay() -> None:
    first = True  # what was there before is read by whoever connects
    while _watched:
        try:
            await _ring(await database_sync_to_async(_changed)(), quietly=first)
            first = False
        except asyncio.CancelledError:
            raise
        except Exception:  # a database that is away for a moment
            log.warning("the relay missed a turn", exc_info=True)
            await asyncio.sleep(1)
        await asyncio.sleep(settings.RELAY_SECONDS)


def _changed() -> list[Row]:
    ids: dict[str, list[int]] = {kind: [pk for k, pk in _watched if k == kind] for kind in GROUPS}
    rows = Job.objects.filter(
        Q(pk__in=ids["job"]) | Q(project__in=ids["project"]) | Q(owner__in=ids["person"]),
        Q(finished_at=None) | Q(finished_at__gt=timezone.now() - LATE),
    )
    return list(rows.order_by().values_list("pk", "project_id", "owner_id", "version"))


async def _ring(rows: list[Row], *, quietly: bool) -> None:
    layer = get_channel_layer()
    for job, project, owner, version in rows:
        if _versions.get(job) == version:
            continue
        _versions[job] = version
        if layer is None or quietly:
            continue
        for kind, pk in (("job", job), ("project", project), ("person", owner)):
            if (kind, pk) in _watched:
                await layer.group_send(group(kind, pk), {"type": "job.changed", "job": job})
    known = {row[0] for row in rows}
    for gone in [job for job in _versions if job not in known]:
        del _versions[gone]
