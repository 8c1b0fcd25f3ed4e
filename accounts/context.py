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
    if user is None or not user.is_authenticated:
        return {"theme": "system", "limits": None, "storage": None}
    one: User = user

    def theme() -> str:
        return Preferences.objects.filter(user_id=one.pk).values_list("theme", flat=True).first() or "system"

    return {
        "theme": SimpleLazyObject(theme),
        "limits": SimpleLazyObject(lambda: quota.limits(one)),
        "storage": SimpleLazyObject(lambda: quota.usage(one)),
    }
