"""A running Copyist as its users meet it: collected static files, production settings, a database of its own."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class House:
    url: str
    scene: dict[str, Any]

    @property
    def visitor_pages(self) -> dict[str, str]:
        """Pages for everybody, by name."""
        return {
            "landing": "/",
            "log in": "/accounts/login/",
            "sign up": "/accounts/signup/",
            "reset": "/accounts/password/reset/",
            "nothing here": "/there/is/nothing/here/",
        }

    @property
    def pages(self) -> dict[str, str]:
        """Ann's pages, by name."""
        scene = self.scene
        return {
            "dashboard": "/projects/",
            "new project": "/projects/new/",
            "trash": "/projects/trash/",
            "project": f"/projects/{scene['project']}/",
            "nothing to sort": f"/projects/{scene['project']}/sort/",
            "project edit": f"/projects/{scene['project']}/edit/",
            "recording": f"/sources/{scene['source']['recording']}/",
            "notation file": f"/sources/{scene['source']['notation']}/",
            "broken file": f"/sources/{scene['source']['broken']}/",
            "job running": f"/jobs/{scene['job']['running']}/",
            "job failed": f"/jobs/{scene['job']['failed']}/",
            "job cancelled": f"/jobs/{scene['job']['cancelled']}/",
            "job waiting": f"/jobs/{scene['job']['waiting']}/",
            "score": f"/scores/{scene['score']}/",
            "part books": f"/projects/{scene['band']['project']}/review/",
            "part beside its page": f"/projects/{scene['band']['project']}/review/{scene['band']['cell']}/",
            "songs": f"/projects/{scene['band']['project']}/songs/",
            "songs on their pages": f"/projects/{scene['band']['project']}/songs/book/{scene['band']['book']}/",
            "checks": f"/projects/{scene['wind']}/checks/",
            "derived parts": f"/projects/{scene['wind']}/generate/",
            "thirteen part books": f"/projects/{scene['derived']['project']}/review/",
            "derived part": f"/projects/{scene['derived']['project']}/review/{scene['derived']['cell']}/",
            "preferences": "/accounts/preferences/",
            "name": "/accounts/name/",
            "tokens": "/accounts/tokens/",
            "e-mail": "/accounts/email/",
            "password": "/accounts/password/change/",
            "log out": "/accounts/logout/",
            "delete account": "/accounts/delete/",
        }


def environment(data: Path, static: Path | None = None) -> dict[str, str]:
    """Production settings on SQLite and files, all under `data`, but for the static files that all houses share."""
    clean = {k: v for k, v in os.environ.items() if k not in {"COPYIST_TESTING", "DEBUG", "DATABASE_URL", "REDIS_URL"}}
    return clean | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COPYIST_DATA": str(data),
        "STATIC_ROOT": str(static or _furnished()[0] / "static"),
        "API_RATE": "1000000/min",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }


@cache
def _furnished() -> tuple[Path, dict[str, Any]]:
    """A folder with `static` and `data` as every house begins, made once for all houses of a process; and its scene."""
    folder = Path(tempfile.mkdtemp(prefix="copyist-house-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    env = environment(folder / "data", folder / "static")
    for command in (["migrate", "-v0"], ["collectstatic", "--no-input", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, timeout=300)
    out = subprocess.run(
        [sys.executable, "-m", "tests.browser.scene"],
        cwd=ROOT, env=env, check=True, timeout=300, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return folder, json.loads(out.stdout.strip().splitlines()[-1])


@contextmanager
def open_house(data: Path, *, workers: bool = False) -> Iterator[House]:
    """A house with the scene set in `data`, served. `workers`: with a cluster that does the jobs, too."""
    furnished, scene = _furnished()
    shutil.copytree(furnished / "data", data, dirs_exist_ok=True)
    env = environment(data)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    web = ["-m", "uvicorn", "config.asgi:application", "--port", str(port), "--no-access-log"]
    serve = ["manage.py", "serve", "--port", str(port)] if workers else web
    with (data / "house.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *serve], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _wait(url, process)
            yield House(url, scene)
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(url: str, process: subprocess.Popen[bytes], *, seconds: float = 180) -> None:
    for _ in range(int(seconds * 10)):
        if process.poll() is not None:
            raise RuntimeError(f"the web process ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web process did not answer")
