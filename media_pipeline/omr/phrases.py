"""Words that stand beside each other, as the lines and phrases they make: "D.S. al Coda" and "Più mosso" are two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from media_pipeline.omr.model import Box, Printed
from media_pipeline.omr.terms import read_term
from media_pipeline.omr.typeface import baseline, size


def joined(words: Sequence[Printed]) -> list[Printed]:
    """Words of a text layer set together to lines: those on one height and no further apart than letters are tall."""
    lines: list[list[Printed]] = []
    for word in sorted(words, key=lambda word: (word.box.x0, word.box.y0)):
        if not (text := clean(word.text)):
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
        if left and left.until and left.sure == 1 and not right:  # so long a jump is none by chance
            return [line[:cut], line[cut:]]
    return [line]


_FRAMED = re.compile(r"^(?:[\[(|]\s?([A-Z])\s?[\])|]?|([A-Z])\s?[\])|]|([B-DF-HJ-NP-Z])) (?=[A-Z])")


def marked(line: Printed) -> list[tuple[Printed, bool]]:
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


def clean(text: str) -> str:
    """Without glyphs of music fonts, but for those that stand in words: accidentals, a metronome's note."""
    text = text.translate(_SIGNS)
    return "".join(c for c in text if unicodedata.category(c) not in ("Co", "Cc", "Cf", "Cn", "Cs")).strip()
