"""The machine room as a Django app."""

from __future__ import annotations

import os
from importlib import import_module

from django.apps import AppConfig


class MediaPipelineConfig(AppConfig):
    name = "media_pipeline"
    verbose_name = "Machine room"

    def ready(self) -> None:
        from django.conf import settings

        from media_pipeline import receivers
        from media_pipeline.recipes import register

        receivers.connect()
        # Tests bring recipes of their own to real workers; nobody else can.
        if settings.TESTING:
            for name in filter(None, os.environ.get("COPYIST_EXTRA_RECIPES", "").split(",")):
                register(*import_module(name).RECIPES)
