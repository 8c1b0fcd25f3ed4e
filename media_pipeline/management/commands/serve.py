"""`manage.py serve [--port 8000] [--workers N]`: web and workers as one command, for one machine.

Each part is a child process in a session of its own, so that Ctrl-C reaches only this one, which tells the others.
A part that dies is started again, more slowly each time; SIGTERM and SIGINT stop everything.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from media_pipeline import children

STOP_SECONDS = 10.0  # then a part is killed
STEADY_SECONDS = 30.0  # a part that ran this long is started again at once
SLOWEST = 20.0
WORKER_NICE = 10  # a page comes before a step that takes seconds anyway


class Command(BaseCommand):
    help = "Run the web server and the workers together."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=settings.WORKERS, help="steps at once, in each cluster")
        parser.add_argument("--web", type=int, default=2, help="web processes: Python keeps one core busy with each")
        parser.add_argument("--web-only", action="store_true", help="no workers")

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date. Run: manage.py migrate")
        connections.close_all()
        host, port = options["host"], options["port"]
        web = ["-m", "uvicorn", "config.asgi:application", "--host", host, "--port", str(port), "--no-access-log"]
        web += ["--timeout-graceful-shutdown", "3", "--ws-ping-interval", "20", "--workers", str(options["web"])]
        parts = [Part("web", [sys.executable, *web], say=self.say, alone=True)]
        if not options["web_only"]:
            manage = [sys.executable, sys.argv[0], "worker", "--workers", str(options["workers"])]
            for cluster in sorted(set(settings.QUEUES.values())):
                parts.append(Part(f"worker {cluster}", [*manage, "--cluster", cluster], say=self.say, nice=WORKER_NICE))
        address = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104
        House(parts, address=address, say=self.say).run()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


class Part:
    """A child process that is started again when it dies.

    alone   what it leaves behind is killed first: web processes without their parent would keep the address
    """

    def __init__(
        self, name: str, command: list[str], *, say: Callable[[str], None], nice: int = 0, alone: bool = False
    ) -> None:
        self.name, self.command, self.say, self.nice, self.alone = name, command, say, nice, alone
        self.process: subprocess.Popen[bytes] | None = None
        self.began = 0.0
        self.pause = 0.0
        self.start_at = 0.0

    def start(self) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=self._be_born)

    def _be_born(self) -> None:
        """In the child, before it begins: it is as patient as it should be, and ends with us (Linux)."""
        os.nice(self.nice)
        if sys.platform == "linux":
            # Each part has a session of its own, and Linux shares the cores out by session before it looks at any nice.
            with suppress(OSError):
                Path("/proc/self/autogroup").write_text(str(self.nice))
            ctypes.CDLL(None).prctl(1, signal.SIGTERM)

    def look(self) -> None:
        """Start it, or start it again."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return
        if (code := self.process.poll()) is None:
            return
        if self.alone:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.pause = 0.5 if now - self.began > STEADY_SECONDS else min(SLOWEST, max(0.5, self.pause * 2))
        self.say(f"{self.name} ended ({code}); it is started again in {self.pause:g} s")
        self.process, self.start_at = None, now + self.pause

    def tell_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, *, until: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.say(f"{self.name} does not stop and is killed")
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class House:
    def __init__(self, parts: list[Part], *, address: str, say: Callable[[str], None]) -> None:
        self.parts, self.address, self.say = parts, address, say
        self.stopping = False
        self.greeted = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self.stopping:
                for part in self.parts:
                    part.look()
                if not self.greeted and self._answers():
                    self.greeted = True
                    self.say(f"Copyist is at {self.address}   (Ctrl-C stops it)")
                time.sleep(0.1)
        finally:
            for part in self.parts:
                part.tell_to_stop()
            until = time.monotonic() + STOP_SECONDS
            for part in self.parts:
                part.wait(until=until)
            self.say("Copyist has stopped.")
            children.hear_no_more()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=1) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return True
        except (urllib.error.URLError, OSError):
            return False
