"""The honest cougher, from /declare and from a doorway to the station that calls: four people, two tiers, PostgreSQL."""

import pytest
from playwright.sync_api import expect

from checkin.db import db
from tests import cast, factories
from tests.browser.test_chain import answer_no, sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]

OTHER = ("hoa@tram", "trạm y tế phường Hồng Gai")


@pytest.fixture
def door(product, accounts):
    """The address of a market's code; and a station of another commune."""
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "commune", OTHER, factories.HONG_GAI)
        made = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        code = factories.code_of(session, made)
        factories.commit()
    return f"{product.public}/v/{code}"


def who(page, name, phone):
    page.fill("[name=full_name]", name)
    page.fill("[name=birth_year]", "1985")
    page.fill("[name=phone]", phone)
    page.check("[name=gender][value=female]", force=True)
    page.select_option("[name=commune]", factories.HA_TU, force=True)


def send(page):
    page.check("[name=consent]")
    page.click("main form button[type=submit]:not([name=fill])")


@pytest.mark.long
@pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="javascript"), pytest.param(False, id="no-javascript", marks=pytest.mark.wide)]
)
def test_who_says_that_they_cough_is_called_by_the_station_of_their_commune_alone(product, door, open_page, javascript):
    # At home, without a venue.
    ill = open_page(javascript=javascript)
    ill.goto(product.public)
    ill.click("a[href='/declare']")
    ill.click("a[href$='/declare/ill']")
    who(ill, "Nguyễn Thị Ánh Tuyết", "0912 345 678")
    ill.check("[name=symptom][value=cough]")
    for name in ("contact_sick", "contact_abroad", "contact_signs", "travel"):
        ill.check(f"[name={name}][value=no]", force=True)
    send(ill)
    ill.wait_for_selector("text=ĐÃ GỬI TỜ KHAI")
    told = ill.inner_text("body")
    assert "KB-" in told and "Ho\n" not in told and "không phải giấy phép" in told

    # In the doorway of a market.
    visitor = open_page(javascript=javascript)
    visitor.goto(door)
    who(visitor, "Phạm Thị Lan", "0904 118 226")
    answer_no(visitor)
    visitor.check("[name=symptoms][value=yes]", force=True)
    visitor.check("[name=symptom][value=fever]")
    send(visitor)
    visitor.wait_for_selector("text=CẦN HỖ TRỢ")

    # The station of the commune where both live has them on one list.
    officer = open_page(width=1280, javascript=javascript)
    sign_in(officer, product.staff, cast.COMMUNE)
    officer.wait_for_url("**/station/")
    listed = officer.inner_text("main table")
    for words in (
        "Nguyễn Thị Ánh Tuyết",
        "Ho",
        "0912 345 678",
        "Báo không khoẻ",
        "Phạm Thị Lan",
        "Sốt",
        "0904 118 226",
        "Chợ Hạ Long 1",
    ):
        assert words in listed, words

    # It calls her, notes it, and is done; a colleague sees that it is.
    officer.click("text=Nguyễn Thị Ánh Tuyết")
    assert officer.get_attribute("a.btn[href^='tel:']", "href") == "tel:0912345678"
    officer.click("text=Tôi gọi người này")
    officer.check("[name=result][value=reached]", force=True)
    officer.fill("[name=note]", "Sốt nhẹ, đã hẹn lấy mẫu tại nhà")
    officer.check("[name=done]")
    officer.click("text=Ghi cuộc gọi")
    officer.wait_for_selector("text=Đã ghi cuộc gọi.")
    colleague = open_page(width=1280, javascript=javascript)
    sign_in(colleague, product.staff, cast.COMMUNE)
    colleague.wait_for_url("**/station/")
    assert "Ánh Tuyết" not in colleague.inner_text("main table") and "Phạm Thị Lan" in colleague.inner_text(
        "main table"
    )
    colleague.click("nav.filters a[href*='show=done']")
    colleague.click("text=Nguyễn Thị Ánh Tuyết")
    expect(colleague.locator("main")).to_contain_text("đã hẹn lấy mẫu tại nhà", use_inner_text=True)

    # Another commune has nobody; the owner's side shows nothing of it; the CDC's numbers name nobody.
    stranger = open_page(width=1280, javascript=javascript)
    sign_in(stranger, product.staff, OTHER)
    stranger.wait_for_url("**/station/")
    assert "Không có ai cần gọi" in stranger.inner_text("main")
    command = open_page(width=1280, javascript=javascript)
    sign_in(command, product.staff, cast.COMMAND)
    command.goto(f"{product.staff}/stations/")
    assert "Phường Hà Tu" in command.inner_text("main table") and "Lan" not in command.inner_text("main")
