"""How right Copyist is: measurements of what hears and of what reads, each on material it was never tuned with.

    python -m media_pipeline.training.evaluate notes                          the ears, on the 20 held-out pieces
    python -m media_pipeline.training.evaluate omr --eval FOLDER              the page reader, on books and pages
    python -m media_pipeline.training.evaluate omr --eval FOLDER --ned --wrong --keep OUT
    python -m media_pipeline.training.evaluate omr --staves FOLDER            its network, by class of symbol

What the columns mean, and what the folders hold, is told in ears.py, omr/judge.py, omr/cases.py and omr/classes.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def notes(asked: argparse.Namespace) -> None:
    from media_pipeline.training import ears

    ears.main(pieces=asked.practice, engine=asked.engine)


def omr(asked: argparse.Namespace) -> None:
    from media_pipeline.training.omr import classes, judge

    if asked.staves is not None:
        classes.main(asked.staves, measured=asked.measured, weights=asked.weights)
    if asked.eval is not None:
        judge.main(
            asked.eval,
            only=asked.only,
            keep=asked.keep,
            scorer_at=asked.scorer,
            ned_seconds=asked.ned,
            wrong=asked.wrong,
        )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(required=True, metavar="notes|omr")
    of_ears = kinds.add_parser("notes", help="what is heard in a recording")
    of_ears.add_argument("--practice", type=int, default=0, help="so many practice pieces, not the held-out ones")
    of_ears.add_argument("--engine", default="", help="the pitch engine, normally the best one here")
    of_ears.set_defaults(measure=notes)
    of_omr = kinds.add_parser("omr", help="what is read from printed pages")
    of_omr.add_argument("--eval", type=Path, help="a folder of pages and part books with truth")
    of_omr.add_argument("--only", default="", choices=("", "pages", "partbooks"), help="only these cases")
    of_omr.add_argument("--keep", type=Path, help="a folder for what was read")
    of_omr.add_argument("--scorer", type=Path, help="score_pages.py, if it is not in that folder")
    of_omr.add_argument(
        "--ned", type=float, nargs="?", const=300.0, metavar="SECONDS",
        help="OMR-NED by musicdiff as well, for at most so many seconds a song (300)",
    )  # fmt: skip
    of_omr.add_argument("--wrong", action="store_true", help="list every bar that was read wrongly")
    of_omr.add_argument("--staves", type=Path, help="a folder of shards by make_data; the held-out ones are read")
    of_omr.add_argument("--measured", type=int, default=200, help="staves of each maker; 0 for all")
    of_omr.add_argument("--weights", type=Path, help="a network's file, normally the one that ships")
    of_omr.set_defaults(measure=omr)
    asked = parser.parse_args(arguments)
    if asked.measure is omr and asked.eval is None and asked.staves is None:
        of_omr.error("omr needs --eval FOLDER or --staves FOLDER")
    asked.measure(asked)


if __name__ == "__main__":
    main()
