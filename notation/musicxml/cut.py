"""One part's document in two at a bar line, and two documents of one part after each other.

    cut(root, at=17)      ->  Halves: bars 0..16 and 17.., each a document that can stand alone
    chain(first, second)  ->  Chained: one document

Cutting and chaining again gives back the same music. What holds across the place (clef, key, metre, divisions, a
transposition, slashes, a rest of many bars) is said again after the cut and taken back where it is said twice. What
goes on over it as a sign (a slur, a hairpin, an ending) stays in the half where it stands and is told, for nobody can
draw half of it. The documents that are given stay as they are.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from notation.musicxml import NotationError, tree
from notation.musicxml.crossing import signs_over
from notation.musicxml.edit import set_title
from notation.musicxml.rests import ATTRIBUTES, drop, halve_rest, leading, own_attributes, unite_rests
from notation.musicxml.tree import place
from notation.musicxml.walk import walk

LASTING = ("divisions", "key", "time", "staves", "instruments", "clef", "staff-details", "transpose")
_STYLES = ("slash", "beat-repeat", "measure-repeat")  # of measure-style: from a start to a stop
_DEFAULTS = {  # what holds where a document says nothing
    "key": "<key><fifths>0</fifths></key>",
    "staves": "<staves>1</staves>",
    "transpose": "<transpose><diatonic>0</diatonic><chromatic>0</chromatic></transpose>",
}
_READ_ID = re.compile(r"([nm])(\d+)(-.*)")

Lasting = dict[tuple[str, str], etree._Element]  # (tag, number of the staff) -> what was said last


@dataclass(frozen=True)
class Halves:
    before: etree._Element
    after: etree._Element
    crossing: tuple[str, ...] = ()  # what goes on over the cut: "a slur", "a tie"


@dataclass(frozen=True)
class Chained:
    root: etree._Element
    seam: int  # bars of the first, so the index at which the second begins
    renamed: Mapping[str, str] = field(default_factory=dict)  # ids of the second that the first had, too


def bars_of(root: etree._Element) -> list[etree._Element]:
    """The bars of a document of one part. NotationError for one that has another number of parts, or no bar."""
    parts = root.findall("part")
    if len(parts) != 1:
        raise NotationError("Only a part by itself can be cut.", hint="Take the parts out of the score first.")
    bars = parts[0].findall("measure")
    if not bars:
        raise NotationError("This part has no bars.", hint="Read the book again.")
    return bars


def cut(root: etree._Element, *, at: int, title: str | None = None) -> Halves:
    """at: index of the bar with which the second half begins. title: of the second half; None keeps that of the first.

    NotationError where one half would have no bar.
    """
    count = len(bars_of(root))
    if not 0 < at < count:
        raise NotationError(
            f"This part has {count} {'bar' if count == 1 else 'bars'}: it cannot be cut before bar {at + 1}.",
            hint=f"Choose a bar from 2 to {count}." if count > 1 else "A single bar stays whole.",
        )
    crossing = tuple(signs_over(bars_of(root), at))
    before, after = tree.copy(root), tree.copy(root)
    first, second = bars_of(before), bars_of(after)
    lasting, styles = _in_force(second[:at])
    for bar in first[at:]:
        drop(bar)
    for bar in second[:at]:
        drop(bar)
    _say_again(second[at], [*lasting.values(), *styles])
    halve_rest(first[:at], second[at])
    for credit in after.findall("credit"):  # words on the first page
        after.remove(credit)
    if title is not None:
        set_title(after, title)
    _count(second[at:], after_bar=None)
    return Halves(before, after, crossing)


def chain(first: etree._Element, second: etree._Element) -> Chained:
    """The second after the first, under the first's head. NotationError where one has more parts than one."""
    root = tree.copy(first)
    bars, more = bars_of(root), [copy.deepcopy(bar) for bar in bars_of(second)]
    part = root.find("part")
    assert part is not None
    renamed = distinct(root, more)
    lasting, styles = _in_force(bars)
    _fit(more[0], lasting, styles)
    whole = _is_whole_before(root)
    for bar in more:
        part.append(bar)
    if more[0].get("implicit") == "yes" and whole:
        tree.unset(more[0], "implicit")
    unite_rests(bars, more[0])
    _count(more, after_bar=bars)
    bring_instruments(root, second)
    return Chained(root, len(bars), renamed)


# --- what holds on --------------------------------------------------------------------------------------------------


def _in_force(bars: Sequence[etree._Element]) -> tuple[Lasting, list[etree._Element]]:
    """What is in force after these bars, and the measure styles that are going on."""
    now: Lasting = {}
    styles: dict[tuple[str, str], etree._Element] = {}
    for child in (entry for bar in bars for attributes in bar.iterfind("attributes") for entry in attributes):
        tag, number = str(child.tag), child.get("number", "")
        if tag in LASTING:
            if not number:  # of all staves
                for key in [key for key in now if key[0] == tag]:
                    del now[key]
            now[tag, number] = child
        elif tag == "measure-style":
            for style in child:
                if str(style.tag) in _STYLES:
                    styles.pop((str(style.tag), number), None)
                    if style.get("type") == "start":
                        styles[str(style.tag), number] = child
    return now, list(styles.values())


def _said(bar: etree._Element) -> dict[tuple[str, str], etree._Element]:
    return {
        (str(child.tag), child.get("number", "")): child
        for attributes in leading(bar)
        for child in attributes
        if str(child.tag) in LASTING
    }


def _say_again(bar: etree._Element, lasting: Iterable[etree._Element]) -> None:
    said = {tag for tag, _ in _said(bar)}
    exact = set(_said(bar))
    wanted = []
    for child in lasting:
        tag, number = str(child.tag), child.get("number", "")
        if tag == "measure-style":
            if bar.find(f"attributes/measure-style/{child[0].tag}") is None:
                wanted.append(child)
        elif (tag, number) not in exact and not (tag in said and ((tag, "") in exact or not number)):
            wanted.append(child)
    if wanted:
        own = own_attributes(bar)
        for child in wanted:
            new = copy.deepcopy(child)
            new.tail = None
            place(own, new, order=ATTRIBUTES)


def _fit(bar: etree._Element, lasting: Lasting, styles: Sequence[etree._Element]) -> None:
    """The first bar of what follows says what is new in it, and no more."""
    said = _said(bar)
    for key, child in said.items():
        old = lasting.get(key)
        if old is not None and _text(old) == _text(child):
            parent = child.getparent()
            assert parent is not None
            parent.remove(child)
    for tag, text in _DEFAULTS.items():
        default = etree.fromstring(text)
        if any(key[0] == tag for key in said):
            continue
        if any(key[0] == tag and _text(old) != _text(default) for key, old in lasting.items()):
            place(own_attributes(bar), default, order=ATTRIBUTES)
    for attributes in leading(bar):
        for style in attributes.findall("measure-style"):
            if any(_text(style) == _text(old) for old in styles):
                attributes.remove(style)
        if not len(attributes):
            drop(attributes)


def _text(element: etree._Element) -> bytes:
    """For comparing, whatever blanks stand between."""
    bare = copy.deepcopy(element)
    bare.tail = None
    tree.unset(bare, "id")
    for one in bare.iter():
        one.tail = None
        one.text = (one.text or "").strip()
    return etree.tostring(bare, method="c14n")


# --- numbers, ids, instruments --------------------------------------------------------------------------------------


def _count(bars: Sequence[etree._Element], *, after_bar: Sequence[etree._Element] | None) -> None:
    """Bar numbers: a pick-up is 0, what is no whole bar has none. after_bar: those before them; None begins anew."""
    if after_bar is None:
        number = 0
        nominal = next(iter(walk(_alone(bars[0]))), None)
        if nominal is not None and nominal.filled < nominal.nominal and bars[0].find("note") is not None:
            bars[0].set("implicit", "yes")
    else:
        plain = [bar.get("number", "") for bar in after_bar if bar.get("implicit") != "yes"]
        known = [int(text) for text in plain if text.isdecimal() and len(text) < 9]
        number = known[-1] if known else len(plain)
    for index, bar in enumerate(bars):
        if bar.get("implicit") == "yes":
            bar.set("number", "0" if index == 0 and after_bar is None else f"X{len(after_bar or ()) + index}")
        else:
            number += 1
            bar.set("number", str(number))


def _alone(bar: etree._Element) -> etree._Element:
    part = etree.Element("part")
    part.append(copy.deepcopy(bar))
    return part


def _is_whole_before(root: etree._Element) -> bool:
    """Whether the last bar is as long as its metre wants it."""
    last = list(walk(root.findall("part")[0]))[-1]
    return last.filled == 0 or last.filled >= last.nominal


def distinct(root: etree._Element, more: Sequence[etree._Element]) -> dict[str, str]:
    """Ids of `more` that `root` has already get others; those that a reader gave ("n<line>-<bar>-<head>") keep their
    form, their lines counted on."""
    taken = {element.get("id") for element in root.iter() if isinstance(element.tag, str) and element.get("id")}
    mine = [e for bar in more for e in bar.iter() if isinstance(e.tag, str) and e.get("id") and e.tag != "instrument"]
    if not any(element.get("id") in taken for element in mine):
        return {}
    lines = [int(found[2]) for one in taken if one and (found := _READ_ID.fullmatch(one)) and len(found[2]) < 9]
    shift = max(lines, default=-1) + 1
    renamed: dict[str, str] = {}
    for element in mine:
        old = element.get("id") or ""
        if found := _READ_ID.fullmatch(old):
            new = f"{found[1]}{int(found[2]) + shift}{found[3]}"
        else:
            new = old
        number = 2
        while new in taken:
            new, number = f"{old}-{number}", number + 1
        taken.add(new)
        if new != old:
            element.set("id", new)
            renamed[old] = new
    return renamed


def bring_instruments(root: etree._Element, second: etree._Element) -> None:
    """Instruments that notes of the second name, where the first does not list them."""
    entry, other = root.find("part-list/score-part"), second.find("part-list/score-part")
    if entry is None or other is None:
        return
    for tag, after in (("score-instrument", ()), ("midi-instrument", ("score-instrument", "midi-device"))):
        known = {child.get("id") for child in entry.iterfind(tag)}
        for child in other.iterfind(tag):
            if child.get("id") in known:
                continue
            last = [one for one in entry if one.tag == tag or one.tag in after]
            new = copy.deepcopy(child)
            if last:
                last[-1].addnext(new)
            elif tag == "score-instrument" and (midi := entry.find("midi-instrument")) is not None:
                midi.addprevious(new)
            else:
                entry.append(new)
