"""The image's entry point, for real: a container of `web` alone lives, and says that it is not ready."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import crowded, until
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The entry point's `web` on SQLite in a new folder; gives its environment."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **{"PYTHON": sys.executable, "COPYIST_DATA": str(tmp_path), "HOST": "127.0.0.1", "PORT": str(free_port())},
    }
    assert entry("migrate", environment) == 0
    process = subprocess.Popen(["docker/entrypoint.sh", "web"], cwd=ROOT, env=environment)
    yield environment
    process.send_signal(signal.SIGTERM)
    process.wait(20 * crowded())


def entry(part: str, environment: dict[str, str]) -> int:
    return subprocess.run(["docker/entrypoint.sh", part], cwd=ROOT, env=environment, check=False).returncode


def test_a_container_of_web_lives_but_is_not_ready_without_a_worker(web: dict[str, str]) -> None:
    until(lambda: entry("alive", web) == 0, seconds=60)
    assert entry("ready", web) != 0
    assert entry("working", web) != 0
