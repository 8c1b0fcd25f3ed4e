"""The cache of a machine is its workers' together: folders come and go there under each other's hands."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from media_pipeline import store
from tests.machine.recipes import Leaf
from tests.media_pipeline.elsewhere import Elsewhere

KEY, LATER = "ab" * 32, "cd" * 32


@pytest.fixture
def owner(transactional_db: None, settings: Any, tmp_path: Path) -> User:
    """Somebody whose files lie in a storage without paths, so that workers open them in the cache."""
    settings.DATA_DIR = tmp_path
    backend = {"BACKEND": "tests.media_pipeline.elsewhere.Elsewhere"}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    return User.objects.create_user("cache@example.org")


def keep(owner: User, *, key: str) -> Path:
    """File an artefact; its folder in the cache."""
    store.file(owner.pk, key=key, value=Leaf(7), kind=Leaf)
    return store.cache_root() / store.place_of(owner.pk, key)


@pytest.mark.parametrize("what", ["written aside", "in place"])
def test_what_another_worker_takes_away_while_it_is_measured(
    owner: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A folder is in the list of its parent and gone when it is looked into; filing goes on."""
    going = keep(owner, key=KEY)
    if what == "written aside":
        going = store.cache_root() / "artifacts" / "aside" / "another worker's"
        going.mkdir(parents=True)
        (going / "value.json").write_text("{}")
    look_into = os.scandir

    def too_late(path: Any = ".") -> Any:
        if str(path) == str(going) and going.exists():
            going.rename(going.with_name("gone"))
            shutil.rmtree(going.with_name("gone"))
        return look_into(path)

    monkeypatch.setattr(os, "scandir", too_late)
    assert keep(owner, key=LATER).is_dir()
    assert store.open_artifact(owner.pk, key=LATER, kind=Leaf) == Leaf(7)


def test_two_fetch_the_same_and_the_second_leaves_it_to_the_first(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first may be reading it: a folder that is whole is not put aside for another of the same content."""
    folder = keep(owner, key=KEY)
    shutil.rmtree(folder)
    fetch = Elsewhere._open
    first: list[int] = []

    def slowly(storage: Elsewhere, name: str, mode: str = "rb") -> Any:
        if not first:
            first.append(0)
            assert store.open_artifact(owner.pk, key=KEY, kind=Leaf) == Leaf(7)  # another worker, meanwhile
            first[0] = folder.stat().st_ino
        return fetch(storage, name, mode)

    monkeypatch.setattr(Elsewhere, "_open", slowly)
    assert store.open_artifact(owner.pk, key=KEY, kind=Leaf) == Leaf(7)
    assert first == [folder.stat().st_ino]
    assert list((store.cache_root() / "artifacts" / "aside").iterdir()) == []


def test_what_goes_while_rubbish_is_looked_for_holds_nothing_up(owner: User) -> None:
    root = store.scratch_root()
    root.mkdir()
    for number in range(3):
        (root / f"going {number}").symlink_to(root / "gone")  # listed, and not there when it is looked at
    dead = root / "dead"
    dead.mkdir()
    os.utime(dead, (0, 0))
    assert store.remove_rubbish() == 1
    assert not dead.exists()
