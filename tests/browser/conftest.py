"""A running house and Chromium, once for all browser tests; every test gets pages of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.browser.house import CHROMIUM, CHROMIUM_OPTIONS, House, open_house
from tests.patience import PATIENCE

Visit = Callable[..., Page]

expect.set_options(timeout=PATIENCE)


# Side by side, a file at a time, these are begun first, so that nobody waits for one of them at the end.
LONG = {"test_part_books", "test_player", "test_print", "test_sorting"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
    yield browser
    browser.close()


@pytest.fixture
def visit(house: House, chromium: Browser) -> Iterator[Visit]:
    """visit("/projects/", who="ann", theme="dark", width=390, javascript=True) -> Page, closed after the test.

    What the browser complained of (Content-Security-Policy, errors of scripts) is in page.complaints.
    """
    contexts: dict[Any, BrowserContext] = {}

    def open_page(
        path: str, *, who: str = "ann", theme: Any = "light", width: int = 1280, javascript: bool = True
    ) -> Page:
        key = (who, theme, width, javascript)
        if key not in contexts:
            contexts[key] = context = chromium.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=theme,
                java_script_enabled=javascript,
                reduced_motion="reduce",
                has_touch=width < 500,
            )
            context.set_default_timeout(PATIENCE)
            if who:
                context.add_cookies([{"name": "sessionid", "value": house.scene["session"][who], "url": house.url}])
        page = contexts[key].new_page()
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.complaints = complaints  # type: ignore[attr-defined]
        page.goto(house.url + path, wait_until="load")
        return page

    yield open_page
    for context in contexts.values():
        context.close()
