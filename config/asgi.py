"""The web process: pages over HTTP, progress over WebSockets."""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PAGES = 2  # pages answered at once in one process: more only take turns at Python, and all of them end late
UPLOADS = 6  # pieces of files taken at once: they wait for disk or S3, and no page should wait behind them
LARGE = 64 * 1024  # bytes of a request's body that make it an upload


class Pages(ASGIHandler):
    """Django on a few threads that stay, with one change of thread a request.

    All our views and middleware are synchronous. Left to itself, Django would make a thread for every request, with a
    new connection to the database, and change to it and back for each half of each middleware.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pages = ThreadPoolExecutor(PAGES, thread_name_prefix="page")
        self.uploads = ThreadPoolExecutor(UPLOADS, thread_name_prefix="upload")
        self.aside = ThreadSensitiveContext()  # one thread for what Django does before and after a request

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"pages are served over HTTP, not over {scope['type']}")
        SyncToAsync.thread_sensitive_context.set(self.aside)  # the server runs each request in a context of its own
        await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH", "")
        threads = self.uploads if length.isdecimal() and int(length) > LARGE else self.pages
        return await sync_to_async(self._answer, thread_sensitive=False, executor=threads)(request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()  # Django's own call is for another thread
        try:
            return self.get_response(request)
        finally:
            close_old_connections()


django.setup(set_prefix=False)
pages = Pages()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from media_pipeline.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)

# What stands now stands until the end: the garbage collector need not walk through all of Django again and again,
# which took a tenth of a second while somebody waited for a page.
gc.collect()
gc.freeze()
