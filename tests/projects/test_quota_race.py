"""Two uploads at once can not exceed the quota together, and two that finish at once store content once."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts import quota
from projects import uploads
from projects.errors import ProjectError
from projects.models import Blob, Project, Source, Upload
from tests.cast import make_cast, wav

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return Project.objects.create(owner=make_cast().ada, title="Songs")


def at_once(work: Callable[[int], Any], *, times: int) -> list[Any]:
    """Run `work` in as many threads, all let go together; returns what each returned or raised."""
    gate, answers = threading.Barrier(times), [None] * times

    def one(index: int) -> None:
        gate.wait()
        try:
            answers[index] = work(index)
        except Exception as error:
            answers[index] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_two_at_once_do_not_exceed_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quota.ROLES, "user", quota.Limits("user", 3000, 5000, 1, 1, 60))
    answers = at_once(
        lambda index: uploads.start(project, user=project.owner, name=f"{index}.mp3", size_bytes=2000), times=6
    )
    taken = [answer for answer in answers if isinstance(answer, Upload)]
    refused = [answer for answer in answers if isinstance(answer, ProjectError)]
    assert (len(taken), len(refused)) == (2, 4), answers
    assert quota.usage(project.owner).used_bytes == 4000


def test_the_same_content_finished_at_once_is_stored_once(project: Project) -> None:
    data = wav(0.2)
    begun = []
    for index in range(4):
        upload = uploads.start(project, user=project.owner, name=f"{index}.wav", size_bytes=len(data))
        begun.append(uploads.put_part(upload, number=1, body=io.BytesIO(data)))
    answers = at_once(lambda index: uploads.finish(begun[index]), times=4)
    assert all(isinstance(answer, Upload) for answer in answers), answers
    assert (Blob.objects.count(), Source.objects.count()) == (1, 4)
    with Blob.objects.get().file.open() as file:
        assert file.read() == data


def test_one_upload_finished_by_two_at_once_becomes_one_source(project: Project) -> None:
    data = wav(0.2)
    upload = uploads.start(project, user=project.owner, name="a.wav", size_bytes=len(data))
    upload = uploads.put_part(upload, number=1, body=io.BytesIO(data))
    answers = at_once(lambda _: uploads.finish(Upload.objects.get(pk=upload.pk)), times=4)
    assert any(isinstance(answer, Upload) for answer in answers)
    # Whoever came second is told to ask again, or gets the same answer; nobody fails for good.
    assert all(isinstance(answer, Upload) or not answer.permanent for answer in answers), answers
    assert Source.objects.count() == 1


def test_parts_sent_at_once_all_count(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 100)
    data = bytes(range(200)) * 4
    upload = uploads.start(project, user=project.owner, name="a.bin", size_bytes=len(data))
    at_once(
        lambda index: uploads.put_part(
            upload, number=index + 1, body=io.BytesIO(data[index * 100 : index * 100 + 100])
        ),
        times=8,
    )
    upload.refresh_from_db()
    assert uploads.missing_parts(upload) == []
    uploads.finish(upload)
    assert Source.objects.get().blob.file.read() == data
