"""Edits of words, dynamics, rehearsal marks, tempos and jumps.

Directions of a bar are counted in document order, from 0; `directions` lists them for a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.edit import legal
from notation.score.edit.model import Edit
from notation.score.edit.work import Work, chord_of

Element = etree._Element
DYNAMICS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "sf", "sfz", "fp", "rf", "rfz", "sfp", "fz")
JUMPS = {  # kind -> (words or sign, attribute of <sound>, its value, whether it stands at the end of the bar)
    "segno": ("", "segno", "segno", False), "coda": ("", "coda", "coda", False),
    "dacapo": ("D.C.", "dacapo", "yes", True), "dalsegno": ("D.S.", "dalsegno", "segno", True),
    "tocoda": ("To Coda", "tocoda", "coda", True), "fine": ("Fine", "fine", "yes", True),
}  # fmt: skip
KINDS = ("words", "dynamics", "rehearsal", "tempo", *JUMPS)


def words(work: Work, edit: Edit) -> str:
    """Words at a note, or at the beginning of the bar. told: kind (one of KINDS), text, below, bpm (of a tempo)"""
    kind = edit.one_of("kind", KINDS, default="words")
    text = legal(edit.text())
    made = _direction(edit, kind, text)
    bar = work.touch(edit.bar)
    late = kind in JUMPS and JUMPS[kind][3]
    if edit.note is not None and not late:
        chord_of(work.note(edit.bar, edit.note))[0].addprevious(made)
        work.select = bar, work.note(edit.bar, edit.note)
    else:
        _put(bar, made, late=late)
        work.select = bar, None
    return f"“{text}”" if text else {"segno": "segno", "coda": "coda sign"}.get(kind, kind)


def direction(work: Work, edit: Edit) -> str:
    """Other words in a direction that is there; none: it goes. told: index, text"""
    bar = work.measure(edit.bar)
    found = bar.findall("direction")
    index = edit.whole("index", low=0, high=10_000)
    if index >= len(found):
        raise NotationError("These words are not there any more.", hint="Reload the page.")
    work.touch(edit.bar)
    work.select = bar, None
    one, text = found[index], legal(edit.text())
    was = said(one)
    if not text:
        bar.remove(one)
        return f"“{was}” taken away"
    holders = [*one.iterfind("direction-type/rehearsal"), *one.iterfind("direction-type/words")]
    if one.find("direction-type/dynamics") is not None and not holders:
        if text not in DYNAMICS:
            raise NotationError(f"There is no dynamic “{text[:20]}”.", hint=f"There are {', '.join(DYNAMICS)}.")
        for dynamics in one.iterfind("direction-type/dynamics"):
            dynamics[:] = [etree.Element(text)]
        return f"“{text}” instead of “{was}”"
    if not holders:
        raise NotationError("This sign has no words.", hint="Delete it, and put in another.")
    holders[0].text = text
    for other in holders[1:]:
        parent = other.getparent()
        if parent is not None and other.tag == holders[0].tag:
            parent.remove(other)
    for empty in [one_type for one_type in one.findall("direction-type") if not len(one_type)]:
        one.remove(empty)
    return f"“{text}” instead of “{was}”"


def directions(bar: Element) -> list[tuple[str, str]]:
    """(kind, text) of the directions of a bar, in order."""
    return [(kind_of(one), said(one)) for one in bar.iterfind("direction")]


def kind_of(direction_: Element) -> str:
    for kind in ("rehearsal", "dynamics", "segno", "coda"):
        if direction_.find(f"direction-type/{kind}") is not None:
            return kind
    for sound in direction_.iterfind("sound"):
        if sound.get("tempo"):
            return "tempo"
        for kind in JUMPS:
            if sound.get(kind) not in (None, "no"):
                return kind
    if direction_.find("direction-type/metronome") is not None:
        return "tempo"
    return "words" if direction_.find("direction-type/words") is not None else "sign"


def said(direction_: Element) -> str:
    """The words of a direction; a sign's name where it has none."""
    texts = [one.text or "" for path in ("rehearsal", "words") for one in direction_.iterfind(f"direction-type/{path}")]
    texts += [str(one.tag) for one in direction_.iterfind("direction-type/dynamics/*")]
    if not texts:
        texts = [str(one.tag) for one in direction_.iterfind("direction-type/*")]
    return " ".join(" ".join(texts).split())


def _direction(edit: Edit, kind: str, text: str) -> Element:
    below = edit.flag("below")
    below = kind == "dynamics" if below is None else below
    made = etree.Element("direction", placement="below" if below else "above")
    holder = etree.SubElement(made, "direction-type")
    if kind == "dynamics":
        if text not in DYNAMICS:
            raise NotationError(f"There is no dynamic “{text[:20]}”.", hint=f"There are {', '.join(DYNAMICS)}.")
        etree.SubElement(etree.SubElement(holder, "dynamics"), text)
        return made
    if kind in JUMPS:
        usual, name, value, _ = JUMPS[kind]
        if usual:
            etree.SubElement(holder, "words").text = text or usual
        else:
            etree.SubElement(holder, kind)
        etree.SubElement(made, "sound", {name: value})
        return made
    if not text:
        raise NotationError("There are no words.", hint="Type what is printed.")
    if kind == "tempo":
        etree.SubElement(holder, "words", {"font-weight": "bold"}).text = text
        bpm = edit.told.get("bpm")
        if bpm is not None:
            etree.SubElement(made, "sound", tempo=str(edit.whole("bpm", low=10, high=400)))
        return made
    etree.SubElement(holder, "rehearsal" if kind == "rehearsal" else "words").text = text
    return made


def _put(bar: Element, made: Element, *, late: bool) -> None:
    if late:
        line = next((one for one in bar.iterfind("barline") if one.get("location", "right") == "right"), None)
        if line is not None:
            line.addprevious(made)
        else:
            bar.append(made)
        return
    for child in bar:
        if child.tag not in ("print", "attributes") and not (
            child.tag == "barline" and child.get("location") == "left"
        ):
            child.addprevious(made)
            return
    bar.append(made)


EDITS: Mapping[str, Callable[[Work, Edit], str]] = {"words": words, "direction": direction}
