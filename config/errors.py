"""Errors: as problem details (RFC 9457) where a program asked, as a page where a person did.

    {"type": "urn:copyist:problem:throttled", "title": "Too Many Requests", "status": 429,
     "detail": "…", "trace": "4b1c…"}                     and "errors": {"name": ["…"]} where fields are wrong

Every app's root error (a message for the user, `hint`, `permanent`) becomes a problem too, 422 where a retry cannot
help and 409 where it can, unless the error says another `status`.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views import csrf, defaults
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
API = "/api/"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "hint": {"type": "string", "description": "What you can do."},
        "errors": {"description": "What is wrong with each field, by its name."},
        "trace": {"type": "string", "description": "Names this request in our logs."},
    },
    "required": ["type", "title", "status", "detail"],
}


class ProblemRenderer(JSONRenderer):
    media_type = MEDIA_TYPE
    format = "problem"


def describe(
    status: int, *, code: str, detail: str, request: HttpRequest | None, errors: Any = None, hint: str = ""
) -> dict[str, Any]:
    """The members of one problem; what is empty is left out."""
    members = {
        "type": f"urn:copyist:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "hint": hint,
        "errors": errors,
        "trace": getattr(request, "trace", ""),
    }
    return {name: value for name, value in members.items() if value not in (None, "")}


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler. None (a bug of ours) is answered by `server_error`."""
    request = context.get("request")
    plain = getattr(request, "_request", request)
    headers: dict[str, str] = {}
    if hasattr(error, "permanent") and hasattr(error, "message"):
        status = getattr(error, "status", HTTPStatus.UNPROCESSABLE_ENTITY if error.permanent else HTTPStatus.CONFLICT)
        body = describe(
            status, code=_code(error), detail=str(error.message), hint=getattr(error, "hint", ""), request=plain
        ) | getattr(error, "members", {})  # what else a program may want to know: RFC 9457, 3.2
    else:
        answer = exception_handler(error, context)
        if answer is None:
            return None
        status, headers = answer.status_code, dict(answer.headers)
        code, detail, errors = _words(error)
        body = describe(status, code=code, detail=detail, errors=errors, request=plain)
    response = Response(body, status=status, headers=headers)
    _render_as_problem(request)
    return response


def _render_as_problem(request: Any) -> None:
    """However the client wanted the result, a problem is a problem. (The browsable page is not ours to change.)"""
    if request is not None:
        request.accepted_renderer, request.accepted_media_type = ProblemRenderer(), MEDIA_TYPE


def _words(error: Exception) -> tuple[str, str, Any]:
    """(code, one sentence, errors by field or None)"""
    if isinstance(error, exceptions.ValidationError):
        return "invalid", "Some of what was sent is not right.", error.detail
    if isinstance(error, exceptions.APIException):
        return str(error.default_code), str(error.detail), None
    if isinstance(error, Http404):
        return "not_found", "There is nothing here.", None
    if isinstance(error, PermissionDenied):
        return "permission_denied", "You may not do this.", None
    return "error", "Something went wrong.", None


def _code(error: Exception) -> str:
    """StorageFull -> storage_full"""
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _answer(request: HttpRequest, status: int, *, code: str, detail: str) -> JsonResponse:
    return JsonResponse(
        describe(status, code=code, detail=detail, request=request), status=status, content_type=MEDIA_TYPE
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API):
        return _answer(request, 400, code="bad_request", detail="The request cannot be understood.")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API):
        return _answer(request, 403, code="permission_denied", detail="You may not do this.")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API):
        return _answer(request, 404, code="not_found", detail="There is nothing here.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith(API):
        return _answer(request, 500, code="error", detail="Something went wrong on our side; it has been noted.")
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.path.startswith(API):
        return _answer(
            request, 403, code="csrf_failed", detail="The form's secret is missing or old; load the page again."
        )
    return csrf.csrf_failure(request, reason)
