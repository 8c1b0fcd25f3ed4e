"""Checks that `manage.py check`, and so every start, makes of the deployment's choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from config import env


@register(Tags.security)
def deployment(app_configs: Sequence[Any] | None = None, **_: Any) -> list[CheckMessage]:
    """What would be unsafe or broken with these environment variables. HTTPS=1 means that strangers can come in."""
    found: list[CheckMessage] = []
    if settings.STORAGE not in {"files", "s3"}:
        found.append(Error(f"STORAGE={settings.STORAGE} is not known.", hint="Set files or s3.", id="copyist.E001"))
    if settings.STORAGE == "s3" and not env.text("S3_BUCKET"):
        found.append(Error("STORAGE=s3 without S3_BUCKET.", hint="Name the bucket.", id="copyist.E002"))
    if unknown := settings.QUEUES.keys() - {"cpu", "gpu", "export"}:
        names = ", ".join(sorted(unknown))
        found.append(Error(f"QUEUES names what is no queue: {names}.", hint="cpu, gpu or export.", id="copyist.E003"))
    if not settings.HTTPS:
        return found
    if settings.DEBUG:
        found.append(Error("DEBUG=1 and HTTPS=1.", hint="DEBUG shows our insides to everybody.", id="copyist.E004"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error("ALLOWED_HOSTS=* trusts any Host header.", hint="Name the hosts you serve.", id="copyist.E005")
        )
    if not env.text("SECRET_KEY"):
        found.append(
            Warning(
                "SECRET_KEY is not set; one is kept in the data folder.",
                hint="Web processes on several machines must share one, and it must outlive the folder.",
                id="copyist.W001",
            )
        )
    if not env.text("EMAIL_HOST"):
        found.append(
            Warning("No EMAIL_HOST: nobody gets the mail that confirms an address.", hint="Set it.", id="copyist.W002")
        )
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql") and not settings.REDIS_URL:
        found.append(
            Warning(
                "PostgreSQL without REDIS_URL: progress and throttles are not shared between web processes.",
                hint="Fine with one web process; set REDIS_URL for more.",
                id="copyist.W003",
            )
        )
    return found
