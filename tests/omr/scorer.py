"""A scorer with the functions of score_pages.py that judging uses, for tests: one voice, quarters as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree
from rapidfuzz.distance import Levenshtein

Measure = tuple[list[tuple[str, int]], list[str]]  # (pitch or "R", duration), nothing


def read_xml(path: str, part: int | None = None) -> list[Measure]:
    parts = etree.fromstring(Path(path).read_bytes()).findall("part")
    return [
        ([_event(note) for note in measure.findall("note")], [])
        for one in (parts if part is None else [parts[part]])
        for measure in one.findall("measure")
    ]


def _event(note: etree._Element) -> tuple[str, int]:
    name = f"{note.findtext('pitch/step')}{note.findtext('pitch/octave')}"
    return ("R" if note.find("rest") is not None else name), int(note.findtext("duration") or 0)


def notes_of(measures: list[Measure]) -> list[tuple[str, int]]:
    return [event for events, _ in measures for event in events if event[0] != "R"]


def tokens_of(measures: list[Measure]) -> list[str]:
    return [token for events, _ in measures for token in [*(f"{name}:{length}" for name, length in events), "|"]]


def ops(a: list[Any], b: list[Any]) -> list[tuple[str, int, int, int, int]]:
    return [(o.tag, o.src_start, o.src_end, o.dest_start, o.dest_end) for o in Levenshtein.opcodes(a, b)]


def dist(a: list[Any], b: list[Any]) -> int:
    return Levenshtein.distance(a, b)


def matches(a: list[Any], b: list[Any]) -> int:
    return sum(last - first for tag, first, last, _, _ in ops(a, b) if tag == "equal")


def prf(hits: int, read: int, truth: int) -> dict[str, float]:
    return {"f1": 2 * hits / max(1, read + truth)}
