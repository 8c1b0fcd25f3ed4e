"""Which song of one book is which of another: the books of a band hold the same songs, mostly in the same order.

    rows = same_songs([[Told("Sousa March", 64), …], …])     one row a song: its index in every book, None where absent

A title is worth most (notation/score/titles.py says when two are one); where it is only perhaps the same or nothing is
printed, the place among its neighbours and the number of bars decide. A book in another order than the rest is matched
by its titles alone. Titles of two pieces never stand in one row, however long the pieces are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from notation.score.titles import PERHAPS, alike

ALIKE = 0.8  # from which two titles are one
GAP = 0.35  # what leaving a song out costs: less than any match is worth that ought to be made
UNMEASURED = 0.6  # what a title that is perhaps the same keeps where nobody knows how long both are


@dataclass(frozen=True)
class Told:
    """What a book says of one of its songs."""

    title: str = ""
    bars: int = 0  # 0 where it has none: tacet, or not read
    metre: str = ""  # "4/4" where it begins, "" where unknown


def same_songs(books: Sequence[Sequence[Told]]) -> list[list[int | None]]:
    """Rows of indices, in the order in which most books have the songs; one column a book.

    Every song of every book stands in exactly one row. Books are taken from the longest to the shortest, so that a
    song which only some have finds its place between its neighbours.
    """
    rows: list[list[int | None]] = []
    for book in sorted(range(len(books)), key=lambda n: (-len(books[n]), n)):
        pairs = _pairs([_known(books, row) for row in rows], books[book])
        at = 0 if pairs else len(rows)
        for song in range(len(books[book])):
            if song in pairs:
                rows[pairs[song]][book] = song
                at = pairs[song] + 1
            else:
                rows.insert(at, [song if n == book else None for n in range(len(books))])
                pairs = {mine: row + (row >= at) for mine, row in pairs.items()}
                at += 1
    return rows


def likeness(a: Told, b: Told) -> float:
    """0..1: how likely two books mean one song, by what they say of it and not by where it stands."""
    if _named(a) and _named(b):
        said = alike(a.title, b.title)
        if said > PERHAPS or not a.bars or not b.bars:
            return said if said > PERHAPS else said * UNMEASURED
        return said if _same_length(a, b) else 0.0
    if not a.bars or not b.bars:
        return 0.4
    metre = 0.1 if a.metre and a.metre == b.metre else 0.0
    return (0.75 if _same_length(a, b) else 0.4) + metre


LOST = 2  # letters that a scanner may lose of one title


def lost_letters(title: str, other: str) -> bool:
    """Whether a title is another one of which a scanner lost a letter or two, and no figure."""
    one, whole = (plain(said).replace(" ", "") for said in (title, other))
    if not 0 < len(whole) - len(one) <= LOST or len(one) < 5 * LOST - 2:
        return False
    rest = iter(whole)
    return all(letter in rest for letter in one) and [c for c in one if c.isdigit()] == [
        c for c in whole if c.isdigit()
    ]


@lru_cache(maxsize=10_000)
def plain(title: str) -> str:
    """A title for comparing: small letters and digits, without accents, numbering and what stands in brackets."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", title.casefold()) if not unicodedata.combining(c))
    bare = re.sub(r"\([^)]*\)|^\s*(no\.?\s*)?\d{1,3}[.)\s]\s*", " ", bare)
    return " ".join(re.findall(r"\w+", bare)) or " ".join(re.findall(r"\w+", title.casefold()))


def _same_length(a: Told, b: Told) -> bool:
    return bool(a.bars and b.bars) and abs(a.bars - b.bars) <= max(1, 0.03 * max(a.bars, b.bars))


def _known(books: Sequence[Sequence[Told]], row: Sequence[int | None]) -> list[Told]:
    return [books[book][song] for book, song in enumerate(row) if song is not None]


def _pairs(rows: Sequence[Sequence[Told]], songs: Sequence[Told]) -> dict[int, int]:
    """Song of the book -> row. First titles that are certain, wherever they stand; then the rest, in order."""
    told = [list(dict.fromkeys(row)) for row in rows]
    worth = [[_worth(song, row) for row in told] for song in songs]
    found: dict[int, int] = {}
    taken: set[int] = set()
    certain = sorted(
        ((value, song, row) for song, line in enumerate(worth) for row, value in enumerate(line)),
        key=lambda one: (-one[0], abs(one[1] - one[2])),
    )
    for value, song, row in certain:
        titled = _named(songs[song]) and any(map(_named, told[row]))
        if value >= ALIKE and titled and song not in found and row not in taken:
            found[song] = row
            taken.add(row)
    left, free = [n for n in range(len(songs)) if n not in found], [n for n in range(len(rows)) if n not in taken]
    for song, row in _aligned(left, free, worth):
        # Between songs that are certain nothing may cross.
        if all((song < other) == (row < place) for other, place in found.items()):
            found[song] = row
    return found


def _worth(song: Told, row: Sequence[Told]) -> float:
    """How likely a song is that of a row: by the titles where both have any; one that is perhaps the same must not be
    another one's beside it."""
    said = [likeness(song, told) for told in row if _named(told)] if _named(song) else []
    if not said:
        return max(likeness(song, told) for told in row)
    return max(said) if max(said) >= ALIKE or min(said) > 0 else 0.0


def _named(told: Told) -> bool:
    return bool(plain(told.title))


def _aligned(left: Sequence[int], free: Sequence[int], worth: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs in order that are worth most together (Needleman and Wunsch 1970)."""
    best = [[0.0] * (len(free) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(free) - 1, -1, -1):
            both = worth[left[i]][free[j]] - GAP
            best[i][j] = max(best[i + 1][j], best[i][j + 1], both + best[i + 1][j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(left) and j < len(free):
        both = worth[left[i]][free[j]] - GAP
        if both > 0 and best[i][j] == both + best[i + 1][j + 1]:
            pairs.append((left[i], free[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs
