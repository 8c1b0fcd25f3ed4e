"""What the API of part books is asked and answers, held against its schema: what works, and what is refused.

tests/config/test_api.py invents requests, and hardly any of those changes a bar. Here every operation is asked for
what people do with it, for what cannot be done, from a state that somebody else has changed, and by strangers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from notation import checks, editing, services, songs
from notation.models import Score, Song, SongChange
from notation.musicxml import NotationError
from notation.score.edit import edit_from
from notation.score.edit.apply import EDITS
from projects.models import Project
from tests.cast import Cast
from tests.described import Described, schema
from tests.notation.band import hold_together, set_up
from tests.notation.test_bring import file, single
from tests.notation.test_songs import band, cell, part, project

__all__ = ["band", "project"]  # fixtures
ROOMS = ("books", "cells", "songs", "song-changes", "notation-files", "checks", "rules")
Ask = tuple[int, Any]  # the status that is due, and what is sent
RULE = {"target": "Soprano Sax", "sources": [{"part": "Oboe"}]}
NO_SUCH = 999_999
STEP = {"do": "step", "bar": 0, "note": 0, "by": 1}


def song(title: str) -> int:
    return Song.objects.get(title=title).pk


def flute(title: str = "March") -> Score:
    return cell("Flute", title).score


def overtake() -> None:
    """Somebody else corrects the flute's March."""
    services.add_revision(flute(), document=part(20, first=1), reason="Mended", summary={"bars": 20})


def undo_at_the_desk(*, base: int) -> None:
    editing.undo(flute(), base=base, author=None)


def merged() -> int:
    songs.merge(Song.objects.get(title="March"), following=Song.objects.get(title="Waltz"), author=None)
    return SongChange.objects.latest("pk").pk


def finding(project: Project) -> str:
    hold_together(project)
    return checks.standing(project)[0].open[0].key


# What is said to each operation, in this order; each as (status that is due, body), or something that happens between.
Talk = list[Ask | Callable[[], object]]
TALKS: dict[str, tuple[Callable[[Project], str], Callable[[Project], Talk]]] = {
    "GET books": (lambda _: "", lambda _: [(200, None)]),
    "GET books/{id}": (lambda _: f"{flute().book_id}/", lambda _: [(200, None)]),
    "GET cells": (lambda _: "", lambda _: [(200, None)]),
    "GET cells/{id}": (lambda _: f"{flute().pk}/", lambda _: [(200, None)]),
    "DELETE cells/{id}": (lambda _: f"{flute().pk}/", lambda _: [(204, None), (404, None)]),
    "POST cells/{id}/edits": (
        lambda _: f"{flute().pk}/edits/",
        lambda _: [
            (200, {"base": 1, "edits": [STEP, {"do": "insert_bars", "bar": 2, "count": 3}]}),
            (200, {"base": 2, "edits": [{"do": "repeat", "bar": 7, "note": None, "side": "right"}]}),
            (409, {"base": 2, "edits": [STEP]}),
            (422, {"base": 3, "edits": [STEP | {"bar": 99}]}),
            (422, {"base": 3, "edits": [STEP | {"by": "much"}]}),
            (400, {"base": 3, "edits": []}),
            (400, {"base": 3, "edits": [3]}),
            (400, {"base": 0, "edits": [STEP]}),
            (400, {"edits": [STEP]}),
        ],
    ),
    "POST cells/{id}/accept": (
        lambda _: f"{flute().pk}/accept/",
        lambda _: [
            (200, {"base": 1, "bars": [19]}),
            (200, {"base": 2, "bars": None}),
            (200, {"base": 2}),
            overtake,
            (409, {"base": 2, "bars": [3]}),
            (400, {"base": 3, "bars": [-1]}),
            (400, {"bars": [1]}),
        ],
    ),
    "POST cells/{id}/derived": (  # what was read is not derived; tests/notation/test_generate.py has what is
        lambda _: f"{flute().pk}/derived/",
        lambda _: [
            (422, {"base": 1, "bar": 0}),
            overtake,
            (409, {"base": 1, "bar": 0}),
            (400, {"base": 2, "bar": -1}),
            (400, {"base": 2}),
        ],
    ),
    "POST cells/{id}/undo": (
        lambda _: f"{flute().pk}/undo/",
        lambda _: [(422, {"base": 1}), overtake, (409, {"base": 1}), (200, {"base": 2}), (400, {})],
    ),
    "POST cells/{id}/redo": (
        lambda _: f"{flute().pk}/redo/",
        lambda _: [
            (422, {"base": 1}),
            overtake,
            lambda: undo_at_the_desk(base=2),
            (409, {"base": 2}),
            (200, {"base": 3}),
            (400, {"base": "newest"}),
        ],
    ),
    "POST cells/{id}/elsewhere": (
        lambda _: f"{flute().pk}/elsewhere/",
        lambda _: [
            (200, {"base": 1, "edit": {"do": "repeat", "bar": 7, "side": "right"}}),
            (200, {"base": 1, "edit": {"do": "insert_bars", "bar": 7}, "books": None, "apply": True}),
            (200, {"base": 1, "edit": {"do": "insert_bars", "bar": 7}, "books": [NO_SUCH], "apply": True}),
            (422, {"base": 1, "edit": STEP}),
            (422, {"base": 7, "edit": {"do": "insert_bars", "bar": 7}}),
            (400, {"base": 1, "edit": "insert_bars"}),
            (400, {"base": 1}),
        ],
    ),
    "POST cells/{id}/split": (
        lambda _: f"{flute().pk}/split/",
        lambda _: [
            (422, {"bar": 21, "revision": 1}),
            (400, {"bar": 0, "revision": 1}),
            (400, {"bar": 9}),
            (201, {"bar": 9, "revision": 1, "title": "Trio", "everywhere": True}),
            (409, {"bar": 3, "revision": 1}),
        ],
    ),
    "POST cells/{id}/begins": (
        lambda _: f"{flute('Waltz').pk}/begins/",
        lambda _: [
            (200, {"by": -2, "revision": 1, "before": 1}),
            (409, {"by": -2, "revision": 1, "before": 1}),
            (422, {"by": 20, "revision": 2, "before": 2}),
            (400, {"by": "two", "revision": 2, "before": 2}),
            (400, {"by": 1, "revision": 2}),
        ],
    ),
    "GET songs": (lambda _: "", lambda _: [(200, None)]),
    "GET songs/{id}": (lambda _: f"{song('March')}/", lambda _: [(200, None)]),
    "PATCH songs/{id}": (
        lambda _: f"{song('March')}/",
        lambda _: [
            (200, {"title": "Slow March", "composer": "", "tempo": "slow", "order": 1}),
            (200, {}),
            (400, {"title": ""}),
            (400, {"order": -1}),
        ],
    ),
    "DELETE songs/{id}": (lambda _: f"{song('March')}/", lambda _: [(204, None), (404, None)]),
    "POST songs/{id}/merge": (
        lambda _: f"{song('March')}/merge/",
        lambda _: [
            (422, {"song": song("March")}),
            (404, {"song": NO_SUCH}),
            (400, {}),
            (200, {"song": song("Waltz")}),
        ],
    ),
    "POST songs/{id}/same": (
        lambda _: f"{song('Waltz')}/same/",
        lambda _: [
            (422, {"song": song("March")}),
            (404, {"song": song("March"), "book": NO_SUCH}),
            (400, {"song": 0}),
            lambda: Score.objects.filter(song__title="March", book__instrument="Flute").update(removed=True),
            (200, {"song": song("March"), "book": flute("Waltz").book_id}),
        ],
    ),
    "GET song-changes": (lambda _: "", lambda _: [merged, (200, None)]),
    "POST song-changes/{id}/undo": (lambda _: f"{merged()}/undo/", lambda _: [(200, None), (409, None)]),
    "POST notation-files": (
        lambda _: "",
        lambda project: [
            (201, {"sources": [file(project, "March - Oboe.musicxml", single("March", "Oboe")).pk]}),
            (422, {"sources": list(project.sources.filter(name="Flute.pdf").values_list("pk", flat=True))}),
            (404, {"sources": [NO_SUCH]}),
            (400, {"sources": []}),
        ],
    ),
    "GET checks": (lambda _: "", lambda project: [(200, None), lambda: hold_together(project), (200, None)]),
    "POST checks/repair": (
        lambda _: "repair/",
        lambda project: [
            (200, {"song": song("March"), "keys": [finding(project)]}),
            (409, {"song": song("March"), "keys": ["gone"]}),
            (200, {"song": song("March")}),
            (404, {"song": NO_SUCH}),
            (400, {"song": song("March"), "keys": [""]}),
        ],
    ),
    "POST checks/dismiss": (
        lambda _: "dismiss/",
        lambda project: [
            (200, {"song": song("March"), "key": finding(project)}),
            (200, {"song": song("March"), "key": finding(project), "again": True}),
            (404, {"song": NO_SUCH, "key": "x"}),
            (400, {"song": song("March")}),
        ],
    ),
    "GET rules": (lambda _: "", lambda _: [(200, None)]),
    "POST rules": (
        lambda _: "",
        lambda _: [
            (201, RULE),
            (201, {**RULE, "target": "Contrabassoon", "octaves": None, "clef": "bass", "low": 36, "high": None}),
            (422, {**RULE, "target": "Kazoo"}),
            (400, {**RULE, "clef": "H9"}),
            (400, {"target": "Soprano Sax"}),
        ],
    ),
    "PUT rules/{id}": (
        lambda _: "0/",
        lambda _: [(200, RULE), (422, {**RULE, "target": "Kazoo"}), (400, {**RULE, "octaves": 9})],
    ),
    "DELETE rules/{id}": (lambda _: "0/", lambda _: [(204, None)]),
    "POST rules/{id}/move": (lambda _: "0/move/", lambda _: [(200, {"to": 2}), (400, {"to": -1})]),
    "GET rules/{id}/preview": (lambda _: "4/preview/", lambda _: [(200, None)]),
    "POST rules/tick": (lambda _: "tick/", lambda _: [(200, {"targets": ["Cello"]}), (400, {"targets": "Cello"})]),
    "POST rules/reset": (lambda _: "reset/", lambda _: [(200, None)]),
    "PUT rules/all": (lambda _: "all/", lambda _: [(200, [RULE]), (422, [RULE | {"target": "Kazoo"}]), (400, RULE)]),
}


@pytest.fixture
def proof_read(project: Project) -> Project:
    """A band with two faults to be found."""
    set_up(project, errors={"Oboe": {"repeat": False}, "Baritone": {"mark": "B"}})
    return project


@pytest.fixture
def here(request: pytest.FixtureRequest) -> Project:
    """A project that has what this operation is about."""
    room = request.node.callspec.params["operation"].split()[1].partition("/")[0]
    found: Project = request.getfixturevalue("proof_read" if room in ("checks", "rules") else "band")
    return found


def address(project: Project, operation: str) -> str:
    room = operation.split()[1].partition("/")[0]
    return f"/api/v1/projects/{project.pk}/{room}/{TALKS[operation][0](project)}"


@pytest.mark.parametrize("operation", TALKS)
def test_what_it_answers_is_what_the_schema_says(operation: str, here: Project, cast: Cast, as_: Any) -> None:
    ask, path, method = Described(as_(cast.ada)), address(here, operation), operation.split()[0]
    for turn in TALKS[operation][1](here):
        if callable(turn):
            turn()
        else:
            status, body = turn
            ask(method, path, body, expect=status)


@pytest.mark.parametrize("operation", TALKS)
def test_a_stranger_is_told_nothing_else(operation: str, here: Project, cast: Cast, as_: Any) -> None:
    """Neither Ben, for whom Ada's project does not exist, nor whoever is not logged in; whatever they send."""
    path, method = address(here, operation), operation.split()[0]
    asks: list[Ask] = [turn for turn in TALKS[operation][1](here) if not callable(turn)]
    told = [body for status, body in asks if status < 300][:1]
    for client, status in ((as_(cast.ben), 404), (Client(), 401)):
        ask = Described(client)
        for body in told:
            ask(method, path, body, expect=status)


def test_every_operation_is_talked_to(db: None) -> None:
    paths = schema()["paths"]
    root = "/api/v1/projects/{project}/"
    found = {
        f"{method.upper()} {path.removeprefix(root).rstrip('/')}"
        for path, operations in paths.items()
        for method in operations
        if path.startswith(root) and path.removeprefix(root).partition("/")[0] in ROOMS
    }
    assert found == set(TALKS)


def test_who_was_faster_is_told_to_programs(band: Project, cast: Cast, as_: Any) -> None:
    ask, path = Described(as_(cast.ada)), f"/api/v1/projects/{band.pk}/cells/{flute().pk}"
    ask("POST", f"{path}/edits/", {"base": 1, "edits": [STEP]}, expect=200)
    for what, body in (("edits", {"base": 1, "edits": [STEP]}), ("split", {"bar": 3, "revision": 1})):
        told = ask("POST", f"{path}/{what}/", body, expect=409)
        assert (told["revision"], told["by"], set(told) >= {"at", "hint"}) == (2, "Ada", True)


def test_the_schema_names_every_edit_and_what_none_can_do_without(db: None) -> None:
    edit = schema()["components"]["schemas"]["EditsAskedRequest"]["properties"]["edits"]["items"]
    assert edit["properties"]["do"]["enum"] == sorted(EDITS)
    assert edit["required"] == ["do", "bar"]
    with pytest.raises(NotationError, match="bar"):
        edit_from({"do": "step"})


def test_a_song_of_another_project_is_no_song_here(band: Project, cast: Cast, as_: Any) -> None:
    other = Project.objects.create(owner=cast.ada, title="Other")
    ask = Described(as_(cast.ada))
    ask("POST", f"/api/v1/projects/{other.pk}/songs/{song('March')}/merge/", {"song": song("Waltz")}, expect=404)
    ask("GET", f"/api/v1/projects/{other.pk}/cells/{flute().pk}/", expect=404)
