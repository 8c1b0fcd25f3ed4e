"""Where the parts of an upload lie until it is whole: on disk or on S3. One Protocol, the same answers."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.files.storage import default_storage

from projects.errors import ProjectError
from projects.models import Upload
from projects.sniff import ENDS_BYTES

CHUNK_BYTES = 1024 * 1024
SPARE_BYTES = 200 * 1024 * 1024  # an upload is refused before it would leave less than this on the disk


class Readable(Protocol):
    """A request's body, or a file."""

    def read(self, size: int = -1, /) -> bytes: ...


class PartStore(Protocol):
    """All of them can be called again after a failure, in any process."""

    def begin(self, upload: Upload) -> str:
        """Get ready; returns what Upload.remote_id keeps. Raises ProjectError where there is no room."""

    def put(self, upload: Upload, *, number: int, body: Readable) -> str:
        """Keep part `number` (from 1), exactly as long as it must be; returns its tag."""

    def join(self, upload: Upload) -> int:
        """Make it one file; returns its size in bytes."""

    def chunks(self, upload: Upload) -> Iterator[bytes]:
        """The whole file, after join."""

    def ends(self, upload: Upload) -> tuple[bytes, bytes]:
        """Its first and last ENDS_BYTES, after join."""

    def keep(self, upload: Upload) -> str:
        """Make it a file of default_storage, after join; returns its name there."""

    def discard(self, upload: Upload) -> None:
        """Forget all of it, kept file included; nothing there is no error."""


def target(upload: Upload) -> str:
    """The name in default_storage. No letter of it was chosen by a person."""
    return f"blobs/{upload.owner_id}/{upload.pk.hex}"


def store() -> PartStore:
    """By settings.STORAGE."""
    return S3Parts() if settings.STORAGE == "s3" else DiskParts()


def no_room() -> ProjectError:
    return ProjectError(
        "The server's disk is full.",
        hint="What arrived is kept; go on with this upload later, or tell whoever runs this Copyist.",
        permanent=False,
        status=507,
    )


def wrong_size(number: int, *, want_bytes: int) -> ProjectError:
    return ProjectError(
        f"Part {number} must have {want_bytes} bytes, and did not.", hint="Send it again.", permanent=False, status=400
    )


class DiskParts:
    """One file beside the storage, every part written at its place; joining costs nothing, keeping is a rename."""

    @property
    def folder(self) -> Path:
        return Path(default_storage.path("uploads"))

    def path(self, upload: Upload) -> Path:
        return self.folder / upload.pk.hex

    def begin(self, upload: Upload) -> str:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < upload.size + SPARE_BYTES:
                raise no_room()
            self.path(upload).touch()
        except OSError as error:
            raise _translated(error) from error
        return ""

    def put(self, upload: Upload, *, number: int, body: Readable) -> str:
        want, written = upload.size_of_part(number), 0
        at = (number - 1) * upload.part_size
        try:
            handle = os.open(self.path(upload), os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                while data := body.read(CHUNK_BYTES):
                    if written + len(data) > want:
                        raise wrong_size(number, want_bytes=want)
                    view = memoryview(data)
                    while view:
                        done = os.pwrite(handle, view, at + written)
                        written += done
                        view = view[done:]
                os.fdatasync(handle)  # only what is really on the disk counts as received
            finally:
                os.close(handle)
        except OSError as error:
            raise _translated(error) from error
        if written != want:
            raise wrong_size(number, want_bytes=want)
        return str(want)

    def join(self, upload: Upload) -> int:
        kept = Path(default_storage.path(target(upload)))
        return (kept if kept.exists() else self.path(upload)).stat().st_size

    def _whole(self, upload: Upload) -> Path:
        path = self.path(upload)
        return path if path.exists() else Path(default_storage.path(target(upload)))

    def chunks(self, upload: Upload) -> Iterator[bytes]:
        with self._whole(upload).open("rb") as file:
            while data := file.read(CHUNK_BYTES):
                yield data

    def ends(self, upload: Upload) -> tuple[bytes, bytes]:
        with self._whole(upload).open("rb") as file:
            head = file.read(ENDS_BYTES)
            file.seek(max(0, upload.size - ENDS_BYTES))
            return head, file.read(ENDS_BYTES)

    def keep(self, upload: Upload) -> str:
        path, kept = self.path(upload), Path(default_storage.path(target(upload)))
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                path.replace(kept)  # same folder tree, so a rename
        except OSError as error:
            raise _translated(error) from error
        return target(upload)

    def discard(self, upload: Upload) -> None:
        self.path(upload).unlink(missing_ok=True)
        Path(default_storage.path(target(upload))).unlink(missing_ok=True)


class S3Parts:
    """S3's own multipart upload; the parts pass through this server, so a browser needs no second address."""

    @property
    def bucket(self) -> Any:
        return default_storage.bucket  # type: ignore[attr-defined]

    @property
    def client(self) -> Any:
        return self.bucket.meta.client

    def where(self, upload: Upload) -> dict[str, str]:
        return {"Bucket": self.bucket.name, "Key": target(upload)}

    def begin(self, upload: Upload) -> str:
        return str(self.client.create_multipart_upload(**self.where(upload))["UploadId"])

    def put(self, upload: Upload, *, number: int, body: Readable) -> str:
        want = upload.size_of_part(number)
        data = body.read(want + 1)
        if len(data) != want:
            raise wrong_size(number, want_bytes=want)
        answer = self.client.upload_part(**self.where(upload), UploadId=upload.remote_id, PartNumber=number, Body=data)
        return str(answer["ETag"])

    def join(self, upload: Upload) -> int:
        errors = self.client.exceptions
        parts = [{"PartNumber": n, "ETag": upload.received[str(n)]} for n in range(1, upload.parts + 1)]
        try:
            self.client.complete_multipart_upload(
                **self.where(upload), UploadId=upload.remote_id, MultipartUpload={"Parts": parts}
            )
        except (errors.NoSuchUpload, errors.ClientError) as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise
            # Joined before, by a process that did not live to say so: then the object is there.
        return int(self.client.head_object(**self.where(upload))["ContentLength"])

    def chunks(self, upload: Upload) -> Iterator[bytes]:
        body = self.client.get_object(**self.where(upload))["Body"]
        try:
            yield from body.iter_chunks(CHUNK_BYTES)
        finally:
            body.close()

    def ends(self, upload: Upload) -> tuple[bytes, bytes]:
        def part(span: str) -> bytes:
            return bytes(self.client.get_object(**self.where(upload), Range=span)["Body"].read())

        return part(f"bytes=0-{ENDS_BYTES - 1}"), part(f"bytes=-{ENDS_BYTES}")

    def keep(self, upload: Upload) -> str:
        return target(upload)

    def discard(self, upload: Upload) -> None:
        errors = self.client.exceptions
        if upload.remote_id:
            try:
                self.client.abort_multipart_upload(**self.where(upload), UploadId=upload.remote_id)
            except errors.ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchUpload":
                    raise
        self.client.delete_object(**self.where(upload))


def _translated(error: OSError) -> Exception:
    """A full disk has a sentence of its own; anything else stays what it is."""
    return no_room() if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else error
