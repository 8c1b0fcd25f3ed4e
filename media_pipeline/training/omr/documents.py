"""MusicXML documents cut for comparing: one part of a score, some bars of what was read, only what is printed."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path

from lxml import etree

from media_pipeline.training.omr.truth import read_score

# In a score these stand once, over its top staff; in a set of parts each has them.
_OF_ALL = {"tempo", "dacapo", "dalsegno", "fine", "tocoda", "segno", "coda"}
_LASTING = ("divisions", "key", "time", "staves", "clef", "transpose")  # children of <attributes>, in their order


def save(root: etree._Element, path: Path) -> None:
    path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def part_of(path: Path, part: int | None) -> etree._Element:
    """A document of this part of a score alone, with what stands over the score's top staff; None: all of it."""
    root = read_score(path)
    if part is None:
        return root
    top, mine = root.findall("part")[0], root.findall("part")[part]
    if part:
        divisions: tuple[int, int] = (1, 1)  # of the top part, of this one
        for above, below in zip(top.findall("measure"), mine.findall("measure"), strict=False):
            divisions = (_divisions(above, divisions[0]), _divisions(below, divisions[1]))
            if not any(map(_of_all, below.iter("direction"))):
                _add(below, list(_from_above(above, *divisions)))
    return _document(root.findall("part-list/score-part")[part], mine.findall("measure"))


def span(documents: Sequence[Path], first: int, last: int) -> etree._Element:
    """A document of the measures first <= n < last of these one after the other, numbered anew.

    Raises ValueError where there are none.
    """
    roots = [read_score(path) for path in documents]
    measures: list[etree._Element] = []
    passed = 0
    for root in roots:
        mine = root.findall("part/measure")
        kept = range(max(first - passed, 0), min(last - passed, len(mine)))
        if kept and kept.start > 0:
            _carry(mine[: kept.start], mine[kept.start])
        measures += [mine[n] for n in kept]
        passed += len(mine)
    for number, one in enumerate(measures, 1):
        one.set("number", str(number))
    listed = (roots[0] if roots else etree.Element("none")).find("part-list/score-part")
    if listed is None or not measures:
        raise ValueError("no measure was read")
    return _document(listed, measures)


def as_printed(root: etree._Element) -> None:
    """Notes and rests that a document hides are left out; their time passes."""
    for measure in root.iter("measure"):
        for note in measure.findall("note[@print-object='no']"):
            length = note.findtext("duration")
            if length is not None and note.find("chord") is None:
                passing = etree.Element("forward")
                etree.SubElement(passing, "duration").text = length
                note.addprevious(passing)
            measure.remove(note)


def _document(listed: etree._Element, measures: Iterable[etree._Element]) -> etree._Element:
    root = etree.Element("score-partwise", version="4.0")
    etree.SubElement(root, "part-list").append(copy.deepcopy(listed))
    etree.SubElement(root, "part", id=listed.get("id", "P1")).extend([*measures])
    return root


def _carry(before: Sequence[etree._Element], to: etree._Element) -> None:
    """What `before` left in force is written at the beginning of the measure where that does not say it itself."""
    lasting: dict[tuple[str, str], etree._Element] = {}
    for child in chain.from_iterable(chain.from_iterable(m.findall("attributes")) for m in before):
        if child.tag in _LASTING:
            lasting[str(child.tag), child.get("number", "1")] = child
    own = to.find("attributes")
    said = {(child.tag, child.get("number", "1")) for child in (own if own is not None else ())}
    new = etree.Element("attributes")
    for name in _LASTING:
        new.extend(copy.deepcopy(child) for key, child in lasting.items() if key[0] == name and key not in said)
    at = next((n for n, child in enumerate(to) if child.tag != "print"), len(to))
    to.insert(at, new)


def _of_all(direction: etree._Element) -> bool:
    said = {name for sound in direction.findall("sound") for name in sound.attrib}
    kinds = {child.tag for child in chain.from_iterable(direction.findall("direction-type"))}
    return bool(said & _OF_ALL or kinds & {"rehearsal", "segno", "coda", "metronome"})


def _from_above(measure: etree._Element, top: int, mine: int) -> Iterator[etree._Element]:
    """Copies of the directions of a top part's measure that are everybody's, with their time as an offset.

    top, mine: divisions of a quarter there and where they are going.
    """
    now = 0
    for element in measure:
        length = int(float(element.findtext("duration") or 0))
        if element.tag == "direction" and _of_all(element):
            said = copy.deepcopy(element)
            for name in ("offset", "voice", "staff"):
                for child in said.findall(name):
                    said.remove(child)
            offset = etree.Element("offset")
            offset.text = str(int(Fraction((now + int(float(element.findtext("offset") or 0))) * mine, top)))
            said.insert(len(said.findall("direction-type")), offset)
            yield said
        elif element.tag == "backup":
            now -= length
        elif element.tag in ("note", "forward") and element.find("chord") is None:
            now += length


def _add(measure: etree._Element, directions: Sequence[etree._Element]) -> None:
    at = next((n for n, child in enumerate(measure) if child.tag not in ("print", "attributes", "barline")), 0)
    measure[at:at] = directions


def _divisions(measure: etree._Element, before: int) -> int:
    return int(float(measure.findtext("attributes/divisions") or before))
