"""Uploads, as static/js/upload.js does them: start, parts, finish."""

from __future__ import annotations

import errno
import hashlib
import os
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import quota
from projects import parts, services, uploads
from projects.errors import ProjectError
from projects.models import Blob, Project, Source, Upload
from projects.signals import source_added
from tests.cast import MUSICXML, Cast, wav
from tests.projects.conftest import PART, Sender

pytestmark = pytest.mark.usefixtures("small_parts")
SONG = wav(0.5)  # nine parts


def test_it_works(ada: Sender, project: Project, kept: Any) -> None:
    answer = ada.send(project, SONG)
    assert answer.status_code == 200
    source = Source.objects.get(pk=answer.json()["source"]["id"])
    assert (source.name, source.kind, source.media_type, source.problem) == ("song.wav", "audio", "audio/wav", "")
    assert source.blob.file.read() == SONG
    assert source.blob.sha256 == hashlib.sha256(SONG).hexdigest()
    assert kept() == [source.blob.file.name]  # no part is left over
    assert project.activity.get().text == "Uploaded “song.wav”"


def test_it_validates_ownership(cast: Cast, as_: Any, ada: Sender, project: Project) -> None:
    ben = Sender(as_(cast.ben))
    assert ben.start(project, size=10).status_code == 404
    url = ada.start(project, size=10).json()["url"]
    assert ben.put(url, 1, bytes(10)).status_code == 404
    assert ben.finish(url).status_code == 404
    assert ben.client.delete(url).status_code == 404
    assert Upload.objects.get().received == {}


def test_the_apps_above_hear_of_it(ada: Sender, project: Project, committed: Any) -> None:
    heard: list[Source] = []

    def listen(*, source: Source, **_: Any) -> None:
        heard.append(source)

    source_added.connect(listen)
    try:
        with committed():
            ada.send(project, SONG)
            assert heard == []  # not before it is final
    finally:
        source_added.disconnect(listen)
    assert heard == [Source.objects.get()]


def test_notation_opens_as_a_score(ada: Sender, project: Project, committed: Any) -> None:
    with committed():
        ada.send(project, MUSICXML, name="tune.musicxml")
    assert project.scores.get().source == Source.objects.get()


# --- resuming -------------------------------------------------------------------------------------------------------
def test_after_a_reload_only_missing_parts_are_sent(ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=len(SONG), fingerprint="song|1|2").json()
    for number in (1, 3):
        ada.put(begun["url"], number, SONG[(number - 1) * PART : number * PART])
    again = ada.start(project, size=len(SONG), fingerprint="song|1|2").json()
    assert again["id"] == begun["id"]
    assert again["received"] == [1, 3]
    ada.put_all(again, SONG)
    assert ada.finish(again["url"]).status_code == 200
    assert Source.objects.get().blob.file.read() == SONG


def test_the_page_offers_to_go_on(ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=2500, name="long.mp3", fingerprint="long|1|2").json()
    ada.put(begun["url"], 1, bytes(PART))
    page = ada.client.get(f"/projects/{project.pk}/").content.decode()
    assert "Unfinished uploads" in page
    assert "long.mp3" in page
    assert 'data-fingerprint="long|1|2"' in page


@pytest.mark.parametrize("fingerprint", ["a\0b", "\ud800", "x" * 5000])
def test_no_fingerprint_stops_an_upload(ada: Sender, project: Project, fingerprint: str) -> None:
    begun = ada.start(project, size=10, fingerprint=fingerprint)
    assert begun.status_code == 201
    assert ada.start(project, size=10, fingerprint=fingerprint).json()["id"] == begun.json()["id"]


def test_another_file_of_the_same_name_begins_anew(ada: Sender, project: Project) -> None:
    first = ada.start(project, size=10, fingerprint="song|10|1").json()
    assert ada.start(project, size=10, fingerprint="song|10|2").json()["id"] != first["id"]
    assert ada.start(project, size=11, fingerprint="song|10|1").json()["id"] != first["id"]


def test_a_part_may_come_twice_and_in_any_order(ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=len(SONG)).json()
    for number in (9, 2, 2, 1, 9, *range(3, 9)):
        assert ada.put(begun["url"], number, SONG[(number - 1) * PART : number * PART]).status_code == 200
    assert ada.finish(begun["url"]).status_code == 200
    assert Source.objects.get().blob.file.read() == SONG


def test_finish_may_be_asked_twice(ada: Sender, project: Project) -> None:
    first = ada.send(project, SONG).json()
    assert ada.finish(first["url"]).json() == first
    assert Source.objects.count() == 1


def test_finish_before_the_end_says_what_is_missing(ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=len(SONG)).json()
    ada.put(begun["url"], 1, SONG[:PART])
    answer = ada.finish(begun["url"])
    assert answer.status_code == 409
    assert answer.json() == {"problem": "8 of 9 parts are still missing. Send them.", "permanent": False}
    assert Upload.objects.get().state == Upload.State.OPEN


def test_only_one_process_joins(ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=10).json()
    ada.put(begun["url"], 1, bytes(10))
    Upload.objects.update(state=Upload.State.JOINING, updated_at=timezone.now())
    answer = ada.finish(begun["url"])
    assert answer.status_code == 409
    assert answer.json()["permanent"] is False
    # The process that joined it died long ago: it may be asked again.
    Upload.objects.update(updated_at=timezone.now() - uploads.STALE_JOIN_AFTER - timedelta(seconds=1))
    assert ada.finish(begun["url"]).status_code == 200


def test_a_failure_while_joining_can_be_asked_again(
    ada: Sender, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = ada.start(project, size=len(SONG)).json()
    ada.put_all(begun, SONG)
    with monkeypatch.context() as broken:
        broken.setattr(services, "add_source", _fails)
        with pytest.raises(RuntimeError):
            ada.finish(begun["url"])
    assert Upload.objects.get().state == Upload.State.OPEN
    assert Blob.objects.count() == 0
    assert ada.finish(begun["url"]).status_code == 200
    assert Source.objects.get().blob.file.read() == SONG


def _fails(*_: Any, **__: Any) -> None:
    raise RuntimeError("the process was stopped here")


# --- the same file twice --------------------------------------------------------------------------------------------
def test_the_same_file_twice_in_a_project_is_one(ada: Sender, project: Project, committed: Any, kept: Any) -> None:
    first = ada.send(project, SONG).json()
    with committed():
        second = ada.send(project, SONG).json()
    assert second["source"]["id"] == first["source"]["id"]
    assert second["told"] == "“song.wav” is in this project already; nothing was stored twice."
    assert len(kept()) == 1


def test_the_same_file_under_another_name_is_linked(ada: Sender, project: Project, committed: Any, kept: Any) -> None:
    ada.send(project, SONG)
    with committed():
        second = ada.send(project, SONG, name="take 2.wav").json()
    assert "as “song.wav” in this project; it is linked, not stored twice" in second["told"]
    assert Source.objects.count() == 2
    assert Blob.objects.count() == len(kept()) == 1


def test_the_same_file_in_another_project_is_linked(ada: Sender, project: Project, committed: Any, kept: Any) -> None:
    ada.send(project, SONG)
    other = Project.objects.create(owner=project.owner, title="Encores")
    with committed():
        second = ada.send(other, SONG).json()
    assert "as “song.wav” in “Songs”; it is linked" in second["told"]
    assert Blob.objects.count() == len(kept()) == 1
    assert quota.usage(project.owner).used_bytes == len(SONG)


def test_the_same_file_of_two_people_is_stored_for_each(cast: Cast, as_: Any, ada: Sender, project: Project) -> None:
    """Nobody may learn from an upload what somebody else has."""
    ada.send(project, SONG)
    bens = Project.objects.create(owner=cast.ben, title="Ben's")
    answer = Sender(as_(cast.ben)).send(bens, SONG).json()
    assert answer["told"] == ""
    assert Blob.objects.count() == 2


def test_two_uploads_of_the_same_file_at_once(ada: Sender, project: Project, committed: Any, kept: Any) -> None:
    one, two = (ada.start(project, size=len(SONG)).json() for _ in range(2))
    assert one["id"] != two["id"]
    ada.put_all(one, SONG)
    ada.put_all(two, SONG)
    with committed():
        first, second = ada.finish(one["url"]).json(), ada.finish(two["url"]).json()
    assert first["source"]["id"] == second["source"]["id"]
    assert len(kept()) == 1


# --- limits ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quota.ROLES, "user", quota.Limits("user", 3000, 5000, 1, 1, 60))


@pytest.mark.usefixtures("tight")
def test_past_the_quota_is_refused_before_sending(ada: Sender, project: Project) -> None:
    ada.send(project, bytes(3000))
    answer = ada.start(project, size=2500)
    assert answer.status_code == 413
    assert answer.json()["problem"].startswith("This file has 2.4 KB, but only 2.0 KB of your 4.9 KB are left.")
    assert Upload.objects.filter(state=Upload.State.OPEN).count() == 0


@pytest.mark.usefixtures("tight")
def test_a_file_past_the_limit_of_one_file_is_refused(ada: Sender, project: Project) -> None:
    answer = ada.start(project, size=3001)
    assert answer.status_code == 413
    assert "one file may have 2.9 KB" in answer.json()["problem"]


@pytest.mark.usefixtures("tight")
def test_what_is_under_way_counts(ada: Sender, project: Project) -> None:
    first = ada.start(project, size=3000).json()
    assert ada.start(project, size=3000).status_code == 413
    assert ada.client.delete(first["url"]).status_code == 204
    assert ada.start(project, size=3000).status_code == 201


@pytest.mark.usefixtures("tight")
def test_limits_stand_on_the_page_before_they_bite(ada: Sender, project: Project) -> None:
    ada.send(project, wav(0.15)[:2400])
    ada.start(project, size=2500)
    page = ada.client.get(f"/projects/{project.pk}/").content.decode()
    assert "Up to 2.9\xa0KB each" in page
    assert 'data-left-bytes="100"' in page
    assert "Your storage is nearly full: 100 bytes are left." in page


def test_premium_has_more(cast: Cast) -> None:
    assert quota.refusal(cast.ada, size_bytes=quota.GB)
    assert not quota.refusal(cast.pia, size_bytes=quota.GB)


def test_too_many_unfinished(ada: Sender, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OPEN", 2)
    ada.start(project, size=10)
    ada.start(project, size=10)
    assert ada.start(project, size=10).status_code == 429


# --- bad input ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [0, -5])
def test_an_empty_file_is_refused(ada: Sender, project: Project, size: int) -> None:
    answer = ada.start(project, size=size, name="nothing.mp3")
    assert answer.status_code == 400
    assert answer.json()["problem"] == "“nothing.mp3” is empty. There is nothing in it to read."


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"project": "x", "name": 1, "size": 2}',
        '{"project": 1}',
        "null",
        '{"project": 1, "name": "a", "size": Infinity}',
        "\xff",
    ],
)
def test_a_start_that_makes_no_sense(ada: Sender, body: str) -> None:
    assert ada.client.post("/uploads/", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(("number", "size"), [(1, 999), (1, 1001), (2, 499), (2, 501), (2, 1000), (0, 1000), (3, 1)])
def test_parts_of_wrong_size_or_number(ada: Sender, project: Project, number: int, size: int) -> None:
    begun = ada.start(project, size=1500).json()
    answer = ada.put(begun["url"], number, bytes(size))
    assert answer.status_code == 400
    assert answer.json()["problem"]
    assert Upload.objects.get().received == {}


def test_a_part_that_lies_about_its_size_does_not_count(ada: Sender, project: Project) -> None:
    """The header is right and the body is not, as behind a proxy that breaks off."""
    import io

    ada.start(project, size=1500)
    for size in (999, 1001):
        with pytest.raises(ProjectError, match="must have 1000 bytes"):
            uploads.put_part(Upload.objects.get(), number=1, body=io.BytesIO(bytes(size)), size_bytes=1000)
    assert Upload.objects.get().received == {}


def test_an_unknown_kind_is_kept_with_a_sentence(ada: Sender, project: Project) -> None:
    answer = ada.send(project, b"\x00\x01\x02\x03" * 50, name="strange.bin")
    source = Source.objects.get()
    assert source.kind == "other"
    assert answer.json()["source"]["problem"] == source.problem
    assert "does not know what this is" in source.problem
    assert source.problem in ada.client.get(f"/projects/{project.pk}/").content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!doctype html><html><body>Sorry, not found</body></html>", "a web page"),
        (b"PK\3\4" + bytes(22) + b"\5\0\0\0a.txtPK", "a ZIP archive"),
    ],
)
def test_a_name_that_promises_something_else(ada: Sender, project: Project, data: bytes, words: str) -> None:
    ada.send(project, data, name="song.mp3")
    source = Source.objects.get()
    assert source.kind == "other"
    assert source.problem.startswith(f"It is called .mp3, but it is {words}.")


def test_what_is_called_wrongly_but_is_music_is_music(ada: Sender, project: Project) -> None:
    ada.send(project, SONG, name="song.html")
    assert (Source.objects.get().kind, Source.objects.get().problem) == ("audio", "")


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\music\\a.mp3", "a.mp3"),
        ("a\x00b\x1f.mp3", "ab.mp3"),
        ("gpj\u202e3pm.exe", "gpj3pm.exe"),
        ("..", "unnamed"),
        ("  a \n b.mp3 ", "a b.mp3"),
        ("<script>alert(1)</script>.mp3", "script>.mp3"),
        ("Zwölf/Äpfel – n\u0303o.wav", "Äpfel – ño.wav"),
        ("\ud800.wav", "wav"),
    ],
)
def test_hostile_names(ada: Sender, project: Project, given: str, clean: str) -> None:
    begun = ada.start(project, size=len(SONG), name=given).json()
    assert begun["name"] == clean
    ada.put_all(begun, SONG)
    source = ada.finish(begun["url"]).json()["source"]
    page = ada.client.get(source["url"]).content.decode()
    assert "<script>alert" not in page


def test_a_very_long_name_keeps_its_ending(ada: Sender, project: Project) -> None:
    name = ada.start(project, size=5, name="x" * 300 + ".mp3").json()["name"]
    assert len(name) <= 200
    assert name.endswith("x….mp3")


def test_no_letter_of_a_name_reaches_storage(ada: Sender, project: Project, kept: Any) -> None:
    ada.send(project, SONG, name="Quetzalcoatl.wav")
    assert "uetzal" not in kept()[0]


def test_disk_full_keeps_what_arrived(ada: Sender, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = ada.start(project, size=len(SONG)).json()
    ada.put(begun["url"], 1, SONG[:PART])
    real = os.pwrite

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        answer = ada.put(begun["url"], 2, SONG[PART : 2 * PART])
    assert os.pwrite is real
    assert answer.status_code == 507
    assert answer.json()["problem"].startswith("The server's disk is full. What arrived is kept")
    assert answer.json()["permanent"] is False
    # There is room again: it goes on with the second part.
    ada.put_all(ada.client.get(begun["url"]).json(), SONG)
    assert ada.finish(begun["url"]).status_code == 200
    assert Source.objects.get().blob.file.read() == SONG


def test_no_room_is_said_before_sending(ada: Sender, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    answer = ada.start(project, size=10)
    assert answer.status_code == 507
    assert Upload.objects.count() == 0


def test_a_project_in_the_trash_takes_nothing(ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=10).json()
    ada.put(begun["url"], 1, bytes(10))
    services.trash_project(project)
    assert ada.start(project, size=10).status_code == 404
    assert ada.finish(begun["url"]).status_code == 404
    with pytest.raises(ProjectError, match="trash"):
        uploads.finish(Upload.objects.get())


# --- cancelling and forgetting --------------------------------------------------------------------------------------
def test_cancel_removes_what_arrived(ada: Sender, project: Project, committed: Any, kept: Any) -> None:
    begun = ada.start(project, size=len(SONG)).json()
    ada.put(begun["url"], 1, SONG[:PART])
    with committed():
        assert ada.client.delete(begun["url"]).status_code == 204
    assert kept() == []
    assert ada.put(begun["url"], 2, SONG[PART : 2 * PART]).json()["problem"] == "This upload was cancelled."


def test_one_that_is_done_cannot_be_cancelled(ada: Sender, project: Project, kept: Any) -> None:
    done = ada.send(project, SONG).json()
    assert ada.client.delete(done["url"]).status_code == 409
    assert len(kept()) == 1


def test_discard_works_without_javascript(ada: Sender, project: Project) -> None:
    begun = ada.start(project, size=10).json()
    assert ada.client.post(f"{begun['url']}discard/").status_code == 302
    assert Upload.objects.get().state == Upload.State.CANCELLED


def test_forgotten_uploads_go_after_a_week(ada: Sender, project: Project, kept: Any) -> None:
    old = ada.start(project, size=10, name="old.mp3").json()
    ada.start(project, size=10, name="new.mp3")
    Upload.objects.filter(pk=old["id"]).update(updated_at=timezone.now() - timedelta(days=8))
    assert uploads.forget_old() == 1
    assert [upload.name for upload in Upload.objects.all()] == ["new.mp3"]
    assert len(kept()) == 1


def test_big_files_have_bigger_parts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 8 * 1024**2)
    assert uploads.part_bytes(quota.GB) == 8 * 1024**2
    assert 1000 * quota.GB / uploads.part_bytes(1000 * quota.GB) < 10_000


def test_files_without_javascript(ada: Sender, project: Project) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = [SimpleUploadedFile("a.wav", SONG), SimpleUploadedFile("b.wav", SONG), SimpleUploadedFile("c.mp3", b"")]
    answer = ada.client.post(f"/projects/{project.pk}/files/", {"files": files}, follow=True)
    page = answer.content.decode()
    assert "“a.wav” is here." in page
    assert "it is linked, not stored twice" in page
    assert "“c.mp3” is empty" in page
    assert Source.objects.count() == 2
    assert not Upload.objects.filter(state=Upload.State.OPEN).exists()


def test_the_store_follows_the_settings(settings: Any) -> None:
    settings.STORAGE = "s3"
    assert isinstance(parts.store(), parts.S3Parts)
    settings.STORAGE = "files"
    assert isinstance(parts.store(), parts.DiskParts)
