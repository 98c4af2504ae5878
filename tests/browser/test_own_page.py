"""A device's own page, declarations without a venue to the station's list, and the honest cougher from the poster on."""

import json
from datetime import timedelta

import pypdfium2
import pytest
from playwright.sync_api import expect

from checkin import clock
from checkin.db import db
from checkin.venues import queries as venues
from tests import cast, factories
from tests.browser.test_chain import answer_no, decode_poster, sign_in
from tests.browser.test_public_pages import TOO_WIDE, make_door, send
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

NAME, SON, FRIEND = "Nguyễn Thị Ánh Tuyết", "Trần Minh An", "Camille Dupont"
PLAY = [pytest.param(True, id="javascript"), pytest.param(False, id="no-javascript", marks=pytest.mark.wide)]


def who(page, name=NAME, prefix="", born="1985", gender="female"):
    page.fill(f"[name={prefix}full_name]", name)
    page.fill(f"[name={prefix}birth_year]", born)
    page.check(f"[name={prefix}gender][value={gender}]", force=True)
    if not prefix:
        page.fill("[name=phone]", "0912 345 678")
        page.select_option("[name=commune]", factories.HA_TU, force=True)


def answer(page, names=("symptoms", "contact_sick", "contact_abroad", "contact_signs", "travel"), prefix=""):
    for name in names:
        page.check(f"[name={prefix}{name}][value=no]", force=True)


def day(ahead):
    return clock.today() + timedelta(days=ahead)


@pytest.mark.parametrize("javascript", PLAY)
def test_each_journey_is_declared_with_its_mistakes_and_stands_on_the_stations_list(
    product, accounts, open_page, clean, javascript
):
    citizen = open_page(javascript=javascript)
    citizen.goto(f"{product.public}/declare")
    citizen.click("a[href$='/declare/enter']")
    who(citizen)
    answer(citizen)
    citizen.fill("[name=from_place]", "Quận Hải Châu, Đà Nẵng")
    citizen.select_option("[name=vehicle]", "car")
    citizen.fill("[name=plate]", "43a 123.45")
    citizen.fill("[name=seat]", "2")
    citizen.fill("[name=route]", "cao tốc Hải Phòng – Hạ Long, chốt Bạch Đằng")
    # A journey in two years; and then what came along, two of them, one a foreigner.
    citizen.fill("[name=day]", day(700).isoformat())
    for number in (2, 3):
        citizen.click("[name=more]")
        expect(citizen.locator(f"#p{number}")).to_be_focused()
    who(citizen, SON, "p2-", "2017", "male")
    who(citizen, FRIEND, "p3-", "1990", "other")
    citizen.locator("#p3 summary").click()
    citizen.fill("[name=p3-id_number]", "18AB12345")
    citizen.select_option("[name=p3-nationality]", "FR")
    for prefix in ("p2-", "p3-"):
        answer(citizen, ("symptoms", "contact_sick", "travel"), prefix)
    citizen.check("[name=p2-symptoms][value=yes]", force=True)
    citizen.check("[name=p2-symptom][value=fever]")
    citizen.check("[name=consent]")
    send(citizen)
    errors = citizen.inner_text("#errors")
    assert f"Muộn nhất là {day(30):%d/%m/%Y}" in errors and citizen.input_value("[name=plate]") == "43a 123.45"
    assert citizen.input_value("[name=p3-full_name]") == FRIEND
    citizen.fill("[name=day]", day(0).isoformat())
    if javascript:
        clean(citizen, "a family on a journey")
    assert citizen.evaluate(TOO_WIDE) == []
    send(citizen)
    assert citizen.inner_text("h1") == "ĐÃ GỬI TỜ KHAI" and "Tờ khai của 3 người" in citizen.inner_text("main")
    assert citizen.locator(".each .refs").count() == 3 and "Sốt" not in citizen.inner_text("main").replace(
        "Đang sốt", ""
    )
    assert citizen.evaluate(TOO_WIDE) == []
    if javascript:
        clean(citizen, "sent for three")
    references = citizen.locator(".each .refs").all_inner_texts()

    # Leaving, and coming home soon; yesterday is no day to register for.
    for kind, place, ahead in (("leave", "to_place", 1), ("return", "from_place", 20)):
        citizen.goto(f"{product.public}/declare/{kind}")
        assert citizen.input_value("[name=full_name]") == NAME
        answer(citizen)
        citizen.fill(f"[name={place}]", "Bình Dương")
        citizen.select_option("[name=vehicle]", "train")
        citizen.fill("[name=plate]", "SE 7")
        citizen.fill("[name=day]", day(-1 if kind == "return" else ahead).isoformat())
        citizen.check("[name=consent]")
        send(citizen)
        if kind == "return":
            assert "Đã về rồi thì chọn “Tôi vào tỉnh”" in citizen.inner_text("#errors")
            citizen.fill("[name=day]", day(ahead).isoformat())
            send(citizen)
        assert citizen.inner_text("h1") == "ĐÃ GỬI TỜ KHAI"

    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.COMMUNE)
    officer.wait_for_url("**/station/")
    listed = officer.inner_text("main table")
    for words in (NAME, SON, FRIEND, "Vào tỉnh", "Rời tỉnh", "Sắp về", f"{day(20):%d/%m/%Y}", "0912 345 678", "Sốt"):
        assert words in listed, words
    assert "khai cùng 2 người khác trong danh sách" in listed
    # Who has a fever first.
    assert SON in officer.locator("tbody tr").first.inner_text()
    officer.click(f"tbody a:has-text('{SON}')")
    facts = officer.inner_text("main")
    for words in ("43a 123.45", "Quận Hải Châu, Đà Nẵng", "Ô tô riêng, taxi", "chốt Bạch Đằng", NAME, FRIEND):
        assert words in facts, words

    # The own page knows when, whither and the codes, and not what was told.
    citizen.goto(f"{product.public}/me/")
    own = citizen.inner_text("main")
    assert all(reference in own for reference in references) and "3 người" in own and "Phường Hà Tu" in own
    for hidden in (NAME, SON, "Sắp về", "43a", "Bình Dương"):
        assert hidden not in own
    if javascript:
        clean(citizen, "declarations of a device")
    assert citizen.evaluate(TOO_WIDE) == []


def test_the_honest_cougher_from_the_poster_to_the_call_that_is_done(product, accounts, open_page):
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        clinic = factories.venue(session, vault, "Trạm y tế Hồng Gai", kind="health")
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market", owner=owner)
        factories.commit()
        code, wall = factories.code_of(session, clinic), factories.code_of(session, market)
    shop = open_page(width=1280)
    sign_in(shop, product.public, cast.OWNER)
    pdf = shop.request.get(f"{product.public}/venues/codes/{wall}/poster-a4.pdf").body()

    phone = open_page()
    phone.goto(decode_poster(pdf))
    who(phone)
    answer_no(phone)
    phone.check("[name=symptoms][value=yes]", force=True)
    phone.check("[name=symptom][value=cough]")
    phone.check("[name=contact_sick][value=yes]", force=True)
    phone.check("[name=consent]")
    send(phone)
    assert phone.inner_text("h1") == "CẦN HỖ TRỢ"
    shown = phone.inner_text("main")
    assert "Cảm ơn bạn đã khai thật" in shown and "Phường Hà Tu" in shown and "Ho" not in shown.split()
    assert phone.get_attribute("a.btn[href^='tel:']", "href")
    moves(phone, still=False)
    phone.emulate_media(reduced_motion="reduce")
    moves(phone, still=True)

    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.COMMUNE)
    officer.wait_for_url("**/station/")
    row = officer.locator("tbody tr").first.inner_text()
    for words in (NAME, "Ho", "Gần người mắc bệnh", "0912 345 678", "Chợ Hạ Long 1", "Khẩn", "Mới"):
        assert words in row, words
    for done, state in ((False, "Đã gọi"), (True, "Xong")):
        officer.goto(f"{product.staff}/station/")
        officer.click(f"text={NAME}")
        officer.check(f"[name=result][value={'reached' if done else 'not_reached'}]", force=True)
        if done:
            officer.check("[name=done]")
        officer.click("text=Ghi cuộc gọi")
        officer.wait_for_selector("text=Đã ghi cuộc gọi.")
        officer.goto(f"{product.staff}/station/?show={'done' if done else 'called'}")
        assert state in officer.locator("tbody tr").first.inner_text()

    # Nobody is turned away from a health facility.
    phone.goto(f"{product.public}/v/{code}")
    answer_no(phone)
    phone.check("[name=symptoms][value=yes]", force=True)
    phone.check("[name=symptom][value=cough]")
    phone.check("[name=consent]")
    send(phone)
    assert phone.inner_text("h1") == "MỜI ĐI LỐI SÀNG LỌC" and "Không ai bị từ chối khám" in phone.inner_text("main")


def moves(page, *, still):
    """The clock goes on by itself, and so does the bar, unless the visitor wants no motion."""
    before, place = page.inner_text(".clock"), "getComputedStyle(document.querySelector('.run')).transform"
    found = set()
    for _ in range(5):
        found.add(page.evaluate(place))
        page.wait_for_timeout(130)
    assert (len(found) == 1) == still
    page.wait_for_function("before => document.querySelector('.clock').innerText !== before", arg=before, timeout=5000)


@pytest.mark.parametrize("javascript", PLAY)
def test_a_day_on_one_phone_is_told_with_its_ends_taken_along_and_forgotten(product, open_page, clean, javascript):
    app = product.world.app()
    mall = make_door(product, "Vincom Hạ Long", kind="supermarket")
    shop = make_door(product, "Quán phở Bình")
    kiosk = make_door(product, "Ki-ốt áo dài")
    with inside(app):
        session = db.session()
        doors = {door: venues.known_door(session, door.rsplit("/", 1)[1]) for door in (mall, kiosk)}
        inner = session.get(factories.Venue, doors[kiosk].venue_id)
        assert inner is not None
        inner.parent_id = doors[mall].venue_id
        factories.commit()
    phone, other = open_page(javascript=javascript), open_page()
    phone.goto(mall)
    who(phone)
    answer_no(phone)
    phone.check("[name=consent]")
    send(phone)
    for door in (mall, kiosk):  # once more at the same door, and one inside it
        phone.goto(door)
        phone.click("[name=confirm]")
        assert phone.inner_text("h1") == "ĐÃ KHAI BÁO"
    phone.goto(f"{product.public}/me/")
    assert phone.inner_text("main").count("chưa ghi giờ ra") == 2
    phone.goto(shop)
    phone.click("[name=confirm]")
    phone.goto(f"{product.public}/me/")
    own = phone.inner_text("main")
    assert own.count("sau đó máy này khai ở nơi khác") == 2 and own.count("chưa ghi giờ ra") == 1
    phone.click("form[action*='/me/leave'] button")
    assert "(bạn bấm ra về)" in phone.inner_text("main") and "Đã ghi giờ ra" in phone.inner_text("body")
    if javascript:
        clean(phone, "a day on one phone")
    assert phone.evaluate(TOO_WIDE) == []
    link = phone.get_attribute("a[href*='data.pdf']", "href")
    pdf = phone.request.get(f"{product.public}{link}").body()
    text = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    held = json.loads(phone.request.get(f"{product.public}/me/data.json").text())
    assert [visit["venue"] for visit in held["visits"]] == ["Quán phở Bình", "Ki-ốt áo dài", "Vincom Hạ Long"]
    for visit in held["visits"]:
        assert visit["venue"] in text

    other.goto(f"{product.public}/me/")
    assert "Máy này chưa có lượt vào nào" in other.inner_text("main")
    phone.click("form[action*='/forget-me'] button")
    phone.wait_for_url("**/forget-me*")
    phone.goto(f"{product.public}/me/")
    gone = phone.inner_text("main")
    assert "Máy này chưa có lượt vào nào" in gone and "Vincom" not in gone
    assert phone.locator("form[action*='/forget-me']").count() == 0
