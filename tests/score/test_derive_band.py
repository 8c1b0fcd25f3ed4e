"""The derivation rules on real parts: four songs of a band of twelve, transposing instruments and all."""

from __future__ import annotations

from functools import cache

import pytest
from lxml import etree

from notation.musicxml import edit, transpose
from notation.musicxml.walk import walk
from notation.score.derive import BUILTIN, Derived, derive, other_clef, rule_for
from notation.score.instruments import find
from tests.omr.band.model import PLAYERS
from tests.omr.band.musicxml import score
from tests.omr.band.songs import songs
from tests.score.parts import pitches, played

SONGS = {song.id: song for song in songs()}


@cache
def _text(song: str, code: str) -> bytes:
    return score(SONGS[song], [player for player in PLAYERS if player.code == code]).encode()


def parts_of(song: str) -> dict[str, etree._Element]:
    return {player.name: etree.fromstring(_text(song, player.code)) for player in PLAYERS}


def notes(root: etree._Element) -> list[bytes]:
    return [etree.tostring(note) for note in root.iter("note")]


@pytest.mark.parametrize("song", SONGS)
def test_every_part_comes_back_from_concert_pitch_as_it_was(song: str) -> None:
    for name, root in parts_of(song).items():
        before, sounds = notes(root), pitches(root)
        instrument = find(name)
        assert instrument is not None
        transpose.to_concert(root)
        assert pitches(root) == sounds
        (part,) = root.findall("part")
        assert all(heard == meant for _, heard, meant in played(part)), name
        transpose.to_written(root, instrument)
        assert notes(root) == before, name


@pytest.mark.parametrize("song", SONGS)
def test_the_rules_that_copyist_brings(song: str) -> None:
    parts = parts_of(song)
    more = [rule_for("Violin 2", "Trumpet 2"), rule_for("Double Bass", "Tuba"), rule_for("Viola 2", "Horn")]
    more += [rule for name in ("Baritone T.C.", "Trombone") if (rule := other_clef(name))]
    found = {result.name: result for result in derive(parts, [*BUILTIN, *more])}
    made = {name for name, result in found.items() if isinstance(result, Derived)}
    assert made == {
        "Flute 2", "Violin", "Cello", "Bassoon", "Alto Clarinet", "Baritone Sax", "Violin 2", "Double Bass", "Viola 2",
        "Baritone B.C.", "Trombone T.C.",
    }  # fmt: skip
    for result in found.values():
        if not isinstance(result, Derived):
            continue
        source = parts[result.source]
        (old,), (new,) = source.findall("part"), result.root.findall("part")
        instrument = result.rule.instrument
        by = 12 * result.octaves
        assert [bar.length for bar in walk(new)] == [bar.length for bar in walk(old)]
        for origin, bar, was in zip(result.origins, walk(new), walk(old), strict=True):
            heard = [n.pitch for n in bar.notes if n.pitch is not None]
            assert all(instrument.low <= pitch <= instrument.high for pitch in heard)
            moves = [by + 12 * octaves for octaves in origin.folded or (0,)]
            if origin.how != "guessed":
                meant = [n.pitch for n in was.notes if n.pitch is not None]
                assert all(after - before in moves for before, after in zip(meant, heard, strict=True))
        assert all(heard == meant for _, heard, meant in played(new)), result.name
        for tag in ("words", "dynamics", "wedge", "rehearsal", "articulations", "slur", "repeat", "ending", "sound"):
            assert len(list(new.iter(tag))) == len(list(old.iter(tag))), (result.name, tag)
        assert list(edit.part_names(result.root).values()) == [result.name]


def test_phrases_that_moved_are_few_in_a_part_that_suits() -> None:
    (violin,) = derive(parts_of("march"), BUILTIN[2:3])
    assert isinstance(violin, Derived)
    assert violin.reason == "Flute, an octave lower"
    assert 0 < len(violin.folded) < len(violin.origins) / 4
