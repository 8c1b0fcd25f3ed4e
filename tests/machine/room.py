"""A whole Copyist in processes of its own, in either shape of deployment, for as long as a test needs it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.machine.recipes import enough
from tests.patience import crowded, until

if TYPE_CHECKING:
    import redis

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable


@dataclass
class Room:
    """A deployment: database, files, queue; a driver to talk to; workers and web processes as tests start them."""

    name: str
    folder: Path
    env: dict[str, str]
    clusters: tuple[str, ...]
    driver: subprocess.Popen[str] = field(init=False)
    started: list[Process] = field(default_factory=list)
    crew_: list[Process] = field(default_factory=list)
    people: int = 0

    def __post_init__(self) -> None:
        self.marks_file = self.folder / "marks.txt"
        self.env["COPYIST_MARKS"] = str(self.marks_file)
        self.marks_file.touch()
        self.manage("migrate", "-v0")
        self.driver = subprocess.Popen(
            [PYTHON, "-m", "tests.machine.driver"], cwd=ROOT, env=self.env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log("driver"),
        )  # fmt: skip
        assert self._line() == "ready"

    def close(self) -> None:
        for process in self.started:
            process.kill_tree()
        self.driver.kill()
        self.driver.wait()

    def manage(self, *command: str) -> None:
        subprocess.run([PYTHON, "manage.py", *command], cwd=ROOT, env=self.env, check=True, timeout=600)

    def log(self, name: str) -> Any:
        return (self.folder / f"{name}.log").open("ab")

    def logs(self) -> str:
        return "\n".join(f"--- {p.name}\n{p.read_text()[-4000:]}" for p in sorted(self.folder.glob("*.log")))

    # --- talking to it

    def ask(self, what: str, /, **arguments: Any) -> Any:
        assert self.driver.stdin is not None
        self.driver.stdin.write(json.dumps([what, arguments]) + "\n")
        self.driver.stdin.flush()
        answer = self._line()
        if "error" in answer:
            raise RuntimeError(f"{what}: {answer['error']}")
        return answer["ok"]

    def _line(self) -> Any:
        assert self.driver.stdout is not None
        line = self.driver.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver died\n{self.logs()}")
        return json.loads(line)

    def person(self) -> dict[str, Any]:
        self.people += 1
        made: dict[str, Any] = self.ask("person", name=f"p{self.people}")
        return made

    def start(self, recipe: str, *, who: dict[str, Any] | None = None, sources: int = 1, options: Any = None) -> int:
        """A new job of a new person (or of `who`), about recordings of its own."""
        who = who or self.person()
        names = [f"{recipe}-{self.people}-{i}.wav" for i in range(sources)]
        rows = [self.ask("source", project=who["project"], name=name) for name in names]
        pk: int = self.ask("start", project=who["project"], recipe=recipe, sources=rows, options=options)
        return pk

    def job(self, pk: int) -> dict[str, Any]:
        row: dict[str, Any] = self.ask("job", pk=pk)
        return row

    def step(self, pk: int, stage: str) -> dict[str, Any]:
        return next(step for step in self.job(pk)["steps"] if step["stage"] == stage)

    def running(self, pk: int, stage: str, *, seconds: float = 20) -> dict[str, Any]:
        """The step, once it runs."""
        step: dict[str, Any] = until(lambda: (s := self.step(pk, stage))["state"] == "running" and s, seconds=seconds)
        return step

    def ended(self, pk: int, *, seconds: float = 30) -> dict[str, Any]:
        """The job, once it has ended."""
        job: dict[str, Any] = until(
            lambda: (j := self.job(pk))["state"] in {"done", "failed", "cancelled"} and j, seconds=seconds
        )
        return job

    def done(self, pk: int, *, seconds: float = 30) -> dict[str, Any]:
        """The job, once it has ended well; AssertionError that says why it did not."""
        job = self.ended(pk, seconds=seconds)
        assert job["state"] == "done", why(job)
        return job

    def marks(self, start: str = "") -> list[str]:
        return [line for line in self.marks_file.read_text().splitlines() if line.startswith(start)]

    def forget_marks(self) -> None:
        self.marks_file.write_text("")
        enough(self.marks_file).unlink(missing_ok=True)

    def let_it_end(self) -> None:
        """The slow stage has been watched for long enough: whatever runs it is done with it at once."""
        enough(self.marks_file).touch()

    # --- its processes

    def crew(self) -> list[Process]:
        """A worker for each cluster, running; kept from test to test until one kills it."""
        if not self.crew_ or any(process.gone for process in self.crew_):
            for process in self.crew_:
                process.kill_tree()
            self.crew_ = self._workers(self.clusters)
        return self.crew_

    def dismiss(self) -> None:
        for process in self.crew_:
            process.stop()
        self.crew_ = []

    def worker(self, cluster: str = "cpu", *, workers: int = 2) -> Process:
        """A new worker, once it says that it is there."""
        return self._workers((cluster,), workers=workers)[0]

    def _workers(self, clusters: Sequence[str], *, workers: int = 2) -> list[Process]:
        """New workers, begun side by side, once every one of them says that it is there."""
        before = set(self.ask("workers"))
        begun = []
        for cluster in clusters:
            command = ("manage.py", "worker", "--cluster", cluster, "--workers", str(workers))
            # Where there are many machines, another cluster's has a disk of its own and sees only what is in S3.
            other = {} if cluster == "cpu" else {"COPYIST_DATA": str(self.folder / f"data-{cluster}")}
            begun.append(self._begin("worker", *command, env=other))
        until(lambda: len(set(self.ask("workers")) - before) == len(begun), seconds=30)
        return begun

    def web(self, port: int) -> Process:
        process = self._begin(
            "web", "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--no-access-log",
            "--log-level", "warning", "--timeout-graceful-shutdown", "2",
        )  # fmt: skip
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), seconds=30)
        return process

    def serve(self, port: int) -> Process:
        process = self._begin("serve", "manage.py", "serve", "--port", str(port), "--workers", "1")
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), seconds=40)
        return process

    def _begin(self, name: str, *command: str, env: dict[str, str] | None = None) -> Process:
        child = subprocess.Popen(
            [PYTHON, *command], cwd=ROOT, env={**self.env, **(env or {})}, stdout=self.log(name), stderr=self.log(name),
            start_new_session=True,
        )  # fmt: skip
        process = Process(child)
        self.started.append(process)
        return process


class Process:
    """A process with all below it, in a session of its own."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child

    @property
    def gone(self) -> bool:
        return self.child.poll() is not None

    def tell_to_stop(self) -> None:
        self.child.send_signal(signal.SIGTERM)

    def stop(self, *, seconds: float = 30) -> int:
        if not self.gone:
            self.tell_to_stop()
        try:
            return self.child.wait(timeout=seconds * crowded())
        except subprocess.TimeoutExpired:
            self.kill_tree()
            raise

    def kill_tree(self) -> None:
        """As a power cut would: everything at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


def why(job: dict[str, Any]) -> str:
    """How a job ended and of what: its log, and the steps that failed with their tracebacks."""
    failed = [
        f"{step['stage']} {step['index']} on {step['worker']}, attempt {step['attempts']}\n{step['error']}"
        for step in job["steps"]
        if step["state"] == "failed"
    ]
    return "\n".join([f"{job['state']}: {job['problem']}", *job["log"], *failed])


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status < 500)
    except (urllib.error.URLError, OSError):
        return False


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- the two shapes -------------------------------------------------------------------------------------------------


def clean_environment(folder: Path) -> dict[str, str]:
    ours = {"DATABASE_URL", "REDIS_URL", "QUEUES", "STORAGE", "DEBUG", "Q_CLUSTER_NAME", "LOG_FILE"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("S3_")}
    return kept | {
        "COPYIST_DATA": str(folder / "data"),
        "COPYIST_TESTING": "1",
        "COPYIST_EXTRA_RECIPES": "tests.machine.recipes",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "INFO",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": "the same on every machine, for these tests only",
    }


@contextlib.contextmanager
def one_machine(folder: Path) -> Iterator[Room]:
    """SQLite and files, one cluster for everything."""
    room = Room("one machine", folder, clean_environment(folder), ("cpu",))
    try:
        yield room
    finally:
        room.close()


@contextlib.contextmanager
def many_machines(folder: Path) -> Iterator[Room]:
    """PostgreSQL, Redis, S3 (moto's server), and a cluster of its own for the queue `gpu`."""
    import psycopg
    import redis
    from moto.server import ThreadedMotoServer

    database = f"copyist_test_{os.getpid()}"
    with psycopg.connect("postgresql://postgres@127.0.0.1:5432/postgres", autocommit=True, connect_timeout=3) as base:
        base.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        base.execute(f'CREATE DATABASE "{database}"')
    number = next(n for n in range(15, 0, -1) if _claim(redis.Redis(port=6379, db=n)))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    s3 = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3.start()
    endpoint = "http://{}:{}".format(*s3.get_host_and_port())
    import boto3  # type: ignore[import-untyped]

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="copyist")
    env = clean_environment(folder) | {
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:5432/{database}",
        "REDIS_URL": f"redis://127.0.0.1:6379/{number}",
        "STORAGE": "s3",
        "S3_ENDPOINT": endpoint,
        "S3_BUCKET": "copyist",
        "S3_ACCESS_KEY": "test",
        "S3_SECRET_KEY": "test",
        "QUEUES": "cpu=cpu,gpu=gpu,export=cpu",
    }
    room = None
    try:
        room = Room("many machines", folder, env, ("cpu", "gpu"))
        yield room
    finally:
        if room is not None:
            room.close()
        s3.stop()
        redis.Redis(port=6379, db=number).flushdb()
        with psycopg.connect("postgresql://postgres@127.0.0.1:5432/postgres", autocommit=True) as base:
            base.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def _claim(database: redis.Redis) -> bool:
    """Whether this database of Redis was empty and is ours now: other tests may run on this machine, too."""
    if not database.set("tests of", os.getpid(), nx=True, ex=3600):
        return False
    if database.dbsize() == 1:
        return True
    database.delete("tests of")
    return False


def missing_services() -> str:
    """Why the many-machines shape cannot be tested here; empty where it can."""
    import psycopg
    import redis

    try:
        psycopg.connect("postgresql://postgres@127.0.0.1:5432/postgres", connect_timeout=2).close()
    except psycopg.OperationalError as error:
        return f"no PostgreSQL on 127.0.0.1:5432 for user postgres ({str(error).strip().splitlines()[0]})"
    try:
        redis.Redis(port=6379, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return f"no Redis on 127.0.0.1:6379 ({error})"
    return ""
