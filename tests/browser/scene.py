"""Sets the scene for the browser: people, projects, files, a score and jobs in every state. Prints where they are.

COPYIST_DATA=folder python -m tests.browser.scene       one line of JSON: ids, and a session for each person
"""

from __future__ import annotations

import io
import json
import os
import wave
from typing import Any

import numpy as np

RATE = 22050


def pluck(seconds: float = 4.0) -> bytes:
    """A WAV file: one plucked note a half second long after another, E2 upwards, decaying as strings do."""
    t = np.arange(int(RATE * 0.5)) / RATE
    semitones = [0, 7, 12, 16, 19, 16, 12, 7]
    notes = [
        sum(np.sin(2 * np.pi * 82.41 * 2 ** (s / 12) * k * t) / k for k in range(1, 6)) * np.exp(-5 * t)
        for s in (semitones[i % len(semitones)] for i in range(int(seconds * 2)))
    ]
    samples = np.concatenate(notes)
    pcm = (samples / np.abs(samples).max() * 26000).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm.tobytes())
    return file.getvalue()


def song(bars: int = 12) -> bytes:
    """A small MusicXML document: one guitar, four quarters to the bar."""
    steps = ["E", "G", "B", "D"]
    notes = "".join(
        f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration><type>quarter</type></note>"
        for step in steps
    )
    head = (
        "<attributes><divisions>1</divisions><key><fifths>1</fifths></key><time><beats>4</beats>"
        "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
    )
    measures = "".join(f'<measure number="{n}">{head if n == 1 else ""}{notes}</measure>' for n in range(1, bars + 1))
    return (
        '<?xml version="1.0"?><score-partwise version="4.0"><work><work-title>Four quarters</work-title></work>'
        '<part-list><score-part id="P1"><part-name>Guitar</part-name></score-part></part-list>'
        f'<part id="P1">{measures}</part></score-partwise>'
    ).encode()


def set_scene() -> dict[str, Any]:
    from allauth.account.models import EmailAddress
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User
    from accounts.services import make_person
    from media_pipeline.models import Job
    from media_pipeline.services import start_job
    from notation.models import Score
    from notation.score.derive import BUILTIN
    from projects import uploads
    from projects.models import Project, Source
    from projects.services import create_project, trash_project
    from tests.browser.band import KEY, set_band
    from tests.notation.band import cell, derive, hand_edit, set_up

    def person(name: str) -> User:
        user = make_person(f"{name}@example.org", password="six quavers in a bar", name=name.capitalize())
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        return user

    def session(user: User) -> str:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        return str(store.session_key)

    def bring(project: Project, name: str, data: bytes) -> Source:
        upload = uploads.add_file(project, user=project.owner, name=name, file=io.BytesIO(data), size_bytes=len(data))
        assert upload.source is not None, upload.problem
        return upload.source

    ann, newcomer = person("ann"), person("newcomer")
    story = "Everything for the concert in May.\nTwo guitars, one voice."
    project = create_project(ann, title="Songs for the small stage", description=story)
    recording = bring(project, "Evening, take 3.wav", pluck())
    notation = bring(project, "Four quarters.musicxml", song())
    broken = bring(project, "not really music.mp3", b"<html><body>Download expired</body></html>")
    band = set_band(create_project(ann, title="Lessons"))
    desk = set_band(create_project(ann, title="Corrections"))  # for tests that change a part
    wind = create_project(ann, title="Wind band")
    set_up(wind, errors={"Oboe": {"repeat": False}, "Baritone": {"mark": "B"}}, key=KEY)
    derived = create_project(ann, title="Derived")
    set_up(derived, more=("Clarinet in B♭ 1 (solo)", "Alto Saxophone", "French Horn"))
    derive(derived, "Cello")
    for bar in (2, 6):  # changed by her and in the source
        hand_edit(cell(derived, "Cello"), bar, "step", 0, by=1)
        hand_edit(cell(derived, "Trombone 1"), bar, "step", 3, by=1)
    derive(derived, *(rule.target for rule in BUILTIN))
    trash_project(create_project(ann, title="Old ideas"))

    def job(state: Job.State, **fields: Any) -> Job:
        made = start_job(ann, project=project, recipe="guitar-tab", sources=[recording])
        Job.objects.filter(pk=made.pk).update(state=state, **fields)
        return made

    failed = job(
        Job.State.FAILED,
        problem="This recording is silent.",
        hint="Play it on your own machine: is there anything to hear?",
        permanent=True,
    )
    failed.steps.filter(order=0).update(state="failed")
    cancelled = job(Job.State.CANCELLED)
    cancelled.steps.update(state="cancelled")
    running = job(Job.State.RUNNING)
    first, second = running.steps.order_by("order")[:2]
    running.steps.filter(pk=first.pk).update(state="done", progress=1)
    running.steps.filter(pk=second.pk).update(state="running", progress=0.4, note="Bar 12 of 30")
    waiting = start_job(ann, project=project, recipe="guitar-tab", sources=[recording])

    return {
        "session": {"ann": session(ann), "newcomer": session(newcomer)},
        "email": {"ann": ann.email, "newcomer": newcomer.email},
        "password": "six quavers in a bar",
        "project": project.pk,
        "source": {"recording": recording.pk, "notation": notation.pk, "broken": broken.pk},
        "score": Score.objects.get(project=project).pk,
        "band": band,
        "desk": desk,
        "wind": wind.pk,
        "derived": {"project": derived.pk, "cell": cell(derived, "Cello").pk},
        "job": {"failed": failed.pk, "cancelled": cancelled.pk, "running": running.pk, "waiting": waiting.pk},
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(json.dumps(set_scene()))
