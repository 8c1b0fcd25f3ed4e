"""No page asks for what its own policy forbids or what is not there, and no script of ours stumbles."""

from __future__ import annotations

from tests.browser.conftest import Visit
from tests.browser.house import House


def complaints(visit: Visit, path: str, *, who: str = "ann") -> list[str]:
    page = visit(path, who=who)
    page.wait_for_timeout(400)
    found: list[str] = page.complaints  # type: ignore[attr-defined]
    return found


def test_own_pages_keep_their_policy(visit: Visit, house: House) -> None:
    found = {name: complaints(visit, path) for name, path in house.pages.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_visitors_pages_keep_their_policy(visit: Visit, house: House) -> None:
    pages = {name: path for name, path in house.visitor_pages.items() if name != "nothing here"}
    found = {name: complaints(visit, path, who="") for name, path in pages.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_an_inline_script_does_not_run(visit: Visit) -> None:
    page = visit("/projects/")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        " document.body.append(s); }"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in c for c in page.complaints)  # type: ignore[attr-defined]
