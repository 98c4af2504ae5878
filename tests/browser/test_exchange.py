"""Several places asked at once, and a token of another program: each is seen by somebody else than who did it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from checkin import clock
from checkin.api.models import ApiToken
from checkin.cases.models import Case
from checkin.db import db
from checkin.exposure.models import Lookup
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

SECOND = ("minh@cdc", "mật khẩu dài của Minh")
NA = replace(cast.NEIGHBOUR, full_name="Lê Thị Na", phone="+84904118227", birth_year=1990)


def at(days, hour, minute=0):
    """A moment so many days ago, on the province's clocks."""
    day = clock.to_local(clock.now()).date() - timedelta(days=days)
    return datetime.combine(day, time(hour, minute), tzinfo=clock.ZONE)


def typed(moment):
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def town(product, accounts):
    """Tuyết at the market one morning and Hưng at the station the next one, within the same hours; Na at the market by
    night. Tuyết and Na were at the library too, that night."""
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", SECOND)
        market, station, library = (
            factories.venue(session, vault, name, kind=kind)
            for name, kind in (("Chợ Hạ Long 1", "market"), ("Bến xe Bãi Cháy", "station"), ("Thư viện tỉnh", "other"))
        )
        for place, who, moment in (
            (market, cast.CITIZEN, at(2, 8, 30)),
            (station, cast.NEIGHBOUR, at(1, 8, 40)),
            # Nobody wrote down when she left: she can have been there until 7 in the morning, 12 hours on.
            (market, NA, at(2, 19)),
            (library, cast.CITIZEN, at(2, 22)),
            (library, NA, at(2, 22)),
        ):
            factories.check_in(app, session, vault, place, cast.healthy(who), at=moment.astimezone(UTC))
        factories.commit()
    return app


def test_several_places_in_the_hours_of_each_day_then_who_was_at_a_second_place_too(product, town, open_page):
    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    officer.goto(f"{product.staff}/lookup/")
    form = officer.locator("form[action$='/lookup/place']")
    form.locator("[name=start]").fill(typed(at(2, 8)))
    form.locator("[name=end]").fill(typed(at(1, 9, 30)))
    for number, words in enumerate(("cho ha long 1", "bai chay"), start=1):
        form.locator("[name=venue]").fill(words)
        form.locator("[name=add]").last.click()
        expect(form.locator("[name=more]:checked")).to_have_count(number)
    assert form.locator("[name=start]").input_value() == typed(at(2, 8))
    form.locator("[name=daily]").check()
    form.locator("[name=case]").select_option("new")
    form.locator("[name=case_title]").fill("Tiểu thương, khu hải sản")
    form.locator("[name=case_sample]").fill(at(0, 0).date().isoformat())
    form.locator("[name=reason]").fill("Hai nơi ca bệnh bán hàng mỗi sáng")
    form.locator(".go button").click()
    officer.wait_for_url("**/lookup/*-*")
    people = officer.locator("main tbody th.lead")
    expect(people).to_have_count(2)
    listed = " ".join(people.all_inner_texts())
    # By night is not within the hours of any day.
    assert cast.CITIZEN.full_name in listed and cast.NEIGHBOUR.full_name in listed and NA.full_name not in listed
    assert "mỗi ngày 08:00–09:30" in officer.inner_text("h1")

    # The question is put right: by night too, and only who was at the library as well. More than 24 hours of several
    # places would be for two to ask.
    officer.click("a:text-is('Sửa câu hỏi')")
    form = officer.locator("form[action$='/lookup/place']")
    form.locator("[name=start]").fill(typed(at(2, 9)))
    form.locator("[name=end]").fill(typed(at(1, 8, 50)))
    form.locator("[name=daily]").uncheck()
    form.locator("details summary").click()
    form.locator("[name=other]").fill("thu vien tinh")
    form.locator("[name=other_start]").fill(typed(at(2, 21)))
    form.locator("[name=other_end]").fill(typed(at(2, 23)))
    form.locator("[name=reason]").fill("Ai cũng đến thư viện tối đó")
    form.locator(".go button").click()
    officer.wait_for_selector("h1:has-text('Thư viện tỉnh')")
    expect(people).to_have_count(2)
    listed = " ".join(people.all_inner_texts())
    assert cast.CITIZEN.full_name in listed and NA.full_name in listed and cast.NEIGHBOUR.full_name not in listed
    with inside(town):
        asked = db.session.scalars(sa.select(Lookup).order_by(Lookup.seq)).all()
        assert [(one.daily, one.other_start is not None) for one in asked] == [(True, False), (False, True)]

    # A colleague finds both under the case, and the second one says the same of whoever opens it.
    second = open_page(width=1280, height=900)
    sign_in(second, product.staff, SECOND)
    second.goto(f"{product.staff}/lookup/")
    rows = second.locator("section[aria-labelledby=recent] tbody tr")
    expect(rows).to_have_count(2)
    assert "F0-0001" in rows.nth(1).inner_text() and "Hai nơi ca bệnh bán hàng mỗi sáng" in rows.nth(1).inner_text()
    rows.nth(0).locator("a").first.click()
    expect(second.locator("main tbody th.lead")).to_have_count(2)
    assert cast.NEIGHBOUR.full_name not in second.inner_text("main")


def test_a_token_is_made_once_shown_once_used_by_a_program_and_gone_when_revoked(product, town, open_page):
    admin = open_page(width=1280, height=900)
    sign_in(admin, product.staff, cast.ADMIN)
    admin.goto(f"{product.staff}/accounts/")
    admin.click("a:text-is('Mã API')")
    admin.fill("[name=name]", "Hệ thống của tỉnh")
    for scope in ("cases:read", "cases:write"):
        admin.check(f"[name=scopes][value='{scope}']")
    admin.click("button:text-is('Tạo mã')")
    secret = admin.inner_text(".linkout").strip()
    assert secret.startswith("checkin_")
    admin.goto(f"{product.staff}/accounts/api-tokens/")
    assert secret not in admin.content() and "chưa lần nào" in admin.inner_text("tbody tr")

    # The other program has no cookie of anybody.
    program = open_page().request
    shown = {"Authorization": f"Bearer {secret}"}
    new = {
        "person": {"phone": "0912 345 678"},
        "sample_on": at(0, 0).date().isoformat(),
        "title": "Báo từ hệ thống của tỉnh",
    }
    keyed = shown | {"Idempotency-Key": "tinh-2026-000187"}
    for _ in range(2):
        answer = program.post(f"{product.staff}/api/v1/cases", headers=keyed, data=new)
        assert (answer.status, answer.json()["number"]) == (201, "F0-0001"), answer.text()
    assert program.get(f"{product.staff}/api/v1/cases/F0-0001/contacts", headers=shown).status == 403

    # The officer has the case, and who opened it.
    officer = open_page(width=1280, height=900)
    sign_in(officer, product.staff, cast.CDC)
    officer.goto(f"{product.staff}/cases/")
    # The table of the curve of 28 days stands on the page too.
    expect(officer.locator("table[data-keys] tbody tr")).to_have_count(1)
    officer.click("table[data-keys] tbody tr:has-text('Báo từ hệ thống của tỉnh') a")
    officer.wait_for_url(re.compile(r"/cases/F0-0001$"))
    with inside(town):
        assert db.session.scalars(sa.select(Case.title)).all() == ["Báo từ hệ thống của tỉnh"]

    # The administrator sees that it was used, and takes it back.
    admin.goto(f"{product.staff}/accounts/api-tokens/")
    assert "chưa lần nào" not in admin.inner_text("tbody tr")
    admin.click("tbody button:has-text('Thu hồi')")
    expect(admin.locator("tbody tr")).to_contain_text("Đã thu hồi", use_inner_text=True)
    with inside(town):
        assert db.session.scalars(sa.select(ApiToken.revoked_at)).one() is not None
    refused = program.get(f"{product.staff}/api/v1/cases", headers=shown)
    assert (refused.status, refused.json()["type"]) == (401, "urn:checkin:problem:token")
