"""A card on the visitor's form in Chromium: a photo without JavaScript, the camera, a scanner; from the form to the station."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin.db import db
from checkin.declarations.models import Declaration
from tests import cast
from tests.browser.conftest import FLAGS
from tests.browser.desks import film_of
from tests.browser.test_chain import sign_in
from tests.browser.test_public_pages import SEND, TOO_WIDE, make_door
from tests.conftest import CHROMIUM
from tests.people.photos import jpeg, picture
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

READ, SCAN, OTHER = "text=Đọc ảnh thẻ", "[data-scans]", ".fill summary"
FILLED = "Đã điền từ thẻ"


def with_film(chromium, card, path):
    """A browser whose camera sees the card."""
    fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film_of(card, path)}"]
    return chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS.split(), *fake])


def chosen(page, *cards, name="the.jpg", **how):
    """Choose a photo of cards as a phone takes it."""
    photo = jpeg(picture(*cards, **how))
    if page.locator("#photo").is_hidden():
        page.click(OTHER)
    page.set_input_files("#photo", {"name": name, "mimeType": "image/jpeg", "buffer": photo})
    return photo


def answer(page):
    for question in ("symptoms", "contact_sick", "travel"):
        page.check(f"[name={question}][value=no]")
    page.check("[name=consent]")


def declared(product):
    """(id number, name, phone) of each declaration."""
    app = product.world.app()
    with inside(app):
        rows = [vault_of(app).open(row.details) for row in db.session.scalars(sa.select(Declaration))]
        return [(row["id_number"], row["full_name"], row["phone"]) for row in rows]


def test_a_photo_chosen_without_javascript_declares_whom_it_shows(product, open_page):
    page = open_page(javascript=False)
    page.goto(make_door(product))
    expect(page.locator(SCAN)).to_be_hidden()
    page.fill("[name=phone]", "0912 345 678")
    page.check("[name=contact_sick][value=no]")
    chosen(page)
    page.click(READ)
    expect(page.locator("#photo-error")).to_contain_text("Không thấy mã QR")
    assert page.input_value("[name=phone]") == "0912 345 678" and page.is_checked("[name=contact_sick][value=no]")
    chosen(page, cast.CCCD)
    page.click(READ)
    expect(page.locator(".notice.ok")).to_contain_text(FILLED)
    assert page.input_value("[name=full_name]") == "Nguyễn Thị Ánh Tuyết"
    assert page.input_value("[name=phone]") == "0912 345 678"
    answer(page)
    if not page.input_value("[name=commune]"):
        page.select_option("[name=commune]", label="Phường Hạ Long")
    page.click(SEND)
    expect(page.locator("text=ĐÃ KHAI BÁO")).to_be_visible()
    assert declared(product) == [("022185001234", "Nguyễn Thị Ánh Tuyết", "+84912345678")]


def test_whom_a_photo_filled_in_as_ill_is_on_the_list_of_the_station(product, accounts, open_page):
    page = open_page(javascript=False)
    page.goto(f"{product.public}/declare/ill")
    chosen(page, cast.CCCD_MAN)
    page.click(READ)
    expect(page.locator(".notice.ok")).to_contain_text(FILLED)
    page.fill("[name=phone]", "0904 118 226")
    page.select_option("[name=commune]", label="Phường Hà Tu")
    page.check("[name=symptom][value=cough]")
    for question in ("contact_sick", "contact_abroad", "contact_signs", "travel"):
        page.check(f"[name={question}][value=no]")
    page.check("[name=consent]")
    page.click(SEND)
    expect(page.locator("h1")).to_have_text("ĐÃ GỬI TỜ KHAI")
    station = open_page(width=1280, height=900)
    sign_in(station, product.staff, cast.COMMUNE)
    expect(station.locator("main")).to_contain_text("Trần Văn Hưng")


def test_the_camera_fills_in_the_form_and_is_loaded_only_when_it_is_opened(product, chromium, tmp_path):
    browser = with_film(chromium, cast.CCCD, tmp_path / "card.mjpeg")
    page = browser.new_context(
        permissions=["camera"], locale="vi-VN", viewport={"width": 360, "height": 780}
    ).new_page()
    asked, wrong = [], []
    page.on("response", lambda response: asked.append(response))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.goto(make_door(product))
    page.wait_for_load_state("networkidle")
    first = [response.url for response in asked]
    assert not any("zxing" in url or "camera" in url for url in first) and len(first) <= 6
    page.fill("[name=phone]", "0912 345 678")
    page.check("[name=symptoms][value=no]")
    page.click(SCAN)
    expect(page.locator(".notice.ok")).to_contain_text(FILLED, timeout=20_000)
    assert page.input_value("[name=id_number]") == "022185001234"
    assert page.input_value("[name=phone]") == "0912 345 678" and page.is_checked("[name=symptoms][value=no]")
    more = [response for response in asked if response.url not in first]
    assert any("zxing_reader.wasm" in response.url for response in more)
    assert all(response.url.startswith(product.public) for response in more)
    # The page is the ordinary one again: no camera, no WebAssembly.
    expect(page.locator("video")).to_have_count(0)
    answer(page)
    if not page.input_value("[name=commune]"):
        page.select_option("[name=commune]", label="Phường Hạ Long")
    page.click(SEND)
    expect(page.locator("text=ĐÃ KHAI BÁO")).to_be_visible()
    assert declared(product) == [("022185001234", "Nguyễn Thị Ánh Tuyết", "+84912345678")]
    assert not wrong
    browser.close()


@pytest.mark.wide
def test_a_camera_that_sees_the_wall_goes_on_and_one_that_is_missing_or_refused_is_said(
    product, chromium, open_page, tmp_path
):
    door = make_door(product)
    browser = with_film(chromium, door, tmp_path / "wall.mjpeg")
    page = browser.new_context(permissions=["camera"], locale="vi-VN").new_page()
    page.goto(door)
    page.click(SCAN)
    says = page.locator("[data-camera-says]")
    expect(says).to_contain_text("không phải của thẻ", timeout=20_000)
    expect(page.locator("video")).to_be_visible()
    page.click("[data-camera-open]")
    expect(page.locator("video")).to_be_hidden()
    browser.close()
    page = open_page()
    page.goto(door)
    page.fill("[name=full_name]", "Tuyết")
    page.click(SCAN)  # there is none here
    says = page.locator("[data-camera-says]")
    expect(says).to_contain_text("không có máy ảnh")
    page.evaluate("""() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    }""")
    page.click("[data-camera-open]")
    expect(says).to_contain_text("bị chặn")
    # The other ways stand below, and what was typed is there.
    assert page.input_value("[name=full_name]") == "Tuyết"
    chosen(page, cast.CCCD)
    page.click(READ)
    expect(page.locator(".notice.ok")).to_contain_text(FILLED)
    assert page.input_value("[name=full_name]") == "Tuyết" and page.input_value("[name=birth_year]") == "1985"


@pytest.mark.wide
def test_enter_of_a_scanner_fills_in_and_sends_nothing(product, open_page):
    page = open_page(width=1280, height=900)
    page.goto(make_door(product))
    page.click(OTHER)
    page.focus("#card")
    page.keyboard.type(cast.CCCD)
    page.keyboard.press("Enter")
    expect(page.locator(".notice.ok")).to_contain_text(FILLED)
    assert page.input_value("[name=full_name]") == "Nguyễn Thị Ánh Tuyết" and page.input_value("#card") == ""
    # Enter elsewhere sends the form, which says what is missing.
    page.press("[name=phone]", "Enter")
    expect(page.locator("#errors")).to_be_visible()
    assert declared(product) == []


@pytest.mark.wide
def test_a_large_photo_is_made_smaller_on_the_phone_before_it_is_sent(product, open_page):
    page = open_page()
    page.goto(make_door(product))
    photo = chosen(page, cast.CCCD, blur=0)
    assert len(photo) > 1_000_000
    page.wait_for_function("most => document.getElementById('photo').files[0].size < most", arg=len(photo) / 2)
    page.click(READ)
    expect(page.locator(".notice.ok")).to_contain_text(FILLED)
    assert page.input_value("[name=id_number]") == "022185001234"


@pytest.mark.wide
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_the_form_with_a_card_is_whole_in_every_state(product, chromium, open_page, clean, tmp_path, language):
    browser = with_film(chromium, "x", tmp_path / "nothing.mjpeg")
    door = make_door(product)
    for width in (320, 1280):
        page = browser.new_context(permissions=["camera"], viewport={"width": width, "height": 780}).new_page()
        page.goto(f"{door}?lang={language}")
        scan = page.locator(SCAN)
        scan.wait_for()
        states = {"closed": "", "opened": OTHER, "wrong": "[formenctype]", "camera": SCAN}
        for name, press in states.items():
            if press:
                page.click(press)
            page.wait_for_selector({"wrong": "#photo-error", "camera": "video"}.get(name, "#fill"))
            assert not page.evaluate(TOO_WIDE), (name, width)
            if width == 320:
                clean(page, name)
        assert re.search(r"/card", page.url)
    browser.close()
