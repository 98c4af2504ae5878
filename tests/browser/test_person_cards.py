"""A card from the station's printer to the CDC's list, in the browser: two processes, two roles on PostgreSQL."""

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import expect

from tests import cast
from tests.browser.conftest import FLAGS
from tests.browser.desks import SHOP, film_of, join, open_shop, visits
from tests.browser.test_chain import look_up, sign_in
from tests.browser.test_desk import open_desk, scan
from tests.conftest import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

PEOPLE = "Nguyễn Thị Ánh Tuyết\t1985\tNữ\t0912 345 678\nTrần Văn Hưng; 1971; Nam"
SKIPPED = "Lê Văn Không Năm"


def codes(path) -> list[str]:
    """The addresses in the codes of the first page of a file, from its pixels, from the left top on."""
    image = pypdfium2.PdfDocument(path)[0].render(scale=3).to_pil()
    found = zxingcpp.read_barcodes(image)
    return [one.text for one in sorted(found, key=lambda one: (one.position.top_left.y // 50, one.position.top_left.x))]


def print_list(product, open_page, tmp_path):
    """The station pastes a list and gets the sheet; the addresses on it."""
    station = open_page(width=1280, height=900)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/cards/")
    station.click("text=Làm nhiều thẻ")
    station.fill("[name=people]", f"{PEOPLE}\n{SKIPPED}")
    station.click("text=Xem trước từng dòng")
    expect(station.locator("tbody tr")).to_have_count(3)
    with station.expect_download() as downloading:
        station.click("text=Làm 2 thẻ")
    downloading.value.save_as(tmp_path / "cards.pdf")
    # Nothing of it can be made a second time; what was skipped is there to be mended.
    expect(station.locator("[data-made]")).to_contain_text("Đã làm 2 thẻ")
    assert station.input_value("[name=people]") == SKIPPED
    expect(station.locator("button[name=make]")).to_be_hidden()
    found = codes(tmp_path / "cards.pdf")
    assert all("/c/" in url for url in found)
    # Each process of this test has an origin of its own.
    return station, [f"{product.public}/c/{url.rsplit('/', 1)[1]}" for url in found]


def test_from_the_stations_printer_over_the_counter_to_the_list_of_the_cdc(product, accounts, open_page, tmp_path):
    station, urls = print_list(product, open_page, tmp_path)
    assert len(urls) == 2
    shop = open_shop(product)
    counter = open_desk(product, open_page(width=1280), join(product, shop))
    scan(counter, urls[0])
    expect(counter.locator(".answer .word")).to_have_text("ĐÃ GHI LƯỢT – CHƯA KHAI Y TẾ")
    expect(counter.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.")
    counter.click("text=Đã hỏi: không có dấu hiệu")
    expect(counter.locator(".answer .word")).to_have_text("ĐÃ KHAI BÁO")

    # Whoever took a photo of the card opens what it says.
    stranger = open_page()
    stranger.goto(urls[0])
    assert "Đây là thẻ qua cửa" in stranger.inner_text("h1")
    for private in ("Tuyết", "Nguyễn", "1985", "0912", SHOP):
        assert private not in stranger.content()

    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    look_up(officer, product, SHOP)
    assert "Nguyễn Thị Ánh Tuyết" in officer.inner_text("main")
    assert "Trần Văn Hưng" not in officer.inner_text("main")

    # The station takes the card out of use, and the counter says so.
    station.goto(f"{product.staff}/station/cards/")
    row = station.locator("tr", has_text="Nguyễn T. Á. T.")
    expect(row).to_contain_text("chưa dùng sau ngày làm")
    row.locator("button").click()
    expect(station.locator("tr", has_text="Nguyễn T. Á. T.")).to_contain_text("đã huỷ")
    scan(counter, urls[0])
    expect(counter.locator(".answer .word")).to_contain_text("THẺ ĐÃ HUỶ")
    assert len(visits(product)) == 1


def keep(page, url):
    """Scan a card without network; the device says that it has it."""
    scan(page, url)
    expect(page.locator(".answer .word")).to_have_text("ĐÃ GHI, CHƯA GỬI")
    expect(page.locator(".answer .whose")).to_have_text(f"Thẻ qua cửa …{url[-3:]}")


@pytest.mark.wide
def test_a_card_scanned_without_network_is_kept_and_a_cancelled_one_held_with_a_word(
    product, accounts, open_page, tmp_path
):
    station, urls = print_list(product, open_page, tmp_path)
    shop = open_shop(product)
    page = open_desk(product, open_page(width=1280), join(product, shop))
    page.wait_for_selector("html[data-kept]", state="attached")
    page.context.set_offline(True)
    keep(page, urls[0])
    scan(page, urls[0].replace("/c/", "/v/"))
    expect(page.locator(".answer .word")).to_contain_text("mã dán tường")
    scan(page, urls[0][:-1] + ("2" if urls[0][-1] != "2" else "3"))
    expect(page.locator(".answer .word")).to_contain_text("Không đọc được")
    station.goto(f"{product.staff}/station/cards/")
    for name in ("Nguyễn T. Á. T.", "Trần V. H."):
        station.locator("tr", has_text=name).locator("button").click()
        expect(station.locator("tr", has_text=name)).to_contain_text("đã huỷ")
    # What was recorded before its card was cancelled is taken; this one came after.
    keep(page, urls[1])
    page.context.set_offline(False)
    expect(page.locator("[data-unsent-says]")).to_have_text("1 lượt không gửi được", timeout=30_000)
    page.click("[data-unsent-says]")
    expect(page.locator("[data-unsent-list] .who")).to_have_text(f"Thẻ qua cửa …{urls[1][-3:]}")
    assert [name for *_, name in visits(product)] == ["Nguyễn T. Á. T."]


@pytest.mark.wide
def test_the_counters_camera_reads_a_card(product, accounts, open_page, chromium, tmp_path):
    _, urls = print_list(product, open_page, tmp_path)
    film = film_of(urls[0], tmp_path / "card.mjpeg")
    fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS.split(), *fake])
    page = browser.new_context(permissions=["camera"], locale="vi-VN").new_page()
    open_desk(product, page, join(product, open_shop(product)))
    page.click("[data-camera-open]")
    expect(page.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.", timeout=20_000)
    browser.close()
    assert [name for *_, name in visits(product)] == ["Nguyễn T. Á. T."]


@pytest.mark.parametrize("javascript", [True, pytest.param(False, marks=pytest.mark.wide)])
def test_a_phone_prints_a_card_for_the_family_and_cancels_it(product, open_page, tmp_path, javascript):
    phone = open_page(javascript=javascript)
    phone.goto(f"{product.public}/me/")
    phone.click("text=Làm thẻ qua cửa")
    phone.fill("[name=full_name]", "Nguyễn Thị Ánh Tuyết")
    phone.fill("[name=birth_year]", "1945")
    phone.check("[name=gender][value=female]", force=True)
    phone.select_option("[name=commune]", label="Phường Hà Tu", force=True)
    with phone.expect_download() as downloading:
        phone.click("text=Làm thẻ, tải tệp PDF")
    downloading.value.save_as(tmp_path / "card.pdf")
    (url,) = codes(tmp_path / "card.pdf")
    assert "đừng bấm lại" in phone.inner_text("main")
    if javascript:
        expect(phone.locator("[data-made]")).to_contain_text("Đã làm thẻ của Nguyễn Thị Ánh Tuyết")
        assert not phone.input_value("[name=full_name]") and not phone.is_checked("[name=gender][value=female]")
        # Pressed again, there is nobody to make one for; the page says what is missing.
        phone.click("text=Làm thẻ, tải tệp PDF")
        expect(phone.locator(".summary")).to_be_visible()
    counter = open_desk(product, open_page(width=1280), join(product, open_shop(product)))
    scan(counter, url)
    expect(counter.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.")
    phone.goto(f"{product.public}/me/")
    phone.click("text=Huỷ thẻ")
    expect(phone.locator("main")).to_contain_text("đã huỷ")
    scan(counter, url)
    expect(counter.locator(".answer .word")).to_contain_text("THẺ ĐÃ HUỶ")


def test_the_counter_prints_a_card_for_whom_it_has_scanned(product, open_page, tmp_path):
    counter = open_desk(product, open_page(width=1280), join(product, open_shop(product)))
    scan(counter, cast.CCCD)
    expect(counter.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.")
    with counter.expect_download() as downloading:
        counter.click("text=Làm thẻ cho người này")
    downloading.value.save_as(tmp_path / "card.pdf")
    (url,) = codes(tmp_path / "card.pdf")
    expect(counter.locator("[data-made]")).to_have_text("Đã làm thẻ. Tệp PDF đã tải về.")
    expect(counter.locator("text=Làm thẻ cho người này")).to_be_hidden()
    scan(counter, url)
    expect(counter.locator(".answer .time")).to_contain_text("vẫn là một lượt")
    assert len(visits(product)) == 1


@pytest.mark.wide
def test_a_card_that_was_lost_is_cancelled_from_the_strip(product, accounts, open_page, tmp_path):
    _, urls = print_list(product, open_page, tmp_path)
    text = pypdfium2.PdfDocument(tmp_path / "cards.pdf")[0].get_textpage().get_text_bounded()
    code = next(word for word in text.split() if word.count("-") == 2 and word.replace("-", "") not in "".join(urls))
    home = open_page()
    home.goto(urls[0])
    home.fill("[name=code]", code.lower())
    home.click("main form button")
    expect(home.locator(".notice.ok")).to_contain_text("Đã huỷ thẻ")
    counter = open_desk(product, open_page(width=1280), join(product, open_shop(product)))
    words = []
    for url in urls:
        scan(counter, url)
        expect(counter.locator(".answer")).to_be_visible()
        counter.wait_for_timeout(300)
        words.append("HUỶ" in counter.inner_text(".answer"))
    assert sorted(words) == [False, True] and len(visits(product)) == 1
