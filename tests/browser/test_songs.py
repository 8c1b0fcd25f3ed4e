"""The songs of a band in a real browser: put in order, a bar chosen on a page, a song split there, all taken back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.shots import picture


def titles(page: Page) -> list[str]:
    return [field.input_value() for field in page.get_by_label(re.compile("^Title of song")).all()]


def test_from_the_list_to_a_bar_and_back(visit: Visit, house: House) -> None:
    page = visit(house.pages["songs"])
    assert titles(page) == ["Evening Air", "March"]
    handles = page.locator("[data-handle]")
    handles.nth(1).hover()
    page.mouse.down()
    box = handles.nth(0).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 30, steps=4)
    page.mouse.move(box["x"] + 5, box["y"] - 10, steps=4)
    with page.expect_response(re.compile("/place/")):
        page.mouse.up()
    expect(page.get_by_text("“March” moved")).to_be_visible()
    assert titles(page) == ["March", "Evening Air"]
    page.get_by_label("Title of song 1").focus()
    with page.expect_response(re.compile("/place/")):
        page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_label("Title of song 2")).to_be_focused()
    assert titles(page) == ["Evening Air", "March"]

    tempo = page.get_by_label("Tempo of Evening Air")
    with page.expect_response(re.compile("/describe/")):
        tempo.fill("Andante")
        tempo.press("Enter")
    expect(page.get_by_text("“Evening Air”: tempo changed")).to_be_visible()
    page.get_by_text("20 bars · in 3 of 3 books").click()
    row = page.locator("tr", has=page.get_by_role("rowheader", name="Clarinet")).first
    expect(row).to_contain_text("1 to 20")
    picture(page, "songs list")
    row.get_by_role("link", name="Adjust where Evening Air begins in Clarinet").click()

    choice = page.locator("#choice")
    expect(choice.get_by_role("heading")).to_have_text("Bar 1 of Evening Air")
    bars = page.locator("svg [data-bar]")
    expect(bars).to_have_count(35)
    bars.nth(4).click()
    expect(choice.get_by_role("heading")).to_have_text("Bar 5 of Evening Air")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    page.keyboard.press("PageUp")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(choice.get_by_role("heading")).to_have_text("Bar 9 of Evening Air")
    expect(bars.nth(8)).to_have_attribute("aria-current", "true")
    choice.get_by_text("Where it begins in the other books").click()
    expect(choice.locator(".beside").get_by_text("Tuba: bar 9 of 20")).to_be_visible()
    picture(page, "songs book")
    choice.get_by_label("A new song begins here").fill("Night Air")
    choice.get_by_role("button", name="In all books").click()
    expect(page.locator(".flag text")).to_have_text(["Evening Air", "Night Air", "March"])
    picture(page, "songs split")

    page.keyboard.press("Control+z")
    expect(page.locator(".flag text")).to_have_text(["Evening Air", "March"])
    page.get_by_role("link", name="Songs", exact=True).first.click()
    for text in ("tempo changed", "“March” moved", "“March” moved"):
        expect(page.locator("#songs-undo")).to_contain_text(text)
        with page.expect_response(re.compile("/undo/")):
            page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("button", name="Take back")).to_have_count(0)
    assert titles(page) == ["Evening Air", "March"]
    expect(page.get_by_label("Tempo of Evening Air")).to_have_value("")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_what_cannot_be_is_said_beside_the_bar(visit: Visit, house: House) -> None:
    page = visit(house.pages["songs on their pages"], theme="dark", width=390)
    page.get_by_label("Bar", exact=True).fill("21")
    page.get_by_role("button", name="Choose").click()
    expect(page.get_by_role("alert")).to_have_text("“Evening Air” has 20 bars in this book.")
    picture(page, "songs book dark 390")
    assert page.complaints == []  # type: ignore[attr-defined]
