"""Artefacts in storage: on disk in place, elsewhere through a bounded cache; damage is noticed and forgotten."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from media_pipeline import store
from media_pipeline.artifacts import Audio, Note
from media_pipeline.context import StageError
from media_pipeline.models import Artifact
from projects.models import Blob, Project, Source
from tests.cast import wav

KEY = "ab" * 32


@pytest.fixture(params=["disk", "elsewhere"])
def owner(request: pytest.FixtureRequest, transactional_db: None, settings: Any, tmp_path: Path) -> User:
    """Somebody whose files lie on disk, or in a storage that has no paths (as S3)."""
    settings.DATA_DIR = tmp_path
    if request.param == "elsewhere":
        backend = {"BACKEND": "tests.media_pipeline.elsewhere.Elsewhere"}
        settings.STORAGES = settings.STORAGES | {"default": backend}
    return User.objects.create_user("store@example.org")


def sound(length: int = 100) -> Audio:
    return Audio(np.arange(length, dtype=np.float32), 22_050, 0.0, 1.0)


def keep(owner: User, key: str = KEY, length: int = 100) -> Artifact:
    return store.file(owner.pk, key=key, value=sound(length), kind=Audio, engine="e 1", notices=["n"])


def brought(owner: User, name: str, data: bytes) -> Source:
    """Rows and bytes as an upload leaves them."""
    project, _ = Project.objects.get_or_create(owner=owner, title="P")
    sha = hashlib.sha256(data).hexdigest()
    blob = Blob.objects.filter(owner=owner, sha256=sha).first() or Blob(owner=owner, sha256=sha, size=len(data))
    if blob.pk is None:
        blob.file.save(sha, ContentFile(data))
        blob.save()
    return Source.objects.create(project=project, blob=blob, name=name, kind="audio", media_type="audio/wav")


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_filed_is_found_and_opened(owner: User) -> None:
    keep(owner)
    assert store.find(owner.pk, [KEY, "other"])[KEY].notices == ["n"]
    np.testing.assert_array_equal(store.open_artifact(owner.pk, key=KEY, kind=Audio).samples, np.arange(100))


def test_it_is_fetched_again_where_the_cache_lost_it(owner: User) -> None:
    import shutil

    keep(owner)
    shutil.rmtree(store.cache_root(), ignore_errors=True)
    assert len(store.open_artifact(owner.pk, key=KEY, kind=Audio).samples) == 100


def test_somebody_elses_is_missing(owner: User) -> None:
    keep(owner)
    other = User.objects.create_user("other@example.org")
    with pytest.raises(store.Missing):
        store.open_artifact(other.pk, key=KEY, kind=Audio)


def test_what_is_not_there_is_missing(owner: User) -> None:
    with pytest.raises(store.Missing):
        store.open_artifact(owner.pk, key=KEY, kind=Audio)


def test_damage_is_missing_and_forgotten(owner: User) -> None:
    from django.core.files.storage import default_storage

    artifact = keep(owner)
    place = store.place_of(owner.pk, KEY)
    if (root := store.disk_root()) is not None:
        (root / place / "array.npy").write_bytes(b"torn")
    else:
        default_storage.delete(f"{place}/array.npy")
        (store.cache_root() / place / "array.npy").unlink()
    with pytest.raises(store.Missing):
        store.open_artifact(owner.pk, key=KEY, kind=Audio)
    assert not Artifact.objects.filter(pk=artifact.pk).exists()
    keep(owner)
    assert len(store.open_artifact(owner.pk, key=KEY, kind=Audio).samples) == 100


def test_the_first_of_two_with_one_key_stays(owner: User) -> None:
    first = keep(owner)
    second = keep(owner, length=50)
    assert second.pk == first.pk
    assert len(store.open_artifact(owner.pk, key=KEY, kind=Audio).samples) == 100


def test_a_failed_write_leaves_nothing(owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(value: Any, kind: Any, *, folder: Path, scratch: Path | None) -> dict[str, int]:
        folder.mkdir(parents=True)
        (folder / "half").write_bytes(b"x" * 1000)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("media_pipeline.codec.write", half)
    with pytest.raises(StageError, match="no room left") as error:
        keep(owner)
    assert not error.value.permanent
    assert not Artifact.objects.exists()
    assert everything(tmp_path / "cache") + everything(tmp_path / "files") == []


def test_forgetting_takes_the_files_along(owner: User, tmp_path: Path) -> None:
    store.forget(keep(owner))
    assert everything(tmp_path / "cache") + everything(tmp_path / "files") == []


def test_pieces_come_back_in_the_order_they_were_filed(owner: User) -> None:
    for number in (2, 1):
        store.file_partial(owner.pk, of=KEY, name=f"bar {number}", value=Note(0.0, 1.0, 60 + number, 1, 1.0))
    found = store.open_partials(owner.pk, of=KEY)
    assert [(name, note.pitch) for name, note in found.items()] == [("bar 2", 62), ("bar 1", 61)]


def test_a_piece_filed_again_is_replaced(owner: User) -> None:
    for pitch in (60, 61):
        store.file_partial(owner.pk, of=KEY, name="bar 1", value=Note(0.0, 1.0, pitch, 1, 1.0))
    assert store.open_partials(owner.pk, of=KEY)["bar 1"].pitch == 61
    assert Artifact.objects.count() == 1


def test_a_source_opens_under_its_owners_name(owner: User) -> None:
    source = brought(owner, "My Song.wav", wav(0.1))
    media = store.open_source(source)
    assert media.name == "My Song.wav"
    assert media.path.read_bytes() == wav(0.1)


def test_a_source_whose_file_is_gone_says_so(owner: User) -> None:
    source = brought(owner, "gone.wav", wav(0.1))
    source.blob.file.delete(save=False)
    with pytest.raises(StageError, match=r"“gone\.wav” is no longer there"):
        store.open_source(source)


def test_the_key_of_a_source_is_its_bytes_and_its_name(owner: User) -> None:
    one, same = (brought(owner, "a.wav", wav(0.1)) for _ in range(2))
    assert store.source_key(one) == store.source_key(same)
    assert store.source_key(one) != store.source_key(brought(owner, "b.wav", wav(0.1)))
    assert store.source_key(one) != store.source_key(brought(owner, "a.wav", wav(0.2)))


@pytest.mark.parametrize("owner", ["elsewhere"], indirect=True)
def test_the_cache_is_bounded_but_keeps_what_is_in_use(owner: User, settings: Any) -> None:
    settings.CACHE_BYTES = 3000
    old, used = "cd" * 32, "ef" * 32
    for key in (old, used):
        keep(owner, key=key, length=400)  # 1.7 kB each
    stale = store.cache_root() / store.place_of(owner.pk, old)
    long_ago = time.time() - 3600
    os.utime(stale, (long_ago, long_ago))
    keep(owner, key=KEY, length=400)
    assert not stale.exists()
    assert (store.cache_root() / store.place_of(owner.pk, used)).exists()
    assert len(store.open_artifact(owner.pk, key=old, kind=Audio).samples) == 400, "fetched again when asked for"


def test_rubbish_of_dead_workers_goes_after_a_day(owner: User, settings: Any) -> None:
    with store.scratch_space() as live:
        dead = store.scratch_root() / "dead"
        dead.mkdir()
        long_ago = time.time() - 2 * 86400
        os.utime(dead, (long_ago, long_ago))
        assert store.remove_rubbish() == 1
        assert live.exists()
        assert not dead.exists()
