"""The same edit in all other books of a song: bar lines, repeats, endings, metres, keys, bars, marks that all share.

    plan(score, edit=…, before=3)          what it would do in every other book
    carry(score, edit=…, before=3, …)      do it: a revision of each book in which it does something

A bar of another book is found by its place where both have as many bars, else by what is written there
(score/check/align.py). Keys are carried over as they sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from accounts.models import User
from notation import editing, trees
from notation.cells import Held, held
from notation.models import Book, Revision, Score
from notation.musicxml import NotationError
from notation.score.check.align import columns
from notation.score.check.bars import Bar, read_part
from notation.score.edit import Edit, apply
from notation.score.edit.share import is_shared


@dataclass(frozen=True)
class There:
    """What an edit would do in another book, or did."""

    score: Score
    book: Book
    bar: int | None  # index in that book; None where it has no such bar
    does: bool  # whether it changes something there
    said: str  # in words
    edit: Edit | None = None
    revision: int = 0  # the newest of that book, as it was looked at


def plan(score: Score, *, edit: Edit, before: int) -> list[There]:
    """What `edit`, made on revision `before` of this part, would do in the other books of the song. Changes nothing."""
    if not is_shared(edit) or score.song is None:
        raise NotationError("This change is about one book alone.", hint="Make it in the other book itself.")
    mine = score.revisions.filter(number=before).first()
    if mine is None:
        raise NotationError(f"This part has no revision {before}.", hint="Reload the page.")
    bars = _bars(mine)
    if not 0 <= edit.bar < len(bars):
        raise NotationError(f"There is no bar {edit.bar + 1}.", hint="Reload the page.")
    rows = [one for one in held(score.project, song=score.song) if one.score.pk != score.pk]
    return [_there(one, edit, bars) for one in rows]


def carry(score: Score, *, edit: Edit, before: int, books: Sequence[int] | None, author: User | None) -> list[There]:
    """Do it in these books, None: in all; what was done in each. A book that somebody changed meanwhile is left."""
    done = []
    for one in plan(score, edit=edit, before=before):
        if not one.does or one.edit is None or (books is not None and one.book.pk not in books):
            continue
        try:
            made = editing.edit(one.score, edits=[one.edit], base=one.revision, author=author)
            done.append(replace(one, said=made.revision.reason, revision=made.revision.number))
        except NotationError as error:
            done.append(replace(one, does=False, said=error.message))
    return done


def _there(one: Held, edit: Edit, mine: list[Bar]) -> There:
    number = one.revision.number

    def not_there(why: str, bar: int | None = None) -> There:
        return There(one.score, one.book, bar, False, why, revision=number)

    root = trees.take(one.revision)
    theirs = read_part(root)
    bar = _same_bar(mine, theirs, edit.bar)
    if bar is None:
        trees.give(one.revision.sha256, root)
        return not_there("has no such bar")
    wanted: Edit | None = replace(edit, bar=bar)
    if edit.do == "key":
        wanted = _as_it_sounds(replace(edit, bar=bar), mine[edit.bar], theirs[bar])
        if wanted is None:
            trees.give(one.revision.sha256, root)
            return not_there("is written without a key", bar)
    assert wanted is not None
    if _has(root, bar, wanted):
        trees.give(one.revision.sha256, root)
        return not_there(f"bar {bar + 1} has it already", bar)
    try:
        made = apply(root, [wanted])
    except NotationError as error:
        return not_there(error.message, bar)  # the tree is as it was, but who knows: it is read again
    said = made.said[0]
    made.undo()
    trees.give(one.revision.sha256, root)
    return There(one.score, one.book, bar, True, said, wanted, number)


def _same_bar(mine: list[Bar], theirs: list[Bar], bar: int) -> int | None:
    if len(mine) == len(theirs):
        return bar
    for column in columns({"mine": mine, "theirs": theirs}):
        if column.get("mine") == bar:
            return column.get("theirs")
    return None


def _as_it_sounds(edit: Edit, mine: Bar, theirs: Bar) -> Edit | None:
    """A key for another book, moved by what lies between their transpositions; None for a book without keys."""
    part = theirs.element.getparent()
    if part is not None and part.find("measure/note/pitch") is None and part.find("measure/note/unpitched") is not None:
        return None
    wanted = edit.whole("fifths", low=-7, high=7) + (mine.fifths - mine.written_fifths)
    fifths = wanted - (theirs.fifths - theirs.written_fifths)
    while fifths > 7:
        fifths -= 12
    while fifths < -7:
        fifths += 12
    if fifths in (7, -7):  # five of the other are easier to read
        fifths -= 12 if fifths > 0 else -12
    return replace(edit, told={**edit.told, "fifths": fifths})


def _has(root: etree._Element, bar: int, edit: Edit) -> bool:
    """Whether a bar is as an edit would make it; bars that come or go are never there already."""
    if edit.do in ("insert_bars", "delete_bars"):
        return False
    measure = root.findall("part/measure")[bar]
    if edit.do == "words":
        from notation.score.edit.words import directions

        kind, text = str(edit.told.get("kind")), edit.text()
        return any(one == kind and (said == text or not text) for one, said in directions(measure))
    if edit.do == "repeat" and edit.told.get("on") is not None:
        way = "forward" if edit.told.get("side") == "left" else "backward"
        return (measure.find(f"barline/repeat[@direction='{way}']") is not None) is bool(edit.told["on"])
    before = etree.tostring(measure, method="c14n")
    made = apply(root, [edit])
    same = etree.tostring(root.findall("part/measure")[bar], method="c14n") == before
    made.undo()
    return same


def _bars(revision: Revision) -> list[Bar]:
    root = trees.take(revision)
    bars = read_part(root)
    trees.give(revision.sha256, root)
    return bars


def told(rows: Sequence[There]) -> list[dict[str, Any]]:
    """For a page or a program."""
    return [
        {
            "book": one.book.pk, "instrument": one.book.instrument, "cell": one.score.pk,
            "bar": one.bar, "does": one.does, "said": one.said,
        }
        for one in rows
    ]  # fmt: skip
