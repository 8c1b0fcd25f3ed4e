"""The files of a finished set: what a page shows of each, and where each lies in the ZIP."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".musicxml": "application/vnd.recordare.musicxml+xml",
    ".mid": "audio/midi",
}
_FOLDERS = {"books": "Part books", "booklets": "Booklets to fold", "scores": "Conductor scores", "parts": "Song parts"}


def listed(archive: Path) -> list[dict[str, Any]]:
    """What a ZIP of ours holds: path, size, pages of a PDF, first byte and length in the ZIP, whether packed there."""
    found = []
    with zipfile.ZipFile(archive) as opened, archive.open("rb") as raw:
        for info in opened.infolist():
            raw.seek(info.header_offset + 26)  # the lengths of name and extra field that stand before the data
            name, extra = struct.unpack("<HH", raw.read(4))
            found.append(
                {
                    "path": info.filename,
                    "size": info.file_size,
                    "pages": _pages(opened, info),
                    "at": info.header_offset + 30 + name + extra,
                    "packed": info.compress_size if info.compress_type != zipfile.ZIP_STORED else 0,
                }
            )
    return found


def _pages(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    if not info.filename.endswith(".pdf"):
        return 0
    import pikepdf

    with pikepdf.Pdf.open(io.BytesIO(archive.read(info))) as file:
        return len(file.pages)


def shown(number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with its number in the set, its name, its folder as people call it, and its media type."""
    path = PurePosixPath(entry["path"])
    top = path.parts[0] if len(path.parts) > 1 else ""
    folder = _FOLDERS.get(top, "")
    return {
        **entry,
        "number": number,
        "name": path.name,
        "group": f"{folder}: {path.parts[1]}" if top == "parts" and len(path.parts) > 2 else folder,
        "media_type": MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        "is_pdf": path.suffix == ".pdf",
    }
