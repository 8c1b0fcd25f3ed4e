"""Pages: what a first visit to the dashboard costs, and how fast pages and API answer while jobs run.

    python -m tests.bench pages

A house of its own (web, workers, SQLite, collected files) and Debian's Chromium. The first visit is measured with an
empty cache at 1.6 Mbit/s and 150 ms; usable means that the load event is over: styles, scripts and faces are there.
Ten clients then ask for pages and API, one request after the other each, while both workers transcribe songs.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests.bench.song import RUNS, song, write_mp3
from tests.browser.house import CHROMIUM, CHROMIUM_OPTIONS, ROOT, House, environment, open_house

Row = tuple[str, str, str]
CLIENTS, REQUESTS = 10, 40  # of each client
SECONDS_OF_SONG = 360
BYTES_PER_SECOND, ROUND_TRIP_MS = 1_600_000 / 8, 150

_JOBS = """
import sys, django
django.setup()
from accounts.models import User
from media_pipeline.services import start_job
from projects import uploads
from projects.models import Project
ann, project = User.objects.get(email="ann@example.org"), Project.objects.get(pk=int(sys.argv[1]))
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        source = uploads.add_file(project, user=ann, name=path, file=file, size_bytes=size).source
    start_job(ann, project=project, recipe="guitar-tab", sources=[source])
"""


def bench_pages() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="copyist-bench-") as name:
        data = Path(name) / "house"
        with open_house(data, workers=True) as house:
            _wait_until_idle(house)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
                rows = _first_visit(browser, house)
                browser.close()
            return rows + _crowds(data, house)


def _first_visit(browser: Browser, house: House) -> list[Row]:
    weights, times, words = [], [], []
    for _ in range(RUNS):
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": house.scene["session"]["ann"], "url": house.url}])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        received: list[int] = []
        wire.on("Network.loadingFinished", lambda e, received=received: received.append(e["encodedDataLength"]))
        wire.send("Network.enable")
        wire.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": ROUND_TRIP_MS,
                "downloadThroughput": BYTES_PER_SECOND,
                "uploadThroughput": BYTES_PER_SECOND,
            },
        )
        page.goto(f"{house.url}/projects/", wait_until="load")
        seen = page.evaluate(
            "() => ({load: performance.getEntriesByType('navigation')[0].loadEventEnd,"
            " words: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0})"
        )
        times.append(seen["load"] / 1000)
        words.append(seen["words"] / 1000)
        page.wait_for_load_state("networkidle")
        weights.append(sum(received))
        context.close()
    return [
        ("dashboard, first visit: bytes on the wire", f"{median(weights) / 1000:.0f} kB", "150 kB"),
        ("dashboard, first visit at 1.6 Mbit/s, 150 ms: words seen", f"{median(words):.2f} s", ""),
        ("dashboard, first visit at 1.6 Mbit/s, 150 ms: usable", f"{median(times):.2f} s", "3 s"),
    ]


def _start_jobs(data: Path, house: House, songs: list[Path]) -> None:
    """Two songs for each worker; returns when the first of them is being worked on."""
    command = [sys.executable, "-c", _JOBS, str(house.scene["project"]), *map(str, songs)]
    subprocess.run(command, cwd=ROOT, env=environment(data), check=True, timeout=120)
    for _ in range(300):
        if _running(house):
            return
        time.sleep(0.1)
    raise RuntimeError("no job began")


def _get(connection: http.client.HTTPConnection, path: str, *, session: str) -> tuple[int, bytes]:
    headers = {"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"}
    if path.startswith("/projects/") and path.endswith("/jobs/"):
        headers["HX-Request"] = "true"  # a part of the project's page: nobody but htmx asks for it
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _listed(house: House, *, state: str) -> list[dict[str, Any]]:
    connection = http.client.HTTPConnection(urlsplit(house.url).netloc, timeout=30)
    connection.request(
        "GET", f"/api/v1/jobs/?state={state}", headers={"Cookie": f"sessionid={house.scene['session']['ann']}"}
    )
    found = json.loads(connection.getresponse().read())
    connection.close()
    return [job for job in found["results"] if job["state"] == state]


def _running(house: House) -> bool:
    """Besides the one of the scene, which only seems to run."""
    return len(_listed(house, state="running")) > 1


def _wait_until_idle(house: House) -> None:
    """The scene's own jobs are out of the way before anything is measured."""
    for _ in range(100):  # one of them runs for ever, and does nothing
        if not _listed(house, state="waiting"):
            return
        time.sleep(0.1)


def _crowds(data: Path, house: House) -> list[Row]:
    """Several crowds one after the other, all while both workers are busy; medians of their figures."""
    songs = [write_mp3(data / f"song-{n}.mp3", song(SECONDS_OF_SONG, first=4 * n)) for n in range(4)]
    crowds: list[dict[str, list[float]]] = []
    rates = []
    _start_jobs(data, house, songs)
    for _ in range(RUNS):
        began = time.perf_counter()
        crowds.append(_crowd(house))
        rates.append(CLIENTS * REQUESTS / (time.perf_counter() - began))
        if not _running(house):
            raise RuntimeError("the jobs were done before the clients were")

    def row(label: str, names: list[str], limit: str) -> Row:
        together = [[ms for name in names for ms in crowd[name]] for crowd in crowds]
        p50, p95 = median(median(ms) for ms in together), median(_p95(ms) for ms in together)
        return label, f"p50 {p50:.0f} ms, p95 {p95:.0f} ms", limit

    names = list(crowds[0])
    label, told, limit = row(f"pages and API, {CLIENTS} clients while jobs run", names, "p95 200 ms")
    first = (label, f"{told}, {median(rates):.0f} a second", limit)
    return [first, *(row(f"  {name}", [name], "") for name in names)]


def _crowd(house: House) -> dict[str, list[float]]:
    """Milliseconds of each answer, by what was asked for."""
    scene = house.scene
    kinds = {
        "dashboard": "/projects/",
        "project": f"/projects/{scene['project']}/",
        "jobs of the project": f"/projects/{scene['project']}/jobs/",
        "score": f"/scores/{scene['score']}/",
        "job": f"/jobs/{scene['job']['waiting']}/",
        "API: projects": "/api/v1/projects/",
        "API: jobs": "/api/v1/jobs/",
        "API: sources": "/api/v1/sources/",
    }
    took: dict[str, list[float]] = defaultdict(list)
    wrong: list[str] = []
    names = list(kinds)

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(house.url).netloc, timeout=60)
        for turn in range(REQUESTS):
            name = names[(number + turn) % len(names)]
            began = time.perf_counter()
            status, _ = _get(connection, kinds[name], session=scene["session"]["ann"])
            took[name].append(1000 * (time.perf_counter() - began))
            if status != 200:
                wrong.append(f"{name}: {status}")
        connection.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers were no pages: {sorted(set(wrong))}")
    return took


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[18]


if __name__ == "__main__":
    for row in bench_pages():
        print("  ".join(row))
