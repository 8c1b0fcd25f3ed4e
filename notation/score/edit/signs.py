"""Edits of what holds from a bar on: clef, key and metre.

They mend what a reader took for another sign, so what is printed on the page stays where it is: with another clef the
notes stay on their lines and sound otherwise, with another key the notes that have no sign of their own follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.accidentals import in_time
from notation.musicxml.clefs import bottom_of, clef_named, name_of
from notation.musicxml.tree import duration_text, place
from notation.musicxml.walk import WalkedBar, WalkedNote, bar_quarters, number
from notation.score.edit.model import Edit
from notation.score.edit.spelling import HIGHEST, LOWEST, alter_of, degree, respell, set_pitch
from notation.score.edit.standing import ATTRIBUTES, opening, standing, walked
from notation.score.edit.work import Work, attributes_of, drop
from notation.score.intervals import signature
from notation.score.model import STEPS

Element = etree._Element
_KEYS = ("no sharps or flats", "sharp", "flat")


def clef(work: Work, edit: Edit) -> str:
    """told: clef ("G2", "F4", "C3", "G2-8", "perc"), staff (1), keep ("place", "pitch")"""
    staff = edit.whole("staff", low=1, high=4, default=1)
    keep = edit.one_of("keep", ("place", "pitch"), default="place")
    made = clef_named(edit.text("clef"))
    before = _clef(standing(work.measures, edit.bar), staff)
    first = attributes_of(work.touch(edit.bar))
    here = _clef(first, staff)
    old = here if here is not None else before
    if here is not None:
        first.remove(here)
    if staff > 1 or any(one.get("number") for one in standing(work.measures, 1).iterfind("clef")):
        made.set("number", str(staff))
    place(first, made, order=ATTRIBUTES)
    by = bottom_of(made) - (bottom_of(old) if old is not None else bottom_of(made))
    if keep == "place" and by:
        for index, bar in _until(work, edit.bar, "clef", staff):
            _shift(work, index, bar, by=by, staff=staff)
    elif keep == "pitch":
        for index, _ in _until(work, edit.bar, "clef", staff):
            for note in work.touch(index).iterfind("note"):
                drop(note, "stem")
    work.select = work.measures[edit.bar], None
    return f"{_clef_said(made)} from here on"


def key(work: Work, edit: Edit) -> str:
    """told: fifths (sharps, or flats as less than 0), keep ("place": notes without a sign follow; "pitch")"""
    fifths = edit.whole("fifths", low=-7, high=7)
    keep = edit.one_of("keep", ("place", "pitch"), default="place")
    at = opening(work.measures, edit.bar)
    said = [*at.iterfind("attributes/key/fifths"), *work.measures[edit.bar].iterfind("attributes/key/fifths")]
    now = int(number(said[-1].text)) if said else 0
    stretch = _until(work, edit.bar, "key", 0)
    for index, bar in stretch if keep == "place" else ():
        _rekey(work, index, bar, now, fifths)
    for index, _ in stretch if keep == "pitch" else ():
        respell(work, index)
    first = attributes_of(work.touch(edit.bar))
    drop(first, "key")
    made = etree.Element("key")
    etree.SubElement(made, "fifths").text = str(fifths)
    place(first, made, order=ATTRIBUTES)
    work.select = work.measures[edit.bar], None
    count = abs(fifths)
    words = _KEYS[0] if not count else f"{count} {_KEYS[1 if fifths > 0 else 2]}{'s' if count > 1 else ''}"
    return f"{words} from here on"


def metre(work: Work, edit: Edit) -> str:
    """told: beats ("3", "3+2"), type (4)"""
    beats = edit.text("beats")
    kind = edit.whole("type", low=1, high=64, default=4)
    pieces = beats.split("+")
    if kind & (kind - 1) or not all(piece.isdecimal() and 0 < int(piece) <= 64 for piece in pieces):
        raise NotationError("There is no such metre.", hint="Write it as 3/4, 6/8 or 3+2/8.")
    first = attributes_of(work.touch(edit.bar))
    drop(first, "time")
    made = etree.Element("time")
    etree.SubElement(made, "beats").text = beats
    etree.SubElement(made, "beat-type").text = str(kind)
    place(first, made, order=ATTRIBUTES)
    length = bar_quarters(beats, kind)
    for index, bar in _until(work, edit.bar, "time", 0):
        _refill(work, index, bar, length)
        work.beat.add(work.touch(index))
    work.select = work.measures[edit.bar], None
    return f"{beats}/{kind} from here on"


def _until(work: Work, first: int, tag: str, staff: int) -> list[tuple[int, WalkedBar]]:
    """The bars from one on to the next that says anew what `tag` is."""
    last = first
    while last + 1 < len(work.measures):
        said = work.measures[last + 1].iterfind(f"attributes/{tag}")
        if any(not staff or int(number(one.get("number"), 1)) == staff for one in said):
            break
        last += 1
    return [(bar.index, bar) for bar in walked(work.measures, first, last)]


def _clef(attributes: Element, staff: int) -> Element | None:
    found = [one for one in attributes.iterfind("clef") if int(number(one.get("number"), 1)) == staff]
    return found[-1] if found else None


def _shift(work: Work, index: int, bar: WalkedBar, *, by: int, staff: int) -> None:
    """The notes of a staff sound `by` steps otherwise; those that no sign governs as the key has them there."""
    key_now = signature(bar.fifths)
    for note, free in governed(bar):
        now = degree(note.element)
        if note.staff != staff or now is None or note.element.find("unpitched") is not None:
            continue
        if not LOWEST <= now + by <= HIGHEST:
            raise NotationError(f"In this clef bar {index + 1} would have notes that no instrument plays.")
        work.touch(index)
        alter = Fraction(key_now.get(STEPS[(now + by) % 7], 0)) if free else alter_of(note.element)
        set_pitch(note.element, now + by, alter)
    work.touch(index)


def _rekey(work: Work, index: int, bar: WalkedBar, before: int, after: int) -> None:
    """Notes that no sign governs and that sound as one key has them sound as the other has them."""
    old, new = signature(before), signature(after)
    work.touch(index)
    for note, free in governed(bar):
        now = degree(note.element)
        if now is None or note.element.find("pitch") is None or not free:
            continue
        letter = STEPS[now % 7]
        if alter_of(note.element) == old.get(letter, 0):
            set_pitch(note.element, now, Fraction(new.get(letter, 0)))


def governed(bar: WalkedBar) -> Iterator[tuple[WalkedNote, bool]]:
    """Notes in time, and whether none of the bar's signs holds for them."""
    signed: set[tuple[int, int]] = set()
    for element, note in in_time(bar):
        now = degree(element) if note is not None else None
        if note is None or now is None:
            continue
        if element.find("accidental") is not None:
            signed.add((note.staff, now))
        yield note, (note.staff, now) not in signed


def _refill(work: Work, index: int, bar: WalkedBar, length: Fraction) -> None:
    """A rest of the whole bar is as long as the bar."""
    for note in bar.notes:
        silent = note.element.find("rest")
        if silent is None or (silent.get("measure") != "yes" and note.element.find("type") is not None):
            continue
        divisions = work.divisible(index, length)
        work.touch(index)
        for said in note.element.iterfind("duration"):
            said.text = duration_text(length * divisions)
        for back in note.element.itersiblings("backup"):
            for said in back.iterfind("duration"):
                said.text = duration_text(length * divisions)
            break


def _clef_said(made: Element) -> str:
    names = {"clef.G2": "treble clef", "clef.F4": "bass clef", "clef.C3": "alto clef", "clef.C4": "tenor clef",
             "clef.perc": "percussion clef", "clef.G2-8": "treble clef an octave lower"}  # fmt: skip
    return names.get(name_of(made), name_of(made).removeprefix("clef.") + " clef")


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"clef": clef, "key": key, "metre": metre}
