"""Exact MusicXML becomes the tokens of its printed lines."""

from __future__ import annotations

import pytest

from media_pipeline.omr.tokens import vocabulary
from media_pipeline.training.omr import held_out
from media_pipeline.training.omr.truth import bar_tokens, group_rests, line_tokens, read_part, unsayable
from tests.omr.scores import REST, START, backup, direction, note, said, score, tokens

GRACE = '<grace slash="yes"/>'
TRIPLET = "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification>"


def test_notes_are_staff_positions_with_their_values() -> None:
    assert said(note("E4") + note("F#5", accidental="sharp") + note("", "half")) == "p0 d4 acc.s p8 d4 r2"


def test_an_accidental_that_is_not_printed_is_not_told() -> None:
    assert said(note("F#5", accidental="sharp") + note("F#5") + note("G5", "half")) == "acc.s p8 d4 p8 d4 p9 d2"


def test_chords_go_upwards() -> None:
    assert said(note("G5", "whole") + note("Bb4", "whole", chord=True, accidental="flat")) == "acc.f p4 ch p9 d1"


def test_what_hangs_on_a_note_stands_in_one_order() -> None:
    hung = '<fermata/><slur type="start" number="1"/><articulations><breath-mark/><accent/><staccato/></articulations>'
    hung += '<tied type="start"/>'
    assert said(note("E4", "half", notations=hung) + note("E4", "half")) == (
        "p0 d2 art.stacc art.acc tie sl( fermata breath p0 d2"
    )


def test_a_chord_says_its_marks_once() -> None:
    tie = '<tied type="start"/><arpeggiate/>'
    assert said(note("E4", "whole", notations=tie) + note("G4", "whole", chord=True, notations=tie)) == (
        "p0 ch p2 d1 arp tie"
    )


def test_two_voices_are_told_by_onset_the_upper_first() -> None:
    upper = note("C5", "half") + note("D5", "half")
    lower = "".join(note(p, voice=2) for p in ("E4", "F4", "G4", "F4"))
    assert said(upper + backup(48) + lower) == "p5 d2 lo p0 d4 lo p1 d4 p6 d2 lo p2 d4 lo p1 d4"


def test_a_voice_whose_rests_are_hidden_is_told_where_it_sounds() -> None:
    hidden = note("", "half", voice=2).replace("<note>", '<note print-object="no">')
    assert said(note("C5", "half") + note("D5", "half") + backup(48) + hidden + note("E4", "half", voice=2)) == (
        "p5 d2 p6 d2 lo p0 d2"
    )


def test_grace_notes_with_their_slash() -> None:
    assert said(note("D5", "eighth", grace=GRACE) + note("C5", "whole")) == "p6 gd8 slash p5 d1"


def test_tuplets_whose_number_is_printed() -> None:
    start, stop = '<tuplet type="start"/>', '<tuplet type="stop"/>'
    triplet = note("C5", "eighth", length=4, inside=TRIPLET, notations=start) + note(
        "C5", "eighth", length=4, inside=TRIPLET
    )
    triplet += note("C5", "eighth", length=4, inside=TRIPLET, notations=stop)
    assert said(triplet + note("", "half", dots=1)) == "tup3 p5 d8 p5 d8 p5 d8 tupend r2 dot"
    hidden = triplet.replace('type="start"', 'type="start" show-number="none"')
    assert said(hidden + note("", "half", dots=1)) == "p5 d8 p5 d8 p5 d8 r2 dot"


def test_two_notes_that_share_a_tremolo_sound_half_of_what_they_show() -> None:
    shared = "<time-modification><actual-notes>2</actual-notes><normal-notes>1</normal-notes></time-modification>"
    first, second = (f'<ornaments><tremolo type="{way}">2</tremolo></ornaments>' for way in ("start", "stop"))
    pair = note("C5", "whole", length=24, inside=shared, notations=first)
    pair += note("E5", "whole", length=24, inside=shared, notations=second)
    assert said(pair) == "tup2 p5 d1 trem2 p7 d1 trem2 tupend"


def test_signs_before_a_note_stand_in_one_order() -> None:
    dim, stop = direction('<wedge type="diminuendo"/>'), direction('<wedge type="stop"/>')
    loud = direction("<dynamics><f/></dynamics>")
    music = direction('<wedge type="crescendo"/>') + note("C5", "half") + dim + loud + stop + note("C5", "half") + stop
    assert said(music) == "cresc( p5 d2 hair) dyn.f dim( p5 d2 hair)"


def test_dynamics_are_read_among_words() -> None:
    said_ = direction("<dynamics><other-dynamics>più </other-dynamics><f/></dynamics>")
    assert said(said_ + note("C5", "whole")) == "dyn.f p5 d1"


def test_an_octave_sign_lowers_what_is_printed() -> None:
    up = direction('<octave-shift type="down" size="8"/>') + note("C6", "half") + note("D6", "half")
    stop = direction('<octave-shift type="stop" size="8"/>')
    down = direction('<octave-shift type="up" size="8"/>') + note("C4", "half") + stop + note("C4", "half")
    assert said(up + stop) == "8va( p5 d2 p6 d2 8va)"
    assert said(down) == "8vb( p5 d2 8vb) p-2 d2"


def test_an_octave_sign_goes_on_in_the_next_line() -> None:
    bars = read_part(
        score(direction('<octave-shift type="down" size="8"/>') + note("C6", "whole"), note("C6", "whole")), 0
    )
    assert line_tokens(bars, [range(1, 2)]) == ["clef.G2", "8va(", "p5", "d1", "bar.s"]


@pytest.mark.parametrize(
    ("clef", "place"),
    [
        ("<sign>F</sign><line>4</line>", "p10"),
        ("<sign>C</sign><line>3</line>", "p4"),
        ("<sign>C</sign><line>1</line>", "p0"),
        ("<sign>G</sign><line>2</line><clef-octave-change>-1</clef-octave-change>", "p5"),
    ],
)
def test_middle_c_in_clefs(clef: str, place: str) -> None:
    start = START.replace("<sign>G</sign><line>2</line>", clef)
    assert place in tokens(score(note("C4", "whole"), start=start))


def test_percussion_is_placed_as_in_the_treble_clef() -> None:
    start = START.replace("<sign>G</sign><line>2</line>", "<sign>percussion</sign>")
    beat = "<note><unpitched><display-step>E</display-step><display-octave>4</display-octave></unpitched>"
    beat += "<duration>48</duration><voice>1</voice><type>whole</type><notehead>x</notehead></note>"
    assert tokens(score(beat, start=start)) == ["clef.perc", "time.4/4", "p0", "hd.x", "d1", "bar.s"]


def test_a_clef_inside_a_bar_and_one_before_the_bar_line() -> None:
    bass = "<attributes><clef><sign>F</sign><line>4</line></clef></attributes>"
    assert " ".join(tokens(score(note("C4", "half") + bass + note("C4", "half"), note("C4", "whole")))) == (
        "clef.G2 time.4/4 p-2 d2 clef.F4 p10 d2 bar.s p10 d1 bar.s"
    )
    assert " ".join(tokens(score(note("C4", "whole"), bass + note("C4", "whole")))) == (
        "clef.G2 time.4/4 p-2 d1 clef.F4 bar.s p10 d1 bar.s"
    )


def test_signs_that_change_stand_after_the_bar_line_and_as_courtesy() -> None:
    change = (
        "<attributes><key><fifths>2</fifths></key><time symbol='cut'><beats>2</beats><beat-type>2</beat-type></time>"
    )
    bars = read_part(score(note("C5", "whole"), change + "</attributes>" + note("C5", "whole")), 0)
    printed = group_rests(bars)
    assert line_tokens(bars, printed)[-5:] == ["key.2", "time.cut", "p5", "d1", "bar.s"]
    assert line_tokens(bars, printed[:1], then=printed[1])[-3:] == ["bar.s", "key.2", "time.cut"]
    assert line_tokens(bars, printed[1:])[:3] == ["clef.G2", "key.2", "time.cut"]


def test_empty_bars_are_counted_as_a_part_book_does() -> None:
    mark = direction("<rehearsal>A</rehearsal>")
    root = score(note("C5", "whole"), REST, REST, REST, mark + REST, REST, note("C5", "whole"))
    assert " ".join(tokens(root)) == (
        "clef.G2 time.4/4 p5 d1 bar.s mm n3 bar.s reh mm n2 bar.s p5 d1 bar.s"
    )  # fmt: skip


def test_repeats_endings_and_jumps() -> None:
    first = '<barline location="left"><ending number="1" type="start"/></barline>' + note("C5", "whole")
    first += '<barline location="right"><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
    last = direction("<words>D.S. al Fine</words>", sound='<sound dalsegno="s"/>')
    last += '<barline location="right"><bar-style>light-heavy</bar-style></barline>'
    begin = '<barline location="left"><repeat direction="forward"/></barline>' + direction("<segno/>")
    line = " ".join(tokens(score(begin + note("C5", "whole"), first, note("C5", "whole") + last)))
    assert line == "clef.G2 time.4/4 rep.s segno p5 d1 bar.s volta1 p5 d1 bar.rep p5 d1 ds bar.f"


def test_a_staff_of_several() -> None:
    start = START.replace("<clef>", '<staves>2</staves><clef number="1">').replace(
        "</attributes>", '<clef number="2"><sign>F</sign><line>4</line></clef></attributes>'
    )
    music = note("C5", "whole", staff=1) + backup(48) + direction("<dynamics><p/></dynamics>", staff=2)
    root = score(music + note("C3", "whole", voice=5, staff=2), start=start)
    assert tokens(root) == ["clef.G2", "time.4/4", "p5", "d1", "bar.s"]
    assert tokens(root, staff=2) == ["clef.F4", "time.4/4", "dyn.p", "p3", "d1", "bar.s"]


@pytest.mark.parametrize(
    ("music", "why"),
    [
        (note("C5", "whole", inside="<notehead>diamond</notehead>"), "note head diamond"),
        (note("C5", "whole").replace("<note>", "<note><cue/>"), "cue notes"),
        ("".join(note("C5", "whole", voice=v) + backup(48) for v in (1, 2, 3)), "three voices on a staff"),
        (note("C5", "whole", accidental="quarter-flat"), "accidental quarter-flat"),
        (note("C5", "half", staff=1) + note("C4", "half", staff=2), "a voice on two staves"),
    ],
)
def test_what_cannot_be_told_is_said(music: str, why: str) -> None:
    bars = read_part(score(music, note("C5", "whole")), 0)
    assert unsayable(bars, [range(0, 1)]) == why
    assert not unsayable(bars, [range(1, 2)])


def test_all_tokens_are_in_the_vocabulary() -> None:
    bars = read_part(score(direction("<dynamics><fp/></dynamics>") + note("C5", "whole"), REST, REST), 0)
    assert {token for group in group_rests(bars) for token in bar_tokens(bars, group)} <= set(vocabulary())


def test_works_are_held_out_by_their_id_alone() -> None:
    ids = [f"sq{i}" for i in range(2000)]
    assert 0.09 < sum(held_out(i) for i in ids) / len(ids) < 0.16
    assert [held_out(i) for i in ids[:40]] == [held_out(i) for i in ids[:40]]
