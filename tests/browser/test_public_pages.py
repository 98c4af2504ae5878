"""The visitor's and the owner's pages as a phone shows them: reach, weight, and what old or wary browsers get."""

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from checkin.config import ROOT
from checkin.venues.codes import new_code
from tests import cast, factories
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]

LONG = ("Trung tâm thương mại và dịch vụ tổng hợp Hạ Long xanh " * 4)[:199] + "x"
WORD = "N" + "h" * 199
SEND = "main form button[type=submit]:not([name=fill])"
# Wider than the page: its own box, or what stands in it.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll('body *')].filter(e =>
    e.getBoundingClientRect().right > width + 0.5 && !e.closest('.sr, .skip, .run'));
  return wide.map(e => e.outerHTML.slice(0, 80)).concat(
    document.documentElement.scrollWidth > width ? ['the page: ' + document.documentElement.scrollWidth] : []);
}"""


def make_door(product, name="Siêu thị Bạch Đằng", *, kind="supermarket", zone=None):
    """The address of a new venue's door, or of its zone's."""
    app = product.world.app()
    with inside(app):
        session = factories.db.session()
        venue = factories.venue(session, vault_of(app), name, kind=kind)
        code = factories.code_of(session, venue)
        if zone:
            added = factories.venues.add_zone(
                session, now=factories.NOW, actor=factories.SYSTEM, venue=venue, name=zone
            )
            session.flush()
            code = session.scalars(
                factories.sa.select(factories.Code.code).where(factories.Code.zone_id == added.id)
            ).one()
        factories.commit()
    return f"{product.public}/v/{code}"


@pytest.fixture
def door(product):
    """The address on the wall of a supermarket."""
    return make_door(product)


def fill_in(page, name="Nguyễn Thị Ánh Tuyết", yes=()):
    page.fill("[name=full_name]", name)
    page.fill("[name=birth_year]", "1985")
    page.fill("[name=phone]", "0912345678")
    page.check("[name=gender][value=female]")
    page.select_option("[name=commune]", label="Phường Hạ Long")
    for question in ("symptoms", "contact_sick", "travel"):
        page.check(f"[name={question}][value={'yes' if question in yes else 'no'}]")
    page.check("[name=consent]")


def send(page):
    page.click(SEND)
    page.wait_for_load_state("load")


def sign_up(page, address, language):
    page.goto(f"{address}/sign-up?next=/venues/new&lang={language}")
    page.fill("[name=login]", cast.OWNER[0])
    page.fill("[name=password]", cast.OWNER[1])
    page.click("main form button:not([type=button])")
    page.wait_for_url("**/venues/new*")


@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_the_visitors_pages_have_no_fault_that_axe_finds(product, door, open_page, clean, language):
    page = open_page()
    page.goto(f"{door}?lang={language}")
    assert page.get_attribute("html", "lang") == language
    clean(page, "empty form")
    for question in ("symptoms", "contact_sick", "travel"):
        page.check(f"[name={question}][value=yes]")
    for closed in page.query_selector_all("details:not([open]) > summary"):
        closed.click()
    clean(page, "everything revealed")
    page.fill("[name=id_number]", "123")
    send(page)
    clean(page, "errors")
    page.goto(f"{door}?new=1")
    fill_in(page, yes=("symptoms",))
    send(page)
    clean(page, "help")
    page.goto(f"{door}?new=1")
    fill_in(page)
    send(page)
    clean(page, "declared")
    page.click("form[action*='/leave'] button")
    clean(page, "left")
    page.goto(door)
    assert page.query_selector("button[name=confirm]")
    clean(page, "again")
    page.goto(page.url.split("/v/")[0] + "/me/")
    clean(page, "own visits")
    page.click("form[action*='/forget-me'] button")
    page.wait_for_url("**/forget-me*")
    clean(page, "forgotten")


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_the_other_public_pages_have_no_fault_that_axe_finds(product, door, open_page, clean, language):
    page = open_page()
    mistyped = door[:-1] + ("2" if door[-1] != "2" else "3")
    for path in (
        "/",
        "/privacy",
        "/zones",
        "/me/",
        "/rights/",
        "/declare",
        "/declare/ill",
        "/declare/enter",
        "/sign-in",
        "/sign-up",
        "/no-such-page",
        "/v/" + new_code(),
        "/v/not-a-code",
    ):
        page.goto(f"{product.public}{path}?lang={language}")
        clean(page, path)
    page.goto(f"{mistyped}?lang={language}")
    clean(page, "mistyped")


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_the_owners_pages_have_no_fault_that_axe_finds(product, open_page, clean, language):
    page = open_page()
    sign_up(page, product.public, language)
    page.click("main form button:not([type])")
    assert page.query_selector(".error")
    clean(page, "new venue with errors")
    page.fill("[name=name]", "Quán phở Bình")
    page.select_option("[name=kind]", "food")
    page.select_option("[name=commune]", label="Phường Hồng Gai", force=True)
    page.fill("[name=address]", "Số 5, phố Kim Hoàn")
    page.fill("[name=phone]", "0203 3825 499")
    page.click("main form button:not([type])")
    page.wait_for_url("**/venues/*-*")
    page.fill("[name=zone]", "Tầng hai")
    page.click("form[action$='/zones'] button")
    page.wait_for_load_state("load")
    assert len(page.query_selector_all("a[href$='poster-a4.pdf']")) == 2
    clean(page, "venue")
    page.goto(f"{product.public}/venues/")
    clean(page, "list")


def test_the_first_load_is_light_and_asks_no_other_host(door, open_page):
    page = open_page()
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(door, wait_until="networkidle")
    asked = [answer for answer in answers if not answer.url.startswith("data:")]
    assert {urlsplit(answer.url).netloc for answer in asked} == {urlsplit(door).netloc}
    assert 3 <= len(asked) <= 6
    sizes = [answer.request.sizes() for answer in asked]
    assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) <= 50_000


@pytest.mark.long
def test_no_page_of_a_visit_asks_another_host_or_breaks_its_own_policy(door, open_page):
    page = open_page()
    hosts, complaints = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(door)
    fill_in(page)
    send(page)
    page.click("form[action*='/leave'] button")
    for path in ("/", "/privacy", "/zones", "/me/", "/rights/", "/declare", "/declare/return"):
        page.goto(f"http://{urlsplit(door).netloc}{path}")
    assert hosts - {""} == {urlsplit(door).netloc}
    assert complaints == []


def test_without_javascript_and_with_cookies_refused_a_visitor_declares_and_leaves(door, open_page):
    page = open_page(javascript=False)

    # A browser that refuses cookies sends none, whatever it was given.
    def without_cookies(route):
        route.continue_(headers={k: v for k, v in route.request.headers.items() if k.lower() != "cookie"})

    page.route("**/*", without_cookies)
    page.goto(door)
    page.check("[name=symptoms][value=yes]")
    assert page.is_visible("[name=symptom][value=cough]")
    page.check("[name=symptoms][value=no]")
    assert not page.is_visible("[name=symptom][value=cough]")
    fill_in(page)
    page.context.clear_cookies()
    send(page)
    assert "ĐÃ KHAI BÁO" in page.inner_text("h1")
    page.context.clear_cookies()
    page.click("form[action*='/leave'] button")
    expect(page.locator("h1")).to_contain_text("Đã ghi giờ ra", use_inner_text=True)


@pytest.mark.long
def test_the_clock_of_the_result_moves_and_the_stripe_too(door, open_page):
    page = open_page()
    page.goto(door)
    fill_in(page)
    send(page)
    shown = page.inner_text(".clock")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", shown)
    page.wait_for_function("before => document.querySelector('.clock').textContent !== before", arg=shown, timeout=3000)
    place = "() => getComputedStyle(document.querySelector('.run')).transform"
    first = page.evaluate(place)
    page.wait_for_timeout(150)
    assert page.evaluate(place) != first


@pytest.mark.long
def test_the_result_fills_the_first_screen_before_anything_else(door, open_page):
    page = open_page()
    page.goto(door)
    fill_in(page)
    send(page)
    assert page.query_selector("header") is None
    assert page.evaluate("document.querySelector('.result').getBoundingClientRect().top") == 0
    assert page.evaluate("document.querySelector('.clock').getBoundingClientRect().bottom < innerHeight")


def test_focus_goes_to_what_must_be_corrected_and_a_link_from_there_to_the_field(door, open_page):
    page = open_page()
    page.goto(door)
    send(page)
    assert page.evaluate("document.activeElement.id") == "errors"
    links = page.query_selector_all("#errors a")
    names = [link.get_attribute("href").lstrip("#") for link in links]
    assert names == [
        "full_name",
        "birth_year",
        "phone",
        "gender",
        "commune-search",
        "symptoms",
        "contact_sick",
        "travel",
        "consent",
    ]
    for name in names:
        page.click(f"#errors a[href='#{name}']")
        assert page.evaluate("document.activeElement.id") == name
        assert page.is_visible(f"#{name.replace('-search', '')}-error")


def test_the_keyboard_alone_declares(door, open_page):
    page = open_page()
    page.goto(door)
    typed = {"full_name": "Trần Văn Hưng", "birth_year": "1971", "phone": "0904118226"}
    chosen = {"gender", "symptoms", "contact_sick", "travel", "consent"}
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.id")
        if name == "commune-search":
            page.keyboard.type("ha long")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            assert page.input_value("#commune-search") == "Phường Hạ Long"
        elif name in typed:
            page.keyboard.type(typed.pop(name))
        elif name in chosen:
            chosen.discard(name)
            page.keyboard.press("Space")
        elif page.evaluate(f"document.activeElement.matches('{SEND}')"):
            break
    assert not typed
    assert not chosen
    page.keyboard.press("Enter")
    page.wait_for_selector(".result")
    assert "ĐÃ KHAI BÁO" in page.inner_text("h1")
    assert "Trần Văn Hưng" in page.inner_text(".who")


@pytest.mark.long
def test_the_focus_of_the_keyboard_shows(door, open_page):
    page = open_page()
    page.goto(door)
    page.keyboard.press("Tab")
    assert page.is_visible(".skip")
    for _ in range(8):
        page.keyboard.press("Tab")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid", page.evaluate("document.activeElement.outerHTML")


@pytest.mark.long
@pytest.mark.parametrize("name", [LONG, WORD], ids=["many words", "one word"])
def test_nothing_is_wider_than_a_narrow_phone_whatever_venue_and_person_are_called(product, open_page, name):
    address = make_door(product, name, zone=name[:100])
    page = open_page(width=320, locale="en-GB")
    page.goto(address)
    assert page.evaluate(TOO_WIDE) == []
    page.check("[name=symptoms][value=yes]")
    page.check("[name=travel][value=yes]")
    for closed in page.query_selector_all("details:not([open]) > summary"):
        closed.click()
    send(page)
    assert page.evaluate(TOO_WIDE) == []
    fill_in(page, name[:100])
    send(page)
    assert page.query_selector(".result")
    assert page.evaluate(TOO_WIDE) == []
    page.goto(address)
    assert page.evaluate(TOO_WIDE) == []


@pytest.mark.long
def test_what_is_tapped_is_at_least_48_pixels_high_and_holds_its_label(door, open_page):
    page = open_page(locale="en-GB")
    clipped = "() => [...document.querySelectorAll('label, .btn')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
    small = """() => [...document.querySelectorAll('a, button, select, summary, label.tick, .pick > label, input[type=text], input[type=tel]')]
      .filter(e => e.getClientRects().length && !e.matches('.skip, .sr') && e.getBoundingClientRect().height < 47.5)
      .map(e => e.outerHTML.slice(0, 80))"""
    page.goto(door)
    page.check("[name=symptoms][value=yes]")
    assert page.evaluate(small) == []
    assert page.evaluate(clipped) == []
    send(page)
    assert page.query_selector("#errors")
    assert page.evaluate(small) == []
    fill_in(page)
    send(page)
    assert page.query_selector(".result")
    assert page.evaluate(small) == []
    page.goto(door)
    assert page.evaluate(small) == []


@pytest.mark.long
def test_no_page_holds_style_or_script_of_its_own():
    for path in (ROOT / "templates").rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=[\x22']|javascript:", html), path


@pytest.mark.long
def test_the_printed_result_is_black_on_white(door, open_page):
    page = open_page(color_scheme="dark")
    page.goto(door)
    fill_in(page)
    send(page)
    page.emulate_media(media="print", color_scheme="dark")
    seen = page.evaluate(
        "() => ['.result', '.card'].map(s => getComputedStyle(document.querySelector(s)))"
        ".map(s => [s.backgroundColor, s.color])"
    )
    assert seen == [["rgb(255, 255, 255)", "rgb(0, 0, 0)"]] * 2, json.dumps(seen)
    assert not page.is_visible("form[action*='/leave'] button")
