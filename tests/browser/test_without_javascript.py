"""Links and forms work where scripts do not."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.house import House


def test_every_link_on_the_dashboard_leads_somewhere(visit: Visit, house: House) -> None:
    page = visit("/projects/", javascript=False)
    links = {a.get_attribute("href") or "" for a in page.locator("a:visible").all()}
    assert links, "there are links"
    answers = {
        link: page.request.get(house.url + link).status for link in links if link.startswith("/") and link != "/readyz"
    }
    assert {link: status for link, status in answers.items() if status != 200} == {}
    assert "#" not in links


def test_the_account_menu_opens(visit: Visit) -> None:
    page = visit("/projects/", javascript=False)
    page.get_by_label("Account: Ann").click()
    page.get_by_role("link", name="Preferences").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Preferences"


def test_a_project_is_made(visit: Visit) -> None:
    page = visit("/projects/new/", javascript=False, who="newcomer")
    page.get_by_label("Title").fill("Made by hand")
    page.locator("main form button").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Made by hand"


@pytest.mark.parametrize("name", ["project", "recording", "job running", "job failed", "score"])
def test_pages_stand(visit: Visit, house: House, name: str) -> None:
    page = visit(house.pages[name], javascript=False)
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.locator("main").get_by_role("link").count() > 0
