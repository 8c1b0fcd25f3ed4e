"""The way through a part-book job: what is done, what is next, and that pages which do not exist are not linked."""

from __future__ import annotations

from typing import Any

import pytest

from notation import steps as way
from notation.books import BookRead, SongRead, keep
from notation.models import Book, Song, SongCheck
from notation.steps import Kind, Said, Standing, steps
from projects.models import Project
from tests.cast import MUSICXML, Cast, bring, pdf, png


def told(project: Project, **more: Any) -> dict[str, tuple[str, str]]:
    return {step.name: (step.state, step.words) for step in steps(project, **more)}


def read(project: Project, *titles: str, doubtful: int = 0) -> None:
    source = bring(project, name="Flute.pdf", data=pdf())
    summary = {"bars": 8, "doubtful": doubtful}
    songs = tuple(SongRead(title, "", MUSICXML, 8, "4/4", summary) for title in titles)
    keep(project, read=[BookRead((source,), 0, "Flute", songs)], author=None)


def test_a_project_of_recordings_is_not_led_anywhere(project: Project, cast: Cast, as_: Any) -> None:
    assert steps(project, here="files") == []
    assert "job-steps" not in as_(cast.ada).get(f"/projects/{project.pk}/steps/").content.decode()


def test_pictures_are_to_be_read_next(project: Project) -> None:
    bring(project, name="1.png", data=png())
    assert told(project)["files"] == ("done", "1 file")
    assert told(project)["read"] == ("next", "0 books")


def test_after_reading_come_the_doubts(project: Project) -> None:
    read(project, "March", doubtful=3)
    found = told(project)
    assert found["read"] == ("done", "1 book")
    assert found["review"] == ("next", "3 doubts")


def test_what_was_not_read_is_told(project: Project) -> None:
    read(project, "March")
    bring(project, name="Tuba.pdf", data=pdf(3))
    assert told(project)["read"] == ("", "1 book, 1 unread")
    Book.objects.get().sources.clear()
    assert told(project)["read"] == ("next", "1 book, 2 unread")


def test_where_nothing_is_doubted_the_review_is_done(project: Project) -> None:
    read(project, "March")
    assert told(project)["review"] == ("done", "")
    assert told(project)["print"] == ("next", "")


def test_disagreements_want_to_be_settled(project: Project) -> None:
    read(project, "March")
    assert told(project)["checks"] == ("", "")
    song, book = Song.objects.get(), Book.objects.get()
    check = SongCheck.objects.create(song=song, digest="", found=[])
    assert told(project)["checks"] == ("done", "")
    check.found = [{"key": "k", "part": str(book.pk), "confidence": 0.9}]
    check.save()
    assert told(project)["checks"] == ("next", "1 disagreement")


def test_songs_without_a_title_want_one(project: Project) -> None:
    read(project, "March", "")
    assert way._songs(Standing(project)) == Said("2 songs", done=False)
    Song.objects.filter(title="Untitled").update(title="Waltz")
    assert way._songs(Standing(project)) == Said("2 songs", done=True)


def test_a_step_without_a_page_is_left_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        way,
        "STEPS",
        (Kind("files", "Files", "projects:detail", lambda at: Said()), Kind("x", "X", "no:where", way._files)),
    )
    assert list(told(project)) == ["files"]


def test_every_page_of_the_job_says_where_it_is(project: Project, cast: Cast, as_: Any) -> None:
    read(project, "March")
    ada = as_(cast.ada)
    page = ada.get(f"/projects/{project.pk}/review/").content.decode()
    assert page.count('aria-current="step"') == 1
    assert f'href="/projects/{project.pk}/review/" class="done" aria-current="step"' in page
    fragment = ada.get(f"/projects/{project.pk}/steps/", headers={"HX-Request": "true"}).content.decode()
    assert f'href="/projects/{project.pk}/" class="done" aria-current="step"' in fragment
    assert "<script" not in fragment
