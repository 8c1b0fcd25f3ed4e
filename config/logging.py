"""Logs with a trace id, job, step and user in every line; plain or JSON, to the console or a rotated file."""

from __future__ import annotations

import fcntl
import json
import logging
import logging.config
import traceback
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from config import trace

FILE_BYTES = 10 * 1024 * 1024
FILES_KEPT = 5


class About(logging.Filter):
    """Writes what a line is about onto its record, in the thread that logs it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.facts = trace.facts()
        return True


class Plain(logging.Formatter):
    """2026-11-21 08:23:10 INFO media_pipeline.runner: decode started  job=7 step=31 user=2 trace=4b1c…"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in getattr(record, "facts", {}).items())
        # One record is one line: what a user typed cannot forge another.
        message = super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
        return f"{message}  {facts}" if facts else message


class Json(logging.Formatter):
    """One object a line: time, level, logger, message, process, then job, step, user, trace, error where known."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["error"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, default=str, ensure_ascii=False)


class RotatedFile(WatchedFileHandler):
    """A file that web and workers write at the same time: FILE.1 is the one before, FILES_KEPT are kept.

    logging's own RotatingFileHandler loses lines when several processes rotate. Here the rename is made under a lock,
    by whoever comes first, and the others see from the inode that they have to open the new file.
    """

    def __init__(self, filename: str, *, size: int = FILE_BYTES, kept: int = FILES_KEPT) -> None:
        Path(filename).parent.mkdir(parents=True, exist_ok=True)
        super().__init__(filename, delay=False, encoding="utf-8")
        self.size, self.kept = size, kept

    def emit(self, record: logging.LogRecord) -> None:
        path = Path(self.baseFilename)
        try:
            if path.stat().st_size >= self.size:
                self._rotate(path)
        except OSError:
            pass  # WatchedFileHandler opens what is not there
        super().emit(record)

    def _rotate(self, path: Path) -> None:
        with path.with_name(path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.stat().st_size < self.size:
                return  # somebody else was first
            for number in range(self.kept - 1, 0, -1):
                older = path.with_name(f"{path.name}.{number}")
                if older.exists():
                    older.replace(path.with_name(f"{path.name}.{number + 1}"))
            path.replace(path.with_name(f"{path.name}.1"))


def tag_report(event: Any, hint: Any) -> Any:
    """A report to Sentry says what a line of the log says: job, step, user and trace."""
    event["tags"] = {**(event.get("tags") or {}), **trace.facts()}
    return event


def configure(*, file: str, level: str, json: bool) -> dict[str, Any]:
    """Apply and return the logging configuration of this process; also takes over uvicorn's own loggers."""
    handler: dict[str, Any] = (
        {"()": RotatedFile, "filename": file}
        if file
        else {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    )
    config: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"about": {"()": About}},
        "formatters": {"line": {"()": Json if json else Plain}},
        "handlers": {"default": {**handler, "formatter": "line", "filters": ["about"]}},
        "root": {"handlers": ["default"], "level": level},
        "loggers": {
            "uvicorn": {"handlers": [], "propagate": True, "level": "WARNING"},
            "uvicorn.error": {"handlers": [], "propagate": True, "level": "WARNING"},
            # config.middleware.trace writes the line of a request: it knows the user and the trace.
            "uvicorn.access": {"handlers": [], "propagate": False},
            "django_q": {"handlers": [], "propagate": True, "level": "WARNING"},
            "django-q": {"handlers": [], "propagate": True, "level": "WARNING"},
            "botocore": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
            "numba": {"level": "WARNING"},
        },
    }
    logging.config.dictConfig(config)
    return config
