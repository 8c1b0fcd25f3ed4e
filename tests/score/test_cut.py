"""Parts cut at a bar line and put together again: the same music; what holds is said again, what crosses is told."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml import NotationError, tidy
from notation.musicxml.cut import LASTING, bars_of, chain, cut
from notation.musicxml.edit import title_of
from notation.musicxml.read import read
from notation.musicxml.tree import copy as copied
from notation.musicxml.tree import unset
from notation.musicxml.validate import validate
from notation.musicxml.walk import walk
from notation.score.check.bars import read_part
from tests.omr.band import musicxml
from tests.omr.band.model import PLAYERS
from tests.omr.band.songs import songs
from tests.score.parts import document, heads, key_change, note, opening, parts

C, D = "<pitch><step>C</step><octave>5</octave></pitch>", "<pitch><step>D</step><octave>5</octave></pitch>"
WHOLE = f"<note>{C}<duration>16</duration><type>whole</type></note>"
REST = '<note><rest measure="yes"/><duration>16</duration></note>'


def music(root: etree._Element) -> list[Any]:
    """Of each bar: when it begins, what holds in it, and all that stands in it but its attributes and ids."""
    found: list[Any] = []
    holds: dict[tuple[str, str], bytes] = {}
    for bar in walk(root.findall("part")[0]):
        for entry in (entry for attributes in bar.element.iterfind("attributes") for entry in attributes):
            if entry.tag in LASTING:
                bare = copy.deepcopy(entry)
                bare.tail = None
                holds[str(entry.tag), entry.get("number", "")] = etree.tostring(bare, method="c14n")
        held = {key: value for key, value in holds.items() if key[0] != "divisions"}
        stands = []
        for child in bar.element:
            if child.tag in ("attributes", "print"):
                continue
            bare = copy.deepcopy(child)
            bare.tail = None
            for one in bare.iter():
                unset(one, "id")
            stands.append(b" ".join(etree.tostring(bare, method="c14n").split()))
        sounds = [(n.onset, n.duration, n.pitch, n.voice, n.staff) for n in bar.notes]
        found.append((bar.start, bar.element.get("number"), bar.element.get("implicit"), held, sounds, stands))
    return found


@cache
def _band() -> dict[str, etree._Element]:
    return {
        f"{song.id} {player.name}": read(musicxml.score(song, [player]).encode())
        for song in songs()
        for player in PLAYERS[::4]
    }


BAND = sorted(_band())


@pytest.mark.parametrize("which", BAND)
def test_cut_and_put_together_a_part_is_the_same(which: str) -> None:
    whole = copied(_band()[which])
    tidy.gather_rests(whole)
    before = music(whole)
    for at in range(1, len(bars_of(whole)), 3):
        halves = cut(whole, at=at)
        assert (len(bars_of(halves.before)), len(bars_of(halves.after))) == (at, len(before) - at)
        assert music(halves.before) == before[:at]
        after = music(halves.after)
        assert [bar[4:] for bar in shifted(after, before[at][0])] == [bar[4:] for bar in before[at:]]
        assert [bar[3] for bar in after] == [bar[3] for bar in before[at:]]
        assert after[0][1] in ("0", "1")
        assert music(chain(halves.before, halves.after).root) == before
    assert music(whole) == before


def shifted(found: list[Any], by: Any) -> list[Any]:
    return [(*bar[:4], [(onset + by, *rest) for onset, *rest in bar[4]], bar[5]) for bar in found]


@settings(max_examples=60, deadline=None)
@given(parts(transposes=True), st.data())
def test_any_part_survives_being_cut(whole: etree._Element, data: st.DataObject) -> None:
    count = len(bars_of(whole))
    if count < 2:
        return
    halves = cut(whole, at=data.draw(st.integers(1, count - 1)))
    assert music(chain(halves.before, halves.after).root) == music(whole)


@settings(max_examples=40, deadline=None)
@given(parts(transposes=True), parts(transposes=True))
def test_two_songs_become_one_and_neither_sounds_otherwise(first: etree._Element, second: etree._Element) -> None:
    alone = music(first), music(second)
    joined = chain(first, second)
    together = music(joined.root)
    assert joined.seam == len(alone[0])
    assert [bar[4] for bar in together[: joined.seam]] == [bar[4] for bar in alone[0]]
    end = together[joined.seam][0]
    assert [bar[4] for bar in together[joined.seam :]] == [bar[4] for bar in shifted(alone[1], end)]
    # The written key of each bar is what it was, also where the second song said none.
    keys = [bar.written_fifths for bar in (*read_part(first), *read_part(second))]
    assert [bar.written_fifths for bar in read_part(joined.root)] == keys


def test_what_holds_is_said_again_and_once() -> None:
    bass = "<attributes><clef><sign>F</sign><line>4</line></clef></attributes>"
    whole = document([opening(2, transpose=(-1, -2, 0)) + WHOLE, bass + key_change(-1) + WHOLE, WHOLE, WHOLE])
    after = cut(whole, at=2).after
    said = bars_of(after)[0].findall("attributes")
    assert len(said) == 1
    assert [child.tag for child in said[0]] == ["divisions", "key", "time", "clef", "transpose"]
    assert (said[0].findtext("key/fifths"), said[0].findtext("clef/sign")) == ("-1", "F")
    assert bars_of(chain(cut(whole, at=2).before, after).root)[2].find("attributes") is None


def test_a_clef_in_mid_bar_is_not_the_one_it_begins_with() -> None:
    bass = "<attributes><clef><sign>F</sign><line>4</line></clef></attributes>"
    half = f"<note>{C}<duration>8</duration><type>half</type></note>"
    after = cut(document([opening() + WHOLE, half + bass + half]), at=1).after
    assert [sign.text for sign in after.iter("sign")] == ["G", "F"]


def test_a_song_without_a_key_does_not_take_that_of_the_song_before() -> None:
    plain = document([opening(0).replace("<key><fifths>0</fifths></key>", "") + WHOLE])
    joined = chain(document([opening(3, transpose=(-1, -2, 0)) + WHOLE]), plain).root
    bar = bars_of(joined)[1]
    assert bar.findtext("attributes/key/fifths") == "0"
    assert [one.notes[0].pitch for one in walk(joined.findall("part")[0])] == [70, 72]


def test_a_rest_of_many_bars_is_shared_out() -> None:
    rests = document([opening() + REST, *[REST] * 7, WHOLE])
    tidy.gather_rests(rests)
    halves = cut(rests, at=3)
    counts = [[rest.text for rest in half.iter("multiple-rest")] for half in (halves.before, halves.after)]
    assert counts == [["3"], ["5"]]
    assert [rest.text for rest in cut(rests, at=7).after.iter("multiple-rest")] == []
    for at in range(1, 8):
        halves = cut(rests, at=at)
        assert [rest.text for rest in chain(halves.before, halves.after).root.iter("multiple-rest")] == ["8"]


def test_bar_numbers_begin_anew_and_go_on() -> None:
    pick_up = note([], 4) + note([], 4)
    whole = document([opening() + WHOLE, WHOLE, note([], 8), pick_up, WHOLE])
    halves = cut(whole, at=3)
    assert [bar.get("number") for bar in bars_of(halves.after)] == ["0", "1"]
    assert bars_of(halves.after)[0].get("implicit") == "yes"
    joined = chain(document([opening() + WHOLE, WHOLE]), document([opening() + WHOLE, WHOLE])).root
    assert [bar.get("number") for bar in bars_of(joined)] == ["1", "2", "3", "4"]


def test_what_goes_on_over_the_place_is_told() -> None:
    def tied(way: str) -> str:
        return f'<note>{C}<duration>16</duration><tie type="{way}"/><type>whole</type></note>'

    hairpin = '<direction><direction-type><wedge type="{}"/></direction-type></direction>'
    ending = '<barline location="{}"><ending number="1" type="{}"/></barline>'
    repeat = '<barline location="{}"><repeat direction="{}"/></barline>'
    whole = document([
        opening() + repeat.format("left", "forward") + WHOLE,
        ending.format("left", "start") + hairpin.format("crescendo") + tied("start"),
        tied("stop") + hairpin.format("stop") + ending.format("right", "stop") + repeat.format("right", "backward"),
        WHOLE,
    ])  # fmt: skip
    assert cut(whole, at=2).crossing == ("a tie", "a hairpin", "an ending (a bracket over bars)", "a repeated passage")
    assert cut(whole, at=3).crossing == ()
    assert cut(whole, at=1).crossing == ("a repeated passage",)


@pytest.mark.parametrize("at", [0, -1, 4, 99])
def test_neither_half_may_be_empty(at: int) -> None:
    with pytest.raises(NotationError, match="has 4 bars"):
        cut(document([opening() + WHOLE, WHOLE, WHOLE, WHOLE]), at=at)


def test_a_single_bar_and_a_score_stay_whole() -> None:
    with pytest.raises(NotationError, match="1 bar:"):
        cut(document([opening() + WHOLE]), at=1)
    score = document([opening() + WHOLE])
    score.append(etree.fromstring('<part id="P2"/>'))
    with pytest.raises(NotationError, match="part by itself"):
        cut(score, at=1)


def test_the_second_half_has_its_own_title_and_no_words_of_the_first_page() -> None:
    whole = document([opening() + WHOLE, WHOLE])
    whole.insert(0, etree.fromstring("<work><work-title>March</work-title></work>"))
    whole.insert(1, etree.fromstring("<credit page='1'><credit-words>March</credit-words></credit>"))
    halves = cut(whole, at=1, title="Trio")
    assert (title_of(halves.before), title_of(halves.after)) == ("March", "Trio")
    assert halves.after.find("credit") is None
    assert halves.before.find("credit") is not None


def test_ids_stay_distinct_and_a_readers_keep_their_form() -> None:
    def read_part(letter: str) -> etree._Element:
        ids = "".join(f'<note id="n{line}-0-1">{C}<duration>8</duration><type>half</type></note>' for line in range(2))
        words = f'<direction id="{letter}"><direction-type><words>x</words></direction-type></direction>'
        return document([opening() + words + ids])

    joined = chain(read_part("d"), read_part("d"))
    assert joined.renamed == {"d": "d-2", "n0-0-1": "n2-0-1", "n1-0-1": "n3-0-1"}
    ids = [e.get("id") for bar in bars_of(joined.root) for e in bar.iter() if e.get("id")]
    assert len(set(ids)) == len(ids)
    assert not chain(read_part("d"), document([opening() + WHOLE])).renamed


@settings(max_examples=20, deadline=None)
@given(st.lists(heads, min_size=4, max_size=4), st.integers(1, 3))
def test_halves_are_documents_that_a_proof_reader_accepts(pitches: list[Any], at: int) -> None:
    whole = document([(opening(3) if not n else "") + note([head], 16) for n, head in enumerate(pitches)])
    halves = cut(whole, at=at)
    for half in (halves.before, halves.after, chain(halves.after, halves.before).root):
        assert [remark.message for remark in validate(read(etree.tostring(half)))] == []
