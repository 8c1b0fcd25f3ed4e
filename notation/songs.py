"""What people do to songs: split, put together, move a boundary, say that two are one, delete, name, order.

Every verb is one step that can be taken back (notation/undo.py), and every part that it changes gets a revision.
Whoever looks at bars says which revision of the part she saw; where somebody was quicker nothing is done (Overtaken).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from accounts.models import User
from notation import books, reading_cut, services
from notation.cells import Held, cell_title, held
from notation.filing import file, put_behind, read_of, summary
from notation.models import Book, Score, Song
from notation.musicxml import NotationError, tree
from notation.musicxml.cut import bars_of, chain, cut
from notation.musicxml.read import read
from notation.places import neighbours
from notation.score.check import align
from notation.score.check.bars import read_part
from notation.undo import changing

TEXT = 200


# --- names and order ------------------------------------------------------------------------------------------------


def describe(
    song: Song, *, author: User | None, title: str | None = None, composer: str | None = None, tempo: str | None = None
) -> Song:
    """Title, composer, tempo; None leaves one as it is. NotationError for a title without a letter."""
    wanted = {"composer": _line(composer, 200), "tempo": _line(tempo, 100)}
    new_title = _line(title, 200)
    differing = {name: text for name, text in wanted.items() if text is not None and text != getattr(song, name)}
    names = [*(["title"] if new_title is not None and new_title != song.title else []), *differing]
    if new_title == "":
        raise NotationError("A song needs a title.", hint="Type one.")
    if not names:
        return song
    with changing(song.project, author=author, text=f"“{song.title}”: {' and '.join(names)} changed"):
        if "title" in names and new_title is not None:
            books.rename_song(song, title=new_title)
        for name, text in differing.items():
            setattr(song, name, text)
        song.save(update_fields=list(differing)) if differing else None
    return song


def move(song: Song, *, to: int, author: User | None) -> None:
    """To this place of the order, from 0; past the end is the end."""
    with changing(song.project, author=author, text=f"“{song.title}” moved"):
        books.move_song(song, to=to)


def delete(song: Song, *, author: User | None) -> None:
    """The song and what every book has of it; nothing is lost, and taking the change back brings it again."""
    with changing(song.project, author=author, text=f"“{song.title}” deleted"):
        Score.objects.filter(song=song).update(removed=True)
        _remove(song, Song.Removed.DELETED)


def delete_cell(score: Score, *, author: User | None) -> None:
    """What one book has of a song; a song that no book has any more goes along."""
    song, book = _placed(score)
    with changing(score.project, author=author, text=f"“{song.title}” deleted from {book.instrument}"):
        Score.objects.filter(pk=score.pk).update(removed=True)
        if not Score.objects.filter(song=song).exists():
            _remove(song, Song.Removed.DELETED)


# --- bars from one song to another ----------------------------------------------------------------------------------


def split(
    score: Score, *, at: int, revision: int, title: str = "", everywhere: bool = False, author: User | None
) -> tuple[Song, list[str]]:
    """A new song from bar `at` (index in the document) of this part on: in this book, or in all that have the song.

    In the other books it begins at the bar that belongs beside this one. Returns the new song, right after the old
    one, and sentences on what the new bar line cuts through. NotationError where a half would be empty, Overtaken.
    """
    song, _ = _placed(score)
    name = _line(title, TEXT) or _free_name(song)
    said: list[str] = []
    with changing(score.project, author=author, text=f"“{song.title}” split at bar {at + 1}: “{name}”"):
        row = held(score.project, song=song)
        mine = _of(row, score, revision)
        roots = {one.score.pk: read(one.document()) for one in (row if everywhere else [mine])}
        starts = cuts(roots, mine.score.pk, at)
        new = Song.objects.create(
            project=score.project, title=name, composer=song.composer, order=song.order + 1, printed=""
        )
        _make_room(new)
        for one in row:
            begins = starts.get(one.score.pk)
            if begins is None:
                continue
            if begins == 0 and one.score.pk != mine.score.pk:
                _move(one, new)
                continue
            halves = cut(roots[one.score.pk], at=begins, title=name)
            said += _told(one, halves.crossing)
            before, after = reading_cut.halves(read_of(one, begins + len(bars_of(halves.after))), at=begins)
            file(one, halves.before, before, reason=f"“{name}” begins at bar {begins + 1}", author=author)
            services.create_score(
                score.project,
                title=cell_title(new, one.book),
                document=tree.to_bytes(halves.after),
                reason=f"Split from “{song.title}”, bar {begins + 1}",
                kind=books.KIND,
                source=one.score.source,
                author=author,
                summary=summary(halves.after, after),
                reading=after,
                song=new,
                book=one.book,
            )
    return new, said


def cuts(roots: Mapping[int, etree._Element], which: int, at: int) -> dict[int, int | None]:
    """Of each part the bar that belongs beside bar `at` of part `which`; None where the part has ended before it."""
    parts = {str(key): read_part(root) for key, root in roots.items()}
    columns = align.columns(parts)
    place = next((n for n, column in enumerate(columns) if column.get(str(which)) == at), len(columns))
    found: dict[int, int | None] = {}
    for key in roots:
        found[key] = next((column[str(key)] for column in columns[place:] if str(key) in column), None)
    found[which] = at
    return found


def move_boundary(score: Score, *, by: int, revision: int, other: int, author: User | None) -> list[str]:
    """The song of this part begins `by` bars later in its book (earlier where negative).

    Its first bars go to the song before it, or the last bars of that one come to it. other: the revision of the song
    before that was seen. Returns sentences on what the new bar line cuts through. NotationError, Overtaken.
    """
    song, book = _placed(score)
    bars = "1 bar" if abs(by) == 1 else f"{abs(by)} bars"
    text = f"“{song.title}” begins {bars} {'later' if by > 0 else 'earlier'} in {book.instrument}"
    with changing(score.project, author=author, text=text):
        mine = _of(held(score.project, song=song), score, revision)
        before = neighbours(mine)[0]
        if before is None:
            raise NotationError(
                f"“{song.title}” is the first song of {book.instrument}: no other song stands before it.",
                hint="Split it instead.",
            )
        _of([before], before.score, other)
        first, second = read(before.document()), read(mine.document())
        had, has = len(bars_of(first)), len(bars_of(second))
        if by == 0:
            return []
        if by >= has or -by >= had:
            empty = song if by > 0 else before.song
            left = has if by > 0 else had
            raise NotationError(
                f"“{empty.title}” has {left} {'bar' if left == 1 else 'bars'} in {book.instrument}: it would be empty.",
                hint="Put the two songs together instead, or delete one.",
            )
        whole = chain(first, second)
        reading = reading_cut.chained(read_of(before, had), read_of(mine, has), seam=had, renamed=whole.renamed)
        halves = cut(whole.root, at=had + by)
        _take_head(halves.after, second)
        parts = reading_cut.halves(reading, at=had + by)
        file(before, halves.before, parts[0], reason=text, author=author)
        file(mine, halves.after, parts[1], reason=text, author=author)
        return _told(mine, halves.crossing)


def merge(song: Song, *, following: Song, author: User | None) -> None:
    """The second song's music after the first's, in every book that has either; the second is no song any more."""
    if song.pk == following.pk or song.project_id != following.project_id:
        raise NotationError("A song cannot be put together with itself.", hint="Choose another one.")
    text = f"“{following.title}” put behind “{song.title}”"
    with changing(song.project, author=author, text=text):
        mine = {one.book.pk: one for one in held(song.project, song=song)}
        for one in held(song.project, song=following):
            before = mine.get(one.book.pk)
            if before is None:
                _move(one, song)
                continue
            put_behind(before, one, reason=text, author=author)
        _remove(following, Song.Removed.MERGED)


def same_as(song: Song, *, other: Song, book: Book | None = None, author: User | None) -> None:
    """What is called `song` is the same piece as `other`: its parts, or that of one book, go there.

    NotationError where a book has a part of both.
    """
    if song.pk == other.pk or song.project_id != other.project_id:
        raise NotationError("This is the same song already.", hint="Choose another one.")
    where = f" in {book.instrument}" if book is not None else ""
    with changing(song.project, author=author, text=f"“{song.title}” is “{other.title}”{where}"):
        row = [one for one in held(song.project, song=song) if book is None or one.book.pk == book.pk]
        taken = {one.book.pk for one in held(song.project, song=other)}
        if both := [one.book.instrument for one in row if one.book.pk in taken]:
            raise NotationError(
                f"{_list(both)} {'has' if len(both) == 1 else 'have'} a part of “{song.title}” and one of "
                f"“{other.title}”, so they are two pieces there.",
                hint="Put them together one after the other, or delete one of the two parts.",
            )
        if not row:
            raise NotationError(f"No book has a part of “{song.title}” there.", hint="Choose another one.")
        for one in row:
            _move(one, other)
        if not Score.objects.filter(song=song).exists():
            _remove(song, Song.Removed.MERGED)


# --- small moves ----------------------------------------------------------------------------------------------------


def _placed(score: Score) -> tuple[Song, Book]:
    if score.song is None or score.book is None:
        raise NotationError("This score is no part of a song of part books.", hint="Choose one of the table.")
    return score.song, score.book


def _of(row: Sequence[Held], score: Score, revision: int) -> Held:
    """The part as it stands, if it is still as it was seen."""
    one = next((one for one in row if one.score.pk == score.pk), None)
    if one is None:
        raise NotationError("Somebody removed this part meanwhile.", hint="Look at the songs again.", permanent=False)
    if one.revision.number != revision:
        raise services.Overtaken(one.revision)
    return one


def _move(one: Held, song: Song) -> None:
    """A part as another song's. One that was thrown away there makes room."""
    had = cell_title(one.song, one.book)
    title = cell_title(song, one.book) if one.score.title == had else one.score.title
    Score.objects.filter(pk=one.score.pk).update(song=song, title=title)


def _remove(song: Song, why: str) -> None:
    Song.objects.filter(pk=song.pk).update(removed=why)
    books.number(list(Song.objects.filter(project=song.project_id)))


def _make_room(new: Song) -> None:
    """A song that was made stands where its order says, those behind it one further."""
    others = [song for song in Song.objects.filter(project=new.project_id) if song.pk != new.pk]
    others.insert(new.order, new)
    books.number(others)


def _free_name(song: Song) -> str:
    taken = set(Song.objects.filter(project=song.project_id).values_list("title", flat=True))
    name = f"{song.title}, second part"[:TEXT]
    number = 2
    while name in taken:
        number += 1
        name = f"{song.title}, part {number}"[:TEXT]
    return name


def _take_head(root: etree._Element, head: etree._Element) -> None:
    """Title, makers and words of another document's first page."""
    for tag in ("work", "movement-number", "movement-title", "identification", "defaults", "credit", "part-list"):
        for old in root.findall(tag):
            root.remove(old)
    for child in reversed([child for child in head if child.tag != "part"]):
        root.insert(0, tree.copy(child))
    part, entry = root.find("part"), root.find("part-list/score-part")
    if part is not None and entry is not None:
        part.set("id", entry.get("id") or "P1")


def _told(one: Held, crossing: Sequence[str]) -> list[str]:
    if not crossing:
        return []
    return [f"{one.book.instrument}: {_list(crossing)} went over this bar line and is cut: look at both sides of it."]


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _line(text: str | None, most: int) -> str | None:
    return None if text is None else " ".join(text.split())[:most]
