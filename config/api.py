"""The API's router, version, schema and page.

Each app's api.py names its part, and this file joins them:

    ROUTES: list[tuple[str, type[ViewSet], str]]     (prefix, view set, basename), registered with the router
    URLS: list[URLPattern | URLResolver]             what is no view set, under /api/v1/ (optional)

Names are reversed as "api:BASENAME-detail". Errors are problem details (config/errors.py).
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import permissions
from rest_framework.routers import DefaultRouter

from config.errors import SCHEMA

APPS = ("accounts", "projects", "notation", "media_pipeline")

app_name = "api"
router = DefaultRouter()
urls: list[URLPattern | URLResolver] = []
for _app in APPS:
    if find_spec(f"{_app}.api") is None:
        continue
    _module = import_module(f"{_app}.api")
    for _prefix, _view_set, _basename in _module.ROUTES:
        router.register(_prefix, _view_set, basename=_basename)
    urls += getattr(_module, "URLS", [])


@csrf_exempt
def nothing(request: HttpRequest, path: str) -> HttpResponse:
    raise Http404(f"/api/v1/{path}")


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every answer that is not a success is a problem; say so once for each operation of the schema."""
    result["components"]["schemas"]["Problem"] = SCHEMA
    response = {
        "description": "What went wrong.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for name, operation in operations.items():
            if name in {"get", "post", "put", "patch", "delete", "head", "options"}:
                operation["responses"]["default"] = response
    return result


urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(permission_classes=[permissions.AllowAny]), name="schema"),
    path(
        "docs/",
        # The split view: its script is an address of its own, which the Content-Security-Policy allows.
        SpectacularSwaggerSplitView.as_view(permission_classes=[permissions.AllowAny], url_name="api:schema"),
        name="docs",
    ),
    *urls,
    *router.urls,
    re_path(r"^(?P<path>.*)$", nothing),
]
