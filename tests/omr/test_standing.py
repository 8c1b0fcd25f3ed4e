"""Where words stand: the bar and the note that each is for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from media_pipeline.omr.crop import place
from media_pipeline.omr.model import BarRead, Box, Line, Seen, Staff
from media_pipeline.omr.standing import home, numbered, spot
from media_pipeline.omr.terms import read_term
from media_pipeline.omr.words import Role, Word

SPACE = 14.0
UPPER, LOWER = (Staff(y=y, interline=SPACE, x0=100, x1=1500) for y in (400.0, 560.0))
FRAMES = 100  # from event to event


def line(staff: int, *bars: str) -> Line:
    """Bars whose events and bar lines stand 100 frames apart."""
    told, frame = [], 20
    for bar in bars:
        seen = []
        for token in bar.split():
            seen.append(Seen(token, frame, 1.0))
            frame += FRAMES if token.startswith(("d", "r", "bar")) else 0
        told.append(BarRead(tuple(seen), 0.0))
    return Line(0, staff, staff, "clef.G2", "key.0", "", tuple(told))


TWO = line(0, "p4 d2 p4 d2 bar.s", "p4 d2 p4 d2 bar.s")  # notes at frames 20, 120; 320, 420; lines at 220, 520


def x(frame: float, staff: Staff = UPPER) -> float:
    return place(staff).across(frame)


def word(text: str, left: float, right: float, *, role: Role = "expression", staff: int = 0, y: float = 360) -> Word:
    return Word(text, Box(left, y, right, y + 20), 1.0, role, staff, term=read_term(text))


def test_a_word_is_for_the_note_that_it_begins_over() -> None:
    assert spot(word("dolce", x(120) - 5, x(120) + 60), TWO, UPPER) == (0, Fraction(2))
    assert spot(word("dolce", x(320) - 5, x(320) + 60), TWO, UPPER) == (1, Fraction(0))


def test_a_tempo_may_begin_just_before_its_bar() -> None:
    assert spot(word("Allegro", x(220) - 0.8 * SPACE, x(220) + 90, role="tempo"), TWO, UPPER) == (1, Fraction(0))


def test_a_rehearsal_mark_has_its_middle_over_a_bar_line() -> None:
    mark = word("B", x(220) - 30, x(220) + 10, role="rehearsal")
    assert spot(mark, TWO, UPPER) == (1, Fraction(0))
    assert spot(word("A", 90, 120, role="rehearsal"), TWO, UPPER) == (0, Fraction(0))


@pytest.mark.parametrize("text", ["To Coda", "D.C. al Fine", "Fine"])
def test_a_jump_ends_with_its_bar(text: str) -> None:
    assert spot(word(text, x(220) - 90, x(220) + 5, role="jump"), TWO, UPPER) == (0, Fraction(0))


def test_a_jump_over_signs_alone_is_for_the_bar_before_them() -> None:
    ended = line(0, "p4 d2 p4 d2 bar.d", "key.-3 bar.s")
    assert spot(word("Fine", x(250), x(320), role="jump"), ended, UPPER) == (0, Fraction(0))


def test_the_word_over_a_coda_begins_it() -> None:
    assert spot(word("Coda", x(220) - 5, x(220) + 60, role="jump"), TWO, UPPER) == (1, Fraction(0))


def test_a_jump_between_two_lines_belongs_to_the_one_where_a_section_ends() -> None:
    ended = line(1, "p4 d2 p4 d2 bar.s", "p4 d2 p4 d2 bar.rep")
    both = [(TWO, UPPER), (ended, LOWER)]
    jump = word("D.S. al Coda", x(520) - 120, x(520), role="jump", y=480)
    assert home(jump, both) is ended
    tempo = word("Allegro", x(520) - 120, x(520), role="tempo", y=480)
    assert home(tempo, both) is TWO
    assert home(word("Fine", x(300), x(340), role="jump", y=480), both) is TWO


def test_a_word_of_another_staff_is_at_home_nowhere() -> None:
    assert home(word("dolce", 300, 360, staff=5), [(TWO, UPPER)]) is None


def test_a_rehearsal_mark_may_be_a_number() -> None:
    marked = line(0, "p4 d2 p4 d2 bar.s", "reh p4 d2 p4 d2 bar.s")
    figures = replace(word("2", x(320) - 10, x(320) + 10, role="other"), number=2)
    tuplet = replace(figures, box=Box(x(120), 360, x(120) + 8, 380))
    assert [(bar, found.text) for bar, found in numbered(marked, UPPER, [tuplet, figures])] == [(1, "2")]
    assert list(numbered(marked, UPPER, [tuplet])) == []
    assert list(numbered(TWO, UPPER, [figures])) == []
