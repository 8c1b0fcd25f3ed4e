"""Middleware of our own: a trace id for every request, compression of words only, files without filling memory."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import cast

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from config.trace import about

log = logging.getLogger("copyist.request")

Handler = Callable[[HttpRequest], HttpResponseBase]

_TRACE = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_QUIET = ("/healthz", "/readyz", "/static/")
_WORDS = re.compile(r"(text/|application/(json|problem\+json|xml|vnd\.oai|vnd\.recordare|javascript)|image/svg)")
STREAM_BYTES = 256 * 1024  # of a file at a time; Django's 4 kB cost a thread change each


def trace(get_response: Handler) -> Handler:
    """Take X-Request-ID from the proxy, or make one; write it into the log, the request and the answer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        number = given if _TRACE.fullmatch(given) else uuid.uuid4().hex
        request.trace = number  # type: ignore[attr-defined]

        def user() -> int | None:  # only when something else already asked who it is: a log line costs no query
            return getattr(getattr(request, "_cached_user", None), "pk", None)

        with about(trace=number, user=user):
            start = time.perf_counter()
            response = get_response(request)
            level = logging.DEBUG if request.path.startswith(_QUIET) else logging.INFO
            spent = (time.perf_counter() - start) * 1000
            log.log(level, "%s %s %d %.0f ms", request.method, request.path, response.status_code, spent)
        response.headers["X-Request-ID"] = number
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        return response

    return middleware


def stream(get_response: Handler) -> Handler:
    """Send files piece by piece: on its own, Django reads a whole file into memory before an ASGI server gets it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(request, ASGIRequest) and response.streaming:
            streamed = cast(StreamingHttpResponse, response)
            if not streamed.is_async:
                if isinstance(streamed, FileResponse):
                    streamed.block_size = STREAM_BYTES
                streamed.streaming_content = _piece_by_piece(cast(Iterator[bytes], streamed.streaming_content))
        return response

    return middleware


async def _piece_by_piece(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(following, thread_sensitive=False)()) is not None:
        yield piece


class CompressWords(GZipMiddleware):
    """gzip for pages and data. Recordings and other files keep their length, so that ranges work."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or response.status_code == 206 or not _WORDS.match(response.get("Content-Type", "")):
            return response
        return super().process_response(request, cast(HttpResponse, response))
