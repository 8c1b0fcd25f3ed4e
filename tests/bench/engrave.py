"""Sixteen pages of ten-part score to PDF, beside MuseScore's command where that is installed.

    python -m tests.bench.engrave

Medians of five. Everything is counted: reading, preparing, the engraver's process, printing, joining.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.engrave import samples

BARS = 52  # sixteen pages at this size
STAFF_MM = 7.2
LIMIT = "1.5 s"
RUNS = 5
MUSESCORE = ("mscore", "musescore3", "mscore3", "musescore", "mscore4portable")


def bench_engrave() -> list[tuple[str, str, str]]:
    """Rows of a table: what, measured, limit."""
    from notation.engrave import fonts
    from notation.engrave.pdf import pdf
    from notation.engrave.style import Style

    style = Style(staff_mm=STAFF_MM)
    document, guitar = samples.ten_parts(BARS), samples.guitar(40)
    program = next((found for name in MUSESCORE if (found := shutil.which(name))), None)
    fonts.environment()  # unpacked once for a machine, not for a score
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "score.pdf"
        pages = pdf(document, target=target, style=style)
        size = target.stat().st_size // 1024
        ours, theirs, alone = _Times(), _Times(), _Times()
        for _ in range(RUNS):  # turn by turn, so that whatever else the machine does slows both
            ours.add(lambda: pdf(document, target=target, style=style))
            if program is not None:
                theirs.add(lambda: _musescore(program, document, folder=Path(folder)))
            alone.add(lambda: pdf(guitar, target=target))
    rows = [
        (f"{pages} pages of ten-part score to PDF ({size} kB)", f"{ours}, load {os.getloadavg()[0]:.1f}", LIMIT),
        ("two pages of guitar, notation and tab, to PDF", str(alone), "-"),
    ]
    if program is None:
        rows.append(("the ten-part score by MuseScore's command", "not installed", "-"))
    else:
        ratio = statistics.median(a / b for a, b in zip(ours.wall, theirs.wall, strict=True))
        rows.append(("the ten-part score by MuseScore's command", str(theirs), "-"))
        rows.append(("Copyist's time for one of MuseScore's", f"{ratio:.2f}", "-"))
    return rows


class _Times:
    """Seconds on the clock and of computing, of this process and of those it started."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.work: list[float] = []

    def add(self, run: Callable[[], object]) -> None:
        began, worked = time.perf_counter(), _computed()
        run()
        self.wall.append(time.perf_counter() - began)
        self.work.append(_computed() - worked)

    def __str__(self) -> str:
        return (
            f"{statistics.median(self.wall):.2f} s ({min(self.wall):.2f} to {max(self.wall):.2f}), "
            f"{statistics.median(self.work):.2f} s of computing"
        )


def _computed() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def _musescore(program: str, document: bytes, *, folder: Path) -> None:
    source = folder / "score.musicxml"
    source.write_bytes(document)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(folder)}
    subprocess.run(
        [program, "-o", str(folder / "theirs.pdf"), str(source)],
        env=environment,
        check=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main() -> None:
    for what, measured, limit in bench_engrave():
        print(f"{what:55} {measured:60} {limit}")


if __name__ == "__main__":
    main()
