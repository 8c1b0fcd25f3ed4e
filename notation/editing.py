"""Correcting a part: edits make a new revision of the one they were made from, or none at all.

    made = edit(score, edits=edits, base=3, author=ada)      revision 4, and which bars look otherwise
    accept(score, bars=[11], base=4, author=ada)             nobody doubts these bars any more
    derived(score, bar=11, base=4, author=ada)               this bar as the rule of a derived part makes it now
    undo(score, base=5, author=ada)                          as it was before the last change; redo goes forward again

Two people at once: whoever comes second with the same base gets services.Overtaken, and nothing is written over.

An undo is a revision like any other, with the content of an older one. Its options say which change it takes back
({"desk": {"undo": 4, "at": 7}}) or brings back; from these, read from the first on, follows what the next undo takes.
`at` is the revision's own number: who copies its options to another revision says nothing about that one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from accounts.models import User
from notation import reading as readings
from notation import trees
from notation.again import as_derived
from notation.facts import facts
from notation.models import Revision, Score
from notation.musicxml import NotationError, tree
from notation.score.edit import Applied, Edit, Move, apply
from notation.score.edit.share import shared
from notation.services import Overtaken, add_revision
from notation.undo import SONGS

MOST_SAID = 3  # changes named in one line of the history


@dataclass(frozen=True)
class Made:
    """What a change did to a part."""

    revision: Revision
    said: tuple[str, ...] = ()
    bars: tuple[int, ...] = ()  # that look otherwise, as they are counted now
    moves: tuple[Move, ...] = ()
    select: tuple[int, int | None] | None = None
    boxes: bool = False  # whether bars of the page belong to other bars now
    base: int = 0  # the revision that it was made from
    shared: dict[str, Any] | None = None  # the edit as all other books may want it (notation/elsewhere.py)
    looked: Any = None  # what `look` made of it


Look = Callable[[etree._Element, Applied], object]


def edit(
    score: Score, *, edits: Sequence[Edit], base: int, author: User | None, look: Look = lambda root, done: None
) -> Made:
    """Carry out edits on revision `base`. Raises NotationError, and Overtaken where that is not the newest any more.

    look: is shown the tree and what was done before that is kept, so that a drawing of it is made meanwhile
    """
    revision = newest(score, base=base)
    if not edits:
        return Made(revision)
    root = trees.take(revision)
    done = apply(root, edits)  # raises with the tree as it was; it is read again then
    try:
        looked = look(root, done)
        reading = readings.cleared(_moved(trees.reading_of(revision), done.moves), done.edited)
        made = add_revision(
            score,
            document=tree.to_bytes(root),
            reason=_reason(done.said),
            author=author,
            options=_options(revision, base, edits=len(edits)),
            sync=revision.sync,
            summary=_summary(revision, root, reading, done),
            reading=reading,
            expected=base,
        )
    except BaseException:
        done.undo()
        trees.give(revision.sha256, root)
        raise
    carried = shared(root, edits[0]) if len(edits) == 1 else None
    trees.give(made.sha256, root)
    trees.learn(made)
    return Made(
        made, done.said, done.bars, done.moves, done.select, boxes=bool(done.moves), base=base,
        shared=None if carried is None else {**carried.told, "do": carried.do, "bar": carried.bar}, looked=looked,
    )  # fmt: skip


def accept(score: Score, *, bars: Collection[int] | None, base: int, author: User | None) -> Made:
    """Doubt these bars no more; None: no bar at all."""
    revision = newest(score, base=base)
    read = trees.reading_of(revision)
    doubted = {doubt.measure for doubt in readings.doubts(read)}
    chosen = doubted if bars is None else doubted & set(bars)
    if not chosen:
        return Made(revision)
    reading = readings.cleared(read, chosen)
    listed = sorted(chosen)
    said = f"Bar {listed[0] + 1} accepted" if len(listed) == 1 else f"{len(listed)} doubtful bars accepted"
    document = revision.musicxml()
    summary = revision.summary | {"doubtful": len(readings.doubts(reading))}
    made = add_revision(
        score, document=document, reason=said, author=author, options=_options(revision, base, accepted=listed),
        sync=revision.sync, summary=summary, reading=reading, expected=base,
    )  # fmt: skip
    select = (listed[0], None) if bars is not None else None
    return Made(made, (said,), select=select)


def derived(score: Score, *, bar: int, base: int, author: User | None) -> Made:
    """The notes of a bar that she changed, as the rule of a derived part makes them now. Raises NotationError."""
    revision = newest(score, base=base)
    root = as_derived(revision, bar=bar)
    reading = readings.cleared(trees.reading_of(revision), [bar])
    said, options = f"Bar {bar + 1} as it is derived", _options(revision, base, derived=[bar])
    made = add_revision(
        score, document=tree.to_bytes(root), reason=said, author=author, options=options, sync=revision.sync,
        summary=_summary(revision, root, reading), reading=reading, expected=base,
    )  # fmt: skip
    old = trees.take(revision)
    bars, moves = _differences(old, root)
    trees.give(revision.sha256, old)
    return Made(made, (said,), bars, moves, (bar, None), base=base)


def undo(score: Score, *, base: int, author: User | None) -> Made:
    """Take back the last change that still stands. Raises NotationError where there is none."""
    back, _ = stacks(score)
    if not back:
        raise NotationError(
            "There is nothing to undo.", hint="What was done to whole songs is taken back on the page of songs."
        )
    change = back[-1]
    before = score.revisions.get(number=change.number - 1)
    return _restore(
        score, before, base=base, author=author, reason=f"Undone: {change.reason}", way={"undo": change.number}
    )


def redo(score: Score, *, base: int, author: User | None) -> Made:
    """Bring back what was taken back last. Raises NotationError where there is nothing, or something came between."""
    _, forward = stacks(score)
    if not forward:
        raise NotationError("There is nothing to redo.")
    change = forward[-1]
    after = score.revisions.get(number=change.number)
    return _restore(
        score, after, base=base, author=author, reason=f"Redone: {change.reason}", way={"redo": change.number}
    )


@dataclass(frozen=True)
class Change:
    """A line of the history, as undo and redo see it."""

    number: int
    reason: str


def stacks(score: Score) -> tuple[list[Change], list[Change]]:
    """(changes that stand, those that were taken back), each in the order in which one would undo or redo them last.

    Where bars went to another song or came from one, the desk begins anew: that is taken back with all its parts.
    """
    back: list[Change] = []
    forward: list[Change] = []
    rows = score.revisions.order_by("number").values_list("number", "reason", f"options__{DESK}", f"options__{SONGS}")
    for number, reason, mark, songs in rows:
        if isinstance(songs, dict) and songs.get("at") == number:
            back.clear()
            forward.clear()
            continue
        mark = mark if isinstance(mark, dict) and mark.get("at") == number else {}
        if "undo" in mark and back:
            forward.append(back.pop())
        elif "redo" in mark and forward:
            back.append(forward.pop())
        elif number > 1:
            back.append(Change(number, reason))
            forward.clear()
    return back, forward


def _moved(reading: dict[str, Any], moves: Sequence[Move]) -> dict[str, Any]:
    """The reading of a document in which bars came or went: each box stays with its bar, those of bars that went go."""
    if not moves:
        return reading
    place: dict[int, int | None] = {}
    for bar in reading.get("bars", ()):
        now: int | None = bar["measure"]
        for move in moves:
            if now is not None and now >= move.at:
                now = None if now < move.at + move.gone else now + move.come - move.gone
        place[bar["measure"]] = now
    return readings.moved(reading, place) if reading else reading


def newest(score: Score, *, base: int) -> Revision:
    """The newest revision, which has to be `base`. Raises Overtaken."""
    found = score.revisions.select_related("author", "score").defer("reading")  # trees.py may have it
    revision = found.order_by("-number").first()
    if revision is None:
        raise NotationError("This part has no document yet.", hint="Read its pages first.")
    if revision.number != base:
        raise Overtaken(revision)
    return revision


def _restore(
    score: Score, content: Revision, *, base: int, author: User | None, reason: str, way: dict[str, int]
) -> Made:
    now = newest(score, base=base)
    document = content.musicxml()
    made = add_revision(
        score, document=document, reason=reason, author=author, options=_options(content, base, **way),
        sync=content.sync, summary=content.summary, reading=content.reading, notices=content.notices, expected=base,
    )  # fmt: skip
    old, new = trees.take(now), trees.take(content)
    bars, moves = _differences(old, new)
    trees.give(now.sha256, old)
    trees.give(content.sha256, new)
    select = (min(bars[0], len(new.findall("part/measure")) - 1), None) if bars else None
    return Made(made, (reason,), bars, moves, select, boxes=True)


def _differences(old: etree._Element, new: etree._Element) -> tuple[tuple[int, ...], tuple[Move, ...]]:
    """Bars of `new` that are not as in `old`, and where bars came or went."""
    before, after = ([etree.tostring(bar) for bar in root.iterfind("part[1]/measure")] for root in (old, new))
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    if len(before) == len(after):
        return tuple(n for n in range(same, len(after)) if before[n] != after[n]), ()
    # Bars after those that came or went have other numbers, and are the same.
    bare_before, bare_after = ([_unnumbered(bar) for bar in bars] for bars in (before, after))
    tail = 0
    while tail < min(len(before), len(after)) - same and bare_before[-1 - tail] == bare_after[-1 - tail]:
        tail += 1
    gone, come = len(before) - same - tail, len(after) - same - tail
    return tuple(range(same, same + come)), (Move(same, gone, come),)


def _unnumbered(bar: bytes) -> bytes:
    head, number, rest = bar.partition(b' number="')
    return head + rest.partition(b'"')[2] if number else bar


def _options(revision: Revision, base: int, **mark: Any) -> dict[str, Any]:
    """The options of the job that made a part, and what the desk says of the revision after `base`."""
    return {**revision.options, DESK: {**mark, "at": base + 1}}


DESK = "desk"  # where a revision's options say that it was made here


def _summary(
    revision: Revision, root: etree._Element, reading: dict[str, Any], done: Applied | None = None
) -> dict[str, Any]:
    kept = {name: value for name, value in revision.summary.items() if name not in ("key", "metre", "tempo")}
    # To look for key, metre and tempo is to go through a long part again and again.
    known = done is not None and done.notes_alone and "parts" in revision.summary
    summary = revision.summary if known else kept | facts(root)
    if "doubtful" in revision.summary or reading:
        summary = summary | {"doubtful": len(readings.doubts(reading))}
    return summary


def _reason(said: Sequence[str]) -> str:
    kinds = list(dict.fromkeys(said))
    words = "; ".join(kinds[:MOST_SAID])
    return words if len(kinds) <= MOST_SAID else f"{words} and {len(kinds) - MOST_SAID} more"


# --- the history ----------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One line of the history: a revision, or the changes that one person made in one go."""

    revisions: list[Revision] = field(default_factory=list)  # newest first

    @property
    def newest(self) -> Revision:
        return self.revisions[0]

    @property
    def first(self) -> Revision:
        return self.revisions[-1]

    @property
    def words(self) -> str:
        if len(self.revisions) == 1:
            return self.newest.reason
        return f"{len(self.revisions)} changes"


GO_SECONDS = 600  # a longer rest than this begins another line


def history(revisions: Sequence[Revision]) -> list[Line]:
    """Revisions, newest first, with the small edits of one person in one go folded into one line."""
    lines: list[Line] = []
    for revision in revisions:
        if lines and _together(revision, lines[-1].first):
            lines[-1].revisions.append(revision)
        else:
            lines.append(Line([revision]))
    return lines


def _together(older: Revision, newer: Revision) -> bool:
    if older.author_id != newer.author_id or not (_is_edit(older) and _is_edit(newer)):
        return False
    return (newer.created_at - older.created_at).total_seconds() <= GO_SECONDS


def _is_edit(revision: Revision) -> bool:
    mark = revision.options.get(DESK)
    return isinstance(mark, dict) and mark.get("at") == revision.number
