"""What a first visit costs on the wire."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.house import House

LIMIT = 150_000  # bytes, compressed, all in all


def test_first_visit_to_the_dashboard_is_light(chromium: Browser, house: House) -> None:
    context = chromium.new_context()
    context.add_cookies([{"name": "sessionid", "value": house.scene["session"]["ann"], "url": house.url}])
    page = context.new_page()
    sizes: dict[str, int] = {}
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    urls: dict[str, str] = {}
    wire.on("Network.responseReceived", lambda e: urls.update({e["requestId"]: e["response"]["url"]}))
    wire.on("Network.loadingFinished", lambda e: sizes.update({urls.get(e["requestId"], "?"): e["encodedDataLength"]}))
    page.goto(f"{house.url}/projects/", wait_until="networkidle")
    context.close()
    assert any(url.endswith(".css") for url in sizes), "the style sheets were counted"
    assert sum(sizes.values()) <= LIMIT, sorted(sizes.items(), key=lambda item: -item[1])
