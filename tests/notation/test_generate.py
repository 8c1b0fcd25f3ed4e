"""Rules of a project, and the books they make: planned, made, made again, changed by hand, shared, and wrong ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from media_pipeline.context import StageError
from notation import checks, editing, generate, rules, services
from notation.again import BOTH, GUESSED, made_again, to_look_at
from notation.books import table
from notation.models import Book, Revision, RuleSet, Score, Song
from notation.musicxml import NotationError
from notation.musicxml.read import read
from notation.reading import doubts
from notation.score.derive import BUILTIN, Rule, Source
from projects.models import Project
from projects.services import create_project
from tests.cast import Cast
from tests.notation.band import BARS, cell, hand_edit, set_up
from tests.notation.band import derive as run

CELLO, TUBA, VIOLIN = "Cello", "Tuba", "Violin"


@pytest.fixture
def band(project: Project) -> Project:
    set_up(project)
    return project


def card(project: Project, target: str) -> generate.Card:
    return next(card for card in generate.cards(project) if card.rule.target == target)


def newest(score: Score) -> Revision:
    revision = score.latest
    assert revision is not None
    return revision


def changed(score: Score, old: bytes, new: bytes, *, reason: str = "Mended") -> Revision:
    with newest(score).document.open("rb") as file:
        document = file.read()
    assert old in document
    # Options go with a part from change to change, as the desk keeps them.
    options = newest(score).options
    return services.add_revision(score, document=document.replace(old, new, 1), reason=reason, options=options)


# --- what would be made ---------------------------------------------------------------------------------------------


def test_a_card_tells_what_a_rule_takes_and_why(band: Project) -> None:
    cards = {card.rule.target: card for card in generate.cards(band)}
    assert list(cards) == [rule.target for rule in BUILTIN]
    (took,) = cards[VIOLIN].took
    assert (took.words, took.songs, took.why) == ("Flute 1", ("March",), "")
    (took,) = cards["Bassoon"].took
    assert took.words == "Baritone"
    assert took.why.startswith("there is no Trombone 2, Trombone 1 does not divide")
    assert cards["Oboe"].there
    assert cards[VIOLIN].how == "an octave lower"
    assert cards[VIOLIN].range == "G3 to G7"


def test_a_rule_whose_source_is_absent_says_which_other_could_serve(band: Project) -> None:
    assert card(band, "Viola").took == ()
    ((songs, why),) = card(band, "Viola").missing
    assert songs == ("March",)
    assert why.startswith("There is no Flute 3. ")
    assert why.endswith(" could serve.")
    (refused,) = run(band, "Viola")
    assert "Viola cannot be made: there is no Flute 3" in refused
    assert not Book.objects.filter(instrument="Viola").exists()


def test_the_first_bars_are_drawn(band: Project) -> None:
    shown = generate.preview(band, next(rule for rule in BUILTIN if rule.target == VIOLIN))
    assert shown.reason == "Flute 1, an octave lower"
    assert shown.drawing.count('data-measure="') == generate.PREVIEWED
    assert shown.sounding == "C4 to B4"
    with pytest.raises(NotationError, match="there is no Flute 3"):
        generate.preview(band, next(rule for rule in BUILTIN if rule.target == "Viola"))


# --- making ---------------------------------------------------------------------------------------------------------


def test_ticked_rules_make_books_that_say_where_every_bar_came_from(band: Project) -> None:
    assert run(band, VIOLIN, CELLO) == []
    columns, (row,) = table(band)
    assert [book.instrument for book in columns if book.derived] == [VIOLIN, CELLO]
    assert all(cell.bars == BARS for cell in row.cells)
    violin, cello = cell(band, VIOLIN), cell(band, CELLO)
    assert newest(violin).reason == "Derived from Flute 1, an octave lower"
    bars = generate.origins_of(violin)
    assert [bar.how for bar in bars] == ["derived"] * BARS
    assert bars[2].words == "Bar 3: moved or picked, from Flute 1, bar 3"
    assert {bar.how for bar in generate.origins_of(cello)} == {"copied"}
    assert generate.origins_of(cell(band, "Oboe")) == []
    assert rules.ticked_of(band) == [VIOLIN, CELLO]


def test_a_derived_book_has_no_say_among_those_that_were_read(band: Project) -> None:
    run(band, VIOLIN, CELLO)
    (song,) = checks.table_of(band)
    assert {part.name for part in song.parts} == {"Flute 1", "Oboe", "Trombone 1", "Baritone"}


def test_a_source_that_is_itself_derived_is_made_and_not_kept_unasked(band: Project) -> None:
    rules.put(band, Rule("Flute 3", (Source("Oboe"),)), instead_of="Flute 3")
    run(band, "Viola")
    assert {book.instrument for book in Book.objects.all() if book.derived} == {"Viola"}
    viola = newest(cell(band, "Viola"))
    oboe = cell(band, "Oboe")
    assert viola.options["derived"]["from"] == {str(oboe.book_id): newest(oboe).sha256}


def test_changed_sources_are_told_and_made_again(band: Project) -> None:
    run(band, CELLO, VIOLIN)
    assert not any(card.made and card.made.stale for card in generate.cards(band))
    changed(cell(band, "Trombone 1"), b"<step>G</step>", b"<step>A</step>")
    assert {card.rule.target for card in generate.cards(band) if card.made and card.made.stale} == {CELLO}
    run(band, CELLO)
    revision = newest(cell(band, CELLO))
    assert (revision.number, revision.reason) == (2, "Derived again from Trombone 1")
    assert revision.notices == []
    run(band, CELLO)
    assert newest(cell(band, CELLO)) == revision
    assert not any(card.made and card.made.stale for card in generate.cards(band))


def doubted(score: Score) -> list[tuple[int, str]]:
    return [(doubt.measure, doubt.words) for doubt in doubts(newest(score).reading)]


def steps_of(score: Score) -> list[str]:
    """Of each bar the steps of its notes."""
    bars = read(newest(score).musicxml()).iterfind("part/measure")
    return ["".join(step.text or "" for step in bar.iter("step")) for bar in bars]


def test_what_she_changed_in_a_derived_part_is_there_when_it_is_made_again(band: Project) -> None:
    run(band, CELLO)
    cello, trombone = cell(band, CELLO), cell(band, "Trombone 1")
    hers = hand_edit(cello, 2, "step", 0, by=1)
    made = card(band, CELLO).made
    assert made is not None
    assert made.edited == ("March",)
    before = steps_of(cello)
    run(band, CELLO)
    assert newest(cello) == hers  # the rule makes the same
    hand_edit(trombone, 4, "step", 0, by=1)
    run(band, CELLO)
    pure, kept = cello.revisions.order_by("-number")[1], newest(cello)
    assert (pure.number, pure.reason, pure.notices) == (3, "Derived again from Trombone 1", [])
    assert (kept.number, kept.reason, kept.notices) == (4, "Your changes kept: bar 3", [])
    assert kept.options == pure.options
    assert kept.summary["doubtful"] == 0
    after = steps_of(cello)
    assert [n for n in range(BARS) if after[n] != before[n]] == [4]
    assert after[4] == steps_of(trombone)[4]
    origins = [bar.how for bar in generate.origins_of(cello)]
    assert [n for n, how in enumerate(origins) if how == "changed"] == [2]
    shown = card(band, CELLO).made
    assert shown is not None
    assert (shown.stale, shown.edited) == (False, ("March",))
    run(band, CELLO)
    assert newest(cello) == kept


def test_a_bar_that_both_changed_is_hers_and_is_named(band: Project) -> None:
    run(band, CELLO)
    cello, trombone = cell(band, CELLO), cell(band, "Trombone 1")
    hand_edit(cello, 2, "step", 0, by=1)
    hand_edit(cello, 6, "step", 1, by=1)
    mine = steps_of(cello)
    hand_edit(trombone, 2, "step", 3, by=1)
    run(band, CELLO)
    assert newest(cello).reason == "Your changes kept: bars 3, 7"
    assert newest(cello).notices == ["Changed by you and in the source: look at bar 3. What you wrote was kept there."]
    assert newest(cello).summary["doubtful"] == 1
    assert steps_of(cello) == mine
    editing.undo(cello, base=newest(cello).number, author=None)
    assert steps_of(cello) == steps_of(trombone)


def test_a_bar_that_both_changed_is_marked_until_somebody_looks_at_it(band: Project, cast: Cast, as_: Any) -> None:
    run(band, CELLO)
    cello, trombone = cell(band, CELLO), cell(band, "Trombone 1")
    for bar in (2, 6):
        hand_edit(cello, bar, "step", 0, by=1)
        hand_edit(trombone, bar, "step", 3, by=1)
    mine = steps_of(cello)
    run(band, CELLO)
    assert doubted(cello) == [(2, BOTH), (6, BOTH)]
    page = as_(cast.ada).get(f"/projects/{band.pk}/review/{cello.pk}/").content.decode()
    assert f'data-go="2"><strong>Bar 3</strong> <span class="meta">{BOTH}</span>' in page

    # they stay when the source changes elsewhere, and where she put a bar in they move along
    hand_edit(cello, 0, "insert_bars", where="before")
    hand_edit(trombone, 4, "step", 0, by=1)
    run(band, CELLO)
    assert doubted(cello) == [(3, BOTH), (7, BOTH)]
    assert steps_of(cello)[3] == mine[2]

    # one is left to her, in the other the source is right
    editing.accept(cello, bars=[3], base=newest(cello).number, author=None)
    assert doubted(cello) == [(7, BOTH)]
    before = steps_of(cello)
    asked = {"base": newest(cello).number, "bar": 7}
    told = as_(cast.ada).post(f"/projects/{band.pk}/review/{cello.pk}/derived/", asked, content_type="application/json")
    assert told.status_code == 200, (told.json(), [(r.number, r.reason) for r in cello.revisions.all()])
    assert (told.json()["said"], told.json()["doubts"]) == (["Bar 8 as it is derived"], [])
    after = steps_of(cello)
    assert [n for n in range(len(after)) if after[n] != before[n]] == [7]
    assert after[7] == steps_of(trombone)[6]
    assert newest(cello).summary["doubtful"] == 0
    refused = as_(cast.ada).post(
        f"/projects/{band.pk}/review/{cello.pk}/derived/", asked | {"base": newest(cello).number},
        content_type="application/json",
    )  # fmt: skip
    assert (refused.status_code, refused.json()["message"][:34]) == (422, "This bar has the notes of the sour")
    run(band, CELLO)
    assert doubted(cello) == []


def test_a_bar_is_taken_from_the_source_by_the_api(band: Project, cast: Cast, as_: Any) -> None:
    run(band, CELLO)
    cello, trombone = cell(band, CELLO), cell(band, "Trombone 1")
    hand_edit(cello, 2, "step", 0, by=1)
    hand_edit(trombone, 2, "step", 3, by=1)
    run(band, CELLO)
    where, asked = f"/api/v1/projects/{band.pk}/cells/{cello.pk}/", {"base": newest(cello).number, "bar": 2}
    doubts = as_(cast.ada).get(where).json()["doubts"]
    assert [doubt["reasons"] for doubt in doubts] == [[BOTH]]
    told = as_(cast.ada).post(f"{where}derived/", asked, content_type="application/json").json()
    assert (told["bars"], told["said"]) == ([2], ["Bar 3 as it is derived"])
    assert steps_of(cello) == steps_of(trombone)
    editing.undo(cello, base=newest(cello).number, author=None)
    assert doubted(cello) == [(2, BOTH)]


def test_bars_that_are_guessed_are_marked(band: Project) -> None:
    run(band, CELLO)
    cello = cell(band, CELLO)
    options = {"derived": {**newest(cello).options["derived"], "document": ""}}
    options["derived"]["origins"][1][0] = "guessed"
    assert [(doubt.measure, doubt.words) for doubt in doubts(to_look_at(options))] == [(1, GUESSED)]
    hers = hand_edit(cello, 0, "insert_bars", where="before")
    document = Revision.objects.get(score=cello, number=1).musicxml()
    made_again(cello, document=document, options=options, summary={}, reason="from elsewhere", author=None)
    assert newest(cello).number == hers.number + 2
    assert doubted(cello) == [(2, GUESSED)]


def test_where_bars_do_not_match_any_more_hers_is_in_the_history(band: Project) -> None:
    run(band, CELLO)
    cello, trombone = cell(band, CELLO), cell(band, "Trombone 1")
    hers = hand_edit(cello, 2, "step", 0, by=1)
    hand_edit(trombone, 2, "delete_bars")
    run(band, CELLO)
    assert newest(cello).reason == "Derived again from Trombone 1"
    assert steps_of(cello) == steps_of(trombone)
    assert newest(cello).notices == [
        f"Where you changed bar 3, the source has no bar any more. As you had it is in revision {hers.number}."
    ]


def test_a_state_that_was_brought_back_is_held_against_what_it_was_made_from(band: Project) -> None:
    run(band, CELLO)
    cello, trombone = cell(band, CELLO), cell(band, "Trombone 1")
    hers = hand_edit(cello, 2, "step", 0, by=1)
    hand_edit(trombone, 4, "step", 0, by=1)
    run(band, CELLO)
    services.restore_revision(hers, author=None)
    hand_edit(trombone, 6, "step", 0, by=1)
    run(band, CELLO)
    assert newest(cello).reason == "Your changes kept: bar 3"
    assert steps_of(cello)[3:] == steps_of(trombone)[3:]


def test_the_page_says_that_changes_by_hand_are_kept(band: Project, cast: Cast, as_: Any) -> None:
    run(band, CELLO)
    hand_edit(cell(band, CELLO), 2, "step", 0, by=1)
    page = as_(cast.ada).get(f"/projects/{band.pk}/generate/").content.decode()
    assert "March: changed by hand. Made again, these changes are kept." in page


def test_notes_out_of_range_are_folded_by_phrase_and_told(band: Project) -> None:
    rules.put(band, Rule("Soprano Sax", (Source("Baritone"),)))
    run(band, "Soprano Sax")
    made = card(band, "Soprano Sax").made
    assert made is not None
    assert made.folded == ("March: bars 1–16 2 octaves higher",)
    assert generate.origins_of(cell(band, "Soprano Sax"))[0].words.endswith("2 octaves higher")


def test_a_book_that_is_there_is_not_derived(band: Project) -> None:
    assert run(band, "Oboe", CELLO) == []
    assert not Book.objects.get(instrument="Oboe").derived
    assert newest(cell(band, "Oboe")).number == 1


def test_a_derived_book_is_taken_out_again(band: Project) -> None:
    run(band, CELLO)
    generate.remove(Book.objects.get(instrument=CELLO))
    assert CELLO not in [book.instrument for book in table(band)[0]]
    assert Revision.objects.filter(reason__startswith="Derived").count() == 1  # kept all the same
    with pytest.raises(NotationError, match="was read from pages"):
        generate.remove(Book.objects.get(instrument="Oboe"))
    run(band, CELLO)
    assert len(generate.origins_of(cell(band, CELLO))) == BARS


def test_nothing_ticked_is_said(band: Project) -> None:
    with pytest.raises(StageError, match="No rule is chosen"):
        run(band)


# --- rules ----------------------------------------------------------------------------------------------------------


def test_rules_are_added_changed_moved_and_put_back(band: Project) -> None:
    made = rules.from_form(
        {"target": "Alto Flute", "sources": "Flute 1 (lower)\nOboe", "octaves": "-1", "low": "G3", "fold": "on"}
    )
    rules.put(band, made)
    assert rules.rules_of(band)[-1] == Rule("Alto Flute", (Source("Flute 1", "lower"), Source("Oboe")), -1, low=55)
    rules.move(band, "Alto Flute", to=0)
    assert rules.rules_of(band)[0].target == "Alto Flute"
    rules.put(
        band, rules.from_form({"target": "Bass Flute", "sources": "Oboe", "octaves": ""}), instead_of="Alto Flute"
    )
    assert rules.rules_of(band)[0] == Rule("Bass Flute", (Source("Oboe"),), octaves=None, fold=False)
    rules.delete(band, "Bass Flute")
    assert rules.rules_of(band) == list(BUILTIN)
    assert not rules.own(band)
    rules.delete(band, TUBA)
    assert rules.own(band)
    rules.reset(band)
    assert not rules.own(band)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("not json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "list of objects"),
        ('[{"target": "Cello"}]', "no list of sources"),
        ('[{"target": "Cello", "sources": []}]', "names no source"),
        ('[{"target": "Kazoo of Doom", "sources": ["Flute"]}]', "no instrument"),
        ('[{"target": "Cello", "sources": ["Flute"], "octaves": 1e9}]', "whole number"),
        ('[{"target": "Cello", "sources": ["Flute"], "__class__": "x"}]', "does not know"),
        ('[{"target": "Cello", "sources": ["Flute"], "clef": "<script>"}]', "no clef"),
        ('[{"target": "Cello", "sources": ["Flute"], "low": 60, "high": 62}]', "no octave wide"),
        (json.dumps([{"target": "Cello", "sources": ["Flute"]}] * 201), "200 is the most"),
        (
            '[{"target": "Cello", "sources": ["Bassoon"]}, {"target": "Bassoon", "sources": ["Cello"]}]',
            "need each other: Cello needs Bassoon, Bassoon needs Cello",
        ),
        ('[{"target": "Cello", "sources": ["' + "x" * 300_000 + '"]}]', "too large"),
    ],
)
def test_hostile_rules_are_refused_in_words_and_change_nothing(band: Project, given: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        rules.take(band, given)
    assert not RuleSet.objects.exists()


def test_a_circle_is_refused_when_a_rule_is_changed(band: Project) -> None:
    with pytest.raises(NotationError, match="need each other"):
        rules.put(band, Rule("Flute 2", (Source("Oboe"),)), instead_of="Flute 2")  # Oboe is made from Flute 2
    assert rules.rules_of(band) == list(BUILTIN)


def test_rules_are_shared_with_another_project(band: Project, cast: Cast) -> None:
    rules.put(band, Rule("Soprano Sax", (Source("Oboe"),)))
    other = create_project(cast.ada, title="Other band")
    rules.take(other, rules.shared(band))
    assert rules.rules_of(other) == rules.rules_of(band)


def test_any_for_any_and_the_other_clef(band: Project) -> None:
    rules.quick(band, target="Soprano Sax", source="Oboe")
    rules.in_other_clef(band, Book.objects.get(instrument="Baritone"))
    assert rules.ticked_of(band) == ["Soprano Sax", "Baritone T.C."]
    run(band, "Soprano Sax", "Baritone T.C.")
    document = cell(band, "Baritone T.C.")
    with newest(document).document.open("rb") as file:
        root = read(file.read())
    assert root.findtext(".//clef/sign") == "G"
    assert root.findtext(".//transpose/octave-change") == "-1"
    with pytest.raises(NotationError, match="one clef alone"):
        rules.in_other_clef(band, Book.objects.get(instrument="Oboe"))


def test_two_books_that_claim_one_instrument_are_both_sources(project: Project) -> None:
    set_up(project)
    set_up(project, files=10)
    assert Book.objects.filter(instrument__startswith="Flute 1").count() == 2
    assert card(project, VIOLIN).took[0].words == "Flute 1"
    assert run(project, VIOLIN) == []
    assert newest(cell(project, VIOLIN)).options["derived"]["source"] == "Flute 1"


# --- pages ----------------------------------------------------------------------------------------------------------


def test_the_page_walks_through_rules(band: Project, cast: Cast, as_: Any) -> None:
    ada, root = as_(cast.ada), f"/projects/{band.pk}"
    page = ada.get(f"{root}/generate/").content.decode()
    assert page.count('class="rule"') == len(BUILTIN)
    shown = ada.get(f"{root}/generate/preview/", {"target": CELLO}).content.decode()
    assert "It sounds from C3 to B3." in shown
    assert "<svg" in shown
    answer = ada.post(f"{root}/rules/put/", {"target": "Kazoo", "sources": "Oboe"}, headers={"HX-Request": "true"})
    assert "is no instrument" in answer.content.decode()
    ada.post(f"{root}/rules/put/", {"target": "Soprano Sax", "sources": "Oboe", "octaves": "0", "fold": "on"})
    ada.post(f"{root}/rules/move/", {"target": "Soprano Sax", "by": "-1"})
    assert rules.rules_of(band)[-2].target == "Soprano Sax"
    ada.post(f"{root}/rules/delete/", {"target": TUBA})
    file = ada.get(f"{root}/rules.json")
    assert file.headers["Content-Disposition"] == 'attachment; filename="studies-rules.json"'
    ada.post(f"{root}/rules/reset/")
    assert not rules.own(band)
    ada.post(f"{root}/rules/take/", {"file": SimpleUploadedFile("rules.json", file.content)})
    assert TUBA not in [rule.target for rule in rules.rules_of(band)]
    answer = ada.post(f"{root}/rules/take/", {"project": "999999"})
    assert answer.status_code == 404
    ada.post(f"{root}/rules/quick/", {"book": str(Book.objects.get(instrument="Baritone").pk)})
    assert rules.ticked_of(band)[-1] == "Baritone T.C."


def test_somebody_elses_rules_cannot_be_taken(band: Project, cast: Cast, as_: Any) -> None:
    rules.delete(band, TUBA)
    bens = create_project(cast.ben, title="Ben's")
    assert as_(cast.ben).post(f"/projects/{bens.pk}/rules/take/", {"project": str(band.pk)}).status_code == 404
    assert not rules.own(bens)


def test_table_and_cell_show_what_is_derived(band: Project, cast: Cast, as_: Any) -> None:
    run(band, CELLO)
    ada = as_(cast.ada)
    page = ada.get(f"/projects/{band.pk}/review/").content.decode()
    assert page.count("book-derived") == 1
    page = ada.get(f"/projects/{band.pk}/review/{cell(band, CELLO).pk}/").content.decode()
    assert "Derived from Trombone 1." in page
    assert page.count('class="origin origin-copied"') == BARS
    assert "Bar 3: copied, from Trombone 1, bar 3" in page
    assert Song.objects.count() == 1
