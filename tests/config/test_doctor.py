"""`manage.py doctor` names what is missing, what that costs and how to get it, and knows what is essential."""

from __future__ import annotations

import io
import json
import shutil
import socket
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.management.commands import doctor
from media_pipeline.models import Worker

pytestmark = pytest.mark.usefixtures("db")


def visit(*arguments: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", *arguments, stdout=out, no_color=True)
    return int(ended.value.code or 0), out.getvalue()


def findings(*, expected: int = 0) -> dict[str, dict[str, Any]]:
    code, out = visit("--json")
    assert code == expected
    return {finding["name"]: finding for finding in json.loads(out)}


def test_without_a_worker_it_says_so_and_passes() -> None:
    code, out = visit()
    assert code == 0
    assert "missing worker  no worker seen lately" in out
    assert "costs: jobs wait" in out
    assert "Copyist works; " in out


def test_with_a_worker_nothing_of_the_services_is_missing() -> None:
    Worker.objects.create(name="studio:1", queues="cpu", seen_at=timezone.now())
    found = findings()
    assert all(found[name]["ok"] for name in ("database", "queue", "storage", "worker"))


def test_a_missing_program_names_its_cost_and_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda package, command: package != "librsvg2-bin")
    found = findings()["librsvg2-bin"]
    assert not found["ok"]
    assert (found["cost"], found["get"]) == ("no PDF can be made", "apt install librsvg2-bin")


def test_an_absent_or_old_package_is_essential(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.1" if name == "lxml" else real(name))
    found = findings(expected=1)["lxml"]
    assert (found["ok"], found["detail"], found["essential"]) == (False, "0.1", True)


def test_an_ear_that_is_missing_says_who_listens_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_pipeline.engines.pitch_basic.BasicPitch.missing", lambda self: "no model")
    found = findings()["pitch: basic-pitch"]
    assert (found["ok"], found["detail"], found["cost"]) == (False, "no model", "the next engine is used instead")


def test_no_ear_at_all_is_essential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_pipeline.engines.missing", lambda task: {"only": "no model"})
    assert findings(expected=1)["pitch: only"]["cost"] == "no pitch can be found"


def test_storage_that_does_not_answer_is_essential(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.save", full)
    assert findings(expected=1)["storage"]["detail"] == "no answer"


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 10 * 1024**2})
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    assert not findings()["disk"]["ok"]


def test_every_system_package_says_what_goes_without_it() -> None:
    rows = doctor.system_packages()
    assert {row["for"] for row in rows} == {"run", "test", "host"}
    assert all(row["without"] for row in rows)


def test_a_container_asks_for_its_own_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "studio")
    assert visit("--working")[0] == 1
    Worker.objects.create(name="studio:1", queues="cpu", seen_at=timezone.now())
    assert visit("--working") == (0, "ok\n")
