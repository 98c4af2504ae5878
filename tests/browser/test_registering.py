"""Registering in Chromium, and what others see of it: a confirmed phone, a vehicle, a kiosk, a commitment, a suspension."""

import re
import time

import pypdfium2
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin.accounts.models import Account
from checkin.commitments.models import Commitment
from checkin.db import db
from checkin.venues.models import SUSPENDED, Venue
from tests import cast, factories
from tests.browser.conftest import Product
from tests.browser.test_chain import decode_poster, sign_in
from tests.browser.test_posters import codes_in
from tests.browser.test_public_pages import fill_in, send
from tests.messages.mailserver import Gateway
from tests.servers import gunicorn
from tests.worlds import inside, postgresql_world, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
GO = "main form button:not([type])"
VENUE_PAGE = re.compile(r"/venues/[0-9a-f-]{36}$")


def register(page, origin, who, name, *, kind="food", **more):
    """Fill in and send the one page; stays where it leads."""
    page.goto(f"{origin}/sign-up")
    page.fill("[name=name]", name)
    page.select_option("[name=kind]", kind)
    page.select_option("[name=commune]", label="Phường Hồng Gai", force=True)
    page.fill("[name=address]", more.pop("address", "Số 5, phố Kim Hoàn"))
    if "@" in who[0]:  # who signs in with an address tells a number to call
        more["phone"] = "0904 118 226"
    if {"inside", "phone"} & set(more):
        page.click("details.more > summary")
    for field, value in more.items():
        page.fill(f"[name={field}]", value)
    page.fill("[name=login]", who[0])
    page.fill("[name=password]", who[1])
    page.click(GO)


def code_on(page):
    """The venue's code, as its page shows it."""
    return page.inner_text(".door .code >> nth=0").replace("-", "")


def venues(product):
    """Every venue by its name."""
    with inside(product.world.app()):
        found = {venue.name: venue for venue in db.session.scalars(sa.select(Venue))}
        db.session.expunge_all()
    return found


def wait_for(what):
    """Wait until what it gives is something, and give it."""
    deadline = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.fixture
def telling(cluster, tmp_path):
    """A product of its own whose text messages go out over a gateway; another process at the same database has none."""
    world, gateway = postgresql_world(tmp_path, cluster, "checkin_telling"), Gateway()
    way = {"SMS_GATEWAY_URL": gateway.url, "SMS_GATEWAY_TOKEN": "gw-7"}
    with (
        gateway.serving(),
        gunicorn({**world.env("public"), **way}, tmp_path / "public.log") as public,
        gunicorn({**world.env("staff"), **way}, tmp_path / "staff.log") as staff,
    ):
        yield Product(public, staff, world), gateway
    world.let_go()


@pytest.mark.wide
def test_a_phone_is_confirmed_and_a_password_replaced_by_codes_that_come_as_text_messages(telling, open_page):
    product, gateway = telling
    with inside(product.world.app()):
        factories.account(db.session(), vault_of(product.world.app()), "admin", cast.ADMIN)
        factories.commit()

    def code(number):
        text = wait_for(lambda: gateway.came[number:])[0]
        assert text["to"] == "+84912000111"
        return re.search(r"\b\d{6}\b", text["text"])[0]

    page = open_page()
    register(page, product.public, cast.OWNER, "Quán phở Bình")
    page.wait_for_url(VENUE_PAGE)  # nobody is kept from the poster
    page.click("text=Xác nhận số điện thoại hoặc email của bạn")
    page.fill("[name=code]", "000000")
    page.click("main form:has([name=code]) button")
    expect(page.locator("main")).to_contain_text("Mã không đúng hoặc đã hết hạn")
    page.fill("[name=code]", code(0))
    page.click("main form:has([name=code]) button")
    page.wait_for_url("**/venues/")
    expect(page.locator("main")).to_contain_text("Đã xác nhận.")
    with inside(product.world.app()):
        bound = db.session.scalar(sa.select(Account.contact_confirmed_at).where(Account.role == "owner"))
    assert bound is not None
    # On another device the password is forgotten; the first one is signed out by the new one.
    other = open_page()
    other.goto(f"{product.public}/forgotten")
    other.fill("[name=login]", "0912.000.111")
    other.click("main form button")
    other.fill("[name=code]", code(1))
    other.fill("[name=password]", "mật khẩu mới của Bình 77")
    other.click("main form button:not([type=button])")
    other.wait_for_url("**/sign-in*")
    sign_in(other, product.public, (cast.OWNER[0], "mật khẩu mới của Bình 77"))
    other.wait_for_url("**/venues/")
    assert "Quán phở Bình" in other.inner_text("main")
    page.goto(f"{product.public}/venues/")
    assert "/sign-in" in page.url
    admin = open_page(width=1280)
    sign_in(admin, product.staff, cast.ADMIN)
    admin.goto(f"{product.staff}/messages/")
    shown = admin.inner_text("main")
    assert "Mã xác nhận liên hệ" in shown and "Mã đặt lại mật khẩu" in shown and "912000111" not in admin.content()


@pytest.mark.wide
def test_a_vehicle_has_its_plate_on_the_sticker_and_a_second_owner_is_shown_that_it_is_known(product, open_page):
    owner = open_page()
    register(owner, product.public, cast.OWNER, "Xe buýt tuyến 01", kind="bus", plate="14b 01234")
    owner.wait_for_url(VENUE_PAGE)
    page_of = owner.url
    owner.goto(f"{product.public}/venues/codes/{code_on(owner)}/poster")
    link = owner.get_attribute("a.btn[href*='poster-sticker.pdf']", "href")
    sticker = owner.request.get(f"{product.public}{link}").body()
    assert "14B-012.34" in pypdfium2.PdfDocument(sticker)[0].get_textpage().get_text_range()
    (address,) = codes_in(sticker)
    passenger = open_page()
    passenger.goto(address)
    assert passenger.inner_text("h1") == "Xe buýt tuyến 01"
    fill_in(passenger)
    send(passenger)
    with inside(product.world.app()):
        (visit,) = factories.all_visits(db.session())
    assert visit.venue_id == venues(product)["Xe buýt tuyến 01"].id
    owner.goto(page_of)
    assert owner.inner_text(".sums span >> nth=1").startswith("1")
    # Another one types the same plate as plates are written on paper.
    second = open_page()
    register(second, product.public, cast.OUTSIDER, "Tuyến 1", kind="transport", plate="14B-012.34")
    expect(second.locator("#alike")).to_contain_text("Có phải cơ sở này?")
    assert "Xe buýt tuyến 01" in second.inner_text("#alike")
    assert list(venues(product)) == ["Xe buýt tuyến 01"]


@pytest.mark.wide
def test_a_kiosk_stands_in_the_tree_of_the_market_whose_owner_may_take_it_out(product, open_page):
    market, kiosk, visitor = open_page(), open_page(), open_page()
    register(market, product.public, cast.OWNER, "Chợ Hạ Long 1", kind="market")
    market.wait_for_url(VENUE_PAGE)
    register(
        kiosk, product.public, cast.OUTSIDER, "Quầy cá cô Chi", kind="shop", address="Quầy 12", inside=code_on(market)
    )
    kiosk.wait_for_url(VENUE_PAGE)
    assert "Nằm trong: Chợ Hạ Long 1" in kiosk.inner_text("main")
    rows = venues(product)
    assert rows["Quầy cá cô Chi"].parent_id == rows["Chợ Hạ Long 1"].id
    market.reload()
    assert "Quầy cá cô Chi" in market.inner_text("#inside .tree")
    # Each has a code of its own: a visit to the kiosk is the kiosk's.
    visitor.goto(f"{product.public}/v/{code_on(kiosk)}")
    fill_in(visitor)
    send(visitor)
    kiosk.reload()
    market.reload()
    assert kiosk.inner_text(".sums span >> nth=1").startswith("1")
    assert market.locator(".sums").count() == 0  # nobody came to the market's own code yet
    market.click("#inside form button")
    expect(market.locator("#inside")).to_have_count(0)
    kiosk.reload()
    assert "Nằm trong" not in kiosk.inner_text("main")
    assert venues(product)["Quầy cá cô Chi"].parent_id is None


def test_a_signed_commitment_and_a_suspension_stand_on_the_page_of_the_other_side(product, open_page):
    app = product.world.app()
    with inside(app):
        factories.account(db.session(), vault_of(app), "commune", cast.COMMUNE, factories.HONG_GAI)
        factories.commit()
    owner, station, visitor = open_page(), open_page(width=1280), open_page()
    register(owner, product.public, cast.OWNER, "Quán phở Bình")
    owner.wait_for_url(VENUE_PAGE)
    shop = owner.url
    poster = owner.get_attribute("a[href$='poster-a4.pdf']", "href")
    address = decode_poster(owner.request.get(f"{product.public}{poster}").body())
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/watch/venues?q=quan pho")
    station.click("table a")
    expect(station.locator("main")).to_contain_text("chưa ký", use_inner_text=True)
    owner.click("text=Ký bản cam kết phòng, chống dịch")
    owner.fill("[name=signer]", "Phạm Văn Bình")
    owner.click(GO)  # without the tick
    assert owner.input_value("[name=signer]") == "Phạm Văn Bình"
    owner.check("[name=agree]")
    owner.click(GO)
    expect(owner.locator("[data-print]")).to_be_visible()
    with inside(app):
        (signed,) = db.session.scalars(sa.select(Commitment))
    station.reload()
    assert re.search(rf"ký \d\d/\d\d/\d{{4}}, bản {re.escape(signed.version)}", station.inner_text("main"))
    station.fill("[name=reason]", "Ca bệnh ở bếp")
    station.click("form[action$='/suspend'] button")
    expect(station.locator("form[action$='/lift']")).to_have_count(1)
    assert venues(product)["Quán phở Bình"].state == SUSPENDED
    visitor.goto(address)
    assert "tạm ngừng đón khách" in visitor.inner_text("main") and "bếp" not in visitor.content()
    owner.goto(shop)
    assert "Ca bệnh ở bếp" in owner.inner_text("main")
