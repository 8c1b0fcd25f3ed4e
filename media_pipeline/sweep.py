"""What is put right by whoever comes by: lost leases, unheard bells, and what nobody has used for long.

Any number of workers may sweep at once; every change is one conditional UPDATE.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from media_pipeline import bell, services, store
from media_pipeline.models import Artifact, Job, Step, Worker

log = logging.getLogger(__name__)

UNHEARD = timedelta(seconds=3)  # a step ready this long may have had its bell lost
WORKER_GONE = timedelta(minutes=10)


def sweep() -> int:
    """Often (every few seconds): take back steps whose worker is silent, ring for steps nobody took; how many."""
    taken = 0
    for step in services.stale():
        if services.step_put_back(step, why="Its worker was lost; another goes on", counts=True):
            log.warning("took back %s from %s", step, step.worker)
            taken += 1
    unheard = Step.objects.filter(
        state=Step.State.READY, ready_at__lt=timezone.now() - UNHEARD, job__state__in=Job.ACTIVE
    )
    bell.ring_queues(set(unheard.values_list("queue", flat=True)))
    return taken


def clean_up(*, days: int | None = None) -> int:
    """Rarely (every hour): remove artefacts unused for days, and rubbish; how many artefacts went.

    Never those of a job under way, nor of the newest finished job of a score that still exists: its page plays the
    recording from them, and a changed option starts from them. Nor the pages of part books, which are shown to whoever
    sorts or reviews them.
    """
    if days is None:
        days = int(getattr(settings, "ARTIFACT_DAYS", 30))
    newest = Job.objects.filter(score__isnull=False, export=None, state=Job.State.DONE).order_by().values("score")
    keep = [row["last"] for row in newest.annotate(last=Max("pk"))]
    kept = Step.objects.filter(job__in=keep) | Step.objects.filter(job__state__in=Job.ACTIVE)
    books = ("part-books", "sorted-books", "look")
    kept |= Step.objects.filter(stage__in=("pages", "heads"), job__recipe__in=books, job__state=Job.State.DONE)
    old = Artifact.objects.filter(used_at__lt=timezone.now() - timedelta(days=days))
    old = old.exclude(key__in=kept.values("key")).exclude(partial_of__in=kept.values("key"))
    gone = 0
    for artifact in old.iterator():
        store.forget(artifact)
        gone += 1
    Worker.objects.filter(seen_at__lt=timezone.now() - WORKER_GONE).delete()
    store.remove_rubbish()
    store.bound_all_pages(days=days)
    return gone
