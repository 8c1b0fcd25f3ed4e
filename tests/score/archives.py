"""Builds .mxl archives for tests, honest and otherwise."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

CONTAINER = (
    '<?xml version="1.0"?><container><rootfiles><rootfile full-path="{path}" '
    'media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>'
)


def mxl(document: bytes, *, path: str = "score.musicxml", container: str | None = CONTAINER) -> bytes:
    """A compressed score. container=None leaves the table of contents out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if container is not None:
            archive.writestr("META-INF/container.xml", container.format(path=path))
        archive.writestr(path, document)
    return buffer.getvalue()


def bomb(*, gigabytes: int = 10) -> bytes:
    """An archive without a container whose only file, score.musicxml, really unpacks to so many gigabytes of blanks.

    One megabyte is packed once, closed by a full flush, and its bytes repeated: deflate allows that.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    data = block * (1024 * gigabytes) + packer.flush(zlib.Z_FINISH)
    size = gigabytes * 2**30
    name = b"score.musicxml"
    zip64 = struct.pack("<HHQQ", 1, 16, size, len(data))
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 8, 0, 0, 0, 2**32 - 1, 2**32 - 1, len(name), len(zip64))
    body = local + name + zip64 + data
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 45, 45, 0, 8, 0, 0, 0, 2**32 - 1, 2**32 - 1, len(name), len(zip64),
        0, 0, 0, 0, 0,
    )  # fmt: skip
    directory = central + name + zip64
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(directory), len(body), 0)
    return body + directory + end
