"""Everything printed in letters, line by line, each with its role.

The words come from the text layer of a born-digital page, else from tesseract (letters.py). What they are follows from
where they stand (over the first staff, beside a staff, above or below one, at the foot), how tall they are, and from
the lists of instruments and terms.
"""

from __future__ import annotations

import itertools
import re
import statistics
import unicodedata
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Literal

from media_pipeline.omr.instruments import Instrument, read_instrument
from media_pipeline.omr.letters import Letters, missing
from media_pipeline.omr.lyrics import Sung, find_verses
from media_pipeline.omr.model import Box, Page, Printed, Staff
from media_pipeline.omr.terms import Term, read_jump, read_term
from media_pipeline.omr.tesseract import never
from media_pipeline.omr.typeface import CAPITAL, baseline, size

__all__ = ["LANGUAGES", "Role", "Word", "letters_of", "missing", "read_words"]

Role = Literal[
    "title", "subtitle", "movement", "composer", "lyricist", "arranger", "instrument", "tempo", "expression",
    "technique", "dynamic", "jump", "rehearsal", "bar number", "page number", "rest count", "tacet", "volta", "lyrics",
    "copyright", "header", "other",
]  # fmt: skip
LANGUAGES = ("eng", "deu")  # where nothing is known; two take tesseract half as long again as one, four twice as long


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
        return _tall(self.text, self.box)


def letters_of(page: Page, languages: Collection[str] = LANGUAGES) -> Letters | None:
    """Tesseract at work on a scan's letters; None where a text layer says them or there are none to be read.

    `languages` are tesseract's names; those not installed are passed over.
    """
    if page.layer or page.kind not in ("music", "words", "tab", "chords"):
        return None
    return Letters(page, languages)


def read_words(
    page: Page, languages: Collection[str] = LANGUAGES, *, letters: Letters | None = None,
    check: Callable[[], object] = never,
) -> list[Word]:  # fmt: skip
    """The lines of words of a page, from the top.

    letters: what `letters_of` gave, where it was called before. Waits for tesseract, and raises what `check` raises.
    Without tesseract the words of a scan are none; `missing` says what that costs.
    """
    space = _space(page)
    lines: list[tuple[Printed, bool]] = []
    if page.layer:
        apart = [replace(word, text=text) for word in page.layer if (text := _clean(word.text))]
        lines = [(word, True) for word in apart if len(word.text) <= SHORT and _in_frame(page, word.box, space)]
        alone = {word.box for word, _ in lines}
        apart = [word for word in apart if word.box not in alone]
    else:
        with letters or letters_of(page, languages) or nullcontext() as at_work:
            lines, apart = at_work.lines(check) if at_work is not None else ([], [])
    short = [line for line, framed in lines if not framed and len(line.text.split()) <= 2]  # a last word may be alone
    verses, others = find_verses(page, [*apart, *short])
    sung = {syllable.box for verse in verses for syllable in verse.syllables}
    lines = [(line, framed) for line, framed in lines if line.box not in sung]
    kept = {line.box for line in short}
    lines += [(line, False) for line in joined([other for other in others if other.box not in kept])]
    lines = [
        p for line, framed in lines for p in (_marked(line) if line.confidence < 1 and not framed else [(line, framed)])
    ]
    heads = _heads(page, [line for line, _ in lines], space)
    words = [_word(page, line, framed, space, heads) for line, framed in lines]
    words += [
        Word(v.text, v.box, v.confidence, "lyrics", v.staff, False, v.number, syllables=v.syllables) for v in verses
    ]
    return sorted((word for word in words if word), key=lambda word: (word.box.y0, word.box.x0))


def joined(words: Sequence[Printed]) -> list[Printed]:
    """Words of a text layer set together to lines: those on one height and no further apart than letters are tall."""
    lines: list[list[Printed]] = []
    for word in sorted(words, key=lambda word: (word.box.x0, word.box.y0)):
        if not (text := _clean(word.text)):
            continue
        word = Printed(text, word.box, word.confidence)
        near = [line for line in lines if _follows(line[-1], word)]
        if near:
            min(near, key=lambda line: _unlike(line[-1], word)).append(word)
        else:
            lines.append([word])
    return [_set(part) for line in lines for part in _phrases(line)]


def _follows(left: Printed, right: Printed) -> bool:
    """Whether a word stands on the height of another, and not far behind it."""
    a, b = left.box, right.box
    tall = b.y1 - b.y0
    # a metronome's note and a segno are no letters, and left a gap
    far = 3.0 if right.text.startswith("=") or left.text == "dal" else 0.9
    most = max(tall, a.y1 - a.y0, 1.0)
    shared = min(a.y1, b.y1) - max(a.y0, b.y0)
    return shared > 0.5 * min(tall, a.y1 - a.y0) and -0.3 * most < b.x0 - a.x1 < far * most


def _unlike(left: Printed, right: Printed) -> float:
    """How far two words are from being of one line, where lines overlap: by their types and where they stand."""
    small, large = sorted((size(left.text, left.box), size(right.text, right.box)))
    return large - small + abs(baseline(left.text, left.box) - baseline(right.text, right.box))


def _set(line: Sequence[Printed]) -> Printed:
    """Words as a line."""
    box = Box(
        min(word.box.x0 for word in line), min(word.box.y0 for word in line), max(word.box.x1 for word in line),
        max(word.box.y1 for word in line),
    )  # fmt: skip
    return Printed(" ".join(word.text for word in line), box, min(word.confidence for word in line))


def _phrases(line: list[Printed]) -> list[list[Printed]]:
    """A line in two where a jump stands beside other words of the music: "D.S. al Coda  Più mosso"."""
    if len(line) < 2 or read_term(_set(line).text):
        return [line]
    for cut in range(len(line) - 1, 0, -1):
        left, right = (read_term(_set(part).text) for part in (line[:cut], line[cut:]))
        if left and right and bool(left.jump) != bool(right.jump):
            return [line[:cut], line[cut:]]
    return [line]


_FRAMED = re.compile(r"^(?:[\[(|]\s?([A-Z])\s?[\])|]?|([A-Z])\s?[\])|]|([B-DF-HJ-NP-Z])) (?=[A-Z])")


def _marked(line: Printed) -> list[tuple[Printed, bool]]:
    """A line that a scanner read as one, in its parts: a rehearsal mark, whose frame it may have taken for brackets,
    a jump, other words. Each has the room that its letters take; the mark is framed."""
    words, at = [], 0
    for text in line.text.split():
        step = (line.box.x1 - line.box.x0) / max(len(" ".join(line.text.split())), 1)
        box = Box(line.box.x0 + at * step, line.box.y0, line.box.x0 + (at + len(text)) * step, line.box.y1)
        words.append(Printed(text, box, line.confidence))
        at += len(text) + 1
    found = _FRAMED.match(line.text)
    many = len(found[0].split()) if found else 0
    if found and words[many:] and read_term(_set(words[many:]).text) and not read_term(line.text):
        letter = next(letter for letter in found.groups() if letter)
        return [(replace(_set(words[:many]), text=letter), True), (_set(words[many:]), False)]
    parts = _phrases(words)
    return [(line, False)] if len(parts) < 2 else [(_set(part), False) for part in parts]


_SIGNS = {0xE260: "♭", 0xE261: "♮", 0xE262: "♯", 0xECA3: "𝅗𝅥", 0xECA5: "♩", 0xECA7: "♪", 0xECB7: "."}  # of SMuFL fonts


def _clean(text: str) -> str:
    """Without glyphs of music fonts, but for those that stand in words: accidentals, a metronome's note."""
    text = text.translate(_SIGNS)
    return "".join(c for c in text if unicodedata.category(c) not in ("Co", "Cc", "Cf", "Cn", "Cs")).strip()


def _space(page: Page) -> float:
    return statistics.median(staff.interline for staff in page.staves) if page.staves else page.dpi / 14


SHORT = 5  # letters at most that a frame is looked for around: "A", "12", "Trio"


def _in_frame(page: Page, box: Box, space: float) -> bool:
    """Whether straight ink runs along all four sides of a word that a file tells of, as around rehearsal marks."""
    reach = round(1.3 * space)
    x0, y0, x1, y1 = (max(round(side), 0) for side in (box.x0, box.y0, box.x1, box.y1))
    left, top = max(x0 - reach, 0), max(y0 - reach, 0)
    ink = page.image[top : y1 + reach, left : x1 + reach] < 150
    across, down = ink[:, x0 - left : x1 - left], ink[y0 - top : y1 - top]
    sides = (
        across[: y0 - top].mean(axis=1), across[y1 - top :].mean(axis=1), down[:, : x0 - left].mean(axis=0),
        down[:, x1 - left :].mean(axis=0),
    ) if across.size and down.size else ()  # fmt: skip
    return len(sides) == 4 and all(len(side) and side.max() > 0.9 for side in sides)


@dataclass(frozen=True)
class _Head:
    """The room over the first staff of a piece, where its title, its makers and its part are named."""

    title: Printed | None  # its largest line in the middle
    staff: int | None = None  # index of the staff under it
    top: float = 0.0  # y; what stands higher is of the piece before
    first: bool = True  # of its page

    @property
    def tallest(self) -> float:
        return _tall(self.title.text, self.title.box) if self.title else 0.0

    def holds(self, page: Page, box: Box, space: float) -> bool:
        under = self.staff is None or box.y1 < page.staves[self.staff].box.y0 - 0.3 * space
        return under and (self.first or (box.y0 + box.y1) / 2 > self.top)


def _heads(page: Page, lines: Sequence[Printed], space: float) -> list[_Head]:
    """The head of a page and those of the pieces that begin further down, where a title stands between two systems."""

    def largest(some: Sequence[Printed]) -> Printed | None:
        return max(some, key=lambda line: _tall(line.text, line.box), default=None)

    heads = [_Head(largest([line for line in lines if _headline(page, line, space)]), 0 if page.staves else None)]
    for system in page.systems[1:]:
        staff = page.staves[system.staves[0]]
        over = max((other.box.y1 for other in page.staves if other.box.y1 < staff.box.y0), default=0.0)
        room = [line for line in lines if over + 2 * space < line.box.y0 and line.box.y1 < staff.box.y0 - 3.2 * space]
        title = largest([line for line in room if _entitles(page, line, space)])
        if title is not None:
            top = title.box.y0 - 0.5 * (title.box.y1 - title.box.y0)
            heads.append(_Head(title, system.staves[0], top, first=False))
    return heads


def _entitles(page: Page, line: Printed, space: float) -> bool:
    """Whether a line between two systems is the title of a piece that begins there."""
    text, tall = line.text, _tall(line.text, line.box)
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


def _tall(text: str, box: Box) -> float:
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


def _word(page: Page, line: Printed, framed: bool, space: float, heads: Sequence[_Head]) -> Word | None:
    text = " ".join(line.text.replace("|", " ").split()) if line.confidence < 1 else line.text
    if not any(c.isalnum() or c in "©♩" for c in text):
        return None
    box, sure = line.box, line.confidence
    if sure < 1:  # a dynamic beside a word
        text = re.sub(r"^(s?[pmf]{1,4}z?|[<>]+) (?=[a-z]{3})", "", text, flags=re.IGNORECASE)
    height, width = page.image.shape
    tall = _tall(text, box)
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


def _heading(page: Page, text: str, box: Box, space: float, head: _Head) -> Role:
    """What a line over the first staff of a piece is."""
    width = page.image.shape[1]
    middle, tall, tallest = (box.x0 + box.x1) / 2 / width, _tall(text, box), head.tallest
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
