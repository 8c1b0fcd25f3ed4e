"""A page of what would be printed, drawn when it is asked for: the cover, a song in a book, a score.

A song is engraved alone and kept where the print job looks for it, so what was looked at is printed the faster. Its
pages have no numbers yet: these depend on all books.

    of = "book-12"   cover, then the songs of a book     of = "score"   the scores of all songs
    of = "book-b3"   the same of a book that was never read
    of = "set-5-3"   the third file of the finished set 5, as it was printed
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.http import Http404

from media_pipeline import prints, store
from media_pipeline.context import StageError
from media_pipeline.errors import JobError
from notation.engrave.book import piece
from notation.engrave.cache import Cache, key_of
from notation.engrave.printset import part_of, score_piece
from notation.engrave.sandbox import never
from notation.engrave.wordpages import front_pages
from notation.models import PrintSet
from notation.musicxml import NotationError
from notation.printing import order as orders
from notation.printing.choices import Choices
from notation.printing.concert import song_of
from notation.printing.keys import Key, key_from
from projects.models import Project

WIDTH_PX = 1240  # of a page: A4 at 150 dots per inch
COVER = 0  # stands for a song
_AT_ONCE = threading.BoundedSemaphore(2)  # engravers of one web process
_PDFIUM = threading.Lock()  # it promises nothing to threads


@dataclass(frozen=True)
class Leaf:
    """A page to look at, and which one comes before and after it."""

    of: str
    song: Key
    page: int  # from 1
    pages: int  # of this song or file
    label: str
    path: Path
    before: tuple[Key, int] | None  # (song, page); page 0: its last
    after: tuple[Key, int] | None

    @property
    def version(self) -> str:
        return self.path.stem[:16]


def leaf(project: Project, *, of: str, song: Key, page: int) -> Leaf:
    """Page `page` of a song (0: its last one). Http404 where there is no such thing; NotationError where it cannot be
    drawn."""
    if of.startswith("set-"):
        return _of_set(project, of, page)
    chosen = orders.last_choice(project)
    contents = orders.contents_of(project, chosen)
    songs, name = _songs(contents, of)
    ids: list[Key] = [*([COVER] if name and chosen.cover else []), *songs]
    if not ids:
        raise NotationError("There is nothing to look at.", hint="Choose a song that this instrument plays.")
    song = song if song in ids else ids[0]
    path = _drawn(project, chosen, contents, of, song, name)
    count = _count(path)
    page = min(page, count) or count
    at = ids.index(song)
    before = (song, page - 1) if page > 1 else (ids[at - 1], 0) if at else None
    after = (song, page + 1) if page < count else (ids[at + 1], 1) if at + 1 < len(ids) else None
    what = "Cover" if song == COVER else songs[song]["title"]
    label = " · ".join(x for x in (name or "Score", what, f"page {page} of {count}" if count > 1 else "") if x)
    return Leaf(of, song, page, count, label, path, before, after)


def choices_of(project: Project) -> list[tuple[str, str]]:
    """What can be looked at before it is made: (of, label)."""
    contents = orders.contents_of(project, orders.last_choice(project))
    parts = [part for song in contents["songs"] for part in song["parts"]]
    playing = {part["book"] for part in parts}
    scores = [("score", "Conductor scores")] if any(map(orders.is_read, parts)) else []
    return [(f"book-{b['book']}", b["name"]) for b in contents["books"] if b["book"] in playing] + scores


def picture(found: Leaf, *, width: int = WIDTH_PX) -> bytes:
    """The page as a PNG."""
    import pypdfium2

    out = io.BytesIO()
    with _PDFIUM:
        document = pypdfium2.PdfDocument(found.path)
        try:
            sheet = document[found.page - 1]
            image = sheet.render(scale=width / sheet.get_width(), grayscale=True).to_pil()
        finally:
            document.close()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _songs(contents: Mapping[str, Any], of: str) -> tuple[dict[Key, Mapping[str, Any]], str]:
    """The songs to page through, and the instrument's name; none for scores."""
    if of == "score":
        return {song["id"]: song for song in contents["songs"] if any(map(orders.is_read, song["parts"]))}, ""
    names = {book["book"]: book["name"] for book in contents["books"]}
    book = _book(of)
    if book not in names:
        raise Http404("There is no such book.")
    playing = {s["id"]: s for s in contents["songs"] if any(part["book"] == book for part in s["parts"])}
    return playing, names[book]


def _book(of: str) -> Key:
    kind, _, key = of.partition("-")
    try:
        return key_from(key) if kind == "book" else 0
    except ValueError:
        return 0


def _drawn(
    project: Project, chosen: Choices, contents: Mapping[str, Any], of: str, song: Key, name: str
) -> Path:  # fmt: skip
    cache = Cache(store.pages_folder(project.owner_id, project.pk))
    with _AT_ONCE:
        if song == COVER:
            words = {"title": contents["title"], "subtitle": contents["subtitle"], "instrument": name,
                     "player": _player(contents, of)}  # fmt: skip
            return cache.file(
                key_of("cover", chosen.style, words),
                lambda target: front_pages(target=target, style=chosen.style, **words),
            )
        told = next(one for one in contents["songs"] if one["id"] == song)
        try:
            order = prints.order(project.owner_id, contents, chosen, song=song)
            if isinstance(book := _book(of), str):
                order = replace(order, slices=prints.scans_of(project.owner_id, contents, book=book))
        except (StageError, JobError) as error:
            raise NotationError(error.message, hint=error.hint) from error
        if not name:
            found = song_of(replace(order, slices={}), told, chosen)
            return score_piece(found, style=chosen.score_style, turn=chosen.printed_turn, cache=cache)
        mine = {**told, "parts": [part for part in told["parts"] if part["name"] == name]}
        _, make = piece(part_of(song_of(order, mine, chosen), name), name, style=chosen.style, cache=cache)
        return make(never)


def _player(contents: Mapping[str, Any], of: str) -> str:
    book = _book(of)
    return next((str(chair["player"]) for chair in contents["chairs"] if chair["book"] == book), "")


def _of_set(project: Project, of: str, page: int) -> Leaf:
    found = of.split("-")
    if len(found) != 3 or not all(one.isdecimal() and len(one) < 18 for one in found[1:]):
        raise Http404("There is no such file.")
    made = PrintSet.objects.filter(project=project, pk=int(found[1])).exclude(file="").first()
    entry = next((one for one in made.printed if one["number"] == int(found[2])), None) if made else None
    if made is None or entry is None or not entry["is_pdf"]:
        raise Http404("There is no such file.")
    cache = Cache(store.pages_folder(project.owner_id, project.pk))

    def taken(target: Path) -> None:
        with made.file.storage.open(str(made.file.name), "rb") as archive:
            archive.seek(entry["at"])
            target.write_bytes(archive.read(entry["size"]))

    path = cache.file(key_of("file", made.sha256, entry["path"]), taken)
    count = int(entry["pages"])
    page = min(page, count) or count
    label = f"{entry['name']} · page {page} of {count}"
    before, after = ((0, page - 1) if page > 1 else None), ((0, page + 1) if page < count else None)
    return Leaf(of, 0, page, count, label, path, before, after)


def _count(path: Path) -> int:
    from notation.engrave.binder import count_pages

    return count_pages(path)
