"""`manage.py read_pages FILE… --out folder/`: scans and PDFs of one book become MusicXML, without a browser.

The files are one book in order. Writes a document for each song and part, in page order, and book.json with the boxes
and doubts of everything that was read (media_pipeline/omr/report.py says what it holds). With --pictures also every
page with what was understood of it drawn over, page-001.png and so on.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from media_pipeline.artifacts import Book, Media, Sheets
from media_pipeline.local import run_recipe
from media_pipeline.management.bar import working
from media_pipeline.recipes import READ_PAGES
from notation.exports.names import safe_name


class Command(BaseCommand):
    help = "Turn printed music into MusicXML without a browser."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", help="PDFs and pictures of one book, in order")
        parser.add_argument("--out", type=Path, default=Path(), help="folder for the results (default: here)")
        parser.add_argument("--pictures", action="store_true", help="also the pages with what was read drawn over")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["files"]:
            if not path.is_file():
                raise CommandError(f"There is no file {path}.")
        began = time.monotonic()
        with working(sys.stderr) as bar, tempfile.TemporaryDirectory(prefix="copyist-") as folder:
            given = [Media(path.resolve(), path.name) for path in options["files"]]
            made = run_recipe(READ_PAGES, given={Media: given}, folder=Path(folder), watch=bar.show)
            bar.end()
            for notice in made.notices:
                self.stderr.write(f"Note: {notice}")
            written = keep(made[Book], options["out"])
            pictures = draw(made[tuple[Sheets, ...]], options["out"]) if options["pictures"] else 0
        for path, part in zip(written, made[Book].parts, strict=True):
            doubts = f", {part.doubtful} of them doubtful" if part.doubtful else ""
            self.stdout.write(f"{path}  ({part.bars} bars{doubts})")
        if pictures:
            self.stdout.write(f"{options['out'] / 'page-001.png'} to page-{pictures:03}.png")
        self.stderr.write(f"{made[Book].pages} pages in {time.monotonic() - began:.1f} s")


def keep(book: Book, out: Path) -> list[Path]:
    """Move a book's files to a folder under names for people; the paths of its documents, in order."""
    out.mkdir(parents=True, exist_ok=True)
    report = json.loads(book.report.read_text())
    written: list[Path] = []
    for part, told in zip(book.parts, report["parts"], strict=True):
        name = safe_name(f"{part.song + 1:02} {part.title or 'Untitled'} - {part.instrument}")
        path = out / f"{name}.musicxml"
        number = 2
        while path in written:
            path = out / f"{name} ({number}).musicxml"
            number += 1
        shutil.move(part.musicxml, path)
        told["document"] = path.name
        written.append(path)
    (out / "book.json").write_text(json.dumps(report, ensure_ascii=False, indent=1))
    return written


def draw(files: tuple[Sheets, ...], out: Path) -> int:
    """Write a picture of every page with what book.json, in the same folder, says of it; how many there are."""
    from PIL import Image

    from media_pipeline.omr.overlay import drawn
    from media_pipeline.omr.pictures import load

    side = json.loads((out / "book.json").read_text())
    lines = [line for part in side["parts"] for line in part["lines"]]
    sheets = [sheet for file in files for sheet in file.sheets]
    for number, (sheet, page) in enumerate(zip(sheets, side["pages"], strict=True)):
        picture = drawn(load(sheet).image, page, [line for line in lines if line["page"] == number])
        Image.fromarray(picture).save(out / f"page-{number + 1:03}.png")
    return len(sheets)
