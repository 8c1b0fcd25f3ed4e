"""Pictures of a PDF's first pages and of images, made once, in a child process that may be killed.

What people upload can be made to eat memory or time: the child has limits of both, and what it makes is a picture
of our own, so that no byte of the upload reaches a page.
"""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from projects.files import Span, chunks, remove_later
from projects.models import Blob, Source

PAGES = 3
LARGEST_BYTES = 200 * 1024 * 1024
SECONDS = 20
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preview:
    """pages: pictures that there are, from 1. whole: pages of the document. problem: why there is none."""

    pages: int
    whole: int
    problem: str = ""


def name_of(blob: Blob, *, page: int) -> str:
    return f"previews/{blob.owner_id}/{blob.sha256}-{page}.webp"


def _card_name(blob: Blob) -> str:
    return f"previews/{blob.owner_id}/{blob.sha256}.json"


def preview_of(source: Source) -> Preview:
    """Made at the first call (a second or so), read afterwards; a failure is remembered too."""
    blob = source.blob
    if source.kind not in (Source.Kind.PDF, Source.Kind.IMAGE):
        return Preview(0, 0)
    try:
        with default_storage.open(_card_name(blob)) as card:
            return Preview(**json.load(card))
    except FileNotFoundError:
        pass
    made, pictures = _make(blob, kind=source.kind)
    for page, picture in enumerate(pictures, 1):
        _write(name_of(blob, page=page), picture)
    _write(_card_name(blob), json.dumps({"pages": made.pages, "whole": made.whole, "problem": made.problem}).encode())
    return made


def _write(name: str, data: bytes) -> None:
    if default_storage.exists(name):
        default_storage.delete(name)
    default_storage.save(name, ContentFile(data))


def _make(blob: Blob, *, kind: str) -> tuple[Preview, list[bytes]]:
    if blob.size > LARGEST_BYTES:
        return Preview(0, 0, "It is too big for a preview."), []
    with tempfile.NamedTemporaryFile() as copy:
        for data in chunks(blob.file, Span(0, blob.size - 1, blob.size)):
            copy.write(data)
        copy.flush()
        try:
            child = subprocess.run(
                [sys.executable, "-m", "projects.preview_child", kind, copy.name, str(PAGES)],
                capture_output=True,
                timeout=SECONDS,
                cwd=settings.BASE_DIR,
                env={"PATH": "/usr/bin:/bin"},
                check=True,
            )
            answer: dict[str, Any] = json.loads(child.stdout)
        except (subprocess.SubprocessError, ValueError) as error:
            log.warning("no preview of blob %s: %s", blob.pk, error)
            return Preview(0, 0, "It could not be shown; the file may be damaged. It is kept as it is."), []
    pictures = [base64.b64decode(text) for text in answer["pictures"]]
    return Preview(len(pictures), int(answer["whole"])), pictures


def forget(*, instance: Blob, **_: Any) -> None:
    """After a blob's row is gone: its pictures too."""
    for page in range(1, PAGES + 1):
        remove_later(name_of(instance, page=page))
    remove_later(_card_name(instance))
