"""The API's frame: its schema is true, its page works under our policy, its limits answer 429, tokens open it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from django.urls import resolve
from hypothesis import strategies
from openapi_spec_validator import validate
from rest_framework.throttling import SimpleRateThrottle
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from accounts.tokens import make_token
from config.errors import MEDIA_TYPE
from tests.cast import SAMPLES, Things

pytestmark = pytest.mark.usefixtures("db")
EXAMPLES = 12
TRUTHS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@copyist.example", "four strings", name="Ann")


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    return client.get("/api/v1/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()  # type: ignore[no-any-return]


def test_the_schema_is_openapi(schema: dict[str, Any]) -> None:
    validate(schema)
    assert schema["info"]["title"] == "Copyist"


def test_the_schema_is_made_without_a_warning() -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator

    with GENERATOR_STATS.silence():
        generator: Any = SchemaGenerator  # untyped
        generator().get_schema(public=True)
        assert not GENERATOR_STATS._error_cache
        assert not GENERATOR_STATS._warn_cache


def test_every_operation_says_what_its_problems_look_like(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for name, operation in operations.items():
            if name != "parameters":
                assert MEDIA_TYPE in operation["responses"]["default"]["content"], f"{name} {path}"


def test_what_programs_need_is_there(schema: dict[str, Any]) -> None:
    for name in ("projects", "sources", "uploads", "jobs", "exports"):
        assert any(path.startswith(f"/api/v1/{name}/") for path in schema["paths"]), name


def test_the_page_asks_for_nothing_elsewhere(client: Client) -> None:
    page = client.get("/api/v1/docs/").content.decode()
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "cdn" not in page


def test_a_stranger_is_told_how_to_come_in(client: Client) -> None:
    response = client.get("/api/v1/projects/")
    assert (response.status_code, response["Content-Type"]) == (401, MEDIA_TYPE)
    assert response["WWW-Authenticate"] == "Token"


def test_a_token_opens_it(client: Client, ann: User) -> None:
    _, token = make_token(ann, name="studio")
    assert client.get("/api/v1/projects/", headers={"authorization": f"Token {token}"}).status_code == 200


@pytest.mark.parametrize("limit", ["201", "66559879399427571712", "-1", "many"])
def test_no_limit_is_too_much(client: Client, ann: User, limit: str) -> None:
    client.force_login(ann)
    answer = client.get("/api/v1/projects/", {"limit": limit, "offset": "-128039527314382350391967744"})
    assert answer.status_code == 200


def test_a_session_opens_it(client: Client, ann: User) -> None:
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/projects/").status_code == 200


def test_too_many_requests_are_a_problem(client: Client, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "3/min")
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    statuses = [client.get("/api/v1/projects/").status_code for _ in range(3)]
    response = client.get("/api/v1/projects/")
    assert statuses == [200] * 3
    assert (response.status_code, response["Content-Type"]) == (429, MEDIA_TYPE)
    assert int(response["Retry-After"]) > 0
    assert response.json()["type"] == "urn:copyist:problem:throttled"


def test_other_sites_are_let_in_only_by_name(client: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://studio.example"]
    for origin, allowed in (("https://studio.example", True), ("https://evil.example", False)):
        response = client.get("/api/v1/schema/", headers={"origin": origin})
        assert ("Access-Control-Allow-Origin" in response) is allowed
    assert "Access-Control-Allow-Origin" not in client.get("/", headers={"origin": "https://studio.example"})


@pytest.fixture
def one_connection(schema: dict[str, Any]) -> Iterator[None]:
    """The test's transaction outlives a request, as in Django's own test client (which `schema` used before)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def hers(path: str, things: Things) -> dict[str, Any]:
    """The parameters of an operation's path, so that it is about something of Ada's."""
    names = re.findall(r"{(\w+)}", path)
    for stand_in in ("1", "3f0c1c9e-5f0e-4c7e-9a50-2d7a3f9a0b11") if names else ():
        name = resolve(path.format(**dict.fromkeys(names, stand_in) | {"number": "1"})).view_name
        if name in SAMPLES:
            kwargs = SAMPLES[name](things)
            return {name: str(kwargs["pk" if name == "id" else name]) for name in names}
    assert not names, f"tests/cast.py has no sample for {path}"
    return {}


@pytest.mark.usefixtures("one_connection")
def test_the_api_does_what_its_schema_says(schema: dict[str, Any], things: Things) -> None:
    """Invented requests to every operation, as Ada, half of them about her own things.

    No crash, no undocumented answer, no answer of another shape.
    """
    headers = {"Authorization": f"Token {things.secret}", "Accept-Encoding": "identity"}
    described = schemathesis.openapi.from_dict(schema)
    described.app, described.location = WSGIHandler(), "/api/v1/schema/"
    found: list[str] = []
    for result in described.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        try:
            invent(operation, real=hers(operation.path, things), headers=headers)
        except (FailureGroup, Exception) as failure:
            found.append(f"{operation.label}: {failure}")
    assert not found, "\n\n".join(found)


def invent(operation: Any, *, real: dict[str, Any], headers: dict[str, str]) -> None:
    """Requests to one operation; whatever they change is undone."""

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(), about_hers=strategies.booleans())
    def call(case: Any, *, about_hers: bool) -> None:
        if about_hers:
            case.path_parameters = dict(real)
        with transaction.atomic():
            case.call_and_validate(headers=headers, checks=TRUTHS)
            transaction.set_rollback(True)

    call()
