from __future__ import annotations

from collections import Counter
from fractions import Fraction as F
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from notation.musicxml.write import write
from notation.score.fingering import finger
from notation.score.keys import key_of
from notation.score.model import Key, Measure, Part, Placed, Score, Time
from notation.score.notate import measures
from notation.score.spell import spell
from notation.score.tunings import fretboard
from notation.score.values import quarters_of
from tests.score.tunes import AMAZING_GRACE, GREENSLEEVES, ODE, place

COMMON = Time(4, 4)


def notate(tune: str, *, time: Time = COMMON, key: Key | None = None, **how: object) -> tuple[Measure, ...]:
    notes = place(tune, bar=time.quarters, **how)  # type: ignore[arg-type]
    bars = notes[-1].bar + 1
    keys = [key or Key(0)] * bars
    return measures(notes, quarters=[time.quarters] * bars, time=time, keys=keys)


def text(bar: Measure, voice: int = 0) -> str:
    """A bar as letters: q quarter, e eighth, dots, r rest, ~ tied on, (3 ... ) tuplets."""
    letters = {"whole": "w", "half": "h", "quarter": "q", "eighth": "e", "16th": "s", "32nd": "t"}
    out = []
    for e in bar.voices[voice].events:
        word = "m" if e.value is None else letters[e.value.kind] + "." * e.value.dots
        word += "" if e.heads else "r"
        word += "~" if any(h.tie_start for h in e.heads) else ""
        if e.tuplet == "start" and e.value:
            word = f"({e.value.actual} {word}"
        out.append(word + (")" if e.tuplet == "stop" else ""))
    return " ".join(out)


@pytest.mark.parametrize(
    ("tune", "expected"),
    [
        ("C4:4", "w"),
        ("C4:3/2 D4:1/2 E4:2", "q. e h"),
        ("C4:1 D4:2 E4:1", "q q~ q q"),
        ("C4:1/2 D4:1 E4:1/2 F4:2", "e q e h"),
        ("C4:1/2 D4:3/2 E4:3/2 F4:1/2", "e q. q. e"),
        ("C4:3/4 D4:1/4 E4:1/4 F4:3/4 G4:2", "e. s s e. h"),
        ("C4:1/4 D4:1/2 E4:1/4 F4:3", "s e s q~ h"),
        ("C4:5/2 D4:3/2", "h~ e q."),
        ("C4:1/3 D4:1/3 E4:1/3 F4:1 G4:2", "(3 e e e) q h"),
        ("C4:2/3 D4:1/3 E4:1/3 F4:2/3 G4:2", "(3 q e) (3 e q) h"),
        ("C4:1/6 D4:1/6 E4:1/6 F4:1/6 G4:1/6 A4:1/6 G4:1 C4:2", "(6 s s s s s s) q h"),
        ("C4:4/3 D4:2/3 E4:2", "q~ (3 e q) h"),
        ("C4:1 r:1 r:2", "q qr hr"),
        ("C4:1/2 r:7/2", "e er qr hr"),
        ("C4:1/3 r:1/3 E4:1/3 F4:1 G4:2", "(3 e er e) q h"),
    ],
)
def test_rhythms_as_they_are_printed(tune: str, expected: str) -> None:
    assert text(notate(tune)[0]) == expected


def test_a_note_over_the_bar_line_is_tied() -> None:
    first, second = notate("C4:3 D4:2 E4:3")
    assert text(first) == "h. q~"
    assert text(second) == "q q~ h"
    assert second.voices[0].events[0].heads[0].tie_stop


def test_six_eight_shows_its_two_beats() -> None:
    assert text(notate("C4:1 D4:1 E4:1", time=Time(6, 8))[0]) == "q e~ e q"


def test_an_empty_bar_is_one_rest() -> None:
    bar = notate("C4:4 r:4 D4:4")[1]
    assert text(bar) == "mr"


def test_a_pick_up_is_counted_from_its_end() -> None:
    notes = place("D4:1/2 E4:1/2 C4:4", bar=4, first=3)
    bars = measures(notes, quarters=[F(1), F(4)], time=COMMON, keys=[Key(0)] * 2, pickup=True)
    assert bars[0].pickup
    assert bars[0].number == "0"
    assert text(bars[0]) == "e e"
    assert bars[0].voices[0].events[0].beams == ("begin",)


def beams(tune: str, time: Time = COMMON) -> list[tuple[str, ...]]:
    return [e.beams for e in notate(tune, time=time)[0].voices[0].events]


def test_eighths_are_beamed_by_half_bars_and_shorter_ones_by_beats() -> None:
    assert [b[0] for b in beams("C4:1/2 D4:1/2 E4:1/2 F4:1/2 G4:1/2 F4:1/2 E4:1/2 D4:1/2")] == [
        *("begin", "continue", "continue", "end"),
        *("begin", "continue", "continue", "end"),
    ]
    assert beams("C4:1/2 D4:1/4 E4:1/4 F4:1/2 G4:1/2 C4:2") == [
        ("begin",), ("continue", "begin"), ("end", "end"), ("begin",), ("end",), (),
    ]  # fmt: skip


def test_a_dotted_figure_has_its_hook() -> None:
    assert beams("C4:3/4 D4:1/4 E4:1/4 D4:3/4 C4:2")[:4] == [
        ("begin",), ("end", "backward hook"), ("begin", "forward hook"), ("end",),
    ]  # fmt: skip


def test_six_eight_is_beamed_in_threes() -> None:
    assert [b[0] for b in beams("C4:1/2 D4:1/2 E4:1/2 F4:1/2 G4:1/2 A4:1/2", Time(6, 8))] == [
        "begin", "continue", "end", "begin", "continue", "end",
    ]  # fmt: skip


def test_accidentals_hold_for_the_bar_and_no_longer() -> None:
    tune = "F#4:1 F#4:1 F4:1 F4:1 F4:1 F#4:1 F#5:1 F4:1"
    shown = [e.heads[0].accidental for bar in notate(tune) for e in bar.voices[0].events]
    assert shown == ["sharp", "", "natural", "", "", "sharp", "sharp", "natural"]


def test_the_key_spares_accidentals_and_ties_too() -> None:
    bars = notate("F#4:1 G4:2 C#5:1 C5:2 A#4:2 A#4:4", key=Key(2))
    shown = [e.heads[0].accidental for bar in bars for e in bar.voices[0].events]
    assert shown == ["", "", "", "", "natural", "sharp", "sharp"]
    tied = notate("C4:3 F#4:2 F#4:1 C4:2")
    assert [e.heads[0].accidental for e in tied[1].voices[0].events][:2] == ["", "sharp"]


def test_two_voices_have_stems_apart_and_no_rests_below() -> None:
    upper, lower = place("E4:1 F4:1 G4:1 A4:1"), place("r:1 C3:2", voice=2)
    bar = measures([*upper, *lower], quarters=[F(4)], time=COMMON, keys=[Key(0)])[0]
    assert [v.stem for v in bar.voices] == ["up", "down"]
    assert [e.hidden for e in bar.voices[1].events] == [True, False, False, True]


# ------------------------------------------------------------------------------------------------ properties

LENGTHS = [F(1, 4), F(1, 2), F(3, 4), F(1), F(3, 2), F(2), F(5, 2), F(3)]


@st.composite
def music(draw: st.DrawFn) -> tuple[list[Placed], Time, int, bool]:
    """Any notes on the grid, in one or two voices, beats in quarters or triplets."""
    time = draw(st.sampled_from([COMMON, Time(3, 4), Time(2, 4), Time(6, 8), Time(12, 8), Time(5, 4)]))
    bars = draw(st.integers(1, 4))
    pickup = draw(st.booleans())
    notes: list[Placed] = []
    for voice in range(1, draw(st.integers(1, 2)) + 1):
        for bar in range(bars):
            length = time.beat if pickup and bar == 0 else time.quarters
            at = F(0)
            while at < length:
                division = draw(st.sampled_from([1, 2, 3, 4, 6] if not time.compound else [1, 3, 6]))
                for k in range(division):
                    if draw(st.booleans()):
                        pitches = draw(st.lists(st.integers(40, 80), min_size=1, max_size=3, unique=True))
                        last = draw(st.sampled_from([*LENGTHS, time.beat / division]))
                        notes += [Placed(bar, at + time.beat * k / division, last, p, voice=voice) for p in pitches]
                at += time.beat
    # lengths that no grid knows are cut to the next onset or to beats, as the rhythm stage does
    starts = list(accumulate([time.beat if pickup and b == 0 else time.quarters for b in range(bars)], initial=F(0)))
    fixed = []
    for n in notes:
        at = starts[n.bar] + n.onset
        later = sorted({starts[m.bar] + m.onset for m in notes if m.voice == n.voice and starts[m.bar] + m.onset > at})
        stop = at + n.duration
        if (at % time.beat + n.duration) % time.beat:
            stop = -(-(stop - starts[1 if pickup else 0]) // time.beat) * time.beat + starts[1 if pickup else 0]
        stop = min([stop, *later[:1], starts[-1]])
        fixed.append(Placed(n.bar, n.onset, stop - at, n.pitch, voice=n.voice))
    return fixed, time, bars, pickup


@settings(max_examples=120, deadline=None)
@given(music(), st.integers(0, 23))
def test_bars_add_up_ties_match_and_values_are_legal(
    given_music: tuple[list[Placed], Time, int, bool], key: int
) -> None:
    notes, time, bars, pickup = given_music
    quarters = [time.beat if pickup and b == 0 else time.quarters for b in range(bars)]
    keys = [key_of(key)] * bars
    written = measures(spell(notes, keys), quarters=quarters, time=time, keys=keys, pickup=pickup)
    sounding: Counter[tuple[int, int]] = Counter()
    open_ties: dict[int, set[int]] = {}
    for b, bar in enumerate(written):
        for voice in bar.voices:
            assert sum((e.duration for e in voice.events), F(0)) == quarters[b]
            assert [e.onset for e in voice.events] == list(
                accumulate((e.duration for e in voice.events[:-1]), initial=F(0))
            )
            for e in voice.events:
                if e.value is not None:
                    assert quarters_of(e.value) == e.duration
                else:
                    assert e.hidden or e.duration == quarters[b]
                for h in e.heads:
                    assert h.tie_stop == (h.spelling.midi in open_ties.get(voice.number, set())) or h.tie_stop
                    if not h.tie_stop:
                        sounding[b, h.spelling.midi] += 1
            starts = sum(e.tuplet == "start" for e in voice.events)
            assert starts == sum(e.tuplet == "stop" for e in voice.events)
    wanted = {(n.bar, n.onset, n.voice, n.pitch) for n in notes}
    assert sounding == Counter((bar, pitch) for bar, _, _, pitch in wanted)


@settings(max_examples=60, deadline=None)
@given(music(), st.sampled_from(["standard", "dadgad", "ukulele"]), st.integers(0, 5))
def test_documents_hold_together(given_music: tuple[list[Placed], Time, int, bool], tuning: str, capo: int) -> None:
    notes, time, bars, pickup = given_music
    quarters = [time.beat if pickup and b == 0 else time.quarters for b in range(bars)]
    keys = [Key(0)] * bars
    board = fretboard(tuning, capo=capo)
    tabbed = finger(spell(notes, keys), board=board, starts=list(accumulate(quarters, initial=F(0))))
    written = measures(tabbed.notes, quarters=quarters, time=time, keys=keys, pickup=pickup, bpm=90)
    root = etree.fromstring(write(Score("A & B <tune>", (Part("Guitar", written, fretboard=board),), swing=True)))
    assert root.findtext("work/work-title") == "A & B <tune>"
    divisions = int(root.findtext(".//divisions") or 0)
    for bar, length in zip(root.iterfind("part/measure"), quarters, strict=True):
        _check_bar(bar, whole=int(length * divisions))
    for note in root.iter("note"):
        technical = note.find("notations/technical")
        assert (technical is not None) == (note.findtext("staff") == "2" and note.find("pitch") is not None)
        if technical is not None:
            pitch = board.pitch(
                string=int(technical.findtext("string") or 0), fret=int(technical.findtext("fret") or 0)
            )
            assert pitch == _midi(note)
    _check_ties(root)


def _midi(note: etree._Element) -> int:
    step = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[note.findtext("pitch/step") or "C"]
    return 12 * (int(note.findtext("pitch/octave") or 0) + 1) + step + int(note.findtext("pitch/alter") or 0)


def _check_bar(bar: etree._Element, *, whole: int) -> None:
    """Voices fill the bar exactly; backups go back to its beginning; chords share their first note's length."""
    at = 0
    filled: Counter[str] = Counter()
    last = 0
    for child in bar:
        if child.tag in ("note", "forward"):
            duration = int(child.findtext("duration") or 0)
            if child.find("chord") is not None:
                assert duration == last
                continue
            at += duration
            filled[child.findtext("voice") or ""] += duration
            last = duration
        elif child.tag == "backup":
            assert int(child.findtext("duration") or 0) == at == whole
            at = 0
    assert at == whole
    assert set(filled.values()) == {whole}


def _check_ties(root: etree._Element) -> None:
    """Every tie that starts is stopped by the same pitch on the same staff, and the other way round."""
    open_ties: Counter[tuple[str, int]] = Counter()
    for bar in root.iterfind("part/measure"):
        for staff in ("1", "2"):
            for note in bar.iterfind("note"):
                if note.findtext("staff") != staff or note.find("pitch") is None:
                    continue
                for tie in sorted(note.findall("tie"), key=lambda t: t.get("type") != "stop"):
                    open_ties[staff, _midi(note)] += 1 if tie.get("type") == "start" else -1
    assert set(open_ties.values()) <= {0}


def test_the_order_of_elements_is_musicxmls() -> None:
    order = [
        *("grace", "chord", "pitch", "unpitched", "rest", "duration", "tie", "instrument", "voice", "type", "dot"),
        *("accidental", "time-modification", "stem", "notehead", "staff", "beam", "notations"),
    ]
    bars = notate("C#4+E4:1/3 D4:1/3 E4:1/3 F4:3/4 G4:1/4 A4:2")
    root = etree.fromstring(write(Score("", (Part("Guitar", bars, fretboard=fretboard()),))))
    for note in root.iter("note"):
        places = [order.index(str(child.tag)) for child in note]
        assert places == sorted(places)


def test_tuning_capo_clefs_tempo_and_swing_are_written() -> None:
    notes = place(ODE)
    board = fretboard("dadgad", capo=3)
    tabbed = finger(spell(notes, [Key(0)] * 8), board=board, starts=[F(4 * k) for k in range(9)])
    bars = measures(tabbed.notes, quarters=[F(4)] * 8, time=COMMON, keys=[Key(0)] * 8, bpm=96)
    root = etree.fromstring(write(Score("Ode", (Part("Guitar", bars, fretboard=board),), composer="B.", swing=True)))
    attributes = root.find("part/measure/attributes")
    assert attributes is not None
    assert [c.findtext("sign") for c in attributes.iterfind("clef")] == ["G", "TAB"]
    tuning = "".join(t.findtext("tuning-step") or "" for t in attributes.iterfind("staff-details/staff-tuning"))
    assert tuning == "DADGAD"
    assert attributes.findtext("staff-details/capo") == "3"
    assert root.findtext(".//metronome/per-minute") == "96"
    sound = root.find(".//direction/sound")
    assert sound is not None
    assert sound.get("tempo") == "96"
    assert root.findtext("part/measure/sound/swing/first") == "2"
    assert root.findtext("identification/creator") == "B."


def test_a_compound_tempo_counts_dotted_quarters() -> None:
    bars = measures(place("C4:3", bar=3), quarters=[F(3)], time=Time(6, 8), keys=[Key(0)], bpm=60)
    root = etree.fromstring(write(Score("", (Part("Flute", bars, clef="G"),))))
    assert root.find(".//metronome/beat-unit-dot") is not None
    sound = root.find(".//direction/sound")
    assert sound is not None
    assert sound.get("tempo") == "90"


@pytest.mark.parametrize(
    ("tune", "time", "first"), [(ODE, COMMON, 0), (GREENSLEEVES, Time(6, 8), F(3, 2)), (AMAZING_GRACE, Time(3, 4), 2)]
)
def test_verovio_draws_every_note(tune: str, time: Time, first: F) -> None:
    import verovio

    notes = place(tune, bar=time.quarters, first=first)
    count = notes[-1].bar + 1
    quarters = [time.quarters - first if k == 0 else time.quarters for k in range(count)]
    keys = [Key(0)] * count
    board = fretboard()
    tabbed = finger(spell(notes, keys), board=board, starts=list(accumulate(quarters, initial=F(0))))
    bars = measures(tabbed.notes, quarters=quarters, time=time, keys=keys, pickup=first > 0)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(write(Score("Tune", (Part("Guitar", bars, fretboard=board),))).decode())
    svg = "".join(toolkit.renderToSVG(p + 1) for p in range(toolkit.getPageCount()))
    heads = sum(len(e.heads) for bar in bars for voice in bar.voices for e in voice.events)
    assert svg.count('class="note"') == 2 * heads


def test_lines_follow_each_other() -> None:
    for a, b in pairwise(notate(ODE)):
        assert int(b.number) == int(a.number) + 1


def test_chord_names_are_written_over_their_place() -> None:
    from dataclasses import replace

    bar = replace(notate("C4:2 D4:2")[0], chord_names=((F(0), "F#m7"), (F(2), "Bb/D")))
    root = etree.fromstring(write(Score("", (Part("Guitar", (bar,), fretboard=fretboard()),))))
    harmonies = root.findall(".//harmony")
    assert len(harmonies) == 2
    assert [h.findtext("root/root-step") for h in harmonies] == ["F", "B"]
    assert [h.findtext("root/root-alter") for h in harmonies] == ["1", "-1"]
    assert [h.findtext("kind") for h in harmonies] == ["minor-seventh", "major"]
    assert harmonies[1].findtext("bass/bass-step") == "D"


def test_long_work_can_be_interrupted() -> None:
    class Enough(Exception):
        pass

    def enough() -> None:
        raise Enough

    notes = place(ODE)
    with pytest.raises(Enough):
        measures(notes, quarters=[F(4)] * 8, time=COMMON, keys=[Key(0)] * 8, tick=enough)
    with pytest.raises(Enough):
        finger(notes, board=fretboard(), starts=[F(4 * k) for k in range(9)], tick=enough)
    with pytest.raises(Enough):
        write(Score("", (Part("Flute", notate(ODE)),)), tick=enough)
