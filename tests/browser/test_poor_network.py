"""A visit at 50 kbit/s with 400 ms there and back, HTTP/1.1, a processor six times slower. Prints its figures as JSON (-s)."""

import json
import time
from urllib.parse import urlsplit

import pytest

from tests.browser.test_public_pages import fill_in, make_door, send
from tests.slowline import slow_line

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

PAINT = "performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)[0]"
USABLE = "performance.timing.domInteractive - performance.timing.navigationStart"


def seconds(page):
    """When the page was painted first, and when it could be filled in, since it was asked for."""
    page.wait_for_function(PAINT)
    return round(page.evaluate(PAINT) / 1000, 2), round(page.evaluate(USABLE) / 1000, 2)


def measured(page, line, door, act):
    """Open the door's page, act on it, and see the result: what it took."""
    before = line.since()
    page.goto(door)
    painted, usable = seconds(page)
    requests, size = line.since(before)
    act()
    begun = time.monotonic()
    send(page) if page.query_selector("[name=full_name]") else page.click("button[name=confirm]")
    page.wait_for_selector(".result")
    answered = round(time.monotonic() - begun, 2)
    all_requests, all_size = line.since(before)
    return {
        "painted s": painted, "usable s": usable, "page requests": requests, "page bytes": size,
        "result after s": answered, "requests": all_requests, "bytes": all_size,
    }  # fmt: skip


@pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="with JavaScript"), pytest.param(False, id="without", marks=pytest.mark.wide)]
)
def test_a_visit_over_a_poor_network_on_a_slow_phone(product, open_page, javascript):
    door = make_door(product)
    with slow_line(urlsplit(door).port, bits_a_second=50_000, round_trip=0.4) as line:
        page = open_page(javascript=javascript)
        page.set_default_timeout(120_000)
        protocols, hosts = set(), set()
        cdp = page.context.new_cdp_session(page)
        cdp.on("Network.responseReceived", lambda event: protocols.add(event["response"].get("protocol")))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        cdp.send("Network.enable")
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": 6})
        door = line.address + urlsplit(door).path
        first = measured(page, line, door, lambda: fill_in(page))
        kept = {"requests": 0, "bytes": 0}
        if javascript:
            before = line.since()
            page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
            page.wait_for_function("caches.match('/v/').then(Boolean)")
            kept = dict(zip(("requests", "bytes"), line.since(before), strict=True))
        again = measured(page, line, door, lambda: None)
        figures = {"javascript": javascript, "first": first, "kept for later": kept, "again": again}
        print(json.dumps(figures), json.dumps(line.asked))  # noqa: T201
    assert hosts - {""} == {urlsplit(door).netloc} and protocols <= {"http/1.1", "data"}
    # The worker comes when the result is there, and is asked for anew when the browser thinks fit.
    visit = [asked for asked in line.asked[: -again["requests"]] if "/visitor-worker.js" not in asked]
    assert len(visit) <= 5 and first["bytes"] <= 55_000, line.asked
    assert first["painted s"] <= 8 and first["usable s"] <= 10 and first["result after s"] <= 10
    assert sum("/visitor-worker.js" in asked for asked in line.asked) <= 2, line.asked
    assert again["requests"] <= 2 and again["bytes"] <= 15_000
    assert again["painted s"] <= 5 and again["usable s"] <= 5 and again["result after s"] <= 8
