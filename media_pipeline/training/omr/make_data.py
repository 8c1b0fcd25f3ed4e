"""Staves to train on, made: composed music and the corpus's scores in every engraver, and the corpus's own part PDFs.

    python -m media_pipeline.training.omr.make_data KIND --corpus FOLDER --out FOLDER --minutes M

KIND is composed, lieder, quartets or aligned. Each work (or block of seeds) makes one shard; what is there already is
not made again, so the command goes on where it stopped. Shards of held-out works begin with `dev-`.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
from lxml import etree

from media_pipeline.training.omr import engrave, held_out, music, shards
from media_pipeline.training.omr.align import agreement, align_part
from media_pipeline.training.omr.truth import read_score, staves

BLOCK = 4  # composed parts to a shard
SHARES = (5.0, 5.0, 0.4)  # of engrave.ENGRAVERS; LilyPond takes six times as long
APART = 0.35  # of a staff's notes; read more differently than this, an engraver has not printed what we think
PARTS = ("Violin 1", "Violin 2", "Viola", "Violoncello")

Job = tuple[str, Callable[[Path], list[shards.Stave]]]  # name of the shard; makes it, with a folder for scratch


def composed(first: int = 0, rare: Sequence[str] = music.RARE) -> Iterator[Job]:
    """Blocks of composed parts without end, engravers in turn; one block in ten is kept for measuring.

    first: block to begin with; rare: what their parts are full of some of.
    """
    for block in range(first, 1_000_000):

        def make(scratch: Path, block: int = block) -> list[shards.Stave]:
            out = []
            for seed in range(block * BLOCK, (block + 1) * BLOCK):
                r = random.Random(seed)  # noqa: S311
                root = etree.fromstring(music.compose(seed, rare=rare).encode())
                engraver = _engraver(r)
                if engraver != "musescore":
                    engrave.jumps_in_their_bars(root)
                out += _engraved(root, r, scratch, f"composed:{seed}", engraver)
            return out

        yield f"{'dev-' if block % 10 == 0 else ''}composed-{block:06d}", make


def lieder(corpus: Path) -> Iterator[Job]:
    """Each song's voice or one of its piano's staves."""
    for path in sorted((corpus / "lieder").glob("*.mxl")):

        def make(scratch: Path, path: Path = path) -> list[shards.Stave]:
            r = random.Random(path.stem)  # noqa: S311
            root = read_score(path)
            part = r.randrange(len(root.findall("part")))
            if engrave.crosses(root, part):
                part = 0  # the voice
            staff = r.randint(1, staves(root, part))
            single = engrave.one_staff(root, part, staff)
            engraver = _faithful(single, r)
            return _engraved(single, r, scratch, f"{path.stem}:{part}.{staff}", engraver, lyrics=r.random() < 0.4)

        yield _named(path.stem, "lieder"), make


def quartets(corpus: Path) -> Iterator[Job]:
    """Each quartet's parts, engraved anew."""
    for path in sorted((corpus / "quartets").glob("*.mxl")):

        def make(scratch: Path, path: Path = path) -> list[shards.Stave]:
            r = random.Random(path.stem)  # noqa: S311
            root = read_score(path)
            out = []
            for part in range(len(root.findall("part"))):
                single = engrave.one_staff(root, part, 1)
                out += _engraved(single, r, scratch, f"{path.stem}:{part}.1", _faithful(single, r))
            return out

        yield _named(path.stem, "quartets"), make


def aligned(corpus: Path) -> Iterator[Job]:
    """Each quartet's part PDFs as MuseScore engraved them, held against the exact score."""
    shuffled = sorted((corpus / "quartets").glob("*.mxl"), key=lambda p: random.Random(p.stem).random())  # noqa: S311
    for path in shuffled:
        books = sorted(path.parent.glob(f"{path.stem}-Part-*.pdf"))
        if not books:
            continue

        def make(scratch: Path, path: Path = path, books: list[Path] = books) -> list[shards.Stave]:
            del scratch
            root = read_score(path)
            out = []
            for book in books:
                name = book.stem.split("-Part-")[1].replace("_", " ")
                if name in PARTS[: len(root.findall("part"))]:
                    dpi = random.Random(book.stem).choice((170, 200, 240))  # noqa: S311
                    out += align_part(root, PARTS.index(name), book, dpi=dpi, source=f"{path.stem}:{name}:pdf")
            return out

        yield _named(path.stem, "aligned"), make


def run(jobs: Iterator[Job], out: Path, minutes: float) -> int:
    """Make shards until the time is up; how many staves were made."""
    out.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * minutes
    made = 0
    for name, make in jobs:
        if time.monotonic() > until:
            break
        path = out / f"{name}.staves"
        if path.exists():
            continue
        scratch = Path(tempfile.mkdtemp(prefix="engrave-"))
        try:
            kept = make(scratch)
        except Exception as error:  # one odd score must not end a night's work; it is named and left out
            print(f"{name}: {error!r}", flush=True)
            kept = []
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        shards.write(path, kept)
        made += len(kept)
        print(f"{name}: {len(kept)} staves, {made} in all", flush=True)
    return made


def _named(work: str, kind: str) -> str:
    return f"{'dev-' if held_out(work) else ''}{kind}-{work}"


def _engraver(r: random.Random) -> str:
    return r.choices(engrave.ENGRAVERS, SHARES)[0]


def _faithful(root: etree._Element, r: random.Random) -> str:
    """An engraver that prints no tuplet's number where the document does not."""
    engraver = _engraver(r)
    return "verovio" if engraver == "musescore" and engrave.hides_tuplets(root) else engraver


def _engraved(
    root: etree._Element, r: random.Random, scratch: Path, source: str, engraver: str, *, lyrics: bool = False
) -> list[shards.Stave]:
    # Verovio's pages are as wide as a line asks.
    laid = engrave.lay(root, r, lines=14, full=60 if engraver == "verovio" else 36, lyrics=lyrics)
    found = engrave.engrave(laid, engraver, r, scratch, source)
    if engraver == "verovio":  # its SVG has told what it drew
        return found
    return [s for s in found if "lo" in s.tokens or agreement(s) < APART]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("kind", choices=("composed", "lieder", "quartets", "aligned"))
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--first", type=int, default=0, help="composed: block to begin with, for a second process")
    arguments.add_argument(
        "--rare", nargs="+", choices=music.RARE, default=music.RARE, help="composed: signs to be full of"
    )
    asked = arguments.parse_args()
    cv2.setNumThreads(1)
    jobs = (
        composed(asked.first, asked.rare)
        if asked.kind == "composed"
        else {"lieder": lieder, "quartets": quartets, "aligned": aligned}[asked.kind](asked.corpus)
    )
    print(f"{run(jobs, asked.out, asked.minutes)} staves made")


if __name__ == "__main__":
    main()
