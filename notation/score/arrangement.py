"""How the pages of a set of part books are sorted: books of leaves, songs that begin on them. Pure values.

A leaf is a page as the page reader set it upright, known by its file and its place there. Every leaf is in one book.
Each verb gives a new arrangement, or raises NotationError in words for the user. `difference` and `applied` are how a
step is undone and done again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from notation.musicxml import NotationError

LONGEST_NAME, LONGEST_TITLE = 100, 200
MOST_STARTS = 12  # songs that begin on one page
NEAR = 0.015  # of a page's height: marks as near as this are one


@dataclass(frozen=True, order=True)
class Start:
    """Here a song begins."""

    y: float  # share of the page's height, 0 at the top of the page as it is shown
    title: str = ""
    composer: str = ""
    tacet: bool = False  # the book only names it

    @property
    def percent(self) -> float:
        return round(100 * self.y, 2)


@dataclass(frozen=True)
class Leaf:
    source: int  # of the file
    sheet: int  # index of the page in the file as it was set upright, from 0
    turn: int = 0  # by hand: 0, 90, 180 or 270 degrees clockwise
    out: bool = False  # left out: neither read nor printed
    starts: tuple[Start, ...] = ()  # from the top

    @property
    def id(self) -> str:
        return f"{self.source}-{self.sheet}"


@dataclass(frozen=True)
class Sheaf:
    """A book: leaves in order under the name of whoever plays from it."""

    id: str
    name: str
    leaves: tuple[Leaf, ...] = ()
    named: bool = False  # by hand
    why: str = ""  # what its name was understood from, or what is strange about it

    @property
    def kept(self) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in self.leaves if not leaf.out)

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(start.title for leaf in self.kept for start in leaf.starts if start.title)


@dataclass(frozen=True)
class Arrangement:
    books: tuple[Sheaf, ...] = ()
    made: int = 0  # books so far; the next one's id
    looked: tuple[int, ...] = field(default=())  # files whose pages are in it, or were

    def book(self, id: str) -> Sheaf:
        found = next((book for book in self.books if book.id == id), None)
        if found is None:
            raise NotationError("This book is not there any more.", hint="Look at the pages as they are sorted now.")
        return found

    def leaf(self, id: str) -> Leaf:
        return self._place(id)[1]

    def book_of(self, id: str) -> Sheaf:
        return self._place(id)[0]

    def _place(self, id: str) -> tuple[Sheaf, Leaf]:
        for book in self.books:
            for leaf in book.leaves:
                if leaf.id == id:
                    return book, leaf
        raise NotationError("This page is not there any more.", hint="Look at the pages as they are sorted now.")

    def leaves(self) -> Iterator[Leaf]:
        return (leaf for book in self.books for leaf in book.leaves)


# --- pages ----------------------------------------------------------------------------------------------------------


def move(arranged: Arrangement, *, leaves: Collection[str], book: str, before: str = "") -> Arrangement:
    """Put leaves into a book, before one of its leaves or at its end; in the order in which they are now."""
    target = arranged.book(book)
    moved = _chosen(arranged, leaves)
    if before and before not in {leaf.id for leaf in target.leaves}:
        raise NotationError("This page is not in that book any more.")
    ids = {leaf.id for leaf in moved}
    after = [leaf.id for leaf in target.leaves]
    place = after.index(before) if before else len(after)
    behind = next((leaf for leaf in target.leaves[place:] if leaf.id not in ids), None)

    def put(one: Sheaf) -> Sheaf:
        rest = [leaf for leaf in one.leaves if leaf.id not in ids]
        if one.id == book:
            at = rest.index(behind) if behind is not None else len(rest)
            rest[at:at] = moved
        return replace(one, leaves=tuple(rest))

    return _tidy(replace(arranged, books=tuple(map(put, arranged.books))))


def apart(arranged: Arrangement, *, leaves: Collection[str], name: str = "") -> Arrangement:
    """A new book of these leaves, behind the book of the first."""
    moved = _chosen(arranged, leaves)
    home = arranged.book_of(moved[0].id)
    arranged, made = _new(arranged, _name(name) if name.strip() else _another(arranged, home.name), behind=home.id)
    return move(arranged, leaves=leaves, book=made)


def split(arranged: Arrangement, *, leaf: str, name: str = "") -> Arrangement:
    """The book ends before this leaf; it and what follows is a new book."""
    home = arranged.book_of(leaf)
    ids = [one.id for one in home.leaves]
    if ids[0] == leaf:
        raise NotationError(
            "The book begins with this page already.", hint="Choose the page that the next begins with."
        )
    return apart(arranged, leaves=ids[ids.index(leaf) :], name=name)


def turn(arranged: Arrangement, *, leaves: Collection[str], by: int) -> Arrangement:
    """Turn pages by hand, degrees clockwise. Where songs begin on them is then to be marked anew, but for the top."""
    if by % 90:
        raise NotationError("Pages are turned by 90, 180 or 270 degrees.")

    def turned(leaf: Leaf) -> Leaf:
        starts = tuple(replace(start, y=0.0) for start in leaf.starts[:1]) if by % 360 else leaf.starts
        return replace(leaf, turn=(leaf.turn + by) % 360, starts=starts)

    return _each(arranged, leaves, turned)


def leave_out(arranged: Arrangement, *, leaves: Collection[str], out: bool = True) -> Arrangement:
    return _each(arranged, leaves, lambda leaf: replace(leaf, out=bool(out)))


def begin(
    arranged: Arrangement, *, leaf: str, y: float = 0.0, title: str = "", composer: str = "", tacet: bool = False,
    at: float | None = None,
) -> Arrangement:  # fmt: skip
    """A song begins on this leaf at this height. at: where the mark stands that is changed by this."""
    y = min(max(float(y), 0.0), 0.99) if float(y) == float(y) else 0.0
    title, composer = _words(title), _words(composer)

    def marked(one: Leaf) -> Leaf:
        rest = [start for start in one.starts if at is None or abs(start.y - at) > NEAR]
        rest = [start for start in rest if abs(start.y - y) > NEAR]
        if len(rest) >= MOST_STARTS:
            raise NotationError(f"At most {MOST_STARTS} songs begin on one page.")
        return replace(one, starts=tuple(sorted([*rest, Start(round(y, 4), title, composer, bool(tacet))])))

    return _each(arranged, [leaf], marked)


def no_beginning(arranged: Arrangement, *, leaf: str, at: float) -> Arrangement:
    """No song begins at this mark."""

    def unmarked(one: Leaf) -> Leaf:
        rest = tuple(start for start in one.starts if abs(start.y - at) > NEAR)
        if len(rest) == len(one.starts):
            raise NotationError("No song begins there.")
        return replace(one, starts=rest)

    return _each(arranged, [leaf], unmarked)


def instead(
    arranged: Arrangement, *, leaf: str, source: int, sheet: int = 0, unseen: bool = False
) -> Arrangement:  # fmt: skip
    """Another page takes the place of a leaf: its place in the book and the songs that begin on it stay.

    unseen: nobody could see what was on the old page, so the new file is yet to be looked at for songs.
    """
    new = Leaf(source, sheet)
    if any(one.source == source for one in arranged.leaves()):
        raise NotationError("The pages of this file are sorted already.", hint="Move the page there instead.")
    home = arranged.book_of(leaf)
    found = [replace(new, starts=one.starts) if one.id == leaf else one for one in home.leaves]
    looked = arranged.looked if unseen else tuple(dict.fromkeys([*arranged.looked, source]))
    return replace(_with(arranged, replace(home, leaves=tuple(found))), looked=looked)


# --- books ----------------------------------------------------------------------------------------------------------


def rename(arranged: Arrangement, *, book: str, name: str) -> Arrangement:
    return _with(arranged, replace(arranged.book(book), name=_name(name), named=True, why=""))


def merge(arranged: Arrangement, *, book: str) -> Arrangement:
    """Put a book behind the one before it, as one."""
    at = arranged.books.index(arranged.book(book))
    if not at:
        raise NotationError("There is no book before this one.")
    before = arranged.books[at - 1]
    joined = replace(before, leaves=(*before.leaves, *arranged.books[at].leaves))
    return replace(arranged, books=(*arranged.books[: at - 1], joined, *arranged.books[at + 1 :]))


def move_book(arranged: Arrangement, *, book: str, to: int) -> Arrangement:
    """Put a book at this place, from 0; past the end is the end."""
    mine = arranged.book(book)
    rest = [one for one in arranged.books if one.id != book]
    rest.insert(min(max(int(to), 0), len(rest)), mine)
    return replace(arranged, books=tuple(rest))


def add(
    arranged: Arrangement, *, name: str, leaves: Sequence[Leaf], place: int | None = None, why: str = ""
) -> Arrangement:
    """A book of leaves that are new, at this place or at the end."""
    arranged, id = _new(arranged, _another(arranged, name, first=True), behind=None, place=place)
    return _with(arranged, replace(arranged.book(id), leaves=tuple(leaves), why=why))


def whole(arranged: Arrangement, books: Sequence[Sheaf]) -> Arrangement:
    """The same leaves in other books. NotationError where one is missing, twice or unknown."""
    there, asked = {leaf.id for leaf in arranged.leaves()}, [leaf.id for book in books for leaf in book.leaves]
    if len(asked) != len(set(asked)):
        raise NotationError("A page cannot be in two places.")
    if unknown := set(asked) - there:
        raise NotationError(f"There is no page {min(unknown)} in this project.")
    if missing := there - set(asked):
        raise NotationError(f"Page {min(missing)} is in no book.", hint="Leave pages out with left_out instead.")
    made, found = arranged.made, []
    for book in books:
        if not book.id or book.id not in {one.id for one in arranged.books}:
            made += 1
            book = replace(book, id=f"b{made}")
        for leaf in book.leaves:
            if leaf.turn not in (0, 90, 180, 270) or len(leaf.starts) > MOST_STARTS:
                raise NotationError(f"Page {leaf.id} cannot be so.", hint="Turns are 0, 90, 180 or 270 degrees.")
        found.append(replace(book, name=_name(book.name)))
    if len({book.id for book in found}) != len(found):
        raise NotationError("Two books cannot be the same one.")
    return _tidy(replace(arranged, books=tuple(found), made=made))


# --- steps back and forth -------------------------------------------------------------------------------------------

Delta = dict[str, Any]  # {"order": ids of the books, "books": {id: book, or None where there is none}}


def difference(before: Arrangement, after: Arrangement) -> tuple[Delta, Delta]:
    """(what leads back, what leads there): the books that differ, and the order of all."""
    old, new = ({book.id: book for book in one.books} for one in (before, after))
    ids = [id for id in dict.fromkeys([*old, *new]) if old.get(id) != new.get(id)]

    def one_way(books: Mapping[str, Sheaf]) -> Delta:
        return {"order": list(books), "books": {id: _told(books[id]) if id in books else None for id in ids}}

    return one_way(old), one_way(new)


def applied(arranged: Arrangement, delta: Delta, *, against: Delta) -> Arrangement:
    """A step taken. against: the other way, which tells what pages this one takes away on purpose.

    Pages that came after the step was made are in neither; they stay.
    """
    books = {book.id: book for book in arranged.books}
    for id, told in delta["books"].items():
        if told is None:
            books.pop(id, None)
        else:
            books[id] = _book_from(told)
    order = [id for id in delta["order"] if id in books]
    order += [id for id in books if id not in order]
    found = replace(arranged, books=tuple(books[id] for id in order))
    meant = {leaf.id for told in against["books"].values() if told for leaf in _book_from(told).leaves}
    there = {leaf.id for leaf in found.leaves()}
    for book in arranged.books:
        lost = tuple(leaf for leaf in book.leaves if leaf.id not in there | meant)
        if lost and book.id in books:
            found = _with(found, replace(found.book(book.id), leaves=(*found.book(book.id).leaves, *lost)))
        elif lost:
            found = add(found, name=book.name, leaves=lost, why=book.why)
    return found


def only(arranged: Arrangement, sources: Collection[int]) -> Arrangement:
    """Without pages of files that are gone."""
    if all(leaf.source in sources for leaf in arranged.leaves()):
        return arranged
    books = tuple(
        replace(book, leaves=tuple(leaf for leaf in book.leaves if leaf.source in sources)) for book in arranged.books
    )
    return _tidy(replace(arranged, books=books))


def to_json(arranged: Arrangement) -> dict[str, Any]:
    return {"books": [_told(book) for book in arranged.books], "made": arranged.made, "looked": list(arranged.looked)}


def from_json(told: Mapping[str, Any]) -> Arrangement:
    books = tuple(_book_from(book) for book in told.get("books", ()))
    return Arrangement(books, int(told.get("made", 0)), tuple(told.get("looked", ())))


def _told(book: Sheaf) -> dict[str, Any]:
    return asdict(book)


def _book_from(told: Mapping[str, Any]) -> Sheaf:
    leaves = tuple(
        Leaf(**{**leaf, "starts": tuple(Start(**start) for start in leaf["starts"])}) for leaf in told["leaves"]
    )
    return Sheaf(**{**told, "leaves": leaves})


# --- help -----------------------------------------------------------------------------------------------------------


def _chosen(arranged: Arrangement, ids: Collection[str]) -> list[Leaf]:
    found = [leaf for leaf in arranged.leaves() if leaf.id in set(ids)]
    if not found or len(found) != len(set(ids)):
        raise NotationError(
            "Some of these pages are not there any more." if ids else "Choose a page first.",
            hint="Look at the pages as they are sorted now." if ids else "",
        )
    return found


def _each(arranged: Arrangement, ids: Collection[str], change: Any) -> Arrangement:
    chosen = {leaf.id for leaf in _chosen(arranged, ids)}

    def changed(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
        return tuple(change(leaf) if leaf.id in chosen else leaf for leaf in leaves)

    return replace(arranged, books=tuple(replace(book, leaves=changed(book.leaves)) for book in arranged.books))


def _with(arranged: Arrangement, book: Sheaf) -> Arrangement:
    return replace(arranged, books=tuple(book if one.id == book.id else one for one in arranged.books))


def _new(arranged: Arrangement, name: str, *, behind: str | None, place: int | None = None) -> tuple[Arrangement, str]:
    made = Sheaf(f"b{arranged.made + 1}", name)
    books = list(arranged.books)
    if behind is not None:
        place = next(at for at, book in enumerate(books) if book.id == behind) + 1
    books.insert(len(books) if place is None else place, made)
    return replace(arranged, books=tuple(books), made=arranged.made + 1), made.id


def _another(arranged: Arrangement, name: str, *, first: bool = False) -> str:
    """The name, with a number where it is taken; first: as it stands where it is free."""
    name = " ".join(name.split())[:LONGEST_NAME] or "Book"
    taken = {book.name for book in arranged.books}
    if first and name not in taken:
        return name
    return next(f"{name} ({n})" for n in range(2, 10_000) if f"{name} ({n})" not in taken)


def _tidy(arranged: Arrangement) -> Arrangement:
    """Without books that have no page left."""
    return replace(arranged, books=tuple(book for book in arranged.books if book.leaves))


def _name(name: str) -> str:
    wanted = _words(name)[:LONGEST_NAME].strip()
    if not wanted:
        raise NotationError("A book needs a name.", hint="Type the instrument that plays from it.")
    return wanted


def _words(text: str) -> str:
    """On one line, without what no database takes."""
    text = str(text).replace("\0", "").encode("utf-8", "ignore").decode()
    return " ".join(text.split())[:LONGEST_TITLE]
