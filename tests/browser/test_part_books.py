"""The bandleader's way in a real browser: bring books, read them, look at the table, go through the doubts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.band import DOUBTS
from tests.browser.conftest import Visit
from tests.browser.house import House, open_house
from tests.browser.shots import picture
from tests.media_pipeline.test_part_books import engraved
from tests.patience import PATIENCE

READ = 300_000  # milliseconds for a set of four pages on a busy machine
BOOKS = {"Flute 1": (("Evening Air", 24, 3), ("Morning March", 16, 5)), "Clarinet in Bb": (("Evening Air", 23, 3),)}


@pytest.fixture(scope="module")
def band_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With workers, so that books are read."""
    with open_house(tmp_path_factory.mktemp("band") / "data", workers=True) as house:
        yield house


@pytest.fixture
def page(band_house: House, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    session = band_house.scene["session"]["newcomer"]
    context.add_cookies([{"name": "sessionid", "value": session, "url": band_house.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{band_house.url}/projects/new/")
    yield page
    context.close()
    assert complaints == []


def test_from_books_to_the_next_doubt(page: Page, tmp_path: Path) -> None:
    files = []
    for instrument, songs in BOOKS.items():
        files.append(tmp_path / f"{instrument}.pdf")
        files[-1].write_bytes(engraved(tmp_path, instrument, songs=songs))
    page.get_by_label("Title").fill("Concert in May")
    page.get_by_role("button", name="Create").click()
    page.locator("#files").set_input_files([str(path) for path in files])
    books = page.locator("#part-books")
    expect(books.get_by_role("checkbox")).to_have_count(2)
    expect(books.get_by_role("checkbox", name="Flute 1.pdf")).to_be_checked()
    picture(page, "project")

    books.get_by_role("button", name="Read the part books").click()
    page.wait_for_url(re.compile(r"/jobs/\d+/"))
    picture(page, "job")
    page.get_by_role("link", name="Open the table").click(timeout=READ)
    expect(page.get_by_role("columnheader")).to_have_text(["Song", "Flute 1", "Clarinet"])
    cells = page.locator("a.cell")
    expect(cells).to_have_count(3)
    expect(page.locator("td.silent")).to_have_count(1)
    expect(page.get_by_role("link", name="24 bars. 24 bars, but the other book has 23")).to_be_visible()
    picture(page, "table")

    title = page.get_by_label("Title of song 1")
    title.fill("Evening Song")
    with page.expect_response(re.compile("/rename/")):
        title.press("Enter")
    page.reload()
    expect(page.get_by_label("Title of song 1")).to_have_value("Evening Song")

    page.get_by_label("Title of song 2").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_label("Title of song 1")).to_have_value("Morning March")
    page.get_by_label("Title of song 2").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cells.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("td.silent")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Evening Song Flute 1")
    music = page.locator("[data-pane=music]")
    expect(music.locator("[data-measure]")).to_have_count(24)
    scan = page.locator("[data-pane=pages]")
    assert scan.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    expect(scan.locator("rect")).to_have_count(24)
    scan.locator("rect[data-measure='9']").click()
    expect(music.locator(".measure.chosen")).to_have_attribute("data-measure", "9")
    music.locator("[data-measure='20']").click()
    expect(scan.locator("rect.chosen")).to_have_attribute("data-measure", "20")
    picture(page, "cell")


def test_from_disagreements_to_derived_parts(band_house: House, chromium: Browser) -> None:
    """The table, what the books disagree about, one repair and its undoing, three rules, and where a bar came from."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    session = band_house.scene["session"]["ann"]
    context.add_cookies([{"name": "sessionid", "value": session, "url": band_house.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "404" not in m.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    root = f"{band_house.url}/projects/{band_house.scene['wind']}"

    # Nobody has held these parts together yet: opening the table does it, and the lights follow.
    page.goto(f"{root}/review/")
    page.get_by_role("link", name="2 disagreements between books").click(timeout=READ)
    findings = page.locator(".finding")
    expect(findings).to_have_count(2)
    oboe = findings.filter(has_text="Oboe has a plain bar line at bar 8")
    expect(oboe.locator(".bar-drawn svg [data-measure='7']")).to_be_visible()
    picture(page, "checks")
    oboe.get_by_role("button", name="Repair").click()
    expect(findings).to_have_count(1)
    expect(page.get_by_role("status").first).to_contain_text("1 disagreement")
    page.get_by_text("Repaired: 1 part").click()
    page.get_by_role("button", name="Undo").click()
    expect(findings).to_have_count(2, timeout=120_000)  # held together again, it is found again
    page.get_by_role("button", name="Repair the 2 that are sure").first.click()
    expect(findings).to_have_count(0)
    expect(page.get_by_text("No disagreements").or_(page.get_by_text("all parts agree")).first).to_be_visible(
        timeout=READ
    )

    page.get_by_role("link", name="Derive").click()
    make = page.get_by_role("button", name="Make the ticked parts")
    expect(make).to_be_disabled()
    for name in ("Violin", "Cello", "Bassoon"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    violin = page.locator(".rule").filter(has=page.get_by_role("checkbox", name="Violin", exact=True))
    violin.get_by_text("Look at it").click()
    expect(violin.locator("svg [data-measure='0']")).to_be_visible()
    expect(violin).to_contain_text("Flute 1, an octave lower. It sounds from C4 to B4.")
    make.click()
    expect(page.locator("#deriving")).to_contain_text("Derived.", timeout=READ)
    expect(violin.get_by_text("in 1 song")).to_be_visible()
    picture(page, "derived")
    page.get_by_role("link", name="Look through the table").click()
    heads = page.get_by_role("columnheader").filter(has_text="derived")
    expect(heads).to_have_count(3)
    page.get_by_role("row", name="March").locator("a.cell").nth(2).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("March Bassoon")
    music = page.locator("[data-pane=music]")
    expect(music.locator("[data-measure='5']")).to_be_visible()
    bar = page.locator(".origins .origin").nth(5)
    expect(bar).to_have_attribute("title", re.compile("Bar 6: .*from Baritone, bar 6"))
    bar.click()
    expect(music.locator(".measure.chosen")).to_have_attribute("data-measure", "5")
    picture(page, "origins")
    context.close()
    assert complaints == []


def test_keys_go_from_doubt_to_doubt(visit: Visit, house: House) -> None:
    page = visit(house.pages["part beside its page"])
    scan, music = page.locator("[data-pane=pages]"), page.locator("[data-pane=music]")
    expect(music.locator("[data-measure]")).to_have_count(20)
    expect(scan.locator("rect.doubtful")).to_have_count(len(DOUBTS))
    said, chosen = page.locator("[data-said]"), scan.locator("rect.chosen")
    expect(said).to_have_text("3 doubtful bars")
    for key, measure in [("n", 2), ("n", 9), ("p", 2), ("p", 17), ("n", 2), ("n", 9)]:
        page.keyboard.press(key)
        expect(chosen).to_have_attribute("data-measure", str(measure))
        expect(chosen).to_be_in_viewport()
        drawn = music.locator(".measure.chosen")
        expect(drawn).to_have_attribute("data-measure", str(measure))
        expect(drawn).to_be_in_viewport()
    expect(said).to_have_text("2 of 3: Bar 10 two readings are as likely; a head is hardly seen")
    expect(page.locator("[data-go][aria-current]")).to_contain_text("Bar 10")
    picture(page, "doubt")
    page.locator("[data-go='17']").click()
    expect(chosen).to_have_attribute("data-measure", "17")
    expect(scan.locator("rect[data-measure='17'] title")).to_have_text("Bar 18: the reader was not sure")
    assert page.complaints == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_table_and_cell_in_every_light(visit: Visit, house: House, theme: str, width: int) -> None:
    for name in ("part books", "part beside its page"):
        page = visit(house.pages[name], theme=theme, width=width)
        if "page" in name:
            expect(page.locator(".drawing > svg").first).to_be_visible()
            page.get_by_role("button", name="Next doubt").click()
            drawn = page.locator(".drawing .measure:not(.chosen) .note use").first
            ink = drawn.evaluate("note => getComputedStyle(note).fill")
            paper = page.locator(".pane-music").evaluate("pane => getComputedStyle(pane).backgroundColor")
            assert sum(map(int, re.findall(r"\d+", ink)[:3])) > 600 if theme == "dark" else ink != paper
        picture(page, f"{name} {theme} {width}")
        assert page.complaints == []  # type: ignore[attr-defined]
