"""Where the songs of a book begin and end, what they are called, and whose part it is.

A book is read from the top of its first page to the foot of its last. A song begins at the first system under a title;
a title is passed over where it only repeats the song that is going on (a running header), or stands in mid-page
although the music before it has not ended. A title without music but with "tacet" is a song of its own.
Movements ("II. Adagio") belong to the song around them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from statistics import median

from media_pipeline.omr.instruments import Instrument, from_file_name, read_instrument, unnamed
from media_pipeline.omr.model import Line, Page
from media_pipeline.omr.words import Word

ENDS = ("bar.f", "bar.rep")  # bar lines that a song may end with
ALIKE = 88  # of 100: titles as alike as this are one, as a scanner may slip
SURE = 0.8  # of a title, from which on it may be of any size
SMALL = 0.75  # of the height of the sure titles of its book: what is unsure and smaller is none


@dataclass(frozen=True, order=True)
class Spot:
    """A system of a book."""

    page: int  # index into the book's pages
    system: int  # index into Page.systems


@dataclass(frozen=True)
class Song:
    title: str  # "" where none is printed
    first: Spot | None  # None: tacet, or its page is missing
    last: Spot | None  # inclusive
    page: int  # where its title stands
    instrument: Instrument
    subtitle: str = ""
    composer: str = ""
    arranger: str = ""
    lyricist: str = ""
    tacet: bool = False
    movements: tuple[tuple[Spot, str], ...] = ()

    def holds(self, spot: Spot) -> bool:
        return self.first is not None and self.last is not None and self.first <= spot <= self.last


@dataclass
class _Heading:
    """Words over a system that has not come yet."""

    page: int = 0
    titles: list[Word] = field(default_factory=list)
    others: list[Word] = field(default_factory=list)

    def texts(self, role: str) -> str:
        return " · ".join(dict.fromkeys(word.text for word in self.others if word.role == role))

    @property
    def title(self) -> str:
        """The tallest line and those beside it of nearly its size: "The Stars and", "Stripes Forever"."""
        if not self.titles:
            return ""
        tallest = max(word.height for word in self.titles)
        return _tidy(" ".join(word.text for word in self.titles if word.height > 0.8 * tallest))

    @property
    def below_title(self) -> str:
        tallest = max((word.height for word in self.titles), default=0.0)
        small = [word.text for word in self.titles if word.height <= 0.8 * tallest]
        return " ".join([*small, self.texts("subtitle")]).strip()

    @property
    def instrument(self) -> Instrument | None:
        return next((word.instrument for word in self.others if word.instrument and word.staff is None), None)


def find_songs(
    pages: Sequence[Page],
    words: Sequence[Sequence[Word]],
    lines: Sequence[Line] = (),
    *,
    file_names: Sequence[str | PurePath] = (),
) -> list[Song]:
    """The songs of a book in order. `words`: of each page (words.read_words); `lines`: what has been read, if it has.

    Every system belongs to exactly one song. A book without any music or tacet has none.
    """
    book = whose(pages, words, lines, file_names=file_names)
    ends, metres = _ends(lines), {Spot(line.page, line.system) for line in lines if line.time}
    songs: list[Song] = []
    heading = _Heading()
    least = SMALL * median(_heights(words) or [0.0])
    before: Spot | None = None
    for page_index, item in _in_order(pages, words):
        if isinstance(item, Word):
            if item.role == "tacet":
                tacet = _tacet(item, heading, page_index, book)
                if tacet is not None:
                    songs.append(tacet)
                    heading = _Heading()
            elif item.role == "title":
                if item.confidence >= SURE or item.height >= least:
                    heading.titles.append(item)
                    heading.page = page_index
            else:
                heading.others.append(item)
            continue
        spot = item
        going_on = songs[-1] if songs and not songs[-1].tacet else None
        top = before is None or before.page != spot.page
        if going_on is None or _begins(heading, going_on, before, spot, top=top, ends=ends, metres=metres):
            songs.append(
                Song(
                    title=heading.title or ("" if songs else _running(words[spot.page])),
                    first=spot,
                    last=spot,
                    page=heading.page if heading.titles else spot.page,
                    instrument=heading.instrument or book,
                    subtitle=heading.below_title,
                    composer=heading.texts("composer"),
                    arranger=heading.texts("arranger"),
                    lyricist=heading.texts("lyricist"),
                )
            )
        songs[-1] = replace(songs[-1], last=spot)
        for word in heading.others:
            if word.role == "movement":
                songs[-1] = replace(songs[-1], movements=(*songs[-1].movements, (spot, word.text)))
        heading, before = _Heading(), spot
    return songs


def _heights(words: Sequence[Sequence[Word]]) -> list[float]:
    """Of the titles of a book that are sure."""
    return [word.height for page in words for word in page if word.role == "title" and word.confidence >= SURE]


def _in_order(pages: Sequence[Page], words: Sequence[Sequence[Word]]) -> Iterator[tuple[int, Word | Spot]]:
    """Headings and systems of a book from top to bottom. Covers and contents are left out."""
    roles = ("title", "subtitle", "movement", "composer", "arranger", "lyricist", "instrument", "tacet")
    for index, (page, on_page) in enumerate(zip(pages, words, strict=True)):
        if not page.systems and not any(word.role == "tacet" for word in on_page):
            continue
        items: list[tuple[float, int, Word | Spot]] = [
            (word.box.y0, 0, word) for word in on_page if word.role in roles and not _within(page, word)
        ]
        level = 0.0
        for number, system in enumerate(page.systems):
            level = max(level, page.staves[system.staves[0]].box.y0)  # what is beside another is read after it
            items.append((level, 1, Spot(index, number)))
        for _, _, item in sorted(items, key=lambda item: item[:2]):
            yield index, item


def _running(on_page: Sequence[Word]) -> str:
    """What the header of a page calls its piece, for a book whose first page is missing: "Quartet in A - Viola"."""
    header = next((word.text for word in on_page if word.role == "header"), "")
    pieces = [piece for piece in re.split(r"\s[-–—|·]\s", header) if not read_instrument(piece)]
    return _tidy(" – ".join(pieces)) if any(c.isalpha() for c in header) else ""


def _within(page: Page, word: Word) -> bool:
    """Whether a word stands amid a system of several staves, or is one of the music: "Trio tacet 1st time"."""
    middle = (word.box.y0 + word.box.y1) / 2
    for system in page.systems:
        top, bottom = page.staves[system.staves[0]].box.y0, page.staves[system.staves[-1]].box.y1
        if top < middle < bottom:
            return True
        space = page.staves[system.staves[0]].interline
        if word.role == "tacet" and top - 2.5 * space < middle < bottom + 4 * space:
            return True
    return False


def _begins(
    heading: _Heading,
    going_on: Song,
    before: Spot | None,
    spot: Spot,
    *,
    top: bool,
    ends: dict[Spot, str],
    metres: set[Spot],
) -> bool:
    """Whether a song begins at `spot`."""
    from rapidfuzz import fuzz

    over = before is not None and ends.get(before) in ENDS
    known = bool(ends) and before is not None and before in ends
    title = heading.title
    if not title:
        # a heading without a title: the music before has ended, a composer is named and a metre printed
        return top and over and spot in metres and bool(heading.texts("composer"))
    same = fuzz.ratio(_plain(title), _plain(going_on.title)) >= ALIKE or (
        len(_plain(going_on.title)) >= 6 and fuzz.partial_ratio(_plain(title), _plain(going_on.title)) >= 95
    )
    if same:
        # a running header; or the title page of the same song in another part's book
        other = heading.instrument
        return bool(
            other and over and (other.key, other.numbers) != (going_on.instrument.key, going_on.instrument.numbers)
        )
    if top:
        return not (known and not over and spot not in metres)
    return over or spot in metres or not known


def _tacet(word: Word, heading: _Heading, page: int, book: Instrument) -> Song | None:
    """A song in which this part has nothing to play; None for a movement's tacet, or one without a name."""
    title = heading.title or _tidy(re.sub(r"\W*\btac(et|ent|e)\b\W*", " ", word.text, flags=re.IGNORECASE))
    if not title:
        return None
    return Song(
        title=title,
        first=None,
        last=None,
        page=page,
        instrument=heading.instrument or book,
        subtitle=heading.below_title,
        composer=heading.texts("composer"),
        arranger=heading.texts("arranger"),
        lyricist=heading.texts("lyricist"),
        tacet=True,
    )


def _ends(lines: Sequence[Line]) -> dict[Spot, str]:
    """The bar line that each system ends with."""
    ends: dict[Spot, str] = {}
    for line in lines:
        tokens = [seen.token for bar in line.bars for seen in bar.tokens]
        bars = [token for token in tokens if token.startswith("bar.")]
        ends[Spot(line.page, line.system)] = bars[-1] if bars else ""
    return ends


def whose(
    pages: Sequence[Page],
    words: Sequence[Sequence[Word]],
    lines: Sequence[Line] = (),
    *,
    file_names: Sequence[str | PurePath] = (),
) -> Instrument:
    """Whose part a book is: by its headings, else by its file's name, else by its clef alone ("Treble clef part")."""
    clefs = Counter(line.clef for line in lines)
    clef = clefs.most_common(1)[0][0] if clefs else ""
    votes: Counter[tuple[str, str, tuple[int, ...], str]] = Counter()
    first: dict[tuple[str, str, tuple[int, ...], str], Instrument] = {}
    for on_page in words:
        for word in on_page:
            for found, weight in _namings(word, clef):
                key = (found.key, found.pitch, found.numbers, found.clef)
                votes[key] += round(100 * weight * found.sure)
                first.setdefault(key, found)
    if votes:
        return first[votes.most_common(1)[0][0]]
    for name in file_names:
        if found_in_name := from_file_name(name):
            return found_in_name
    return unnamed(clef)


def _namings(word: Word, clef: str) -> Iterator[tuple[Instrument, float]]:
    if word.role == "instrument" and (found := read_instrument(word.text, clef=clef) or word.instrument):
        yield found, 1.0 if word.staff is None else 0.4  # before a staff it may be short for anything
    elif word.role in ("header", "title", "subtitle"):  # "Summer Evening March - Clarinet 2"
        for piece in re.split(r"\s[-–—|]\s|[-–—]\s", word.text)[1:]:
            if found := read_instrument(piece, clef=clef):
                yield found, 0.7


def staff_names(words: Sequence[Word], staves: Sequence[int]) -> list[Instrument | None]:
    """The instruments named before the staves of a system, in their order."""
    named = {word.staff: word.instrument for word in words if word.role == "instrument" and word.staff is not None}
    return [named.get(staff) for staff in staves]


def grouped(books: Sequence[Sequence[Song]]) -> list[list[tuple[int, int]]]:
    """Songs of several books that are one piece: lists of (book, song), in the order of the fullest book.

    Titles that are alike go together, each book at most once to a piece but for a title printed twice; songs without a
    title go by their place, where the books are of equal length.
    """
    from rapidfuzz import fuzz

    groups: list[tuple[str, int, list[tuple[int, int]]]] = []  # plain title, place, members
    order = sorted(range(len(books)), key=lambda book: -len(books[book]))
    for book in order:
        for place, song in enumerate(books[book]):
            title = _plain(song.title)
            best: list[tuple[int, int]] | None = None
            nearest = float(ALIKE)
            for other, at, members in groups:
                taken = any(member[0] == book for member in members)
                if taken:
                    continue
                if not title or not other:
                    alike = 89.0 if at == place and len(books[book]) == len(books[members[0][0]]) else 0.0
                else:
                    alike = fuzz.ratio(title, other)
                if alike > nearest or (alike == nearest and best is None):
                    best, nearest = members, alike
            if best is None:
                groups.append((title, place, [(book, place)]))
            else:
                best.append((book, place))
    return [sorted(members) for _, _, members in groups]


def _tidy(title: str) -> str:
    return " ".join(title.split()).strip(" -–—.,:;·|")


def _plain(title: str) -> str:
    """For comparing: small letters and figures alone, without a number in front ("No. 3", "12.")."""
    title = re.sub(r"^\s*(?:(?:no|nr|n°|num)\.?\s*)?\d{1,3}[.):\s-]+(?=\D)", "", title, flags=re.IGNORECASE)
    title = unicodedata.normalize("NFKD", title.casefold().replace("ß", "ss"))
    return "".join(c for c in title if c.isalnum())
