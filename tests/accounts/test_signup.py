"""Signing up, confirming, logging in, out, resetting: allauth's pages as we set them up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.cast import PASSWORD, Cast

JOIN = {"name": "Eva", "email": "Eva@Example.org", "password1": "a long enough secret"}


def link_in(message: Any) -> str:
    found = re.search(r"https?://[^/\s]+(/accounts/\S+)", str(message.body))
    assert found
    return found[1]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_new_person_confirms_and_is_in(client: Client, db: None) -> None:
    answer = client.post("/accounts/signup/", JOIN)
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/confirm-email/"
    assert client.get("/projects/").status_code == 302  # not before the address is confirmed
    page = link_in(mail.outbox[0])
    assert "eva@example.org" in text(client.get(page))
    assert client.get("/projects/").status_code == 302  # opening the link alone, as mail scanners do, is not enough
    assert client.post(page).status_code == 302
    assert client.get("/projects/").status_code == 200
    user = User.objects.get()
    assert (user.name, user.email) == ("Eva", "eva@example.org")
    assert user.preferences.theme == "system"


def test_an_unconfirmed_person_cannot_log_in(client: Client, db: None) -> None:
    client.post("/accounts/signup/", JOIN)
    fresh = Client()
    answer = fresh.post("/accounts/login/", {"login": JOIN["email"], "password": JOIN["password1"]})
    assert answer["Location"] == "/accounts/confirm-email/"
    assert fresh.get("/projects/").status_code == 302


def test_a_name_is_needed(client: Client, db: None) -> None:
    answer = client.post("/accounts/signup/", JOIN | {"name": "  "})
    assert "This field is required" in text(answer)
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "password123", "eva@example.org"])
def test_a_weak_password_is_refused(client: Client, db: None, password: str) -> None:
    assert client.post("/accounts/signup/", JOIN | {"password1": password}).status_code == 200
    assert not User.objects.exists()


def test_nobody_learns_who_has_an_account(client: Client, cast: Cast) -> None:
    """Signing up with an address that is taken looks the same; its owner gets a different e-mail."""
    answer = client.post("/accounts/signup/", JOIN | {"email": cast.ada.email})
    assert answer["Location"] == "/accounts/confirm-email/"
    assert mail.outbox[0].to == [cast.ada.email]
    assert "There is an account with this address already" in str(mail.outbox[0].body)
    assert User.objects.filter(email=cast.ada.email).count() == 1


def test_reset_says_the_same_for_everybody(client: Client, cast: Cast) -> None:
    known = client.post("/accounts/password/reset/", {"email": cast.ada.email})
    unknown = client.post("/accounts/password/reset/", {"email": "who@example.org"})
    assert known["Location"] == unknown["Location"] == "/accounts/password/reset/done/"


def test_reset(client: Client, cast: Cast) -> None:
    client.post("/accounts/password/reset/", {"email": cast.ada.email})
    page = client.get(link_in(mail.outbox[0]))
    form = page["Location"]
    assert "Choose a new password" in text(client.get(form))
    client.post(form, {"password1": "another long secret", "password2": "another long secret"})
    cast.ada.refresh_from_db()
    assert cast.ada.check_password("another long secret")


def test_log_in_and_out(client: Client, cast: Cast) -> None:
    answer = client.post("/accounts/login/", {"login": "ADA@example.org", "password": PASSWORD})
    assert answer["Location"] == "/projects/"
    assert client.get("/accounts/logout/").status_code == 200  # asks first
    assert client.get("/projects/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/projects/").status_code == 302


def test_log_in_leads_where_one_wanted(client: Client, cast: Cast) -> None:
    asked = client.get("/projects/trash/")["Location"]
    assert asked == "/accounts/login/?next=/projects/trash/"
    answer = client.post(asked, {"login": cast.ada.email, "password": PASSWORD, "next": "/projects/trash/"})
    assert answer["Location"] == "/projects/trash/"
    evil = Client().post(
        "/accounts/login/", {"login": cast.ada.email, "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert "evil" not in evil["Location"]


def test_guessing_passwords_is_slowed_down(client: Client, cast: Cast, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}  # allauth's own, as outside of tests
    for _ in range(5):
        client.post("/accounts/login/", {"login": cast.ada.email, "password": "wrong"})
    answer = client.post("/accounts/login/", {"login": cast.ada.email, "password": PASSWORD})
    assert "Too many failed login attempts" in text(answer)


def test_signing_up_is_slowed_down(client: Client, db: None, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}
    codes = [client.post("/accounts/signup/", JOIN | {"email": f"e{n}@example.org"}).status_code for n in range(25)]
    assert 429 in codes


def test_change_password(cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    new = {"oldpassword": PASSWORD, "password1": "yet another secret", "password2": "yet another secret"}
    ada.post("/accounts/password/change/", new)
    cast.ada.refresh_from_db()
    assert cast.ada.check_password("yet another secret")
    assert "Your password was changed" in str(mail.outbox[-1].body)


def test_a_new_address_counts_once_it_is_confirmed(cast: Cast, as_: Any) -> None:
    ada = as_(cast.ada)
    ada.post("/accounts/email/", {"email": "ada@new.example", "action_add": ""})
    cast.ada.refresh_from_db()
    assert cast.ada.email == "ada@example.org"
    page = text(ada.get("/accounts/email/"))
    assert "Waiting for you to confirm <strong>ada@new.example</strong>" in page
    confirm = next(message for message in mail.outbox if message.to == ["ada@new.example"])
    ada.post(link_in(confirm))
    cast.ada.refresh_from_db()
    assert cast.ada.email == "ada@new.example"


@pytest.mark.parametrize(
    "path",
    [
        "login/",
        "signup/",
        "password/reset/",
        "password/reset/done/",
        "confirm-email/",
        "inactive/",
        "password/reset/key/done/",
        "confirm-email/nonsense/",
        "password/reset/key/a-nonsense/",
    ],
)
def test_every_page_has_our_looks(client: Client, db: None, path: str) -> None:
    page = text(client.get(f"/accounts/{path}"))
    assert 'class="site-head"' in page
    assert "<h1>" in page


def test_mail_goes_to_a_folder_and_the_console(settings: Any, tmp_path: Any, capsys: Any) -> None:
    from django.core.mail import get_connection, send_mail

    settings.EMAIL_FILE_PATH = str(tmp_path)
    send_mail("Hello", "words", None, ["a@b.example"], connection=get_connection("accounts.mail.ConsoleAndFolder"))
    assert "words" in next(tmp_path.iterdir()).read_text()
    assert "words" in capsys.readouterr().out
