"""Edits of a document's tree."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from lxml import etree

from notation.musicxml import NotationError, edit, staves, tidy, tree
from notation.musicxml.read import read
from notation.musicxml.walk import WalkedNote, walk
from tests.engrave import samples
from tests.engrave.samples import attributes, measure, note, score


def notes(root: etree._Element, *, staff: int | None = None) -> list[tuple[Fraction, int]]:
    """(onset, pitch) of every struck note."""
    found = [n for part in root.findall("part") for bar in walk(part) for n in bar.notes]
    return sorted(
        (n.onset, n.pitch) for n in found if n.pitch is not None and staff in (None, n.staff) and not n.tie_stop
    )


def frets(root: etree._Element) -> list[tuple[Fraction, str, str]]:
    found: list[WalkedNote] = [n for part in root.findall("part") for bar in walk(part) for n in bar.notes]
    placed = [(n.onset, n.element.find("notations/technical")) for n in found if not n.tie_stop]
    return sorted((at, t.findtext("string") or "", t.findtext("fret") or "") for at, t in placed if t is not None)


def lengths(root: etree._Element) -> list[Fraction]:
    return [bar.length for part in root.findall("part") for bar in walk(part)]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("view", ["both", "tab", "staff"])
def test_every_view_keeps_notes_and_time(view: staves.View, count: int) -> None:
    root = read(samples.guitar(8, staves=count))
    whole = notes(read(samples.guitar(8)))
    staves.show(root, view=view)
    assert set(notes(root)) == set(whole)
    assert lengths(root) == [Fraction(4)] * 8
    part = root.find("part")
    assert part is not None
    assert staves.staff_count(part) == (2 if view == "both" else 1)
    assert staves.tab_staves(part) == {"both": {2}, "tab": {1}, "staff": set()}[view]


@pytest.mark.parametrize("view", ["both", "tab"])
def test_tab_staves_made_from_frets_equal_written_ones(view: staves.View) -> None:
    made, written = read(samples.guitar(8)), read(samples.guitar(8, staves=2))
    for root in (made, written):
        staves.show(root, view=view)
    staff = 2 if view == "both" else 1
    assert notes(made, staff=staff) == notes(written, staff=staff)
    assert set(frets(made)) == set(frets(written))


def test_a_tab_beside_notation_has_no_stems_and_no_tied_on_frets() -> None:
    root = read(samples.guitar(8, staves=2))
    tidy.beam(root)
    staves.show(root, view="both")
    tab = [n for bar in walk(root.findall("part")[0]) for n in bar.notes if n.staff == 2]
    assert {n.element.findtext("stem") for n in tab} == {"none"}
    assert all(n.element.find("beam") is None for n in tab)
    assert not any(n.tie_stop for n in tab)


def test_the_tuning_goes_with_the_tab() -> None:
    root = read(samples.guitar(2, capo=3))
    staves.show(root, view="tab")
    assert staves.tuning_of(root.findall("part")[0]) == ([40, 45, 50, 55, 59, 64], 3)


def test_a_piano_is_nobodys_tab() -> None:
    root = read(samples.piano(4))
    before = tree.to_bytes(root)
    staves.show(root, view="tab")
    assert tree.to_bytes(root) == before


def test_dropping_a_staff_keeps_the_other() -> None:
    root = read(samples.piano(4))
    left = notes(root, staff=2)
    staves.drop_staves(root.findall("part")[0], drop={1})
    assert notes(root, staff=1) == left
    assert root.find("part/measure/backup") is None
    assert root.findtext("part/measure/attributes/clef/sign") == "F"


def test_prune_keeps_the_part_and_its_entry() -> None:
    root = read(samples.ten_parts(4))
    edit.prune(root, keep={"P3"})
    assert edit.part_names(root) == {"P3": "Clarinet"}
    assert len(root.findall("part-list/score-part")) == 1


def test_prune_takes_empty_groups_along() -> None:
    grouped = samples.ten_parts(2).replace(b"<part-list>", b'<part-list><part-group type="start" number="1"/>')
    root = read(grouped.replace(b"</part-list>", b'<part-group type="stop" number="1"/></part-list>'))
    edit.prune(root, keep={"P1", "P2"})
    assert len(root.findall("part-list/part-group")) == 2
    edit.prune(root, keep={"P1"})
    assert root.findall("part-list/part-group") == []


def test_prune_to_nothing_is_refused() -> None:
    with pytest.raises(NotationError):
        edit.prune(read(samples.piano(2)), keep={"P9"})


def beams(content: str, *, time: str = "4/4") -> str:
    """Beams of a bar, a letter a note: b begin, c continue, e end, . none; further beams after a slash."""
    root = read(score([("A", measure(1, content, start=attributes(time=time)))]))
    tidy.beam(root)
    words = [[b.text or "" for b in n.findall("beam")] for n in root.findall("part/measure/note")]
    return " ".join("/".join(w[0].upper() if "hook" in w else w[0] for w in beam) or "." for beam in words)


def row(*lengths: int) -> str:
    return "".join(note(60, n) for n in lengths)


def test_eighths_join_over_half_a_bar() -> None:
    assert beams(row(2, 2, 2, 2, 2, 2, 2, 2)) == "b c c e b c c e"


def test_sixteenths_join_over_a_beat() -> None:
    assert beams(row(1, 1, 1, 1, 2, 2, 4, 4)) == "b/b c/c c/c e/e b e . ."


def test_compound_time_joins_threes() -> None:
    assert beams(row(2, 2, 2, 2, 2, 2), time="6/8") == "b c e b c e"


def test_waltz_joins_the_bar() -> None:
    assert beams(row(2, 2, 2, 2, 2, 2), time="3/4") == "b c c c c e"


def test_odd_metres_join_as_counted() -> None:
    assert beams(row(2, 2, 2, 2, 2), time="5/8") == "b c e b e"
    assert beams(row(2, 2, 2, 2, 2), time="2+3/8") == "b e b c e"


def test_a_short_note_among_longer_ones_gets_a_hook() -> None:
    dotted = note(60, 2).replace("<duration>2", "<duration>3").replace("</type>", "</type><dot/>")
    assert beams(dotted + note(60, 1) + row(4, 8)) == "b e/B . ."
    assert beams(note(60, 1) + dotted + row(4, 8)) == "b/F e . ."


def test_rests_part_beams() -> None:
    assert beams(row(2) + note(None, 2) + row(2, 2, 4, 4)) == ". . b e . ."


def test_a_part_with_beams_keeps_them() -> None:
    content = row(2, 2).replace("</type>", '</type><beam number="1">begin</beam>', 1) + row(4, 8)
    assert beams(content) == "b . . ."


def test_empty_bars_are_gathered() -> None:
    empty = '<note><rest measure="yes"/><duration>16</duration></note>'
    bars = [row(16), empty, empty, empty, row(16), empty, row(16), empty, empty]
    last = '<barline location="right"><bar-style>light-heavy</bar-style></barline>'
    root = read(score([("A", "".join(
        measure(i + 1, b, start=attributes() if not i else "", end=last if i == 8 else "") for i, b in enumerate(bars)
    ))]))  # fmt: skip
    tidy.gather_rests(root)
    found = {m.get("number"): m.findtext("attributes/measure-style/multiple-rest") for m in root.iter("measure")}
    assert {number: text for number, text in found.items() if text} == {"2": "3", "8": "2"}


def test_a_rehearsal_mark_ends_a_rest() -> None:
    empty = '<note><rest measure="yes"/><duration>16</duration></note>'
    mark = "<direction><direction-type><rehearsal>B</rehearsal></direction-type></direction>"
    bars = [empty, empty, mark + empty, empty, empty]
    root = read(
        score([("A", "".join(measure(i + 1, b, start=attributes() if not i else "") for i, b in enumerate(bars)))])
    )
    tidy.gather_rests(root)
    assert [e.text for e in root.iter("multiple-rest")] == ["2", "3"]


def test_drum_staves_lose_their_key() -> None:
    drums = measure(1, row(16), start=attributes(clefs=("percussion",), fifths=3))
    root = read(score([("Drums", drums), ("Flute", measure(1, row(16), start=attributes(fifths=3)))]))
    tidy.leave_keys_off_percussion(root)
    assert [part.find("measure/attributes/key") is None for part in root.findall("part")] == [True, False]


def test_titles_are_set_and_found() -> None:
    root = read(samples.piano(2))
    edit.set_title(root, "Große <Fuge> \x07& more")
    edit.set_composer(root, "B. & Co")
    again = read(tree.to_bytes(root))
    assert edit.title_of(again) == "Große <Fuge> & more"
    assert edit.composer_of(again) == "B. & Co"


def test_a_rest_of_many_bars_hides_no_mark_from_the_engraver(tmp_path: Path) -> None:
    from notation.engrave.prepare import prepare
    from notation.engrave.style import Style
    from notation.engrave.svg import pages

    empty = '<note><rest measure="yes"/><duration>16</duration></note>'
    begins = (
        '<barline location="left"><bar-style>heavy-light</bar-style><repeat direction="forward"/></barline>'
        "<direction><direction-type><rehearsal>B</rehearsal></direction-type></direction>"
    )
    bars = [row(16), begins + empty, empty, empty, row(16)]
    root = read(
        score([("Horn", "".join(measure(n, b, start="" if n > 1 else attributes()) for n, b in enumerate(bars, 1)))])
    )
    ready = etree.fromstring(prepare(root, style=Style()).document)
    second = ready.findall("part/measure")[1]
    assert [child.tag for child in second] == ["barline", "direction", "attributes", "note"]
    assert second.findtext("attributes/measure-style/multiple-rest") == "3"
    drawn = "".join(page.svg for page in pages(root, folder=tmp_path))
    assert 'class="reh' in drawn
    assert 'class="multiRest' in drawn
