"""The words of a document, and its parts: read, set, prune.

Each edit works in place on a tree of your own (`tree.copy` gives one); what it is not about is not touched.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from lxml import etree

from notation.musicxml import NotationError


def title_of(root: etree._Element) -> str:
    for path in ("movement-title", "work/work-title"):
        if text := " ".join((root.findtext(path) or "").split()):
            return text
    for credit in root.iterfind("credit"):
        if (credit.findtext("credit-type") or "").strip() == "title":
            return " ".join((credit.findtext("credit-words") or "").split())
    return ""


def composer_of(root: etree._Element) -> str:
    for creator in root.iterfind("identification/creator"):
        if creator.get("type", "composer") == "composer":
            return " ".join((creator.text or "").split())
    return ""


def made_here(root: etree._Element) -> bool:
    """Whether Copyist wrote the notes down, as the document itself says."""
    return any((e.text or "").startswith("Copyist") for e in root.iterfind("identification/encoding/software"))


def set_title(root: etree._Element, title: str) -> None:
    """Set the title where readers look for it; credits that showed the old one show the new one."""
    old = title_of(root)
    work = root.find("work")
    if work is None:
        work = etree.Element("work")
        root.insert(0, work)
    name = work.find("work-title")
    if name is None:
        name = etree.Element("work-title")
        work.insert(1 if work.find("work-number") is not None else 0, name)
    name.text = legal(title)
    movement = root.find("movement-title")
    if movement is not None:
        movement.text = legal(title)
    for words in root.iterfind("credit/credit-words"):
        if old and " ".join((words.text or "").split()) == old:
            words.text = legal(title)


def set_composer(root: etree._Element, composer: str) -> None:
    identification = root.find("identification")
    if identification is None:
        identification = etree.Element("identification")
        before = [child for child in root if child.tag in ("work", "movement-number", "movement-title")]
        root.insert(root.index(before[-1]) + 1 if before else 0, identification)
    for creator in identification.iterfind("creator"):
        if creator.get("type", "composer") == "composer":
            creator.text = legal(composer)
            return
    creator = etree.Element("creator", {"type": "composer"})
    creator.text = legal(composer)
    identification.insert(0, creator)


_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def legal(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def part_names(root: etree._Element) -> dict[str, str]:
    """Part id -> name, in score order."""
    listed = {entry.get("id") or "": entry for entry in root.iterfind("part-list/score-part")}
    names = {}
    for index, part in enumerate(root.iterfind("part"), start=1):
        entry = listed.get(part.get("id") or "")
        name = " ".join((entry.findtext("part-name") or "").split()) if entry is not None else ""
        names[part.get("id") or ""] = name or f"Part {index}"
    return names


def prune(root: etree._Element, *, keep: Collection[str]) -> None:
    """Leave only the parts with these ids, and the part groups that still hold something."""
    if not any(part.get("id") in keep for part in root.iterfind("part")):
        raise NotationError("This score has no such part.", hint="Choose one of its parts.")
    for part in root.findall("part"):
        if part.get("id") not in keep:
            root.remove(part)
    listing = root.find("part-list")
    if listing is None:
        return
    for entry in listing.findall("score-part"):
        if entry.get("id") not in keep:
            listing.remove(entry)
    open_groups: dict[str, etree._Element] = {}
    for child in list(listing):
        key = child.get("number", "1")
        if child.tag == "part-group" and child.get("type") == "start":
            open_groups[key] = child
        elif child.tag == "part-group" and key in open_groups:
            begin = open_groups.pop(key)
            inside = list(listing)[listing.index(begin) + 1 : listing.index(child)]
            if sum(entry.tag == "score-part" for entry in inside) < 2:
                listing.remove(begin)
                listing.remove(child)
