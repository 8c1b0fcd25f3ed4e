"""Archives: a compressed score (.mxl), and a ZIP of everything in one folder with a readable name."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from notation.exports.names import safe_name
from notation.musicxml import NotationError

Check = Callable[[], object]
DEFAULT_KINDS = ("pdf", "musicxml", "midi")
_WHEN = (2000, 1, 1, 0, 0, 0)  # the same score gives the same bytes
_PACKED = {".pdf", ".mxl"}  # nothing to gain from packing these again


def write_mxl(document: bytes, *, target: Path, inner: str = "score.musicxml") -> None:
    """A compressed MusicXML file as the MusicXML 4.0 standard describes it: media type first, then the container."""
    container = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
        f'<rootfile full-path={quoteattr(inner)} media-type="application/vnd.recordare.musicxml+xml"/>'
        "</rootfiles></container>\n"
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = zipfile.ZipInfo("mimetype", _WHEN)
        archive.writestr(kind, b"application/vnd.recordare.musicxml", zipfile.ZIP_STORED)
        _add(archive, "META-INF/container.xml", container.encode())
        _add(archive, inner, document)


def write_zip(document: bytes, *, target: Path, title: str, options: Mapping[str, Any], check: Check) -> None:
    """All kinds in `options["kinds"]` in a folder named after the score: "Morning Walk/Morning Walk.pdf"."""
    from notation.exports import KINDS, export

    asked = options.get("kinds") or DEFAULT_KINDS
    kinds = [k.strip() for k in asked.split(",")] if isinstance(asked, str) else list(asked)
    if "zip" in kinds or not set(kinds) <= set(KINDS):
        raise NotationError("A ZIP holds PDF, MusicXML and MIDI files.", hint="Choose from those.")
    inside = safe_name(title)
    with (
        tempfile.TemporaryDirectory(prefix="copyist-zip-", dir=target.parent) as scratch,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for kind in kinds:
            made = export(kind, document, folder=Path(scratch), title=title, options=options, check=check)
            _add(archive, f"{inside}/{made.name}", made.read_bytes())
            made.unlink()
        if str(options.get("part_books", "")).lower() in ("1", "true", "on", "yes"):
            for name, content in _part_books(document, folder=Path(scratch), title=title, options=options, check=check):
                _add(archive, f"{inside}/Parts/{name}", content)


def _part_books(
    document: bytes, *, folder: Path, title: str, options: Mapping[str, Any], check: Check
) -> list[tuple[str, bytes]]:
    """A PDF of each part: "01 Flute.pdf", so that they sort in score order."""
    from notation.exports import export
    from notation.musicxml.edit import part_names
    from notation.musicxml.read import read

    names = part_names(read(document))
    if len(names) < 2:
        return []
    books = []
    for index, (key, name) in enumerate(names.items(), start=1):
        made = export("pdf", document, folder=folder, title=title, options={**options, "parts": [key]}, check=check)
        books.append((f"{index:02} {safe_name(name, default='Part')}.pdf", made.read_bytes()))
        made.unlink()
    return books


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _WHEN)
    info.external_attr = 0o644 << 16
    packed = Path(name).suffix in _PACKED
    archive.writestr(info, content, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED)
