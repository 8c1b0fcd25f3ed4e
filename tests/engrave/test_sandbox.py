"""The engraver's own process: its limits, and its end."""

from __future__ import annotations

import os
import subprocess
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from notation.engrave import sandbox
from notation.engrave.pdf import pdf
from notation.engrave.svg import pages
from notation.musicxml import NotationError
from tests.engrave import samples
from tests.patience import crowded
from tests.score.test_read_musicxml import mutated


class Enough(BaseException):
    pass


def children() -> set[str]:
    """Processes that this one started and that still run."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@cache
def long_score() -> bytes:
    return samples.ten_parts(400)


def test_an_end_asked_for_comes_at_once_and_kills(tmp_path: Path) -> None:
    document, before = long_score(), children()
    seen = asked = 0.0

    def check() -> None:
        nonlocal seen, asked
        if not seen and children() - before:
            seen = time.monotonic()
        if seen and time.monotonic() - seen > 0.3:  # the engraver is at work
            asked = time.monotonic()
            raise Enough

    with pytest.raises(Enough):
        pdf(document, target=tmp_path / "x.pdf", check=check)
    assert time.monotonic() - asked < 2 * crowded()
    assert children() <= before
    assert list(tmp_path.iterdir()) == []


def test_closing_early_kills(tmp_path: Path) -> None:
    before = children()
    drawing = pages(samples.ten_parts(60), folder=tmp_path)
    assert next(drawing).number == 1
    drawing.close()
    assert children() <= before


def test_too_little_memory_is_an_error_in_words(tmp_path: Path) -> None:
    drawing = sandbox.draw(long_score(), folder=tmp_path, options={"unit": 9.0}, memory_bytes=150 * 2**20)
    with pytest.raises(NotationError, match="stopped on this score"):
        list(drawing)


def test_too_long_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotationError, match="too long"):
        list(sandbox.draw(long_score(), folder=tmp_path, options={"unit": 9.0}, seconds=1))


def test_what_verovio_refuses_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotationError, match="cannot be engraved"):
        list(sandbox.draw(b"<nonsense/>", folder=tmp_path, options={"unit": 9.0}))


def test_waiting_for_another_program_ends_too() -> None:
    child = subprocess.Popen(["sleep", "60"])
    with pytest.raises(NotationError, match="too long"):
        sandbox.wait(child, seconds=0.2)
    assert child.poll() is not None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(mutated())
def test_whatever_was_read_is_engraved_or_refused(tmp_path: Path, data: bytes) -> None:
    try:
        assert pdf(data, target=tmp_path / "x.pdf") >= 1
    except NotationError as error:
        assert error.message  # noqa: PT017  # a refusal is as good as a page
