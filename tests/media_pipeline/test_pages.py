"""Pages and fragments of jobs, and what the page of a score fetches."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Preferences
from media_pipeline import services, show
from media_pipeline.artifacts import Document, Listening, Media
from media_pipeline.graph import Option, Recipe, stage
from media_pipeline.models import Job
from media_pipeline.recipes import RECIPES
from notation.models import Export, Score
from projects.models import Source
from tests.cast import MUSICXML, Cast
from tests.media_pipeline.conftest import Start, Work

HTMX = {"HTTP_HX_REQUEST": "true"}


@stage(weight=1, label="Listening")
def listen_to(ctx: Any, media: Media) -> Listening:
    path = ctx.folder / "listen.m4a"
    path.write_bytes(bytes(range(200)))
    return Listening(path, "audio/mp4", np.array([[-3, 4], [-127, 127]], np.int8), 50.0, 2.5)


@stage(
    weight=1,
    label="Writing",
    options=(
        Option("capo", 0, "Capo", minimum=0, maximum=12),
        Option("clean", False, "Clean up"),
        Option("word", "", "Word"),
        Option("start", 0.0, "Start", when="before"),
        Option("tuning", "standard", "Tuning", choices=(("standard", "standard"), ("drop-d", "drop D"))),
    ),
)
def write_down(ctx: Any, media: Media) -> Document:
    path = ctx.folder / "score.musicxml"
    path.write_bytes(MUSICXML + f"<!-- capo {ctx.options['capo']} {ctx.options['tuning']} -->".encode())
    ctx.warn("Drums are strong: a draft.")
    ctx.engine("hand 1.0")
    return Document(path, "The Song", ((0, 0.0, 0.0),), {"key": "C major"})


@pytest.fixture
def song(people: Cast) -> Recipe:
    made = Recipe("song", "Song sheet", given=(Media,), stages=(listen_to, write_down), help="A sheet.")
    RECIPES["song"] = made  # the fixture of conftest takes it away again
    return made


@pytest.fixture
def done(song: Recipe, start: Start, work: Work) -> Job:
    job = start("song")
    work()
    return Job.objects.get(pk=job.pk)


def score_of(job: Job) -> Score:
    assert job.score is not None
    return job.score


def test_the_page_of_a_job_shows_stages_engine_notices_and_the_score(done: Job, as_: Any) -> None:
    page = as_(done.owner).get(done.get_absolute_url()).content.decode()
    for text in ("Song sheet", "Listening", "Writing", "hand 1.0", "Drums are strong", "Open the score"):
        assert text in page


def test_a_finished_job_makes_a_score_and_says_so(done: Job) -> None:
    score = score_of(done)
    assert (score.title, score.kind) == ("The Song", "song")
    revision = score.latest
    assert revision is not None
    assert (revision.reason, revision.summary, revision.notices) == (
        "Transcribed", {"key": "C major"}, ["Drums are strong: a draft."]
    )  # fmt: skip
    assert done.project.activity.filter(text__contains="is finished").exists()


def test_seeing_a_job_marks_its_end_as_seen(done: Job, as_: Any) -> None:
    client = as_(done.owner)
    assert "is ready" in client.get(reverse("jobs:notices"), **HTMX).content.decode()
    client.get(done.get_absolute_url())
    assert "Nothing new" in client.get(reverse("jobs:notices"), **HTMX).content.decode()


@pytest.mark.parametrize("address", ["jobs:of_project", "jobs:of_dashboard", "api:job-list"])
def test_what_all_jobs_share_is_asked_once(address: str, song: Recipe, start: Start, as_: Any) -> None:
    first = start("song")
    url = reverse(address, args=[first.project_id] if address == "jobs:of_project" else [])
    client = as_(first.owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url, **HTMX).status_code == 200
        return len(asked)

    before = queries()
    for _ in range(5):
        start("song")
    assert queries() == before


def test_places_in_the_queue_follow_priority_then_age(song: Recipe, start: Start) -> None:
    jobs = [start("song") for _ in range(3)]
    Job.objects.filter(pk=jobs[2].pk).update(priority=5)
    present = show.Present()
    places = [present.place(job) for job in Job.objects.filter(pk__in=[job.pk for job in jobs]).order_by("pk")]
    assert places == [2, 3, 1]


def test_who_does_not_wait_has_no_place(done: Job) -> None:
    assert show.Present().place(done) == 0


def test_a_notice_leads_to_the_score(done: Job, as_: Any) -> None:
    answer = as_(done.owner).get(done.get_absolute_url() + "?open")
    assert answer.url == reverse("notation:score", args=[done.score_id])


def test_notices_can_be_marked_as_read(done: Job, as_: Any) -> None:
    client = as_(done.owner)
    assert 'data-count="0"' in client.post(reverse("jobs:notices"), **HTMX).content.decode()


def test_a_recording_has_a_form_for_each_recipe_with_what_is_asked_before(
    song: Recipe, source: Source, as_: Any, people: Cast
) -> None:
    page = as_(people.ada).get(reverse("jobs:of_source", args=[source.pk]), **HTMX).content.decode()
    assert "Make a song sheet" in page
    assert 'name="write_down.start"' in page
    assert 'name="write_down.capo"' not in page


def test_start_leads_to_the_page_of_the_job(song: Recipe, source: Source, as_: Any, people: Cast) -> None:
    data = {"recipe": "song", "sources": source.pk, "write_down.start": "1:30"}
    answer = as_(people.ada).post(reverse("jobs:start", args=[source.project_id]), data)
    job = Job.objects.get()
    assert answer.url == job.get_absolute_url()
    assert job.options == {"write_down.start": 90.0}
    again = as_(people.ada).post(reverse("jobs:start", args=[source.project_id]), data, **HTMX)
    assert again["HX-Redirect"] == Job.objects.latest("pk").get_absolute_url()


def test_the_same_again_leads_to_the_score_that_is_there(done: Job, as_: Any) -> None:
    source = done.sources.get()
    url = reverse("jobs:start", args=[done.project_id])
    again = as_(done.owner).post(url, {"recipe": "song", "sources": source.pk})
    assert again.url == reverse("notation:score", args=[done.score_id])
    other = as_(done.owner).post(url, {"recipe": "song", "sources": source.pk, "write_down.start": "3"})
    assert other.url == Job.objects.latest("pk").get_absolute_url()


def test_a_change_that_is_seen_at_once_needs_no_notice(done: Job, as_: Any, work: Work) -> None:
    services.mark_seen(done.owner, jobs=[done.pk])
    as_(done.owner).post(reverse("jobs:options", args=[done.score_id]), {"write_down.capo": "2"}, **HTMX)
    work()
    assert 'data-count="0"' in as_(done.owner).get(reverse("jobs:notices"), **HTMX).content.decode()


def test_start_follows_the_persons_preferences(song: Recipe, source: Source, as_: Any, people: Cast) -> None:
    Preferences.objects.update_or_create(user=people.ada, defaults={"capo": 3})
    as_(people.ada).post(reverse("jobs:start", args=[source.project_id]), {"recipe": "song", "sources": source.pk})
    assert Job.objects.get().options == {"write_down.capo": 3}


def test_a_bad_start_says_why(song: Recipe, source: Source, as_: Any, people: Cast) -> None:
    url = reverse("jobs:start", args=[source.project_id])
    answer = as_(people.ada).post(url, {"recipe": "song", "sources": source.pk, "write_down.start": "x"}, **HTMX)
    assert answer.status_code == 422
    assert "is not a number" in answer.content.decode()
    for data in (
        {"recipe": "export", "sources": source.pk},
        {"recipe": "song"},
        {"recipe": "song", "sources": "9" * 5},
    ):
        assert as_(people.ada).post(url, data, **HTMX).status_code in {404, 422}
    assert not Job.objects.exists()


def test_cancel_and_retry_answer_with_the_fragment(song: Recipe, start: Start, as_: Any, people: Cast) -> None:
    job = start("song")
    client = as_(people.ada)
    stopped = client.post(reverse("jobs:cancel", args=[job.pk]), **HTMX).content.decode()
    assert 'data-state="cancelled"' in stopped
    assert 'data-state="waiting"' in client.post(reverse("jobs:retry", args=[job.pk]), **HTMX).content.decode()
    assert client.post(reverse("jobs:cancel", args=[job.pk])).url == job.get_absolute_url()


def test_the_options_of_a_score_remake_it_as_a_revision_that_says_what_changed(done: Job, as_: Any, work: Work) -> None:
    client, score = as_(done.owner), score_of(done)
    url = reverse("jobs:options", args=[score.pk])
    form = client.get(url, **HTMX).content.decode()
    assert 'name="write_down.tuning"' in form
    assert 'name="write_down.start"' not in form
    answer = client.post(url, {"write_down.tuning": "drop-d", "write_down.capo": "2"}, **HTMX)
    assert "job-live" in answer.content.decode()
    assert work() == 1, "only what depends on the options"
    revision = score.latest
    assert revision is not None
    assert (revision.number, revision.reason) == (2, "Capo: 2, Tuning: drop D")
    back = client.get(url, **HTMX).content.decode()
    assert '<option value="drop-d" selected>' in back


def test_an_impossible_option_is_refused_beside_the_form(done: Job, as_: Any) -> None:
    url = reverse("jobs:options", args=[done.score_id])
    answer = as_(done.owner).post(url, {"write_down.capo": "99"}, **HTMX)
    assert answer.status_code == 422
    assert "Capo: at most 12." in answer.content.decode()


def test_a_switch_that_is_off_is_off(done: Job, as_: Any, work: Work) -> None:
    url = reverse("jobs:options", args=[done.score_id])
    as_(done.owner).post(url, {"write_down.clean": ["0", "1"]}, **HTMX)
    assert Job.objects.latest("pk").options == {"write_down.clean": True}
    work()
    as_(done.owner).post(url, {"write_down.clean": ["0"]}, **HTMX)
    assert Job.objects.latest("pk").options == {}


def test_the_recording_is_served_in_ranges(done: Job, as_: Any) -> None:
    url = reverse("jobs:recording", args=[done.score_id])
    whole = as_(done.owner).get(url)
    assert b"".join(whole.streaming_content) == bytes(range(200))
    assert whole["Content-Type"] == "audio/mp4"
    part = as_(done.owner).get(url, HTTP_RANGE="bytes=10-19")
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == bytes(range(10, 20))


def test_the_waveform_is_what_was_heard(done: Job, as_: Any) -> None:
    data = as_(done.owner).get(reverse("jobs:waveform", args=[done.score_id])).json()
    assert (data["duration"], data["peaks_per_second"], data["start"], data["end"]) == (2.5, 50.0, 0.0, 2.5)
    assert np.frombuffer(base64.b64decode(data["peaks"]), np.int8).tolist() == [-3, 4, -127, 127]


def test_a_score_without_a_recording_has_none(done: Job, as_: Any) -> None:
    Job.objects.all().delete()
    for name in ("jobs:recording", "jobs:waveform"):
        assert as_(done.owner).get(reverse(name, args=[done.score_id])).status_code == 404


def test_a_file_to_take_along_is_made_once(done: Job, as_: Any, work: Work) -> None:
    client, url = as_(done.owner), reverse("jobs:exports", args=[done.score_id])
    assert "MusicXML" in client.get(url, **HTMX).content.decode()
    client.post(url, {"export.kind": "zip"}, **HTMX)
    assert work() == 1
    export = Export.objects.get()
    assert export.problem == ""
    answer = client.get(reverse("jobs:export_file", args=[export.pk]))
    names = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
    assert any(name.endswith(".musicxml") for name in names)
    assert "attachment" in answer["Content-Disposition"]
    file = reverse("jobs:export_file", args=[export.pk])
    assert client.post(url, {"export.kind": "zip"}).url == file
    again = client.post(url, {"export.kind": "zip"}, **HTMX)  # what is there already comes at once
    assert json.loads(again["HX-Trigger"]) == {"export-ready": {"address": file}}
    assert Export.objects.count() == 1
    assert Job.objects.filter(export__isnull=False).count() == 1


def test_a_file_that_cannot_be_made_says_why(done: Job, as_: Any, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    from notation.musicxml import NotationError

    def refuse(*_: Any, **__: Any) -> None:
        raise NotationError("The engraver refused this score.")

    monkeypatch.setattr("notation.exports.export", refuse)
    client, url = as_(done.owner), reverse("jobs:exports", args=[done.score_id])
    client.post(url, {"export.kind": "pdf"}, **HTMX)
    work()
    assert "The engraver refused this score." in client.get(url, **HTMX).content.decode()


def test_other_peoples_are_404(done: Job, as_: Any, people: Cast) -> None:
    ben = as_(people.ben)
    for name in ("jobs:detail", "jobs:cancel", "jobs:retry", "jobs:change"):
        method = ben.get if name == "jobs:detail" else ben.post
        assert method(reverse(name, args=[done.pk])).status_code == 404
    for name in ("jobs:recording", "jobs:waveform", "jobs:options", "jobs:exports"):
        assert ben.get(reverse(name, args=[done.score_id])).status_code == 404
    assert ben.get(reverse("jobs:of_project", args=[done.project_id])).status_code == 404
    assert ben.post(reverse("jobs:start", args=[done.project_id]), {"recipe": "song"}).status_code == 404


@pytest.mark.parametrize("name", ["jobs:of_project", "jobs:of_dashboard", "jobs:notices"])
def test_queries_do_not_grow_with_what_has_ended(
    name: str, done: Job, start: Start, work: Work, as_: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        start("song")
        work()
    services.mark_seen(done.owner, jobs=Job.objects.values_list("pk", flat=True))
    args = [done.project_id] if name == "jobs:of_project" else []
    client = as_(done.owner)
    client.get(reverse(name, args=args), **HTMX)
    with django_assert_max_num_queries(8):
        client.get(reverse(name, args=args), **HTMX)


def test_the_page_of_a_job_needs_few_queries(done: Job, as_: Any, django_assert_max_num_queries: Any) -> None:
    client = as_(done.owner)
    with django_assert_max_num_queries(12):
        client.get(done.get_absolute_url())


def test_a_failed_job_offers_a_retry_unless_it_cannot_help(start: Start, work: Work, as_: Any, people: Cast) -> None:
    job = start("refuse")
    work()
    page = as_(people.ada).get(job.get_absolute_url()).content.decode()
    assert "This file has no sound in it." in page
    assert "Bring another." in page
    assert "Try again" not in page
    url = reverse("jobs:change", args=[job.pk])
    assert as_(people.ada).post(url, {"refuse.bad": ["0"]}).url == job.get_absolute_url()
    work()
    assert Job.objects.get(pk=job.pk).state == "done"


def test_a_page_shows_pieces_that_are_there_already(start: Start, as_: Any, people: Cast) -> None:
    from media_pipeline import store
    from media_pipeline.models import Step

    job = start("pieces")
    step = Step.claim(["cpu"], worker="here:1:1")
    assert step is not None
    for name in ("page 1", "page 2"):
        store.file_partial(step.owner_id, of=step.key, name=name, value={"notes": 3})
    assert "2 pieces so far" in as_(people.ada).get(job.get_absolute_url()).content.decode()
