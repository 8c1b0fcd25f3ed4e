"""One command for web and workers: it greets, starts again what dies, and stops cleanly."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from media_pipeline.management.commands.serve import WORKER_NICE
from tests.machine.room import Room, alive, answers
from tests.patience import until
from tests.ports import free_port


def of_this(room: Room) -> list[int]:
    """Processes that were started in this deployment's environment, but for the driver."""
    mark = f"COPYIST_MARKS={room.marks_file}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                mark in (folder / "environ").read_bytes().split(b"\0")
                and b"driver" not in (folder / "cmdline").read_bytes()
            ):
                found.append(int(folder.name))
        except OSError:
            continue
    return [pid for pid in found if alive(pid)]


def below(pid: int) -> dict[int, str]:
    """The children of a process, and what they are."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def test_serve_does_jobs_survives_deaths_and_stops(room: Room) -> None:
    room.dismiss()
    port = free_port()
    serve = room.serve(port)
    pk = room.start("slow", options={"slow.seconds": 0.2})
    assert room.ended(pk)["state"] == "done"
    children = below(serve.child.pid)
    web = next(pid for pid, command in children.items() if "uvicorn" in command)
    worker = next(pid for pid, command in children.items() if "manage.py worker" in command)
    assert os.getpriority(os.PRIO_PROCESS, worker) > os.getpriority(os.PRIO_PROCESS, web)
    if (group := Path(f"/proc/{worker}/autogroup")).exists():  # shared out by session first, where Linux does that
        assert group.read_text().split()[-1] == str(WORKER_NICE)
    os.kill(web, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    until(lambda: len(set(below(serve.child.pid)) - {web, worker}) == len(children), seconds=20)
    until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), seconds=30)
    again = room.start("slow", options={"slow.seconds": 0.2})
    assert room.ended(again)["state"] == "done"
    greeting, log = f"Copyist is at http://127.0.0.1:{port}", room.folder / "serve.log"
    until(lambda: greeting in log.read_text(), seconds=5)
    left = below(serve.child.pid)
    assert serve.stop() == 0
    until(lambda: not any(alive(pid) for pid in left), seconds=5)
    until(lambda: not of_this(room), seconds=5)
    assert "Copyist has stopped." in log.read_text()


def test_when_serve_is_killed_its_parts_end_too(room: Room) -> None:
    room.dismiss()
    serve = room.serve(free_port())
    parts = until(lambda: len(found := below(serve.child.pid)) > len(room.clusters) and found, seconds=20)
    os.kill(serve.child.pid, signal.SIGKILL)
    serve.child.wait()
    until(lambda: not any(alive(pid) for pid in parts), seconds=15)
    until(lambda: not of_this(room), seconds=5)
