"""The counter in Chromium: scanned, typed, read by a camera; without network, with a browser that is killed."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from checkin import clock
from checkin.accounts.models import Account
from checkin.db import db
from checkin.venues import service as venues
from checkin.venues.models import Venue
from tests import cast, factories
from tests.browser.conftest import FLAGS
from tests.browser.desks import end, film_of, join, open_shop, visits
from tests.browser.test_chain import sign_in
from tests.conftest import CHROMIUM
from tests.worlds import inside

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]


@pytest.fixture
def shop(product):
    return open_shop(product)


def open_desk(product, page, cookie):
    page.context.add_cookies([cookie])
    page.goto(f"{product.public}/desk/")
    page.wait_for_selector("[data-ready]", state="attached")
    return page


def scan(page, card):
    """As a scanner types: wherever the focus is, with Enter at the end."""
    page.keyboard.insert_text(card)
    page.keyboard.press("Enter")


@pytest.mark.long
def test_a_card_scanned_at_one_counter_stands_on_the_list_of_another(product, shop, open_page):
    first = open_desk(product, open_page(width=1280), join(product, shop))
    second = open_desk(product, open_page(), join(product, shop, "Bảo vệ cổng 2"))
    scan(first, cast.CCCD)
    expect(first.locator(".answer .word")).to_have_text("ĐÃ GHI LƯỢT – CHƯA KHAI Y TẾ")
    expect(second.locator("[data-live] .who").first).to_have_text("Nguyễn T. Á. T.")
    first.click("text=Đã hỏi: không có dấu hiệu")
    expect(first.locator(".answer .word")).to_have_text("ĐÃ KHAI BÁO")
    assert "KHAI BÁO" not in second.text_content("main")
    # A wrong press: at the other counter it is taken back, and the first one's next look says so.
    scan(second, cast.CCCD)
    second.click("text=Có điều cần khai: mở tờ khai")
    expect(second.locator("#full_name")).to_have_value("Nguyễn Thị Ánh Tuyết")
    second.check("[name=symptoms][value=yes]", force=True)
    for name in ("contact_sick", "travel"):
        second.check(f"[name={name}][value=no]", force=True)
    second.select_option("#commune", label="Phường Hà Tu", force=True)
    second.check("#consent", force=True)
    second.click("button[type=submit]")
    expect(second.locator(".answer .word")).to_have_text("MỜI SANG BÀN RIÊNG")
    scan(first, cast.CCCD)
    expect(first.locator(".answer .word")).to_have_text("MỜI SANG BÀN RIÊNG")
    # The next card, without touching anything.
    scan(first, cast.CCCD_MAN)
    expect(first.locator(".answer .whose")).to_have_text("Trần V. H.")
    assert len(visits(product)) == 2


PLAIN = "022185003456|100123456|Nguyen Thi Anh Tuyet|12051985|Nu|So 5 duong Le Loi, Ha Tu, Ha Long, Quang Ninh|01012021"
PLAIN_MAN = "022071001234||Tran Van Hung|03021971|Nam|To 3, Ha Tu, Ha Long, Quang Ninh|01012021"
BUTTONS = ".asked button, .issue button, .scan button, [data-camera-open], [data-mute], summary"


def posts_of(page):
    """The paths to which the page sends, as it does."""
    found = []
    page.on("request", lambda request: request.method == "POST" and found.append(request.url.split("/desk")[1]))
    return found


@pytest.mark.wide
@pytest.mark.long
def test_a_scanner_presses_no_button_whichever_has_the_focus(product, shop, open_page):
    page = open_desk(product, open_page(width=1280), join(product, shop))
    page.evaluate("""() => { const box = document.querySelector("[data-unsent]"); box.hidden = false; }""")
    page.keyboard.type(PLAIN)  # key by key: a scanner without accents
    page.keyboard.press("Enter")
    expect(page.locator(".answer .whose")).to_have_text("Nguyen T. A. T.")
    posts = posts_of(page)
    page.on("download", lambda file: pytest.fail("the scanner pressed a button"))
    for number in range(page.locator(BUTTONS).count()):
        button = page.locator(BUTTONS).nth(number)
        if not button.is_visible():
            continue
        button.focus()
        page.keyboard.type(PLAIN_MAN if number % 2 else PLAIN)
        page.keyboard.press("Enter")
        whose = ["Nguyen T. A. T.", "Tran V. H."][number % 2]
        expect(page.locator(".answer .whose")).to_have_text(whose)
        expect(page.locator(".answer .word")).to_have_text("ĐÃ GHI LƯỢT – CHƯA KHAI Y TẾ")
    # The page itself moves the focus in the middle of a card: before a space, and before the Enter.
    page.evaluate("""() => document.addEventListener("keyup", event => {
        if (/[n1]/.test(event.key)) { document.querySelector(".asked button").focus(); }
    })""")
    page.keyboard.type(PLAIN_MAN)
    page.keyboard.press("Enter")
    expect(page.locator(".answer .whose")).to_have_text("Tran V. H.")
    assert number >= 4 and set(posts) == {"/record"}
    assert len(visits(product)) == 2
    # Who comes to a button by keys presses it by keys.
    page.locator(".asked button").first.focus()
    page.wait_for_timeout(200)
    page.keyboard.press("Space")
    expect(page.locator(".answer .word")).to_have_text("ĐÃ KHAI BÁO")


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize("touch", [False, True])
def test_a_card_scanned_right_after_a_press_is_read_whole(product, shop, open_page, touch):
    page = open_desk(product, open_page(width=1280, has_touch=touch, is_mobile=touch), join(product, shop))
    scan(page, PLAIN)
    expect(page.locator(".answer .whose")).to_have_text("Nguyen T. A. T.")
    page.context.route("**/desk/record", lambda route: (page.wait_for_timeout(250), route.continue_()))
    (page.tap if touch else page.click)("text=Đã hỏi: không có dấu hiệu")
    page.keyboard.type(PLAIN_MAN)
    page.keyboard.press("Enter")
    expect(page.locator(".answer .whose")).to_have_text("Tran V. H.")
    expect(page.locator(".answer .word")).to_have_text("ĐÃ GHI LƯỢT – CHƯA KHAI Y TẾ")
    (page.tap if touch else page.click)("[data-mute]")
    page.keyboard.type(PLAIN)
    page.keyboard.press("Enter")
    expect(page.locator(".answer .whose")).to_have_text("Nguyen T. A. T.")
    expect(page.locator(".answer .word")).to_have_text("ĐÃ KHAI BÁO")
    assert len(visits(product)) == 2


@pytest.mark.wide
@pytest.mark.long
def test_a_card_scanned_while_the_form_is_open_fills_it_in_wherever_the_focus_is(product, shop, open_page):
    other = open_desk(product, open_page(), join(product, shop, "Bảo vệ cổng 2"))
    page = open_page(width=1280)
    page.context.add_cookies([join(product, shop)])
    page.goto(f"{product.public}/desk/person")
    page.wait_for_selector("[data-ready]", state="attached")
    filled = "name => document.getElementById('full_name').value === name"

    def type_card(card):
        page.keyboard.type(card)
        page.keyboard.press("Enter")

    places = [
        "#full_name",
        "#birth_year",
        "#phone",
        "button[type=submit]",
        "[name=gender]",
        "[name=symptoms]",
        "summary",
    ]
    for number, place in enumerate(places):
        page.locator(place).first.focus()
        page.wait_for_timeout(150)
        type_card([PLAIN, PLAIN_MAN][number % 2])
        page.wait_for_function(filled, arg=["Nguyen Thi Anh Tuyet", "Tran Van Hung"][number % 2])
        assert page.input_value("#birth_year") == ["1985", "1971"][number % 2]
        assert page.input_value("#phone") == "" and visits(product) == []
    # A scanner without Enter, behind a name that was begun by hand.
    page.fill("#full_name", "")
    page.fill("#birth_year", "")
    page.focus("#full_name")
    page.keyboard.type("Do Thi", delay=130)
    page.wait_for_timeout(150)
    page.keyboard.type(PLAIN_MAN)
    page.wait_for_function(filled, arg="Tran Van Hung")
    # Without network the device reads what it can.
    page.context.set_offline(True)
    page.focus("#full_name")
    page.wait_for_timeout(150)
    type_card(PLAIN)
    page.wait_for_function(filled, arg="Nguyen Thi Anh Tuyet")
    assert page.input_value("#birth_year") == "1985" and page.is_checked("[name=gender][value=female]")
    page.context.set_offline(False)
    page.wait_for_function("() => fetch('/healthz').then(answer => answer.ok, () => false)")
    page.focus("#full_name")
    page.wait_for_timeout(150)
    type_card(PLAIN_MAN)
    page.wait_for_function("() => document.getElementById('id_number').value === '022071001234'")
    page.select_option("#commune", label="Phường Hà Tu", force=True)
    for name in ("symptoms", "contact_sick", "travel"):
        page.check(f"[name={name}][value=no]", force=True)
    page.check("#consent", force=True)
    page.click("button[type=submit]")
    expect(page.locator(".answer .word")).to_have_text("ĐÃ KHAI BÁO")
    expect(other.locator("[data-live] .who").first).to_have_text("Tran V. H.")
    # The next one, without touching anything.
    type_card(PLAIN)
    page.wait_for_function(filled, arg="Nguyen Thi Anh Tuyet")
    assert len(visits(product)) == 1


@pytest.mark.long
def test_what_is_recorded_without_network_is_sent_once_when_it_is_back(product, shop, open_page):
    page = open_desk(product, open_page(width=1280), join(product, shop))
    page.wait_for_selector("html[data-kept]", state="attached")
    page.context.set_offline(True)
    scan(page, cast.CCCD)
    expect(page.locator(".answer .word")).to_have_text("ĐÃ GHI, CHƯA GỬI")
    expect(page.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.")
    expect(page.locator("[data-offline]")).to_contain_text("1 lượt đã ghi trên máy này")
    page.reload()  # the tab is closed and opened again, still without network
    page.wait_for_selector("[data-ready]", state="attached")
    expect(page.locator("[data-offline]")).to_contain_text("1 lượt đã ghi trên máy này")
    scan(page, cast.CCCD_MAN)
    expect(page.locator("[data-offline]")).to_contain_text("2 lượt")
    # Whom this device recorded is shown here alone, newest first.
    expect(page.locator("[data-own] .who")).to_have_text(["Trần V. H.", "Nguyễn T. Á. T."])
    assert visits(product) == []
    page.context.set_offline(False)
    expect(page.locator("[data-offline]")).to_be_hidden(timeout=20_000)
    assert sorted(name for *_, name in visits(product)) == ["Nguyễn T. Á. T.", "Trần V. H."]
    expect(page.locator("[data-own]")).to_be_hidden()


@pytest.mark.wide
@pytest.mark.long
def test_the_owner_puts_the_device_at_another_door_and_what_it_holds_keeps_its_own(product, shop, open_page):
    with inside(product.world.app()):
        session = db.session()
        owner = session.get_one(Account, shop.owner_id)
        where = session.get_one(Venue, shop.id)
        ids = {
            name: venues.add_zone(session, now=clock.now(), actor=owner.actor, venue=where, name=name, kind="door").id
            for name in ("Cửa A", "Cửa B")
        }
        session.commit()
    page = open_desk(product, open_page(), join(product, shop))
    expect(page.locator("[data-standing] p")).to_have_count(0)
    binh = open_page(width=1280)
    sign_in(binh, product.public, cast.OWNER)
    binh.goto(f"{product.public}/venues/{shop.id}/desk")

    def put(place):
        binh.click("text=Đổi chỗ đứng")
        binh.locator("details[open] select").select_option(label=place)
        binh.click("details[open] button")
        expect(binh.locator(".notice.ok")).to_contain_text(place)

    put("Cửa A")
    expect(page.locator("[data-standing]")).to_contain_text("Cửa A", timeout=15_000)  # without touching the device
    scan(page, cast.CCCD)
    expect(page.locator("[data-live] .who small").first).to_have_text("Cửa A")
    page.wait_for_selector("html[data-kept]", state="attached")
    page.context.set_offline(True)
    scan(page, cast.CCCD_MAN)
    expect(page.locator(".answer .word")).to_have_text("ĐÃ GHI, CHƯA GỬI")
    put("Cửa B")
    page.context.set_offline(False)
    expect(page.locator("[data-standing]")).to_contain_text("Cửa B", timeout=20_000)
    expect(page.locator("[data-offline]")).to_be_hidden(timeout=20_000)
    with inside(product.world.app()):
        zones = [visit.zone_id for visit in factories.all_visits(db.session())]
    assert zones == [ids["Cửa A"], ids["Cửa A"]]
    binh.goto(f"{product.public}/venues/{shop.id}/numbers")
    expect(binh.locator("main")).to_contain_text("Cửa A")
    # The venue is closed: the device says so by itself.
    binh.goto(f"{product.public}/venues/{shop.id}")
    binh.click("text=Đóng cửa hẳn")
    binh.click("text=Đóng địa điểm này")
    expect(page.locator("h2", has_text="Địa điểm đã đóng")).to_be_visible(timeout=20_000)
    expect(page.locator("#card")).to_have_count(0)


@pytest.mark.long
def test_a_card_is_read_by_the_camera(product, shop, chromium, tmp_path):
    film = film_of(cast.CCCD, tmp_path / "card.mjpeg")
    fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS.split(), *fake])
    page = browser.new_context(permissions=["camera"], locale="vi-VN").new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_desk(product, page, join(product, shop))
    assert not any("zxing" in url for url in asked)  # loaded only when it is needed
    page.click("[data-camera-open]")
    expect(page.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.", timeout=20_000)
    assert any("zxing_reader.wasm" in url for url in asked)
    assert all(url.startswith(product.public) for url in asked if url.startswith("http"))
    page.click("[data-camera-open]")
    expect(page.locator("video")).to_be_hidden()
    browser.close()
    assert [name for *_, name in visits(product)] == ["Nguyễn T. Á. T."]


@pytest.mark.long
def test_a_camera_that_is_refused_or_missing_is_said_in_words_and_the_other_ways_go_on(product, shop, open_page):
    page = open_desk(product, open_page(), join(product, shop))
    page.click("[data-camera-open]")  # there is none here
    expect(page.locator("[data-camera-says]")).to_contain_text("không có máy ảnh")
    page.evaluate("""() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    }""")
    page.click("[data-camera-open]")
    expect(page.locator("[data-camera-says]")).to_contain_text("Máy ảnh bị chặn")
    page.fill("#card", cast.CCCD)
    page.press("#card", "Enter")
    expect(page.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.")


@pytest.mark.long
def test_a_device_that_was_ended_says_so_and_keeps_what_is_unsent_until_it_is_joined_again(product, shop, open_page):
    page = open_desk(product, open_page(), join(product, shop))
    page.wait_for_selector("html[data-kept]", state="attached")
    page.context.set_offline(True)
    page.fill("#card", cast.CCCD)
    page.press("#card", "Enter")
    expect(page.locator(".answer .word")).to_have_text("ĐÃ GHI, CHƯA GỬI")
    end(product)
    page.context.set_offline(False)
    expect(page.locator("h1")).to_have_text("Máy này đã bị ngắt", timeout=20_000)
    expect(page.locator("[data-unsent-says]")).to_contain_text("1 lượt chưa gửi vẫn còn trên máy")
    page.click("[data-unsent-says]")
    expect(page.locator("[data-unsent-list] .who")).to_have_text("Nguyễn T. Á. T.")
    assert visits(product) == []
    # Joined again to the same venue, it sends by itself.
    open_desk(product, page, join(product, shop, "Nối lại"))
    expect(page.locator("[data-live] .who").first).to_have_text("Nguyễn T. Á. T.", timeout=20_000)
    assert len(visits(product)) == 1
    expect(page.locator("[data-unsent]")).to_be_hidden()


@pytest.mark.long
@pytest.mark.parametrize("lang", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_the_pages_are_accessible_and_nothing_is_cut(product, shop, open_page, axe, lang):
    page = open_desk(product, open_page(), join(product, shop))
    page.evaluate(axe)
    problems = "async () => (await axe.run()).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | '))"
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    small = """() => [...document.querySelectorAll('a, button, select, summary, label.tick, .pick > label, input[type=text]')]
      .filter(e => e.getClientRects().length && !e.matches('.skip') && e.getBoundingClientRect().height < 47.5)
      .map(e => e.outerHTML.slice(0, 80))"""
    for path in (f"/desk/?lang={lang}", f"/desk/person?lang={lang}"):
        page.goto(product.public + path)
        page.wait_for_selector("[data-ready]", state="attached")
        page.evaluate(axe)
        if path.startswith("/desk/?"):
            page.fill("#card", cast.CCCD)
            page.press("#card", "Enter")
            page.wait_for_selector(".answer")
        else:
            page.click("button[type=submit]")
            page.wait_for_selector(".summary")
        assert page.evaluate(problems) == []
        assert page.evaluate(wide) <= 0
        assert page.evaluate(small) == []
