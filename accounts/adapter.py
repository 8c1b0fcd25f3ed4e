"""allauth's hooks: the name at sign-up, and which sentences are worth a message."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    # One sentence per event is enough; a page that greets everybody who logs in is noise.
    quiet = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.name = form.cleaned_data.get("name", "").strip()
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *rest: Any, **more: Any
    ) -> None:
        if message_template not in self.quiet:
            super().add_message(request, level, message_template, *rest, **more)
