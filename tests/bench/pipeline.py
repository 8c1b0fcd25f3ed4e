"""Three minutes of song to a finished score, by a warm worker: real rows, real files, every stage timed.

The worker's own loop runs in this process, on SQLite and files in a new folder, after a job that warmed it. Every run
brings another recording, so that nothing is found in the cache.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.song import RUNS, song, spread, write_mp3

SECONDS = 180.0
LIMIT = "30 s"


def bench_pipeline() -> list[tuple[str, str, str]]:
    """Rows of a table: what, measured, limit."""
    with tempfile.TemporaryDirectory(prefix="copyist-bench-") as folder:
        user = open_house(Path(folder))
        run_job(user, write_mp3(Path(folder) / "warm.mp3", song(30, first=9)))
        whole: list[float] = []
        stages: dict[str, list[float]] = {}
        for number in range(RUNS):
            path = write_mp3(Path(folder) / f"song {number}.mp3", song(SECONDS, first=number))
            took, steps = run_job(user, path)
            whole.append(took)
            for name, seconds in steps.items():
                stages.setdefault(name, []).append(seconds)
    rows = [(f"three minutes of song to a finished score, {len(whole)} runs", spread(whole), LIMIT)]
    rows += [(f"    {name}", f"{median(seconds):.2f} s", "") for name, seconds in stages.items()]
    between = median(w - sum(s[i] for s in stages.values()) for i, w in enumerate(whole))
    return [*rows, ("    between the stages: claiming, filing, ringing", f"{between:.2f} s", "")]


def open_house(folder: Path) -> Any:
    """Django on a new data folder, with a person in it."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COPYIST_DATA": str(folder / "data"),
        "LOG_LEVEL": "ERROR",
    }
    for name in ("DATABASE_URL", "REDIS_URL", "STORAGE", "HTTPS"):
        os.environ.pop(name, None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from accounts.models import User

    return User.objects.create_superuser("bench@copyist.example", None, name="Bench")


def run_job(user: Any, path: Path) -> tuple[float, dict[str, float]]:
    """Bring a recording and make its tab: seconds from the start of the job to its end, and of each stage."""
    from media_pipeline import tasks
    from media_pipeline.models import Job
    from media_pipeline.services import start_job
    from projects import uploads
    from projects.services import create_project

    project = create_project(user, title=path.stem)
    with path.open("rb") as file:
        upload = uploads.add_file(project, user=user, name=path.name, file=file, size_bytes=path.stat().st_size)
    assert upload.source is not None, upload.problem
    began = time.perf_counter()
    job = start_job(user, project=project, recipe="guitar-tab", sources=[upload.source])
    tasks.work()
    took = time.perf_counter() - began
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise SystemExit(f"The job ended as {job.state}: {job.problem}")
    return took, {
        step.stage: (step.finished_at - step.started_at).total_seconds()
        for step in job.steps.order_by("order")
        if step.finished_at and step.started_at
    }
