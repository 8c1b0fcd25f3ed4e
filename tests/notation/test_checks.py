"""The band's proof-reading as people use it: found, repaired, left, undone; good for the parts it was made of."""

from __future__ import annotations

from typing import Any

import pytest

from notation import checks, services
from notation.models import Dismissal, Revision, Score, Song, SongCheck
from notation.musicxml import NotationError
from notation.musicxml.read import read
from projects.models import Project
from tests.cast import Cast
from tests.notation.band import BARS, REPEAT, cell, hold_together, part_document, set_up

ERRORS: dict[str, dict[str, Any]] = {"Oboe": {"repeat": False}, "Baritone": {"mark": "B"}}


@pytest.fixture
def band(project: Project) -> Project:
    set_up(project, errors=ERRORS)
    return project


def standing(project: Project) -> checks.Standing:
    (row,) = checks.standing(project)
    return row


def latest(score: Score) -> Revision:
    revision = score.latest
    assert revision is not None
    return revision


def document(score: Score) -> bytes:
    with latest(score).document.open("rb") as file:
        content: bytes = file.read()
    return content


def finding(project: Project, kind: str) -> checks.Finding:
    return next(one for one in standing(project).open if one.kind == kind)


def test_what_nobody_looked_at_is_said_to_be_so(band: Project) -> None:
    row = standing(band)
    assert not row.checked
    assert not row.fresh
    assert row.open == ()
    assert checks.stale(band)


def test_a_band_finds_its_errors_and_mends_nothing_unasked(band: Project) -> None:
    assert hold_together(band) == []
    row = standing(band)
    assert row.fresh
    assert not checks.stale(band)
    assert {(one.book.instrument, one.kind) for one in row.telling} == {("Oboe", "road"), ("Baritone", "rehearsal")}
    assert finding(band, "road").bars == [REPEAT + 1]
    assert finding(band, "rehearsal").proposal == "Write “A” at bar 9"
    assert Revision.objects.filter(number__gt=1).count() == 0
    assert checks.open_counts(band)[row.song.pk, cell(band, "Oboe").book_id or 0] == 1


def test_after_reading_what_is_sure_is_a_revision_of_its_own_that_can_be_undone(band: Project) -> None:
    said = hold_together(band, mend=True)
    assert said == ["March – Oboe: 1 repair", "March – Baritone: 1 repair"]
    assert [revision.reason for revision in cell(band, "Oboe").revisions.order_by("number")] == [
        "Read from its pages",
        "The band’s proof-reading: Oboe has a plain bar line at bar 8; "
        "Flute 1, Trombone 1 and Baritone have the end of a repeat.",
    ]
    assert read(document(cell(band, "Oboe"))).find(f"part/measure[{REPEAT + 1}]/barline/repeat") is not None
    row = standing(band)
    assert row.fresh
    assert row.telling == []
    undone = checks.undo(latest(cell(band, "Oboe")), author=band.owner)
    assert undone.reason == "Back to revision 1"
    assert undone.reading == latest(cell(band, "Oboe")).reading
    # What she has put back is told again, and never mended behind her back.
    assert hold_together(band, mend=True) == []
    assert finding(band, "road").sure


def test_a_repair_is_a_revision_with_its_reason(band: Project) -> None:
    hold_together(band)
    one = finding(band, "rehearsal")
    assert checks.repair(one.song, keys=[one.key], author=band.owner) == 1
    revision = latest(cell(band, "Baritone"))
    assert revision.reason.startswith("The band’s proof-reading: Baritone has “B”")
    assert revision.options["band"] == {"sentences": [one.sentence], "bars": [8]}
    assert revision.author == band.owner
    assert len(revision.reading["bars"]) == BARS
    assert [left.kind for left in standing(band).telling] == ["road"]
    assert checks.stale(band)
    hold_together(band)
    assert [left.kind for left in standing(band).telling] == ["road"]
    assert [made.undoable for made in checks.repairs_made(band)] == [True]  # type: ignore[attr-defined]


def test_a_repair_taken_back_at_once_is_found_again(band: Project) -> None:
    hold_together(band)
    one = finding(band, "road")
    checks.repair(one.song, keys=[one.key], author=None)
    checks.undo(latest(cell(band, "Oboe")), author=None)
    assert not standing(band).fresh
    hold_together(band)
    assert finding(band, "road").key == one.key


def test_what_is_right_so_is_remembered(band: Project) -> None:
    hold_together(band)
    one = finding(band, "road")
    checks.dismiss(one.song, key=one.key, author=band.owner)
    # The part changes elsewhere, so that everything is looked at anew, and its bar stands elsewhere.
    oboe = cell(band, "Oboe")
    changed = document(oboe).replace(b"<step>G</step>", b"<step>A</step>", 1)
    services.add_revision(oboe, document=changed, reason="Mended", reading=latest(oboe).reading)
    assert not standing(band).fresh
    hold_together(band)
    row = standing(band)
    assert "road" not in {left.kind for left in row.open}
    assert [left.sentence for left in row.dismissed] == [one.sentence]
    assert Dismissal.objects.get().author == band.owner
    checks.look_again(one.song, key=one.key)
    assert "road" in {left.kind for left in standing(band).open}


def test_a_repair_of_a_bar_that_has_changed_is_refused(band: Project) -> None:
    hold_together(band)
    one = finding(band, "road")
    oboe = cell(band, "Oboe")
    services.add_revision(oboe, document=part_document("Oboe", repeat=False, rests=[REPEAT]), reason="Mended")
    before = Revision.objects.count()
    with pytest.raises(NotationError, match="changed since"):
        checks.repair(one.song, keys=[one.key], author=band.owner)
    assert Revision.objects.count() == before


def test_an_undo_of_what_was_changed_since_is_refused(band: Project) -> None:
    hold_together(band, mend=True)
    repaired = latest(cell(band, "Oboe"))
    services.add_revision(cell(band, "Oboe"), document=part_document("Oboe"), reason="Mended")
    with pytest.raises(NotationError, match="has been changed since"):
        checks.undo(repaired, author=band.owner)


def test_a_book_short_of_bars_is_shown_where_it_slips(project: Project) -> None:
    set_up(project, errors={name: {"rests": [10, 11, 12]} for name in ("Flute 1", "Oboe", "Trombone 1", "Baritone")})
    short = read(part_document("Oboe", rests=[10, 11, 12]))
    for measure in short.findall("part/measure")[11:13]:
        short.find("part").remove(measure)  # type: ignore[union-attr]
    from notation.musicxml import tree

    told = latest(cell(project, "Oboe")).reading
    told = {**told, "bars": [bar for bar in told["bars"] if bar["measure"] < BARS - 2]}
    services.add_revision(cell(project, "Oboe"), document=tree.to_bytes(short), reason=checks.READ_AGAIN, reading=told)
    hold_together(project)
    one = finding(project, "bars")
    assert one.slips
    assert one.sentence.startswith("Oboe lacks 2 bars before bar ")
    assert one.proposal.startswith("Put in 2 bars of rest before bar ")
    checks.repair(one.song, keys=[one.key], author=None)
    oboe = latest(cell(project, "Oboe"))
    assert len(read(document(cell(project, "Oboe"))).findall("part/measure")) == BARS
    # What is known of the page goes with its bars.
    assert max(bar["measure"] for bar in oboe.reading["bars"]) == BARS - 1
    assert len(oboe.reading["bars"]) == BARS - 2
    assert oboe.summary["bars"] == BARS


def test_what_a_job_found_in_parts_that_changed_meanwhile_is_not_kept(band: Project) -> None:
    held = checks.table_of(band)
    services.add_revision(cell(band, "Oboe"), document=part_document("Oboe"), reason="Mended by hand")
    told = [{"song": one.song, "digest": one.digest, "mended": [], "found": []} for one in held]
    checks.keep(band, told, author=None)
    assert not SongCheck.objects.exists()


def test_books_that_share_no_song_have_nothing_to_say_to_each_other(project: Project) -> None:
    set_up(project)
    Score.objects.filter(book__instrument__in=["Oboe", "Baritone", "Trombone 1"]).delete()
    hold_together(project)
    assert standing(project).open == ()


# --- pages ----------------------------------------------------------------------------------------------------------


def test_the_page_lists_repairs_and_leaves(band: Project, cast: Cast, as_: Any) -> None:
    hold_together(band)
    ada, song = as_(cast.ada), Song.objects.get()
    page = ada.get(f"/projects/{band.pk}/checks/").content.decode()
    assert page.count('class="finding"') == 2
    assert "Repair the 2 that are sure" in page
    road, mark = finding(band, "road"), finding(band, "rehearsal")
    assert f"/scores/{road.score.pk}/bars/{REPEAT}.png" in page
    answer = ada.post(f"/songs/{song.pk}/checks/repair/", {"key": road.key}, headers={"HX-Request": "true"})
    assert "1 repair made." in answer.content.decode()
    answer = ada.post(f"/songs/{song.pk}/checks/dismiss/", {"key": mark.key}, headers={"HX-Request": "true"})
    assert "No disagreements" in answer.content.decode()
    revision = latest(cell(band, "Oboe"))
    ada.post(f"/scores/{revision.score_id}/r{revision.number}/undo/")
    assert latest(cell(band, "Oboe")).reason == "Back to revision 1"
    answer = ada.post(f"/songs/{song.pk}/checks/repair/", {"key": "none"}, headers={"HX-Request": "true"})
    assert "have changed since" in answer.content.decode()


def test_all_that_is_sure_is_one_click(band: Project, cast: Cast, as_: Any) -> None:
    hold_together(band)
    answer = as_(cast.ada).post(f"/projects/{band.pk}/checks/repair/")
    assert answer.status_code == 302
    assert standing(band).telling == []
    assert {made.score.book.instrument for made in checks.repairs_made(band) if made.score.book} == {"Oboe", "Baritone"}


def test_table_and_cell_tell_what_the_others_say(band: Project, cast: Cast, as_: Any) -> None:
    hold_together(band)
    ada = as_(cast.ada)
    page = ada.get(f"/projects/{band.pk}/review/").content.decode()
    assert page.count('class="cell cell-doubtful"') == 2
    assert "2 disagreements between books" in page
    oboe = cell(band, "Oboe")
    page = ada.get(f"/projects/{band.pk}/review/{oboe.pk}/").content.decode()
    assert "1 disagreement with the other books" in page
    assert f'data-go="{REPEAT}"' in page
    key = finding(band, "road").key
    answer = ada.post(f"/songs/{oboe.song_id}/checks/repair/", {"key": key, "cell": str(oboe.pk)})
    assert answer.headers["Location"] == f"/projects/{band.pk}/review/{oboe.pk}/"


def test_some_bars_are_drawn(band: Project, cast: Cast, as_: Any) -> None:
    oboe = cell(band, "Oboe")
    page = as_(cast.ada).get(f"/projects/{band.pk}/review/{oboe.pk}/r1/bars/6/?count=3").content.decode()
    assert [f'data-measure="{n}"' in page for n in range(5, 10)] == [False, True, True, True, False]
    assert "<svg" in page
