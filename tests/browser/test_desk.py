"""The desk in a real browser: from the first doubt to a part that is right, by keyboard, and found again afterwards."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.shots import picture


def test_from_the_first_doubt_to_a_part_that_is_right(visit: Visit, house: House) -> None:
    desk = house.scene["desk"]
    page = visit(f"/projects/{desk['project']}/review/{desk['cell']}/")
    music, said = page.locator("[data-pane=music]"), page.locator("[data-said]")
    expect(music.locator("[data-measure]")).to_have_count(20)
    picture(page, "desk")

    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    expect(music.locator(".picked")).to_have_attribute("data-note", "0")
    page.keyboard.press("ArrowUp")
    expect(said).to_have_text("Bar 3: note up a step, to F♯4")
    expect(page.locator("[data-go]")).to_have_count(2)  # who mends a bar has looked at it
    expect(page.locator("[data-bars]")).to_have_text("20 bars")
    page.keyboard.press("Shift+ArrowDown")
    expect(said).to_contain_text("to F4")
    expect(music.locator("[data-measure='2'] .accid path, [data-measure='2'] .accid use").first).to_be_attached()
    page.keyboard.press("6")
    expect(said).to_have_text("Bar 3: a half note")
    expect(page.locator("[data-odd]")).to_have_text("Bar 3 is a quarter too long")
    expect(music.locator(".measure.odd")).to_have_attribute("data-measure", "2")
    picture(page, "too long")
    page.keyboard.press("Control+z")
    expect(said).to_have_text("Undone: Bar 3: a half note")
    expect(music.locator(".measure.odd")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(said).to_have_text("Redone: Bar 3: a half note")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    expect(page.locator("[data-odd]")).to_have_text("")
    expect(music.locator("[data-measure='2'] [data-note]")).to_have_count(3)

    page.keyboard.press("Insert")
    expect(said).to_have_text("Bar 3: a bar put in")
    expect(page.locator("[data-bars]")).to_have_text("21 bars")
    expect(music.locator("[data-measure]")).to_have_count(21)
    expect(page.locator("[data-go]").first).to_contain_text("Bar 11")  # was 10
    expect(page.locator("rect[data-measure='10']")).to_have_class("doubtful")
    picture(page, "bar put in")
    page.keyboard.press("Control+Delete")
    expect(page.locator("[data-bars]")).to_have_text("20 bars")
    expect(page.locator("rect[data-measure='9']")).to_have_class("doubtful")

    page.keyboard.press("n")
    page.keyboard.press("b")
    dialog = page.locator("[data-bar-dialog]")
    expect(dialog.get_by_role("heading")).to_have_text("Bar 10")
    picture(page, "bar")
    dialog.locator("[data-name=text]").fill("dolce")
    dialog.get_by_role("button", name="Put in", exact=True).click()
    expect(said).to_have_text("Bar 10: “dolce”")
    expect(music.locator("[data-measure='9']")).to_contain_text("dolce")

    page.get_by_role("button", name="Accept all").click()
    expect(page.locator("[data-light]")).to_have_text("No doubts")
    page.get_by_role("button", name="History").click()
    expect(page.locator("[data-history] summary")).to_contain_text("changes by Ann")
    picture(page, "history")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator(".over [data-measure='9']")).to_be_visible()
    page.locator(".over [data-measure='2'] [data-note='1']").click()
    page.keyboard.press("'")
    picture(page, "over")

    page.reload()
    expect(page.locator("[data-light]")).to_have_text("No doubts")
    expect(page.locator("[data-bars]")).to_have_text("20 bars")
    page.keyboard.press("o")
    expect(music.locator("[data-measure='2'] [data-note]")).to_have_count(3)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    picture(page, "keys")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_bars_of_a_derived_part_that_both_changed_are_marked_and_settled(visit: Visit, house: House) -> None:
    derived = house.scene["derived"]
    page = visit(f"/projects/{derived['project']}/review/{derived['cell']}/")
    music, said, take = (
        page.locator("[data-pane=music]"),
        page.locator("[data-said]"),
        page.locator("[data-act=derived]"),
    )
    marked = music.locator(".measure.doubtful")
    expect(marked).to_have_count(2)
    words = "changed by you and in the source; what you wrote was kept"
    expect(marked.first.locator("> title")).to_have_text(f"Bar 3: {words}")
    expect(page.locator("[data-go]")).to_have_text([f"Bar 3 {words}", f"Bar 7 {words}"])
    expect(take).to_be_hidden()
    picture(page, "derived")
    page.keyboard.press("n")
    expect(said).to_have_text(f"1 of 2: Bar 3 {words}")
    expect(take).to_be_visible()
    page.keyboard.press("a")
    expect(marked).to_have_count(1)
    expect(said).to_have_text(f"1 of 1: Bar 7 {words}")
    picture(page, "derived-next")
    take.click()
    expect(said).to_have_text("Bar 7 as it is derived")
    expect(marked).to_have_count(0)
    expect(take).to_be_hidden()
    expect(page.locator("[data-light]")).to_have_text("No doubts")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-go]")).to_have_text([f"Bar 7 {words}"])
    page.goto("about:blank")
