"""A family on one phone: from the doorway to the station's list and the CDC's lookup, on PostgreSQL as two processes."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin.visits.models import Submission, Visit
from tests import cast, factories
from tests.browser.test_chain import look_up, sign_in
from tests.browser.test_public_pages import TOO_WIDE, make_door, send
from tests.worlds import inside

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]

MOTHER = "Nguyễn Thị Ánh Tuyết"
OTHERS = [("Trần Minh An", "2017", "male"), ("Trần Bảo Ngọc", "2019", "female"), ("Phạm Thị Lành", "1949", "female")]
COUGHS = "Trần Minh An"
# Ten names of a hundred letters.
LONG = [("Công Tằng Tôn Nữ Nguyễn Phước " * 4)[:99] + letter for letter in "ABCDEFGHI"]


def tell(page, prefix, name, born, gender, coughs=False):
    page.fill(f"[name={prefix}full_name]", name)
    page.fill(f"[name={prefix}birth_year]", born)
    page.check(f"[name={prefix}gender][value={gender}]")
    for question in ("symptoms", "contact_sick", "travel"):
        page.check(f"[name={prefix}{question}][value=no]")
    if coughs:
        page.check(f"[name={prefix}symptoms][value=yes]")
        page.check(f"[name={prefix}symptom][value=cough]")


def fill_first(page):
    tell(page, "", MOTHER, "1985", "female")
    page.fill("[name=phone]", "0912345678")
    page.select_option("[name=commune]", label="Phường Hà Tu")
    page.check("[name=consent]")


def results(page):
    """The word of each by name, as the page shows it."""
    rows = page.locator(".each li").all()
    return {row.locator("[translate]").inner_text(): row.locator("b").inner_text() for row in rows}


def rows(product, *columns):
    with inside(product.world.app()):
        return factories.db.session.execute(sa.select(*columns)).all()


@pytest.mark.long
@pytest.mark.parametrize(
    "javascript", [pytest.param(False, id="no-javascript", marks=pytest.mark.wide), pytest.param(True, id="javascript")]
)
def test_a_mother_declares_for_her_family_and_each_who_helps_sees_what_is_theirs(
    product, accounts, open_page, javascript
):
    phone = open_page(javascript=javascript)
    phone.goto(make_door(product))
    fill_first(phone)
    for number, other in enumerate(OTHERS, 2):
        phone.click("[name=more]")
        expect(phone.locator(f"#p{number}")).to_be_focused()
        tell(phone, f"p{number}-", *other, coughs=other[0] == COUGHS)
    assert phone.input_value("[name=full_name]") == MOTHER
    # One more by mistake, taken off again.
    phone.click("[name=more]")
    phone.click("[name=drop][value='5']")
    expect(phone.locator("[name=p5-full_name]")).to_have_count(0)
    phone.fill("[name=p4-birth_year]", "49")
    send(phone)
    assert "Phạm Thị Lành" in phone.inner_text("#errors") and phone.locator("#errors li").count() == 1
    phone.click("#errors a")
    phone.fill("[name=p4-birth_year]", "1949")
    send(phone)
    words = {MOTHER: "ĐÃ KHAI BÁO", **{name: "ĐÃ KHAI BÁO" for name, *_ in OTHERS}, COUGHS: "CẦN HỖ TRỢ"}
    assert results(phone) == words
    assert len(rows(product, Submission.id)) == 1

    station = open_page(width=1280, height=900)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/")
    expect(station.locator("tbody tr")).to_have_count(1)
    assert COUGHS in station.inner_text("tbody") and "0912 345 678" in station.inner_text("tbody")

    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    look_up(officer, product, "sieu thi bach dang")
    listed = officer.inner_text("main")
    assert all(name in listed for name in words)

    # The boy goes ahead, the others follow.
    phone.click(".more summary")
    phone.click(f"button:has-text('{COUGHS}')")
    expect(phone.locator("h1")).to_contain_text("Đã ghi giờ ra", use_inner_text=True)
    assert [left is not None for (left,) in rows(product, Visit.left_at)].count(True) == 1
    phone.click("form[action*='/leave'] > button")
    expect(phone.locator("h1")).to_contain_text("Đã ghi giờ ra", use_inner_text=True)
    assert all(left for (left,) in rows(product, Visit.left_at))


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_ten_people_of_the_longest_names_fit_a_narrow_phone_and_axe_finds_nothing(product, open_page, clean, language):
    page = open_page(width=320)
    page.goto(f"{make_door(product)}?lang={language}")
    fill_first(page)
    for number, name in enumerate(LONG, 2):
        page.click("[name=more]")
        tell(page, f"p{number}-", name, "2017", "male", coughs=number == 3)
    assert page.evaluate(TOO_WIDE) == []
    clean(page, "a full sheet")
    page.check("[name=p4-travel][value=yes]")
    page.fill("[name=p5-birth_year]", "")
    send(page)
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.evaluate(TOO_WIDE) == []
    clean(page, "mistakes of several people")
    page.check("[name=p4-travel][value=no]")
    page.fill("[name=p5-birth_year]", "2017")
    send(page)
    assert len(results(page)) == 10
    assert page.evaluate(TOO_WIDE) == []
    clean(page, "ten results")
