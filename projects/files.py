"""Files that people brought, served so that nothing in them can run as a page; and files that go with their rows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)

CHUNK_BYTES = 256 * 1024
# What a browser shows without running anything. SVG, HTML, XML and PDF are not among them.
SAFE_INLINE = frozenset(
    {
        "audio/mpeg", "audio/wav", "audio/flac", "audio/ogg", "audio/mp4", "audio/aac", "audio/webm", "audio/aiff",
        "video/mp4", "video/webm", "video/ogg", "video/quicktime", "image/png", "image/jpeg", "image/gif", "image/webp",
    }
)  # fmt: skip
LOCKED = "sandbox; default-src 'none'"
# A sandbox would keep the browser's own viewer out; nothing of the page can be reached from it all the same.
OUR_PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


@dataclass(frozen=True)
class Span:
    """Bytes `first` to `last`, both included, of `whole`."""

    first: int
    last: int
    whole: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def serve(
    request: HttpRequest,
    file: Any,
    *,
    name: str,
    media_type: str,
    inline: bool = False,
    tag: str = "",
    part: Span | None = None,
    ours: bool = False,
) -> HttpResponseBase:
    """Send a stored file, whole or one range of it (RFC 9110, section 14).

    file: a FieldFile. name: what the download is called. inline: show it in the page, if its type is safe;
    else the browser is told to save it. On S3 with S3_REDIRECT the browser fetches it there with a signed address.

    tag   names these very bytes (an ETag without its quotes): who has them is told so (304), and a range of others
          is answered with the whole
    part  the bytes of the stored file that are the file which is sent: a member of an archive that lies there unpacked
    ours  Copyist made it: a PDF then may be shown in the browser
    """
    show = inline and (media_type in SAFE_INLINE or (ours and media_type == "application/pdf"))
    disposition = content_disposition(name, inline=show)
    if not file:
        raise Http404("The file is not there.")
    if tag and _has(request, tag):
        return _tagged(HttpResponse(status=304), tag)
    if part is None and settings.STORAGE == "s3" and getattr(settings, "S3_REDIRECT", False):
        parameters = {"ResponseContentDisposition": disposition, "ResponseContentType": media_type}
        address = file.storage.url(file.name, parameters=parameters)
        return _locked(HttpResponseRedirect(address), disposition=disposition)
    try:
        whole = int(file.size) if part is None else part.size
    except FileNotFoundError as missing:
        raise Http404("The file is not there.") from missing
    asked = request.headers.get("Range", "")
    if tag and request.headers.get("If-Range", f'"{tag}"') != f'"{tag}"':
        asked = ""
    span = wanted(asked, whole_bytes=whole)
    if span is None:
        refused = HttpResponse(status=416, content_type="text/plain")
        refused["Content-Range"] = f"bytes */{whole}"
        return _locked(refused, disposition=disposition)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(content_type=media_type)
    else:
        # Under ASGI a plain iterator would be read into memory first, the whole of it.
        first = part.first if part is not None else 0
        body = partial(chunks, file, Span(span.first + first, span.last + first, whole + first))
        response = StreamingHttpResponse(
            _in_threads(body()) if isinstance(request, ASGIRequest) else body(), content_type=media_type
        )
    response["Content-Length"] = str(span.size)
    response["Accept-Ranges"] = "bytes"
    if span.size != whole:
        response.status_code = 206
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{whole}"
    response["Cache-Control"] = "private, max-age=3600"
    # Sound is compressed already, and a compressed range is not the range that was asked for.
    response["Content-Encoding"] = "identity"
    if tag:
        _tagged(response, tag)
    _locked(response, disposition=disposition)
    if show and ours and media_type == "application/pdf":
        response["Content-Security-Policy"] = OUR_PDF
    return response


def _has(request: HttpRequest, tag: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    return known.strip() == "*" or f'"{tag}"' in (one.strip().removeprefix("W/") for one in known.split(","))


def _tagged(response: HttpResponseBase, tag: str) -> HttpResponseBase:
    response["ETag"] = f'"{tag}"'
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _locked(response: HttpResponseBase, *, disposition: str) -> HttpResponseBase:
    response["Content-Disposition"] = disposition
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = LOCKED
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def wanted(header: str, *, whole_bytes: int) -> Span | None:
    """The span that a Range header asks for; the whole file where it asks for none, or for several, or nonsense.

    None where the range lies outside the file (416).
    """
    everything = Span(0, whole_bytes - 1, whole_bytes)
    found = _RANGE.match(header.strip().replace(" ", ""))
    if not found or found[0] == "bytes=-":
        return everything
    first, last = found.groups()
    if not first:  # the last n bytes
        n = int(last)
        return Span(max(0, whole_bytes - n), whole_bytes - 1, whole_bytes) if n and whole_bytes else None
    if last and int(last) < int(first):
        return everything
    if int(first) >= whole_bytes:
        return None
    return Span(int(first), min(int(last or whole_bytes), whole_bytes - 1), whole_bytes)


def chunks(file: Any, span: Span) -> Iterator[bytes]:
    """The bytes of a stored file, never more than a chunk in memory, wherever it lies."""
    if span.size <= 0:
        return
    bucket = getattr(file.storage, "bucket", None)
    if bucket is not None:
        key = file.storage._normalize_name(file.name)
        body = bucket.Object(key).get(Range=f"bytes={span.first}-{span.last}")["Body"]
        try:
            yield from body.iter_chunks(CHUNK_BYTES)
        finally:
            body.close()
        return
    with file.storage.open(file.name, "rb") as stream:
        stream.seek(span.first)
        left = span.size
        while left > 0 and (data := stream.read(min(CHUNK_BYTES, left))):
            left -= len(data)
            yield data


async def _in_threads(body: Iterator[bytes]) -> AsyncIterator[bytes]:
    end = object()
    try:
        while (data := await asyncio.to_thread(next, body, end)) is not end:
            yield data  # type: ignore[misc]
    finally:
        with suppress(ValueError):  # the listener left while a thread still reads: it closes itself when collected
            await asyncio.to_thread(body.close)  # type: ignore[attr-defined]


def content_disposition(name: str, *, inline: bool) -> str:
    """With an ASCII name for old programs and the real one beside it (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def remove_later(name: str) -> None:
    """Remove a stored file as soon as the transaction is final; a file that is gone already is no error."""

    def remove() -> None:
        try:
            default_storage.delete(name)
        except FileNotFoundError:
            pass

    transaction.on_commit(remove, robust=True)


def files_follow_rows(model: type[Model], *, field: str) -> None:
    """From now on, whenever and however a row of `model` is deleted, the file in `field` goes once that is final.

    Call it in AppConfig.ready().
    """

    def gone(*, instance: Model, **_: Any) -> None:
        if file := getattr(instance, field):
            remove_later(file.name)

    post_delete.connect(gone, sender=model, weak=False, dispatch_uid=f"files of {model._meta.label}")
