"""How soon a row that was written is seen in a browser, while a job runs: write committed to DOM changed in Chromium.

    python -m tests.bench.machine

A web process, a worker with a running job and a Chromium that shows it, on SQLite and files. 200 writes are made at
uneven moments by another process; the page notes when each version (or a later one) stands in its document.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.machine.room import Room, one_machine
from tests.patience import until
from tests.ports import free_port

WRITES = 200
CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

WATCH = """
window.seen = [];
new MutationObserver(() => {
    const job = document.querySelector("article.job");
    const version = Number(job?.dataset.version);
    if (version && window.seen.at(-1)?.[0] !== version) window.seen.push([version, Date.now() / 1000]);
}).observe(document.body, { subtree: true, childList: true, attributes: true });
"""


def delays(room: Room, *, writes: int = WRITES) -> tuple[list[float], float]:
    """(seconds from each write to the page, progress writes of the worker per second meanwhile)"""
    from playwright.sync_api import sync_playwright

    port = free_port()
    web = room.web(port)
    room.crew()
    who = room.person()
    pk = room.start("slow", who=who, options={"slow.seconds": 600.0})
    room.running(pk, "slow")
    written: list[tuple[int, float]] = []
    dice = random.Random(1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page()
        page.context.add_cookies([{"name": "sessionid", "value": who["session"], "url": f"http://127.0.0.1:{port}"}])
        page.goto(f"http://127.0.0.1:{port}/jobs/{pk}/")
        page.evaluate(WATCH)
        until(lambda: page.evaluate("window.seen.length"), seconds=20)
        began, first = time.monotonic(), room.job(pk)["version"]
        for _ in range(writes):
            time.sleep(dice.uniform(0.05, 0.25))
            version, at = room.ask("bump", pk=pk)
            written.append((version, at))
        rate = (room.job(pk)["version"] - first - writes) / (time.monotonic() - began)
        page.wait_for_timeout(1000)
        seen: list[Any] = page.evaluate("window.seen")
        browser.close()
    room.ask("cancel", pk=pk)
    web.stop()
    found = [next((when - at for shown, when in seen if shown >= version), None) for version, at in written]
    if missed := found.count(None):
        raise AssertionError(f"{missed} of {writes} writes never reached the page")
    return [delay for delay in found if delay is not None], rate


def bench_machine() -> list[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory(prefix="copyist-bench-") as folder, one_machine(Path(folder)) as room:
        found, rate = delays(room)
    found.sort()
    p50, p95 = (1000 * found[round(share * (len(found) - 1))] for share in (0.5, 0.95))
    said = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms ({len(found)} writes, a job at {rate:.1f} a second)"
    return [("progress: row written to DOM changed in Chromium", said, "p95 100 ms")]


if __name__ == "__main__":
    for row in bench_machine():
        print("   ".join(row))
