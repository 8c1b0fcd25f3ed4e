"""What every page of every kind promises: headers, cookies, tokens, hosts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "four strings and a capo"
KINDS = (
    ("landing", "/"),
    ("log in", "/accounts/login/"),
    ("sign up", "/accounts/signup/"),
    ("reset", "/accounts/password/reset/"),
    ("admin log in", "/admin/login/"),
    ("not found", "/nothing/here"),
    ("API problem", "/api/v1/nothing/here"),
    ("API page", "/api/v1/docs/"),
    ("API schema", "/api/v1/schema/"),
    ("probe", "/healthz"),
)


@pytest.fixture
def ruler() -> User:
    return User.objects.create_superuser("ruler@copyist.example", PASSWORD, name="Ruler")


@pytest.fixture
def inside(client: Client, ruler: User) -> Client:
    client.force_login(ruler, backend="django.contrib.auth.backends.ModelBackend")
    return client


def addresses(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address without a parameter."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        part = str(entry.pattern).removeprefix("^").replace("\\Z", "").removesuffix("$")
        if re.search(r"[<(\\?*]", part):
            continue
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, prefix + part)
        else:
            yield prefix + part


class Inline(HTMLParser):
    """Collects what a Content-Security-Policy would stop."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce, self.found = nonce, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        data = attributes.get("type", "") not in {
            None,
            "",
            "module",
            "text/javascript",
            "importmap",
            "speculationrules",
        }
        if tag == "script" and "src" not in attributes and not data and attributes.get("nonce") != self.nonce:
            self.found.append(f"<script> on line {self.getpos()[0]}")
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{name}={value} on line {self.getpos()[0]}")
            elif (
                name in {"src", "href"}
                and tag in {"script", "link", "img"}
                and (value or "").startswith(("http", "//"))
            ):
                self.found.append(f"{name}={value} leaves this site")


def policy(response: Any) -> dict[str, list[str]]:
    parts = [part.split() for part in response["Content-Security-Policy"].split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


def promises(response: Any) -> None:
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Request-ID"]
    assert "Server" not in response
    rules = policy(response)
    scripts = rules["script-src"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:"} & set(scripts)
    for name in ("default-src", "script-src", "connect-src", "base-uri", "form-action"):
        assert "'self'" in rules[name]
    assert rules["object-src"] == rules["frame-ancestors"] == ["'none'"]
    if response["Content-Type"].startswith("text/html"):
        nonce = next((word[7:-1] for word in scripts if word.startswith("'nonce-")), "")
        reader = Inline(nonce or "none")
        reader.feed(response.content.decode())
        assert reader.found == []


@pytest.mark.parametrize(("kind", "path"), KINDS, ids=[kind for kind, _ in KINDS])
def test_a_stranger_gets_every_header(client: Client, kind: str, path: str) -> None:
    promises(client.get(path))


def test_every_page_without_a_parameter_keeps_the_promises(inside: Client) -> None:
    seen = 0
    for path in addresses():
        response = inside.get(path)
        assert response.status_code < 500 or path == "/readyz", path
        if response.status_code == 200 and not response.streaming:
            promises(response)
            seen += 1
    assert seen > 20


def test_a_nonce_is_used_once(client: Client) -> None:
    first, second = (policy(client.get("/"))["script-src"] for _ in range(2))
    assert [word for word in first if "nonce" in word] != [word for word in second if "nonce" in word] or all(
        "nonce" not in word for word in first
    )


def test_forms_need_their_token(ruler: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/login/", {"login": ruler.email, "password": PASSWORD}).status_code == 403
    strict.force_login(ruler, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/accounts/preferences/", "/projects/create/", "/api/v1/projects/"):
        assert strict.post(path, {"title": "x"}).status_code in {403, 404, 405}, path


def test_the_session_cookie_is_out_of_reach_of_scripts(client: Client, ruler: User) -> None:
    client.post("/admin/login/", {"username": ruler.email, "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_strange_hosts_are_refused(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_after_log_in_nobody_is_sent_elsewhere(client: Client, ruler: User) -> None:
    response = client.post("/admin/login/?next=https://evil.example/", {"username": ruler.email, "password": PASSWORD})
    assert response.status_code == 302
    assert response["Location"].startswith("/")


def test_a_socket_from_another_site_is_refused() -> None:
    from config.asgi import application

    async def answer() -> str:
        scope = {
            "type": "websocket",
            "path": "/ws/me/",
            "query_string": b"",
            "headers": [(b"origin", b"https://evil.example"), (b"host", b"localhost")],
        }
        socket: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
        await socket.send_input({"type": "websocket.connect"})
        return str((await socket.receive_output(5))["type"])

    assert asyncio.run(answer()) == "websocket.close"


# --- behind TLS, with settings of its own -----------------------------------------------------------------------------

BEHIND_TLS = """
import django, json
django.setup()
from django.test import Client
def facts(response):
    return {"status": response.status_code, "headers": dict(response.headers),
            "cookies": {name: dict(morsel.items()) for name, morsel in response.cookies.items()}}
plain, spoken = Client(headers={"host": "copyist.example"}), {"x-forwarded-proto": "https", "host": "copyist.example"}
print(json.dumps({
    "plain": facts(plain.get("/")), "probe": facts(plain.get("/healthz")),
    "tls": facts(plain.get("/accounts/login/", headers=spoken)),
}))
"""


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory: pytest.TempPathFactory) -> Any:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "config.settings", "COPYIST_DATA": str(tmp_path_factory.mktemp("tls")),
        "HTTPS": "1", "ALLOWED_HOSTS": "copyist.example", "SECRET_KEY": "x" * 50, "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEHIND_TLS],
        env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_plain_http_is_sent_to_tls(behind_tls: Any) -> None:
    assert behind_tls["plain"]["status"] == 301
    assert behind_tls["plain"]["headers"]["Location"] == "https://copyist.example/"


def test_probes_may_stay_plain(behind_tls: Any) -> None:
    assert behind_tls["probe"]["status"] == 200


def test_browsers_are_told_to_stay_with_tls(behind_tls: Any) -> None:
    assert behind_tls["tls"]["status"] == 200
    assert behind_tls["tls"]["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_cookies_travel_only_with_tls(behind_tls: Any) -> None:
    assert behind_tls["tls"]["cookies"]["csrftoken"]["secure"]
