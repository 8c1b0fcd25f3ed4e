"""Sorting pages in a real browser: moved by mouse and key, split, turned, songs marked, undone, printed, read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.house import House, open_house
from tests.browser.shots import picture
from tests.media_pipeline.test_part_books import SONGS, engraved, pictures
from tests.patience import PATIENCE

LOOK, READ = 300_000, 300_000  # milliseconds on a busy machine


@pytest.fixture(scope="module")
def busy_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("sort") / "data", workers=True) as house:
        yield house


@pytest.fixture
def page(busy_house: House, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    session = busy_house.scene["session"]["newcomer"]
    context.add_cookies([{"name": "sessionid", "value": session, "url": busy_house.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "409" not in m.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{busy_house.url}/projects/new/")
    yield page
    context.close()
    assert complaints == []


def every_light(page: Page, name: str) -> None:
    """The page fits in every width; with SHOTS also pictures in the dark."""
    for width in (320, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)
            picture(page, f"{name}-{theme}-{width}")


def test_pages_are_looked_at_when_they_are_to_be_sorted(busy_house: House, page: Page, tmp_path: Path) -> None:
    """Files that came without scripts, as they do by the API."""
    page.get_by_label("Title").fill("Two flutes")
    page.get_by_role("button", name="Create").click()
    project = re.sub(r"\?.*", "", page.url)
    token = page.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken']")
    flute = engraved(tmp_path, "Flute 1")
    file: FilePayload = {"name": "flute.pdf", "mimeType": "application/pdf", "buffer": flute}
    answer = page.request.post(
        f"{project}files/", multipart={"files": file}, headers={"X-CSRFToken": token, "Referer": project}
    )
    assert answer.ok
    page.goto(f"{project}sort/")
    expect(page.get_by_role("heading", name="Looking at the pages")).to_be_visible()
    picture(page, "sort-looking")
    page.reload()
    expect(page.locator("#project-job-list article")).to_have_count(1)
    expect(page.locator("[data-leaf]")).to_have_count(2, timeout=LOOK)


def test_from_files_to_sorted_books(page: Page, tmp_path: Path) -> None:
    flute, clarinet = engraved(tmp_path, "Flute 1"), engraved(tmp_path, "Clarinet in Bb", songs=SONGS[:1])
    tuba = pictures(engraved(tmp_path, "Tuba", songs=SONGS[1:]))
    files = {"scan 7.pdf": flute, "Clarinet.pdf": clarinet, "photo.png": tuba[0]}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    page.get_by_label("Title").fill("Concert in May")
    page.get_by_role("button", name="Create").click()
    page.locator("#files").set_input_files([str(tmp_path / name) for name in files])
    expect(page.locator("#part-books").get_by_role("checkbox")).to_have_count(3)
    look = page.locator("#project-job-list article")  # it begins by itself, once
    expect(look).to_have_attribute("data-state", re.compile("waiting|running|done"))
    picture(page, "sort-uploaded")
    page.get_by_role("button", name="Sort the pages").click()

    board, leaves = page.locator("[data-board]"), page.locator("[data-leaf]")
    expect(leaves).to_have_count(4, timeout=LOOK)
    names = board.get_by_label("Name of the book")
    expect(names).to_have_count(3)
    assert [names.nth(n).input_value() for n in range(3)] == ["Flute 1", "Clarinet", "Tuba"]
    books = board.locator("[data-book]")
    expect(books.nth(0).locator("[data-mark]")).to_have_text(["Evening Air", "Morning March"])
    leaves.first.locator("img").scroll_into_view_if_needed()
    expect(leaves.first.locator("img")).to_have_js_property("naturalWidth", 260)
    every_light(page, "sort")

    # renamed; moved by mouse and back by undo; moved by key
    names.nth(2).fill("Oboe / 🎷")
    names.nth(2).press("Enter")
    expect(page.locator("[data-said]")).to_have_text("Renamed to Oboe / 🎷")
    march = books.nth(0).locator("[data-leaf]").nth(1)
    march.drag_to(books.nth(1).locator("[data-leaf]").first, target_position={"x": 5, "y": 60})
    expect(books.nth(1).locator("[data-mark]")).to_have_text(["Morning March", "Evening Air"])
    expect(books.nth(0).locator("[data-leaf]")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(books.nth(0).locator("[data-leaf]")).to_have_count(2)
    books.nth(0).locator("[data-leaf]").nth(1).click()
    page.keyboard.press("Alt+ArrowLeft")
    expect(books.nth(0).locator("[data-mark]")).to_have_text(["Morning March", "Evening Air"])
    expect(books.nth(0).locator("[data-leaf]").first).to_be_focused()
    page.keyboard.press("Control+x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+v")
    expect(books.nth(1).locator("[data-mark]")).to_have_text(["Morning March", "Evening Air"])
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(books.nth(0).locator("[data-mark]")).to_have_text(["Evening Air", "Morning March"])
    page.get_by_role("button", name="Do again").click()
    expect(books.nth(0).locator("[data-mark]")).to_have_text(["Morning March", "Evening Air"])
    page.get_by_role("button", name="Undo").click()
    expect(books.nth(0).locator("[data-mark]")).to_have_text(["Evening Air", "Morning March"])

    # split and merged, turned and turned back, left out
    books.nth(0).locator("[data-leaf]").nth(1).click()
    page.keyboard.press("s")
    expect(books).to_have_count(4)
    expect(page.get_by_label("Book Flute 1 (2)")).to_be_visible()
    page.get_by_label("Book Flute 1 (2)").get_by_role("button", name="Merge with previous").click()
    expect(books).to_have_count(3)
    books.nth(1).locator("[data-leaf]").click()
    page.keyboard.press("r")
    turned = books.nth(1).locator("[data-leaf] img")
    expect(turned).to_have_attribute("src", re.compile("turn=90"))
    page.keyboard.press("Shift+R")
    expect(turned).to_have_attribute("src", re.compile("turn=0"))
    books.nth(2).locator("[data-leaf]").click()
    page.keyboard.press("Delete")
    expect(books.nth(2).locator(".leaf-out")).to_have_count(1)

    # a song begins where she clicks on the large page
    books.nth(0).locator("[data-leaf]").first.click()
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog", name="scan 7.pdf, page 1")
    expect(large.locator("[data-image]")).not_to_have_js_property("naturalWidth", 0)
    expect(large.locator("[data-image]")).to_have_js_property("complete", True)
    box = large.locator("[data-image]").bounding_box()
    assert box is not None
    large.locator("[data-sheet]").click(position={"x": 200, "y": box["height"] * 0.26})
    large.get_by_label("Title").fill("Finale: 1/2")
    picture(page, "sort-large")
    large.get_by_role("button", name="Song begins here", exact=True).click()
    expect(large.get_by_role("list").get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(books.nth(0).locator("[data-mark]")).to_have_text(["Evening Air", "Finale: 1/2", "Morning March"])

    # another window is told when it is stale, and shows how things stand
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("[data-leaf]")).to_have_count(4)
    names.nth(1).fill("Clarinet 2")
    names.nth(1).press("Enter")
    expect(page.locator("[data-said]")).to_have_text("Renamed to Clarinet 2")
    other.locator("[data-leaf]").first.click()
    other.keyboard.press("r")
    expect(other.get_by_text("changed in another window meanwhile")).to_be_visible()
    expect(other.get_by_label("Name of the book").nth(1)).to_have_value("Clarinet 2")
    other.close()

    # the originals, bound anew before anything is read
    project = page.url.removesuffix("sort/")
    page.get_by_role("button", name="Print the original pages").click()
    picture(page, "sort-print")
    page.get_by_role("button", name="Make the ZIP").click()
    link = page.get_by_role("link", name="Download the ZIP")
    expect(link).to_be_visible(timeout=LOOK)
    with page.expect_download() as download:
        link.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        pages = {name: len(pikepdf.open(io.BytesIO(archive.read(name))).pages) for name in archive.namelist()}
    assert pages == {
        "books/Flute 1.pdf": 4,  # cover, index, and three songs on two pages
        "books/Clarinet 2.pdf": 3,
        "songs/Evening Air.pdf": 5,
        "songs/Finale- 1-2.pdf": 3,
        "songs/Morning March.pdf": 3,
        "parts/Evening Air/Evening Air - Flute 1.pdf": 1,
        "parts/Evening Air/Evening Air - Clarinet 2.pdf": 1,
        "parts/Finale- 1-2/Finale- 1-2 - Flute 1.pdf": 1,
        "parts/Morning March/Morning March - Flute 1.pdf": 1,
    }, pages

    # or printed with covers and copies, as scanned
    prints = page.context.new_page()
    prints.goto(project + "download/")
    expect(prints.locator(".chairs tbody th")).to_have_text(["Flute 1 as scanned", "Clarinet 2 as scanned"])
    expect(prints.locator("#print-summary")).to_contain_text("2 books, 4 song parts of 3 songs")
    expect(prints.locator(".leaf img")).to_be_visible(timeout=LOOK)
    prints.get_by_role("button", name="Next").click()
    expect(prints.locator(".leaf figcaption")).to_have_text("Flute 1 · Evening Air", timeout=LOOK)
    prints.get_by_text("Instruments", exact=True).click()
    every_light(prints, "print-scans")
    prints.get_by_role("button", name="Make the files").click()
    archive_link = prints.get_by_role("link", name="All files")
    expect(archive_link).to_be_visible(timeout=LOOK)
    picture(prints, "print-scans-made")
    with prints.expect_download() as download:
        archive_link.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {name for name in archive.namelist() if name.startswith("books/")} == {
            "books/Concert in May - Flute 1.pdf", "books/Concert in May - Clarinet 2.pdf",
        }  # fmt: skip
    prints.close()

    # confirmed once, and read
    page.go_back()
    page.get_by_role("button", name="Read these books").click()
    page.get_by_role("link", name="Open the table").click(timeout=READ)
    expect(page.get_by_role("columnheader")).to_have_text(["Song", "Flute 1", "Clarinet 2"])
    titles = page.get_by_label(re.compile("Title of song"))
    expect(titles).to_have_count(3)
    assert {titles.nth(n).input_value() for n in range(3)} == {"Evening Air", "Finale: 1/2", "Morning March"}
    picture(page, "sort-read")
