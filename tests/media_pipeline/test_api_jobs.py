"""Jobs and exports by the API, and in the admin."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from media_pipeline.models import Job
from projects.models import Source
from tests.cast import Cast
from tests.media_pipeline.conftest import Start, Work

JSON = {"content_type": "application/json"}


def test_a_job_is_started_watched_cancelled_and_retried(source: Source, as_: Any, people: Cast, work: Work) -> None:
    ada = as_(people.ada)
    asked = {"project": source.project_id, "recipe": "guitar-tab", "sources": [source.pk]}
    made = ada.post("/api/v1/jobs/", asked, **JSON)
    assert made.status_code == 201
    url = made["Location"]
    seen = ada.get(url).json()
    assert (seen["state"], seen["percent"], seen["place"]) == ("waiting", 0, 1)
    assert seen["steps"][0]["stage"] == "decode"
    assert ada.post(f"{url}cancel/", **JSON).json()["state"] == "cancelled"
    assert ada.post(f"{url}retry/", {}, **JSON).json()["state"] == "waiting"
    assert [row["id"] for row in ada.get(f"/api/v1/jobs/?project={source.project_id}").json()["results"]] == [
        seen["id"]
    ]


def test_options_are_changed_by_a_job_that_follows(start: Start, work: Work, as_: Any, people: Cast) -> None:
    job = start("slow", {"slow.seconds": 0.01})
    work()
    again = as_(people.ada).post(reverse("api:job-change", args=[job.pk]), {"options": {"after.word": "x"}}, **JSON)
    assert again.status_code == 201
    assert [step["cached"] for step in again.json()["steps"]] == [True, False]


def test_refusals_are_problems(start: Start, work: Work, source: Source, as_: Any, people: Cast) -> None:
    ada = as_(people.ada)
    asked = {"project": source.project_id, "recipe": "guitar-tab", "sources": [source.pk], "options": {"x.y": 1}}
    refused = ada.post("/api/v1/jobs/", asked, **JSON)
    assert refused.status_code == 422
    assert "has no option" in refused.json()["detail"]
    job = start("refuse")
    work()
    assert ada.post(reverse("api:job-retry", args=[job.pk]), {}, **JSON).status_code == 422


def test_other_peoples_are_404(start: Start, source: Source, as_: Any, people: Cast) -> None:
    ben, job = as_(people.ben), start("slow")
    assert ben.get(reverse("api:job-detail", args=[job.pk])).status_code == 404
    for name in ("api:job-cancel", "api:job-retry", "api:job-change"):
        assert ben.post(reverse(name, args=[job.pk]), {}, **JSON).status_code == 404
    asked = {"project": source.project_id, "recipe": "guitar-tab", "sources": [source.pk]}
    assert ben.post("/api/v1/jobs/", asked, **JSON).status_code == 404
    assert ben.get("/api/v1/jobs/").json()["count"] == 0


def test_recipes_tell_their_options(as_: Any, people: Cast) -> None:
    recipes = {row["name"]: row for row in as_(people.ada).get("/api/v1/recipes/").json()}
    names = {option["name"] for option in recipes["guitar-tab"]["options"]}
    assert "decode.trim_start" in names
    assert "export" not in recipes


def test_the_admin_shows_cancels_and_retries(start: Start, work: Work, as_: Any, people: Cast) -> None:
    olga = as_(people.olga)
    if not people.olga.is_staff:
        type(people.olga).objects.filter(pk=people.olga.pk).update(is_staff=True, is_superuser=True)
    job = start("refuse")
    work()
    page = olga.get(reverse("admin:media_pipeline_job_change", args=[job.pk])).content.decode()
    assert "This file has no sound in it." in page
    assert "Traceback" in page
    waiting = start("slow")
    url = reverse("admin:media_pipeline_job_changelist")
    olga.post(url, {"action": "cancel", "_selected_action": [waiting.pk]})
    assert Job.objects.get(pk=waiting.pk).state == "cancelled"
    olga.post(url, {"action": "retry", "_selected_action": [waiting.pk, job.pk]})
    assert Job.objects.get(pk=waiting.pk).state == "waiting"
    assert Job.objects.get(pk=job.pk).state == "failed", "trying that again cannot help"
    for model in ("worker", "speed", "artifact"):
        assert olga.get(reverse(f"admin:media_pipeline_{model}_changelist")).status_code == 200
