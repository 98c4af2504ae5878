"""The second time, a family on one phone, and a slip set right: on PostgreSQL, as two processes with two roles."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin.declarations.models import Declaration
from checkin.visits.models import Submission, Visit
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.browser.test_groups import LONG, MOTHER, fill_first, results, tell
from tests.browser.test_public_pages import TOO_WIDE, make_door, send
from tests.worlds import inside

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

AN, GRANDMOTHER = "Trần Minh An", "Phạm Thị Lành"
BOTH = pytest.mark.parametrize(
    "javascript", [pytest.param(False, id="no-javascript", marks=pytest.mark.wide), pytest.param(True, id="javascript")]
)
SMALL = """() => [...document.querySelectorAll('a, button, summary, label.tick')]
  .filter(e => e.getClientRects().length && !e.matches('.skip') && e.getBoundingClientRect().height < 47.5)
  .map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture
def door(product):
    """The address on the wall of a supermarket."""
    return make_door(product)


class Thumb:
    """Taps on a page, counted."""

    def __init__(self, page):
        self.page, self.taps = page, 0

    def tap(self, where):
        self.taps += 1
        self.page.click(where)
        self.page.wait_for_load_state("load")


def rows(product, *columns):
    with inside(product.world.app()):
        return factories.db.session.execute(sa.select(*columns)).all()


def stored(product):
    """(visits, declarations, forms) there are, and the flags of the declarations."""
    counts = tuple(len(rows(product, model.id)) for model in (Visit, Declaration, Submission))
    return counts, sorted(str(list(flags)) for (flags,) in rows(product, Declaration.flags))


def levels(product):
    """What each visit goes with."""
    with inside(product.world.app()):
        joined = sa.select(Declaration.triage).join(
            Visit, sa.and_(Visit.declaration_id == Declaration.id, Visit.declared_at == Declaration.made_at)
        )
        return sorted(factories.db.session.scalars(joined))


def first_visit(page, door, *others):
    page.goto(door)
    fill_first(page)
    for number, (name, born, gender, coughs) in enumerate(others, 2):
        page.click("[name=more]")
        tell(page, f"p{number}-", name, born, gender, coughs=coughs)
    send(page)


def cough(page, prefix=""):
    page.check(f"[name={prefix}symptoms][value=yes]")
    page.check(f"[name={prefix}symptom][value=cough]")


@BOTH
def test_the_second_visit_is_one_tap_after_the_scan(product, door, open_page, javascript):
    page = open_page(javascript=javascript)
    first_visit(page, door)
    assert "ĐÃ KHAI BÁO" in page.inner_text("h1")
    # Another day, another door.
    page.goto(make_door(product, "Chợ Hạ Long 1", kind="market"))
    thumb = Thumb(page)
    thumb.tap("button[name=confirm]")
    assert thumb.taps == 1
    assert "ĐÃ KHAI BÁO" in page.inner_text("h1") and page.inner_text(".who") == MOTHER
    assert stored(product) == ((2, 2, 2), ["[]", "[]"])


@BOTH
def test_a_family_comes_again_with_one_tap_one_stays_at_home_and_one_is_removed(product, door, open_page, javascript):
    page = open_page(javascript=javascript)
    first_visit(page, door, (AN, "2017", "male", False), (GRANDMOTHER, "1949", "female", True))
    page.goto(door)
    # Grandmother coughed: she answers again, and the two others are ticked.
    assert page.locator("[name=who]").count() == 2 and page.locator("[name=who]:checked").count() == 2
    listed = page.inner_text("main form")
    assert "T. M. An" in listed and MOTHER not in listed
    thumb = Thumb(page)
    thumb.tap("button[name=confirm]")
    assert thumb.taps == 1 and results(page) == {MOTHER: "ĐÃ KHAI BÁO", AN: "ĐÃ KHAI BÁO"}
    # Within the usual stay: the visits go on.
    assert stored(product)[0] == (3, 5, 2)
    page.goto(door)
    page.click("text=Khai lại")
    assert page.input_value("[name=full_name]") == GRANDMOTHER
    page.goto(door)
    page.uncheck("label:has-text('T. M. An') input")
    page.click("[name=change]")
    assert page.input_value("[name=full_name]") == MOTHER and page.locator("[name=also]").count() == 0
    page.goto(door)
    thumb = Thumb(page)
    thumb.tap("button[name=person]:has-text('T. M. An')")
    assert thumb.taps == 1
    assert page.url.startswith(door)
    assert "T. M. An" not in page.inner_text("main") and page.locator("[name=who]").count() == 1
    page.click("footer button")
    page.wait_for_url("**/forget-me*")
    page.goto(door)
    assert page.input_value("[name=full_name]") == "" and page.locator("[name=confirm]").count() == 0


@pytest.mark.wide
def test_another_person_is_added_and_the_phones_owner_stays_first(product, door, open_page):
    page = open_page()
    first_visit(page, door)
    page.click("a[href*='new=1']")
    tell(page, "", AN, "2017", "male")
    page.fill("[name=phone]", "0912345678")
    page.select_option("[name=commune]", label="Phường Hà Tu")
    page.check("[name=consent]")
    send(page)
    page.goto(door)
    named = page.locator(".known [translate=no]").all_inner_texts()
    assert named == ["N. T. Ánh Tuyết", "T. M. An"]
    assert page.locator("[name=who]:checked").count() == 1
    page.check("label:has-text('Ánh Tuyết') input")
    page.click("button[name=confirm]")
    assert set(results(page)) == {MOTHER, AN}


def without_cookies(page):
    """A browser that refuses cookies keeps none, whatever it was given."""
    page.wait_for_load_state("load")
    page.context.clear_cookies()


@pytest.mark.wide
@BOTH
def test_with_cookies_refused_every_time_is_the_first_and_a_slip_is_set_right(product, door, open_page, javascript):
    page = open_page(javascript=javascript)
    first_visit(page, door)
    without_cookies(page)
    page.goto(door)
    assert page.input_value("[name=full_name]") == "" and page.locator("[name=confirm]").count() == 0
    fill_first(page)
    send(page)
    without_cookies(page)
    assert stored(product)[0] == (2, 2, 2)
    page.click("[name=correct]")
    without_cookies(page)
    assert page.input_value("[name=full_name]") == ""
    fill_first(page)
    cough(page)
    send(page)
    assert "CẦN HỖ TRỢ" in page.inner_text("h1")
    assert stored(product) == ((2, 3, 2), ["[]"] * 3) and levels(product) == ["routine", "watch"]


def answer(page, yes):
    """Answer once more on a form with the details of before."""
    assert page.input_value("[name=full_name]") == MOTHER
    for question in ("symptoms", "contact_sick", "travel"):
        page.check(f"[name={question}][value=no]")
    if yes:
        cough(page)
    page.check("[name=consent]")
    send(page)


@BOTH
def test_a_slip_is_set_right_by_back_or_by_the_button_and_the_station_sees_both(
    product, accounts, door, open_page, javascript
):
    page = open_page(javascript=javascript)
    page.goto(door)
    fill_first(page)
    cough(page)
    send(page)
    assert "CẦN HỖ TRỢ" in page.inner_text("h1")
    page.go_back()
    # The browser may put in again what was answered; the form itself presets nothing, as the button shows.
    answer(page, yes=False)
    assert "ĐÃ KHAI BÁO" in page.inner_text("h1")
    assert stored(product) == ((1, 2, 1), ["[]", "[]"]) and levels(product) == ["routine"]
    station = open_page(width=1280, height=900)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/")
    expect(station.locator("tbody tr")).to_have_count(1)
    row = station.inner_text("tbody tr")
    assert re.search(r"sửa sau \d+ phút: không có dấu hiệu, nguy cơ", row) and "Siêu thị Bạch Đằng" in row
    page.click("[name=correct]")
    assert not page.is_checked("[name=symptoms][value=no]") and not page.is_checked("[name=consent]")
    answer(page, yes=True)
    assert "CẦN HỖ TRỢ" in page.inner_text("h1")
    assert stored(product) == ((1, 3, 1), ["[]"] * 3) and levels(product) == ["watch"]
    station.reload()
    expect(station.locator("tbody tr")).to_have_count(2)


@pytest.mark.wide
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
def test_the_pages_of_a_family_fit_a_narrow_phone_and_axe_finds_nothing(product, door, open_page, clean, language):
    page = open_page(width=320)
    page.goto(f"{door}?lang={language}")
    fill_first(page)
    for number, name in enumerate(LONG[:4], 2):
        page.click("[name=more]")
        tell(page, f"p{number}-", name, "2017", "male", coughs=number == 3)
    send(page)
    page.goto(door)
    assert page.evaluate(TOO_WIDE) == [] and page.evaluate(SMALL) == []
    clean(page, "several people")
    for box in page.locator("[name=who]").all():
        box.uncheck()
    page.click("[name=confirm]")
    assert page.evaluate("document.activeElement.id") == "who-error"
    assert page.evaluate(TOO_WIDE) == []
    clean(page, "nobody ticked")
    page.check("[name=who] >> nth=0")
    page.click("[name=confirm]")
    page.click("[name=correct]")
    assert page.evaluate(TOO_WIDE) == []
    clean(page, "a form that is corrected")
