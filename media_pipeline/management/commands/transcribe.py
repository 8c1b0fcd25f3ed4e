"""`manage.py transcribe song.mp3 --recipe guitar-tab --out folder/ [--option stage.name=value]`

Does a job here and now, without database, queue or browser, and writes MusicXML, PDF and MIDI.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from media_pipeline.artifacts import Document, Media
from media_pipeline.context import StageError
from media_pipeline.graph import Recipe
from media_pipeline.local import run_recipe
from media_pipeline.management.bar import Bar, working
from media_pipeline.recipes import RECIPES

KINDS = ("musicxml", "pdf", "midi")


class Command(BaseCommand):
    help = "Turn a recording into notation without a browser."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        recipes = [name for name, recipe in RECIPES.items() if recipe.accepts]
        parser.add_argument("file", type=Path)
        parser.add_argument("--recipe", choices=recipes, default=recipes[0])
        parser.add_argument("--out", type=Path, default=Path(), help="folder for the results (default: here)")
        parser.add_argument(
            "--kind", action="append", choices=KINDS, help=f"what to write (default: {', '.join(KINDS)})"
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="STAGE.NAME=VALUE",
            help="may be given often; see --options",
        )
        parser.add_argument("--options", action="store_true", help="list the options of the recipe and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        recipe: Recipe = RECIPES[options["recipe"]]
        if options["options"]:
            self._list(recipe)
            return
        source: Path = options["file"]
        if not source.is_file():
            raise CommandError(f"There is no file {source}.")
        chosen = dict(pair.partition("=")[::2] for pair in options["option"])
        try:
            recipe.clean(chosen)
        except ValueError as error:
            raise CommandError(f"{error} (--options lists them)") from error
        logging.getLogger("pikepdf").setLevel(logging.WARNING)  # it greets
        began = time.monotonic()
        with working(sys.stderr) as bar, tempfile.TemporaryDirectory(prefix="copyist-") as folder:
            written = self._make(recipe, source, chosen, Path(folder), options, bar)
        for path in written:
            self.stdout.write(str(path))
        self.stderr.write(f"{time.monotonic() - began:.1f} s")

    def _make(
        self, recipe: Recipe, source: Path, chosen: dict[str, str], folder: Path, options: dict[str, Any], bar: Bar
    ) -> list[Path]:
        from notation.exports import export
        from notation.musicxml import NotationError

        media = Media(path=source.resolve(), name=source.name)
        made = run_recipe(recipe, given={Media: [media]}, options=chosen, folder=folder, watch=bar.show)
        bar.end()
        for notice in made.notices:
            self.stderr.write(f"Note: {notice}")
        document: Document = made[Document]
        out: Path = options["out"]
        out.mkdir(parents=True, exist_ok=True)
        written = []
        for kind in options["kind"] or KINDS:
            aside = folder / "out"
            aside.mkdir(exist_ok=True)
            try:
                path = export(kind, document.musicxml.read_bytes(), folder=aside, title=document.title)
            except NotationError as error:
                self.stderr.write(f"{kind}: {error.message} {error.hint}".strip())
                continue
            written.append(Path(shutil.move(path, out / path.name)))
        if not written:
            raise StageError("Nothing could be written.")
        return written

    def _list(self, recipe: Recipe) -> None:
        for name, option in recipe.options():
            allowed = " | ".join(str(value) or "''" for value, _ in option.choices)
            self.stdout.write(f"{name}={option.default!s:12} {option.label}{f' ({allowed})' if allowed else ''}")
