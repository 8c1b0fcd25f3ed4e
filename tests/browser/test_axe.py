"""axe-core finds nothing serious on any page, in the light and in the dark, on a screen and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.house import AXE, House

pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci")


def findings(page: Page) -> list[str]:
    page.wait_for_timeout(250)  # what hx-get="load" brings
    page.evaluate(AXE.read_text())  # as a script element the page's policy would refuse it, and rightly
    results: dict[str, Any] = page.evaluate(
        "() => axe.run({exclude: [['[data-music]']]}, {resultTypes: ['violations']})"
    )
    return [
        f"{finding['id']} ({finding['impact']}): {node['target']} {node.get('failureSummary', '')[:300]}"
        for finding in results["violations"]
        if finding["impact"] in {"serious", "critical"}
        for node in finding["nodes"]
    ]


LOOKS: tuple[tuple[Any, int], ...] = (("light", 1280), ("dark", 1280), ("light", 390))


def in_every_look(page: Page) -> dict[str, list[str]]:
    """Theme and width -> what axe finds."""
    found = {}
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        if what := findings(page):
            found[f"{theme}, {width}"] = what
    return found


def test_nothing_serious_on_own_pages(visit: Visit, house: House) -> None:
    found = {name: in_every_look(visit(path)) for name, path in house.pages.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_nothing_serious_on_visitors_pages(visit: Visit, house: House) -> None:
    found = {name: in_every_look(visit(path, who="")) for name, path in house.visitor_pages.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_nothing_serious_where_nothing_is_there_yet(visit: Visit) -> None:
    assert findings(visit("/projects/", who="newcomer")) == []


def test_axe_would_have_found_it(visit: Visit) -> None:
    page = visit("/projects/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    assert any(found.startswith("button-name") for found in findings(page))
