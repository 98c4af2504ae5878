"""People recorded twice, in Chromium against PostgreSQL's two roles: found, compared, joined, and parted again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from checkin import clock
from checkin.db import db, owner_session
from checkin.doubles import finding
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
NEW = "Nguyễn Thị Anh Tuyết"


@pytest.fixture
def twice(product, accounts):
    """Somebody who told her number twice, a child on her phone; and the nightly search, as the owner of the tables."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        shop = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        again = replace(cast.CITIZEN, full_name=NEW, birth_year=1986, phone="+84904118999", address="")
        child = replace(cast.CITIZEN, full_name="Nguyễn Bảo An", birth_year=2019, id_number="")
        for number, who in enumerate((cast.CITIZEN, again, child)):
            factories.check_in(app, session, vault, shop, cast.healthy(who), at=now - timedelta(hours=5 - number))
        factories.commit()
        with owner_session(app.extensions["checkin_config"]) as owner:
            scan = finding.find(owner, vault, now=now, rules=factories.rules(app, now))
            assert (scan.people, scan.pairs) == (3, 2)


def test_two_records_are_compared_joined_and_parted(product, twice, open_page):
    officer = open_page(width=1280)
    sign_in(officer, product.staff, cast.CDC)
    officer.wait_for_url("**/lookup/")
    officer.get_by_role("link", name="Người bị ghi hai lần").click()
    officer.fill("[name=reason]", "Rà hằng tuần")
    officer.get_by_role("button", name="Xem các cặp").click()
    officer.get_by_role("link", name=cast.CITIZEN.full_name).click()
    expect(officer.get_by_text("chỉ khác dấu")).to_be_visible()
    officer.get_by_role("button", name="Gộp làm một người").click()
    expect(officer.locator("main")).to_contain_text("Ghi lý do")
    officer.fill("[name=reason]", "Cùng số căn cước, đã gọi hỏi")
    officer.get_by_role("button", name="Gộp làm một người").click()
    expect(officer.locator("main")).to_contain_text("Đã gộp: từ nay hai hồ sơ được đọc như một người")
    pair = officer.url
    officer.goto(f"{product.staff}/lookup/?by=person")
    officer.fill("[name=phone]", "0904118999")
    officer.select_option("[name=case]", "signal")
    officer.fill("[name=signal]", "Nghi mắc")
    officer.fill("[name=reason]", "Tìm người")
    officer.locator("main form button:visible").click()
    expect(officer.locator("main")).to_contain_text("Gộp từ 2 hồ sơ")
    officer.goto(pair)
    officer.fill("[name=reason]", "Hai chị em")
    officer.get_by_role("button", name="Tách lại hai hồ sơ").click()
    expect(officer.locator("main")).to_contain_text("mọi thứ như trước khi gộp")
    expect(officer.locator("main")).to_contain_text("Cùng số căn cước, đã gọi hỏi")
