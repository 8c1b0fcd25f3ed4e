"""Verbs about people: make one, say what she has, let her go with everything."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import give_role
from accounts.signals import footprint_asked, person_leaving


@transaction.atomic
def make_person(email: str, *, password: str, name: str = "", role: str = "user") -> User:
    """Somebody who need not confirm her e-mail: the demo's owner, people made by a command."""
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    give_role(user, role=role)
    return user


def footprint(user: User) -> list[str]:
    """What would go with the account, in words: ["3 projects", "12 files (3.4 MB)"]; empty where there is nothing."""
    lines: list[str] = []
    answers: list[tuple[Any, Any]] = footprint_asked.send(User, user=user)
    for _, answer in answers:
        lines += [f"{count} {one if count == 1 else many}" for count, one, many in answer if count]
    tokens = user.api_tokens.count()
    if tokens:
        lines.append(f"{tokens} API token{'' if tokens == 1 else 's'}")
    return lines


def delete_person(user: User, *, request: HttpRequest | None = None) -> None:
    """Remove the account, its rows and its files. The apps above remove what is theirs by `person_leaving`."""
    with transaction.atomic():
        person_leaving.send(User, user=user)
        user.delete()
    if request is not None:
        logout(request)
