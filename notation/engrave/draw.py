"""The engraver's own process: reads jobs line by line, draws their pages with Verovio, says so, ends with its input.

Run by `sandbox.py` as a plain file, so that nothing of Copyist needs to be importable and a crash, an endless loop or
a flood of memory on a hostile document ends here and not in a worker. Reads JSON on standard input, a line for a job:

    document  path of the MusicXML          options  Verovio's options
    folder    where 0001.svg … go           fit      pull in a nearly empty last page
    pages     list of pages, or null: all   memory, seconds, file_size   limits

Writes `pages N`, `page I` for each page, and `end`. Exit status 3: Verovio refused the document.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

CROWDED = 3  # a page with fewer systems than this is a conductor's; one system on its last page is no orphan
# What to try when a last page holds a single system: (staff size, gap between systems), against what was asked.
TIGHTER = ((0.97, 1.0), (0.95, 0.7), (0.92, 0.5))


def main() -> int:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: never outlive the worker
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(500)
    toolkit: Any = None
    for line in sys.stdin:
        job = json.loads(line)
        resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"], job["file_size"]))
        _more_time(job["seconds"])
        if toolkit is None:
            import verovio

            verovio.enableLog(verovio.LOG_OFF)
            toolkit = verovio.toolkit()
        status = _draw(toolkit, job)
        if status:
            return status
        print("end", flush=True)
    return 0


def _more_time(seconds: int) -> None:
    """Every job has its own allowance of computing; who uses it up is ended by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


def _draw(toolkit: Any, job: dict[str, Any]) -> int:
    toolkit.resetOptions()
    toolkit.setOptions(job["options"])
    if not toolkit.loadData(Path(job["document"]).read_text(encoding="utf-8")):
        return 3
    count = toolkit.getPageCount()
    if job["fit"] and count > 1:
        count = _fit(toolkit, job["options"], count)
    print(f"pages {count}", flush=True)
    for page in job["pages"] or range(1, count + 1):
        if not 1 <= page <= count:
            continue
        (Path(job["folder"]) / f"{page:04}.svg").write_text(toolkit.renderToSVG(page), encoding="utf-8")
        print(f"page {page}", flush=True)
    return 0 if count else 3


def _fit(toolkit: Any, options: dict[str, Any], count: int) -> int:
    """Page count after seeing to a last page with a single system on it.

    First everything is drawn a little smaller and closer, so that the system goes to the page before; where that does
    not do, the systems of three and more pages are spread evenly.
    """

    def systems(page: int) -> int:
        return int(toolkit.renderToSVG(page).count('class="system"'))

    if systems(count) > 1 or systems(count - 1) < CROWDED:
        return count
    for size, gap in TIGHTER:
        unit = max(4.5, options["unit"] * size)
        toolkit.setOptions({"unit": unit, "spacingSystem": round(options["spacingSystem"] * gap)})
        toolkit.redoLayout()
        if toolkit.getPageCount() < count:
            return int(toolkit.getPageCount())
    toolkit.setOptions({"unit": options["unit"], "spacingSystem": options["spacingSystem"]})
    toolkit.redoLayout()
    if count >= 3:
        total = sum(systems(page) for page in range(1, count + 1))
        toolkit.setOptions({"systemMaxPerPage": -(-total // count)})
        toolkit.redoLayout()
    return int(toolkit.getPageCount())


if __name__ == "__main__":
    # Leave without Verovio's destructors: they cost 50 ms and the files are written.
    status = main()
    sys.stdout.flush()
    os._exit(status)
