"""Edits of how long notes are, and of which there are: durations, dots, rests, notes put in and taken out.

What follows in the bar moves along; a bar that is then too long or too short stays so, until the next edit mends it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from fractions import Fraction

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.tree import duration_text, place, unset
from notation.musicxml.walk import WalkedNote, number
from notation.score.edit.model import Edit
from notation.score.edit.spelling import chain, degree, in_force, respell, set_pitch
from notation.score.edit.work import NOTE, Work, chord_of, drop, events
from notation.score.model import STEPS

Element = etree._Element
TYPES = {"breve": Fraction(8), "whole": Fraction(4), "half": Fraction(2), "quarter": Fraction(1),
         "eighth": Fraction(1, 2), "16th": Fraction(1, 4), "32nd": Fraction(1, 8), "64th": Fraction(1, 16)}  # fmt: skip
SAID = {
    "breve": "a breve", "whole": "a whole note", "half": "a half note", "quarter": "a quarter",
    "eighth": "an eighth", "16th": "a sixteenth", "32nd": "a thirty-second", "64th": "a sixty-fourth",
}  # fmt: skip
_OF_NOTES = ("tie", "accidental", "notehead", "notehead-text", "beam", "stem", "lyric", "chord", "play", "listen")
_KEPT_AT_RESTS = ("tuplet", "fermata")


def duration(work: Work, edit: Edit) -> str:
    """told: type (a MusicXML note type), dots (0)"""
    kind = edit.one_of("type", TYPES)
    dots = edit.whole("dots", low=0, high=3, default=0)
    set_value(work, edit.bar, work.note(edit.bar, edit.note), kind, dots)
    return f"{SAID[kind]}{_dotted(dots)}"


def dots(work: Work, edit: Edit) -> str:
    """told: dots (not told: one more, or none where there is one)"""
    note = work.note(edit.bar, edit.note)
    kind, now = value_of(work, edit.bar, note)
    wanted = edit.whole("dots", low=0, high=3) if "dots" in edit.told else (0 if now else 1)
    set_value(work, edit.bar, note, kind, wanted)
    return f"{SAID[kind]}{_dotted(wanted)}"


def rest(work: Work, edit: Edit) -> str:
    """A note becomes a rest, a whole chord too; a rest becomes a note. told: step, octave (of the note)"""
    note = work.note(edit.bar, edit.note)
    if note.find("rest") is not None:
        return _sound(work, edit, note)
    for where, one in [pair for member in chord_of(note) for pair in chain(work, edit.bar, member)]:
        respell(work, where)
        untie(one)
    bar = work.measures[edit.bar]
    first, *others = chord_of(note)
    if first.find("grace") is not None:
        raise NotationError("A grace note cannot be a rest.", hint="Delete it instead.")
    for other in others:
        bar.remove(other)
    for tag in ("pitch", "unpitched"):
        drop(first, tag)
    place(first, etree.Element("rest"), order=NOTE)
    drop(first, *_OF_NOTES)
    for notations in first.findall("notations"):
        for child in list(notations):
            if child.tag not in _KEPT_AT_RESTS:
                notations.remove(child)
        if not len(notations):
            first.remove(notations)
    rhythm_changed(work, edit.bar)
    work.select = bar, first
    return "note made a rest"


def insert(work: Work, edit: Edit) -> str:
    """A note or rest beside the selected one, as long as it is unless told. In an empty bar: in place of its rest.

    told: where ("after", "before"), rest (false), type, dots, step, octave, alter
    """
    where = edit.one_of("where", ("after", "before"), default="after")
    beside = work.note(edit.bar, edit.note)
    bar = work.touch(edit.bar)
    row = chord_of(beside)
    empty = beside.find("rest") is not None and (beside.find("rest[@measure='yes']") is not None
                                                 or beside.find("type") is None)  # fmt: skip
    kind, now = ("quarter", 0) if empty else value_of(work, edit.bar, beside)
    kind = edit.one_of("type", TYPES, default=kind)
    wanted = edit.whole("dots", low=0, high=3, default=now if "type" not in edit.told else 0)
    respell(work, edit.bar)
    made = etree.Element("note")
    for tag in ("voice", "staff"):
        if (said := beside.find(tag)) is not None:
            place(made, copy.deepcopy(said), order=NOTE)
    ratio = ratio_of(row[0]) if not empty else Fraction(1)
    if ratio != 1 and (change := row[0].find("time-modification")) is not None:
        place(made, copy.deepcopy(change), order=NOTE)
    if edit.flag("rest"):
        place(made, etree.Element("rest"), order=NOTE)
    else:
        _give_pitch(work, edit, made, beside)
    if where == "before":
        row[0].addprevious(made)
    else:
        row[-1].addnext(made)
    _write(work, edit.bar, made, kind, wanted)
    length = _length(kind, wanted) * ratio
    if empty:
        length -= _sounding(work, edit.bar, beside)
        bar.remove(beside)
    shift_backups(work, edit.bar, made, length)
    if made.find("pitch") is not None and "alter" not in edit.told:
        to = degree(made)
        assert to is not None
        set_pitch(made, to, in_force(work, edit.bar, made, to))
    rhythm_changed(work, edit.bar)
    work.select = bar, made
    return "rest put in" if edit.flag("rest") else "note put in"


def chord(work: Work, edit: Edit) -> str:
    """Another note to the same stem. told: by (steps above the highest; below the lowest where less than 0), or step
    and octave, alter"""
    note = work.note(edit.bar, edit.note)
    if degree(note) is None:
        raise NotationError("A rest has no chord.", hint="Press R to make a note of it.")
    row = chord_of(note)
    places = [found for one in row if (found := degree(one)) is not None]
    if "step" in edit.told:
        to = STEPS.index(edit.one_of("step", STEPS)) + 7 * edit.whole("octave", low=0, high=9)
    else:
        by = edit.whole("by", low=-14, high=14, default=2)
        to = max(places) + by if by >= 0 else min(places) + by
    if to in places:
        raise NotationError("The chord has this note already.")
    if not 0 <= to <= 69:
        raise NotationError("That is lower or higher than any instrument plays.", hint="Nothing was changed.")
    respell(work, edit.bar)
    made = copy.deepcopy(row[0])
    made.tail = None
    unset(made, "id")
    drop(made, *(tag for tag in _OF_NOTES if tag != "stem"), "notations", "instrument")
    place(made, etree.Element("chord"), order=NOTE)
    if made.find("grace") is not None:  # the order is grace, chord
        made.insert(0, made.find("grace"))  # type: ignore[arg-type]
    row[-1].addnext(made)
    alter = Fraction(edit.whole("alter", low=-2, high=2)) if edit.told.get("alter") is not None else None
    set_pitch(made, to, 0)
    set_pitch(made, to, in_force(work, edit.bar, made, to) if alter is None else alter)
    work.touch(edit.bar)
    work.select = work.measures[edit.bar], made
    return "note put into the chord"


def delete(work: Work, edit: Edit) -> str:
    """A note goes, of a chord it alone; what follows moves up. The last of a bar leaves a rest of the whole bar."""
    note = work.note(edit.bar, edit.note)
    for where, one in chain(work, edit.bar, note):
        respell(work, where)
        if one is not note:
            untie(one)  # ties with what is gone lead nowhere
    bar = work.touch(edit.bar)
    row = chord_of(note)
    if len(row) > 1:
        if note is row[0]:
            _hand_over(note, row[1])
        bar.remove(note)
        work.select = bar, next(one for one in row if one is not note)
        work.beat.add(bar)
        return "note taken out of its chord"
    length = _sounding(work, edit.bar, note)
    mine = (note.findtext("staff"), note.findtext("voice"))
    others = [one for one in bar.iterfind("note") if one is not note]
    same = [
        one for one in others if (one.findtext("staff"), one.findtext("voice")) == mine and one.find("grace") is None
    ]
    if note.find("grace") is None and not same and (note.find("rest") is None or not others):
        return _emptied(work, edit.bar, note)
    beside = next(iter(note.itersiblings("note")), None)
    if beside is None:
        beside = next(iter(note.itersiblings("note", preceding=True)), None)
    _keep_tuplet_edges(note)
    shift_backups(work, edit.bar, note, -length)
    bar.remove(note)
    rhythm_changed(work, edit.bar)
    work.select = bar, beside
    return "rest taken out" if note.find("rest") is not None else "note taken out"


# --- what they share ------------------------------------------------------------------------------------------------


def set_value(work: Work, bar: int, note: Element, kind: str, dots: int) -> None:
    """Give a note, and its chord, a printed value. Grace notes only look otherwise."""
    respell(work, bar)
    row = chord_of(note)
    if note.find("grace") is not None:
        for one in row:
            _print_value(one, kind, dots)
    else:
        before = _sounding(work, bar, row[0])
        for one in row:
            _write(work, bar, one, kind, dots)
            for silent in one.iterfind("rest"):
                unset(silent, "measure")
        shift_backups(work, bar, row[-1], _sounding(work, bar, row[0]) - before)
    rhythm_changed(work, bar)
    work.select = work.measures[bar], note


def value_of(work: Work, bar: int, note: Element) -> tuple[str, int]:
    """Printed value of a note: type and dots; of one that says none, what its length comes nearest to."""
    kind = (note.findtext("type") or "").strip()
    if kind in TYPES:
        return kind, min(3, len(note.findall("dot")))
    length = _sounding(work, bar, note) / ratio_of(note)
    values = [(_length(name, n), name, n) for name in TYPES for n in range(3)]
    fits = [one for one in values if one[0] <= length] or values
    _, kind, n = max(fits, key=lambda one: (one[0], -one[2])) if fits is not values else ("", "64th", 0)
    return kind, n


def untie(note: Element) -> None:
    drop(note, "tie")
    for notations in note.findall("notations"):
        drop(notations, "tied")
        if not len(notations):
            note.remove(notations)


def _sound(work: Work, edit: Edit, note: Element) -> str:
    """A rest becomes a note; a rest of a whole bar one that fills it, where one note can."""
    whole = note.find("rest[@measure='yes']") is not None or note.find("type") is None
    respell(work, edit.bar)
    kind, n = value_of(work, edit.bar, note)
    length = _sounding(work, edit.bar, note)
    drop(note, "rest")
    _give_pitch(work, edit, note, note)
    if whole:
        if _length(kind, n) != length:
            raise NotationError(
                "No single note fills this bar.", hint="Choose how long the note is first: keys 1 to 7."
            )
        _print_value(note, kind, n)
    to = degree(note)
    if to is not None and "alter" not in edit.told and note.find("pitch") is not None:
        set_pitch(note, to, in_force(work, edit.bar, note, to))
    rhythm_changed(work, edit.bar)
    work.select = work.measures[edit.bar], note
    return "rest made a note"


def _give_pitch(work: Work, edit: Edit, note: Element, beside: Element) -> None:
    """The pitch that was told, or that of the note beside, or one in the middle of the staff."""
    if "step" in edit.told:
        to: int | None = STEPS.index(edit.one_of("step", STEPS)) + 7 * edit.whole("octave", low=0, high=9)
    else:
        to = degree(beside)
        for other in beside.itersiblings("note", preceding=True) if to is None else ():
            if (to := degree(other)) is not None:
                break
    drummed = work.part.find("measure/note/unpitched") is not None and work.part.find("measure/note/pitch") is None
    place(note, etree.Element("unpitched" if drummed else "pitch"), order=NOTE)
    alter = edit.whole("alter", low=-2, high=2) if edit.told.get("alter") is not None else 0
    set_pitch(note, _middle(work, edit.bar, note) if to is None else to, alter)


def _middle(work: Work, bar: int, note: Element) -> int:
    """The middle line of the staff, by its clef."""
    from notation.musicxml.clefs import bottom_of
    from notation.score.edit.standing import standing

    clefs = [*standing(work.measures, bar).iterfind("clef"), *work.measures[bar].iterfind("attributes/clef")]
    staff = int(number(note.findtext("staff"), 1))
    mine = [clef for clef in clefs if int(number(clef.get("number"), 1)) == staff]
    return bottom_of(mine[-1]) + 4 if mine else 34


def _length(kind: str, dots: int) -> Fraction:
    return TYPES[kind] * (2 - Fraction(1, 2**dots))


def ratio_of(note: Element) -> Fraction:
    """What a tuplet makes of a printed length."""
    actual, normal = (number(note.findtext(f"time-modification/{tag}-notes"), 1) for tag in ("actual", "normal"))
    return normal / actual if actual > 0 and normal > 0 else Fraction(1)


def _sounding(work: Work, bar: int, note: Element) -> Fraction:
    if note.find("grace") is not None:
        return Fraction(0)
    return number(note.findtext("duration")) / work.divisions(bar)


def _write(work: Work, bar: int, note: Element, kind: str, dots: int) -> None:
    """Printed value and duration of one note, within the tuplet that it stands in."""
    length = _length(kind, dots) * ratio_of(note)
    divisions = work.divisible(bar, length)
    duration_ = note.find("duration")
    if duration_ is None:
        duration_ = etree.Element("duration")
        place(note, duration_, order=NOTE)
    duration_.text = duration_text(length * divisions)
    _print_value(note, kind, dots)


def _print_value(note: Element, kind: str, dots: int) -> None:
    drop(note, "type", "dot")
    said = etree.Element("type")
    said.text = kind
    place(note, said, order=NOTE)
    for _ in range(dots):
        said.addnext(etree.Element("dot"))


def shift_backups(work: Work, bar: int, note: Element, by: Fraction) -> None:
    """What comes after in another voice stays where it was: the way back to it is as much longer."""
    if not by:
        return
    for back in note.itersiblings("backup"):
        divisions = work.divisible(bar, by)
        length = number(back.findtext("duration")) + by * divisions
        drop(back, "duration")
        if not length:
            work.measures[bar].remove(back)
            return
        back.tag = "backup" if length > 0 else "forward"
        said = etree.Element("duration")
        said.text = duration_text(abs(length))
        back.insert(0, said)
        return


def rhythm_changed(work: Work, bar: int) -> None:
    """The rhythm of a bar is another now."""
    work.beat.add(work.touch(bar))


def _emptied(work: Work, bar: int, note: Element) -> str:
    """The last note of a voice becomes a rest of the whole bar; its way back stays as long as the bar."""
    before = _sounding(work, bar, note)
    drop(note, "pitch", "unpitched", "rest", "type", "dot", "time-modification", "notations", *_OF_NOTES)
    unset(note, "id")
    silent = etree.Element("rest", measure="yes")
    place(note, silent, order=NOTE)
    length = work.walked(bar).nominal
    divisions = work.divisible(bar, length)
    drop(note, "duration")
    said = etree.Element("duration")
    said.text = duration_text(length * divisions)
    place(note, said, order=NOTE)
    shift_backups(work, bar, note, length - before)
    rhythm_changed(work, bar)
    work.select = work.measures[bar], note
    return "bar emptied"


def _hand_over(first: Element, second: Element) -> None:
    """The second note of a chord takes the first one's place, and what was said there for all."""
    drop(second, "chord")
    for tag in ("beam", "lyric"):
        for child in first.findall(tag):
            place(second, child, order=NOTE)
    notations = first.find("notations")
    if notations is None:
        return
    drop(notations, "tied")
    mine = second.find("notations")
    if mine is None:
        if len(notations):
            place(second, notations, order=NOTE)
        return
    for child in list(notations):
        mine.append(child)


def _keep_tuplet_edges(note: Element) -> None:
    """Where the first or last note of a tuplet goes, its neighbour in the tuplet begins or ends it."""
    for tuplet in note.findall("notations/tuplet"):
        back = tuplet.get("type") == "stop"
        beside = next(iter(note.itersiblings("note", preceding=back)), None)
        if beside is None or beside.find("time-modification") is None or beside.find("chord") is not None:
            continue
        opposite = [one for one in beside.iterfind("notations/tuplet") if one.get("type") != tuplet.get("type")]
        if opposite:  # one note is no tuplet
            continue
        notations = beside.find("notations")
        if notations is None:
            notations = etree.Element("notations")
            place(beside, notations, order=NOTE)
        notations.append(tuplet)


def _dotted(dots: int) -> str:
    return ("", ", dotted", ", double dotted", ", triple dotted")[dots]


def row_of(work: Work, bar: int, note: Element) -> list[WalkedNote]:
    """The events of a note's voice in its bar from it on."""
    here = work.walked(bar)
    first = chord_of(note)[0]
    me = next(one for one in here.notes if one.element is first)
    mine = [one for one in events(here.notes) if (one.staff, one.voice) == (me.staff, me.voice)]
    return [one for one in mine if one.onset >= me.onset]


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {
    "duration": duration, "dots": dots, "rest": rest, "insert": insert, "chord": chord, "delete": delete,
}  # fmt: skip
