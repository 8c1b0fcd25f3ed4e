"""Parts made from other parts: by their rule at concert pitch, in range, readable, and telling where they came from."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml import NotationError, edit, transpose, tree
from notation.musicxml.clefs import clef_of
from notation.musicxml.walk import WalkedBar, walk
from notation.score.derive import (
    BUILTIN,
    Derived,
    Refused,
    Rule,
    Source,
    check,
    derive,
    from_json,
    in_order,
    other_clef,
    rule_for,
    to_json,
)  # fmt: skip
from notation.score.derive.fold import octave_into
from notation.score.derive.match import serving
from notation.score.instruments import find
from tests.score.parts import Head, document, note, opening, parts, pitches, played

PROPERTY = settings(max_examples=100, deadline=None)
TARGETS = ("Flute", "Oboe", "Eb Clarinet", "Clarinet 2", "Alto Sax", "Baritone Sax", "Horn in F", "Trumpet 1", "Viola",
           "Cello", "Double Bass", "Baritone T.C.", "Baritone B.C.", "Tuba", "Piccolo", "Violin")  # fmt: skip
C4, D4, E4, G4 = (Head(step, 0, 4) for step in "CDEG")


def line(*steps: str, octave: int = 4, length: int = 4) -> str:
    return "".join(note([Head(step, 0, octave)], length) for step in steps)


def part(*bars: str, name: str = "Flute", fifths: int = 0, **given: object) -> etree._Element:
    return document([opening(fifths, **given) + bars[0], *bars[1:]], name=name)  # type: ignore[arg-type]


def made(rule: Rule, song: dict[str, etree._Element]) -> Derived:
    (found,) = derive(song, [rule])
    assert isinstance(found, Derived), found
    return found


def bars_of(root: etree._Element) -> list[WalkedBar]:
    (found,) = root.findall("part")
    return list(walk(found))


def sounding(root: etree._Element) -> dict[Fraction, list[int]]:
    """Onset -> pitches that sound there, tied and graced ones too."""
    found = defaultdict(list)
    for each in root.iterfind("part"):
        for bar in walk(each):
            for n in bar.notes:
                if n.pitch is not None:
                    found[n.onset].append(n.pitch)
    return found


# ------------------------------------------------------------------------------------------------ every derived pitch


@PROPERTY
@given(parts(transposes=True), st.sampled_from(TARGETS), st.integers(-2, 2), st.integers(-7, 7))
def test_pitches_are_the_rules_interval_from_their_source_and_in_range(
    root: etree._Element, target: str, up: int, semitones: int
) -> None:
    rule = Rule(target, (Source("the source"),), octaves=up, semitones=semitones)
    before = [pitch for pitch in pitches(root) if pitch is not None]
    assume(before)
    given = tree.to_bytes(root)
    found = made(rule, {"the source": root})
    assert tree.to_bytes(root) == given
    low, high = rule.range
    after = [pitch for pitch in pitches(found.root) if pitch is not None]
    assert all(low <= pitch <= high for pitch in after)
    if len(after) == len(before):  # else two heads of a chord became one
        assert all((b - a - semitones) % 12 == 0 for a, b in zip(before, after, strict=True))
    part_of = found.root.find("part")
    assert part_of is not None
    assert all(heard == meant for _, heard, meant in played(part_of))
    assert len(found.origins) == len(part_of.findall("measure"))
    for origin, one, other in zip(found.origins, bars_of(root), bars_of(found.root), strict=True):
        if origin.how == "guessed":
            continue
        moves = [semitones + 12 * (up + folded) for folded in origin.folded or (0,)]
        old, new = ([n.pitch for n in bar.notes if n.pitch is not None] for bar in (one, other))
        assert all(after - before in moves for before, after in zip(old, new, strict=True))


@PROPERTY
@given(parts(transposes=True), st.sampled_from(TARGETS), st.sampled_from(TARGETS))
def test_through_any_instrument_and_on_to_another(root: etree._Element, first: str, second: str) -> None:
    """Written pitch, sounding pitch and back: what a second rule makes of a derived part is no other music."""
    assume(any(pitch is not None for pitch in pitches(root)))
    one = made(Rule(first, (Source("x"),), fold=False), {"x": root})
    two = made(Rule(second, (Source("y"),), fold=False), {"y": one.root})
    assert pitches(two.root) == pitches(one.root) == pitches(root)
    instrument = find(second)
    assert instrument is not None
    written = two.root.find("part")
    assert written is not None
    assert transpose.transposition_of(written) == instrument.transposition()
    assert clef_of(written) == instrument.usual_clef


@PROPERTY
@given(parts(), st.sampled_from(["upper", "lower"]))
def test_one_line_of_a_divided_part(root: etree._Element, voice: str) -> None:
    rule = Rule("Flute 2", (Source("x", voice),), fold=False)  # type: ignore[arg-type]
    (found,) = derive({"x": root}, [rule])
    assume(isinstance(found, Derived))
    assert isinstance(found, Derived)
    before = sounding(root)
    first = found.root.find("part")
    assert first is not None
    bars, old = bars_of(found.root), bars_of(root)
    assert [bar.length for bar in bars] == [bar.length for bar in old]
    for bar in bars:
        assert not any(n.chord for n in bar.notes)
        assert {n.voice for n in bar.notes} <= {"1"}
        end = bar.start
        for n in bar.notes:
            assert n.onset == end  # no gaps, nothing at once
            end += n.duration
    for onset, heard in sounding(found.root).items():
        assert set(heard) <= set(before[onset])
    assert all(heard == meant for _, heard, meant in played(first))


def test_upper_and_lower_of_chords_and_voices() -> None:
    chords = note([C4, G4], 8) + note([D4], 8)
    voices = line("G", "F", octave=5, length=8) + "<backup><duration>16</duration></backup>" + "".join(
        note([Head(step, 0, 4)], 8, voice=2) for step in "EA")  # fmt: skip
    root = part(chords, voices, line("C", "C", "C", "C"))
    up = made(Rule("Oboe", (Source("Flute", "upper"),)), {"Flute": root})
    down = made(Rule("Oboe", (Source("Flute", "lower"),)), {"Flute": root})
    assert pitches(up.root) == [67, 62, 79, 77, 60, 60, 60, 60]
    assert pitches(down.root) == [60, 62, 64, 69, 60, 60, 60, 60]
    assert [origin.how for origin in down.origins] == ["derived", "derived", "copied"]
    assert down.reason == "The lower voice of Flute"


def test_a_player_with_a_rest_rests_and_a_gap_is_filled_and_told() -> None:
    upper = line("G", "F", octave=5, length=8) + "<backup><duration>16</duration></backup>"
    root = part(
        upper + note([], 16, voice=2),
        upper + "<forward><duration>8</duration></forward>" + note([C4], 8, voice=2),
    )
    found = made(Rule("Oboe", (Source("Flute", "lower"),), fold=False), {"Flute": root})
    assert pitches(found.root) == [None, 79, 60]
    assert [origin.how for origin in found.origins] == ["copied", "guessed"]


def test_ties_that_nobody_holds_any_more_are_gone() -> None:
    tied = note([C4], 16) + note([G4], 16, ties="start").replace("<note>", "<note><chord/>")
    stops = note([G4], 8, ties="stop") + note([C4], 8)
    for voice, count in (("upper", 2), ("lower", 0)):
        rule = Rule("Oboe", (Source("Flute", voice),), low=48, high=90)  # type: ignore[arg-type]
        found = made(rule, {"Flute": part(tied, stops)})
        assert len(list(found.root.iter("tie"))) == len(list(found.root.iter("tied"))) == count


# ---------------------------------------------------------------------------------------------------------- the range


def test_a_phrase_out_of_range_moves_whole_and_is_told() -> None:
    rest = note([], 16)
    root = part(line("C", "D", "E", "F", octave=5), line("G", "F", "E", "D"), rest, line("G", "A", "B", "C"), rest,
                line("C", "D", "E", "F", octave=5))  # fmt: skip
    found = made(Rule("Oboe", (Source("Flute"),), low=65, high=90), {"Flute": root})
    assert pitches(found.root) == [
        *(84, 86, 88, 89, 79, 77, 76, 74), None, *(79, 81, 83, 72), None, *(72, 74, 76, 77),
    ]  # fmt: skip
    assert [origin.folded for origin in found.origins] == [(1,), (1,), (), (1,), (), ()]
    assert [origin.number for origin in found.folded] == ["1", "2", "4"]
    left = made(Rule("Oboe", (Source("Flute"),), low=65, high=90, fold=False), {"Flute": root})
    assert pitches(left.root) == pitches(root)
    assert left.outside == (1, 3)


def test_short_rests_and_ties_part_no_phrase() -> None:
    beats = (note([Head("G", 0, 3)], 4) + note([], 4)) * 2
    root = part(beats, line("C", "D", "E", "F"))
    found = made(Rule("Oboe", (Source("Flute"),), low=58, high=91), {"Flute": root})
    assert [origin.folded for origin in found.origins] == [(1,), (1,)]
    double = '<barline location="right"><bar-style>light-light</bar-style></barline>'
    low = part(line("G", "G", "G", "G", octave=3) + double, line("C", "D", "E", "F"))
    assert [o.folded for o in made(Rule("Oboe", (Source("Flute"),)), {"Flute": low}).origins] == [(1,), ()]


def test_music_that_never_rests_is_parted_after_eight_bars_but_under_no_slur() -> None:
    low, fine = line("G", "G", "G", "G", octave=3), line("C", "D", "E", "F")
    slurred = note([C4], 16, extra='<slur type="start"/>'), note([D4], 16, extra='<slur type="stop"/>')
    for bars, count in (([low, *[fine] * 9], 8), ([low, *[fine] * 6, *slurred, fine], 9)):
        found = made(Rule("Oboe", (Source("Flute"),)), {"Flute": part(*bars)})
        assert [origin.folded for origin in found.origins] == [(1,)] * count + [()] * (10 - count)
    mark = "<direction><direction-type><rehearsal>B</rehearsal></direction-type></direction>"
    found = made(Rule("Oboe", (Source("Flute"),)), {"Flute": part(low, mark + fine)})
    assert [origin.folded for origin in found.origins] == [(1,), ()]


def test_a_phrase_wider_than_the_compass_is_a_guess_where_it_breaks() -> None:
    root = part(line("C", "C", octave=3, length=8), line("C", "C", octave=6, length=8))
    found = made(Rule("Oboe", (Source("Flute"),)), {"Flute": root})
    assert "guessed" in {origin.how for origin in found.origins}
    assert all(58 <= (pitch or 0) <= 91 for pitch in pitches(found.root))


@given(st.integers(0, 127), st.integers(0, 100), st.integers(11, 60))
def test_every_pitch_has_an_octave_in_range(pitch: int, low: int, width: int) -> None:
    octaves = octave_into(pitch, low=low, high=low + width)
    assert low <= pitch + 12 * octaves <= low + width
    if low <= pitch <= low + width:
        assert octaves == 0


def test_the_octave_that_suits() -> None:
    song = {"Tuba": part(line("C", "D", "E", "F", octave=2), name="Tuba", clef="F4")}
    assert made(rule_for("Piccolo", "Tuba"), song).octaves == 4
    assert made(rule_for("Bassoon", "Tuba"), song).octaves == 0


# --------------------------------------------------------------------------------------------- which part, and why it


def band(*names: str) -> dict[str, etree._Element]:
    return {name: part(line("C", "D", "E", "F"), name=name) for name in names}


def test_the_first_source_there_is_with_the_reasons_why_not_the_others() -> None:
    flute2 = BUILTIN[0]
    assert made(flute2, band("Flute", "Cornet 2", "Clarinet 2")).reason == "Clarinet 2, because Flute does not divide"
    assert made(flute2, band("Oboe", "Kornett 2 in B")).reason == (
        "Kornett 2 in B, because there is no Flute and there is no Clarinet 2"
    )
    divided = {**band("Clarinet 2"), "Flute": part(note([C4, G4], 16), name="Flute")}
    assert made(flute2, divided).reason == "The lower voice of Flute"


def test_a_last_chord_is_no_second_part() -> None:
    bars = [line("C", "D", "E", "F")] * 20 + [note([C4, G4], 16)]
    song = {"Flute": part(*bars), **band("Clarinet 2")}
    assert made(BUILTIN[0], song).reason == "Clarinet 2, because Flute divides in only 1 of 21 bars"


def test_who_does_not_divide_has_an_upper_line_and_no_lower_one() -> None:
    song = band("Horn")
    assert pitches(made(Rule("Violin", (Source("Horn", "upper"),)), song).root) == pitches(song["Horn"])
    (found,) = derive(song, [Rule("Violin", (Source("Horn", "lower"),))])
    assert isinstance(found, Refused)
    assert found.why == "Violin cannot be made: Horn does not divide. No other part of this song could serve."


def test_desks_that_share_a_part_are_told_apart() -> None:
    song = {"Horn 1 & 2 in F": part(note([C4, G4], 16), note([E4], 16), name="Horn", transpose=(-4, -7, 0))}
    one, two = (made(rule_for("Alto Horn", f"Horn {n}"), song) for n in (1, 2))
    assert pitches(one.root) == [60, 57]
    assert pitches(two.root) == [53, 57]


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ("Flute 1", ["Oboe", "Flöte"], "Flöte"),
        ("Flute", ["Flute 2", "Flute 1"], "Flute 1"),
        ("Flute 2", ["Flute", "Flute 1"], None),
        ("3rd Alto Sax", ["Altsaxophon 3 in Es"], "Altsaxophon 3 in Es"),
        ("Clarinet 1", ["Es-Klarinette 1"], None),
        ("Trumpet 1", ["Trumpet in C 1"], "Trumpet in C 1"),
        ("Baritone B.C.", ["Baritone T.C.", "Baritone B.C."], "Baritone B.C."),
        ("Stimme Vier", ["stimme vier"], "stimme vier"),
    ],
)
def test_which_part_a_name_means(wanted: str, names: list[str], found: str | None) -> None:
    served = serving(wanted, names)
    assert (served[0] if served else None) == found


def test_what_is_missing_is_said_with_what_could_serve() -> None:
    song = {**band("Oboe", "Clarinet 3"), "Tuba": part(line("C", "D", octave=1, length=8), name="Tuba", clef="F4"),
            "Drums": document(["<note><unpitched/><duration>4</duration></note>"], name="Drums")}  # fmt: skip
    (found,) = derive(song, [Rule("Flute 2", (Source("Flute", "lower"), Source("Drums")))])
    assert isinstance(found, Refused)
    assert found.why == (
        "Flute 2 cannot be made: there is no Flute and Drums has no pitches. Oboe or Clarinet 3 or Tuba could serve."
    )
    assert found.instead[:2] == ("Oboe", "Clarinet 3")


def test_what_is_there_is_left_alone() -> None:
    found = derive(band("Flute 1", "2nd Flute", "Clarinet 2"), BUILTIN[:1])[0]
    assert isinstance(found, Refused)
    assert found.why == "Flute 2 is there already."


def test_rules_use_what_other_rules_make() -> None:
    song = band("Flute 1", "Clarinet 2", "Clarinet 3")
    found = {result.name: result for result in derive(song, list(reversed(BUILTIN)))}
    oboe, viola = found["Oboe"], found["Viola"]
    assert isinstance(oboe, Derived)
    assert isinstance(viola, Derived)
    assert oboe.reason == "Flute 2 (itself derived)"
    assert viola.reason == "Flute 3 (itself derived), an octave lower"
    assert clef_of(viola.root.find("part")) == "clef.C3"  # type: ignore[arg-type]
    assert set(song) == {"Flute 1", "Clarinet 2", "Clarinet 3"}


def test_a_circle_is_named() -> None:
    rules = [
        Rule("Oboe", (Source("Flute 2"),)),
        Rule("Flute 2", (Source("Violin"),)),
        Rule("Violin", (Source("Oboe"),)),
    ]
    with pytest.raises(NotationError, match="Oboe needs Flute 2, Flute 2 needs Violin, Violin needs Oboe"):
        check(rules)
    assert [rule.target for rule in in_order(rules, names=["Violin"])] == ["Flute 2", "Oboe"]
    check(BUILTIN)


# --------------------------------------------------------------------------------------------------- the new document


def test_the_part_is_its_players() -> None:
    song = {"Flute": part(line("C", "D", "E", "F"), name="Flute", fifths=1)}
    root = made(Rule("Baritone T.C.", (Source("Flute"),), octaves=-1), song).root
    assert list(edit.part_names(root).values()) == ["Baritone T.C."]
    assert root.findtext("part-list/score-part/midi-instrument/midi-program") == "58"
    assert root.findtext("part/measure/attributes/key/fifths") == "3"
    assert root.findtext("part/measure/attributes/transpose/octave-change") == "-1"
    assert pitches(root) == [48, 50, 52, 53]


def test_one_reader_of_the_other_clef() -> None:
    treble = part(line("D", "E", "F", "G"), name="Baritone T.C.", fifths=2, transpose=(-1, -2, -1))
    rule = other_clef("Baritone T.C.")
    assert rule is not None
    bass = made(rule, {"Baritone T.C.": treble})
    assert bass.name == "Baritone B.C."
    assert clef_of(bass.root.find("part")) == "clef.F4"  # type: ignore[arg-type]
    assert bass.root.findtext("part/measure/attributes/key/fifths") == "0"
    back = other_clef(bass.name)
    assert back is not None
    again = made(back, {bass.name: bass.root})
    assert pitches(again.root) == pitches(bass.root) == pitches(treble)
    assert other_clef("Flute") is None
    assert {origin.how for origin in bass.origins} == {"copied"}


def test_words_dynamics_and_articulations_go_along_and_fingerings_do_not() -> None:
    words = ('<direction placement="below"><direction-type><dynamics><mf/></dynamics></direction-type></direction>'
             "<direction><direction-type><words>dolce</words></direction-type></direction>"
             "<direction><direction-type><words>div.</words></direction-type></direction>")  # fmt: skip
    marks = "<articulations><accent/></articulations><technical><fingering>2</fingering><up-bow/></technical>"
    root = part(words + note([C4, G4], 16, extra=marks), name="Violin 2")
    song = {"Violin 2": root}
    flute = made(Rule("Flute", (Source("Violin 2", "lower"),)), song).root
    assert [e.text for e in flute.iter("words")] == ["dolce"]
    assert len(list(flute.iter("mf"))) == len(list(flute.iter("accent"))) == 1
    assert not list(flute.iter("technical"))
    viola = made(Rule("Viola", (Source("Violin 2"),)), song).root
    assert [e.text for e in viola.iter("words")] == ["dolce", "div."]
    assert len(list(viola.iter("up-bow"))) == 1
    assert not list(viola.iter("fingering"))


# ------------------------------------------------------------------------------------------------------ rules as data


def test_rules_survive_being_shared() -> None:
    rules = [*BUILTIN, Rule("Horn 2", (Source("Alto Sax", "lower"),), octaves=None, semitones=-1, low=40, high=70,
                            fold=False, clef="bass")]  # fmt: skip
    assert from_json(to_json(rules)) == rules


rule_names = st.sampled_from(["Flute 2", "Oboe", "Viola", "Tuba"])


@given(
    rule_names,
    st.lists(st.builds(Source, st.sampled_from(["Clarinet 1", "x"]), st.sampled_from(["all", "upper", "lower"])),
             min_size=1, max_size=3),
    st.none() | st.integers(-4, 4), st.integers(-24, 24), st.booleans(),
)  # fmt: skip
def test_any_good_rule_survives(name: str, sources: list[Source], up: int | None, semitones: int, fold: bool) -> None:
    rule = Rule(name, tuple(sources), octaves=up, semitones=semitones, fold=fold)
    assert from_json(to_json([rule])) == [rule]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("{}", "list of objects"),
        ('[{"sources": []}]', "Rule 1 does not say which part"),
        ('[{"target": "Oboe"}]', "no list of sources"),
        ('[{"target": "Oboe", "sources": []}]', "names no source"),
        ('[{"target": "Oboe", "sources": [3]}]', "a source is the name"),
        ('[{"target": "Oboe", "sources": [{"part": "Flute", "voice": "middle"}]}]', "all, upper or lower"),
        ('[{"target": "Oboe", "sources": [{"part": "Flute", "voice": []}]}]', "all, upper or lower"),
        ('[{"target": "Oboe", "sources": [{"part": "Flute", "desk": 2}]}]', "nothing else"),
        ('[{"target": "Kazoofon", "sources": ["Flute"]}]', "no instrument with pitches"),
        ('[{"target": "Snare Drum", "sources": ["Flute"]}]', "no instrument with pitches"),
        ('[{"target": "Oboe", "sources": ["Oboe 1"]}]', "from itself"),
        ('[{"target": "Oboe", "sources": ["Flute"], "octaves": 1.5}]', "octaves is a whole number"),
        ('[{"target": "Oboe", "sources": ["Flute"], "octaves": 9}]', "4 is the most"),
        ('[{"target": "Oboe", "sources": ["Flute"], "clef": "french"}]', "no clef 'french'"),
        ('[{"target": "Oboe", "sources": ["Flute"], "low": 60, "high": 65}]', "no octave wide"),
        ('[{"target": "Oboe", "sources": ["Flute"], "interval": 2}]', "'interval', which Copyist does not know"),
        ('[{"target": "Oboe", "sources": ["Flute"]}, {"target": "Oboe 1", "sources": ["Horn"]}]', "Two rules make"),
        ('[{"target": "Oboe", "sources": ["Flute"]}, {"target": "Flute", "sources": ["Oboe"]}]', "need each other"),
    ],
)
def test_bad_rules_are_told_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(NotationError) as error:
        from_json(text)
    assert says in error.value.message
