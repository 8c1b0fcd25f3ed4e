"""The web process answers on a few threads that stay; pieces of files have threads of their own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse

from config import asgi


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        names.append(threading.current_thread().name)
        return HttpResponse(b"music")

    monkeypatch.setattr(asgi.pages, "get_response", answer)
    return names


async def ask(*, body: bytes = b"", length: str = "") -> tuple[int, bytes]:
    headers = [(b"host", b"localhost"), (b"content-length", (length or str(len(body))).encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    wire: Any = ApplicationCommunicator(asgi.pages, scope)  # type: ignore[no-untyped-call]
    await wire.send_input({"type": "http.request", "body": body})
    start = await wire.receive_output(5)
    return start["status"], (await wire.receive_output(5))["body"]


def test_many_requests_take_turns_on_the_same_threads(seen: list[str]) -> None:
    async def crowd() -> list[tuple[int, bytes]]:
        return await asyncio.gather(*[ask() for _ in range(30)])

    assert asyncio.run(crowd()) == [(200, b"music")] * 30
    assert len(set(seen)) <= asgi.PAGES
    assert all(name.startswith("page") for name in seen)


def test_no_page_waits_behind_an_upload(seen: list[str]) -> None:
    asyncio.run(ask(body=bytes(asgi.LARGE + 1)))
    assert seen[0].startswith("upload")


def test_a_strange_length_is_no_upload_and_no_error(seen: list[str]) -> None:
    assert asyncio.run(ask(length="many"))[0] == 200
    assert seen[0].startswith("page")


def test_pages_are_for_http_only() -> None:
    with pytest.raises(ValueError, match="not over lifespan"):
        asyncio.run(asgi.pages({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
