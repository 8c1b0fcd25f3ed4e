"""Revisions: made in order, never changed, restored as new ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from notation import services
from notation.models import Revision, Score
from notation.musicxml import NotationError
from projects.models import Project
from tests.notation.documents import guitar


def numbers(score: Score) -> list[int]:
    return list(score.revisions.order_by("number").values_list("number", flat=True))


def test_a_new_score_is_its_revision_1(score: Score) -> None:
    (revision,) = score.revisions.all()
    assert revision.number == 1
    assert revision.document.read() == guitar(bars=4)
    assert revision.sync == [[0, 0.0, 0.5], [0, 1.0, 1.0]]


def test_another_document_is_the_next_revision(score: Score) -> None:
    made = services.add_revision(score, document=guitar(bars=5), reason="Tempo: double")
    assert (made.number, made.reason) == (2, "Tempo: double")
    assert score.latest == made


def same(score: Score, **changed: Any) -> dict[str, Any]:
    last = score.latest
    assert last is not None
    fields: dict[str, Any] = {
        "document": guitar(bars=4),
        "options": last.options,
        "sync": last.sync,
        "summary": last.summary,
        "notices": last.notices,
    }
    return fields | changed


def test_nothing_new_makes_no_revision(score: Score) -> None:
    again = services.add_revision(score, reason="Made again", **same(score))
    assert again.number == 1
    assert numbers(score) == [1]


@pytest.mark.parametrize("change", [{"sync": [(0, 0, 0.6), (0, 1, 1.1)]}, {"options": {"tab.capo": 2}}])
def test_the_same_document_with_other_times_or_options_is_a_revision(score: Score, change: dict[str, Any]) -> None:
    assert services.add_revision(score, reason="Changed", **same(score, **change)).number == 2


def test_a_revision_never_changes(score: Score) -> None:
    revision = score.latest
    assert revision is not None
    revision.reason = "Something else"
    with pytest.raises(TypeError):
        revision.save()
    revision.refresh_from_db()
    assert revision.reason == "Transcribed"


def test_who_loses_the_race_for_a_number_takes_the_next(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    rivals = [5, 6]  # bars of the documents that others file between our number and our row

    def content(document: bytes) -> ContentFile[bytes]:
        if rivals:
            services.add_revision(score, document=guitar(bars=rivals.pop()), reason="A rival")
        return ContentFile(document)

    monkeypatch.setattr(services, "ContentFile", content)
    mine = services.add_revision(score, document=guitar(bars=7), reason="Mine")
    assert mine.number == 4
    assert numbers(score) == [1, 2, 3, 4]
    assert mine.document.read() == guitar(bars=7)


def test_the_loser_of_a_race_leaves_no_file_behind(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(revision: Revision, *args: Any, **kwargs: Any) -> None:
        raise OSError("the disk is full")

    before = default_storage.listdir(f"scores/{score.pk}")[1]
    monkeypatch.setattr(Revision, "save", save)
    with pytest.raises(OSError, match="disk"):
        services.add_revision(score, document=guitar(bars=5), reason="Lost")
    assert default_storage.listdir(f"scores/{score.pk}")[1] == before


def test_an_older_revision_becomes_the_newest_as_a_new_one(score: Score) -> None:
    services.add_revision(score, document=guitar(bars=5), reason="Changed")
    first = score.revisions.get(number=1)
    back = services.restore_revision(first, author=score.project.owner)
    assert (back.number, back.reason, back.sha256) == (3, "Back to revision 1", first.sha256)
    assert back.sync == first.sync
    assert numbers(score) == [1, 2, 3]


def test_a_score_that_goes_takes_its_documents_along(score: Score, django_capture_on_commit_callbacks: Any) -> None:
    name = score.revisions.get().document.name
    assert name is not None
    with django_capture_on_commit_callbacks(execute=True):
        score.delete()
    assert not default_storage.exists(name)


def test_a_title_is_tidied(project: Project) -> None:
    made = services.create_score(project, title="  Two \n words ", document=guitar(), reason="Opened")
    assert made.title == "Two words"


def test_an_empty_title_is_refused(score: Score) -> None:
    with pytest.raises(NotationError, match="title"):
        services.rename_score(score, title=" \n ")
    score.refresh_from_db()
    assert score.title == "Study in C"
