"""The job without a browser: files appear, what is wrong is said in a sentence."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.synth import write_wav


@pytest.fixture
def scale(tmp_path: Path) -> Path:
    """Eight plucked notes of A major, two a second."""
    rate, notes = 22_050, [57, 59, 61, 62, 64, 66, 68, 69]
    t = np.arange(rate // 2) / rate
    plucks = [
        sum(0.4 / k * np.sin(2 * np.pi * 440 * 2 ** ((n - 69) / 12) * k * t) for k in (1, 2, 3)) * np.exp(-4 * t)
        for n in notes
    ]
    return write_wav(tmp_path / "a scale.wav", np.concatenate(plucks).astype(np.float32), rate=rate)


def run(*arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("transcribe", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_writes_score_pages_and_midi_without_a_database(scale: Path, tmp_path: Path) -> None:
    out, _ = run(scale, "--out", tmp_path / "out", "--option", "tab.capo=2")
    paths = {Path(line).suffix: Path(line) for line in out.splitlines()}
    assert set(paths) == {".musicxml", ".pdf", ".mid"}
    document = paths[".musicxml"].read_text()
    assert "<work-title>A scale</work-title>" in document
    assert "<capo>2</capo>" in document
    assert paths[".pdf"].read_bytes().startswith(b"%PDF")
    assert paths[".mid"].read_bytes().startswith(b"MThd")


def test_only_what_is_asked_for_is_written(scale: Path, tmp_path: Path) -> None:
    out, _ = run(scale, "--out", tmp_path / "out", "--kind", "midi")
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".mid"]
    assert len(out.splitlines()) == 1


def test_what_is_wrong_is_said(scale: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "nothing.mp3")
    with pytest.raises(CommandError, match="has no option"):
        run(scale, "--option", "tab.colour=red")
    page = tmp_path / "page.mp3"
    page.write_text("<html><body>not music</body></html>")
    with pytest.raises(CommandError, match=r"page\.mp3"):
        run(page, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_options_are_listed(scale: Path) -> None:
    call_command("transcribe", scale, "--options", stdout=(out := StringIO()))
    assert "tab.capo=0" in out.getvalue()
