"""The main job from end to end, in the browser, as two processes with two roles on PostgreSQL."""

import csv
import io
from datetime import timedelta

import openpyxl
import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import expect

from checkin import clock
from tests import cast

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]

VENUE = "Quán phở Bình – Hồng Gai"


def sign_in(page, address, who):
    page.goto(f"{address}/sign-in")
    page.fill("[name=login]", who[0])
    page.fill("[name=password]", who[1])
    page.click("main form button[type=submit], main form button:not([type])")


def look_up(officer, product, venue, around=timedelta(hours=1)):
    """A lookup of a venue so long before and after now, bound to a case that is opened in the lookup itself.

    At most until the day's last minute, as a lookup may not reach into tomorrow.
    """
    now = clock.to_local(clock.now())
    end = min(now + around, now.replace(hour=23, minute=59))
    officer.goto(f"{product.staff}/lookup/")
    form = officer.locator("form[action$='/lookup/place']")
    form.locator("[name=case]").select_option("new")
    form.locator("[name=case_title]").fill("Quán phở, ca thử")
    form.locator("[name=reason]").fill("Truy vết người cùng quán")
    form.locator("[name=venue]").fill(venue)
    form.locator("[name=start]").fill((now - around).strftime("%Y-%m-%dT%H:%M"))
    form.locator("[name=end]").fill(end.strftime("%Y-%m-%dT%H:%M"))
    form.locator("button[type=submit], button:not([type])").last.click()
    officer.wait_for_url("**/lookup/*-*")


def register_venue(page, address):
    """The owner's one page, which leads to the code."""
    page.goto(f"{address}/sign-up")
    page.fill("[name=name]", VENUE)
    page.select_option("[name=kind]", "food")
    # Behind the field in which one types, where there is JavaScript.
    page.select_option("[name=commune]", label="Phường Hồng Gai", force=True)
    page.fill("[name=address]", "Số 5, phố Kim Hoàn")
    page.fill("[name=login]", cast.OWNER[0])
    page.fill("[name=password]", cast.OWNER[1])
    page.click("main form button:not([type=button])")
    page.wait_for_url("**/venues/*-*")


def decode_poster(pdf: bytes) -> str:
    """The address in the QR code of the poster's rendered page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        image = document[0].render(scale=110 / 72).to_pil()
    finally:
        document.close()
    (found,) = zxingcpp.read_barcodes(image)
    return found.text


def answer_no(page):
    for name in ("symptoms", "contact_sick", "travel"):
        page.check(f"[name={name}][value=no]")


@pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="javascript"), pytest.param(False, id="no-javascript", marks=pytest.mark.long)]
)
def test_from_a_code_on_the_wall_to_the_person_who_was_there(product, accounts, open_page, javascript):
    owner = open_page(width=1280)
    register_venue(owner, product.public)
    link = owner.get_attribute("a[href$='poster-a4.pdf']", "href")
    pdf = owner.request.get(f"{product.public}{link}").body()
    address = decode_poster(pdf)
    assert address.startswith(f"{product.public}/v/")

    # The visitor declares with the string of a citizen card in one field.
    visitor = open_page(javascript=javascript)
    visitor.goto(address)
    assert visitor.inner_text("h1") == VENUE
    assert "Phường Hồng Gai" in visitor.inner_text("main")
    visitor.click(".fill summary")
    visitor.fill("[name=card]", cast.CCCD)
    visitor.press("[name=card]", "Enter")
    visitor.wait_for_function("document.querySelector('[name=full_name]').value !== ''") if javascript else None
    assert visitor.input_value("[name=full_name]") == "Nguyễn Thị Ánh Tuyết"
    assert visitor.input_value("[name=birth_year]") == "1985"
    assert visitor.is_checked("[name=gender][value=female]")
    visitor.fill("[name=phone]", "+84 912.345.678")
    if not visitor.input_value("[name=commune]"):
        visitor.select_option("[name=commune]", label="Phường Hạ Long")
    answer_no(visitor)
    visitor.check("[name=consent]")
    visitor.click("main form button[type=submit]:not([name=fill])")
    expect(visitor.locator("body")).to_contain_text("ĐÃ KHAI BÁO", use_inner_text=True)
    assert "Nguyễn Thị Ánh Tuyết" in visitor.inner_text("body")

    # The officer finds the visit by place, bound to a case opened in the lookup itself.
    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    look_up(officer, product, "quan pho binh")
    assert "Nguyễn Thị Ánh Tuyết" in officer.inner_text("main")
    assert "F0-0001" in officer.inner_text("main")
    for secret in ("022185001234", "912345678", "Tuy"):
        assert secret not in officer.url

    # The export opens again with the name intact.
    listed = officer.url
    officer.click("form[action$='export.xlsx'] button")
    # Made by a process beside; the page comes anew by itself until it is ready, also without JavaScript.
    officer.wait_for_selector("form[action$='/file'] button", timeout=60_000)
    with officer.expect_download() as download:
        officer.click("form[action$='/file'] button")
    rows = list(openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).worksheets[0].values)
    assert rows[1][1] == "Nguyễn Thị Ánh Tuyết"
    officer.goto(listed)
    with officer.expect_download() as download:
        officer.click("form[action$='export.csv'] button")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1][1] == "Nguyễn Thị Ánh Tuyết"

    # And by person, by each of what may be known.
    for field in (
        {"id_number": "022185001234"},
        {"phone": "0912345678"},
        {"full_name": "nguyen thi anh tuyet", "birth_year": "1985"},
    ):
        officer.goto(f"{product.staff}/lookup/?by=person")
        form = officer.locator("form[action$='/lookup/person']")
        form.locator("[name=case]").select_option("F0-0001")
        form.locator("[name=reason]").fill("Lịch trình của ca bệnh")
        for name, value in field.items():
            form.locator(f"[name={name}]").fill(value)
        form.locator("button[type=submit], button:not([type])").last.click()
        officer.wait_for_url("**/lookup/*-*")
        shown = officer.inner_text("main")
        assert VENUE in shown, field
        assert "Nguyễn Thị Ánh Tuyết" in shown, field


@pytest.mark.long
def test_the_second_visit_is_one_confirmation(product, open_page):
    owner = open_page(width=1280)
    register_venue(owner, product.public)
    link = owner.get_attribute("a[href$='poster-a4.pdf']", "href")
    address = decode_poster(owner.request.get(f"{product.public}{link}").body())
    visitor = open_page()
    visitor.goto(address)
    visitor.fill("[name=full_name]", "Nguyễn Thị Ánh Tuyết")
    visitor.fill("[name=birth_year]", "1985")
    visitor.fill("[name=phone]", "0912345678")
    visitor.check("[name=gender][value=female]")
    visitor.select_option("[name=commune]", label="Phường Hạ Long")
    answer_no(visitor)
    visitor.check("[name=consent]")
    visitor.click("main form button[type=submit]:not([name=fill])")
    visitor.goto(address)
    assert "N. T. Ánh Tuyết" in visitor.inner_text("main")
    visitor.click("button[name=confirm]")
    expect(visitor.locator("body")).to_contain_text("ĐÃ KHAI BÁO", use_inner_text=True)
    assert "Nguyễn Thị Ánh Tuyết" in visitor.inner_text("body")


@pytest.mark.long
def test_the_chain_in_english(product, accounts, open_page):
    owner = open_page(width=1280, locale="en-GB")
    register_venue(owner, product.public)
    assert owner.get_attribute("html", "lang") == "en"
    link = owner.get_attribute("a[href$='poster-a4.pdf']", "href")
    address = decode_poster(owner.request.get(f"{product.public}{link}").body())
    visitor = open_page(locale="en-GB")
    visitor.goto(address)
    visitor.fill("[name=full_name]", "Mary O'Neill")
    visitor.fill("[name=birth_year]", "1990")
    visitor.fill("[name=phone]", "+44 7911 123456")
    visitor.check("[name=gender][value=female]")
    visitor.select_option("[name=commune]", label="Phường Hạ Long")
    answer_no(visitor)
    visitor.check("[name=symptoms][value=yes]")
    visitor.check("[name=symptom][value=cough]")
    visitor.check("[name=consent]")
    visitor.click("main form button[type=submit]:not([name=fill])")
    assert visitor.get_attribute("html", "lang") == "en"
    assert "CẦN HỖ TRỢ" not in visitor.inner_text("body")
    assert "Mary O'Neill" in visitor.inner_text("body")
