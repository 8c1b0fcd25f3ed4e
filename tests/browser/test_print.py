"""From the table to every player's folder in a real browser: choices, the list, a look at the pages, the ZIP."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit
from tests.browser.house import House, open_house
from tests.browser.shots import picture
from tests.patience import PATIENCE

MADE = 240_000  # milliseconds for a set of files on a busy machine


@pytest.fixture(scope="module")
def print_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With workers, so that sets are made."""
    with open_house(tmp_path_factory.mktemp("print") / "data", workers=True) as house:
        yield house


@pytest.fixture
def page(print_house: House, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "sessionid", "value": print_house.scene["session"]["ann"], "url": print_house.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{print_house.url}/projects/{print_house.scene['band']['project']}/download/")
    yield page
    context.close()
    assert complaints == []


def test_from_choices_to_the_zip(page: Page, tmp_path: Path) -> None:
    label, leaf = page.locator(".leaf figcaption"), page.locator(".leaf img")
    expect(label).to_have_text("Flute 1 · Cover")
    picture(page, "print")
    page.keyboard.press("ArrowRight")
    expect(label).to_have_text(re.compile("Flute 1 · Evening Air"))
    assert leaf.evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000
    page.keyboard.press("ArrowLeft")
    expect(label).to_have_text("Flute 1 · Cover")

    # The list: Enter goes down a column, Alt and an arrow move a line; every change is kept.
    page.get_by_label("Copies for Clarinet").fill("4")
    page.get_by_label("Copies for Clarinet").press("Enter")
    expect(page.get_by_label("Copies for Tuba")).to_be_focused()
    expect(page.locator("#list-copies")).to_have_text("6 copies")
    page.get_by_label("Player of Tuba").fill("Anna")
    page.get_by_label("Player of Tuba").press("Alt+ArrowUp")
    expect(page.locator(".chairs tbody th")).to_have_text(["Flute 1", "Tuba", "Clarinet"])
    expect(page.get_by_label("Player of Tuba")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".chairs tbody th")).to_have_text(["Flute 1", "Clarinet", "Tuba"])

    page.get_by_label("Everything by copies").check()
    expect(page.locator("#print-summary")).to_contain_text("3 books in 6 copies, 2 scores, 5 song parts of 2 songs")
    page.get_by_text("Titles, names and fonts").click()
    with page.expect_response(re.compile("/download/choices/")):
        page.get_by_label("Names of the song parts").fill("{number} {song} ({part})")
    expect(page.locator("#print-summary")).to_contain_text("1 Evening Air (Flute 1).pdf")
    page.get_by_label("Title on the cover").fill("May / Concert 🎺")
    page.get_by_label("Title on the cover").press("Tab")
    expect(page.locator("#print-summary")).to_contain_text("1 Evening Air (Flute 1).pdf")

    page.get_by_role("button", name="Make the files").click()
    expect(page.locator("#print-made article.job")).to_be_visible()
    picture(page, "print making")
    archive = page.get_by_role("link", name="All files")
    expect(archive).to_be_visible(timeout=MADE)
    picture(page, "print made")
    with page.expect_download() as download:
        archive.click()
    assert download.value.suggested_filename == "May - Concert 🎺.zip"
    download.value.save_as(tmp_path / "set.zip")
    with zipfile.ZipFile(tmp_path / "set.zip") as opened:
        assert opened.testzip() is None
        found = set(opened.namelist())
    parts = {("1 Evening Air", name) for name in ("Flute 1", "Clarinet", "Tuba")}
    parts |= {("2 March", name) for name in ("Flute 1", "Clarinet")}
    assert found == {
        "Print everything.pdf",
        "books/May - Concert 🎺 - Flute 1.pdf", "books/May - Concert 🎺 - Clarinet.pdf",
        "books/May - Concert 🎺 - Tuba - Anna.pdf",
        *(f"scores/{song}{kind}" for song in ("Evening Air", "March") for kind in (".pdf", ".musicxml")),
        *(f"parts/{song[2:]}/{song} ({name}){kind}" for song, name in parts for kind in (".pdf", ".musicxml")),
    }  # fmt: skip

    page.get_by_role("button", name="Look at Print everything.pdf").click()
    expect(label).to_have_text(re.compile(r"Print everything\.pdf · page 1 of \d+"))
    page.keyboard.press("ArrowRight")
    expect(label).to_have_text(re.compile(r"page 2 of"))

    # What is changed afterwards is said, and made again where only that is new.
    page.get_by_label("Copies for Clarinet").fill("3")
    with page.expect_response(re.compile("/download/list/")):
        page.get_by_label("Copies for Clarinet").press("Tab")
    page.reload()
    expect(page.get_by_text("the list of instruments was changed")).to_be_visible()
    page.get_by_role("button", name="Make again").click()
    expect(page.get_by_text("Earlier sets (1)")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Changed since")).to_have_count(0)


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440), ("dark", 320)])
def test_print_in_every_light(visit: Visit, house: House, theme: str, width: int) -> None:
    page = visit(f"/projects/{house.scene['band']['project']}/download/", theme=theme, width=width)
    expect(page.locator(".leaf img")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"print {theme} {width}")
    assert page.complaints == []  # type: ignore[attr-defined]
