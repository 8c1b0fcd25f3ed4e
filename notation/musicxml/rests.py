"""Rests of many bars where a part is cut or two are put after each other; and the attributes that say them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from notation.musicxml.tree import place

ATTRIBUTES = ("footnote", "level", "divisions", "key", "time", "staves", "part-symbol", "instruments", "clef",
               "staff-details", "transpose", "for-part", "directive", "measure-style")  # fmt: skip


def leading(bar: etree._Element) -> list[etree._Element]:
    """The attributes of a bar that are said before its first note."""
    found = []
    for child in bar:
        if child.tag in ("note", "backup", "forward"):
            break
        if child.tag == "attributes":
            found.append(child)
    return found


def own_attributes(bar: etree._Element) -> etree._Element:
    """The attributes at the beginning of a bar, made where there are none."""
    if said := leading(bar):
        return said[0]
    own = etree.Element("attributes")
    bar.insert(sum(1 for child in bar if child.tag == "print"), own)
    return own


def _rest_at(bars: Sequence[etree._Element]) -> tuple[etree._Element, int, int] | None:
    """(its element, index of its first bar, its count) of the rest of many bars that holds the last of these bars, or
    ends with it."""
    for index in range(len(bars) - 1, -1, -1):
        rest = bars[index].find("attributes/measure-style/multiple-rest")
        if rest is not None:
            text = (rest.text or "").strip()
            count = int(text) if text.isdecimal() and len(text) < 5 else 1
            return (rest, index, count) if index + count >= len(bars) else None
    return None


def halve_rest(before: Sequence[etree._Element], after: etree._Element) -> None:
    """A rest of many bars over the cut becomes two."""
    found = _rest_at(before)
    if found is None:
        return
    rest, index, count = found
    left = index + count - len(before)
    if left <= 0:
        return
    _set_rest(rest, len(before) - index)
    if left > 1 and after.find("attributes/measure-style/multiple-rest") is None:
        own = own_attributes(after)
        style = etree.Element("measure-style")
        etree.SubElement(style, "multiple-rest").text = str(left)
        place(own, style, order=ATTRIBUTES)


def unite_rests(before: Sequence[etree._Element], after: etree._Element) -> None:
    """Two rests that follow each other with nothing between them are one."""
    rest = after.find("attributes/measure-style/multiple-rest")
    left = int(rest.text or 1) if rest is not None and (rest.text or "").strip().isdecimal() else 1
    found = _rest_at(before)
    index, count = (found[1], found[2]) if found else (len(before) - 1, 1)
    if found is not None and index + count != len(before):
        return
    if not _silent(after) or not _silent(before[-1]) or (found is None and rest is None):
        return
    others = [child for one in leading(after) for child in one if child.tag != "measure-style"]
    if others or any(after.find(tag) is not None for tag in ("direction", "barline", "harmony", "sound")):
        return
    if before[-1].find("barline") is not None or (found is None and before[-1].find("direction") is not None):
        return
    if rest is not None:
        style = rest.getparent()
        attributes = style.getparent() if style is not None else None
        if style is not None and attributes is not None:
            drop(style)
            if not len(attributes):
                drop(attributes)
    if found is not None:
        found[0].text = str(count + left)
    else:
        style = etree.Element("measure-style")
        etree.SubElement(style, "multiple-rest").text = str(1 + left)
        place(own_attributes(before[index]), style, order=ATTRIBUTES)


def _silent(bar: etree._Element) -> bool:
    return all(note.find("rest") is not None for note in bar.iterfind("note"))


def _set_rest(rest: etree._Element, count: int) -> None:
    if count > 1:
        rest.text = str(count)
        return
    style = rest.getparent()
    attributes = style.getparent() if style is not None else None
    if style is not None and attributes is not None:
        drop(style)
        if not len(attributes):
            drop(attributes)


def drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def drop_empty(elements: Iterable[etree._Element]) -> None:
    for element in list(elements):
        if not len(element):
            drop(element)
