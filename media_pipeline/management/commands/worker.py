"""`manage.py worker [--cluster NAME] [--workers N]`: django-q2's cluster, made to stop and to die well.

SIGTERM, SIGINT   running steps go back to their queues within a second, then everything ends
its own death     the system tells its children, which put their steps back and end (Linux)
while it runs     it says every few seconds that it is there, and sweeps: lost leases, unheard bells
a deaf worker     one that does not even beat, because it is in code that lets no other thread run, is ended here
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from django.utils import timezone

log = logging.getLogger("media_pipeline.worker")

SEEN_EVERY = 5.0  # seconds
SWEEP_EVERY = 2.0
WARDEN_EVERY = 0.25
CLEAN_EVERY = 3600.0
DRAIN_SECONDS = 0.8
STOP_SECONDS = 2.5
HEAVY = ("torch", "onnxruntime", "librosa", "numba", "tensorflow")  # must not be loaded before the fork


class Command(BaseCommand):
    help = "Run the steps of jobs until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cluster", default=str(settings.Q_CLUSTER["name"]), help="whose queues to serve")
        parser.add_argument("--workers", type=int, default=0, help="how many steps at once (default: WORKERS)")

    def handle(self, *args: Any, **options: Any) -> None:
        cluster, workers = options["cluster"], options["workers"] or settings.WORKERS
        known = {str(settings.Q_CLUSTER["name"]), *settings.Q_CLUSTER.get("ALT_CLUSTERS", {})}
        if cluster not in known:
            self.stderr.write(f"There is no cluster “{cluster}”; there are: {', '.join(sorted(known))}.")
            sys.exit(2)
        from django_q.conf import Conf

        from media_pipeline.runner import ROOM, room_name

        if cluster != Conf.CLUSTER_NAME:  # django-q2 read its configuration when it was imported
            os.environ["Q_CLUSTER_NAME"] = cluster
            connections.close_all()
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
        os.environ[ROOM] = room_name()
        Room(cluster, workers=workers).run()


class Room:
    """One cluster on this machine, from its start to its end."""

    def __init__(self, cluster: str, *, workers: int) -> None:
        from media_pipeline.runner import room_name

        self.cluster, self.workers = cluster, workers
        self.name = room_name()
        self.parent = os.getppid()
        self.told_to_stop = False

    def run(self) -> None:
        from django_q import cluster as django_q_cluster
        from django_q.conf import Conf

        from media_pipeline import children, drain, tasks

        Conf.WORKERS = Conf.QUEUE_LIMIT = self.workers
        tasks.prepare(django_q_cluster)
        if heavy := [name for name in HEAVY if name in sys.modules]:
            log.warning("loaded before the fork, and so in every worker: %s", ", ".join(heavy))
        drain.forget()
        cluster = django_q_cluster.Cluster()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        connections.close_all()  # no connection is shared with a child
        cluster.start()
        log.info("worker %s serves %s with %s at once", self.name, self.cluster, self.workers)
        try:
            self._watch(cluster)
        finally:
            drain.ask()
            self._leave()
            connections.close_all()
            self._stop_soon(cluster)
            children.hear_no_more()
        if not self.told_to_stop:
            sys.exit(1)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        from media_pipeline import drain

        drain.ask()
        self.told_to_stop = True

    def _watch(self, cluster: Any) -> None:
        """Until told to stop, or the parent that started us is gone, or the cluster is."""
        from media_pipeline import sweep
        from projects.services import purge_all

        duties = {
            self._be_seen: SEEN_EVERY,
            sweep.sweep: SWEEP_EVERY,
            self._look_after: WARDEN_EVERY,
            sweep.clean_up: CLEAN_EVERY,
            purge_all: CLEAN_EVERY,
        }
        due = dict.fromkeys(duties, 0.0) | dict.fromkeys((sweep.clean_up, purge_all), time.monotonic() + 60.0)
        while not self.told_to_stop:
            if not cluster.sentinel.is_alive():
                log.error("the cluster ended by itself")
                return
            if os.getppid() != self.parent:
                log.warning("whoever started this worker is gone; it stops")
                return
            for duty, every in duties.items():
                if time.monotonic() >= due[duty]:
                    due[duty] = time.monotonic() + every
                    try:
                        duty()
                    except Exception:
                        log.exception("%s failed", getattr(duty, "__name__", duty))
                        with suppress(Exception):
                            connections.close_all()
            time.sleep(0.05)

    def _look_after(self) -> None:
        from media_pipeline import warden

        warden.look_after(self.name)

    def _be_seen(self) -> None:
        from media_pipeline.models import Worker
        from media_pipeline.tasks import queues_of

        fields = {"queues": ",".join(queues_of(self.cluster))[:100], "slots": self.workers, "seen_at": timezone.now()}
        Worker.objects.update_or_create(name=self.name, defaults=fields)

    def _leave(self) -> None:
        """Give what runs a moment to go back by itself, then see to it."""
        from media_pipeline import warden
        from media_pipeline.models import Step, Worker

        with suppress(Exception):
            Worker.objects.filter(name=self.name).delete()
            until = time.monotonic() + DRAIN_SECONDS
            mine = Step.objects.filter(state=Step.State.RUNNING, worker__startswith=f"{self.name}:")
            while time.monotonic() < until and mine.exists():
                time.sleep(0.05)
            warden.end_all(self.name)

    def _stop_soon(self, cluster: Any) -> None:
        """django-q2's own stop waits for its processes, and for ever if one of them died at a bad moment."""
        from media_pipeline import children, warden

        pids = children.below(os.getpid())
        stopper = threading.Thread(target=cluster.stop, daemon=True)
        stopper.start()
        stopper.join(STOP_SECONDS)
        if stopper.is_alive():
            log.warning("the cluster does not stop and is killed")
            warden.end(*pids)
            logging.shutdown()
            os._exit(0)
