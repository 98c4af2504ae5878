"""Working people in Chromium: an owner lists somebody as the public role, and the CDC's lookup of the place finds them."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from checkin.db import db
from checkin.workers import rounds
from tests import cast
from tests.browser.conftest import FLAGS
from tests.browser.desks import film_of
from tests.browser.test_chain import look_up, register_venue, sign_in
from tests.browser.test_desk import PLAIN, PLAIN_MAN
from tests.browser.test_public_pages import TOO_WIDE
from tests.conftest import CHROMIUM
from tests.worlds import inside

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
GO = "main form button:not([type])"


def add(owner, shop, **fields):
    """Type somebody as an owner does, with a shift round the clock."""
    owner.goto(f"{shop}/workers/new")
    told = {"full_name": "Trần Văn Hưng", "birth_year": "1971", "phone": "0904 118 226", "starts": "0h", "ends": "24h"}
    for name, value in {**told, **fields}.items():
        owner.fill(f"[name={name}]", value)
    owner.click(GO)
    owner.wait_for_url(re.compile(r"/workers/$"))


def write_shifts(product):
    """What the staff tier's process does every few seconds, now."""
    with inside(product.world.app("staff")):
        rounds.write_all(db.session())


def test_whom_an_owner_lists_is_on_the_contact_list_of_the_cdc(product, accounts, open_page):
    owner = open_page(width=1280)
    register_venue(owner, product.public)
    shop = owner.url
    owner.goto(shop)
    assert "Ghi danh sách người làm việc" in owner.inner_text("main")
    add(owner, shop, job="bán cá")
    assert "T. V. Hưng" in owner.inner_text("main") and "Trần" not in owner.content()
    write_shifts(product)
    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    look_up(officer, product, "quan pho binh", timedelta(minutes=20))
    shown = officer.inner_text("main")
    assert "Trần Văn Hưng" in shown and "Ca làm" in shown
    # The owner says that they were off: the list of the next lookup is without them.
    owner.goto(f"{shop}/workers/today")
    owner.click("form[action$='/day'] button:has-text('Nghỉ hôm nay')")
    owner.wait_for_selector("button:has-text('Hoàn tác')")
    write_shifts(product)
    officer.reload()
    assert "Trần Văn Hưng" not in officer.inner_text("main")


@pytest.mark.wide
def test_a_card_held_before_the_camera_is_put_on_the_list(product, chromium, tmp_path):
    film = film_of(cast.CCCD, tmp_path / "card.mjpeg")
    fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS.split(), *fake])
    owner = browser.new_context(permissions=["camera"], locale="vi-VN").new_page()
    register_venue(owner, product.public)
    shop = owner.url
    owner.goto(f"{shop}/workers/scan")
    owner.fill("[name=starts]", "7h")
    owner.fill("[name=ends]", "17h")
    owner.click("[data-camera-open]")
    expect(owner.locator("#said")).to_contain_text("N. T. Ánh Tuyết", timeout=20_000)
    owner.goto(f"{shop}/workers/")
    expect(owner.locator("main a:has-text('Sửa')")).to_have_count(1)
    browser.close()


@pytest.mark.wide
def test_whom_an_owner_listed_by_mistake_is_gone_with_the_shift_that_was_written(product, accounts, open_page):
    owner = open_page()
    register_venue(owner, product.public)
    shop = owner.url
    add(owner, shop)
    write_shifts(product)
    owner.click("main a:has-text('Sửa')")
    owner.click("text=Ghi nhầm: xoá người này")
    owner.click("form[action$='/remove'] button")
    owner.wait_for_url(re.compile(r"/workers/$"))
    expect(owner.locator("main a:has-text('Sửa')")).to_have_count(0)
    write_shifts(product)
    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    look_up(officer, product, "quan pho binh", timedelta(minutes=20))
    assert "Trần Văn Hưng" not in officer.inner_text("main")


def test_a_keyboard_scanner_adds_one_after_the_other_without_leaving_the_page(product, open_page):
    owner = open_page()
    register_venue(owner, product.public)
    shop = owner.url
    owner.goto(f"{shop}/workers/scan")
    owner.fill("[name=starts]", "7h")
    owner.fill("[name=ends]", "17h")
    for card, name in ((cast.CCCD, "N. T. Ánh Tuyết"), (cast.CCCD_MAN, "T. V. Hưng")):
        owner.fill("[name=card]", card)
        owner.press("[name=card]", "Enter")
        owner.wait_for_function("name => document.getElementById('said').textContent.includes(name)", arg=name)
        assert owner.input_value("[name=card]") == "" and owner.input_value("[name=starts]") == "7h"
    owner.goto(f"{shop}/workers/")
    assert "N. T. Ánh Tuyết" in owner.inner_text("main") and "T. V. Hưng" in owner.inner_text("main")


@pytest.mark.wide
def test_cards_scanned_without_network_wait_and_are_sent_one_by_one(product, open_page):
    owner = open_page(width=1280)
    register_venue(owner, product.public)
    shop = owner.url
    owner.goto(f"{shop}/workers/scan")
    owner.fill("[name=starts]", "7h")
    owner.fill("[name=ends]", "17h")
    owner.focus("[name=card]")
    owner.context.set_offline(True)
    for number, card in enumerate([PLAIN, PLAIN_MAN, "không phải thẻ"], 1):
        owner.keyboard.type(card)
        owner.keyboard.press("Enter")
        owner.wait_for_function(
            "text => document.querySelector('[data-unsent]').textContent.startsWith(text)", arg=f"{number} thẻ chưa gửi"
        )
        assert owner.input_value("[name=card]") == "" and not owner.inner_text("#said")
    owner.context.set_offline(False)
    owner.wait_for_selector("[data-unsent]", state="hidden")
    told = owner.inner_text("#said")
    assert "N. T. A. Tuyet" in told or "N. T. Anh Tuyet" in told
    assert "T. V. Hung" in told and "Không đọc được thẻ này" in told
    # A press by mouse, then a card: it presses nothing.
    owner.click("[data-camera-open]")
    owner.keyboard.type(PLAIN)
    owner.keyboard.press("Enter")
    owner.wait_for_function("() => !document.getElementById('said').textContent.includes('Hung')")
    owner.wait_for_function("() => document.querySelector('#said .warn')")
    owner.goto(f"{shop}/workers/")
    assert owner.locator("main a:has-text('Sửa')").count() == 2


@pytest.mark.wide
def test_wrong_hours_are_mended_on_the_page_and_the_cards_are_sent_then(product, open_page):
    owner = open_page()
    register_venue(owner, product.public)
    shop = owner.url
    owner.goto(f"{shop}/workers/scan")
    owner.fill("[name=starts]", "sáng")
    owner.fill("[name=card]", cast.CCCD)
    owner.press("[name=card]", "Enter")
    owner.wait_for_selector("[data-unsent]:not([hidden])")
    assert (
        owner.inner_text("[data-unsent]").startswith("1 thẻ chưa gửi") and "sửa" in owner.inner_text(".summary").lower()
    )
    owner.fill("[name=starts]", "7h")
    owner.fill("[name=ends]", "17h")
    owner.press("[name=ends]", "Enter")
    owner.wait_for_function("() => document.getElementById('said').textContent.includes('N. T. Ánh Tuyết')")
    owner.goto(f"{shop}/workers/")
    assert "N. T. Ánh Tuyết" in owner.inner_text("main")


@pytest.mark.wide
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.wide)])
def test_no_page_of_working_people_has_a_barrier_or_is_cut_off(product, open_page, axe, width, language, tmp_path):
    owner = open_page(width=width)
    register_venue(owner, product.public)
    shop = owner.url
    pages = ["workers/", "workers/new", "workers/paste", "workers/scan", "workers/today", "workers/sheet"]

    def look(name):
        for path in pages:
            assert owner.goto(f"{shop}/{path}?lang={language}").status == 200
            found = owner.evaluate(TOO_WIDE)
            assert not found, (path, found)
            owner.evaluate(axe)
            wrong = owner.evaluate(
                "async () => (await axe.run()).violations.map(v => [v.id, v.nodes.map(n => n.html)])"
            )
            assert wrong == [], (path, wrong)
            owner.screenshot(path=tmp_path / f"{name}-{path.replace('/', '-')}.png", full_page=True)

    look("empty")
    add(owner, shop, full_name="Nguyễn " + "Thị " * 8 + "Hoàng Oanh", job="x" * 60)
    owner.goto(f"{shop}/workers/paste")
    lines = [f"Người Thứ {n};1980;0904 11{n:04d};;{n % 12}h;{n % 12 + 9}h;T2-T6;việc {n}" for n in range(30)]
    owner.fill("[name=rows]", "\n".join([*lines, "Thiếu Năm;;0904;Khu Lạ;7h;x;T9"]))
    owner.click("button:has-text('Xem trước'), button:has-text('Preview')")
    owner.wait_for_selector("#preview")
    owner.screenshot(path=tmp_path / "preview.png", full_page=True)
    assert not owner.evaluate(TOO_WIDE)
    owner.click("button[name=save]")
    owner.wait_for_load_state("load")
    pages[1:1] = [
        owner.evaluate(
            "async shop => (await (await fetch(shop + '/workers/')).text()).match(/workers.[0-9a-f-]{36}/)[0]", shop
        )
    ]
    look("full")
