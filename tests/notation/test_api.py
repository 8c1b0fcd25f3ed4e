"""/api/v1/scores/"""

from __future__ import annotations

from typing import Any

import pytest

from notation import services
from notation.models import Score
from tests.cast import Cast
from tests.notation.documents import guitar


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Any:
    return as_(cast.ada)


def test_a_score_says_its_newest_revision(ada: Any, score: Score) -> None:
    services.add_revision(score, document=guitar(bars=5), reason="Longer")
    body = ada.get(f"/api/v1/scores/{score.pk}/").json()
    assert (body["title"], body["kind"], body["latest"]) == ("Study in C", "guitar-tab", 2)


def test_scores_of_one_project(ada: Any, score: Score) -> None:
    assert ada.get(f"/api/v1/scores/?project={score.project_id}").json()["count"] == 1
    assert ada.get("/api/v1/scores/?project=99999").status_code == 404
    assert ada.get("/api/v1/scores/?project=x").status_code == 404


def test_the_list_asks_few_questions(ada: Any, score: Score, django_assert_max_num_queries: Any) -> None:
    for k in range(8):
        services.create_score(score.project, title=f"Study {k}", document=guitar(), reason="Opened")
    with django_assert_max_num_queries(8):
        assert ada.get("/api/v1/scores/").json()["count"] == 9


def test_its_revisions_and_their_documents(ada: Any, score: Score) -> None:
    services.add_revision(score, document=guitar(bars=5), reason="Longer")
    listed = ada.get(f"/api/v1/scores/{score.pk}/revisions/").json()
    assert [r["number"] for r in listed] == [2, 1]
    assert ada.get(listed[1]["document"]).content == guitar(bars=4)
    assert ada.get(f"/api/v1/scores/{score.pk}/revisions/1/").json()["reason"] == "Transcribed"
    assert ada.get(f"/api/v1/scores/{score.pk}/revisions/3/").status_code == 404


def test_renaming(ada: Any, score: Score) -> None:
    response = ada.patch(f"/api/v1/scores/{score.pk}/", {"title": "Étude"}, content_type="application/json")
    assert response.json()["title"] == "Étude"
    score.refresh_from_db()
    assert score.title == "Étude"


def test_what_cannot_be_changed_stays(ada: Any, score: Score) -> None:
    ada.patch(f"/api/v1/scores/{score.pk}/", {"kind": "drums", "project": 77}, content_type="application/json")
    score.refresh_from_db()
    assert score.kind == "guitar-tab"


def test_restoring(ada: Any, score: Score) -> None:
    services.add_revision(score, document=guitar(bars=5), reason="Longer")
    made = ada.post(f"/api/v1/scores/{score.pk}/revisions/1/restore/")
    assert (made.status_code, made.json()["number"]) == (201, 3)


def test_ben_finds_nothing(score: Score, cast: Cast, as_: Any) -> None:
    ben = as_(cast.ben)
    assert ben.get("/api/v1/scores/").json()["count"] == 0
    for path in ("", "revisions/", "revisions/1/", "revisions/1/document/"):
        assert ben.get(f"/api/v1/scores/{score.pk}/{path}").status_code == 404
    assert ben.post(f"/api/v1/scores/{score.pk}/revisions/1/restore/").status_code == 404
