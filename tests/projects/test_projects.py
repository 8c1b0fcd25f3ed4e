"""Pages of projects: dashboard, create, edit, trash, restore, purge; and one file's page."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from projects import services
from projects.models import Activity, Blob, Project, Source
from projects.signals import project_purging, project_trashed
from tests.cast import Cast, bring, wav

SONG = wav(0.2)


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Client:
    client: Client = as_(cast.ada)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


# --- dashboard ------------------------------------------------------------------------------------------------------
def test_the_dashboard_shows_what_is_mine(cast: Cast, ada: Client, project: Project) -> None:
    Project.objects.create(owner=cast.ben, title="Ben's secret")
    page = text(ada.get("/projects/"))
    assert "Songs" in page
    assert "Ben" not in page


def test_an_empty_dashboard_says_how_to_begin(ada: Client) -> None:
    page = text(ada.get("/projects/"))
    assert "Nothing written yet" in page
    assert "/projects/new/" in page


def test_search_finds_words_of_title_and_description(cast: Cast, ada: Client) -> None:
    for title, about in (("Blackbird", "for Friday"), ("Yesterday", "for Sunday"), ("Friday blues", "")):
        services.create_project(cast.ada, title=title, description=about)

    def found(words: str) -> set[str]:
        return {project.title for project in ada.get("/projects/", {"q": words}).context["page"]}

    assert found("friday") == {"Blackbird", "Friday blues"}
    assert found("for sun") == {"Yesterday"}
    assert found("polka") == set()
    assert "No project matches" in text(ada.get("/projects/", {"q": "polka"}))


def test_order(cast: Cast, ada: Client) -> None:
    for title in ("B", "C", "A"):
        services.create_project(cast.ada, title=title)
    services.note(Project.objects.get(title="C"), user=cast.ada, text="something")

    def order(sort: str) -> str:
        return "".join(project.title for project in ada.get("/projects/", {"sort": sort}).context["page"])

    assert order("title") == "ABC"
    assert order("new") == "ACB"
    assert order("recent") == order("nonsense") == "CAB"


def test_pages(cast: Cast, ada: Client) -> None:
    Project.objects.bulk_create(Project(owner=cast.ada, title=f"P{n:02}") for n in range(30))
    first = ada.get("/projects/", {"sort": "title"})
    assert len(first.context["page"]) == 24
    assert "?sort=title&amp;page=2" in text(first)
    assert len(ada.get("/projects/", {"sort": "title", "page": "2"}).context["page"]) == 6
    assert ada.get("/projects/", {"page": "x"}).status_code == 200


def test_a_title_is_shown_as_text(cast: Cast, ada: Client) -> None:
    services.create_project(cast.ada, title="<img src=x onerror=alert(1)>")
    assert "<img src=x" not in text(ada.get("/projects/"))


def test_queries_of_the_dashboard_are_bounded(cast: Cast, ada: Client, django_assert_max_num_queries: Any) -> None:
    for n in range(20):
        bring(services.create_project(cast.ada, title=f"P{n}"), name="a.wav", data=wav(0.01 * (n + 1)))
    with django_assert_max_num_queries(14):
        ada.get("/projects/")


def test_queries_of_a_project_are_bounded(
    cast: Cast, ada: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        bring(project, name=f"{n}.wav", data=wav(0.01 * (n + 1)))
    with django_assert_max_num_queries(14):
        ada.get(f"/projects/{project.pk}/")


# --- create and edit ------------------------------------------------------------------------------------------------
def test_create(cast: Cast, ada: Client) -> None:
    answer = ada.post("/projects/new/", {"title": "  Evening   songs ", "description": "Fridays"})
    project = Project.objects.get()
    assert answer["Location"] == f"/projects/{project.pk}/"
    assert (project.owner, project.title, project.description) == (cast.ada, "Evening songs", "Fridays")


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_a_project_needs_a_title(ada: Client, title: str) -> None:
    assert ada.post("/projects/new/", {"title": title}).status_code == 422
    assert not Project.objects.exists()


def test_edit(ada: Client, project: Project) -> None:
    ada.post(f"/projects/{project.pk}/edit/", {"title": "Ballads", "description": "slow"})
    project.refresh_from_db()
    assert (project.title, project.description) == ("Ballads", "slow")
    assert Activity.objects.get().text == "Renamed to “Ballads”"


def test_edit_validates_ownership(cast: Cast, as_: Any, project: Project) -> None:
    assert as_(cast.ben).post(f"/projects/{project.pk}/edit/", {"title": "Mine"}).status_code == 404
    project.refresh_from_db()
    assert project.title == "Songs"


# --- trash ----------------------------------------------------------------------------------------------------------
def test_trash_and_restore(ada: Client, project: Project, committed: Any) -> None:
    heard: list[Project] = []

    def listen(*, project: Project, **_: Any) -> None:
        heard.append(project)

    project_trashed.connect(listen)
    with committed():
        ada.post(f"/projects/{project.pk}/trash/")
    project_trashed.disconnect(listen)
    assert heard == [project]
    assert ada.get(f"/projects/{project.pk}/").status_code == 404
    assert "30 days left" in text(ada.get("/projects/trash/")) or "29 days left" in text(ada.get("/projects/trash/"))
    ada.post(f"/projects/{project.pk}/restore/")
    assert ada.get(f"/projects/{project.pk}/").status_code == 200


def test_files_of_a_project_in_the_trash_are_not_there(ada: Client, project: Project) -> None:
    source = bring(project, name="a.wav", data=SONG)
    services.trash_project(project)
    for path in (f"/sources/{source.pk}/", f"/sources/{source.pk}/file", f"/api/v1/sources/{source.pk}/"):
        assert ada.get(path).status_code == 404


def test_the_trash_goes_after_thirty_days(cast: Cast, project: Project, committed: Any, kept: Any) -> None:
    bring(project, name="a.wav", data=SONG)
    young = services.create_project(cast.ada, title="Young")
    services.trash_project(project)
    services.trash_project(young)
    Project.objects.filter(pk=project.pk).update(trashed_at=timezone.now() - timedelta(days=31))
    said = StringIO()
    with committed():
        call_command("purge", stdout=said)
    assert said.getvalue() == "1 projects and 0 unfinished uploads removed.\n"
    assert list(Project.objects.all()) == [young]
    assert kept() == []


def test_purge_now_from_the_trash(ada: Client, project: Project, committed: Any, kept: Any) -> None:
    from projects import uploads

    bring(project, name="a.wav", data=SONG)
    uploads.start(project, user=project.owner, name="b.wav", size_bytes=10)
    assert ada.post(f"/projects/{project.pk}/purge/").status_code == 404  # only what is in the trash
    services.trash_project(project)
    heard: list[int] = []

    def listen(*, project: Project, **_: Any) -> None:
        heard.append(project.sources.count())  # the rows are still there

    project_purging.connect(listen)
    assert "This cannot be undone" in text(ada.get(f"/projects/{project.pk}/purge/"))
    with committed():
        ada.post(f"/projects/{project.pk}/purge/")
    project_purging.disconnect(listen)
    assert heard == [1]
    assert not Project.objects.exists()
    assert not Blob.objects.exists()
    assert kept() == []


def test_purge_keeps_what_another_project_has(cast: Cast, ada: Client, project: Project, committed: Any) -> None:
    other = services.create_project(cast.ada, title="Other")
    bring(project, name="a.wav", data=SONG)
    twin = bring(other, name="b.wav", data=SONG)
    services.trash_project(project)
    with committed():
        services.purge_project(project)
    assert twin.blob.file.read() == SONG


def test_a_purge_that_fails_harms_nothing(project: Project, monkeypatch: pytest.MonkeyPatch, kept: Any) -> None:
    bring(project, name="a.wav", data=SONG)

    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(services, "_drop_unused", fail)
    with pytest.raises(RuntimeError):
        services.purge_project(project)
    assert Project.objects.count() == Source.objects.count() == len(kept()) == 1


# --- one file -------------------------------------------------------------------------------------------------------
def test_a_file_has_a_page(ada: Client, project: Project) -> None:
    source = bring(project, name="a.wav", data=SONG)
    page = text(ada.get(f"/sources/{source.pk}/"))
    assert "<audio" in page
    assert "a.wav" in page
    assert "3.2\xa0KB" in page


def test_rename_a_file(ada: Client, project: Project) -> None:
    source = bring(project, name="a.wav", data=SONG)
    ada.post(f"/sources/{source.pk}/rename/", {"name": "../Blackbird.wav"})
    source.refresh_from_db()
    assert source.name == "Blackbird.wav"
    ada.post(f"/sources/{source.pk}/rename/", {"name": ""})
    source.refresh_from_db()
    assert source.name == "Blackbird.wav"


def test_delete_a_file(ada: Client, project: Project, committed: Any, kept: Any) -> None:
    source = bring(project, name="a.wav", data=SONG)
    assert "for good" in text(ada.get(f"/sources/{source.pk}/delete/"))
    with committed():
        answer = ada.post(f"/sources/{source.pk}/delete/")
    assert answer["Location"] == f"/projects/{project.pk}/"
    assert not Source.objects.exists()
    assert kept() == []


def test_delete_keeps_the_content_of_a_twin(ada: Client, project: Project, committed: Any, kept: Any) -> None:
    with committed():
        source = bring(project, name="a.wav", data=SONG)
        bring(project, name="b.wav", data=SONG)
    with committed():
        ada.post(f"/sources/{source.pk}/delete/")
    assert len(kept()) == 1


def test_delete_validates_ownership(cast: Cast, as_: Any, project: Project) -> None:
    source = bring(project, name="a.wav", data=SONG)
    assert as_(cast.ben).post(f"/sources/{source.pk}/delete/").status_code == 404
    assert Source.objects.exists()


def test_forms_are_guarded_against_other_sites(cast: Cast, project: Project) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.ada, backend="django.contrib.auth.backends.ModelBackend")
    for path in (f"/projects/{project.pk}/trash/", "/uploads/", "/projects/new/", "/accounts/delete/"):
        assert strict.post(path).status_code == 403
