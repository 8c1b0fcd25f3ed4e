"""The theme follows the system until somebody chooses; the choice is there before the first paint of the next page."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import Visit


def paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_follows_the_system(visit: Visit) -> None:
    assert paper(visit("/", theme="light")) != paper(visit("/", theme="dark"))


def test_a_choice_wins_over_the_system_and_lasts(visit: Visit) -> None:
    page = visit("/projects/", theme="light")
    light = paper(page)
    page.get_by_label("Account: Ann").click()
    page.get_by_role("button", name="Dark").click()
    dark = paper(page)
    assert dark != light
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    page.goto(page.url)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert paper(page) == dark


def test_saving_preferences_is_not_undone_by_an_older_choice(visit: Visit) -> None:
    page = visit("/projects/", theme="light")
    page.get_by_label("Account: Ann").click()
    page.get_by_role("button", name="Dark").click()
    page.goto(page.url.replace("/projects/", "/accounts/preferences/"))
    page.get_by_role("group", name="Theme").get_by_label("Light", exact=True).check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("data-theme") == "light"
