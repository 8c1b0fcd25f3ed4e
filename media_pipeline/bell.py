"""Doorbells: "there is work on this queue" and "this job changed". They carry no data; any of them may be lost."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)


def ring_queues(queues: Iterable[str], *, times: int = 1) -> None:
    """Once the transaction has ended: there is work here. Whoever is free looks for it."""
    clusters = {settings.QUEUES.get(queue, queue) for queue in queues}

    def ring() -> None:
        from media_pipeline.tasks import ring_cluster

        for cluster in clusters:
            for _ in range(times):
                try:
                    ring_cluster(cluster)
                except Exception:  # the sweep finds the work a little later
                    log.exception("could not ring cluster %s", cluster)
                    return

    if clusters:
        transaction.on_commit(ring)


def ring_job(job_id: int, *, project_id: int, owner_id: int) -> None:
    """This job changed: tell the web processes, where the channel layer reaches them; else the relay sees it."""
    if not settings.REDIS_URL:
        return
    from asgiref.sync import async_to_sync

    try:
        async_to_sync(_send)(job_id, project_id, owner_id)
    except Exception:  # the relay sees it a little later
        log.warning("could not ring the channel layer", exc_info=True)


async def _send(job_id: int, project_id: int, owner_id: int) -> None:
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    if layer is not None:
        for group in (f"job.{job_id}", f"project.{project_id}", f"person.{owner_id}"):
            await layer.group_send(group, {"type": "job.changed", "job": job_id})
