"""/scores/…: the page, its parts, the document; everything for Ada, nothing for Ben."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notation import services
from notation.models import Score
from projects.models import Project
from projects.services import trash_project
from tests.cast import Cast
from tests.notation.documents import guitar


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Any:
    return as_(cast.ada)


def page(client: Any, score: Score, query: str = "") -> str:
    response = client.get(reverse("notation:score", args=[score.pk]) + query)
    assert response.status_code == 200
    return str(response.content.decode())


def told(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="score-data" type="application/json">(.*?)</script>', html, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_says_what_matters(ada: Any, score: Score) -> None:
    html = page(ada, score)
    for words in ("Study in C", "C major", "4/4", "A draft of everything pitched.", "Transcribed"):
        assert words in html


def test_the_page_asks_few_questions_of_the_database(ada: Any, score: Score) -> None:
    from django.db import connection

    for bars in (5, 6, 7):
        services.add_revision(score, document=guitar(bars=bars), reason="Changed", author=score.project.owner)
    with CaptureQueriesContext(connection) as asked:
        page(ada, score)
    assert len(asked) <= 9


def test_ben_finds_nothing(score: Score, cast: Cast, as_: Any) -> None:
    ben = as_(cast.ben)
    for name in ("score", "facts", "latest"):
        assert ben.get(reverse(f"notation:{name}", args=[score.pk])).status_code == 404
    assert ben.get(reverse("notation:revision_document", args=[score.pk, 1])).status_code == 404
    assert ben.post(reverse("notation:rename", args=[score.pk]), {"title": "Mine"}).status_code == 404
    assert ben.post(reverse("notation:restore", args=[score.pk, 1])).status_code == 404
    score.refresh_from_db()
    assert score.title == "Study in C"


def test_nobody_finds_a_score_of_a_trashed_project(ada: Any, score: Score) -> None:
    trash_project(score.project)
    assert ada.get(reverse("notation:score", args=[score.pk])).status_code == 404


def test_without_a_recording_no_times_are_told(ada: Any, score: Score) -> None:
    assert told(page(ada, score))["sync"] == []


def test_the_document_is_what_was_kept(ada: Any, score: Score) -> None:
    response = ada.get(reverse("notation:revision_document", args=[score.pk, 1]))
    assert response.content == guitar(bars=4)
    assert response["Content-Type"] == "application/vnd.recordare.musicxml+xml"
    assert 'filename="Study in C.musicxml"' in response["Content-Disposition"]
    assert "immutable" in response["Cache-Control"]


def test_a_known_document_is_not_sent_again(ada: Any, score: Score) -> None:
    url = reverse("notation:revision_document", args=[score.pk, 1]) + "?view=player"
    first = ada.get(url)
    again = ada.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = ada.get(url.replace("player", "tab"), headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("query", ["?view=x", "?view=../player"])
def test_a_view_that_there_is_not_is_not_found(ada: Any, score: Score, query: str) -> None:
    assert ada.get(reverse("notation:revision_document", args=[score.pk, 1]) + query).status_code == 404


def test_an_older_revision_can_be_read_and_not_renamed(ada: Any, score: Score) -> None:
    services.add_revision(score, document=guitar(bars=5), reason="Longer")
    html = page(ada, score, "?revision=1")
    assert told(html)["document"].startswith(f"/scores/{score.pk}/r1.musicxml")
    assert "Make this the newest" in html
    assert reverse("notation:rename", args=[score.pk]) not in html


@pytest.mark.parametrize("number", ["99", "999999999999999"])
def test_a_revision_that_there_is_not(ada: Any, score: Score, number: str) -> None:
    response = ada.get(reverse("notation:score", args=[score.pk]) + f"?revision={number}")
    assert response.status_code in (200, 404)
    if response.status_code == 200:
        assert told(response.content.decode())["number"] == 1


def test_restoring_leads_to_the_newest(ada: Any, score: Score) -> None:
    services.add_revision(score, document=guitar(bars=5), reason="Longer")
    response = ada.post(reverse("notation:restore", args=[score.pk, 1]))
    assert response.url == reverse("notation:score", args=[score.pk])
    assert told(page(ada, score))["number"] == 3


def test_an_open_page_hears_of_a_new_revision(ada: Any, score: Score) -> None:
    url = reverse("notation:latest", args=[score.pk])
    assert ada.get(url + "?after=1").status_code == 204
    services.add_revision(score, document=guitar(bars=5), reason="Longer")
    news = ada.get(url + "?after=1")
    assert news.json()["number"] == 2
    assert news["Cache-Control"] == "no-store"


def test_the_facts_bring_the_history_along(ada: Any, score: Score) -> None:
    services.add_revision(score, document=guitar(bars=5), reason="Capo: 2", summary={"capo": 2})
    html = ada.get(reverse("notation:facts", args=[score.pk]), headers={"HX-Request": "true"}).content.decode()
    assert 'id="score-facts"' in html
    assert "fret 2" in html
    assert re.search(r'id="score-history"[^>]*hx-swap-oob', html)
    assert html.index("Capo: 2") < html.index("Transcribed")


def test_renaming_answers_with_the_heading(ada: Any, score: Score) -> None:
    response = ada.post(
        reverse("notation:rename", args=[score.pk]), {"title": "Étude <1>"}, headers={"HX-Request": "true"}
    )
    assert "<h1>Étude &lt;1&gt;</h1>" in response.content.decode()
    score.refresh_from_db()
    assert score.title == "Étude <1>"


def test_an_empty_name_is_refused_in_words(ada: Any, score: Score) -> None:
    response = ada.post(reverse("notation:rename", args=[score.pk]), {"title": " "}, headers={"HX-Request": "true"})
    assert "needs a title" in response.content.decode()


def test_a_project_lists_its_scores_in_few_questions(ada: Any, score: Score, project: Project) -> None:
    from django.db import connection

    for k in range(5):
        services.create_score(project, title=f"Study {k}", document=guitar(), reason="Opened")
    with CaptureQueriesContext(connection) as asked:
        response = ada.get(reverse("notation:of_project", args=[project.pk]))
    html = response.content.decode()
    assert all(f"Study {k}" in html for k in range(5))
    assert "C major" in html
    assert len(asked) <= 6


def test_a_title_cannot_carry_a_script(ada: Any, score: Score) -> None:
    services.rename_score(score, title="</script><script>alert(1)</script>")
    assert "<script>alert(1)" not in page(ada, score)


def test_the_summary_tells_what_is_unusual_and_nothing_else() -> None:
    from notation.views import summary_lines

    told = summary_lines(
        {
            "key": "D minor",
            "tempo": 92.4,
            "capo": 2,
            "level": "easy",
            "swing": "yes",
            "parts": 1,
            "bars": 12,
            "notes": 80,
        }
    )
    assert told == [
        ("Key", "D minor"),
        ("Tempo", "♩ = 92"),
        ("Capo", "fret 2"),
        ("Level", "easy"),
        ("Feel", "swing"),
        ("Bars", "12"),
    ]
    assert summary_lines({"capo": 0, "level": "full", "swing": "no", "parts": 1}) == []
