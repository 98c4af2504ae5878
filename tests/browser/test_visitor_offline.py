"""A visitor's phone without network: the server really stopped, the browser killed and opened again, each once."""

import time
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin import clock
from checkin.db import db
from checkin.venues.models import Venue
from tests import factories, servers
from tests.browser.conftest import Product
from tests.browser.desks import kill, own_browser
from tests.browser.test_public_pages import fill_in, make_door, send
from tests.worlds import inside

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

# A clock that is a day ahead.
AHEAD = "(() => { const real = Date.now; Date.now = () => real() + 86400000; })()"
KEPT, DONE = "ĐÃ GHI – CHƯA GỬI", "ĐÃ KHAI BÁO"
OFFLINE = "[data-form] form[data-later]"


class Server:
    """The public tier on one address, which is stopped and started again."""

    def __init__(self, world, log):
        self.world, self.log, self.running = world, log, ExitStack()

    def start(self):
        self.address = self.running.enter_context(servers.gunicorn(self.world.env("public"), self.log))

    def stop(self):
        self.running.close()


@pytest.fixture
def server(postgresql, tmp_path, monkeypatch):
    port = servers.free_port()
    monkeypatch.setattr(servers, "free_port", lambda: port)
    made = Server(postgresql, tmp_path / "log")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def door(server):
    return make_door(Product(server.address, server.address, server.world))


def visits(server):
    with inside(server.world.app()):
        return [(one.entered_at, one.masked_name, one.flags) for one in factories.all_visits(db.session())]


def first_visit(page, door):
    """Declare with a network, until the phone has what it needs without one."""
    page.goto(door)
    fill_in(page)
    send(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.wait_for_function("caches.match('/v/').then(Boolean)")


def declare_offline(page, door, name="Trần Văn Hưng", **typed):
    page.goto(door)
    fill_in(page, name)
    for field, text in typed.items():
        page.fill(f"[name={field}]", text)
    page.click(f"{OFFLINE} button[type=submit]")


def test_a_declaration_made_while_the_server_is_down_survives_a_killed_browser_and_a_wrong_clock_and_counts_once(
    server, door, chromium, tmp_path
):
    profile, kind = tmp_path / "profile", chromium.browser_type
    profile.mkdir()

    def open_page(browser):
        context = browser.contexts[0]
        context.add_init_script(AHEAD)
        return context.new_page()

    with own_browser(kind, profile) as (browser, process):
        page = open_page(browser)
        first_visit(page, f"{door}?lang=vi")
        browser.new_browser_cdp_session().send("Browser.close")
        process.wait(20)
    server.stop()
    begun = clock.now()
    with own_browser(kind, profile) as (browser, process):
        page = open_page(browser)
        page.goto(door)
        code = door.rsplit("/", 1)[1]
        expect(page.locator("[data-form] h1")).to_contain_text(f"{code[:4]}-{code[4:8]}-{code[8:]}")
        page.click(f"{OFFLINE} button[type=submit]")
        expect(page.locator("[data-missing]")).to_contain_text("9 mục")
        assert page.locator(f"{OFFLINE} .error").count() == 9
        declare_offline(page, door)
        expect(page.locator(".result.none h1:visible")).to_have_text(KEPT)
        expect(page.locator("[data-name]")).to_have_text("Trần Văn Hưng")
        # Shown again to who opens the page once more, and closed for good.
        page.goto(door)
        expect(page.locator(".result.none h1:visible")).to_have_text(KEPT)
        kill(process)
    ended = clock.now()
    assert len(visits(server)) == 1
    for folder in ("IndexedDB", "Service Worker", "Local Storage"):
        for path in profile.rglob(f"{folder}/**/*"):
            stored = path.read_bytes() if path.is_file() else b""
            assert not any("Văn Hưng".encode(how) in stored for how in ("utf-8", "utf-16-le")), path
    time.sleep(2)
    server.start()
    with own_browser(kind, profile) as (browser, _):
        page = open_page(browser)
        page.goto(door)
        # The page of who comes back, and above it what became of the other.
        expect(page.locator(".kept")).to_contain_text("Đã gửi lúc")
        expect(page.locator(".kept")).to_contain_text(DONE)
        page.click(".kept button")
        expect(page.locator(".kept")).to_be_hidden()
        page.reload()
        # Whatever else it had to send is sent once nobody holds the lock, and the page is through.
        page.wait_for_function("window.visitorSend && visitorSend.all().then(left => left === 0)")
    second = timedelta(seconds=1.5)
    rows = visits(server)
    assert [name for _, name, _ in rows] == ["Nguyễn T. Á. T.", "Trần V. H."]
    assert begun - second <= rows[1][0] <= ended + second


@pytest.mark.wide
def test_a_form_that_was_open_when_the_network_went_is_kept_and_its_result_comes_with_the_network(
    server, door, open_page
):
    page = open_page()
    first_visit(page, door)
    page.goto(f"{door}?new=1")
    fill_in(page, "Trần Văn Hưng", yes=("symptoms",))
    server.stop()
    send(page)
    expect(page.locator(".result.none h1:visible")).to_have_text(KEPT)
    # Pressed again where the browser asks whether to send the form once more.
    page.reload()
    expect(page.locator(".result.none h1:visible")).to_have_text(KEPT)
    page.click("[data-another]")
    fill_in(page, "Lê Thị Bé")
    page.click(f"{OFFLINE} button[type=submit]")
    expect(page.locator("[data-name]")).to_have_text("Lê Thị Bé")
    expect(page.locator(".kept")).to_contain_text("T. V. Hưng")
    assert len(visits(server)) == 1
    told = []

    def hear(request):
        if "/later" in request.url:
            told.append((time.time() * 1000, parse_qs(request.post_data)))

    page.on("request", hear)
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".result h1.word")).to_have_text(DONE, timeout=20_000)
    expect(page.locator(".who")).to_have_text("Lê Thị Bé")
    # Both say when by the server's clock, which the phone had seen, and how long ago by its own.
    for sent, one in told[-2:]:
        assert abs(sent - int(one["at"][0]) - int(one["age"][0])) < 5000
    # The other was sent too; whoever needs help is told whom to call.
    expect(page.locator(".kept")).to_contain_text("CẦN HỖ TRỢ")
    assert page.locator(".kept a[href^='tel:']").count() == 1
    shown = page.inner_text(".clock")
    page.wait_for_function("before => document.querySelector('.clock').textContent !== before", arg=shown)
    page.click("form[action*='/leave'] button")
    assert "Đã ghi giờ ra" in page.inner_text("h1")
    assert len(visits(server)) == 3


@pytest.mark.wide
def test_what_the_server_refuses_is_said_and_mended_or_deleted_and_never_lost(server, door, open_page, clean):
    page = open_page()
    first_visit(page, door)
    other = make_door(Product(server.address, server.address, server.world), "Chợ Hạ Long 1")
    with inside(server.world.app()):
        venue = db.session.scalars(sa.select(Venue).where(Venue.name == "Chợ Hạ Long 1")).one()
        venue.state, venue.suspended_at, venue.suspended_reason = "suspended", clock.now(), "Có ca bệnh"
        factories.commit()
    server.stop()
    declare_offline(page, door, birth_year="2199")
    expect(page.locator(".result.none h1:visible")).to_have_text(KEPT)
    declare_offline(page, other, "Lê Thị Bé")
    expect(page.locator(".kept")).to_contain_text("T. V. Hưng")
    clean(page, "saved, not sent")
    # A network that answers everything with a page of its own has taken nothing.
    page.route("**/later", lambda route: route.fulfill(status=200, body="<h1>Wi-Fi</h1>"))
    with page.expect_response("**/later"):
        page.click("[data-send]")
    # A round of the page's own, after which the one of the button has ended.
    assert page.evaluate("visitorSend.all()") == 2
    expect(page.locator(".result.none h1:visible")).to_have_text(KEPT)
    page.unroute("**/later")
    server.start()
    page.click("[data-send]")
    held = page.locator(".kept .held")
    expect(held).to_have_count(2, timeout=20_000)
    expect(held.filter(has_text="Bé")).to_contain_text("Nơi này đang tạm ngừng")
    # The tab is closed, and both are there on the next page.
    page.goto(f"{door}?new=1")
    expect(held).to_have_count(2)
    held.filter(has_text="Hưng").locator("button", has_text="Xem và sửa").click()
    form = page.locator("form[data-later]")
    expect(form.locator(".summary")).to_contain_text("Năm sinh ở tương lai")
    clean(page, "to be mended")
    assert form.locator("[name=full_name]").input_value() == "Trần Văn Hưng"
    form.locator("[name=birth_year]").fill("1971")
    form.locator("button[type=submit]").click()
    expect(page.locator(".kept .sent")).to_contain_text(DONE, timeout=20_000)
    assert len(visits(server)) == 2
    # Everything off this device: what was not sent is asked about first.
    page.goto(f"{server.address}/me/")
    asked = []
    page.on(
        "dialog", lambda dialog: (asked.append(dialog.message), dialog.accept() if len(asked) > 1 else dialog.dismiss())
    )
    forget = page.locator("form[action*='/forget-me'] button").last
    expect(page.locator(".kept")).to_contain_text("L. T. Bé")
    forget.click()
    expect(page.locator(".kept")).to_contain_text("L. T. Bé")
    forget.click()
    page.wait_for_url("**/forget-me*")
    assert len(asked) == 2 and "1 tờ khai chưa gửi" in asked[0]
    page.goto(door)
    assert page.locator(".kept:not([hidden])").count() == 0
    assert len(visits(server)) == 2


@pytest.mark.wide
def test_the_worker_answers_for_the_doors_alone_and_not_where_there_is_no_javascript(server, door, open_page):
    page = open_page()
    first_visit(page, door)
    assert page.evaluate(
        "navigator.serviceWorker.getRegistrations().then(all => all.map(one => new URL(one.scope).pathname))"
    ) == ["/v/"]
    for path in ("/", "/me/", "/declare", "/desk/link/", "/sign-in"):
        page.goto(f"{server.address}{path}")
        assert page.evaluate("navigator.serviceWorker.controller") is None, path
    kept = page.evaluate(
        "caches.keys().then(all => Promise.all(all.map(n => caches.open(n).then(c => c.keys())))).then(all => all.flat().map(r => new URL(r.url).pathname))"
    )
    assert sorted(kept) == ["/static/css/base.css", "/v/", "/visitor.js"]
    plain = open_page(javascript=False)
    asked = []
    plain.on("request", lambda request: asked.append(request.url))
    plain.goto(door)
    fill_in(plain)
    send(plain)
    assert DONE in plain.inner_text("h1")
    assert not any("visitor" in url for url in asked)
