"""Every error of the API is a problem (RFC 9457); outside the API it is a page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import Client, RequestFactory
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from config.errors import MEDIA_TYPE, csrf_failure, server_error


class StorageFull(Exception):
    """As every app's root error: a message, a hint, and whether it is permanent."""

    def __init__(self, *, permanent: bool) -> None:
        self.message, self.hint, self.permanent = "No room is left.", "Remove a recording.", permanent


class Busy(StorageFull):
    status = HTTPStatus.SERVICE_UNAVAILABLE


def answer(error: Exception, accept: str = "application/json") -> Response:
    class View(APIView):
        authentication_classes = ()
        permission_classes = ()
        throttle_classes = ()

        def get(self, request: HttpRequest) -> Response:
            raise error

    response = View.as_view()(APIRequestFactory().get("/api/v1/x/", HTTP_ACCEPT=accept))
    response.render()
    return response


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
        (StorageFull(permanent=True), 422, "storage_full"),
        (StorageFull(permanent=False), 409, "storage_full"),
        (Busy(permanent=False), 503, "busy"),
    ],
)
def test_errors_are_problems(error: Exception, status: int, code: str) -> None:
    response = answer(error)
    assert response.status_code == response.data["status"] == status
    assert response["Content-Type"] == MEDIA_TYPE
    assert response.data["type"] == f"urn:copyist:problem:{code}"
    assert response.data["title"] == HTTPStatus(status).phrase


def test_wrong_fields_are_named() -> None:
    response = answer(exceptions.ValidationError({"title": ["This field is required."]}))
    assert response.data["errors"] == {"title": ["This field is required."]}


def test_our_errors_bring_their_hint() -> None:
    assert answer(StorageFull(permanent=True)).data["hint"] == "Remove a recording."


def test_too_many_requests_say_when_to_come_back() -> None:
    response = answer(exceptions.Throttled(wait=7))
    assert (response.status_code, response["Retry-After"]) == (429, "7")


def test_whatever_the_client_accepts_a_problem_is_a_problem() -> None:
    assert answer(Http404(), accept="text/html")["Content-Type"] == MEDIA_TYPE


def test_an_unknown_address_of_the_api_is_a_problem(client: Client) -> None:
    response = client.get("/api/v1/nothing/here")
    assert (response.status_code, response["Content-Type"]) == (404, MEDIA_TYPE)
    assert response.json()["trace"] == response["X-Request-ID"]


@pytest.mark.django_db
def test_an_unknown_address_elsewhere_is_a_page(client: Client) -> None:
    response = client.get("/nothing/here")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/x", MEDIA_TYPE), ("/projects/", "text/html")])
def test_a_bug_of_ours_tells_nothing_about_us(rf: RequestFactory, path: str, kind: str) -> None:
    response: Any = server_error(rf.get(path))
    assert response.status_code == 500
    assert response["Content-Type"].startswith(kind)


def test_a_missing_csrf_token_is_a_problem_in_the_api(rf: RequestFactory) -> None:
    response = csrf_failure(rf.post("/api/v1/projects/"), reason="no cookie")
    assert (response.status_code, response["Content-Type"]) == (403, MEDIA_TYPE)


def test_browsers_that_ask_for_an_icon_by_name_find_it(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 301
    assert "favicon" in answer["Location"]
