"""Pictures of the steps of a test, for people who want to look."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page


def picture(page: Page, name: str) -> None:
    """With SHOTS=folder in the environment, keeps what the page shows now as folder/name.png."""
    if folder := os.environ.get("SHOTS"):
        page.wait_for_timeout(400)  # until what moves has come to rest
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
