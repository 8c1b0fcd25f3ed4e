"""What every template may know about the person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def person(request: HttpRequest) -> dict[str, Any]:
    return {}
