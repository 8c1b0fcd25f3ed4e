"""What a first look at pages says of a set: which pages are one player's book, and where its songs begin.

Whoever sorts the pages afterwards has the last word; this is the proposal that she begins with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from media_pipeline.omr.instruments import Instrument, from_file_name
from media_pipeline.omr.model import Page
from media_pipeline.omr.songs import Song, Spot, find_songs, whose
from media_pipeline.omr.words import Word
from notation.score.arrangement import Start

SURE = 0.9  # of a heading that another player's book begins with
HEADING = ("title", "subtitle", "composer", "arranger", "lyricist", "instrument", "tacet", "movement")


@dataclass(frozen=True)
class FoundBook:
    name: str
    why: str  # in words: what says so
    pages: tuple[int, ...]  # indices into the pages that were looked at
    starts: tuple[tuple[Start, ...], ...]  # of each of them


def books_in(
    pages: Sequence[Page], words: Sequence[Sequence[Word]], tall: Sequence[int], *, file_name: str = ""
) -> list[FoundBook]:
    """The books that these pages hold, in their order: a new one where a head names another player.

    tall: the heights of their pictures. file_name: of the one file that they are; "" for pictures.
    """
    named = [_named(page, on_page) for page, on_page in zip(pages, words, strict=True)]
    books = []
    for first, after in _runs(named):
        mine, said = pages[first:after], words[first:after]
        instrument, why = next((one for one in named[first:after] if one), None), "by what its pages say"
        if instrument is None and file_name and (found := from_file_name(file_name)):
            instrument, why = found, f"by the name of “{file_name}”"
        if instrument is not None:
            name = instrument.name
        else:
            name, why = PurePath(file_name).stem or "Pictures", "nothing says for whom it is"
        starts = _starts(mine, said, tall[first:after], [file_name] if file_name else [])
        books.append(FoundBook(name, why, tuple(range(first, after)), tuple(starts)))
    return books


def _named(page: Page, words: Sequence[Word]) -> Instrument | None:
    """Whom the head of a page names; what stands before the staves of a score names one of many."""
    scored = {staff for system in page.systems if len(system.staves) > 1 for staff in system.staves}
    found = whose([page], [[word for word in words if word.role != "instrument" or word.staff not in scored]])
    return found if found.key != "part" and found.sure >= SURE else None


def _runs(named: Sequence[Instrument | None]) -> Iterator[tuple[int, int]]:
    first, mine = 0, None
    for at, one in enumerate(named):
        if one is not None and mine is not None and not _same(mine, one):
            yield first, at
            first, mine = at, one
        mine = mine or one
    if named:
        yield first, len(named)


def _same(book: Instrument, page: Instrument) -> bool:
    """Whether a page goes on with a book: its running head may leave out the number ("Clarinet" of Clarinet 1)."""
    numbers = page.numbers in (book.numbers, ())
    return (page.key, page.clef) == (book.key, book.clef) and numbers


def _starts(
    pages: Sequence[Page], words: Sequence[Sequence[Word]], tall: Sequence[int], names: Sequence[str]
) -> list[tuple[Start, ...]]:
    found: list[list[Start]] = [[] for _ in pages]
    tacets = [0] * len(pages)  # told so far, of each page
    for song in find_songs(pages, words, file_names=names):
        if song.first is not None:
            page = song.first.page
            y = _height(pages[page], words[page], song.first) / tall[page]
        else:
            page = song.page
            y = _tacet(words[page], tacets[page]) / tall[page] - 0.02
            tacets[page] += 1
        found[page].append(_start(song, y))
    for at, (one, on_page) in enumerate(zip(pages, words, strict=True)):
        if not one.systems and not found[at] and one.kind in ("tab", "chords", "handwriting", "music"):
            titles = [word for word in on_page if word.role == "title"]
            if titles:
                found[at].append(Start(0.0, " ".join(word.text for word in titles)[:200]))
    return [tuple(sorted(starts)) for starts in found]


def _start(song: Song, y: float) -> Start:
    return Start(round(min(max(y, 0.0), 0.99), 4), song.title[:200], song.composer[:200], song.tacet)


def _height(page: Page, words: Sequence[Word], spot: Spot) -> float:
    """Above the words over a system, under the system before it; pixels."""
    if not spot.system:
        return 0.0
    foot = page.staves[page.systems[spot.system - 1].staves[-1]].box.y1
    top = page.staves[page.systems[spot.system].staves[0]].box.y0
    over = [word.box.y0 for word in words if word.role in HEADING and foot < (word.box.y0 + word.box.y1) / 2 < top]
    space = page.staves[0].interline
    return max(foot, min(over) - 1.5 * space) if over else (foot + top) / 2


def _tacet(words: Sequence[Word], number: int) -> float:
    said = [word for word in words if word.role == "tacet"]
    return said[min(number, len(said) - 1)].box.y0 if said else 0.0


def spot_of(page: Page, tall: float, y: float) -> int:
    """The first system of a page at or below a height, by its middle; as many as it has where there is none.

    tall: of the page's picture, pixels; y: share of it.
    """
    for number, system in enumerate(page.systems):
        box = page.staves[system.staves[0]].box
        if (box.y0 + box.y1) / 2 > y * tall:
            return number
    return len(page.systems)
