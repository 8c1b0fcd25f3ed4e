"""Progress on a terminal, for commands that do a job here and now."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from typing import TextIO

from django.core.management.base import CommandError

from media_pipeline.context import StageError

WIDTH = 30


@contextlib.contextmanager
def working(stream: TextIO) -> Iterator[Bar]:
    """A bar for as long as the work lasts. What stops the work is a CommandError: one sentence, no traceback."""
    bar = Bar(stream)
    try:
        yield bar
    except StageError as error:
        raise CommandError(f"{error.message} {error.hint}".strip()) from error
    except KeyboardInterrupt:
        raise CommandError("Stopped.") from None
    finally:
        bar.end()


class Bar:
    """A progress bar on a terminal; a line per stage elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.live = stream, stream.isatty()
        self.stage, self.shown_at, self.open = "", 0.0, False

    def show(self, stage: str, fraction: float, note: str) -> None:
        if not self.live:
            if stage != self.stage:
                self.stream.write(f"{round(100 * fraction):3} %  {stage}\n")
                self.stream.flush()
            self.stage = stage
            return
        now = time.monotonic()
        if stage == self.stage and now - self.shown_at < 0.1:
            return
        self.stage, self.shown_at, self.open = stage, now, True
        full = round(WIDTH * fraction)
        width = max(20, shutil.get_terminal_size().columns - WIDTH - 10)
        text = f"{stage} {note}"[:width]
        self.stream.write(f"\r{'━' * full}{'·' * (WIDTH - full)} {round(100 * fraction):3} %  {text}\x1b[K")
        self.stream.flush()

    def end(self) -> None:
        if self.open:
            with contextlib.suppress(OSError):
                self.stream.write("\n")
            self.open = False
