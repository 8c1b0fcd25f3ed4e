"""`manage.py check` refuses unsafe deployments."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from config.checks import deployment


def ids(settings: Settings, **changed: object) -> set[str | None]:
    for name, value in changed.items():
        setattr(settings, name, value)
    return {message.id for message in deployment()}


def test_a_laptop_needs_no_configuration(settings: Settings) -> None:
    assert ids(settings) == set()


def test_a_careful_deployment_passes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    monkeypatch.setenv("EMAIL_HOST", "mail")
    assert ids(settings, HTTPS=True, ALLOWED_HOSTS=["copyist.example"]) == set()


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"STORAGE": "ftp"}, "copyist.E001"),
        ({"STORAGE": "s3"}, "copyist.E002"),
        ({"QUEUES": {"cpu": "cpu", "tpu": "cpu"}}, "copyist.E003"),
        ({"HTTPS": True, "DEBUG": True}, "copyist.E004"),
        ({"HTTPS": True, "ALLOWED_HOSTS": ["*"]}, "copyist.E005"),
        ({"HTTPS": True}, "copyist.W001"),
        ({"HTTPS": True}, "copyist.W002"),
    ],
)
def test_what_is_unsafe_is_named(settings: Settings, changed: dict[str, object], found: str) -> None:
    assert found in ids(settings, **changed)


def test_postgresql_without_redis_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert "copyist.W003" in ids(settings, HTTPS=True)
    assert "copyist.W003" not in ids(settings, HTTPS=True, REDIS_URL="redis://redis")
