"""The second reader on lattices whose content is known: what it mends, what it leaves, and what can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from media_pipeline.omr.model import DOUBTFUL, BarRead, Reading
from media_pipeline.omr.repairs import undo
from media_pipeline.omr.theory import Layout, Where, second_reading
from media_pipeline.omr.theory.durations import sums
from media_pipeline.omr.theory.marks import Figure
from tests.omr.lattices import Choice, lattice

HEAD = ["clef.G2", "key.2", "time.4/4"]
WHOLE_BAR = ["p4", "d4", "p5", "d4", "p6", "d4", "p7", "d4", "bar.s"]


def read(*lines: Sequence[Choice], numbers: dict[int, int] | None = None) -> Reading:
    where = [Where(0, index, index) for index in range(len(lines))]
    return second_reading([lattice(line, sure=0.995) for line in lines], Layout(where, numbers or {}))


def said(bar: BarRead) -> str:
    return " ".join(seen.token for seen in bar.tokens)


def bars(reading: Reading, line: int = 0) -> list[str]:
    return [said(bar) for bar in reading.lines[line].bars]


def test_a_clear_line_is_read_as_it_is() -> None:
    reading = read([*HEAD, *WHOLE_BAR * 3])
    line = reading.lines[0]
    assert (line.clef, line.key, line.time) == ("clef.G2", "key.2", "time.4/4")
    assert bars(reading) == [" ".join(WHOLE_BAR)] * 3
    assert reading.repairs == []
    assert all(bar.doubt < DOUBTFUL for bar in line.bars)


def test_a_bar_that_is_too_long_is_read_again_so_that_it_fits() -> None:
    long: list[Choice] = ["p4", "d4", "p5", {"d2": 0.6, "d4": 0.4}, *WHOLE_BAR[4:]]
    reading = read([*HEAD, *WHOLE_BAR * 3, *long, *WHOLE_BAR])
    assert bars(reading) == [" ".join(WHOLE_BAR)] * 5
    repair = reading.repairs[0]
    assert (repair.kind, repair.line, repair.bar) == ("rhythm", 0, 3)
    assert repair.before[3] == "d2"
    assert "a quarter too long" in repair.reason


def test_a_repair_can_be_undone() -> None:
    wrong: list[Choice] = ["p4", "d4", "p5", {"d2": 0.6, "d4": 0.4}, "p6", "d4", "p7", "d4", "bar.s"]
    reading = read([*HEAD, *WHOLE_BAR * 3, *wrong])
    before = undo(reading, reading.repairs[0])
    assert bars(before)[3] == "p4 d4 p5 d2 p6 d4 p7 d4 bar.s"
    assert before.repairs == []
    assert bars(reading)[3] != bars(before)[3], "undo gives a reading of its own"
    with pytest.raises(ValueError, match="no such repair"):
        undo(before, reading.repairs[0])


def test_a_missed_bar_line_is_found_and_undoing_it_makes_one_bar_again() -> None:
    missed: list[Choice] = [*WHOLE_BAR[:-1], {"": 0.7, "bar.s": 0.3}, *WHOLE_BAR]
    reading = read([*HEAD, *WHOLE_BAR * 3, *missed, *WHOLE_BAR])
    assert bars(reading) == [" ".join(WHOLE_BAR)] * 6
    before = undo(reading, reading.repairs[0])
    assert len(before.lines[0].bars) == 5
    assert bars(before)[4] == " ".join(WHOLE_BAR)


def test_a_bar_nobody_can_mend_stays_as_seen_and_is_doubtful() -> None:
    reading = read([*HEAD, *WHOLE_BAR * 3, *["p4", "d4", "p5", "d4", "bar.s"], *WHOLE_BAR * 2])
    assert bars(reading)[3] == "p4 d4 p5 d4 bar.s"
    bar = reading.lines[0].bars[3]
    assert bar.doubt >= DOUBTFUL
    assert "too short" in bar.reasons[0]


def test_triplets_without_a_number_are_seen_by_what_the_bar_can_hold() -> None:
    figure = "p4 d8 p5 d8 p6 d8"
    reading = read([*HEAD, *WHOLE_BAR * 3, *f"{figure} {figure} p4 d2 bar.s".split(), *WHOLE_BAR])
    assert bars(reading)[3] == f"tup3 {figure} tupend tup3 {figure} tupend p4 d2 bar.s"
    assert reading.repairs[0].kind == "tuplet"


def test_a_tuplet_that_lost_its_end_gets_it_back() -> None:
    reading = read(
        [
            *HEAD,
            *WHOLE_BAR * 3,
            *["tup3", "p4", "d8", "p5", "d8", "p6", "d8", "p4", "d4", "p4", "d2", "bar.s"],
            *WHOLE_BAR,
        ]
    )
    assert bars(reading)[3] == "tup3 p4 d8 p5 d8 p6 d8 tupend p4 d4 p4 d2 bar.s"


def test_pick_up_and_its_complement_are_right() -> None:
    last = ["p4", "d4", "p4", "d4", "p4", "d4", "bar.f"]
    reading = read([*HEAD, *["p4", "d4", "bar.s"], *WHOLE_BAR * 4, *last])
    assert reading.repairs == []
    assert not any(bar.reasons for bar in reading.lines[0].bars[:1] + reading.lines[0].bars[-1:])


def test_a_bar_parted_by_a_repeat_is_right() -> None:
    parted = ["p4", "d4", "p4", "d4", "p4", "d4", "bar.rep", "p4", "d4", "bar.s"]
    reading = read([*HEAD, *WHOLE_BAR * 3, *parted, *WHOLE_BAR * 3])
    assert [repair for repair in reading.repairs if repair.kind != "key"] == []


def test_the_clef_of_one_line_gives_way_to_those_around_it() -> None:
    odd: list[Choice] = [{"clef.F4": 0.55, "clef.G2": 0.4}, "key.2", *WHOLE_BAR * 2]
    reading = read([*HEAD, *WHOLE_BAR], ["clef.G2", "key.2", *WHOLE_BAR], odd, ["clef.G2", "key.2", *WHOLE_BAR])
    assert [line.clef for line in reading.lines] == ["clef.G2"] * 4
    repair = next(repair for repair in reading.repairs if repair.kind == "clef")
    assert repair.line == 2
    assert undo(reading, repair).lines[2].clef == "clef.F4"


def test_a_key_that_changes_at_a_double_bar_changes_there() -> None:
    first = [*HEAD, *WHOLE_BAR[:-1], "bar.d", *WHOLE_BAR]
    reading = read(first, ["clef.G2", "key.-1", *WHOLE_BAR], ["clef.G2", "key.-1", *WHOLE_BAR])
    assert [line.key for line in reading.lines] == ["key.2", "key.-1", "key.-1"]
    assert bars(reading)[1].startswith("key.-1 ")


def test_a_courtesy_key_stays_at_the_end_of_its_line() -> None:
    reading = read([*HEAD, *WHOLE_BAR, "key.-1"], ["clef.G2", "key.-1", *WHOLE_BAR])
    assert bars(reading) == [" ".join(WHOLE_BAR), "key.-1"]
    assert reading.lines[1].key == "key.-1"


def test_a_misread_metre_gives_way_to_its_bars() -> None:
    three = ["p4", "d4", "p5", "d4", "p6", "d4", "bar.s"]
    reading = read(["clef.G2", {"time.4/4": 0.6, "time.3/4": 0.4}, *three * 8])
    assert reading.lines[0].time == "time.3/4"
    assert reading.repairs[0].kind == "metre"
    assert undo(reading, reading.repairs[0]).lines[0].time == "time.4/4"


def test_triplets_whose_number_is_printed_once_make_no_metre_of_their_own() -> None:
    three = ["p4", "d8", "p5", "d8", "p6", "d8"]
    bar = ["p4", "d4", *three, "bar.s"]  # in 2/4: a quarter and three in the time of two
    first = ["p4", "d4", "tup3", *three, "tupend", "bar.s"]
    reading = read(["clef.F4", "time.2/4", *first, *bar * 14])
    assert {sums([seen.token for seen in one.tokens]).quarters for one in reading.lines[0].bars} == {Fraction(2)}
    assert "time" not in " ".join(bars(reading))


def test_a_change_of_metre_is_followed() -> None:
    three = ["p4", "d4", "p5", "d4", "p6", "d4", "bar.s"]
    reading = read([*HEAD, *WHOLE_BAR * 3, "time.3/4", *three * 3])
    assert reading.repairs == []
    assert bars(reading)[3].startswith("time.3/4 ")


def test_a_tie_between_different_pitches_is_a_slur() -> None:
    tied: list[Choice] = ["p4", "d2", {"tie": 0.6, "sl(": 0.35}, "p5", "d2", "bar.s"]
    reading = read([*HEAD, *WHOLE_BAR * 2, *tied])
    assert bars(reading)[2] == "p4 d2 sl( p5 d2 sl) bar.s"


def test_a_tie_half_seen_between_equal_pitches_is_one() -> None:
    tied: list[Choice] = ["p4", "d2", {"": 0.7, "tie": 0.3}, "p4", "d2", "bar.s"]
    reading = read([*HEAD, *WHOLE_BAR * 2, *tied])
    assert bars(reading)[2] == "p4 d2 tie p4 d2 bar.s"


def test_a_second_ending_needs_a_repeat_before_it() -> None:
    ends: list[Choice] = [*WHOLE_BAR[:-1], {"bar.s": 0.6, "bar.rep": 0.4}, "volta2", *WHOLE_BAR]
    reading = read([*HEAD, *WHOLE_BAR, "volta1", *ends])
    assert bars(reading)[1].endswith("bar.rep")
    assert reading.repairs[0].kind == "repeat"


def test_dal_segno_without_a_segno_is_a_reason_for_doubt() -> None:
    reading = read([*HEAD, *WHOLE_BAR, *WHOLE_BAR[:-1], "ds", "bar.f"])
    assert any("D.S." in reason for reason in reading.lines[0].bars[1].reasons)


def test_a_rest_counts_what_the_printed_numbers_leave() -> None:
    first: list[Choice] = [*HEAD, *WHOLE_BAR, "mm", {"n3": 0.6, "n8": 0.4}, "bar.s", *WHOLE_BAR]
    second = ["clef.G2", "key.2", *WHOLE_BAR]
    assert bars(read(first, second))[1] == "mm n3 bar.s"
    counted = read(first, second, second, numbers={0: 1, 1: 11, 2: 12})
    assert bars(counted)[1] == "mm n8 bar.s"
    assert counted.repairs[0].kind == "rest count"


def test_numbers_that_others_vouch_for_overrule_a_figure_that_was_seen_surely() -> None:
    def rest(*figures: str) -> list[Choice]:
        return [*HEAD, *WHOLE_BAR, "mm", *figures, "bar.s", *WHOLE_BAR]

    other = ["clef.G2", "key.2", *WHOLE_BAR]
    counted = read(other, rest("n4", "n4"), other, other, numbers={0: 1, 1: 2, 2: 12, 3: 13})
    assert bars(counted, 1)[1] == "mm n8 bar.s"  # a wide 8
    near = read(other, rest("n9"), other, other, numbers={0: 1, 1: 2, 2: 12, 3: 13})
    assert bars(near, 1)[1] == "mm n9 bar.s"  # a bar line too few in the line may be to blame
    alone = read(other, rest("n4", "n4"), other, other, numbers={0: 1, 1: 2, 2: 12, 3: 17})
    assert bars(alone, 1)[1] == "mm n4 n4 bar.s"


def test_a_misread_bar_number_changes_no_rest() -> None:
    first: list[Choice] = [*HEAD, *WHOLE_BAR, "mm", "n4", "bar.s", *WHOLE_BAR]
    second = ["clef.G2", "key.2", *WHOLE_BAR]
    counted = read(first, second, second, numbers={0: 6, 1: 69, 2: 13})  # 12, misread
    assert bars(counted)[1] == "mm n4 bar.s"
    assert not [repair for repair in counted.repairs if repair.kind == "rest count"]
    assert any("69" in reason for reason in counted.lines[0].bars[1].reasons)


def test_rests_without_a_bar_line_between_them_are_parted() -> None:
    line: list[Choice] = [
        *HEAD,
        *WHOLE_BAR,
        "reh",
        "mm",
        "n1",
        "n2",
        "mm",
        "n4",
        "reh",
        "mm",
        "n4",
        "bar.s",
        *WHOLE_BAR,
    ]
    reading = read(line)
    assert bars(reading)[1:4] == ["reh mm n1 n2 bar.s", "mm n4 bar.s", "reh mm n4 bar.s"]
    assert len(undo(reading, reading.repairs[0]).lines[0].bars) == 3
    twice: list[Choice] = [*HEAD, *WHOLE_BAR, *["mm", "n2", "mm", "bar.s"], *WHOLE_BAR]
    assert bars(read(twice))[1] == "mm n2 bar.s"


def test_a_signature_stands_after_a_bar_line() -> None:
    line: list[Choice] = [*HEAD, *WHOLE_BAR * 3, *WHOLE_BAR[:-1], {"key.-1": 0.999}, *WHOLE_BAR]
    following: list[Choice] = ["clef.G2", {"key.-1": 0.999}, *WHOLE_BAR * 2]
    reading = read(line, following, following)
    assert bars(reading)[3:] == [" ".join([*WHOLE_BAR[:-1], "bar.d"]), " ".join(["key.-1", *WHOLE_BAR])]


def test_figures_read_as_words_settle_a_count() -> None:
    for seen, figure, told in (
        (["n3", "n3"], 3, "mm n3 bar.s"),  # one figure seen twice
        ([], 16, "mm n1 n6 bar.s"),
        ([{"n1": 0.999}, {"n0": 0.7, "n6": 0.3}], 16, "mm n1 n6 bar.s"),
        ([{"n1": 0.999}], 16, "mm n1 n6 bar.s"),  # a figure was lost
        ([{"n4": 0.999}], 9, "mm n4 bar.s"),
    ):
        line: list[Choice] = [*HEAD, *WHOLE_BAR, "mm", *seen, "bar.s", *WHOLE_BAR]
        frame = 2 * (len(HEAD) + len(WHOLE_BAR)) + 1
        layout = Layout([Where(0, 0, 0)], figures={0: [Figure(frame + 0.5, figure), Figure(1, 77)]})
        rest = second_reading([lattice(line)], layout).lines[0].bars[1]
        assert said(rest) == told
        if figure == 9:
            assert rest.reasons == ("the bars of rest may be 9",)


def test_an_octave_sign_that_nothing_ends_is_left_out() -> None:
    opened: list[Choice] = [*HEAD, "8va(", *WHOLE_BAR, *WHOLE_BAR]
    closed: list[Choice] = [*HEAD, "8va(", *WHOLE_BAR[:-1], "8va)", "bar.s"]
    goes_on: list[Choice] = ["clef.G2", "key.2", "8va(", *WHOLE_BAR[:-1], "8va)", "bar.s"]
    assert bars(read(closed))[0].startswith("8va(")
    alone = read(opened, [*HEAD[:2], *WHOLE_BAR])
    assert bars(alone)[0] == " ".join(WHOLE_BAR)
    assert alone.repairs[0].kind == "ottava"
    assert alone.lines[0].bars[0].doubt >= DOUBTFUL
    assert bars(read(opened, goes_on))[0].startswith("8va(")


def test_an_instrument_is_written_in_its_clefs() -> None:
    doubtful: list[Choice] = [{"clef.F4": 0.8, "clef.G2": 0.18}, *WHOLE_BAR]
    where = [Where(0, index, index) for index in range(3)]
    for usual, clef in (((), "clef.F4"), (("clef.G2",), "clef.G2"), (("clef.F4", "clef.C4"), "clef.F4")):
        lines = second_reading([lattice(doubtful)] * 3, Layout(where, clefs=usual)).lines
        assert [line.clef for line in lines] == [clef] * 3
    sure: list[Choice] = [{"clef.F4": 0.9999}, *WHOLE_BAR]
    assert second_reading([lattice(sure)], Layout(where[:1], clefs=("clef.G2",))).lines[0].clef == "clef.F4"


def test_figures_plainly_seen_are_doubted_and_not_overruled() -> None:
    first: list[Choice] = [*HEAD, *WHOLE_BAR, "mm", {"n4": 0.999}, "bar.s", *WHOLE_BAR]
    second = ["clef.G2", "key.2", *WHOLE_BAR]
    counted = read(first, second, second, numbers={0: 1, 1: 8, 2: 9})  # a bar line was lost, not a bar of rest
    assert bars(counted)[1] == "mm n4 bar.s"
    assert any("5 bars of rest" in reason for reason in counted.lines[0].bars[1].reasons)


def test_a_section_of_one_line_keeps_its_own_key() -> None:
    flat: list[Choice] = ["clef.G2", "key.-1", *WHOLE_BAR]
    plain: list[Choice] = ["clef.G2", {"key.-1": 0.02, "": 0.98}, *WHOLE_BAR]
    ended: list[Choice] = ["clef.G2", {"key.-1": 0.9995}, *WHOLE_BAR[:-1], "bar.d", *WHOLE_BAR]
    before: list[Choice] = ["clef.G2", *WHOLE_BAR[:-1], "bar.d", *WHOLE_BAR]
    lines = read(plain, plain, before, ended, plain, plain).lines
    assert [line.key for line in lines] == ["key.0", "key.0", "key.0", "key.-1", "key.0", "key.0"]
    assert [line.key for line in read(flat, flat, plain, flat).lines] == ["key.-1"] * 4, "within a section it stays"


def test_a_key_that_shows_at_the_next_line_began_at_the_repeat() -> None:
    first: list[Choice] = ["clef.G2", "key.2", "time.4/4", *WHOLE_BAR * 2, "rep.s", *WHOLE_BAR]
    reading = read(first, *[["clef.G2", "key.-1", *WHOLE_BAR]] * 3)
    assert bars(reading)[2].split()[0] == "key.-1"


def test_a_key_that_shows_at_the_next_line_began_where_it_was_half_seen() -> None:
    half: list[Choice] = [*HEAD, *WHOLE_BAR, {"key.-1": 0.1, "": 0.9}, *WHOLE_BAR, *WHOLE_BAR]
    reading = read(half, *[["clef.G2", "key.-1", *WHOLE_BAR]] * 3)
    assert [bar.split()[0] for bar in bars(reading)] == ["p4", "key.-1", "p4"]
    sure: list[Choice] = ["clef.G2", {"key.-1": 0.9999}, *WHOLE_BAR]
    nowhere = read([*HEAD, *WHOLE_BAR * 3], sure, sure, sure)
    assert all(bar.doubt >= DOUBTFUL for bar in nowhere.lines[0].bars)


def test_a_clef_that_shows_at_the_next_line_began_where_it_was_half_seen() -> None:
    bass: list[Choice] = ["clef.F4", "key.2", *WHOLE_BAR * 2]
    tenor: list[Choice] = ["clef.C4", "key.2", *WHOLE_BAR * 2]
    half: list[Choice] = [*bass, *WHOLE_BAR[:4], {"clef.C4": 0.2, "": 0.8}, *WHOLE_BAR[4:], *WHOLE_BAR]
    reading = read(bass, half, tenor, tenor)
    assert bars(reading, 1)[2] == " ".join([*WHOLE_BAR[:4], "clef.C4", *WHOLE_BAR[4:]])
    repair = next(repair for repair in reading.repairs if repair.kind == "clef")
    assert bars(undo(reading, repair), 1)[2] == " ".join(WHOLE_BAR)
    warned: list[Choice] = [*bass, *WHOLE_BAR[:-1], "clef.C4", "bar.s"]
    told = read(bass, warned, tenor, tenor)
    assert not any("tenor" in reason for bar in told.lines[1].bars for reason in bar.reasons)


def test_a_clef_nobody_saw_change_makes_the_line_doubtful() -> None:
    bass: list[Choice] = ["clef.F4", "key.2", *WHOLE_BAR * 3]
    tenor: list[Choice] = ["clef.C4", "key.2", *WHOLE_BAR * 3]
    reading = read(bass, bass, tenor, tenor)
    doubted = [[any("tenor" in reason for reason in bar.reasons) for bar in line.bars] for line in reading.lines]
    assert doubted == [[False] * 3, [True] * 3, [False] * 3, [False] * 3]
    assert all(bar.doubt >= DOUBTFUL for bar in reading.lines[1].bars)
    there_and_back: list[Choice] = [*bass[:2], *WHOLE_BAR, {"clef.C4": 0.99}, *WHOLE_BAR, *WHOLE_BAR]
    back = read(bass, there_and_back, bass, bass)  # what is plainly there stays; where it ends was not seen
    assert bars(back, 1)[1].startswith("clef.C4")
    assert [bar.doubt >= DOUBTFUL for bar in back.lines[1].bars] == [False, True, True]
    ended: list[Choice] = [*bass[:-1], "bar.f"]
    song = read(bass, ended, tenor, tenor)  # another song begins as it likes
    assert [line.clef for line in song.lines] == ["clef.F4", "clef.F4", "clef.C4", "clef.C4"]
    assert not any(repair.kind == "clef" for repair in song.repairs)
    assert not any("tenor" in reason for bar in song.lines[1].bars for reason in bar.reasons)


def test_a_new_song_has_its_metre_from_its_first_bar_on() -> None:
    waltz = ["p4", "d4", "p5", "d4", "p6", "d4", "bar.s"]
    first: list[Choice] = ["clef.G2", "key.2", "time.3/4", *waltz * 6, *waltz[:-1], "bar.f"]
    song = ["clef.G2", "key.2", "mm", "n4", "bar.s", *WHOLE_BAR * 5]
    lines = read(first, song).lines
    assert lines[1].time == "time.4/4"


def test_parts_of_a_score_are_voted_apart() -> None:
    lines = [lattice([clef, *WHOLE_BAR]) for clef in ("clef.G2", "clef.F4") * 3]
    where = [Where(0, index // 2, index, part=index % 2) for index in range(6)]
    assert [line.clef for line in second_reading(lines, Layout(where)).lines] == ["clef.G2", "clef.F4"] * 3


def test_two_voices_each_fill_the_bar() -> None:
    assert sums(["p7", "d2", "lo", "p0", "d1", "p8", "d2"]).fits(Fraction(4))
    assert not sums(["p7", "d2", "lo", "p0", "d1"]).fits(Fraction(4))
    assert sums(["p7", "d2", "p8", "d2", "lo", "mR"]).fits(Fraction(4))


def test_lines_without_music_are_kept() -> None:
    reading = read([*HEAD, *WHOLE_BAR], [])
    assert len(reading.lines) == 2
    assert reading.lines[1].bars == ()


def test_lines_and_places_must_agree() -> None:
    with pytest.raises(ValueError, match="1 lines in 0 places"):
        second_reading([lattice("clef.G2")], Layout([]))
