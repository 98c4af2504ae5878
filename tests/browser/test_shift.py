"""An evening at a station and at the CDC: taps on a phone, a positive test, a shift handed over and taken."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin import clock
from checkin.accounts.models import Account
from checkin.cases.models import Case
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact, ContactCheck
from checkin.contacts.words import details_of
from checkin.db import db
from checkin.duty.models import DutyHandover
from checkin.ids import new_id
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

SECOND = ("minh@cdc", "mật khẩu dài của Minh")


@pytest.fixture
def quarantined(product, accounts):
    """Somebody of Hà Tu in the fifth day of a quarantine."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", SECOND)
        case, rules = factories.case(session), factories.rules(app, now)
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc")).first()
        details = details_of(name="Trần Văn Hưng", phone="0904 118 226", birth_year=1971, home="Tổ 5", met=[])
        met_on = clock.to_local(now - timedelta(days=5)).date()
        given = contacts.Given(new_id(now), factories.HA_TU, met_on, details)
        contacts.assign(session, vault, now=now, actor=officer.actor, case=case, people=[given], rules=rules)
        one = session.scalars(sa.select(Contact)).one()
        contacts.decide(
            session, vault, now=now, actor=officer.actor, contact=one, stage="f1", reason="Người nhà", rules=rules
        )
        factories.commit()


def test_what_a_station_taps_is_in_the_shift_that_is_handed_over(product, quarantined, open_page):
    station = open_page(width=360)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/quarantine/")
    expect(station.locator(".days li").first).to_be_visible()
    assert station.evaluate("document.documentElement.scrollWidth") <= 360
    station.click("button:has-text('Ốm')")
    expect(station.locator("main")).to_contain_text("nên lấy mẫu", use_inner_text=True)
    station.click("button:has-text('Đã lấy mẫu')")
    station.click("th a")
    station.click("button:has-text('Dương tính')")
    expect(station.locator("main")).to_contain_text("CDC thấy ngay để mở ca", use_inner_text=True)
    with inside(product.world.app()):
        said = db.session.scalars(sa.select(ContactCheck.said).order_by(ContactCheck.kind, ContactCheck.number)).all()
        assert said == ["ill", "waiting", "positive"]

    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    officer.goto(f"{product.staff}/duty/")
    officer.fill("[name=note]", "F0-0001: một F1 dương tính, chờ mở ca")
    officer.click("form[action$='/duty/'] button")
    expect(officer.locator("main")).to_contain_text("Đã giao ca", use_inner_text=True)

    second = open_page(width=1280, height=900)
    sign_in(second, product.staff, SECOND)
    second.click("a:has-text('Xem và nhận ca')")
    second.click("button:text-is('Nhận ca')")
    expect(second.locator("main")).to_contain_text("Bạn đã nhận ca", use_inner_text=True)
    second.click("a:text-is('■ 1') >> nth=1")
    second.click("main a:text-is('Mở ca')")
    second.click("main form.ask button")
    second.wait_for_url("**/cases/F0-0002")
    with inside(product.world.app()):
        one = db.session.scalars(sa.select(DutyHandover)).one()
        assert one.taken_by_name and one.numbers["positive"] == 1 and one.numbers["ill"] == 1
        cases = db.session.scalars(sa.select(Case).order_by(Case.seq)).all()
        assert len(cases) == 2 and cases[1].sample_on and cases[1].person_id
    officer.goto(f"{product.staff}/duty/")
    assert officer.locator("#cases").count() and "minh@cdc" in officer.inner_text("main")
