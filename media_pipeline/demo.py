"""The demo recording: half a minute of two-voice guitar, composed for Copyist and played by its own strings.

`make run` writes it and transcribes it live, so what a newcomer sees is the real pipeline at work on a sound whose
every note is known (`NOTES`). Pure: no Django, nothing downloaded, always the same file.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media_pipeline.training.sounds import guitar, room

TITLE = "Morning, Two Strings"
METRE, KEY, BPM = "4/4", "G major", 92.0
RATE = 44_100  # hz

# A bar a line: melody, then bass. A note is its name and its length in quarters; "-" is a rest.
# All of it lies under one hand in open position, as a guitarist would write it.
_MUSIC = (
    ("D4:1 G4:1 F#4:1/2 E4:1/2 D4:1", "G2:2 D3:2"),
    ("E4:3/2 D4:1/2 A3:1 C4:1", "F#2:2 A2:2"),
    ("B3:1 E4:1 F#4:1/2 G4:1/2 E4:1", "E2:2 B2:2"),
    ("G4:1 E4:1 C4:2", "C3:2 G2:2"),
    ("D4:1 G4:1 A4:1 G4:1/2 F#4:1/2", "B2:2 D3:2"),
    ("E4:3/2 D4:1/2 C4:1 A3:1", "A2:2 E3:2"),
    ("F#4:1/2 E4:1/2 D4:1 C4:1/2 B3:1/2 A3:1", "D3:2 A2:2"),
    ("B3:2 D4:1 G4:1", "G2:2 D3:2"),
    ("E4:1 D4:1/2 B3:1/2 G3:1 B3:1", "E2:2 B2:2"),
    ("C4:1 D4:1/2 E4:1/2 G4:1 E4:1", "C3:2 E3:2"),
    ("F#4:1 E4:1/2 D4:1/2 C4:1/2 A3:1/2 F#4:1", "D3:1 A2:1 D3:1 F#2:1"),
    ("G4:4", "G2:4"),
)
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class DemoNote:
    at: Fraction  # quarters from the start
    length: Fraction  # quarters
    pitch: int  # MIDI
    voice: int  # 1 melody, 2 bass


def make_demo(path: Path) -> Path:
    """Write the recording to `path` (.wav, 16 bit, mono, about 33 s) and return it. Two seconds of work."""
    sound = np.round(render(rate=RATE) * 32767).astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    return path


def render(*, rate: int) -> NDArray[np.float32]:
    """(n,) mono, peak 0.8: a player's timing, strings that ring on into each other, a body and a room."""
    rng = np.random.default_rng(1792)
    seconds = _clock(rng)
    sound = np.zeros(int((seconds[-1] + 2.5) * rate), np.float32)
    for note in NOTES:
        first, last = (float(np.interp(float(at), np.arange(len(seconds)), seconds)) for at in (
            note.at, note.at + note.length))  # fmt: skip
        # the thumb comes a breath before the fingers, as players do
        onset = first + float(np.clip(rng.normal(0, 0.007), -0.016, 0.016)) - (0.004 if note.voice == 2 else 0.0)
        ringing = 0.97 if note.voice == 1 else 0.99
        accent = 10 if note.at % 4 == 0 else 4 if note.at.denominator == 1 else -5
        velocity = int(np.clip((88 if note.voice == 1 else 78) + accent + rng.normal(0, 4), 40, 115))
        tone = guitar(note.pitch, (last - onset) * ringing, velocity, rate=rate, rng=rng)
        start = round(onset * rate)
        sound[start : start + len(tone)] += tone[: len(sound) - start]
    sound = room(sound, rate=rate, rng=rng)
    fade = np.clip((len(sound) - np.arange(len(sound))) / (0.8 * rate), 0, 1)
    result: NDArray[np.float32] = (sound * fade * (0.8 / float(np.abs(sound).max()))).astype(np.float32)
    return result


def _clock(rng: np.random.Generator) -> NDArray[np.float64]:
    """Seconds of every quarter: breathing by two per cent, broadening a little into the last bar."""
    count = 4 * len(_MUSIC)
    pace = 1 + 0.02 * np.sin(np.linspace(0, 5 * np.pi, count + 1)) + rng.normal(0, 0.004, count + 1)
    pace[-6:] *= np.linspace(1.0, 0.93, 6)
    return np.concatenate([[0.45], 0.45 + np.cumsum(60 / (BPM * pace))])


def _read() -> tuple[DemoNote, ...]:
    notes: list[DemoNote] = []
    for number, bar in enumerate(_MUSIC):
        for voice, line in enumerate(bar, start=1):
            at = Fraction(4 * number)
            for word in line.split():
                name, _, length = word.partition(":")
                if name != "-":
                    sharp = name.count("#")
                    pitch = 12 * (int(name[-1]) + 1) + _STEPS[name[0]] + sharp
                    notes.append(DemoNote(at, Fraction(length), pitch, voice))
                at += Fraction(length)
            assert at == 4 * (number + 1), f"bar {number + 1} of voice {voice} is not full"
    return tuple(sorted(notes, key=lambda n: (n.at, n.pitch)))


NOTES = _read()
