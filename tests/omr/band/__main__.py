"""Makes the set: `python -m tests.omr.band FOLDER`. Needs MuseScore 3 and LilyPond 2.24; a few minutes on one core."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from tests.omr.band.books import make
from tests.omr.band.model import PLAYERS
from tests.omr.band.songs import songs


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.omr.band", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--books", nargs="*", help="these alone, by the names of their files")
    parser.add_argument("--scorer", type=Path, help="score_pages.py to lay beside them, as the evaluation wants it")
    given = parser.parse_args()
    players = [player for player in PLAYERS if not given.books or player.book in given.books]
    for line in make(given.folder, songs(), players):
        print(line, flush=True)
    if given.scorer:
        shutil.copyfile(given.scorer, given.folder / "score_pages.py")


if __name__ == "__main__":
    main()
