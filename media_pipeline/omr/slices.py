"""Sorted pages as slices for the bindery: which strip of which page of which file belongs to which song."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from media_pipeline.artifacts import Media, PrintedPage, PrintPlan, Sheet, Sheets, SongHere
from notation.engrave.rebind import Piece, Slice
from notation.printing.concert import files_of
from notation.printing.keys import Key
from notation.score.songlist import Told, same_songs

SKEWED = 1.5  # degrees: a page that lies so is printed as it was set upright, or a cut would go through its music
TOP = 0.03  # a song that begins above this begins at the top of the page
EMPTY = 0.14  # of a page without staves: less than this over the first mark is its margin
ASIDE = ("blank", "words", "unreadable")  # what is left out before the first song: covers, contents
BEGINNING, WHOLE = "Before the first song", "All pages"


def pieces_of(plan: PrintPlan, files: Sequence[Media], sheets: Sequence[Sheets]) -> list[Piece]:
    """Song by song in the order that most books have, under one title each where they spell it differently."""
    books = [(name, list(_songs(pages, files, sheets))) for name, pages in plan.books]
    pieces = []
    for row in same_songs([[Told(title, 0, "") for title, _, _ in songs] for _, songs in books]):
        here = [(books[book][0], *books[book][1][place]) for book, place in enumerate(row) if place is not None]
        title = Counter(said for _, said, _, _ in here).most_common(1)[0][0]
        pieces += [Piece(title, name, tuple(slices), composer) for name, _, composer, slices in here]
    return pieces


def unread_slices(
    contents: Mapping[str, Any], files: Sequence[Media], sheets: Sequence[Sheets]
) -> tuple[dict[tuple[Key, Key], tuple[Slice, ...]], list[str]]:
    """(song, book) -> strips, for the books of a set that nobody has read; sentences about what is strange in them.

    contents: of the set (notation/printing/order.py). files, sheets: those of `files_of(contents)`, in its order.
    Music before the first mark goes along with the song that is marked there: nobody has said yet whose it is. Songs
    that were put together are one, in the order of the pages.
    """
    place = {source: index for index, source in enumerate(files_of(contents))}
    titles = {song["id"]: song["title"] for song in contents["songs"]}
    found: dict[tuple[Key, Key], tuple[Slice, ...]] = {}
    notices = []
    for book in contents.get("unread", ()):
        pages = [
            PrintedPage(
                place[page["source"]], page["sheet"], page["turn"], tuple(SongHere(**start) for start in page["starts"])
            )
            for page in book["pages"]
        ]
        songs = [slices for _, _, slices in _songs(pages, files, sheets)]
        if len(songs) > len(book["songs"]):
            songs[:2] = [_joined(*songs[:2])]
            if (title := titles.get(book["songs"][0])) is not None:
                notices.append(f"{book['name']}: what stands before its first song is printed with “{title}”.")
        for song, slices in zip(book["songs"], songs, strict=True):
            if song is not None:
                before = found.get((song, book["book"]))
                found[song, book["book"]] = tuple(_joined(before, slices) if before else slices)
    return found, notices


def _joined(before: Sequence[Slice], after: Sequence[Slice]) -> list[Slice]:
    """Strips after others; a page that was cut between the two is whole again."""
    last, first = before[-1], after[0]
    if replace(last, top=0.0, bottom=1.0) == replace(first, top=0.0, bottom=1.0) and last.bottom == first.top:
        return [*before[:-1], replace(first, top=last.top), *after[1:]]
    return [*before, *after]


def _songs(
    pages: Sequence[PrintedPage], files: Sequence[Media], sheets: Sequence[Sheets]
) -> Iterator[tuple[str, str, list[Slice]]]:
    """(title, composer, slices) of each song of a book."""
    found: list[tuple[str, str, list[Slice]]] = []
    marked = any(not song.tacet for page in pages for song in page.songs)
    for page in pages:
        sheet = sheets[page.file].sheets[page.sheet]
        starts = [song for song in sorted(page.songs, key=lambda song: song.y) if not song.tacet]
        edges = [0.0 if song.y < TOP and not number else song.y for number, song in enumerate(starts)]
        first = edges[0] if edges else 1.0
        if first > 0 and (not edges or _music_above(sheet, first, turned=bool(page.turn))):
            if not found and (not marked or sheet.page.kind not in ASIDE):
                found.append((BEGINNING if marked else WHOLE, "", []))
            if found:
                found[-1][2].append(_slice(page, sheet, files, sheets, 0.0, first))
        for song, top, bottom in zip(starts, edges, [*edges, 1.0][1:], strict=True):
            found.append((song.title or "Untitled", song.composer, [_slice(page, sheet, files, sheets, top, bottom)]))
    yield from (one for one in found if one[2])


def _music_above(sheet: Sheet, y: float, *, turned: bool) -> bool:
    """Whether what stands over a mark belongs to the song before."""
    page, tall = sheet.page, _size(sheet)[1]
    if turned or not page.systems:
        return y > EMPTY
    return any(page.staves[system.staves[-1]].box.y1 < y * tall for system in page.systems)


def _slice(
    page: PrintedPage, sheet: Sheet, files: Sequence[Media], sheets: Sequence[Sheets], top: float, bottom: float
) -> Slice:
    file, seen = files[page.file], sheet.page
    top, bottom = round(top, 4), round(max(bottom, top + 0.01), 4)
    if seen.straightened or seen.mirrored or abs(seen.skew) > SKEWED:
        return Slice(sheet.picture, file.name, 0, top, bottom, page.turn)
    left, right = 0.0, 1.0
    if seen.half:
        if page.turn:  # the edge between the halves would lie elsewhere
            return Slice(sheet.picture, file.name, 0, top, bottom, page.turn)
        wide = {
            other.page.half: _size(other)[0] for other in sheets[page.file].sheets if other.page.sheet == seen.sheet
        }
        edge = wide["left"] / (wide["left"] + wide["right"]) if len(wide) == 2 else 0.5
        left, right = (0.0, edge) if seen.half == "left" else (edge, 1.0)
    return Slice(file.path, file.name, seen.sheet, top, bottom, (seen.turned + page.turn) % 360, left, right)


def _size(sheet: Sheet) -> tuple[int, int]:
    from PIL import Image

    with Image.open(sheet.picture) as image:
        return image.size
