"""A process of Copyist's that tests talk to: JSON lines in, JSON lines out. It does what a web process would do.

It is a process of its own because each shape of deployment needs settings of its own.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time
import wave
from collections.abc import Callable
from typing import Any

import django
import numpy as np

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.services import make_person  # noqa: E402
from media_pipeline import services, show, store, sweep  # noqa: E402
from media_pipeline.models import Artifact, Job, Step, Worker  # noqa: E402
from media_pipeline.recipes import RECIPES  # noqa: E402
from projects.models import Blob, Project, Source  # noqa: E402


def person(name: str) -> dict[str, Any]:
    user = make_person(f"{name}@example.org", password="correct horse battery", name=name)
    project = Project.objects.create(owner=user, title=f"{name}'s")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"user": user.pk, "project": project.pk, "session": session.session_key}


def source(project: int, name: str, seconds: float = 1.0) -> int:
    """A recording of one plucked string; every name has a note of its own."""
    owner = Project.objects.get(pk=project).owner
    data = pluck(seconds, hz=200.0 + sum(name.encode()) % 200)
    blob = Blob(owner=owner, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    if (there := Blob.objects.filter(owner=owner, sha256=blob.sha256).first()) is not None:
        blob = there
    else:
        blob.file.save(f"{owner.pk}-{blob.sha256}", ContentFile(data))
        blob.save()
    row = Source.objects.create(project_id=project, blob=blob, name=name, kind="audio", media_type="audio/wav")
    return row.pk


def pluck(seconds: float, *, hz: float) -> bytes:
    rate = 22_050
    t = np.arange(int(seconds * rate)) / rate
    samples = 0.5 * np.sin(2 * np.pi * hz * t) * np.exp(-3 * (t % 0.5))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def start(project: int, recipe: str, sources: list[int], options: dict[str, Any] | None = None) -> int:
    into = Project.objects.get(pk=project)
    rows = [Source.objects.get(pk=pk) for pk in sources]
    return services.start_job(into.owner, project=into, recipe=recipe, sources=rows, options=options or {}).pk


def job(pk: int) -> dict[str, Any]:
    row = Job.objects.get(pk=pk)
    steps = [
        {
            "stage": s.stage,
            "index": s.index,
            "state": s.state,
            "attempts": s.attempts,
            "progress": s.progress,
            "worker": s.worker,
            "pid": int(s.worker.rpartition(":")[2] or 0),
            "cached": s.cached,
            "note": s.note,
            "error": s.error,
            "ended": s.finished_at.timestamp() if s.finished_at else None,
            "ready": s.ready_at.timestamp() if s.ready_at else None,
        }
        for s in row.steps.all()
    ]
    return {
        "state": row.state,
        "version": row.version,
        "problem": row.problem,
        "hint": row.hint,
        "permanent": row.permanent,
        "score": row.score_id,
        "ended": row.finished_at.timestamp() if row.finished_at else None,
        "steps": steps,
        "log": [event.text for event in row.events.all()],
    }


def value(pk: int, stage: str, index: int = 0) -> str:
    """repr of what a step made."""
    step = Step.objects.get(job=pk, stage=stage, index=index)
    maker = RECIPES[step.job.recipe].stage(stage)
    return repr(store.open_artifact(step.owner_id, key=step.key, kind=maker.makes))


def partials(pk: int, stage: str) -> list[str]:
    step = Step.objects.get(job=pk, stage=stage)
    return sorted(store.open_partials(step.owner_id, of=step.key))


def damage(pk: int, stage: str) -> None:
    """Tear the artefact of a step, as a disk might."""
    step = Step.objects.get(job=pk, stage=stage)
    artifact = Artifact.objects.get(owner=step.owner_id, key=step.key, name="")
    place = store.place_of(step.owner_id, step.key)
    root = store.disk_root()
    if root is None:
        from django.core.files.storage import default_storage

        default_storage.delete(f"{place}/value.json")
        for folder in (store.cache_root() / place).parent.glob(artifact.key):
            (folder / "value.json").write_text("{")
    else:
        (root / place / "value.json").write_text("{")


def cancel(pk: int) -> float:
    """When it was asked for."""
    now = time.time()
    services.cancel_job(Job.objects.get(pk=pk))
    return now


def retry(pk: int, options: dict[str, Any] | None = None) -> str:
    """What refused it, or an empty string."""
    from media_pipeline.errors import JobError

    try:
        services.retry_job(Job.objects.get(pk=pk), options=options)
    except JobError as error:
        return error.sentence
    return ""


def change(pk: int, options: dict[str, Any]) -> int:
    return services.change_options(Job.objects.get(pk=pk), options=options).pk


def workers() -> list[str]:
    return list(Worker.objects.values_list("name", flat=True))


def percent(pk: int) -> int:
    return int(show.job_context(Job.objects.get(pk=pk))["percent"])


def sweep_now() -> int:
    return sweep.sweep()


def bump(pk: int) -> tuple[int, float]:
    """Write to a job's row; its version, and when the write was committed."""
    Job.bump(pk)
    at = time.time()
    return Job.objects.values_list("version", flat=True).get(pk=pk), at


def people() -> int:
    return User.objects.count()


DOES: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        person, source, start, job, value, partials, damage, cancel, retry, change, workers, percent, sweep_now, bump,
        people,
    )
}  # fmt: skip


def main() -> None:
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer: Any = {"ok": DOES[name](**arguments)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        finally:
            connection.close_if_unusable_or_obsolete()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
