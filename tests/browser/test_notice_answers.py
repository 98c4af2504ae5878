"""Somebody who was there answers a notice on their phone, without JavaScript; an officer gives them to their station,
sets nonsense aside, and takes the notice back with the case."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin import clock
from checkin.accounts.models import Account
from checkin.db import db
from checkin.ids import new_id
from checkin.notices import queries as notices
from checkin.notices import service
from checkin.replies import service as replies
from checkin.replies.models import NoticeAnswer
from checkin.replies.telling import Telling
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

HOUR = timedelta(hours=1)
NAME, NONSENSE = "Phạm Thị Bích Ngọc", "Vịt Donald"


@pytest.fixture
def notice(product, accounts):
    """A notice about a market, out for the last hours; the local time of its beginning."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc")).one()
        place = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market", commune_id=factories.HA_TU)
        case = factories.case(session, "Tiểu thương Zkhongaibiet")
        words = service.Words(
            venue_id=place.id, zone_id=None, start=now - 5 * HOUR, end=now - 2 * HOUR, severity="test",
            words_vi="Ai mua hải sản xin đi xét nghiệm sớm.", words_en="Whoever bought seafood, please get tested soon.",
        )  # fmt: skip
        how = {"now": now, "actor": officer.actor, "case": case}
        made = service.write(session, words=words, **how)
        service.publish(session, notice=made, lasts=timedelta(days=14), **how)
        factories.commit()
    return now - 4 * HOUR


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_who_was_there_is_called_by_their_station(product, notice, open_page, clean):
    visitor = open_page(width=320, javascript=False)
    visitor.goto(f"{product.public}/notices/TB-0001")
    assert fits(visitor)
    visitor.click("main a.btn")
    assert fits(visitor)
    visitor.click("main form button[type=submit]")
    expect(visitor.locator(".summary li")).to_have_count(8)
    assert fits(visitor)
    for name, value in (("full_name", NAME), ("birth_year", "1990"), ("phone", "0904 118 226")):
        visitor.fill(f"[name={name}]", value)
    visitor.select_option("[name=commune]", factories.HA_TU)
    for name, hours in (("came", 0), ("left", 1)):
        visitor.fill(f"[name={name}]", clock.to_local(notice + hours * HOUR).strftime("%Y-%m-%dT%H:%M"))
    visitor.check("[name=symptoms][value=yes]")
    visitor.check("[name=symptom][value=cough]")
    visitor.check("[name=consent]")
    visitor.click("main form button[type=submit]")
    expect(visitor.locator("h1")).to_have_text("Đã gửi. Cảm ơn bạn")
    assert fits(visitor) and NAME not in visitor.content() and "0904" not in visitor.content()
    with inside(product.world.app()):
        (answer,) = db.session.scalars(sa.select(NoticeAnswer)).all()
        assert NAME.encode() not in bytes(answer.details)

    # In English, with everything that axe asks for.
    guest = open_page(width=320, locale="en-GB")
    for path in ("/notices/TB-0001", "/notices/TB-0001/answer", "/notices/TB-0001/answer/sent"):
        guest.goto(f"{product.public}{path}")
        assert guest.get_attribute("html", "lang") == "en" and fits(guest), path
        clean(guest, path)

    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    officer.goto(f"{product.staff}/cases/F0-0001")
    officer.click("main a:has-text('Người trả lời thông báo: 1')")
    row = officer.locator("tbody tr", has_text=NAME)
    expect(row).to_contain_text(NAME, use_inner_text=True)
    expect(row).to_contain_text("Ho", use_inner_text=True)
    clean(officer, "answers")
    row.locator("input[name=person]").check()
    officer.click("main form button:has-text('Giao người đã chọn')")
    expect(officer.locator("main")).to_contain_text("Đã giao 1 người", use_inner_text=True)

    # Somebody else wrote nonsense: on the officer's phone, set aside and looked at again.
    with inside(product.world.app("public")):
        told = Telling(
            full_name=NONSENSE, birth_year=1990, phone="+84904118227", commune_id=factories.HA_TU, elsewhere="",
            came=notice, left=notice, symptoms=(),
        )  # fmt: skip
        out = notices.public(db.session(), "TB-0001")
        how = {"now": clock.now(), "notice": out, "answer_id": new_id(clock.now())}
        replies.answer(db.session(), vault_of(product.world.app("public")), telling=told, **how)
        factories.commit()
    phone = open_page(width=360, javascript=False)
    sign_in(phone, product.staff, cast.CDC)
    phone.goto(f"{product.staff}/cases/F0-0001/answers")
    assert fits(phone)
    phone.locator("tbody tr", has_text=NONSENSE).locator("input[name=answer]").check()
    phone.fill("#aside [name=reason]", "Tên không có thật")
    phone.click("#aside button")
    expect(phone.locator("tbody")).not_to_contain_text(NONSENSE)
    expect(phone.locator("tbody")).to_contain_text(NAME)
    phone.click("main a:has-text('Không hiện: 1')")
    expect(phone.locator("tbody")).to_contain_text("Tên không có thật", use_inner_text=True)
    assert fits(phone)
    officer.goto(phone.url)
    clean(officer, "set aside")
    phone.locator("tbody input[name=answer]").check()
    phone.click("main form button:has-text('Hiện lại')")
    expect(phone.locator("tbody")).to_contain_text(NONSENSE)

    station = open_page(width=360)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/")
    expect(station.locator("main")).to_contain_text(NAME, use_inner_text=True)
    assert "Zkhongaibiet" not in station.content() and "F0-0001" not in station.content() and fits(station)
    station.click("main a:has-text('Đọc và báo đã nhận')")
    clean(station, "station")
    station.click("main form button:has-text('Đã nhận')")
    expect(station.locator("main")).to_contain_text("báo đã nhận lúc", use_inner_text=True)
    assert fits(station)
    officer.goto(f"{product.staff}/notice/")
    expect(officer.locator("tbody tr")).to_contain_text("giang@tram", use_inner_text=True)
    clean(officer, "notices")

    # The case is none: its page says loudly what everybody still reads, and one press takes it back.
    officer.goto(f"{product.staff}/cases/")
    officer.select_option("tbody select[name=state]", "discarded")
    officer.click("tbody form.act button")
    expect(officer.locator("main")).to_contain_text("vẫn đang hiệu lực", use_inner_text=True)
    clean(officer, "discarded")
    phone.goto(f"{product.staff}/cases/F0-0001")
    assert fits(phone)
    phone.click("main button:has-text('Rút lại ngay')")
    expect(phone.locator("main")).not_to_contain_text("vẫn đang hiệu lực")
    guest.goto(f"{product.public}/notices/TB-0001")
    expect(guest.locator("main")).to_contain_text("The case was ruled out.", use_inner_text=True)
