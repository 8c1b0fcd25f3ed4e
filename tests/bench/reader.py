"""A page of ten staves from its file to MusicXML, and a book of 200 pages: seconds, where they go, and memory.

    python -m tests.bench.reader

The pages are engraved here, and printed and scanned as a copier does it: turned by half a degree, blurred, grainy.
Seconds are those on the clock of a warm process; computing is counted with the processes that it started (the one
that opens files, and tesseract). BENCH_BOOK=0 leaves out the book, which takes some minutes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.bench.song import RUNS, spread

STAVES = 10  # of the page; more than most part books have
BARS = 56
PAGES = 200
STEPS = ("open", "look", "file", "network", "words", "glimpse", "theory", "write")


def bench_reader() -> list[tuple[str, str, str]]:
    """Rows of a table: what, measured, limit."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="copyist-bench-") as name:
        folder = Path(name)
        engraved = _engraved(folder)
        scan = _scanned(engraved, folder / "scan.pdf", dice=np.random.default_rng(1))
        for what, path in (("engraved", engraved), ("scanned", scan)):
            _read(path, folder / "warm")
            seconds, work = zip(*(_timed(path, folder / "out") for _ in range(RUNS)), strict=True)
            rows.append((f"a page of {STAVES} staves, {what}, to MusicXML, warm", spread(seconds), "1 s"))
            split = [_split(path, folder / "split") for _ in range(RUNS)]
            told = ", ".join(f"{step} {median(times[step] for times in split):.2f}" for step in STEPS)
            rows.append((f"    seconds of computing, {median(work):.2f} in all", told, ""))
            rate = STAVES / median(times["network"] for times in split)
            rows.append(("    staves through the network", f"{rate:.0f} a second on one core", ""))
        if os.environ.get("BENCH_BOOK", "1") != "0":
            rows += _book(folder, engraved, scan)
    return rows


def _book(folder: Path, engraved: Path, scan: Path) -> list[tuple[str, str, str]]:
    """A book whose every other page is a scan."""
    book = _bound([engraved, scan], folder / "book.pdf", pages=PAGES)
    found = _measure(book)
    read = f"{found['seconds'] / PAGES:.2f} s a page, the first to be seen after {found['first']:.1f} s"
    peak = f"{found['peak_mb']:.0f} MB, with the processes it started {found['together_mb']:.0f} MB"
    return [
        (f"a book of {PAGES} pages, every other one a scan", read, "1 s a page"),
        ("    memory at its peak", peak, "1500 MB"),
    ]


# --- pages ----------------------------------------------------------------------------------------------------------


def _engraved(folder: Path) -> Path:
    """One page of a melody, by Copyist's own engraver."""
    from notation.engrave.pdf import pdf
    from notation.engrave.style import Style
    from tests.media_pipeline.test_read_pages import tune

    pages = pdf(tune(BARS)[0], target=folder / "engraved.pdf", style=Style())
    assert pages == 1
    return folder / "engraved.pdf"


def _scanned(page: Path, target: Path, *, dice: np.random.Generator) -> Path:
    import pypdfium2
    from PIL import Image, ImageFilter

    drawn = pypdfium2.PdfDocument(page)[0].render(scale=200 / 72).to_pil().convert("L")
    turned = drawn.rotate(0.5, fillcolor=255, resample=Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.7))
    grainy = np.asarray(turned, np.float32) * 0.85 + 25 + dice.normal(0, 6, (turned.height, turned.width))
    Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8)).save(target, resolution=200, quality=75)
    return target


def _bound(files: Sequence[Path], target: Path, *, pages: int) -> Path:
    """One PDF with the first page of each file in turn."""
    import pypdfium2

    book = pypdfium2.PdfDocument.new()
    sources = [pypdfium2.PdfDocument(path) for path in files]
    for number in range(pages):
        book.import_pages(sources[number % len(sources)], pages=[0])
    book.save(target)
    return target


# --- seconds --------------------------------------------------------------------------------------------------------


def _read(path: Path, folder: Path) -> None:
    from media_pipeline.artifacts import Media
    from media_pipeline.local import run_recipe
    from media_pipeline.recipes import READ_PAGES

    run_recipe(READ_PAGES, given={Media: [Media(path, path.name)]}, folder=folder)


def _timed(path: Path, folder: Path) -> tuple[float, float]:
    """(seconds on the clock, seconds of computing) that a file takes."""
    began, worked = time.perf_counter(), _computed()
    _read(path, folder)
    return time.perf_counter() - began, _computed() - worked


def _computed() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def _split(path: Path, folder: Path) -> dict[str, float]:
    """Seconds of computing of each step over one page, done one after the other."""
    from media_pipeline.engines import choose
    from media_pipeline.omr import pictures
    from media_pipeline.omr.crop import crop
    from media_pipeline.omr.glimpse import glimpse
    from media_pipeline.omr.lattice import compress
    from media_pipeline.omr.musicxml import PartToWrite, write
    from media_pipeline.omr.raster import rasterise
    from media_pipeline.omr.reading import PageRead
    from media_pipeline.omr.staves import look
    from media_pipeline.omr.theory import Layout, Where, second_reading
    from media_pipeline.omr.words import read_words

    folder.mkdir(exist_ok=True)
    engine = choose("omr")
    vocabulary = tuple(engine.vocabulary)
    took: dict[str, float] = {}
    marks = [_computed()]

    def done(step: str) -> None:
        marks.append(_computed())
        took[step] = marks[-1] - marks[-2]

    (drawn,) = rasterise(path, name=path.name)
    done("open")
    (page,) = look(drawn)
    done("look")
    page = pictures.load(pictures.save(page, folder / "page.png"))
    done("file")
    cut = [crop(page.image, staff) for staff in page.staves]
    lattices = [compress(seen, vocabulary) for seen in engine.run(cut)]
    done("network")
    words = read_words(page)
    done("words")
    glimpse(page, PageRead(dict(enumerate(lattices)), tuple(words)), index=0)
    done("glimpse")
    reading = second_reading(lattices, Layout([Where(0, staff, staff) for staff in range(len(lattices))]))
    done("theory")
    write(PartToWrite(tuple((line,) for line in reading.lines), title="", instrument="Flute"))
    done("write")
    assert len(page.staves) == STAVES
    return took


# --- memory ---------------------------------------------------------------------------------------------------------


def _measure(book: Path) -> Any:
    command = [sys.executable, "-m", "tests.bench.reader", str(book)]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def child(book: Path) -> None:
    """Read a book in this process and print what it took."""
    from media_pipeline import local

    began = time.monotonic()
    first: list[float] = []
    most = [0.0]

    class Onlooker(local.LocalContext):
        def partial(self, name: str, value: Any) -> None:
            """Like a worker, it does not keep what is there to be shown."""
            first.append(time.monotonic() - began)

    def look_on() -> None:
        while not over.wait(0.1):
            most[0] = max(most[0], _together())

    over = threading.Event()
    local.LocalContext = Onlooker  # type: ignore[misc]
    threading.Thread(target=look_on, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="copyist-bench-") as folder:
        _read(book, Path(folder))
    over.set()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"seconds": time.monotonic() - began, "first": first[0], "peak_mb": peak, "together_mb": most[0]}
    print("\n" + json.dumps(told))


def _together() -> float:
    """MB that this process and those it started have in memory now; what they share is counted twice."""
    size = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            facts = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:  # it has just ended
            continue
        if os.getpid() in (int(facts["Pid"]), int(facts["PPid"])):
            size += int(facts.get("VmRSS", "0 kB").split()[0])
    return size / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(Path(sys.argv[1]))
    else:
        for row in bench_reader():
            print("   ".join(row))
