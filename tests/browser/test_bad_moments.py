"""What goes wrong between the scan and the result, in a browser, with JavaScript and without; the rows are compared."""

import re
from datetime import timedelta
from unicodedata import normalize

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin import clock
from checkin.declarations.models import Declaration
from checkin.venues.models import Venue
from checkin.visits import tokens
from checkin.visits.models import Visit
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.browser.test_groups import results, tell
from tests.browser.test_public_pages import TOO_WIDE, fill_in, make_door, send
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

DONE, HELP = "ĐÃ KHAI BÁO", "CẦN HỖ TRỢ"
BOTH = pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="javascript"), pytest.param(False, id="none", marks=pytest.mark.wide)]
)


def rows(product, *columns):
    with inside(product.world.app()):
        return factories.db.session.execute(sa.select(*columns)).all()


def opened_before(page, product, door, moment):
    """Open the form as if that had been at another moment: its submission is signed for then."""
    app = product.world.app("public")
    with inside(app):
        secret = vault_of(app).session_secret
    token = tokens.submission_token(secret, door.rsplit("/", 1)[1], moment)

    def older(route):
        answer = route.fetch()
        body = re.sub(r'(name="submission" value=")[^"]*', rf"\g<1>{token}", answer.text())
        route.fulfill(response=answer, body=body)

    page.route(door, older, times=1)
    page.goto(door)
    page.unroute(door)


@BOTH
def test_back_after_sending_and_two_tabs_make_one_stay(product, open_page, javascript):
    door = make_door(product)
    page = open_page(javascript=javascript)
    page.goto(door)
    other = page.context.new_page()
    other.goto(door)
    page.bring_to_front()
    fill_in(page)
    # Whoever is impatient taps twice.
    page.dblclick("main form button[type=submit]:not([name=fill])")
    page.wait_for_selector(".result")
    page.go_back()
    page.click("[name=confirm]")
    assert DONE in page.inner_text("h1")
    other.bring_to_front()
    fill_in(other)
    send(other)
    assert DONE in other.inner_text("h1")
    assert len(rows(product, Visit.id)) == 1
    assert {tuple(flags) for (flags,) in rows(product, Declaration.flags)} == {()}
    # The answer "yes" is never one tap away from being another one: the whole form comes back, filled in but for the answers.
    page.bring_to_front()
    page.goto(f"{door}?change=1")
    fill_in(page, yes=("contact_sick",))
    send(page)
    assert HELP in page.inner_text("h1")
    page.go_back()
    page.goto(door)
    assert page.input_value("[name=full_name]") == "Nguyễn Thị Ánh Tuyết"
    assert page.query_selector_all("[name=contact_sick]:checked, [name=consent]:checked") == []
    assert len(rows(product, Visit.id)) == 1


@pytest.mark.wide
@BOTH
def test_cookies_lost_between_page_and_send_cost_nothing_that_was_typed(product, open_page, javascript):
    door = make_door(product)
    page = open_page(javascript=javascript)
    page.goto(door)
    fill_in(page)
    page.context.clear_cookies()
    send(page)
    assert DONE in page.inner_text("h1")
    page.goto(door)
    page.context.clear_cookies()
    page.click("[name=confirm]")
    assert "Xin khai lại một lần" in page.inner_text("[role=alert]")
    fill_in(page)
    send(page)
    assert DONE in page.inner_text("h1")
    assert len(rows(product, Declaration.id)) == 2


@pytest.mark.wide
@BOTH
def test_a_family_whose_browser_refuses_cookies_declares_each_time_as_the_first_and_leaves(
    product, open_page, javascript
):
    door = make_door(product)
    page = open_page(javascript=javascript, service_workers="block")
    page.route(
        "**/*",
        lambda route: route.continue_(
            headers={k: v for k, v in route.request.headers.items() if k.lower() != "cookie"}
        ),
    )
    for visits in (2, 4):
        page.context.clear_cookies()
        page.goto(door)
        assert page.input_value("[name=full_name]") == ""
        fill_in(page)
        page.click("[name=more]")
        tell(page, "p2-", "Trần Minh An", "2017", "male", coughs=True)
        send(page)
        assert results(page) == {"Nguyễn Thị Ánh Tuyết": DONE, "Trần Minh An": HELP}
        page.click("form[action*='/leave'] > button")
        assert "Đã ghi giờ ra" in page.inner_text("h1")
        assert [left is not None for (left,) in rows(product, Visit.left_at)] == [True] * visits


@BOTH
def test_a_form_left_open_over_midnight_over_a_day_and_over_a_suspension(product, open_page, javascript):
    door = make_door(product)
    # What a worker fetches passes by what is put in its way here.
    page = open_page(javascript=javascript, service_workers="block")
    today = clock.today()
    midnight = clock.day_bounds(today)[0]
    # In the last minutes of a day a form of the day before is too old.
    opened_before(
        page, product, door, max(midnight - timedelta(minutes=1), clock.now() - timedelta(hours=23, minutes=50))
    )
    fill_in(page)
    send(page)
    days = {day.strftime("%d/%m/%Y") for day in (today, clock.today())}
    assert DONE in page.inner_text("h1") and any(day in page.inner_text("main") for day in days)
    assert [at >= midnight for (at,) in rows(product, Visit.entered_at)] == [True]
    page.context.clear_cookies()
    opened_before(page, product, door, clock.now() - timedelta(hours=25))
    fill_in(page, "Trần Văn Hưng", yes=("symptoms",))
    send(page)
    assert "Trang này mở đã lâu" in page.inner_text("[role=alert]")
    assert page.input_value("[name=full_name]") == "Trần Văn Hưng" and page.is_checked("[name=symptoms][value=yes]")
    send(page)
    assert HELP in page.inner_text("h1")

    # Opened at another process, so that this one does not remember the place as open.
    door = make_door(product, "Chợ Hạ Long 1")
    with inside(product.world.app("public")):
        shown = product.world.app("public").test_client().get(door, base_url=product.public).text
    page.context.clear_cookies()
    page.route(door, lambda route: route.fulfill(body=shown, content_type="text/html"), times=1)
    page.goto(door)
    page.unroute(door)
    fill_in(page)
    with inside(product.world.app()):
        session = factories.db.session()
        venue = session.scalars(sa.select(Venue).where(Venue.name == "Chợ Hạ Long 1")).one()
        venue.state, venue.suspended_at = "suspended", clock.now()
        factories.commit()
    send(page)
    assert "Nơi này đang tạm ngừng" in page.inner_text("h1") and "Chợ Hạ Long 1" in page.inner_text("main")
    assert len(rows(product, Visit.id)) == 2


@pytest.mark.parametrize("days", [-1, pytest.param(1, marks=pytest.mark.wide)])
def test_a_phone_whose_clock_is_wrong_by_a_day_shows_and_stores_the_province_s(product, open_page, days):
    page = open_page(timezone_id="America/Los_Angeles")
    page.clock.install(time=clock.now() + timedelta(days=days))
    page.goto(make_door(product))
    fill_in(page)
    send(page)
    first = page.inner_text(".clock")
    page.wait_for_function("was => document.querySelector('.clock').textContent !== was", arg=first, timeout=3000)
    here = clock.to_local(clock.now())
    shown = page.inner_text(".clock").split(":")
    late = (here.hour * 3600 + here.minute * 60 + here.second) - sum(
        int(n) * by for n, by in zip(shown, (3600, 60, 1), strict=True)
    )
    assert abs(late) % 86400 <= 5 or 86400 - abs(late) % 86400 <= 5
    assert here.strftime("%d/%m/%Y") in page.inner_text(".result")
    ((entered,),) = rows(product, Visit.entered_at)
    assert abs(clock.now() - entered) < timedelta(minutes=1)


@pytest.mark.wide
@BOTH
def test_people_of_every_name_and_paper_are_declared_on_one_narrow_phone(product, open_page, javascript):
    page = open_page(width=320, javascript=javascript)
    page.goto(make_door(product))
    fill_in(page, "Mary O'Neill-D’Arcy")
    page.fill("[name=phone]", "+44 7911 123456")
    page.click("details:has([name=id_number]) > summary")
    page.fill("[name=id_number]", "ab1234567")
    page.select_option("[name=nationality]", "GB")
    hundred = ("Công Tằng Tôn Nữ Nguyễn Phước " * 4)[:98].strip() + " An"
    others = ["Lý", "TRẦN VĂN HƯNG", normalize("NFD", "Đỗ Thị Ánh Tuyết"), hundred[:100], "N" + "h" * 99]
    for number, name in enumerate(others, 2):
        page.click("[name=more]")
        # A child has no number of its own and the phone of whoever fills this in.
        tell(page, f"p{number}-", name, "2019", "male")
    assert page.evaluate(TOO_WIDE) == []
    send(page)
    assert page.evaluate(TOO_WIDE) == []
    assert results(page) == dict.fromkeys(["Mary O'Neill-D’Arcy", *(normalize("NFC", name) for name in others)], DONE)
    app = product.world.app()
    with inside(app):
        told = [vault_of(app).open(sealed) for (sealed,) in rows(product, Declaration.details)]
    assert {one["phone"] for one in told} == {"+447911123456"}
    assert sorted(one["id_number"] for one in told) == [""] * 5 + ["AB1234567"]


@BOTH
def test_a_cough_denied_afterwards_is_kept_and_called_and_the_door_sees_nothing_of_it(
    product, accounts, open_page, javascript
):
    door = make_door(product)
    phone = open_page(javascript=javascript)
    phone.goto(door)
    fill_in(phone, yes=("symptoms",))
    phone.select_option("[name=commune]", label="Phường Hà Tu")
    phone.check("[name=symptom][value=cough]")
    send(phone)
    assert HELP in phone.inner_text("h1")
    # In another browser, so that it is no correction of the first.
    phone.context.clear_cookies()
    phone.goto(door)
    fill_in(phone)
    phone.select_option("[name=commune]", label="Phường Hà Tu")
    send(phone)
    assert DONE in phone.inner_text("h1") and HELP not in phone.inner_text("main")
    assert sorted(triage for (triage,) in rows(product, Declaration.triage)) == ["routine", "watch"]

    station = open_page(width=1280, height=900)
    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/station/")
    expect(station.locator("tbody tr")).to_have_count(1)
    assert "Nguyễn Thị Ánh Tuyết" in station.inner_text("tbody") and "Ho" in station.inner_text("tbody")


@pytest.mark.wide
def test_another_language_half_way_keeps_what_was_typed(product, open_page):
    page = open_page()
    page.goto(make_door(product))
    fill_in(page)
    page.fill("[name=birth_year]", "85")
    page.click("text=English")
    assert page.get_attribute("html", "lang") == "en" and not page.query_selector("#errors")
    assert page.input_value("[name=full_name]") == "Nguyễn Thị Ánh Tuyết" and page.is_checked("[name=travel][value=no]")
    send(page)
    assert "four digits" in page.inner_text("#errors")
    page.click("text=Tiếng Việt")
    assert "bốn chữ số" in page.inner_text("#errors")
    page.fill("[name=birth_year]", "1985")
    send(page)
    assert DONE in page.inner_text("h1")
    assert len(rows(product, Visit.id)) == 1
