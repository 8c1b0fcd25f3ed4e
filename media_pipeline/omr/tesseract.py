"""Tesseract in a process of its own: it reads while the caller does something else, and ends when the caller does."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

SECONDS = 20.0  # for a page, however busy the machine
LOOK_SECONDS = 0.1  # how often the caller's `check` is asked

Found = tuple[str, float, float, float, float, float]  # word, left, top, width, height in pixels, confidence 0..1


@cache
def installed() -> frozenset[str]:
    """Its names of the languages it can read; none where it is not installed."""
    if not shutil.which("tesseract"):
        return frozenset()
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, timeout=SECONDS, check=False)
    return frozenset(done.stdout.split("\n")[1:]) - {"", "osd"}


def never() -> None:
    """A `check` that never asks for an end."""


class Tesseract:
    """One picture being read. Leaving the `with` block ends it, read or not.

    The picture is our own and of bounded size, so time is the only limit it needs.
    """

    def __init__(self, picture: NDArray[np.uint8], languages: Sequence[str], *, layout: int = 6) -> None:
        """picture: (height, width) grey; layout: tesseract's page segmentation mode."""
        import cv2

        self._until = time.monotonic() + SECONDS
        self._process: subprocess.Popen[bytes] | None = None
        good, packed = cv2.imencode(".pgm", picture)
        command = ["tesseract", "stdin", "stdout", "-l", "+".join(languages), "--psm", str(layout), "--dpi", "300"]
        command += ["-c", "tessedit_do_invert=0", "tsv"]
        # A file: a pipe would hold us until all of the picture is taken.
        with tempfile.TemporaryFile() as file:
            file.write(packed.tobytes() if good else b"")
            file.seek(0)
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=file,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "OMP_THREAD_LIMIT": "1"},
                )
            except OSError:
                pass  # reading finds nothing

    def __enter__(self) -> Tesseract:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def words(self, check: Callable[[], object] = never) -> list[Found]:
        """What it read, in its order; none where it failed or took too long. Waits, and raises what `check` raises."""
        said = self._said(check)
        self.end()
        words: list[Found] = []
        for line in said.decode("utf-8", "replace").splitlines()[1:]:
            fields = line.split("\t")
            if len(fields) == 12 and fields[11].strip() and float(fields[10]) >= 0:
                left, top, width, height = map(float, fields[6:10])
                words.append((fields[11].strip(), left, top, width, height, float(fields[10]) / 100))
        return words

    def end(self) -> None:
        """Its process is gone and waited for. To be called as often as one likes."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def _said(self, check: Callable[[], object]) -> bytes:
        if self._process is None or self._process.stdout is None:
            return b""
        descriptor, said = self._process.stdout.fileno(), b""
        while time.monotonic() < self._until:
            check()
            if select.select([descriptor], [], [], LOOK_SECONDS)[0]:
                chunk = os.read(descriptor, 2**16)
                if not chunk:
                    return said
                said += chunk
        return b""
