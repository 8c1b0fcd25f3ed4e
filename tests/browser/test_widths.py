"""Pages fit the window: nothing needs sideways scrolling, fingers find what they aim at, paper stays white."""

from __future__ import annotations

from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.shots import picture

SMALL_TARGETS = """() => {
  const all = [...document.querySelectorAll('button, summary, .btn, nav a, input, select, [role=button]')];
  const seen = (e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true});
  // A check box is as large as its label; a control within a sentence may be as small as the sentence.
  const box = (e) => (e.matches('[type=checkbox], [type=radio]') && e.closest('label') || e).getBoundingClientRect();
  return all
    .filter((e) => !e.disabled && seen(e) && !e.closest('p, .visually-hidden'))
    .map((e) => [e, box(e)])
    .filter(([, b]) => b.width && b.height && (b.height < 43.5 || b.width < 43.5))
    .map(([e, b]) => `${e.outerHTML.slice(0, 120)} ${Math.round(b.width)}x${Math.round(b.height)}`);
}"""


def test_no_page_scrolls_sideways(visit: Visit, house: House) -> None:
    wide = {}
    for name, path in {**house.pages, "landing": "/"}.items():
        page = visit(path, width=1600)
        for width in (1600, 768, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
                wide[f"{name}, {width}"] = needed
    assert wide == {}


def test_targets_are_large_enough_for_fingers(visit: Visit, house: House) -> None:
    small = {}
    for name, path in house.pages.items():
        page = visit(path, width=390)
        page.wait_for_timeout(200)
        if found := page.evaluate(SMALL_TARGETS):
            small[name] = found
    assert small == {}


def test_dark_pages_print_on_white_paper(visit: Visit, house: House) -> None:
    page = visit(house.pages["project"], theme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != "rgb(255, 255, 255)"
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".site-head").is_visible()


def test_thirteen_books_fit_on_a_laptop_and_scroll_beside_their_songs_on_a_phone(visit: Visit, house: House) -> None:
    page = visit(house.pages["thirteen part books"], width=1280)
    frame = page.get_by_role("region", name="Songs and books")
    assert page.get_by_role("columnheader").count() == 14
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        picture(page, f"thirteen-books-{theme}")
        page.set_viewport_size({"width": 390, "height": 900})
        assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
        frame.evaluate("frame => frame.scrollTo(150, 0)")
        picture(page, f"thirteen-books-{theme}-390")
        song = page.get_by_role("rowheader", name="March").bounding_box()
        name = page.get_by_role("columnheader", name="Song").bounding_box()
        left = frame.bounding_box()
        assert song is not None
        assert name is not None
        assert left is not None
        assert round(song["x"]) == round(name["x"]) == round(left["x"])
        page.set_viewport_size({"width": 1280, "height": 900})
