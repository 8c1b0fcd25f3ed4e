"""/api/v1/projects/<id>/songs/, song-changes/, notation-files/, and what is done to the bars of cells."""

from __future__ import annotations

from typing import Any

import pytest

from notation import services
from notation.models import Song
from projects.models import Project
from tests.cast import Cast
from tests.notation.test_bring import file, single
from tests.notation.test_songs import START, band, cell, part, project, table

__all__ = ["band", "project"]  # fixtures
JSON = {"content_type": "application/json"}


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Any:
    return as_(cast.ada)


def test_a_song_says_where_it_is_in_each_book(band: Project, ada: Any) -> None:
    waltz = ada.get(f"/api/v1/projects/{band.pk}/songs/").json()["results"][1]
    flute = cell("Flute", "Waltz")
    assert waltz["places"][0] == {
        "cell": flute.score.pk, "book": flute.book.pk, "revision": 1, "bars": 12, "first_bar": 21, "last_bar": 32,
        "first_page": 2, "last_page": 2,
    }  # fmt: skip
    assert (len(waltz["places"]), waltz["tempo"]) == (2, "Allegro")


def test_songs_are_changed_and_changes_taken_back(band: Project, ada: Any) -> None:
    root = f"/api/v1/projects/{band.pk}"
    march, waltz = Song.objects.get(title="March"), Song.objects.get(title="Waltz")
    asked = {"tempo": "slow", "composer": "Me", "order": 1}
    body = ada.patch(f"{root}/songs/{march.pk}/", asked, **JSON).json()
    assert (body["tempo"], body["composer"], body["order"]) == ("slow", "Me", 1)
    assert ada.post(f"{root}/songs/{waltz.pk}/merge/", {"song": march.pk}, **JSON).json()["places"][0]["bars"] == 32
    assert ada.delete(f"{root}/songs/{waltz.pk}/").status_code == 204
    assert table(band) == {}
    changes = ada.get(f"{root}/song-changes/").json()["results"]
    assert changes[0]["text"] == "“Waltz” deleted"
    assert ada.post(f"{root}/song-changes/{changes[1]['id']}/undo/").status_code == 409
    for change in changes:
        assert ada.post(f"{root}/song-changes/{change['id']}/undo/").status_code == 200
    assert table(band) == START


def test_bars_are_moved_and_songs_split(band: Project, ada: Any) -> None:
    root = f"/api/v1/projects/{band.pk}"
    flute, waltz = cell("Flute", "March").score, cell("Flute", "Waltz").score
    asked = {"bar": 9, "revision": 1, "title": "Trio", "everywhere": True}
    made = ada.post(f"{root}/cells/{flute.pk}/split/", asked, **JSON)
    assert (made.status_code, made.json()["notices"]) == (201, [])
    assert Song.objects.get(pk=made.json()["song"]).title == "Trio"
    trio = cell("Flute", "Trio").score
    answer = ada.post(f"{root}/cells/{waltz.pk}/begins/", {"by": -2, "revision": 1, "before": 1}, **JSON)
    assert answer.json() == {"notices": []}
    assert table(band)["Trio"] == {"Flute": 10, "Tuba": 12, "Drums": 12}
    assert ada.delete(f"{root}/cells/{trio.pk}/").status_code == 204
    assert table(band)["Trio"] == {"Tuba": 12, "Drums": 12}
    same = ada.post(f"{root}/songs/{made.json()['song']}/same/", {"song": Song.objects.get(title="Waltz").pk}, **JSON)
    assert same.status_code == 422
    assert "Tuba has a part of" in same.json()["detail"]


def test_an_older_state_is_a_conflict_and_a_bar_that_is_none_a_problem(band: Project, ada: Any) -> None:
    flute = cell("Flute", "March").score
    address = f"/api/v1/projects/{band.pk}/cells/{flute.pk}/split/"
    assert ada.post(address, {"bar": 21, "revision": 1}, **JSON).status_code == 422
    assert ada.post(address, {"bar": 0, "revision": 1}, **JSON).status_code == 400
    services.add_revision(flute, document=part(20, first=1), reason="Mended", summary={"bars": 20})
    assert ada.post(address, {"bar": 9, "revision": 1}, **JSON).status_code == 409
    assert table(band) == START


def test_notation_files_are_taken_in(project: Project, ada: Any, cast: Cast, as_: Any) -> None:
    sources = [file(project, f"March - {name}.musicxml", single("March", name)).pk for name in ("Flute", "Oboe")]
    address = f"/api/v1/projects/{project.pk}/notation-files/"
    answer = ada.post(address, {"sources": sources}, **JSON)
    assert (answer.status_code, answer.json()) == (201, {"files": 2, "books": 2, "notices": []})
    assert table(project) == {"March": {"Flute": 8, "Oboe": 8}}
    other = Project.objects.create(owner=cast.ada, title="Other")
    assert ada.post(f"/api/v1/projects/{other.pk}/notation-files/", {"sources": sources}, **JSON).status_code == 404
    assert as_(cast.ben).post(address, {"sources": sources}, **JSON).status_code == 404
