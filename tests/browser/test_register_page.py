"""A register in Chromium: sent by the administrator, worked on beside the staff process, seen by station and visitor."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin.db import db
from checkin.venues.models import Code, Venue
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.register.files import register, row, workbook
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

NAME = "Siêu thị Hải Yến, tầng hầm trung tâm thương mại lớn nhất phường Hà Tu"


@pytest.fixture
def two(product):
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "admin", cast.ADMIN)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        factories.commit()


def barriers(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21aa','wcag22aa','best-practice']})")
    assert found["violations"] == [], [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


@pytest.mark.wide
@pytest.mark.parametrize(
    ("javascript", "width", "locale"),
    [
        pytest.param(True, 360, "vi-VN", id="javascript"),
        pytest.param(False, 1280, "en-GB", id="no-javascript", marks=pytest.mark.wide),
    ],
)
def test_from_a_workbook_to_a_page_that_a_visitor_opens(
    product, two, open_page, axe, tmp_path, javascript, width, locale
):
    path = tmp_path / "Sổ cơ sở.xlsx"
    path.write_bytes(
        workbook(
            ["Tên cơ sở", "Địa chỉ", "Xã phường", "SĐT"],
            [NAME, "Số 12", "Hà Tu", 912345678],
            ["Chợ", "Khu 2", "Hạ Long", None],
            [None, "Số 3", "Hà Tu", None],
        )
    )
    page = open_page(width=width, height=800, locale=locale, javascript=javascript)
    sign_in(page, product.staff, cast.ADMIN)
    page.goto(f"{product.staff}/register/")
    if javascript:
        barriers(page, axe)
    page.set_input_files("#file", path)
    page.click("main form button.btn.small")
    page.wait_for_selector("select[name=choice-0]", timeout=60_000)
    if javascript:
        barriers(page, axe)
    page.select_option("select[name=choice-0]", label="Phường Hạ Long")
    page.click("form[action$=communes] button")
    page.wait_for_selector("form[action$=load] button", timeout=60_000)
    assert page.locator("select").count() == 0
    page.click("form[action$=load] button")
    page.wait_for_selector("[data-state=done-load]", timeout=60_000)
    if javascript:
        barriers(page, axe)

    station = open_page(width=1280, height=800)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/venues")
    assert NAME in station.content() and "Khu 2" not in station.content()
    with inside(product.world.app()):
        code = db.session.scalar(sa.select(Code.code).join(Venue, Code.venue_id == Venue.id).where(Venue.name == NAME))
    visitor = open_page(width=360, height=800)
    assert visitor.goto(f"{product.public}/v/{code}").status == 200
    assert NAME in visitor.content()


@pytest.mark.wide
def test_a_file_that_is_too_large_is_said_before_and_after_it_is_sent(product, two, open_page, tmp_path):
    path = tmp_path / "so.csv"
    path.write_bytes(register(row()) + b"\n" * (30 << 20))
    page = open_page(width=1280, height=800, locale="vi-VN")
    sign_in(page, product.staff, cast.ADMIN)
    page.goto(f"{product.staff}/register/")
    page.set_input_files("#file", path)
    assert "20 MB" in page.eval_on_selector("#file", "input => input.validationMessage")
    plain = open_page(width=1280, height=800, locale="vi-VN", javascript=False)
    sign_in(plain, product.staff, cast.ADMIN)
    plain.goto(f"{product.staff}/register/")
    plain.set_input_files("#file", path)
    plain.click("main form button.btn.small")
    # Beside its field, without JavaScript.
    expect(plain.locator("#file-error")).to_contain_text("Tệp lớn hơn 20 MB")


@pytest.mark.wide
def test_what_is_no_register_and_what_has_200_000_rows_is_said_in_words_and_makes_nothing(
    product, two, open_page, tmp_path
):
    bill, long = tmp_path / "so.xlsx", tmp_path / "so.csv"
    bill.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"a bill\n" * 500)
    long.write_bytes(register(*(f"{n};Quán {n};Ăn uống;Số {n};Hà Tu;;" for n in range(200_000))))
    assert long.stat().st_size < 20 << 20
    page = open_page(width=1280, height=800, locale="vi-VN")
    sign_in(page, product.staff, cast.ADMIN)
    for path, words in ((bill, "không phải CSV hay XLSX"), (long, "100.000 dòng")):
        page.goto(f"{product.staff}/register/")
        page.set_input_files("#file", path)
        page.click("main form button.btn.small")
        expect(page.locator("main")).to_contain_text(words, timeout=60_000)
        assert page.locator("form[action$=load]").count() == 0
    with inside(product.world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Venue)) == 0
