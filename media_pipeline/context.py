"""What a stage may ask of whoever runs it: a worker, the command line, or a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Cancelled(BaseException):
    """The user asked for an end. Raised from `progress` and `check`; a stage lets it pass."""


class Drained(BaseException):
    """The worker is asked to stop. The step goes back to its queue; a stage lets it pass."""


class StageError(Exception):
    """What went wrong, in words a musician understands.

    message   what is wrong: "This file has no sound in it."
    hint      what to do: "Export the recording again, or upload another file."
    permanent True when trying again with the same input cannot help
    """

    def __init__(self, message: str, *, hint: str = "", permanent: bool = True) -> None:
        super().__init__(message)
        self.message, self.hint, self.permanent = message, hint, permanent


class Context(Protocol):
    @property
    def options(self) -> Mapping[str, Any]:
        """This stage's own options, cleaned, defaults filled in."""

    @property
    def folder(self) -> Path:
        """Scratch space of this step. Files named by the artefact are moved away; the rest is removed."""

    @property
    def pages(self) -> Path:
        """Pages that were engraved before for this project, on this machine. Whoever adds to it keeps files whole."""

    @property
    def attempt(self) -> int:
        """1 at first. After an attempt ended in MemoryError a stage works in smaller segments."""

    def progress(self, fraction: float, note: str = "") -> None:
        """0 to 1 of this stage; cheap to call often (written at most 5 times a second). Raises Cancelled, Drained."""

    def check(self) -> None:
        """Raise Cancelled or Drained if asked to. Cheap; call it in every loop."""

    def log(self, message: str) -> None:
        """A line of the readable log."""

    def warn(self, message: str) -> None:
        """Something the user should know about the result; stays on its page ("Drums are strong: a draft.")."""

    def engine(self, name: str) -> None:
        """Say which engine and version does the work ("basic-pitch 0.4.0")."""

    def partial(self, name: str, value: Any) -> None:
        """File a piece of the result: shown at once, and found again by `partials` in the next attempt."""

    def partials(self) -> dict[str, Any]:
        """What earlier attempts of this very step filed."""
