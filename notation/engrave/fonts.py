"""The music font for text (the note in a tempo mark), where librsvg finds it.

Verovio draws note heads as outlines but puts music signs inside text as letters of its font Leipzig, which it embeds
for browsers only. librsvg asks fontconfig, so the font is unpacked once from Verovio's own data into a folder that a
fontconfig file of ours adds to the system's.
"""

from __future__ import annotations

import base64
import io
import os
import re
import tempfile
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

_CONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{folder}</dir>
  <alias binding="strong"><family>Times</family><prefer><family>Liberation Serif</family></prefer></alias>
</fontconfig>
"""


@cache
def environment() -> dict[str, str]:
    """Environment variables for rsvg-convert; the system's own fonts alone where the music font cannot be unpacked."""
    variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    variables["SOURCE_DATE_EPOCH"] = "946684800"  # the same score gives the same bytes
    try:
        variables["FONTCONFIG_FILE"] = str(_unpacked())
    except (OSError, ValueError, ImportError):
        return variables
    return variables


def _unpacked() -> Path:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # comes with WeasyPrint

    # Verovio is not imported: where its data lie is known to the thread alone that imports it first, and this may be
    # a thread that soon ends.
    found = find_spec("verovio")
    if found is None or found.origin is None:
        raise ImportError("Verovio is not installed")
    folder = Path(tempfile.gettempdir()) / f"copyist-fonts-{os.getuid()}-{version('verovio')}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise OSError("the font folder belongs to somebody else")
    config, font = folder / "fonts.conf", folder / "Leipzig.ttf"
    if not font.exists():
        css = (Path(found.origin).parent / "data" / "Leipzig.css").read_text()
        packed = re.search(r"base64,([A-Za-z0-9+/=]+)", css)
        if packed is None:
            raise ValueError("Verovio's font is not where it was")
        loaded = TTFont(io.BytesIO(base64.b64decode(packed[1])))
        loaded.flavor = None
        _write(font, _saved(loaded))
    if not config.exists():
        _write(config, _CONFIG.format(folder=folder).encode())
    return config


def _saved(font: object) -> bytes:
    buffer = io.BytesIO()
    font.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: two workers may unpack at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)
