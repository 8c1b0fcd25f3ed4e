"""Where artefacts and sources lie: in default_storage under artifacts/<owner>/<kk>/<key>/, known by their rows.

Filing is atomic: everything is written aside, then put in place, then the row is written. On disk artefacts are
opened in place; elsewhere (S3) through a cache folder of this machine whose size is bounded.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from media_pipeline import codec
from media_pipeline.artifacts import Media
from media_pipeline.context import StageError
from media_pipeline.graph import digest
from media_pipeline.models import Artifact, JobSource
from notation.models import Revision
from projects.models import Source

log = logging.getLogger(__name__)

_TOUCH_EVERY = timedelta(hours=1)  # how exactly `used_at` is kept
_IN_USE_SECONDS = 15 * 60  # what was opened this lately stays in the cache whatever its size
_FULL = {errno.ENOSPC, errno.EDQUOT}


class Missing(Exception):
    """The artefact is gone or damaged, and has been forgotten: whoever needs it has it made again."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


# --- filing ---------------------------------------------------------------------------------------------------------


def file(
    owner_id: int,
    *,
    key: str,
    value: Any,
    kind: Any,
    scratch: Path | None = None,
    engine: str = "",
    notices: Sequence[str] = (),
) -> Artifact:
    """Keep a value under its key. Files below `scratch` are moved away. StageError where the disk is full.

    What another worker filed meanwhile under the same key is as good, and somebody may be reading it: it stays.
    """
    if (there := find(owner_id, [key]).get(key)) is not None and _is_there(there):
        return there
    files = _put(place_of(owner_id, key), lambda folder: codec.write(value, kind, folder=folder, scratch=scratch))
    fields = {
        "kind": _name_of(kind),
        "files": files,
        "size": sum(files.values()),
        "items": len(value) if isinstance(value, tuple) else None,
        "engine": engine,
        "notices": list(notices),
        "used_at": timezone.now(),
    }
    return Artifact.objects.update_or_create(owner_id=owner_id, key=key, name="", defaults=fields)[0]


def file_partial(owner_id: int, *, of: str, name: str, value: Any) -> Artifact:
    """Keep a piece of the artefact with key `of`. A piece of the same name is replaced."""
    key = digest([of, name, uuid.uuid4().hex])  # never in the place of the one that a page may be reading
    files = _put(place_of(owner_id, key), lambda folder: codec.write_any(value, folder=folder))
    before = Artifact.objects.filter(owner_id=owner_id, partial_of=of, name=name[:100]).first()
    made = Artifact.objects.create(
        owner_id=owner_id,
        key=key,
        name=name[:100],
        partial_of=of,
        kind=type(value).__name__[:60],
        files=files,
        size=sum(files.values()),
    )
    if before is not None:
        forget(before)
    return made


# --- opening --------------------------------------------------------------------------------------------------------


def find(owner_id: int, keys: Iterable[str]) -> dict[str, Artifact]:
    """The whole artefacts that are there, by key."""
    return {a.key: a for a in Artifact.objects.filter(owner_id=owner_id, key__in=list(keys), name="")}


def open_artifact(owner_id: int, *, key: str, kind: Any) -> Any:
    """The value filed under a key. Missing where there is none, or it is damaged; then it is also forgotten."""
    artifact = Artifact.objects.filter(owner_id=owner_id, key=key, name="").first()
    if artifact is None:
        raise Missing(key)
    try:
        value = codec.read(kind, folder=_folder_of(artifact))
    except codec.Damaged as error:
        log.warning("artefact %s is damaged and will be made again: %s", key, error)
        forget(artifact)
        raise Missing(key) from error
    touch([artifact])
    return value


def open_partials(owner_id: int, *, of: str) -> dict[str, Any]:
    """What is there of an artefact that is not finished, oldest first. Damaged pieces are left out."""
    found: dict[str, Any] = {}
    for artifact in Artifact.objects.filter(owner_id=owner_id, partial_of=of).order_by("pk"):
        try:
            found[artifact.name] = codec.read_any(folder=_folder_of(artifact))
        except codec.Damaged:
            forget(artifact)
    return found


def open_source(source: Source) -> Media:
    """A source as stages take it. StageError where its file is gone."""
    name = source.blob.file.name or ""
    gone = StageError(
        f"The file of “{source.name}” is no longer there.", hint="Upload it again; it will be recognised."
    )
    if (root := disk_root()) is not None:
        path = root / name
        if not path.is_file():
            raise gone
        return Media(path=path, name=source.name)
    folder = _cached(f"blobs/{source.blob.sha256}", {"blob": source.blob.size}, lambda _: name)
    if folder is None:
        raise gone
    return Media(path=folder / "blob", name=source.name)


def media_key(row: JobSource) -> str:
    """The key of the Media that a row of a job gives: the whole file's, or that of one page turned by hand."""
    key = source_key(row.source)
    return key if row.page is None else digest([key, "page", row.page, row.turn, row.half])


def open_media(row: JobSource) -> Media:
    whole = open_source(row.source)
    return whole if row.page is None else replace(whole, page=row.page, turn=row.turn, half=row.half)


def open_document(revision: Revision) -> Path:
    """The MusicXML file of a revision, on this machine."""
    name = revision.document.name or ""
    gone = StageError("The document of this score is no longer there.", hint="Make it again from its recording.")
    if (root := disk_root()) is not None:
        if not (root / name).is_file():
            raise gone
        return root / name
    try:
        size = default_storage.size(name)
    except OSError:
        raise gone from None
    folder = _cached(f"documents/{revision.sha256}", {"document.musicxml": size}, lambda _: name)
    if folder is None:
        raise gone
    return folder / "document.musicxml"


def source_key(source: Source) -> str:
    """The key of a source's Media: its bytes and its name, which stages may put into titles and messages."""
    return digest(["source", source.blob.sha256, source.name])


def _is_there(artifact: Artifact) -> bool:
    try:
        _folder_of(artifact)
    except codec.Damaged:
        forget(artifact)
        return False
    return True


def touch(artifacts: Iterable[Artifact]) -> None:
    """They are in use: the clean-up leaves them alone for another while."""
    old = timezone.now() - _TOUCH_EVERY
    if stale := [a.pk for a in artifacts if a.used_at < old]:
        Artifact.objects.filter(pk__in=stale).update(used_at=timezone.now())


# --- forgetting -----------------------------------------------------------------------------------------------------


def forget(artifact: Artifact) -> None:
    """Remove an artefact, row first; its files follow by the signal (media_pipeline.receivers)."""
    Artifact.objects.filter(pk=artifact.pk).delete()


def forget_key(owner_id: int, key: str) -> None:
    for artifact in find(owner_id, [key]).values():
        forget(artifact)


def remove_files(artifact: Artifact) -> None:
    """Remove the files of an artefact whose row is gone."""
    place = place_of(artifact.owner_id, artifact.key)
    if (root := disk_root()) is not None:
        shutil.rmtree(root / place, ignore_errors=True)
        return
    shutil.rmtree(cache_root() / place, ignore_errors=True)
    for name in artifact.files:
        default_storage.delete(f"{place}/{name}")


def remove_rubbish(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Remove what was written aside and never put in place, by workers that died; how many folders went."""
    places = [_aside_root(), scratch_root()]
    edge, gone = time.time() - older_than.total_seconds(), 0
    for folder in (f for place in places if place.is_dir() for f in place.iterdir()):
        with suppress(FileNotFoundError):  # a live worker is done with it by now
            if folder.stat().st_mtime < edge:
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
    return gone


# --- folders --------------------------------------------------------------------------------------------------------


def disk_root() -> Path | None:
    """The folder of default_storage; None where files lie elsewhere."""
    try:
        return Path(default_storage.path(""))
    except NotImplementedError:
        return None


def cache_root() -> Path:
    return Path(settings.DATA_DIR) / "cache"


def pages_folder(owner_id: int, project_id: int) -> Path:
    """Where pages engraved for a project are kept on this machine; made where it is not there.

    Known by what they are made of (notation/engrave/cache.py): who finds none makes them again.
    """
    folder = cache_root() / "pages" / str(owner_id) / str(project_id)
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        os.utime(folder)
    return folder


def forget_pages(owner_id: int, project_id: int | None = None) -> None:
    """Remove the pages kept for a project on this machine, or for all of a person's."""
    folder = cache_root() / "pages" / str(owner_id)
    shutil.rmtree(folder if project_id is None else folder / str(project_id), ignore_errors=True)


def bound_pages(owner_id: int, *, days: float = 30) -> int:
    """Remove pages of a person's that nobody used for days, or for longest beyond PAGES_BYTES; how many files."""
    limit = int(getattr(settings, "PAGES_BYTES", 1024**3))
    found = []
    for place, _, names in os.walk(cache_root() / "pages" / str(owner_id)):
        for name in names:
            path = Path(place) / name
            with suppress(OSError):
                there = path.stat()
                found.append((there.st_mtime, there.st_size, path))
    total, now, gone = sum(size for _, size, _ in found), time.time(), 0
    for used, size, path in sorted(found):
        if used > now - _IN_USE_SECONDS or (total <= limit and used > now - days * 86400):
            continue
        with suppress(OSError):
            path.unlink()
            total, gone = total - size, gone + 1
    return gone


def bound_all_pages(*, days: float = 30) -> int:
    root = cache_root() / "pages"
    if not root.is_dir():
        return 0
    return sum(bound_pages(int(folder.name), days=days) for folder in root.iterdir() if folder.name.isdecimal())


def scratch_root() -> Path:
    """Beside the store, so that a file moves there by a rename."""
    return Path(settings.DATA_DIR) / "scratch"


@contextmanager
def scratch_space() -> Iterator[Path]:
    """A folder for one attempt at a step, removed afterwards."""
    folder = scratch_root() / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def disk_full() -> StageError:
    return StageError(
        "There is no room left on the disk for the result.",
        hint="Free some space, then try again; what is finished is kept.",
        permanent=False,
    )


def is_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _FULL


def _aside_root() -> Path:
    return (disk_root() or cache_root()) / "artifacts" / "aside"


def place_of(owner_id: int, key: str) -> str:
    """Where the files of an artefact lie in default_storage."""
    return f"artifacts/{owner_id}/{key[:2]}/{key}"


def _put(prefix: str, write: Callable[[Path], dict[str, int]]) -> dict[str, int]:
    """Write aside, then put in place. Nothing is left behind where it fails."""
    aside = _aside_root() / uuid.uuid4().hex
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        files = write(aside)
        root = disk_root()
        if root is None:
            for name in files:
                with (aside / name).open("rb") as content:
                    default_storage.save(f"{prefix}/{name}", File(content, name=name))
        _put_in_place(aside, (root or cache_root()) / prefix)
    except OSError as error:
        if is_full(error):
            raise disk_full() from error
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if disk_root() is None:
        _bound_cache()
    return files


def _put_in_place(aside: Path, place: Path, *, unless: Callable[[], bool] = lambda: False) -> None:
    """By one rename. What lies there without being asked for (the same key, filed by nobody) makes way.

    `unless` says of what lies there that it is as good; then it stays, since somebody may be reading it.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(3):
        try:
            aside.rename(place)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                raise
            if unless():
                return
            old = aside.with_name(uuid.uuid4().hex)
            try:
                place.rename(old)
            except FileNotFoundError:
                continue
            shutil.rmtree(old, ignore_errors=True)
        else:
            return
    raise OSError(errno.EEXIST, "could not be put in place", str(place))


def _folder_of(artifact: Artifact) -> Path:
    """Its files on this machine. Damaged where one is missing or not as long as it was."""
    place = place_of(artifact.owner_id, artifact.key)
    if (root := disk_root()) is not None:
        folder = root / place
        if not _complete(folder, artifact.files):
            raise codec.Damaged(f"{folder} is not complete")
        return folder
    found = _cached(place, artifact.files, lambda name: f"{place}/{name}")
    if found is None:
        raise codec.Damaged(f"{place} is not complete")
    return found


def _complete(folder: Path, files: dict[str, int]) -> bool:
    try:
        return bool(files) and all((folder / name).stat().st_size == size for name, size in files.items())
    except OSError:
        return False


def _cached(place: str, files: dict[str, int], remote: Callable[[str], str]) -> Path | None:
    """A folder of the cache with these files, fetched if need be; None where they are not to be had."""
    folder = cache_root() / place
    with suppress(FileNotFoundError):
        os.utime(folder)  # before the look: what is in use is not removed
    if _complete(folder, files):
        return folder
    aside = _aside_root() / uuid.uuid4().hex
    aside.mkdir(parents=True)
    try:
        for name in files:
            with default_storage.open(remote(name), "rb") as content, (aside / name).open("wb") as copy:
                shutil.copyfileobj(content, copy, 1024 * 1024)
        if not _complete(aside, files):
            return None
        _put_in_place(aside, folder, unless=lambda: _complete(folder, files))
    except FileNotFoundError:
        return None
    except OSError as error:
        if is_full(error):
            raise disk_full() from error
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _bound_cache()
    return folder


def _bound_cache() -> None:
    """Remove what was not used for longest until the cache is as small as it should be."""
    limit = int(getattr(settings, "CACHE_BYTES", 20 * 1024**3))
    folders = list(_in_cache())
    total = sum(size for _, size, _ in folders)
    for used, size, folder in sorted(folders):
        if total <= limit or used > time.time() - _IN_USE_SECONDS:
            return
        shutil.rmtree(folder, ignore_errors=True)
        total -= size


def _in_cache() -> Iterator[tuple[float, int, Path]]:
    """(when it was used last, its bytes, the folder) of all that is in place.

    Other workers put folders there and take them away meanwhile: os.walk passes over one that is gone, where
    Path.glob raises. What lies aside is not in place yet, or is on its way out.
    """
    for place, below, names in os.walk(cache_root()):
        folder = Path(place)
        if folder == _aside_root():
            below.clear()
        elif names:
            try:
                used, size = folder.stat().st_mtime, sum((folder / name).stat().st_size for name in names)
            except OSError:
                continue  # another worker is at it
            yield used, size, folder


def _name_of(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind) if not getattr(kind, "__args__", ()) else kind)[:60]
