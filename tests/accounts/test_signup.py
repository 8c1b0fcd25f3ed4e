"""Signing up, confirming, logging in."""

from __future__ import annotations

import re

from django.core import mail
from django.test import Client

from accounts.models import User

JOIN = {"name": "Eva", "email": "Eva@Example.org", "password1": "a long enough secret"}


def link_in(message: str) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", message)
    assert found
    return found[1]


def test_a_new_person_confirms_and_is_in(client: Client, db: None) -> None:
    answer = client.post("/accounts/signup/", JOIN)
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/confirm-email/"
    assert client.get("/projects/").status_code == 302  # not before the address is confirmed
    page = link_in(str(mail.outbox[0].body))
    assert b"eva@example.org" in client.get(page).content
    assert client.post(page).status_code == 302
    assert client.get("/projects/").status_code == 200
    user = User.objects.get()
    assert (user.name, user.email) == ("Eva", "eva@example.org")
    assert user.preferences.theme == "system"
