"""Venues gone silent in Chromium: the station and the CDC see who stopped and who never began, until somebody scans."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from checkin import clock
from checkin.db import db
from tests import cast, factories
from tests.browser.test_chain import decode_poster, sign_in
from tests.browser.test_public_pages import fill_in, send
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
STOPPED, NEVER = "Cửa hàng Hà Tu", "Quán phở Bình"


@pytest.fixture
def street(product, accounts):
    """A shop in Hà Tu to which nobody came since last week, and Bình's, to which nobody came ever."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        shop, cafe = (
            factories.venue(session, vault, name, owner=owner, commune_id=factories.HA_TU, kind="shop")
            for name in (STOPPED, NEVER)
        )
        for venue in (shop, cafe):
            venue.registered_at = now - timedelta(days=60)
        session.flush()
        for ago in (8, 9, 10, 15, 16, 17):
            for number in range(3):
                told = cast.healthy(
                    cast.Identity(
                        full_name=f"Khách Thứ {number}",
                        birth_year=1980,
                        gender="male",
                        phone=f"+8491234567{number}",
                        province_id="22",
                        commune_id=factories.HONG_GAI,
                    )
                )
                factories.check_in(app, session, vault, shop, told, at=now - timedelta(days=ago))
        factories.commit()
        return str(cafe.id)


@pytest.mark.wide
def test_who_stopped_and_who_never_began_are_shown_until_somebody_scans(product, street, open_page):
    station, officer, owner, visitor = open_page(width=1280), open_page(), open_page(), open_page()
    sign_in(station, product.staff, cast.COMMUNE)
    sign_in(officer, product.staff, cast.CDC)
    station.wait_for_load_state()
    officer.wait_for_url("**/lookup/")
    officer.goto(f"{product.staff}/watch/")
    officer.select_option("[name=commune]", factories.HA_TU)
    officer.click("main form button")
    station.goto(f"{product.staff}/watch/")
    for page in (station, officer):
        rows = page.locator("main tbody tr")
        expect(rows).to_have_count(2)
        assert STOPPED in rows.nth(0).inner_text() and "Ngừng hẳn" in rows.nth(0).inner_text()
        assert "≈ 9" in rows.nth(0).inner_text()
        assert NEVER in rows.nth(1).inner_text() and "Chưa có lượt" in rows.nth(1).inner_text()
        assert "Khách Thứ" not in page.content()
    # The owner is reminded of the same, prints, and somebody scans.
    sign_in(owner, product.public, cast.OWNER)
    owner.goto(f"{product.public}/venues/{street}")
    assert "14 ngày qua chưa có lượt nào" in owner.inner_text("main")
    poster = owner.get_attribute("a[href$='poster-a4.pdf']", "href")
    visitor.goto(decode_poster(owner.request.get(f"{product.public}{poster}").body()))
    fill_in(visitor)
    send(visitor)
    with inside(product.world.app()):
        assert sum(str(visit.venue_id) == street for visit in factories.all_visits(db.session())) == 1
    for page in (station, officer):
        page.reload()
        rows = page.locator("main tbody tr")
        expect(rows).to_have_count(1)
        assert NEVER not in page.inner_text("main table")
    owner.reload()
    assert "chưa có lượt nào" not in owner.inner_text("main")
    # A look at the one that stopped: by the day, and whom to call.
    station.click("main tbody a")
    expect(station.locator("main")).to_contain_text("0203 3825 499", use_inner_text=True)
    assert station.locator("svg").count() > 0
