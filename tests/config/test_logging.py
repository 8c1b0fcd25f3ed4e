"""Log lines say what they are about, are one line each, and survive rotation by several processes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from config import trace
from config.logging import About, Json, Plain, RotatedFile


def line(formatter: logging.Formatter, message: str, **about: trace.Value) -> str:
    record = logging.LogRecord("copyist", logging.INFO, __file__, 1, message, None, None)
    with trace.about(**about):
        About().filter(record)
    return formatter.format(record)


def test_a_plain_line_names_job_step_user_and_trace() -> None:
    assert line(Plain(), "decode started", trace="4b1c", user=2, step=31, job=7).endswith(
        "INFO copyist: decode started  job=7 step=31 user=2 trace=4b1c"
    )


def test_a_json_line_has_the_same_facts() -> None:
    found = json.loads(line(Json(), "decode started", job=7, trace="4b1c"))
    assert (found["message"], found["job"], found["trace"]) == ("decode started", 7, "4b1c")
    assert "user" not in found


def test_what_a_user_typed_cannot_forge_a_line() -> None:
    assert "\n" not in line(Plain(), "uploaded a\n2026-01-01 INFO django: forged")


def test_an_error_is_part_of_its_json_line() -> None:
    try:
        raise ValueError("out of tune")
    except ValueError:
        record = logging.LogRecord("copyist", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    written = Json().format(record)
    assert "out of tune" in json.loads(written)["error"]
    assert "\n" not in written


def test_inner_facts_end_with_their_block() -> None:
    with trace.about(job=1):
        with trace.about(step=2, job=3):
            assert trace.facts() == {"job": 3, "step": 2}
        assert trace.facts() == {"job": 1}
    assert trace.facts() == {}


def test_a_function_is_asked_when_the_line_is_written() -> None:
    known: list[int] = []
    with trace.about(user=lambda: known[0] if known else None):
        assert trace.facts() == {}
        known.append(5)
        assert trace.facts() == {"user": 5}


def test_unknown_facts_are_refused() -> None:
    with pytest.raises(TypeError, match="song"), trace.about(song=1):
        pass


def test_facts_follow_into_threads_of_the_web_process() -> None:
    async def view() -> dict[str, str | int]:
        with trace.about(trace="t1"):
            return await sync_to_async(trace.facts)()

    assert asyncio.run(view()) == {"trace": "t1"}


def test_a_file_is_rotated_and_only_so_many_are_kept(tmp_path: Path) -> None:
    handler = RotatedFile(str(tmp_path / "log"), size=200, kept=2)
    for number in range(60):
        handler.emit(logging.makeLogRecord({"msg": f"line {number:03} {'x' * 20}"}))
    handler.close()
    files = sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock"))
    assert files == ["log", "log.1", "log.2"]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) < 300
    assert "line 059" in (tmp_path / "log").read_text() + (tmp_path / "log.1").read_text()


WRITER = """
import logging, sys
from config.logging import RotatedFile
handler = RotatedFile(sys.argv[1], size=4000, kept=50)
for number in range(300):
    handler.emit(logging.makeLogRecord({"msg": f"{sys.argv[2]} {number}"}))
"""


def test_two_processes_lose_no_line_when_they_rotate(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "log"), name], cwd=Path.cwd()) for name in "ab"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    found = {text for path in tmp_path.glob("log*") for text in path.read_text().splitlines()}
    assert found == {f"{name} {number}" for name in "ab" for number in range(300)}


REPORT = """
import logging, os
os.environ["SENTRY_DSN"] = "http://key@127.0.0.1:9/1"
import sentry_sdk
from sentry_sdk.transport import Transport
sent = []
class Kept(Transport):
    def capture_envelope(self, envelope):
        sent.extend(item.get_event() for item in envelope.items)
real = sentry_sdk.init
sentry_sdk.init = lambda **options: real(**options, transport=Kept)
from config import settings, trace
with trace.about(job=7, trace="4b1c"):
    logging.getLogger("copyist").error("out of tune")
sentry_sdk.flush()
print(sent[0]["logentry"]["message"], sent[0]["tags"], sent[0].get("user"))
"""


def test_sentry_learns_which_job_it_was(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", REPORT], capture_output=True, text=True, check=True,
        env={**os.environ, "COPYIST_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    assert run.stdout.strip() == "out of tune {'job': 7, 'trace': '4b1c'} None"
