"""The band's proof-reading and the rules for derived parts by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from media_pipeline.models import Job
from notation import rules
from notation.models import Score, Song
from notation.score.derive import BUILTIN
from projects.models import Project
from tests.cast import Cast
from tests.notation.band import cell, hold_together, set_up

JSON = "application/json"


@pytest.fixture
def band(project: Project) -> Project:
    set_up(project, errors={"Oboe": {"repeat": False}, "Baritone": {"mark": "B"}})
    return project


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Client:
    client: Client = as_(cast.ada)
    return client


def test_checks_are_listed_repaired_and_left(band: Project, ada: Client, cast: Cast, as_: Any) -> None:
    root, song = f"/api/v1/projects/{band.pk}", Song.objects.get()
    (row,) = ada.get(f"{root}/checks/").json()
    assert (row["checked"], row["fresh"], row["open"]) == (False, False, [])
    hold_together(band)
    (row,) = ada.get(f"{root}/checks/").json()
    by_kind = {one["kind"]: one for one in row["open"]}
    road, mark = by_kind["road"], by_kind["rehearsal"]
    assert (road["cell"], road["bars"], road["sure"]) == (cell(band, "Oboe").pk, [8], True)
    left = ada.post(f"{root}/checks/dismiss/", {"song": song.pk, "key": mark["key"]}, content_type=JSON).json()
    assert [one["key"] for one in left["dismissed"]] == [mark["key"]]
    left = ada.post(f"{root}/checks/repair/", {"song": song.pk}, content_type=JSON).json()
    assert left["open"] == []
    answer = ada.post(f"{root}/checks/repair/", {"song": song.pk, "keys": [road["key"]]}, content_type=JSON)
    assert (answer.status_code, "changed since" in answer.json()["detail"]) == (409, True)
    again = {"song": song.pk, "key": mark["key"], "again": True}
    left = ada.post(f"{root}/checks/dismiss/", again, content_type=JSON).json()
    assert [one["key"] for one in left["open"]] == [mark["key"]]
    assert as_(cast.ben).post(f"{root}/checks/repair/", {"song": song.pk}, content_type=JSON).status_code == 404


def test_a_song_of_another_project_is_not_there(band: Project, ada: Client, cast: Cast) -> None:
    other = Project.objects.create(owner=cast.ada, title="Other")
    asked = {"song": Song.objects.get().pk, "key": "x"}
    assert ada.post(f"/api/v1/projects/{other.pk}/checks/dismiss/", asked, content_type=JSON).status_code == 404


def test_the_parts_are_held_together_on_request(band: Project, ada: Client, no_rings: None) -> None:
    answer = ada.post(f"/api/v1/projects/{band.pk}/proof-reading/")
    assert (answer.status_code, answer.json()["recipe"]) == (200, "proof-reading")
    assert ada.post(f"/api/v1/projects/{band.pk}/proof-reading/").json()["id"] == answer.json()["id"]
    Job.objects.all().delete()
    hold_together(band)
    assert ada.post(f"/api/v1/projects/{band.pk}/proof-reading/").status_code == 204


def test_rules_are_listed_changed_and_put_back(band: Project, ada: Client) -> None:
    root = f"/api/v1/projects/{band.pk}/rules"
    found = ada.get(f"{root}/").json()
    assert [one["rule"]["target"] for one in found] == [rule.target for rule in BUILTIN]
    assert found[0]["rule"]["sources"][0] == {"part": "Flute", "voice": "lower"}
    assert found[4]["took"] == [{"part": "Trombone 1", "songs": ["March"], "why": ""}]
    assert found[3]["missing"][0].startswith("March: There is no Flute 3.")
    asked = {"target": "Soprano Sax", "sources": [{"part": "Oboe"}]}
    answer = ada.post(f"{root}/", asked, content_type=JSON)
    assert (answer.status_code, answer.json()[-1]["ticked"]) == (201, True)
    ada.post(f"{root}/10/move/", {"to": 0}, content_type=JSON)
    changed = ada.put(f"{root}/0/", {**asked, "octaves": -1}, content_type=JSON).json()
    assert (changed[0]["id"], changed[0]["rule"]["octaves"]) == (0, -1)
    assert ada.delete(f"{root}/0/").status_code == 204
    answer = ada.post(f"{root}/", {"target": "Kazoo", "sources": [{"part": "Oboe"}]}, content_type=JSON)
    assert (answer.status_code, "no instrument" in answer.json()["detail"]) == (422, True)
    circle = [
        {"target": "Cello", "sources": [{"part": "Bassoon"}]},
        {"target": "Bassoon", "sources": [{"part": "Cello"}]},
    ]
    answer = ada.put(f"{root}/all/", circle, content_type=JSON)
    assert (answer.status_code, "need each other" in answer.json()["detail"]) == (422, True)
    assert len(ada.put(f"{root}/all/", circle[:1], content_type=JSON).json()) == 1
    assert len(ada.post(f"{root}/reset/").json()) == len(BUILTIN)
    assert ada.delete(f"{root}/99/").status_code == 404


def test_a_rule_is_looked_at_and_carried_out(band: Project, ada: Client, no_rings: None) -> None:
    root = f"/api/v1/projects/{band.pk}"
    shown = ada.get(f"{root}/rules/4/preview/").json()
    assert (shown["reason"], shown["first"], "<svg" in shown["drawing"]) == ("Trombone 1", 1, True)
    assert ada.get(f"{root}/rules/3/preview/").status_code == 422
    ada.post(f"{root}/rules/tick/", {"targets": ["Cello", "Nothing"]}, content_type=JSON)
    assert rules.ticked_of(band) == ["Cello"]
    answer = ada.post(f"{root}/derive/")
    assert (answer.status_code, answer.json()["recipe"]) == (201, "derived-parts")
    assert Score.objects.count() == 4


@pytest.fixture
def no_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No queue is rung."""
    monkeypatch.setattr("media_pipeline.tasks.ring_cluster", lambda *_: None)
