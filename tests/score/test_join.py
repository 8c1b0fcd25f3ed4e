"""Parts joined into a conductor score, and taken apart again."""

from __future__ import annotations

import copy
from collections import Counter
from fractions import Fraction
from functools import cache

import pytest
from lxml import etree

from notation.musicxml import NotationError, tidy
from notation.musicxml.join import MISSING, apart, is_shared, join, unfold
from notation.musicxml.read import read
from notation.musicxml.tree import copy as copied
from notation.musicxml.validate import validate
from notation.musicxml.walk import walk
from notation.score.check.bars import read_part
from tests.omr.band import musicxml
from tests.omr.band.model import PLAYERS
from tests.omr.band.songs import songs

SONGS = ("march", "hymn", "waltz", "swing")


@cache
def _parts(song: str) -> dict[str, etree._Element]:
    one = next(one for one in songs() if one.id == song)
    return {player.name: read(musicxml.score(one, [player]).encode()) for player in PLAYERS}


def parts_of(song: str) -> dict[str, etree._Element]:
    """The band's parts, each counting a quarter its own way, with rests of many bars and page layout."""
    out = {name: copied(root) for name, root in _parts(song).items()}
    for n, root in enumerate(out.values()):
        for path in ("attributes/divisions", "note/duration", "backup/duration", "forward/duration"):
            for element in root.iterfind(f"part/measure/{path}"):
                element.text = str(int(element.text or 0) * (n % 3 + 1))
        tidy.gather_rests(root)
        for bar in root.findall("part/measure")[::5]:
            bar.insert(0, etree.Element("print", {"new-system": "yes"}))
    return out


def notes(root: etree._Element) -> list[tuple[object, ...]]:
    """Everything there is to a note but its length in divisions."""
    found: list[tuple[object, ...]] = []
    for bar in walk(root.findall("part")[0]):
        for note in bar.notes:
            if note.rest:
                continue
            alone = copy.deepcopy(note.element)
            for tag in ("duration", "instrument"):
                for child in alone.findall(tag):
                    alone.remove(child)
            text = etree.tostring(alone, method="c14n").split()
            found.append((note.onset, note.duration, b" ".join(text)))
    return found


def said(root: etree._Element) -> Counter[tuple[int, str]]:
    """(bar, what is printed) of every direction."""
    found: Counter[tuple[int, str]] = Counter()
    for n, bar in enumerate(root.findall("part")[0].iterfind("measure")):
        for kind in bar.iterfind("direction/direction-type"):
            for child in kind:
                found[n, f"{child.tag} {' '.join(str(child.xpath('string()')).split())} {[c.tag for c in child]}"] += 1
    return found


@pytest.mark.parametrize("song", SONGS)
def test_nothing_of_a_part_is_lost(song: str) -> None:
    parts = parts_of(song)
    joined = join(parts)
    assert set(joined.parts.values()) == set(parts)
    for key, name in joined.parts.items():
        back = apart(joined.root, part=key)
        assert notes(back) == notes(parts[name])
        assert said(back) == said(parts[name])
        assert [bar.length for bar in read_part(back)] == [bar.length for bar in read_part(parts[name])]
        for ask in ("forward", "backward", "ending", "line", "signs", "metre", "written_fifths", "rehearsal"):
            assert [getattr(b, ask) for b in read_part(back)] == [getattr(b, ask) for b in read_part(parts[name])], ask
        rests = [e.text for e in back.iter("multiple-rest")]
        assert rests == [e.text for e in parts[name].iter("multiple-rest")]


@pytest.mark.parametrize("song", SONGS)
def test_a_score_is_whole(song: str) -> None:
    root = join(parts_of(song)).root
    assert not validate(root)
    assert root.find(".//multiple-rest") is None
    assert root.find(".//print") is None
    divisions = [e.text for e in root.iter("divisions")]
    assert len(set(divisions)) == 1
    assert len(divisions) == len(PLAYERS)
    ids = [e.get("id") for e in root.iter() if isinstance(e.tag, str) and e.get("id") and e.tag != "score-part"]
    assert len(ids) == len(set(ids)) + len(list(root.iter("midi-instrument")))
    columns = zip(*([bar.length for bar in walk(part)] for part in root.iterfind("part")), strict=True)
    assert all(len(set(column)) == 1 for column in columns)


def test_what_all_share_stands_once_on_top() -> None:
    root = join(parts_of("march")).root
    top, *others = root.findall("part")
    assert [e.text for e in top.iter("rehearsal")]
    assert top.find("measure/barline/ending") is not None
    for part in others:
        assert not [d for d in part.iter("direction") if is_shared(d)]
        assert part.find("measure/barline/ending") is None
        assert len(part.findall("measure/barline/repeat")) == len(top.findall("measure/barline/repeat"))


def test_parts_stand_in_score_order_with_brackets() -> None:
    parts = parts_of("hymn")
    joined = join(dict(reversed(parts.items())))
    names = list(joined.parts.values())
    assert names.index("Flute") < names.index("B♭ Clarinet 1") < names.index("1st B♭ Trumpet") < names.index("Tuba")
    listing = [(e.tag, e.get("type"), e.get("number")) for e in joined.root.iterfind("part-list/*")]
    opened: list[str | None] = []
    for tag, kind, number in listing:
        if tag == "part-group" and kind == "start":
            opened.append(number)
        elif tag == "part-group":
            opened.remove(number)
    assert not opened
    assert any(tag == "part-group" for tag, _, _ in listing)


@pytest.mark.parametrize(("song", "name", "first", "count"), [("march", "Oboe", 30, 1), ("swing", "Tuba", 40, 6),
                                                             ("waltz", "Horn in F", 69, 1)])  # fmt: skip
def test_a_part_short_of_bars_is_padded_where_it_slips(song: str, name: str, first: int, count: int) -> None:
    parts = parts_of(song)
    part = parts[name].findall("part")[0]
    before = read_part(parts[name])
    for bar in part.findall("measure")[first : first + count]:
        part.remove(bar)
    joined = join(parts)
    lies = joined.bars[name]
    assert len(lies) == len(before)
    lost = [n for n, at in enumerate(lies) if at is None]
    assert len(lost) == count
    # Among bars that are alike, rests, nobody can tell which is lost.
    assert [before[n].silent for n in lost] == [before[n].silent for n in range(first, first + count)]
    if not any(before[n].silent for n in range(first, first + count)):
        assert lost == list(range(first, first + count))
    key = next(key for key, known in joined.parts.items() if known == name)
    padded = joined.root.findall(f"part[@id='{key}']/measure")
    assert [n for n, bar in enumerate(padded) if bar.find("note[@color]") is not None] == lost
    assert {note.get("color") for bar in padded for note in bar.iterfind("note[@color]")} == {MISSING}


def test_a_bar_too_many_gets_a_place_of_its_own() -> None:
    parts = parts_of("waltz")
    part = parts["Tuba"].findall("part")[0]
    bar = part.findall("measure")[20]
    bar.addnext(copy.deepcopy(bar))
    joined = join(parts)
    assert None not in joined.bars["Tuba"]
    assert {tuple(lies).count(None) for name, lies in joined.bars.items() if name != "Tuba"} == {1}


def test_a_part_that_writes_its_repeats_out_goes_with_the_others() -> None:
    parts = parts_of("march")
    parts["Flute"] = unfold(parts["Flute"])
    assert len(read_part(parts["Flute"])) > len(read_part(parts["Oboe"]))
    joined = join(parts)
    assert joined.unfolded
    assert not any(None in lies for lies in joined.bars.values())
    assert joined.root.find(".//repeat") is None
    assert not validate(joined.root)


def test_a_whole_rest_is_as_long_as_the_pick_up_of_the_others() -> None:
    song = next(song for song in SONGS if read_part(_parts(song)["Flute"])[0].implicit)
    parts = parts_of(song)
    first = parts["Tuba"].find("part/measure")
    assert first is not None
    for note in first.findall("note"):
        first.remove(note)
    note = etree.SubElement(first, "note")
    etree.SubElement(note, "rest", measure="yes")
    etree.SubElement(note, "duration").text = "96"
    joined = join(parts)
    lengths = {next(iter(walk(part))).length for part in joined.root.iterfind("part")}
    assert len(lengths) == 1
    assert lengths < {Fraction(1), Fraction(1, 2), Fraction(2)}


def test_nothing_to_join_is_said() -> None:
    with pytest.raises(NotationError, match="no part"):
        join({})


def test_the_parts_given_stay_as_they_are() -> None:
    parts = parts_of("hymn")
    before = {name: etree.tostring(root) for name, root in parts.items()}
    join(parts)
    assert {name: etree.tostring(root) for name, root in parts.items()} == before
