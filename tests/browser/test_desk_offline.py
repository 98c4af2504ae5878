"""A whole day without network at the counter: the server really stopped, the browser killed and opened again."""

import time
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from checkin import clock
from tests import cast, servers
from tests.browser.conftest import Product
from tests.browser.desks import join, kill, open_shop, own_browser, visits
from tests.browser.test_chain import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

# A clock that is two hours ahead.
AHEAD = "(() => { const real = Date.now; Date.now = () => real() + 7200000; })()"


def card(number):
    return f"022085{number:06d}||Nguyễn Văn An|0101{1950 + number % 50}|Nam|Hạ Long, Quảng Ninh|01072022"


def open_desk(browser, address, cookie=None):
    context = browser.contexts[0]
    context.add_init_script(AHEAD)
    if cookie:
        context.add_cookies([cookie])
    page = context.new_page()
    page.goto(f"{address}/desk/")
    page.wait_for_selector("[data-ready]", state="attached")
    return page


def scan(page, numbers, waiting):
    """Scan these cards, and wait until so many are kept."""
    for number in numbers:
        page.fill("#card", card(number))
        page.press("#card", "Enter")
    expect(page.locator("[data-offline]")).to_have_attribute("data-waiting", str(waiting), timeout=60_000)


@pytest.mark.parametrize("people", [150, pytest.param(500, marks=pytest.mark.wide)])
def test_visits_survive_a_stopped_server_and_killed_browsers_each_once(
    postgresql, chromium, open_page, tmp_path, monkeypatch, people
):
    port = servers.free_port()
    monkeypatch.setattr(servers, "free_port", lambda: port)
    profile, log, kind = tmp_path / "profile", tmp_path / "log", chromium.browser_type
    profile.mkdir()

    def serve():
        return servers.gunicorn(postgresql.env("public"), log)

    with serve() as address:
        product = Product(address, address, postgresql)
        shop = open_shop(product)
        with own_browser(kind, profile) as (browser, process):
            page = open_desk(browser, address, join(product, shop))
            page.wait_for_selector("html[data-kept]", state="attached", timeout=30_000)
            browser.new_browser_cdp_session().send("Browser.close")
            process.wait(20)
    begun = clock.now()
    # The server is gone; the tablet is switched on in the morning and dies at noon.
    with own_browser(kind, profile) as (browser, process):
        scan(open_desk(browser, address), range(people // 2), people // 2)
        kill(process)
    with own_browser(kind, profile) as (browser, process):
        page = open_desk(browser, address)
        expect(page.locator("[data-offline]")).to_contain_text(str(people // 2))
        scan(page, range(people // 2, people), people)
        kill(process)
    ended = clock.now()
    assert visits(product) == []
    with serve():
        # Killed once more, in the middle of sending.
        with own_browser(kind, profile) as (browser, process):
            open_desk(browser, address)
            deadline = time.monotonic() + 60
            while len(visits(product)) < people // 10 and time.monotonic() < deadline:
                time.sleep(0.05)
            kill(process)
        some = len(visits(product))
        assert people // 10 <= some < people
        with own_browser(kind, profile) as (browser, _):
            page = open_desk(browser, address)
            expect(page.locator("[data-offline]")).to_be_hidden(timeout=120_000)
            expect(page.locator("[data-offline]")).to_have_attribute("data-waiting", "0", timeout=120_000)
            expect(page.locator(".recent .head b")).to_have_text(str(people), timeout=20_000)
        owner = open_page()
        sign_in(owner, address, cast.OWNER)
        owner.wait_for_url("**/venues/")
        owner.goto(f"{address}/venues/{shop.id}/numbers")
        assert owner.locator(".kpi > *", has_text="ghi tại quầy").locator("b").inner_text() == str(people)
    rows = visits(product)
    assert len(rows) == len({person for _, person, _ in rows}) == people
    # When they were scanned by the server's clock, not when they were sent.
    second = timedelta(seconds=2)
    assert all(begun - second <= entered_at <= ended + second for entered_at, *_ in rows)
