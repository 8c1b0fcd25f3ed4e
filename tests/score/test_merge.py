"""Her changes in a part that is derived again: none is lost where the source stayed, all else is as it is derived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml import NotationError, tree
from notation.musicxml.accidentals import show, signs
from notation.musicxml.crossing import loose_ends
from notation.musicxml.validate import validate
from notation.musicxml.walk import walk
from notation.score.beside import prints, steps
from notation.score.edit import Edit, apply
from notation.score.merge import Lost, Merged, merge
from tests.score.parts import Head, document, key_change, note, opening, played
from tests.score.parts import parts as random_parts

Element = etree._Element
PROPERTY = settings(max_examples=50, deadline=None)
TUNES = ("CEGE", "DFAF", "EGCG", "DGBG")


def tune(steps_: str) -> str:
    return "".join(note([Head(step, 0, 4)], 4) for step in steps_)


def part(*bars: str, fifths: int = 0, time: str = "4/4") -> Element:
    root = document([opening(fifths, time=time) + bars[0], *bars[1:]])
    for n, one in enumerate(root.iter("note")):
        one.set("id", f"n0-0-{n}")
    return root


def song(count: int = 8) -> Element:
    """Four bars that come again and again."""
    return part(*(tune(TUNES[n % 4]) for n in range(count)))


def edited(root: Element, *edits: Edit) -> Element:
    made = tree.copy(root)
    for one in edits:
        apply(made, [one])
    return made


def step(bar: int, place: int = 0, by: int = 1) -> Edit:
    return Edit("step", bar, place, {"by": by})


def merged(made: Element, hers: Element, now: Element) -> Merged:
    """A merge that left what it was given as it was, and made a sound document."""
    before = [etree.tostring(root) for root in (made, hers, now)]
    found = merge(made, hers, now)
    assert [etree.tostring(root) for root in (made, hers, now)] == before
    ids = [one.get("id") for one in found.root.iter("note") if one.get("id")]
    assert len(ids) == len(set(ids))
    return found


def says(root: Element, *others: Element) -> list[list[str]]:
    return prints(root, *others)


def lengths(root: Element) -> list[tuple[Any, Any]]:
    return [(bar.filled, bar.nominal) for bar in walk(root.findall("part")[0])]


def not_full(root: Element) -> set[tuple[Any, Any]]:
    """Edits may leave a bar so; a merge makes no other."""
    return {(filled, nominal) for filled, nominal in lengths(root) if filled != nominal}


def texts(root: Element, path: str) -> list[str]:
    return [one.text or "" for one in root.iterfind(f"part/measure/{path}")]


def numbers(root: Element) -> list[str]:
    return [bar.get("number", "") for bar in root.iterfind("part/measure")]


# --- which bars ----------------------------------------------------------------------------------------------------


def test_a_changed_bar_of_a_tune_that_comes_again_stays_beside_what_it_was() -> None:
    made = "abcdefghabcdefgh"
    assert steps(made, "abcdefgxabcdefgh") == [(n, n) for n in range(16)]
    assert steps("abcd", "abd") == [(0, 0), (1, 1), (2, None), (3, 2)]
    assert steps("abd", "abcd") == [(0, 0), (1, 1), (None, 2), (2, 3)]
    assert steps("", "ab") == [(None, 0), (None, 1)]


def test_too_many_bars_to_be_looked_at_go_by_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notation.score.beside.MOST", 3)
    assert steps("abcd", "xyz") == [(0, 0), (1, 1), (2, 2), (3, None)]


def test_hers_is_kept_beside_what_the_source_changed() -> None:
    made = song()
    found = merged(made, edited(made, step(2), step(6, 1)), edited(made, step(4, 3)))
    (result, wanted) = says(found.root, edited(made, step(2), step(4, 3), step(6, 1)))
    assert result == wanted
    assert (found.kept, found.both, found.lost, found.out) == ((2, 6), (), (), ())


def test_a_bar_that_both_changed_is_hers_and_named() -> None:
    made = song()
    hers = edited(made, step(2), step(6))
    found = merged(made, hers, edited(made, step(2, 3), step(5)))
    (result, wanted) = says(found.root, edited(made, step(2), step(5), step(6)))
    assert result == wanted
    assert (found.kept, found.both, found.lost) == ((2, 6), (2,), ())


def test_a_bar_that_she_gives_up_is_as_it_is_derived_and_a_merge_again_changes_nothing() -> None:
    made = song()
    hers, now = edited(made, step(2), step(5)), edited(made, step(2, 3), step(5, 3))
    found = merged(made, hers, now)
    assert found.of == tuple((n, n) for n in range(8))
    again = merge(made, found.root, now, given_up=[5])
    mine, after, theirs = says(found.root, again.root, now)
    assert [n for n in range(8) if after[n] != mine[n]] == [5]
    assert after[5] == theirs[5]
    assert (again.kept, again.both) == ((2,), (2,))


def test_what_the_source_says_as_she_does_now_is_no_change_of_hers() -> None:
    made = song()
    mended = edited(made, step(2))
    found = merged(made, mended, mended)
    assert not found.has_hers
    assert found.lost == ()


def test_hers_goes_along_when_the_source_gets_bars_before_it() -> None:
    made = song()
    now = edited(made, Edit("insert_bars", 1, None, {"count": 2}))
    found = merged(made, edited(made, step(5)), now)
    (result, wanted) = says(found.root, edited(now, step(7)))
    assert result == wanted
    assert found.kept == (7,)
    assert numbers(found.root) == [str(n) for n in range(1, 11)]


def test_bars_that_do_not_match_any_more_are_as_they_are_derived_and_told() -> None:
    made = song()
    hers = edited(made, step(2), step(6))
    now = edited(made, Edit("delete_bars", 2))
    found = merged(made, hers, now)
    (result, wanted) = says(found.root, edited(now, step(5)))
    assert result == wanted
    assert found.kept == (5,)
    assert found.lost == (Lost(2, 1, 2, 0),)


def test_bars_that_she_put_in_and_took_out_stay_so_and_are_counted() -> None:
    made = song()
    hers = edited(made, Edit("insert_bars", 6), Edit("delete_bars", 1))
    now = edited(made, step(4))
    found = merged(made, hers, now)
    (result, wanted) = says(found.root, edited(now, Edit("insert_bars", 6), Edit("delete_bars", 1)))
    assert result == wanted
    assert (found.kept, found.out) == ((5,), (1,))
    assert numbers(found.root) == [str(n) for n in range(1, 9)]


def test_what_she_took_out_and_the_source_changed_is_there_again_and_told() -> None:
    made = song()
    now = edited(made, step(1))
    found = merged(made, edited(made, Edit("delete_bars", 1)), now)
    assert says(found.root) == says(now)
    assert found.lost == (Lost(1, 0, 1, 1),)
    assert not found.has_hers


# --- what holds -----------------------------------------------------------------------------------------------------


def test_a_mended_first_bar_does_not_bring_back_the_key_that_the_source_has_lost() -> None:
    made = part(*(tune("FCFC") for _ in range(4)))
    found = merged(made, edited(made, step(0)), edited(made, Edit("key", 0, None, {"fifths": 1, "keep": "pitch"})))
    assert texts(found.root, "attributes/key/fifths") == ["1"]
    (first,) = found.root.findall("part/measure[1]")
    assert [one.findtext("pitch/step") for one in first.iterfind("note")] == ["G", "C", "F", "C"]
    part_ = found.root.findall("part")[0]
    assert all(sign.needed == (sign.note.find("accidental") is not None) for sign in signs(part_))


def test_a_key_that_she_changed_holds_on_in_bars_that_are_derived_otherwise_now() -> None:
    made = part(*(tune("FCFC") for _ in range(5)))
    hers = edited(made, Edit("key", 1, None, {"fifths": 2, "keep": "pitch"}))
    now = edited(made, step(3, 0, 2))
    found = merged(made, hers, now)
    assert texts(found.root, "attributes/key/fifths") == ["0", "2"]
    assert played(found.root) == played(now)
    assert 1 in found.kept


def test_a_metre_of_the_source_puts_her_bars_into_the_history() -> None:
    made = song(4)
    now = part(*(tune(one[:3]) for one in TUNES), time="3/4")
    found = merged(made, edited(made, step(2)), now)
    assert says(found.root) == says(now)
    assert found.lost == (Lost(2, 1, 2, 1),)


def test_a_bar_put_in_does_not_stand_in_another_metre() -> None:
    made = song(4)
    now = part(*(tune(one[:3]) for one in TUNES), time="3/4")
    found = merged(made, edited(made, Edit("insert_bars", 2)), now)
    assert says(found.root) == says(now)
    assert found.lost == (Lost(2, 1, 2, 0),)


def test_divisions_that_she_raised_are_everybodys() -> None:
    made = part(*(tune(one) for one in TUNES))
    hers = edited(made, Edit("duration", 1, 0, {"type": "eighth"}), Edit("tuplet", 1, 0, {"actual": 3}))
    now = edited(made, step(3))
    assert texts(hers, "attributes/divisions") != texts(now, "attributes/divisions")
    found = merged(made, hers, now)
    assert texts(found.root, "attributes/divisions") == texts(hers, "attributes/divisions")
    assert says(found.root, hers)[0][:3] == says(found.root, hers)[1][:3]
    assert says(found.root, now)[0][3] == says(found.root, now)[1][3]
    assert lengths(found.root) == lengths(hers)
    assert found.kept == (1,)


def test_a_tie_whose_other_end_is_gone_goes_and_its_note_gets_its_sign() -> None:
    def tied(second: str) -> Element:
        sharp = [Head("C", 1, 4)]
        first = tune("CEG") + note(sharp, 4, ties="start", sign="sharp")
        return part(first, second, tune("EGEG"))

    made = tied(note([Head("C", 1, 4)], 4, ties="stop") + tune("EGE"))
    hers = edited(made, step(1, 2))
    now = tree.copy(made)
    bar = now.findall("part/measure")[0]
    for one in (*bar.iter("tie"), *bar.iter("tied")):
        one.getparent().remove(one)  # type: ignore[union-attr]
    bar.findall("note")[3].find("pitch/octave").text = "5"  # type: ignore[union-attr]
    now.findall("part/measure")[1].findall("note")[0].find("pitch/octave").text = "5"  # type: ignore[union-attr]
    found = merged(made, hers, now)
    head = found.root.findall("part/measure")[1].find("note")
    assert head is not None
    assert head.find("tie") is None
    assert head.find("notations") is None
    assert head.findtext("accidental") == "sharp"


def test_a_slur_whose_beginning_is_gone_goes() -> None:
    slur = '<slur type="{}" number="1"/>'
    made = part(
        tune("CEG") + note([Head("C", 0, 4)], 4, extra=slur.format("start")),
        note([Head("D", 0, 4)], 4, extra=slur.format("stop")) + tune("EGE"),
    )
    now = tree.copy(made)
    for one in list(now.iter("notations")):
        one.getparent().remove(one)  # type: ignore[union-attr]
    found = merged(made, edited(made, step(1, 2)), now)
    assert found.both == (1,)
    assert not list(found.root.iter("slur", "notations"))


def test_a_rest_of_many_bars_is_cut_where_her_notes_stand() -> None:
    rest = '<note><rest measure="yes"/><duration>16</duration><voice>1</voice></note>'
    made = part(tune("CEGE"), *([rest] * 5), tune("CEGE"))
    style = "<attributes><measure-style><multiple-rest>5</multiple-rest></measure-style></attributes>"
    made.findall("part/measure")[1].insert(0, etree.fromstring(style))
    hers = edited(made, Edit("rest", 3, 0, {"step": "G", "octave": 4}))
    found = merged(made, hers, edited(made, step(6)))
    assert texts(found.root, "attributes/measure-style/multiple-rest") == ["2", "2"]
    assert found.kept == (3,)
    assert says(found.root)[0][:6] == says(hers)[0][:6]


def test_a_line_break_of_the_source_stays_under_her_note() -> None:
    made = song()
    now = tree.copy(made)
    now.findall("part/measure")[4].insert(0, etree.fromstring('<print new-system="yes"/>'))
    found = merged(made, edited(made, step(4)), now)
    assert found.root.findall("part/measure")[4].find("print") is not None
    assert (found.kept, found.both) == ((4,), ())


def test_only_parts_by_themselves_are_laid_beside_each_other() -> None:
    two = song()
    two.append(tree.copy(two.findall("part")[0]))
    with pytest.raises(NotationError, match="part by itself"):
        merge(song(), two, song())


# --- whatever the music ---------------------------------------------------------------------------------------------

a_bar = st.integers(0, 7)
one_to_one = st.one_of(
    st.builds(step, a_bar, st.integers(0, 3), st.sampled_from((-2, -1, 1, 3))),
    st.builds(Edit, st.just("rest"), a_bar, st.integers(0, 3)),
    st.builds(Edit, st.just("duration"), a_bar, st.just(0), st.just({"type": "eighth"})),
    st.builds(Edit, st.just("tuplet"), a_bar, st.just(0), st.just({"actual": 3})),
    st.builds(Edit, st.just("tie"), a_bar, st.integers(0, 3)),
)
any_edit = st.one_of(
    one_to_one,
    st.builds(Edit, st.sampled_from(("insert_bars", "delete_bars")), a_bar),
    st.builds(Edit, st.just("key"), a_bar, st.none(), st.builds(dict, fifths=st.integers(-3, 3))),
    st.builds(Edit, st.just("clef"), a_bar, st.none(), st.just({"clef": "F4"})),
)


def done(root: Element, edits: Sequence[Edit]) -> Element:
    """With those edits that can be made there."""
    made = tree.copy(root)
    for one in edits:
        try:
            apply(made, [one])
        except NotationError:
            continue
    return made


def changed(before: Element, after: Element) -> set[int]:
    old, new = says(before, after)
    return {n for n, (one, other) in enumerate(zip(old, new, strict=True)) if one != other}


@st.composite
def songs(draw: st.DrawFn) -> Element:
    bars = [tune(draw(st.sampled_from(TUNES))) for _ in range(8)]
    at = draw(st.integers(1, 7))
    bars[at] = key_change(draw(st.integers(-3, 3))) + bars[at]
    made = part(*bars, fifths=draw(st.integers(-3, 3)))
    show(made.findall("part")[0])
    return made


@PROPERTY
@given(songs(), st.lists(any_edit, max_size=5))
def test_where_the_source_stayed_all_of_hers_is_there(made: Element, edits: list[Edit]) -> None:
    hers = done(made, edits)
    found = merged(made, hers, made)
    (result, wanted) = says(found.root, hers)
    assert result == wanted
    assert (found.both, found.lost) == ((), ())
    assert found.has_hers == (says(made, hers)[0] != says(made, hers)[1])


@PROPERTY
@given(random_parts(), st.lists(any_edit, max_size=4))
def test_where_she_stayed_all_is_as_it_is_derived(made: Element, edits: list[Edit]) -> None:
    now = done(made, edits)
    found = merged(made, made, now)
    (result, wanted) = says(found.root, now)
    assert result == wanted
    assert not found.has_hers
    assert found.lost == ()


@PROPERTY
@given(songs(), st.lists(one_to_one, max_size=4), st.lists(one_to_one, max_size=4))
def test_bar_by_bar_it_is_hers_or_derived(made: Element, mine: list[Edit], theirs: list[Edit]) -> None:
    mine, theirs = ([one for one in edits if one.do != "tie"] for edits in (mine, theirs))
    hers, now = done(made, mine), done(made, theirs)
    found = merged(made, hers, now)
    by_her, by_source = changed(made, hers), changed(made, now)
    same = by_her & by_source - changed(hers, now)
    result, his, derived = says(found.root, hers, now)
    assert [n for n, one in enumerate(result) if one != (his if n in by_her else derived)[n]] == []
    assert set(found.kept) == by_her - same
    assert set(found.both) == by_her & by_source - same
    assert found.lost == ()


@PROPERTY
@given(songs(), st.lists(any_edit, max_size=5), st.lists(any_edit, max_size=5))
def test_whatever_was_changed_the_document_is_sound(made: Element, mine: list[Edit], theirs: list[Edit]) -> None:
    hers, now = done(made, mine), done(made, theirs)
    found = merged(made, hers, now)
    assert not_full(found.root) <= not_full(hers) | not_full(now)
    assert not loose_ends(found.root.findall("part/measure"))
    assert _kinds(found.root) <= _kinds(hers) | _kinds(now)
    part_ = found.root.findall("part")[0]
    assert not [sign for sign in signs(part_) if sign.needed and sign.note.find("accidental") is None]
    assert len(texts(found.root, "attributes/divisions")) == 1


def _kinds(root: Element) -> set[str]:
    """What a proof-reader would remark, but for bars that edits left too short or too long (see not_full)."""
    return {remark.message for remark in validate(root) if "time signature" not in remark.message}
