"""Preferences, name, roles, API tokens, farewell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client

from accounts import quota, roles, services, tokens
from accounts.models import ApiToken, Preferences, User
from tests.cast import PASSWORD, Cast, Things


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Client:
    client: Client = as_(cast.ada)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


WISHES = {"theme": "dark", "notation": "tab", "level": "easy", "tuning": "Drop d", "capo": "2", "email_notices": "on"}


# --- preferences ----------------------------------------------------------------------------------------------------
def test_preferences_come_with_the_user(cast: Cast) -> None:
    assert Preferences.objects.filter(user=cast.ada).count() == 1


def test_preferences_are_kept(cast: Cast, ada: Client) -> None:
    assert ada.post("/accounts/preferences/", WISHES)["Location"] == "/accounts/preferences/"
    kept = Preferences.objects.get(user=cast.ada)
    assert (kept.theme, kept.notation, kept.level) == ("dark", "tab", "easy")
    assert (kept.tuning, kept.capo, kept.email_notices) == ("drop D", 2, True)


def test_the_theme_is_on_every_page(cast: Cast, ada: Client) -> None:
    assert 'data-theme="system"' in text(ada.get("/projects/"))
    ada.post("/accounts/preferences/", WISHES)
    assert 'data-theme="dark"' in text(ada.get("/projects/"))


@pytest.mark.parametrize("tuning", ["D2 A2 D3 G3 B3 E4", "C2 G2 C3 F3 A3 D4", "B1 E2 A2 D3 G3 B3 E4", "dadgad"])
def test_good_tunings(ada: Client, tuning: str) -> None:
    assert ada.post("/accounts/preferences/", WISHES | {"tuning": tuning}).status_code == 302


@pytest.mark.parametrize("tuning", ["loud", "E2 A2", "H2 A2 D3 G3", "", "E2 A2 D3 G3 B3 E9"])
def test_what_is_no_tuning(ada: Client, tuning: str) -> None:
    assert ada.post("/accounts/preferences/", WISHES | {"tuning": tuning}).status_code == 422


@pytest.mark.parametrize("capo", ["-1", "13", "x"])
def test_what_is_no_capo(ada: Client, capo: str) -> None:
    assert ada.post("/accounts/preferences/", WISHES | {"capo": capo}).status_code == 422


def test_limits_stand_on_the_page(ada: Client) -> None:
    page = text(ada.get("/accounts/preferences/"))
    assert "up to 500.0\xa0MB" in page
    assert "0 bytes of 5.0 GB used" in page


def test_change_name(cast: Cast, ada: Client) -> None:
    ada.post("/accounts/name/", {"name": " Ada L. "})
    cast.ada.refresh_from_db()
    assert cast.ada.name == "Ada L."
    assert ada.post("/accounts/name/", {"name": " "}).status_code == 422


# --- roles ----------------------------------------------------------------------------------------------------------
def test_roles_have_their_limits(cast: Cast) -> None:
    assert [quota.role(who) for who in (cast.ada, cast.pia, cast.olga)] == ["user", "premium", "admin"]
    assert quota.limits(cast.pia).file_bytes > quota.limits(cast.ada).file_bytes


def test_the_admin_role_opens_the_admin(cast: Cast, as_: Any) -> None:
    assert cast.olga.is_staff
    assert not cast.olga.is_superuser
    olga = as_(cast.olga)
    for page in ("accounts/user", "projects/project", "projects/source", "projects/upload", "accounts/apitoken"):
        assert olga.get(f"/admin/{page}/").status_code == 200, page


def test_whoever_loses_the_role_is_out(cast: Cast, as_: Any) -> None:
    roles.give_role(cast.olga, role="user")
    cast.olga.refresh_from_db()
    assert not cast.olga.is_staff
    assert as_(cast.olga).get("/admin/").status_code == 302


def test_the_group_alone_gives_staff_rights(cast: Cast) -> None:
    """As the admin's own form does it."""
    cast.ben.groups.add(Group.objects.get(name="admin"))
    cast.ben.refresh_from_db()
    assert cast.ben.is_staff


def test_no_such_role(cast: Cast) -> None:
    with pytest.raises(ValueError, match="no role"):
        roles.give_role(cast.ben, role="king")


def test_a_superuser_made_in_the_shell_needs_no_confirmation(db: None, client: Client) -> None:
    User.objects.create_superuser("root@example.org", PASSWORD)
    answer = client.post("/accounts/login/", {"login": "root@example.org", "password": PASSWORD})
    assert answer["Location"] == "/projects/"


def test_admins_give_roles_and_delete_with_files(cast: Cast, things: Things, as_: Any, committed: Any) -> None:
    olga = as_(cast.olga)
    chosen = {"action": "make_premium", "_selected_action": [cast.ada.pk]}
    olga.post("/admin/accounts/user/", chosen)
    assert quota.role(User.objects.get(pk=cast.ada.pk)) == "premium"
    with committed():
        olga.post(f"/admin/accounts/user/{cast.ada.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=cast.ada.pk).exists()
    assert files() == []


# --- API tokens -----------------------------------------------------------------------------------------------------
def test_a_token_is_shown_once(cast: Cast, ada: Client) -> None:
    made = ada.post("/accounts/tokens/", {"name": "laptop"})
    secret = made.context["made"]
    assert secret in text(made)
    assert secret not in text(ada.get("/accounts/tokens/"))
    assert secret not in str(ApiToken.objects.values().get())


def test_a_token_opens_the_api_and_nothing_else(cast: Cast, client: Client) -> None:
    _, secret = tokens.make_token(cast.ada, name="laptop")
    key = {"Authorization": f"Token {secret}"}
    assert client.get("/api/v1/me/", headers=key).json()["email"] == "ada@example.org"
    assert client.get("/projects/", headers=key).status_code == 302
    assert ApiToken.objects.get().used_at is not None


def test_a_revoked_token_is_dead(cast: Cast, ada: Client, client: Client) -> None:
    row, secret = tokens.make_token(cast.ada, name="laptop")
    ada.post(f"/accounts/tokens/{row.pk}/revoke/")
    assert client.get("/api/v1/me/", headers={"Authorization": f"Token {secret}"}).status_code == 401


def test_revoke_validates_ownership(cast: Cast, as_: Any) -> None:
    row, _ = tokens.make_token(cast.ada, name="laptop")
    assert as_(cast.ben).post(f"/accounts/tokens/{row.pk}/revoke/").status_code == 404
    assert ApiToken.objects.exists()


def test_tokens_of_people_who_were_switched_off(cast: Cast, client: Client) -> None:
    _, secret = tokens.make_token(cast.ada, name="laptop")
    User.objects.filter(pk=cast.ada.pk).update(is_active=False)
    assert client.get("/api/v1/me/", headers={"Authorization": f"Token {secret}"}).status_code == 401


def test_there_is_an_end_to_tokens(cast: Cast, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST", 1)
    ada.post("/accounts/tokens/", {"name": "one"})
    assert "Revoke one first" in text(ada.post("/accounts/tokens/", {"name": "two"}))


# --- farewell -------------------------------------------------------------------------------------------------------
def files() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


def test_the_page_says_what_will_go(ada: Client, things: Things) -> None:
    page = text(ada.get("/accounts/delete/"))
    assert "This cannot be undone" in page
    for line in ("2 projects", "3 files (", "1 unfinished upload", "1 API token"):
        assert line in page, line


def test_the_password_is_asked_again(cast: Cast, ada: Client) -> None:
    assert ada.post("/accounts/delete/", {"password": "wrong", "sure": "on"}).status_code == 422
    assert ada.post("/accounts/delete/", {"password": PASSWORD}).status_code == 422
    assert User.objects.filter(pk=cast.ada.pk).exists()


def test_guessing_the_password_there_is_slowed_down(ada: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}
    codes = [ada.post("/accounts/delete/", {"password": f"{n}", "sure": "on"}).status_code for n in range(12)]
    assert codes[0] == 422
    assert codes[-1] == 429


def test_everything_goes(cast: Cast, ada: Client, things: Things, committed: Any) -> None:
    from django.apps import apps

    from projects.previews import preview_of

    preview_of(things.pdf)
    assert files()
    with committed():
        answer = ada.post("/accounts/delete/", {"password": PASSWORD, "sure": "on"})
    assert answer["Location"] == "/"
    assert not User.objects.filter(pk=cast.ada.pk).exists()
    assert files() == []
    for app in ("projects", "notation", "media_pipeline"):
        for model in apps.get_app_config(app).get_models():
            if model.__name__ in {"Worker", "Speed", "Measure"}:
                continue  # about machines, not people
            assert not model.objects.exists(), model  # type: ignore[attr-defined]
    assert ada.get("/projects/").status_code == 302  # logged out


def test_others_keep_theirs(cast: Cast, things: Things, as_: Any, committed: Any) -> None:
    from projects.services import create_project
    from tests.cast import bring, wav

    bens = bring(create_project(cast.ben, title="Ben's"), name="same.wav", data=wav(2.0))
    with committed():
        services.delete_person(cast.ada)
    assert bens.blob.file.read() == wav(2.0)


def test_a_farewell_that_fails_harms_nothing(
    cast: Cast, things: Things, monkeypatch: pytest.MonkeyPatch, committed: Any
) -> None:
    before = len(files())

    def fail(self: User, *_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(User, "delete", fail)
    with committed(), pytest.raises(RuntimeError):
        services.delete_person(cast.ada)
    assert len(files()) == before
    things.project.refresh_from_db()


def test_migrating_again_is_harmless(db: None) -> None:
    call_command("migrate", verbosity=0)
    assert Group.objects.filter(name__in=quota.ROLES).count() == 3
