"""Uploading in a real browser: many files, a dropped connection, a reload, pause, the same file twice."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.house import House
from tests.cast import pdf, wav

MIB = 1024**2
PART = 8 * MIB


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Four parts, the last one short; a WAV by its head, and different every time."""
    path = tmp_path / "long song.wav"
    path.write_bytes(wav(0.01) + os.urandom(3 * PART + MIB))
    return path


@pytest.fixture
def page(visit: Any) -> Page:
    """A fresh project's page."""
    page: Page = visit("/projects/new/", who="newcomer")
    page.get_by_label("Title").fill("Uploads")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="No files yet")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())  # "leave the page while it uploads?"
    return page


def choose(page: Page, *paths: Path) -> None:
    page.locator("#files").set_input_files([str(path) for path in paths])


def parts_sent(page: Page) -> list[int]:
    """Numbers of the parts that were sent, in order, from now on."""
    sent: list[int] = []

    def note(request: Any) -> None:
        if request.method == "PUT" and (found := re.search(r"/parts/(\d+)/$", request.url)):
            sent.append(int(found[1]))

    page.on("request", note)
    return sent


def digest_of(page: Page, house: House, name: str) -> str:
    """Of what the server gives back."""
    href = page.locator("#sources").get_by_role("link", name=name, exact=True).get_attribute("href")
    return hashlib.sha256(page.request.get(f"{house.url}{href}file").body()).hexdigest()


def test_many_files_at_once(page: Page, tmp_path: Path) -> None:
    files = []
    for n in range(5):
        files.append(tmp_path / f"take {n}.wav")
        files[-1].write_bytes(wav(0.1 * (n + 1)))
    (tmp_path / "page.mp3").write_text("<!doctype html><html><body>Sign in</body></html>")
    (tmp_path / "nothing.mp3").touch()
    choose(page, *files, tmp_path / "page.mp3", tmp_path / "nothing.mp3")
    expect(page.locator("#sources > ul > li")).to_have_count(6)
    expect(page.locator("#uploads")).to_contain_text("It is called .mp3, but it is a web page.")
    expect(page.locator("#uploads")).to_contain_text("This file is empty")
    expect(page.locator("#activity")).to_contain_text("Uploaded “take 4.wav”")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_dropped_connection_is_waited_out(page: Page, house: House, song: Path) -> None:
    def drop(route: Route) -> None:
        page.context.set_offline(True)
        route.abort("connectionreset")

    page.route("**/parts/2/", drop, times=1)
    sent = parts_sent(page)
    choose(page, song)
    expect(page.locator("#uploads")).to_contain_text("No connection; it goes on by itself")
    assert sent == [1, 2]
    page.context.set_offline(False)
    expect(page.locator("#sources")).to_contain_text("long song.wav")
    assert sent == [1, 2, 2, 3, 4]
    assert digest_of(page, house, "long song.wav") == hashlib.sha256(song.read_bytes()).hexdigest()


def test_a_restarting_server_is_waited_out(page: Page, song: Path) -> None:
    page.route("**/parts/3/", lambda route: route.fulfill(status=502, body="<html>Bad gateway</html>"), times=2)
    choose(page, song)
    expect(page.locator("#sources")).to_contain_text("long song.wav")


def test_after_a_reload_it_goes_on(page: Page, house: House, song: Path) -> None:
    page.route("**/parts/3/", lambda route: None)  # never answered: the reload comes in between
    with page.expect_request("**/parts/3/"):
        choose(page, song)
    page.reload()
    page.unroute("**/parts/3/")
    left = page.locator("#unfinished")
    expect(left).to_contain_text("long song.wav")
    expect(left).to_contain_text(re.compile(r"16.0\sMB of 25.0\sMB are here"))
    sent = parts_sent(page)
    choose(page, song)
    expect(page.locator("#sources")).to_contain_text("long song.wav")
    assert sent == [3, 4]
    expect(left).to_have_count(0)
    assert digest_of(page, house, "long song.wav") == hashlib.sha256(song.read_bytes()).hexdigest()


def test_a_kept_handle_spares_choosing_again(page: Page) -> None:
    """Where the browser keeps a handle of a dropped file, one click goes on. Here the handle is of a private file,
    since no script can drop a real one."""
    page.route("**/parts/2/", lambda route: None)
    with page.expect_response("**/uploads/") as begun, page.expect_request("**/parts/2/"):
        page.evaluate(
            """async size => {
                const folder = await navigator.storage.getDirectory();
                const handle = await folder.getFileHandle("kept.bin", {create: true});
                const out = await handle.createWritable();
                await out.write(new Uint8Array(size).fill(7));
                await out.close();
                const data = new DataTransfer();
                data.items.add(await handle.getFile());
                document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
            }""",
            PART + MIB,
        )
    page.evaluate(
        """async id => {
            const folder = await navigator.storage.getDirectory();
            const handle = await folder.getFileHandle("kept.bin");
            const opening = indexedDB.open("copyist-uploads", 1);
            const database = await new Promise(resolve => opening.onsuccess = () => resolve(opening.result));
            const writing = database.transaction("handles", "readwrite");
            writing.objectStore("handles").put(handle, id);
            await new Promise(resolve => writing.oncomplete = resolve);
            database.close();
        }""",
        begun.value.json()["id"],
    )
    page.reload()
    page.unroute("**/parts/2/")
    sent = parts_sent(page)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#sources")).to_contain_text("kept.bin")
    assert sent == [2]


def test_an_unfinished_upload_can_be_discarded(page: Page, song: Path) -> None:
    page.route("**/parts/2/", lambda route: None)
    choose(page, song)
    expect(page.locator("#uploads")).to_contain_text("8.0 MB of 25.0 MB")
    page.reload()
    page.get_by_role("button", name="Discard long song.wav").click()
    expect(page.get_by_role("status").filter(has_text="is discarded")).to_be_visible()
    expect(page.locator("#unfinished")).to_have_count(0)


def test_pause_and_go_on(page: Page, song: Path) -> None:
    page.route("**/parts/2/", lambda route: None, times=1)
    sent = parts_sent(page)
    with page.expect_request("**/parts/2/"):
        choose(page, song)
    page.get_by_role("button", name="Pause long song.wav").click()
    expect(page.locator("#uploads")).to_contain_text("paused at 31 %")
    page.get_by_role("button", name="Go on long song.wav").click()
    expect(page.locator("#sources")).to_contain_text("long song.wav")
    assert sent == [1, 2, 2, 3, 4]


def test_cancel(page: Page, song: Path) -> None:
    page.route("**/parts/2/", lambda route: None)
    choose(page, song)
    expect(page.locator("#uploads")).to_contain_text("8.0 MB of 25.0 MB")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as answer:
        page.get_by_role("button", name="Cancel long song.wav").click()
    assert answer.value.status == 204
    expect(page.locator("#uploads li")).to_have_count(0)
    page.reload()
    expect(page.locator("#unfinished")).to_have_count(0)


def test_the_same_file_twice_says_so(page: Page, tmp_path: Path) -> None:
    one, two = tmp_path / "a.wav", tmp_path / "b.wav"
    for path in (one, two):
        path.write_bytes(wav(0.37))
    choose(page, one)
    expect(page.locator("#sources")).to_contain_text("a.wav")
    choose(page, two)
    expect(page.locator("#uploads")).to_contain_text("it is linked, not stored twice")
    choose(page, one)
    expect(page.locator("#uploads")).to_contain_text("is in this project already")


def test_what_is_too_big_is_not_sent(page: Page, song: Path) -> None:
    page.locator("#drop").evaluate("zone => (zone.dataset.fileBytes = '1000000')")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    choose(page, song)
    expect(page.locator("#uploads")).to_contain_text("This file has 25.0 MB; one file may have")
    assert not asked


def test_dropping_files_on_the_page(page: Page) -> None:
    data = page.evaluate_handle(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "dropped.wav", {lastModified: 1}));
            return data;
        }""",
        list(wav(0.21)),
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    expect(page.locator("#drop")).to_have_attribute("data-over", "")
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    expect(page.locator("#drop")).not_to_have_attribute("data-over", "")
    expect(page.locator("#sources")).to_contain_text("dropped.wav")


def test_logged_out_in_another_tab(page: Page, song: Path) -> None:
    """A sentence says so; logged in again, it goes on."""
    cookies = page.context.cookies()

    def forget(route: Route) -> None:
        page.context.clear_cookies(name="sessionid")
        route.continue_()

    page.route("**/parts/2/", forget, times=1)
    choose(page, song)
    # The request that was held back may still carry the old session; the next one does not.
    expect(page.locator("#uploads")).to_contain_text("You were logged out. Log in again")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.get_by_role("button", name="Try again long song.wav").click()
    expect(page.locator("#sources")).to_contain_text("long song.wav")


def test_a_look_at_new_pages_begins_once_and_can_be_cancelled(page: Page) -> None:
    files: list[FilePayload] = [
        {"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": pdf(pages)}
        for pages, name in enumerate(("flute", "oboe", "tuba"), start=1)
    ]
    page.locator("#files").set_input_files(files)
    jobs = page.locator("#project-job-list article")
    expect(jobs).to_have_count(1)
    expect(jobs).to_contain_text("and 2 more")
    expect(page.locator("#part-books")).to_contain_text("Copyist is looking at them already")
    expect(page.get_by_text("Nothing has been made here yet")).to_be_hidden()
    page.goto(re.sub(r"\?.*", "", page.url) + "sort/")
    expect(page.get_by_role("heading", name="Looking at the pages")).to_be_visible()
    expect(jobs).to_have_count(1)
    jobs.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="No pages yet")).to_be_visible()
    expect(jobs.get_by_role("button", name="Try again")).to_be_visible()
    page.reload(wait_until="networkidle")
    expect(page.get_by_role("button", name="Look at the pages")).to_be_visible()
    expect(jobs).to_have_count(0)  # it does not begin again by itself
    assert page.complaints == []  # type: ignore[attr-defined]
