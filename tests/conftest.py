"""Set-up shared by all tests.

Django is configured only when a test folder that needs it is asked for: `pytest tests/score` runs without settings.
Everything is kept in a data folder of this run, under the system's temporary folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Playwright

    from accounts.models import User
    from tests.cast import Cast, Things

HERE = Path(__file__).parent
PURE = {"score", "graph", "stages", "engrave"}
data = pytest.StashKey[str]()


def _needs_django(config: pytest.Config) -> bool:
    """True unless every path that was asked for lies in a pure folder."""
    asked = [Path(str(config.invocation_params.dir), argument.split("::")[0]).resolve() for argument in config.args]
    for path in asked:
        try:
            inside = path.relative_to(HERE).parts
        except ValueError:
            return True
        if not inside or inside[0] not in PURE:
            return True
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if not _needs_django(config):
        return
    config.stash[data] = tempfile.mkdtemp(prefix="copyist-tests-")
    os.environ["COPYIST_DATA"] = config.stash[data]
    Path(config.stash[data], "static").mkdir()  # whitenoise looks for it
    os.environ["COPYIST_TESTING"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # A file, not memory: several threads and processes of one test must see the same rows.
        # Updated in place: in a worker of xdist Django is set up by now, and has filled in the rest.
        database.setdefault("TEST", {})["NAME"] = str(Path(config.stash[data]) / "test.sqlite3")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast


def pytest_unconfigure(config: pytest.Config) -> None:
    if (folder := config.stash.get(data, None)) is not None:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test that uses the database has storage and a cache (rate limits!) of its own."""
    if not {"db", "transactional_db", "live_server"} & set(request.fixturenames):
        yield
        return
    from django.core.cache import cache

    settings = request.getfixturevalue("settings")
    cache.clear()
    if settings.STORAGE == "files":
        folder = request.getfixturevalue("tmp_path") / "files"
        settings.STORAGES = settings.STORAGES | {
            "default": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(folder)},
            }
        }
    yield


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright runs once in a process; every browser is launched from this one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running


@pytest.fixture
def cast(db: None) -> Cast:
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def things(cast: Cast, django_capture_on_commit_callbacks: Any) -> Things:
    """One of everything of Ada's."""
    from tests.cast import make_things

    return make_things(cast, committed=lambda: django_capture_on_commit_callbacks(execute=True))


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """with committed(): … and afterwards everything has happened that waits for a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def as_(client: Client) -> Any:
    """as_(user) is a client that is logged in as this user; each call makes a fresh one."""
    from django.test import Client

    def logged_in(user: User) -> Client:
        fresh = Client()
        fresh.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return fresh

    return logged_in
