"""The only file that knows django-q2: how a queue is rung, and what a worker does when it hears the bell.

A message says "there is work on this cluster's queues" and carries nothing else; it may come twice or not at all.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import connections
from django_q.brokers import get_broker
from django_q.signals import post_spawn
from django_q.tasks import async_task

from config.trace import about
from media_pipeline import children, drain, heart
from media_pipeline.models import Step
from media_pipeline.runner import run_step, worker_name

log = logging.getLogger(__name__)

_busy = False  # whether this process is running steps now

ENOUGH = 64  # messages in one queue
STEPS_A_BELL = 30  # then the worker process may be recycled; the bell is rung again for the rest


def ring_cluster(cluster: str) -> None:
    """One message more; no more than ENOUGH, since each is heard by a worker who then takes all the work there is."""
    broker = get_broker(cluster)
    if broker.queue_size() < ENOUGH:
        async_task("media_pipeline.tasks.work", broker=broker, save=False)


def cluster_name() -> str:
    """The cluster that this process belongs to."""
    return os.environ.get("Q_CLUSTER_NAME") or str(settings.Q_CLUSTER["name"])


def queues_of(cluster: str) -> list[str]:
    """The queues that a cluster serves."""
    return [queue for queue, served_by in settings.QUEUES.items() if served_by == cluster]


def work() -> int:
    """Claim and run steps until there is none, or the worker is to stop; how many were run."""
    global _busy
    queues, done = queues_of(cluster_name()), 0
    _busy = True
    try:
        while done < STEPS_A_BELL and not drain.asked() and not _alone:
            step = Step.claim(queues, worker=worker_name())
            if step is None:
                return done
            with about(trace=step.job.trace.hex, job=step.job_id, step=step.pk, user=step.owner_id):
                run_step(step)
            done += 1
    finally:
        _busy = False
        if _alone:
            connections.close_all()
            logging.shutdown()
            os._exit(0)
    if not drain.asked():
        ring_cluster(cluster_name())
    return done


# --- processes of the cluster ---------------------------------------------------------------------------------------

_alone = False  # our parent is gone, or somebody wants just this process to end


def prepare(cluster: Any) -> None:
    """Make the processes that django-q2 forks end when the one above them dies. Called before the fork."""

    class Sentinel(cluster.Sentinel):  # type: ignore[misc]
        def start(self) -> None:
            self.command = os.getppid()
            signal.signal(signal.SIGTERM, self.told)
            children.end_with_parent()
            super().start()

        def spawn_pusher(self) -> Any:
            return self.spawn_process(_below_the_sentinel, cluster.pusher, self.task_queue, self.event_out, self.broker)

        def spawn_monitor(self) -> Any:
            return self.spawn_process(_below_the_sentinel, cluster.monitor, self.result_queue, self.broker)

        def told(self, number: int, frame: FrameType | None) -> None:
            """Stopping is the command's to decide, who may have got the same signal; but it may be gone."""
            if os.getppid() != self.command:
                for worker in self.pool:
                    worker.terminate()
                os._exit(0)

    cluster.Sentinel = Sentinel
    post_spawn.connect(_worker_born, dispatch_uid="media_pipeline.worker_born")


def _below_the_sentinel(run: Callable[..., None], *args: Any) -> None:
    """In the new pusher or monitor: neither outlives the sentinel."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    children.end_with_parent()
    run(*args)


def _worker_born(sender: Any, **kwargs: Any) -> None:
    """In a new worker process: a SIGTERM puts its step back instead of losing it."""
    signal.signal(signal.SIGTERM, _end_alone)
    children.end_with_parent()
    if os.getppid() == 1:
        os._exit(0)


def _end_alone(number: int, frame: FrameType | None) -> None:
    global _alone
    _alone = True
    if not _busy:
        os._exit(0)
    heart.drain_this_process()
