"""Parts of one song -> a conductor score, and a part out of a score again.

    join({"Flute": root, …})  ->  Joined: the score, and where parts had no bar for it
    apart(score, part="P2")   ->  a part's document, rests gathered

Pitches stay as they are written, but for a score at concert pitch. What all parts share (rehearsal
marks, tempos, segno, coda, jumps, endings) stands once, over the top part; `apart` gives it back to each. Bar lines and
repeats are every part's. Layout of the parts' pages is left behind; all else of a part is kept as it is.

    1. parts are put into score order, and their bars beside each other (notation.score.check.align); where the counts
       differ but all are played equally long, repeats are written out first
    2. divisions are made the same, ids told apart by part ("P2-…")
    3. a bar that a part lacks is a bar's rest, coloured, so that nobody takes it for music
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from lxml import etree

from notation.exports.midi import perform
from notation.musicxml import NotationError, tidy
from notation.musicxml import tree as trees
from notation.musicxml.divisions import unite
from notation.musicxml.edit import composer_of, prune, set_composer, set_title, title_of
from notation.musicxml.transpose import to_concert
from notation.musicxml.tree import duration_text, place
from notation.musicxml.walk import WalkedBar, number, walk
from notation.score.check import align
from notation.score.check.bars import Bar, read_part
from notation.score.instruments import find, group_of, score_order

MISSING = "#B00020"  # colour of the rests that stand for bars a part lacks
SHARED_SOUNDS = ("tempo", "dacapo", "dalsegno", "fine", "tocoda", "segno", "coda")
SHARED_KINDS = ("rehearsal", "segno", "coda", "metronome")
_ATTRIBUTES = ("divisions", "key", "time", "staves", "part-symbol", "instruments", "clef", "staff-details", "transpose",
               "directive", "measure-style")  # fmt: skip
_LASTING = ("key", "time", "clef", "transpose", "staves", "staff-details")


@dataclass(frozen=True)
class Joined:
    """A conductor score and how its parts lie in it."""

    root: etree._Element
    parts: dict[str, str]  # id in the score -> the name the part was given by, in score order
    bars: dict[str, list[int | None]]  # name -> of each bar of the score the bar of the part; None: it lacks one
    unfolded: bool = False  # repeats were written out


def join(parts: Mapping[str, etree._Element], *, title: str = "", concert: bool = False) -> Joined:
    """A score of these parts. Their trees stay as they are. Raises NotationError where there is no part.

    concert: every part as it sounds, but that octaves stay as their players read them.
    """
    given = {name: root for name, root in parts.items() if root.find("part/measure") is not None}
    if concert:
        given = {name: trees.copy(root) for name, root in given.items()}
        for one in given.values():
            to_concert(one, keep_octaves=True)
    if not given:
        raise NotationError("There is no part to make a score of.", hint="Choose parts that have music.")
    order = score_order(list(given))
    bars = {name: read_part(given[name]) for name in order}
    unfolded = False
    if len({len(one) for one in bars.values()}) > 1:
        written = {name: unfold(given[name]) for name in order}
        if len({len(one.findall("part/measure")) for one in written.values()}) == 1:
            given, unfolded = written, True
            bars = {name: read_part(root) for name, root in given.items()}
    columns = align.columns(bars)
    lies = {name: [column.get(name) for column in columns] for name in order}
    sources = {name: copy.deepcopy(given[name].findall("part")[0]) for name in order}
    divisions = unite(list(sources.values()))
    root = _frame(given, order, title=title)
    listing = root.find("part-list")
    assert listing is not None
    ids = {name: f"P{n}" for n, name in enumerate(order, start=1)}
    for name in order:
        listing.append(_entry(given[name], name, ids[name]))
    _group(listing, order)
    numbers = _numbers(columns, bars)
    for name in order:
        part = etree.SubElement(root, "part", id=ids[name])
        _lay(part, sources[name], lies[name], bars, columns, divisions)
        _dress(part, ids[name], numbers)
    _share(root, divisions)
    return Joined(root, {ids[name]: name for name in order}, lies, unfolded)


def apart(score: etree._Element, *, part: str) -> etree._Element:
    """A document of one part of a score, what all share with it, rests gathered. NotationError: no such part."""
    root = trees.copy(score)
    top = root.findall("part")[0] if root.find("part") is not None else None
    shared = [_shared_of(bar) for bar in walk(top)] if top is not None else []
    lines = [_endings(bar) for bar in top.iterfind("measure")] if top is not None else []
    own = top is not None and top.get("id") == part
    prune(root, keep={part})
    mine = root.findall("part")[0]
    if not own:
        here = _divisions_along(mine)
        for n, (bar, marks, ends) in enumerate(zip(mine.iterfind("measure"), shared, lines, strict=False)):
            for onset, mark in marks:
                if not any(_same(mark, other) for other in bar.iterfind("direction")):
                    _put(bar, copy.deepcopy(mark), onset, here[n])
            _add_endings(bar, ends)
    for element in mine.iter():
        known = element.get("id")
        if isinstance(element.tag, str) and known and known.startswith(f"{part}-"):
            element.set("id", known[len(part) + 1 :])
    for group in root.findall("part-list/part-group"):
        group.getparent().remove(group)  # type: ignore[union-attr]
    tidy.gather_rests(root)
    return root


def unfold(root: etree._Element) -> etree._Element:
    """A copy of a document whose repeats, endings and jumps are written out; what said them is gone."""
    order = perform(root).order
    out = trees.copy(root)
    for part in out.iterfind("part"):
        measures = part.findall("measure")
        for bar in measures:
            part.remove(bar)
        lasting = _in_force(measures)
        before = -1
        for n in order:
            if n >= len(measures):
                continue
            bar = copy.deepcopy(measures[n])
            for line in bar.findall("barline"):
                for tag in ("repeat", "ending"):
                    for old in line.findall(tag):
                        line.remove(old)
                if line.get("location") == "left" or line.findtext("bar-style") in (None, "light-heavy", "heavy-light"):
                    bar.remove(line)
            for mark in bar.findall("direction"):
                if _is_jump(mark):
                    bar.remove(mark)
            if n != before + 1:
                _say_again(bar, lasting[n])
            part.append(bar)
            before = n
        for count, bar in enumerate(part.findall("measure"), start=1):
            bar.set("number", str(count))
            if count <= len(order) and order.index(order[count - 1]) != count - 1:
                for element in bar.iter():  # a bar that comes again
                    trees.unset(element, "id")
    return out


def _is_jump(direction: etree._Element) -> bool:
    said = {name for sound in direction.iterfind("sound") for name in sound.attrib}
    return bool(said & {"dacapo", "dalsegno", "fine", "tocoda", "segno", "coda"})


def _in_force(measures: Sequence[etree._Element]) -> list[dict[tuple[str, str], etree._Element]]:
    """What attributes are in force before each bar."""
    out: list[dict[tuple[str, str], etree._Element]] = []
    now: dict[tuple[str, str], etree._Element] = {}
    for bar in measures:
        out.append(dict(now))
        for child in (entry for attributes in bar.iterfind("attributes") for entry in attributes):
            if child.tag in _LASTING:
                now[str(child.tag), child.get("number", "1")] = child
    return out


def _say_again(bar: etree._Element, lasting: Mapping[tuple[str, str], etree._Element]) -> None:
    """Attributes in force where a bar stood are said where it comes after another one."""
    own = bar.find("attributes")
    if own is None:
        own = etree.Element("attributes")
        bar.insert(0, own)
    said = {(str(child.tag), child.get("number", "1")) for child in own}
    for key, child in lasting.items():
        if key not in said:
            place(own, copy.deepcopy(child), order=_ATTRIBUTES)


def _frame(parts: Mapping[str, etree._Element], order: Sequence[str], *, title: str) -> etree._Element:
    """Title and makers as the fullest part has them, and an empty part list."""
    root = etree.Element("score-partwise", version="4.0")
    best = max(order, key=lambda name: (len(title_of(parts[name])) > 0, len(composer_of(parts[name])) > 0))
    for tag in ("work", "movement-number", "movement-title", "identification"):
        if (found := parts[best].find(tag)) is not None:
            root.append(copy.deepcopy(found))
    etree.SubElement(root, "part-list")
    if title:
        set_title(root, title)
    if not composer_of(root):
        maker = next((composer_of(root) for root in parts.values() if composer_of(root)), "")
        if maker:
            set_composer(root, maker)
    return root


def _entry(root: etree._Element, name: str, key: str) -> etree._Element:
    """The part's own entry in the list, under its new id."""
    old = root.find("part-list/score-part")
    entry = copy.deepcopy(old) if old is not None else etree.Element("score-part")
    entry.set("id", key)
    if entry.find("part-name") is None:
        entry.insert(0, etree.Element("part-name"))
    label = entry.find("part-name")
    if label is not None and not (label.text or "").strip():
        label.text = name
    for child in entry.iter("score-instrument", "midi-instrument", "midi-device"):
        if child.get("id"):
            child.set("id", f"{key}-{child.get('id')}")
    return entry


def _group(listing: etree._Element, order: Sequence[str]) -> None:
    """Brackets around neighbours of one group, braces around those of one instrument."""
    entries = listing.findall("score-part")
    known = [find(name) for name in order]
    groups = [group_of(one) if one is not None else "" for one in known]
    kinds = [one.key if one is not None else "" for one in known]
    for level, (labels, symbol) in enumerate(((groups, "bracket"), (kinds, "square")), start=1):
        for label, run in groupby(range(len(entries)), key=labels.__getitem__):
            places = list(run)
            if not label or len(places) < 2:
                continue
            start = etree.Element("part-group", type="start", number=str(level))
            etree.SubElement(start, "group-symbol").text = symbol
            if level == 1:
                etree.SubElement(start, "group-barline").text = "yes"
            entries[places[0]].addprevious(start)
            entries[places[-1]].addnext(etree.Element("part-group", type="stop", number=str(level)))


def _numbers(columns: Sequence[Mapping[str, int]], bars: Mapping[str, Sequence[Bar]]) -> list[tuple[str, bool]]:
    """Of each bar of the score its number and whether it is no whole bar, as most parts say."""
    out: list[tuple[str, bool]] = []
    count = 0
    for n, column in enumerate(columns):
        votes = Counter(bars[name][at].implicit for name, at in column.items())
        implicit = votes[True] > votes[False]
        count += not implicit
        out.append((("0" if n == 0 else f"X{n}") if implicit else str(count), implicit))
    return out


def _lay(
    part: etree._Element,
    source: etree._Element,
    lies: Sequence[int | None],
    bars: Mapping[str, Sequence[Bar]],
    columns: Sequence[Mapping[str, int]],
    divisions: int,
) -> None:
    """The bars of a part in their places, rests in those it lacks."""
    measures = source.findall("measure")
    for column, at in zip(columns, lies, strict=True):
        lengths = Counter(bars[name][n].length for name, n in column.items() if not bars[name][n].silent)
        if not lengths:
            lengths = Counter(bars[name][n].length for name, n in column.items())
        length = lengths.most_common(1)[0][0]
        if at is None:
            bar = etree.SubElement(part, "measure", number="0")
            note = etree.SubElement(bar, "note", color=MISSING)
            etree.SubElement(note, "rest", measure="yes")
            etree.SubElement(note, "duration").text = duration_text(length * divisions)
            etree.SubElement(note, "voice").text = "1"
            continue
        bar = measures[at]
        notes = bar.findall("note")
        if len(notes) == 1 and notes[0].find("rest[@measure='yes']") is not None and bar.find("backup") is None:
            duration = notes[0].find("duration")  # a whole rest is as long as its bar: a pick-up
            if duration is not None:
                duration.text = duration_text(length * divisions)
        part.append(bar)
    first = part.find("measure")
    if first is not None:
        _begin(first, measures, lies, divisions)


def _begin(first: etree._Element, measures: Sequence[etree._Element], lies: Sequence[int | None],
           divisions: int) -> None:  # fmt: skip
    """A part begins with its clef, key and metre, also where it has no bar for the score's first one."""
    attributes = first.find("attributes")
    if attributes is None:
        attributes = etree.Element("attributes")
        before = [child for child in first if child.tag in ("print",)]
        first.insert(len(before), attributes)
    said = etree.Element("divisions")
    said.text = str(divisions)
    place(attributes, said, order=_ATTRIBUTES)
    if lies[0] is None and measures:
        own = measures[0].find("attributes")
        for child in list(own) if own is not None else ():
            if child.tag in _LASTING:
                place(attributes, child, order=_ATTRIBUTES)


def _dress(part: etree._Element, key: str, numbers: Sequence[tuple[str, bool]]) -> None:
    """Numbers of the score, ids of its own, no layout, no rests of many bars."""
    for bar, (count, implicit) in zip(part.iterfind("measure"), numbers, strict=True):
        bar.set("number", count)
        trees.unset(bar, "width")
        trees.unset(bar, "implicit")
        if implicit:
            bar.set("implicit", "yes")
        for old in bar.findall("print"):
            bar.remove(old)
        for attributes in bar.findall("attributes"):
            for style in attributes.findall("measure-style"):
                if style.find("multiple-rest") is not None:
                    attributes.remove(style)
            if not len(attributes):
                bar.remove(attributes)
    for element in part.iter():
        if isinstance(element.tag, str) and element is not part and element.get("id"):
            element.set("id", f"{key}-{element.get('id')}")


def is_shared(direction: etree._Element) -> bool:
    """Whether a direction is everybody's: all that it shows, or what it does."""
    kinds = [child.tag for kind in direction.iterfind("direction-type") for child in kind]
    does = any(sound.get(name) for sound in direction.iterfind("sound") for name in SHARED_SOUNDS)
    return bool(kinds) and all(kind in SHARED_KINDS or (kind == "words" and does) for kind in kinds)


def _share(root: etree._Element, divisions: int) -> None:
    """What is everybody's stands over the top part alone; bar lines and repeats are in every part, endings on top."""
    parts = root.findall("part")
    onsets: dict[int, list[dict[etree._Element, Fraction]]] = {}

    def onset(which: int, bar: int, mark: etree._Element) -> Fraction:
        # Parts mostly say the same as the top one: only where one says more is its time asked for.
        if which not in onsets:
            onsets[which] = [{mark: at for at, mark in _shared_of(walked)} for walked in walk(parts[which])]
        return onsets[which][bar][mark]

    for n, column in enumerate(zip(*(part.findall("measure") for part in parts), strict=True)):
        top = column[0]
        shown = [mark for mark in top.iterfind("direction") if is_shared(mark)]
        for which, bar in enumerate(column[1:], start=1):
            for mark in [mark for mark in bar.iterfind("direction") if is_shared(mark)]:
                if any(_same(mark, other) for other in shown):
                    bar.remove(mark)
                    continue
                at = onset(which, n, mark)
                bar.remove(mark)
                for tag in ("staff", "voice", "offset"):
                    for old in mark.findall(tag):
                        mark.remove(old)
                _put(top, mark, at, divisions)
                shown.append(mark)
        _share_lines(column)


def _share_lines(bars: Sequence[etree._Element]) -> None:
    """The strongest bar line of each side for all parts."""
    for side in ("left", "right"):
        lines = [line for bar in bars for line in bar.iterfind("barline") if line.get("location", "right") == side]
        if not lines:
            continue
        votes = Counter(line.findtext("bar-style") or "" for line in lines)
        best = max(lines, key=lambda line: (line.find("repeat") is not None, votes[line.findtext("bar-style") or ""]))
        ending = next((line.find("ending") for line in lines if line.find("ending") is not None), None)
        for n, bar in enumerate(bars):
            own = next((one for one in bar.iterfind("barline") if one.get("location", "right") == side), None)
            new = copy.deepcopy(best)
            new.tail = None
            for old in new.findall("ending"):
                new.remove(old)
            if own is not None:
                for kept in own.findall("fermata"):
                    if new.find("fermata") is None:
                        place(new, kept, order=_BARLINE)
                bar.remove(own)
            if n == 0 and ending is not None:
                place(new, copy.deepcopy(ending), order=_BARLINE)
            if len(new):
                bar.insert(0, new) if side == "left" else bar.append(new)


_BARLINE = ("bar-style", "editorial", "wavy-line", "segno", "coda", "fermata", "ending", "repeat")


def _endings(bar: etree._Element) -> list[tuple[str, etree._Element]]:
    return [
        (line.get("location", "right"), copy.deepcopy(ending))
        for line in bar.iterfind("barline")
        for ending in line.iterfind("ending")
    ]


def _add_endings(bar: etree._Element, endings: Sequence[tuple[str, etree._Element]]) -> None:
    for side, ending in endings:
        line = next((one for one in bar.iterfind("barline") if one.get("location", "right") == side), None)
        if line is None:
            line = etree.Element("barline", location=side)
            bar.insert(0, line) if side == "left" else bar.append(line)
        if line.find("ending") is None:
            place(line, copy.deepcopy(ending), order=_BARLINE)


def _shared_of(bar: WalkedBar) -> list[tuple[Fraction, etree._Element]]:
    """(quarters from the bar's beginning, direction) of what is everybody's."""
    return [(at - bar.start, mark) for at, mark in bar.marks if mark.tag == "direction" and is_shared(mark)]


def _same(one: etree._Element, other: etree._Element) -> bool:
    """Whether two directions say the same, however they are set."""
    return is_shared(other) and _said(one) == _said(other)


def _said(direction: etree._Element) -> tuple[object, ...]:
    kinds = [child for kind in direction.iterfind("direction-type") for child in kind]
    texts = tuple(
        (
            str(child.tag),
            "".join(
                c
                for c in etree.tostring(child, method="text", encoding="unicode", with_tail=False).casefold()
                if c.isalnum()
            ),
        )
        for child in kinds
    )
    return tuple(sorted(texts))


def _put(bar: etree._Element, direction: etree._Element, onset: Fraction, divisions: int) -> None:
    """Into a bar, at a time: before the note that begins then, else with an offset."""
    for tag in ("offset", "staff", "voice"):
        for old in direction.findall(tag):
            direction.remove(old)
    at = Fraction(0)
    for child in bar:
        if child.tag in ("note", "forward", "backup"):
            if at == onset and child.tag != "backup":
                child.addprevious(direction)
                return
            length = number(child.findtext("duration")) / divisions
            if child.tag == "backup":
                break
            if child.find("chord") is None:
                at += length
    if at == onset:
        line = next((b for b in bar.iterfind("barline") if b.get("location", "right") == "right"), None)
        end = next(iter(bar.iterfind("backup")), line)
        bar.append(direction) if end is None else end.addprevious(direction)
        return
    offset = etree.Element("offset")
    offset.text = duration_text(onset * divisions)
    kinds = direction.findall("direction-type")
    kinds[-1].addnext(offset)
    first = next((child for child in bar if child.tag in ("note", "forward")), None)
    bar.append(direction) if first is None else first.addprevious(direction)


def _divisions_along(part: etree._Element) -> list[int]:
    """Divisions of a quarter in each bar."""
    out: list[int] = []
    now = 1
    for bar in part.iterfind("measure"):
        now = int(number(bar.findtext("attributes/divisions"), now)) or 1
        out.append(now)
    return out
