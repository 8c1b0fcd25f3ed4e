"""Correcting a part: revisions that say what was changed, undo and redo, doubts that go, boxes that stay in step."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from accounts.models import User
from notation import editing, elsewhere, services, trees
from notation.books import BookRead, SongRead, keep
from notation.edit_views import desk
from notation.facts import facts
from notation.models import Revision, Score
from notation.musicxml import NotationError
from notation.musicxml.read import read
from notation.score.edit import Applied, Edit
from notation.services import Overtaken
from projects.models import Project
from tests.browser.scene import song
from tests.cast import Cast, bring, pdf
from tests.projects.test_quota_race import at_once

UP = Edit("step", 3, 0, {"by": 1})


def reading(bars: int, doubted: tuple[int, ...]) -> dict[str, Any]:
    told = [
        {
            "measure": n,
            "page": 1,
            "box": [10 * n, 0, 10 * n + 10, 20],
            "doubt": 0.9 if n in doubted else 0.1,
            "doubtful": n in doubted,
            "reasons": ["too long"] if n in doubted else [],
        }
        for n in range(bars)
    ]
    page = {"number": 1, "label": "flute.pdf, page 1", "key": "0" * 64, "sheet": 0, "size": [1000, 1400]}
    return {"engine": "none", "pages": [page], "bars": told}


def make_cell(owner: User, *, bars: int = 12) -> Score:
    project = Project.objects.create(owner=owner, title="Band")
    books = []
    for name in ("Flute", "Tuba"):
        source = bring(project, name=f"{name}.pdf", data=pdf())
        told = SongRead("March", "", song(bars), bars, "4/4", {"bars": bars, "doubtful": 2}, reading(bars, (3, 7)))
        books.append(BookRead((source,), 0, name, (told,)))
    keep(project, read=books, author=owner)
    return Score.objects.get(book__instrument="Flute")


@pytest.fixture
def cell(cast: Cast) -> Score:
    return make_cell(cast.ada)


def latest(score: Score) -> Revision:
    found = score.latest
    assert found is not None
    return found


def steps(revision: Revision, bar: int) -> list[str]:
    with revision.document.open("rb") as file:
        root = read(file.read())
    return [step.text or "" for step in root.findall("part/measure")[bar].iterfind("note/pitch/step")]


def doubted(revision: Revision) -> list[int]:
    return [bar["measure"] for bar in revision.reading["bars"] if bar["doubtful"]]


# --- the service ----------------------------------------------------------------------------------------------------


def test_an_edit_is_a_revision_that_says_what_it_did(cell: Score, cast: Cast) -> None:
    made = editing.edit(cell, edits=[UP], base=1, author=cast.ada)
    assert made.revision == latest(cell)
    assert (made.revision.number, made.revision.author) == (2, cast.ada)
    assert made.revision.reason == "Bar 4: note up a step, to F♯4"
    assert (made.bars, made.select) == ((3,), (3, 0))
    assert steps(made.revision, 3)[0] == "F"
    assert steps(made.revision, 2)[0] == "E"


def test_who_mends_a_bar_doubts_it_no_more(cell: Score, cast: Cast) -> None:
    before = latest(cell).reading
    made = editing.edit(cell, edits=[UP], base=1, author=cast.ada)
    assert doubted(made.revision) == [7]
    assert made.revision.summary["doubtful"] == 1
    assert Revision.objects.get(score=cell, number=1).reading == before


def test_boxes_and_doubts_move_with_their_bars(cell: Score, cast: Cast) -> None:
    editing.edit(cell, edits=[Edit("insert_bars", 2, None, {"count": 2})], base=1, author=cast.ada)
    revision = latest(cell)
    assert doubted(revision) == [5, 9]
    assert [bar["measure"] for bar in revision.reading["bars"]][:4] == [0, 1, 4, 5]
    assert revision.summary["bars"] == 14
    editing.edit(cell, edits=[Edit("delete_bars", 4, None, {"count": 2})], base=2, author=cast.ada)
    assert doubted(latest(cell)) == [7]
    assert latest(cell).reading["bars"][2]["box"] == [40, 0, 50, 20]


def test_who_comes_second_is_told_and_nothing_is_written_over(cell: Score, cast: Cast) -> None:
    editing.edit(cell, edits=[UP], base=1, author=cast.ada)
    with pytest.raises(Overtaken, match="Ada changed “March – Flute” meanwhile: Bar 4: note up a step") as refused:
        editing.edit(cell, edits=[UP], base=1, author=cast.ben)
    assert refused.value.members["revision"] == 2
    assert latest(cell).number == 2
    with pytest.raises(Overtaken):
        editing.accept(cell, bars=None, base=1, author=cast.ben)
    with pytest.raises(Overtaken):
        editing.undo(cell, base=1, author=cast.ben)


def test_who_looks_sees_the_edit_before_it_is_kept(cell: Score, cast: Cast) -> None:
    def look(root: etree._Element, done: Applied) -> tuple[int, str | None, tuple[int, ...]]:
        return latest(cell).number, root.findtext("part/measure[4]/note/pitch/step"), done.bars

    assert editing.edit(cell, edits=[UP], base=1, author=cast.ada, look=look).looked == (1, "F", (3,))


def test_what_cannot_be_looked_at_is_not_kept(cell: Score, cast: Cast) -> None:
    def look(root: etree._Element, done: Applied) -> None:
        raise NotationError("No.")

    with pytest.raises(NotationError):
        editing.edit(cell, edits=[UP], base=1, author=cast.ada, look=look)
    assert latest(cell).number == 1
    assert steps(editing.edit(cell, edits=[UP], base=1, author=cast.ada).revision, 3)[0] == "F"


def test_facts_are_those_of_the_document_whatever_was_edited(cell: Score, cast: Cast) -> None:
    to_d, late = Edit("key", 0, None, {"fifths": 2}), Edit("step", 7, 0, {"by": 1})
    for base, edit in enumerate((UP, UP, to_d, UP, Edit("insert_bars", 2, None, {"count": 2}), late), start=1):
        made = editing.edit(cell, edits=[edit], base=base, author=cast.ada).revision
        told = facts(read(made.musicxml()))
        assert {name: made.summary.get(name) for name in told} == told


def test_a_reading_is_known_by_its_row_not_by_its_number(cell: Score, cast: Cast) -> None:
    made = editing.edit(cell, edits=[UP], base=1, author=cast.ada).revision
    assert trees.reading_of(Revision.objects.defer("reading").get(pk=made.pk)) == made.reading
    other = Revision(pk=made.pk, created_at=made.created_at + timedelta(seconds=1), reading={"engine": "another"})
    assert trees.reading_of(other) == {"engine": "another"}


def test_a_list_of_edits_is_all_or_nothing(cell: Score, cast: Cast) -> None:
    with pytest.raises(NotationError, match="no note 100"):
        editing.edit(cell, edits=[UP, Edit("step", 3, 99, {"by": 1})], base=1, author=cast.ada)
    assert latest(cell).number == 1
    made = editing.edit(cell, edits=[UP, Edit("dots", 3, 0)], base=1, author=cast.ada)
    assert made.revision.reason == "Bar 4: note up a step, to F♯4; Bar 4: a quarter, dotted"


def test_undo_and_redo_go_any_number_of_steps(cell: Score, cast: Cast) -> None:
    digests = [latest(cell).sha256]
    for bar in range(3):
        editing.edit(cell, edits=[Edit("step", bar, 0, {"by": 1})], base=bar + 1, author=cast.ada)
        digests.append(latest(cell).sha256)
    for step in (2, 1, 0):
        editing.undo(cell, base=latest(cell).number, author=cast.ben)
        assert latest(cell).sha256 == digests[step]
    with pytest.raises(NotationError, match="nothing to undo"):
        editing.undo(cell, base=latest(cell).number, author=cast.ben)
    for step in (1, 2):
        editing.redo(cell, base=latest(cell).number, author=cast.ben)
        assert latest(cell).sha256 == digests[step]
    back, forward = editing.stacks(cell)
    assert ([one.number for one in back], [one.number for one in forward]) == ([2, 3], [4])
    editing.edit(cell, edits=[Edit("step", 9, 0, {"by": 1})], base=latest(cell).number, author=cast.ada)
    with pytest.raises(NotationError, match="nothing to redo"):
        editing.redo(cell, base=latest(cell).number, author=cast.ada)
    assert latest(cell).number == 10


def test_undo_tells_what_looks_otherwise(cell: Score, cast: Cast) -> None:
    editing.edit(cell, edits=[Edit("insert_bars", 2, None, {"count": 2})], base=1, author=cast.ada)
    made = editing.undo(cell, base=2, author=cast.ada)
    assert [(move.at, move.gone, move.come) for move in made.moves] == [(2, 2, 0)]
    assert made.bars == ()
    assert doubted(made.revision) == [3, 7]
    made = editing.redo(cell, base=3, author=cast.ada)
    assert [(move.at, move.gone, move.come) for move in made.moves] == [(2, 0, 2)]
    assert made.bars == (2, 3)


def test_bars_are_accepted_one_or_all_and_doubted_again_after_undo(cell: Score, cast: Cast) -> None:
    made = editing.accept(cell, bars=[3, 5], base=1, author=cast.ada)
    assert (doubted(made.revision), made.revision.reason) == ([7], "Bar 4 accepted")
    made = editing.accept(cell, bars=None, base=2, author=cast.ada)
    assert (doubted(made.revision), made.revision.summary["doubtful"]) == ([], 0)
    assert editing.accept(cell, bars=None, base=3, author=cast.ada).revision.number == 3
    editing.undo(cell, base=3, author=cast.ada)
    assert doubted(latest(cell)) == [7]
    assert latest(cell).sha256 == Revision.objects.get(score=cell, number=1).sha256


def test_a_reading_again_can_be_undone_too(cell: Score, cast: Cast) -> None:
    services.add_revision(cell, document=song(3), reason="Read again from its pages", reading=reading(3, ()))
    editing.undo(cell, base=2, author=cast.ada)
    assert len(steps(latest(cell), 11)) == 4


def test_the_history_is_folded_by_person_and_time(cell: Score, cast: Cast) -> None:
    for number in range(1, 6):
        who = cast.ben if number == 4 else cast.ada
        editing.edit(cell, edits=[Edit("step", number, 0, {"by": 1})], base=number, author=who)
    first = Revision.objects.get(score=cell, number=2)
    Revision.objects.filter(pk=first.pk).update(created_at=first.created_at - timedelta(hours=1))
    lines = editing.history(list(cell.revisions.all()))
    assert [[revision.number for revision in line.revisions] for line in lines] == [[6], [5], [4, 3], [2], [1]]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_the_first(transactional_db: None) -> None:
    from tests.cast import make_cast

    ada = make_cast().ada
    cell = make_cell(ada)
    wanted = [[Edit("step", bar, 0, {"by": 1})] for bar in range(5)]
    answers = at_once(
        lambda index: editing.edit(Score.objects.get(pk=cell.pk), edits=wanted[index], base=1, author=ada), times=5
    )
    made = [answer for answer in answers if isinstance(answer, editing.Made)]
    assert len(made) == 1, answers
    assert all(isinstance(answer, Overtaken) for answer in answers if answer not in made), answers
    (first,) = made
    changed = [bar for bar in range(5) if steps(latest(cell), bar)[0] == "F"]
    assert latest(cell).number == 2
    assert changed == list(first.bars)


# --- the page -------------------------------------------------------------------------------------------------------


def post(client: Client, cell: Score, what: str, **body: Any) -> Any:
    path = f"/projects/{cell.project_id}/review/{cell.pk}/{what}/"
    return client.post(path, json.dumps(body), content_type="application/json")


def test_an_answer_has_all_that_its_page_shows(cell: Score, cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    told = post(ada, cell, "edit", base=1, edits=[{"do": "duration", "bar": 9, "note": 1, "type": "half"}]).json()
    assert (told["revision"], told["spans"]) == (2, [[0, 8], [8, 4]])
    (line,) = told["lines"]
    assert (line["first"], line["odd"]) == (8, {"9": "a quarter too long"})
    assert 'data-bar="1"' in line["svg"]
    assert 'data-note="1"' in line["svg"]
    assert (told["undo"], told["redo"]) == ("Bar 10: a half note", None)
    assert [doubt["measure"] for doubt in told["doubts"]] == [3, 7]
    told = post(ada, cell, "edit", base=2, edits=[{"do": "insert_bars", "bar": 0}]).json()
    assert told["moves"] == [[0, 0, 1]]
    assert told["boxes"][0][0] == 1
    assert told["light"] == "wrong"
    assert "13 bars" in told["why"]


def test_an_answer_s_line_is_that_of_its_revision(cell: Score, cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    told = post(ada, cell, "edit", base=1, edits=[{"do": "step", "bar": 9, "note": 0, "by": 1}]).json()
    fetched = ada.get(f"/projects/{cell.project_id}/review/{cell.pk}/r2/lines/?at=0,1").json()
    assert told["lines"] == fetched["lines"][1:]


def test_the_page_comes_with_the_first_line(cell: Score, cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    page = ada.get(f"/projects/{cell.project_id}/review/{cell.pk}/").content.decode()
    fetched = ada.get(f"/projects/{cell.project_id}/review/{cell.pk}/r1/lines/?at=0").json()["lines"][0]
    assert page.count(f'<div class="drawing">{fetched.pop("svg")}</div>') == 1
    told = re.search(r'id="desk-data"[^>]*>(.*?)</script>', page)
    assert told is not None
    assert json.loads(told[1])["lines"] == [fetched]


def test_a_line_is_changed_too_where_the_one_beside_it_ends_otherwise(cell: Score, cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    told = [
        post(ada, cell, "edit", base=base, edits=[{"do": "step", "bar": bar, "note": 0, "by": 1}]).json()
        for base, bar in enumerate((6, 7, 8, 9), start=1)
    ]
    assert [[line["first"] for line in one["lines"]] for one in told] == [[0], [0], [8], [8]]
    assert [one["changed"] for one in told] == [[0], [0, 8], [8, 0], [8]]


def test_a_refusal_is_told_in_words(cell: Score, cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    post(ada, cell, "accept", base=1, bars=[3])
    answer = post(ada, cell, "edit", base=1, edits=[{"do": "rest", "bar": 0, "note": 0}])
    assert answer.status_code == 409
    assert answer.json()["revision"] == 2
    assert "Ada changed “March – Flute” meanwhile: Bar 4 accepted. That was at" in answer.json()["message"]
    answer = post(ada, cell, "edit", base=2, edits=[{"do": "tie", "bar": 0, "note": 0}])
    assert (answer.status_code, answer.json()["message"][:16]) == (422, "There is no note")
    for body in ({}, {"base": "2"}, {"base": True}):
        assert post(ada, cell, "undo", **body).status_code == 422
    path = f"/projects/{cell.project_id}/review/{cell.pk}/edit/"
    assert ada.post(path, "no json", content_type="application/json").status_code == 422


def test_lines_bars_sound_and_history_are_fetched(cell: Score, cast: Cast, as_: Any) -> None:
    ada, base = as_(cast.ada), f"/projects/{cell.project_id}/review/{cell.pk}"
    told = ada.get(f"{base}/r1/lines/?at=1,99,x").json()
    assert [line["first"] for line in told["lines"]] == [8]
    assert ada.get(f"{base}/r1/bar/0/").json()["metre"] == "4/4"
    assert ada.get(f"{base}/r1/bar/99/").status_code == 404
    assert len(ada.get(f"{base}/r1/sound/0/?bars=2").json()["notes"]) == 8
    editing.edit(cell, edits=[UP], base=1, author=cast.ada)
    editing.edit(cell, edits=[UP], base=2, author=cast.ada)
    assert "2 changes by Ada" in ada.get(f"{base}/history/").content.decode()
    assert desk(cell, latest(cell), ())["undo"] == "Bar 4: note up a step, to G4"


def test_what_is_on_the_screen_is_what_is_exported(cell: Score, cast: Cast, as_: Any) -> None:
    post(as_(cast.ada), cell, "edit", base=1, edits=[{"do": "pitch", "bar": 2, "note": 1, "step": "B", "octave": 5}])
    exported = as_(cast.ada).get(f"/scores/{cell.pk}/r2.musicxml").content
    assert read(exported).findall("part/measure")[2].findall("note/pitch/octave")[1].text == "5"


# --- the same in the other books ------------------------------------------------------------------------------------


def test_what_all_books_share_is_carried_over(cell: Score, cast: Cast, as_: Any) -> None:
    ada, tuba = as_(cast.ada), Score.objects.get(book__instrument="Tuba")
    answer = post(ada, cell, "edit", base=1, edits=[{"do": "repeat", "bar": 7, "side": "right"}]).json()
    assert answer["shared"] == {
        "edit": {"do": "repeat", "bar": 7, "side": "right", "on": True}, "base": 1, "books": 1
    }  # fmt: skip
    asked = {"edit": answer["shared"]["edit"], "base": 1}
    (row,) = post(ada, cell, "elsewhere", **asked).json()["books"]
    assert (row["instrument"], row["does"], row["said"]) == ("Tuba", True, "Bar 8: end of a repeat")
    assert latest(tuba).number == 1
    (row,) = post(ada, cell, "elsewhere", **asked, apply=True).json()["books"]
    assert (row["does"], latest(tuba).number, latest(tuba).reason) == (True, 2, "Bar 8: end of a repeat")
    (row,) = post(ada, cell, "elsewhere", **asked).json()["books"]
    assert (row["does"], row["said"]) == (False, "bar 8 has it already")
    editing.undo(tuba, base=2, author=cast.ada)
    assert latest(tuba).sha256 == Revision.objects.get(score=tuba, number=1).sha256


def test_bars_are_put_into_every_book_at_their_place(cell: Score, cast: Cast) -> None:
    tuba = Score.objects.get(book__instrument="Tuba")
    editing.edit(tuba, edits=[Edit("insert_bars", 0)], base=1, author=cast.ada)  # a pick-up that the flute lacks
    for score in (cell, tuba):
        at = 4 + (score == tuba)
        base = latest(score).number
        editing.edit(score, edits=[Edit("words", at, None, {"kind": "rehearsal", "text": "A"})], base=base, author=None)
    edit = Edit("insert_bars", 6, None, {"count": 2})
    editing.edit(cell, edits=[edit], base=2, author=cast.ada)
    (row,) = elsewhere.plan(cell, edit=edit, before=2)
    assert (row.bar, row.does) == (7, True)
    elsewhere.carry(cell, edit=edit, before=2, books=None, author=cast.ada)
    assert (latest(cell).summary["bars"], latest(tuba).summary["bars"]) == (14, 15)


def test_a_key_is_carried_over_as_it_sounds(cell: Score, cast: Cast) -> None:
    clarinet = Score.objects.get(book__instrument="Tuba")
    with latest(clarinet).document.open("rb") as file:
        document = file.read().replace(
            b"</clef></attributes>",
            b"</clef><transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>",
        )
    services.add_revision(clarinet, document=document, reason="In B flat")
    (row,) = elsewhere.plan(cell, edit=Edit("key", 3, None, {"fifths": -1}), before=1)
    assert (row.said, row.does) == ("Bar 4: 1 sharp from here on", True)


def test_one_book_s_own_business_is_not_carried(cell: Score, cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    answer = post(ada, cell, "edit", base=1, edits=[{"do": "step", "bar": 7, "note": 0}]).json()
    assert "shared" not in answer
    answer = post(ada, cell, "elsewhere", base=1, edit={"do": "step", "bar": 7, "note": 0})
    assert (answer.status_code, answer.json()["message"]) == (422, "This change is about one book alone.")


# --- the API --------------------------------------------------------------------------------------------------------


def test_the_api_edits_undoes_and_tells_who_was_faster(cell: Score, cast: Cast, as_: Any) -> None:
    ada, root = as_(cast.ada), f"/api/v1/projects/{cell.project_id}/cells/{cell.pk}"

    def ask(what: str, **body: Any) -> Any:
        return ada.post(f"{root}/{what}/", json.dumps(body), content_type="application/json")

    answer = ask("edits", base=1, edits=[{"do": "insert_bars", "bar": 2, "count": 3}])
    assert answer.json() == {
        "revision": 2, "said": ["Bar 3: 3 bars put in"], "bars": [2, 3, 4],
        "moves": [{"at": 2, "gone": 0, "come": 3}],
    }  # fmt: skip
    answer = ask("edits", base=1, edits=[{"do": "step", "bar": 0, "note": 0}])
    assert answer.status_code == 409
    assert {name: answer.json()[name] for name in ("revision", "by")} == {"revision": 2, "by": "Ada"}
    assert answer["Content-Type"] == "application/problem+json"
    assert ask("undo", base=2).json()["revision"] == 3
    assert ask("redo", base=3).json()["revision"] == 4
    assert ask("accept", base=4, bars=None).json()["said"] == ["2 doubtful bars accepted"]
    (row,) = ask("elsewhere", base=1, edit={"do": "insert_bars", "bar": 2}, apply=True).json()
    assert (row["instrument"], row["does"]) == ("Tuba", True)
    for body in ({}, {"base": 5}, {"base": 5, "edits": []}, {"base": 5, "edits": [3]}):
        assert ask("edits", **body).status_code == 400
    assert ask("edits", base=5, edits=[{"do": "fly", "bar": 0}]).status_code == 422
