"""Edits of a part: each does what it says and no more, can be taken back, and leaves a document that can be read."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml import NotationError, accidentals, tree
from notation.musicxml.validate import validate
from notation.musicxml.walk import walk
from notation.score.edit import Edit, Move, apply, edit_from
from notation.score.edit.fill import fill, said
from notation.score.edit.look import bar_told, sound_of
from notation.score.edit.work import NOTE
from tests.score.parts import Head, document, note, opening, parts, pitches, played, written

slow = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
C4, D4, E4, F4 = (Head(step, 0, 4) for step in "CDEF")


def scale(*, fifths: int = 0, bars: int = 3, **more: Any) -> etree._Element:
    """Bars of C D E F in quarters."""
    music = "".join(note([head], 4) for head in (C4, D4, E4, F4))
    return document([opening(fifths, **more) + music, *([music] * (bars - 1))])


def do(root: etree._Element, name: str, bar: int = 0, place: int | None = None, /, **told: Any) -> Any:
    return apply(root, [Edit(name, bar, place, told)])


def first(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path)
    assert found is not None
    return found


def plain(root: etree._Element) -> bytes:
    return etree.tostring(root, method="c14n")


def lengths(root: etree._Element) -> list[Fraction]:
    return [n.duration for bar in walk(first(root, "part")) for n in bar.notes]


def texts(root: etree._Element, path: str) -> list[str]:
    return [(one.text or "") for one in root.iterfind(f"part/measure/{path}")]


# --- properties -----------------------------------------------------------------------------------------------------

of_note = st.one_of(
    st.tuples(st.sampled_from(("step", "semitone", "octave")), st.fixed_dictionaries({"by": st.integers(-3, 3)})),
    st.tuples(st.just("pitch"), st.fixed_dictionaries({"step": st.sampled_from("CDEFGAB")})),
    st.tuples(
        st.just("accidental"),
        st.fixed_dictionaries({"sign": st.sampled_from(("", "flat", "sharp", "natural", "double-sharp"))}),
    ),
    st.tuples(st.sampled_from(("courtesy", "rest", "delete", "tie", "dots", "tuplet", "untuplet")), st.just({})),
    st.tuples(
        st.just("duration"),
        st.fixed_dictionaries(
            {"type": st.sampled_from(("half", "quarter", "eighth", "16th")), "dots": st.integers(0, 2)}
        ),
    ),
    st.tuples(
        st.just("insert"),
        st.fixed_dictionaries({"where": st.sampled_from(("before", "after")), "rest": st.booleans()}),
    ),
    st.tuples(st.just("chord"), st.fixed_dictionaries({"by": st.integers(-4, 4)})),
    st.tuples(
        st.just("articulation"), st.fixed_dictionaries({"name": st.sampled_from(("accent", "fermata", "trill-mark"))})
    ),
    st.tuples(st.just("words"), st.fixed_dictionaries({"text": st.just("dolce")})),
)
of_bar = st.one_of(
    st.tuples(st.sampled_from(("insert_bars", "delete_bars")), st.fixed_dictionaries({"count": st.integers(1, 3)})),
    st.tuples(st.just("barline"), st.fixed_dictionaries({"style": st.sampled_from(("light-light", "regular"))})),
    st.tuples(st.just("repeat"), st.fixed_dictionaries({"side": st.sampled_from(("left", "right"))})),
    st.tuples(st.just("ending"), st.fixed_dictionaries({"numbers": st.sampled_from(("1", "2", ""))})),
    st.tuples(
        st.just("clef"),
        st.fixed_dictionaries({"clef": st.sampled_from(("F4", "C3")), "keep": st.sampled_from(("place", "pitch"))}),
    ),
    st.tuples(
        st.just("key"),
        st.fixed_dictionaries({"fifths": st.integers(-7, 7), "keep": st.sampled_from(("place", "pitch"))}),
    ),
    st.tuples(st.just("metre"), st.fixed_dictionaries({"beats": st.sampled_from(("3", "5")), "type": st.just(4)})),
    st.tuples(st.just("multirest"), st.fixed_dictionaries({"count": st.integers(1, 4)})),
    st.tuples(
        st.just("words"),
        st.fixed_dictionaries({"kind": st.sampled_from(("rehearsal", "segno", "fine")), "text": st.just("A")}),
    ),
)


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    name, told = draw(st.one_of(of_note, of_note, of_bar))
    whole = name not in ("words",) and name in (
        "insert_bars", "delete_bars", "barline", "repeat", "ending", "clef", "key", "metre", "multirest",
    )  # fmt: skip
    return Edit(name, draw(st.integers(0, 3)), None if whole else draw(st.integers(0, 6)), told)


@slow
@given(root=parts(), wanted=st.lists(edits(), min_size=1, max_size=5))
def test_every_edit_is_taken_back_and_a_refused_one_changes_nothing(root: Any, wanted: list[Edit]) -> None:
    before = plain(root)
    try:
        made = apply(root, wanted)
    except NotationError:
        assert plain(root) == before
        return
    made.undo()
    assert plain(root) == before


@slow
@given(root=parts(), wanted=st.lists(edits(), min_size=1, max_size=4))
def test_documents_stay_whole(root: Any, wanted: list[Edit]) -> None:
    """Elements in MusicXML's order, no bar written backwards, no tie that leads nowhere more than before."""
    known = {warning.kind for warning in validate(root)} | {"short", "long", "empty"}
    for edit in wanted:
        try:
            apply(root, [edit])
        except NotationError:
            continue
    part = root.find("part")
    for element in part.iterfind("measure/note"):
        ranks = [NOTE.index(child.tag) for child in element]
        assert ranks == sorted(ranks), etree.tostring(element)
        assert element.find("grace") is not None or int(element.findtext("duration")) > 0
        assert (element.find("pitch") is None) == (element.find("rest") is not None)
    assert all(not bar.overrun for bar in walk(part))
    assert {warning.kind for warning in validate(root)} <= known | {"ties"}
    assert etree.fromstring(tree.to_bytes(root)) is not None


@slow
@given(root=parts(), wanted=edits())
def test_a_bar_is_read_as_it_is_meant(root: Any, wanted: Edit) -> None:
    """Where the accidentals were right before, a player still reads every note of the part as it is meant."""
    accidentals.show(root.find("part"))
    if wanted.do in ("clef", "insert_bars", "delete_bars"):
        return  # a tie cut, or notes on other lines: what is printed stays as it was
    try:
        apply(root, [wanted])
    except NotationError:
        return
    assert [one for one in played(root.find("part")) if one[1] != one[2]] == []


@slow
@given(root=parts(), bar=st.integers(0, 3), place=st.integers(0, 5))
def test_another_voice_stays_where_it_is(root: Any, bar: int, place: int) -> None:
    def second() -> list[Fraction]:
        return [
            n.onset - one.start
            for one in walk(root.find("part"))
            for n in one.notes
            if n.voice == "2" and one.index == bar
        ]

    before = second()
    try:
        note_ = root.findall("part/measure")[bar].findall("note")[place]
        if note_.findtext("voice") != "1":
            return
        apply(root, [Edit("duration", bar, place, {"type": "half"}), Edit("dots", bar, place)])
    except (NotationError, IndexError):
        return
    assert second() == before


@slow
@given(root=parts(), bar=st.integers(0, 3), place=st.integers(0, 5), by=st.integers(1, 2))
def test_up_and_down_again(root: Any, bar: int, place: int, by: int) -> None:
    before = pitches(root)
    try:
        do(root, "octave", bar, place, by=by)
    except NotationError:
        return
    assert pitches(root) != before
    do(root, "octave", bar, place, by=-by)
    assert pitches(root) == before


# --- pitch ----------------------------------------------------------------------------------------------------------


def test_a_step_follows_the_key_and_the_signs_of_the_bar() -> None:
    root = document([opening(2) + note([D4], 4) * 4])
    assert do(root, "step", 0, 2, by=2).said == ("Bar 1: note up 2 steps, to F♯4",)
    do(root, "accidental", 0, 1, sign="flat")
    do(root, "step", 0, 2, by=-2)
    assert written(root)[1:3] == [("D", "-1", "4"), ("D", "-1", "4")]
    assert texts(root, "note/accidental") == ["flat"]


def test_a_semitone_is_spelled_as_one_would() -> None:
    root = scale()
    do(root, "semitone", 0, 0, by=1)
    do(root, "semitone", 0, 2, by=1)
    do(root, "semitone", 0, 1, by=-1)
    assert written(root)[:3] == [("C", "1", "4"), ("D", "-1", "4"), ("F", "0", "4")]
    do(root, "semitone", 0, 0, by=1)
    assert written(root)[0] == ("D", "0", "4")


def test_a_sign_that_was_overlooked_holds_for_the_bar() -> None:
    music = note([F4], 4) + note([E4], 4) + note([F4], 4) + note([F4], 4, ties="start")
    root = document([opening() + music, note([F4], 4, ties="stop") + note([F4], 12)])
    do(root, "accidental", 0, 0, sign="sharp")
    assert [head[1] for head in written(root) if head] == ["1", "0", "1", "1", "1", "0"]
    assert texts(root, "note/accidental") == ["sharp"]
    do(root, "accidental", 0, 0, sign="")
    assert [head[1] for head in written(root) if head] == ["0"] * 6
    assert texts(root, "note/accidental") == []


def test_what_is_asked_for_is_printed_and_a_courtesy_stays() -> None:
    root = document([opening(1) + note([Head("F", 1, 4)], 4) + note([D4], 12), note([D4], 16)])
    do(root, "accidental", 0, 0, sign="sharp")
    assert texts(root, "note/accidental") == ["sharp"]
    do(root, "step", 0, 1, by=1)
    assert texts(root, "note/accidental") == ["sharp"]
    do(root, "courtesy", 1, 0, brackets=True)
    (sign,) = root.findall("part/measure[2]/note/accidental")
    assert (sign.text, sign.get("parentheses")) == ("natural", "yes")


def test_notes_that_are_tied_move_together() -> None:
    root = document([opening() + note([F4], 16, ties="start"), note([F4], 16, ties="stop")])
    do(root, "step", 1, 0, by=1)
    assert [head and head[0] for head in written(root)] == ["G", "G"]


def test_a_name_is_the_nearest_of_it() -> None:
    root = scale()
    do(root, "pitch", 0, 0, step="B")
    assert written(root)[0] == ("B", "0", "3")
    do(root, "pitch", 0, 0, step="B", octave=5, alter=-1)
    assert written(root)[0] == ("B", "-1", "5")


# --- rhythm ---------------------------------------------------------------------------------------------------------


def test_a_value_moves_what_follows_and_the_bar_tells() -> None:
    root = scale()
    do(root, "duration", 0, 0, type="half", dots=1)
    assert lengths(root)[:4] == [3, 1, 1, 1]
    measures = root.findall("part/measure")
    assert fill(measures, 0, 2) == {0: Fraction(2)}
    assert said(Fraction(2)) == "2 quarters too long"
    assert said(Fraction(-1, 2)) == "an eighth too short"
    assert bar_told(root, 0)["odd"] == "2 quarters too long"


def test_short_notes_make_the_part_be_counted_finer() -> None:
    root = scale()
    do(root, "duration", 1, 1, type="64th")
    assert texts(root, "attributes/divisions") == ["16"]
    assert lengths(root)[5] == Fraction(1, 16)
    assert lengths(root)[0] == 1


def test_three_eighths_are_a_triplet_and_back() -> None:
    music = note([C4], 2) + note([D4], 2) + note([E4], 2) + note([F4], 8) + note([F4], 4)
    root = document([opening() + music])
    before = lengths(root)
    do(root, "tuplet", 0, 0)
    assert lengths(root)[:4] == [Fraction(1, 3)] * 3 + [2]
    assert [one.get("type") for one in root.iter("tuplet")] == ["start", "stop"]
    assert fill(root.findall("part/measure"), 0, 0) == {}
    do(root, "untuplet", 0, 1)
    assert lengths(root) == before
    assert next(root.iter("tuplet"), None) is None


def test_a_triplet_of_a_quarter_and_an_eighth() -> None:
    root = document([opening() + note([C4], 4) + note([D4], 2) + note([F4], 12)])
    do(root, "tuplet", 0, 0)
    assert lengths(root)[:2] == [Fraction(2, 3), Fraction(1, 3)]


def test_no_triplet_where_there_are_not_three() -> None:
    with pytest.raises(NotationError, match="not 3 of one value"):
        do(scale(), "tuplet", 0, 2)


def test_a_note_becomes_a_rest_and_a_note_again() -> None:
    root = scale()
    do(root, "rest", 0, 1)
    assert written(root)[:3] == [("C", "0", "4"), None, ("E", "0", "4")]
    do(root, "rest", 0, 1, step="A", octave=4)
    assert written(root)[1] == ("A", "0", "4")


def test_the_last_note_of_a_bar_leaves_a_rest_that_fills_it() -> None:
    root = document([opening(time="3/4") + note([C4], 4), note([C4], 12)])
    do(root, "delete", 0, 0)
    assert first(root, "part/measure/note/rest").get("measure") == "yes"
    assert lengths(root)[0] == 3
    do(root, "insert", 0, 0, type="quarter", step="G", octave=4)
    assert written(root)[0] == ("G", "0", "4")
    assert lengths(root)[0] == 1


def test_of_a_chord_one_note_goes() -> None:
    root = document([opening() + note([C4, E4], 16, extra="<fermata/>")])
    do(root, "delete", 0, 0)
    assert written(root) == [("E", "0", "4")]
    assert root.find("part/measure/note/notations/fermata") is not None
    do(root, "chord", 0, 0, by=2)
    assert written(root) == [("E", "0", "4"), ("G", "0", "4")]


def test_beams_follow_the_rhythm_where_there_are_beams() -> None:
    root = document([opening() + "".join(note([C4], 2) for _ in range(8))])
    from notation.musicxml import tidy

    tidy.beam(root)
    assert texts(root, "note/beam") == (["begin", "continue", "continue", "end"] * 2)
    do(root, "duration", 0, 0, type="quarter")
    assert texts(root, "note/beam")[:3] == ["begin", "end", "begin"]


def test_a_tie_takes_the_sign_along() -> None:
    root = document([opening() + note([F4], 16), note([F4], 16)])
    do(root, "accidental", 0, 0, sign="sharp")
    do(root, "tie", 0, 0)
    assert written(root)[1] == ("F", "1", "4")
    assert texts(root, "note/accidental") == ["sharp"]
    do(root, "tie", 0, 0)
    assert texts(root, "note/accidental") == ["sharp", "sharp"]
    with pytest.raises(NotationError, match="right after this one"):
        do(root, "tie", 1, 0)
    with pytest.raises(NotationError, match="right after this one"):
        do(scale(), "tie", 0, 0)  # the next bar begins with this note, but it is not next


# --- bars -----------------------------------------------------------------------------------------------------------


def test_bars_come_and_go() -> None:
    root = scale()
    made = do(root, "insert_bars", 1, count=2)
    assert made.moves == (Move(1, 0, 2),)
    assert [bar.get("number") for bar in root.iterfind("part/measure")] == ["1", "2", "3", "4", "5"]
    assert lengths(root)[4:6] == [4, 4]
    made = do(root, "delete_bars", 1, count=2)
    assert made.moves == (Move(1, 2, 0),)
    assert plain(root) == plain(scale())


def test_what_a_part_begins_with_stays_at_its_beginning() -> None:
    root = scale(fifths=-3, transpose=(-1, -2, 0))
    do(root, "insert_bars", 0)
    assert first(root, "part/measure[1]/attributes/key/fifths").text == "-3"
    assert root.find("part/measure[2]/attributes") is None
    do(root, "delete_bars", 0)
    assert plain(root) == plain(scale(fifths=-3, transpose=(-1, -2, 0)))


def test_a_part_keeps_a_bar() -> None:
    with pytest.raises(NotationError, match="at least one bar"):
        do(scale(), "delete_bars", 0, count=3)


def rests(count: int, *, before: int = 1) -> etree._Element:
    empty = '<note><rest measure="yes"/><duration>16</duration><voice>1</voice></note>'
    style = f"<attributes><measure-style><multiple-rest>{count}</multiple-rest></measure-style></attributes>"
    music = note([C4], 16)
    bars = [music] * before + [style + empty] + [empty] * (count - 1) + [music]
    return document([opening() + bars[0], *bars[1:]])


def multi(root: etree._Element) -> dict[int, int]:
    return {
        index: int(count)
        for index, bar in enumerate(root.iterfind("part/measure"))
        if (count := bar.findtext("attributes/measure-style/multiple-rest"))
    }


def test_a_rest_of_many_bars_is_counted_anew() -> None:
    root = rests(8)
    assert do(root, "multirest", 1, count=12).moves == (Move(9, 0, 4),)
    assert (multi(root), len(root.findall("part/measure"))) == ({1: 12}, 14)
    do(root, "multirest", 3, count=5)
    assert (multi(root), len(root.findall("part/measure"))) == ({1: 5}, 7)
    do(root, "multirest", 1, count=1)
    assert multi(root) == {}


def test_a_rest_of_many_bars_is_cut_where_something_is_to_be_read() -> None:
    root = rests(8)
    do(root, "words", 4, kind="rehearsal", text="B")
    assert multi(root) == {1: 3, 4: 5}
    do(root, "barline", 6, style="light-light")
    assert multi(root) == {1: 3, 4: 3, 7: 2}
    do(root, "insert_bars", 2)
    assert multi(root) == {1: 4, 5: 3, 8: 2}
    do(root, "delete_bars", 5)
    assert multi(root)[1] == 4
    do(root, "rest", 2, 0)
    assert multi(root)[3] == 2


def test_repeats_and_endings() -> None:
    root = scale(bars=6)
    do(root, "repeat", 1, side="left")
    do(root, "ending", 3, numbers="1", bars=2)
    do(root, "repeat", 4, side="right")
    do(root, "ending", 5, numbers="2.")
    told = [bar_told(root, index) for index in range(6)]
    assert [one["repeats"] for one in told] == [[], ["forward"], [], [], ["backward"], []]
    assert [one["ending"] for one in told] == ["", "", "", "1", "", "2"]
    do(root, "ending", 4, numbers="")
    assert [bar_told(root, index)["ending"] for index in range(6)] == ["", "", "", "", "", "2"]
    do(root, "repeat", 4, side="right")
    do(root, "repeat", 1, side="left")
    do(root, "ending", 5)
    assert root.findall("part/measure/barline") == []


# --- from here on ---------------------------------------------------------------------------------------------------


def test_another_clef_leaves_notes_where_they_are_printed() -> None:
    root = scale(fifths=-1)
    do(root, "clef", 1, clef="F4")
    assert [head and head[0] + head[2] for head in written(root)][3:6] == ["F4", "E2", "F2"]
    root = scale()
    do(root, "clef", 1, clef="F4", keep="pitch")
    assert pitches(root) == pitches(scale())


def test_another_key_is_followed_by_notes_without_a_sign() -> None:
    root = document([
        opening() + note([F4], 4) + note([Head("F", 0, 4)], 4, sign="natural") + note([C4], 8),
        note([F4], 16),
        opening(-1) + note([F4], 16),
    ])  # fmt: skip
    do(root, "key", 0, fifths=1)
    assert [head and head[1] for head in written(root)] == ["1", "0", "0", "1", "0"]


def test_another_metre_fills_its_rests() -> None:
    root = rests(4)
    do(root, "metre", 1, beats="3", type=4)
    assert lengths(root)[1:5] == [3, 3, 3, 3]
    with pytest.raises(NotationError, match="no such metre"):
        do(root, "metre", 1, beats="0", type=4)
    with pytest.raises(NotationError, match="no such metre"):
        do(root, "metre", 1, beats="3", type=3)


# --- words ----------------------------------------------------------------------------------------------------------


def test_words_dynamics_and_jumps() -> None:
    root = scale()
    do(root, "words", 0, 2, text="dolce")
    do(root, "words", 0, kind="dynamics", text="mf")
    do(root, "words", 2, kind="dalsegno", text="D.S. al Coda")
    do(root, "words", 1, kind="tempo", text="Allegro", bpm=120)
    told = [bar_told(root, index)["directions"] for index in range(3)]
    assert told == [
        [{"kind": "dynamics", "text": "mf"}, {"kind": "words", "text": "dolce"}],
        [{"kind": "tempo", "text": "Allegro"}],
        [{"kind": "dalsegno", "text": "D.S. al Coda"}],
    ]
    do(root, "direction", 0, index=0, text="ff")
    do(root, "direction", 0, index=1, text="")
    assert bar_told(root, 0)["directions"] == [{"kind": "dynamics", "text": "ff"}]
    with pytest.raises(NotationError, match="no dynamic"):
        do(root, "direction", 0, index=0, text="loud")


def test_a_bar_is_heard_as_it_sounds() -> None:
    root = scale(transpose=(-1, -2, 0))
    do(root, "tie", 0, 0, on=False)
    told = sound_of(root, 1, 1)
    assert told["notes"][0] == [0.0, 1.0, 58]
    assert (told["bars"], told["length"]) == ([[1, 0.0]], 4.0)


# --- what comes from outside ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given_",
    [None, 3, [], {"do": 1}, {"do": "step"}, {"do": "step", "bar": "0"}, {"do": "step", "bar": -1}, {"bar": True}],
)
def test_what_is_no_edit_is_refused(given_: Any) -> None:
    with pytest.raises(NotationError):
        edit_from(given_)


@pytest.mark.parametrize(
    "given_",
    [
        {"do": "fly", "bar": 0},
        {"do": "step", "bar": 0, "note": 99, "by": 1},
        {"do": "step", "bar": 99, "note": 0, "by": 1},
        {"do": "step", "bar": 0, "note": 0, "by": "x"},
        {"do": "step", "bar": 0, "note": 0, "by": 1e99},
        {"do": "step", "bar": 0, "by": 1},
        {"do": "duration", "bar": 0, "note": 0, "type": ["half"]},
        {"do": "clef", "bar": 0, "clef": "X9"},
        {"do": "ending", "bar": 0, "numbers": "<b>"},
        {"do": "insert_bars", "bar": 0, "count": 10**9},
        {"do": "words", "bar": 0, "text": 7},
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(given_: Any) -> None:
    root = scale()
    with pytest.raises(NotationError) as refused:
        apply(root, [edit_from(given_)])
    assert refused.value.message
    assert plain(root) == plain(scale())


def test_nothing_that_was_read_is_lost() -> None:
    """Whatever an edit is not about stays as it was, to the byte."""
    root = document([opening() + note([C4], 4, extra="<technical><up-bow/></technical>") + note([D4], 12)] * 1)
    first(root, "part/measure/note").append(etree.fromstring("<lyric><text>La</text></lyric>"))
    first(root, "part").append(etree.Comment("kept"))
    before = etree.tostring(first(root, "part/measure/note"))
    do(root, "step", 0, 1, by=1)
    do(root, "insert_bars", 0, where="after")
    assert etree.tostring(first(root, "part/measure/note")) == before
    assert b"<!--kept-->" in etree.tostring(root)
