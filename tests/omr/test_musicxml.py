"""Lines of a part become a MusicXML document that says what the lines say."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from media_pipeline.omr.grammar import as_line
from media_pipeline.omr.model import Line
from media_pipeline.omr.musicxml import PartToWrite, Syllable, Text, in_sequence, write
from media_pipeline.omr.tokens import vocabulary
from notation.musicxml.read import read
from notation.musicxml.validate import validate
from tests.omr.scores import REST, START, backup, direction, lines, note, score, sounds, tokens

HEAD = "clef.G2 time.C "


def written(*told: str, **more: object) -> etree._Element:
    """The document of lines told as tokens."""
    return document([as_line(line.split()) for line in told], **more)


def document(told: Sequence[Line], **more: object) -> etree._Element:
    return read(write(PartToWrite(tuple((line,) for line in told), **more)))  # type: ignore[arg-type]


def pitches(root: etree._Element) -> list[str]:
    alter = {"1": "#", "-1": "b", "2": "x", "-2": "bb", None: ""}
    return [
        f"{p.findtext('step')}{alter[p.findtext('alter')]}{p.findtext('octave')}" for p in root.iter("pitch")
    ]  # fmt: skip


SONG = score(
    note("G5"),  # a pick-up
    note("F#5", accidental="sharp") + note("F#5") + note("F4", "half", notations='<slur type="start" number="1"/>'),
    note("Bb4", "whole", accidental="flat", notations='<tied type="start"/>')
    + note("D5", "whole", chord=True, notations='<tied type="start"/>'),
    note("Bb4", "half", notations='<tied type="stop"/>')
    + note("D5", "half", chord=True, notations='<tied type="stop"/><slur type="stop" number="1"/>')
    + note("B4", "half", accidental="natural"),
    note("C5", "half") + note("D5", "half") + backup(48) + "".join(note(p, voice=2) for p in ("E4", "F4", "G4", "F4")),
    REST,
    REST,
    REST,
    direction('<octave-shift type="down" size="8"/>') + note("C6", "half") + note("D6", "half"),
    note("E6", "half") + direction('<octave-shift type="stop" size="8"/>')
    + "<attributes><clef><sign>F</sign><line>4</line></clef></attributes>" + note("E3") + note(""),
    "<attributes><key><fifths>-2</fifths></key><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    + note("Bb3", "half", dots=1),
    note("Eb3", "half", dots=1),
    start=START,
)  # fmt: skip


def test_a_song_comes_back_as_it_was() -> None:
    assert sounds(document(lines(SONG))) == sounds(SONG)


def test_what_is_written_is_printed_again() -> None:
    assert tokens(document(lines(SONG))) == tokens(SONG)


def test_a_clean_song_has_no_warnings() -> None:
    assert validate(document(lines(SONG))) == []


def test_a_pickup_is_bar_zero() -> None:
    bars = [(m.get("number"), m.get("implicit")) for m in document(lines(SONG)).iter("measure")]
    assert bars[:3] == [("0", "yes"), ("1", None), ("2", None)]


def test_lines_and_pages_are_kept() -> None:
    first, second, third = (as_line(["clef.G2", "p5", "d1", "bar.s"], page=page) for page in (0, 0, 1))
    prints = [dict(p.attrib) for p in document([first, second, third]).iter("print")]
    assert prints == [{"new-system": "yes"}, {"new-page": "yes"}]


def test_accidentals_hold_to_the_bar_line_and_in_their_octave() -> None:
    root = written(HEAD + "acc.s p1 d4 p1 d4 p8 d4 r4 bar.s p1 d1 bar.s")
    assert pitches(root) == ["F#4", "F#4", "F5", "F4"]


def test_the_key_alters_every_octave() -> None:
    assert pitches(written("clef.F4 key.-2 time.C p2 d4 p9 d4 acc.n p9 d4 p4 d4 bar.s")) == ["Bb2", "Bb3", "B3", "D3"]
    assert pitches(written("clef.G2 key.1 time.C p8 d1 bar.s key.0 p8 d1 bar.s")) == ["F#5", "F5"]


def test_a_tie_carries_its_accidental_over_the_bar_line_and_no_further() -> None:
    root = written(HEAD + "acc.f p4 d1 tie bar.s p4 d2 p4 d2 bar.s")
    assert pitches(root) == ["Bb4", "Bb4", "B4"]
    assert [tie.get("type") for tie in root.iter("tie")] == ["start", "stop"]


def test_a_tie_that_leads_nowhere_rings() -> None:
    root = written(HEAD + "p4 d1 tie bar.s p6 d1 bar.s")
    assert [tied.get("type") for tied in root.iter("tied")] == ["let-ring"]
    assert not list(root.iter("tie"))


def test_slurs_inside_each_other_end_in_turn() -> None:
    root = written(HEAD + "p4 d4 sl( p5 d4 sl( p6 d4 sl) p7 d4 sl) bar.s")
    slurs = [(slur.get("type"), slur.get("number")) for slur in root.iter("slur")]
    assert slurs == [("start", "1"), ("start", "2"), ("stop", "2"), ("stop", "1")]


def test_a_slur_without_an_end_is_left_out() -> None:
    assert not list(written(HEAD + "p4 d1 sl( bar.s p5 d1 bar.f").iter("slur"))


def test_multi_measure_rests_are_counted_out() -> None:
    root = written(HEAD + "mm n1 n2 bar.s p4 d1 bar.f")
    assert len(list(root.iter("measure"))) == 13
    assert [m.text for m in root.iter("multiple-rest")] == ["12"]
    assert validate(root) == []


@pytest.mark.parametrize("seen", ["", "ds "])
def test_a_jump_over_a_multi_measure_rest_is_at_its_end(seen: str) -> None:
    words = (
        Text(0, 0, "D.S. al Coda", "jump", jump="ds"),
        Text(0, 0, "Tempo I", "tempo"),
        Text(0, 0, "A", "rehearsal"),
    )
    root = written(HEAD + f"reh mm n4 {seen}bar.d p4 d1 bar.f", texts=words)
    told = {
        kind: [m.get("number") for m in root.iter("measure") for _ in m.iterfind(path)]
        for kind, path in (
            ("ds", "direction/sound[@dalsegno]"), ("tempo", "direction//words[.='Tempo I']"),
            ("mark", "direction//rehearsal"),
        )
    }  # fmt: skip
    assert told == {"ds": ["4"], "tempo": ["1"], "mark": ["1"]}
    assert validate(root) == []


def test_words_say_what_a_jump_is() -> None:
    root = written(HEAD + "p4 d1 fine bar.f", texts=(Text(0, 0, "D.S. al Fine", "jump", jump="ds"),))
    assert [(sound.get("dalsegno"), sound.get("fine")) for sound in root.iter("sound")] == [("segno", None)]
    assert [words.text for words in root.iter("words")] == ["D.S. al Fine"]


@pytest.mark.parametrize(
    ("read", "marks"),
    [
        (["", "B", "", "D", ""], ["A", "B", "C", "D", ""]),
        (["1", "", "", "4"], ["1", "2", "3", "4"]),
        (["A", "", "E"], ["A", "", "E"]),  # one of them was not even seen
        (["", "F"], ["", "F"]),
        (["", ""], ["", ""]),
    ],
)
def test_marks_in_their_order(read: list[str], marks: list[str]) -> None:
    assert in_sequence(read) == marks


def test_a_mark_that_was_not_read_has_the_letter_that_is_due() -> None:
    told = HEAD + "reh p4 d1 bar.s reh p4 d1 bar.s p4 d1 bar.s reh p4 d1 bar.s reh p4 d1 bar.f"
    words = [Text(0, 0, "A", "rehearsal"), Text(0, 1, "Trio", "rehearsal"), Text(0, 4, "C", "rehearsal")]
    assert [mark.text for mark in written(told, texts=tuple(words)).iter("rehearsal")] == ["A", "Trio", "B", "C"]
    assert [mark.text for mark in written(told, texts=tuple(words[:2])).iter("rehearsal")] == ["A", "Trio", "?", "?"]


def test_repeats_and_endings() -> None:
    root = written(HEAD + "rep.s p4 d1 bar.s volta1 p4 d1 bar.rep volta2 p4 d1 bar.f")
    endings = [(e.get("number"), e.get("type")) for e in root.iter("ending")]
    assert endings == [("1", "start"), ("1", "stop"), ("2", "start"), ("2", "discontinue")]
    assert [r.get("direction") for r in root.iter("repeat")] == ["forward", "backward"]
    assert [b.findtext("bar-style") for b in root.iter("barline")][-1] == "light-heavy"


def test_jumps_can_be_played() -> None:
    words = (Text(0, 1, "D.S. al Coda", "jump"),)
    root = written(HEAD + "segno p4 d1 tocoda bar.s p4 d1 ds bar.d coda p4 d1 fine bar.f", texts=words)
    assert [dict(sound.attrib) for sound in root.iter("sound")] == [
        {"segno": "segno"}, {"tocoda": "coda"}, {"dalsegno": "segno"}, {"coda": "coda"}, {"fine": "yes"},
    ]  # fmt: skip
    assert [word.text for word in root.iter("words")] == ["To Coda", "D.S. al Coda", "Fine"]


def test_words_and_letters_at_their_bars() -> None:
    texts = (
        Text(0, 0, "Allegro", "tempo", bpm=132.0),
        Text(0, 1, "B", "rehearsal"),
        Text(0, 1, "dolce", "expression", offset=Fraction(2)),
    )
    root = written(HEAD + "p4 d1 bar.s reh p4 d1 bar.s reh p4 d1 bar.f", texts=texts)
    assert [r.text for r in root.iter("rehearsal")] == ["B", "?"]
    assert [w.text for w in root.iter("words")] == ["Allegro", "dolce"]
    assert [s.get("tempo") for s in root.iter("sound")] == ["132"]
    assert int(root.findtext(".//offset") or 0) == 2 * int(root.findtext(".//divisions") or -1)


def test_title_composer_instrument_and_transposition() -> None:
    root = written(HEAD + "p4 d1 bar.f", title="Marsch & Trio", composer="J. Haydn", instrument="Klarinette 1 in B",
                   transpose=(-1, -2, 0), program=72)  # fmt: skip
    assert root.findtext("work/work-title") == "Marsch & Trio"
    assert root.findtext("identification/creator") == "J. Haydn"
    assert root.findtext(".//part-name") == "Klarinette 1 in B"
    assert (root.findtext(".//transpose/chromatic"), root.findtext(".//midi-program")) == ("-2", "72")
    assert pitches(root) == ["B4"]


def test_a_piano_is_one_part_of_two_staves() -> None:
    told = ("clef.G2 time.C p5 d2 p5 d2 bar.s mR bar.f", "clef.F4 time.C dyn.p p3 d1 bar.s p3 d4 r4 r2 bar.f")
    root = read(write(PartToWrite((tuple(as_line(line.split()) for line in told),))))
    assert root.findtext(".//staves") == "2"
    assert [c.findtext("sign") for c in root.iter("clef")] == ["G", "F"]
    assert [n.findtext("staff") for n in root.iter("note")] == ["1", "1", "2", "1", "2", "2", "2"]
    assert root.findtext(".//direction/staff") == "2"
    assert validate(root) == []


def test_syllables_go_to_the_notes_of_their_bar() -> None:
    sung = (Syllable(0, 0, 1, "lu", "end"), Syllable(0, 0, 0, "Al", "begin"))
    root = written(HEAD + "p4 d2 r4 p5 d4 bar.f", syllables=sung)
    assert [(n.findtext("pitch/step"), n.findtext("lyric/text")) for n in root.iter("note")] == [
        ("B", "Al"), (None, None), ("C", "lu"),
    ]  # fmt: skip


def test_notes_can_be_found_on_the_page() -> None:
    told = (HEAD + "p4 d2 acc.s p4 ch p6 d2 bar.s").split()
    root = document([as_line(told)])
    bar = told[2:]
    found = [note.get("id", "").split("-") for note in root.iter("note")]
    assert [(line, bar_, bar[int(at)]) for line, bar_, at in found] == [
        ("n0", "0", "p4"), ("n0", "0", "p4"), ("n0", "0", "p6"),
    ]  # fmt: skip
    ids = [element.get("id") for element in root.iter("note", "measure")]
    assert len(ids) == len(set(ids))


def test_eighths_are_beamed_by_the_metre() -> None:
    def beamed(told: str) -> list[str]:
        return ["".join(beam.text or "" for beam in n.findall("beam")) for n in written(told).iter("note")]

    assert beamed(HEAD + "p4 d8 p4 d8 p4 d8 p4 d8 p4 d2 bar.s") == ["begin", "continue", "continue", "end", ""]
    assert beamed("clef.G2 time.6/8 " + "p4 d8 " * 6 + "bar.s") == ["begin", "continue", "end"] * 2
    assert beamed("clef.G2 time.1/4 p4 d8 dot p4 d16 bar.s") == ["begin", "endbackward hook"]


def test_bars_that_repeat_the_one_before_hold_its_notes() -> None:
    root = written(HEAD + "p4 d1 bar.s sim bar.s p5 d1 bar.s")
    assert pitches(root) == ["B4", "B4", "C5"]
    assert [r.get("type") for r in root.iter("measure-repeat")] == ["start", "stop"]


def test_a_metre_that_is_not_printed_is_the_most_usual_length() -> None:
    root = written("clef.G2 p4 d2 dot bar.s p4 d2 dot bar.s p4 d2 bar.s")
    assert (root.findtext(".//beats"), root.findtext(".//beat-type")) == ("3", "4")


def test_verovio_engraves_it() -> None:
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(write(PartToWrite(tuple((line,) for line in lines(SONG)))).decode())
    svg = toolkit.renderToSVG(1)
    assert svg.count('class="measure"') == 10  # three bars of rest are one on paper
    assert svg.count('class="tie"') == 2


ANYTHING = st.lists(st.sampled_from(vocabulary()), max_size=50)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.lists(ANYTHING, min_size=1, max_size=2), max_size=3))
def test_whatever_lines_say_is_a_document(told: list[list[list[str]]]) -> None:
    systems = tuple(tuple(as_line(line) for line in system) for system in told)
    root = read(write(PartToWrite(systems)))
    kinds = {warning.kind for warning in validate(root)}
    assert not kinds & {"order", "divisions", "duration", "ties"}
    ids = [element.get("id") for element in root.iter("note", "measure") if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("title", ["a\x00b", "\ud800x", "<&>"])
def test_titles_may_hold_any_letter(title: str) -> None:
    written(HEAD + "p4 d1 bar.f", title=title)


def test_a_metre_that_changes_sets_the_length_of_its_own_bar() -> None:
    root = written(HEAD + "p4 d1 bar.s time.3/4 mR bar.s p4 d2 dot bar.s")
    divisions = int(root.findtext(".//divisions") or 0)
    assert [int(note.findtext("duration") or 0) / divisions for note in root.iter("note")] == [4, 3, 3]
    assert validate(root) == []


def test_a_courtesy_signature_is_no_bar() -> None:
    root = written(HEAD + "p4 d1 bar.s key.2 time.3/4", "clef.G2 key.2 time.3/4 p8 d2 dot bar.f")
    assert len(list(root.iter("measure"))) == 2
    assert pitches(root) == ["B4", "F#5"]
    assert [k.text for k in root.iter("fifths")] == ["0", "2"]


def test_a_staff_that_rests_through_a_pickup_rests_as_long() -> None:
    told = ("clef.G2 time.C p5 d4 bar.s p5 d1 bar.f", "clef.F4 time.C mR bar.s p3 d1 bar.f")
    root = read(write(PartToWrite((tuple(as_line(line.split()) for line in told),))))
    assert [note.findtext("duration") for note in root.iter("note")] == ["1", "1", "4", "4"]


def test_a_dynamic_that_only_the_text_layer_has_is_kept() -> None:
    told = (Text(0, 0, "mf", "dynamic"), Text(0, 1, "p", "dynamic"))
    root = written(HEAD + "p4 d1 bar.s dyn.ff p4 d1 bar.s", texts=told)
    assert [[child.tag for child in dynamics] for dynamics in root.iter("dynamics")] == [["mf"], ["ff"]]


def test_a_jump_in_words_jumps() -> None:
    root = written(HEAD + "p4 d1 bar.f", texts=(Text(0, 0, "D.C. al Fine", "jump", jump="dc"),))
    (direction,) = root.iter("direction")
    assert direction.findtext("direction-type/words") == "D.C. al Fine"
    sound = direction.find("sound")
    assert sound is not None
    assert sound.get("dacapo") == "yes"
