"""Stages run by hand, one at a time: what measuring and fitting need of a worker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from media_pipeline.graph import Stage


class QuietContext:
    """A context for stages run by hand: options as given, no progress, nobody to cancel."""

    def __init__(self, folder: Path, *, options: Mapping[str, Any], attempt: int = 1) -> None:
        self.folder, self.options, self.attempt = folder, options, attempt
        self.warnings: list[str] = []
        self.lines: list[str] = []
        self.engines: list[str] = []

    def progress(self, fraction: float, note: str = "") -> None:
        """Nobody looks."""

    def check(self) -> None:
        """Nobody cancels."""

    def log(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def engine(self, name: str) -> None:
        self.engines.append(name)

    def partial(self, name: str, value: Any) -> None:
        """Nothing is kept."""

    def partials(self) -> dict[str, Any]:
        return {}


def run(stage: Stage, *needs: Any, folder: Path, options: Mapping[str, Any] | None = None) -> Any:
    """A stage's result, without a worker. Options are `{"option": value}` of that stage."""
    chosen = {f"{stage.name}.{name}": value for name, value in (options or {}).items()}
    return stage.run(QuietContext(folder, options=stage.option_values(chosen)), *needs)
