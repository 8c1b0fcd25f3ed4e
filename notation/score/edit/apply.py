"""Carries out a list of edits: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from notation.musicxml import NotationError, accidentals, tidy
from notation.score.edit import bars, lines, marks, pitch, rests, rhythm, signs, ties, tuplets, words
from notation.score.edit.model import Edit
from notation.score.edit.standing import opening, walked
from notation.score.edit.work import Move, Work, drop

MOST_AT_ONCE = 200

_NOTES = ("note", "backup", "forward", "print", "barline")

Do = Callable[[Work, Edit], str]

EDITS: Mapping[str, Do] = {
    **pitch.EDITS, **rhythm.EDITS, **tuplets.EDITS, **ties.EDITS, **marks.EDITS, **bars.EDITS, **lines.EDITS,
    **signs.EDITS, **words.EDITS, **rests.EDITS,
}  # fmt: skip


@dataclass(frozen=True)
class Applied:
    """What some edits did. Bars are counted as they are now."""

    said: tuple[str, ...]  # a sentence each
    bars: tuple[int, ...]  # that look otherwise, or are new
    moves: tuple[Move, ...]  # in the order in which they happened
    edited: tuple[int, ...]  # bars that the edits were about, where they are still there
    select: tuple[int, int | None] | None  # bar and note to go on with
    work: Work

    @property
    def notes_alone(self) -> bool:
        """Whether all bars are still there, and those that were changed said and say nothing but notes."""
        bars = [bar for pair in self.work.were.items() for bar in pair]
        return not self.moves and all(child.tag in _NOTES for bar in bars for child in bar)

    def undo(self) -> None:
        """Everything as it was before; only while nothing else has changed the tree."""
        self.work.rollback()


def apply(root: etree._Element, edits: Sequence[Edit]) -> Applied:
    """Change the first part of `root` in place. Raises NotationError, and then nothing is changed.

    1. each edit changes its bars and names those whose spelling or rhythm it touched; indices of an edit count the bars
       and notes that the edits before it left
    2. beams of bars with another rhythm are made again, where the part has beams at all
    3. accidentals of bars with other notes are printed as a player needs them; courtesies stay
    """
    if len(edits) > MOST_AT_ONCE:
        raise NotationError(f"At most {MOST_AT_ONCE} changes can be made at once.", hint="Send fewer.")
    work = Work.of(root)
    said: list[str] = []
    about: list[etree._Element] = []
    try:
        for edit in edits:
            if edit.do not in EDITS:
                raise NotationError(
                    f"There is no edit “{edit.do[:40]}”.", hint=f"There are {', '.join(sorted(EDITS))}."
                )
            about.append(work.measure(edit.bar))
            said.append(f"Bar {edit.bar + 1}: {EDITS[edit.do](work, edit)}")
            _finish(work)
    except BaseException:
        work.rollback()
        raise
    place = {bar: index for index, bar in enumerate(work.measures)}
    select = None
    if work.select is not None and work.select[0] in place:
        bar, note = work.select
        notes = bar.findall("note")
        select = place[bar], notes.index(note) if note is not None and note in notes else None
    touched = tuple(sorted(place[bar] for bar in work.seen if bar in place))
    edited = tuple(sorted({place[bar] for bar in about if bar in place}))
    return Applied(tuple(said), touched, tuple(work.moves), edited, select, work)


def _finish(work: Work) -> None:
    """Beams and accidentals of what the last edit touched."""
    place = {bar: index for index, bar in enumerate(work.measures)}
    beamed = bool(work.beat) and work.part.find("measure/note/beam") is not None
    for bar in work.beat:
        if bar in place:
            _beam(work, place[bar], beamed=beamed)
    for bar in work.respelled:
        if bar in place:
            spell(work, place[bar])
    if next(work.part.iter("multiple-rest"), None) is not None:
        for bar in [bar for bar in work.seen if bar in place]:
            rests.refit(work, place[bar])
    work.beat.clear()
    work.respelled.clear()
    work.courteous.clear()


def _beam(work: Work, index: int, *, beamed: bool) -> None:
    """Beams as the metre has them; stems of a bar of one voice are left to the engraver."""
    bar = work.touch(index)
    alone = len({(note.findtext("staff"), note.findtext("voice")) for note in bar.iterfind("note")}) == 1
    for note in bar.iterfind("note"):
        if note.find("grace") is None:
            drop(note, "beam")
        if alone:
            drop(note, "stem")
    if beamed:
        tidy.beam_bar(walked(work.measures, index, index)[0])


def spell(work: Work, index: int) -> None:
    """The accidentals of a bar; the bar before is asked for ties that come from it."""
    work.touch(index)
    first = max(0, index - 1)
    row = [opening(work.measures, first), *work.measures[first : index + 1]]
    mine = set(work.measures[index].iterfind("note"))
    for sign in list(accidentals.signs(row)):
        if sign.note in mine:
            accidentals.print_sign(sign, keep=work.courteous)
