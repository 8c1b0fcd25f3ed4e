"""The trace id of a request, compression of words only, and files sent piece by piece."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory

from config import middleware, trace


def test_the_proxys_request_id_comes_back(client: Client) -> None:
    assert client.get("/healthz", headers={"x-request-id": "abc-12345"})["X-Request-ID"] == "abc-12345"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g", "evil\tname=1"])
def test_a_strange_request_id_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/healthz", headers={"x-request-id": given})["X-Request-ID"]
    assert answered != given
    assert len(answered) == 32


def test_what_a_view_logs_bears_the_trace(rf: RequestFactory) -> None:
    seen: list[dict[str, str | int]] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(trace.facts())
        return HttpResponse()

    response = middleware.trace(view)(rf.get("/"))
    assert seen == [{"trace": response["X-Request-ID"]}]
    assert trace.facts() == {}


def test_one_line_a_request(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "copyist.request"):
        client.get("/api/v1/nothing")
    assert [record.getMessage().rsplit(" ", 2)[0] for record in caplog.records if record.name == "copyist.request"] == [
        "GET /api/v1/nothing 404"
    ]


def compressed(rf: RequestFactory, response: Any) -> Any:
    return middleware.CompressWords(lambda request: response)(rf.get("/", headers={"accept-encoding": "gzip"}))


def test_pages_are_compressed(rf: RequestFactory) -> None:
    response = compressed(rf, HttpResponse("music " * 200))
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == b"music " * 200


@pytest.mark.parametrize("kind", ["audio/mp4", "application/pdf", "image/png"])
def test_files_keep_their_length(rf: RequestFactory, kind: str) -> None:
    assert "Content-Encoding" not in compressed(rf, HttpResponse(b"x" * 2000, content_type=kind))


def test_ranges_are_left_alone(rf: RequestFactory) -> None:
    assert "Content-Encoding" not in compressed(rf, HttpResponse("x" * 2000, status=206, content_type="text/plain"))


def test_a_file_is_sent_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "song"
    path.write_bytes(bytes(range(256)) * 4000)
    request: ASGIRequest = AsyncRequestFactory().get("/")

    async def read() -> list[bytes]:
        opened = await sync_to_async(lambda: path.open("rb"))()
        response = middleware.stream(lambda _: FileResponse(opened))(request)
        assert isinstance(response, StreamingHttpResponse)
        assert response.is_async
        return [piece async for piece in response]

    pieces = asyncio.run(read())
    assert b"".join(pieces) == path.read_bytes()
    assert max(map(len, pieces)) == middleware.STREAM_BYTES


def test_a_stream_is_not_read_ahead() -> None:
    read: list[int] = []

    def numbers() -> Iterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b"x"

    async def first() -> bytes:
        response: Any = middleware.stream(lambda _: StreamingHttpResponse(numbers()))(AsyncRequestFactory().get("/"))
        async for piece in response:
            return bytes(piece)
        return b""

    assert asyncio.run(first()) == b"x"
    assert len(read) < 3
