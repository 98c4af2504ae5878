"""An owner's way in Chromium, as the public role on PostgreSQL: from the first page to a poster, and what others see of it."""

import re

import pytest
from playwright.sync_api import expect

from tests import cast, factories
from tests.browser.test_chain import decode_poster, sign_in
from tests.browser.test_public_pages import TOO_WIDE, fill_in, send
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]
GO = "main form button:not([type])"


def screens(page):
    """The pages that the browser shows from here on."""
    seen = []
    page.on("load", lambda shown: seen.append(shown.url))
    return seen


def typed(page):
    """Fill in the page as somebody does who types: the commune without accents, chosen with the keyboard."""
    page.fill("[name=name]", "Quán phở Bình – Hồng Gai")
    page.select_option("[name=kind]", "food")
    page.fill("#commune-search", "hong gai")
    page.press("#commune-search", "Enter")
    page.fill("[name=address]", "Số 5, phố Kim Hoàn")
    page.fill("[name=login]", cast.OWNER[0])
    page.fill("[name=password]", cast.OWNER[1])


def test_from_the_first_page_to_a_poster_to_print_in_three_screens(product, open_page):
    page = open_page(permissions=["geolocation"], geolocation={"latitude": 20.9517, "longitude": 107.0789})
    seen = screens(page)
    page.goto(f"{product.public}/")
    page.click("a[href='/sign-up']")
    typed(page)
    page.click("details.more > summary")
    page.click("[data-here]")
    page.wait_for_function("document.querySelector('[name=point]').value !== ''")
    assert page.input_value("[name=point]") == "20.951700, 107.078900"
    page.click(GO)
    page.wait_for_url(re.compile(r"/venues/[0-9a-f-]{36}$"))
    poster = page.get_attribute("a[href$='poster-a4.pdf']", "href")
    assert len(seen) <= 3, seen
    address = decode_poster(page.request.get(f"{product.public}{poster}").body())
    # Who scans it meets the venue, and the owner sees the visit.
    visitor = open_page()
    visitor.goto(address)
    assert visitor.inner_text("h1") == "Quán phở Bình – Hồng Gai"
    assert "Phường Hồng Gai" in visitor.inner_text("main")
    fill_in(visitor)
    send(visitor)
    page.reload()
    assert page.inner_text(".sums span >> nth=1").startswith("1")


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_without_javascript_it_is_a_plain_list_and_works(product, open_page, language):
    page = open_page(javascript=False)
    page.goto(f"{product.public}/sign-up?lang={language}")
    assert not page.query_selector("#commune-search") and page.is_visible("[name=plate]")
    page.fill("[name=name]", "Quán phở Bình")
    page.select_option("[name=kind]", "food")
    page.select_option("[name=commune]", label="Phường Hồng Gai")
    page.fill("[name=address]", "Số 5, phố Kim Hoàn")
    page.fill("[name=login]", cast.OWNER[0])
    page.fill("[name=password]", cast.OWNER[1])
    page.click(GO)
    assert page.query_selector("a[href$='poster-a4.pdf']")


@pytest.mark.wide
@pytest.mark.long
def test_enter_where_a_double_is_shown_checks_again_and_the_button_makes_the_code(product, open_page):
    first, second = open_page(), open_page()
    for page, login in ((first, cast.OWNER[0]), (second, cast.OUTSIDER[0])):
        page.goto(f"{product.public}/sign-up")
        typed(page)
        page.fill("[name=login]", login)
        if page is second:
            page.click("details.more > summary")
            page.fill("[name=phone]", "0904 118 226")
        page.click(GO)
        page.wait_for_load_state("load")
    assert "Có phải cơ sở này?" in second.inner_text("main")
    second.press("[name=address]", "Enter")
    second.wait_for_load_state("load")
    assert "Có phải cơ sở này?" in second.inner_text("main")
    second.click("button[name=anyway]")
    second.wait_for_url(re.compile(r"/venues/[0-9a-f-]{36}$"))
    assert second.query_selector("a[href$='poster-a4.pdf']")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_zones_hand_over_suspension_and_closing_show_on_the_pages_of_others(product, accounts, open_page):
    owner = open_page(width=1280)
    owner.goto(f"{product.public}/sign-up")
    typed(owner)
    owner.click(GO)
    owner.wait_for_url(re.compile(r"/venues/[0-9a-f-]{36}$"))
    shop = owner.url
    owner.fill("[name=zone]", "Tầng 2")
    owner.select_option("[name=zone_kind]", "floor")
    owner.click("form[action$='/zones'] button")
    owner.wait_for_load_state("load")
    owner.click(".zones summary")
    code = owner.inner_text(".zones .code").replace("-", "")
    visitor = open_page()
    visitor.goto(f"{product.public}/v/{code}")
    assert "Tầng 2" in visitor.inner_text("main")
    fill_in(visitor)
    send(visitor)
    # The CDC suspends it; the code says so and not why; the owner reads why.
    officer = open_page(width=1280)
    sign_in(officer, product.staff, cast.CDC)
    officer.goto(f"{product.staff}/watch/venues?q=quan pho binh")
    officer.click("table a")
    officer.fill("[name=reason]", "Ca bệnh ở bếp")
    officer.click("form[action$='/suspend'] button")
    officer.wait_for_selector("form[action$='/lift']")
    owner.reload()
    assert "Ca bệnh ở bếp" in owner.inner_text("main")
    officer.fill("[name=reason]", "Đã khử khuẩn")
    officer.click("form[action$='/lift'] button")
    officer.wait_for_selector("form[action$='/suspend']")
    # Handed over, by a code that the other one opens.
    owner.goto(f"{shop}/handover")
    owner.click("main form button")
    owner.wait_for_selector(".code")
    link = owner.inner_text(".url")
    other = open_page()
    other.goto(link)
    other.click("a[href^='/sign-up']")
    other.fill("[name=login]", cast.OUTSIDER[0])
    other.fill("[name=password]", cast.OUTSIDER[1])
    other.click(GO)
    other.wait_for_url("**/handover/")
    other.click("main form button")
    other.wait_for_url(shop)
    assert "Quán phở Bình" in other.inner_text("h1")
    owner.goto(shop)
    assert "Quán phở Bình" not in owner.inner_text("body")
    # The new owner signs, then closes; the code says so.
    other.goto(f"{shop}/commitment")
    other.fill("[name=signer]", "Trần Thị Chi")
    other.check("[name=agree]")
    other.click(GO)
    other.wait_for_selector("[data-print]")
    other.goto(shop)
    other.click("text=Đóng cửa hẳn")
    other.click("form[action$='/close'] button")
    other.wait_for_selector("form[action$='/reopen']")
    latecomer = open_page()
    # The venue's own code, which nobody scanned before: no process remembers it as open.
    latecomer.goto(other.get_attribute(".door a.url", "href"))
    assert "đã đóng cửa" in latecomer.inner_text("main")


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
@pytest.mark.timeout(300)
def test_a_market_with_many_stalls_and_long_names_fits_a_narrow_phone(product, open_page, axe, language):
    app = product.world.app()
    with inside(app):
        session, vault = factories.db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        market = factories.venue(session, vault, "N" + "h" * 199, owner=owner, kind="market", size="large")
        for number in range(60):
            stall = factories.venue(session, vault, f"Sạp {'cá ' * 40}{number}", owner=owner if number % 2 else None)
            factories.venues.put_inside(session, venue=stall, outer_id=market.id)
        for number in range(30):
            factories.venues.add_zone(
                session, now=factories.NOW, actor=owner.actor, venue=market, name="Dãy " + "x" * 90 + str(number)
            )
        factories.commit()
        page_of = f"/venues/{market.id}"
    page = open_page(width=320)
    sign_in(page, product.public, cast.OWNER)
    parts = ("", "/zones/many", "/desk", "/numbers", "/edit", "/commitment", "/handover")
    for path in ("/venues/", "/venues/new", *(page_of + part for part in parts)):
        page.goto(f"{product.public}{path}?lang={language}")
        assert page.evaluate(TOO_WIDE) == [], path
        page.evaluate(axe + ";0")
        found = page.evaluate("() => axe.run(document)")
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == [], path


@pytest.mark.long
def test_forty_tables_are_looked_at_and_saved_and_a_guest_at_the_last_of_them_is_counted_there(product, open_page, axe):
    app = product.world.app()
    with inside(app):
        session, vault = factories.db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        place = (
            f"{product.public}/venues/{factories.venue(session, vault, 'Nhà hàng Bình', owner=owner, kind='food').id}"
        )
        factories.commit()
    page = open_page()
    sign_in(page, product.public, cast.OWNER)
    page.goto(place)
    page.click("text=Thêm nhiều một lúc")
    expect(page.locator("[name=kind]")).to_have_value("table")
    page.fill("#names", "Bàn 1-40\nbàn 7\nSân thượng")
    page.click("text=/^Xem trước$/")
    expect(page.locator(".names li")).to_have_count(42)
    assert page.locator(".names .double").count() == 1
    page.evaluate(axe + ";0")
    assert page.evaluate("async () => (await axe.run()).violations.map(v => v.id)") == []
    assert page.evaluate(TOO_WIDE) == []
    page.click("[name=save]")
    zones = page.locator(".zones > li")
    assert zones.count() == 41 and "Bàn 40" in zones.nth(39).inner_text()
    zones.nth(39).locator("summary").first.click()
    visitor = open_page()
    visitor.goto(zones.nth(39).locator("a.url").get_attribute("href"))
    assert "Bàn 40" in visitor.inner_text("main")
    fill_in(visitor)
    send(visitor)
    page.reload()
    assert "hôm nay 1" in zones.nth(39).inner_text() and "hôm nay 0" in zones.nth(38).inner_text()
    zones.nth(39).locator("summary").first.click()
    page.click("li:nth-child(40) >> text=Đổi tên")
    page.fill("[name=name]", "Bàn cạnh cửa sổ")
    page.click(GO)
    expect(page.locator(".zones")).to_contain_text("Bàn cạnh cửa sổ", use_inner_text=True)
