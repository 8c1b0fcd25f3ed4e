"""OMR-NED, the public metric of optical music recognition, of a part that was read.

The normalised edit distance of two scores as they are notated: edits to symbols in both, 0 is best ("Sheet Music
Benchmark: Standardized Optical Music Recognition Evaluation", arXiv:2506.10488). The package musicdiff (MIT) measures
it; it is asked as a command, with a limit in time, and only here.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from media_pipeline.training.omr import documents
from media_pipeline.training.omr.truth import read_score
from notation.musicxml import NotationError

BARS = 24  # of a piece that is measured at once


class Unmeasured(Exception):
    """OMR-NED could not be measured; says why."""


def measure(read: Path, truth: Path, *, seconds: float) -> float:
    """OMR-NED of two MusicXML files, each of one part. Raises Unmeasured.

    musicdiff's time grows with the square of the bars. Files with as many bars as each other are measured piece by
    piece and the edits added up: bar n is held against bar n, and both say clef, key and metre again where a piece
    begins.
    """
    if importlib.util.find_spec("musicdiff") is None:
        raise Unmeasured("musicdiff is not installed (pip install musicdiff)")
    until = time.monotonic() + seconds
    edits = symbols = 0
    with tempfile.TemporaryDirectory(prefix="copyist-ned-") as name:
        for pair in _pieces(read, truth, Path(name)):
            left = until - time.monotonic()
            try:
                told = _compare(*pair, seconds=max(left, 0.1))
            except subprocess.TimeoutExpired:
                raise Unmeasured(f"musicdiff took longer than {seconds:.0f} s") from None
            edits, symbols = edits + int(told["OMR-ED"]), symbols + int(told["numSymbolsInBoth"])
    return edits / symbols if symbols else 0.0


def _pieces(read: Path, truth: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """What is to be held against each other."""
    try:
        bars = [len(read_score(path).findall("part/measure")) for path in (read, truth)]
    except NotationError:  # musicdiff shall say what it thinks of that
        bars = [0, 1]
    if bars[0] != bars[1]:
        yield read, truth
        return
    for first in range(0, bars[0], BARS):
        pair = folder / f"{first}-read.musicxml", folder / f"{first}-truth.musicxml"
        for whole, piece in zip((read, truth), pair, strict=True):
            documents.save(documents.span([whole], first, first + BARS), piece)
        yield pair


def _compare(read: Path, truth: Path, *, seconds: float) -> dict[str, str]:
    command = [sys.executable, "-m", "musicdiff", "-o", "omrned", "--", str(read), str(truth)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    try:
        told: dict[str, str] = json.loads(done.stdout[done.stdout.index("{") :])
        return {key: told[key] for key in ("OMR-ED", "numSymbolsInBoth")}
    except (ValueError, KeyError):
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise Unmeasured(f"musicdiff failed: {last}") from None
