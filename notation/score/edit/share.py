"""Edits that are the business of all books of a song, not of one alone: what all share on paper."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from notation.score.edit.model import Edit

KINDS = ("barline", "repeat", "ending", "metre", "key", "insert_bars", "delete_bars")
OF_WORDS = ("rehearsal", "tempo", "segno", "coda", "dacapo", "dalsegno", "tocoda", "fine")


def is_shared(edit: Edit) -> bool:
    return edit.do in KINDS or (edit.do == "words" and edit.told.get("kind") in OF_WORDS)


def shared(root: etree._Element, edit: Edit) -> Edit | None:
    """An edit that all books may want, told so that it means the same in each; `root` is as the edit left it."""
    if not is_shared(edit):
        return None
    if edit.do == "repeat":  # not "the other of what is", but what is now
        bar = root.findall("part/measure")[edit.bar]
        way = "forward" if edit.told.get("side") == "left" else "backward"
        return replace(edit, told={**edit.told, "on": bar.find(f"barline/repeat[@direction='{way}']") is not None})
    return replace(edit, note=None)
