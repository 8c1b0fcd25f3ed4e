"""`manage.py part_books FILE… --out folder/ [--derive RULE,…] [--zip]`: a band's books become every player's folder.

Each PDF is one instrument's book, pictures are the pages of one in order of their names, and each notation file
(MusicXML, MXL, MIDI) brings its parts to the books of their instruments. Writes books/, scores/ and parts/<song>/ with
PDF and MusicXML of each, and report.txt: what was read, what the parts say against each other and which of that was
mended, what was derived from what. The files that are given stay as they are.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from media_pipeline.bundles import together
from media_pipeline.context import StageError
from media_pipeline.management.bar import Bar, working

if TYPE_CHECKING:
    from media_pipeline.artifacts import Book as BookRead
    from notation.engrave.printset import ConcertSong
    from notation.score.assemble import Assembled, Book, Concert
    from notation.score.derive import Rule
    from notation.score.gather import File
    from projects.sniff import Sniffed

READING, ASSEMBLING = 0.6, 0.1  # shares of the bar; the rest is printing
MOST_BOOKS = 100
PAPER, NOTATION = ("pdf", "image"), ("notation", "midi")  # kinds of projects.sniff


class Command(BaseCommand):
    help = "Turn a band's scanned part books into books, scores and song parts without a browser."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", help="PDFs, pictures and notation files, one book each")
        parser.add_argument("--out", type=Path, default=Path(), help="folder for the results (default: here)")
        parser.add_argument("--title", default="", help="what the set is called (default: the folder's name)")
        parser.add_argument(
            "--derive", default="", metavar="RULE,…", help="parts to make, as Violin,Tuba; or all. --rules lists them"
        )
        parser.add_argument("--rules", action="store_true", help="list the rules and stop")
        parser.add_argument("--concert", action="store_true", help="scores at concert pitch")
        parser.add_argument("--as-read", action="store_true", help="mend nothing that the parts disagree about")
        parser.add_argument("--paper", default="A4", help="A4, A5 or letter (default: A4)")
        parser.add_argument("--zip", action="store_true", help="also one ZIP of all files")

    def handle(self, *args: Any, **options: Any) -> None:
        from notation.engrave.printset import packed

        if options["rules"]:
            self._list()
            return
        rules = chosen(options["derive"])
        files: list[Path] = options["files"]
        for path in files:
            if not path.is_file():
                raise CommandError(f"There is no file {path}.")
        if len(files) > MOST_BOOKS:
            raise CommandError(f"{len(files)} files are more than {MOST_BOOKS} books. Bring a part of them at a time.")
        out: Path = options["out"]
        began = time.monotonic()
        with working(sys.stderr) as bar, tempfile.TemporaryDirectory(prefix="copyist-") as scratch:
            title = options["title"] or out.resolve().name
            made = self._make(files, rules, title=title, out=out, scratch=Path(scratch), options=options, bar=bar)
            if options["zip"]:
                packed(made, target=out / f"{made.folder.resolve().name}.zip")
            bar.end()
        self.stdout.write(f"{len(made.files)} files in {out}; {out / 'report.txt'} tells what was done")
        self.stderr.write(f"{time.monotonic() - began:.1f} s")

    def _make(
        self,
        files: Sequence[Path],
        rules: Sequence[Rule],
        *,
        title: str,
        out: Path,
        scratch: Path,
        options: dict[str, Any],
        bar: Bar,
    ) -> Any:
        from notation.engrave.printset import Concert as Printed
        from notation.engrave.printset import print_set
        from notation.engrave.style import Style, style_from
        from notation.musicxml import NotationError
        from notation.score.assemble import assemble
        from notation.score.check import CONFIDENT

        books: list[Book] = []
        notes: list[str] = []
        kinds = {path: sniffed(path) for path in files}
        for path, kind in kinds.items():
            if kind.kind not in (*PAPER, *NOTATION):
                notes.append(f"{path.name} is left out: it is {kind.label}. {kind.problem}".strip())
        paper = [path for path in files if kinds[path].kind in PAPER]
        bundles = together([(path.name, kinds[path].kind == "image") for path in paper])
        for number, bundle in enumerate(bundles):
            base = READING * number / len(bundles)
            books += opened(
                [paper[index] for index in bundle], scratch=scratch / str(number), notes=notes,
                watch=lambda stage, part, note, base=base: bar.show(stage, base + READING * part / len(bundles), note),
            )  # fmt: skip
        books = written([path for path in files if kinds[path].kind in NOTATION], books=books, notes=notes)
        if not books:
            raise StageError("There is no music in these files.", hint=" ".join(notes))
        try:
            concert = assemble(
                books, rules=rules, sure=2.0 if options["as_read"] else CONFIDENT, concert_pitch=options["concert"],
                tick=lambda part: bar.show("Holding the parts together", READING + ASSEMBLING * part, ""),
            )  # fmt: skip
            out.mkdir(parents=True, exist_ok=True)
            (out / "report.txt").write_text("\n".join(report(concert, books, notes)) + "\n")
            bar.show("Printing", READING + ASSEMBLING, "")
            return print_set(
                Printed(title, tuple(_printed(song) for song in concert.songs)),
                folder=out,
                style=style_from({"paper": options["paper"]}, base=Style()),
            )
        except NotationError as error:
            raise StageError(error.message, hint=error.hint) from error

    def _list(self) -> None:
        from notation.score.derive import BUILTIN

        for rule in BUILTIN:
            sources = ", else ".join(
                source.part if source.voice == "all" else f"the {source.voice} voice of {source.part}"
                for source in rule.sources
            )
            self.stdout.write(f"{rule.target}: {sources}")


def chosen(asked: str) -> list[Rule]:
    """The rules of these names, or all. CommandError names those that there are."""
    from notation.score.derive import BUILTIN

    known = {rule.target.casefold(): rule for rule in BUILTIN}
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    if wanted == ["all"]:
        return list(BUILTIN)
    if unknown := [name for name in wanted if name.casefold() not in known]:
        rules = ", ".join(rule.target for rule in BUILTIN)
        raise CommandError(f"There is no rule for {unknown[0]}. There are rules for {rules}.")
    return [known[name.casefold()] for name in wanted]


def opened(paths: Sequence[Path], *, scratch: Path, notes: list[str], watch: Any) -> list[Book]:
    """The books of files that belong together. What cannot be read is told in `notes`; the others are made."""
    from notation.musicxml import NotationError

    try:
        return list(scanned(paths, scratch=scratch, notes=notes, watch=watch))
    except (StageError, NotationError) as error:
        notes.append(f"{', '.join(path.name for path in paths)} is left out: {error.message} {error.hint}".strip())
        return []


def scanned(paths: Sequence[Path], *, scratch: Path, notes: list[str], watch: Any) -> Iterator[Book]:
    """A book for each staff of the systems of these files' pages: for a part book, one."""
    import json

    from media_pipeline.artifacts import Book as BookRead
    from media_pipeline.artifacts import Media
    from media_pipeline.local import run_recipe
    from media_pipeline.omr.alternatives import alternatives_told
    from media_pipeline.omr.glances import glances_told
    from media_pipeline.recipes import READ_PAGES
    from notation.musicxml.read import read
    from notation.reading import alternatives_of, doubts_by_measure, glances_of
    from notation.score.assemble import Book, Song

    made = run_recipe(
        READ_PAGES, given={Media: [Media(path.resolve(), path.name) for path in paths]}, folder=scratch,
        watch=lambda stage, part, note: watch(f"{paths[0].name}: {stage.lower()}", part, note),
    )  # fmt: skip
    notes += made.notices
    book: BookRead = made[BookRead]
    side = json.loads(book.report.read_text())
    for place in range(max(sum(one.song == part.song for one in book.parts) for part in book.parts)):
        songs: list[Song] = []
        names: list[str] = []
        for number, told in enumerate(side["songs"]):
            mine = [n for n, part in enumerate(book.parts) if part.song == number]
            if place >= len(mine):
                songs.append(Song(told["title"], None, told["composer"]))
                continue
            part = book.parts[mine[place]]
            names.append(part.instrument)
            root = read(part.musicxml.read_bytes())
            lines = side["parts"][mine[place]]["lines"]
            doubts = doubts_by_measure(
                [bar for line in lines for bar in line["bars"]], len(root.findall("part/measure"))
            )
            glances, readings = glances_of(glances_told(lines), root), alternatives_of(alternatives_told(lines))
            songs.append(Song(part.title, root, told["composer"], doubts, glances, readings))
        yield Book(max(names, key=names.count), tuple(songs))


def sniffed(path: Path) -> Sniffed:
    """What a file is, whatever it is called."""
    from projects.sniff import ENDS_BYTES, sniff

    with path.open("rb") as file:
        head = file.read(ENDS_BYTES)
        file.seek(max(0, path.stat().st_size - ENDS_BYTES))
        return sniff(head, tail=file.read())


def written(paths: Sequence[Path], *, books: Sequence[Book], notes: list[str]) -> list[Book]:
    """The books with what notation files have for them, and further ones. Where both have a song the file is right."""
    from dataclasses import replace

    from notation.musicxml import NotationError
    from notation.score.assemble import Book, Song
    from notation.score.gather import gather, identity
    from notation.score.songlist import plain

    files: list[File] = []
    for path in paths:
        try:
            files.append(notation_file(path))
        except NotationError as error:
            notes.append(f"{path.name} is left out: {error.message} {error.hint}".strip())
    gathered = gather(files)
    notes += gathered.remarks
    found = list(books)
    whose = [identity(book.name) for book in books]
    for one in gathered.books:
        songs = tuple(Song(piece.title, piece.root, piece.composer) for piece in one.pieces)
        titles = {plain(song.title) for song in songs}
        who = identity(one.name)
        same = whose.index(who) if who in whose else None
        if same is None:
            found.append(Book(one.name, songs))
        else:
            kept = tuple(song for song in found[same].songs if plain(song.title) not in titles)
            found[same] = replace(found[same], songs=(*kept, *songs))
    return found


def notation_file(path: Path) -> File:
    """A MusicXML or MIDI file opened. NotationError."""
    from notation.musicxml import NotationError
    from notation.musicxml.read import read
    from notation.musicxml.write import write
    from notation.score.from_midi import score_from_midi
    from notation.score.gather import File
    from notation.score.model import ScoreError

    data = path.read_bytes()
    midi = data[:4] in (b"MThd", b"RIFF")
    if midi:
        try:
            data = write(score_from_midi(data, title=path.stem))
        except ScoreError as error:
            raise NotationError(error.message, hint=error.hint) from error
    return File(path.name, read(data, name=path.name), sounding=midi)


def report(concert: Concert, books: Sequence[Book], notes: Sequence[str]) -> Iterator[str]:
    """What was done, in lines for people."""
    yield f"{len(books)} books, {len(concert.songs)} songs"
    yield from notes
    yield from concert.remarks
    for number, song in enumerate(concert.songs, start=1):
        yield ""
        yield f"{number}. {song.title}"
        yield from (f"  {line}" for line in _of_song(song))


def _printed(song: Assembled) -> ConcertSong:
    from notation.engrave.printset import ConcertSong

    return ConcertSong(song.title, song.parts, composer=song.composer, score=song.score.root)


def _of_song(song: Assembled) -> Iterator[str]:
    counts = {name: len(part.findall("part/measure")) for name, part in song.parts.items()}
    yield f"bars: {', '.join(f'{name} {count}' for name, count in counts.items())}"
    if song.missing:
        yield f"does not play: {', '.join(song.missing)}"
    for label, found in (("mended", song.repaired), ("to be looked at", song.disagreements)):
        for one in found:
            yield f"{label}: {one.part}, {one.sentence}"
    for derived in song.derived:
        yield f"derived: {derived.name} from {derived.reason}"
    for refused in song.refused:
        yield f"not derived: {refused.why}"
