"""Everything printed in letters, line by line, each with its role.

The words come from the text layer of a born-digital page, else from tesseract (letters.py); they are set together to
lines (phrases.py), and what each is follows from where it stands (roles.py).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import replace

from media_pipeline.omr.letters import Letters, missing
from media_pipeline.omr.lyrics import find_verses
from media_pipeline.omr.model import Box, Page, Printed
from media_pipeline.omr.phrases import clean, joined, marked
from media_pipeline.omr.roles import Role, Word, heads_of, role_of
from media_pipeline.omr.tesseract import never

__all__ = ["LANGUAGES", "Role", "Word", "joined", "letters_of", "missing", "read_words"]

LANGUAGES = ("eng", "deu")  # where nothing is known; two take tesseract half as long again as one, four twice as long


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
        apart = [replace(word, text=text) for word in page.layer if (text := clean(word.text))]
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
        p for line, framed in lines for p in (marked(line) if line.confidence < 1 and not framed else [(line, framed)])
    ]
    heads = heads_of(page, [line for line, _ in lines], space)
    words = [role_of(page, line, framed, space, heads) for line, framed in lines]
    words += [
        Word(v.text, v.box, v.confidence, "lyrics", v.staff, False, v.number, syllables=v.syllables) for v in verses
    ]
    return sorted((word for word in words if word), key=lambda word: (word.box.y0, word.box.x0))


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
