"""Makes a copy of a document ready for the engraver: the chosen staves, beams, rests gathered, room for the head.

The stored document is never touched. What other programs left about their own page layout goes, since the page is
laid out anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from notation.engrave.sandbox import Check, never
from notation.engrave.style import Style
from notation.musicxml import edit, staves, tidy, tree
from notation.musicxml.edit import composer_of, part_names, title_of
from notation.musicxml.staves import staff_count, tuning_of

MOST_CHARACTERS, MOST_LINES = 300, 6  # of what a file says about itself
TRANSCRIBED = "Transcribed by Copyist"
LINE_UNITS = 3.956  # height of one line of Verovio's page head, in its units (half a staff space)
_NOTES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_STANDARD = [40, 45, 50, 55, 59, 64]


@dataclass(frozen=True)
class Head:
    """The words of the title block."""

    title: str
    subtitle: str
    left: tuple[str, ...]  # the part, its tuning
    right: tuple[str, ...]  # composer, who transcribed it


@dataclass(frozen=True)
class Prepared:
    document: bytes
    head: Head
    staves: int
    head_mm: float  # height that the title block takes; 0 without one
    spacer_lines: int
    spacer_rest_units: float
    tab_alone: bool  # the first staff is a tab


@dataclass(frozen=True)
class Tidied:
    """A document of which only the room for the head is open: whoever tries several sizes tidies it once."""

    root: etree._Element  # without any credit
    head: Head
    staves: int
    tab_alone: bool

    def sized(self, style: Style) -> Prepared:
        """For paper and staves of this size. All else of `style` is what the document was tidied for."""
        unit_mm = style.staff_for(self.staves) / 8
        height = head_height_mm(self.head, width_mm=_text_width_mm(style)) if style.head else 0.0
        lines = int(height / (LINE_UNITS * unit_mm))
        rest = max(0.0, min(24.0, height / unit_mm - lines * LINE_UNITS))
        reserved = _reserve(self.root, lines=lines)
        document = tree.to_bytes(self.root)
        for credit in reserved:
            self.root.remove(credit)
        return Prepared(document, self.head, self.staves, height, lines, rest, self.tab_alone)


def prepare(root: etree._Element, *, style: Style, check: Check = never) -> Prepared:
    """What the engraver gets of a document, and the words that we set ourselves."""
    return tidied(root, style=style, check=check).sized(style)


def tidied(root: etree._Element, *, style: Style, check: Check = never) -> Tidied:
    """All of `prepare` that does not depend on sizes."""
    root = tree.copy(root)
    head = _head(root, style=style)
    check()
    tidy.beam(root)
    check()
    staves.show(root, view=style.view, rhythm=style.rhythm)
    check()
    tidy.leave_keys_off_percussion(root)
    parts = root.findall("part")
    count = sum(staff_count(part) for part in parts)
    if len(parts) == 1:
        tidy.gather_rests(root)
        tidy.rests_before_notes(root)
        _hide_part_name(root)
    else:
        _bracket(root)
    for tag in ("defaults", "credit"):
        for old in root.findall(tag):
            root.remove(old)
    for part in parts:
        for old in part.findall("measure/print"):
            _remove(old)
    return Tidied(root, head, count, 1 in staves.tab_staves(parts[0]))


def _text_width_mm(style: Style) -> float:
    return style.size_mm[0] - style.margin_mm[1] - style.margin_mm[3]


def _head(root: etree._Element, *, style: Style) -> Head:
    parts = root.findall("part")
    title = style.title if style.title is not None else title_of(root)
    composer = style.composer if style.composer is not None else composer_of(root)
    part = style.part
    if part is None:
        names = list(part_names(root).values())
        part = names[0] if len(names) == 1 and not names[0].startswith("Part ") else ""
    remarks = style.remarks
    if remarks is None:
        remarks = tuning_words(parts[0]) if len(parts) == 1 else ()
    arrangers = [
        " ".join((creator.text or "").split())
        for creator in root.iterfind("identification/creator")
        if creator.get("type") == "arranger"
    ]
    # Some write a sentence there: "Transcribed by …".
    arranged = [
        name if " by " in name or name.lower().startswith("arr") else f"arr. {name}" for name in arrangers if name
    ]
    credit = style.credit
    if credit is None:
        credit = TRANSCRIBED if edit.made_here(root) else ""
    right = [composer, *arranged, credit]
    left = [part, *remarks]
    return Head(_said(title), _said(style.subtitle), _some(left), _some(right))


def _some(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(_said(text) for text in words if text)[:MOST_LINES]


def _said(text: str) -> str:
    return edit.legal(text)[:MOST_CHARACTERS]


def tuning_words(part: etree._Element) -> tuple[str, ...]:
    """How a fretted part is strung, for the player: ("Standard tuning",), ("Tuning D A D G B E", "Capo 2")."""
    strings, capo = tuning_of(part)
    if not strings:
        return ()
    names = " ".join(_NOTES[string % 12] for string in strings)
    tuning = "Standard tuning" if strings == _STANDARD else f"Tuning {names}"
    return (tuning, f"Capo {capo}") if capo else (tuning,)


def head_height_mm(head: Head, *, width_mm: float) -> float:
    from notation.engrave.svg import head_lines

    lines = head_lines(head, width_mm=width_mm)
    return lines[-1].y_mm + 4.0 if lines else 0.0


def _hide_part_name(root: etree._Element) -> None:
    """The name of an only part stands in the head, not before its first system."""
    for entry in root.iterfind("part-list/score-part"):
        for tag in ("part-name-display", "part-abbreviation-display", "part-abbreviation"):
            for old in entry.findall(tag):
                entry.remove(old)
        name = entry.find("part-name")
        if name is not None:
            name.set("print-object", "no")


def ungrouped(root: etree._Element) -> etree._Element | None:
    """The part list of a score of single staves that groups nothing: one to be bracketed.

    A score with a piano in it is left alone: Verovio would draw the bracket and forget the brace.
    """
    listing = root.find("part-list")
    if listing is None or listing.find("part-group") is not None:
        return None
    return None if any(staff_count(part) > 1 for part in root.iterfind("part")) else listing


def _bracket(root: etree._Element) -> None:
    """Bracket all of an ungrouped score, bar lines through the staves unless sung to."""
    listing = ungrouped(root)
    if listing is None:
        return
    start = etree.Element("part-group", {"type": "start", "number": "1"})
    etree.SubElement(start, "group-symbol").text = "bracket"
    sung = root.find("part/measure/note/lyric") is not None
    etree.SubElement(start, "group-barline").text = "no" if sung else "yes"
    listing.insert(0, start)
    listing.append(etree.Element("part-group", {"type": "stop", "number": "1"}))


def _reserve(root: etree._Element, *, lines: int) -> list[etree._Element]:
    """Empty lines in Verovio's own page head, where our title block goes: it knows no other margin for page one."""
    before = root.find("part-list")
    assert before is not None  # `read` sees to it
    reserved = []
    for _ in range(lines):
        credit = etree.Element("credit", {"page": "1"})
        words = etree.SubElement(credit, "credit-words", {"justify": "left", "valign": "top"})
        words.text = "\u00a0"
        before.addprevious(credit)
        reserved.append(credit)
    return reserved


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
