"""Sets the scene for the player: a score that follows a recording whose tempo drifts, and one without a recording.

COPYIST_DATA=folder python -m tests.browser.player_scene      one line of JSON: where they are, and Ann's session
"""

from __future__ import annotations

import io
import json
import math
import os
import wave
from typing import Any

import numpy as np

RATE = 22050
BARS = 16
LEAD = 1.2  # seconds before the first beat
TAIL = 1.5  # and after the last bar


def beats() -> list[list[float]]:
    """[bar, quarter, seconds] of every beat around 120, five per cent faster and slower, and of the end."""
    seconds, points = LEAD, []
    for bar in range(BARS):
        for quarter in range(4):
            points.append([bar, quarter, round(seconds, 4)])
            seconds += 0.5 / (1 + 0.05 * math.sin(2 * math.pi * bar / BARS))
    return [*points, [BARS - 1, 4, round(seconds, 4)]]


def recording() -> bytes:
    """WAV: a short tone on every beat."""
    points = beats()
    samples = np.zeros(int((points[-1][2] + TAIL) * RATE))
    t = np.arange(int(0.3 * RATE)) / RATE
    for _, quarter, seconds in points[:-1]:
        start = round(seconds * RATE)
        samples[start : start + len(t)] += 0.5 * np.exp(-9 * t) * np.sin(2 * np.pi * (660 if quarter == 0 else 440) * t)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32000).astype("<i2").tobytes())
    return file.getvalue()


def waveform() -> dict[str, Any]:
    import base64

    with wave.open(io.BytesIO(recording())) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    slices = samples[: len(samples) // 441 * 441].reshape(-1, 441)
    peaks = (np.stack([slices.min(1), slices.max(1)], axis=1) * 127).astype(np.int8)
    return {
        "duration": len(samples) / RATE,
        "peaks_per_second": 50,
        "peaks": base64.b64encode(peaks.tobytes()).decode(),
        "start": 0,
        "end": len(samples) / RATE,
    }


def set_scene() -> dict[str, Any]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User
    from notation.services import create_score
    from projects.services import create_project
    from tests.cast import bring
    from tests.notation.documents import guitar

    ann = User.objects.get(email="ann@example.org")
    project = create_project(ann, title="Studies")
    source = bring(project, name="Study in C.wav", data=recording())
    followed = create_score(
        project,
        title="Study in C",
        document=guitar(bars=BARS),
        reason="Transcribed",
        kind="guitar-tab",
        source=source,
        author=ann,
        sync=beats(),
        summary={"key": "C major", "metre": "4/4", "tempo": 120},
        notices=["A draft of everything pitched."],
    )
    alone = create_score(project, title="Study from a file", document=guitar(bars=8), reason="Opened", author=ann)
    store = SessionStore()
    store[SESSION_KEY] = str(ann.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = ann.get_session_auth_hash()
    store.create()
    return {"followed": followed.pk, "alone": alone.pk, "session": store.session_key}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(json.dumps(set_scene()))
