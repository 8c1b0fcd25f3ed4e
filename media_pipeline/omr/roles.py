"""What a line of words on a page of music is: a title, a tempo, a rehearsal mark, a bar number ...

That follows from where it stands (over the first staff, beside a staff, above or below one, at the foot), how tall it
is, and from the lists of instruments and terms.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from media_pipeline.omr.instruments import Instrument, read_instrument
from media_pipeline.omr.lyrics import Sung
from media_pipeline.omr.model import Box, Page, Printed, Staff
from media_pipeline.omr.terms import Term, read_jump, read_term
from media_pipeline.omr.typeface import CAPITAL, size

Role = Literal[
    "title", "subtitle", "movement", "composer", "lyricist", "arranger", "instrument", "tempo", "expression",
    "technique", "dynamic", "jump", "rehearsal", "bar number", "page number", "rest count", "tacet", "volta", "lyrics",
    "copyright", "header", "other",
]  # fmt: skip


@dataclass(frozen=True)
class Word:
    """A line of words. For a part's heading see `instrument`, for a term (tempo, jump ...) `term`."""

    text: str  # with slips of the scanner set right where it is a term
    box: Box
    confidence: float  # 0..1; 1 from a text layer
    role: Role
    staff: int | None = None  # index into Page.staves of the staff it belongs to: the one below it, above or beside it
    above: bool = True  # of that staff
    number: int | None = None  # bar number, page number, rest count, first number of a volta, verse
    term: Term | None = None
    instrument: Instrument | None = None
    syllables: tuple[Sung, ...] = ()  # of lyrics that stand under a staff

    @property
    def height(self) -> float:
        """Of its capitals, whether or not it has any."""
        return height_of(self.text, self.box)


@dataclass(frozen=True)
class Head:
    """The room over the first staff of a piece, where its title, its makers and its part are named."""

    title: Printed | None  # its largest line in the middle
    staff: int | None = None  # index of the staff under it
    top: float = 0.0  # y; what stands higher is of the piece before
    first: bool = True  # of its page

    @property
    def tallest(self) -> float:
        return height_of(self.title.text, self.title.box) if self.title else 0.0

    def holds(self, page: Page, box: Box, space: float) -> bool:
        under = self.staff is None or box.y1 < page.staves[self.staff].box.y0 - 0.3 * space
        return under and (self.first or (box.y0 + box.y1) / 2 > self.top)


def heads_of(page: Page, lines: Sequence[Printed], space: float) -> list[Head]:
    """The head of a page and those of the pieces that begin further down, where a title stands between two systems."""

    def largest(some: Sequence[Printed]) -> Printed | None:
        return max(some, key=lambda line: height_of(line.text, line.box), default=None)

    heads = [Head(largest([line for line in lines if _headline(page, line, space)]), 0 if page.staves else None)]
    for system in page.systems[1:]:
        staff = page.staves[system.staves[0]]
        over = max((other.box.y1 for other in page.staves if other.box.y1 < staff.box.y0), default=0.0)
        room = [line for line in lines if over + 2 * space < line.box.y0 and line.box.y1 < staff.box.y0 - 3.2 * space]
        title = largest([line for line in room if _entitles(page, line, space)])
        if title is not None:
            top = title.box.y0 - 0.5 * (title.box.y1 - title.box.y0)
            heads.append(Head(title, system.staves[0], top, first=False))
    return heads


def _entitles(page: Page, line: Printed, space: float) -> bool:
    """Whether a line between two systems is the title of a piece that begins there."""
    text, tall = line.text, height_of(line.text, line.box)
    centre = abs((line.box.x0 + line.box.x1) / 2 / page.image.shape[1] - 0.5) < 0.12
    if not centre or tall <= 1.3 * space or sum(c.isalpha() for c in text) < 3 or text[0].islower():
        return False
    if _MOVEMENT.match(text) or _COPYRIGHT.search(text) or re.search(r"\btac(et|ent)\b", text, re.I):
        return False
    return not read_term(text) and not ((named := read_instrument(text)) and named.sure == 1)


def _headline(page: Page, line: Printed, space: float) -> bool:
    """Whether a line stands over the first staff, in the middle, and is letters."""
    if page.staves and line.box.y1 > page.staves[0].box.y0 - space:
        return False
    middle = (line.box.x0 + line.box.x1) / 2 / page.image.shape[1]
    letters = sum(c.isalpha() for c in line.text)
    names = read_instrument(line.text) or _MOVEMENT.match(line.text)
    return 0.3 < middle < 0.7 and letters >= 2 and not names


def height_of(text: str, box: Box) -> float:
    """How high capitals of this line's type are."""
    return CAPITAL * size(text, box)


_ARRANGER = re.compile(r"^\(?(arr(\.|ang|\b)|bearb|adapt|trans?cr|orch(\.|estr)|instr\.|tr\. |setting|arreg)", re.I)
_LYRICIST = re.compile(r"^(text|words|worte|lyrics|paroles|testo|parole|poem|letra|tekst)\b", re.I)
_COMPOSER = re.compile(r"^(music|musik|musique|musica|komp|comp|von|by|di|de|muziek)\b[ .:]+(?=\S)", re.I)
_COPYRIGHT = re.compile(
    r"©|\(c\) ?\d{4}|copyright|all rights|alle rechte|tous droits|propriet|printed in|isbn|https?:|www\.|public domain"
    r"|\b(engrav|typeset|notensatz|gravure)",
    re.I,
)
_VOLTA = re.compile(r"^\[?([1-9]\.?( ?[,+/&-] ?[1-9]\.?)*\.|[1-9]\.( ?[1-9]\.)+)\]?$")
_SAME = frozenset("cosuvwxz")  # letters that a frame's size does not tell from their capitals
_MARK = re.compile(r"^[A-Z]$|^([A-Z])\1$|^[A-Z]\d$")
_NUMBER = re.compile(r"^[-–—(\[. ]*(\d{1,3})[-–—)\]. ]*$")
_MOVEMENT = re.compile(
    r"^(?:(?:[IVX]{1,4})[.:)](?:\s|$)|(?:\d{1,2}\.?|[A-Z][a-zé]+)\s(?:satz|movement|mouvement|movimento|deel)\b)"
)
_YEARS = re.compile(r"\(?\b(1[5-9]|20)\d\d ?[-–—] ?((1[5-9]|20)\d\d)?\)?|\(?\*? ?\b1[5-9]\d\d\)")


_OPUS = re.compile(r"^(op(us)?|bwv|kv|k|hob|d|woo|rv|wq)\b\.? ?([IVXL]+:)?\d", re.I)
_DYNAMIC = re.compile(r"^(p{1,4}|f{1,4}|m[pf]|s?f{1,2}z?|s?fp+|fz|rfz?|sffz)\.?$")


def role_of(page: Page, line: Printed, framed: bool, space: float, heads: Sequence[Head]) -> Word | None:
    text = " ".join(line.text.replace("|", " ").split()) if line.confidence < 1 else line.text
    if not any(c.isalnum() or c in "©♩" for c in text):
        return None
    box, sure = line.box, line.confidence
    if sure < 1:  # a dynamic beside a word
        text = re.sub(r"^(s?[pmf]{1,4}z?|[<>]+) (?=[a-z]{3})", "", text, flags=re.IGNORECASE)
    height, width = page.image.shape
    tall = height_of(text, box)
    staff, above, gap = _beside(page, box, space)
    last = page.staves[-1] if page.staves else None
    head = next((head for head in heads if head.holds(page, box, space)), None)
    title, tallest = (head.title, head.tallest) if head else (None, 0.0)
    if head and not head.first and head.staff is not None:
        staff, above, gap = head.staff, True, page.staves[head.staff].box.y0 - box.y1
    near_head = head is not None and (gap is None or gap > 4.5 * space)
    foot = last is not None and box.y0 > last.box.y1 + 4.5 * space and box.y0 > 0.88 * height
    number = int(found[1]) if (found := _NUMBER.match(text)) else None
    letters = sum(c.isalpha() for c in text)

    def made(role: Role, **more: object) -> Word:
        at = None if role in _PAGE_ROLES or (role == "instrument" and head and near_head) else staff
        return Word(text, box, sure, role, at, above, **more)  # type: ignore[arg-type]

    if _COPYRIGHT.search(text):
        return made("copyright")
    if re.search(r"^\W*tac(et|e|ent)\b|\btac(et|ent)\W*$", text, re.I):
        return made("tacet")
    own = page.staves[staff] if staff is not None else None
    if own is not None and box.x1 < own.x0 + space and (gap == 0 or _amid(page, staff, box)):  # before its staff
        named = read_instrument(text)
        return made("instrument", instrument=named) if named else made("other", number=number)
    if own is not None and gap == 0 and own.box.y0 < (box.y0 + box.y1) / 2 < own.box.y1 and not framed:
        return None  # a metre's figures and the like
    if own is not None and _DYNAMIC.match(text):
        return made("dynamic")
    # figures
    under_title = title is not None and box.y0 > (title.box.y0 + title.box.y1) / 2
    if framed and number is not None and gap is not None and gap < 9 * space:
        staff, above, _ = _under(page, box, space) or (staff, above, gap)
        return made("rehearsal", number=number)
    if number is not None:
        if near_head and under_title and (gap is None or gap > 7 * space):
            return made("subtitle" if 0.4 < (box.x0 + box.x1) / 2 / width < 0.6 else "other", number=number)
        if foot or (near_head and head and head.first):
            return made("page number", number=number)
        if own is None or gap is None:
            return made("other", number=number)
        if _VOLTA.match(text):
            return made("volta", number=number)
        if above and box.x0 < own.x0 + 5 * space and gap < 5 * space:
            return made("bar number", number=number)
        if above and 1.6 * space <= tall <= 2.4 * space and gap < 3 * space and number > 1:
            return made("rest count", number=number)
        return made("other", number=number) if sure == 1 else None  # a tuplet's, a finger, or music
    if staff is not None and above and gap is not None and gap < 6 * space:
        if _VOLTA.match(text):
            return made("volta", number=int(re.findall(r"\d", text)[0]))
        # an up-bow; an accent is read as A
        lone = tall >= (1.1 if sure == 1 else 2.0) * space and sure > 0.85 and text != "V"
        if _MARK.match(text) and lone and not framed:
            return made("rehearsal")
    if framed and (len(text) <= 3 or _SECTION.match(text)) and not read_jump(text):
        staff, above, gap = _under(page, box, space) or (staff, above, gap)
        text = text.upper() if text in _SAME else text
        return made("rehearsal")
    title_like = near_head and tall >= max(1.25 * space, 0.75 * tallest) and 0.3 < (box.x0 + box.x1) / 2 / width < 0.7
    if head and (_LYRICIST.match(text) or _ARRANGER.match(text)):
        return made(_heading(page, text, box, space, head))
    if head and (named := read_instrument(text)) and named.sure == 1 and not title_like:
        return made("instrument", instrument=named)
    # a term says what it is wherever it stands, but for titles: a "March" may be one
    term = read_term(text)
    if (
        term
        and term.role == "tempo"
        and not term.gradual
        and under_title
        and near_head
        and abs((box.x0 + box.x1) / 2 / width - 0.5) < 0.08
    ):
        return made("subtitle")  # "March", "Waltz"
    if term and not (title_like and (term.form or tall > 2.2 * space)) and not (foot and staff is None):
        if term.role == "tempo" and not above and text[0].isupper():  # but "a tempo" may stand under its staff
            staff, above, gap = _under(page, box, space) or (staff, above, gap)
        if sure < 1 or term.per_minute is not None:
            text = term.text
        return made(term.role, term=term)
    if _MOVEMENT.match(text):
        return made("movement")
    if sure < 1 and letters < 2 and sum(c.isalnum() for c in text) < 3:
        return None  # a speck or a mark of the music that looks like a letter
    # names
    instrument = read_instrument(text) if (own is None or head) and not foot else None
    if instrument and not (title_like and box.x0 > 0.35 * width and tall == tallest and instrument.sure < 1):
        return made("instrument", instrument=instrument)
    if foot:
        return made("copyright" if letters >= 3 and tall < 2 * space else "other")
    if head and sure < 1 and sum(c.isalnum() for c in text) < 3:
        return None
    if head and gap is not None and gap < 2 * space and text != (title.text if title else ""):
        return made("other")
    if head and not head.first and sure < 0.5:
        return None
    if head:
        return made(_heading(page, text, box, space, head))
    if own is None or gap is None:
        return made("other")
    if above and gap > 3.2 * space and letters >= 4 and _opens(page, text, box, staff or 0, tall):
        return made("title")
    if gap > 3.2 * space and above and box.x0 > 0.6 * width and tall > 0.9 * space and letters >= 5:
        return made("arranger" if _ARRANGER.match(text) else "composer" if text[0].isupper() else "other")
    if sure < 0.5 or (sure < 1 and sum(c.isalnum() for c in text) < 4):
        return None
    return made("lyrics" if not above and letters >= 2 else "other")


_SECTION = re.compile(r"^(trio|coda|intro|finale?|refrain|vers|chor|solo|bridge|minore|maggiore|var|alternativ)", re.I)


def _opens(page: Page, text: str, box: Box, staff: int, tall: float) -> bool:
    """Whether a line at the left is the title of a piece in mid-page: of large type, over a staff set further off."""
    own = page.staves[staff]
    if staff == 0 or tall < 1.1 * own.interline or abs(box.x0 - own.x0) > 3 * own.interline or _SECTION.match(text):
        return False
    tops = [page.staves[system.staves[0]].box.y0 for system in page.systems]
    gaps = sorted(below - above for above, below in itertools.pairwise(tops))
    mine = next((below - above for above, below in itertools.pairwise(tops) if below == own.box.y0), 0.0)
    return text[0].isupper() and mine > 1.15 * gaps[len(gaps) // 2 if len(gaps) > 2 else 0]


def _amid(page: Page, staff: int | None, box: Box) -> bool:
    """Whether a line stands in the height of the system of a staff."""
    middle = (box.y0 + box.y1) / 2
    return any(
        page.staves[system.staves[0]].box.y0 < middle < page.staves[system.staves[-1]].box.y1
        for system in page.systems
        if staff in system.staves
    )


_PAGE_ROLES = ("title", "subtitle", "composer", "lyricist", "arranger", "page number", "copyright", "header")


def _beside(page: Page, box: Box, space: float) -> tuple[int | None, bool, float | None]:
    """The staff that a line belongs to, whether the line is above it, and the gap between them in pixels.

    Midway between two staves a line belongs to the lower one: more words stand above their staff than below.
    """
    best: tuple[float, int, bool, float] | None = None
    for index, staff in enumerate(page.staves):
        if box.x0 > staff.x1 + 2 * space:
            continue
        over, under = staff.box.y0 - box.y1, box.y0 - staff.box.y1
        above = over > under
        gap = max(over, under, 0.0)
        cost = gap if above else 1.4 * gap
        if gap < 16 * space and (best is None or cost < best[0]):
            best = cost, index, above, gap
    return (best[1], best[2], best[3]) if best else (None, True, None)


def _under(page: Page, box: Box, space: float) -> tuple[int, bool, float] | None:
    """The staff of the next system under a line, for what stands over its staff however high the notes there are."""
    tops = {system.staves[0] for system in page.systems}
    below = [
        (staff.box.y0 - box.y1, index)
        for index, staff in enumerate(page.staves)
        if staff.box.y0 > box.y1 and staff.x0 - 4 * space < box.x0 < staff.x1
    ]
    gap, index = min(below, default=(0.0, -1))
    return (index, True, gap) if index in tops and gap < 10 * space else None


def _heading(page: Page, text: str, box: Box, space: float, head: Head) -> Role:
    """What a line over the first staff of a piece is."""
    width = page.image.shape[1]
    middle, tall, tallest = (box.x0 + box.x1) / 2 / width, height_of(text, box), head.tallest
    if _ARRANGER.match(text):
        return "arranger"
    if _LYRICIST.match(text):
        return "lyricist"
    if _OPUS.match(text):
        return "subtitle"
    if _YEARS.search(text) or (_COMPOSER.match(text) and middle > 0.55):
        return "composer"
    top: Staff | None = page.staves[head.staff] if head.staff is not None else None
    if head.first and box.y1 < 0.08 * page.image.shape[0] and max(tall, tallest) < 2.2 * space:
        return "header"  # of every further page: piece and part in small letters
    if middle > 0.62 and (tall < 0.8 * max(tallest, 2 * space) or (top and box.x1 > top.x1 - 4 * space)):
        return "other" if any((term := read_term(word)) and term.gradual for word in text.split()) else "composer"
    if 0.3 < middle < 0.7:
        return "title" if tall >= 0.75 * tallest and tall > 1.3 * space else "subtitle"
    if middle <= 0.3 and (top is None or top.box.y0 - box.y1 > 6 * space) and tall >= 0.75 * tallest > 1.5 * space:
        return "title"
    if middle < 0.38 and tallest and top and box.x0 < top.x0 + 4 * space and top.box.y0 - box.y1 > 2.5 * space:
        return "lyricist" if re.fullmatch(r"[^\d:;]*\b\w[\w.]+ [^\d:;]*(\([^)]*\))?", text) else "other"
    return "other"
