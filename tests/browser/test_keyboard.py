"""The main ways through Copyist, with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.house import House


def tab_to(page: Page, label: str, *, most: int = 60) -> None:
    """Press Tab until what has this text or label is focused; fail where the focus cannot be seen on the way."""
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || '').trim() }"
        )
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"focus on “{name}” cannot be seen"
        if name.startswith(label):
            return
    raise AssertionError(f"Tab never came to “{label}”")


def test_the_first_tab_skips_to_the_content(visit: Visit) -> None:
    page = visit("/projects/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_logging_in(visit: Visit, house: House) -> None:
    page = visit("/accounts/login/", who="")
    page.get_by_role("textbox", name="mail").focus()
    page.keyboard.type(house.scene["email"]["newcomer"])
    tab_to(page, "Password")
    page.keyboard.type(house.scene["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/")


def test_a_project_is_made_and_found(visit: Visit) -> None:
    page = visit("/projects/", who="newcomer")
    tab_to(page, "New project")
    page.keyboard.press("Enter")
    page.get_by_label("Title").focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
    page.goto(page.url.split("/projects/")[0] + "/projects/")
    tab_to(page, "By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")


def test_the_account_menu(visit: Visit) -> None:
    page = visit("/projects/")
    tab_to(page, "Account")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Preferences")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Account: Ann")).to_be_focused()
    expect(page.get_by_role("link", name="Preferences")).to_be_hidden()


def test_everything_on_a_project_can_be_reached(visit: Visit, house: House) -> None:
    page = visit(house.pages["project"])
    page.wait_for_timeout(300)
    for label in ("Evening, take 3.wav", "Four quarters"):
        page.locator("#main").focus()
        tab_to(page, label)
