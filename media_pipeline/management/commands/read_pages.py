"""`manage.py read_pages FILE… --out folder/`: scans and PDFs of one book become MusicXML, without a browser.

The files are one book in order. Writes a document for each song and part, in page order, and book.json with the boxes
and doubts of everything that was read (media_pipeline/omr/report.py says what it holds).
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

from media_pipeline.artifacts import Book, Media
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
        for path, part in zip(written, made[Book].parts, strict=True):
            doubts = f", {part.doubtful} of them doubtful" if part.doubtful else ""
            self.stdout.write(f"{path}  ({part.bars} bars{doubts})")
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
