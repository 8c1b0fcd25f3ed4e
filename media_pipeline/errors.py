"""The one root of what a job may be refused for."""

from __future__ import annotations

from media_pipeline.context import StageError


class JobError(StageError):
    """A job cannot be started, retried or changed like this. Message and hint are for the user."""

    @property
    def sentence(self) -> str:
        return f"{self.message} {self.hint}".strip()
