"""Musical terms: roles, slips of the scanner set right, jumps with their ends, metronome marks, and what is no term."""

from __future__ import annotations

import pytest

from media_pipeline.omr.terms import read_term


@pytest.mark.parametrize(
    ("printed", "text", "role"),
    [
        ("Allegro ma non troppo", "Allegro ma non troppo", "tempo"),
        ("Alegro rnoderato", "Allegro moderato", "tempo"),
        ("Vivace assal", "Vivace assai", "tempo"),
        ("Poco pili mosso", "Poco più mosso", "tempo"),
        ("Pitt mosso", "Più mosso", "tempo"),
        ("Langsam und feierlich", "Langsam und feierlich", "tempo"),
        ("Très modéré", "Très modéré", "tempo"),
        ("Tempo di Marcia", "Tempo di Marcia", "tempo"),
        ("Andante con rnoto", "Andante con moto", "tempo"),
        ("dolce", "dolce", "expression"),
        ("rnolto espressivo", "molto espressivo", "expression"),
        ("Con fuoco", "Con fuoco", "expression"),
        ("cresc. poco a poco", "cresc. poco a poco", "expression"),
        ("ausdrucksvoll", "ausdrucksvoll", "expression"),
        ("pizz.", "pizz.", "technique"),
        ("DIZZ.", "pizz.", "technique"),
        ("irco", "arco", "technique"),
        ("cTesc.", "cresc.", "expression"),
        ("Attacca subito", "Attacca subito", "technique"),
        ("Mit Dämpfer", "Mit Dämpfer", "technique"),
        ("senza sord.", "senza sord.", "technique"),
    ],
)
def test_a_term(printed: str, text: str, role: str) -> None:
    found = read_term(printed)
    assert found is not None
    assert (found.text, found.role) == (text, role)


@pytest.mark.parametrize(
    "words",
    ["Symphony No. 5", "Johann Strauss", "Violin 1", "The Trumpet Shall Sound", "Blue Moon", "Rosamunde", "Finale", "",
     "Testo: Maria Rossi", "Alle Menschen werden Brüder", "Adagio Smith", "Op. 12 No. 3", "1.", "A", "12", "x" * 500],
)  # fmt: skip
def test_no_term(words: str) -> None:
    assert read_term(words) is None


@pytest.mark.parametrize(
    ("printed", "jump", "until", "text"),
    [
        ("D.C.", "dc", "", "D.C."),
        ("To Coda GB)", "tocoda", "", "To Coda"),
        ("Rondo D.C. al Fine", "dc", "fine", "D.C. al Fine"),
        ("Da Capo dal sin' al Fine", "dc", "fine", "D.C. al Fine"),
        ("Dal $ sin' al Fine", "ds", "fine", "D.S. al Fine"),
        ("D.C. al Fine", "dc", "fine", "D.C. al Fine"),
        ("Da Capo al Coda", "dc", "coda", "D.C. al Coda"),
        ("Da Capo senza repetizione", "dc", "", "D.C."),
        ("Vom Anfang bis Ende", "dc", "fine", "D.C. al Fine"),
        ("D. S. al Coda", "ds", "coda", "D.S. al Coda"),
        ("D.8. al Fine", "ds", "fine", "D.S. al Fine"),
        ("DS.", "ds", "", "D.S."),
        ("Dal Segno al Fine", "ds", "fine", "D.S. al Fine"),
        ("Dal Segno ai Fine", "ds", "fine", "D.S. al Fine"),
        ("To Coda", "tocoda", "", "To Coda"),
        ("zur Coda", "tocoda", "", "To Coda"),
        ("Fine", "fine", "", "Fine"),
        ("Coda", "coda", "", "Coda"),
    ],
)
def test_jumps(printed: str, jump: str, until: str, text: str) -> None:
    found = read_term(printed)
    assert found is not None
    assert (found.role, found.jump, found.until, found.text) == ("jump", jump, until, text)


@pytest.mark.parametrize(
    ("printed", "per_minute", "beat", "text"),
    [
        ("Andante con moto (♩ = 80)", 80, "♩", "Andante con moto (♩ = 80)"),
        ("Presto ♩. = 63", 63, "♩.", "Presto (♩. = 63)"),
        ("Allegro = 120-132", 126, "", "Allegro (♩ = 126)"),
        ("Allegro moderato ¢ = 104", 104, "", "Allegro moderato (♩ = 104)"),
        ("J = 120", 120, "", "♩ = 120"),
        ("Allegro moderato 4-112)", 112, "", "Allegro moderato (♩ = 112)"),
        ("Schnell (d + = 96)", 96, "", "Schnell (♩ = 96)"),
        ("( = 88)", 88, "", "♩ = 88"),
        ("Moderato M.M. 96", 96, "", "Moderato (♩ = 96)"),
    ],
)
def test_metronome_marks(printed: str, per_minute: float, beat: str, text: str) -> None:
    found = read_term(printed)
    assert found is not None
    assert (found.role, found.per_minute, found.beat, found.text) == ("tempo", per_minute, beat, text)


def test_a_rate_that_no_metronome_has_is_none() -> None:
    found = read_term("Allegro = 999")
    assert found is None or found.per_minute is None


@pytest.mark.parametrize(
    ("printed", "form"), [("March", True), ("Tempo di Valse", False), ("Trio", True), ("Più mosso", False)]
)
def test_names_of_dances_are_forms(printed: str, form: bool) -> None:
    found = read_term(printed)
    assert found is not None
    assert (found.role, found.form) == ("tempo", form)


@pytest.mark.parametrize(("printed", "gradual"), [("poco rit.", True), ("molto rall.", True), ("Allegro", False)])
def test_a_gradual_change_begins_no_section(printed: str, gradual: bool) -> None:
    found = read_term(printed)
    assert found is not None
    assert (found.role, found.gradual) == ("tempo", gradual)


def test_a_dotted_quarter_is_one_and_a_half() -> None:
    found = read_term("Presto ♩. = 60")
    assert found is not None
    assert found.quarters_per_minute == 90
