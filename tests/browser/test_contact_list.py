"""A list from another app, from the officer's file to the station that calls, and what came of it back at the case."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin import clock
from checkin.contacts.models import Contact
from checkin.db import db
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]


def test_a_list_from_elsewhere_reaches_the_station_and_its_bad_row_stops_nothing(product, accounts, open_page):
    app = product.world.app()
    with inside(app):
        factories.case(db.session())
        factories.commit()
    today = clock.today()
    listed = "\n".join((
        "STT;Họ tên;SĐT;Năm sinh;Phường;Ngày tiếp xúc;Chỗ gặp nhau",
        f"1;Trần Văn Hưng;904118226;1971;Hà Tu;{today:%d/%m/%Y};Chợ Hạ Long 1",
        f"2;Không Số;;1990;Hà Tu;{today:%d/%m/%Y};Chợ Hạ Long 1",
        f"3;Lê Thị Na;0904118227;1990;Bạch Đằng;{today:%d/%m/%Y};",
    ))  # fmt: skip
    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    officer.goto(f"{product.staff}/cases/F0-0001/list")
    sent = {"name": "bluezone.csv", "mimeType": "text/csv", "buffer": listed.encode()}
    officer.set_input_files("#file", sent)
    officer.click("button:text-is('Gửi tệp và xem trước')")
    # One heading says nothing: somebody says what it means.
    asked = officer.locator(".choice:has-text('chưa rõ')")
    expect(asked).to_have_count(1)
    asked.locator("select").select_option("place")
    officer.click("button:text-is('Dùng lựa chọn này và xem trước lại')")
    officer.click("button[name=show][value=bad]")
    assert "thiếu số điện thoại" in officer.inner_text("tbody tr:has-text('Không Số')")
    with inside(app):
        assert db.session.scalars(sa.select(Contact)).all() == []
    officer.click("button:text-is('Giao gọi 2 người')")
    expect(officer.locator("main")).to_contain_text("Đã giao 2 người", use_inner_text=True)
    assert "Không Số" in officer.inner_text("main")

    # The station of Hà Tu has the one who lives there, where he was, and not whose contact he is.
    station = open_page(width=360)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/")
    expect(station.locator("a[href*='/station/contacts/']")).to_have_count(1)
    station.click("a[href*='/station/contacts/']")
    told = station.inner_text("main")
    assert "Trần Văn Hưng" in told and "0904 118 226" in told and "Chợ Hạ Long 1" in told
    assert "Na" not in station.inner_text("h1") and "F0-0001" not in station.content()
    station.check("[name=result][value=not_reached]")
    station.click("form[action$='/call'] button:not([name])")

    # The next file with this heading is understood, and gives nobody a second time.
    officer.goto(f"{product.staff}/cases/F0-0001/list")
    officer.set_input_files("#file", sent)
    officer.click("button:text-is('Gửi tệp và xem trước')")
    expect(officer.locator("button[name=show][value=before] b")).to_have_text("2")
    assert officer.locator(".choice:has-text('chưa rõ')").count() == 0
    # And what the station did stands at the case.
    officer.goto(f"{product.staff}/cases/F0-0001/contacts")
    expect(officer.locator("tbody tr:has-text('Trần Văn Hưng')")).to_contain_text("Chưa gọi được", ignore_case=True)
    with inside(app):
        assert len(db.session.scalars(sa.select(Contact)).all()) == 2
