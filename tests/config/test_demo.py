"""The demo: one login, one project, one job by the real recipe; made once."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from config.management.commands import demo
from media_pipeline.models import Job
from projects.models import Project

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _folder(settings: object, tmp_path: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


def run() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def test_it_starts_the_real_recipe_on_a_recording_of_its_own() -> None:
    run()
    job = Job.objects.get()
    assert (job.recipe, job.state) == ("guitar-tab", Job.State.WAITING)
    source = job.sources.get()
    assert (source.kind, source.problem) == ("audio", "")
    assert job.project.title == demo.PROJECT


def test_the_second_time_only_the_login_is_printed() -> None:
    assert run() == run()
    assert (User.objects.count(), Project.objects.count(), Job.objects.count()) == (1, 1, 1)


def test_the_printed_login_works(client: Client) -> None:
    password = run().split()[-1]
    client.post("/accounts/login/", {"login": demo.EMAIL, "password": password})
    assert client.get("/projects/").status_code == 200


def test_there_is_no_bucket_to_make_on_disk() -> None:
    with pytest.raises(CommandError, match="on disk"):
        call_command("bucket")
