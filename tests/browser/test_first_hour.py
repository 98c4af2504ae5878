"""The first hour of a night: one officer, from a positive test to calls, a notice, the first F1 and the hand-over; three
other desks see it, and the page of aims counts it."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin import clock
from checkin.cases.models import Case
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.duty.models import DutyHandover
from checkin.notices.models import Notice
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.browser.test_public_pages import fill_in, send
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

SECOND = ("minh@cdc", "mật khẩu dài của Minh")
CASE = replace(
    cast.CITIZEN, full_name="Lê Văn Khang", phone="+84912345600", id_number="", birth_year=1980, commune_id="06685"
)
COMMUNES = (factories.HONG_GAI, factories.HA_TU, "06994")
HOUR = timedelta(hours=1)


@pytest.fixture
def market(product, accounts):
    """The address of a market's door; Khang has been there for an hour, and twenty people of three communes."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", SECOND)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.coughing(CASE), at=now - HOUR)
        for number in range(20):
            who = replace(
                cast.NEIGHBOUR,
                full_name=f"Trần Văn Hưng {chr(65 + number)}",
                phone=f"+8490411{8200 + number}",
                birth_year=1960 + number,
                commune_id=COMMUNES[number % 3],
            )
            factories.check_in(
                app, session, vault, market, cast.healthy(who), at=now - HOUR + timedelta(minutes=number)
            )
        factories.commit()
        return f"{product.public}/v/{factories.code_of(session, market)}"


def open_case(officer, product):
    """A case opened in the lookup of the person who tested positive, and made that person's."""
    officer.goto(f"{product.staff}/lookup/?by=person")
    form = officer.locator("form[action$='/lookup/person']")
    form.locator("[name=phone]").fill("0912345600")
    form.locator("[name=case]").select_option("new")
    form.locator("[name=case_title]").fill("Tiểu thương, khu hải sản")
    form.locator("[name=case_sample]").fill(clock.to_local(clock.now()).date().isoformat())
    form.locator("[name=reason]").fill("Xét nghiệm dương tính tối nay")
    form.locator(".go button").click()
    officer.click("button:has-text('Đây là người của ca F0-0001')")
    officer.wait_for_url("**/cases/F0-0001")


def test_the_first_hour_of_a_night_with_one_officer(product, market, open_page):
    visitor, stranger = open_page(), open_page()
    visitor.goto(market)
    fill_in(visitor)
    send(visitor)
    assert "ĐÃ KHAI BÁO" in visitor.inner_text("h1")

    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    open_case(officer, product)
    asking = officer.locator("form[action$='/cases/F0-0001/lookup']")
    asking.locator("[name=reason]").fill("Lập danh sách cần gọi")
    asking.locator("button").click()
    officer.wait_for_url("**/lookup/*-*")
    expect(officer.locator("tbody tr")).to_have_count(21)

    # Twenty of them, whoever they are: the visitor is left to the notice.
    for tick in officer.locator("tbody tr:has-text('Trần Văn Hưng') input[name=person]").all():
        tick.check()
    officer.click("button:text-is('Giao gọi')")
    expect(officer.locator("main")).to_contain_text("Đã giao 20 người", use_inner_text=True)
    with inside(product.world.app()):
        given = db.session.execute(sa.select(Contact.commune_id, Contact.stage)).all()
        assert Counter(given) == {(COMMUNES[0], "call"): 7, (COMMUNES[1], "call"): 7, (COMMUNES[2], "call"): 6}

    officer.goto(f"{product.staff}/cases/F0-0001/notice")
    officer.select_option("[name=severity]", "watch")
    officer.fill("[name=words_vi]", "Ông/bà theo dõi sức khoẻ và gọi trạm y tế khi thấy ho, sốt.")
    officer.click(".go button")
    officer.fill("[name=reason]", "Không đủ người gọi trong đêm")
    officer.click("button[value=now]")
    expect(officer.locator("main")).to_contain_text("Đã đăng", use_inner_text=True)
    visitor.goto(f"{product.public}/me/")
    expect(visitor.locator("main")).to_contain_text("Theo dõi sức khoẻ", use_inner_text=True, ignore_case=True)
    visitor.click("main a[href*='/notices/']")
    assert "Chợ Hạ Long 1" in visitor.inner_text("main") and "F0" not in visitor.content()
    assert "Tiểu thương" not in visitor.content() and "Khang" not in visitor.content()
    stranger.goto(f"{product.public}/me/")
    assert not stranger.locator("main a[href*='/notices/']").count()
    stranger.goto(f"{product.public}/notices")
    assert "Chợ Hạ Long 1" in stranger.inner_text("main")

    # A second officer has twelve hours to look at it.
    second = open_page(width=1280, height=900)
    sign_in(second, product.staff, SECOND)
    second.goto(f"{product.staff}/approvals/")
    second.click("main tbody a, main .rows a")
    second.click("button[value=approve]")
    with inside(product.world.app()):
        assert db.session.scalars(sa.select(Notice.state)).all() == ["published"]

    # The station calls the first of its seven; what she says makes an F1.
    station = open_page(width=360)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/")
    assert station.locator("a[href*='/station/contacts/']").count() == 7
    assert "Khang" not in station.content() and "F0-0001" not in station.content()
    station.locator("a[href*='/station/contacts/']").first.click()
    called = station.inner_text("h1")
    station.check("[name=result][value=reached]")
    for question, said in (("near", "yes"), ("closed", "no"), ("mask", "no"), ("long", "yes"), ("touch", "no")):
        station.check(f"[name={question}][value={said}]")
    station.click("form[action$='/call'] button:not([name])")
    expect(station.locator("main")).to_contain_text(re.compile("F1"), use_inner_text=True)
    with inside(product.world.app()):
        assert Counter(db.session.scalars(sa.select(Contact.stage))) == {"call": 19, "f1": 1}

    officer.goto(f"{product.staff}/cases/F0-0001")
    officer.click("dt a:text-is('F1')")
    expect(officer.locator("tbody tr")).to_have_count(1)
    assert called in officer.inner_text("tbody tr")

    # The case is asked about; then the night is over, and the colleague takes it from here.
    officer.goto(f"{product.staff}/cases/F0-0001")
    officer.click("button:text-is('Ghi là đã phỏng vấn')")
    officer.goto(f"{product.staff}/duty/")
    officer.fill("[name=note]", "F0-0001: còn 19 người cần gọi")
    officer.click("form[action$='/duty/'] button")
    expect(officer.locator("main")).to_contain_text("Đã giao ca", use_inner_text=True)
    second.goto(f"{product.staff}/lookup/")
    second.click("a:has-text('Xem và nhận ca')")
    second.click("button:text-is('Nhận ca')")
    expect(second.locator("main")).to_contain_text("còn 19 người cần gọi", use_inner_text=True)
    with inside(product.world.app()):
        handed = db.session.scalars(sa.select(DutyHandover)).one()
        counted = {"cases": 1, "to_call": 19, "calls": 1, "new_f1": 1, "watched": 1, "notices": 1}
        assert handed.taken_by_name and counted.items() <= handed.numbers.items()
        case = db.session.scalars(sa.select(Case)).one()
        assert case.interviewed_at is not None
    second.goto(f"{product.staff}/speed/")
    row = second.locator("tr:has-text('F0-0001')")
    expect(row).to_have_count(1)
    assert f"{clock.to_local(case.interviewed_at):%H:%M}" in row.inner_text()
    # Twenty were given today; how many were reached in time is said of those alone whose day is over.
    second.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    today = f"{clock.to_local(clock.now()):%d/%m}"
    row = second.locator(f"details tr:has-text('{today}')")
    assert row.locator("td").all_inner_texts() == ["20", "0/0", "0/0"]
