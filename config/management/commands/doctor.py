"""Tells what is installed, what is missing, what that costs, and how to get it. Exits 1 where Copyist cannot work."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from packaging.requirements import Requirement

from config import probes
from media_pipeline import engines

GB = 1024**3
DISK_GB = 2  # an hour of music takes about 0.3 GB while it is worked on
MEMORY_GB = 2  # two workers at their peak, and the web process


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    group: str
    name: str
    ok: bool
    detail: str = ""  # version, or what is wrong
    cost: str = ""  # what the user goes without
    get: str = ""  # how to get it
    essential: bool = False  # nothing works without


def examine() -> Iterator[Finding]:
    """Everything, in the order of the report. Asks nothing outside this machine but its own database and storage."""
    yield from _python()
    yield from _system()
    yield from _engines()
    yield from _services()
    yield from _room()


def _python() -> Iterator[Finding]:
    fits = (3, 11) <= sys.version_info < (3, 13)
    yield Finding(
        "Python", "Python", fits, platform.python_version(), "it is not tested on this version", "Python 3.11 or 3.12",
        essential=False,
    )  # fmt: skip
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    wrong = 0
    for line in project["dependencies"]:
        wanted = Requirement(line)
        try:
            found = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            found = ""
        if not wanted.specifier.contains(found or "0", prereleases=True):
            wrong += 1
            yield Finding(
                "Python", wanted.name, False, found or "missing", "Copyist may not start", "make run", essential=True
            )
    if not wrong:
        yield Finding("Python", "packages", True, f"{len(project['dependencies'])} as pyproject.toml wants them")
    player = settings.BASE_DIR / "node_modules" / "@coderline" / "alphatab"
    there = player.is_dir() or (Path(settings.STATIC_ROOT) / "vendor" / "alphatab").is_dir()
    yield Finding(
        "Python",
        "JavaScript packages",
        there,
        cost="scores are neither drawn nor played in the browser",
        get="make run",
    )


def _system() -> Iterator[Finding]:
    for package in system_packages():
        if package["for"] != "run":
            continue
        there = _installed(package["package"], package["command"])
        yield Finding(
            "System", package["package"], there, cost=package["without"], get=f"apt install {package['package']}"
        )
    fonts = any(Path("/usr/share/fonts").rglob("Liberation*"))
    yield Finding(
        "System", "a serif font", fonts, "Liberation" if fonts else "", "words on PDF pages may be blank",
        "apt install fonts-liberation2",
    )  # fmt: skip
    yield Finding(
        "System",
        "ffmpeg (not needed)",
        True,
        "there" if shutil.which("ffmpeg") else "absent; `make bench` has one peer less",
    )


def system_packages() -> list[dict[str, str]]:
    """The rows of docker/system-packages.txt: package, for, command, without."""
    lines = (settings.BASE_DIR / "docker" / "system-packages.txt").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line and not line.startswith("#")]
    return [dict(zip(("package", "for", "command", "without"), row, strict=True)) for row in rows]


def _installed(package: str, command: str) -> bool:
    if command != "-" and shutil.which(command):
        return True
    if not shutil.which("dpkg-query"):
        return False
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", package], capture_output=True, text=True, check=False
    )
    return asked.stdout.startswith("ii")


def _engines() -> Iterator[Finding]:
    for task in engines.ENGINES:
        states = engines.missing(task)
        some = any(reason is None for reason in states.values())
        for name, reason in states.items():
            cost = "the next engine is used instead" if some else f"no {task} can be found"
            yield Finding("Engines", f"{task}: {name}", reason is None, reason or "", cost, essential=not some)


def _services() -> Iterator[Finding]:
    where = {
        "database": settings.DATABASES["default"]["ENGINE"].rpartition(".")[2],
        "queue": "redis" if settings.REDIS_URL else "in the database",
        "storage": f"S3, {settings.STORAGES['default']['OPTIONS']['bucket_name']}"
        if settings.STORAGE == "s3"
        else str(settings.MEDIA_ROOT),
    }
    help_with = {
        "database": ("nothing works", "manage.py migrate; else look at DATABASE_URL"),
        "queue": ("no job starts", "look at REDIS_URL"),
        "storage": ("nothing can be uploaded", "look at STORAGE and the S3_ variables, or at the rights of the folder"),
        "worker": ("jobs wait", "make run, or manage.py worker"),
    }
    for name, probe in probes.READY.items():
        state = probes.ask(name, probe)
        cost, get = help_with[name]
        detail = where.get(name, "") if state == "ok" else state
        yield Finding("Services", name, state == "ok", detail, cost, get, essential=name != "worker")


def _room() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free / GB
    yield Finding(
        "Room", "disk", free > DISK_GB, f"{free:.0f} GB free in {settings.DATA_DIR}", "uploads and jobs may fail",
        "make room, or set COPYIST_DATA",
    )  # fmt: skip
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB
    yield Finding(
        "Room", "memory", memory > MEMORY_GB, f"{memory:.0f} GB, {os.cpu_count()} cores", "long recordings may fail",
        "set WORKERS=1",
    )  # fmt: skip


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # it reports instead of stopping

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--working", action="store_true", help="only ask whether a worker of this host was seen lately"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["working"]:
            state = probes.ask("worker", lambda: probes.worker(socket.gethostname()))
            self.stdout.write(state)
            sys.exit(state != "ok")
        findings = list(examine())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        else:
            self._report(findings)
        sys.exit(any(finding.essential and not finding.ok for finding in findings))

    def _report(self, findings: list[Finding]) -> None:
        for group, members in groupby(findings, key=lambda finding: finding.group):
            self.stdout.write(self.style.MIGRATE_HEADING(group))
            for finding in members:
                mark = self.style.SUCCESS("ok     ") if finding.ok else self.style.ERROR("missing")
                self.stdout.write(f"  {mark} {finding.name}  {finding.detail}".rstrip())
                if not finding.ok:
                    self.stdout.write(f"          costs: {finding.cost}")
                    if finding.get:
                        self.stdout.write(f"          get it: {finding.get}")
        broken = [finding.name for finding in findings if finding.essential and not finding.ok]
        lacking = sum(not finding.ok for finding in findings)
        if broken:
            self.stdout.write(self.style.ERROR(f"Copyist cannot work: {', '.join(broken)}."))
        elif lacking:
            self.stdout.write(f"Copyist works; {lacking} of {len(findings)} things are missing.")
        else:
            self.stdout.write(self.style.SUCCESS("Copyist works, and nothing is missing."))
