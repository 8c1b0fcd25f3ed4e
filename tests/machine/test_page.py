"""Progress reaches a real browser, and the page recovers by itself when the web process comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.machine.room import Process, Room
from tests.patience import PATIENCE, until
from tests.ports import free_port

CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
    yield browser
    browser.close()


class Web:
    def __init__(self, room: Room) -> None:
        self.room, self.port = room, free_port()
        self.process: Process = room.web(self.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def restart(self) -> None:
        self.process.kill_tree()
        self.process = self.room.web(self.port)


@pytest.fixture(scope="module")
def web(deployment: Room) -> Iterator[Web]:
    web = Web(deployment)
    yield web
    web.process.kill_tree()


@pytest.fixture
def page(web: Web, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    yield page
    context.close()


def enter(page: Page, web: Web, who: dict[str, Any], path: str) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": who["session"], "url": web.url}])
    page.goto(web.url + path)


def shown(page: Page, pk: int) -> dict[str, str]:
    found: dict[str, str] = page.eval_on_selector(f"#job-{pk}", "e => ({...e.dataset})")
    return found


def percent(page: Page, pk: int) -> float:
    return float(page.eval_on_selector(f"#job-{pk} progress.progress", "e => e.value"))


def test_progress_reaches_the_page_and_then_its_end(room: Room, web: Web, page: Page) -> None:
    room.crew()
    who = room.person()
    enter(page, web, who, "/projects/")  # whatever is slow the first time is over before the job begins
    pk = room.start("slow", who=who)
    enter(page, web, who, f"/jobs/{pk}/")
    seen: set[float] = set()

    def several() -> bool:
        seen.add(percent(page, pk))
        return len(seen) > 3

    until(several, seconds=20)
    room.let_it_end()
    page.wait_for_selector(f"#job-{pk}[data-state=done]")
    assert page.locator(f"#job-{pk} .step-done").count() == 2


def test_a_press_of_cancel_stops_it(room: Room, web: Web, page: Page) -> None:
    """The button is from the socket's fragment, so its token must be good."""
    room.crew()
    who = room.person()
    pk = room.start("slow", who=who)
    enter(page, web, who, f"/jobs/{pk}/")
    version = int(shown(page, pk)["version"])
    until(lambda: int(shown(page, pk)["version"]) > version, seconds=20)
    page.click(f"#job-{pk}-cancel")
    page.wait_for_selector(f"#job-{pk}[data-state=cancelled]")
    assert room.ended(pk)["state"] == "cancelled"


def test_the_focus_and_the_open_log_survive_progress(room: Room, web: Web, page: Page) -> None:
    room.crew()
    who = room.person()
    pk = room.start("slow", who=who)
    enter(page, web, who, f"/jobs/{pk}/")
    page.click(f"#job-{pk}-log > summary")
    page.focus(f"#job-{pk}-cancel")
    version = int(shown(page, pk)["version"])
    until(lambda: int(shown(page, pk)["version"]) > version + 4, seconds=20)
    assert page.evaluate("document.activeElement.id") == f"job-{pk}-cancel"
    assert page.eval_on_selector(f"#job-{pk}-log", "e => e.open")
    room.ask("cancel", pk=pk)


def test_the_web_process_restarts_and_the_page_recovers(room: Room, web: Web, page: Page) -> None:
    room.crew()
    who = room.person()
    pk = room.start("slow", who=who, options={"slow.seconds": 60.0})
    enter(page, web, who, f"/jobs/{pk}/")
    until(lambda: percent(page, pk) > 0, seconds=20)
    page.evaluate("window.sameDocument = true")
    web.restart()
    room.let_it_end()
    page.wait_for_selector(f"#job-{pk}[data-state=done]")
    assert page.evaluate("window.sameDocument"), "without a reload"


def test_a_project_shows_a_job_that_starts_while_it_is_open(room: Room, web: Web, page: Page) -> None:
    room.crew()
    who = room.person()
    enter(page, web, who, f"/projects/{who['project']}/")
    page.wait_for_selector("#project-job-list", state="attached")
    page.wait_for_timeout(300)
    pk = room.start("slow", who=who)
    page.wait_for_selector(f"#job-{pk}[data-state=running]")
    room.let_it_end()
    page.wait_for_selector(f"#job-{pk}[data-state=done]")


def test_a_notice_comes_when_a_job_has_ended(room: Room, web: Web, page: Page) -> None:
    room.crew()
    who = room.person()
    enter(page, web, who, "/projects/")
    page.wait_for_selector("#notices[data-count='0']", state="attached")
    room.start("slow", who=who, options={"slow.seconds": 0.2})
    page.wait_for_selector("#notices[data-count='1']", state="attached")


def test_somebody_elses_socket_says_nothing(room: Room, web: Web, page: Page) -> None:
    owner, other = room.person(), room.person()
    pk = room.start("slow", who=owner)
    enter(page, web, other, "/projects/")
    said = page.evaluate(
        """async (path) => {
            const socket = new WebSocket(`ws://${location.host}${path}`);
            const heard = [];
            socket.onmessage = (event) => heard.push(event.data);
            const code = await new Promise((done) => { socket.onclose = (event) => done(event.code); });
            return { code, heard };
        }""",
        f"/ws/jobs/{pk}/",
    )
    assert said == {"code": 4404, "heard": []}
    room.ask("cancel", pk=pk)
