"""What holds at each bar of a part (key, metre, clef, transposition), and saying just that in a part put together anew.

held = holding(bars)           of each bar what holds in it
say(bars, wanted, anew=...)    in place: bars say what would not hold without, and nothing twice
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from notation.musicxml.rests import ATTRIBUTES, drop_empty, leading, own_attributes
from notation.musicxml.tree import place, unset

Key = tuple[str, str]  # tag, number of the staff
Holding = Mapping[Key, bytes]  # each as its text, whatever blanks and ids are in it


@dataclass(frozen=True)
class Held:
    """Of one bar."""

    all: Holding  # when its first note comes
    anew: Collection[Key]  # what of it did not hold before the bar


LASTING = ("key", "time", "staves", "instruments", "clef", "staff-details", "transpose")
_DEFAULTS = {  # what is said where nothing held
    "key": b"<key><fifths>0</fifths></key>",
    "staves": b"<staves>1</staves>",
    "transpose": b"<transpose><diatonic>0</diatonic><chromatic>0</chromatic></transpose>",
}


def holding(bars: Sequence[etree._Element]) -> list[Held]:
    found: list[Held] = []
    now: dict[Key, bytes] = {}
    for bar in bars:
        before, head = dict(now), leading(bar)
        for attributes in head:
            _take(now, attributes)
        found.append(Held(dict(now), frozenset(key for key, text in now.items() if before.get(key) != text)))
        for attributes in bar.findall("attributes")[len(head) :]:
            _take(now, attributes)
    return found


def say(bars: Sequence[etree._Element], wanted: Sequence[Holding], *, anew: Sequence[Collection[Key]]) -> None:
    """wanted: of each bar what is to hold when its first note comes; anew: as it was where the bar comes from."""
    now: dict[Key, bytes] = {}
    for bar, wants, was_new in zip(bars, wanted, anew, strict=True):
        head = leading(bar)
        then = dict(now)
        for attributes in head:
            _take(then, attributes)
        defaults = {key: _DEFAULTS[key[0]] for key in then if key not in wants and key[0] in _DEFAULTS}
        for key, text in {**defaults, **wants}.items():
            holds = now.get(key) == text
            if then.get(key) == text and not (holds and key in was_new):
                continue
            for attributes in head:
                for child in attributes.findall(key[0]):
                    if child.get("number", "") == key[1]:
                        attributes.remove(child)
            if not holds:
                place(own_attributes(bar), etree.fromstring(text), order=ATTRIBUTES)
            then[key] = text
        drop_empty(head)
        now = then
        for attributes in bar.findall("attributes")[len(leading(bar)) :]:
            _take(now, attributes)


def lasting(bar: etree._Element) -> list[etree._Element]:
    """What a bar says at its beginning that holds on."""
    return [child for attributes in leading(bar) for child in attributes if child.tag in LASTING]


def _take(now: dict[Key, bytes], attributes: etree._Element) -> None:
    for child in attributes:
        tag = str(child.tag)
        if tag not in LASTING:
            continue
        number = child.get("number", "")
        if not number:  # of all staves
            for key in [key for key in now if key[0] == tag]:
                del now[key]
        now[tag, number] = text_of(child)


def text_of(element: etree._Element) -> bytes:
    bare = copy.deepcopy(element)
    bare.tail = None
    unset(bare, "id")
    for one in bare.iter():
        one.tail = None
        one.text = (one.text or "").strip()
    return etree.tostring(bare, method="c14n")
