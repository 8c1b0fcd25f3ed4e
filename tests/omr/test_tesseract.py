"""Tesseract beside its caller: what it reads, how soon it ends when nobody wants to know any more."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from media_pipeline.omr import tesseract
from media_pipeline.omr.tesseract import Tesseract
from tests.patience import takes, until

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


def written(text: str) -> np.ndarray:
    picture = Image.new("L", (1200, 72), 255)
    ImageDraw.Draw(picture).text((14, 14), text, 0, font=ImageFont.load_default(40))
    return np.asarray(picture)


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name which never ends, and where it notes its process id."""
    program, note = tmp_path / "tesseract", tmp_path / "pid"
    program.write_text(f"#!/bin/sh\necho $$ > {note}\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return note


def process_of(note: Path) -> int:
    return int(until(lambda: note.exists() and note.read_text().strip(), seconds=10))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@needs_tesseract
def test_words_come_with_their_places() -> None:
    with Tesseract(written("Allegro moderato"), ["eng"]) as run:
        words = run.words()
    assert [word[0] for word in words] == ["Allegro", "moderato"]
    first, second = words
    assert first[1] < first[1] + first[3] < second[1]
    assert all(0.5 < word[5] <= 1 for word in words)


def test_whoever_cancels_waits_no_second_and_leaves_no_process(endless: Path) -> None:
    class Enough(Exception):
        pass

    def check() -> None:
        if endless.exists() and endless.read_text():
            raise Enough

    def cancelled() -> float:
        endless.unlink(missing_ok=True)
        began = time.monotonic()
        with pytest.raises(Enough), Tesseract(written("Fine"), ["eng"]) as run:
            run.words(check)
        took = time.monotonic() - began
        assert gone(process_of(endless))
        return took

    takes(cancelled, at_most=1.5)


def test_leaving_early_ends_it(endless: Path) -> None:
    with Tesseract(written("Fine"), ["eng"]):
        pid = process_of(endless)
        assert not gone(pid)
    assert gone(pid)


def test_what_takes_too_long_finds_nothing(endless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "SECONDS", 0.3)
    with Tesseract(written("Fine"), ["eng"]) as run:
        assert run.words() == []
    assert gone(process_of(endless))


def test_without_the_program_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with Tesseract(written("Fine"), ["eng"]) as run:
        assert run.words() == []
