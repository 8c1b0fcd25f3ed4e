"""`make bench`: everything that is promised to be fast, measured now, beside the peers that are installed here.

    python -m tests.bench                     all of it
    python -m tests.bench pipeline memory     some of it
    BENCH_RUNS=3                              how often each is measured (5)

A bench NAME is a module tests/bench/NAME.py with bench_NAME() -> [(what, measured, limit)]. Each runs in a process of
its own, so that none warms or burdens another. Limits hold on an idle machine with two cores; ratios hold always.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

NAMES = ("pipeline", "decode", "engrave", "prints", "peers", "machine", "pages", "reader", "desk", "memory")
WIDTHS = (58, 62)

Row = tuple[str, str, str]


def main(names: list[str]) -> int:
    if unknown := set(names) - set(NAMES):
        print(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
        return 2
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    print(line(("what", "measured", "limit")))
    failed = 0
    for name in names or NAMES:
        if not Path(__file__).with_name(f"{name}.py").exists():
            continue
        began = time.monotonic()
        run = subprocess.run([sys.executable, "-m", "tests.bench", "--rows", name], stdout=subprocess.PIPE, check=False)
        rows: list[Row] = json.loads(run.stdout.splitlines()[-1]) if run.returncode == 0 and run.stdout else []
        print(f"-- {name}, {time.monotonic() - began:.0f} s {'-' * 90}"[:134])
        for row in rows:
            print(line(row), flush=True)
        if not rows:
            failed += 1
            print(f"{name} ended with {run.returncode}; what it said is above")
    return min(failed, 1)


def line(row: Row) -> str:
    what, measured, limit = row
    return f"{what:{WIDTHS[0]}} {measured:{WIDTHS[1]}} {limit}".rstrip()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--rows"]:
        bench = sys.argv[2]
        rows = getattr(import_module(f"tests.bench.{bench}"), f"bench_{bench}")()
        print("\n" + json.dumps([[str(cell) for cell in row] for row in rows]))
    else:
        sys.exit(main(sys.argv[1:]))
