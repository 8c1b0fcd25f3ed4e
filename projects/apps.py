"""Wires files to rows: when a blob's row is gone for good, so are its bytes."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from projects import receivers

        receivers.connect()
