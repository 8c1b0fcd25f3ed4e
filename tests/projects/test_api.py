"""Projects, sources, uploads and oneself by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.tokens import make_token
from projects import services, uploads
from projects.models import Project, Source, Upload
from tests.cast import Cast, bring, wav

SONG = wav(0.2)


class Api:
    """Ada or somebody else, with a token."""

    def __init__(self, user: Any) -> None:
        self.client = Client(headers={"Authorization": f"Token {make_token(user, name='test')[1]}"})

    def __call__(self, method: str, path: str, data: Any = None, **more: Any) -> Any:
        more = {"content_type": "application/json"} | more
        if data is not None:
            more["data"] = data
        return getattr(self.client, method)(f"/api/v1/{path}", **more)


@pytest.fixture
def ada(cast: Cast) -> Api:
    return Api(cast.ada)


@pytest.fixture
def ben(cast: Cast) -> Api:
    return Api(cast.ben)


def test_me(ada: Api) -> None:
    me = ada("get", "me/").json()
    assert (me["email"], me["name"], me["limits"]["role"], me["used_bytes"]) == ("ada@example.org", "Ada", "user", 0)
    changed = ada("patch", "me/", {"name": "A.", "preferences": {"capo": 3, "tuning": "Drop D"}}).json()
    assert (changed["name"], changed["preferences"]["capo"], changed["preferences"]["tuning"]) == ("A.", 3, "drop D")
    assert changed["preferences"]["theme"] == "system"


def test_me_refuses_nonsense(ada: Api) -> None:
    assert ada("patch", "me/", {"preferences": {"tuning": "loud"}}).status_code == 400
    assert ada("patch", "me/", {"email": "other@example.org"}).json()["email"] == "ada@example.org"


def test_projects_work(ada: Api) -> None:
    made = ada("post", "projects/", {"title": " Evening  songs "})
    assert made.status_code == 201
    project = made.json()
    assert project["title"] == "Evening songs"
    path = f"projects/{project['id']}/"
    assert ada("patch", path, {"description": "slow"}).json()["description"] == "slow"
    assert ada("patch", path, {"title": ""}).status_code == 400
    assert [found["id"] for found in ada("get", "projects/?q=even").json()["results"]] == [project["id"]]
    assert ada("delete", path).status_code == 204
    assert ada("get", path).status_code == 404
    assert ada("get", "projects/?trashed=true").json()["count"] == 1
    assert ada("post", f"{path}restore/").json()["trashed_at"] is None
    assert ada("get", path).status_code == 200


def test_sources_work(ada: Api, project: Project) -> None:
    source = bring(project, name="a.wav", data=SONG)
    path = f"sources/{source.pk}/"
    found = ada("get", path).json()
    assert (found["name"], found["kind"], found["size"], found["project"]) == ("a.wav", "audio", len(SONG), project.pk)
    assert b"".join(ada("get", f"{path}file/").streaming_content) == SONG
    assert ada("patch", path, {"name": "x/b.wav"}).json()["name"] == "b.wav"
    assert ada("get", f"sources/?project={project.pk}").json()["count"] == 1
    assert ada("delete", path).status_code == 204
    assert not Source.objects.exists()


@pytest.mark.usefixtures("small_parts")
def test_uploads_work(ada: Api, project: Project) -> None:
    begun = ada("post", "uploads/", {"project": project.pk, "name": "a.wav", "size": len(SONG)})
    assert begun.status_code == 201
    path = begun["Location"].removeprefix("/api/v1/")
    upload = begun.json()
    assert (upload["parts"], upload["received"], upload["state"]) == (4, [], "open")
    for number in range(4, 0, -1):
        part = SONG[(number - 1) * 1000 : number * 1000]
        answer = ada("put", f"{path}parts/{number}/", part, content_type="application/octet-stream")
        assert answer.status_code == 200, answer.content
    assert ada("get", path).json()["received"] == [1, 2, 3, 4]
    done = ada("post", f"{path}finish/").json()
    assert done["state"] == "done"
    assert Source.objects.get(pk=done["source"]).blob.file.read() == SONG


def test_refusals_are_problems(ada: Api, project: Project) -> None:
    answer = ada("post", "uploads/", {"project": project.pk, "name": "a.wav", "size": 10**12})
    assert answer.status_code == 413
    assert answer["Content-Type"].startswith("application/problem+json")
    assert "one file may have" in answer.json()["detail"]
    empty = ada("post", "uploads/", {"project": project.pk, "name": "a.wav", "size": 0})
    assert empty.status_code == 400
    assert empty.json()["hint"] == "There is nothing in it to read."


def test_part_errors(ada: Api, project: Project) -> None:
    path = ada("post", "uploads/", {"project": project.pk, "name": "a", "size": 10})["Location"][8:]
    put = {"content_type": "application/octet-stream"}
    assert ada("put", f"{path}parts/1/", bytes(9), **put).status_code == 400
    assert ada("put", f"{path}parts/2/", bytes(9), **put).status_code == 400
    assert ada("put", f"{path}parts/1/", b"", **put).status_code == 400
    assert ada("put", f"{path}parts/1/", {"a": 1}).status_code == 415
    assert ada("post", f"{path}finish/").status_code == 409
    assert ada("delete", path).status_code == 204
    assert Upload.objects.get().state == "cancelled"


def test_it_validates_ownership(ada: Api, ben: Api, project: Project) -> None:
    source = bring(project, name="a.wav", data=SONG)
    upload = uploads.start(project, user=project.owner, name="b", size_bytes=3)
    for path in (f"projects/{project.pk}/", f"sources/{source.pk}/", f"uploads/{upload.pk}/"):
        assert ada("get", path).status_code == 200
        for method in ("get", "patch", "delete"):
            assert ben(method, path).status_code in (404, 405)
    assert ben("post", "uploads/", {"project": project.pk, "name": "c", "size": 3}).status_code == 404
    for path in (f"sources/?project={project.pk}", f"uploads/?project={project.pk}", "sources/?project=x"):
        assert ben("get", path).status_code == 404
    assert ben("get", "sources/").json()["count"] == ben("get", "uploads/").json()["count"] == 0


def test_without_a_token(client: Client, db: None) -> None:
    for path in ("me/", "projects/", "sources/", "uploads/"):
        assert client.get(f"/api/v1/{path}").status_code == 401
    assert client.get("/api/v1/me/", headers={"Authorization": "Token cp_nonsense"}).status_code == 401


def test_queries_of_lists_are_bounded(ada: Api, cast: Cast, django_assert_max_num_queries: Any) -> None:
    for n in range(10):
        project = services.create_project(cast.ada, title=f"P{n}")
        bring(project, name="a.wav", data=wav(0.01 * (n + 1)))
    for path in ("projects/", "sources/", "uploads/"):
        with django_assert_max_num_queries(8):
            assert ada("get", path).json()["count"] == 10


def test_the_schema_describes_uploads(client: Client, db: None) -> None:
    schema = client.get("/api/v1/schema/?format=json").json()
    put = schema["paths"]["/api/v1/uploads/{id}/parts/{number}/"]["put"]
    assert put["requestBody"]["content"]["application/octet-stream"]["schema"]["format"] == "binary"
