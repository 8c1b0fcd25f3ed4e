"""The songs of a book whose owner says where they begin; what is printed says the rest about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from media_pipeline.artifacts import SongHere
from media_pipeline.omr.grouping import spot_of
from media_pipeline.omr.instruments import Instrument
from media_pipeline.omr.model import Page
from media_pipeline.omr.songs import Song, Spot


def planned_songs(
    found: Sequence[Song],
    pages: Sequence[Page],
    tall: Sequence[int],
    begins: Sequence[Sequence[SongHere]],
    book: Instrument,
) -> list[Song]:
    """The songs, every system in exactly one. Where nobody said that any begins they are those that were found.

    found: as the pages have them (find_songs). tall: the heights of the pages' pictures. begins: on each page.
    """
    if not any(begins):
        return list(found)
    spots = [Spot(page, system) for page, one in enumerate(pages) for system in range(len(one.systems))]
    printed = {song.first: song for song in found if song.first is not None}
    tacets = [song for song in found if song.tacet]
    marks: list[tuple[int, SongHere, int]] = []  # place in spots, what begins there, on which page it is marked
    for page, on_page in enumerate(begins):
        for song in sorted(on_page, key=lambda song: song.y):
            start = Spot(page, spot_of(pages[page], tall[page], song.y))
            marks.append((sum(spot < start for spot in spots), song, page))
    songs: list[Song] = []
    played = [(place, song, page) for place, song, page in marks if not song.tacet]
    if spots and (not played or played[0][0] > 0):
        songs.append(_song(SongHere(0.0, ""), spots[0], printed, found, book))
    for place, here, page in marks:
        if here.tacet:
            known = next((song for song in tacets if song.title == here.title), None)
            songs.append(known or Song(here.title, None, None, page, book, composer=here.composer, tacet=True))
        elif place < len(spots) and not (songs and songs[-1].first == spots[place]):
            songs.append(_song(here, spots[place], printed, found, book))
    with_music = [at for at, song in enumerate(songs) if song.first is not None]
    for at, after in zip(with_music, [*with_music[1:], None], strict=True):
        first = songs[at].first
        assert first is not None
        until = songs[after].first if after is not None else None
        mine = [spot for spot in spots if first <= spot and (until is None or spot < until)]
        movements = tuple((spot, text) for song in found for spot, text in song.movements if first <= spot <= mine[-1])
        songs[at] = replace(songs[at], last=mine[-1], movements=movements)
    return songs


def _song(here: SongHere, first: Spot, printed: dict[Spot, Song], found: Sequence[Song], book: Instrument) -> Song:
    """What is printed where it begins, under the title that its owner gave it."""
    known = printed.get(first)
    if known is None:
        around = next((song for song in found if song.holds(first)), None)
        instrument = around.instrument if around is not None else book
        return Song(here.title, first, first, first.page, instrument, composer=here.composer)
    return replace(known, title=here.title or known.title, composer=here.composer or known.composer)
