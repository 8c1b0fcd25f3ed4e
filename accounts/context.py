"""What every template may know about the person: `theme`, `limits`, `storage`. All of it read only when shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts import quota
from accounts.models import Preferences, User


def person(request: HttpRequest) -> dict[str, Any]:
    """theme: system | light | dark, for <html data-theme>. limits, storage: quota.Limits and quota.Usage, or falsy."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) and not getattr(user, "is_authenticated", False):
        return {"theme": "system", "limits": None, "storage": None}

    def theme() -> str:
        return Preferences.objects.filter(user_id=user.pk).values_list("theme", flat=True).first() or "system"

    return {
        "theme": SimpleLazyObject(theme),
        "limits": SimpleLazyObject(lambda: quota.limits(user)),
        "storage": SimpleLazyObject(lambda: quota.usage(user)),
    }
