"""A login to look around with, and a project whose tab is made, live, from a recording Copyist plays to itself.

The recording and the project are made once; the login is printed every time.
"""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from media_pipeline.demo import TITLE, make_demo
from media_pipeline.services import start_job
from projects import uploads
from projects.services import create_project

EMAIL = "demo@copyist.local"
PROJECT = "Copyist plays for itself"
STORY = "Thirty seconds for two voices on one guitar, synthesised here. Its tab is made the way yours would be."


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        user, password = login()
        if not user.projects.exists():
            start_project(user)
        self.stdout.write(f"Log in with {EMAIL} and the password {password}")


def login() -> tuple[User, str]:
    """The demo user and password. The password is chosen by chance and kept beside the data, for its owner only."""
    path = Path(settings.DATA_DIR) / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    password = path.read_text()
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        user = User.objects.create_user(EMAIL, password, name="Demo")
        EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return user, password


def start_project(user: User) -> None:
    """Synthesise the recording, bring it in like any upload, and ask for its tab; a worker makes it."""
    project = create_project(user, title=PROJECT, description=STORY)
    with tempfile.TemporaryDirectory() as folder:
        recording = make_demo(Path(folder) / f"{TITLE}.wav")
        with recording.open("rb") as file:
            upload = uploads.add_file(
                project, user=user, name=recording.name, file=file, size_bytes=recording.stat().st_size
            )
    if upload.source is None:
        raise CommandError(f"The demo recording was refused: {upload.problem}")
    start_job(user, project=project, recipe="guitar-tab", sources=[upload.source])
