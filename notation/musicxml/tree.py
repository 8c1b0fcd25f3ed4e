"""Small moves in a MusicXML tree that its edits share."""

from __future__ import annotations

import copy as copying
from collections.abc import Callable, Collection
from fractions import Fraction
from typing import cast

from lxml import etree


def copy(root: etree._Element) -> etree._Element:
    return copying.deepcopy(root)


def to_bytes(root: etree._Element, *, pretty: bool = False) -> bytes:
    """The document as UTF-8, with MusicXML's document type, as other programs expect it."""
    if pretty:
        root = copy(root)
        etree.indent(root, space="  ")
    version = root.get("version") or "4.0"
    doctype = (
        f'<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML {version} Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n'
        if all(c.isdigit() or c == "." for c in version)
        else ""
    )
    text = etree.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{doctype}{text}\n".encode()


def insert(parent: etree._Element, tag: str, text: str, *, before: Collection[str]) -> etree._Element:
    """Add a child where MusicXML's order wants it: before the first child with one of these tags."""
    child = etree.Element(tag)
    child.text = text
    for sibling in parent:
        if sibling.tag in before:
            sibling.addprevious(child)
            return child
    parent.append(child)
    return child


def finder(path: str) -> Callable[[etree._Element], list[etree._Element]]:
    """What gives the elements at an XPath below an element, in order; for long parts quicker than asking bar by bar."""
    asked = etree.XPath(path)
    return lambda element: cast("list[etree._Element]", asked(element))


def unset(element: etree._Element, name: str) -> None:
    if name in element.attrib:
        del element.attrib[name]


def place(parent: etree._Element, child: etree._Element, *, order: tuple[str, ...]) -> None:
    rank = order.index(str(child.tag))
    for sibling in parent:
        if sibling.tag in order and order.index(str(sibling.tag)) > rank:
            sibling.addprevious(child)
            return
    parent.append(child)


def duration_text(value: Fraction) -> str:
    """A duration as MusicXML writes it: a whole number of divisions, else decimals."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6f}"
