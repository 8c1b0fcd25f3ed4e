"""How much memory a worker takes at its peak: at rest, over three minutes, and over an hour of music.

Each case is a process of its own which runs the worker's loop (tests/bench/pipeline.py) and then reads its own high-
water mark; the recordings are made before, by this one. BENCH_HOUR=0 leaves out the hour, which takes some minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.song import song, write_mp3

MINUTES = 6  # of music, ten times over: an hour


def bench_memory() -> list[tuple[str, str, str]]:
    """Rows of a table: what, measured, limit."""
    with tempfile.TemporaryDirectory(prefix="copyist-bench-") as name:
        folder = Path(name)
        rest = _measure(folder / "rest")
        wave = song(MINUTES * 60)
        three = _measure(folder / "three", write_mp3(folder / "three minutes.mp3", wave[: len(wave) // 2]))
        rows = [
            ("a worker's memory before its first job", f"{rest['peak_mb']:.0f} MB", ""),
            ("    at its peak, three minutes of song", f"{three['peak_mb']:.0f} MB", ""),
        ]
        if os.environ.get("BENCH_HOUR", "1") != "0":
            hour = _measure(folder / "hour", write_mp3(folder / "an hour.mp3", wave, times=10))
            told = f"{hour['peak_mb']:.0f} MB, in {hour['seconds']:.0f} s"
            rows.append(("    at its peak, an hour of song", told, "1500 MB"))
            slowest = sorted(hour["stages"].items(), key=lambda item: -item[1])[:3]
            rows.append(
                ("    its slowest stages", ", ".join(f"{name} {seconds:.0f} s" for name, seconds in slowest), "")
            )
    return rows


def _measure(folder: Path, recording: Path | None = None) -> Any:
    command = [sys.executable, "-m", "tests.bench.memory", str(folder), *([str(recording)] if recording else [])]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def child(folder: Path, recording: Path | None) -> None:
    """Do the job, if there is one, and print what it took."""
    from tests.bench.pipeline import open_house, run_job

    user = open_house(folder)
    from media_pipeline import tasks  # noqa: F401 - what a worker has imported before its first job

    began = time.monotonic()
    stages: dict[str, float] = {}
    if recording is not None:
        _, stages = run_job(user, recording)
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    told = {"peak_mb": int(peak.split()[1]) / 1024, "seconds": time.monotonic() - began, "stages": stages}
    print("\n" + json.dumps(told))


if __name__ == "__main__":
    child(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
