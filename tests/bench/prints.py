"""Twenty-two part books and the scores of three songs from a finished project, and again after one bar was changed.

    python -m tests.bench.prints

The band of the page reader's tests and what is derived from it. Everything is counted that the job's step does: the
documents are read, engraved, bound, joined to scores, written as PDF and MusicXML, and packed. The parts are composed
and derived before, which is not counted. SLOW=1: sixty books, too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from tests.bench.engrave import _computed

BOOKS = 22


def band() -> dict[str, dict[str, etree._Element]]:
    """Song -> part -> its document, in the order of a score."""
    from notation.score.derive import BUILTIN, Derived, derive, other_clef, rule_for
    from notation.score.instruments import score_order
    from tests.omr.band.model import PLAYERS
    from tests.omr.band.musicxml import score
    from tests.omr.band.songs import songs

    more = [rule_for("Violin 2", "Trumpet 2"), rule_for("Double Bass", "Tuba"), rule_for("Viola 2", "Horn")]
    more += [rule for name in ("Baritone T.C.", "Trombone") if (rule := other_clef(name))]
    found = {}
    for song in songs()[:3]:
        parts = {player.name: etree.fromstring(score(song, [player]).encode()) for player in PLAYERS}
        parts |= {one.name: one.root for one in derive(parts, [*BUILTIN, *more]) if isinstance(one, Derived)}
        found[song.title] = {name: parts[name] for name in score_order(list(parts))[:BOOKS]}
    return found


def order_of(songs: Mapping[str, Mapping[str, Path]]) -> object:
    from notation.printing.choices import Choices
    from notation.printing.concert import PrintOrder

    names = list(dict.fromkeys(name for parts in songs.values() for name in parts))
    documents: dict[int, Path] = {}
    told = []
    for number, (title, parts) in enumerate(songs.items()):
        cells = []
        for name, path in parts.items():
            revision = len(documents)
            documents[revision] = path
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            cells.append({"book": names.index(name), "name": name, "score": 0, "revision": revision, "number": 1,
                          "sha256": sha})  # fmt: skip
        told.append({"id": number, "title": title, "composer": "A. Composer", "parts": cells})
    books = [{"book": book, "name": name} for book, name in enumerate(names)]
    chairs = [{**book, "player": "", "copies": 1} for book in books]
    contents = {"title": "Band Concert", "subtitle": "", "songs": told, "books": books, "chairs": chairs}
    return PrintOrder(contents, Choices().as_dict(), documents)


def measured(order: object, *, folder: Path) -> tuple[str, int, int]:
    """(seconds, with those of computing; files in the ZIP; its bytes)"""
    import json

    from media_pipeline.local import LocalContext
    from media_pipeline.stages.print_set import print_set

    shutil.rmtree(folder / "set", ignore_errors=True)
    ctx = LocalContext(folder)
    began, worked = time.perf_counter(), _computed()
    bundle = print_set.run(ctx, order)
    said = (
        f"{time.perf_counter() - began:.1f} s, {_computed() - worked:.1f} s of computing, load {os.getloadavg()[0]:.1f}"
    )
    return said, len(json.loads(bundle.files)), bundle.file.stat().st_size


def bench_prints() -> list[tuple[str, str, str]]:
    from notation.engrave import fonts

    fonts.environment()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        songs: dict[str, dict[str, Path]] = {}
        for title, roots in band().items():
            for part, root in roots.items():
                path = folder / title / f"{part}.musicxml"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(etree.tostring(root))
                songs.setdefault(title, {})[part] = path
        said, files, size = measured(order_of(songs), folder=folder / "job")
        count = sum(len(parts) for parts in songs.values())
        what = f"{BOOKS} books, {len(songs)} scores, {count} parts: {files} files, {size / 1e6:.1f} MB"
        rows.append((what, said, "30 s"))
        changed = songs[next(iter(songs))]["Flute"]
        root = etree.fromstring(changed.read_bytes())
        octave = next(iter(root.iter("octave")))
        octave.text = str(int(octave.text or 4) - 1)
        changed.write_bytes(etree.tostring(root))
        rows.append(("again after one bar was changed", measured(order_of(songs), folder=folder / "job")[0], "5 s"))
        rows.append(("again, nothing changed", measured(order_of(songs), folder=folder / "job")[0], "-"))
        if os.environ.get("SLOW"):
            title, parts = next(iter(songs.items()))
            many = {f"{part} {n}": path for n in range(3) for part, path in parts.items()}
            sixty = {title: dict(list(many.items())[:60])}
            rows.append(("60 books of one song", measured(order_of(sixty), folder=folder / "sixty")[0], "-"))
    return rows


if __name__ == "__main__":
    for row in bench_prints():
        print("   ".join(row))
