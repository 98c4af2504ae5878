"""The lock in the browser: nothing readable behind it, everything typed still there, and no way around it."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin.cases.models import Case
from checkin.db import db
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.contacts.conftest import COLLEAGUE
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

TYPED = "Chợ Hạ Long 1, khu hải sản"
REASON = "Tìm người đã ở đó <hôm qua>"


@pytest.fixture
def page(product, accounts, open_page):
    page = open_page(width=1280, height=800)
    sign_in(page, product.staff, cast.CDC)
    page.wait_for_url("**/lookup/")
    return page


def is_open(page):
    return page.locator("#lock").evaluate("lock => lock.open")


def unlock(page, password=cast.CDC[1]):
    page.fill("#lock-password", password)
    page.click("#lock button:not([type])")


def test_what_was_typed_is_still_there_after_the_lock_and_nothing_of_it_is_seen_meanwhile(product, page):
    page.fill("[name=venue]", TYPED)
    page.fill("[name=reason]", REASON)
    page.click("[data-lock-now] button")
    page.wait_for_selector("#lock[open]")
    assert not page.locator("[name=venue]").is_visible() and not page.locator("h1").first.is_visible()
    assert page.locator("#lock").is_visible()
    for _ in range(4):
        page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert is_open(page)
    # The server knows: another window of the same browser is locked too.
    other = page.context.new_page()
    other.goto(f"{product.staff}/cases/")
    assert "/unlock" in other.url
    unlock(page, "sai mật khẩu rồi")
    page.wait_for_selector("#lock-error:not(:empty)")
    assert is_open(page) and page.inner_text("#lock-error") == "Mật khẩu không đúng."
    unlock(page)
    page.wait_for_selector("#lock:not([open])", state="attached")
    assert (page.input_value("[name=venue]"), page.input_value("[name=reason]")) == (TYPED, REASON)
    assert page.input_value("#lock-password") == ""
    other.goto(f"{product.staff}/cases/")
    assert other.url.endswith("/cases/")
    # The form goes through with the token that the page had all the time.
    page.click("main form.ask .btn:not(.second)")
    page.wait_for_load_state()
    assert page.locator("main").is_visible() and "/lookup" in page.url


@pytest.mark.long
def test_the_screen_locks_by_itself_and_use_in_one_window_keeps_the_others_open(page):
    page.clock.install()
    page.reload()
    page.clock.run_for(14 * 60 * 1000)
    page.keyboard.press("Tab")
    page.clock.run_for(14 * 60 * 1000)
    assert not is_open(page)
    page.clock.run_for(61 * 1000)
    page.wait_for_selector("#lock[open]")
    unlock(page)
    page.wait_for_selector("#lock:not([open])", state="attached")


@pytest.mark.wide
@pytest.mark.long
def test_without_javascript_the_button_leads_to_the_lock_and_back(product, accounts, open_page):
    page = open_page(javascript=False)
    sign_in(page, product.staff, cast.CDC)
    page.goto(f"{product.staff}/cases/")
    page.click("[data-lock-now] button")
    assert page.url.endswith("/unlock?next=/cases/")
    page.fill("main [name=password]", cast.CDC[1])
    page.click("main form button:not([type])")
    assert page.url.endswith("/cases/")


@pytest.mark.long
def test_a_password_can_be_shown_while_it_is_typed(product, open_page):
    page = open_page()
    page.goto(f"{product.staff}/sign-in")
    page.fill("[name=password]", "một câu dài")
    page.click("[data-show]")
    assert page.get_attribute("[name=password]", "type") == "text"
    page.click("[data-show]")
    assert page.get_attribute("[name=password]", "type") == "password"
    assert page.input_value("[name=password]") == "một câu dài"


def test_what_was_kept_under_the_lock_is_sent_after_it_and_read_by_another_officer(product, accounts, page, open_page):
    with inside(product.world.app()):
        session = db.session()
        factories.account(session, vault_of(product.world.app()), "cdc", COLLEAGUE)
        factories.case(session)
        factories.commit()
    page.goto(f"{product.staff}/cases/F0-0001/facts")
    page.fill("[name=title]", TYPED + ", sạp 12")
    page.fill("[name=isolated_where]", REASON)
    with page.expect_response(lambda answer: answer.url.endswith(page.get_attribute("#lock", "data-lock"))):
        page.click("[data-lock-now] button")
    page.wait_for_selector("#lock[open]")
    # Nor is it taken from this browser while it is locked, whoever sends it.
    form = {
        name: page.input_value(f"form.ask [name={name}]") for name in ("csrf_token", "seen", "title", "isolated_where")
    }
    page.request.post(
        page.url, form={**form, "disease": "covid-19", "state": "confirmed"}, headers={"Referer": page.url}
    )
    assert known(product) == [(TYPED, None)]
    unlock(page)
    page.wait_for_selector("#lock:not([open])", state="attached")
    page.click("form[action$='/facts'] .go .btn")
    expect(page.locator("main")).to_contain_text("Đã ghi.")
    assert known(product) == [(TYPED + ", sạp 12", REASON)]
    other = open_page(width=1280, height=800)
    sign_in(other, product.staff, COLLEAGUE)
    other.wait_for_url("**/lookup/")
    other.goto(f"{product.staff}/cases/F0-0001")
    expect(other.locator("main")).to_contain_text(TYPED + ", sạp 12")
    expect(other.locator("#facts + dl")).to_contain_text(REASON)
    other.get_by_role("link", name="Sửa, xem lịch sử").click()
    expect(other.locator("main")).to_contain_text(cast.CDC[0])


def known(product):
    with inside(product.world.app()):
        return [tuple(row) for row in db.session.execute(sa.select(Case.title, Case.isolated_where))]
